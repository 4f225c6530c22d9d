"""A fold that fails or answers nonsense in the middle of a show ends the run in one sentence, compiled and plain."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from scenarios.registry import load
from sim.cli.endings import BAD_INPUT, ended
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine import faults
from sim.engine.fork import play_all
from sim.engine.openloop import listen, record
from sim.engine.simulate import plain_engine, play
from sim.native import compiles
from sim.replay.silent import silent_policy
from sim.setup.policies import make_policy
from strategies import registry

HEAD = """
import math
from strategies.contract import Param, Strategy
from strategies.maths import window_rate


def share(a, b):
    return a / b


def fold(p, m, s):
    m[0] = 3.0
    if s.t < 60.0:
        return 0
"""
TAIL = """
    return 2 if s.stock <= p[0] else 0


STRATEGY = Strategy("mine", "fails late", fold, (Param("units", 0.0, 0.0, 1e6, "units", "line"),), memory=64)
"""
FAULTS = {
    "division": ("    m[1] = 1.0 / s.closed", "failed: "),
    "nothing by nothing": ("    m[1] = s.closed / s.closed", "failed: "),
    "memory by a setting": ("    m[1] = m[0] / p[0]", "failed: "),
    "in a helper": ("    m[1] = share(s.t, s.closed)", "failed: "),
    "modulo": ("    m[1] = s.t % s.closed", "failed: "),
    "whole numbers": ("    m[1] = int(s.t) // int(s.closed)", "failed: "),
    "level 7": ("    if s.t > 61.0:\n        return 7", "answered what is no level"),
    "level below 0": ("    if s.t > 61.0:\n        return -1", "answered what is no level"),
    "half a level": ("    if s.t > 61.0:\n        return 2.5", "answered what is no level"),
    "no number": ("    m[0] = math.nan", "no stock line"),
    "without end": ("    m[0] = math.inf", "no stock line"),
    "below nothing": ("    m[0] = -1.0", "no stock line"),
}


@pytest.fixture(scope="module")
def stage():
    scenario = load("first_show")
    return set_stage(scenario, draw_tape(scenario, seed=3))


@pytest.fixture(params=list(FAULTS))
def mine(request, stage, tmp_path):
    """A stage, a faulty policy, and what is said of it."""
    (tmp_path / "mine.py").write_text(HEAD + FAULTS[request.param][0] + TAIL)
    return stage, make_policy(registry.load(str(tmp_path / "mine.py"))), FAULTS[request.param][1]


def told(capsys, run):
    """What a command that plays so prints."""
    assert ended(run) == BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("stockcue: ")
    assert "mine.py" in line
    return line


@pytest.mark.skipif(not compiles(), reason="nothing compiles here")
def test_a_fault_in_compiled_code_is_told(mine, capsys):
    stage, policy, words = mine
    assert words in told(capsys, lambda: play(stage, policy))
    assert words in told(capsys, lambda: listen(record(stage, silent_policy()), policy))
    assert words in told(capsys, lambda: [*play_all(stage, [policy, replace(policy, label="again")])])
    assert faults.NOTED.error is None


def test_a_fault_in_plain_python_is_told(mine, capsys):
    stage, policy, words = mine
    line = told(capsys, lambda: play(stage, policy, engine=plain_engine(policy)))
    assert words in line
    assert ("mine.py, line " in line) == (words == "failed: "), "what was raised has a line"


def test_an_error_in_a_helper_of_stockcue_is_the_users(stage, tmp_path, capsys):
    """No traceback where StockCue's helper, or Python, raises what a user's line asked of it."""
    for body in ("    m[2] = 9.0\n    window_rate(m, 2, p[0])", "    math.log(s.closed)", "    math.exp(1e9)"):
        (tmp_path / "mine.py").write_text(HEAD + body + TAIL)
        policy = make_policy(registry.load(str(tmp_path / "mine.py")))
        assert ", line 1" in told(capsys, lambda p=policy: play(stage, p, engine=plain_engine(p)))


def test_other_errors_nobody_can_be_handed_go_where_they_went(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    faults.listen_for_faults()
    sys.unraisablehook(SimpleNamespace(object="a finalizer", exc_value=ValueError("x")))
    assert [error.object for error in seen] == ["a finalizer"]
    assert faults.NOTED.error is None


def test_what_the_compiler_does_not_know_runs_as_plain_python(stage, tmp_path):
    """An import in a fold is no error of numba's own kind."""
    (tmp_path / "mine.py").write_text(HEAD + "    import json\n    m[0] = json.loads('2')" + TAIL)
    policy = make_policy(registry.load(str(tmp_path / "mine.py")))
    assert len(play(stage, policy).alerts) == len(play(stage, policy, engine=plain_engine(policy)).alerts)
