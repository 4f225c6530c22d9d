"""A replay's tables and picture, which always say that the loop is open."""

import json

import pandas as pd
import pytest

from sim import cli


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """The run folder of a replay of the shipped example under two strategies, and what was printed."""
    monkeypatch.chdir(tmp_path)
    words = ["replay", "stream=example", "zone=Asia/Shanghai", "strategy=[fixed_count,newsvendor_freeze]", "out=seen"]
    assert cli.main(words) == 0
    return tmp_path / "seen", capsys.readouterr().out


def test_it_says_open_loop_everywhere(folder):
    path, printed = folder
    assert "OPEN LOOP: recorded demand, no action taken" in printed
    assert "OPEN LOOP: recorded demand, no action taken" in (path / "report.md").read_text(encoding="utf-8")
    made = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    assert made["loop"] == "open"
    assert set(made["files"]) == {p.name for p in path.iterdir()} - {"manifest.json"}
    assert {"table.parquet", "sellouts.parquet", "alerts.parquet", "rejects.csv", "replay.png"} <= set(made["files"])
    assert (pd.read_parquet(path / "table.parquet")["loop"] == "open").all()


def test_every_sell_out_is_set_against_every_strategy(folder):
    path, printed = folder
    outs = pd.read_parquet(path / "sellouts.parquet")
    assert len(outs) == 2 * len(outs[outs["strategy"] == "fixed_count"])
    for at in outs["sold_out_at"]:
        assert str(at) in printed


def test_the_figure_says_open_loop():
    from sim.replay import load, replay
    from sim.report.recording import EXAMPLE
    from sim.report.replay_figure import OPEN_LOOP, draw, recording
    from sim.study.policies import make_policy

    loaded = load(EXAMPLE, zone="Asia/Shanghai")
    found = replay(loaded, [make_policy("fixed_count"), make_policy("platform_default")])
    seen = recording(loaded, found, 0)
    assert len(seen.out) == len(found.sellouts[(found.sellouts["sku"] == loaded.stream.skus[0].id)]) / 2
    figure = draw(seen)
    assert figure.axes[0].get_title(loc="left") == OPEN_LOOP
    assert [t.get_text() for t in figure.axes[1].get_yticklabels()] == ["fixed_count", "platform_default"]
