"""T15, T17, T18, T19, T25: what the strategies believe, against the textbook and against the world (domain section 7)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from scenarios.contract import Cue
from sim.core.run import ShowRun
from sim.core.tape import ACCEPTED, CART, ORDER
from sim.setup.policies import make_policy
from strategies import cart_lead
from strategies.contract import Signal
from strategies.newsvendor_freeze import quantile
from strategies.tails import normal_quantile, upper_tail
from tests.textbook.worlds import PLAIN, assert_mean, assert_share, constant_world, one_cue, runs

# -- T15 --------------------------------------------------------------------------------------------------------


def poisson_cost(mean: float, h: float, b: float, q: int) -> float:
    """h E[(Q - D)+] + b E[(D - Q)+], D ~ Poisson."""
    short = mean * stats.poisson.sf(q - 1, mean) - q * stats.poisson.sf(q, mean)
    return float(h * (short + q - mean) + b * short)


@pytest.mark.parametrize(("mean", "h", "b", "best", "cost"), [(20.0, 1.0, 4.0, 24, 6.4380), (95.2, 5.0, 30.0, 106, 78.43),
                                                             (7.5, 2.0, 3.0, None, None)])  # fmt: skip
def test_t15_poisson_newsvendor(mean: float, h: float, b: float, best: int | None, cost: float | None) -> None:
    """Poisson demand: the strategies' quantile at b/(b + h) is the cheapest Q by enumeration, and the printed one."""
    line = int(quantile(mean, h / (b + h)))
    cheapest = min(range(300), key=lambda q: poisson_cost(mean, h, b, q))
    assert line == cheapest
    if best is not None and cost is not None:
        assert line == best
        assert poisson_cost(mean, h, b, line) == pytest.approx(cost, abs=0.006)


@pytest.mark.parametrize(("mean", "sd", "h", "b", "best", "cost"), [(50.0, 8.0, 0.18, 0.70, 56.604, 1.9976),
                                                                   (100.0, 30.0, 1.0, 9.0, None, None)])  # fmt: skip
def test_t15_normal_newsvendor(mean: float, sd: float, h: float, b: float, best: float | None, cost: float | None) -> None:
    """Normal demand: Q = mean + sd z(b/(b + h)), cost (h + b) sd phi(z); the strategies' z and a numerical minimum agree."""
    q = mean + sd * normal_quantile(b / (b + h))

    def price(x: float) -> float:
        z = (x - mean) / sd
        return h * (x - mean) + (h + b) * sd * (stats.norm.pdf(z) - z * stats.norm.sf(z))

    assert q == pytest.approx(optimize.minimize_scalar(price, (mean, mean + sd)).x, abs=0.01)
    assert price(q) == pytest.approx((h + b) * sd * stats.norm.pdf(stats.norm.ppf(b / (b + h))), abs=1e-6)
    if best is not None and cost is not None:
        assert q == pytest.approx(best, abs=5e-4)
        assert price(q) == pytest.approx(cost, abs=5e-5)


def test_t15_poisson_loss_printed() -> None:
    """n(18; 15) = 0.51761 and its complement 3.51761, by the strategies' tail: E[(X - 18)+] = sum of P(X >= k), k > 18."""
    loss = sum(upper_tail(float(k), 15.0, 15.0) for k in range(19, 120))
    assert loss == pytest.approx(0.51761, abs=5e-6)
    assert loss + 18 - 15 == pytest.approx(3.51761, abs=5e-6)


# -- T17 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stock", "rate", "times"), [(120, 1.5, (60, 70, 80, 90)), (30, 0.5, (40, 60, 80)), (400, 8.0, (46, 50, 54))]
)
def test_t17_time_to_empty(stock: int, rate: float, times: tuple[int, ...]) -> None:
    """T ~ Gamma(I, 1/rate): mean I/rate, sd sqrt(I)/rate, P(T <= t) = P(N(t) >= I): world, tail and scipy. 2,000 SKU-shows."""
    law = stats.gamma(stock, scale=1 / rate)
    world = constant_world(rate, [stock] * 80, float(law.ppf(1 - 1e-9)))
    empty = []
    for run in runs(world, 25, 17):
        took = (run.tape.kind == ORDER) & (run.outcome >= ACCEPTED)
        empty += [run.tape.t[took & (run.tape.sku == k)].max() / 1e6 for k in range(80)]
    sample = np.array(empty)
    assert_mean(sample, stock / rate)
    assert np.std(sample) == pytest.approx(math.sqrt(stock) / rate, rel=0.07)
    for t in times:
        assert upper_tail(float(stock), rate * t, rate * t) == pytest.approx(law.cdf(t), abs=1e-9)
        assert_share(sample <= t, float(law.cdf(t)), f"empty by {t} s")


def test_t17_printed() -> None:
    """I = 120, 1.5/s: .0014595, .080733, .512140, .910883; compound demand of 60 s: mean 108, var 153."""
    tails = [upper_tail(120.0, 1.5 * t, 1.5 * t) for t in (60, 70, 80, 90)]
    assert tails == pytest.approx([0.0014595, 0.080733, 0.512140, 0.910883], abs=5e-7)
    assert pytest.approx((108, 153)) == (1.5 * 60 * 1.2, 1.5 * 60 * 1.7)


@pytest.mark.parametrize("single", [0.85, 0.5])
def test_t17_compound_demand(single: float) -> None:
    """Units of h seconds with 1 + Geometric orders: mean rate h E[Q], variance rate h E[Q^2]. 2,000 SKU-shows."""
    rate, h, p = 1.5, 60.0, 1 - single
    mean_q = 1 + 2 * p
    square = single + p * (1 + 2 * 2 + 6)  # (1 + G)^2 with E[G] = 2, E[G^2] = 6
    world = constant_world(rate, [10**6] * 80, h, shoppers=replace(PLAIN, single_share=single))
    world = replace(world, skus=tuple(replace(s, purchase_limit=1000) for s in world.skus))
    units = np.concatenate([ordered_units(run) for run in runs(world, 25, 18)])
    assert_mean(units, rate * h * mean_q)
    assert_mean((units - units.mean()) ** 2, rate * h * square, "variance")


def ordered_units(run: ShowRun) -> np.ndarray:
    """Units of orders per SKU."""
    rows = run.tape.kind == ORDER
    return np.bincount(run.tape.sku[rows], run.tape.qty[rows], len(run.scenario.skus))


# -- T18, T19 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b", "h"), [(90.0, 60.0, 60.0), (9.0, 6.0, 60.0), (3.5, 10.0, 30.0), (200.0, 40.0, 10.0)])
def test_t18_gamma_poisson(a: float, b: float, h: float) -> None:
    """Rate ~ Gamma(a, b): demand over h is negative binomial with mean a h/b, variance mean (1 + h/b); sampled and by tail."""
    mean = a * h / b
    variance = mean * (1 + h / b)
    rng = np.random.default_rng(18)
    demand = rng.poisson(rng.gamma(a, 1 / b, 20_000) * h)
    assert_mean(demand.astype(float), mean)
    for n in (0.7 * mean, mean, 1.3 * mean, 1.8 * mean):
        n = math.ceil(n)
        exact = float(stats.nbinom.sf(n - 1, a, b / (b + h)))
        assert upper_tail(float(n), mean, variance) == pytest.approx(exact, abs=1e-8)
        assert_share(demand >= n, exact, f"at least {n}")


def test_t18_printed() -> None:
    """P(N >= 120): .018859 (domain prints .018879, a slip of the pen) and .167675; q95 147 and q99 178 against 106 and 113."""
    assert upper_tail(120.0, 90.0, 180.0) == pytest.approx(0.018859, abs=5e-7)
    assert upper_tail(120.0, 90.0, 990.0) == pytest.approx(0.167675, abs=5e-7)
    assert stats.nbinom.ppf([0.95, 0.99], 9, 6 / 66).tolist() == [147, 178]
    assert [quantile(90.0, 0.05), quantile(90.0, 0.01)] == [106, 113]


@pytest.mark.parametrize(("rate", "lead", "sd_rate", "sd_lead", "printed"),
                         [(1.5, 60.0, 0.0, 0.0, 112.07), (1.5, 60.0, 0.5, 0.0, 163.19), (1.5, 60.0, 0.0, 20.0, 163.19),
                          (4.0, 30.0, 0.8, 6.0, None)])  # fmt: skip
def test_t19_reorder_point(rate: float, lead: float, sd_rate: float, sd_lead: float, printed: float | None) -> None:
    """ROP = rate L + z sqrt(rate L + sd_rate^2 L^2 + rate^2 sd_L^2); the variance holds in the world it describes."""
    variance = rate * lead + (sd_rate * lead) ** 2 + (rate * sd_lead) ** 2
    point = rate * lead + normal_quantile(0.99) * math.sqrt(variance)
    if printed:
        assert point == pytest.approx(printed, abs=0.01)
    rng = np.random.default_rng(19)
    rates, leads = rng.normal(rate, sd_rate, 40_000), rng.normal(lead, sd_lead, 40_000)
    demand = rng.poisson(np.maximum(rates * lead + rate * (leads - lead), 0))
    assert_mean((demand - rate * lead) ** 2.0, variance, "variance")


# -- T25 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("carts", "p", "delay_s", "at_s", "printed"), [(10.0, 0.3, 45.0, 30.0, 1.45975), (4.0, 0.06, 65.0, 100.0, None)]
)
def test_t25_the_strategy_convolves_carts(carts: float, p: float, delay_s: float, at_s: float, printed: float | None) -> None:
    """A step of carts, Exp delay: order rate carts p (1 - e^{-t/d}), as cart_lead's next tenth of a second sees it."""
    theory = carts * p * (1 - math.exp(-at_s / delay_s))
    if printed:
        assert theory == pytest.approx(printed, abs=5e-6)
    policy = make_policy("cart_lead", {"delay_s": delay_s, "learn": 0.0, "prior_hits": 1000 * p, "prior_misses": 1000 * (1 - p)})
    params, memory = policy.params[1], np.zeros(policy.strategy.memory)
    for t in np.arange(0.1, at_s + 0.05, 0.1):
        signal = Signal(t, t, 1e6, 0, carts * t, 0, 0, 1e4, 0, 1e6, 0, 90, 0.35, 1, 1e4, 1e18, 0, 0.5, 1e6, 1, 0, 0, 0, 0, 20)
        cart_lead.STRATEGY.fold(params, memory, signal)
    found = cart_lead.forecast(params, memory, 0.1, 0.0)[0] / 0.1
    assert found == pytest.approx(theory, rel=0.01)


@pytest.mark.parametrize(("p", "median_s", "sigma"), [(0.3, 31.0, 0.5), (0.06, 45.0, 1.2)])
def test_t25_the_world_convolves_carts(p: float, median_s: float, sigma: float) -> None:
    """Carts at a constant rate k from t = 0: orders by t ~ Poisson(k p int_0^t G), G the law of the delay. 1,000 SKU-shows."""
    per_s, end = 0.5, 240.0
    shoppers = replace(PLAIN, direct_share=0.0, cart_conversion=p, cart_median_s=median_s, cart_sigma=sigma)
    world = constant_world(per_s, [10**6] * 40, end, shoppers=shoppers)
    law = stats.lognorm(sigma, scale=median_s)
    orders: dict[float, list[int]] = {40.0: [], 120.0: [], 240.0: []}
    carts = []
    for run in runs(world, 25, 25):
        tape = run.tape
        carts += np.bincount(tape.sku[tape.kind == CART], minlength=40).tolist()
        for t, counts in orders.items():
            mine = (tape.kind == ORDER) & (tape.t <= t * 1e6)
            counts += np.bincount(tape.sku[mine], minlength=40).tolist()
    assert_mean(np.array(carts, float), per_s / p * end)
    for t, counts in orders.items():
        grid = np.linspace(0, t, 20_001)
        theory = per_s * np.trapezoid(law.cdf(grid), grid)
        assert_mean(np.array(counts, float), float(theory), f"orders by {t:g} s")


def test_t25_carts_lead_orders() -> None:
    """In a pulse the carts peak before the orders they become."""
    world = one_cue(Cue(60.0, "s000", "deal"), 4.0, 400.0)
    world = replace(world, shoppers=replace(world.shoppers, direct_share=0.0, cart_conversion=0.3))
    run = next(runs(world, 1, 26))
    carts, orders = (run.tape.t[run.tape.kind == kind] / 1e6 for kind in (CART, ORDER))
    assert np.median(orders) > np.median(carts) + 20
