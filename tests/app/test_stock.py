"""stockcue stock: a table, curves and a picture; the same from Python; bad input in one sentence."""

from __future__ import annotations

import pytest
import yaml

import stockcue as sc
from scenarios.registry import plain
from sim.cli import main as cli
from tests.study.small_show import show


def test_the_command_and_the_function_say_the_same(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(plain(show())), encoding="utf-8")
    assert cli.main(["stock", "replicates=10", "scenario=small.yaml", "out=o"]) == 0
    printed = capsys.readouterr().out
    told = sc.stock(show(), shows=10, figure="all")
    assert str(told) in printed
    assert sc.load(tmp_path / "o").table.equals(told.table)
    assert list(told.table["item"]) == [s.id for s in show().skus]
    row = told.table.iloc[0]
    assert row.bring_low <= row.bring <= row.bring_high
    assert row.wanted_p05 <= row.wanted_p50 <= row.wanted_p95
    assert {"item", "units", "net", "net_low", "net_high"} == set(told.curves.columns)
    assert told.plot().png[:4] == b"\x89PNG"
    assert "How many units to bring" in str(told)
    assert sc.stock(show(), shows=10, figure="none").table.equals(told.table)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["carry=-1"], "carry"),
        (["replicates=3"], "replicates"),
        (["uncertain=true"], "says nothing about how uncertain"),
        (["scenario=frist_show"], "first_show"),
        (["strategy=smart"], "stock"),
    ],
)
def test_bad_input(words, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["stock", *words]) == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
