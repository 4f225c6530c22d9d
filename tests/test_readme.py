"""What the README shows works: its strategy keeps the contract, its commands and files exist."""

from __future__ import annotations

import re
from pathlib import Path

from sim.conformance.check import check
from strategies.registry import load

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_newcomers_strategy_keeps_the_contract(tmp_path):
    code = re.search(r"```python\n(# mine\.py\n.*?)```", (ROOT / "docs/howto/own_strategy.md").read_text("utf-8"), re.S).group(1)
    own_file = tmp_path / "mine.py"
    own_file.write_text(code, "utf-8")
    assert [f for f in check(load(str(own_file))) if not f.ok] == []


def test_the_python_it_shows_runs(tmp_path, monkeypatch, capsys):
    block = re.search(r"## From Python\n```python\n(.*?)```", README, re.S).group(1)
    assert len(block.splitlines()) <= 12
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(block, "README.md", "exec"), names)
    assert names["result"].verdict
    assert len(names["sweep"].table) == 4
    assert "differences are paired" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_make_targets_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"[$`] ?make (\w+)", README)) <= targets


def test_no_text_names_a_machine():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), ROOT / "Makefile"]:
        assert not re.search(r"/(work|home|root)/", path.read_text("utf-8")), path.name
