"""Every notebook runs as a script and shows what its text says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path, capsys):
    runpy.run_path(str(path))
    assert capsys.readouterr().out


def test_old_data_makes_a_freeze_worthless():
    """The field's claim: at half a second nearly nothing is oversold, at a minute nearly as much as in silence."""
    table = runpy.run_path(str(NOTEBOOKS[0].with_name("how_old_may_the_data_be.py")))["TABLE"]
    for name in ("newsvendor_freeze", "smart"):
        ages = table[name]
        assert ages[0] < 0.15 * table["silent"][0]
        assert ages[0] < ages[2] < ages[-1]
        assert ages[-1] > 0.6 * table["silent"][-1]
