"""How many units to bring: the newsvendor's answer where it is known, and the account item by item."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scenarios.registry import load
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.score.profiles import PROFILES, contribution
from sim.score.stories import read_stories
from sim.setup.policies import make_policy
from sim.study.bring import bring, earned
from tests.study.small_show import show
from tests.textbook.worlds import constant_world

FREE = replace(PROFILES["balanced"], cx=0.0)


def test_the_newsvendor() -> None:
    """Demand Poisson(60), a unit kept earns c, a refused one r c, an unsold one costs h: the best stock is the quantile of demand
    at (1-r)c / ((1-r)c + h). Net of every show and stock is ``c (min(D, S) + r (D - S)+) - h (S - D)+``, to the cent."""
    world = constant_world(0.2, [60] * 20, 300.0)
    carry, c = 20.0, contribution(FREE, world)[0]
    answer = bring(world, 20, 41, FREE, carry, lambda done, of, what: None)
    d, s = answer.wanted[:, None, :], answer.units[None]
    over, under = np.maximum(s - d, 0), np.maximum(d - s, 0)
    assert answer.net == pytest.approx(c * (np.minimum(d, s) + FREE.recapture * under) - carry * over)
    assert answer.planned[0] == pytest.approx(answer.net[:, 0].sum(1).mean())
    assert answer.planned[1] > answer.planned[0] > 0 <= answer.planned[2]
    gain = (1 - FREE.recapture) * c
    ideal = stats.poisson(60).ppf(gain / (gain + carry))
    best = np.array([answer.best(k) for k in range(20)])
    assert abs(best[:, 0].mean() - ideal) < 2.5
    assert ((best[:, 1] <= ideal) & (ideal <= best[:, 2])).sum() >= 17
    out = np.isfinite(answer.sold_out_s)
    assert np.array_equal(out, answer.wanted >= 60)


def test_items_add_up_to_the_account() -> None:
    """With ``carry`` the score's cs, whatever oversells, annoys and is fined; and in silence a bundle's parts too."""
    profile = replace(PROFILES["balanced"], cs=2.0)
    for name in ("seckill_paydeduct", "gift_box"):
        world = load(name)
        run = play(set_stage(world, tape := draw_tape(world, 3)), make_policy("silent"))
        nets = earned(run, read_stories(tape, world), profile, 2.0)
        assert nets.sum() == pytest.approx(Judge(run, profile).score(run, ("net",))["net"])


def test_stocks_meet_the_same_shoppers_and_the_plan_is_among_them() -> None:
    """The first stock is the planned one; what is kept off sale fits into a small stock; the best is no worse than the plan."""
    world = replace(show(), ledger=replace(show().ledger, mode="deduct_on_order"))
    world = replace(world, skus=tuple(replace(s, buffer=min(3, s.stock)) for s in world.skus))
    answer = bring(world, 4, 1, PROFILES["balanced"], 0.0, lambda done, of, what: None)
    assert answer.units[0].tolist() == [s.stock for s in world.skus]
    assert answer.gain(0)[0] >= 0
