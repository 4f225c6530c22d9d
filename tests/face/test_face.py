"""``import stockcue as sc``: every verb a function, every Result the command's."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import sim.words
import stockcue as sc
from sim.app.result import ResultError
from sim.cli import main as cli
from sim.jobs.folder import MANIFEST
from sim.setup.settings import SettingError
from strategies.contract import LINE, Param, Strategy
from tests.cli.conftest import SHOW

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _tiny(tmp_path, monkeypatch):
    """An empty working folder with a tiny show; plain Python, because small shows need no compiling."""
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SHOW, encoding="utf-8")


def fold(p, m, s):
    """As a notebook's cell would define it."""
    m[LINE] = p[0] * s.orders / max(s.t, 1.0)
    return 3 if s.stock <= 0.3 * m[LINE] else 2 if s.stock <= m[LINE] else 0


MINE = Strategy("mine", "covers seconds of the pace so far", fold, params=(Param("cover_s", 60.0, 1.0, 7200.0, "s", "cover"),))


def facts(folder: str, key: str) -> dict:
    return json.loads((Path(folder) / MANIFEST).read_text("utf-8"))[key]


# -- the names ------------------------------------------------------------------------------------------------


def test_the_names_are_the_documented_ones():
    table = sc.__doc__.split("loaded again::\n\n")[1].split("\n\n")[0]
    documented = set(re.findall(r"\w+", re.sub(r"(?m)^    [\w ]+:", "", table)))
    assert set(sc.__all__) == documented
    assert sorted(sc.__all__) == sc.__all__
    for name in sc.__all__:
        assert getattr(sc, name).__doc__, name
    with pytest.raises(AttributeError, match="did you mean 'sweep'"):
        _ = sc.swep


def test_every_function_says_what_it_takes_and_returns():
    for name in sc.__all__:
        found = getattr(sc, name)
        if inspect.isfunction(found):
            text = found.__doc__
            for parameter in inspect.signature(found).parameters:
                assert re.search(rf"\b{parameter}\b", text), f"{name}: {parameter}"
            assert "Parameters\n" in text, name
            assert "Returns\n" in text or name in ("interval", "log", "steps"), name


def test_importing_loads_no_library():
    heavy = "{'numpy', 'pandas', 'hydra', 'simpy', 'matplotlib', 'omegaconf', 'sim'}"
    code = f"import sys, stockcue; dir(stockcue); found = {heavy} & set(sys.modules); sys.exit(str(found) if found else 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- the same as the command ----------------------------------------------------------------------------------


def test_a_rehearsal_is_the_commands(capsys):
    words = ["scenario=tiny.yaml", "strategy=[low:fixed_count]", "strategy.low.units=7", "gate.cooldown_s=30", "replicates=3"]
    assert cli.main(["rehearse", *words, "out=a", "score=never_oversell"]) == 0
    printed = capsys.readouterr().out
    low = sc.policy("fixed_count", label="low", units=7, gate={"cooldown_s": 30})
    r = sc.rehearse("tiny.yaml", [low], shows=3, score="never_oversell")
    assert capsys.readouterr() == ("", "")
    assert sorted(p.name for p in Path().iterdir() if p.name[0] != ".") == ["a", "tiny.yaml"], "nothing is left behind"
    r.save("b")
    for name in ("scores.parquet", "alerts.parquet", "timeline.png"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes(), name
    assert facts("a", "config") == facts("b", "config")
    assert facts("a", "config")["gate"]["cooldown_s"] == 30
    assert str(r) in printed


def test_a_sweep_is_the_commands_and_goes_on(capsys):
    units = "strategy.fixed_count.units=tag(log,interval(5,20))"
    words = ["scenario=tiny.yaml", "strategy=[fixed_count,smart]", units, "points=3", "gate.n=1,2",
             "scenario.feed.lag_s=1,20", "replicates=4", "workers=1"]  # fmt: skip
    assert cli.main(["sweep", *words, "out=a"]) == 0
    capsys.readouterr()
    heard = []

    def call(**more):
        vary = {"gate.n": [1, 2], "scenario.feed.lag_s": [1, 20]}
        teams = {"fixed_count": {"units": sc.log(5, 20)}, "smart": {}}
        return sc.sweep("tiny.yaml", teams, vary, shows=4, points=3, workers=1, out="b", **more)

    def stop(done, of, what):
        heard.append(done)
        if done > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="goes on from there"):
        call(progress=stop)
    note = Path(".b-sweep/sweep.json")
    mine = note.read_text("utf-8")
    note.write_text(mine.replace(f'"stockcue": "{sc.__version__}"', '"stockcue": "0.2.0"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"was begun by StockCue 0\.2\.0 and this is"):
        call()
    note.write_text(mine, encoding="utf-8")
    s = call(progress=lambda done, of, what: heard.append(done))
    assert heard.count(0) == 1, "the second call goes on where the first one stopped"
    assert Path("a/trials.parquet").read_bytes() == Path("b/trials.parquet").read_bytes()
    assert facts("a", "sweep") == facts("b", "sweep")
    assert s.table.groupby("world")["candidate"].nunique().tolist() == [5, 5]
    assert s.verdict[0].startswith("Best: ")
    with pytest.raises(ValueError, match="replicates was 4, is 5"):
        sc.sweep("tiny.yaml", {"fixed_count": {"units": sc.log(5, 20)}}, shows=5, points=3, workers=1, out="b")


def test_a_strategy_of_ones_own_plays_and_is_searched():
    r = sc.rehearse(
        "tiny.yaml", [MINE, sc.policy(MINE, label="wide", cover_s=200, gate={"cooldown_s": 30})], shows=2, figure="none"
    )
    assert set(r.table["strategy"]) == {"silent", "mine", "wide"}
    with pytest.raises(ResultError, match="has no picture"):
        r.plot()
    t = sc.tune("tiny.yaml", {"mine": {"strategy": MINE, "cover_s": sc.interval(20, 100)}}, trials=8, shows=4, judging=20,
                confirm=10, finalists=2, workers=1, out="t")  # fmt: skip
    assert "recommended: t/recommended.yaml" in str(t)
    assert set(t.trials["family"]) == {"mine"}
    assert cli.main(["rehearse", "experiment=t/recommended.yaml", "replicates=2", "figure=none", "out=again"]) == 0


def test_one_show_is_the_rehearsals():
    run = sc.play("tiny.yaml", "fixed_count", seed=3, number=1)
    r = sc.rehearse("tiny.yaml", "fixed_count", shows=2, seed=3, figure="none")
    row = r.scores[(r.scores["strategy"] == "fixed_count") & (r.scores["replicate"] == 1)].iloc[0]
    assert run.score()["net"] == row["net"]
    assert run.skus == ("mask", "面膜")
    paths = run.paths("mask")
    assert paths["t_s"].is_monotonic_increasing
    assert paths["physical"].iloc[0] == 25
    kept = r.alerts[(r.alerts["strategy"] == "fixed_count") & (r.alerts["replicate"] == 1)]
    assert run.alerts["t_s"].tolist() == kept["t_s"].tolist()
    assert run.plot("面膜").png[:4] == b"\x89PNG"
    assert run.readings("mask").columns.tolist() == ["now_s", "t_s", "stock", "line", "level"]
    with pytest.raises(ValueError, match="did you mean 'mask'"):
        run.paths("masks")


def test_a_recording_is_read_once_and_used_by_three(capsys):
    rec = sc.read("example")
    assert "invented_show" in str(rec)
    r = sc.replay(rec, ["fixed_count"], figure="none", out="r")
    assert cli.main(["replay", "stream=example", "strategy=fixed_count", "figure=none", "out=c"]) == 0
    assert facts("r", "config") == facts("c", "config")
    assert Path("r/table.parquet").read_bytes() == Path("c/table.parquet").read_bytes()
    assert set(r.table["strategy"]) == {"fixed_count"}
    i = sc.ingest(str(ROOT / "sim/replay/data"), name="inv")
    assert i.table["rows"].sum() == i.table[["accepted", "repaired", "set_aside", "rejected"]].sum().sum()


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
