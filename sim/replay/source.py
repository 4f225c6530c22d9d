"""From a file to a plain table of cells: CSV, TSV, JSON lines and Parquet, plain or gzipped.

Nothing is trusted: a file that is not what its name says is refused in one sentence, a line that cannot be cut into the
header's fields is rejected and the rest goes on.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sim.replay.clock import StreamError

FORMATS = {".csv": "CSV", ".tsv": "TSV", ".txt": "text", ".jsonl": "JSON lines", ".ndjson": "JSON lines", ".parquet": "Parquet"}
LONGEST_CELL = 50
"""A quoted cell may run over this many lines; beyond it the quote is taken for a stray one."""


@dataclass(frozen=True)
class Row:
    """One row: the line it starts on, its cells in the header's order, its text as it stood."""

    line: int
    cells: list[str]
    text: str


@dataclass(frozen=True)
class Reject:
    """A row that cannot be used, and why."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Raw:
    """A file as a table: ``rows`` have as many cells as ``header``; what could not be cut so is in ``rejects``."""

    where: str
    header: list[str]
    rows: list[Row]
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_raw(path: Path) -> Raw:
    """Read one file."""
    where = path.name
    _must_exist(path)
    shape, data = format_of(path), _bytes(path)
    if not data.strip():
        raise StreamError(f"{where} is empty; give a file with a header and rows")
    if shape == "Parquet":
        return _parquet(where, data)
    text, notes = _text(where, data)
    raw = _json_lines(where, text) if shape == "JSON lines" else _cells(where, text)
    raw.notes[:0] = notes
    if not raw.rows and not raw.rejects:
        raise StreamError(f"{where} has a header and no rows; export the show again")
    return raw


def format_of(path: Path) -> str:
    """What the suffix says the file is."""
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix in FORMATS and not (suffix == ".parquet" and path.name.lower().endswith(".gz")):
        return FORMATS[suffix]
    raise StreamError(f"{path.name} has a suffix that is not read here; known are {', '.join(FORMATS)}, "
                      "the text ones also with .gz")  # fmt: skip


def _must_exist(path: Path) -> None:
    if not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else "; check the path"
        raise StreamError(f"there is no file {path}{hint}")


def _bytes(path: Path) -> bytes:
    """What is in the file, unzipped where its name says so."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StreamError(f"{path.name} cannot be read ({error.strerror}); check its permissions") from None
    zipped = data[:2] == b"\x1f\x8b"
    if not path.name.lower().endswith(".gz"):
        if zipped:
            raise StreamError(f"{path.name} is gzip-compressed but not named so; rename it to {path.name}.gz")
        return data
    if not data:
        return data
    if not zipped:
        raise StreamError(f"{path.name} is named .gz but is not gzip-compressed; rename or compress it")
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise StreamError(f"{path.name} is a damaged or cut-off gzip file; copy it again") from None


def _text(where: str, data: bytes) -> tuple[str, list[str]]:
    """Decode, refusing what is no text table at all."""
    if data[:4] == b"PAR1":
        raise StreamError(f"{where} is a Parquet file; rename it to end in .parquet")
    if data[:2] == b"PK":
        raise StreamError(f"{where} is an Excel workbook or ZIP archive, not text; export it as CSV")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise StreamError(f"{where} is written in UTF-16; save it as UTF-8")
    if b"\0" in data:
        raise StreamError(f"{where} is a binary file, not text; export it as CSV")
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        raise StreamError(f"{where} is a web page or XML, not a table of rows; download the export itself (are you logged in?)")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030"), [f"{where} is not UTF-8; read as GBK"]
    except UnicodeDecodeError:
        raise StreamError(f"{where} is neither UTF-8 nor GBK text; save it as UTF-8") from None


def _cells(where: str, text: str) -> Raw:
    """Delimited text: the delimiter is the one that cuts the header finest."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    top = next((k for k, line in enumerate(lines) if line.strip()), 0)
    mark = max(",\t;", key=lambda d: lines[top].count(d))
    header = [_clean(c) for c in _cut(lines[top], mark)]
    twice = {h for h in header if h and header.count(h) > 1}
    if twice:
        raise StreamError(f"{where} has two columns called {min(twice)!r}; rename one")
    raw = Raw(where, header, [])
    for line, cells, took in _records(lines, top + 1, mark, len(header)):
        if len(cells) > len(header) and not any(cells[len(header) :]):
            cells = cells[: len(header)]
        if len(cells) == len(header):
            raw.rows.append(Row(line, cells, took))
        elif took.count('"') % 2:
            raw.rejects.append(Reject(line, "a quote is not closed", took))
        else:
            raw.rejects.append(Reject(line, f"has {len(cells)} fields where the header has {len(header)}", took))
    return raw


def _records(lines: list[str], first: int, mark: str, width: int) -> Iterator[tuple[int, list[str], str]]:
    """Line number, cells and text of every record. A quote never closed costs its own line only."""
    k = first
    while k < len(lines):
        took, step = lines[k], 1
        if not took.strip():
            k += 1
            continue
        if '"' not in took:
            yield k + 1, [_clean(c) for c in took.split(mark)], took
            k += 1
            continue
        while took.count('"') % 2 and step < LONGEST_CELL and k + step < len(lines):
            took += "\n" + lines[k + step]
            step += 1
        cells = _cut(took, mark)
        if took.count('"') % 2 or (step > 1 and len(cells) != width):
            took, step, cells = lines[k], 1, []
        yield k + 1, [_clean(c) for c in cells], took
        k += step


def _cut(text: str, mark: str) -> list[str]:
    """The cells of one record; none where its quotes make no sense."""
    try:
        return next(csv.reader([text], delimiter=mark), [])
    except csv.Error:
        return []


def _clean(cell: str) -> str:
    """A cell without the tabs, blanks and dashes that exports put round or in place of values."""
    cell = cell.strip().strip("\ufeff")
    return "" if cell in ("-", "--", "\\N", "NULL", "null", "nan", "NaN") else cell


def _json_lines(where: str, text: str) -> Raw:
    """One JSON object a line; the header is the union of their keys, in order of appearance."""
    if text.lstrip().startswith("["):
        raise StreamError(f"{where} is one JSON array, not JSON lines; write one object a line")
    found: list[tuple[int, dict[str, Any], str]] = []
    rejects = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            found.append((number, value, line))
        else:
            rejects.append(Reject(number, "is not a JSON object", line))
    if not found:
        raise StreamError(f"{where} has no line that is a JSON object, so it is not JSON lines; check the file or its suffix")
    header = list(dict.fromkeys(key for _, value, _ in found for key in value))
    rows = [Row(n, [_as_text(value.get(h)) for h in header], line) for n, value, line in found]
    return Raw(where, header, rows, rejects)


def _parquet(where: str, data: bytes) -> Raw:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_table

    try:
        table = read_table(io.BytesIO(data))
        columns = [[_as_text(v) for v in column.to_pylist()] for column in table.columns]
    except (ArrowException, OSError, ValueError):
        raise StreamError(f"{where} is named .parquet but is not a readable Parquet file; export it again") from None
    if table.num_rows == 0:
        raise StreamError(f"{where} has columns and no rows; export the show again")
    rows = [Row(n, list(cells), ",".join(cells)) for n, cells in enumerate(zip(*columns, strict=True), 1)]
    return Raw(where, list(table.column_names), rows, notes=[f"{where} is Parquet: line numbers count its rows"])


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return _clean(text.encode("utf-8", "replace").decode("utf-8"))
