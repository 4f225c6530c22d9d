"""A table that comes in pieces and is never held whole: one recording, one round after the other."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sim.jobs.folder import write_table

if TYPE_CHECKING:
    import pandas as pd

GROUP = 5_000
"""Rows held before they are written."""


class LongTable:
    """Pieces to one Parquet file, in their order; a short one is written as :func:`write_table` does, byte for byte."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting: list[pd.DataFrame] = []
        self.columns: pd.DataFrame | None = None
        self.rows = 0
        self.writer: Any = None
        self.schema: Any = None

    def add(self, piece: pd.DataFrame) -> None:
        """The next rows; all pieces have the same columns."""
        self.columns = piece.iloc[:0] if self.columns is None else self.columns
        if len(piece):  # columns of an empty one have no type
            self.waiting.append(piece)
            self.rows += len(piece)
        if self.rows >= GROUP:
            self._write()

    def __enter__(self) -> LongTable:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: BaseException | TracebackType | None) -> None:
        import pandas as pd

        if kind is None and self.writer is None and self.columns is not None:
            write_table(pd.concat(self.waiting, ignore_index=True) if self.waiting else self.columns, self.path)
        elif kind is None and self.waiting:
            self._write()
        if self.writer is not None:
            self.writer.close()

    def _write(self) -> None:
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(pd.concat(self.waiting, ignore_index=True), self.schema, preserve_index=False)
        if self.writer is None:
            self.schema = table.schema
            self.writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self.writer.write_table(table)
        self.waiting, self.rows = [], 0
