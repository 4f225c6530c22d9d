"""A sweep that plays more where the decision is open: rounds of shows under whoever is still in the race.

Every round is a small sweep of its own with parts of its own, so a race that is stopped goes on within the round it was in. Who
plays the next round follows from the figures of the rounds before, which are the same for any number of workers; so are the
rounds, and the finished table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.jobs.parts import KEY, Parts, write_rows
from sim.jobs.plan import Plan
from sim.jobs.pool import Pool
from sim.jobs.resume import play_missing
from sim.stats.pareto import OBJECTIVES
from sim.stats.selection import Selection, SelectionRules, select
from sim.study.decide import COSTS, Trials
from sim.words import _

Tell = Callable[[int, int, str], None]


def race(folder: Path, plan: Plan, rules: SelectionRules, pool: Pool, tell: Tell, path: Path, note: Callable[[str], None]) -> int:
    """Play rounds until the rules end the race, and write the table of all of them to ``path``; returns how many damaged parts
    were played again. folder: where the rounds are kept meanwhile."""
    rounds: list[Parts] = []
    damaged = 0
    name = plan.metrics.index("J")

    def draw(which: Sequence[int], numbers: Sequence[int]) -> np.ndarray:
        nonlocal damaged
        stage = replace(plan, candidates=[plan.candidates[k] for k in which], start=numbers[0], replicates=len(numbers))
        place = folder / f"round-{len(rounds):04d}"
        place.mkdir(exist_ok=True)
        parts = Parts(place, stage, stage.digest())
        words = _("round {n}, {n2} of {plan_candidates} candidates in the race").format(
            n=len(rounds) + 1, n2=len(which), plan_candidates=len(plan.candidates)
        )
        before = sum(earlier.plan.runs for earlier in rounds)
        n = len(plan.worlds)
        most = min(before // n + len(which) * (rules.most - numbers[0]), rules.budget or plan.runs) * n
        damaged += play_missing(parts, pool, lambda done, of, _: tell(before + done, most, words), note)
        rounds.append(parts)
        values = np.empty((len(plan.worlds), len(numbers), len(which)))
        for chunk in parts.chunks:
            rows = parts.read(chunk)[name].reshape(chunk.stop - chunk.start, chunk.last - chunk.first)
            values[chunk.world, chunk.start - numbers[0] : chunk.stop - numbers[0], chunk.first : chunk.last] = rows
        return values.mean(0)

    select(draw, len(plan.candidates), rules)
    write_rows((rows for parts in rounds for rows in parts.rows()), plan.metrics, path)
    return damaged


def of_race(table: Path, plan: Plan) -> Trials:
    """The results of a finished race, NaN where a candidate was out of it."""

    cost = _dense(table, plan, "J")
    shows = np.count_nonzero(~np.isnan(cost).any(0), axis=0)
    longest = np.flatnonzero(shows == shows.max())
    anchor = int(longest[np.nanmean(cost, axis=(0, 1))[longest].argmin()])
    columns = (_paired_means(_dense(table, plan, name), anchor) for name in (*OBJECTIVES, *COSTS))
    return Trials(plan, cost, np.stack(list(columns), axis=-1), partial(rows_of_race, table, plan))


def rows_of_race(table: Path, plan: Plan, picked: Sequence[int], metrics: Sequence[str]) -> np.ndarray:
    """Every show of some candidates: float64 [world, replicate, candidate, metric]; NaN: not played."""
    return np.stack([_dense(table, plan, name)[:, :, list(picked)] for name in metrics], axis=-1)


def _paired_means(values: np.ndarray, anchor: int) -> np.ndarray:
    """Means of candidates that did not play the same shows, float64 [world, candidate]: that of one who played all, plus the mean
    difference to him on the shows each played. values: float64 [world, show, candidate], NaN: not played."""
    his = values[:, :, [anchor]]
    return np.nanmean(his, axis=1) + np.nanmean(values - his, axis=1)


def _dense(table: Path, plan: Plan, metric: str) -> np.ndarray:
    """A metric as float64 [world, replicate, candidate]."""
    import pyarrow.parquet as pq

    worlds = {w.name: k for k, w in enumerate(plan.worlds)}
    candidates = {c.name: k for k, c in enumerate(plan.candidates)}
    with pq.ParquetFile(table) as file:
        shows = (part.column(0).to_numpy() for part in file.iter_batches(columns=["replicate"]))
        most = max(int(replicate.max()) for replicate in shows) + 1
        figures = np.full((len(plan.worlds), most, len(plan.candidates)), np.nan)
        for part in file.iter_batches(columns=[*KEY, metric]):
            at = _numbers(part.column(0), worlds), part.column(2).to_numpy(), _numbers(part.column(1), candidates)
            figures[at] = part.column(3).to_numpy()
    return figures


def _numbers(names: Any, known: Mapping[str, int]) -> np.ndarray:
    """Names as numbers, int64 [row]."""
    coded = names.dictionary_encode()
    return np.array([known[name] for name in coded.dictionary.to_pylist()])[coded.indices.to_numpy()]


def rerun(trials: Trials, rules: SelectionRules) -> Selection:
    """The selection that a finished race made, from its figures; nothing is played."""
    cost = trials.cost.mean(0)
    return select(lambda which, numbers: cost[np.ix_(list(numbers), list(which))], len(trials.plan.candidates), rules)
