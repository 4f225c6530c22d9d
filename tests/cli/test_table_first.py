"""What a verb found is told, and lies in its folder, before a picture is drawn; where that fails the same command draws them."""

import errno

import pytest

from sim.app.result import load
from sim.cli import main as cli
from sim.cli.endings import FAILED, OK
from sim.jobs.work_folder import INCOMPLETE
from tests.jobs.test_kills_by_verb import orders

PICTURES = {"sweep": "ranking.png", "tune": "history.png", "breakpoint": "breakpoints.png", "sensitivity": "sensitivity.png",
            "replay": "overview.png", "review": "blame.png", "calibrate": "residuals.png", "stock": "stock.png"}  # fmt: skip
TINY = ("scenario=tiny.yaml", "workers=1")
RECORDED = ("stream=orders.csv", "zone=Asia/Shanghai")
WORDS = {
    "sweep": (*TINY, "strategy=fixed_count", "replicates=2", "strategy.units=3,9"),
    "tune": (*TINY, "strategy=fixed_count", "strategy.units=interval(1,40)", "replicates=4", "judging=20", "confirm=10",
             "finalists=2", "trials=8"),
    "breakpoint": (*TINY, "strategy=fixed_count", "dials=feed_lag", "replicates=10", "steps=1"),
    "sensitivity": (*TINY, "strategy=fixed_count", "replicates=2", "strategy.units=interval(3,20)",
                    "gate.cooldown_s=interval(0,30)", "points=8"),
    "replay": (*RECORDED, "stock=30", "strategy=fixed_count"),
    "review": (TINY[0], "strategy=fixed_count", "shows=0", "alerts=0"),
    "calibrate": (*RECORDED, "model=poisson"),
    "stock": (TINY[0], "replicates=10"),
}  # fmt: skip


def full(error):
    def png(_figure):
        raise error

    return png


@pytest.mark.parametrize("verb", PICTURES)
def test_tables_come_before_pictures(verb, tiny, plain_engine, tmp_path, monkeypatch, capsys):
    orders(tmp_path)
    words = [verb, *WORDS[verb], "out=r"]
    with monkeypatch.context() as broken:
        broken.setattr("sim.app.pictures.png", full(OSError(errno.ENOSPC, "No space left on device")))
        code, told = cli.main(words), capsys.readouterr()
    assert code in (FAILED, 2), told.err
    assert "what was found is in 'r', without its pictures and its page: No space left" in told.err
    half = load(tmp_path / "r")
    assert half.text.strip()
    assert half.text.strip() in told.out.replace("{folder}", "r")
    assert INCOMPLETE.items() <= half.manifest.items()
    assert not half.pictures
    if verb in ("sweep", "breakpoint", "sensitivity"):  # the others play again
        monkeypatch.setattr("sim.jobs.pool.play_chunk", full(AssertionError("played again")))
    assert cli.main(words) == OK, capsys.readouterr().err
    whole = load(tmp_path / "r")
    assert PICTURES[verb] in whole.manifest["files"]
    assert INCOMPLETE.keys().isdisjoint(whole.manifest)
    assert str(half).splitlines()[:6] == str(whole).splitlines()[:6]
    assert {p.name for p in tmp_path.iterdir() if p.name.startswith(".")} <= {".r.lock"}
