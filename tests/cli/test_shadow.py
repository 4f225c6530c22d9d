"""``stockcue shadow`` as a user types it."""

import io
import json
import os
import shlex
import sys
from pathlib import Path

import pytest

import stockcue as sc
from sim.app.frame import trying
from sim.cli import main as cli
from sim.replay.shadow.batch import KINDS
from sim.replay.shadow.figures import LAGS

LINES = '{"t": 0, "kind": "order", "sku": "mask", "qty": 9}\n{"t": 90, "kind": "end"}\n'


def run(capsys, *words):
    code = cli.main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder with a short feed in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feed.jsonl").write_text(LINES)
    (tmp_path / "taken.jsonl").write_text("{}\n")
    return tmp_path


BAD = [
    ("shadow input=feed.jsonl length_s=60", "does not say what there is to sell"),
    ("shadow input=feed.jsonl length_s=60 stock=500", "does not say what there is to sell"),
    ("shadow input=feed.jsonl length_s=60 stock=nope.csv", "nope.csv"),
    ("shadow input=feed.jsonl length_s=60 stock={mask:many}", "is not a number of units"),
    ("shadow input=feed.jsonl length_s=60 stock={mask:9} cues=nope.csv", "nope.csv"),
    ("shadow input=feed.jsonl stock={mask:9}", "say its planned end"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 end=60", "not both"),
    ("shadow input=feed.jsonl stock={mask:9} end=soon", "end='soon' is not a time"),
    ("shadow input=feed.jsonl stock={mask:9} start=9 end=2026-06-18T20:00:00Z", "end="),
    ("shadow input=feed.jsonl stock={mask:9} start=60 end=30", "not within"),
    ("shadow input=nope.jsonl stock={mask:9} length_s=60", "is not there"),
    ("shadow input=. stock={mask:9} length_s=60", "is a folder"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 out=taken.jsonl", "holds something else at byte 0"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 out=feed.jsonl", "named for two things"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 out=a.jsonl state=a.jsonl", "named for two things"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 state=taken.jsonl", "is not a state of stockcue shadow"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 out=/proc/nope/x", "cannot be written"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 clock=wal", "did you mean 'wall'?"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 period_s=0", "outside its bounds"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 period=1", "did you mean 'period_s'?"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 zone=Mars", "Mars"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 strategy=smrt", "did you mean 'smart'?"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 gate.cooldown=30", "did you mean 'cooldown_s'?"),
    ("shadow input=feed.jsonl stock={mask:9} length_s=60 feed=second", "feed"),
]


@pytest.mark.parametrize(("command", "says"), BAD, ids=[b[0] for b in BAD])
def test_bad_input_is_one_sentence_and_exit_2(command, says, capsys, here):
    code, out, err = run(capsys, *command.split())
    assert code == 2
    assert says in err
    assert err.startswith("stockcue: ")
    assert (err.count("\n"), out) == (1, "")
    left = {p.name for p in here.iterdir() if p.stat().st_size} - {"feed.jsonl", "taken.jsonl"}
    assert left <= {"a.metrics.json", "a.state"}


def test_what_a_replay_wrote_makes_the_same_alerts(capsys, tmp_path, monkeypatch):
    """The folder of a replay holds its alerts, its feed, and the command that makes the one of the other."""
    monkeypatch.chdir(tmp_path)
    with_what = ["strategy=[smart,tiered,random_rate]", "gate.cooldown_s=20"]
    words = ["stream=example", "zone=Asia/Shanghai", "feed.lag_s=0.3", "figure=none", "feed_lines=write", "out=r"]
    code, out, _ = run(capsys, "replay", *words, *with_what)
    assert code == 0
    (again,) = [text for text in out.splitlines() if "stockcue shadow" in text]
    monkeypatch.chdir("r")
    typed = shlex.split(again[again.index("stockcue shadow") :])[1:]
    assert "lag_s=0.3" in typed
    code, out, err = run(capsys, *typed, *with_what, "out=../alerts.jsonl")
    assert (code, out) == (0, "")
    assert "rejected" not in err
    assert (tmp_path / "alerts.jsonl").read_bytes() == (tmp_path / "r" / "alerts.jsonl").read_bytes()
    assert (tmp_path / "alerts.jsonl").read_bytes().count(b"\n") > 50
    files = json.loads((tmp_path / "r" / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {"alerts.jsonl", "feed.jsonl", "feed_stock.jsonl", "feed_cues.jsonl"} <= set(files)
    code, _, err = run(capsys, "replay", *words, "feed.loss_p=0.1", "out=s")
    assert code == 2
    assert "feed.lag_s alone" in err
    assert not (tmp_path / "r" / "s").exists()


def test_standard_input_to_standard_output(capfd, here, monkeypatch):
    """Nothing is left behind, and rejected lines are told on standard error."""
    read, write = os.pipe()
    os.write(write, ("no JSON\n" + LINES).encode())
    os.close(write)
    keep = os.dup(0)
    os.dup2(read, 0)
    try:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        code = cli.main(["shadow", "stock={mask: 30}", "length_s=90", "strategy=fixed_count"])
    finally:
        os.dup2(keep, 0)
        for fd in (keep, read):
            os.close(fd)
    out, err = capfd.readouterr()
    assert code == 0
    assert [json.loads(text)["stock"] for text in out.splitlines()] == [21.0]
    assert json.loads(out)["strategy"] == "fixed_count"
    assert '{"line": 1, "reason": "is not JSON", "text": "no JSON"}' in err
    assert "3 lines (2 used, 1 rejected)" in err
    assert {p.name for p in here.iterdir()} == {"feed.jsonl", "taken.jsonl"}


def test_a_feed_of_which_nothing_can_be_used_is_pointed_out(capsys, here):
    code, _, err = run(capsys, "shadow", "input=feed.jsonl", "follow=no", "stock={balm: 3}", "length_s=60", "out=a.jsonl")
    assert code == 0
    assert "no end line" not in err
    (here / "feed.jsonl").write_text(LINES.splitlines()[0] + "\n")
    code, _, err = run(capsys, "shadow", "input=feed.jsonl", "follow=no", "stock={balm: 3}", "length_s=60", "out=b.jsonl")
    assert "warning: not one line could be used" in err
    assert "no end line" in err


def test_a_users_own_strategy_is_bound_to_its_text(capsys, here):
    source = "from strategies.contract import Strategy\n\ndef fold(p, m, s):\n    return 2 if s.stock < 25 else 0\n\n"
    (here / "mine.py").write_text(source + "STRATEGY = Strategy('mine', 'mine', fold)\n")
    words = ["shadow", "input=feed.jsonl", "stock={mask: 30}", "length_s=90", "out=a.jsonl", "strategy=./mine.py"]
    assert run(capsys, *words)[0] == 0
    assert json.loads((here / "a.jsonl").read_text())["strategy"] == "mine"
    (here / "mine.py").write_text(source.replace("25", "26") + "STRATEGY = Strategy('mine', 'mine', fold)\n")
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "own_files.mine.py was" in err


def test_a_fold_that_reads_the_machine_keeps_no_state(capsys, here):
    """Where nothing is taken up again it may be tried; where there is a state it would go on otherwise, and is refused."""
    source = "import time\nfrom strategies.contract import Strategy\n\ndef fold(p, m, s):\n    return 2 * (time.time() > 0)\n\n"
    (here / "mine.py").write_text(source + "STRATEGY = Strategy('mine', 'mine', fold)\n")
    words = ["shadow", "input=feed.jsonl", "stock={mask: 30}", "length_s=90", "strategy=./mine.py"]
    for more in ("out=a.jsonl", "state=a.state"):
        code, _, err = run(capsys, *words, more)
        assert code == 2
        assert "calls time.time: a fold that reads the machine" in err
        assert not list(here.glob("a.*"))
    assert run(capsys, *words)[0] == 0


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "shadow.md").read_text(encoding="utf-8")


def test_the_page_says_what_is_so(capsys, tmp_path, monkeypatch):
    """Its example runs as printed and ends in equal files; its tables name every kind and lag; its line has the keys."""
    monkeypatch.chdir(tmp_path)
    block = PAGE[PAGE.index("    stockcue replay stream=example") :].split("\n\n")[0].replace("\\\n", " ")
    play, folder, follow, compare = (shlex.split(text) for text in block.splitlines())
    assert run(capsys, *play[1:])[0] == 0
    monkeypatch.chdir(folder[1])
    assert run(capsys, *follow[1:])[0] == 0
    one, other = (Path(name).read_bytes() for name in compare[1:])
    assert one == other
    assert one
    shown = PAGE[PAGE.index('    {"n": 1') :].split("\n\n")[0]
    assert list(json.loads(shown)) == list(json.loads(one.splitlines()[0]))
    for table, names in (("| kind | effect |", KINDS), ("| lag | from | to |", LAGS), ("| `resend=` |", ("start", "new", "seq"))):
        rows = PAGE[PAGE.index(table) :].split("\n\n")[0].splitlines()[2:]
        assert {name.strip(" `") for row in rows for name in row.split("|")[1].split(",")} == set(names)


def test_from_python_it_is_the_commands_and_stays_with_its_result(capsys, here, monkeypatch):
    """The same alerts; nothing is printed or left behind where no place is named; it is saved and loaded like any Result."""
    words = ["shadow", "input=feed.jsonl", "stock={mask: 30}", "length_s=90", "strategy=fixed_count", "out=a.jsonl"]
    assert run(capsys, *words)[0] == 0
    told = {"stock": {"mask": 30}, "length_s": 90}
    r = sc.shadow("feed.jsonl", "fixed_count", **told)
    assert capsys.readouterr() == ("", "")
    assert {p.name for p in here.iterdir() if p.name[0] != "."} == {"feed.jsonl", "taken.jsonl"} | {
        f"a.{x}" for x in ("jsonl", "state", "rejects.jsonl", "metrics.json")}  # fmt: skip
    assert list(r.table["stock"]) == [21.0]
    assert len(r.rejected) == 0
    assert r.manifest["metrics"]["ended"]
    assert "1 alerts" in str(r)
    (here / "b").mkdir()
    assert (r.save("r").folder / "alerts.jsonl").read_bytes() == (here / "a.jsonl").read_bytes()
    assert sc.load("r").table.equals(r.table)
    placed = sc.shadow("feed.jsonl", "fixed_count", **told, out="b/a.jsonl", follow=False)
    assert placed.alerts.equals(r.alerts)
    with pytest.raises(ValueError, match=r"lies where out= named it, in 'b'"):
        placed.save("c")
    with pytest.raises(ValueError, match=r"period_s"):
        sc.shadow("feed.jsonl", "fixed_count", **told, period_s=0)


def test_settings_that_are_only_tried_are_settled_and_no_feed_is_read(here):
    with trying():
        sc.shadow("feed.jsonl", "fixed_count", stock={"mask": 30}, length_s=90, out="a.jsonl")
    assert not list(here.glob("a.*"))
    with trying(), pytest.raises(ValueError, match=r"is not there"):
        sc.shadow("nope.jsonl", "fixed_count", stock={"mask": 30}, length_s=90)
    with trying(), pytest.raises(ValueError, match=r"say its planned end"):
        sc.shadow("feed.jsonl", "fixed_count", stock={"mask": 30})
