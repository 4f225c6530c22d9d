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

        self.path, self.candidates = path, len(candidates)
        with pq.ParquetFile(path) as file:
            self.names, self.runs = frozenset(file.schema_arrow.names), file.metadata.num_rows
            self.groups, self.read = 0, 0
            while self.groups < file.num_row_groups and self.read < most:
                self.read += file.metadata.row_group(self.groups).num_rows
                self.groups += 1
        shows = self._filled("replicate", np.int32, lambda column: column.to_numpy())
        first, last = (int(shows.min()), int(shows.max())) if len(shows) else (0, -1)
        self.shows = last - first + 1
        known = {name: k for k, name in enumerate(candidates)}
        cell = self._filled("candidate", np.int32, lambda column: _numbers(column, known))
        self.there = cell >= 0
        self.cell = (cell * self.shows + (shows - first))[self.there]
        self.worlds = np.bincount(self.cell, minlength=self.candidates * self.shows)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __call__(self, name: str) -> np.ndarray:
        """NaN where a candidate did not play a show."""
        values = self._filled(name, np.float64, lambda column: column.to_numpy())[self.there]
        figures = np.full(self.candidates * self.shows, np.nan)
        if self.worlds.max(initial=0) <= 1:
            figures[self.cell] = values
        else:
            sums = np.bincount(self.cell, values, len(figures))
            np.divide(sums, self.worlds, out=figures, where=self.worlds > 0)
        return figures.reshape(self.candidates, self.shows)

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


def _numbers(names: Any, known: dict[str, int]) -> np.ndarray:
    """Names as numbers, -1 for one that is not known."""
    coded = names.combine_chunks().dictionary_encode()
    return np.array([known.get(str(name), -1) for name in coded.dictionary.to_pylist()], np.int32)[coded.indices.to_numpy()]
