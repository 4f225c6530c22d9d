"""What people type: one right sentence and exit code 2, or what was asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import main as cli
from sim.cli import terminal
from sim.report.figures import style
from tests.cli.typing_page import PAGE, row
from tests.events import LIMIT_S

ROOT = Path(__file__).parents[2]
HEAD = "from strategies.contract import Param, Strategy\n\ndef fold(p, m, s):\n"
TAIL = "\n\nSTRATEGY = Strategy('own', 'own', fold, (Param('units', 7.0, 0.0, 99.0, 'units', 'line'),))\n"

TYPED = [
    ("ingest orders.csv", "write files=orders.csv"),
    ("replay orders.csv", "write stream=orders.csv"),
    ("shadow feed/tonight.jsonl", "write input=feed/tonight.jsonl"),
    ("rehearse double11", "write scenario=double11"),
    ("rehearse smart", "write strategy=smart"),
    ("rehearse ./mine.py", "write strategy=./mine.py"),
    ("rehearse calm_room", "write gate=calm_room"),
    ("rehearse promotion_night", "write experiment=promotion_night"),
    ("rehearse show.yaml", "write scenario=show.yaml"),
    ("rehearse replicates 5", "write replicates=VALUE, without spaces"),
    ("rehearse replicates =5", "write replicates=VALUE, without spaces"),
    ("rehearse strategy=[a b,smart]", "put the whole word in quotes"),
    ("rehearse zzz", "is not of the form key=value; see stockcue rehearse --help"),
    ("sweep strategy=fixed_count strategy.units=20-400", "a range is written strategy.fixed_count.units=interval(20,400)"),
    ("sweep strategy=fixed_count strategy.units=20..400", "interval(20,400)"),
    ("sweep strategy=fixed_count strategy.units=[20,400]", "interval(20,400)"),
    ("sweep strategy=fixed_count strategy.units=20至400", "interval(20,400)"),
    ("rehearse strategy=fixed_count strategy.units=20-400", "rehearse takes one value; stockcue sweep varies it"),
    ("rehearse strategy.units=50", "units is a setting of manual_polling, fixed_count; say whose setting it is"),
    ("rehearse strategy.unts=50", "none of the 6 strategies chosen has a setting 'unts'; did you mean 'units'?"),
    ("rehearse strategy=smart strategy.chance=5%", "shares are written strategy.smart.chance=0.05"),
    ("rehearse strategy=smart strategy.chance=0,5", "a decimal is written strategy.smart.chance=0.5"),
    ("rehearse replicates=", "gives no value; leave it out"),
    ("rehearse scenario=", "scenario= names no scenario"),
    ("rehearse strategy=", "strategy= names no strategy"),
    ("rehearse experiment=", "experiment= names no experiment"),
    ("rehearse gate=", "gate= names no option; known: calm_room"),
    ("sweep scenario=[]", "scenario= names no scenario"),
    ("rehearse strategy=[smart", "a bracket that is not closed"),
    ("rehearse strategy=a:", "label begins with a letter"),
    ("rehearse strategy=[50%:smart]", "label begins with a letter"),
    ("rehearse strategy=[低线：smart]", "write it as '低线:smart'"),
    ("rehearse strategy=[smart，tiered]", "write it as 'smart,tiered'"),
    ("rehearse strategy=own", "did you mean 'own.py'?"),
    ("rehearse scenario=show", "did you mean 'show.yaml'?"),
    ("rehearse experiment=tuned", "did you mean 'tuned/recommended.yaml'?"),
    ("rehearse --cfg=foo", "--cfg job shows the settings of rehearse"),
    ("rehearse --cfg hydra", "--cfg job shows those of rehearse"),
    ("rehearse -m gate.n=1,2", "stockcue sweep plays several values"),
    ("rehearse --config-dir nope", "no folder of options 'nope'"),
    ("rehearse hydra.searchpath=[pkg://x]", "options are read from folders alone"),
    ("help foo", "there is no verb 'foo'"),
    ("rehears --help", "did you mean 'rehearse'?"),
    ("bench --foo", "bench has no option '--foo'"),
    ("replay stream=exmple", "did you mean 'example'"),
    ("replay stream=example zone=+24:00", "not a time zone: offsets go to 14:00"),
    ("sweep strategy=fixed_count strategy.units=1,2 select=kn", "select=kn needs delta"),
    ("list lable", "there is no name 'lable'"),
    ("rehearse strategy=listed.py", "asks for s.listed, which a signal does not have (line 2 of the fold)"),
    ("rehearse strategy=stok.py", "did you mean 'stock'?; all it has: stockcue list signal"),
    ("rehearse strategy=cells.py", "uses m[1] (line 2 of the fold) and declares memory=1; declare memory=2"),
    ("rehearse strategy=params.py", "uses p[1] (line 2 of the fold) and declares 1 settings"),
    ("check listed.py", "stockcue list signal"),
    ("rehearse strategy：smart", "has a colon where an = belongs; write it as 'strategy=smart'"),
    ("rehearse “strategy=smart”", "write it as 'strategy=smart'"),
    ("rehearse 'strategy=smart'", "has quotes that the shell did not take off; write it as 'strategy=smart'"),
    ("rehearse strategy=fixed_count、smart", "write it as 'fixed_count,smart'"),
    ("rehearse scenario=“double11”", "write it as 'scenario=double11'"),
    ("rehearse scenario=FIRST_SHOW", "did you mean 'first_show'?"),
    ("rehearse replicates=２", "write it as 'replicates=2'"),
    ("rehearse replicates=1,000", "thousands are written replicates=1000"),
    ("sweep strategy=fixed_count strategy.units=range（50,200,step=50）", "write it as 'strategy.units=range(50,200,step=50)'"),
    ("sweep strategy=fixed_count strategy.units=50～200", "interval(50,200)"),
    ("sweep strategy=fixed_count strategy.units=50:200:10", "interval(50,200)"),
    ("strategy=smart rehearse", "stands before the verb; write stockcue rehearse strategy=smart"),
]


def run(capsys, *words):
    """Exit code, stdout and stderr of one command."""
    code = cli.main(list(words))
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A working folder with files that people mean."""
    monkeypatch.chdir(tmp_path)
    lay(tmp_path)


def lay(tmp_path):
    """The files that are there."""
    for name, body in {
        "own": "return 0", "listed": "return 2 if s.stock < s.listed else 0", "stok": "return 2 if s.stok < 3 else 0",
        "cells": "m[1] = s.stock\n    return 0", "params": "return 2 if s.stock < p[1] else 0",
        "late": "return 2 if s.stock < len(str(s.stock)[99]) else 0",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.py").write_text(f"{HEAD}    {body}{TAIL}", encoding="utf-8")
    (tmp_path / "show.yaml").write_text("base: first_show\n")
    (tmp_path / "tuned").mkdir()
    (tmp_path / "tuned" / "recommended.yaml").write_text("overrides: []\n")


@pytest.mark.parametrize(("command", "says"), TYPED, ids=[c for c, _ in TYPED])
def test_what_people_type(command, says, capsys, desk):
    code, out, err = run(capsys, *command.split())
    assert (code, out) == (2, ""), err
    assert says in err
    assert err.startswith("stockcue: ")
    assert err.count("\n") == 1
    assert row(command, err) in PAGE.read_text(encoding="utf-8").splitlines(), "python -m tests.cli.typing_page"


def test_a_word_with_spaces_and_names_of_ones_own(capsys, desk):
    assert "write it as 'seed=2'" in run(capsys, "rehearse", "seed = 2")[2]
    assert "write it as 'smart seed=2'" in run(capsys, "rehearse", "strategy=smart\u3000seed=2")[2]
    text = "order_id,time,sku,qty\n1,2026-11-11 20:01:05,面膜（红）,2\n"
    for name in ("夜场（下）.csv", "a.csv", "b.csv"):
        Path(name).write_text(text, encoding="utf-8")
    assert "write it as 'files=a.csv,b.csv'" in run(capsys, "ingest", "files=a.csv，b.csv", "out=o")[2]
    assert run(capsys, "ingest", "files=夜场（下）.csv", "out=o")[0] == 0


def test_list_signal_says_what_a_strategy_is_told(capsys):
    from strategies.contract import Signal

    code, out, _ = run(capsys, "list", "signal")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[3:]] == list(Signal._fields)


def test_a_step_may_be_named(capsys):
    words = ("sweep", "strategy=fixed_count", "strategy.units=range(50,200,step=40)", "--cfg")
    assert "- 170" in run(capsys, *words)[1]


def test_what_a_users_fold_raises_is_one_sentence(capsys, desk, plain_engine):
    code, out, err = run(capsys, "rehearse", "strategy=late.py", "scenario=show.yaml", "replicates=1", "figure=none", "out=x")
    assert (code, out) == (2, "")
    assert "late.py, line 4 failed: IndexError: " in err.splitlines()[-1]
    assert not Path("x").exists()


def test_a_terminal_that_cannot_encode_loses_nothing(desk):
    """Code page 1252: the names of levels are Chinese, and a scenario's may be."""
    Path("show.yaml").write_text("base: first_show\nname: 小场\n", encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252", "STOCKCUE_NO_COMPILE": "1", "PYTHONUTF8": "0",
           "MPLBACKEND": "no_such_screen"}  # fmt: skip
    words = [sys.executable, "-m", "sim", "list", "smart", "signal"]
    done = subprocess.run(words, env=env, capture_output=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    words = [sys.executable, "-m", "sim", "rehearse", "scenario=show.yaml", "--cfg"]
    done = subprocess.run(words, env=env, capture_output=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert b"\\u5c0f\\u573a" in done.stdout
    assert done.stderr.decode("cp1252").count("cannot show some characters") == 1
    assert b"Traceback" not in done.stderr


def test_without_a_chinese_font_names_stay_apart_and_it_is_said_once(capsys, monkeypatch):
    monkeypatch.setattr(style, "chinese_font", lambda: None)
    style.undrawn()
    drawn = [style.text(words) for words in ("面膜", "口红", "A 面膜", "A 口红", "watch 初级", "plain", "面膜")]
    assert "?" not in "".join(drawn)
    assert len(set(drawn)) == 6
    assert drawn[0] == drawn[-1] == "[1]"
    assert drawn[4:6] == ["watch", "plain"]
    assert style.text("SKU-燕麦") == "SKU [6]", "a piece of a name stands for no item"
    terminal.tell()
    terminal.tell()
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "[1] for 面膜" in err


def test_a_font_is_found_by_what_it_holds(monkeypatch):
    from matplotlib import font_manager

    style.chinese_font.cache_clear()
    monkeypatch.setattr(style, "CHINESE_FONTS", ())
    monkeypatch.setattr(style, "_has_chinese", lambda path: path.endswith("DejaVuSans.ttf"))
    assert style.chinese_font() == "DejaVu Sans"
    monkeypatch.undo()
    style.chinese_font.cache_clear()
    assert not style._has_chinese(font_manager.findfont("DejaVu Sans"))
    style.chinese_font.cache_clear()
