"""Pulses: areas, counts, shapes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.contract import Kernel
from scenarios.kernels import KERNELS
from sim.demand.pulses import pulse_times, uncued_times
from sim.demand.streams import stream

FLAT = (np.linspace(0, 1000, 101), np.full(101, 500.0))


@pytest.mark.parametrize("kind", KERNELS)
def test_the_area_of_a_kernel_is_its_integral(kind):
    k = KERNELS[kind]
    u = np.linspace(0, k.duration_s, 400_001)
    shape = u / k.tau_s * np.exp(1 - u / k.tau_s) if k.shape == "gamma" else np.minimum(1, np.exp(-(u - k.tau_s) / k.tau_s))
    sharp = Kernel("exponential", 2.0, k.tau_s, k.duration_s)
    assert sharp.area_s == pytest.approx(2 * np.trapezoid(np.exp(-u / k.tau_s), u), rel=1e-6)
    assert k.area_s == pytest.approx(k.peak * np.trapezoid(shape, u), rel=1e-6)


@pytest.mark.parametrize(
    "kernel",
    [
        Kernel("gamma", 3.0, 20.0, 60.0),
        Kernel("block", 5.0, 12.0, 60.0),
        Kernel("block", 2.0, 30.0, 20.0),
        Kernel("exponential", 6.0, 25.0, 60.0),
    ],
)
def test_a_pulse_brings_as_many_as_its_area_says(kernel):
    """Mean of 400 pulses within 4 standard errors (error 6e-5); all inside the pulse."""
    rng, rate = stream(1, "pulse", kernel.shape, int(kernel.duration_s)), 0.002
    counts = []
    for _ in range(400):
        t = pulse_times(rng, kernel, 100.0, rate, FLAT)
        assert ((t >= 100.0) & (t <= 100.0 + kernel.duration_s)).all()
        counts.append(len(t))
    mean = 500 * rate * kernel.area_s
    assert abs(np.mean(counts) - mean) < 4 * math.sqrt(mean / 400)


def test_the_shelf_follows_the_room():
    """A room that doubles half-way brings two thirds of the orders in the second half (4 standard errors)."""
    grid = np.linspace(0, 1000, 2001)
    t = uncued_times(stream(2, "shelf"), 0.05, (grid, np.where(grid < 500, 1000.0, 2000.0)))
    share = (t >= 500).mean()
    assert abs(share - 2 / 3) < 4 * math.sqrt(2 / 9 / len(t))


def test_nobody_comes_to_an_empty_room():
    assert len(pulse_times(stream(3, "none"), Kernel(), 10.0, 1.0, (FLAT[0], np.zeros(101)))) == 0


def test_a_long_show_is_thinned_stretch_by_stretch_to_the_same_law(monkeypatch):
    """A day with one hot hour: more would have to be drawn under one bound than is drawn at all. Counts of 48 stretches against
    the integral of the intensity, chi-squared below its 99.9 % quantile; total within 4 standard errors."""
    grid = np.linspace(0.0, 86_400.0, 4000)
    curve = 100 + 20_000 * np.exp(-(((grid - 50_000) / 2000) ** 2))
    monkeypatch.setattr("sim.demand.pulses.AT_ONCE", 60_000)
    monkeypatch.setattr("sim.demand.pulses.MOST", 60_000)
    t = uncued_times(stream(4, "days"), 1e-4, (grid, curve))
    edges = np.linspace(0.0, 86_400.0, 49)
    whole = np.concatenate([[0.0], np.cumsum((curve[1:] + curve[:-1]) / 2 * np.diff(grid))]) * 1e-4
    due = np.diff(np.interp(edges, grid, whole))
    assert abs(len(t) - due.sum()) < 4 * np.sqrt(due.sum())
    assert (((np.histogram(t, edges)[0] - due) ** 2) / due).sum() < 84.0
