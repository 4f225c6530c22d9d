"""What a cue sheet says of a cue's own response: read, refused, used, and written again."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Cue
from scenarios.spread import Spread
from sim.cli.main import main
from sim.replay import load
from sim.replay.closedtape import backdrop
from sim.replay.feedlines import write_feed
from sim.replay.impute import impute
from sim.replay.ingest import cue_label
from sim.replay.shadow.sheets import cue_rows, cue_sheet
from tests.replay.made import orders, recording
from tests.replay.test_as_recorded import T, shop

OWN = ("peak", "tau_s", "duration_s", "shape")
SOLD = [(0, 0, "tea", 1), (20, 0, "tea", 1)]


def sheet(folder, head, *rows):
    """A recording with a cue sheet of this head and these rows, loaded."""
    (folder / "cues.csv").write_text("\n".join([head, *(T + row for row in rows)]) + "\n", encoding="utf-8")
    return load(shop(folder, SOLD), zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("head", "row", "own"),
    [
        ("start_time,sku,kind", "05:00,tea,deal", (None, None, None, None)),
        ("start_time,sku,kind,peak", "05:00,tea,deal,15", (15.0, None, None, None)),
        ("start_time,sku,kind,peak,tau_s,duration,shape", "05:00,tea,deal,1.5,20,90,Block", (1.5, 20.0, 90.0, "block")),
        ("开始时间,商品编码,环节,峰值,时间尺度,形状", "05:00,tea,秒杀,15倍,1分,gamma", (15.0, 60.0, None, "gamma")),
        ("start,name,cue,Peak X,Tau", "05:00,tea,秒杀,0.5x,", (0.5, None, None, None)),
        ("start_time,sku,kind,peak,duration", "05:00,tea,deal,,7200", (None, None, 60.0, None)),
        ("start_time,sku,kind,tau_s,duration", "05:00,tea,deal,100,7200", (None, 100.0, 1000.0, None)),
    ],
)
def test_a_sheet_says_what_is_a_cues_own(tmp_path, head, row, own):
    (cue,) = sheet(tmp_path, head, row).stream.cues
    assert tuple(getattr(cue, name) for name in OWN) == own
    assert (cue.sku, cue.kind) == ("tea", "deal")


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("peak", "strong", "peak 'strong' is not a number"), ("peak", "0", "peak 0 is not positive"),
        ("peak", "-3", "peak -3 is not positive"), ("peak", "inf", "peak 'inf' is not a number"),
        ("peak", "1e9", "peak '1e9' is not a number"), ("peak", "10001", "peak 10001 is more than 10,000"),
        ("峰值", "999999万", "peak 999999万 is more than 10,000"), ("峰值", "倍", "peak '倍' is not a number"),
        ("tau_s", "0", "tau_s '0' is not a span of time from 0.1 s to 7,200 s"),
        ("tau_s", "nan s", "tau_s 'nan s' is not a span of time from 0.1 s to 7,200 s"),
        ("tau_s", "3小时", "tau_s '3小时' is not a span of time from 0.1 s to 7,200 s"),
        ("shape", "gama", "there is no shape 'gama'; did you mean 'gamma'?"),
        ("shape", "x=y/z", "there is no shape 'x=y/z'; known: gamma, block, exponential"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_its_reason(tmp_path, column, cell, why):
    loaded = sheet(tmp_path, f"start_time,sku,kind,{column}", f"05:00,tea,deal,{cell}", "06:00,tea,pitch,")
    assert loaded.rejects["reason"].tolist() == [why]
    assert [c.kind for c in loaded.stream.cues] == ["pitch"]


@pytest.mark.parametrize(
    ("head", "hint"),
    [("peek", "peak"), ("Peaks", "peak"), ("shpae", "shape"), ("duraton", "duration"), ("峰值倍", "峰值倍数"), ("price", ""),
     ("speaker", ""), ("备注", "")],
)  # fmt: skip
def test_a_misspelt_column_is_named(tmp_path, head, hint):
    loaded = sheet(tmp_path, f"start_time,sku,kind,{head}", "05:00,tea,deal,15")
    said = [note for note in loaded.notes if "did you mean" in note]
    assert said == ([f"cues.csv: column {head!r} is not used; did you mean {hint!r}?"] if hint else [])


def test_the_replay_says_what_was_refused_in_both_languages(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sheet(
        tmp_path,
        "start_time,sku,kind,peak,tau_s",
        "05:00,tea,deal,0,",
        "06:00,tea,pitch,99999,0",
        "07:00,tea,ptich,,",
        "08:00,tea,,,",
    )
    words = ["replay", f"stream={tmp_path}", "zone=Asia/Shanghai", "strategy=fixed_count", "figure=none"]
    for lang, said in (("en", ("peak is not positive (1)", "peak is more than 10,000 (1)", "there is no cue (1)")),
                       ("zh", ("峰值不是正数（1）", "峰值大于 10,000（1）", "没有这种话术（1）"))):  # fmt: skip
        assert main([*words, f"lang={lang}", f"out={lang}"]) == 0
        told = capsys.readouterr().out
        assert all(text in told for text in said), told


def test_a_stated_peak_is_what_an_unseen_cue_is_believed_to_bring():
    """A deal of which nobody saw anything brings its own peak, not its kind's."""
    t = np.sort([*np.arange(7.0, 1400.0, 10.0), *(300.0 + np.linspace(1, 20, 100)), *(900.0 + np.linspace(1, 20, 100))])
    seen = (Cue(300.0, "s0", "deal"), Cue(900.0, "s0", "deal"))
    world = replace(backdrop(), spread=Spread(mood_sd=0, slow_sd=0, mega_p=0, lead_share=0))
    weak, usual, strong = (
        impute(recording(orders(t), (len(t),), 2200.0, (*seen, Cue(1800.0, "s0", "deal", peak=peak))), world=world)
        for peak in (10.0, None, 50.0)
    )
    assert weak.level(0, 2) / usual.level(0, 2) == pytest.approx(10 / 25, rel=0.01)
    assert strong.level(0, 2) / usual.level(0, 2) == pytest.approx(50 / 25, rel=0.01)
    assert weak.level(0, 0) == pytest.approx(usual.level(0, 0), rel=0.01)


def test_the_replayed_tape_has_the_stated_response(tmp_path):
    stream = sheet(tmp_path, "start_time,sku,kind,peak,tau_s,shape", "05:00,tea,deal,15,20,block").stream
    (row,) = stream.spoken()
    assert (row["peak"], row["tau"], row["shape"]) == (15.0, 20.0, 1)
    assert stream.scenario().cues[0].peak == 15.0


def test_times_that_run_faster_shorten_what_the_sheet_says(tmp_path):
    sheet(tmp_path, "start_time,sku,kind,peak,tau_s,duration", "05:00,tea,deal,15,20,90")
    (cue,) = load(tmp_path, zone="Asia/Shanghai", speedup=10.0).stream.cues
    assert (cue.at_s, cue.peak, cue.tau_s, cue.duration_s) == (30.0, 15.0, 2.0, 9.0)


@pytest.mark.parametrize("speedup", [1.0, 4.0])
def test_the_sheet_of_a_live_feed_goes_round(tmp_path, speedup):
    head = "start_time,sku,kind,peak,tau_s,duration,shape"
    rows = ("05:00,tea,deal,15,20,90,block", "06:00,tea,pitch,,,,", "07:00,tea,deal,0.00001,,,", "08:00,tea,讲解,,,60,")
    sheet(tmp_path, head, *rows)
    stream = load(tmp_path, zone="Asia/Shanghai", speedup=speedup).stream
    write_feed(stream, stream.feed(), tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "feed_cues.jsonl").read_text().splitlines()]
    assert [{*row} - {"start_time", "sku", "kind"} for row in rows] == [
        {"peak", "tau_s", "duration", "shape"}, set(), {"peak"}, {"duration"}
    ]  # fmt: skip
    (tmp_path / "again").mkdir()
    (tmp_path / "o.csv").rename(tmp_path / "again/o.csv")
    again = load(tmp_path / "again", stock=9, cues=tmp_path / "feed_cues.jsonl", zone="Asia/Shanghai", speedup=speedup)
    assert again.stream.cues == stream.cues


def test_the_ingested_stream_keeps_it(tmp_path):
    first = sheet(tmp_path, "start_time,sku,kind,peak,name", "05:00,tea,deal,15,a/b c=d").stream
    assert main(["ingest", f"files={tmp_path}", f"out={tmp_path / 'in'}", "name=x", "zone=Asia/Shanghai"]) == 0
    assert load(tmp_path / "in/x.stream.parquet").stream.cues == first.cues


def test_a_shadow_is_bound_to_it(tmp_path):
    sheet(tmp_path, "start_time,sku,kind,peak", "05:00,tea,deal,15", "06:00,tea,pitch,")
    rows = cue_rows(cue_sheet(tmp_path / "cues.csv", "Asia/Shanghai"))
    assert [row[1:] for row in rows] == [["tea", "deal", {"peak": 15.0}], ["tea", "pitch"]]


@pytest.mark.parametrize("own", [{}, {"peak": 1 / 3}, {"peak": 1e-9, "tau_s": 7200.0, "shape": "exponential"}])
@pytest.mark.parametrize("name", ["", "a", "a/b", "peak=3", " 面膜 x=1/"])
def test_labels_are_read_as_they_were_written(own, name):
    assert cue_label.parsed(cue_label.written("restock_call", name, own)) == ("restock_call", name, own)
