"""Every example of every help text, and the commands of the README, hold as they are written.

Those that read, list or check are run whole; those that play are settled to the last setting (``--cfg``), which finds a name, a
file or a value that is gone; the verbs' own tests play. They run in a folder with the files they name: copies of the
invented show.
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
WHOLE = ("ingest", "check", "list", "diff", "export", "test", "page")
"""Verbs whose examples are run as they are."""
ELSEWHERE = {
    "UserBehavior": "its data set is not ours to ship; tests/replay/test_ingest_layouts.py has its layout",
    "every_s=15": "an export of the promotion night takes its time; tests/app/test_export.py exports a small show",
}
"""What is not run here, and why."""


def examples() -> list[str]:
    found = []
    for path in sorted((ROOT / "sim/cli/help").glob("*.txt")):
        _head, _title, tail = path.read_text("utf-8").partition("\nExamples\n")
        found += [line.strip() for line in tail.splitlines() if re.match(r"  (producer \| )?stockcue ", line)]
    readme = (ROOT / "README.md").read_text("utf-8")
    found += [line[2:].split("  #")[0].strip() for line in re.findall(r"^\$ stockcue .*$", readme, re.M)]
    return list(dict.fromkeys(found))


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


def missing(example: str, desk: Path) -> str:
    """A file that the example names and nobody made."""
    named = re.findall(r"[\w./-]+\.(?:parquet|xlsx|yaml|jsonl|csv\.gz)|runs/[\w-]+|[\w-]+/(?= |$)", example)
    inputs = [name for name in named if f"out={name}" not in example]
    return next((name for name in inputs if not (desk / name).exists()), "")
