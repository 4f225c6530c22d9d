"""What alerts were worth: by leaving a chain out, on the same shoppers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.core.playbooks import PLAYBOOKS
from sim.core.response import Action, Playbook
from sim.engine.simulate import plain_engine, play, play_without
from sim.score.chains import chains
from sim.score.cost import Judge
from sim.setup.policies import make_policy
from sim.study import worth as W
from tests.parity.worlds import random_policy, random_scenario
from tests.postmortem.review_worlds import PROFILE, bursts, stage_of

SHOW = bursts(3.0)
BY_HAND = Playbook("both", watch=(Action("notify", "person", "push"), Action("host_prompt", "person", "popup")),
                   prepare=(Action("restock", "person", "sms"),), emergency=(Action("freeze", "auto"),),
                   resolved=(Action("reopen", "auto"),))  # fmt: skip


def plainly(stage, policy):
    return play(stage, policy, engine=plain_engine(policy))


@pytest.fixture(scope="module")
def show():
    stage = stage_of(SHOW)
    silent = plainly(stage, make_policy("silent"))
    return stage, silent, Judge(silent, PROFILE)


@pytest.mark.parametrize("playbook", ["standard", "human", BY_HAND])
def test_without_any_chain_it_is_the_silent_show_bit_for_bit(show, playbook):
    stage, silent, _ = show
    policy = make_policy("fixed_count", {"units": 60.0}, playbook=playbook)
    assert len(chains(plainly(stage, policy))) > 1
    run = play_without(stage, policy, None, plain_engine(policy))
    assert replace(run, suppressed=silent.suppressed).digest() == silent.digest()


@pytest.mark.parametrize("seed", range(4))
def test_the_same_in_random_worlds_with_any_gate(seed):
    policy = random_policy(seed)
    stage = stage_of(random_scenario(seed), seed=seed)
    run = play_without(stage, policy, None, plain_engine(policy))
    silent = plainly(stage, make_policy("silent"))
    assert replace(run, suppressed=silent.suppressed).digest() == silent.digest()


def test_up_to_its_first_alert_nothing_differs_and_then_nothing_of_the_chain_is_said(show):
    stage, _, _ = show
    policy = make_policy("fixed_count", {"units": 60.0})
    run = plainly(stage, policy)
    chain = W.judged_chains(run)[1]
    other = play_without(stage, policy, (chain.sku, chain.t), plain_engine(policy))
    for before, after in ((run.alerts, other.alerts), (run.orders, other.orders)):
        assert (before[before["t"] < chain.t] == after[after["t"] < chain.t]).all()
    assert (chain.sku, chain.t) not in [(c.sku, c.t) for c in chains(other)]
    left = other.alerts[(other.alerts["sku"] == chain.sku) & (other.alerts["t"] >= chain.t)]
    assert not len(left) or left["level"][0] > 0, "an all-clear without its alert"


def test_a_worth_is_the_difference_in_net(show):
    stage, _, judge = show
    policy = make_policy("newsvendor_freeze")
    run = plainly(stage, policy)
    picked = W.judged_chains(run)
    rows = W.worth_rows(stage, policy, run, judge, picked)
    one = play_without(stage, policy, (picked[0].sku, picked[0].t))
    gain = judge.score(run)["net"] - judge.score(one)["net"]
    assert rows[0]["worth_cny"] == gain
    assert rows[0]["worth"] == W.worth(gain, PROFILE.ca)
    assert [row["worth"] for row in rows].count(W.USEFUL) > 0


def test_plain_notices_are_not_judged(show):
    stage, _, _ = show
    told = Playbook("told", *(3 * ((Action("notify"),),)))
    run = plainly(stage, make_policy("fixed_count", {"units": 60.0}, playbook=told))
    assert chains(run)
    assert W.judged_chains(run) == []


def test_a_sample_takes_equal_parts_and_gives_what_is_left_to_others():
    places = W.sample({("a", 0): 2, ("b", 0): 300, ("b", 1): 0, ("c", 0): 100, ("c", 1): 100}, 200)
    assert places["a", 0] == [0, 1]
    assert len(places["b", 0]) + len(places["c", 0]) + len(places["c", 1]) == 198
    assert len(places["b", 0]) == 99
    assert places["b", 0][0] < 3
    assert places["b", 0][-1] > 296
    everything = W.sample({("a", 0): 2, ("b", 0): 3})
    assert everything == {("a", 0): [0, 1], ("b", 0): [0, 1, 2]}


def test_a_sample_is_scaled_up_to_a_show():
    rows = pd.DataFrame([{"strategy": "a", "worth_cny": v, "worth": W.worth(v, 1.5)} for v in (100.0, -50.0)])
    (summary,) = W.summarise(rows, {("a", 0): 6, ("a", 1): 2})
    assert (summary.chains, summary.judged, summary.useful, summary.harmful, summary.cny) == (8, 2, 1, 1, 25.0 * 8 / 2)
    (none,) = W.summarise(rows[:0], {("a", 0): 0})
    assert none.cny == 0.0
    (unknown,) = W.summarise(rows[:0], {("a", 0): 1})
    assert np.isnan(unknown.cny)


def test_shipped_playbooks_but_one_make_somebody_act():
    assert [name for name, book in PLAYBOOKS.items() if not any(book.at(level) for level in range(4))] == ["none"]
