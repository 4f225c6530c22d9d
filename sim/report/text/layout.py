"""Tables as text: aligned for a terminal, also with Chinese in them, and as Markdown."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence

from sim.core.export import for_markdown
from sim.words import _, ngettext
from strategies.contract import LEVEL_NAMES

NOTHING = "-"
"""Stands where a figure has no meaning."""


def width(words: str) -> int:
    """Columns a text takes in a terminal: Chinese characters take two.

    >>> width("面膜 mask")
    9
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in words)


def aligned(rows: Iterable[Sequence[str]], right: Iterable[int] = (), gap: str = "  ") -> list[str]:
    """Rows of cells as lines of equal columns; columns numbered in ``right`` are set flush right.

    >>> aligned([["sku", "units"], ["面膜", "5"]], right=[1])
    ['sku   units', '面膜      5']
    """
    cells, flush = [list(row) for row in rows], set(right)
    widths = [max(width(row[k]) for row in cells) for k in range(len(cells[0]))]
    lines = []
    for row in cells:
        pads = [" " * (w - width(cell)) for cell, w in zip(row, widths, strict=True)]
        lines.append(gap.join(p + c if k in flush else c + p for k, (c, p) in enumerate(zip(row, pads, strict=True))).rstrip())
    return lines


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """The same as a Markdown table, with nothing in it that a page would run."""
    flush = set(right)
    rule = ["---:" if k in flush else "---" for k in range(len(head))]
    return ["| " + " | ".join(for_markdown(cell) for cell in row) + " |" for row in (head, rule, *rows)]


def number(value: float, digits: int = 0) -> str:
    """A figure with thousands separated, or a dash.

    >>> number(45338.4), number(0.666, 2), number(math.nan)
    ('45,338', '0.67', '-')
    """
    # A rounded -0.4 is 0, not -0.
    return NOTHING if not math.isfinite(value) else f"{round(value, digits) + 0.0:,.{digits}f}"


def brief(value: float) -> str:
    """Two digits, never an exponent.

    >>> brief(99.7), brief(0.0123), brief(5.86)
    ('100', '0.012', '5.9')
    """
    return f"{float(f'{value:.2g}'):,.12g}"


def spread(value: float, half: float, digits: int = 0) -> str:
    """A figure and its half-width.

    >>> spread(12.4, 3.1), spread(12.4, math.nan)
    ('12 ±3', '12')
    """
    return number(value, digits) if not math.isfinite(half) else f"{number(value, digits)} ±{number(half, digits)}"


def some(names: Sequence[str], most: int) -> str:
    """The first names of a list, and how many more there are.

    >>> some(["a", "b", "c"], 2), some(["a"], 2)
    ('a, b and 1 more', 'a')
    """
    listed = _(", ").join(names[:most])
    more = len(names) - most
    return listed if more <= 0 else ngettext("{names} and {n} more", "{names} and {n} more", more).format(names=listed, n=more)


_MOMENT = re.compile(r"\d{4}-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)?")
"""A moment of a recording: the year and the zone are said elsewhere."""


def moment(text: str) -> str:
    """A moment as people write it: day and clock time; anything else stays as it is.

    >>> moment("2026-06-18T21:20:10+08:00"), moment("")
    ('06-18 21:20:10', '')
    """
    match = _MOMENT.fullmatch(text)
    return _("{month}-{day} {clock}").format(month=match[1], day=match[2], clock=match[3]) if match else text


def level_word(level: int) -> str:
    """An alert level in one word of the language spoken now.

    >>> level_word(2)
    'prepare'
    """
    return _(LEVEL_NAMES[level]).split()[0]


def duration(seconds: float) -> str:
    """Seconds in words.

    >>> duration(4.2), duration(200), duration(8000)
    ('5 s', '4 min', '2 h 14 min')
    """
    if seconds < 90:
        return _("{n:.0f} s").format(n=seconds + 0.999 if seconds >= 1 else 1)
    minutes = int(seconds + 59) // 60
    if minutes < 100:
        return _("{n} min").format(n=minutes)
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
