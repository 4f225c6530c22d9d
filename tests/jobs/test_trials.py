"""Trials are paired, repeatable, and what a rehearsal would have measured."""

from dataclasses import replace

import numpy as np
import pytest

import sim.setup.uncertain as uncertain
from sim.jobs.trials import JUDGE_FROM, play_trials
from sim.score.cost import CORE
from sim.score.metrics import METRICS
from sim.score.profiles import PROFILES
from sim.setup.space import Axis, make_candidates, make_worlds
from sim.study.rehearse import rehearse
from tests.study.small_show import config

PROFILE = PROFILES["balanced"]
MADE = config("fixed_count", "gamma_poisson")


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    """Plain Python: small shows need no compiling, and results are the same."""
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")


def world():
    return make_worlds({"small": MADE["scenario"]}, [], "auto", 1, 1)[0]


def candidates(points=3):
    return make_candidates(MADE, [Axis("strategy.fixed_count.units", 1, 30)], "lhs", points, 1)


def test_a_trial_is_what_a_rehearsal_measures():
    trials = play_trials(world(), candidates(), [0, 1], 3, PROFILE)
    scores = rehearse(world().scenario, [c.policy for c in candidates()], 2, 3, PROFILE).scores
    for k, candidate in enumerate(candidates()):
        rows = scores[scores["strategy"] == candidate.name]
        np.testing.assert_array_equal(trials[:, k], rows[list(CORE)].to_numpy(float))
    assert set(CORE) <= set(METRICS)
    assert len(set(CORE)) == len(CORE)


def test_a_trial_does_not_depend_on_its_company_or_order():
    whole = play_trials(world(), candidates(), [4, JUDGE_FROM], 3, PROFILE, ("J", "oversold_units"))
    for k, candidate in enumerate(candidates()):
        alone = play_trials(world(), [candidate], [JUDGE_FROM, 4], 3, PROFILE, ("J", "oversold_units"))
        np.testing.assert_array_equal(alone[::-1, 0], whole[:, k])
    assert not np.array_equal(whole[0], whole[1])


def test_the_tape_is_drawn_once_for_all_candidates(monkeypatch):
    drawn = []
    real = uncertain.draw_tape
    monkeypatch.setattr(uncertain, "draw_tape", lambda *a: drawn.append(a[2]) or real(*a))
    play_trials(world(), candidates(), [0, 1, 2], 3, PROFILE, ("J",))
    assert drawn == [0, 1, 2]


def test_an_uncertain_world_draws_its_parameters_and_stays_paired():
    """Shows differ by their drawn parameters, the same for every candidate and however they are grouped."""
    from sim.setup.uncertain import Uncertain, Uncertainty

    plain = world()
    drawn = replace(plain, uncertainty=Uncertainty((Uncertain(("shoppers", "buy_rate"), "log", -3.0),), np.array([[0.8]])))
    two = candidates()[:2]
    whole = play_trials(drawn, two, range(3), 1, PROFILE)
    assert not np.array_equal(whole, play_trials(plain, two, range(3), 1, PROFILE))
    np.testing.assert_array_equal(whole[1:], play_trials(drawn, two, range(1, 3), 1, PROFILE))
    demand = whole[:, :, CORE.index("demand_units")]
    assert len(np.unique(demand[:, 0])) == 3
