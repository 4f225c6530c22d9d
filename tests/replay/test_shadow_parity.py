"""A live feed of a recording makes the alerts of its replay, byte for byte."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.contract import Sku
from scenarios.staffing import Feed
from sim.core.tape import CART, EDIT_ADD, EDIT_SET, SUPPLY, TAKE
from sim.engine.simulate import plain_engine
from sim.replay import Loaded, Stream, StreamError
from sim.replay.clock import NAIVE, SECONDS, ZONED, Clock
from sim.replay.feedlines import feed_lines, write_feed
from sim.replay.shadow import show as showing
from sim.replay.shadow.show import LiveShow, ShowEvents
from sim.setup.policies import make_policy
from strategies import registry
from tests.replay.feeds import followed, invented, planned, replayed, restocked, without_rows

SOME = ("smart", "window_forecast", "random_rate", "tiered", "manual_polling", "cart_lead")


def policies(*names):
    return [make_policy(name) for name in names or SOME]


def loaded_from(stream) -> Loaded:
    return Loaded(stream, None, None, ())


@pytest.fixture(scope="module")
def show():
    return invented()


@pytest.mark.parametrize("names", [(name,) for name in registry.names()] + [SOME])
def test_the_invented_show(show, names, tmp_path):
    want = replayed(show, policies(*names))
    got, metrics = followed(planned(show.stream, policies(*names), tmp_path), feed_lines(show.stream), tmp_path)
    assert got == want
    assert bool(want) == (metrics["alerts"] > 0) == (names != ("silent",))
    assert metrics["lines"]["used"] == metrics["lines"]["read"] == len(show.stream.t) + 2


@pytest.mark.parametrize("feed", [Feed(0.5, 0.0), Feed(7.0, 30.0), Feed(60.0, 0.5), Feed(0.3, 0.3)])
def test_other_feeds(show, feed, tmp_path):
    """Readings rarer than their delay, no delay at all, periods that no float holds."""
    got, _ = followed(planned(show.stream, policies(), tmp_path, feed), feed_lines(show.stream), tmp_path)
    assert got == replayed(show, policies(), feed)
    assert got


def test_stock_levels_with_restocks(tmp_path):
    loaded, _ = restocked(tmp_path)
    assert SUPPLY in loaded.stream.what
    got, _ = followed(planned(loaded.stream, policies(), tmp_path), feed_lines(loaded.stream), tmp_path)
    assert got == replayed(loaded, policies())
    assert got.count(b"\n") > 20


@pytest.mark.parametrize("header", ["item,time,enrolled,available,total", "item,time,available"])
def test_polled_levels_are_read_as_a_replay_reads_them(header, tmp_path):
    """The polls themselves as level lines: sales and restocks are told apart as in a replay of the levels file."""
    loaded, rows = restocked(tmp_path, header=header)
    lines = [{"t": r["time"], "kind": "level", "sku": r["item"], "value": r["available"]} for r in rows]
    if "total" in header:
        lines = [e | {"enrolled": r["enrolled"], "total": r["total"]} for e, r in zip(lines, rows, strict=True)]
    lines.append({"t": rows[-1]["time"], "kind": "end"})
    live_plan = planned(loaded.stream, policies(), tmp_path)
    got, metrics = followed(live_plan, [json.dumps(e) for e in lines], tmp_path)
    assert got == replayed(loaded, policies())
    assert metrics["kinds"] == {"level": 720, "end": 1}


@pytest.mark.parametrize("clock", [Clock(SECONDS), Clock(NAIVE), Clock(ZONED)])
def test_every_clock_and_a_show_that_runs_faster(show, clock, tmp_path):
    stream = replace(show.stream, clock=clock, start_us=0 if clock.kind == SECONDS else show.stream.start_us, speedup=7.0)
    got, _ = followed(planned(stream, policies(), tmp_path), feed_lines(stream), tmp_path)
    assert got == replayed(loaded_from(stream), policies())


SKUS = (Sku("a", 40, "traffic"), Sku("b", 25, "profit", safety_stock=4), Sku("面膜", 60, "longtail"))
EVENT = st.tuples(
    st.one_of(st.integers(0, 40_000_000), st.integers(0, 9).map(lambda s: s * 1_000_000)),
    st.sampled_from([TAKE, TAKE, TAKE, CART, SUPPLY, EDIT_ADD]),
    st.integers(0, 2),
    st.integers(1, 9),
)


def stream_of(events, span_s=40.0):
    rows = np.array(sorted(events, key=lambda e: e[0]), np.int64).reshape(-1, 4)
    qty = np.where(rows[:, 1] == EDIT_ADD, rows[:, 3] - 5, rows[:, 3])
    qty = np.where(qty == 0, 1, qty)
    return Stream("random", "events", SKUS, rows[:, 0], rows[:, 1].astype(np.int8), rows[:, 2].astype(np.int16),
                  qty.astype(np.int32), (), Clock(SECONDS), 0, span_s, 1.0, 1.0)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(events=st.lists(EVENT, max_size=60), period=st.sampled_from([0.7, 1.0, 2.5]), lag=st.sampled_from([0.0, 0.5, 3.1]))
def test_random_streams(tmp_path_factory, events, period, lag):
    stream, feed, folder = stream_of(events), Feed(period, lag), tmp_path_factory.mktemp("feed")
    some = policies("smart", "random_rate", "fixed_count")
    got, _ = followed(planned(stream, some, folder, feed), feed_lines(stream), folder)
    assert got == replayed(loaded_from(stream), some, feed)


@settings(max_examples=60, deadline=None)
@given(events=st.lists(EVENT, min_size=20, max_size=80), cuts=st.lists(st.integers(1, 79), max_size=12), at=st.data())
def test_how_the_stream_is_cut_into_windows_changes_nothing(events, cuts, at):
    """Windows of any size, some of them after a restart from the saved state, and windows too small for what comes; with
    events, readings and arrivals at the same moment."""
    stream, feed = stream_of(events), Feed(1.0, 2.0)
    few = {"budget_per_hour": 6.0, "budget_all": 1.0}
    some = [make_policy("smart"), make_policy("fixed_count", {"units": 20.0}, gate=few), make_policy("random_rate")]
    crowd = (np.array([-1]), np.array([0.0]))
    small = pytest.MonkeyPatch()

    def said(edges, again=()):
        show, out = LiveShow(without_rows(stream), some, feed), []
        for low, high in zip([0, *edges], [*edges, len(stream.t)], strict=True):
            part = ShowEvents(*(getattr(stream, name)[low:high] for name in ShowEvents._fields))
            out += show.advance(part, int(stream.t[:high].max(initial=-1)), crowd)
            if low in again:
                state = {name: array.copy() for name, array in show.state().items()}
                show = LiveShow(without_rows(stream), some, feed)
                show.restore(state)
        return out + show.finish(40_000_000, crowd)

    whole = said([])
    edges = sorted({min(c, len(stream.t)) for c in cuts})
    assert said(edges, at.draw(st.sets(st.sampled_from([0, *edges])))) == whole
    with small.context() as patched:
        patched.setattr(showing, "EVENTS", 3)
        patched.setattr(showing, "READINGS", 16)
        assert said(edges) == whole


def test_a_strategy_that_does_not_compile_says_the_same(show, tmp_path, monkeypatch):
    compiled, _ = followed(planned(show.stream, policies("smart"), tmp_path), feed_lines(show.stream), tmp_path)
    monkeypatch.setattr(showing, "engine_for", plain_engine)
    part = "".join(line + "\n" for line in list(feed_lines(show.stream))[:600]).encode()
    plain, _ = followed(planned(show.stream, policies("smart"), tmp_path), part, tmp_path, "plain")
    assert plain
    assert compiled.startswith(plain)


def test_levels_set_the_record_right_once_orders_are_told(tmp_path):
    """EDIT_SET rows in a replay, level lines in a feed."""
    events = [(k * 400_000, EDIT_SET if k % 9 == 8 else TAKE, 0, 12 if k % 9 == 8 else 2) for k in range(60)]
    stream, some = stream_of(events), policies("smart", "fixed_count")
    got, metrics = followed(planned(stream, some, tmp_path), feed_lines(stream), tmp_path)
    assert got == replayed(loaded_from(stream), some)
    assert metrics["kinds"]["level"] == 6


def test_what_a_feed_cannot_say_is_refused(show, tmp_path):
    with pytest.raises(StreamError, match="speedup"):
        list(feed_lines(replace(show.stream, speedup=0.5)))
    with pytest.raises(StreamError, match="other feed settings"):
        write_feed(show.stream, Feed(loss_p=0.1), tmp_path)
    with pytest.raises(StreamError, match="more than a line may say"):
        list(feed_lines(stream_of([(0, TAKE, 0, 2_000_000)])))
