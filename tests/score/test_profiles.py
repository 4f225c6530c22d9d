"""Weights, limits, and that configuration and records agree."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hand_built import show

from scenarios.contract import Sku
from scenarios.setting import ScenarioError
from sim.score.profiles import LIMITS, PROFILES, Profile, contribution, make_profile, met, only, penalty, sanction, unit_costs

CONF = Path(__file__).parents[2] / "conf" / "score"


def test_every_profile_has_its_file():
    assert sorted(p.stem for p in CONF.glob("*.yaml")) == sorted(PROFILES)


def test_every_weight_is_explained():
    for f in fields(Profile):
        if f.name != "name":
            assert f.metadata["meaning"]
            assert f.metadata["confidence"] in "HMLA"


def test_unknown_names_and_wild_values_are_refused():
    with pytest.raises(ScenarioError, match="balanced"):
        make_profile("balancd")
    with pytest.raises(ScenarioError, match="recapture"):
        make_profile("balanced", recaptur=0.1)
    with pytest.raises(ScenarioError, match="bounds"):
        make_profile("balanced", recapture=2.0)
    for broken in ({"penalty_from": 0.5}, {"penalty_to": 0.005}, {"penalty_step_at": 0.02}):
        with pytest.raises(ScenarioError, match="the rates must rise"):
            make_profile("balanced", **broken)


@pytest.mark.parametrize(("gone", "instead"), [("cu", "return_rate"), ("cf", "leave it out")])
def test_weights_of_the_old_account_are_refused_with_the_new_form(gone, instead):
    with pytest.raises(ScenarioError, match=f"score.{gone} is a weight of the old account; .*{instead}"):
        make_profile("balanced", **{gone: 3.0})


def test_costs_of_a_unit():
    scenario = show(1, Sku("b", 1, price=200.0, margin=0.5))
    co, cu = unit_costs(PROFILES["balanced"], scenario)
    assert cu == pytest.approx([90 * 0.35 * 0.7 * 0.8, 200 * 0.5 * 0.7 * 0.8])
    assert co == pytest.approx([54.0, 120.0])
    assert co[0] / cu[0] == pytest.approx(3.06, abs=0.01)
    for name, times in (("never_oversell", 30.0), ("sell_everything", 1.0)):
        co, cu = unit_costs(PROFILES[name], scenario)
        assert co == pytest.approx(times * cu)
    co, _ = unit_costs(make_profile("never_oversell", co=7.0), scenario)
    assert co.tolist() == [7.0, 7.0]
    assert contribution(PROFILES["balanced"], show(1, Sku("b", 1, price=200.0, margin=0.5, return_rate=0.1)))[1] == 90.0


def test_the_sanction_has_a_foot_a_slope_and_a_ramp():
    p = make_profile("balanced", penalty_linear=0.3, penalty_step=1.0)
    rates = (0.0, 0.005, 0.0125, 0.02, 0.0225, 0.025, 0.5)
    assert [round(sanction(p, r), 6) for r in rates] == [0, 0, 0.15, 0.3, 0.8, 1.3, 1.3]


@pytest.mark.parametrize("p", [PROFILES["balanced"], make_profile("balanced", penalty_window=1.0),
                               make_profile("balanced", penalty_window=500.0, penalty_base=0.021)])  # fmt: skip
def test_one_more_cancelled_order_never_lowers_the_penalty(p):
    """Whether it was paid for anyway or came on top; and no cancelled order costs nothing."""
    for paid in (0, 10, 900, 40000):
        assert penalty(p, 0, paid, 100.0) == 0.0
        penalties = [penalty(p, k, paid, 100.0) for k in range(min(paid, 60) + 1)]
        assert penalties == sorted(penalties)
        for k in range(min(paid, 40) + 1):
            assert penalty(p, k + 1, paid + 1, 100.0) >= penalty(p, k, paid, 100.0)


def test_the_penalty_has_no_cliff():
    p = PROFILES["balanced"]
    steps = np.diff([penalty(p, k, 3000, 100.0) for k in range(900)])
    assert steps.max() < 2.2 * p.penalty_step / (p.penalty_step_at - p.penalty_to) * 100.0 * 30000 / 33000
    assert penalty(p, 900, 3000, 100.0) > 300_000


@pytest.mark.parametrize(("co", "cs", "best", "cost"), [(30, 5, 106, 78.43), (60, 20, 102, 250.76), (100, 2, 116, 48.99)])
def test_t10_weights_reproduce_the_newsvendor(co, cs, best, cost):
    """T10: X ~ Poisson(95.2) in-flight units against a freeze at B: the best B by the profile's weights."""
    x = np.arange(400)
    p = np.exp(x * math.log(95.2) - 95.2 - np.array([math.lgamma(k + 1) for k in x]))
    profile = make_profile("balanced", co=float(co), cs=float(cs))
    each = unit_costs(profile, show())[0][0]
    expected_costs = [float(p @ (each * np.maximum(0, x - b) + profile.cs * np.maximum(0, b - x))) for b in range(60, 160)]
    assert 60 + int(np.argmin(expected_costs)) == best
    assert min(expected_costs) == pytest.approx(cost, abs=0.01)


def test_limits():
    scores = {
        "cancelled_orders": [0, 3], "settled_orders": [1000, 2000], "session_oversold": [0, 1],
        "notices_per_operator_hour": [4, 6], "avoidable_units": [0, 60], "sold_units": [1000, 940],
    }  # fmt: skip
    verdicts = met(scores, LIMITS["strict"])
    assert verdicts["seller_cancel_rate"] == (0.001, 0.001, True)
    assert verdicts["session_oversold"] == (0.5, 0.01, False)
    assert verdicts["notices_per_operator_hour"] == (5.0, 6.0, True)
    assert verdicts["missed_rate"] == (0.03, 0.02, False)
    assert "session_oversold" not in met(scores, LIMITS["platform"])
    assert not met(scores | {"notices_per_operator_hour": [0.0, math.inf]}, LIMITS["platform"])["notices_per_operator_hour"][2]


@pytest.mark.parametrize("gone", ["oversell_rate", "alerts_per_operator_hour", "false_freeze_share"])
def test_limits_of_older_versions_are_refused_with_the_new_form(gone):
    with pytest.raises(ScenarioError, match=f"the limit {gone} is of an older version; it is .*_(rate|hour) now"):
        only(LIMITS["strict"], [gone])
