"""Every shape of a cue: its mass is the integral of its height, and whoever reads a recording uses this very shape."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.contract import KERNEL_SHAPES, Kernel
from scenarios.kernels import half_times, height, mass
from sim.demand.intensity import AT_ONCE, landed, response


@pytest.mark.parametrize("shape", KERNEL_SHAPES)
def test_the_mass_is_the_integral_of_the_height(shape):
    for tau, end in ((10.0, 1000.0), (30.0, 20.0), (25.0, 60.0)):
        u = np.linspace(0.0, end, 200_001)
        by_hand = np.concatenate([[0.0], np.cumsum((height(shape, u[1:], tau, end) + height(shape, u[:-1], tau, end)) / 2)])
        assert np.allclose(mass(shape, u, tau, end), by_hand * u[1], atol=1e-5)
        assert Kernel(shape, 3.0, tau, end).area_s == pytest.approx(3.0 * by_hand[-1] * u[1], abs=1e-4)
        assert not height(shape, np.array([-1.0, end + 1.0]), tau, end).any()


def test_an_exponential_cue_has_its_own_mass_in_imputation_and_calibration():
    """Peak 1, tau 10 s: 10 s, where a block has 20."""
    assert Kernel("exponential", 1.0, 10.0, 1000.0).area_s == pytest.approx(10.0)
    assert response(1200, 1.0, np.array([0.0]), "exponential", 10.0, 1000.0).sum() == pytest.approx(10.0)
    assert landed("exponential", 10.0, 1000.0, AT_ONCE, np.array([1200.0]))[0] == pytest.approx(10.0)


@pytest.mark.parametrize("shape", KERNEL_SHAPES)
def test_half_times_lie_at_half_height(shape):
    rise, fall = half_times(shape, 40.0)
    peak = {"gamma": 40.0, "block": 20.0, "exponential": 0.0}[shape]
    assert height(shape, np.array([peak + fall]), 40.0, 1e4)[0] == pytest.approx(0.5, abs=1e-4)
    if rise:
        assert height(shape, np.array([peak - rise]), 40.0, 1e4)[0] == pytest.approx(0.5, abs=1e-4)
