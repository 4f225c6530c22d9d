"""Every example of every help text, and the commands of the README, hold as they are written.

They run in a folder with the files they name: copies of the invented show, small studies. Those that read, list or check are run
whole. Those that play are settled to the last setting (``--cfg``), and then played with few shows: the quick ones always, all of
them with ``pytest -m long``.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from sim.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "sim/replay/data"
WHOLE = ("ingest", "check", "list", "diff", "export", "test", "page", "workbook", "walk", "card")
"""Verbs whose examples are run as they are."""
FEW = {
    "rehearse": "replicates=2 figure=none", "stock": "replicates=10 figure=none", "shadow": "follow=no",
    "sweep": "replicates=3 points=2 workers=1", "tune": "trials=8 replicates=4 judging=20 confirm=10 finalists=2 workers=1",
    "breakpoint": "replicates=10 steps=1 workers=1", "sensitivity": "points=8 replicates=2 workers=1",
    "replay": "figure=none replicates=1", "review": "shows=0 alerts=0 figure=none", "calibrate": "figure=none",
}  # fmt: skip
"""What makes a played example small, by verb."""
QUICK, SLOW = ("rehearse", "stock", "shadow", "replay"), ("loop=closed", "strategy=all")
"""Verbs whose examples are played always, and which of these are not quick."""
ALSO = ("out=runs/nights", "strategy.co=5,20,80")
"""Others that are."""
NOWHERE = ("engine=dask", "desk")
"""What is settled alone: a cluster that is not there, a server that runs until it is stopped."""
ELSEWHERE = {
    "UserBehavior": "its data set is not ours to ship; tests/replay/test_ingest_layouts.py has its layout",
    "every_s=15": "an export of the promotion night takes its time; tests/app/test_export.py exports a small show",
}
"""What is not run here, and why."""


FITTED = """base: first_show
uncertainty:
  parameters:
  - {at: [shoppers, buy_rate], scale: log, mean: -5.1}
  root: [[0.1]]
"""


def examples() -> list[str]:
    lines = []
    for path in sorted((ROOT / "sim/cli/help").glob("*.txt")):
        _head, _title, tail = path.read_text("utf-8").partition("\nExamples\n")
        lines += [line.strip() for line in tail.splitlines() if re.match(r"  (producer \| )?stockcue ", line)]
    readme = (ROOT / "README.md").read_text("utf-8")
    lines += [line[2:].split("  #")[0].strip() for line in re.findall(r"^\$ stockcue .*$", readme, re.M)]
    return list(dict.fromkeys(lines))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with every file that an example names."""
    desk = tmp_path_factory.mktemp("desk")
    for name in ("friday", "saturday", "last_friday"):
        shutil.copytree(DATA, desk / name)
    for name, copy in (("show", "friday_orders"), ("stock", "stock"), ("cues", "run_of_show")):
        shutil.copyfile(DATA / f"invented_{name}.csv", desk / f"{copy}.csv")
    shutil.make_archive(str(desk / "friday"), "zip", DATA)
    code = re.search(r"```python\n(# mine\.py\n.*?)```", (ROOT / "docs/howto/own_strategy.md").read_text("utf-8"), re.S)
    assert code is not None
    (desk / "mine.py").write_text(code[1], "utf-8")
    (desk / "my_show.yaml").write_text("base: first_show\nname: my_show\n", "utf-8")
    (desk / "feed.jsonl").write_text("", "utf-8")
    (desk / "fitted.yaml").write_text(FITTED, "utf-8")
    rules = re.search(r"```yaml\n# rules/mask\.yaml\n(.*?)```", (ROOT / "docs/howto/rules.md").read_text("utf-8"), re.S)
    assert rules is not None
    (desk / "rules").mkdir()
    (desk / "rules/mask.yaml").write_text(rules[1], "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        assert main(["rehearse", *FEW["rehearse"].split(), "out=runs/demo"]) == 0
        tuned = ["scenario=seckill_paydeduct", "strategy=newsvendor_freeze", "strategy.co=interval(5,200)", "out=runs/tuned"]
        assert main(["tune", *tuned, *FEW["tune"].split()]) == 0
    return desk


def test_there_are_examples():
    assert len(examples()) > 35
    assert all(any(name in example for example in examples()) for name in ELSEWHERE)


@pytest.mark.parametrize("example", [e for e in examples() if not any(name in e for name in ELSEWHERE)])
def test_an_example_runs(example, desk, monkeypatch, capsys):
    needed = missing(example, desk)
    if needed:
        pytest.skip(f"names {needed}, which another example leaves behind")
    monkeypatch.chdir(desk)
    fed, _pipe, command = example.rpartition("| ")
    if fed:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    verb, *words = shlex.split(command)[1:]
    show = [] if verb in WHOLE else ["--cfg"]
    assert main([verb, *words, *show]) == 0, capsys.readouterr().err
    if show and quick(verb, example):
        assert main([verb, *words, *FEW[verb].split()]) == 0, capsys.readouterr().err


def quick(verb: str, example: str) -> bool:
    """Whether an example is played whenever the suite runs."""
    return (verb in QUICK and not any(s in example for s in SLOW)) or any(s in example for s in ALSO)


@pytest.mark.long
@pytest.mark.parametrize("example", [e for e in examples() if not any(name in e for name in (*ELSEWHERE, *NOWHERE))])
def test_an_example_plays(example, desk, monkeypatch, capsys):
    needed = missing(example, desk)
    if needed:
        pytest.skip(f"names {needed}, which another example leaves behind")
    monkeypatch.chdir(desk)
    if "| " in example:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    verb, *words = shlex.split(example.rpartition("| ")[2])[1:]
    assert main([verb, *words, *FEW.get(verb, "").split()]) == 0, capsys.readouterr().err


def missing(example: str, desk: Path) -> str:
    """A file that the example names and nobody made."""
    named = re.findall(r"[\w./-]+\.(?:parquet|xlsx|yaml|jsonl|csv\.gz)|runs/[\w-]+|[\w-]+/(?= |$)", example)
    inputs = [name for name in named if f"out={name}" not in example]
    return next((name for name in inputs if not (desk / name).exists()), "")
