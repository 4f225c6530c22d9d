"""What a run lost, per SKU: the two figures that a review splits, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.engine.simulate import play
from sim.score.outcomes import outcomes
from sim.score.profiles import Profile, unit_costs
from sim.score.settle import TRUE_STOCKOUT

OVERSOLD, MISSED = 0, 1
KINDS = ("oversold", "missed")


@dataclass(frozen=True, eq=False)
class Losses:
    """units: int64 [2 kinds, sku], oversold and missed (every cause but true stock-out). cost [CNY], float64 [sku]: of
    these and of refunded units, at the profile's unit costs. beyond: units refused that nobody could have sold, int64 [sku]."""

    units: np.ndarray
    cost: np.ndarray
    beyond: np.ndarray

    @property
    def total(self) -> tuple[int, int]:
        """Oversold and missed units of all SKUs."""
        oversold, missed = self.units.sum(1).tolist()
        return int(oversold), int(missed)


def losses(run: ShowRun, profile: Profile) -> Losses:
    """Settle one run."""
    outcome = outcomes(run)
    co, cu = unit_costs(profile, run.scenario)
    cost = co * (outcome.oversold + outcome.refunded) + cu * outcome.avoidable
    return Losses(np.stack([outcome.oversold, outcome.avoidable]), cost, outcome.missed[:, TRUE_STOCKOUT])


def lost(stage: Stage, policy: Policy, profile: Profile) -> Losses:
    """Play and settle."""
    return losses(play(stage, policy), profile)
