"""Stock, orders, carts and traffic may come apart: the latest of each, and how old it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Audience, Cue, Scenario, Shoppers, Sku
from scenarios.staffing import SOURCES, Feed, Outage, Source
from sim.core import world as W
from sim.core.feed import news, signal_of
from sim.core.history import seen
from sim.core.stage import set_stage
from sim.core.tape import DELIVER, SAMPLE
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.setup.policies import make_policy

SHOW = Scenario(
    "apart", "none", 120.0, (Sku("a", 40), Sku("b", 60)), (Cue(10, "a", "link_drop"), Cue(60, "b")), audience=Audience(600.0),
    shoppers=Shoppers(buy_rate=0.05, cart_conversion=0.4),
)  # fmt: skip


def heard(feed: Feed):
    """The silent run, and every signal about SKU b: (row, signal)."""
    show = replace(SHOW, feed=feed)
    stage = set_stage(show, draw_tape(show, 3))
    run = play(stage, make_policy("silent"), acting=False)
    world = stage.world(make_policy("silent"))._replace(readings=run.readings)
    return run, [(i, signal_of(world, i, 1)) for i in news(run.tape).tolist()]


def test_equal_sources_are_todays_bytes():
    plain = Feed(2.0, 3.0, 0.2, 0.1)
    same = replace(plain, carts=Source(2.0, 3.0, 0.1), stock=Source(lag_s=3.0), traffic=Source(loss_p=0.1))
    a, b = (draw_tape(replace(SHOW, feed=feed), 1) for feed in (plain, same))
    assert a.digest() == b.digest()
    assert len(same.messages()) == 1


def test_each_figure_is_the_latest_of_its_source():
    """Constant lags and no losses: the newest reading of a source is the last multiple of its period ``lag`` ago."""
    feed = Feed(2.0, 0.5, stock=Source(5.0, 7.3), carts=Source(lag_s=20.0), traffic=Source(3.0, 0.9))
    run, signals = heard(feed)
    ways = {"stock": (5.0, 7.3), "orders": (2.0, 0.5), "carts": (2.0, 20.0), "traffic": (3.0, 0.9)}
    assert len(signals) == sum(int(120 / period) for period, _ in ways.values())
    sampled = np.flatnonzero(run.tape.kind == SAMPLE)
    assert len(sampled) == len(run.readings)
    carts, taken = run.readings[run.tape.who[sampled], 1, W.R_CARTS], run.tape.t[sampled] / 1e6
    for _, s in signals:
        for name, (period, lag) in ways.items():
            when = np.floor((min(s.now - lag, 120.0) + 1e-4) / period) * period
            assert getattr(s, f"{name}_age") == pytest.approx(s.now - max(when, 0.0), abs=1e-3), name
        assert s.t == pytest.approx(s.now - s.orders_age)
        if s.carts_age < s.now:
            k = np.searchsorted(taken, s.now - s.carts_age + 1e-6) - 1
            assert s.carts == carts[k]


def test_before_a_source_has_come_its_start_is_known():
    _, signals = heard(Feed(traffic=Source(loss_p=1.0), stock=Source(lag_s=30.0), orders=Source(lag_s=60.0)))
    first = signals[0][1]
    assert (first.stock, first.office, first.orders, first.viewers, first.t) == (60.0, 60.0, 0.0, 0.0, 0.0)
    assert first.stock_age == first.orders_age == first.traffic_age == first.now
    last = signals[-1][1]
    assert (last.viewers, last.traffic_age) == (0.0, last.now)
    assert last.stock < 60
    assert last.orders > 0


def test_a_source_on_its_own_leaves_the_others_where_they_are():
    """Losses, duplicates and disorder of what keeps the feed's settings do not move when the carts go their own way."""
    feed = Feed(1.0, 1.0, 0.5, 0.2, 0.1, 0.1, outages=(Outage(40.0, 10.0, True),))
    (a, _), (b, _) = heard(feed), heard(replace(feed, carts=Source(lag_s=9.0)))
    carts = 1 << SOURCES.index("carts")
    ours = (b.tape.kind == DELIVER) & (b.tape.qty != carts)
    assert np.array_equal(a.tape.mark[a.tape.kind == DELIVER], b.tape.mark[ours])
    assert np.allclose(a.tape.t[a.tape.kind == DELIVER], b.tape.t[ours], atol=40)


def test_what_brings_nothing_new_is_dropped_by_source():
    feed = Feed(1.0, 1.0, 1.0, 0.1, 0.3, 0.2, stock=Source(lag_s=15.0))
    run, signals = heard(feed)
    assert run.dropped_readings > 10
    assert len(signals) == (run.tape.kind == DELIVER).sum() - run.dropped_readings
    for name in ("stock", "orders"):
        moments = [s.now - getattr(s, f"{name}_age") for _, s in signals]
        assert np.all(np.diff(moments) >= -1e-9)
    arrived, taken, stock = seen(run, 1)
    assert np.all(np.diff(taken) > 0)
    assert len(stock) < len(signals)
    assert (arrived >= taken).all()


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("bound", [Source(0.01, 0.0, 0.0), Source(3600.0, 3600.0, 1.0)])
def test_a_source_at_its_bounds(name, bound):
    show = replace(SHOW, duration_s=20.0, cues=SHOW.cues[:1], feed=replace(Feed(), **{name: bound}))
    stage = set_stage(show, draw_tape(show, 1))
    run = play(stage, make_policy("smart"))
    assert len(run.tape.viewers) == (run.tape.kind == SAMPLE).sum() == 20 + (2000 if bound.lag_s == 0 else 0)
