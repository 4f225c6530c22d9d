"""What is compiled beside the first show, and that the first show is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, nullcontext

import pandas as pd
import pytest

from scenarios.registry import load
from sim import native
from sim.core import feed
from sim.engine import compiled, folds, simulate
from sim.jobs import compiling
from sim.native import at_hand, compiles, kept_folder, plainly
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.study import rehearse as study

pytestmark = pytest.mark.skipif(not compiles() or kept_folder() is None, reason="nothing is compiled, or nothing can be kept")
POLICIES = [make_policy("fixed_count")]


class Other:
    """A process that has nothing to do."""

    waited = False

    def wait(self):
        self.waited = True


def test_a_callee_is_compiled_once_whoever_calls_it(monkeypatch):
    monkeypatch.setattr(native, "_inner_of", {})
    for entry in (compiled.stretch_at, compiled.hear_at, compiled.scan_at, compiled.trace_at):
        native._link(entry, native._inner_of, {})
    linked = [f.__name__ for f in native._inner_of]
    for name in ("deliver", "signal_with", "gate", "machine"):
        assert linked.count(name) == 1
    assert native._inner_of[feed.deliver].py_func.__globals__["gate"] is native._inner_of[feed.gate]


def test_in_plain_python_nothing_compiled_is_used():
    before = compiled.compiled_seen()
    with plainly():
        assert not compiles()
        assert compiled.compiled_seen() is compiled.seen
        assert simulate.engine_for(POLICIES[0]) == simulate.plain_engine(POLICIES[0])
    assert compiled.compiled_seen() is before


def test_what_is_at_hand_is_compiled_by_nobody():
    for _entry, make in compiling.KERNELS.values():
        make()
    folds.compile_fold(POLICIES[0].strategy.fold)
    assert compiling.missing(POLICIES, compiling.SHARED) == []
    with compiling.compiling(POLICIES, compiling.SHARED) as others:
        assert others == []


def test_a_process_beside_leaves_machine_code_for_this_one(tmp_path):
    env = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    asked = "from sim.core.screens import seen; from sim.engine.compiled import seen_at; from sim.native import at_hand; "
    asked += "print(at_hand(seen_at))"

    def answer():
        done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert answer() == "False"
    one = subprocess.run([sys.executable, "-P", "-c", compiling.START, str(compiling.BASE), "seen"], env=env, cwd=tmp_path)
    assert one.returncode == 0
    assert answer() == "True"


@pytest.mark.parametrize("most", [study.PLAIN_ROWS, 0])
def test_the_first_show_is_the_same_in_plain_python(monkeypatch, most):
    """A show too large to be played so waits for those who compile."""
    other, plain, heard = Other(), [], []

    @contextmanager
    def busy(_policies, _kernels):
        yield [other]

    def judged(*things):
        plain.append(not compiles())
        return kept(*things)

    kept = study._judged
    monkeypatch.setattr(study, "_judged", judged)
    monkeypatch.setattr(study, "PLAIN_ROWS", most)
    scenario, profile = load("first_show"), PROFILES["balanced"]
    monkeypatch.setattr(study, "compiling", lambda _policies, _kernels: nullcontext([]))
    usual = study.rehearse(scenario, POLICIES, 2, 1, profile)
    monkeypatch.setattr(study, "compiling", busy)
    result = study.rehearse(scenario, POLICIES, 2, 1, profile, lambda done, of, what: heard.append((done, other.waited)))
    assert plain == [False, False, *([True, False] if most else [False, False])]
    assert heard[0] == (0, False)
    assert next(one for one in heard if one[0] == 1) == (1, not most)
    for name in ("scores", "alerts", "items", "chains"):
        pd.testing.assert_frame_equal(getattr(result, name), getattr(usual, name), check_exact=True)


def test_what_is_marked_as_compiled_is_this_machines():
    name = native._mark(compiled.seen_at).name
    assert native.numba_or_none().__version__ in name
    assert at_hand(compiled.seen_at) in (True, False)
