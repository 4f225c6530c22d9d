"""Open-loop replay: the stream follows the recording exactly, strategies see nothing early, every engine agrees."""

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.staffing import Feed
from sim.core import world as W
from sim.core.ledger import step
from sim.core.stage import set_stage
from sim.core.tape import PAID, SAMPLE, TAKE
from sim.core.units import to_us
from sim.engine.simulate import plain_engine, play, play_oracle
from sim.replay import StreamError, load, replay
from sim.replay.invent import FOLDER
from sim.replay.judge import EARLY, OUT, UNDECIDED, UNFOLLOWED, became_of
from sim.setup.policies import make_policy

NAMES = ("window_forecast", "smart", "percent_of_stock", "random_rate")


def play_plain(stage, policy, acting=True):
    """The dense plane without compiling."""
    return play(stage, policy, acting, plain_engine(policy))


def levels_file(folder, rows, header="item,time,enrolled,available,total"):
    path = folder / "levels.csv"
    path.write_text("\n".join([header, *(",".join(map(str, r)) for r in rows)]) + "\n")
    return path


def recorded(stream, feed=None):
    """Stock of every SKU at each reading, straight from the recorded levels, never below 0."""
    n = int(stream.scenario(feed).duration_s / (feed or stream.feed()).period_s)
    at = np.arange(1, n + 1) * (feed or stream.feed()).period_s
    paths = [stream.levels[stream.levels["sku"] == s.id] for s in stream.skus]
    stocks = [p["stock"].to_numpy()[np.searchsorted(p["t_s"].to_numpy() - 1e-9, at, "right") - 1] for p in paths]
    return np.maximum(0, np.stack(stocks, 1))


def test_a_taken_order_moves_the_record_below_zero_and_cannot_be_refused(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("order_id,time,qty\n1,0,2\n2,1,3\n3,2,4\n")
    stream = load(path, stock=4).stream
    world = set_stage(stream.scenario(), stream.tape()).world(make_policy("silent"))
    for i in np.flatnonzero(world.kind == TAKE).tolist():
        step(world, i)
        assert world.outcome[i] == PAID
    stock = world.stock[0]
    assert (stock[W.RECORD], stock[W.ORDERED], stock[W.PAID_UNITS], stock[W.PHYSICAL]) == (-5, 9, 9, 4)
    assert stream.sellouts(60)[["t_s", "back_s"]].to_numpy().tolist() == [[1.0, float("inf")]]


polls = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 40), st.integers(20, 40)), min_size=2, max_size=30
)  # available, enrolled, total


@settings(max_examples=60, deadline=None)
@given(one=polls, two=polls)
def test_stock_levels_are_followed_exactly_at_every_poll(tmp_path_factory, one, two):
    rows = [(name, k * 10, e, a, t) for name, series in (("a", one), ("b", two)) for k, (a, e, t) in enumerate(series)]
    loaded = load(levels_file(tmp_path_factory.mktemp("levels"), rows))
    path = loaded.stream.levels.set_index(["sku", "t_s"])["stock"]
    path = path[~path.index.duplicated(keep="last")]
    for name, t, _, available, _ in rows:
        before = path[name][path[name].index <= t]
        assert before.iloc[-1] == available
    run = play_plain(set_stage(loaded.stream.scenario(), loaded.stream.tape()), make_policy("silent"), acting=False)
    last = {name: available for name, _, _, available, _ in rows}
    assert run.stock[:, W.RECORD].tolist() == [last[s.id] for s in loaded.stream.skus]
    assert (run.readings[:, :, W.R_STOCK] == recorded(loaded.stream)).all()


def test_no_sellout_appears_inside_a_poll(tmp_path):
    rows = [("a", 0, 10, 5, 15), ("a", 10, 22, 8, 30), ("a", 20, 30, 0, 30), ("a", 30, 29, 1, 30), ("a", 40, 30, 0, 30)]
    stream = load(levels_file(tmp_path, rows)).stream
    assert stream.sellouts(5)[["t_s", "back_s", "times"]].to_numpy().tolist() == [[20, 30, 1], [40, np.inf, 1]]
    assert stream.sellouts(60)[["t_s", "back_s", "times"]].to_numpy().tolist() == [[20, np.inf, 2]]


def test_a_sku_that_opens_with_nothing_has_not_sold_out(tmp_path):
    rows = (
        [("a", 0, 9, 0, 9)] + [("a", 3600 + 10 * k, k, 9 - k, 9) for k in range(10)] + [("b", 0, 9, 0, 9), ("b", 9000, 9, 0, 9)]
    )
    loaded = load(levels_file(tmp_path, rows))
    assert loaded.stream.sellouts(60)[["t_s", "back_s", "times"]].to_numpy().tolist() == [
        [-1, 3600, 0],
        [3690, np.inf, 1],
        [-1, np.inf, 0],
    ]
    result = replay(loaded, [make_policy("fixed_count")], merge_s=60)
    assert result.sellouts[["sku", "sellout", "sold_out_s"]].to_numpy().tolist() == [["a", 1, 3690]]
    assert result.table["sellouts"].tolist() == [1, 0]
    assert set(result.alerts.loc[result.alerts["t_s"] < 3600, "became"]) == {OUT}
    assert set(result.alerts.loc[result.alerts["t_s"] < 3600, "sellout"]) == {0}


def test_a_bad_poll_is_rejected(tmp_path):
    rows = [("a", 0, 1, 5, 6), ("a", 0, 1, 4, 6), ("a", 5, 1, "few", 6), ("a", 6, -1, 4, 6), ("", 7, 1, 4, 6), ("a", 8, 1, "", 6),
            ("a", 9, "", 4, "")]  # fmt: skip
    loaded = load(levels_file(tmp_path, rows))
    assert loaded.rejects["reason"].tolist() == [
        "the item was polled at this time already (line 2)", "available 'few' is not a whole number", "enrolled -1 is negative",
        "item is empty", "available is empty"]  # fmt: skip
    assert loaded.stream.levels["stock"].tolist() == [5, 4]
    with pytest.raises(StreamError, match="leave stock= out"):
        load(levels_file(tmp_path, rows), stock=5)


def test_start_keeps_the_level_that_stood_before_it(tmp_path):
    rows = [("a", 0, 1, 9, 10), ("a", 50, 3, 7, 10), ("a", 100, 5, 5, 10), ("b", 80, 0, 3, 3)]
    stream = load(levels_file(tmp_path, rows), start="60", end="200").stream
    assert [(s.id, s.stock) for s in stream.skus] == [("a", 7), ("b", 3)]
    assert stream.levels.to_numpy().tolist() == [["a", 0.0, 7], ["a", 40.0, 5], ["b", 0.0, 3]]
    assert stream.span_s == 140.0


def test_speedup_divides_every_time(tmp_path):
    rows = [("a", k * 600, k, 10 - k, 10) for k in range(11)]
    slow, fast = (load(levels_file(tmp_path, rows), speedup=s).stream for s in (1, 60))
    assert fast.span_s == slow.span_s / 60
    assert fast.reading_s == slow.reading_s / 60
    assert fast.sellouts(60)["t_s"].tolist() == [100.0]
    result = replay(load(levels_file(tmp_path, rows), speedup=60), [make_policy("percent_of_stock")])
    assert "60 times faster" in result.caption
    assert (result.table["speedup"] == 60).all()
    assert result.sellouts["sold_out_at"].tolist() == ["6000"]


@pytest.mark.parametrize(
    ("t_s", "level", "expected"),
    [(50, 1, (EARLY, 1)), (10, 1, (UNFOLLOWED, 0)), (100, 3, (OUT, 1)), (199, 2, (OUT, 1)), (260, 2, (EARLY, 2)),
     (500, 2, (UNFOLLOWED, 0)), (950, 2, (UNDECIDED, 0)), (50, 0, ("all clear", 0))],
)  # fmt: skip
def test_what_becomes_of_an_alert(t_s, level, expected):
    spells = np.array([[100.0, 200.0, 1.0], [300.0, 400.0, 2.0]])
    assert became_of(float(t_s), level, spells, 60.0, 1000.0) == expected


def test_the_tables_agree_with_each_other():
    result = replay(load(FOLDER), [make_policy(n) for n in NAMES], horizon_s=900.0)
    for table in (result.table, result.sellouts, result.alerts):
        assert (table["loop"] == "open").all()
    assert result.loop == "open"
    assert "open-loop" in result.caption
    assert not any(run.acting or len(run.actions) for run in result.runs)
    alerts_sent = result.alerts[result.alerts["level"] > 0]
    for row in result.table.itertuples():
        of_row = alerts_sent[(alerts_sent["strategy"] == row.strategy) & (alerts_sent["sku"] == row.sku)]
        sold = result.sellouts[(result.sellouts["strategy"] == row.strategy) & (result.sellouts["sku"] == row.sku)]
        assert row.alerts == len(of_row) == row.early + row.while_sold_out + row.unfollowed + row.undecided
        assert row.sellouts == len(sold)
        assert row.warned == sold["lead_s"].notna().sum()
        early = of_row[of_row["became"] == EARLY].groupby("sellout")["t_s"].min()
        leads = sold.set_index("sellout")["lead_s"].dropna()
        assert (leads <= 900.0).all()
        assert set(early.index) == set(leads.index)
        assert np.allclose(sold.set_index("sellout")["sold_out_s"][early.index] - early, leads[early.index])


def test_the_engines_agree_on_a_recording():
    loaded = load(FOLDER, start="2026-06-18 20:20:00", end="2026-06-18 20:50:00")
    for name in ("smart", "cart_lead"):
        digests = {replay(loaded, [make_policy(name)], player=p).runs[0].digest() for p in (play, play_plain, play_oracle)}
        assert len(digests) == 1


def test_readings_show_the_recorded_stock_also_through_a_poor_feed():
    stream = load(FOLDER).stream
    feed = Feed(period_s=3.0, lag_s=2.0, loss_p=0.1)
    run = play(set_stage(stream.scenario(feed), stream.tape(feed)), make_policy("silent"), acting=False)
    assert (run.readings[:, :, W.R_STOCK] == recorded(stream, feed)).all()
    assert (run.tape.kind == SAMPLE).sum() == len(run.readings)


@pytest.mark.parametrize("name", NAMES)
def test_no_look_ahead_alerts_on_a_part_are_a_prefix(tmp_path, name):
    text = (FOLDER / "invented_show.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
    cut = "2026-06-18 20:50:00"
    part = tmp_path / "part.csv"
    part.write_text("".join(line for line in text if line < cut or line.startswith("time")))
    span = {"start": "2026-06-18 20:00:00", "end": "2026-06-18 21:45:00", "stock": FOLDER / "invented_stock.csv",
            "cues": FOLDER / "invented_cues.csv"}  # fmt: skip
    whole, half = (replay(load(p, **span), [make_policy(name)]) for p in (FOLDER / "invented_show.csv", part))
    order = [s.id for s in half.runs[0].scenario.skus]
    assert order == [s.id for s in whole.runs[0].scenario.skus]
    limit = to_us(50 * 60)
    early, told = (r.runs[0].alerts[r.runs[0].alerts["t"] < limit] for r in (whole, half))
    assert len(early) > 0
    assert early.tobytes() == told.tobytes()


def test_shifting_the_clock_changes_nothing(tmp_path):
    texts = []
    for shift in (0, 86400 * 40):
        frame = pd.DataFrame({"order_id": range(300), "time": 1_781_812_800 + shift + np.arange(300) * 7, "sku": "a"})
        path = tmp_path / f"{shift}.csv"
        frame.to_csv(path, index=False)
        texts.append(replay(load(path, stock=200), [make_policy("smart")]).runs[0].alerts.tobytes())
    assert texts[0] == texts[1] != b""


def test_strategies_need_different_names():
    with pytest.raises(StreamError, match="give one of them a label"):
        replay(load(FOLDER), [make_policy("smart"), make_policy("smart")])
    with pytest.raises(StreamError, match="no strategy"):
        replay(load(FOLDER), [])


def test_progress_is_told_after_each_strategy():
    told = []
    replay(load(FOLDER), [make_policy("silent"), make_policy("fixed_count")], progress=lambda *a: told.append(a))
    assert told == [(1, 2, "silent"), (2, 2, "fixed_count")]


def test_too_many_readings_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("order_id,time,sku\n" + "".join(f"{k},{k * 300},s{k}\n" for k in range(1000)))
    with pytest.raises(StreamError, match=r"feed\.period_s"):
        load(path, stock=5).stream.tape(Feed(period_s=1.0))


@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=300),
    head=st.sampled_from([b"", b"order_id,time,qty\n", b"item,time,available\n", b"\x1f\x8b", b"PAR1"]),
    name=st.sampled_from(["a.csv", "a.csv.gz", "a.jsonl", "a.parquet", "a.tsv"]),
)
def test_any_bytes_give_a_stream_or_one_sentence(tmp_path_factory, data, head, name):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(head + data)
    with contextlib.suppress(StreamError):
        load(path, stock=3)
