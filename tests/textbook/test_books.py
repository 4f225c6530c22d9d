"""T1 and T2: the books balance, and a sound ledger cannot oversell (domain section 7). Exact, no error rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios import registry
from scenarios.contract import Cue, Host, Ledger, Sku
from sim.core import world as W
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.outcomes import outcomes
from sim.setup.policies import make_policy
from tests.sizes import sized
from tests.textbook.worlds import PLAIN, constant_world, excess, one_cue, runs, silent

SMALL = tuple(n for n in registry.names() if n not in ("double11", "operator_overload", "pitch_cycle"))


def assert_books(run: ShowRun) -> None:
    """Units in = units out, and every demanded unit ends in exactly one place."""
    scenario, stock = run.scenario, run.stock
    held_back = np.array([s.stock for s in scenario.skus])
    assert (stock[:, W.PHYSICAL] == np.maximum(0, held_back - run.tape.record_error) + stock[:, W.RECEIVED]).all()
    assert (stock[:, [W.HELD, W.PENDING]] == 0).all(), "orders are left open after the tail"
    o = outcomes(run)
    assert (o.shippable == o.sold + o.copies + o.unsold).all()
    assert (stock[:, W.PAID_UNITS] == o.sold + o.copies + o.oversold).all()
    assert (o.demand == o.sold + o.oversold - o.oversold_copies + o.abandoned + o.missed.sum(1)).all()
    assert (o.missed >= 0).all()
    assert (o.abandoned >= 0).all()


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("strategy", ["silent", "smart"])
def test_t01_conservation(name: str, strategy: str) -> None:
    """initial + received = sold + left; demand = sold + missed + abandoned, whatever leaks and whoever acts."""
    stage = set_stage(registry.load(name), draw_tape(registry.load(name), 101))
    assert_books(play(stage, make_policy(strategy)))


@pytest.mark.long
@pytest.mark.parametrize("name", registry.names())
@pytest.mark.parametrize("strategy", ["silent", "manual_polling", "gamma_poisson", "newsvendor_freeze", "tiered", "smart"])
def test_t01_conservation_everywhere(name: str, strategy: str) -> None:
    """The same for every preset, more strategies and replicates."""
    for replicate in range(sized(1, 5)):
        scenario = registry.load(name)
        assert_books(play(set_stage(scenario, draw_tape(scenario, 102, replicate)), make_policy(strategy)))


def test_t01_conservation_at_every_reading() -> None:
    """On an atomic ledger record + held + paid = listed at every moment that is looked at, through holds and returns."""
    shoppers = replace(PLAIN, never_pay=0.3, cancel_share=0.2, cancel_s=60.0, single_share=0.5)
    world = constant_world(1.0, [80, 200, 400], 900.0, shoppers=shoppers, ledger=Ledger(hold_s=120.0, sweep_s=30.0))
    world = replace(world, feed=replace(world.feed, period_s=1.0))
    for run in runs(world, 5, 103):
        stock, paid, unpaid = (run.readings[:, :, k] for k in (W.R_STOCK, W.R_PAID, W.R_UNPAID))
        assert (stock + paid + unpaid == [80, 200, 400]).all()


@pytest.mark.parametrize("per_s", [50.0, 1000.0, 10_000.0])
def test_t02_no_oversell_on_a_sound_ledger(per_s: float) -> None:
    """Deduct on order, no leak, S = 100, up to 10,000 orders a second: oversold = 0 and sold <= S, exactly."""
    world = constant_world(per_s, [100], 2.0, shoppers=replace(PLAIN, single_share=0.7, never_pay=0.1))
    for run in runs(world, 3, 104):
        assert (excess(run) <= 0).all()
        assert run.stock[0, W.ORDERED] <= 100


@pytest.mark.parametrize("kind", ["deal", "link_drop", "pitch"])
@pytest.mark.parametrize("strategy", ["silent", "smart", "manual_polling"])
def test_t02_no_oversell_in_a_burst(kind: str, strategy: str) -> None:
    """Nor in any burst, whoever acts on it and however unfaithful the host."""
    world = one_cue(Cue(30.0, "s000", kind), 40.0, 200.0)
    world = replace(world, skus=(Sku("s000", 100), Sku("s001", 50)), host=Host(slip_s=10.0, adlib_p=1.0))
    for replicate in range(3):
        run = play(set_stage(world, draw_tape(world, 105, replicate)), make_policy(strategy))
        assert (excess(run) <= 0).all()
        assert len(run.tape) > 200


def test_t02_a_silent_show_acts_on_nothing() -> None:
    """The helper policy of this folder leaves no trace of its own."""
    run = next(runs(constant_world(5.0, [10], 20.0), 1, 106, silent()))
    assert len(run.alerts) == 0
    assert run.notices == 0
