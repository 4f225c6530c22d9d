"""T9 and T10: how much a shop that deducts on payment oversells, and where to freeze it (domain section 7)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scenarios.contract import Leaks, Ledger, Scenario
from scenarios.staffing import Feed
from sim.core.policy import Policy
from sim.core.response import Action, Playbook
from sim.setup.policies import make_policy
from strategies.newsvendor_freeze import quantile
from tests.sizes import sized
from tests.textbook.worlds import assert_mean, assert_share, assert_variance, constant_world, excesses, paying

PERIOD_S = 0.2
"""A reading every so often in T10; a crossing is seen half of this later on average."""


def pay_deduct(rate: float, eta: float, alpha: float, stocks: list[int], lag_s: float = 0.0, more_s: float = 0.0) -> Scenario:
    """Stock leaves on payment. Each unpaid order pays at hazard ``eta`` and is given up at hazard ``alpha`` [1/s].

    Of orders, q = eta/(eta + alpha) are paid, those after Exp(eta + alpha): competing hazards.
    """
    q, hazard = eta / (eta + alpha), eta + alpha
    out = (max(stocks) + 8 * math.sqrt(max(stocks))) / (q * rate) + 6 / hazard
    return constant_world(
        rate,
        stocks,
        out + lag_s + more_s,
        shoppers=paying(q, 1 / hazard),
        ledger=Ledger(mode="deduct_on_payment", hold_s=max(1.0, 40 / hazard), sweep_s=0.0, late_payment="accept"),
        leaks=Leaks(stale_read_s=lag_s),
    )


def in_flight(rate: float, eta: float, alpha: float, lag_s: float) -> float:
    """q (rho + rate L): units still taken after the decision to close; rho = rate/(eta + alpha) orders are unpaid."""
    return eta / (eta + alpha) * (rate / (eta + alpha) + rate * lag_s)


@pytest.mark.parametrize(
    ("rate", "eta", "alpha", "lag_s", "skus", "shows"),
    [
        (2.0, 1 / 60, 1 / 340, 5.0, 40, 8),
        (0.5, 1 / 60, 1 / 340, 5.0, 80, 25),
        (1.0, 1 / 15, 1 / 30, 0.0, 80, 25),
        (3.0, 0.5, 0.1, 8.0, 80, 25),
    ],
)
def test_t09_pay_deduct_oversell(rate: float, eta: float, alpha: float, lag_s: float, skus: int, shows: int) -> None:
    """Large S: oversell ~ Poisson(q (rho + rate L)), mean = variance. 320 to 2,000 SKU-shows."""
    theory = in_flight(rate, eta, alpha, lag_s)
    stock = round(8 * rate * eta / (eta + alpha) ** 2)
    over = excesses(pay_deduct(rate, eta, alpha, [stock] * skus, lag_s), shows, 9)
    assert_mean(over, theory)
    assert_variance(over, theory)


@pytest.mark.long
def test_t09_printed_at_length() -> None:
    """Poisson(95.2) for S = 2,000, 400 or 2,000 SKU-shows (simulated elsewhere: mean 95.0, variance 92.6)."""
    over = excesses(pay_deduct(2.0, 1 / 60, 1 / 340, [2000] * 40, 5.0), sized(10, 50), 91)
    assert_mean(over, 95.2)
    assert_variance(over, 95.2)


def test_t09_printed() -> None:
    """Rate 2, eta 1/60, alpha 1/340, L 5: 95.2; S = 100: about 83.7 with rho (1 - e^{-(eta + alpha) T0})."""
    eta, alpha = 1 / 60, 1 / 340
    assert in_flight(2.0, eta, alpha, 5.0) == pytest.approx(95.2, abs=1e-9)
    assert transient(2.0, eta, alpha, 5.0, 100) == pytest.approx(83.7, abs=0.3)


def transient(rate: float, eta: float, alpha: float, lag_s: float, stock: int) -> float:
    """The same for small S: rho has only had the time T0 to build up in which S units are paid, from nothing."""
    q, hazard = eta / (eta + alpha), eta + alpha
    t0 = next(t for t in np.arange(0, 1e4, 0.01) if q * rate * (t - (1 - math.exp(-hazard * t)) / hazard) >= stock)
    return q * (rate / hazard * (1 - math.exp(-hazard * t0)) + rate * lag_s)


@pytest.mark.parametrize(("rate", "eta", "alpha", "stock"), [(2.0, 1 / 60, 1 / 340, 100), (1.0, 1 / 30, 1 / 60, 40)])
def test_t09_small_stock(rate: float, eta: float, alpha: float, stock: int) -> None:
    """S = 100: about 83.7 (simulated elsewhere 83.6). First order in the random T0, so 1 % of slack. 1,600 SKU-shows."""
    theory = transient(rate, eta, alpha, 5.0, stock)
    over = excesses(pay_deduct(rate, eta, alpha, [stock] * 40, 5.0), 40, 92)
    assert_mean(over, theory, slack=0.01 * theory)


def test_t09_limits() -> None:
    """Instant payment leaves rate x L; no lag and instant payment leave nothing. Compare 600 SKU-shows."""
    over = excesses(pay_deduct(2.0, 1000.0, 0.0, [60] * 20, 4.0), 30, 93)
    assert_mean(over, 8.0, slack=0.01)
    assert (excesses(pay_deduct(2.0, 1e5, 0.0, [60] * 20), 3, 94) <= 1).all()


# -- T10 --------------------------------------------------------------------------------------------------------


def freeze_book(latency_s: float, resolved: tuple[Action, ...] = ()) -> Playbook:
    """Freeze on emergency; in all ``latency_s`` from crossing the line to the effect."""
    auto_s = latency_s - PERIOD_S / 2
    return Playbook("freeze", emergency=(Action("freeze", "auto"),), resolved=resolved, auto_s=auto_s, propagate_s=0.0)


def freeze_at(line: int, latency_s: float) -> Policy:
    """Freeze once a reading is at the line."""
    return make_policy("fixed_count", {"units": float(line), "emergency_share": 1.0}, playbook=freeze_book(latency_s))


def losses(mean: float, line: int) -> tuple[float, float]:
    """E[(X - B)+] and E[(B - X)+], X ~ Poisson(m): m P(X >= B) - B P(X > B), and that plus B - m."""
    over = mean * stats.poisson.sf(line - 1, mean) - line * stats.poisson.sf(line, mean)
    return float(over), float(over + line - mean)


@pytest.mark.parametrize(
    ("line", "p_over", "over", "unsold"),
    [(100, 0.2894, 1.9800, 6.7800), (110, 0.0611, 0.3057, 15.106), (120, 0.00611, 0.0242, 24.824)],
)
def test_t10_printed(line: int, p_over: float, over: float, unsold: float) -> None:
    """X ~ Poisson(95.2) frozen at B."""
    assert stats.poisson.sf(line, 95.2) == pytest.approx(p_over, abs=1e-4)
    assert losses(95.2, line) == pytest.approx((over, unsold), abs=1e-3)


@pytest.mark.parametrize(
    ("co", "cu", "line", "cost"), [(30.0, 5.0, 106, 78.43), (60.0, 20.0, 102, 250.76), (100.0, 2.0, 116, 48.99)]
)
def test_t10_best_line_printed(co: float, cu: float, line: int, cost: float) -> None:
    """The strategies' quantile and the cheapest line by search are the printed ones."""
    assert quantile(95.2, cu / (co + cu)) == line
    costs = {b: co * losses(95.2, b)[0] + cu * losses(95.2, b)[1] for b in range(60, 160)}
    assert min(costs, key=costs.__getitem__) == line
    assert costs[line] == pytest.approx(cost, abs=0.01)


def frozen(rate: float, eta: float, alpha: float, latency_s: float, skus: int) -> Scenario:
    """A pay-deduct show watched closely; nobody but the freeze closes it."""
    stock = round(8 * rate * eta / (eta + alpha) ** 2)
    world = pay_deduct(rate, eta, alpha, [stock] * skus, more_s=latency_s)
    return replace(world, feed=Feed(period_s=PERIOD_S, lag_s=0.0))


@pytest.mark.parametrize(
    ("rate", "eta", "alpha", "latency_s", "lines", "shows"),
    [
        (2.0, 1 / 60, 1 / 340, 5.0, (100, 110), 8),
        (0.5, 1 / 20, 1 / 80, 8.0, (11, 14), 50),
        (1.0, 1 / 10, 1 / 40, 3.0, (8, 13), 50),
    ],
)
def test_t10_frozen_at_a_line(
    rate: float, eta: float, alpha: float, latency_s: float, lines: tuple[int, ...], shows: int
) -> None:
    """X - B with X ~ Poisson(q (rho + rate L)): oversold max(0, X - B), left max(0, B - X). 320 to 2,000 SKU-shows."""
    mean = in_flight(rate, eta, alpha, latency_s)
    world = frozen(rate, eta, alpha, latency_s, 40)
    for line in lines:
        gained = excesses(world, shows, 10, freeze_at(line, latency_s))
        over, unsold = losses(mean, line)
        assert_mean(np.maximum(gained, 0), over, f"oversold at {line}")
        assert_mean(np.maximum(-gained, 0), unsold, f"left at {line}")
        assert_share(gained > 0, float(stats.poisson.sf(line, mean)), f"oversold at all at {line}")


@pytest.mark.parametrize(("co", "cu"), [(30.0, 5.0), (60.0, 20.0), (100.0, 2.0)])
def test_t10_a_sweep_finds_the_newsvendor_line(co: float, cu: float) -> None:
    """The cheapest simulated line is the critical quantile within simulation error: no other is significantly cheaper.

    Costs of lines around it on the same 400 SKU-shows, compared in pairs.
    """
    rate, eta, alpha, latency_s = 0.5, 1 / 20, 1 / 80, 8.0
    mean = in_flight(rate, eta, alpha, latency_s)
    best = int(stats.poisson.ppf(co / (co + cu), mean))
    assert quantile(mean, cu / (co + cu)) == best
    world = frozen(rate, eta, alpha, latency_s, 40)
    cost = {}
    for line in (best - 6, best - 3, best, best + 3, best + 6):
        gained = excesses(world, 10, 11, freeze_at(line, latency_s))
        cost[line] = np.where(gained > 0, co * gained, -cu * gained)
    for line, other in cost.items():
        gain = cost[best] - other
        assert gain.mean() <= 4 * gain.std(ddof=1) / math.sqrt(len(gain)) or line == best
    assert cost[best].mean() < min(cost[best - 6].mean(), cost[best + 6].mean())


def test_t10_the_strategy_finds_it_by_itself() -> None:
    """newsvendor_freeze, which sees unpaid units and estimates the rate, stays near the best line that knows the rate."""
    rate, eta, alpha, latency_s, co, cu = 0.5, 1 / 20, 1 / 80, 8.0, 30.0, 5.0
    q = eta / (eta + alpha)
    world = frozen(rate, eta, alpha, latency_s, 40)
    best = quantile(in_flight(rate, eta, alpha, latency_s), cu / (co + cu))
    fixed = excesses(world, 25, 12, freeze_at(int(best), latency_s))
    # A false start of its rate estimate must be mended, so this one may reopen what it froze.
    book = freeze_book(latency_s, (Action("reopen", "auto"),))
    settings = {"co": co, "cu": cu, "q": q, "eta": eta, "latency_s": latency_s, "unpaid_known": 0.0, "memory_s": 120.0}
    own = make_policy("newsvendor_freeze", settings, playbook=book)
    gained = excesses(world, 25, 12, own)
    cost, least = (np.where(x > 0, co * x, -cu * x).mean() for x in (gained, fixed))
    assert cost <= 1.1 * least
