"""The built wheel works from an empty folder, with nothing of the checkout in reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(command: list, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with the wheel's content and its command, and nothing else."""
    place = tmp_path_factory.mktemp("wheel")
    built = run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)], place)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = place.glob("stockcue-*.whl")
    target = place / "site"
    put = run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)], place)
    assert put.returncode == 0, put.stderr
    return target


def stockcue(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess:
    return run([sys.executable, str(installed / "bin" / "stockcue"), *words], cwd, PYTHONPATH=str(installed))


def test_the_wheel_is_what_runs(installed, tmp_path):
    told = run(
        [sys.executable, "-c", "import sim; from sim.setup.options import CONF; print(sim.__file__, CONF)"],
        tmp_path,
        PYTHONPATH=str(installed),
    )
    assert told.stdout.count(str(installed)) == 2, told.stdout + told.stderr


def test_the_face_is_in_the_wheel(installed, tmp_path):
    code = "import stockcue as sc; print(sc.__file__, sc.policy('smart', chance=0.2).name)"
    told = run([sys.executable, "-c", code], tmp_path, PYTHONPATH=str(installed))
    assert str(installed / "stockcue.py") in told.stdout, told.stderr
    assert told.stdout.split()[-1] == "smart"


def test_rehearse_from_an_empty_folder(installed, tmp_path):
    done = stockcue(installed, tmp_path, "rehearse", "replicates=2", "strategy=[fixed_count,silent]", "out=here")
    assert done.returncode == 0, done.stderr
    assert "fixed_count" in done.stdout
    assert {"scores.parquet", "alerts.parquet", "manifest.json", "timeline.png"} <= {
        p.name for p in (tmp_path / "here").iterdir()
    }
    assert json.loads((tmp_path / "here" / "manifest.json").read_text())["seed"] == 1
    assert {p.name for p in tmp_path.iterdir()} == {"here"}


def test_the_shipped_recording_replays_from_an_empty_folder(installed, tmp_path):
    done = stockcue(installed, tmp_path, "replay", "stream=example", "strategy=fixed_count", "out=there")
    assert done.returncode == 0, done.stderr
    assert "open" in done.stdout.lower()


def test_pages_and_languages_are_in_the_wheel(installed, tmp_path):
    done = stockcue(installed, tmp_path, "rehearse", "replicates=1", "strategy=[silent]", "out=here", "lang=zh")
    assert done.returncode == 0, done.stderr
    pytest.importorskip("bokeh", reason="pages need the extra pages")
    page = (tmp_path / "here" / "report.html").read_text("utf-8")
    assert "净收益" in page
    assert "SC.timelines" in page


def test_a_wrong_word_is_one_sentence(installed, tmp_path):
    done = stockcue(installed, tmp_path, "rehearse", "scenario=first_shwo")
    assert done.returncode == 2
    assert "did you mean 'first_show'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
