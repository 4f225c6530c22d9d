"""Delimited text, part by part, a column at a time. A line that cannot be cut into the header's fields is rejected alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.replay.clock import StreamError
from sim.replay.ingest import quotes
from sim.replay.ingest.chunk import Reject, RowChunk, TableFile, Wanted
from sim.replay.ingest.encodings import Encoding
from sim.replay.ingest.files import BLOCK, File, encoding_of, texts
from sim.replay.ingest.names import MOST_COLUMNS, tidy, too_many
from sim.words import _

if TYPE_CHECKING:
    import pyarrow as pa

TITLES = 30
"""Lines that may stand above a table's header."""
MARKS = ",\t;|，"


@dataclass(frozen=True)
class Layout:
    """How the lines of one file are cut. ``keep``: places of the columns that are looked at; ``first``: first line of data."""

    mark: str
    header: list[str]
    keep: list[int]
    first: int

    @property
    def width(self) -> int:
        """Cells a line has."""
        return len(self.header)


def delimited(file: File, block: int = BLOCK) -> TableFile:
    """Open a delimited file: the delimiter is the one that cuts its header finest."""
    encoding, size = encoding_of(file)
    first = next((text for text, _ in texts(file, encoding, block) if text.strip()), None)
    if first is None:
        raise StreamError(_("{name} is empty; give a file with a header and rows").format(name=file.name))
    lines = first.split("\n", 500)[:500]
    tops = [k for k, line in enumerate(lines) if line.strip()][: TITLES + 1]

    def at(k: int) -> TableFile:
        return _source(file, encoding, size, block, lines, k)

    top = at(tops[0])
    if len(top.header) > MOST_COLUMNS:
        raise StreamError(too_many(file.name, len(top.header)))
    return replace(top, below=[at(k) for k in tops[1:]])


def _source(file: File, encoding: Encoding, size: int, block: int, lines: list[str], top: int) -> TableFile:
    """The table under one line as its header."""
    mark = max(MARKS, key=lambda d: lines[top].count(d))
    text, took = quotes.whole(lines, top, mark)
    header = [tidy(cell) for cell in quotes.cut(text, mark)]

    def chunks(names: list[str] | None, wanted: Wanted) -> Iterator[RowChunk]:
        used = header if names is None else names
        keep = [k for k, name in enumerate(used) if name and (k == 0 or wanted(name))]
        return _chunks(file, encoding, block, Layout(mark, used, keep, 1 if names is not None else top + took + 1), size)

    return TableFile(file.name, header, chunks, encoding.notes(file.name), [], top + 1, encoding.damaged > 0, file.name)


def _chunks(file: File, encoding: Encoding, block: int, layout: Layout, size: int) -> Iterator[RowChunk]:
    """All rows below the header; ``carry`` holds the lines of a quoted cell that goes on in the next part."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at, carry, done = 1, "", 0
    for text, last in texts(file, encoding, block):
        done += len(text)
        text = carry + text
        lines = pc.split_pattern(pa.array([text.removesuffix("\n")]), "\n").flatten() if text else pa.array([], pa.string())
        numbers = np.arange(at, at + len(lines))
        filled = pc.not_equal(pc.utf8_trim_whitespace(lines), "").to_numpy(zero_copy_only=False) & (numbers >= layout.first)
        lines, numbers = lines.filter(pa.array(filled)), numbers[filled]
        cells, held = _cells(lines, numbers, layout, last)
        whole = text.count("\n") + (not text.endswith("\n") and bool(text))
        at, carry = at + whole, ""
        if held:
            at, carry = held, "\n".join(text.removesuffix("\n").split("\n")[held - (at - whole) :]) + "\n"
        if len(cells.lines) or cells.rejects:
            yield replace(cells, share=min(1.0, done / size))


def _cells(lines: pa.Array, numbers: np.ndarray, layout: Layout, last: bool) -> tuple[RowChunk, int]:
    """Cut lines into columns. The second value: line from which on the next part is needed, or 0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    marks = pc.count_substring(lines, '"').to_numpy(zero_copy_only=False)
    rejects: list[Reject] = []
    if not marks.any():
        parts, kept = _plain(lines, numbers, layout, rejects)
        return _joined([(parts, numbers[kept], lines.take(pa.array(kept)))], layout, rejects), 0
    words = lines.to_pylist()
    records = quotes.records(words, numbers, marks, layout.mark, layout.width, last)
    rejects += records.rejects
    inside = np.zeros(len(words), bool)
    for k, step in records.spans:
        inside[k : k + step] = True
    inside[records.end :] = True
    plain = np.flatnonzero((marks == 0) & ~inside)
    parts, kept = _plain(lines.take(pa.array(plain)), numbers[plain], layout, rejects)
    groups = [(parts, numbers[plain[kept]], lines.take(pa.array(plain[kept])))]
    quoted = np.flatnonzero((marks > 0) & ~inside)
    groups.append(_quoted([words[k] for k in quoted.tolist()], numbers[quoted], layout, rejects))
    groups.append(_columns([c for _, c, _ in records.long], np.array([n for n, _, _ in records.long], np.int64),
                           [t for *_, t in records.long], layout))  # fmt: skip
    rejects.sort()
    return _joined(groups, layout, rejects), records.held


Group = tuple[list["pa.Array"], np.ndarray, "pa.Array"]


def _plain(lines: pa.Array, numbers: np.ndarray, layout: Layout, rejects: list[Reject]) -> tuple[list[pa.Array], np.ndarray]:
    """Lines without quotes, cut by Arrow: the kept columns, and which lines they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    width = layout.width
    cells = pc.split_pattern(lines, layout.mark)
    sizes = pc.list_value_length(cells).to_numpy(zero_copy_only=False)
    if (sizes == width).all():
        flat = cells.flatten()
        return [flat.take(pa.array(np.arange(c, len(flat), width))) for c in layout.keep], np.arange(len(lines))
    groups: list[list[pa.Array]] = []
    kept: list[np.ndarray] = []
    for size in np.unique(sizes).tolist():
        which = np.flatnonzero(sizes == size)
        good = np.full(len(which), size >= width)
        if size >= width:
            flat = cells.take(pa.array(which)).flatten()
            columns = {c: flat.take(pa.array(np.arange(c, len(flat), size))) for c in (*layout.keep, *range(width, size))}
            for extra in range(width, size):
                good &= pc.equal(pc.utf8_trim_whitespace(columns[extra]), "").to_numpy(zero_copy_only=False)
            if good.any():
                groups.append([columns[c].filter(pa.array(good)) for c in layout.keep])
                kept.append(which[good])
        for k in which[~good].tolist():
            rejects.append(Reject(int(numbers[k]), f"has {size} fields where the header has {width}", lines[k].as_py()))
    if not groups:
        return [pa.array([], pa.string())] * len(layout.keep), np.array([], np.int64)
    which = np.concatenate(kept)
    order = np.argsort(which, kind="stable")
    joined = [pa.concat_arrays([g[c] for g in groups]).take(pa.array(order)) for c in range(len(layout.keep))]
    return joined, which[order]


def _quoted(lines: list[str], numbers: np.ndarray, layout: Layout, rejects: list[Reject]) -> Group:
    """Lines whose quotes are all closed."""
    width = layout.width
    try:
        rows = list(csv.reader(lines, delimiter=layout.mark, strict=True))
    except csv.Error:
        rows = []
    if len(rows) != len(lines):
        rows = [_cut(line, layout.mark, width) for line in lines]
    good = []
    for k, cells in enumerate(rows):
        if len(cells) == width or (len(cells) > width and not any(c.strip() for c in cells[width:])):
            good.append(k)
        else:
            rejects.append(Reject(int(numbers[k]), f"has {len(cells)} fields where the header has {width}", lines[k]))
    return _columns([rows[k] for k in good], numbers[np.array(good, np.int64)], [lines[k] for k in good], layout)


def _cut(line: str, mark: str, width: int) -> list[str]:
    """One line's cells: as written by the rules, else with quotes left inside as they are, else as far as it makes sense."""
    return quotes.cut(line, mark, strict=True) or quotes.naive(line, mark, width) or quotes.cut(line, mark)


def _columns(rows: list[list[str]], numbers: np.ndarray, lines: list[str], layout: Layout) -> Group:
    import pyarrow as pa

    return [pa.array([row[c] for row in rows], pa.string()) for c in layout.keep], numbers, pa.array(lines, pa.string())


def _joined(groups: list[Group], layout: Layout, rejects: list[Reject]) -> RowChunk:
    """Groups of rows as one chunk, in the file's order."""
    import pyarrow as pa

    groups = [g for g in groups if len(g[1])] or groups[:1]
    columns, numbers, lines = groups[0]
    if len(groups) > 1:
        numbers = np.concatenate([g[1] for g in groups])
        order = pa.array(np.argsort(numbers, kind="stable"))
        columns = [pa.concat_arrays([g[0][c] for g in groups]).take(order) for c in range(len(layout.keep))]
        lines = pa.concat_arrays([g[2] for g in groups]).take(order)
        numbers = np.sort(numbers, kind="stable")
    named = {layout.header[k]: column for k, column in zip(layout.keep, columns, strict=True)}
    return RowChunk(numbers, named, lambda which: lines.take(pa.array(which)).to_pylist(), rejects)
