"""The shared mathematics against scipy and the domain's closed forms (T17-T20)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.demand.streams import stream
from strategies import maths, tails
from strategies.newsvendor_freeze import quantile


@pytest.mark.parametrize("x", [0.01, 0.5, 1.5, 2.0, 7.9, 8.0, 33.3, 1e4, 1e8])
def test_log_gamma(x):
    assert tails.log_gamma(x) == pytest.approx(math.lgamma(x), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("p", [1e-12, 1e-5, 0.02, 0.074, 0.076, 0.3, 0.5, 0.8, 0.99, 1 - 1e-9])
def test_normal_quantile(p):
    assert tails.normal_quantile(p) == pytest.approx(stats.norm.ppf(p), abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "chance"), [(60, 0.0014595), (70, 0.080733), (80, 0.512140), (90, 0.910883)], ids=lambda v: str(v)
)
def test_time_to_empty_T17(seconds, chance):
    assert tails.upper_tail(120.0, 1.5 * seconds, 1.5 * seconds) == pytest.approx(chance, abs=1e-6)
    assert tails.upper_tail(120.0, 1.5 * seconds, 1.5 * seconds) == pytest.approx(stats.gamma.cdf(seconds, 120, scale=1 / 1.5))


@pytest.mark.parametrize("late", ["stock", "orders"])
@pytest.mark.parametrize("apart_s", [0, 2, 10])
@pytest.mark.parametrize("leaves", ["order", "payment"])
def test_how_stock_leaves_is_seen_from_figures_of_different_ages(leaves, apart_s, late):
    """A burst amid steady sales, payments 18 s later (median), one order in eight never paid and closed after 15 min."""
    r = np.random.Generator(np.random.PCG64(7))
    t = np.arange(1300)
    n = r.poisson(np.where((t >= 600) & (t < 640), 8.0, 0.3))
    at = np.repeat(t, n)
    pays, never = at + r.lognormal(np.log(18), 1.0, len(at)), r.random(len(at)) < 0.12
    orders = np.cumsum(n)
    paid = (pays[~never] <= t[:, None]).sum(1)
    stock = 2000 - (paid if leaves == "payment" else orders - (at[never] + 900 <= t[:, None]).sum(1))
    m, answers = np.zeros(maths.PAYS_LATER), []
    for k in t.tolist():
        a, b = (max(0, k - apart_s), k) if late == "stock" else (k, max(0, k - apart_s))
        apart = float(b - a)
        answers.append(maths.pays_later(m, 0, float(k), float(stock[a]), float(orders[b]), float(paid[b]), apart))
    assert answers[599] == answers[645] == answers[-1] == (leaves == "payment")


def test_gamma_poisson_T18():
    assert tails.upper_tail(120.0, 90.0, 180.0) == pytest.approx(stats.nbinom.sf(119, 90, 0.5), rel=1e-9)
    assert tails.upper_tail(120.0, 90.0, 990.0) == pytest.approx(0.167675, abs=1e-6)
    assert (tails.line_at(90.0, 990.0, 0.05), tails.line_at(90.0, 990.0, 0.01)) == (147.0, 178.0)
    assert (quantile(90.0, 0.05), quantile(90.0, 0.01)) == (106.0, 113.0)


def test_reorder_point_T19():
    assert quantile(90.0, 0.01) == 113.0
    assert 90 + tails.normal_quantile(0.99) * math.sqrt(90) == pytest.approx(112.07, abs=0.005)
    assert 90 + tails.normal_quantile(0.99) * math.sqrt(90 + 0.5**2 * 60**2) == pytest.approx(163.19, abs=0.01)


def test_tail_against_scipy_everywhere():
    rng = stream(7, "tail")
    for _ in range(3000):
        mean, d = 10 ** rng.uniform(-3, 4.5), rng.choice([1.0, 1.001, 1.1, 2.0, 10.0, 100.0, 1000.0])
        n = max(0, math.floor(mean + math.sqrt(mean * d) * rng.uniform(-4, 8)))
        truth = stats.poisson.sf(n - 1, mean) if d == 1 else stats.nbinom.sf(n - 1, mean / (d - 1), 1 / d)
        assert tails.upper_tail(float(n), mean, mean * d) == pytest.approx(truth, abs=1e-7)


def test_exceeds_is_the_tail_compared():
    """Early exits may only save time: where the law is summed the answer equals the exact comparison."""
    rng = stream(8, "exceeds")
    for _ in range(3000):
        mean, d, chance = 10 ** rng.uniform(-2, 2.5), rng.choice([1.0, 1.5, 5.0, 20.0]), rng.uniform(0.001, 0.999)
        stock = math.floor(mean + math.sqrt(mean * d) * rng.uniform(-3, 12))
        if mean * d > 2500.0:
            continue
        truth = 1.0 if stock <= 0 else tails.upper_tail(float(stock), mean, mean * d)
        if abs(truth - chance) > 1e-9:
            assert tails.exceeds(float(stock), mean, mean * d, chance) == (truth > chance)


def test_the_line_is_as_near_as_runs_out_believes():
    """Within 1 + sd/size units of the exact quantile, everywhere a setting may lead: what decides without the sum."""
    rng = stream(10, "line")
    for _ in range(6000):
        mean, size, edge = 10 ** rng.uniform(-4, 5.5), 10 ** rng.uniform(-2, 6), 10 ** rng.uniform(-4, -0.31)
        chance = edge if rng.random() < 0.7 else 1.0 - edge
        poisson = mean <= 1e-4 * size or rng.random() < 0.2
        variance = mean if poisson else mean * (1 + mean / size)
        truth = stats.poisson.ppf(1 - chance, mean) if poisson else stats.nbinom.ppf(1 - chance, size, mean / variance)
        slack = 1.0 if poisson else 1.0 + math.sqrt(variance) / size
        assert abs(tails.line_at(mean, variance, chance) - truth) <= slack, (mean, size, chance)


def test_runs_out_decides_as_the_tail_does():
    """One line given, any stock: below the spread at which the line decides alone, never another answer than the sum's."""
    rng = stream(11, "runs out")
    for _ in range(4000):
        mean, d, chance = 10 ** rng.uniform(-3, 2.7), rng.choice([1.0, 1.3, 3.0, 12.0]), rng.uniform(0.0005, 0.9995)
        if mean * d > 2500.0:
            continue
        line = tails.line_at(mean, mean * d, chance)
        for stock in (max(0.0, line + k) for k in (-5.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 9.0, 60.0)):
            truth = tails.upper_tail(stock, mean, mean * d)
            if abs(truth - chance) > 1e-9:
                assert tails.runs_out(stock, line, mean, mean * d, chance) == (truth > chance)


def test_what_is_kept_is_what_would_be_computed():
    """Weights and quantiles kept for equal readings are those of a first reading, bit for bit."""
    kept = np.zeros(maths.FADING)
    for dt in (1.0, 1.0, 0.3, 1.0, 1.0, 7.0):
        fresh = np.zeros(maths.FADING)
        maths.fading(kept, 0, dt, 20.0)
        maths.fading(fresh, 0, dt, 20.0)
        assert kept.tolist() == fresh.tolist()
    cells = np.zeros(tails.KEPT)
    for chance in (0.2, 0.2, 0.25, 0.2):
        assert tails.line_for(cells, 0, 90.0, 180.0, chance) == tails.line_at(90.0, 180.0, chance)


def test_line_is_the_series_of_cornish_and_fisher():
    """The law's first four moments as the textbook has them, where no correction is held back."""
    rng = stream(9, "line")
    for _ in range(1000):
        mean, d, chance = 10 ** rng.uniform(1.5, 4), rng.uniform(1.0, 3.0), rng.uniform(0.02, 0.6)
        sd, z = math.sqrt(mean * d), tails.normal_quantile(1.0 - chance)
        g, k = (2 * d - 1) / sd, (6 * d * d - 6 * d + 1) / (mean * d)
        last = (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * g * g / 36
        if abs(last) < max(0.5 * abs(z * z - 1) * g / 6, 0.25):
            whole = mean + sd * (z + (z * z - 1) * g / 6 + last) + 0.5
            assert tails.line_at(mean, mean * d, chance) == math.floor(whole)


def test_exceeds_beyond_the_sum_is_right_to_a_hundredth():
    rng = stream(9, "exceeds")
    for _ in range(1000):
        mean, size, chance = 10 ** rng.uniform(2.5, 5), 10 ** rng.uniform(1.01, 4), rng.choice([0.02, 0.2, 0.5, 0.8])
        variance = mean * (1 + mean / size)
        if variance <= 2500.0:
            continue
        line = tails.line_at(mean, variance, chance)
        assert stats.nbinom.sf(line - 1, size, mean / variance) == pytest.approx(chance, abs=0.015)


@pytest.mark.parametrize("mean", [0.0, 1e-300, 1e-9, 0.02, 1.0, 7.0, 95.2, 3000.0])
@pytest.mark.parametrize("chance", [0.01, 0.25, 0.8])
def test_quantile_is_scipys(mean, chance):
    assert quantile(mean, chance) == (stats.poisson.ppf(1 - chance, mean) if mean > 0 else 0.0)


@pytest.mark.parametrize("mean", [0.0, 1e-300, 1e-30, 1e-9, 1e-3, 1.0, 1e6, 1e18])
@pytest.mark.parametrize("d", [1.0, 3.0, 1e6])
def test_line_is_finite_and_near_zero_for_nothing(mean, d):
    for chance in (0.001, 0.2, 0.999):
        line = tails.line_at(mean, mean * d, chance)
        assert 0.0 <= line <= tails.HUGE
        if mean < 1e-8 and d < 10:
            assert line == 0.0


def ewma(values, alpha):
    memory, out = np.zeros(maths.REMEMBER), []
    for x in values:
        maths.remember(memory, 0, 1.0, x, 1.0, -1.0 / math.log(1.0 - alpha))
        out.append(memory[0] / memory[1])
    return np.array(out)


@pytest.mark.parametrize(("alpha", "factor"), [(0.1, 0.05263), (0.3, 0.17647)])
def test_ewma_variance_T20(alpha, factor):
    rates = ewma(stream(3, "ewma").normal(0.0, 1.0, 60000), alpha)[200:]
    # The variance of a variance of autocorrelated values: about factor sqrt(2 (2 - alpha)/(alpha n)).
    error = factor * math.sqrt(2 * (2 - alpha) / (alpha * len(rates)))
    assert rates.var() == pytest.approx(factor, abs=4 * error)


def test_ewma_step_and_ramp_T20():
    step = ewma(np.r_[np.zeros(500), np.ones(20)], 0.2)[500:]
    assert step[6] < 0.8 < step[7], "80 % after 7.2 ticks"
    ramp = ewma(0.5 * np.arange(500.0), 0.2)
    assert 0.5 * 499 - ramp[-1] == pytest.approx(4 * 0.5, rel=1e-9)


def test_ewma_does_not_depend_on_how_often_it_is_fed():
    fine, coarse = np.zeros(maths.REMEMBER), np.zeros(maths.REMEMBER)
    for _ in range(60):
        maths.remember(fine, 0, 1.0, 3.0, 1.0, 20.0)
    for _ in range(4):
        maths.remember(coarse, 0, 15.0, 45.0, 15.0, 20.0)
    assert fine[:2] == pytest.approx(coarse[:2], rel=1e-12)


def test_fresh_skips_what_touches_a_closure():
    memory = np.zeros(maths.FRESH)
    assert maths.fresh(memory, 0, 10.0, 5.0, 100.0, 0.0) == (10.0, 5.0)
    assert maths.fresh(memory, 0, 20.0, 9.0, 100.0, 1.0) == (0.0, 0.0), "closed within the interval"
    assert maths.fresh(memory, 0, 30.0, 9.0, 100.0, 0.0) == (0.0, 0.0), "opened within the interval"
    assert maths.fresh(memory, 0, 40.0, 12.0, 100.0, 0.0) == (10.0, 3.0)
    assert maths.fresh(memory, 0, 50.0, 99.0, 0.0, 0.0) == (0.0, 0.0), "sold out: demand is censored"


@pytest.mark.parametrize("gaps", [[1.0] * 900, [7.0, 0.5, 61.0] * 40, [400.0] * 8, [0.1] * 3000])
def test_window_rate_is_the_count_over_the_window(gaps):
    """At steady sales, interpolation between bucket edges is exact whatever the gaps."""
    memory, window = np.zeros(maths.RING_CELLS), 300.0
    for gap in gaps:
        maths.roll(memory, 0, gap, 2.0 * gap, window)
        assert maths.window_rate(memory, 0, window) == pytest.approx(2.0, rel=1e-9)
    assert maths.window_slope(memory, 0, window) == pytest.approx(2.0, rel=1e-9)


def test_window_forgets_what_left_it():
    memory = np.zeros(maths.RING_CELLS)
    for i in range(1200):
        maths.roll(memory, 0, 1.0, 5.0 if i < 600 else 1.0, 300.0)
        if i == 749:
            assert maths.window_rate(memory, 0, 300.0) == pytest.approx(3.0, rel=1e-9)
    assert maths.window_rate(memory, 0, 300.0) == pytest.approx(1.0, rel=1e-9)


def test_slope_is_numpys_fit():
    memory, rng = np.zeros(maths.RING_CELLS), stream(5, "slope")
    edges = [0.0]
    for _ in range(50):
        units = float(rng.poisson(8))
        maths.roll(memory, 0, 10.0, units, 300.0)
        edges.append(edges[-1] + units)
    assert maths.window_slope(memory, 0, 300.0) == pytest.approx(np.polyfit(10.0 * np.arange(31), edges[-31:], 1)[0], rel=1e-9)
