"""Files that say themselves when an item was frozen, delisted or off sale: events, and a column beside the stock levels."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.spread import CERTAIN
from sim.core.units import US
from sim.replay import StreamError, load
from sim.replay.closedtape import backdrop
from sim.replay.draws import draw
from sim.replay.impute import impute

TIMES = [t for t in range(5, 1800, 10) if not 600 < t < 1200]
"""An order every 10 s, none between 600 and 1200 s."""


def events(tmp_path, *rows):
    every = sorted([(t, f"{t},order,o{t},mask,1") for t in TIMES] + [(float(r.split(",")[0]), r) for r in rows])
    (tmp_path / "log.csv").write_text("time,type,order_id,sku,qty\n" + "\n".join(r for _, r in every) + "\n", encoding="utf-8")
    return tmp_path / "log.csv"


def polls(tmp_path, word):
    left = [(t, 1000 - sum(x <= t for x in TIMES)) for t in range(0, 1801, 30)]
    rows = [f"{t},mask,{n},{word if 600 <= t < 1200 else 'on sale'}" for t, n in left]
    (tmp_path / "levels.csv").write_text("time,sku,stock,status\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path / "levels.csv"


@pytest.mark.parametrize(("stop", "again"), [("freeze", "reopen"), ("delisted", "relist"), ("下架", "上架"), ("冻结", "解冻")])
def test_events_say_when_an_item_was_off_sale_and_what_was_hidden_is_imputed(tmp_path, stop, again):
    loaded = load(events(tmp_path, f"600,{stop},,mask,", f"1200,{again},,mask,"), stock=1000)
    start_us = loaded.stream.start_us / US
    assert [(k, a / US + start_us, b / US + start_us) for k, a, b in loaded.stream.shut] == [(0, 600.0, 1200.0)]
    assert loaded.counts["rejected"].sum() == loaded.counts["set_aside"].sum() == 0
    if stop == "freeze":
        imputed = impute(loaded.stream, world=replace(backdrop(), spread=CERTAIN))
        assert np.mean([draw(imputed, 1, r).likely.sum() for r in range(20)]) == pytest.approx(60, abs=10)


def test_an_item_that_is_not_reopened_stays_off_sale_to_the_end(tmp_path):
    stream = load(events(tmp_path, "1796,freeze,,mask,"), stock=1000, end="2400").stream
    assert [(a / US + 5, b / US + 5) for _, a, b in stream.shut] == [(1796.0, 2400.0)]


def test_orders_that_contradict_a_freeze_are_said(tmp_path):
    with pytest.raises(StreamError, match=r"by log\.csv mask was closed from 155 to 545, but 38 orders of it are recorded then"):
        load(events(tmp_path, "100,freeze,,mask,", "600,reopen,,mask,"), stock=1000)


@pytest.mark.parametrize("word", ["frozen", "off sale", "已下架", "0"])
def test_a_column_says_whether_an_item_is_on_sale(tmp_path, word):
    """Polled every 30 s: it went off sale by 600 s, and was on again by 1200 s."""
    stream = load(polls(tmp_path, word)).stream
    assert [(round(a / US, 3), round(b / US, 3)) for _, a, b in stream.shut] == [(600.0, 1200.0)]


def test_a_word_that_is_not_known_is_said_and_left_out(tmp_path):
    loaded = load(polls(tmp_path, "mauve"))
    assert loaded.stream.shut == ()
    assert any("word for being on sale that is not known (such as 'mauve')" in note for note in loaded.notes)
