"""Fronts and switch points against brute force."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenarios.registry import load
from sim.demand.streams import stream
from sim.jobs.trials import play_trials
from sim.score.cost import CORE
from sim.score.profiles import make_profile
from sim.setup.space import Variant
from sim.stats.pareto import SPAN, envelope, front, split_costs, steady, switch_points, worth_a_look
from sim.study.decide import COSTS
from tests.study.test_tune import Maker, config


def dominated(k, values):
    return any((row <= values[k]).all() and (row < values[k]).any() for row in values)


@given(arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.integers(0, 4).map(float)))
def test_front_is_what_nobody_dominates(values):
    assert sorted(front(values).tolist()) == [k for k in range(len(values)) if not dominated(k, values)]


@given(arrays(np.float64, st.tuples(st.integers(1, 8), st.just(2)), elements=st.integers(0, 9).map(float)))
def test_envelope_is_the_cheapest_everywhere(lines):
    slope, rest = lines.T
    path = envelope(slope, rest, (0.1, 50.0))
    assert path[0][1] == 0.1
    assert path[-1][2] == 50.0
    for (_, _, stop), (_, start, _) in pairwise(path):
        assert stop == start
    for number, start, stop in path:
        for x in (start, (start + stop) / 2, stop):
            assert x * slope[number] + rest[number] == pytest.approx(np.min(x * slope + rest))


def test_switch_points_are_those_of_scoring_again_with_other_weights():
    """The envelope over x equals J of the same trials under a profile whose co is x times as much (no penalty: it is no multiple
    of a weight, and is not re-weighted)."""
    settings = config("fixed_count")
    candidates = [Maker(settings, "fixed_count").make({"strategy.fixed_count.units": u}, f"u{u}") for u in (5, 60, 150, 400)]
    world = Variant("w", load("seckill_paydeduct"), {})
    base = make_profile("balanced", co=55.0, penalty_linear=0.0, penalty_step=0.0)
    values = play_trials(world, candidates, range(4), 5, base)
    shows = {name: values[:, :, k] for k, name in enumerate(CORE)}
    for x in (0.3, 1.0, 4.0, 20.0):
        again = play_trials(world, candidates, range(4), 5, replace(base, co=55.0 * x))[:, :, CORE.index("J")]
        slope, rest = split_costs(shows, "oversell")
        np.testing.assert_allclose(x * slope + rest, again, rtol=1e-12)
        best = int(again.mean(0).argmin())
        (here,) = (s for s in switch_points(shows, "oversell") if s.start <= x < s.stop)
        assert again.mean(0)[here.candidate] == pytest.approx(again.mean(0)[best])


def test_interval_of_a_known_crossing():
    """Lines 10 x and 30 + 5 x cross at 6; noise of sd 2 on the constant over 400 shows: sd of the crossing 2/5/20 = 0.02."""
    rng = stream(1, "test")
    slope = np.tile([10.0, 5.0], (400, 1))
    rest = np.column_stack([np.zeros(400), 30 + 2 * rng.standard_normal(400)])
    shows = {"J": slope + rest, "cost_oversold": slope, "cost_refunded": np.zeros((400, 2))}
    first, second = switch_points(shows, "oversell")
    assert (first.candidate, second.candidate) == (0, 1)
    assert first.stop == pytest.approx(6.0, abs=0.08)
    assert first.high - first.low == pytest.approx(2 * 1.96 * 0.02, rel=0.2)
    assert first.low < first.stop < first.high
    assert np.isnan(second.high)
    assert (first.start, second.stop) == SPAN


def test_whoever_is_best_somewhere_is_worth_a_look():
    rng = stream(2, "test")
    slope, rest = rng.random(500), rng.random(500)
    kept = set(worth_a_look(slope, rest, [499]).tolist())
    assert {k for k, _, _ in envelope(slope, rest)} <= kept
    assert 499 in kept


def test_candidates_that_play_alike_do_not_make_each_other_unsteady():
    """Nine columns of one and the same costs, and a dear one: whoever is asked about stays the cheapest in every study."""
    one = stream(3, "test").gamma(2.0, 100.0, size=60)
    shows = {name: np.zeros((60, 10)) for name in COSTS}
    shows["cost_oversold"][:] = one[:, None]
    shows["cost_oversold"][:, 9] += 500.0
    shows["J"] = shows["cost_oversold"] + one[::-1, None]
    assert [steady(shows, "oversell", k) for k in (0, 4, 8)] == [1.0, 1.0, 1.0]
    assert steady(shows, "oversell", 9) == 0.0
