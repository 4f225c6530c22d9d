"""A bundle in the account: one order, every part at its share of the bundle's price, hindsight never below."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_built import run_of, show

from scenarios.bundles import Bundle, Part
from scenarios.contract import Leaks, Ledger, Sku
from sim.core import tape as T
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.bundled import ratios
from sim.score.cost import Judge
from sim.score.outcomes import outcomes
from sim.score.profiles import PROFILES, contribution, unit_costs
from sim.score.stories import read_stories
from sim.setup.policies import make_policy
from tests.parity.worlds import bundled, random_policy, random_scenario

HALF = Bundle("duo", 60.0, (Part("a"), Part("b")))
"""Two items of 90 and 30 CNY at half their prices."""


def two(stock_a: int, stock_b: int, **parts):
    scenario = show(stock_a, Sku("b", stock_b, price=30.0), **parts)
    return replace(scenario, bundles=(HALF,))


def ordered(at: float, first: int) -> list[tuple]:
    """Rows ``first`` to ``first + 3``: a bundle is ordered and paid two seconds later."""
    both = ((0, 16), (1, 17))
    rows = [(at + k * 4e-6, T.ORDER, {"sku": k, "bundle": code, "who": first}) for k, code in both]
    return rows + [(at + 2 + k * 4e-6, T.PAY, {"sku": k, "bundle": code, "cause": first + k, "who": first}) for k, code in both]


def test_a_part_earns_its_share_and_a_bundle_is_one_order() -> None:
    """Ten of a, one of b: the second bundle is refused for want of b, and both its parts are demand that was refused."""
    run = run_of(two(10, 1), ordered(10, 0) + ordered(20, 4))
    row, o = Judge(run).score(run), outcomes(run)
    c = contribution(PROFILES["balanced"], run.scenario)
    assert row["net_shipped"] == pytest.approx(0.5 * c.sum())
    assert row["gmv"] == pytest.approx(60.0)
    assert row["net_recaptured"] == pytest.approx(PROFILES["balanced"].recapture * 0.5 * c.sum())
    assert (row["paid_orders"], row["refused_attempts"], row["sold_units"], row["demand_units"]) == (1, 1, 2, 4)
    assert o.missed.sum(1).tolist() == [1, 1]
    assert run.outcome[[4, 5]].tolist() == [T.STOCKOUT] * 2


def test_an_oversold_part_costs_its_share_and_is_one_cancelled_order() -> None:
    """A view five seconds old sells b twice: one order is cancelled, one unit of b is short, a is shipped."""
    run = run_of(two(10, 1, leaks=Leaks(stale_read_s=5.0)), ordered(10, 0) + ordered(12, 4)[:2] + ordered(12, 4)[2:])
    row, over = Judge(run).score(run), unit_costs(PROFILES["balanced"], run.scenario)[0]
    assert (row["oversold_units"], row["oversold_orders"], row["paid_orders"], row["sold_units"]) == (1, 1, 2, 3)
    assert row["cost_oversold"] == pytest.approx(0.5 * over[1])


def test_a_refunded_bundle_is_one_order() -> None:
    ledger = Ledger("deduct_on_payment", late_payment="refund")
    run = run_of(two(10, 1, ledger=ledger), sorted(ordered(10, 0)[:2] + ordered(11, 2)[:2], key=lambda r: r[0]) + [
        (20 + k, T.PAY, {"sku": k % 2, "bundle": 16 + k % 2, "cause": k}) for k in range(4)])  # fmt: skip
    row = Judge(run).score(run)
    assert (row["refunded_units"], row["cancelled_orders"], row["settled_orders"]) == (2, 1, 2)


def test_hindsight_is_not_beaten_and_units_add_up() -> None:
    """Random worlds with bundles: J >= 0 where the host improvises nothing; demand = sold + oversold + abandoned + missed;
    the compiled scores are the readable ones, bit for bit."""
    r, seen, less = np.random.Generator(np.random.PCG64(5)), 0, 0
    for seed in range(12):
        scenario = bundled(random_scenario(seed), r)
        scenario = replace(scenario, host=replace(scenario.host, moves_on=False, calls_restock=False))
        stage = set_stage(scenario, draw_tape(scenario, seed))
        judge = Judge(play(stage, make_policy("silent")))
        run = play(stage, random_policy(seed))
        o, stories = outcomes(run), read_stories(run.tape, scenario)
        for one in (run, judge.baseline, run):
            fast, plain = judge.score(one), judge.readable(one)
            assert str(fast) == str(plain), "the compiled pass and the readable form"
        less += int(o.off.sold.any()) + int(o.off.missed.any())
        seen += int((ratios(run.tape, scenario, stories) != 1).sum())
        kept = o.oversold - o.oversold_copies
        assert np.array_equal(o.demand, o.sold + kept + o.abandoned + o.missed.sum(1))
        assert (judge.score(run)["J"] > -1e-6) or len(run.tape) > run.tape.drawn
    assert seen > 500
    assert less > 12
