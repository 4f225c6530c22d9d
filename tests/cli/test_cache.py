"""Breakpoints and sensitivity are stopped at any moment, and the same command ends with the same bytes."""

import pandas as pd
import pytest

from sim.cli import main as cli
from sim.jobs.cache import WORTH, Cache

BREAK = ("breakpoint", "scenario=seckill_paydeduct", "strategy=newsvendor_freeze", "limits=platform", "only=seller_cancel_rate",
         "dials=[freeze_latency,feed_lag]", "replicates=20", "steps=2", "workers=1", "out=x")  # fmt: skip
MATTER = ("sensitivity", "scenario=seckill_paydeduct", "strategy=fixed_count", "strategy.units=interval(20,600)", "points=32",
          "gate.cooldown_s=interval(0,300)", "replicates=3", "workers=1", "out=x")  # fmt: skip
TABLES = {"breakpoint": "breakpoints.parquet", "sensitivity": "sensitivity.parquet"}


def run(capsys, *words):
    """Exit code, stdout and stderr of one command."""
    code = cli.main(list(words))
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.mark.parametrize("words", [BREAK, MATTER], ids=lambda words: words[0])
def test_stopped_and_given_again(capsys, tmp_path, monkeypatch, words):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert run(capsys, *words)[0] == 0
    whole = (tmp_path / "a" / "x" / TABLES[words[0]]).read_bytes()
    assert "finished before" in run(capsys, *words)[1]

    (tmp_path / "b").mkdir()
    monkeypatch.chdir(tmp_path / "b")
    plain, names_made = Cache.__call__, []

    def stopping(self, name, make):
        if len(list(self.folder.glob(WORTH))) == 2:
            raise KeyboardInterrupt
        return plain(self, name, make)

    with monkeypatch.context() as patch:
        patch.setattr(Cache, "__call__", stopping)
        code, _, err = run(capsys, *words)
    assert code == 130
    assert "the same command goes on from there" in err
    (folder,) = tmp_path.glob("b/.x-*")
    code, _, err = run(capsys, *words, "seed=2")
    assert code == 2
    assert "seed was 1, is 2" in err
    one, _ = sorted(folder.glob(WORTH))
    one.write_bytes(one.read_bytes()[:-30])

    def counting(self, name, make):
        return plain(self, name, lambda: names_made.append(name) or make())

    monkeypatch.setattr(Cache, "__call__", counting)
    assert run(capsys, *words)[0] == 0
    assert one.stem in names_made, "a damaged file is played again"
    assert len(set(names_made)) == len(names_made)
    assert (tmp_path / "b" / "x" / TABLES[words[0]]).read_bytes() == whole
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["x"]


@pytest.mark.parametrize("words", [BREAK, MATTER], ids=lambda words: words[0])
def test_stopped_while_it_is_estimated_leaves_nothing(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    for module in ("sim.app.breakpoint.probe", "sim.app.sensitivity.probe"):
        monkeypatch.setattr(module, interrupted)
    code, _, err = run(capsys, *words)
    assert code == 130
    assert "nothing was finished" in err
    assert not list(tmp_path.iterdir())


def interrupted(*_):
    """Ctrl-C."""
    raise KeyboardInterrupt


def test_stopped_before_anything_was_played_leaves_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    monkeypatch.setattr(Cache, "__call__", interrupted)
    code, _, err = run(capsys, *BREAK)
    assert code == 130
    assert "nothing was finished" in err
    assert not list(tmp_path.iterdir())


def test_a_strategy_that_breaks_a_limit_as_it_is_is_told_so_once(capsys, tmp_path, monkeypatch):
    """Silence oversells on this preset, sends no alert and freezes nothing: one point decides, and no dial is turned."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(
        capsys, "breakpoint", "scenario=seckill_paydeduct", "strategy=silent", "replicates=12", "workers=1", "out=x"
    )
    assert code == 0, err
    assert out.count("silent: the limits are broken before any dial is turned (orders cancelled by the seller ") == 1
    assert "limit 0.5 %); only=[missed_rate,notices_per_operator_hour] looks at what is not." in out
    assert [line.split()[:2] for line in out.splitlines() if " as it is " in line and "net" not in line] == [["silent", "none"]]
    table = pd.read_parquet(tmp_path / "x" / "breakpoints.parquet")
    assert table[["dial", "state"]].to_numpy().tolist() == [["none", "refuted"]]
