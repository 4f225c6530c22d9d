"""Delimited text, part by part, a column at a time. A line that cannot be cut into the header's fields is rejected alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.replay.clock import StreamError
from sim.replay.ingest.chunk import Chunk, Reject, Source
from sim.replay.ingest.files import BLOCK, encoding_of, texts

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_CELL = 50
"""A quoted cell may run over this many lines; beyond it the quote is taken for a stray one."""
MARKS = ",\t;|"


def delimited(path: Path, block: int = BLOCK) -> Source:
    """Open a delimited file: the delimiter is the one that cuts its first line finest."""
    encoding, size = encoding_of(path)
    notes = [f"{path.name} is not UTF-8; read as GBK"] if encoding == "gb18030" else []
    first = next(text for text, _ in texts(path, encoding, block) if text.strip())
    lines = first.split("\n", 500)[:500]
    top = next(k for k, line in enumerate(lines) if line.strip())
    mark = max(MARKS, key=lambda d: lines[top].count(d))
    header = [cell.strip().strip("\ufeff").strip() for cell in cut(lines[top], mark)]

    def chunks(names: list[str] | None) -> Iterator[Chunk]:
        used = header if names is None else names
        twice = {h for h in used if h and used.count(h) > 1}
        if twice:
            raise StreamError(f"{path.name} has two columns called {min(twice)!r}; rename one")
        return _chunks(path, encoding, block, mark, used, names is None, size)

    return Source(path.name, header, chunks, notes)


def cut(text: str, mark: str) -> list[str]:
    """The cells of one record; none where its quotes make no sense."""
    try:
        return next(csv.reader([text], delimiter=mark), [])
    except csv.Error:
        return []


def _chunks(
    path: Path, encoding: str, block: int, mark: str, header: list[str], skip_first: bool, size: int
) -> Iterator[Chunk]:  # fmt: skip
    """All rows below the header; ``carry`` holds the lines of a quoted cell that goes on in the next part."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at, carry, skip, done = 1, "", skip_first, 0
    for text, last in texts(path, encoding, block):
        done += len(text)
        text = carry + text
        lines = pc.split_pattern(pa.array([text.removesuffix("\n")]), "\n").flatten() if text else pa.array([], pa.string())
        numbers = np.arange(at, at + len(lines))
        filled = pc.not_equal(pc.utf8_trim_whitespace(lines), "").to_numpy(zero_copy_only=False)
        if skip and filled.any():
            filled[int(np.argmax(filled))] = skip = False
        lines, numbers = lines.filter(pa.array(filled)), numbers[filled]
        made, held = _cells(lines, numbers, mark, header, last)
        whole = text.count("\n") + (not text.endswith("\n") and bool(text))
        at, carry = at + whole, ""
        if held:
            at, carry = held, "\n".join(text.removesuffix("\n").split("\n")[held - (at - whole) :]) + "\n"
        if len(made.lines) or made.rejects:
            yield replace(made, share=min(1.0, done / size))


def _cells(lines: pa.Array, numbers: np.ndarray, mark: str, header: list[str], last: bool) -> tuple[Chunk, int]:
    """Cut lines into columns. The second value: line from which on the next part is needed, or 0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    quotes = pc.count_substring(lines, '"').to_numpy(zero_copy_only=False)
    rejects: list[Reject] = []
    if not quotes.any():
        parts, kept = _plain(lines, numbers, mark, len(header), rejects)
        return _joined([(parts, numbers[kept], lines.take(pa.array(kept)))], header, rejects), 0
    texts_, taken, joined, held = lines.to_pylist(), quotes > 0, [], 0
    odd = np.flatnonzero(quotes % 2)
    end = len(texts_)
    for k in odd.tolist():
        if k >= end or (joined and k < joined[-1][0] + joined[-1][1]):
            continue
        took, step = texts_[k], 1
        while took.count('"') % 2 and step < LONGEST_CELL and k + step < end and numbers[k + step] - numbers[k] < LONGEST_CELL:
            took += "\n" * int(numbers[k + step] - numbers[k + step - 1]) + texts_[k + step]
            step += 1
        if took.count('"') % 2 and step < LONGEST_CELL and k + step >= end and not last:
            held, end = int(numbers[k]), k
            break
        cells = cut(took, mark)
        if took.count('"') % 2 or len(cells) != len(header):
            rejects.append(Reject(int(numbers[k]), "a quote is not closed", texts_[k]))
            taken[k] = False
            joined.append((k, 1, None, ""))
        else:
            joined.append((k, step, cells, took))
    inside = np.zeros(len(texts_), bool)
    for k, step, _, _ in joined:
        inside[k : k + step] = True
    inside[end:] = True
    plain = np.flatnonzero((quotes == 0) & ~inside)
    parts, kept = _plain(lines.take(pa.array(plain)), numbers[plain], mark, len(header), rejects)
    groups = [(parts, numbers[plain[kept]], lines.take(pa.array(plain[kept])))]
    quoted = np.flatnonzero(taken & ~inside)
    groups.append(_quoted([texts_[k] for k in quoted.tolist()], numbers[quoted], mark, len(header), rejects))
    long = [(numbers[k], cells, took) for k, _, cells, took in joined if cells is not None]
    groups.append(
        _columns([c for _, c, _ in long], np.array([n for n, _, _ in long], np.int64), [t for *_, t in long], len(header))
    )
    rejects.sort()
    return _joined(groups, header, rejects), held


Group = tuple[list["pa.Array"], np.ndarray, "pa.Array"]


def _plain(
    lines: pa.Array, numbers: np.ndarray, mark: str, width: int, rejects: list[Reject]
) -> tuple[list[pa.Array], np.ndarray]:  # fmt: skip
    """Lines without quotes, cut by Arrow: the columns, and which lines they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pc.split_pattern(lines, mark)
    sizes = pc.list_value_length(cells).to_numpy(zero_copy_only=False)
    if (sizes == width).all():
        flat = cells.flatten()
        return [flat.take(pa.array(np.arange(c, len(flat), width))) for c in range(width)], np.arange(len(lines))
    groups: list[list[pa.Array]] = []
    kept: list[np.ndarray] = []
    for size in np.unique(sizes).tolist():
        which = np.flatnonzero(sizes == size)
        flat = cells.take(pa.array(which)).flatten()
        columns = [flat.take(pa.array(np.arange(c, len(flat), size))) for c in range(size)]
        good = np.full(len(which), size >= width)
        for extra in columns[width:]:
            good &= pc.equal(pc.utf8_trim_whitespace(extra), "").to_numpy(zero_copy_only=False)
        for k in which[~good].tolist():
            rejects.append(Reject(int(numbers[k]), f"has {size} fields where the header has {width}", lines[k].as_py()))
        if good.any():
            groups.append([c.filter(pa.array(good)) for c in columns[:width]])
            kept.append(which[good])
    if not groups:
        return [pa.array([], pa.string())] * width, np.array([], np.int64)
    which = np.concatenate(kept)
    order = np.argsort(which, kind="stable")
    return [pa.concat_arrays([g[c] for g in groups]).take(pa.array(order)) for c in range(width)], which[order]


def _quoted(lines: list[str], numbers: np.ndarray, mark: str, width: int, rejects: list[Reject]) -> Group:
    """Lines whose quotes are all closed."""
    try:
        rows = list(csv.reader(lines, delimiter=mark))
    except csv.Error:
        rows = []
    if len(rows) != len(lines):
        rows = [cut(line, mark) for line in lines]
    good = []
    for k, cells in enumerate(rows):
        if len(cells) == width or (len(cells) > width and not any(c.strip() for c in cells[width:])):
            good.append(k)
        else:
            rejects.append(Reject(int(numbers[k]), f"has {len(cells)} fields where the header has {width}", lines[k]))
    return _columns([rows[k][:width] for k in good], numbers[np.array(good, np.int64)], [lines[k] for k in good], width)


def _columns(rows: list[list[str]], numbers: np.ndarray, lines: list[str], width: int) -> Group:
    import pyarrow as pa

    columns = zip(*rows, strict=True) if rows else [()] * width
    return [pa.array(list(c), pa.string()) for c in columns], numbers, pa.array(lines, pa.string())


def _joined(groups: list[Group], header: list[str], rejects: list[Reject]) -> Chunk:
    """Groups of rows as one chunk, in the file's order."""
    import pyarrow as pa

    groups = [g for g in groups if len(g[1])] or groups[:1]
    columns, numbers, lines = groups[0]
    if len(groups) > 1:
        numbers = np.concatenate([g[1] for g in groups])
        order = pa.array(np.argsort(numbers, kind="stable"))
        columns = [pa.concat_arrays([g[0][c] for g in groups]).take(order) for c in range(len(header))]
        lines = pa.concat_arrays([g[2] for g in groups]).take(order)
        numbers = np.sort(numbers, kind="stable")
    named = {name: column for name, column in zip(header, columns, strict=True) if name}
    return Chunk(numbers, named, lambda which: lines.take(pa.array(which)).to_pylist(), rejects)
