"""A sensitivity study in words: shares of variance by setting, and what matters."""

from __future__ import annotations

from collections.abc import Sequence

from sim.report.text.layout import number
from sim.stats.sensitivity import Index

HEAD = ("setting", "first order", "interval", "total", "interval")


def rows(found: Sequence[Index]) -> list[list[str]]:
    """The table as text."""
    return [
        [i.key, number(i.first, 2), f"[{number(i.first_low, 2)}, {number(i.first_high, 2)}]", number(i.total, 2),
         f"[{number(i.total_low, 2)}, {number(i.total_high, 2)}]"]
        for i in found
    ]  # fmt: skip


def said(found: Sequence[Index]) -> str:
    """The table in words."""
    idle = [i.key for i in found if i.total_high < 0.05]
    if len(idle) == len(found):
        return "None of these settings matters over these ranges."
    first = found[0]
    low, high = (100 * max(0.0, min(1.0, x)) for x in (first.total_low, first.total_high))
    share = f"{100 * max(0.0, min(1.0, first.total)):.0f} % [{low:.0f}, {high:.0f}]"
    rivals = [i.key for i in found[1:] if i.total_high >= first.total_low]
    most = "matters most" if not rivals else f"has the largest share, and cannot be ranked against {', '.join(rivals)}"
    text = f"{first.key} {most}: {share} of the variance of net would stay if it alone were unknown."
    if rivals:
        text += " More points= or replicates= would tell."
    if idle:
        text += f" Beside that hardly matter, over these ranges: {', '.join(idle)}."
    if max(max(i.total, i.first) for i in found) > 1.05:
        text += " Shares above 100 % are estimates from too few points: raise points=."
    return text
