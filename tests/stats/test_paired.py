"""Paired comparison against scipy and against what is known of rare events."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.stats.paired import bootstrap, compare, difference, oversell_rate, wilson


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def pairs(n: int = 30, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    show = rng(seed).normal(100, 20, n)
    return show + rng(seed + 1).normal(2, 1, n), show


def test_difference_agrees_with_scipy():
    a, b = pairs()
    found, theirs = difference(a, b), stats.ttest_rel(a, b).confidence_interval(0.95)
    assert found.n == 30
    assert found.mean == pytest.approx(np.mean(a - b))
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert found.variance_ratio == pytest.approx((a.var(ddof=1) + b.var(ddof=1)) / (a - b).var(ddof=1))
    assert found.variance_ratio > 100


def test_pairs_without_a_value_are_left_out():
    found = difference([1.0, math.nan, 4.0, 9.0], [0.0, 1.0, math.nan, 2.0])
    assert (found.n, found.mean) == (2, 4.0)
    assert math.isnan(difference([1.0], [2.0]).low)
    assert difference([1.0], [2.0]).mean == -1.0
    assert math.isnan(difference([], []).mean)


def test_equal_differences_need_no_more_shows():
    found = difference([2.0, 3.0, 5.0], [1.0, 2.0, 4.0])
    assert (found.low, found.high, found.variance_ratio) == (1.0, 1.0, math.inf)
    assert math.isnan(difference([1.0, 1.0], [1.0, 1.0]).variance_ratio)


def test_intervals_cover_as_often_as_they_say():
    inside = [d.low <= 2 <= d.high for d in (difference(*pairs(8, 10 * s)) for s in range(1, 601))]
    assert abs(np.mean(inside) - 0.95) <= 4 * math.sqrt(0.95 * 0.05 / 600)


def table() -> pd.DataFrame:
    a, b = pairs(10)
    rows = [{"scenario": s, "strategy": n, "replicate": r, "J": v[r] * k}
            for s, k in (("x", 1), ("y", -1)) for n, v in (("new", a), ("silent", b)) for r in range(10)]  # fmt: skip
    return pd.DataFrame(rows).sample(frac=1, random_state=1)


def test_compare_pairs_by_scenario_and_replicate():
    a, b = pairs(10)
    found = compare(table(), "silent", ["J"]).set_index("scenario")
    assert found.loc["x", "mean"] == pytest.approx(np.mean(a - b))
    assert found.loc["y", "mean"] == pytest.approx(-np.mean(a - b))
    assert found["n"].tolist() == [10, 10]
    assert found["clear"].all()
    assert set(found["strategy"]) == {"new"}


def test_compare_uses_only_tapes_that_both_ran_on():
    part = table()
    part = part[~((part["strategy"] == "silent") & (part["replicate"] > 5))]
    assert compare(part, "silent", ["J"])["n"].tolist() == [6, 6]


def test_compare_refuses_what_it_cannot_pair():
    with pytest.raises(ValueError, match="silent"):
        compare(table(), "silnt", ["J"])
    with pytest.raises(ValueError, match="twice"):
        compare(pd.concat([table(), table()]), "silent", ["J"])


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


def test_bootstrap_of_shows_knows_that_oversells_cluster():
    orders = np.full(200, 500.0)
    clustered = np.where(np.arange(200) < 4, 100.0, 0.0)
    spread = np.full(200, 2.0)
    rate, low, high = oversell_rate(clustered, orders, rng())
    assert rate == pytest.approx(0.004)
    assert low < 0.0015
    assert high > 0.007
    rate, low, high = oversell_rate(spread, orders, rng())
    assert (low, high) == pytest.approx((0.004, 0.004))
    assert oversell_rate(clustered, orders, rng()) == oversell_rate(clustered, orders, rng())


def test_bootstrap_of_a_mean_agrees_with_theory():
    x = rng(5).normal(10, 3, 400)
    low, high = bootstrap(x[:, None], lambda mean: mean[:, 0], rng(6), draws=8000)
    half = 1.96 * x.std(ddof=1) / 20
    assert (low, high) == pytest.approx((x.mean() - half, x.mean() + half), abs=0.05 * half + 0.01)
