"""A finished study is read: nothing is played, compiled, or imported that only playing needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WORDS = (
    "sweep", "scenario=seckill_atomic", "strategy=fixed_count", "strategy.units=50,100", "replicates=2", "workers=1", "out=s",
)  # fmt: skip
TOLD = """
import json, sys
import sim.app.sweep
def refused(*_): raise SystemExit("played")
if len(sys.argv) > 1 and sys.argv[1] == "read":
    sim.app.sweep.probe = sim.app.sweep.gather = sim.app.sweep.reported = refused
from sim.cli.main import main
code = main(sys.argv[2:])
heavy = ("pandas", "pyarrow", "scipy", "matplotlib", "numba", "joblib", "jinja2", "bokeh")
print(json.dumps([code, [name for name in heavy if name in sys.modules]]), file=sys.stderr)
"""


def told(folder: Path, how: str, *words: str) -> tuple[str, str]:
    env = os.environ | {"STOCKCUE_NO_COMPILE": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", TOLD, how, *WORDS, *words], cwd=folder, env=env, capture_output=True, text=True)
    return done.stdout, done.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("finished")
    told(place, "play")
    return place


def test_a_finished_sweep_is_read_and_not_told_anew(folder):
    printed, end = told(folder, "read")
    assert end == "[0, []]"
    assert "finished before" in printed
    assert "fixed_count" in printed
    assert "run folder: s" in printed


def test_in_other_words_it_is_told_anew(folder):
    """Another language, another confidence: the figures are the same, the sentences are not."""
    assert "played" in told(folder, "read", "lang=zh")[1]
    assert "played" in told(folder, "read", "confidence=.9")[1]
