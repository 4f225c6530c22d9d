"""JSON lines and Parquet, part by part, as columns of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.replay.clock import StreamError
from sim.replay.ingest.chunk import Chunk, Reject, Source
from sim.replay.ingest.files import BLOCK, encoding_of, must_exist, texts

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 131_072
DEEPEST = 2
"""Objects inside objects are spread out to this depth: {"a": {"b": 1}} is a column a.b."""


def json_lines(path: Path, block: int = BLOCK) -> Source:
    """One JSON object a line. An object with a list of objects in it is as many rows, each with the outer values too."""
    encoding, size = encoding_of(path)
    notes = [f"{path.name} is not UTF-8; read as GBK"] if encoding == "gb18030" else []
    head = next(text for text, _ in texts(path, encoding, block) if text.strip())
    if head.lstrip().startswith("["):
        raise StreamError(f"{path.name} is one JSON array, not JSON lines; write one object a line")
    header: dict[str, None] = {}
    for line in head.split("\n", 2000)[:2000]:
        for row in _rows(line) or []:
            header |= dict.fromkeys(row)
    if not header:
        raise StreamError(f"{path.name} has no line that is a JSON object, so it is not JSON lines; check the file or its suffix")

    def chunks(names: list[str] | None) -> Iterator[Chunk]:
        at, done = 1, 0
        for text, _ in texts(path, encoding, block):
            done += len(text)
            lines = text.removesuffix("\n").split("\n") if text else []
            for first in range(0, len(lines), AT_ONCE):
                made = _json_chunk(lines[first : first + AT_ONCE], at + first, min(1.0, done / size))
                if len(made.lines) or made.rejects:
                    yield made
            at += len(lines)

    return Source(path.name, list(header), chunks, notes)


def _rows(line: str) -> list[dict[str, str]] | None:
    """The rows a line stands for; None where it is no JSON object."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    lists = [k for k, v in value.items() if isinstance(v, list) and v and all(isinstance(i, dict) for i in v)]
    if len(lists) != 1:
        return [_spread(value)]
    outer = {k: v for k, v in value.items() if k != lists[0]}
    return [_spread({**outer, **inner}) for inner in value[lists[0]]]


def _spread(value: dict[str, Any], depth: int = 1) -> dict[str, str]:
    out: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner and depth < DEEPEST:
            out |= {f"{key}.{k}": v for k, v in _spread(inner, depth + 1).items()}
        else:
            out[str(key)] = as_text(inner)
    return out


def _json_chunk(lines: list[str], first: int, share: float) -> Chunk:
    import pyarrow as pa

    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    rejects = []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        found = _rows(line)
        if found is None:
            rejects.append(Reject(number, "is not a JSON object", line))
        else:
            rows += found
            numbers += [number] * len(found)
    header = dict.fromkeys(key for row in rows for key in row)
    columns = {name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in header if name}
    kept = np.array(numbers, np.int64)
    return Chunk(kept, columns, lambda which: [lines[n - first] for n in kept[which].tolist()], rejects, share)


def parquet(path: Path) -> Source:
    """A Parquet file; its lines are numbers of rows, from 1."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    must_exist(path)
    fault = StreamError(f"{path.name} is named .parquet but is not a readable Parquet file; export it again")
    try:
        file = ParquetFile(path)
        header = list(file.schema_arrow.names)
        total = file.metadata.num_rows
    except PermissionError as error:
        raise StreamError(f"{path.name} cannot be read ({error.strerror}); check its permissions") from None
    except (ArrowException, OSError, ValueError):
        raise fault from None
    if total == 0:
        raise StreamError(f"{path.name} has columns and no rows; export the show again")
    twice = {h for h in header if header.count(h) > 1}
    if twice:
        raise StreamError(f"{path.name} has two columns called {min(twice)!r}; rename one")

    def chunks(names: list[str] | None) -> Iterator[Chunk]:
        at = 1
        try:
            for batch in file.iter_batches(batch_size=AT_ONCE):
                yield _batch(batch, at, min(1.0, (at + batch.num_rows) / total))
                at += batch.num_rows
        except (ArrowException, OSError, ValueError) as error:
            if isinstance(error, StreamError):
                raise
            raise fault from None

    return Source(path.name, header, chunks, [f"{path.name} is Parquet: line numbers count its rows"])


def _batch(batch: pa.RecordBatch, first: int, share: float) -> Chunk:
    import pyarrow as pa

    columns = {name: _strings(batch.column(k)) for k, name in enumerate(batch.schema.names) if name}

    def rows(which: np.ndarray) -> list[str]:
        cut = [column.take(pa.array(which)).to_pylist() for column in columns.values()]
        return [",".join(row) for row in zip(*cut, strict=True)]

    return Chunk(np.arange(first, first + batch.num_rows), columns, rows, share=share)


def _strings(column: pa.Array) -> pa.Array:
    """Any column as text, nothing for nulls."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _strings(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        return pc.fill_null(pc.cast(column, pa.string()), "")
    return pa.array([as_text(v) for v in column.to_pylist()], pa.string())


def as_text(value: Any) -> str:
    """A value as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and value != value:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return text.encode("utf-8", "replace").decode("utf-8")
