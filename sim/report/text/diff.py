"""The difference of two settings as text and picture. Open loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.replay import Loaded, Replay
from sim.replay.diff import LEVEL, MOVED, SAME
from sim.report.figures import style
from sim.report.figures.replay import OPEN_LOOP, draw, recording
from sim.report.figures.story import time_unit
from sim.report.text.layout import NOTHING, aligned, level_word, markdown, number
from sim.words import N_, _, columns

MOST_ROWS = 30
"""Changes listed on the terminal; the folder has them all."""


def head(a: str, b: str) -> tuple[str, ...]:
    """Columns of the table of counts."""
    own = [_("only {name}").format(name=a), _("only {name}").format(name=b)]
    warned = [_("{name} only").format(name=a), _("{name} only").format(name=b)]
    return (*columns(COUNT_HEAD), *own, _("sell-outs warned by both"), *warned, _("neither"))


def count_cells(counts: pd.DataFrame) -> list[list[str]]:
    """One row per stream."""
    return [[str(row[0]), *(number(v) for v in row[1:])] for row in counts.itertuples(index=False)]


LIST_HEAD = N_("stream | sku | change | a at | a level | b at | b level | shift [s]")
COUNT_HEAD = N_("stream | same | moved | other level")


def change_cells(frame: pd.DataFrame, a: str, b: str) -> list[list[str]]:
    """One row per alert that is not the same in both."""
    rows = []
    for r in frame[frame["change"] != SAME].to_dict("records"):
        own = {"only a": _("only {name}").format(name=a), "only b": _("only {name}").format(name=b)}
        change = own.get(r["change"]) or {LEVEL: _("other level"), MOVED: _("moved")}[r["change"]]
        rows.append([r["stream"], r["sku"], change, r["a_at"] or NOTHING, _level(r["a_level"]), r["b_at"] or NOTHING,
                     _level(r["b_level"]), number(r["shift_s"], 1)])  # fmt: skip
    return rows


def _level(level: int) -> str:
    return level_word(level) if level else NOTHING


def _said(a: str, b: str, within_s: float) -> str:
    return _(
        "a is {a}, b is {b}. Alerts of one SKU at most {within_s:g} s apart are one alert: moved if at another time, "
        "other level if the level differs; shift is b less a."
    ).format(a=a, b=b, within_s=within_s)


def printed(frame: pd.DataFrame, counts: pd.DataFrame, a: str, b: str, within_s: float, notes: Sequence[str]) -> str:
    """Both tables for a terminal."""
    short = counts if len(counts) <= MOST_ROWS else pd.concat([counts[: MOST_ROWS - 1], counts[-1:]])
    text = [_(OPEN_LOOP), "", *aligned([head(a, b), *count_cells(short)], range(1, 10))]
    if len(short) < len(counts):
        text.append(_("... and {n} more in diff_counts.parquet").format(n=len(counts) - len(short)))
    rows = change_cells(frame, a, b)
    if rows:
        text += ["", *aligned([columns(LIST_HEAD), *rows[:MOST_ROWS]], (7,))]
    if len(rows) > MOST_ROWS:
        text.append(_("... and {n} more in diff.parquet").format(n=len(rows) - MOST_ROWS))
    return "\n".join([*text, "", _said(a, b, within_s), *notes])


def page(frame: pd.DataFrame, counts: pd.DataFrame, a: str, b: str, within_s: float) -> list[str]:
    """The same for ``report.md``."""
    return ["\n".join(markdown(head(a, b), count_cells(counts), range(1, 10))), _said(a, b, within_s),
            "\n".join(markdown(columns(LIST_HEAD), change_cells(frame, a, b), (7,)))]  # fmt: skip


def figures(
    drawn: Sequence[tuple[Loaded, Replay]], many: bool, changed: pd.DataFrame, names: tuple[str, str], sku: str
) -> Iterator[tuple[str, Any]]:
    """The lanes of both settings over one SKU per stream, pairs of alerts joined: the SKU with most changes."""
    for one, result in drawn:
        ids = [k.id for k in one.stream.skus]
        which = changed[(changed["stream"] == one.stream.name) & (changed["change"] != SAME)]
        shown = str(which["sku"].mode().iloc[0]) if sku == "auto" and len(which) else ids[0] if sku == "auto" else sku
        if shown not in ids:
            continue
        figure = draw(recording(one, result, ids.index(shown)))
        _join(figure.axes[1], changed[(changed["stream"] == one.stream.name) & (changed["sku"] == shown)], result)
        yield f"diff-{one.stream.name}" if many else "diff", figure


def _join(axis: Any, changed: pd.DataFrame, result: Replay) -> None:
    """Lines between alerts that are the same to both; a ring round each that only one sent."""
    _unit, per = time_unit(result.runs[0].scenario.duration_s)
    a_s, b_s = (changed[key].to_numpy(float) for key in ("a_t_s", "b_t_s"))
    for change, a, b in zip(changed["change"], a_s, b_s, strict=True):
        if change in (SAME, MOVED, LEVEL):
            axis.plot([a / per, b / per], [0, 1], color=style.GREY, lw=1.0, zorder=1)
        else:
            t, lane = (a, 0) if not np.isnan(a) else (b, 1)
            axis.scatter([t / per], [lane], s=150, facecolor="none", edgecolor=style.BLACK, linewidth=1.2, zorder=6)
    axis.set_title(_("joined: sent by both; ringed: by one only"), loc="right", fontsize=8, color=style.GREY)
