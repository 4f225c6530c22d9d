"""Responses and delays on a grid equal their closed forms and what the generator draws; imputation and calibration use them."""

import numpy as np
import pytest

from scenarios.contract import KERNEL_SHAPES, Kernel
from sim.demand.intensity import Carts, ahead, excited, landed, response, waiting
from sim.demand.streams import stream


@pytest.mark.parametrize("shape", KERNEL_SHAPES)
@pytest.mark.parametrize("step", [0.5, 1.0, 60.0])
def test_a_response_has_the_generators_area(shape, step):
    kernel = Kernel(shape, 1.0, 37.0, 240.0)
    bins = round(600 / step)
    expected = response(bins, step, np.array([17.3, 200.0]), shape, 37.0, 240.0)
    assert expected.sum() == pytest.approx(2 * kernel.area_s, rel=1e-12)


def test_a_response_cut_by_the_edges_keeps_what_lies_inside():
    whole = response(300, 1.0, np.array([150.0]), "gamma", 20.0, 100.0)
    assert np.allclose(response(200, 1.0, np.array([150.0]), "gamma", 20.0, 100.0), whole[:200])
    assert np.allclose(response(150, 1.0, np.array([0.0]), "gamma", 20.0, 100.0), whole[150:])


def test_t3_gamma_kernel_area():
    """Check T3 of the domain notes: A = 8, tau = 20 s, D = 120 s gives 427.4 extra orders."""
    assert 8 * response(200, 1.0, np.array([0.0]), "gamma", 20.0, 120.0).sum() == pytest.approx(427.38, abs=0.01)


def test_followers_of_a_bin_add_up_to_the_branching():
    feed = np.zeros(4000)
    feed[0] = 1.0
    past, own = excited(feed, 1.0, 20.0)
    assert past.sum() + own == pytest.approx(1.0, abs=1e-9)
    assert (past @ np.arange(4000)) == pytest.approx(20.0, rel=1e-6)


def test_binned_lognormal_delays():
    law = waiting(1.0, Carts(0.0, "lognormal", 45.0, 1.2), 20_000.0)
    assert law.min() >= -1e-12
    assert law.sum() == pytest.approx(1.0, abs=1e-5)
    draws = stream(1, "test").random(200_000) + 45.0 * np.exp(1.2 * stream(2, "test").standard_normal(200_000))
    seen = np.bincount(draws.astype(int), minlength=200)[:200] / len(draws)
    assert np.abs(np.cumsum(seen) - np.cumsum(law[:200])).max() < 0.005


@pytest.mark.parametrize("shape", KERNEL_SHAPES)
def test_a_grid_of_bins_and_exact_stretches_tell_the_same_demand(shape):
    """Calibration counts in bins, imputation in stretches cut anywhere: one model, the cart path included."""
    carts = Carts(0.7, "lognormal", 45.0, 1.2)
    expected = response(5000, 2.0, np.array([17.3]), shape, 25.0, 120.0, carts)
    edges = np.array([18.0, 40.0, 200.0, 9000.0])
    exact = np.diff(landed(shape, 25.0, 120.0, carts, edges - 17.3))
    grid = np.interp(edges, np.arange(5001) * 2.0, np.concatenate([[0.0], np.cumsum(expected)]))
    assert np.diff(grid) == pytest.approx(exact, abs=1e-6)


def test_early_orders_all_come_before_their_cue():
    early = ahead(100, 10.0, np.array([55.0, 505.0, 2000.0]), 120.0)
    assert early.sum() == pytest.approx(2.0)
    assert early[6:51].sum() == pytest.approx(1.0, abs=0.02)
    assert not early[51:].any()
