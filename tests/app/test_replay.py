"""A replay's tables and picture, which always say that the loop is open."""

import json
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main as cli
from sim.report.text.layout import moment


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
    facts = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    assert facts["loop"] == "open"
    assert set(facts["files"]) == {p.name for p in path.iterdir()} - {"manifest.json"}
    assert {"table.parquet", "sellouts.parquet", "alerts.parquet", "rejects.csv", "replay.png"} <= set(facts["files"])
    assert (pd.read_parquet(path / "table.parquet")["loop"] == "open").all()


def test_every_sell_out_is_set_against_every_strategy(folder):
    path, printed = folder
    outs = pd.read_parquet(path / "sellouts.parquet")
    assert len(outs) == 2 * len(outs[outs["strategy"] == "fixed_count"])
    for at in outs["sold_out_at"]:
        assert moment(str(at)) in printed


def test_the_figure_says_open_loop():
    from sim.app.recording import EXAMPLE
    from sim.replay import load, replay
    from sim.report.figures.replay import OPEN_LOOP, draw, recording
    from sim.setup.policies import make_policy

    loaded = load(EXAMPLE, zone="Asia/Shanghai")
    replayed = replay(loaded, [make_policy("fixed_count"), make_policy("platform_default")])
    seen = recording(loaded, replayed, 0)
    assert len(seen.out) == len(replayed.sellouts[(replayed.sellouts["sku"] == loaded.stream.skus[0].id)]) / 2
    figure = draw(seen)
    assert figure.axes[0].get_title(loc="left") == OPEN_LOOP
    assert [t.get_text() for t in figure.axes[1].get_yticklabels()] == ["fixed_count", "platform_default"]


def test_rejected_rows_are_counted_by_reason_and_a_nearly_empty_recording_is_called_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = ["order_id,time,qty", "1,2026-06-18 20:00:00,1", "2,soon,1", "3,\"late, 'x'\",1", "4,2026-06-18 20:00:03,-3",
            "1,2026-06-18 20:00:00,1", "5,2026-06-18 20:00:09,1,7,8"]  # fmt: skip
    (tmp_path / "bad.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    words = ["replay", "stream=bad.csv", "stock=5", "zone=UTC", "strategy=silent", "out=bad", "figure=none"]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out.splitlines()
    faults = [line for line in printed if line.startswith("rejected: ")]
    assert len(faults) == 1
    for reason in ("time is not a time (2)", "qty is not positive (1)", "has 5 fields where the header has 3 (1)"):
        assert reason in faults[0]
    assert faults[0].endswith(f" -> {Path('bad/rejects.csv')}")
    assert [line for line in printed if line.startswith("warning: ")] == [
        "warning: 1 usable order row, too few to judge a strategy by"
    ]
    assert len(pd.read_csv(tmp_path / "bad" / "rejects.csv")) == 5


def test_a_sell_out_under_a_standing_alert_does_not_look_missed(folder):
    path, printed = folder
    table = pd.read_parquet(path / "table.parquet").groupby("strategy")["standing"].sum()
    lines = printed.splitlines()
    assert lines[2].split()[:4] == ["strategy", "sell-outs", "warned", "standing"]
    for line in lines[3:5]:
        assert int(line.split()[3]) == table[line.split()[0]]
    assert any(line.startswith("Standing: ") for line in lines)
