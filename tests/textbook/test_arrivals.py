"""T3, T4, T6: how many people come, and when (domain section 7)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from scenarios.contract import Audience, Cue, Herding, Kernel, Push
from sim.core.tape import ACCEPTED, ORDER
from sim.demand.audience import room, survival
from sim.demand.draw import draw_tape
from sim.demand.pulses import uncued_times
from sim.demand.streams import stream
from tests.textbook.worlds import assert_mean, assert_share, assert_variance, constant_world, one_cue, runs

# -- T3 ---------------------------------------------------------------------------------------------------------


def shape(kernel: Kernel, u: np.ndarray) -> np.ndarray:
    """A kernel as written in the contract, independent of the generator."""
    if kernel.shape == "gamma":
        value = u / kernel.tau_s * np.exp(1 - u / kernel.tau_s)
    else:
        value = np.where(u <= kernel.tau_s, 1.0, np.exp(-(u - kernel.tau_s) / kernel.tau_s))
    return np.where((u >= 0) & (u <= kernel.duration_s), kernel.peak * value, 0.0)


CUES = [
    Cue(60.0, "s000", "pitch", peak=8.0, tau_s=20.0, duration_s=120.0),
    Cue(10.0, "s000", "pitch"),
    Cue(30.0, "s000", "link_drop"),
    Cue(20.0, "s000", "countdown", peak=40.0),
    Cue(5.0, "s000", "restock_call", tau_s=25.0, duration_s=20.0),
]


@pytest.mark.parametrize("cue", CUES)
def test_t03_a_cue_brings_its_kernels_area(cue: Cue) -> None:
    """Orders of a cue ~ Poisson(base x area): mean = variance. 50 cues a show, 40 shows; the area by quadrature."""
    kernel = cue.kernel()
    area = integrate.quad(lambda u: float(shape(kernel, np.array(u))), 0, kernel.duration_s, points=[kernel.tau_s])[0]
    assert kernel.area_s == pytest.approx(area, rel=1e-9)
    per_s = 60.0 / area
    world = one_cue(cue, per_s, 60 * kernel.duration_s)
    world = replace(world, cues=tuple(replace(cue, at_s=cue.at_s + 1.1 * kernel.duration_s * k) for k in range(50)))
    tapes = [draw_tape(world, 3, r) for r in range(40)]
    counts = np.concatenate([np.bincount(tape.cue[tape.kind == ORDER], minlength=50) for tape in tapes]).astype(float)
    assert_mean(counts, per_s * area)
    assert_variance(counts, per_s * area)


def test_t03_printed_gamma() -> None:
    """A = 8, tau = 20, D = 120: 8 e 20 (1 - 7 e^-6) = 427.379."""
    assert CUES[0].kernel().area_s == pytest.approx(427.379, abs=5e-4)


@pytest.mark.parametrize("cue", CUES[:4])
def test_t03_time_rescaled_gaps_are_exponential(cue: Cue) -> None:
    """Integrated intensity between orders ~ Exp(1): Kolmogorov-Smirnov p > 0.01 (one in a hundred by chance)."""
    kernel = cue.kernel()
    per_s = 4000 / kernel.area_s
    tape = draw_tape(one_cue(cue, per_s, cue.at_s + kernel.duration_s + 1), 31)
    u = tape.t[tape.kind == ORDER] / 1e6 - cue.at_s
    grid = np.linspace(0, kernel.duration_s, 200_001)
    done = integrate.cumulative_trapezoid(per_s * shape(kernel, grid), grid, initial=0)
    gaps = np.diff(np.interp(u, grid, done), prepend=0)
    assert stats.kstest(gaps, "expon").pvalue > 0.01


@pytest.mark.parametrize(
    ("base", "jump", "tau", "end", "printed"), [(0.5, 8.0, 45.0, 300.0, 508.262), (2.0, 3.0, 20.0, 100.0, None)]
)
def test_t03_any_intensity(base: float, jump: float, tau: float, end: float, printed: float | None) -> None:
    """rate = base + jump exp(-(t-60)/tau) from 60 s: mean = variance = base T + jump tau (1 - e^{-(T-60)/tau}). 2,000 draws."""
    theory = base * end + jump * tau * (1 - math.exp(-(end - 60) / tau))
    if printed:
        assert theory == pytest.approx(printed, abs=5e-4)
    grid = np.linspace(0, end, 20_001)
    curve = base + np.where(grid >= 60, jump * np.exp(-(grid - 60) / tau), 0.0)
    counts = np.array([len(uncued_times(stream(3, r, "any"), 1.0, (grid, curve))) for r in range(2000)], float)
    assert_mean(counts, theory)
    assert_variance(counts, theory)


# -- T4 ---------------------------------------------------------------------------------------------------------


def hawkes_world(mu: float, n: float, beta: float, duration_s: float, skus: int):
    """Immigrants at ``mu`` a second and SKU, branching ``n``, decay ``beta``."""
    return constant_world(mu, [10**6] * skus, duration_s, herding=Herding(True, n, 1 / beta))


def orders_by_sku(run) -> list[np.ndarray]:
    """Times [s] of accepted orders within the show, per SKU."""
    got = (run.tape.kind == ORDER) & (run.outcome >= ACCEPTED) & (run.tape.t < run.scenario.duration_s * 1e6)
    return [run.tape.t[got & (run.tape.sku == k)] / 1e6 for k in range(len(run.scenario.skus))]


@pytest.mark.parametrize(
    ("mu", "n", "beta", "end", "printed"),
    [(0.2, 0.6, 0.05, 1800.0, 885.0), (0.5, 0.3, 0.2, 60.0, None), (0.1, 0.8, 0.1, 200.0, None)],
)
def test_t04_hawkes_mean(mu: float, n: float, beta: float, end: float, printed: float | None) -> None:
    """Empty start: E[N] = mu T/(1-n) - mu n (1 - e^{-g T})/((1-n)^2 beta), g = beta (1-n). 200 to 2,000 SKU-shows."""
    g = beta * (1 - n)
    theory = mu * end / (1 - n) - mu * n * (1 - math.exp(-g * end)) / ((1 - n) ** 2 * beta)
    if printed:
        assert theory == pytest.approx(printed, abs=0.05)
    shows = 5 if printed else 50
    counts = [len(t) for run in runs(hawkes_world(mu, n, beta, end, 40), shows, 4) for t in orders_by_sku(run)]
    assert_mean(np.array(counts, float), theory)


@pytest.mark.parametrize(
    ("w", "n", "beta", "printed"),
    [(10.0, 0.6, 0.05, 1.4917), (60.0, 0.6, 0.05, 3.1927), (300.0, 0.6, 0.05, 5.3772), (20.0, 0.3, 0.2, None)],
)
def test_t04_hawkes_dispersion(w: float, n: float, beta: float, printed: float | None) -> None:
    """Stationary Fano factor F(w) = k^2 + (1 - k^2)(1 - e^{-g w})/(g w), k = 1/(1-n), g = beta (1-n).

    One window a SKU after a run-in of 12/g; 2,000 windows.
    """
    k, g = 1 / (1 - n), beta * (1 - n)
    fano = k * k + (1 - k * k) * (1 - math.exp(-g * w)) / (g * w)
    if printed:
        assert fano == pytest.approx(printed, abs=5e-5)
    mu, start = 0.04, 12 / g
    counts = []
    for run in runs(hawkes_world(mu, n, beta, start + w, 100), 20, 41):
        counts += [np.sum(t >= start) for t in orders_by_sku(run)]
    sample = np.array(counts, float)
    assert_mean(sample, mu * k * w)
    assert_variance(sample, fano * mu * k * w)


@pytest.mark.parametrize("n", [0.6, 0.3])
def test_t04_clusters_are_borel(n: float) -> None:
    """Cluster size ~ Borel(n): mean 1/(1-n), var n/(1-n)^3, P(k) = e^{-nk} (nk)^{k-1}/k!. Some 10,000 clusters."""
    tape = draw_tape(hawkes_world(1.0, n, 1.0, 500.0, 20), 42)
    root = np.arange(len(tape))
    child = np.flatnonzero((tape.kind == ORDER) & (tape.cause >= 0))
    for row in child[np.argsort(tape.t[child])]:
        root[row] = root[tape.cause[row]]
    sizes = np.bincount(root[tape.kind == ORDER])
    sizes = sizes[sizes > 0].astype(float)
    assert_mean(sizes, 1 / (1 - n))
    assert_variance(sizes, n / (1 - n) ** 3)
    for k in (1, 2, 3):
        borel = math.exp(-n * k) * (n * k) ** (k - 1) / math.factorial(k)
        assert_share(sizes == k, borel, f"clusters of {k}")
        if n == 0.6:
            assert borel == pytest.approx({1: 0.5488, 2: 0.1807, 3: 0.0893}[k], abs=5e-5)


# -- T6 ---------------------------------------------------------------------------------------------------------

STAYS = [
    Audience(arrivals_per_min=6000.0, bounce_share=1.0, bounce_s=120.0),
    Audience(arrivals_per_min=6000.0, bounce_share=0.0, stay_median_s=120.0, stay_sigma=0.0),
    Audience(arrivals_per_min=6000.0, bounce_share=0.0, stay_median_s=120.0 / math.exp(0.125), stay_sigma=0.5),
    Audience(arrivals_per_min=6000.0, bounce_share=0.5, bounce_s=40.0, stay_median_s=200.0, stay_sigma=0.0),
]


@pytest.mark.parametrize("audience", STAYS)
def test_t06_little(audience: Audience) -> None:
    """100 people a second who stay 120 s on average make a room of 12,000, for any law of stay; from empty as from full."""
    assert audience.mean_stay_s() == pytest.approx(120.0)
    stay = integrate.trapezoid(survival(audience, (grid := np.linspace(0, 6000, 400_001))), grid)
    assert stay == pytest.approx(120.0, rel=1e-3)
    warm, cold = room(audience, 4000.0)[1], room(replace(audience, warm=False), 4000.0)[1]
    assert warm == pytest.approx(12_000.0)
    assert cold[0] == 0
    assert cold[-1] == pytest.approx(12_000.0, rel=0.005)


@pytest.mark.parametrize("audience", STAYS)
def test_t06_a_push_adds_its_arrivals_times_their_stay(audience: Audience) -> None:
    """Viewer-seconds of a push = extra arrivals x mean stay (Little once more)."""
    grid, pushed = room(replace(audience, pushes=(Push(500.0, 2.0, 60.0),)), 4000.0)
    extra = integrate.trapezoid(pushed - 12_000.0, grid)
    assert extra == pytest.approx(100 * 2 * 60 * 120.0, rel=0.01)


def test_t06_the_room_reaches_the_tape() -> None:
    """What strategies read as viewers is that room."""
    world = replace(constant_world(1.0, [10], 60.0), audience=STAYS[0])
    world = replace(world, feed=replace(world.feed, period_s=10.0))
    assert draw_tape(world, 6).viewers == pytest.approx(12_000.0)
