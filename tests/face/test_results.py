"""Results of the face: loaded as they were, compared, refused in one sentence."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import sim.words
import stockcue as sc
from sim.app.compare import _told
from sim.app.page_of import html_of
from sim.app.result import ResultError
from sim.cli import main as cli
from sim.jobs.folder import MANIFEST
from sim.setup.settings import SettingError
from strategies import fixed_count

pytestmark = pytest.mark.usefixtures("tiny")


# -- results --------------------------------------------------------------------------------------------------


@pytest.fixture
def result():
    return sc.rehearse("tiny.yaml", "fixed_count", shows=3, figure="none", out="kept")


def test_a_result_is_loaded_as_it_was(result):
    again = sc.load("kept")
    assert str(again) == str(result)
    assert again.verdict == result.verdict
    pd.testing.assert_frame_equal(again.table, result.table)
    moved = again.save("a place/of its own")
    assert "run folder: a place/of its own" in str(moved)
    with pytest.raises(AttributeError, match="did you mean 'scores'"):
        _ = again.scors
    with pytest.raises(ResultError, match="holds no finished result"):
        sc.load("nowhere")
    Path("kept/scores.parquet").write_bytes(b"other")
    with pytest.raises(ResultError, match=r"scores\.parquet in 'kept' is not what was written"):
        sc.load("kept")


def test_a_result_of_the_old_account_says_so(result):
    path = Path("kept") / MANIFEST
    old = json.loads(path.read_text("utf-8"))
    for key in ("account", "said"):
        del old[key]
    path.write_text(json.dumps(old | {"versions": {"stockcue": "0.2.0"}}), encoding="utf-8")
    again = sc.load("kept")
    assert str(again).startswith("Judged by the old account: StockCue 0.2.0 made it")
    assert "# Rehearsal of tiny" in str(again)
    compared = sc.compare(again, result)
    assert not {"J", "net"} & set(compared.table["figure"])
    assert "old account" in compared.verdict[0]


def test_figures_of_the_old_account_stay_readable(result):
    """A folder of 0.2.0 kept J and no net: its table, and the page beside it, have what it has, under a name of its own."""
    scores = pd.read_parquet("kept/scores.parquet").drop(columns=["net", "foreseen_events", "late_claims", "false_claims"])
    scores.to_parquet("kept/scores.parquet")
    old = json.loads((Path("kept") / MANIFEST).read_text("utf-8"))
    old["files"]["scores.parquet"] = hashlib.sha256(Path("kept/scores.parquet").read_bytes()).hexdigest()
    del old["account"], old["said"]
    (Path("kept") / MANIFEST).write_text(json.dumps(old), encoding="utf-8")
    again = sc.load("kept")
    assert list(again.table["strategy"]) == list(scores.groupby("strategy")["J"].mean().sort_values().index)
    page = html_of(again, [again.note])
    assert "Judged by the old account" in page
    assert "J of then" in page


def test_a_card_runs_nothing(result):
    evil = "<script>alert(1)</script>"
    card = type(result)("rehearse", result.folder, evil, (evil,), result.manifest | {"account": evil}, ())._repr_html_()
    assert "<script" not in card
    assert "&lt;script&gt;" in card
    assert "<table" in card


def test_what_another_gate_changes_has_another_identity():
    a, b = (sc.rehearse("tiny.yaml", ["smart", sc.policy("fixed_count", gate={"cooldown_s": c})], shows=2, figure="none")
            for c in (0, 90))  # fmt: skip
    assert a.manifest["config_hash"] != b.manifest["config_hash"]
    assert "gate.fixed_count.cooldown_s" in set(b.assumptions["setting"])


def test_a_file_whose_settings_vary_is_called_as_on_the_command_line(tiny, tmp_path):
    text = Path(fixed_count.__file__).read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    for file in ("mine.py", "./mine.py", str(tmp_path / "mine.py")):
        swept = sc.sweep("tiny.yaml", {file: {"units": [3, 9]}}, shows=2, workers=1)
        assert {name.split("#")[0] for name in swept.table["candidate"]} == {"mine"}, file


# -- two results ----------------------------------------------------------------------------------------------


def test_two_results_are_paired_where_they_share_shows(capsys):
    a = sc.rehearse("tiny.yaml", "fixed_count", shows=6, figure="none", out="a")
    b = sc.rehearse("tiny.yaml", [sc.policy("fixed_count", units=3), "smart"], shows=8, figure="none", out="b")
    c = sc.compare(a, b)
    row = c.table[(c.table["what"] == "fixed_count") & (c.table["figure"] == "net")].iloc[0]
    same = [r.scores[(r.scores["strategy"] == "fixed_count") & (r.scores["replicate"] < 6)]["net"].to_numpy() for r in (a, b)]
    assert row["how"] == "paired"
    assert row["shows"] == 6
    assert row["difference"] == pytest.approx((same[1] - same[0]).mean())
    assert row["low"] <= row["difference"] <= row["high"]
    assert "replicates was 6, is 8" in c.verdict[0]
    assert "Only in B: smart." in c.verdict
    far = sc.compare("a", sc.rehearse("tiny.yaml", "fixed_count", shows=6, seed=2, figure="none"))
    assert set(far.table["how"]) == {"apart"}
    assert "share no shoppers" in far.verdict[1]
    capsys.readouterr()
    assert cli.main(["diff", "a", "b"]) == 0
    assert capsys.readouterr().out.startswith("A: a\nB: b\n")


@pytest.mark.parametrize(("words", "says"), [
    (["diff"], "diff compares two run folders, and 0 are named"),
    (["diff", "kept", "nowhere"], "'nowhere' holds no finished result"),
])  # fmt: skip
def test_diff_refuses_in_one_sentence(result, capsys, words, says):
    capsys.readouterr()
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1


def test_rows_without_a_word_are_compared():
    """A fit's table has settings of the show, which have no kind of cue, beside those of cues."""
    before, after = (
        SimpleNamespace(table=pd.DataFrame({"setting": ["peak", "level"], "kind": ["flash", None], "value": [2.0, value]}))
        for value in (1.0, 1.5)
    )
    rows, only = _told(before, after)
    assert rows[["what", "difference"]].to_numpy().tolist() == [["peak flash", 0.0], ["level", 0.5]]
    assert only == ([], [])


def test_results_of_two_verbs_are_not_compared(result):
    sweep = sc.sweep("tiny.yaml", {"fixed_count": {"units": [5, 9]}}, shows=2, workers=1)
    with pytest.raises(ResultError, match="two results of one verb"):
        sc.compare(result, sweep)


# -- arguments that do not hold -------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "says"), [
    (lambda: sc.scenario("first_shw"), "did you mean 'first_show'"),
    (lambda: sc.scenario("first_show", leak={"duplicate_p": 0}), "did you mean 'leaks'"),
    (lambda: sc.scenario("nope.yaml"), "cannot be read"),
    (lambda: sc.policy("smrt"), "did you mean 'smart'"),
    (lambda: sc.policy("smart", chanse=0.2), "did you mean 'chance'"),
    (lambda: sc.policy("smart", gate={"cooldown": 3}), "did you mean 'cooldown_s'"),
    (lambda: sc.policy("smart", gate="calm_rom"), "did you mean 'calm_room'"),
    (lambda: sc.rehearse("tiny.yaml", "smart", shows=0), "outside its bounds"),
    (lambda: sc.rehearse("tiny.yaml", "smart", uncertain=True), "says nothing about how uncertain"),
    (lambda: sc.rehearse("tiny.yaml", ["smart", "smart"]), "two policies are called 'smart'"),
    (lambda: sc.sweep("tiny.yaml", "fixed_count"), "nothing to compare"),
    (lambda: sc.sweep("tiny.yaml", {"fixed_count": {"units": sc.log(0, 10)}}), "above 0"),
    (lambda: sc.sweep("tiny.yaml", "smart", {"gate.n": 3}), "needs a range"),
    (lambda: sc.sensitivity("tiny.yaml", {"fixed_count": {"units": sc.log(1, 10)}}), "at least two ranges"),
    (lambda: sc.breakpoint("tiny.yaml", "smart", dials="feed_lg"), "did you mean 'feed_lag'"),
    (lambda: sc.read("nope.csv"), "nope.csv"),
    (lambda: sc.review("tiny.yaml", ["smart", "tiered"]), "one setting that was in use"),
    (lambda: sc.play("tiny.yaml", "smart", seed=-1), "whole number from 0"),
    (lambda: sc.steps(10, 1), "lists no value"),
])  # fmt: skip
def test_a_mistake_is_one_sentence(call, says, tmp_path):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=re.escape(says)) as fault:
        call()
    assert "\n" not in str(fault.value)
    assert sorted(tmp_path.iterdir()) == before


def test_settings_reach_what_they_name():
    show = sc.scenario("first_show", leaks={"duplicate_p": 0.5}, duration_s=9000)
    assert (show.leaks.duplicate_p, show.duration_s) == (0.5, 9000)
    calm = sc.policy("smart", gate="calm_room", operations={"auto_s": 0.5}, by_tier={"traffic": {"chance": 0.3}})
    assert calm.playbook.auto_s == 0.5
    more = sc.policy(calm, label="more", chance=0.1)
    assert more.gate.tolist() == calm.gate.tolist()
    assert more.playbook.auto_s == 0.5
    assert more.name == "more"
    assert isinstance(sc.Scenario, type)
    with pytest.raises(SettingError):
        sc.policy("smart", operations="humen")


def test_sentences_are_translated(tmp_path, monkeypatch):
    """A catalogue is all that a second language needs; the machine's own language decides nothing."""
    (place := tmp_path / "zh" / "LC_MESSAGES").mkdir(parents=True)
    (place / "stockcue.po").write_text('msgid "done in {s:.1f} s"\nmsgstr "用时 {s:.1f} 秒"\n', encoding="utf-8")
    monkeypatch.setattr(sim.words, "FOLDER", tmp_path)
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    sim.words.catalogue.cache_clear()
    assert sim.words._("done in {s:.1f} s") == "done in {s:.1f} s"
    with sim.words.speaking("zh"):
        assert sim.words._("done in {s:.1f} s").format(s=2) == "用时 2.0 秒"
        assert sim.words._("not there") == "not there"
    sim.words.catalogue.cache_clear()
