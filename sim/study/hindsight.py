"""The best stock lines a show could have had, SKU by SKU, found afterwards on its own tape.

The rule: stop selling at ``stock <= stop + share * unpaid``, ask for stock at ``stock <= ask``; ``unpaid`` are units ordered and
not yet paid. Where stock leaves on payment the best ``share`` is about the share of them that will be paid: the rule then counts what
is spoken for as gone, and opens again when it is not. Each line may be absent. Values are tried on a ladder and then closer
round the best rung; all SKUs are searched in the same runs, because a line sees only its own SKU's stock. What no such
line can save on this tape is demand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.core.world import F_INITIAL
from sim.score.profiles import Profile
from sim.study.losses import Losses, lost
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
class Hindsight:
    """lines: float64 [sku, 3], ask and stop [units, OFF none], share of unpaid. lost: with them. tried: runs it took."""

    lines: np.ndarray
    lost: Losses
    tried: int


def best_lines(stage: Stage, policy: Policy, profile: Profile) -> Hindsight:
    """The lines with the least cost of loss per SKU; together never worse than no line at all.

    ``policy``: for its playbook and latencies; its own rule is not used. SKUs are coupled through substitutes, the host and
    the staff, so per-SKU bests need not be best together: of all runs tried the one with the least total counts.
    """
    listed = np.maximum(stage.fixed["facts"][:, F_INITIAL], 1.0)
    lines = np.tile([OFF, OFF, 0.0], (len(listed), 1))
    tried: dict[bytes, tuple[np.ndarray, Losses]] = {}

    def loss(column: int, values: np.ndarray) -> np.ndarray:
        changed = lines.copy()
        changed[:, column] = values
        if changed.tobytes() not in tried:
            tried[changed.tobytes()] = changed, lost(*with_lines(stage, policy, changed), profile)
        return tried[changed.tobytes()][1].cost

    if stage.scenario.ledger.mode == "deduct_on_payment":
        lines[:, STOP] = 0.0
        lines[:, SHARE] = _closest(lambda x: loss(SHARE, x), np.tile(np.linspace(0, 1, 11)[:, None], len(listed)), 0.0)
    lines[:, STOP] = _closest(lambda x: loss(STOP, x), _ladder(listed), 1.0)
    if stage.scenario.supply.requestable > 0:
        lines[:, ASK] = _closest(lambda x: loss(ASK, x), _ladder(listed), 1.0)
    best, found = min(tried.values(), key=lambda one: float(one[1].cost.sum()))
    return Hindsight(best, found, len(tried))


def with_lines(stage: Stage, policy: Policy, lines: np.ndarray) -> tuple[Stage, Policy]:
    """Stage and policy of the rule with own lines for every SKU: its tiers are taken as SKUs."""
    params = np.ascontiguousarray(lines + np.array([HALF, HALF, 0.0]))
    rule = replace(policy, strategy=RULE, params=params, gate=gate_settings(OPEN_GATE), label="hindsight")
    return replace(stage, tiers=np.arange(len(lines))), rule


def _ladder(listed: np.ndarray) -> np.ndarray:
    """Lines to try, [rung, sku]: none, at nothing left, then in equal ratios up to everything listed."""
    rungs = np.round(np.geomspace(1.0, np.maximum(listed, 2.0), RUNGS))
    return np.vstack([np.full(len(listed), OFF), np.zeros(len(listed)), rungs])


def _closest(loss: Callable[[np.ndarray], np.ndarray], ladder: np.ndarray, whole: float) -> np.ndarray:
    """Per SKU the value with the least cost, the lowest among equals: best rung, then between its neighbours.

    ``whole``: 1 where values are whole units, else 0.
    """
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
