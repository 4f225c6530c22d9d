"""What a finished sweep decides: the best candidate, who cannot be told from it, within which limits, and when that changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.jobs.plan import Plan
from sim.score.profiles import LIMITS
from sim.stats.certify import CERTIFIED, NEEDED, Certificate, by_construction, by_limits, in_worst_world
from sim.stats.overfit import Overfit, overfitting
from sim.stats.pareto import OBJECTIVES, WEIGHED, Stretch, front, steady, switch_points, worth_a_look
from sim.stats.selection import Selection, standings
from sim.study.standing import figures, means, shows_of

LEADERS = 8
"""Candidates that are shown, beside the best of every family."""
JUDGED = 500
"""Most candidates that get certificates: the cheapest."""
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

    def fetch(picked: Sequence[int], metrics: Sequence[str]) -> np.ndarray:
        order = np.argsort(np.argsort(picked))
        blocks = []
        for world in range(len(plan.worlds)):
            shows = shows_of(table, plan, world, picked, metrics)
            rows = shows[list(metrics)].to_numpy(float).reshape(plan.replicates, len(picked), len(metrics))
            blocks.append(rows[:, order])
        return np.stack(blocks)

    averages = np.stack([means(table, plan, name) for name in (*OBJECTIVES, *COSTS)], axis=-1)
    return Trials(plan, figures(table, plan), averages, fetch)


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
    judged = list(dict.fromkeys([*order[:JUDGED], *leaders]))
    rows, certain = trials.fetch(judged, NEEDED), [by_construction(w.scenario) for w in trials.plan.worlds]
    strict = 1 - (1 - confidence) / len(trials.plan.candidates)
    every = by_limits(rows, LIMITS, confidence, None, certain)
    certificates, chosen = {}, {}
    for name, limits in LIMITS.items():
        certificates[name] = dict(zip(judged, every[name], strict=True))
        first = next((n for n, k in enumerate(judged) if certificates[name][k].state == CERTIFIED), None)
        if first is not None:
            chosen[name] = judged[first], in_worst_world(rows, limits, strict, [first], certain)[0]
    return certificates, chosen


def _switches(trials: Trials, what: str, leaders: Sequence[int]) -> tuple[tuple[Stretch, ...], float]:
    """Switch points over all candidates that are best for some multiple of a weight; how steady the first is (Decision)."""
    columns = dict(zip(COSTS, np.moveaxis(trials.averages[..., len(OBJECTIVES) :].mean(0), -1, 0), strict=True))
    slope = np.sum([columns[name] for name in WEIGHED[what]], axis=0)
    picked = worth_a_look(slope, columns["J"] - slope, leaders).tolist()
    rows = trials.fetch(picked, COSTS).mean(0)
    shows = {name: rows[..., k] for k, name in enumerate(COSTS)}
    points = switch_points(shows, what)
    path = tuple(Stretch(picked[s.candidate], s.start, s.stop, s.low, s.high) for s in points)
    return path, steady(shows, what, points[0].candidate)
