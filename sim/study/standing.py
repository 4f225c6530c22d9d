"""Reading a finished sweep's table without holding it: means of every candidate, and the rows of a few of them.

Rows are dense and ordered by world, replicate and candidate, so that a row's number says what it is of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.jobs.plan import Plan

if TYPE_CHECKING:
    import pandas as pd


def means(table: Path, plan: Plan, metric: str = "J") -> np.ndarray:
    """Mean of a metric over all shows: float64 [world, candidate]."""
    n = len(plan.candidates)
    total = np.zeros(len(plan.worlds) * n)
    for row, part in _batches(table, [metric]):
        number = np.arange(row, row + part.num_rows)
        cell = number // (n * plan.replicates) * n + number % n
        total += np.bincount(cell, part.column(0).to_numpy(), len(total))
    return total.reshape(-1, n) / plan.replicates


def figures(table: Path, plan: Plan, metric: str = "J") -> np.ndarray:
    """A metric of every run: float64 [world, replicate, candidate]."""
    return rows_of(table, plan, range(len(plan.candidates)), [metric])[..., 0]


def rows_of(table: Path, plan: Plan, picked: Sequence[int], metrics: Sequence[str]) -> np.ndarray:
    """Every show of some candidates: float64 [world, replicate, candidate, metric]."""
    n = len(plan.candidates)
    place = np.full(n, -1)
    place[list(picked)] = np.arange(len(picked))
    rows = np.empty((len(plan.worlds) * plan.replicates, len(picked), len(metrics)))
    for row, part in _batches(table, list(metrics)):
        show, candidate = np.divmod(np.arange(row, row + part.num_rows), n)
        keep = place[candidate] >= 0
        at = show[keep], place[candidate[keep]]
        for k, name in enumerate(metrics):
            rows[(*at, k)] = part.column(name).to_numpy()[keep]
    return rows.reshape(len(plan.worlds), plan.replicates, len(picked), len(metrics))


def shows_of(table: Path, plan: Plan, world: int, picked: Sequence[int], metrics: Sequence[str]) -> pd.DataFrame:
    """Every show of some candidates in one world, with a column ``strategy`` that holds the candidate's name."""
    import pandas as pd

    n = len(plan.candidates)
    wanted = np.zeros(n, bool)
    wanted[list(picked)] = True
    first, last = world * n * plan.replicates, (world + 1) * n * plan.replicates
    shows: list[Any] = []
    for row, part in _batches(table, ["replicate", *metrics], first, last):
        number = np.arange(row, row + part.num_rows)
        keep = (number >= first) & (number < last) & wanted[number % n]
        frame = pd.DataFrame({name: part.column(name).to_numpy()[keep] for name in part.schema.names})
        frame.insert(0, "strategy", [plan.candidates[k].name for k in number[keep] % n])
        shows.append(frame)
    return pd.concat(shows, ignore_index=True)


def _batches(table: Path, columns: list[str], first: int = 0, last: int | None = None) -> Iterator[tuple[int, Any]]:
    """Row groups of some columns that hold any of the rows [first, last), each with the number of its first row."""
    import pyarrow.parquet as pq

    row = 0
    with pq.ParquetFile(table) as file:
        for k in range(file.num_row_groups):
            count = file.metadata.row_group(k).num_rows
            if row + count > first and (last is None or row < last):
                yield row, file.read_row_group(k, columns=columns, use_threads=False)
            row += count


def settings_table(plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the names stand for: candidates (candidate, family, a column per varied key) and of worlds (world, scenario, too)."""
    import pandas as pd

    candidates = [{"candidate": c.name, "family": c.family, **c.settings} for c in plan.candidates]
    worlds = [{"world": w.name, "scenario": w.scenario.name, **w.settings} for w in plan.worlds]
    return _typed(pd.DataFrame(candidates)), _typed(pd.DataFrame(worlds))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of numbers as numbers, any other as text: a column of both cannot be written."""
    for name in frame.columns:
        if frame[name].map(lambda v: isinstance(v, str)).any():
            frame[name] = frame[name].map(lambda v: v if isinstance(v, str) or v != v else str(v))
    return frame
