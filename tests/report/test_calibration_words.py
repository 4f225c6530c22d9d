"""What a calibration warns of."""

from dataclasses import replace

import numpy as np

from sim.calibrate.observed import WINDOW_DTYPE, Observed, events
from sim.report.text.fit import shut_words, stock_words


def seen(shut, bin_s=60.0):
    none = events(np.zeros(0), np.zeros(0, int))
    spells = np.array(shut, WINDOW_DTYPE).reshape(-1)
    return Observed("friday", 1000.0, ("mask", "serum"), none, none, np.zeros(0), bin_s=bin_s, shut=spells)


def test_a_fit_on_items_that_sold_out_is_warned_of():
    (sentence,) = shut_words([seen([(0, 600.0, 2000.0), (1, 990.0, 1000.0)])])
    assert "mask (40 % of friday)" in sentence
    assert "serum" not in sentence
    assert "time scales of cues and buy rates" in sentence


def test_single_orders_tell_the_moment_of_a_stop():
    assert shut_words([seen([(0, 600.0, 2000.0)], bin_s=0.0)]) == []


def test_where_stock_lasted_nothing_is_said():
    assert shut_words([seen([(1, 990.0, 1000.0)])]) == []


def test_an_item_without_a_known_stock_is_warned_of_once():
    show = replace(seen([]), stock=(-1, 200))
    (sentence,) = stock_words([show, replace(show, name="saturday")])
    assert sentence.startswith("**No stock is known of mask**")
    assert "serum" not in sentence
    assert stock_words([replace(show, stock=(0, 200))]) == []
