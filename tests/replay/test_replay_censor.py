"""When a recording is blind, and what is hidden from it."""

from dataclasses import replace

import numpy as np

from sim.core.tape import CART, EDIT_ADD, SUPPLY, TAKE
from sim.core.units import US
from sim.replay.censor import PAGE_S, SHUT, SOLD_OUT, demand_end, hide, windows
from tests.replay.made import orders, recording


def spells(stream):
    return [(w.sku, w.start / US, w.end / US, w.why) for w in windows(stream)]


def test_blind_from_the_sell_out_until_stock_is_back_or_the_recording_ends():
    rows = [*orders([10, 20]), (50.0, SUPPLY, 0, 1), *orders([60])]
    assert spells(recording(rows, (2,))) == [(0, 20, 50 + PAGE_S, SOLD_OUT), (0, 60, 100, SOLD_OUT)]


def test_a_spell_lasts_until_a_page_can_show_what_came_back():
    """Until the page has it or somebody orders it, whichever is first; polled counts are too coarse to tell."""
    rows = [*orders([10, 20]), (50.0, SUPPLY, 0, 1), *orders([50.4, 60])]
    show = recording(rows, (2,))
    assert spells(show) == [(0, 20, 50.4, SOLD_OUT), (0, 60, 100, SOLD_OUT)]
    assert [(w.start / US, w.end / US) for w in windows(recording(rows[:3], (2,), 100.0), page_s=7.0)] == [(20, 57)]
    assert spells(replace(show, bin_s=10.0))[0][2] == 50


def test_orders_beyond_stock_were_seen_so_blindness_begins_after_the_last():
    assert spells(recording(orders([10, 20, 30, 40]), (2,))) == [(0, 40, 100, SOLD_OUT)]


def test_what_opens_with_nothing_has_not_sold_out():
    rows = [(30.0, SUPPLY, 0, 1), *orders([50])]
    assert spells(recording(rows, (0,))) == [(0, 50, 100, SOLD_OUT)]
    assert spells(recording([(5.0, CART, 0, 1)], (0,))) == []


def test_declared_closures_are_blind_and_join_a_sell_out():
    shut = ((0, 5 * US, 15 * US), (0, 40 * US, 200 * US))
    assert spells(recording(orders([20, 30]), (2,), shut=shut)) == [(0, 5, 15, SHUT), (0, 30, 100, SOLD_OUT)]


def test_books_closed_after_the_show_are_not_part_of_it():
    rows = [*orders([10, 20]), (30.0, CART, 0, 1), (90.0, EDIT_ADD, 0, 1)]
    assert demand_end(recording(rows, (2,), 90.0)) == 30 * US
    assert demand_end(recording(rows, (2,), 120.0)) == 120 * US
    assert spells(recording(rows, (2,), 90.0)) == [(0, 20, 30, SOLD_OUT)]


def test_where_stock_leaves_on_payment_a_spell_lasts_from_payment_to_a_paid_return():
    """Two units, four orders: the third is never paid and closed at 50, the first is cancelled at 70. Counted by orders the shop
    seems to have stock again when an unpaid order closes."""
    rows = [*orders([10, 20, 30, 40]), (50.0, EDIT_ADD, 0, 1), (70.0, EDIT_ADD, 0, 1)]
    show = recording(rows, (2,))
    paid = np.array([15, 25, -1, -1, -1, -1]) * US
    show = replace(show, paid=np.where(paid > 0, paid, -1), order=np.array([-1, -1, -1, -1, 2, 0]))
    assert [(w.start / US, w.end / US) for w in windows(show, on_payment=True)] == [(40, 70 + PAGE_S)]
    assert [(w.start / US, w.end / US) for w in windows(show)] == [(40, demand_end(show) / US)]


def test_hidden_orders_are_those_a_shop_that_stops_at_zero_never_sees():
    rows = [*orders([10, 20, 30, 40]), (35.0, SUPPLY, 0, 1), *orders([15], 1)]
    kept, gone = hide(recording(rows, (2, 5)))
    assert (kept.t / US).tolist() == [10, 15, 20, 35, 40]
    assert (gone.t / US).tolist() == [30]
    assert len(kept.t) + len(gone.t) == len(rows)
    assert (kept.what == TAKE).sum() == 4
