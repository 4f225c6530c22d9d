"""A user's strategy is all that enters it: nothing stale is run, nothing half travels, nothing unsteady is resumed."""

from __future__ import annotations

import linecache
import os
import pickle
import stat
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenarios.contract import Sku
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine import twice
from sim.engine.fork import play_all
from sim.engine.simulate import play, simulate
from sim.jobs import program, serialise
from sim.jobs.identity import identity_of, own_files
from sim.jobs.plan import Plan
from sim.jobs.serialise import origin_of, pack, unpack
from sim.private import private_folder
from sim.replay.shadow import Shadow, plan
from sim.score.profiles import PROFILES
from sim.setup.policies import make_policy
from sim.setup.space import Candidate, World
from sim.sources import BASE, checksum, closure
from sim.study.recommend import bundled_strategy
from strategies import registry
from strategies.contract import StrategyError
from tests.replay.feeds import line, ways
from tests.study.small_show import show

HEAD = "from strategies.contract import Param, Strategy\n"
TAIL = """
def fold(p, m, s):
    m[0] = line(p[0])
    return 3 if s.stock <= m[0] else 0
STRATEGY = Strategy("mine", "a line", fold, (Param("units", 1.0, 0.0, 99.0, "units", "line"),), playbook="freeze_only")
"""
HELPED = HEAD + "from helper import line\n" + TAIL
HELPER = "def line(units):\n    return units + {}\n"
READ = HEAD + 'import json, pathlib\nLIMIT = json.loads((pathlib.Path(__file__).parent / "limit.json").read_text())\n'
READ += "def line(units):\n    return units + LIMIT\n" + TAIL


def mine(folder: Path, text: str = HELPED, **files: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "mine.py").write_text(text)
    for name, content in files.items():
        (folder / name.replace("_py", ".py").replace("_json", ".json")).write_text(content)
    return str(folder / "mine.py")


def cell(body: str, **names: object) -> types.ModuleType:
    """A module without a file, as a notebook's is."""
    module = types.ModuleType("__main__")
    module.__dict__.update(names)
    linecache.cache["<cell 1>"] = (len(body), None, body.splitlines(True), "<cell 1>")
    exec(compile(body, "<cell 1>", "exec"), module.__dict__)
    return module


def frozen_at(policy) -> list[float]:
    """Stock lines of the run's alerts."""
    return simulate(show(), policy, 3).alerts["line"].tolist()


def digest(policy) -> str:
    return Plan([World("w", {}, show())], [Candidate("a", "a", {}, policy)], 2, 1, PROFILES["balanced"]).digest()


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
    made = cell(body)
    policy = make_policy(made.STRATEGY)
    assert set(frozen_at(policy)) == {3.0}
    first = digest(policy)
    made.LIMIT = 9.0
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


# -- on its way -----------------------------------------------------------------------------------------------------------


def test_helpers_and_data_travel_to_workers(tmp_path):
    text = HELPED.replace("from helper import line", "from lines.deep import line\n" + READ.split("\n", 1)[1].split("def")[0])
    folder = tmp_path / "a"
    path = mine(folder, text, limit_json="7")
    (folder / "lines").mkdir()
    (folder / "lines" / "deep.py").write_text("from lines.more import EXTRA\n" + HELPER.format("EXTRA"))
    (folder / "lines" / "more.py").write_text("EXTRA = 4.0\n")
    policy = make_policy(path)
    packed = pickle.loads(pickle.dumps(pack(policy)))
    assert [name for name, _ in packed.origin.files] == ["mine.py", "limit.json", "lines/deep.py", "lines/more.py"]
    lines = set(frozen_at(policy))
    for file in folder.rglob("*.*"):
        file.unlink()  # another machine
    assert set(frozen_at(unpack(packed))) == lines == {5.0}
    assert identity_of(unpack(packed).strategy) == identity_of(policy.strategy)


def test_a_worker_that_finds_other_values_says_so(tmp_path):
    outside = tmp_path / "limit.json"
    outside.write_text("2")
    text = READ.replace('(pathlib.Path(__file__).parent / "limit.json")', f"pathlib.Path({str(outside)!r})")
    packed = pack(make_policy(mine(tmp_path / "a", text)))
    outside.write_text("9")
    with pytest.raises(StrategyError, match=r"finds other values of LIMIT: .* own folder"):
        unpack(packed)


def test_a_notebooks_strategy_travels_as_text():
    body = (
        HEAD
        + "import math\nimport numpy as np\nfrom strategies.maths import fresh\nLIMIT, TABLE = 2.0, np.array([1.0, np.inf])\n"
    )
    body += "def half(x, by=LIMIT):\n    return min(x / by, TABLE[1])\ndef made(extra):\n    def line(units):\n"
    body += "        return half(units) + extra * math.exp(0.0)\n    return line\nline = made(2.5)\n" + TAIL
    made = cell(body.replace('"mine"', '"我的 1"'))
    policy = make_policy(made.STRATEGY)
    packed = pickle.loads(pickle.dumps(pack(policy)))
    there = unpack(packed)
    assert there.strategy.name == "我的 1"
    assert frozen_at(there) == frozen_at(policy) != []
    assert there.strategy.fold is not made.fold
    assert packed.origin.files[0][0] == "我的_1.py"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("S = Strategy('a', 'b', lambda p, m, s: 0)\n", "no function made with def"),
        (
            "import io\nX = io.StringIO()\ndef fold(p, m, s):\n    return len(X.getvalue())\nS = Strategy('a', 'b', fold)\n",
            "'X' is a StringIO",
        ),
    ],
)
def test_a_notebooks_strategy_that_cannot_be_written_down_is_refused(body, words):
    policy = make_policy(cell(HEAD + body).S)
    with pytest.raises(StrategyError, match=words):
        pack(policy)


def test_a_recommendation_holds_all_that_belongs_to_the_strategy(tmp_path):
    policy = make_policy(mine(tmp_path / "a", helper_py=HELPER.format(2)))
    (tmp_path / "run").mkdir()
    name = bundled_strategy(tmp_path / "run", policy.strategy)
    (tmp_path / "a" / "helper.py").write_text(HELPER.format(9))
    assert name == "own-mine/mine.py"
    assert frozen_at(make_policy(str(tmp_path / "run" / name))) == frozen_at(policy)
    alone = mine(tmp_path / "b", HEAD + HELPER.format(2) + TAIL)
    assert bundled_strategy(tmp_path / "run", registry.load(alone)) == "own-mine.py"
    assert bundled_strategy(tmp_path / "run", registry.load("smart")) == "smart"


# -- folders whose content is run -------------------------------------------------------------------------------------------


def test_copies_lie_in_a_folder_of_this_users_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(serialise.tempfile, "tempdir", str(tmp_path))
    policy = make_policy(mine(tmp_path / "a", helper_py=HELPER.format(2)))
    origin = origin_of(policy.strategy)
    made = serialise._laid_out(replace_path(origin, tmp_path / "nowhere.py"))
    place = made.parent.parent
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    place.chmod(0o777)
    other = serialise._laid_out(origin)
    assert other.parent.parent != place, "whoever may write there could have changed what would be run"
    assert other.read_bytes() == made.read_bytes()


def replace_path(origin, path):
    return origin._replace(path=str(path))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system has no owners of folders")
def test_a_private_folder_is_refused_where_others_may_write(tmp_path, monkeypatch):
    assert private_folder(tmp_path / "new" / "cache")
    assert stat.S_IMODE((tmp_path / "new" / "cache").stat().st_mode) == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "new")
    assert not private_folder(tmp_path / "link")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert not private_folder(tmp_path / "open")
    (tmp_path / "file").write_text("")
    assert not private_folder(tmp_path / "file")
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert not private_folder(tmp_path / "new" / "cache"), "another user's"


def test_machine_code_is_not_taken_from_a_folder_others_may_write(tmp_path, monkeypatch):
    from sim.native import _cache_folder

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "stockcue").mkdir()
    (tmp_path / "stockcue").chmod(0o777)
    planted = _cache_folder()
    assert planted.parent.parent == tmp_path
    assert planted.parent.name != "stockcue"


# -- what decides a result ------------------------------------------------------------------------------------------------


def test_what_a_worker_imports_decides_the_result(tmp_path, monkeypatch):
    """Editing any module a worker runs changes a study's identity; a renderer's does not."""
    files = closure(program.WORKERS)
    assert {"sim.setup.uncertain", "sim.setup.policies", "sim.native", "sim.replay.closedtape", "sim.replay.impute"} <= set(files)
    assert not any(name.startswith("sim.report") for name in files)
    before, known = checksum.__wrapped__(*program.WORKERS), Path.read_bytes
    for name in ("sim/setup/uncertain.py", "sim/report/text/layout.py", "strategies/smart.py"):
        with monkeypatch.context() as edited:
            edited.setattr(Path, "read_bytes", lambda path, name=name: known(path) + (b"#" if path == BASE / name else b""))
            assert (checksum.__wrapped__(*program.WORKERS) != before) == ("report" not in name)


def test_whatever_a_worker_has_loaded_is_among_it():
    """The text finds what Python finds: a process that has played as a worker does holds no other module of ours."""
    code = (
        "import sys\nfrom tests.jobs.test_plan import plan\nfrom sim.jobs.plan import order, play_chunk\n"
        "from sim.sources import SAYS, closure\nfrom sim.jobs.program import WORKERS\nmade = plan(); c = made.chunks()[0]\n"
        "play_chunk(order(made, c), c)\nours = {m for m in sys.modules if m.split('.')[0] in ('sim',)}\n"
        "print(sorted(ours - set(closure(WORKERS)) - set(SAYS)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"STOCKCUE_NO_COMPILE": "1"}, cwd=BASE
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_values_keep_the_answers_too(tmp_path):
    policy = make_policy(mine(tmp_path, helper_py=HELPER.format(2)))
    found = own_files([policy, make_policy("smart")])
    assert set(found) == {"mine.py", "mine.py: helper.py", "mine.py: values", "mine.py: answers"}
    low = replace(policy.strategy, params=(replace(policy.strategy.params[0], default=90.0),))
    assert own_files([replace(policy, strategy=low)])["mine.py: answers"] != found["mine.py: answers"]
    assert np.array_equal(unpack(pack(policy)).params, policy.params)
