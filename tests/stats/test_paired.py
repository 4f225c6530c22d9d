"""Paired comparison against scipy and against what is known of rare events."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.stats.paired import difference, wilson


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def pairs(n: int = 30, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    show = rng(seed).normal(100, 20, n)
    return show + rng(seed + 1).normal(2, 1, n), show


def test_difference_agrees_with_scipy():
    a, b = pairs()
    gap, theirs = difference(a, b), stats.ttest_rel(a, b).confidence_interval(0.95)
    assert gap.n == 30
    assert gap.mean == pytest.approx(np.mean(a - b))
    assert (gap.low, gap.high) == pytest.approx((theirs.low, theirs.high))
    assert gap.variance_ratio == pytest.approx((a.var(ddof=1) + b.var(ddof=1)) / (a - b).var(ddof=1))
    assert gap.variance_ratio > 100


def test_pairs_without_a_value_are_left_out():
    gap = difference([1.0, math.nan, 4.0, 9.0], [0.0, 1.0, math.nan, 2.0])
    assert (gap.n, gap.mean) == (2, 4.0)
    assert math.isnan(difference([1.0], [2.0]).low)
    assert difference([1.0], [2.0]).mean == -1.0
    assert math.isnan(difference([], []).mean)


def test_equal_differences_need_no_more_shows():
    gap = difference([2.0, 3.0, 5.0], [1.0, 2.0, 4.0])
    assert (gap.low, gap.high, gap.variance_ratio) == (1.0, 1.0, math.inf)
    assert math.isnan(difference([1.0, 1.0], [1.0, 1.0]).variance_ratio)


def test_intervals_cover_as_often_as_they_say():
    inside = [d.low <= 2 <= d.high for d in (difference(*pairs(8, 10 * s)) for s in range(1, 601))]
    assert abs(np.mean(inside) - 0.95) <= 4 * math.sqrt(0.95 * 0.05 / 600)


def test_none_of_200_means_up_to_two_percent():
    low, high = wilson(0, 200)
    assert low == 0.0
    assert round(100 * high, 1) == 1.9
    assert wilson(200, 200) == pytest.approx((1 - high, 1.0))
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("events", "trials"), [(0, 10), (1, 10), (7, 30), (30, 30), (50, 1000)])
def test_wilson_agrees_with_scipy(events, trials):
    theirs = stats.binomtest(events, trials).proportion_ci(method="wilson")
    assert wilson(events, trials) == pytest.approx((theirs.low, theirs.high))
