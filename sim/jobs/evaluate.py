"""Many policies on one tape: play them all, score what is asked for, give numbers back.

The inner step of every sweep: one staged show, drawn once, shared by all candidates (common random numbers) and
their silent baseline. Candidates with identical runs are run and scored once (``sim/engine/fork.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.engine.fork import play_all
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.score.profiles import PROFILES, Profile
from sim.setup.policies import make_policy

AT_ONCE = 16
"""Runs played before they are scored: playing and scoring read different tables, which a processor's cache holds in turn."""


def evaluate(
    stage: Stage,
    policies: Sequence[Policy],
    profile: Profile = PROFILES["balanced"],
    metrics: Sequence[str] = ("J",),
) -> np.ndarray:
    """Scores of every policy on the stage's tape, float64 [policy, metric], in the order given.

    metrics: names from ``sim.score.metrics.METRICS``. Each value is, bit for bit, that of ``score_run(play(stage, policy),
    baseline)``, whatever else is evaluated with it.
    """
    baseline = play(stage, make_policy("silent"))
    judge = Judge(baseline, profile)
    out = np.empty((len(policies), len(metrics)))
    played = play_all(stage, policies, baseline)
    while runs := list(islice(played, AT_ONCE)):
        for places, run in runs:
            out[places] = list(map(judge.score(run, metrics).__getitem__, metrics))
    return out
