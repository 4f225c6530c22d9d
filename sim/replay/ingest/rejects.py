"""Rejected rows: kept in memory while few, on disk when many, written for spreadsheets and, as they stood, as Parquet."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sim.core.export import write_csv
from sim.replay.ingest.chunk import Reject

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("file", "line", "reason", "text")
IN_MEMORY = 200_000


class Rejects:
    """Rejected rows in the order they were met."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, str, str]] = []
        self.parts: list[Path] = []
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        self.total = 0

    def __len__(self) -> int:
        return self.total

    def add(self, where: str, rejects: list[Reject]) -> None:
        """Take rejected rows of a file in."""
        self.rows += [(where, r.line, r.reason, r.text) for r in rejects]
        self.total += len(rejects)
        if len(self.rows) > IN_MEMORY:
            self.folder = self.folder or tempfile.TemporaryDirectory(prefix="stockcue-rejects-")
            path = Path(self.folder.name) / f"{len(self.parts)}.parquet"
            self._table().to_parquet(path, index=False)
            self.parts.append(path)
            self.rows = []

    def _table(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(COLUMNS))

    def tables(self) -> Iterator[pd.DataFrame]:
        """All of them in parts."""
        import pandas as pd

        for path in self.parts:
            yield pd.read_parquet(path)
        yield self._table()

    def frame(self) -> pd.DataFrame:
        """All of them as one table: file, line, reason, text."""
        import pandas as pd

        return pd.concat(list(self.tables()), ignore_index=True) if self.parts else self._table()

    def write(self, folder: Path) -> None:
        """``rejects.parquet`` with every row as it stood, ``rejects.csv`` with nothing a spreadsheet would run."""
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        schema = pa.schema([(n, pa.int64() if n == "line" else pa.string()) for n in COLUMNS])
        with ParquetWriter(folder / "rejects.parquet", schema, compression="zstd") as out:
            for table in self.tables():
                out.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False))
        self.write_csv(folder / "rejects.csv")

    def write_csv(self, path: Path) -> int:
        """As CSV (UTF-8), whole or not at all; returns how many there are."""
        beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            for k, table in enumerate(self.tables()):
                write_csv(table, beside, more=k > 0)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        return self.total

    def close(self) -> None:
        """Remove what is on disk."""
        if self.folder is not None:
            self.folder.cleanup()
