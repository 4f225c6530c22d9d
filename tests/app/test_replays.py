"""Closed loop, difference and several streams from the command line: every table and picture says what it is."""

import json
import shutil

import pandas as pd
import pytest

from sim.app.recording import EXAMPLE
from sim.cli import main as cli
from sim.report.figures.replay import OPEN_LOOP
from sim.report.text.closed import CLOSED_LOOP


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *words):
    code = cli.main(["replay", "zone=Asia/Shanghai", *words])
    return code, capsys.readouterr()


def test_closed_loop_says_so_everywhere(here, capsys):
    words = ["stream=example", "loop=closed", "strategy=[fixed_count,newsvendor_freeze]", "replicates=2", "out=c"]
    code, printed = run(capsys, *words, "scenario.supply.requestable=0.3", "operations=standard", "score=balanced")
    assert code == 0
    page = (here / "c" / "report.md").read_text(encoding="utf-8")
    for text in (printed.out, page):
        for words_in in (CLOSED_LOOP, "imputed share", "demand is imputed in", "high rests on"):
            assert words_in in text
    facts = json.loads((here / "c" / "manifest.json").read_text(encoding="utf-8"))
    assert facts["loop"] == "closed"
    assert facts["config"]["scenario"]["supply"]["requestable"] == 0.3
    assert {"scores.parquet", "verdict.parquet", "windows.parquet", "closed.png", "overview.png"} <= set(facts["files"])
    for table in ("scores", "verdict", "windows"):
        assert (pd.read_parquet(here / "c" / f"{table}.parquet")["loop"] == "closed").all()


def test_imputed_parts_of_the_picture_are_hatched():
    from sim.replay import load
    from sim.replay.closedloop import closed_replay
    from sim.report.figures.closed import HATCH, draw, picture, shown_sku
    from sim.setup.policies import make_policy

    replayed = closed_replay(load(EXAMPLE).stream, [make_policy("fixed_count")], replicates=1)
    sku = shown_sku(replayed)
    drawn = draw(picture(replayed, sku))
    assert CLOSED_LOOP in drawn.axes[0].get_title(loc="left")
    spells = sum(w.sku == sku for w in replayed.imputation.windows)
    for axis in drawn.axes[:2]:
        assert sum(p.get_hatch() == HATCH for p in axis.patches) == spells > 0
    assert any(p.get_hatch() == HATCH and len(p.get_paths()) for p in drawn.axes[2].collections)


def test_several_streams_give_a_table_each_and_one_for_all(here, capsys):
    shutil.copytree(EXAMPLE, here / "friday")
    code, printed = run(capsys, "stream=[example,friday]", "strategy=[fixed_count]", "out=o", "figure=none")
    assert code == 0
    assert "all streams (2)" in printed.out
    assert OPEN_LOOP in printed.out
    table = pd.read_parquet(here / "o" / "table.parquet")
    assert set(table["stream"]) == {"invented_show", "invented_show-2"}
    one, two = (part.drop(columns="stream").reset_index(drop=True) for _, part in table.groupby("stream"))
    assert one.equals(two)
    lines = [line.split() for line in printed.out.splitlines() if line.startswith("fixed_count")][:3]
    assert int(lines[0][1]) == 2 * int(lines[1][1])
    assert lines[0][-1] == lines[1][-1] == lines[2][-1]


def test_blind_spells_of_several_streams_name_their_stream(here, capsys):
    shutil.copytree(EXAMPLE, here / "friday")
    words = ["strategy=[fixed_count]", "loop=closed", "replicates=2", "figure=none"]
    code, printed = run(capsys, "stream=[example,friday]", *words, "out=o")
    assert code == 0
    spells = [line.split() for line in printed.out.split("imputed orders\n")[1].splitlines()]
    assert spells[0][:2] == ["stream", "sku"]
    assert [spells[k][0] for k in (1, 2)] == ["invented_show", "invented_show-2"]
    assert "| stream | sku | from |" in (here / "o" / "report.md").read_text(encoding="utf-8")
    code, printed = run(capsys, "stream=example", *words, "out=p")
    assert code == 0
    assert printed.out.split("imputed orders\n")[1].startswith("sku ")


def test_a_difference_is_listed_and_drawn(here, capsys):
    words = ["strategy=[old:fixed_count,new:fixed_count]", "strategy.new.units=100", "diff=true", "out=d"]
    code, printed = run(capsys, "stream=example", *words)
    assert code == 0
    assert OPEN_LOOP in printed.out
    assert "only old" in printed.out
    changed = pd.read_parquet(here / "d" / "diff.parquet")
    assert (changed["change"] == "only a").sum() == printed.out.count("  only old  ") - 1
    assert (here / "d" / "diff.png").exists()


def test_hidden_orders_are_held_against_what_is_imputed(here, capsys):
    rows = ["order_id,time"] + [f"{k},{10 * k}" for k in range(200)]
    (here / "even.csv").write_text("\n".join(rows) + "\n")
    code, printed = run(capsys, "stream=even.csv", "stock=100", "loop=closed", "beyond=hide", "replicates=3", "figure=none",
                        "out=h",
                     "strategy=silent")  # fmt: skip
    assert code == 0
    assert "even: 100 orders really came in its blind spells" in printed.out
    assert "within the bounds" in printed.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["stream=example", "loop=ajar"], "loop"),
        (["stream=example", "diff=true", "strategy=smart"], "compares two settings"),
        (["stream=example", "diff=true", "loop=closed", "strategy=[old:smart,new:smart]"], "leave loop=closed out"),
        (["stream=example", "beyond=hide"], "it needs loop=closed"),
        (["stream=[example,example]"], "named twice"),
        (["stream=[]"], "needs a recording"),
        (["stream=example", "loop=closed", "replicates=0"], "replicates"),
        (["stream=example", "loop=closed", "scenario.ledger.mod=x"], "did you mean 'mode'"),
        (["stream=example", "loop=closed", "scenario.ledger.mode=on_order"], "ledger.mode"),
        (["stream=example", "diff=2"], "diff must be true or false"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(here, capsys, words, sentence):
    code, printed = run(capsys, *words)
    assert code == 2
    assert sentence in printed.err
    assert printed.err.count("\n") == 1
    assert not (here / "runs").exists()


@pytest.mark.parametrize("loop", ["open", "closed"])
def test_recordings_that_are_laid_aside_say_the_same(here, capsys, monkeypatch, loop):
    """All but the first few lie on disk until their turn; only the few are drawn."""
    shutil.copytree(EXAMPLE, here / "friday")
    words = ["stream=[example,friday]", "strategy=[fixed_count]", f"loop={loop}", "replicates=1", "beyond=hide"]
    words = words[: None if loop == "closed" else -1]
    assert run(capsys, *words, "figure=none", "out=whole")[0] == 0
    for module in ("recordings", "replays", "replays_closed", "replay"):
        monkeypatch.setattr(f"sim.app.{module}.KEPT", 1)
    code, printed = run(capsys, *words, "out=aside")
    assert code == 0
    assert "pictures and timelines are of the first 1 of 2 recordings" in printed.out
    names = [p.name for p in (here / "whole").iterdir() if p.suffix in (".parquet", ".jsonl")]
    assert len(names) >= 5
    for name in names:
        assert (here / "whole" / name).read_bytes() == (here / "aside" / name).read_bytes()
    drawn = sorted(p.name for p in (here / "aside").glob("overview*.png"))
    assert drawn == ["overview-invented_show.png"]
    assert {word.split(" ")[0] for word in pd.read_parquet(here / "aside" / "timelines.parquet")["replicate"]} == {
        "invented_show"
    }


def test_many_recordings_are_told_shortly(here, capsys, monkeypatch):
    for name in ("friday", "saturday"):
        shutil.copytree(EXAMPLE, here / name)
    monkeypatch.setattr("sim.report.text.openloop.PRINTED", 1)
    monkeypatch.setattr("sim.app.replay.PRINTED", 1)
    code, printed = run(capsys, "stream=[example,friday,saturday]", "strategy=[fixed_count]", "figure=none", "out=o")
    assert code == 0
    assert "all streams (3)" in printed.out
    assert "... and 2 more recordings in table.parquet" in printed.out
    assert "what there is to say of 2 more recordings is in report.md" in printed.out
    assert "invented_show-3" not in printed.out.split("sku")[0]
    page = (here / "o" / "report.md").read_text(encoding="utf-8")
    assert page.count("invented_show-3") > 3
