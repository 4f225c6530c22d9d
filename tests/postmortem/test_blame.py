"""The blame split: it adds up exactly, and a loss of one known cause is blamed on it."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.registry import load
from sim.core.playbooks import PLAYBOOKS
from sim.postmortem.blame import CAUSES, PARTS, PLAYERS, blame, least, shapley
from sim.postmortem.losses import MISSED, OVERSOLD, Losses, lost
from sim.setup.policies import make_policy
from tests.parity.worlds import random_policy, random_scenario
from tests.postmortem.review_worlds import PROFILE, bursts, flash, slow_feed, stage_of

QUICK = replace(PLAYBOOKS["freeze_only"], auto_s=0.2, propagate_s=0.2)


def split(scenario, policy, others=0):
    stages = [stage_of(scenario, k) for k in range(others + 1)]
    return blame(stages[0], policy, PROFILE, stages[1:])


def share(found, cause: str, kind: int) -> float:
    """Part of the units of one kind that a cause bears."""
    return float(found.shares[CAUSES.index(cause), kind] / found.lost.total[kind])


def test_units_add_up_exactly_per_sku_and_kind_and_no_cause_has_a_negative_cost():
    """30 random worlds; whole numbers throughout, no tolerance."""
    lossy = 0
    for seed in range(30):
        stage, policy = stage_of(random_scenario(seed), seed=seed), random_policy(seed)
        split = blame(stage, policy, PROFILE)
        assert split.parts.dtype == np.int64
        assert np.array_equal(split.parts.sum(0), PARTS * split.lost.units), seed
        assert np.array_equal(split.lost.units, lost(stage, policy, PROFILE).units)
        lossy += bool(split.lost.units.any())
    assert lossy >= 15


KNOWN = [
    ("leak", OVERSOLD, load("multichannel_lag"), make_policy("silent")),
    ("leak", OVERSOLD, load("erp_overwrite"), make_policy("silent")),
    ("reaction", OVERSOLD, flash(), make_policy("newsvendor_freeze", playbook="human")),
    ("lag", OVERSOLD, slow_feed(20.0), make_policy("newsvendor_freeze", playbook=QUICK)),
    ("reservation", MISSED, load("unpaid_squat"), make_policy("silent")),
    ("threshold", OVERSOLD, flash(), make_policy("silent")),
    ("threshold", OVERSOLD, flash(), make_policy("platform_default")),
    ("threshold", MISSED, bursts(1.0), make_policy("fixed_count", {"units": 1000.0, "emergency_share": 1.0}, playbook=QUICK)),
]


@pytest.mark.parametrize(("cause", "kind", "scenario", "policy"), KNOWN, ids=[f"{k[0]}-{k[2].name}-{k[3].name}" for k in KNOWN])
def test_a_known_cause_bears_nine_tenths(cause, kind, scenario, policy):
    pieces = split(scenario, policy)
    assert pieces.lost.total[kind] > 20
    assert share(pieces, cause, kind) >= 0.9
    assert pieces.cost[CAUSES.index(cause)] >= 0.75 * pieces.cost.sum()


def test_fresh_data_and_quick_hands_need_each_other():
    """Both bad: neither alone saves much, so in one order the whole would go to the last; Shapley halves it."""
    pieces = split(slow_feed(30.0), make_policy("newsvendor_freeze", playbook="human"))
    lag, reaction = (share(pieces, cause, OVERSOLD) for cause in ("lag", "reaction"))
    assert lag + reaction >= 0.9
    assert min(lag, reaction) >= 0.15


def test_demand_is_what_the_lines_of_other_shows_still_lose():
    """The best lines of shows with half the demand, on a show with the whole: what they lose is demand, not threshold."""
    policy = make_policy("silent")
    night, others = stage_of(bursts(3.0)), [stage_of(bursts(0.6), k) for k in range(1, 5)]
    surprised, alone = blame(night, policy, PROFILE, others), blame(night, policy, PROFILE)
    demand = CAUSES.index("demand")
    assert surprised.cost[demand] > 4 * alone.cost[demand]
    assert surprised.others == 4
    expected = blame(night, policy, PROFILE, [stage_of(bursts(3.0), k) for k in range(1, 5)])
    assert expected.cost[demand] < surprised.cost[demand]


def test_other_shows_may_have_other_items():
    """Lines of items that no other show had come from this one."""
    night, other = stage_of(bursts(2.0)), stage_of(flash())
    split = blame(night, make_policy("silent"), PROFILE, [other])
    assert np.array_equal(split.lines.values, blame(night, make_policy("silent"), PROFILE).lines.values)
    assert not split.lines.known.any()


def test_shapley_is_efficient_symmetric_and_gives_a_dummy_nothing():
    rng = np.random.Generator(np.random.PCG64(3))
    sets = [frozenset(n for b, n in enumerate(PLAYERS) if k >> b & 1) for k in range(8)]
    value = {s: rng.integers(0, 50, (2, 3)) for s in sets}
    total = sum(shapley(value, name) for name in PLAYERS)
    assert np.array_equal(total, PARTS * (value[frozenset()] - value[frozenset(PLAYERS)]))
    dummy = {s: value[s - {"lag"}] for s in sets}
    assert not shapley(dummy, "lag").any()
    count = {s: np.array(30 - 10 * len(s)) for s in sets}
    assert {int(shapley(count, name)) for name in PLAYERS} == {PARTS * 10}


def test_least_takes_each_skus_cheapest_world_and_the_first_among_equals():
    a = Losses(np.array([[5, 1], [0, 0]]), np.array([50.0, 10.0]), np.zeros(2, int))
    b = Losses(np.array([[0, 9], [7, 0]]), np.array([7.0, 90.0]), np.zeros(2, int))
    c = Losses(np.array([[1, 1], [0, 2]]), np.array([7.0, 10.0]), np.zeros(2, int))
    assert least([a, b, c]).tolist() == [[0, 1], [7, 0]]
