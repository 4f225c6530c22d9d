"""The tables of a run folder, read when they are asked for, whole or as far as somebody looks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class Tables(Mapping[str, Any]):
    """The tables of a run folder by name, each read once, when it is asked for."""

    def __init__(self, folder: Path, named: Mapping[str, str] | None = None) -> None:
        self.folder, self.read = folder, dict[str, Any]()
        if named is not None:
            self.files = {name: path for name, file in named.items() if (path := folder / file).is_file()}
            return
        kinds = {".parquet": 1, ".csv": 0}
        files = sorted((p for p in folder.iterdir() if p.suffix in kinds), key=lambda p: kinds[p.suffix])
        self.files = {p.stem: p for p in files if not p.name.endswith(".stream.parquet")}

    def __getitem__(self, name: str) -> Any:
        import pandas as pd

        if name not in self.read:
            path = self.files[name]
            if path.suffix == ".parquet":
                self.read[name] = pd.read_parquet(path)
            elif path.suffix == ".csv":
                self.read[name] = pd.read_csv(path)
            else:  # lines of a live show; a SKU such as 007 stays a text
                self.read[name] = pd.DataFrame([json.loads(line) for line in path.read_bytes().splitlines()])
        return self.read[name]

    def first(self, name: str, most: int, cells: int = 10**9) -> Any:
        """A table's first rows, about ``most`` of them, or so many as have ``cells``, where it has more; ``attrs["rows"]`` of the
        frame: how many it has."""
        if self.files[name].suffix != ".parquet" or name in self.read:
            return self[name]
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.files[name]) as file:
            groups, rows, most = 0, 0, min(most, cells // file.metadata.num_columns)
            while rows < min(most, file.metadata.num_rows):
                rows += file.metadata.row_group(groups).num_rows
                groups += 1
            frame = file.read_row_groups(list(range(groups)), use_threads=False).to_pandas()
            frame.attrs["rows"] = file.metadata.num_rows
        return frame

    def pieces(self, name: str) -> Iterator[Any]:
        """A table, some rows at a time."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.files[name]) as file:
            for k in range(file.num_row_groups):
                yield file.read_row_group(k, use_threads=False).to_pandas()

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)
