"""A strategy of one's own on its way: to workers, into a recommendation, through folders whose content is run."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.jobs import program, serialise
from sim.jobs.identity import identity_of, own_files
from sim.jobs.serialise import origin_of, pack, unpack
from sim.private import private_folder
from sim.setup.policies import make_policy
from sim.sources import BASE, checksum, closure
from sim.study.recommend import bundled_strategy
from strategies import registry
from strategies.contract import StrategyError
from tests.jobs.own_strategies import HEAD, HELPED, HELPER, READ, TAIL, cell, frozen_at, mine

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
    in_cell = cell(body.replace('"mine"', '"我的 1"'))
    policy = make_policy(in_cell.STRATEGY)
    packed = pickle.loads(pickle.dumps(pack(policy)))
    there = unpack(packed)
    assert there.strategy.name == "我的 1"
    assert frozen_at(there) == frozen_at(policy) != []
    assert there.strategy.fold is not in_cell.fold
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
    laid = serialise._laid_out(replace_path(origin, tmp_path / "nowhere.py"))
    place = laid.parent.parent
    assert stat.S_IMODE(place.stat().st_mode) == stat.S_IMODE(laid.parent.stat().st_mode) == 0o700
    place.chmod(0o777)
    other = serialise._laid_out(origin)
    assert other.parent.parent != place, "whoever may write there could have changed what would be run"
    assert other.read_bytes() == laid.read_bytes()


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
    (tmp_path / "all").mkdir()
    (tmp_path / "all").chmod(0o777)
    assert not private_folder(tmp_path / "all" / "stockcue"), "others could put theirs in its place"
    (tmp_path / "all").chmod(0o1777)
    assert private_folder(tmp_path / "all" / "stockcue"), "as in /tmp"
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    assert not private_folder(tmp_path / "new" / "cache"), "another user's"


def test_machine_code_is_not_taken_from_a_folder_others_may_write(tmp_path, monkeypatch):
    from sim.native import kept_folder

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "stockcue").mkdir()
    (tmp_path / "stockcue").chmod(0o777)
    planted = kept_folder.__wrapped__()  # asked anew
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
    files_of = own_files([policy, make_policy("smart")])
    assert set(files_of) == {"mine.py", "mine.py: helper.py", "mine.py: values", "mine.py: answers"}
    low = replace(policy.strategy, params=(replace(policy.strategy.params[0], default=90.0),))
    assert own_files([replace(policy, strategy=low)])["mine.py: answers"] != files_of["mine.py: answers"]
    assert np.array_equal(unpack(pack(policy)).params, policy.params)
