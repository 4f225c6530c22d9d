"""A sweep is stopped at any moment, by anything, and ends with the same bytes."""

import concurrent.futures.process
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sim.app.frame as frame
from sim.cli import main as cli
from sim.jobs.paired_play import paired_play
from sim.jobs.parts import opened
from sim.jobs.pool import Pool, WorkersLost, _alone
from sim.jobs.resume import gather
from sim.jobs.work_folder import work_folder
from tests.cli.conftest import SHOW
from tests.events import LIMIT_S, until
from tests.jobs.sweeps import ENVIRONMENT, WORDS, count, stopped_after, tables
from tests.jobs.test_plan import plan

CHUNKS = 32


pytestmark = pytest.mark.usefixtures("tiny")


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


def started(*words: str) -> subprocess.Popen:
    """The command in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "sim", *WORDS, *words], env=ENVIRONMENT, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)  # fmt: skip


def wait_for(parts: int, out: Path, job: subprocess.Popen) -> None:
    """Until so many parts are kept, or the job is over."""
    until(lambda: count(out) >= parts, lambda: job.poll() is not None)


def crew_of(job: subprocess.Popen) -> list[int]:
    """Process ids of the workers that ``job`` has started."""
    listed = subprocess.run(["ps", "-ww", "--ppid", str(job.pid), "-o", "pid,args"], capture_output=True, text=True, check=False)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "popen_loky" in line]


def alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_killed_again_and_again_it_ends_with_the_same_bytes(whole, tmp_path):
    """kill -9 at three random moments, with two, one and three workers, and then to the end. Its workers go with it."""
    dice, out, kept = random.Random(20), tmp_path / "res", 0
    for workers in (2, 1, 3):
        job = started("out=res", f"workers={workers}")
        wait_for(kept + dice.randint(1, 4), out, job)
        crew = crew_of(job)
        job.kill()
        job.communicate()
        until(lambda: not any(alive(pid) for pid in crew))  # noqa: B023
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
    assert "256 runs (2 strategies), all of them played before" in capsys.readouterr().out
    assert tables(tmp_path / "res") == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["res", "tiny.yaml"]


def test_killed_before_its_page_it_gets_one_from_the_same_command(whole, tmp_path, monkeypatch, capsys):
    """The figures have their name, pictures and page were still to come."""

    def killed(*_):
        raise SystemExit(9)

    pytest.importorskip("bokeh", reason="pages need the extra pages")
    with monkeypatch.context() as patched:
        patched.setattr(frame, "_completed", killed)
        with pytest.raises(SystemExit):
            cli.main([*WORDS, "out=res", "workers=1"])
    first = json.loads((tmp_path / "res" / "manifest.json").read_text(encoding="utf-8"))
    assert cli.main([*WORDS, "out=res", "workers=1"]) == 0
    second = json.loads((tmp_path / "res" / "manifest.json").read_text(encoding="utf-8"))
    assert (first["complete"], "complete" in second) == (False, False)
    assert set(second["files"]) > set(first["files"])
    assert tables(tmp_path / "res") == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["res", "tiny.yaml"]
    capsys.readouterr()
    assert cli.main([*WORDS, "out=res", "workers=1"]) == 0
    assert "finished before" in capsys.readouterr().out


def test_ctrl_c_keeps_what_was_played_and_says_so(tmp_path):
    job = started("out=res", "workers=2")
    wait_for(3, tmp_path / "res", job)
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=LIMIT_S)
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
    _, err = job.communicate(timeout=LIMIT_S)
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

    planned_study = plan(replicates=6)
    with opened(tmp_path / "a", planned_study, {}) as parts:
        gather(parts, Pool(1, faltering, (Gone,)), lambda *_: None, tmp_path / "a.parquet")
    with opened(tmp_path / "b", planned_study, {}) as parts:
        gather(parts, Pool(1, _alone), lambda *_: None, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    with opened(tmp_path / "c", planned_study, {}) as parts, pytest.raises(WorkersLost):
        gather(parts, Pool(1, lambda *_: _raised(Gone), (Gone,)), lambda *_: None, tmp_path / "c.parquet")


def test_a_search_outlives_its_workers():
    """Where candidates are asked for in between, a death costs its chunks and nothing else."""

    class Gone(Exception):
        pass

    def faltering(study, chunks):
        yield next(_alone(study, chunks))
        raise Gone

    planned_study, heard = plan(replicates=9), []
    tables = [
        paired_play(Pool(1, play, (Gone,)), planned_study.worlds, 1, planned_study.profile, note=heard.append)(
            planned_study.candidates, range(9)
        )
        for play in (_alone, faltering)
    ]
    np.testing.assert_array_equal(*tables)
    assert heard[0].startswith("a worker died")


def _raised(error):
    raise error
    yield


def test_damaged_parts_are_played_again(whole, tmp_path, capsys):
    stopped_after(6)
    capsys.readouterr()
    kept = sorted(work_folder(tmp_path / "res").glob("part-*.figures"))
    kept[0].write_bytes(b"")
    kept[2].write_bytes(kept[2].read_bytes()[:-40])
    kept[4].write_bytes(kept[3].read_bytes())
    (work_folder(tmp_path / "res") / "part-000031.tmp").write_bytes(b"half")
    assert cli.main([*WORDS, "out=res", "workers=1"]) == 0
    assert "damaged parts that were played again: 3" in capsys.readouterr().err
    assert tables(tmp_path / "res") == whole
