"""``stockcue tune`` as a user meets it."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from sim.app.pages import opened
from sim.app.result import load
from sim.cli import main as cli

ROOT = Path(__file__).parents[2]


def run(capsys, *words):
    """Exit code, stdout and stderr of one command."""
    code = cli.main(list(words))
    out = capsys.readouterr()
    return code, out.out, out.err


SMALL = ("scenario=seckill_paydeduct", "strategy=[fixed_count,low:percent_of_stock]",
         "strategy.fixed_count.units=interval(1,400)", "strategy.low.share=interval(0.05,0.9)",
         "strategy.low.by_tier.traffic.share=interval(0.05,0.9)", "gate.cooldown_s=30,60",
         "trials=8", "replicates=6", "judging=20", "confirm=10", "finalists=2", "workers=1")  # fmt: skip


def test_a_search_ends_in_a_file_that_rehearse_plays_as_it_is(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "tune", *SMALL, "scenario.feed.lag_s=1.5", "score.co=60", "out=t")
    assert code == 0, err
    assert "experiment=t/recommended.yaml" in out
    facts = yaml.safe_load((tmp_path / "t" / "recommended.yaml").read_text(encoding="utf-8"))
    assert list(facts) == ["overrides", "settings_by_tier", "statement", "rests_on"]
    assert {"scenario=seckill_paydeduct", "scenario.feed.lag_s=1.5", "score.co=60"} <= set(facts["overrides"])
    assert list(facts["settings_by_tier"]) == ["traffic 引流款", "profit 利润款", "longtail 长尾款"]
    assert len(pd.read_parquet(tmp_path / "t" / "trials.parquet")) == 8
    assert {p.name for p in (tmp_path / "t").iterdir()} == {
        "recommended.yaml", "trials.parquet", "shows.parquet", "history.png", "study.db", "report.md", "manifest.json",
        "recommended.xlsx", "report.html", "assumptions.csv",
    }  # fmt: skip
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".t")]
    code, _, err = run(capsys, "rehearse", "experiment=t/recommended.yaml", "replicates=2", "figure=none", "out=r")
    assert code == 0, err
    config = json.loads((tmp_path / "r" / "manifest.json").read_text())["config"]
    assert config["scenario"]["feed"]["lag_s"] == 1.5
    (label,) = set(config["strategies"]) - {"silent"}
    assert config["strategies"][label]["settings"] == {
        tier.split()[0]: values for tier, values in facts["settings_by_tier"].items()
    }
    # The same command again, and with another number of workers: the same file.
    first = (tmp_path / "t" / "recommended.yaml").read_text()
    assert run(capsys, "tune", *SMALL, "scenario.feed.lag_s=1.5", "score.co=60", "out=t", "workers=2")[0] == 0
    again = (tmp_path / "t" / "recommended.yaml").read_text()
    assert again.split("command:")[0] == first.split("command:")[0]


def test_another_strategy_under_the_same_name_is_another_study(capsys, tiny, tmp_path):
    """Its file was changed in between: neither finished, nor to be gone on with."""
    text = (ROOT / "strategies" / "fixed_count.py").read_text(encoding="utf-8")
    words = ("tune", f"scenario={tiny}", "strategy=./mine.py", "strategy.mine.units=interval(1,40)", "replicates=4", "judging=20",
             "confirm=10", "finalists=2", "workers=1", "out=t")  # fmt: skip
    (tmp_path / "mine.py").write_text(text)
    assert run(capsys, *words, "trials=8")[0] == 0
    (tmp_path / "mine.py").write_text(text + "\n")
    for trials in (8, 16):
        code, _, err = run(capsys, *words, f"trials={trials}")
        assert code == 2
        assert "with other settings" in err


def test_without_a_name_more_trials_make_a_folder_of_their_own(capsys, tmp_path, monkeypatch):
    """They go on from the shorter study, and leave its recommendation where it is; fewer are played too."""
    monkeypatch.chdir(tmp_path)
    for trials, begun in ((16, ""), (24, "16 trials kept"), (8, "")):
        code, out, err = run(capsys, "tune", *SMALL, f"trials={trials}")
        assert code == 0, err
        assert begun in out
        assert ("kept" in out) == bool(begun)
    assert len(list((tmp_path / "runs").iterdir())) == 3


def test_a_recommendation_of_ones_own_files_is_played_from_anywhere(capsys, tiny, tmp_path, monkeypatch):
    """The strategy and the scenario lie beside it, as they were when they were tuned."""
    (tmp_path / "mine.py").write_text((ROOT / "strategies" / "fixed_count.py").read_text(encoding="utf-8"))
    words = ("strategy=./mine.py", "strategy.mine.units=interval(1,40)", "trials=8", "replicates=4", "judging=20", "confirm=10",
             "finalists=2", "workers=1", "out=t")  # fmt: skip
    code, _, err = run(capsys, "tune", f"scenario={tiny}", *words)
    assert code == 0, err
    facts = yaml.safe_load((tmp_path / "t" / "recommended.yaml").read_text(encoding="utf-8"))["overrides"]
    assert {"scenario=own-tiny.yaml", "strategy=[mine:own-mine.py]"} <= set(facts)
    (tmp_path / "mine.py").unlink()
    (tmp_path / tiny).write_text("changed since")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, out, err = run(capsys, "rehearse", "experiment=../t/recommended.yaml", "replicates=2", "figure=none")
    assert code == 0, err
    assert "scenario tiny, 2 shows" in out
    assert "mine" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("strategy=fixed_count",), "nothing to search"),
        (("strategy=fixed_count", "scenario.feed.lag_s=1,2"), "nothing to search"),
        (("strategy=fixed_count", "strategy.unit=interval(1,9)"), "did you mean 'units'"),
        (("strategy=fixed_count", "strategy.units=interval(9,1)"), "interval(1,9)"),
        (("strategy=fixed_count", "strategy.units=interval(1,9)", "robust=worse"), "did you mean 'worst'"),
        (("strategy=fixed_count", "strategy.units=interval(1,9)", "limits=strickt"), "did you mean 'strict'"),
        (("strategy=fixed_count", "strategy.units=interval(1,9)", "objectives=[oversold_unit]"), "did you mean 'oversold_units'"),
        (("strategy=fixed_count", "strategy.units=interval(1,9)", "objectives=[gmv]"), "better high"),
        (("strategy=fixed_count", "strategy.units=interval(1,9)", "prune=7"), "true or false"),
        (("strategy=fixed_count", "strategy.units=interval(1,9)", "trial=7"), "did you mean 'trials'"),
    ],
)
def test_bad_input_is_one_sentence(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "tune", *words)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def stopped(monkeypatch, capsys, batches, *words):
    """What a search says that is interrupted after so many batches."""
    from sim.study.search import Searcher

    plain, done = Searcher._batch, []

    def batch(self, before):
        if len(done) == batches:
            raise KeyboardInterrupt
        done.append(plain(self, before))

    with monkeypatch.context() as patch:
        patch.setattr(Searcher, "_batch", batch)
        code, _, err = run(capsys, "tune", *words)
    assert code == 130
    return err


def test_an_unfinished_search_with_other_settings_is_not_gone_on_with(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "the same command goes on" in stopped(monkeypatch, capsys, 1, *SMALL, "trials=16", "out=t")
    code, _, err = run(capsys, "tune", *SMALL, "score.co=70", "out=t")
    assert code == 2
    assert "score.co was" in err


def test_a_search_stopped_before_its_first_trial_leaves_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "nothing was finished" in stopped(monkeypatch, capsys, 0, *SMALL, "out=t")
    assert not list(tmp_path.iterdir())


def test_the_figures_of_a_recommendation_can_be_worked_out_again(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "tune", *SMALL, "out=t")[0] == 0
    shows = pd.read_parquet(tmp_path / "t" / "shows.parquet")
    facts = yaml.safe_load((tmp_path / "t" / "recommended.yaml").read_text(encoding="utf-8"))
    best = facts["statement"][0].split(":")[0]
    fresh = shows[(shows["stage"] == "confirming") & (shows["candidate"] == best)]
    assert len(fresh) == 10
    assert any(f"J {fresh['J'].mean():,.0f} ±" in line for line in facts["statement"])


def test_a_search_can_be_given_more_trials(capsys, tmp_path, monkeypatch):
    """Finished or stopped with fewer, it ends as if it had been given them at once; also where a kill between the two steps of a
    replacement has put the finished folder aside, which whoever reads it next brings back."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "tune", *SMALL, "out=t")
    assert code == 0, err
    assert "at most about" in out
    assert "judging plays" in err
    assert "8/8 trials" in err
    stopped(monkeypatch, capsys, 1, *SMALL, "trials=16", "out=u")
    (tmp_path / "t").rename(tmp_path / ".t-old-a")
    for out in ("t", "u", "whole"):
        code, printed, err = run(capsys, "tune", *SMALL, "trials=20", f"out={out}")
        assert code == 0, err
        assert ("8 trials kept" in printed) == (out != "whole")
    tables = [(tmp_path / out / "trials.parquet").read_bytes() for out in ("t", "u", "whole")]
    assert tables[0] == tables[1] == tables[2]
    files = [
        (tmp_path / out / "recommended.yaml").read_text(encoding="utf-8").split("command:")[0] for out in ("t", "u", "whole")
    ]
    assert len({text.split("study:")[0] for text in files}) == 1
    for read in (load, lambda name: opened(Path(name))[0]):
        (tmp_path / "t").rename(tmp_path / ".t-old-a")
        assert read("t").verb == "tune"
    code, _, err = run(capsys, "tune", *SMALL, "out=t")
    assert code == 2
    assert "trials was 24, is 8" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("overrides: 7\n", "a list of words"),
        ("- a\n", "by name"),
        ("a: [\n", "is not YAML"),
        ("verb: sweep\noverrides: []\n", "another verb"),
        ("a: &a [1, 2]\nb: *a\n", "uses an alias (*a)"),
        ("a: " + "[" * 999, "nests more than 30"),
    ],
)
def test_a_broken_experiment_file_is_one_sentence(capsys, tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(text)
    code, _, err = run(capsys, "rehearse", "experiment=mine.yaml")
    assert code == 2
    assert said in err
    assert run(capsys, "rehearse", "experiment=no.yaml")[0] == 2


def test_breakpoints_of_a_recommended_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(
        "overrides:\n- scenario=seckill_paydeduct\n- strategy=[newsvendor_freeze]\n- strategy.newsvendor_freeze.co=90\n"
    )
    words = (
        "breakpoint",
        "experiment=mine.yaml",
        "limits=platform",
        "dials=freeze_latency",
        "replicates=12",
        "steps=3",
        "workers=1",
    )
    code, out, err = run(capsys, *words, "out=b")
    assert code == 0, err
    assert "freeze_latency" in out
    table = pd.read_parquet(tmp_path / "b" / "breakpoints.parquet")
    assert table["dial"].iloc[0] == "none"
    assert table["severity"].iloc[1:].is_monotonic_increasing
    assert set(table["state"]) <= {"certified", "undecided", "refuted"}
    assert table["state"].iloc[-1] == "refuted"
    money = table[["net", "gmv", "J"]].to_numpy()
    assert money[0] == pytest.approx(money[1]), "the least looked at is the world as it is"
    assert f"{money[0][0]:,.0f} → " in out, "net stands in the table, as it is and where it breaks"
    assert (tmp_path / "b" / "breakpoints.png").stat().st_size > 5000
    code, _, err = run(capsys, "breakpoint", "dials=feedlag")
    assert code == 2
    assert "did you mean 'feed_lag'" in err


def test_sensitivity_says_which_setting_matters(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("sensitivity", "scenario=seckill_paydeduct", "strategy=fixed_count", "strategy.units=interval(20,600)",
             "scenario.host.drop_p=interval(0,0.001)", "points=8", "replicates=3", "workers=1", "out=s")  # fmt: skip
    code, out, err = run(capsys, *words)
    assert code == 0, err
    assert "strategy.fixed_count.units matters most" in out
    assert "a show keeps net " in out
    assert len(pd.read_parquet(tmp_path / "s" / "sensitivity.parquet")) == 2
    for more, sentence in ((("points=9",), "power of two"), (("scenario=[first_show,mask_story]",), "one scenario")):
        code, _, err = run(capsys, *words[:-1], *more)
        assert code == 2
        assert sentence in err
