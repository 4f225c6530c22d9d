"""Quotes in delimited text. A quote opens a cell only where the cell begins with it; elsewhere it is a character (5" pack)."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field

import numpy as np

from sim.replay.ingest.chunk import Reject

LONGEST_CELL = 50
"""A quoted cell may run over this many lines; beyond it the quote is taken for a stray one."""


def cut(text: str, mark: str, strict: bool = False) -> list[str]:
    """The cells of one record; none where its quotes make no sense (``strict``: where a quote closes in the middle of a cell)."""
    try:
        return next(csv.reader([text], delimiter=mark, strict=strict), [])
    except csv.Error:
        return []


def naive(text: str, mark: str, width: int) -> list[str]:
    """The cells of a record whose writer put quotes round cells and left those inside as they are; none where they are not
    ``width``: a quote closes only where the cell ends.

    >>> naive('1,"24" screen",2', ",", 3), naive('1,"a"x,b",2', ",", 4)
    (['1', '24" screen', '2'], [])
    """
    cells, at = list[str](), 0
    while at <= len(text):
        closes = text.find(f'"{mark}', at + 1) if text[at : at + 1] == '"' else -1
        if text[at : at + 1] == '"' and closes < 0 and text.endswith('"') and len(text) > at + 1:
            closes = len(text) - 1
        end = closes + 1 if closes >= 0 else text.find(mark, at)
        end = len(text) if end < 0 else end
        cell = text[at:end]
        cells.append(cell[1:-1].replace('""', '"') if closes >= 0 else cell)
        at = end + 1
    return cells if len(cells) == width else []


def is_open(text: str, mark: str, inside: bool = False) -> bool:
    """Whether a text ends inside a quoted cell; ``inside``: it begins in one.

    >>> is_open('a,"b', ","), is_open('a,5" b', ","), is_open('a,"b ""c"" d",e', ","), is_open('b",c', ",", inside=True)
    (True, False, False, False)
    """
    at = 0
    while True:
        if inside or text[at : at + 1] == '"':
            at = text.find('"', at + (not inside))
            while at >= 0 and text[at + 1 : at + 2] == '"':
                at = text.find('"', at + 2)
            if at < 0:
                return True
            inside = False
        at = text.find(mark, at) + 1
        if not at:
            return False


def whole(lines: list[str], k: int, mark: str) -> tuple[str, int]:
    """The record that begins in line ``k``, and how many lines it takes; one line where its quote is never closed."""
    open_ = is_open(lines[k], mark)
    for step in range(1, LONGEST_CELL + 1):
        if not open_:
            return "\n".join(lines[k : k + step]), step
        if k + step >= len(lines):
            break
        open_ = is_open(lines[k + step], mark, inside=True)
    return lines[k], 1


@dataclass
class Records:
    """Records found: ``long`` ones over several lines (line, cells, text), the ``spans`` (place, lines) they and stray quotes
    take, ``rejects``; places from ``end`` on wait for the next part, which begins with line ``held`` (0: nothing waits)."""

    end: int
    held: int = 0
    long: list[tuple[int, list[str], str]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def _joined(texts: list[str], numbers: np.ndarray) -> str:
    """Lines as they stood, with the blank ones between them."""
    gaps = np.diff(numbers).tolist()
    return texts[0] + "".join("\n" * gap + text for gap, text in zip(gaps, texts[1:], strict=True))


def records(texts: list[str], numbers: np.ndarray, marks: np.ndarray, mark: str, width: int, last: bool) -> Records:
    """Join the lines of quoted cells that run over several. ``marks``: quotes in each line; blank lines are left out."""
    joined = Records(len(texts))
    for k in np.flatnonzero(marks % 2).tolist():
        if k >= joined.end:
            break
        if (joined.spans and k < sum(joined.spans[-1])) or not is_open(texts[k], mark):
            continue
        step, unclosed = 1, True
        while unclosed and k + step < joined.end and numbers[k + step] - numbers[k] < LONGEST_CELL:
            unclosed = is_open(texts[k + step], mark, inside=True)
            step += 1
        if unclosed and k + step >= joined.end and not last and numbers[k + step - 1] - numbers[k] < LONGEST_CELL - 1:
            joined.held, joined.end = int(numbers[k]), k
            break
        # A stray quote would take whole rows into one cell: here a quote may only close where the cell ends.
        took = "" if unclosed else _joined(texts[k : k + step], numbers[k : k + step])
        cells = [] if unclosed else cut(took, mark, strict=True)
        if len(cells) != width:
            joined.rejects.append(Reject(int(numbers[k]), "a quote is not closed", texts[k]))
            joined.spans.append((k, 1))
        else:
            joined.spans.append((k, step))
            joined.long.append((int(numbers[k]), cells, took))
    return joined
