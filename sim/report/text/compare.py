"""Two results held against each other, in words and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.report.text.layout import NOTHING, aligned, markdown, number
from sim.report.text.unseen import unseen
from sim.words import N_, _, columns, ngettext

if TYPE_CHECKING:
    import pandas as pd

HEAD = N_("what | figure | A | B | B - A | 95 % interval | shows | ")
RIGHT = (2, 3, 4, 5, 6)
MOST = 8
"""Most differing settings told in a sentence; the table has all."""
WORDS = {"paired": N_("paired"), "apart": N_("not paired")}


def sentences(
    changed: Sequence[str], frame: pd.DataFrame, only: tuple[Sequence[str], Sequence[str]], notes: Sequence[str]
) -> list[str]:
    """What changed in settings and in outcome. only: what one of the two has alone."""
    more, first = len(changed) - MOST, _("; ").join(changed[:MOST])
    if more > 0:
        text = ngettext(
            "Changed in settings: {list} and {n} more (table settings).",
            "Changed in settings: {list} and {n} more (table settings).",
            more,
        )
    else:
        text = _("Changed in settings: {list}.") if changed else _("The settings are the same.")
    lines = [*notes, text.format(list=first, n=more)]
    if len(frame):
        lines += [_paired(frame), *_moved(frame)]
        shows = int(frame["shows"].max() or 0)
        lines += [unseen(shows, None)] if shows > 1 else []
    for name, names in zip("AB", only, strict=True):
        if names:
            lines.append(_("Only in {which}: {names}.").format(which=name, names=", ".join(names)))
    return lines


def _paired(frame: pd.DataFrame) -> str:
    """Whether the two met the same shoppers."""
    paired = frame["how"].eq("paired")
    if paired.all():
        return _("Both met the same shoppers in {n} shows: differences are paired; each interval stands alone.").format(
            n=int(frame["shows"].max())
        )
    if frame["how"].eq("").all():
        return _("These figures come from whole studies, so no interval can be given here.")
    return _("They share no shoppers where it says not paired: those intervals are wider than paired ones would be.")


def _moved(frame: pd.DataFrame) -> list[str]:
    """Which figures moved beyond chance."""
    sure = frame[(frame["low"] > 0) | (frame["high"] < 0)]
    if not len(sure):
        known = frame["low"].notna().any()
        return [_("No figure differs beyond chance.")] if known else []
    ways = {True: _("{what}: {figure} {by} higher in B"), False: _("{what}: {figure} {by} lower in B")}
    rows = [
        ways[r["difference"] > 0].format(
            what=r["what"], figure=r["figure"], by=number(abs(r["difference"]), _digits(r["difference"]))
        )
        for r in sure.to_dict("records")
    ]
    return [_("Beyond chance: {list}.").format(list=_("; ").join(rows))]


def cells(frame: pd.DataFrame) -> list[list[str]]:
    """The table as text."""
    rows = []
    for r in frame.to_dict("records"):
        digits = max(_digits(r["a"]), _digits(r["b"]))
        low, high = float(r["low"]), float(r["high"])
        span = f"[{number(low, digits)}, {number(high, digits)}]" if math.isfinite(low + high) else NOTHING
        rows.append(
            [
                str(r["what"]),
                str(r["figure"]),
                *(number(float(r[k]), digits) for k in ("a", "b", "difference")),
                span,
                str(r["shows"] or ""),
                _(WORDS[str(r["how"])]) if r["how"] else "",
            ]
        )
    return rows


def printed(names: tuple[str, str], frame: pd.DataFrame, lines: Sequence[str]) -> str:
    """For a terminal; who stays exactly as he was, as nobody acting does, is in the table alone."""
    still = frame.groupby("what", sort=False)["difference"].transform(lambda d: (d == 0).all())
    frame = frame[~still.astype(bool)] if len(frame) else frame
    head = _("A: {a}\nB: {b}").format(a=names[0], b=names[1])
    table = ["", *aligned([columns(HEAD), *cells(frame)], RIGHT)] if len(frame) else []
    return "\n".join([head, *table, "", *lines])


def page(names: tuple[str, str], frame: pd.DataFrame, lines: Sequence[str], repeat: str) -> str:
    """``report.md``."""
    table = ["\n".join(markdown(columns(HEAD), cells(frame), RIGHT))] if len(frame) else []
    parts = [_("# A against B"), f"A: {names[0]}  \nB: {names[1]}", repeat, *table, "\n".join(f"- {line}" for line in lines)]
    return "\n\n".join(parts) + "\n"


def _digits(value: Any) -> int:
    """Digits behind the point that still say something."""
    size = abs(float(value)) if math.isfinite(float(value)) else 0.0
    return 0 if size >= 100 else 1 if size >= 10 else 2
