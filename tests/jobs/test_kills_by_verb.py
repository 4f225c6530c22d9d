"""Every verb that writes, killed at every kind of file operation: results are whole, own files stay, nothing is left over.

``pytest -m long tests/jobs/test_kills_by_verb.py -s`` prints the table of rounds and kills. A kind is what is done to which file;
the first and the last of each are taken, STOCKCUE_KILLS=10 takes ten of these, evenly spread (three without it); every single
operation with STOCKCUE_LONG=full.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import sys
import traceback
from pathlib import Path

import pytest

import sim
from sim.cli import main as cli
from tests.cli.conftest import SHOW
from tests.sizes import sized

MOST = sized(3, 1_000_000, "STOCKCUE_KILLS")
OWN = ["notes.txt", "mine/deep.txt"]
"""A user's own files in the run folder."""
KILLED, CHANGES = 9, ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.link", "os.truncate", "shutil.rmtree")
DRAWN = re.compile(r"(?<=-)[a-z0-9_]{8}(?=/|$)|[0-9]+")
SHORT = SHOW.replace("duration_s: 120", "duration_s: 50")
TINY = ("scenario=tiny.yaml", "workers=1")
LINE = ("strategy=fixed_count", *TINY, "replicates=2")
SHOWN = ("zone=Asia/Shanghai", "figure=none")
REHEARSE = ("rehearse", *LINE, "figure=none")
SWEEP = ("sweep", *LINE, "strategy.units=3,9")
REVIEW = ("review", "strategy=fixed_count", TINY[0], "shows=0", "alerts=0", "figure=none")
TUNE = ("tune", *TINY, "strategy=fixed_count", "strategy.units=interval(1,40)", "replicates=4", "judging=20", "confirm=10",
        "finalists=2", "out=x")  # fmt: skip
SENSITIVITY = ("strategy.units=interval(3,20)", "gate.cooldown_s=interval(0,30)", "points=8", "out=x")
REPLAY = ("replay", "stream=orders.csv", "stock=30", "strategy=fixed_count", *SHOWN, "out=x")
FOLDERS = [(*REHEARSE, "out=a"), (*REHEARSE, "seed=2", "out=b")]
NIGHTS = ("sweep", "scenario=[tiny.yaml,other.yaml]", LINE[0], *LINE[2:], "strategy.units=3,9", "select=none", "out=n")
VERBS = {
    "rehearse": ([(*REHEARSE, "seed=2", "out=x")], (*REHEARSE, "out=x")),
    "sweep": ([], (*SWEEP, "out=x")),
    "tune": ([(*TUNE, "trials=8")], (*TUNE, "trials=12")),
    "breakpoint": ([], ("breakpoint", *TINY, LINE[0], "dials=feed_lag", "replicates=10", "steps=1", "out=x")),
    "sensitivity": ([], ("sensitivity", *LINE, *SENSITIVITY)),
    "ingest": ([("ingest", "files=orders.csv", SHOWN[0], "out=x")], ("ingest", "files=orders.csv", SHOWN[0], "out=x")),
    "replay": ([(*REPLAY, "seed=2")], REPLAY),
    "review": ([(*REVIEW, "seed=2", "out=x")], (*REVIEW, "out=x")),
    "calibrate": ([], ("calibrate", "stream=orders.csv", "model=poisson", *SHOWN, "out=x")),
    "stock": ([("stock", TINY[0], "replicates=11", "out=x")], ("stock", TINY[0], "replicates=10", "out=x")),
    "export": ([("export", *LINE[:2], "out=x")], ("export", *LINE[:2], "replicates=2", "out=x")),
    "diff": ([*FOLDERS, ("diff", "b", "a", "out=x")], ("diff", "a", "b", "out=x")),
    "rollup": (
        [(*REVIEW, "out=a"), (*REVIEW[:2], "scenario=other.yaml", *REVIEW[3:], "out=b"), ("rollup", "b", "a", "out=x")],
        ("rollup", "a", "b", "out=x"),
    ),
    "walk": ([NIGHTS, ("walk", "n", "out=x")], ("walk", "n", "out=x")),
    "page": ([(*REHEARSE, "out=x")], ("page", "x", "lang=zh")),
    "workbook": ([(*REHEARSE, "out=x")], ("workbook", "x")),
    "workbook as CSV": ([(*REHEARSE, "out=x"), ("workbook", "x", "csv=true")], ("workbook", "x", "csv=true")),
    "card": ([], ("card", *LINE[:2], "shows=2", "out=card.html")),
}
"""Commands that make what lies there, and the one that is killed. A folder x that is there has files of a user's own in it."""


def orders(folder: Path) -> None:
    rows = [f"{k},2026-06-18 20:{k // 6 % 60:02d}:{k % 6 * 10:02d},mask,1,paid" for k in range(300)]
    (folder / "orders.csv").write_text("order_id,order_time,sku,quantity,status\n" + "\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def loaded():
    """Everything a verb imports late, so that no child pays for it."""
    for module in pkgutil.walk_packages(sim.__path__, "sim."):
        importlib.import_module(module.name)
    for name in ("bokeh.plotting", "matplotlib.backends.backend_agg", "optuna", "pyarrow.parquet", "scipy.stats", "sqlalchemy"):
        importlib.import_module(name)


@pytest.fixture
def place(loaded, tmp_path, monkeypatch):
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "tiny.yaml").write_text(SHORT, encoding="utf-8")
    (folder / "other.yaml").write_text(SHORT.replace("name: tiny", "name: other"), encoding="utf-8")
    orders(folder)
    return folder


def kind(event: str, path: str) -> str:
    """What is done to which file, but for the part of a name that is drawn."""
    return f"{event} {DRAWN.sub('', path)}"


def child(folder: Path, words: tuple[str, ...], n: int = 0) -> tuple[int, list[str]]:
    """Run a command in a child that ends at its n-th change of a file, as by kill -9 (0: never); exit code, changes made."""
    changes = folder.parent / "changes"
    pid = os.fork()
    if pid == 0:
        operations: list[str] = []

        def count(event, args):
            named = event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR))
            if not (named or event == "sqlite3.connect") or not os.path.abspath(str(args[0])).startswith(str(folder)):
                return
            operations.append(kind(event, os.path.relpath(str(args[0]), folder)))
            if len(operations) == n:
                os._exit(KILLED)

        os.chdir(folder)
        quiet = os.open(folder.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        sys.addaudithook(count)
        code = 99
        try:
            code = cli.main(list(words))
        except BaseException:
            traceback.print_exc()
        finally:
            changes.write_text("\n".join(operations))
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code, [] if code == KILLED else changes.read_text().splitlines()


def said(folder: Path) -> str:
    return (folder.parent / "said").read_text(encoding="utf-8", errors="replace")


def whole(folder: Path) -> dict[str, bytes]:
    """Every file there, and what is in those that hold figures or pages."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    figures = (".parquet", ".csv", ".html", ".yaml")
    return {p.relative_to(folder).as_posix(): p.read_bytes() if p.suffix in figures else b"" for p in files}


def moments(changes: list[str]) -> list[int]:
    """Which changes to be killed at: the first and the last of every kind, as many as are asked for."""
    numbered = list(enumerate(changes, 1))
    chosen = sorted({*{what: n for n, what in numbered}.values(), *{what: n for n, what in reversed(numbered)}.values()})
    if len(changes) <= MOST:
        return [n for n, _what in numbered]
    return chosen[:: -(-len(chosen) // MOST)]


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("verb", VERBS)
def test_a_kill_at_every_kind_of_file_operation(verb, place):
    before, words = VERBS[verb]
    for command in before:
        assert child(place, command)[0] == 0, said(place)
    mine = OWN if (place / "x").exists() else []
    for name in mine:
        (place / "x" / name).parent.mkdir(exist_ok=True)
        (place / "x" / name).write_text(name)
    folder = shutil.copytree(place, place.parent / "whole")
    code, changes = child(folder, words)
    assert code == 0, said(folder)
    want, kills, wrong = whole(folder), 0, []
    for n in moments(changes):
        folder = shutil.copytree(place, place.parent / f"k{n}")
        kills += child(folder, words, n)[0] == KILLED
        code, _changes = child(folder, words)
        after = whole(folder)
        differing = sorted(name for name in {*want, *after} if want.get(name) != after.get(name))
        if code or differing or [(folder / "x" / name).read_text() for name in mine] != mine:
            wrong.append((n, changes[n - 1], code, differing, said(folder) if code else ""))
        shutil.rmtree(folder)
    kinds, rounds = len(set(changes)), len(moments(changes))
    print(f"\n| {verb} | {len(changes)} | {kinds} | {rounds} | {kills} | {rounds - len(wrong)} |")
    assert not wrong
    assert kills > rounds / 2
