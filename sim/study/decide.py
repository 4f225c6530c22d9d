"""What a finished sweep decides: the best candidate, who cannot be told from it, within which limits, and when that changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.score.profiles import LIMITS, Limits
from sim.study.certify import NEEDED, Certificate, certify, worst_share
from sim.study.pareto import OBJECTIVES, WEIGHED, Stretch, front, switch_points, worth_a_look
from sim.study.plan import Plan
from sim.study.selection import Selection, standings
from sim.study.standing import figures, means, shows_of

LEADERS = 8
"""Candidates that get certificates, beside the best of every family."""
COSTS = ("J", *dict.fromkeys(name for terms in WEIGHED.values() for name in terms))

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
    name of the limits, per leader the one of its worst world, each standing alone. chosen: by name of the limits, the best's at
    a confidence that allows for its having been picked among all candidates (Bonferroni). front: numbers no other beats in
    OBJECTIVES (averages over worlds). switches: best candidates over multiples of the cost of an oversold unit, of an alert.
    delta [CNY]."""

    plan: Plan
    selection: Selection
    leaders: tuple[int, ...]
    certificates: dict[str, dict[int, Certificate]]
    chosen: dict[str, Certificate]
    front: tuple[int, ...]
    switches: dict[str, tuple[Stretch, ...]]
    averages: np.ndarray
    delta: float
    confidence: float


def of_table(table: Path, plan: Plan) -> Trials:
    """The results of a sweep in which everybody played every show."""

    def fetch(picked: Sequence[int], metrics: Sequence[str]) -> np.ndarray:
        order = np.argsort(np.argsort(picked))
        made = []
        for world in range(len(plan.worlds)):
            shows = shows_of(table, plan, world, picked, metrics)
            rows = shows[list(metrics)].to_numpy(float).reshape(plan.replicates, len(picked), len(metrics))
            made.append(rows[:, order])
        return np.stack(made)

    averages = np.stack([means(table, plan, name) for name in (*OBJECTIVES, *COSTS)], axis=-1)
    return Trials(plan, figures(table, plan), averages, fetch)


def decide(trials: Trials, delta: float = 0.0, confidence: float = 0.95, raced: Selection | None = None) -> Decision:
    """Judge a sweep. delta: a difference too small to matter [CNY]; 0: 1 % of the best cost. raced: how a sequential selection
    ended; None: everybody played every show, and the table is judged as it is."""
    plan, overall = trials.plan, trials.cost.mean(0)
    best = float(np.nanmean(overall, axis=0).min())
    delta = delta or max(1.0, abs(best) / 100)
    selection = raced or standings(overall, delta, confidence)
    leaders = leaders_of(plan, selection)
    rows = trials.fetch(leaders, NEEDED)
    certificates = {
        name: {k: in_worst_world(rows[:, :, n], rows, limits, confidence) for n, k in enumerate(leaders)}
        for name, limits in LIMITS.items()
    }
    strict = 1 - (1 - confidence) / len(plan.candidates)
    mine = rows[:, :, leaders.index(selection.best)]
    chosen = {name: in_worst_world(mine, rows, limits, strict) for name, limits in LIMITS.items()}
    goals = trials.averages[..., : len(OBJECTIVES)].mean(0)
    switches = {what: _switches(trials, what, leaders) for what in WEIGHED} if raced is None and plan.replicates > 1 else {}
    return Decision(plan, selection, tuple(leaders), certificates, chosen, tuple(front(goals).tolist()), switches, goals, delta,
                    confidence)  # fmt: skip


def leaders_of(plan: Plan, selection: Selection) -> list[int]:
    """The first candidates of a selection and the best of every family, in its order."""
    order = [s.candidate for s in selection.standings]
    first: dict[str, int] = {}
    for k in order:
        first.setdefault(plan.candidates[k].family, k)
    return sorted({*order[:LEADERS], *first.values()}, key=order.index)


def in_worst_world(mine: np.ndarray, all_of_them: np.ndarray, limits: Limits, confidence: float) -> Certificate:
    """The certificate of the world in which a candidate does worst. mine: float64 [world, replicate, NEEDED], NaN not played;
    all_of_them: the same of every candidate, [world, replicate, candidate, NEEDED], for the worst share a show can come to."""
    rank = {"certified": 0, "undecided": 1, "refuted": 2}
    made = []
    for world, shows in enumerate(mine):
        played = shows[~np.isnan(shows).any(1)]
        everybody = all_of_them[world].reshape(-1, len(NEEDED))
        everybody = everybody[~np.isnan(everybody).any(1)]
        worst = worst_share(everybody[:, NEEDED.index("oversold_orders")], everybody[:, NEEDED.index("paid_orders")])
        made.append(certify(dict(zip(NEEDED, played.T, strict=True)), limits, confidence, worst))
    return max(made, key=lambda c: (rank[c.state], max((k.high / max(k.limit, 1e-12) for k in c.checks), default=0.0)))


def _switches(trials: Trials, what: str, leaders: Sequence[int]) -> tuple[Stretch, ...]:
    """Switch points over all candidates that are best for some multiple of a weight."""
    columns = dict(zip(COSTS, np.moveaxis(trials.averages[..., len(OBJECTIVES) :].mean(0), -1, 0), strict=True))
    slope = np.sum([columns[name] for name in WEIGHED[what]], axis=0)
    picked = worth_a_look(slope, columns["J"] - slope, leaders).tolist()
    rows = trials.fetch(picked, COSTS).mean(0)
    shows = {name: rows[..., k] for k, name in enumerate(COSTS)}
    found = switch_points(shows, what)
    return tuple(Stretch(picked[s.candidate], s.start, s.stop, s.low, s.high) for s in found)
