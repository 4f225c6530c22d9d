"""Nothing appears, nothing vanishes: the ledger's identities over random worlds."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.contract import Leaks, Ledger, SalesChannel
from sim.core import world as W
from sim.core.stage import set_stage
from sim.core.tape import ACCEPTED, CANCELLED, CART, CARTED, EXPIRED, ORDER, PAID, PAY, REFUNDED, RETRY, TAKE
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.setup.policies import make_policy
from tests.parity.worlds import EVERYTHING, random_policy, random_scenario

SEEDS = st.integers(0, 10**6)


def units(run, sku, mask):
    return int(run.tape.qty[mask & (run.tape.sku == sku)].sum())


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_every_unit_is_somewhere(seed):
    scenario = random_scenario(seed)
    run = play(set_stage(scenario, draw_tape(scenario, seed)), random_policy(seed))
    kind, outcome = run.tape.kind, run.outcome
    orders = (kind <= 3) & (kind != CART)
    for k, sku in enumerate(scenario.skus):
        s = run.stock[k]
        assert s[W.PHYSICAL] == max(0, sku.stock - run.tape.record_error[k]) + s[W.RECEIVED]
        assert s[W.PAID_UNITS] == units(run, k, orders & (outcome == PAID))
        assert s[W.HELD] + s[W.PENDING] == units(run, k, orders & (outcome == ACCEPTED))
        assert s[W.ORDERED] == units(run, k, orders & (outcome >= ACCEPTED))
        assert s[W.CARTED_UNITS] == units(run, k, (kind == CART) & (outcome == CARTED))
        assert min(s[W.HELD], s[W.PENDING], s[W.PAID_UNITS], s[W.HIDDEN]) >= 0


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_record_follows_the_ledger_when_nothing_overwrites_it(seed):
    """Without L6, L8, L10, L12 and U1 the record is what was listed less what orders (or payments) took."""
    scenario = random_scenario(seed)
    off = {"erp_mode": "off", "overlist_share": 0.0, "duplicate_p": 0.0, "edits_per_show": 0.0, "lost_release_p": 0.0}
    calm = dataclasses.replace(scenario.leaks, **off)
    ledger = dataclasses.replace(scenario.ledger, cancel_returns=True)
    scenario = dataclasses.replace(scenario, leaks=calm, ledger=ledger)
    run = play(set_stage(scenario, draw_tape(scenario, seed)), random_policy(seed))
    s = run.stock
    assert np.array_equal(s[:, W.RECORD], s[:, W.LISTED] - s[:, W.HELD] - s[:, W.PAID_UNITS])


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from(["deduct_on_order", "pre_hold"]))
def test_no_leak_no_oversell(seed, mode):
    scenario = random_scenario(seed)
    scenario = dataclasses.replace(scenario, leaks=Leaks(), ledger=Ledger(mode), channels=(SalesChannel(),))
    run = play(set_stage(scenario, draw_tape(scenario, seed)), make_policy("fixed_count", playbook=EVERYTHING))
    assert (run.stock[:, W.PAID_UNITS] + run.stock[:, W.HELD] <= run.stock[:, W.PHYSICAL]).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_outcomes_hang_together(seed):
    """A payment needs an order, a cart's order needs the cart, a retry needs a refusal."""
    scenario = random_scenario(seed)
    run = play(set_stage(scenario, draw_tape(scenario, seed)), random_policy(seed))
    t = run.tape
    paid = (t.kind == PAY) & (run.outcome > 0)
    assert np.isin(run.outcome[t.cause[paid]], (PAID, CANCELLED, REFUNDED, EXPIRED)).all()
    tried = (t.kind == RETRY) & (run.outcome > 0)
    assert ((run.outcome[t.cause[tried]] > 10) & (run.outcome[t.cause[tried]] < 17)).all()
    linked = (t.kind == ORDER) & (t.cause >= 0) & (run.outcome > 0)
    assert (run.outcome[t.cause[linked]] > 0).all()
    assert not (t.kind == TAKE).any()
