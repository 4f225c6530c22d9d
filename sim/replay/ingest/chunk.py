"""A part of a file as columns of text: what readers hand on and judges work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

Texts = Callable[[np.ndarray], list[str]]
"""Row numbers of a chunk -> those rows as they stood in the file."""


class Reject(NamedTuple):
    """A row that cannot be used, and why."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class RowChunk:
    """Some rows: ``lines`` they begin on, ``columns`` of raw text (name -> Arrow strings), ``texts`` as they stood; ``rejects``:
    lines that could not be cut into columns; ``share``: how much of the file is read by then; ``aside``: why a row is not wanted,
    where that is known by now. Order of the file."""

    lines: np.ndarray
    columns: dict[str, pa.Array]
    texts: Texts
    rejects: list[Reject] = field(default_factory=list)
    share: float = 1.0
    aside: np.ndarray | None = None


Wanted = Callable[[str], bool]
"""Whether a column of that name is looked at."""


def everything(name: str) -> bool:
    """Every column is looked at."""
    return True


@dataclass(frozen=True)
class TableFile:
    """A file, or a sheet of one, as a table read in parts.

    ``header``: its column names (the first line's cells). ``chunks(names, wanted)``: its rows, under ``names`` where the file
    has no header of its own; of the columns only those that are ``wanted``, and the first. ``below``: the same table with
    each of the next lines as its header, for tables with a title above. ``line``: the header's. ``damaged``: characters
    that could not be read stand as U+FFFD. ``path``: the file that was named.
    """

    where: str
    header: list[str]
    chunks: Callable[[list[str] | None, Wanted], Iterator[RowChunk]]
    notes: list[str] = field(default_factory=list)
    below: list[TableFile] = field(default_factory=list)
    line: int = 1
    damaged: bool = False
    path: str = ""
