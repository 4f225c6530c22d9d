"""T7, T8, T11, T12, T13: what each named leak oversells, against its closed form (domain section 7)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from scenarios.contract import Leaks
from tests.textbook.worlds import PLAIN, assert_mean, assert_share, assert_variance, channels, constant_world, excesses


@pytest.mark.parametrize(("rate", "lag_s"), [(3.0, 2.0), (1.0, 0.5), (0.5, 12.0)])
def test_t07_a_stale_view_oversells_poisson_rate_times_lag(rate: float, lag_s: float) -> None:
    """Acceptance closes L after the true zero: oversell ~ Poisson(rate L). 2,400 SKU-shows."""
    stock = 40
    duration = (stock + 8 * math.sqrt(stock)) / rate + lag_s
    over = excesses(constant_world(rate, [stock] * 80, duration, leaks=Leaks(stale_read_s=lag_s)), 30, 7)
    assert_mean(over, rate * lag_s)
    assert_variance(over, rate * lag_s)
    assert_share(over == 0, math.exp(-rate * lag_s), "nothing oversold")


def test_t07_printed() -> None:
    """Rate 3, L 2: mean 6, P(0) = 0.00248; L 15: mean 45."""
    assert math.exp(-6) == pytest.approx(0.00248, abs=5e-6)
    over = excesses(constant_world(3.0, [40] * 60, 50.0, leaks=Leaks(stale_read_s=15.0)), 20, 71)
    assert_mean(over, 45.0)


@pytest.mark.parametrize(("rate", "period_s", "delay_s"), [(3.0, 60.0, 2.0), (1.0, 20.0, 0.0), (2.0, 5.0, 4.0)])
def test_t08_polling_oversells_half_a_period(rate: float, period_s: float, delay_s: float) -> None:
    """View renewed every P, d old: mean rate (P/2 + d), variance the same plus rate^2 P^2 / 12. 2,000 SKU-shows.

    The polls of one show are common to its SKUs; their stocks differ by up to a period's sales, so that sell-outs
    fall evenly between polls.
    """
    base = 60
    stocks = [base + round(rate * period_s * k / 50) for k in range(50)]
    duration = (max(stocks) + 8 * math.sqrt(max(stocks))) / rate + period_s + delay_s
    over = excesses(constant_world(rate, stocks, duration, leaks=Leaks(stale_read_s=delay_s, poll_s=period_s)), 40, 8)
    mean = rate * (period_s / 2 + delay_s)
    assert_mean(over, mean)
    assert_variance(over, mean + rate**2 * period_s**2 / 12)


def test_t08_printed() -> None:
    """P 60 s, d 2 s, rate 3/s: 96 and 2,796."""
    assert 3 * (60 / 2 + 2) == 96
    assert 96 + 3**2 * 60**2 / 12 == 2796


@pytest.mark.parametrize(
    ("rates", "lag_s", "printed"),
    [([2.0, 1.0], 2.0, 2.667), ([2.0, 1.0], 10.0, 13.333), ([1.5, 1.0, 0.5], 20.0, 36.667), ([1.0], 30.0, 0.0)],
)
def test_t11_channels_over_one_pool(rates: list[float], lag_s: float, printed: float) -> None:
    """Total rate x L x (1 - sum of squared shares); a channel alone oversells nothing. 1,200 SKU-shows.

    To first order: channels do not close in the same instant, which costs up to 2 % (simulated 36.26 for 36.67).
    """
    total = sum(rates)
    theory = total * lag_s * (1 - sum((r / total) ** 2 for r in rates))
    assert theory == pytest.approx(printed, abs=5e-4)
    stock = round(3 * total * lag_s)
    duration = (stock + 8 * math.sqrt(stock)) / total + 2 * lag_s
    world = constant_world(total, [stock] * 40, duration, channels=channels([r / total for r in rates], lag_s))
    over = excesses(world, 30, 11)
    if len(rates) == 1:
        assert (over == 0).all()
    else:
        assert_mean(over, theory, slack=0.02 * theory)


@pytest.mark.parametrize("period_s", [2.0, 10.0, 60.0])
@pytest.mark.parametrize(("rate", "lag_s"), [(3.0, 5.0), (1.0, 8.0)])
def test_t12_an_absolute_overwrite_oversells_one_lag(rate: float, lag_s: float, period_s: float) -> None:
    """The ERP sets stock less the orders seen: rate x L whatever the push period (15 for 3/s and 5 s). 1,200 SKU-shows."""
    stocks = [round(rate * (period_s * (1.5 + k / 30) + 2 * lag_s)) for k in range(30)]
    duration = (max(stocks) + 8 * math.sqrt(max(stocks))) / rate + 2 * (period_s + lag_s)
    leaks = Leaks(erp_mode="absolute", erp_period_s=period_s, erp_lag_s=lag_s)
    over = excesses(constant_world(rate, stocks, duration, leaks=leaks), 40, 12)
    assert_mean(over, rate * lag_s)


@pytest.mark.parametrize(
    "leaks",
    [Leaks(erp_mode="delta", erp_period_s=10.0, erp_lag_s=5.0), Leaks(erp_mode="absolute", erp_period_s=10.0, erp_lag_s=0.0)],
)
def test_t12_changes_or_no_lag_oversell_nothing(leaks: Leaks) -> None:
    """Delta mode, or an ERP that sees every order at once: exactly 0."""
    assert (excesses(constant_world(3.0, [100] * 20, 80.0, leaks=leaks), 5, 13) == 0).all()


@pytest.mark.parametrize("sd", [5.0, 2.0, 12.0])
def test_t13_a_wrong_record_oversells_its_positive_part(sd: float) -> None:
    """physical = S - N(0, sd): E[over] = sd/sqrt(2 pi) before rounding (1.9947 for 5). 2,400 SKU-shows."""
    units = np.arange(1, round(8 * sd))
    exact = float(np.sum(units * (stats.norm.cdf((units + 0.5) / sd) - stats.norm.cdf((units - 0.5) / sd))))
    assert exact == pytest.approx(sd / math.sqrt(2 * math.pi), rel=0.015)
    leaks = Leaks(record_error_p=1.0, record_error_law="normal", record_error_units=sd)
    gained = excesses(constant_world(20.0, [100] * 80, 10.0, leaks=leaks), 30, 14)
    assert_mean(np.maximum(gained, 0), exact)
    assert_share(gained > 0, float(stats.norm.sf(0.5 / sd)), "oversold at all")


def test_t13_printed() -> None:
    """5/sqrt(2 pi) = 1.9947."""
    assert 5 / math.sqrt(2 * math.pi) == pytest.approx(1.9947, abs=5e-5)


@pytest.mark.parametrize(("p", "mean"), [(0.05, 2.0), (0.4, 5.0)])
def test_t13_geometric_errors(p: float, mean: float) -> None:
    """A share p of records is wrong by a geometric number of mean m, up or down alike: E[over] = p m / 2."""
    leaks = Leaks(record_error_p=p, record_error_units=mean)
    gained = excesses(constant_world(10.0, [60] * 80, 12.0, leaks=leaks), 30, 15)
    assert_mean(np.maximum(gained, 0), p * mean / 2)


@pytest.mark.parametrize(("stock", "p"), [(100, 0.02), (40, 0.2)])
def test_t13_duplicates_are_binomial(stock: int, p: float) -> None:
    """Every accepted order is created twice with probability p: oversell ~ Binomial(S, p). 2,400 SKU-shows."""
    world = constant_world(20.0, [stock] * 80, 2 * stock / 20, leaks=Leaks(duplicate_p=p), shoppers=PLAIN)
    over = excesses(world, 30, 16)
    assert_mean(over, stock * p)
    assert_variance(over, stock * p * (1 - p))
