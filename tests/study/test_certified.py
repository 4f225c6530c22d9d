"""The certified setting of the README: within the standard limits beyond doubt, and worth more than silence beyond chance."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from sim.cli import main as cli

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
COMMAND = re.search(r"`stockcue (sweep scenario=oversell_story [^`]*)`", README)


def test_the_command_stands_in_the_readme_and_settles(capsys):
    assert COMMAND is not None
    assert cli.main([*shlex.split(COMMAND[1]), "--cfg"]) == 0
    assert "newsvendor_freeze" in capsys.readouterr().out


@pytest.mark.long
def test_it_is_certified_standard_and_beats_silence(tmp_path):
    """Some 20 s of one core."""
    assert COMMAND is not None
    assert cli.main([*shlex.split(COMMAND[1]), f"out={tmp_path / 'run'}"]) == 0
    certificates = pd.read_parquet(tmp_path / "run" / "certificates.parquet")
    (standard,) = certificates[(certificates.limits == "standard") & (certificates.candidate == "newsvendor_freeze")].state
    standings = pd.read_parquet(tmp_path / "run" / "standings.parquet").set_index("candidate")
    assert standard == "certified"
    assert standings.loc["newsvendor_freeze", "state"] == "best"
    assert standings.loc["silent", "state"] == "worse"
    assert standings.loc["silent", "behind_low"] > 50_000
