"""What a finished sweep decides: the best candidate, who cannot be told from it, within which limits, and when that changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sim.jobs.plan import Plan
from sim.score.profiles import LIMITS
from sim.stats.certify import CERTIFIED, NEEDED, SHARED, Certificate, by_construction, by_limits, largest_shares, worst_of
from sim.stats.overfit import Overfit, overfitting
from sim.stats.pareto import OBJECTIVES, WEIGHED, Stretch, front, steady, switch_points, worth_a_look
from sim.stats.selection import Selection, standings
from sim.study.standing import figures, means, rows_of

LEADERS = 8
"""Candidates that are shown, beside the best of every family."""
JUDGED = 500
"""Most candidates that get certificates: the cheapest."""
ROOM = 2**21
"""Figures held at once while candidates are judged."""
MONEY = ("net", "gmv", "net_hindsight")
"""Shown beside J."""
COSTS = ("J", *MONEY, *dict.fromkeys(name for terms in WEIGHED.values() for name in terms))
SMALL = 0.001
"""Share of what hindsight would earn that is too small a difference to matter, where nothing else is said."""

Fetch = Callable[[Sequence[int], Sequence[str]], np.ndarray]
"""(candidate numbers, metrics) -> float64 [world, replicate, candidate, metric]; NaN: not played."""


@dataclass(frozen=True, eq=False)
class Trials:
    """A sweep's results. cost: J, float64 [world, replicate, candidate]; NaN: not played. averages: float64 [world, candidate,
    objective], OBJECTIVES then COSTS, over the shows played. fetch: every show of a few candidates."""

    plan: Plan
    cost: np.ndarray
    averages: np.ndarray
    fetch: Fetch


@dataclass(frozen=True, eq=False)
class Decision:
    """selection: who is best, by J averaged over worlds. leaders: numbers of the candidates shown, best first. certificates: by
    name of the limits and candidate (the JUDGED cheapest, the leaders), the one of its worst world, each standing alone. chosen:
    by name of the limits, the cheapest candidate that is certified and its certificate at a confidence that allows for its having
    been picked among all (Bonferroni). front: numbers no other beats in OBJECTIVES (averages over worlds). switches: best
    candidates over multiples of the cost of an oversold unit, of an alert; steady: where that is one alone, the share of
    resampled studies in which it is. money: net and GMV a show, float64 [candidate, 2] [CNY]. delta [CNY]. overfit: what the
    choice owes to the shows that chose, in -J [CNY]; None: too few shows or candidates, or a race."""

    plan: Plan
    selection: Selection
    leaders: tuple[int, ...]
    certificates: dict[str, dict[int, Certificate]]
    chosen: dict[str, tuple[int, Certificate]]
    front: tuple[int, ...]
    switches: dict[str, tuple[Stretch, ...]]
    steady: dict[str, float]
    averages: np.ndarray
    money: np.ndarray
    delta: float
    confidence: float
    overfit: Overfit | None
    shock: float = 0.0


def of_table(table: Path, plan: Plan) -> Trials:
    """The results of a sweep in which everybody played every show."""
    averages = np.stack([means(table, plan, name) for name in (*OBJECTIVES, *COSTS)], axis=-1)
    return Trials(plan, figures(table, plan), averages, partial(rows_of, table, plan))


def decide(
    trials: Trials, delta: float = 0.0, confidence: float = 0.95, raced: Selection | None = None, shock: float = 0.0
) -> Decision:
    """Judge a sweep. delta: a difference too small to matter [CNY]; 0: SMALL. raced: how a sequential selection
    ended; None: everybody played every show, and the table is judged as it is. shock: a loss of one show to allow for [CNY]."""
    plan, overall = trials.plan, trials.cost.mean(0)
    every = dict(zip(COSTS, np.moveaxis(trials.averages[..., len(OBJECTIVES) :].mean(0), -1, 0), strict=True))
    delta = delta or max(1.0, SMALL * float(np.nanmean(every["net_hindsight"])))
    selection = raced or standings(overall, delta, confidence)
    leaders = leaders_of(plan, selection)
    certificates, chosen = _certify(trials, selection.cheapest, leaders, confidence)
    goals = trials.averages[..., : len(OBJECTIVES)].mean(0)
    switches: dict[str, tuple[Stretch, ...]] = {}
    sure: dict[str, float] = {}
    if raced is None and plan.replicates > 1:
        for what in WEIGHED:
            switches[what], sure[what] = _switches(trials, what, leaders)
    on_front = tuple(front(goals).tolist())
    money = np.stack([every["net"], every["gmv"]], axis=-1)
    luck = overfitting(-overall) if raced is None and len(plan.candidates) > 2 else None
    return Decision(
        plan,
        selection,
        tuple(leaders),
        certificates,
        chosen,
        on_front,
        switches,
        sure,
        goals,
        money,
        delta,
        confidence,
        luck,
        shock,
    )


def leaders_of(plan: Plan, selection: Selection) -> list[int]:
    """The cheapest candidates and the cheapest of every family, in order of cost."""
    order = selection.cheapest
    first: dict[str, int] = {}
    for k in order:
        first.setdefault(plan.candidates[k].family, k)
    return sorted({*order[:LEADERS], *first.values()}, key=order.index)


def _certify(
    trials: Trials, order: Sequence[int], leaders: Sequence[int], confidence: float
) -> tuple[dict[str, dict[int, Certificate]], dict[str, tuple[int, Certificate]]]:
    """Certificates, and the cheapest certified candidate of every set of limits (Decision). order: candidates, cheapest first."""
    judged, worlds = list(dict.fromkeys([*order[:JUDGED], *leaders])), trials.plan.worlds
    certain, strict = [by_construction(w.scenario) for w in worlds], 1 - (1 - confidence) / len(trials.plan.candidates)
    block = max(1, ROOM // (trials.cost[:, :, 0].size * len(NEEDED)))
    blocks = [judged[k : k + block] for k in range(0, len(judged), block)]
    # All candidates that are judged say together what a show can come to.
    most = np.max([largest_shares(trials.fetch(some, SHARED)) for some in blocks], axis=0)
    worst = [worst_of(shares) for shares in most]
    certificates: dict[str, dict[int, Certificate]] = {name: {} for name in LIMITS}
    for some in blocks:
        for name, every in by_limits(trials.fetch(some, NEEDED), LIMITS, confidence, None, certain, worst).items():
            certificates[name] |= dict(zip(some, every, strict=True))
    chosen = {}
    for name, limits in LIMITS.items():
        first = next((k for k in judged if certificates[name][k].state == CERTIFIED), None)
        if first is not None:
            rows = trials.fetch([first], NEEDED)
            chosen[name] = first, by_limits(rows, {name: limits}, strict, None, certain, worst)[name][0]
    return certificates, chosen


def _switches(trials: Trials, what: str, leaders: Sequence[int]) -> tuple[tuple[Stretch, ...], float]:
    """Switch points over all candidates that are best for some multiple of a weight; how steady the first is (Decision)."""
    columns = dict(zip(COSTS, np.moveaxis(trials.averages[..., len(OBJECTIVES) :].mean(0), -1, 0), strict=True))
    slope = np.sum([columns[name] for name in WEIGHED[what]], axis=0)
    picked, names = worth_a_look(slope, columns["J"] - slope, leaders).tolist(), ("J", *WEIGHED[what])
    rows = trials.fetch(picked, names).mean(0)
    shows = {name: rows[..., k] for k, name in enumerate(names)}
    points = switch_points(shows, what)
    path = tuple(Stretch(picked[s.candidate], s.start, s.stop, s.low, s.high) for s in points)
    return path, steady(shows, what, points[0].candidate)
