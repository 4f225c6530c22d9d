"""A folder of the user's that bears the name of a package of ours: one sentence says what hides what; ``conf`` hides nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sim.places import BASE, hides


def started(folder, *words):
    """Python as it starts in ``folder``, which it looks into first; our packages come after."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(BASE)]), "STOCKCUE_NO_COMPILE": "1"}
    return subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    for name in ("strategies", "conf"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "scenarios").mkdir()  # no package: hides nothing
    return tmp_path


def test_the_command_says_in_one_sentence_what_hides_what(folder):
    done = started(folder, "-m", "sim", "rehearse", "replicates=1", "--cfg")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{str(folder / 'strategies')!r} hides StockCue's own package 'strategies'" in done.stderr
    assert "give it another name" in done.stderr


def test_a_notebook_is_told_the_same(folder):
    done = started(folder, "-c", "import sim.engine.simulate")
    assert done.stderr.strip().splitlines()[-1].startswith("sim.places.Hidden: ")
    assert "hides StockCue's own package 'strategies'" in done.stderr


def test_a_package_called_sim_is_named_too(folder):
    (folder / "sim").mkdir()
    (folder / "sim" / "__init__.py").write_text("")
    done = started(folder, "-c", "import stockcue as sc; sc.play")
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith(f"ImportError: {str(folder / 'sim')!r} hides StockCue's own package 'sim'")
    )


def test_a_folder_called_conf_hides_nothing(folder):
    (folder / "strategies" / "__init__.py").unlink()
    done = started(folder, "-m", "sim", "list", "gate")
    assert (done.returncode, done.stderr) == (0, "")
    assert "calm_room" in done.stdout
    shown = started(folder, "-m", "sim", "rehearse", "gate=calm_room", "--cfg")
    assert (shown.returncode, shown.stderr) == (0, "")


def test_nothing_is_hidden_here():
    assert hides("strategies") == hides("scenarios") == ""
