"""The page of presets by net: whole, its figures of one account, and nobody loses to silence beyond chance but where that is the
lesson."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.presets import BASELINES, HEAD
from scenarios.registry import names
from strategies import registry

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "background" / "presets.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", PAGE, re.S | re.M))
LESSONS = {
    "quiet_longtail": "silence earns most", "seckill_atomic": "a freeze has nothing to prevent",
    "operator_overload": "whoever asks for stock earns less than nobody acting",
    "cart_mirage": "cover_time and burn_rate carry the pace of a pitch on to the end of the show",
}  # fmt: skip
"""Presets whose lesson is that acting does not pay, and its words."""
NAMED = {"cart_mirage": {"cover_time", "burn_rate"}}
"""Whom a lesson is about, where it is not about all."""
PRESETS = [name for name in names() if name != "ls1"]


def rows(preset: str) -> dict[str, dict[str, str]]:
    """The table of a preset, by strategy."""
    head, _rule, *lines = (line for line in SECTIONS[preset].splitlines() if line.startswith("|"))
    titles, *cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in (head, *lines))
    assert titles == list(HEAD)
    return {row[0]: dict(zip(titles, row, strict=True)) for row in cells}


def figure(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_table_has_every_strategy_and_says_what_was_searched(preset):
    table, text = rows(preset), SECTIONS[preset]
    assert set(registry.names()) <= set(table)
    kept = re.search(r"keeps the own playbook of (.*)\.", text)
    searched = {*re.findall(r"^- (\w+), tuned: ", text, re.M), *(kept[1].split(", ") if kept else ())}
    assert searched == set(registry.names()) - {"silent"}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_figures_of_a_table_are_of_one_account(preset):
    """Net and what was left on the table add up to hindsight, net less silence's is what stands there; in whole CNY."""
    table = rows(preset)
    silent = figure(table["silent"]["net"])
    hindsight = silent + figure(table["silent"]["left on the table"])
    for row in table.values():
        assert abs(figure(row["net"]) + figure(row["left on the table"]) - hindsight) <= 2
        assert row["against silence"] == "" or abs(figure(row["net"]) - silent - figure(row["against silence"])) <= 2
    nets = [figure(row["net"]) for row in table.values()]
    assert nets == sorted(nets, reverse=True)


def test_nobody_loses_to_silence_beyond_chance_in_his_own_playbook_but_where_that_is_the_lesson():
    """5 % over all pairs of the tables (``benchmarks.presets``)."""
    losers = {(p, name) for p in PRESETS for name, row in rows(p).items()
              if row[""] == "loses, sure" and name in registry.names() and name not in BASELINES}  # fmt: skip
    assert {p for p, _ in losers} <= set(LESSONS)
    assert all(NAMED[p] == {name for q, name in losers if q == p} for p in NAMED)
    for preset, words in LESSONS.items():
        assert words in " ".join(import_module(f"scenarios.presets.{preset}").build.__doc__.split())
