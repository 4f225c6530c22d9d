"""The run folder under kills: at every file operation, and with a neighbour at work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sim.jobs.durable import write_whole
from sim.jobs.folder import FolderError, run_folder, tidy, write_manifest
from sim.jobs.locks import alone
from sim.jobs.work_folder import finished, work_folder

OPERATIONS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "shutil.rmtree")
KILLED = 9


def write(final, text, extra=""):
    """A small study that writes two files and a nested one."""
    with run_folder(final, "rehearse") as folder:
        (folder / "table.txt").write_text(text)
        (folder / f"{text}.txt").write_text(text)
        (folder / "parts").mkdir()
        (folder / "parts" / "a.txt").write_text(text)
        write_manifest(folder, {"command": ["stockcue", "rehearse"], "seed": text})


def own_files(final):
    """What a person puts beside results: a note, one in a folder of his own, and a table he has edited."""
    (final / "notes.txt").write_text("mine")
    (final / "mine").mkdir()
    (final / "mine" / "deep.txt").write_text("mine too")
    (final / "first.txt").write_text("edited")


def killed_at(n, act):
    """Run ``act`` in a child that ends at its n-th file operation as by kill -9; whether it got that far."""
    child = os.fork()
    if child == 0:
        left = [n]

        def count(event, args):
            if event in OPERATIONS:
                left[0] -= 1
                if left[0] == 0:
                    os._exit(KILLED)

        sys.addaudithook(count)
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_file_operation_loses_nothing(tmp_path):
    n = 0
    while True:
        n += 1
        final = tmp_path / f"{n}" / "run"
        write(final, "first")
        own_files(final)
        died = killed_at(n, lambda: write(final, "second"))  # noqa: B023
        write(final, "third")
        names = sorted(p.relative_to(final).as_posix() for p in final.rglob("*") if p.is_file())
        assert names == ["first.txt", "manifest.json", "mine/deep.txt", "notes.txt", "parts/a.txt", "table.txt", "third.txt"], n
        assert [(final / f).read_text() for f in ("notes.txt", "mine/deep.txt", "first.txt")] == ["mine", "mine too", "edited"]
        assert (final / "parts/a.txt").read_text() == "third"
        assert [p.name for p in final.parent.iterdir()] == ["run"], n
        if not died:
            break
    assert n > 30


def test_an_interrupt_while_the_folder_is_made_leaves_none(tmp_path, monkeypatch):
    """Threads of libraries hear Ctrl-C too, so the main one cannot be deaf to it meanwhile."""
    made = []

    def made_and_interrupted(path, mode=0o777, make=Path.mkdir, **how):
        make(path, mode, **how)
        if "unfinished" in path.name:
            made.append(path)
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", made_and_interrupted)
    with pytest.raises(KeyboardInterrupt), run_folder(tmp_path / "res"):
        pass
    assert made
    assert not list(tmp_path.iterdir())


def test_a_file_of_the_users_with_the_name_of_a_new_result_stays_beside_it(tmp_path):
    final = tmp_path / "run"
    write(final, "first")
    (final / "second.txt").write_text("mine")
    for _ in range(2):
        write(final, "second")
    assert (final / "second.txt.yours").read_text() == "mine"
    assert (final / "second.txt").read_text() == "second"


def test_nobody_touches_what_a_neighbour_is_writing(tmp_path):
    final = tmp_path / "run"
    with run_folder(final, "rehearse") as folder:
        (folder / "a.txt").write_text("half")
        with pytest.raises(FolderError, match=r"process \d+ writes"), run_folder(final, "rehearse"):
            pass
        assert not finished(final, "sweep", {}, "a.txt")
        assert (folder / "a.txt").read_text() == "half"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_the_work_folder_of_a_finished_study_goes_and_another_ones_stays(tmp_path):
    final = tmp_path / "run"
    with run_folder(final, "sweep") as folder:
        (folder / "sweep.parquet").write_text("x")
        write_manifest(folder, {"command": ["stockcue", "sweep"], "sweep": {"seed": 1}})
    left = work_folder(final)
    for noted, stays in (('{"seed": 2}', True), ('{"seed": 1}', False)):
        left.mkdir(exist_ok=True)
        (left / "lock").touch()
        (left / "sweep.json").write_text(noted)
        assert finished(final, "sweep", {"seed": 1}, "sweep.parquet")
        assert left.exists() == stays


def test_the_work_of_a_search_goes_when_it_is_finished(tmp_path):
    """Its note names all but the number of trials; half removed, it has none."""
    final = tmp_path / "run"
    with run_folder(final, "tune") as folder:
        (folder / "study.db").write_text("x")
        write_manifest(folder, {"command": ["stockcue", "tune"], "tune": {"seed": 1, "trials": 8}})
    left = work_folder(final, "tune")
    for noted, stays in (('{"seed": 2}', True), ('{"seed": 1}', False), (None, False)):
        left.mkdir(exist_ok=True)
        (left / "study.db").touch()
        if noted:
            (left / "tune.json").write_text(noted)
        assert finished(final, "tune", {"seed": 1, "trials": 8}, "study.db", {"seed": 1})
        assert left.exists() == stays


def test_a_file_is_the_old_one_or_the_new_one(tmp_path, monkeypatch):
    """Written under another name first; a link stays a link, and a device is written to, not replaced."""
    path, link = tmp_path / "card.html", tmp_path / "link.html"
    path.write_text("old")
    link.symlink_to(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda old, new: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_whole(path, b"new")
    assert path.read_text() == "old"
    write_whole(link, b"new")
    assert (link.is_symlink(), path.read_text()) == (True, "new")
    write_whole(Path(os.devnull), b"new")
    assert not Path(os.devnull).is_file()


def test_a_lock_that_a_kill_left_goes_and_one_that_is_held_stays(tmp_path):
    """Killed between the folder's taking its name and the lock's going: the next run finds the study finished."""
    final, lock = tmp_path / "x", tmp_path / ".x.lock"
    write(final, "a")
    with alone(lock):
        tidy(final)
        assert lock.exists()
    lock.touch()
    tidy(final)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_lock_that_somebody_laid_is_neither_followed_nor_waited_for(tmp_path):
    """A link would make or empty a file elsewhere, a pipe would never be opened."""
    (tmp_path / "precious").write_text("x")
    (tmp_path / ".link.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(FolderError, match=r"cannot be written|cannot write"), run_folder(tmp_path / "link"):
        pass
    assert (tmp_path / "precious").read_text() == "x"
    os.mkfifo(tmp_path / ".pipe.lock")
    with run_folder(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_dir()
