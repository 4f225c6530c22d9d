"""T5 and T14: stock on hold is a queue (domain section 7)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scenarios.contract import Ledger
from scenarios.staffing import Feed, Screen, Touchpoints
from sim.core import world as W
from sim.core.tape import ACCEPTED, ORDER
from tests.textbook.worlds import PLAIN, assert_mean, assert_share, assert_variance, constant_world, paying, runs


def on_hold(rate: float, q: float, pay_s: float, hold_s: float, sweep_s: float, skus: int, shows: int) -> np.ndarray:
    """Units on hold per SKU and show, one reading a show, taken when the holds are in equilibrium."""
    end = math.ceil(hold_s + 2 * sweep_s + 10)
    world = constant_world(
        rate,
        [10**6] * skus,
        end + 1.0,
        shoppers=paying(q, pay_s),
        ledger=Ledger(hold_s=hold_s, sweep_s=sweep_s),
        feed=Feed(period_s=float(end), lag_s=0.0),
    )
    return np.concatenate([run.readings[-1, :, W.R_UNPAID] for run in runs(world, shows, 5)]).astype(float)


def mean_hold_s(q: float, pay_s: float, hold_s: float) -> float:
    """E[hold]: payers until they pay or are closed, the others until they are closed."""
    return q * pay_s * (1 - math.exp(-hold_s / pay_s)) + (1 - q) * hold_s


@pytest.mark.parametrize(
    ("rate", "q", "pay_s", "hold_s", "skus", "shows"),
    [(2.0, 0.85, 60.0, 900.0, 50, 6), (0.5, 0.6, 20.0, 120.0, 100, 20), (1.0, 1.0, 30.0, 60.0, 100, 20)],
)
def test_t05_holds_are_poisson(rate: float, q: float, pay_s: float, hold_s: float, skus: int, shows: int) -> None:
    """M/G/infinity: units on hold ~ Poisson(rate E[hold]), mean = variance, and its quantile. 300 to 2,000 SKU-shows."""
    mean = rate * mean_hold_s(q, pay_s, hold_s)
    held_units = on_hold(rate, q, pay_s, hold_s, 0.0, skus, shows)
    assert_mean(held_units, mean)
    assert_variance(held_units, mean)
    line = stats.poisson.ppf(0.9, mean)
    assert_share(held_units > line, float(stats.poisson.sf(line, mean)), "above the 90 % quantile")


def test_t05_printed() -> None:
    """Rate 2, 85 % pay after 60 s, else 900 s: 372.0, q95 = 404, P(> 410) = 0.0243."""
    mean = 2 * mean_hold_s(0.85, 60.0, 900.0)
    assert mean == pytest.approx(372.0, abs=0.01)
    assert stats.poisson.ppf(0.95, mean) == 404
    assert stats.poisson.sf(410, mean) == pytest.approx(0.0243, abs=5e-5)


@pytest.mark.parametrize("sweep_s", [30.0, 60.0])
def test_t05_a_sweep_adds_half_its_interval(sweep_s: float) -> None:
    """Closing runs every w seconds: rate (1 - q) w/2 more units on hold, averaged over the phase. 40 SKUs x 10 phases x 10."""
    rate, q, hold_s = 0.5, 0.5, 120.0
    end = hold_s + 4 * sweep_s
    world = constant_world(rate, [10**6] * 40, end + 1.0, shoppers=paying(q, 5.0), ledger=Ledger(hold_s=hold_s, sweep_s=sweep_s),
                           feed=Feed(period_s=sweep_s / 10, lag_s=0.0))  # fmt: skip
    samples = [run.readings[-31:-1, :, W.R_UNPAID].mean(0) for run in runs(world, 10, 51)]
    last = rate * (q * 5.0 + (1 - q) * (hold_s + sweep_s / 2))
    assert_mean(np.concatenate(samples), last, slack=rate * (1 - q) * sweep_s / 20)


# -- T14 --------------------------------------------------------------------------------------------------------


def erlang_b(load: float, units: int) -> float:
    """Loss probability of M/G/S/S: a^S/S! over the sum of a^k/k!."""
    return float(stats.poisson.pmf(units, load) / stats.poisson.cdf(units, load))


@pytest.mark.parametrize(
    ("load", "units", "printed"),
    [(50, 50, 0.104787), (50, 60, 0.021668), (50, 65, 0.006450), (10, 12, 0.119739), (5, 5, 0.284868)],
)
def test_t14_printed(load: float, units: int, printed: float) -> None:
    """B(a, S) as printed."""
    assert erlang_b(load, units) == pytest.approx(printed, abs=5e-7)


@pytest.mark.parametrize(("load", "units"), [(50.0, 50), (10.0, 12), (5.0, 5), (2.0, 1)])
@pytest.mark.parametrize("law", ["deterministic", "exponential"])
def test_t14_erlang_loss(load: float, units: int, law: str) -> None:
    """S units, each gone for a lead time L when ordered, then back; Poisson demand, lost sales: loss = B(rate L, S).

    One-for-one replenishment as the shop's own holds: nobody pays, every hold is L (deterministic); or everybody pays
    and cancels after Exp(L), and the unit returns (exponential). 60 SKU-shows, each one sample after a run-in of 10 L.
    """
    lead = 20.0
    rate = load / lead
    if law == "deterministic":
        shoppers, ledger = replace(PLAIN, never_pay=1.0), Ledger(hold_s=lead, sweep_s=0.0)
    else:
        shoppers = replace(PLAIN, pay_median_s=0.001, cancel_share=1.0, cancel_s=lead)
        ledger = Ledger(hold_s=3600.0, sweep_s=0.0, cancel_returns=True)
    orders_wanted = 3000.0
    world = constant_world(rate, [units] * 20, 10 * lead + orders_wanted / rate, shoppers=shoppers, ledger=ledger,
                           touchpoints=Touchpoints(product_page=Screen(0.0), cart=Screen(0.0)))  # fmt: skip
    lost = []
    for run in runs(world, 3, 14):
        tape = run.tape
        tried = (tape.kind == ORDER) & (tape.t > 10 * lead * 1e6)
        for k in range(20):
            mine = run.outcome[tried & (tape.sku == k)]
            lost.append(np.mean(mine < ACCEPTED))
    assert_mean(np.array(lost), erlang_b(load, units), slack=0.002 * (law == "exponential"))


@pytest.mark.parametrize(("load", "units", "p_wait", "backlog"), [(50.0, 60, 0.092265, 0.283642), (10.0, 12, None, None)])
def test_t14_backorder_twin(load: float, units: int, p_wait: float | None, backlog: float | None) -> None:
    """With backorders units on the way ~ Poisson(a): P(N >= S) and E[(N - S)+]. 2,000 SKU-shows."""
    shares = float(stats.poisson.sf(units - 1, load))
    k = np.arange(units, units + 400)
    short = float(np.sum((k - units) * stats.poisson.pmf(k, load)))
    if p_wait is not None and backlog is not None:
        assert shares == pytest.approx(p_wait, abs=5e-7)
        assert short == pytest.approx(backlog, abs=5e-7)
    held_units = on_hold(load / 30.0, 0.0, 1.0, 30.0, 0.0, 100, 20)
    assert_share(held_units >= units, shares, "waiting")
    assert_mean(np.maximum(held_units - units, 0), short, "backlog")
