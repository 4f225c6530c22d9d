"""Every verb, killed at every file operation of a replacement: results are whole, own files stay, nothing is left over.

``pytest -m long tests/jobs/test_kills_by_verb.py -s`` prints the table of rounds and kills. STOCKCUE_KILLS=10 takes ten of the
moments of each verb, evenly spread (three without it; all with STOCKCUE_LONG=full).
"""

from __future__ import annotations

import importlib
import os
import pkgutil
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
TINY = ("scenario=tiny.yaml", "workers=1")
RANGED = (*TINY, "strategy=fixed_count", "replicates=2")
SEARCH = (
    *TINY,
    "strategy=fixed_count",
    "strategy.units=interval(1,40)",
    "replicates=4",
    "judging=20",
    "confirm=10",
    "finalists=2",
)
SHOWN = ("zone=Asia/Shanghai", "figure=none")
VERBS = {
    "rehearse": (("strategy=fixed_count", *TINY, "replicates=2", "figure=none"), ("seed=1",), ("seed=2",)),
    "sweep": ((*RANGED, "strategy.units=3,9"), (), ()),
    "tune": (SEARCH, ("trials=8",), ("trials=16",)),
    "breakpoint": (("strategy=fixed_count", *TINY, "dials=feed_lag", "replicates=10", "steps=1"), None, ()),
    "sensitivity": ((*RANGED, "strategy.units=interval(3,20)", "gate.cooldown_s=interval(0,30)", "points=8"), None, ()),
    "ingest": (("files=orders.csv", "zone=Asia/Shanghai"), (), ()),
    "replay": (("stream=orders.csv", "stock=30", "strategy=fixed_count", *SHOWN), ("seed=1",), ("seed=2",)),
    "review": (("strategy=fixed_count", TINY[0], "shows=0", "alerts=0", "figure=none"), ("seed=1",), ("seed=2",)),
    "calibrate": (("stream=orders.csv", "model=poisson", *SHOWN), (), ()),
}
"""Words of each verb; those that make the folder to be replaced (None: nothing was there) and those that replace it."""


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
    (folder / "tiny.yaml").write_text(SHOW, encoding="utf-8")
    orders(folder)
    return folder


def child(folder: Path, words: tuple[str, ...], n: int = 0) -> tuple[int, int]:
    """Run a command in a child that ends at its n-th change of a file, as by kill -9 (0: never); exit code, changes made."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        operations = [0]

        def count(event, args):
            named = event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR))
            if not (named or event == "sqlite3.connect") or not os.path.abspath(str(args[0])).startswith(str(folder)):
                return
            operations[0] += 1
            if operations[0] == n:
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
            os.write(write, str(operations[0]).encode())
            os._exit(code)
    os.close(write)
    with os.fdopen(read) as pipe:
        changes = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), int(changes or 0)


def tables(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def prepared(place: Path, name: str) -> Path:
    """A working folder like ``place``, with what lies there."""
    return shutil.copytree(place, place.parent / name)


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("verb", VERBS)
def test_a_kill_at_every_file_operation_of_a_replacement(verb, place):
    rest, first, second = VERBS[verb]
    words = (verb, *rest, "out=x")
    if first is not None:
        assert child(place, (*words, *first))[0] == 0
        (place / "x" / "mine").mkdir()
        for name in OWN:
            (place / "x" / name).write_text(name)
    folder = prepared(place, "whole")
    code, changes = child(folder, (*words, *second))
    assert code == 0
    want, names, kills = tables(folder / "x"), sorted(p.name for p in folder.iterdir()), 0
    moments = range(1, changes + 1, -(-changes // MOST))
    for n in moments:
        folder = prepared(place, f"k{n}")
        kills += child(folder, (*words, *second), n)[0] == KILLED
        assert child(folder, (*words, *second))[0] == 0, (n, (folder.parent / "said").read_text())
        assert tables(folder / "x") == want, n
        assert sorted(p.name for p in folder.iterdir()) == names, n
        if first is not None:
            assert [(folder / "x" / name).read_text() for name in OWN] == OWN, n
        shutil.rmtree(folder)
    print(f"\n{verb:<12}{changes:>6} file operations{len(moments):>6} rounds{kills:>6} kills")
    assert kills > len(moments) / 2
