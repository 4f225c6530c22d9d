"""A user's strategy is all that enters it: nothing stale is run, nothing half travels, nothing unsteady is resumed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scenarios.contract import Sku
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine import twice
from sim.engine.fork import play_all
from sim.engine.simulate import play
from sim.jobs.identity import own_files
from sim.jobs.plan import Plan
from sim.replay.shadow import Shadow, plan
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.setup.space import Candidate, Variant
from sim.sources import BASE
from strategies.contract import StrategyError
from tests.jobs.own_strategies import HEAD, HELPER, READ, TAIL, cell, frozen_at, mine
from tests.replay.feeds import line, ways
from tests.study.small_show import show


def digest(policy) -> str:
    return Plan([Variant("w", {}, show())], [Candidate("a", "a", {}, policy)], 2, 1, PROFILES["balanced"]).digest()


# -- stale code -----------------------------------------------------------------------------------------------------------


def test_an_edited_helper_is_run_at_once_and_makes_another_strategy(tmp_path):
    """The same size, the same second, the same process: neither Python's nor numba's cache notices."""
    path = mine(tmp_path, helper_py=HELPER.format(2))
    before = make_policy(path)
    assert set(frozen_at(before)) == {3.0}
    (tmp_path / "helper.py").write_text(HELPER.format(9))
    after = make_policy(path)
    assert set(frozen_at(after)) == {10.0}
    assert set(frozen_at(before)) == {3.0}
    assert digest(before) != digest(after)
    assert own_files([before])["mine.py: helper.py"] != own_files([after])["mine.py: helper.py"]
    assert make_policy(path).strategy is after.strategy, "nothing changed: the same object, compiled once"


def test_a_value_read_from_a_file_belongs_to_the_strategy(tmp_path):
    path = mine(tmp_path, READ, limit_json="2")
    before = make_policy(path)
    (tmp_path / "limit.json").write_text("9")
    after = make_policy(path)
    assert [set(frozen_at(p)) for p in (before, after)] == [{3.0}, {10.0}]
    assert digest(before) != digest(after)


def test_a_global_of_a_notebook_that_changes_is_compiled_anew():
    body = HEAD + "LIMIT = 2.0\ndef line(units):\n    return units + LIMIT\n" + TAIL
    in_cell = cell(body)
    policy = make_policy(in_cell.STRATEGY)
    assert set(frozen_at(policy)) == {3.0}
    first = digest(policy)
    in_cell.LIMIT = 9.0
    assert set(frozen_at(policy)) == {10.0}
    assert digest(policy) != first


def test_where_a_file_lies_decides_nothing_and_two_helpers_of_one_name_stay_apart(tmp_path):
    one, two = (make_policy(mine(tmp_path / f, helper_py=HELPER.format(k))) for f, k in (("a", 2), ("b", 9)))
    assert [set(frozen_at(p)) for p in (one, two)] == [{3.0}, {10.0}]
    again = make_policy(mine(tmp_path / "c", helper_py=HELPER.format(2)))
    assert digest(again) == digest(one) != digest(two)
    assert "helper" not in sys.modules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import time\ndef line(units):\n    return units + 0.0 * time.time()\n", "calls time.time"),
        ("from time import time\ndef line(units):\n    return units + 0.0 * time()\n", "calls time.time"),
        ("import os\ndef line(units):\n    return units + len(os.environ.get('X', ''))\n", "os._Environ"),
        ("import random\ndef line(units):\n    return units + 0.0 * random.random()\n", "calls random.Random.random"),
        ("import numpy as np\ndef line(units):\n    return units + 0.0 * np.random.rand()\n", "calls numpy.random"),
        ("def line(units):\n    return units + len(open(__file__).read()) * 0\n", "calls io.open"),
        ("import datetime\ndef line(units):\n    return units + datetime.datetime.now().second\n", "datetime.datetime.now"),
        ("N = 0\ndef line(units):\n    global N\n    N += 1\n    return units\n", "keeps state in the global 'N'"),
        ("SEEN = []\ndef line(units):\n    SEEN.append(1)\n    return units + len(SEEN)\n", "now so, now otherwise"),
    ],
)
def test_a_fold_that_reads_the_machine_is_not_resumed(tmp_path, text, words):
    policy = make_policy(mine(tmp_path, HEAD + text + TAIL))
    with pytest.raises(StrategyError, match=r"(?s)^the strategy 'mine' .*" + words):
        digest(policy)


def test_plain_constants_of_python_are_no_machine(tmp_path):
    text = "import sys, math\nimport numpy as np\nTOP = np.array([1.0, 2.0])\n"
    text += "def line(units):\n    return units + min(TOP[1], sys.float_info.max) * math.exp(0.0)\n"
    assert digest(make_policy(mine(tmp_path, HEAD + text + TAIL)))


def test_another_process_runs_what_this_one_compiled(tmp_path):
    """Machine code is taken from disk where nothing changed, and only there."""
    path = mine(tmp_path, helper_py=HELPER.format(2))
    here = frozen_at(make_policy(path))
    code = f"from tests.jobs.test_identity import *\nprint(frozen_at(make_policy({path!r})))"
    env = {k: v for k, v in os.environ.items() if k != "STOCKCUE_NO_COMPILE"}

    def there() -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=BASE)
        return done.stdout.strip() or done.stderr

    assert there() == str(here)
    (tmp_path / "helper.py").write_text(HELPER.format(9))
    assert set(eval(there())) == {10.0}


# -- compiled and plain ---------------------------------------------------------------------------------------------------


def test_first_readings_are_answered_twice(tmp_path, monkeypatch):
    """Machine code that answers otherwise (here: another fold's) is found in the first show, alone and among candidates."""
    good, other = make_policy(mine(tmp_path, helper_py=HELPER.format(2))), make_policy("fixed_count", {"units": 1e6})
    stage = set_stage(show(), draw_tape(show(), 1, 0))
    assert play(stage, good).alerts.size
    monkeypatch.setattr(twice, "compile_fold", lambda fold: twice_of(other.strategy.fold))
    for go in (lambda: play(stage, good), lambda: list(play_all(stage, [good]))):
        with pytest.raises(StrategyError, match=r"as plain Python and .* compiled .*at reading 1 of 'mask'"):
            go()


@pytest.mark.parametrize("split", [1, 6], ids=["line by line", "at once"])
def test_first_readings_of_a_live_show_are_answered_twice(tmp_path, monkeypatch, split):
    """The same beside a live feed, however its lines are cut into windows, and after a restart; the first readings alone."""
    good = make_policy(mine(tmp_path, helper_py=HELPER.format(2)))
    lines = [line(k + 0.2, qty=3).encode() for k in range(6)]

    def follow(folder, lines):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "a.feed").touch()
        shadow = Shadow(plan([good], (Sku("mask", 30),), {}, length_s=600.0), ways(tmp_path / folder), lambda text: None)
        for k in range(0, len(lines), split):
            shadow.step(lines[k : k + split], 0.0)
        shadow.parts.close()

    asked = []
    right = twice.compile_fold(good.strategy.fold)
    monkeypatch.setattr(twice, "compile_fold", lambda fold: lambda *given: asked.append(1) or right(*given))
    follow("right", lines)
    assert len(asked) == twice.FIRST
    monkeypatch.setattr(twice, "compile_fold", lambda fold: lambda *given: right(*given) + (len(asked) > 9))
    follow("right", lines)
    asked += [1] * 9
    with pytest.raises(StrategyError, match=r"as plain Python and .* compiled .*at reading 1 of 'mask'"):
        follow("wrong", lines)


def twice_of(fold):
    return lambda params, memory, signal: 2
