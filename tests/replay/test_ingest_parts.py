"""The parts of the reader against their one-text rules, and the cross-checks on streams made for them."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.export import for_markdown, for_spreadsheet, write_csv
from sim.replay import StreamError, load, open_stream
from sim.replay.clock import NAIVE, Clock, find_zone, parse_time
from sim.replay.ingest import spool as spooling
from sim.replay.ingest.canon import is_stream, read_frame, read_head
from sim.replay.ingest.run import ingest
from sim.replay.ingest.seen import Seen, hashed
from sim.replay.ingest.times import CLOCKS, parse_times, shifted
from sim.replay.ingest.values import read_number, read_span

T = "2026-06-18 20:"

written = st.builds(
    lambda y, mo, d, h, mi, s, dash, gap, tail: f"{y:04d}{dash}{mo:02d}{dash}{d:02d}{gap}{h:02d}:{mi:02d}{s}{tail}",
    st.integers(1960, 2210), st.integers(0, 13), st.integers(0, 32), st.integers(0, 24), st.integers(0, 60),
    st.sampled_from(["", ":00", ":59", ":60", ":07.5", ":07,123456", ":07.123456789"]), st.sampled_from("-/."), st.sampled_from(" T"),
    st.sampled_from(["", "Z", " UTC", "+08:00", "-0530", " +08", "z", "x"]))  # fmt: skip


texts = st.one_of(written, st.integers(0, 10**17).map(str), st.sampled_from(["", "soon", "90.5", "0000000001", "20260618200000"]))


@settings(max_examples=60, deadline=None)
@given(some=st.lists(texts, min_size=1, max_size=6), often=texts)
def test_times_by_the_column_are_those_of_the_one_text_rule(some, often):
    column = [*some, *([often] * 70), *(re.sub(r"\d$", str(k % 10), often) for k in range(70))]
    us, clock, _ = parse_times(pa.array(column))
    for text, at, kind in zip(column, us.tolist(), clock.tolist(), strict=True):
        assert (None if kind < 0 else (CLOCKS[kind], at)) == parse_time(text), text


@settings(max_examples=40, deadline=None)
@given(
    at=st.lists(st.integers(0, 2 * 10**9), min_size=1, max_size=20),
    zone=st.sampled_from(["Asia/Shanghai", "America/Los_Angeles", "-03:30"]),
)
def test_zones_move_columns_as_they_move_one_time(at, zone):
    us = np.array(at) * 1_000_000
    assert shifted(us, find_zone(zone)).us.tolist() == [Clock(NAIVE, find_zone(zone)).microseconds(t) for t in us.tolist()]


@settings(max_examples=50, deadline=None)
@given(parts=st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=6))
def test_keys_are_met_once(parts):
    seen, met, place = Seen(), {}, 0
    for part in parts:
        places = np.arange(place, place + len(part))
        first = seen.first(np.array(part, np.uint64), places)
        for key, where, first_met in zip(part, places.tolist(), first.tolist(), strict=True):
            assert first_met == met.setdefault(key, where) if key in met else first_met == -1
            met.setdefault(key, where)
        place += len(part)


def test_a_hash_does_not_depend_on_what_stands_beside():
    words = ["7", "007", "x", "", "123456789012345678", "1234567890123456789", "７"]
    assert len(set(hashed(pa.array(words)).tolist())) == len(words)
    for word in words:
        assert hashed(pa.array([word]))[0] == hashed(pa.array(words))[words.index(word)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("3.40%", 0.034), ("15.2万", 152_000), ("¥58,920", 58_920), ("-¥3.5", -3.5), ("1.5亿", 1.5e8), ("12元", 12), ("1,2", None),
     ("1e400", None), ("##密文", None), ("--3", None), ("٣", None)],
)  # fmt: skip
def test_numbers_as_exports_write_them(text, value):
    number = read_number(text)
    assert (number.value if number else None) == value


def test_spans_as_exports_write_them():
    assert [read_span(t).value for t in ("13小时46分钟38秒", "1分35秒", "2天1时", "00:15:10", "95")] == [
        49598,
        95,
        176400,
        910,
        95,
    ]
    assert read_span("soon") is None


# -- what is written for others ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_a_spreadsheet_runs_nothing(text, tmp_path):
    assert for_spreadsheet(text) == "'" + text.replace("\r", "\n")
    write_csv(pd.DataFrame({"name": [text, "mask", "-3.5"], text: [1, 2, -3]}), tmp_path / "x.csv")
    back = pd.read_csv(tmp_path / "x.csv", dtype=str)
    assert back["name"].tolist()[1:] == ["mask", "-3.5"]
    assert all(cell.startswith("'") for cell in (back["name"][0], back.columns[1]))


def test_a_page_shows_no_html_and_follows_no_link():
    shown = for_markdown("<img src=x onerror=alert(1)> [a](javascript:b)\n| x")
    assert "<" not in shown
    assert "](" not in shown
    assert "\n" not in shown


def test_names_are_kept_as_they_are_and_made_harmless_on_export(tmp_path):
    evil = "=cmd|' /C calc'!A0"
    path = tmp_path / "a.csv"
    path.write_text(f"order_id,time,sku,qty\n1,{T}00:00,{evil},1\n2,never,{evil},1\n")
    ingested = ingest(path)
    assert ingested.frame()["sku"].tolist() == [evil]
    ingested.rejects.write(tmp_path)
    assert pd.read_parquet(tmp_path / "rejects.parquet")["text"].tolist() == [f"2,never,{evil},1"]
    path.write_text(f"sku,time,order_id\n{evil},never,1\nm,{T}00:00,2\n")
    ingest(path).rejects.write(tmp_path)
    assert pd.read_parquet(tmp_path / "rejects.parquet")["text"].tolist() == [f"{evil},never,1"]
    assert pd.read_csv(tmp_path / "rejects.csv")["text"].tolist() == [f"'{evil},never,1"]


# -- counters and cross-checks ----------------------------------------------------------------------------------


def counter(folder, totals, step_s=60):
    path = folder / "c.csv"
    rows = [
        f"e,{pd.Timestamp('2026-06-18') + pd.Timedelta(seconds=k * step_s):%Y-%m-%dT%H:%M:%SZ},100,{v},0,0" for k, v in totals
    ]
    path.write_text("event,time,viewers,donations_cum,amount_cum_usd,emotes\n" + "\n".join(rows) + "\n")
    frame = ingest(path).frame()
    return frame[frame["kind"] == "order"].astype({"mark": str})


def test_a_counter_is_differenced_and_every_oddity_marked(tmp_path):
    totals = [(0, 100), (1, 104), (2, ""), (3, -1), (4, 120), (5, 119), (6, 125), (7, 5), (8, 9), (9, 5000)]
    counted = counter(tmp_path, totals)
    assert counted["qty"].tolist() == [4, 16, 0, 6, 0, 4, 0]
    assert counted["bin_s"].tolist() == [60, 180, 60, 60, 60, 60, 60]
    assert counted["mark"].tolist() == ["", "gap", "drop", "", "reset", "", "jump"]
    assert counted["value"].dropna().tolist() == [-1, -120, 4991]
    assert (counted["seen_us"] - counted["t_us"]).tolist() == [int(b * 1e6) for b in counted["bin_s"]]


def test_a_stall_is_joined_to_its_catch_up_and_a_quiet_spell_is_not(tmp_path):
    busy = np.cumsum(np.full(60, 5)).tolist()
    stalled = [*busy, *[busy[-1]] * 9, busy[-1] + 52, *(busy[-1] + 52 + 5 * k for k in range(1, 40))]
    counted = counter(tmp_path, list(enumerate(stalled)))
    caught = counted[counted["mark"] == "catch_up"]
    assert caught[["qty", "bin_s"]].to_numpy().tolist() == [[52, 600]]
    assert len(counted) == len(stalled) - 1 - 9
    assert counted["qty"].sum() == stalled[-1] - stalled[0]
    quiet = [*busy, *[busy[-1]] * 9, *(busy[-1] + 5 * k for k in range(1, 40))]
    assert (counter(tmp_path, list(enumerate(quiet)))["mark"] == "").all()


def dashboard(folder, stay):
    rows = "".join(f"{T}{m:02d}:00,{1000 + m % 3},{500},{stay}\n" for m in range(30))
    (folder / "d.csv").write_text("时间,在线人数,进入人数,人均观看时长\n" + rows)
    return next(c for c in ingest(folder / "d.csv").head.checks if c["check"] == "Little's law")


def test_online_is_arrivals_times_stay(tmp_path):
    assert dashboard(tmp_path, "2分0秒")["ok"]
    written_book = dashboard(tmp_path, "3分0秒")
    assert not written_book["ok"]
    assert written_book["figure"] == pytest.approx(1001 / 1500)
    assert "more than 5 % apart" in written_book["finding"]


def shop(folder, levels):
    orders = "".join(f"{k},{T}{k:02d}:30,mask,2\n" for k in range(10))
    (folder / "orders.csv").write_text("order_id,time,sku,qty\n" + orders)
    (folder / "levels.csv").write_text("sku,time,available\n" + "".join(f"mask,{T}{m:02d}:00,{v}\n" for m, v in levels))
    return ingest(folder)


def test_a_stock_column_that_contradicts_the_orders_is_reported_with_the_first_case(tmp_path):
    agreed = shop(tmp_path, [(0, 50), (5, 40), (10, 30)])
    check = next(c for c in agreed.head.checks if c["check"] == "stock against orders")
    assert check["ok"]
    assert not (agreed.frame()["kind"] == "correction").any()
    wrong = shop(tmp_path, [(0, 50), (5, 37), (8, 31), (10, 127)])
    check = next(c for c in wrong.head.checks if c["check"] == "stock against orders")
    assert not check["ok"]
    assert "contradicts the orders 2 times; first in line 3: mask went from 50 to 37 between" in check["finding"]
    assert "where the recorded orders, returns and restocks make -10" in check["finding"]
    wrong.write(tmp_path / "x.stream.parquet")
    stream = open_stream(tmp_path / "x.stream.parquet")
    assert stream.skus[0].stock == 50
    at = stream.levels.set_index("t_s")["stock"]
    assert [int(at[at.index <= 60 * m].iloc[-1]) for m in (5, 8, 10)] == [37, 31, 127]


def test_a_short_or_quiet_stream_is_said_to_be_so(tmp_path):
    exported = shop(tmp_path, [(0, 50), (9, 32)])
    check = next(c for c in exported.head.checks if c["check"] == "length")
    assert not check["ok"]
    assert "too short to judge or fit anything by" in check["finding"]


def test_orders_that_may_be_counted_twice_are_said_to_be_so(tmp_path):
    (tmp_path / "a.csv").write_text(f"order_id,time,sku\n1,{T}00:00,m\n")
    (tmp_path / "b.csv").write_text(f"time,type,sku\n{T}00:00,order,m\n")
    assert any("may be counted twice" in c["finding"] for c in ingest(tmp_path).head.checks)


# -- many rows --------------------------------------------------------------------------------------------------


def test_what_goes_through_the_disk_is_the_same(tmp_path, monkeypatch):
    rng = np.random.Generator(np.random.PCG64(1))
    at = rng.integers(0, 3000, 4000)
    rows = "".join(f"{k},{T}{t // 60 % 60:02d}:{t % 60:02d},s{t % 7},1\n" for k, t in enumerate(at.tolist()))
    (tmp_path / "a.csv").write_text("order_id,time,sku,qty\n" + rows)
    plain = ingest(tmp_path / "a.csv", block=5000)
    monkeypatch.setattr(spooling, "IN_MEMORY", 500)
    spilt = ingest(tmp_path / "a.csv", block=5000)
    assert spilt._making.spool.folder is not None
    monkeypatch.setattr(spooling.Spool.merged, "__defaults__", (300,))
    pd.testing.assert_frame_equal(
        plain.frame().astype({"sku": str, "repairs": str, "file": str}),
        spilt.frame().astype({"sku": str, "repairs": str, "file": str}),
    )
    spilt.write(tmp_path / "a.stream.parquet")
    assert read_head(tmp_path / "a.stream.parquet").rows == len(read_frame(tmp_path / "a.stream.parquet")) == 4000
    assert (np.diff(read_frame(tmp_path / "a.stream.parquet")["t_us"]) >= 0).all()
    folder = spilt._making.spool.folder.name
    spilt.close()
    import os

    assert not os.path.exists(folder)


def test_a_stream_is_no_source_and_takes_no_sheets(tmp_path):
    (tmp_path / "a.csv").write_text(f"order_id,time,sku\n1,{T}00:00,m\n2,{T}00:09,m\n")
    ingest(tmp_path / "a.csv").write(tmp_path / "a.stream.parquet")
    assert is_stream(tmp_path / "a.stream.parquet")
    with pytest.raises(StreamError, match="is a stream already"):
        ingest(tmp_path / "a.stream.parquet")
    assert any(note.startswith("a.stream.parquet: not used: is a stream already") for note in ingest(tmp_path).head.notes)
    with pytest.raises(StreamError, match="is a finished stream"):
        load(tmp_path / "a.stream.parquet", cues="c.csv")


def test_the_zone_told_wins_over_the_mappings_and_that_over_the_assumed(tmp_path):
    (tmp_path / "a.csv").write_text(f"order_id,time,sku\n1,{T}00:00,m\n")
    at = pd.Timestamp("2026-06-18 20:00:00").value // 1000
    assert ingest(tmp_path / "a.csv").head.start_us == at - 8 * 3600 * 1_000_000
    assert ingest(tmp_path / "a.csv", zone="UTC").head.start_us == at
    (tmp_path / "b.csv").write_text(f"start_time,name,duration,event,category\n{T}00:00,x,00:10:00,e,c\n")
    (tmp_path / "c.csv").write_text("order_id,time,sku\n1,1781812800,m\n")
    cues = ingest([tmp_path / "b.csv", tmp_path / "c.csv"]).frame().query("kind == 'cue'")
    assert cues["t_us"].tolist() == [at]
    assert cues["value"].tolist() == [600.0]
