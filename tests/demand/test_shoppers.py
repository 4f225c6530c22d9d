"""Stories laid for shoppers: shares, delays, quantities, substitutes, feed rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Audience, Herding, Leaks, Ledger, Scenario, Shoppers, Sku
from scenarios.staffing import Feed, Outage
from sim.core import tape as T
from sim.demand.draw import draw_tape

SKUS = (Sku("a", 10**6, popularity=9.0), Sku("b", 10**6, purchase_limit=1), Sku("c", 10**6, popularity=0.0))
SHOW = Scenario("stories", "none", 3600.0, SKUS, audience=Audience(60_000.0), shoppers=Shoppers(shelf_rate=0.02))


@pytest.fixture(scope="module")
def tape():
    return draw_tape(SHOW, 4)


def near(share: float, p: float, n: int) -> bool:
    """Within 4 standard errors of a binomial share (error 6e-5)."""
    return abs(share - p) < 4 * np.sqrt(p * (1 - p) / n)


def test_shares_are_as_declared(tape):
    s = SHOW.shoppers
    first = (tape.kind == T.ORDER) & (tape.cause < 0)
    by_cart = (tape.kind == T.ORDER) & (tape.cause >= 0)
    orders = int(first.sum() + by_cart.sum())
    carts = int((tape.kind == T.CART).sum())
    assert near(first.sum() / orders, s.direct_share, orders)
    assert near(by_cart.sum() / carts, s.cart_conversion, carts)
    assert near((tape.qty[first & (tape.sku == 0)] == 1).mean(), s.single_share, int((first & (tape.sku == 0)).sum()))
    expires, pays = (tape.kind == T.EXPIRE).sum(), (tape.kind == T.PAY).sum()
    assert near(expires / (expires + pays), s.never_pay, int(expires + pays))


def test_delays_have_their_medians(tape):
    pay = np.flatnonzero(tape.kind == T.PAY)
    wait = (tape.t[pay] - tape.t[tape.cause[pay]]) / 1e6
    assert np.median(wait) == pytest.approx(SHOW.shoppers.pay_median_s, rel=0.03)
    carted = np.flatnonzero((tape.kind == T.ORDER) & (tape.cause >= 0))
    assert np.median((tape.t[carted] - tape.t[tape.cause[carted]]) / 1e6) == pytest.approx(SHOW.shoppers.cart_median_s, rel=0.1)


def test_limits_hold_also_for_substitutes(tape):
    swap = np.flatnonzero((tape.kind == T.RETRY) & (tape.sku != tape.sku[np.maximum(tape.cause, 0)]))
    assert len(swap) > 100
    assert (tape.qty[tape.sku == 1] <= 1).all()
    same = (tape.kind == T.RETRY) & (tape.sku == tape.sku[np.maximum(tape.cause, 0)])
    share = len(swap) / (len(swap) + int(same.sum()))
    waits = SHOW.shoppers.wait_share * (1 + SHOW.shoppers.keep_trying)
    assert share == pytest.approx(SHOW.shoppers.substitute_share / (SHOW.shoppers.substitute_share + waits), rel=0.1)


def test_nobody_comes_for_what_nobody_wants(tape):
    entry = (tape.kind == T.CART) | ((tape.kind == T.ORDER) & (tape.cause < 0))
    assert not (entry & (tape.sku == 2)).any()


def test_followers_come_after_the_order_they_follow():
    show = replace(SHOW, herding=Herding(True, 0.5, 20.0), audience=Audience(6000.0))
    tape = draw_tape(show, 5)
    entry = np.flatnonzero((tape.kind == T.ORDER) & (tape.cause >= 0))
    follow = entry[np.isin(tape.kind[tape.cause[entry]], (T.ORDER,))]
    gap = (tape.t[follow] - tape.t[tape.cause[follow]]) / 1e6
    assert (gap > 0).all()
    assert gap.mean() == pytest.approx(20.0, rel=0.1)


def test_late_callbacks_come_after_the_order_was_closed():
    show = replace(SHOW, ledger=Ledger(hold_s=30.0, sweep_s=0.0), leaks=Leaks(late_callback_p=1.0, late_callback_median_s=60.0))
    tape = draw_tape(replace(show, audience=Audience(3000.0)), 6)
    both = np.intersect1d(tape.cause[tape.kind == T.PAY], tape.cause[tape.kind == T.EXPIRE])
    assert len(both) > 50


def test_readings_are_lost_doubled_and_held_up():
    feed = Feed(1.0, 0.5, 0.3, 0.1, 0.05, 0.05, 20.0, (Outage(600.0, 60.0), Outage(1200.0, 60.0, True)))
    tape = draw_tape(replace(SHOW, feed=feed, audience=Audience(60.0)), 7)
    taken, come = tape.t[tape.kind == T.SAMPLE] / 1e6, np.flatnonzero(tape.kind == T.DELIVER)
    moment = tape.t[tape.cause[come]] / 1e6
    assert len(taken) == 3600
    assert not ((moment >= 600) & (moment < 660)).any()
    caught = (moment >= 1200) & (moment < 1260)
    assert caught.any()
    assert (tape.t[come][caught] / 1e6 >= 1260 - 1e-6).all()
    _, times = np.unique(tape.who[come], return_counts=True)
    assert near((times == 2).mean(), 0.05, len(times))
    assert near(len(times) / 3540, 0.9, 3540)
    assert (np.diff(tape.who[come]) < 0).any()


def test_a_look_delays_what_follows_and_carts_may_wait_exponentially():
    """Carts come Exp(8 s) later than without a look; the wait from cart to order has mean 60 s and the law's 90 % quantile
    (4 standard errors and 10 %)."""
    slow = replace(SHOW.shoppers, direct_share=0.0, look_s=8.0, cart_law="exponential", cart_median_s=60 * np.log(2))
    show = replace(SHOW, shoppers=slow, audience=Audience(20_000.0))
    tape, quick = draw_tape(show, 4), draw_tape(replace(show, shoppers=replace(slow, look_s=0.0)), 4)
    later, sooner = (t.t[t.kind == T.CART] / 1e6 for t in (tape, quick))
    n = len(later)
    assert len(sooner) == n
    assert abs((later.mean() - sooner.mean()) - 8.0) < 4 * 8 / np.sqrt(n)
    order = np.flatnonzero((tape.kind == T.ORDER) & (tape.cause >= 0))
    wait = (tape.t[order] - tape.t[tape.cause[order]]) / 1e6
    assert abs(wait.mean() - 60) < 4 * 60 / np.sqrt(len(wait))
    assert np.quantile(wait, 0.9) == pytest.approx(60 * np.log(10), rel=0.1)
