"""Trials: candidates in one world on shared tapes, and the few figures of each run that a decision needs.

One replicate = one tape, drawn once and staged once. The silent baseline and every candidate play the same stage, so the
differences between them are paired (common random numbers) and do not depend on which other candidates are there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.jobs.evaluate import evaluate
from sim.score.cost import CORE
from sim.score.profiles import Profile
from sim.setup.space import Candidate, Variant
from sim.setup.uncertain import staged

JUDGE_FROM = 500_000
"""Replicate numbers from here on are for judging a setting that was found on the numbers below."""


def play_trials(
    world: Variant,
    candidates: Sequence[Candidate],
    replicates: Sequence[int],
    seed: int,
    profile: Profile,
    metrics: Sequence[str] = CORE,
) -> np.ndarray:
    """Every candidate on every replicate's tape: float64 [replicate, candidate, metric]. Same seed, same bytes."""
    policies = [c.policy for c in candidates]
    values = np.empty((len(replicates), len(policies), len(metrics)))
    for k, replicate in enumerate(replicates):
        stage = staged(world.scenario, world.uncertainty, seed, int(replicate))
        values[k] = evaluate(stage, policies, profile, metrics)
    return values
