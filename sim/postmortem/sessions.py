"""Shows that can be played again with something changed: a replicate of a rehearsal, or a recording in a closed loop."""

from __future__ import annotations

from collections.abc import Sequence

from scenarios.contract import Scenario
from scenarios.staffing import Feed
from sim.core.stage import Stage
from sim.postmortem.parameters import ReviewedShow
from sim.replay.closedtape import closed_stage
from sim.replay.impute import BOUNDS, LIKELY, Imputation
from sim.setup.uncertain import Uncertainty, staged


def rehearsed(scenario: Scenario, seed: int, replicate: int, uncertainty: Uncertainty | None = None) -> ReviewedShow:
    """One replicate of a scenario; with an ``uncertainty`` its parameters are drawn, and drawn so whatever is changed."""

    def remake(changed: Scenario) -> Stage:
        return staged(changed, uncertainty, seed, replicate)

    return ReviewedShow(f"{scenario.name} #{replicate}", remake(scenario), remake)


def recorded(
    imputation: Imputation, seed: int, replicate: int, feed: Feed | None, world: Scenario | None, bounds: Sequence[str] = BOUNDS
) -> dict[str, ReviewedShow]:
    """A recording under each bound of the demand that nobody recorded; by bound."""
    shows = {}
    for bound in bounds:

        def remake(changed: Scenario, bound: str = bound) -> Stage:
            return closed_stage(imputation.stream, imputation, bound, seed, replicate, changed.feed, changed)

        stage = closed_stage(imputation.stream, imputation, bound, seed, replicate, feed, world)
        shows[bound] = ReviewedShow(imputation.stream.name, stage, remake, "closed", bound)
    return shows


__all__ = ["LIKELY", "recorded", "rehearsed"]
