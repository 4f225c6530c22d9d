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
from sim.engine.fork import Shared, play_all
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.score.profiles import PROFILES, Profile
from sim.setup.policies import make_policy

AT_ONCE, ROWS_AT_ONCE = 48, 900_000
"""Runs played before they are scored, and the rows of their tapes: what is not counted run by run is told for all at once."""


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
    played = play_all(stage, policies, baseline)
    step = max(1, min(AT_ONCE, ROWS_AT_ONCE // max(1, len(stage.tape))))
    table = np.empty((len(policies), len(metrics)))
    while len(_score(judge, list(islice(played, step)), metrics, table)):
        pass
    return table


def _score(judge: Judge, runs: Sequence[Shared], metrics: Sequence[str], table: np.ndarray) -> np.ndarray:
    """Score runs into the rows of ``table`` whose they are; returns those rows' numbers."""
    places = [k for own, _ in runs for k in own]
    if places:
        row_of = np.repeat(np.arange(len(runs)), [len(own) for own, _ in runs])
        table[places] = judge.table([run for _, run in runs], metrics)[row_of]
    return np.array(places)
