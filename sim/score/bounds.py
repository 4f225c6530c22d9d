"""The hindsight ceiling: what no policy can beat on a given tape, and where a policy stands below it.

A bound, not a policy: demand reacts (herding, scarcity, improvised cues), so the best reachable show is not known. What
holds for every policy on the tape: nobody sells a SKU more units than all shoppers laid on the tape would keep, nor more
than can exist; and no sum of terms of J is negative (units won by an improvised cue are credited against units the same
policy kept away, never beyond). With U = units sure to be there (opening stock and deliveries), R = units that can be
requested, D = units all shoppers of the tape would keep:

    sold <= min(D, U + R),   unsold >= max(0, U - D - C),   J >= sum of cs * that

(C: units of orders the shop may make twice, which leave the shelf too.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.core.run import Run
from sim.core.tape import Tape
from sim.core.world import PHYSICAL
from sim.score.outcomes import arrived, requestable
from sim.score.profiles import Profile
from sim.score.stories import Stories


@dataclass(frozen=True, eq=False)
class Ceiling:
    """sold: most units, int64 [sku]. unsold: fewest units, int64 [sku]. gmv: most [CNY]. cost: least J [CNY]."""

    sold: np.ndarray
    unsold: np.ndarray
    gmv: float
    cost: float


def ceiling(baseline: Run, tape: Tape, stories: Stories, profile: Profile) -> Ceiling:
    """The hindsight ceiling of every policy on ``tape``; stock and deliveries come from any run on it."""
    n = len(baseline.scenario.skus)
    wants = stories.keeps.copy()
    # A retry of the same SKU is the same unit; one that goes to another SKU may be sold there instead.
    tried = np.flatnonzero(stories.retry >= 0)
    retry = stories.retry[tried]
    wants[retry[stories.sku[retry] == stories.sku[tried]]] = False
    copied = stories.copy
    demand, copies = (np.bincount(stories.sku[which], stories.qty[which], n).astype(np.int64)
                      for which in (wants & ~copied, stories.keeps & copied))  # fmt: skip
    sure = baseline.stock[:, PHYSICAL] - arrived(baseline)
    sold = np.minimum(demand, sure + requestable(baseline.scenario))
    unsold = np.maximum(0, sure - demand - copies)
    price = np.array([s.price for s in baseline.scenario.skus])
    return Ceiling(sold, unsold, float(price @ sold), profile.cs * float(unsold.sum()))


def skill(cost: float, silent: float, best: float) -> float:
    """``100 (J_silent - J) / (J_silent - J_ceiling)``: 0 as good as silence, 100 the ceiling, below 0 worse than silence.

    Where silence already reaches the ceiling there is nothing to gain and no scale: NaN. To average over
    shows use :func:`mean_skill`, which forgets none of them.

    >>> skill(25, 100, 0), skill(120, 100, 0)
    (75.0, -20.0)
    """
    return 100.0 * (silent - cost) / (silent - best) if silent > best else math.nan


def mean_skill(cost: np.ndarray, silent: np.ndarray, best: np.ndarray) -> float:
    """Skill of the mean costs over shows (ratio of sums, so shows without anything to gain still count what they cost)."""
    return skill(float(np.mean(cost)), float(np.mean(silent)), float(np.mean(best)))
