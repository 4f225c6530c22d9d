"""The best stock lines shows could have had, SKU by SKU, found afterwards on their own tapes.

The rule: stop selling at ``stock <= stop + share * unpaid``, ask for stock at ``stock <= ask``; ``unpaid`` are units ordered
and not yet paid. Where stock leaves on payment the best ``share`` is about the share of them that will be paid: the rule then
counts what is spoken for as gone, and opens again when it is not. Each line may be absent. Values are tried on a ladder and
then closer round the best rung; all SKUs are searched in the same runs, because a line sees only its own SKU's stock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.core.playbooks import AUTO_FREEZE, AUTO_REOPEN
from sim.core.policy import Policy
from sim.core.response import Action, Playbook
from sim.core.stage import Stage
from sim.core.world import F_INITIAL
from sim.postmortem.losses import lost
from sim.score.profiles import Profile
from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, Param, Strategy
from strategies.registry import gate_settings

OFF = -1.0
"""A line no stock falls below."""
RUNGS, CLOSER = 18, 6
"""Lines on the ladder; lines tried between the best rung and each neighbour."""
OPEN_GATE = {"cooldown_s": 0.0, "hysteresis": 0.0, "keep_s": 0.0}
HALF = 0.5
"""Lines lie between whole units, so that no rounding decides whether a stock is below."""
ASK, STOP, SHARE = range(3)
BOOK = Playbook(
    "hindsight", prepare=(Action("restock", "auto"),), emergency=(AUTO_FREEZE,), resolved=(AUTO_REOPEN,),
    auto_s=0.0, propagate_s=0.0, restock_s=0.0,
)  # fmt: skip
"""What the rule may do, at once: ask for stock, stop selling, sell again."""


def fold(p, m, s):
    """Emergency at the stop line, prepare at the ask line."""
    line = p[STOP] + p[SHARE] * s.unpaid
    m[LINE] = line
    if s.stock <= line:
        return EMERGENCY
    if s.stock <= p[ASK] and s.closed <= 0.5:
        return PREPARE
    return CALM


RULE = Strategy(
    name="hindsight",
    summary="the best lines found afterwards, SKU by SKU",
    fold=fold,
    params=(
        Param("ask", OFF, OFF, 1e9, "units", "ask for stock at or below"),
        Param("stop", OFF, OFF, 1e9, "units", "stop selling at or below"),
        Param("share", 0.0, 0.0, 1.0, "share", "of unpaid units that count as gone"),
    ),
)


@dataclass(frozen=True, eq=False)
class Lines:
    """values: float64 [sku, 3], ask and stop [units, OFF none], share of unpaid. known: bool [sku], whether any show told.
    tried: sets of lines that were played."""

    values: np.ndarray
    known: np.ndarray
    tried: int


def best_lines(stages: Sequence[Stage], skus: Sequence[str], profile: Profile) -> Lines:
    """The lines with the least cost of loss per SKU, added up over shows; together never worse there than no line at all.

    ``skus``: the ids lines are wanted for; a show without one says nothing about it. SKUs are coupled through substitutes, the
    host and the staff, so per-SKU bests need not be best together: of all sets tried the one with the least total counts.
    """
    places = [np.array([ids.index(k) if k in ids else -1 for k in skus]) for ids in map(_ids, stages)]
    facts = [stage.fixed["facts"][:, F_INITIAL] for stage in stages]
    listed = np.max([np.where(at >= 0, fact[at], 0.0) for at, fact in zip(places, facts, strict=True)], axis=0, initial=1.0)
    lines = np.tile([OFF, OFF, 0.0], (len(skus), 1))
    tried: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    def loss(column: int, values: np.ndarray) -> np.ndarray:
        changed = lines.copy()
        changed[:, column] = values
        if changed.tobytes() not in tried:
            costs = [_cost(stage, at, changed, profile) for stage, at in zip(stages, places, strict=True)]
            tried[changed.tobytes()] = changed, np.sum(costs, axis=0)
        return tried[changed.tobytes()][1]

    loss(STOP, lines[:, STOP])
    if any(stage.scenario.ledger.mode == "deduct_on_payment" for stage in stages):
        lines[:, STOP] = 0.0
        lines[:, SHARE] = _closest(lambda x: loss(SHARE, x), np.tile(np.linspace(0, 1, 11)[:, None], len(listed)), False)
    lines[:, STOP] = _closest(lambda x: loss(STOP, x), _ladder(listed), True)
    if any(stage.scenario.supply.requestable > 0 for stage in stages):
        lines[:, ASK] = _closest(lambda x: loss(ASK, x), _ladder(listed), True)
    best = min(tried.values(), key=lambda one: float(one[1].sum()))[0]
    return Lines(best, np.any([at >= 0 for at in places], axis=0), len(tried))


def _ids(stage: Stage) -> list[str]:
    return [s.id for s in stage.scenario.skus]


def _cost(stage: Stage, at: np.ndarray, lines: np.ndarray, profile: Profile) -> np.ndarray:
    """Cost of loss in one show of every SKU that lines are wanted for [CNY]; ``at``: its place there, -1 none."""
    lines_of = np.tile([OFF, OFF, 0.0], (len(stage.scenario.skus), 1))
    lines_of[at[at >= 0]] = lines[at >= 0]
    cost = lost(*with_lines(stage, lines_of), profile).cost
    return np.where(at >= 0, cost[at], 0.0)


def with_lines(stage: Stage, lines: np.ndarray) -> tuple[Stage, Policy]:
    """Stage and policy of the rule with own lines for every SKU: its tiers are taken as SKUs."""
    params = np.ascontiguousarray(lines + np.array([HALF, HALF, 0.0]))
    return replace(stage, tiers=np.arange(len(lines))), Policy(RULE, params, gate_settings(OPEN_GATE), BOOK)


def _ladder(listed: np.ndarray) -> np.ndarray:
    """Lines to try, [rung, sku]: none, at nothing left, then in equal ratios up to everything listed."""
    rungs = np.round(np.geomspace(1.0, np.maximum(listed, 2.0), RUNGS))
    return np.vstack([np.full(len(listed), OFF), np.zeros(len(listed)), rungs])


def _closest(loss: Callable[[np.ndarray], np.ndarray], ladder: np.ndarray, whole: bool) -> np.ndarray:
    """Per SKU the value with the least cost, the lowest among equals: best rung, then between its neighbours."""
    every = np.arange(ladder.shape[1])
    best, place = _least(loss, ladder)
    below, above = ladder[np.maximum(place - 1, 0), every], ladder[np.minimum(place + 1, len(ladder) - 1), every]
    steps = np.arange(1, CLOSER + 1)[:, None] / (CLOSER + 1)
    near = np.sort(np.vstack([best, below + steps * (best - below), best + steps * (above - best)]), axis=0)
    return _least(loss, np.round(near) if whole else near)[0]


def _least(loss: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    costs = np.array([loss(value) for value in values])
    place = costs.argmin(0)
    return values[place, np.arange(values.shape[1])], place
