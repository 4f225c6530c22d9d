"""Timelines for a page: rows of ``timelines.parquet``, packed, with what each alert saw and what came of it, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.pages.blocks import Blob, number
from sim.report.pages.columns import packed
from sim.report.pages.kit import shortened
from sim.report.pages.labels import word
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

ROOM = 1_200_000
"""Characters of a page that timelines may fill: with the chart library it stays under 3 MB."""
LEVELS = {1: "watch", 2: "prepare", 3: "emergency"}


def of_table(
    table: pd.DataFrame, alerts: pd.DataFrame | None, chains: pd.DataFrame | None = None
) -> tuple[list[Blob], list[tuple[str, str, str, str]], int]:
    """Packed timelines, (blob, strategy, show, item) of each, and how many found no room. alerts: judged ones, where
    there are. chains: what chains of alerts were worth, where that was found."""
    blobs: list[Blob] = []
    entries: list[tuple[str, str, str, str]] = []
    used = 0
    judged = {} if alerts is None or not len(alerts) else _judged(_shown(alerts, table), chains)
    for number_of, one in enumerate(_records(table)):
        text = packed(_columns(one, judged))
        if used + len(text) > ROOM:
            return blobs, entries, len(table) - len(blobs)
        used += len(text)
        blobs.append(Blob(f"timeline-{number_of}", text))
        entries.append((blobs[-1].id, shortened(one["strategy"]), shortened(word(str(one["replicate"]))), shortened(one["sku"])))
    return blobs, entries, 0


def placed(rows: pd.DataFrame | None, timelines: pd.DataFrame) -> pd.DataFrame | None:
    """Alerts or chains with the show and the strategy that their timelines go by: a recording, a bound of one, a reviewed
    show."""
    if rows is None or not len(rows):
        return rows
    if "bound" in rows and "stream" in rows:
        rows = rows[rows["replicate"] == 0]
        several = rows["stream"].nunique() > 1
        return rows.assign(replicate=rows["stream"] + " " + rows["bound"] if several else rows["bound"])
    if "became" in rows:
        words = set(timelines["replicate"])
        alone = len(words) == 1 and words.isdisjoint(rows["stream"])  # timelines of one recording alone are called otherwise
        return rows.assign(replicate=timelines["replicate"].iloc[0] if alone else rows["stream"])
    if "replicate" not in rows:
        return rows.assign(strategy=timelines["strategy"].iloc[0], replicate=timelines["replicate"].iloc[0])
    return rows


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table by column name."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


KEYS = ("strategy", "replicate", "sku")


def _shown(alerts: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Alerts of what has a timeline: of many recordings few have one."""
    shown = set(zip(*(table[key] for key in KEYS), strict=True))
    return alerts[[key in shown for key in zip(*(alerts[key] for key in KEYS), strict=True)]]


def _judged(alerts: pd.DataFrame, chains: pd.DataFrame | None) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows of the alerts' table by strategy, show, item, moment and level, each with the worth of its chain (``cny``)."""
    known: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    if chains is not None and "worth_cny" in chains:
        for row in _records(chains):
            known.setdefault((row["strategy"], row["replicate"], row["sku"]), []).append(row)
    by_alert = {}
    for r in _records(alerts):
        t, key = float(r["t_s"]), (r["strategy"], r["replicate"], r["sku"])
        chain = next((c for c in known.get(key, ()) if c["t_s"] <= t <= _end(c)), None)
        by_alert[(*key, round(t, 3), int(r["level"]))] = r | {"cny": math.nan if chain is None else float(chain["worth_cny"])}
    return by_alert


def _end(chain: dict[str, Any]) -> float:
    """When a chain was over [s]; never, where the show ended first."""
    return math.inf if math.isnan(float(chain["end_s"])) else float(chain["end_s"])


def _columns(one: dict[str, Any], judged: dict[tuple[Any, ...], dict[str, Any]]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in one.items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and name != "mark_size":
            columns[name] = value
        elif isinstance(value, np.ndarray | list):
            columns[name] = [None if isinstance(v, float) and math.isnan(v) else v for v in np.asarray(value).tolist()]
        elif isinstance(value, float) and not math.isfinite(value):
            columns[name] = None
        else:
            columns[name] = shortened(value) if isinstance(value, str) else value
    told = [
        judged.get((one["strategy"], one["replicate"], one["sku"], round(float(t), 3), int(level)))
        for t, level in zip(one["alert_t"], one["alert_level"], strict=True)
    ]
    columns["alert_why"] = [_why(float(s), row) for s, row in zip(one["alert_stock"], told, strict=True)]
    columns["alert_came"] = [_came(row) for row in told]
    columns["alert_worth"] = [_worth(row) for row in told]
    return columns


def _why(stock: float, row: dict[str, Any] | None) -> str:
    """What the alert rested on."""
    line = float(row["line"]) if row and row["line"] == row["line"] else 0.0
    if 0 < line < stock:
        text = _("stock seen {stock}, above the line of {line}: by another sign than the line, such as faster orders")
        return text.format(stock=number(stock, 0), line=number(line, 0))
    if line > 0:
        return _("stock seen {stock}, line {line}").format(stock=number(stock, 0), line=number(line, 0))
    return _("stock seen {stock}").format(stock=number(stock, 0))


def _came(row: dict[str, Any] | None) -> str:
    """What the alert turned out to be, and who minded it."""
    if row is None:
        return _("not judged")
    if "became" in row:
        return word(str(row["became"]))
    words = {
        "true": _("it came true"), "late": _("too late to act"), "false": _("nothing came of it"), "repeat": _("said before"),
        "unjudged": _("the show ended first"),
    }  # fmt: skip
    parts = [words.get(str(row["verdict"]), str(row["verdict"]))]
    if math.isfinite(lead := float(row["lead_s"])):
        parts.append(_("{s} s before the trouble").format(s=number(lead, 0)))
    heard = float(row["heard_s"]) - float(row["t_s"])
    parts.append(_("heard after {s} s").format(s=number(heard, 0)) if math.isfinite(heard) else _("nobody heard it"))
    return _("; ").join(parts)


def _worth(row: dict[str, Any] | None) -> str:
    """Money, where the chain was played again without; else what time it gave."""
    if row is not None and math.isfinite(row["cny"]):
        return _("{money} CNY, with all that was said about it until the all-clear").format(money=number(row["cny"], 0))
    if row is not None and math.isfinite(usable := float(row.get("usable_lead_s", math.nan))):
        return _("{s} s of time that could be used").format(s=number(usable, 0))
    return "–"
