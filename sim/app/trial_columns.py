"""A sweep's table for its page, a column at a time: a table of millions of runs is never held whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MOST_RUNS = 4_000_000
"""Runs of a sweep that are read for its page; of a larger one the first replicates."""


class TrialColumns:
    """Figures of a table of trials by name, each read when it is asked for: means over worlds, float64 [candidate, show].

    candidates: names in the order wanted; rows of others are left out. runs: rows of the table, ``read`` of them read.
    """

    def __init__(self, path: Path, candidates: Sequence[str], most: int = MOST_RUNS) -> None:
        import pyarrow.parquet as pq

        self.path = path
        with pq.ParquetFile(path) as file:
            self.names, self.runs = frozenset(file.schema_arrow.names), file.metadata.num_rows
            self.groups, self.read = 0, 0
            while self.groups < file.num_row_groups and self.read < most:
                self.read += file.metadata.row_group(self.groups).num_rows
                self.groups += 1
        kind = np.int32 if self.runs < 2**29 else np.int64
        cell = self._filled("replicate", kind, lambda column: column.to_numpy())
        first, last = (int(cell.min()), int(cell.max())) if len(cell) else (0, -1)
        self.shows = last - first + 1
        cell -= first
        known = {name: k * self.shows for k, name in enumerate(candidates)}
        cell += self._filled("candidate", kind, lambda column: _numbers(column, known, len(candidates) * self.shows))
        self.cells = len(candidates) * self.shows
        """Cells of a figure; rows of others' candidates lie beyond them."""
        self.cell = cell
        worlds = np.bincount(np.minimum(cell, self.cells), minlength=self.cells + 1)[:-1]
        self.worlds = worlds if worlds.max(initial=0) > 1 else None

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __call__(self, name: str) -> np.ndarray:
        """NaN where a candidate did not play a show."""
        figures, row = np.full(self.cells + 1, 0.0 if self.worlds is not None else np.nan), 0
        for column in self._parts(name):
            cell = np.minimum(self.cell[row : row + len(column)], self.cells)
            if self.worlds is None:
                figures[cell] = column.to_numpy()
            else:
                np.add.at(figures, cell, column.to_numpy())
            row += len(column)
        figures = figures[:-1]
        if self.worlds is not None:
            with np.errstate(invalid="ignore"):
                figures /= self.worlds
        return figures.reshape(-1, self.shows)

    def _filled(self, name: str, kind: Any, plain: Any) -> np.ndarray:
        """One column of the rows that are read."""
        values, row = np.empty(self.read, kind), 0
        for column in self._parts(name):
            values[row : row + len(column)] = plain(column)
            row += len(column)
        return values

    def _parts(self, name: str) -> Iterator[Any]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path) as file:
            for k in range(self.groups):
                yield file.read_row_group(k, columns=[name], use_threads=False).column(0)


def _numbers(names: Any, known: dict[str, int], otherwise: int) -> np.ndarray:
    """Names as the numbers they are known by."""
    coded = names.combine_chunks().dictionary_encode()
    numbers = [known.get(str(name), otherwise) for name in coded.dictionary.to_pylist()]
    return np.array(numbers)[coded.indices.to_numpy()]
