"""Nights in order, in words and as a table: what tuning before each of them was worth, and how stable the choice is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report.text.layout import aligned, brief, markdown, moment, number
from sim.stats.overfit import Overfit
from sim.stats.paired import difference
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

FIXED = ("night", "chosen", "net", "gmv", "J", "kept", "best", "best_net", "silent", "began")
"""Columns of the table that are no setting."""


def head(table: pd.DataFrame) -> tuple[str, ...]:
    """Columns of the printed table."""
    return (_("night"), _("chosen before"), _("net [CNY]"), _("GMV"), _("left on the table"), _("first choice kept"),
            _("nobody acts"), _("best afterwards"), _("its net"),
            *(str(c).rsplit(".", 1)[-1] for c in table.columns if c not in FIXED))  # fmt: skip


def cells(table: pd.DataFrame) -> list[list[str]]:
    """One row per judged night."""
    varied = [c for c in table.columns if c not in FIXED]
    return [[_night(r), str(r["chosen"]), *(number(r[k]) for k in ("net", "gmv", "J", "kept", "silent")), str(r["best"]),
             number(r["best_net"]), *(_value(r[c]) for c in varied)] for r in table.to_dict("records")]  # fmt: skip


def _night(row: Mapping[Any, Any]) -> str:
    """A night by its name, and by when it began where a clock says so: files of all nights are often called alike."""
    if not row.get("began"):
        return str(row["night"])
    return _("{night} (from {moment} UTC)").format(night=row["night"], moment=moment(str(row["began"])))


def sentences(table: pd.DataFrame, settings: pd.DataFrame, luck: Overfit | None) -> list[str]:
    """What tuning before each night was worth, whether the choice is stable, how much of it is luck."""
    text = _(
        "Tuned on the nights before, {n} nights kept {net} CNY a night on average; nobody acting {silent}; the best of each "
        "night, known only afterwards, {best}."
    )
    means = [number(table[c].mean()) for c in ("net", "silent", "best_net")]
    texts = [text.format(n=len(table), net=means[0], silent=means[1], best=means[2])]
    texts.append(_against(table, "silent", _("nobody acting")))
    texts.append(_against(table, "kept", _("the choice of the first nights, never changed")))
    changes, different = int((table["chosen"] != table["chosen"].shift()).sum()) - 1, table["chosen"].nunique()
    text = _("The choice changed {k} times over {n} nights ({c} different ones).")
    texts.append(text.format(k=changes, n=len(table), c=different))
    texts += [_range(key, table[key], settings[key]) for key in table.columns if key not in FIXED and _varies(table[key])]
    if luck is not None:
        text = _(
            "Probability of backtest overfitting over all nights: {pbo} % (how often the choice of one half of the nights is no "
            "better than the median on the other half)."
        )
        texts.append(text.format(pbo=brief(100 * luck.pbo)))
    return texts


def _varies(values: pd.Series) -> bool:
    return values.dtype.kind in "if" and values.nunique() > 1


def _range(key: str, chosen: pd.Series, tried: pd.Series) -> str:
    """Between which values a setting was chosen."""
    ends = [_value(v) for v in (chosen.min(), chosen.max(), tried.min(), tried.max())]
    text = _("{key} was chosen between {low} and {high}; tried were {least} to {most}.")
    return text.format(key=key, low=ends[0], high=ends[1], least=ends[2], most=ends[3])


def _against(table: pd.DataFrame, other: str, name: str) -> str:
    """Tuned nights against another way, paired by night."""
    d = difference(table["net"].to_numpy(float), table[other].to_numpy(float))
    if math.isnan(d.low):
        return _("Against {name}: {mean} CNY a night; one night gives no interval.").format(name=name, mean=number(d.mean))
    text = _("Against {name}: {mean} CNY a night, 95 % interval {low} to {high} over {n} nights.")
    return text.format(name=name, mean=number(d.mean), low=number(d.low), high=number(d.high), n=d.n)


def printed(table: pd.DataFrame, texts: Sequence[str]) -> str:
    """For a terminal."""
    return "\n".join([*aligned([head(table), *cells(table)], _right(table)), "", *texts])


def page(table: pd.DataFrame, texts: Sequence[str], repeat: str) -> str:
    """``report.md``."""
    lines = "\n".join(f"- {line}" for line in texts)
    title = _("# Nights in order")
    return "\n\n".join([title, repeat, lines, "\n".join(markdown(head(table), cells(table), _right(table)))]) + "\n"


def _right(table: pd.DataFrame) -> tuple[int, ...]:
    return (2, 3, 4, 5, 6, 8, *range(9, len(head(table))))


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
