"""Strategies that forecast and decide: C9/C10, C12, C13, conversion, C23 and the third generation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.demand.streams import stream
from strategies import cart_lead, smart, tiered

PI = ("pi_watch", "pi_prepare", "pi_emergency")


@pytest.mark.parametrize(("a", "b"), [(90.0, 60.0), (9.0, 6.0), (2.5, 20.0)])
@pytest.mark.parametrize("stock", [100, 120, 147])
def test_gamma_poisson_speaks_at_the_exact_probability_T18(player, a, b, stock):
    chance = stats.nbinom.sf(stock - 1, a, b / (b + 60))
    below, above = max(1e-4, 0.999 * chance), min(0.9999, 1.001 * chance)
    prior = {"a0": a, "b0": b, "horizon_s": 60, "emergency_s": 60}
    for k in (1, 2, 3):
        quiet, loud = dict.fromkeys(PI, above), dict.fromkeys(PI, above) | dict.fromkeys(PI[:k], below)
        if below < chance < above:
            assert player("gamma_poisson", prior | quiet).see(0, stock=float(stock)) == 0
            assert player("gamma_poisson", prior | loud).see(0, stock=float(stock)) == k


def test_gamma_poisson_is_wider_than_poisson_T18(player):
    values = {"a0": 9.0, "b0": 6.0, "horizon_s": 60.0, "pi_prepare": 0.05, "pi_watch": 0.05}
    p = player("gamma_poisson", values)
    assert p.see(0, stock=147.0) == 2
    assert p.line == 147.0, "plain Poisson would say 106"


def test_age_of_the_reading_lengthens_the_horizon(player):
    fresh, stale = player("gamma_poisson"), player("gamma_poisson")
    fresh.sell(1.0, 60)
    stale.sell(1.0, 59)
    stale.see(60, stock=440.0, orders=60.0, now=90.0)
    assert stale.line == pytest.approx(fresh.line * 120 / 90, rel=0.05)


@pytest.mark.parametrize(("co", "cu", "best"), [(30, 5, 106), (60, 20, 102), (100, 2, 116)])
@pytest.mark.parametrize("known", [1, 0])
def test_newsvendor_freezes_at_the_best_line_T10(player, co, cu, best, known):
    """Two units/s, 102 unpaid, 5 s to close: X ~ Poisson(95.2), the optimum the domain computed."""
    p = player("newsvendor_freeze", {"co": co, "cu": cu, "unpaid_known": known, "deduct": 1})
    p.sell(2.0, 120, stock=1e6, unpaid=102.0)
    level = p.see(121, stock=float(best), orders=242.0, unpaid=102.0)
    assert (level, p.line) == (3, best)
    assert p.see(122, stock=best + 1.0, orders=244.0, unpaid=102.0) == 0


def test_newsvendor_line_has_the_least_cost_T10(player):
    """The line is where the cost of T10 is least, on other numbers than the printed ones."""
    p = player("newsvendor_freeze", {"co": 40, "cu": 13, "q": 0.7, "eta": 1 / 40, "latency_s": 12, "deduct": 1})
    p.sell(3.0, 200, stock=1e6, unpaid=55.0)
    mean = 0.7 * (55 + 3 * 12)
    x = np.arange(400)
    mass = stats.poisson.pmf(x, mean)
    cost = [40 * (mass * np.maximum(0, x - b)).sum() + 13 * (mass * np.maximum(0, b - x)).sum() for b in range(200)]
    p.see(201, stock=float(np.argmin(cost)), orders=603.0, unpaid=55.0)
    assert p.line == np.argmin(cost)


def test_newsvendor_where_stock_leaves_on_order_ignores_unpaid(player):
    p = player("newsvendor_freeze", {"deduct": 0, "latency_s": 5})
    p.sell(2.0, 120, stock=1e6, unpaid=102.0)
    p.see(121, stock=12.0, orders=242.0, unpaid=102.0)
    assert p.line == stats.poisson.ppf(55 / 73, 10)


@pytest.mark.parametrize("name", ["newsvendor_freeze", "smart", "tiered"])
def test_when_stock_leaves_is_seen_from_the_readings(player, name):
    """Unpaid units still want stock only where it leaves on payment; payments come half a minute after orders."""
    lines = []
    for on_payment in (False, True):
        p = player(name)
        for t in range(1, 121):
            orders, paid = 2.0 * t, 2.0 * max(0, t - 30)
            stock = 1e4 - (paid if on_payment else orders)
            p.see(t, stock=stock, orders=orders, paid=paid, unpaid=orders - paid)
        lines.append(p.line)
    assert lines[1] - lines[0] == pytest.approx(0.85 * 60, rel=0.15)


def test_newsvendor_lets_go_when_stock_returns(player):
    p = player("newsvendor_freeze", {"deduct": 1})
    p.sell(2.0, 60, stock=150.0, unpaid=20.0)
    frozen = [p.see(61 + i, stock=20.0, orders=120.0, unpaid=20.0, closed=1.0) for i in range(30)]
    assert set(frozen) == {3}
    assert p.see(100, stock=60.0, orders=120.0, unpaid=2.0, closed=1.0) == 0


FIXED = {"learn": 0, "prior_hits": 0.3, "prior_misses": 0.7, "delay_s": 45.0}


def test_cart_convolution_T25(player):
    """Step of 10 carts/s, 30 % ordered after Exp(45 s): 1.45975 orders/s after 30 s, 3 in the long run."""
    p = player("cart_lead", FIXED)
    rates = {}
    for t in range(1, 601):
        p.see(t, carts=10.0 * t)
        rates[t] = cart_lead.forecast(p.params, p.memory, 1e-6, 0.0)[0] / 1e-6
    assert rates[30] == pytest.approx(1.45975, abs=1e-5)
    assert rates[30] == pytest.approx(3 * (1 - math.exp(-30 / 45)), rel=1e-6)
    assert rates[600] == pytest.approx(3.0, rel=1e-4)


def test_cart_forecast_is_the_integral_of_its_rate(player):
    p = player("cart_lead", FIXED)
    for t in range(1, 31):
        p.see(t, carts=10.0 * t)
    # From 30 s on: 3 (1 - exp(-t/45)) integrated to 90 s.
    truth = 3 * (60 - 45 * (math.exp(-30 / 45) - math.exp(-90 / 45)))
    assert cart_lead.forecast(p.params, p.memory, 60.0, 0.0)[0] == pytest.approx(truth, rel=1e-9)


def test_without_carts_only_the_base_rate_is_left_T25(player):
    p = player("cart_lead", {"direct_share": 1.0})
    p.sell(0.8, 300, stock=1e5)
    assert cart_lead.forecast(p.params, p.memory, 60.0, 0.0)[0] == pytest.approx(0.8 * 60, rel=1e-9)


def test_carts_are_ahead_of_orders(player):
    """Carts surge, orders not yet: the line rises at once, which no order rate could tell."""
    p, q = player("cart_lead"), player("gamma_poisson")
    for t in range(1, 301):
        p.see(t, carts=1.0 * t, orders=0.25 * t, stock=1e5)
        q.see(t, carts=1.0 * t, orders=0.25 * t, stock=1e5)
    before, plain = p.line, q.line
    for t in range(301, 311):
        p.see(t, carts=300 + 40.0 * (t - 300), orders=0.25 * t, stock=1e5)
        q.see(t, carts=300 + 40.0 * (t - 300), orders=0.25 * t, stock=1e5)
    assert p.line > 1.5 * before
    assert q.line == pytest.approx(plain, rel=0.05)


def test_learning_sees_through_a_cart_mirage(player):
    """Carts times ten at a conversion of 0.003: a fixed conversion asks for far too much, a learnt one comes down."""
    learnt, fixed = player("cart_lead"), player("cart_lead", {"learn": 0})
    for t in range(1, 901):
        carts = 1.0 * t if t <= 300 else 300 + 10.0 * (t - 300)
        for p in (learnt, fixed):
            p.see(t, carts=carts, orders=0.1 * t, stock=1e5)
    assert fixed.line > 60, "ten carts/s at 6 % for 90 s"
    assert learnt.line < 25


def test_conversion_trend_watches_an_acceleration_and_ignores_a_bigger_audience(player):
    p = player("conversion_trend")
    p.sell(0.5, 600, stock=1e4, viewers=1000.0)
    crowd = [p.see(600 + t, stock=1500.0, orders=300 + 1.0 * t, viewers=2000.0) for t in range(1, 31)]
    assert set(crowd) == {0}, "twice the audience, twice the orders: the same conversion"
    keen = [p.see(630 + t, stock=1500.0, orders=330 + 4.0 * t, viewers=2000.0) for t in range(1, 31)]
    assert 1 in keen


def test_conversion_trend_projects_further_than_the_rate(player):
    """While conversion rises the line is above the demand at the present rate."""
    p = player("conversion_trend")
    p.sell(0.5, 600, stock=1e5)
    p.sell(3.0, 620, stock=1e5, start=600, orders=300.0)
    rate = p.memory[4] / p.memory[5] * 1000.0
    assert p.line > 1.5 * rate * 90


def test_cusum_run_lengths_T21():
    """k = 0.5, h = 5 on unit normals: 930 in control, 10.4 and 3.9 after shifts of 1 and 2 (within 4 standard errors)."""
    rng = stream(21, "cusum")
    for shift, truth, runs in ((0.0, 930.0, 400), (1.0, 10.38, 3000), (2.0, 4.0, 3000)):
        lengths = []
        for _ in range(runs):
            score, n = 0.0, 0
            while score <= 5.0:
                score, n = tiered.cusum(score, rng.normal(shift, 1.0), 0.5), n + 1
            lengths.append(n)
        assert np.mean(lengths) == pytest.approx(truth, abs=4 * np.std(lengths) / math.sqrt(runs) + 0.01)


def test_cusum_drift_is_the_likelihood_ratio():
    assert tiered.cusum_drift(1.0, 3.0) == pytest.approx((3 - 1) / math.log(3), rel=1e-12)


def test_tiered_grades_in_order(player):
    """A slow item that accelerates: watch first, prepare when a person would be too late, emergency at the very end."""
    p = player("tiered")
    assert set(p.sell(0.07, 1200, stock=500.0)) == {0}
    levels = p.sell(0.6, 1900, stock=416.0, start=1200, orders=84.0)
    first = [next(i for i, level in enumerate(levels) if level >= k) for k in (1, 2, 3)]
    assert first[0] < first[1] < first[2]
    left = [416 - 0.6 * (i + 1) for i in first]
    assert 40 < left[1] < 110, "about 90 s of sales at 0.6/s"
    assert left[2] < 8, "about 4 s of sales"


def test_tiers_have_their_own_settings(player):
    """The same item is warned about earlier as a traffic driver than as long tail."""
    firsts = []
    for tier in range(3):
        p = player("tiered", tier=tier)
        levels = p.sell(0.6, 900)
        firsts.append(next(i for i, level in enumerate(levels) if level >= 2))
    assert firsts[0] < firsts[1] < firsts[2]


def test_smart_window_is_short_for_a_flash_item_and_long_for_a_slow_one(player):
    """The field's two items, 500 in two hours and 500 in five minutes: many minutes of cover, and about three."""
    slow, flash = player("smart"), player("smart")
    slow.sell(500 / 7200, 1800, left=5400.0)
    assert 400 < slow.line / (500 / 7200) < 1800
    assert set(flash.sell(500 / 300, 60, left=5400.0)[10:30]) == {0}, "not alarmed from the first second"
    assert 90 < flash.line / (500 / 300) < 240


def test_smart_speaks_before_a_planned_cue(player):
    """A countdown planned in a minute: told so it prepares before the first order, deaf to it it does not."""
    told, deaf = player("smart"), player("smart", {"cue_weight": 0})
    facts = {"stock": 60.0, "initial": 120.0, "next_lift": 25.0, "left": 600.0}
    for t in range(1, 301):
        orders = 0.2 * t
        for p in (told, deaf):
            level = p.see(t, orders=orders, next_cue=360.0 - t, **facts)
            if p is told and t == 300:
                assert level >= 2
    assert deaf.line < told.line


def test_smart_looks_no_further_than_the_end_of_the_show(player):
    early, late = player("smart"), player("smart")
    early.sell(0.05, 1200, left=6000.0)
    late.sell(0.05, 1200, left=100.0)
    assert late.line < 0.5 * early.line


def test_smart_adds_what_carts_promise(player):
    with_carts, without = player("smart"), player("smart", {"cart_weight": 0})
    for p in (with_carts, without):
        for t in range(1, 301):
            p.see(t, carts=1.0 * t, orders=0.25 * t, stock=1e5)
        for t in range(301, 311):
            p.see(t, carts=300 + 40.0 * (t - 300), orders=0.25 * t, stock=1e5)
    assert with_carts.line > 1.1 * without.line


def test_smart_moves_with_the_audience_at_once(player):
    p = player("smart")
    p.sell(0.5, 300, stock=1e5)
    before = p.memory[smart.RATE]
    p.see(301, orders=150.5, stock=1e5, viewers=2000.0)
    assert p.memory[smart.RATE] > 1.7 * before


@pytest.mark.parametrize("name", ["gamma_poisson", "tiered", "smart", "conversion_trend", "cart_lead", "newsvendor_freeze"])
def test_level_never_rises_with_stock_T30(player, name):
    """The same past, more stock now: the level is not higher."""
    levels = []
    for stock in range(0, 400, 5):
        p = player(name)
        p.sell(1.0, 120, stock=1e5, unpaid=20.0)
        levels.append(p.see(121, orders=121.0, stock=float(stock), unpaid=20.0))
    assert levels == sorted(levels, reverse=True)
    assert levels[0] == 3


@pytest.mark.parametrize("name", ["gamma_poisson", "tiered", "smart", "conversion_trend", "cart_lead", "newsvendor_freeze"])
def test_a_freeze_does_not_teach_that_demand_vanished(player, name):
    p = player(name)
    p.sell(2.0, 120, stock=400.0)
    p.see(121, stock=160.0, orders=240.0, closed=1.0)
    first = p.line
    p.see(900, stock=160.0, orders=240.0, closed=1.0)
    # The third generation lets a pulse fade into the usual pace; nobody lets demand vanish.
    assert p.line == pytest.approx(first, rel=0.15, abs=4.0 if name == "smart" else 1.0)


@pytest.mark.parametrize(
    "name", ["gamma_poisson", "cover_time", "window_forecast", "cart_lead", "conversion_trend", "tiered", "smart"]
)
def test_unpaid_units_take_stock_where_it_leaves_on_payment(player, name):
    """200 units wait for their money, 120 or so are left: too many on payment; on order they have left already."""
    by_mode = {}
    for leaves in ("order", "payment"):
        for weight in (0.85, 0.0):
            p = player(name, {"unpaid_weight": weight})
            for t in range(1, 61):
                gone = 0.5 * t if leaves == "order" else 0.25 * t
                p.see(t, stock=150.0 - gone, orders=0.5 * t, paid=0.25 * t, unpaid=0.25 * t)
            by_mode[leaves, weight] = p.see(61, stock=150.0 - gone, orders=30.0, paid=15.0, unpaid=200.0)
    assert by_mode["payment", 0.85] == 3
    assert max(level for case, level in by_mode.items() if case != ("payment", 0.85)) < 3
