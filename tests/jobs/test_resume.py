"""A sweep is stopped at any moment, by anything, and ends with the same bytes."""

import concurrent.futures.process
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim.app.frame as frame
import sim.jobs.resume as sweep
from sim.cli import main as cli
from sim.jobs.folder import FolderError
from sim.jobs.paired_play import paired_play
from sim.jobs.parts import Parts, opened
from sim.jobs.plan import order
from sim.jobs.pool import OtherProgram, Pool, WorkersLost, _alone, _task, pool
from sim.jobs.program import program
from sim.jobs.resume import gather, probe, refuse_too_large
from sim.jobs.work_folder import work_folder
from tests.cli.conftest import SHOW
from tests.jobs.test_plan import plan

ROOT = Path(__file__).parents[2]
WORDS = ["sweep", "scenario=tiny.yaml", "strategy=[fixed_count,silent]", "strategy.fixed_count.units=range(1,20,3)",
         "scenario.feed.lag_s=1,20", "replicates=16"]  # fmt: skip
"""8 candidates x 2 worlds x 16 shows, in 32 chunks."""
CHUNKS, RUNS = 32, 256
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "STOCKCUE_NO_COMPILE": "1"}


@pytest.fixture(autouse=True)
def _tiny(tmp_path, monkeypatch):
    """An empty working folder with a tiny show; plain Python, because small shows need no compiling."""
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(SHOW, encoding="utf-8")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Bytes of every table of the sweep WORDS, played without interruption by this process."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.yaml").write_text(SHOW, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOCKCUE_NO_COMPILE", "1")
        patch.chdir(folder)
        assert cli.main([*WORDS, "out=res", "workers=1"]) == 0
    return tables(folder / "res")


def tables(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.parquet"))}


def started(*words: str) -> subprocess.Popen:
    """The command in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "sim", *WORDS, *words], env=ENVIRONMENT, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)  # fmt: skip


def count(out: Path) -> int:
    return len(list(work_folder(out).glob("part-*.parquet")))


def wait_for(parts: int, out: Path, job: subprocess.Popen) -> None:
    """Until so many parts are kept, or the job is over."""
    deadline = time.monotonic() + 120
    while count(out) < parts and job.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def stopped_after(parts: int, *words: str) -> None:
    """Play the sweep in this process until so many parts are kept, then press Ctrl-C."""
    real = Parts.write

    def write(self, chunk, values):
        if count(Path("res")) == parts:
            raise KeyboardInterrupt
        real(self, chunk, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parts, "write", write)
        assert cli.main([*WORDS, "out=res", "workers=1", *words]) == 130
    assert count(Path("res")) == parts


def crew_of(job: subprocess.Popen) -> list[int]:
    """Process ids of the workers that ``job`` has started."""
    listed = subprocess.run(["ps", "-ww", "--ppid", str(job.pid), "-o", "pid,args"], capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "popen_loky" in line]


def gone(pids: list[int], within_s: float = 20.0) -> bool:
    """Whether these processes end soon."""
    deadline = time.monotonic() + within_s
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_killed_again_and_again_it_ends_with_the_same_bytes(whole, tmp_path):
    """kill -9 at three random moments, with two, one and three workers, and then to the end. Its workers go with it."""
    dice, out, kept = random.Random(20), tmp_path / "res", 0
    for workers in (2, 1, 3):
        job = started("out=res", f"workers={workers}")
        wait_for(kept + dice.randint(1, 4), out, job)
        time.sleep(dice.random() * 0.02)
        crew = crew_of(job)
        job.kill()
        job.communicate()
        assert gone(crew)
        assert not out.exists()
        assert count(out) > kept
        kept = count(out)
    assert kept < CHUNKS
    assert cli.main([*WORDS, "out=res", "workers=1"]) == 0
    assert tables(out) == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["res", "tiny.yaml"]


def test_killed_while_it_writes_the_finished_folder(whole, tmp_path, monkeypatch, capsys):
    def killed(*_):
        raise SystemExit(9)

    monkeypatch.setattr(frame, "write_manifest", killed)
    with pytest.raises(SystemExit):
        cli.main([*WORDS, "out=res", "workers=1"])
    monkeypatch.undo()
    monkeypatch.setenv("STOCKCUE_NO_COMPILE", "1")
    monkeypatch.chdir(tmp_path)
    # A real kill leaves the half folder behind as well.
    (tmp_path / ".res-unfinished-abc").mkdir()
    assert cli.main([*WORDS, "out=res", "workers=1"]) == 0
    assert f"{RUNS} of them played before" in capsys.readouterr().out
    assert tables(tmp_path / "res") == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["res", "tiny.yaml"]


def test_ctrl_c_keeps_what_was_played_and_says_so(tmp_path):
    job = started("out=res", "workers=2")
    wait_for(3, tmp_path / "res", job)
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 130
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    assert count(tmp_path / "res") >= 3
    assert not (tmp_path / "res").exists()


def test_the_number_of_workers_changes_no_byte(whole, tmp_path):
    assert cli.main([*WORDS, "out=res", "workers=2"]) == 0
    assert tables(tmp_path / "res") == whole


def test_a_worker_that_dies_is_replaced(whole, tmp_path):
    """One of two workers is killed in the middle; the sweep goes on by itself."""
    job = started("out=res", "workers=2")
    wait_for(4, tmp_path / "res", job)
    os.kill(crew_of(job)[0], signal.SIGKILL)
    _, err = job.communicate(timeout=120)
    assert job.returncode == 0, err
    assert "a worker died; " in err
    assert tables(tmp_path / "res") == whole


def test_workers_that_keep_dying_end_it_with_one_sentence(tmp_path, monkeypatch, capsys):
    def dying(plan, chunks):
        raise concurrent.futures.process.BrokenProcessPool("gone")
        yield

    monkeypatch.setattr(
        frame, "pool", lambda *_: _as_context(Pool(2, dying, (concurrent.futures.process.BrokenProcessPool,)))
    )  # fmt: skip
    assert cli.main([*WORDS, "out=res"]) == 1
    err = capsys.readouterr().err
    assert "workers died 3 times in a row, as they do when memory runs out" in err
    assert "nothing was finished that could be kept" in err
    assert "Traceback" not in err


def _as_context(value):
    from contextlib import nullcontext

    return nullcontext(value)


def test_a_death_now_and_then_is_no_reason_to_give_up(tmp_path):
    """Every call loses its worker after one chunk; each still brings the sweep forward."""

    class Gone(Exception):
        pass

    def faltering(study, chunks):
        yield next(_alone(study, chunks))
        raise Gone

    made = plan(replicates=6)
    with opened(tmp_path / "a", made, {}) as parts:
        gather(parts, Pool(1, faltering, (Gone,)), lambda *_: None, tmp_path / "a.parquet")
    with opened(tmp_path / "b", made, {}) as parts:
        gather(parts, Pool(1, _alone), lambda *_: None, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    with opened(tmp_path / "c", made, {}) as parts, pytest.raises(WorkersLost):
        gather(parts, Pool(1, lambda *_: _raised(Gone), (Gone,)), lambda *_: None, tmp_path / "c.parquet")


def test_a_search_outlives_its_workers():
    """Where candidates are asked for in between, a death costs its chunks and nothing else."""

    class Gone(Exception):
        pass

    def faltering(study, chunks):
        yield next(_alone(study, chunks))
        raise Gone

    made, heard = plan(replicates=9), []
    found = [
        paired_play(Pool(1, play, (Gone,)), made.worlds, 1, made.profile, note=heard.append)(made.candidates, range(9))
        for play in (_alone, faltering)
    ]
    np.testing.assert_array_equal(*found)
    assert heard[0].startswith("a worker died")


def _raised(error):
    raise error
    yield


def test_damaged_parts_are_played_again(whole, tmp_path, capsys):
    stopped_after(6)
    capsys.readouterr()
    kept = sorted(work_folder(tmp_path / "res").glob("part-*.parquet"))
    kept[0].write_bytes(b"")
    kept[2].write_bytes(kept[2].read_bytes()[:-40])
    kept[4].write_bytes(kept[3].read_bytes())
    (work_folder(tmp_path / "res") / "part-000031.tmp").write_bytes(b"half")
    assert cli.main([*WORDS, "out=res", "workers=1"]) == 0
    assert "damaged parts that were played again: 3" in capsys.readouterr().err
    assert tables(tmp_path / "res") == whole


def test_a_part_damaged_after_it_was_counted_is_played_again(tmp_path):
    made = plan(replicates=4)
    with opened(tmp_path / "a", made, {}) as parts:
        gather(parts, Pool(1, _alone), lambda *_: None, tmp_path / "a.parquet")
        real, calls = parts.tables, []

        def spoiled():
            if not calls:
                calls.append(1)
                parts.path(parts.chunks[1]).write_bytes(b"")
            return real()

        parts.tables = spoiled
        assert gather(parts, Pool(1, _alone), lambda *_: None, tmp_path / "b.parquet") == 1
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


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
    made = json.loads((tmp_path / "res" / "manifest.json").read_text("utf-8"))
    (tmp_path / "res" / "manifest.json").write_text(json.dumps({k: v for k, v in made.items() if k != "account"}))
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
    usage = type("Usage", (), {"free": 100_000})
    monkeypatch.setattr(sweep.shutil, "disk_usage", lambda path: usage)
    assert cli.main([*WORDS, "out=deep/res", "workers=1"]) == 2
    out, err = capsys.readouterr()
    assert "100.0 kB are free" in err
    assert err.startswith("stockcue: the sweep needs about")
    assert out == ""
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.yaml"]
    with pytest.raises(FolderError, match=r"needs about 5\.0 TB"):
        refuse_too_large(5e12, tmp_path / "x" / "y")


def test_the_estimate_is_of_the_right_size(tmp_path):
    """Runs are counted exactly; time and size are within a factor of a few of what a sweep then takes."""
    made = plan(points=10, replicates=40)
    expected = probe(made)
    began = time.perf_counter()
    with opened(tmp_path / "a", made, {}) as parts:
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
    made = json.loads((tmp_path / "res" / "manifest.json").read_text())
    assert set(made["files"]) == {p.name for p in (tmp_path / "res").iterdir()} - {"manifest.json"}
    report = (tmp_path / "res" / "report.md").read_text()
    assert "fixed_count#6" in report
    assert "scenario.feed.lag_s=20" in report


MEMORY = """
import resource, numpy as np
from pathlib import Path
from sim.report.text.ranking import Ranking
from sim.jobs.parts import opened
from sim.jobs.pool import Pool
from sim.jobs.resume import gather
from tests.jobs.test_plan import plan
rng = np.random.Generator(np.random.PCG64(1))
def play(study, chunks):
    for chunk in chunks:
        yield chunk, rng.random((chunk.runs, len(study.metrics)))
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
    made = plan()
    chunk = made.chunks()[0]
    assert _task(order(made, chunk), chunk, program(), 0)[0] == chunk
    with pytest.raises(OtherProgram, match="same version everywhere"):
        _task(order(made, chunk), chunk, "another", 0)
