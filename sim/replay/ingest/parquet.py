"""Parquet files, part by part, as columns of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from sim.replay.clock import StreamError
from sim.replay.ingest.chunk import RowChunk, TableFile, Wanted
from sim.replay.ingest.files import File
from sim.replay.ingest.jsonrows import as_text
from sim.replay.ingest.names import MOST_COLUMNS, tidy
from sim.words import _

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 131_072
EXACT = 2.0**53
"""Whole numbers below it are exact as floats."""


def parquet(file: File) -> TableFile:
    """A Parquet file; its lines are numbers of rows, from 1."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    fault = StreamError(_("{name} is named .parquet but is not a readable Parquet file; export it again").format(name=file.name))
    # Names that are no UTF-8 come as a UnicodeDecodeError, which is a ValueError.
    faults = (ArrowException, OSError, ValueError, MemoryError)
    try:
        opened = ParquetFile(file.path)
        header = [tidy(name) for name in opened.schema_arrow.names]
        total = opened.metadata.num_rows
    except PermissionError as error:
        raise StreamError(
            _("{name} cannot be read ({strerror}); check its permissions").format(name=file.name, strerror=error.strerror)
        ) from None
    except faults:
        raise fault from None
    if total == 0:
        raise StreamError(_("{name} has columns and no rows; export the show again").format(name=file.name))
    if len(header) > MOST_COLUMNS:
        raise StreamError(
            _("{name} has {n:,} columns, so it is no table of rows; check the file").format(name=file.name, n=len(header))
        )

    def chunks(names: list[str] | None, wanted: Wanted) -> Iterator[RowChunk]:
        at, keep = 1, [k for k, name in enumerate(header) if name and (k == 0 or wanted(name))]
        try:
            for batch in opened.iter_batches(batch_size=AT_ONCE):
                batch.validate(full=True)
                yield _batch(batch, header, keep, at, min(1.0, (at + batch.num_rows) / total))
                at += batch.num_rows
        except faults as error:
            if isinstance(error, StreamError):
                raise
            raise fault from None

    return TableFile(
        file.name, header, chunks, [_("{name} is Parquet: line numbers count its rows").format(name=file.name)], path=file.name
    )


def _batch(batch: pa.RecordBatch, header: list[str], keep: list[int], first: int, share: float) -> RowChunk:
    import pyarrow as pa

    columns = {header[k]: strings(batch.column(k)) for k in keep}

    def rows(which: np.ndarray) -> list[str]:
        cut = [strings(column.take(pa.array(which))).to_pylist() for column in batch.columns]
        return [",".join(row) for row in zip(*cut, strict=True)]

    return RowChunk(np.arange(first, first + batch.num_rows), columns, rows, share=share)


def strings(column: pa.Array) -> pa.Array:
    """Any column as text, nothing for nulls. Bytes are UTF-8; a column of whole floats is one of whole numbers.

    >>> import pyarrow as pa
    >>> strings(pa.array([b"mask", None])).to_pylist(), strings(pa.array([123.0, None])).to_pylist()
    (['mask', ''], ['123', ''])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return strings(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        return pc.fill_null(pc.cast(column, pa.string()), "")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array(["" if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return _numbers(pc.cast(column, pa.float64()))
    return pa.array([as_text(v) for v in column.to_pylist()], pa.string())


def _numbers(column: pa.Array) -> pa.Array:
    """Floats as text; 123.0 is 123 where the whole column is whole (an integer column with a hole in it becomes such)."""
    import pyarrow as pa

    values = column.to_numpy(zero_copy_only=False)
    there = np.isfinite(values)
    if (np.floor(values[there]) == values[there]).all() and (np.abs(values[there]) < EXACT).all():
        return pa.array([str(int(v)) if ok else "" for v, ok in zip(values.tolist(), there.tolist(), strict=True)], pa.string())
    return pa.array([as_text(v) for v in values.tolist()], pa.string())
