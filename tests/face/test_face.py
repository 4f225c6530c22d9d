"""``import stockcue as sc``: every verb a function, every Result the command's."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stockcue as sc
from sim.app.result import ResultError
from sim.cli import main as cli
from sim.jobs.folder import MANIFEST
from strategies.contract import LINE, Param, Strategy

ROOT = Path(__file__).parents[2]


pytestmark = pytest.mark.usefixtures("tiny")


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
        value = getattr(sc, name)
        if inspect.isfunction(value):
            text = value.__doc__
            for parameter in inspect.signature(value).parameters:
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
    text = note.read_text("utf-8")
    note.write_text(text.replace(f'"stockcue": "{sc.__version__}"', '"stockcue": "0.2.0"'), encoding="utf-8")
    with pytest.raises(ValueError, match=r"was begun by StockCue 0\.2\.0 and this is"):
        call()
    note.write_text(text, encoding="utf-8")
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
