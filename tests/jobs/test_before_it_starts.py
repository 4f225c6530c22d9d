"""What a sweep says, refuses and needs before it plays, and what stands in its place already."""

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import sim.app.frame as frame
import sim.jobs.resume as sweep
from sim.cli import main as cli
from sim.jobs.folder import FolderError
from sim.jobs.parts import opened
from sim.jobs.plan import order
from sim.jobs.pool import OtherProgram, Pool, _alone, _task, pool
from sim.jobs.program import program
from sim.jobs.resume import gather, probe, refuse_too_large
from tests.jobs.sweeps import ENVIRONMENT, WORDS, count, stopped_after, tables
from tests.jobs.test_plan import plan

pytestmark = pytest.mark.usefixtures("tiny")


def test_a_part_damaged_after_it_was_counted_is_played_again(tmp_path):
    planned_study = plan(replicates=4)
    with opened(tmp_path / "a", planned_study, {}) as parts:
        gather(parts, Pool(1, _alone), lambda *_: None, tmp_path / "a.parquet")
        real, calls = parts.rows, []

        def spoiled():
            if not calls:
                calls.append(1)
                parts.path(parts.chunks[1]).write_bytes(b"")
            return real()

        parts.rows = spoiled
        assert gather(parts, Pool(1, _alone), lambda *_: None, tmp_path / "b.parquet") == 1
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_disk_that_keeps_nothing_ends_it(tmp_path):
    planned_study = plan(replicates=2)

    def cut(study, chunks):
        for chunk in chunks:
            yield chunk, b"something else"

    with (
        opened(tmp_path / "a", planned_study, {}) as parts,
        pytest.raises(FolderError, match="damaged each of 5 times they were played"),
    ):
        gather(parts, Pool(1, cut), lambda *_: None, tmp_path / "a.parquet")


def test_a_resume_with_other_settings_is_refused_and_says_which(tmp_path, capsys):
    stopped_after(2)
    capsys.readouterr()
    before = count(tmp_path / "res")
    for words, says in (
        (["replicates=17"], "replicates was 16, is 17"),
        (["strategy.fixed_count.emergency_share=0.5"], "strategy.fixed_count.emergency_share was not set, is 0.5"),
        (["scenario.ledger.hold_s=31"], "scenario.tiny.ledger.hold_s was 30.0, is 31.0"),
        (["score.co=99"], "score.co was"),
        (["seed=2"], "seed was 1, is 2"),
    ):
        assert cli.main([*WORDS, "out=res", *words]) == 2
        err = capsys.readouterr().err
        assert says in err
        assert "delete the folder" in err
        assert err.count("\n") == 1
        assert count(tmp_path / "res") == before


def test_a_finished_sweep_is_not_played_again_and_another_one_not_overwritten(tmp_path, capsys, monkeypatch):
    words = [*WORDS, "replicates=2", "out=res", "workers=1"]
    assert cli.main(words) == 0
    first = capsys.readouterr().out
    before = tables(tmp_path / "res")
    monkeypatch.setattr(frame, "pool", None)
    assert cli.main(words) == 0
    again = capsys.readouterr().out
    assert "finished before" in again
    assert again.split("\n", 1)[1] == first.split("\n", 1)[1]
    assert tables(tmp_path / "res") == before
    assert cli.main([*words, "seed=5"]) == 2
    assert "seed was 1, is 5" in capsys.readouterr().err
    assert tables(tmp_path / "res") == before
    facts = json.loads((tmp_path / "res" / "manifest.json").read_text("utf-8"))
    (tmp_path / "res" / "manifest.json").write_text(json.dumps({k: v for k, v in facts.items() if k != "account"}))
    assert cli.main(words) == 2
    assert "was judged by the old account" in capsys.readouterr().err
    assert tables(tmp_path / "res") == before
    (tmp_path / "res" / "manifest.json").write_text(json.dumps({"config": {}}))
    assert cli.main(words) == 2
    assert "holds another study" in capsys.readouterr().err


def test_a_finished_table_that_was_damaged_is_played_again(tmp_path, capsys):
    words = [*WORDS, "replicates=2", "out=res", "workers=1"]
    assert cli.main(words) == 0
    before = tables(tmp_path / "res")
    (tmp_path / "res" / "trials.parquet").write_bytes(b"half")
    assert cli.main(words) == 0
    assert tables(tmp_path / "res") == before


def test_a_sweep_too_large_for_the_disk_is_refused_before_it_starts(tmp_path, monkeypatch, capsys):
    usage = type("Usage", (), {"free": 10_000})
    monkeypatch.setattr(sweep.shutil, "disk_usage", lambda path: usage)
    assert cli.main([*WORDS, "out=deep/res", "workers=1"]) == 2
    out, err = capsys.readouterr()
    assert "10.0 kB are free" in err
    assert err.startswith("stockcue: the sweep needs about")
    assert out == ""
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.yaml"]
    with pytest.raises(FolderError, match=r"needs about 5\.0 TB"):
        refuse_too_large(5e12, tmp_path / "x" / "y")


def test_the_estimate_is_of_the_right_size(tmp_path):
    """Runs are counted exactly; time and size are within a factor of a few of what a sweep then takes."""
    planned_study = plan(points=10, replicates=40)
    expected = probe(planned_study)
    began = time.perf_counter()
    with opened(tmp_path / "a", planned_study, {}) as parts:
        gather(parts, Pool(1, _alone), lambda *_: None, tmp_path / "a.parquet")
        spent = time.perf_counter() - began
        size = sum(p.stat().st_size for p in parts.folder.glob("part-*"))
    assert 0.3 < expected.seconds / spent < 3
    assert 0.8 < expected.parts / size < 4
    assert (tmp_path / "a.parquet").stat().st_size < expected.table


def test_what_is_said_before_it_starts(tmp_path, capsys):
    assert cli.main([*WORDS, "replicates=2", "out=res", "workers=1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("8 candidates x 2 worlds x 2 shows = 32 runs (2 strategies); about ")
    assert "on 1 worker, at most" in out.splitlines()[0]
    assert "32/32 runs" in err
    table = pd.read_parquet(tmp_path / "res" / "trials.parquet")
    assert len(table) == 32
    silent = table[table["candidate"] == "silent"]
    np.testing.assert_array_equal(silent["J"], silent["J_silent"])
    worlds = pd.read_parquet(tmp_path / "res" / "worlds.parquet")
    assert worlds["scenario.feed.lag_s"].tolist() == [1, 20]
    candidates = pd.read_parquet(tmp_path / "res" / "candidates.parquet")
    assert candidates["strategy.fixed_count.units"].tolist()[:7] == [1, 4, 7, 10, 13, 16, 19]
    facts = json.loads((tmp_path / "res" / "manifest.json").read_text())
    assert set(facts["files"]) == {p.name for p in (tmp_path / "res").iterdir()} - {"manifest.json"}
    report = (tmp_path / "res" / "report.md").read_text()
    assert "fixed_count#6" in report
    assert "scenario.feed.lag_s=20" in report


MEMORY = """
import resource, numpy as np
from pathlib import Path
from sim.report.text.ranking import Ranking
from sim.jobs.packed_part import packed
from sim.jobs.parts import opened
from sim.jobs.pool import Pool
from sim.jobs.resume import gather
from tests.jobs.test_plan import plan

rng = np.random.Generator(np.random.PCG64(1))
def play(study, chunks):
    for chunk in chunks:
        yield chunk, packed(study.sealed, chunk, rng.random((chunk.runs, len(study.metrics))))
for replicates in (400, 1200):
    made = plan(points=199, replicates=replicates)
    with opened(Path("m"), made, {"replicates": replicates}) as parts:
        gather(parts, Pool(1, play), lambda *_: None, Path("m.parquet"))
        Ranking(Path("m.parquet"), made).printed()
        for path in parts.folder.glob("part-*"):
            path.unlink()
    print(made.runs, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_is_flat(tmp_path):
    """Three times the runs, made up rather than played, need no more memory: rows are streamed, not collected.

    The 160,000 rows more, of 38 figures, are 49 MB for whoever holds them once.
    """
    done = subprocess.run([sys.executable, "-c", MEMORY], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    (few, before), (many, after) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (few, many) == (80_000, 240_000)
    assert after - before < 30


def test_pools_say_what_they_lack():
    for engine, address, says in (("dask", "", "address=tcp"), ("local", "tcp://1.2.3.4:1", "engine=dask")):
        with pytest.raises(ValueError, match=says), pool(engine, address, 1):
            pass


def test_a_worker_with_another_version_refuses():
    planned_study = plan()
    chunk = planned_study.chunks()[0]
    assert _task(order(planned_study, chunk), chunk, program(), 0)[0] == chunk
    with pytest.raises(OtherProgram, match="same version everywhere"):
        _task(order(planned_study, chunk), chunk, "another", 0)
