"""Sequential sweeps: the same bytes whoever plays and however often it stops, fewer runs than equal allocation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.cli import main as cli
from sim.study.race import _paired_means
from tests.events import until

WORDS = ("sweep", "scenario=seckill_paydeduct", "scenario.spread=certain", "strategy=[newsvendor_freeze,fixed_count]",
         "strategy.newsvendor_freeze.co=5,40,150", "strategy.fixed_count.units=20,200", "select=kn", "delta=800", "first=6",
         "replicates=40")  # fmt: skip


def run(capsys, *words):
    code = cli.main(list(words))
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The table of an uninterrupted race, by one worker."""
    place = tmp_path_factory.mktemp("race")
    assert cli.main([*WORDS, f"out={place / 'whole'}", "workers=1"]) == 0
    return place / "whole"


def test_hopeless_candidates_leave_the_race(whole):
    table = pq.read_table(whole / "trials.parquet").to_pandas()
    shows = table.groupby("candidate")["replicate"].count()
    assert 6 <= shows.min() < shows.max() <= 40
    assert (table.groupby("candidate")["replicate"].max() + 1 == shows).all()
    assert "rounds; everybody as long as the best would have been" in (whole / "report.md").read_text()


def test_other_workers_same_bytes_and_a_finished_race_is_not_played_again(capsys, tmp_path, whole):
    code, out, err = run(capsys, *WORDS, f"out={tmp_path / 'two'}", "workers=2")
    assert code == 0, err
    table = (tmp_path / "two" / "trials.parquet").read_bytes()
    assert table == (whole / "trials.parquet").read_bytes()
    code, again, _ = run(capsys, *WORDS, f"out={tmp_path / 'two'}", "workers=2")
    assert code == 0
    assert "finished before" in again
    assert again.split("\n\n", 1)[1].split("run folder")[0] in out
    assert (tmp_path / "two" / "trials.parquet").read_bytes() == table


def test_killed_again_and_again_it_ends_with_the_same_bytes(tmp_path, whole):
    out = tmp_path / "killed"
    command = [sys.executable, "-c", "import sys; from sim.__main__ import main; sys.exit(main(sys.argv[1:]))", *WORDS,
               f"out={out}", "workers=1"]  # fmt: skip
    root = Path(__file__).parents[2]
    for kill in range(4):
        child = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        parts = 3 * (kill + 1)
        until(
            lambda: len(list(tmp_path.glob(".killed-sweep/round-*/part-*.figures"))) >= parts,  # noqa: B023
            lambda: child.poll() is not None,  # noqa: B023
        )
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0
    assert (out / "trials.parquet").read_bytes() == (whole / "trials.parquet").read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["killed"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("select=kn delta=0", "needs delta"),
        ("select=kn delta=5 budget=29", "does not pay for the first 6 shows of 5 candidates in 1 worlds, 30 runs"),
        ("select=kn delta=5 replicates=2", "replicates of 3 or more"),
        ("select=none first=5", "first= is for select=kn alone"),
    ],
)
def test_a_race_that_cannot_be_run_is_a_sentence(capsys, tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *WORDS, *more.split())
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_a_budget_counts_the_runs_of_every_world(capsys, tmp_path):
    words = [*WORDS, "scenario=[seckill_paydeduct,seckill_atomic]", "budget=90", "delta=1", f"out={tmp_path / 'b'}", "workers=1"]
    code, _, err = run(capsys, *words)
    assert code == 0, err
    assert 60 < pq.read_table(tmp_path / "b" / "trials.parquet").num_rows <= 90


def test_figures_of_a_race_are_paired_with_one_who_played_every_show():
    """Two candidates a constant apart, one of whom missed a dear night: their means differ by that constant all the same."""
    values = np.array([[[10.0, 13.0], [20.0, 23.0], [90.0, np.nan]]])
    assert _paired_means(values, 0).tolist() == [[40.0, 43.0]]
