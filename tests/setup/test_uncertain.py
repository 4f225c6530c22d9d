"""Scenarios whose parameters are drawn for each show: the same for every policy, worker and run."""

import numpy as np
import pytest

from scenarios.registry import load
from sim.score.profiles import make_profile
from sim.setup.policies import make_policy
from sim.setup.settings import SettingError
from sim.setup.uncertain import (
    KEY,
    Uncertain,
    Uncertainty,
    check_places,
    plain,
    scenario_for,
    staged,
    taken,
    uncertainty_from,
)
from sim.study.rehearse import rehearse

TWO = Uncertainty(
    (Uncertain(("shoppers", "buy_rate"), "log", np.log(0.006)), Uncertain(("shoppers", "never_pay"), "logit", -2.0),
     Uncertain(("cues", "deal", "peak"), "log", np.log(25.0))),
    np.array([[0.3, 0, 0], [0.1, 0.2, 0], [-0.2, 0.1, 0.1]]),
)  # fmt: skip


def test_a_draw_is_the_replicates_own():
    first = scenario_for(load("first_show"), TWO, 1, 0)
    assert first == scenario_for(load("first_show"), TWO, 1, 0)
    assert first != scenario_for(load("first_show"), TWO, 1, 1)
    assert {c.peak for c in first.cues if c.kind == "deal"} != {25.0}
    assert all(c.peak is None for c in first.cues if c.kind == "pitch")


def test_draws_have_the_joint_law():
    """2000 draws: means within 4 standard errors, covariances within 0.015."""
    drawn = np.array([TWO.draw(1, k) for k in range(2000)])
    scaled = np.column_stack([np.log(drawn[:, 0]), np.log(drawn[:, 1] / (1 - drawn[:, 1])), np.log(drawn[:, 2])])
    cov = TWO.root @ TWO.root.T
    means = [p.mean for p in TWO.parameters]
    assert np.all(np.abs(scaled.mean(0) - means) < 4 * np.sqrt(np.diag(cov) / 2000))
    assert np.abs(np.cov(scaled.T) - cov).max() < 0.015


def test_strategies_know_the_plan_not_the_draw():
    scenario = load("first_show")
    stage = staged(scenario, TWO, 1, 0)
    sure = staged(scenario, None, 1, 0)
    assert np.array_equal(stage.fixed["plan_lift"], sure.fixed["plan_lift"])
    assert stage.tape.digest() != sure.tape.digest()
    assert stage.scenario.shoppers.buy_rate != scenario.shoppers.buy_rate


def test_rehearsals_draw_alike_for_all_policies_and_workers():
    from dataclasses import replace

    scenario = replace(load("mask_story"))
    values = Uncertainty((Uncertain(("shoppers", "buy_rate"), "log", float(np.log(0.006))),), np.array([[0.5]]))
    play = [rehearse(scenario, [make_policy(n) for n in names], 4, 3, make_profile("balanced"), workers=w, uncertainty=values)
            for names, w in ((("fixed_count",), 1), (("window_forecast", "fixed_count"), 2))]  # fmt: skip
    assert play[0].tapes == play[1].tapes
    a, b = (p.scores[p.scores["strategy"] == "fixed_count"]["J"].to_numpy() for p in play)
    assert np.array_equal(a, b)
    sure = rehearse(scenario, [make_policy("fixed_count")], 4, 3, make_profile("balanced"))
    assert sure.tapes != play[0].tapes


def test_plain_data_go_and_come_back():
    again = uncertainty_from(plain(TWO))
    assert again.parameters == TWO.parameters
    assert np.array_equal(again.root, TWO.root)
    values = {"name": "x", KEY: plain(TWO)}
    assert taken(values).parameters == TWO.parameters
    assert values == {"name": "x"}
    assert taken(values) is None


@pytest.mark.parametrize("wrong", [3, {}, {"parameters": [], "root": []}, {"parameters": [{"at": ["a"]}], "root": [[1.0]]},
                                   {**plain(TWO), "root": [[1.0]]}])  # fmt: skip
def test_broken_uncertainty_is_one_sentence(wrong):
    with pytest.raises(SettingError, match="uncertainty"):
        uncertainty_from(wrong)


def test_uncertainty_about_something_else_is_refused():
    odd = Uncertainty((Uncertain(("cues", "restock_call", "peak"), "log", 0.0),), np.eye(1))
    with pytest.raises(SettingError, match=r"cues\.restock_call\.peak"):
        check_places(load("first_show"), odd)
    check_places(load("first_show"), TWO)
