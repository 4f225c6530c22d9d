"""The database of a search: whole or not there, taken up again, set aside whatever is wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sim.jobs.folder import FolderError
from sim.jobs.storage import open_study, sealed, trials_in


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """A database with one finished trial, as bytes."""
    path = tmp_path_factory.mktemp("laid") / "study.db"
    study = open_study(path, 1)
    trial = study.ask()
    trial.suggest_float("x", 0.0, 1.0)
    study.tell(trial, 1.0)
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.03, 0.2, 0.5, 0.9, 0.99])
def test_a_database_cut_short_is_set_aside(tmp_path, capsys, laid, share):
    path = tmp_path / "study.db"
    path.write_bytes(laid[: int(share * len(laid))])
    assert trials_in(path, 1) == 0
    assert trials_in(path, 1) == 0
    assert capsys.readouterr().err.count("set aside") <= 1


HARMS = ("DROP TABLE trials", "DELETE FROM studies", "UPDATE version_info SET schema_version = 99", "DELETE FROM alembic_version",
         "DROP TABLE alembic_version", "DELETE FROM study_directions")  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_a_database_half_laid_never_stops_a_search(tmp_path, capsys, laid, harm):
    path = tmp_path / "study.db"
    path.write_bytes(laid)
    with closing(sqlite3.connect(path)) as base:
        base.execute(harm)
        base.commit()
    study = open_study(path, 1)
    study.tell(study.ask(), 2.0)
    assert trials_in(path, 1) >= 1


def test_a_study_of_other_objectives_is_set_aside(tmp_path, laid):
    path = tmp_path / "study.db"
    path.write_bytes(laid)
    heard: list[str] = []
    assert len(open_study(path, 2, note=heard.append).directions) == 2
    assert heard == ["study.db was damaged and is set aside; the search begins anew"]
    assert (tmp_path / "study.db.damaged").read_bytes() == laid


def test_a_database_in_use_is_waited_for_not_set_aside(tmp_path, laid, monkeypatch):
    path = tmp_path / "study.db"
    path.write_bytes(laid)
    monkeypatch.setattr("sim.jobs.storage._made", locked)
    with pytest.raises(FolderError, match="cannot be used"):
        open_study(path, 1)
    assert path.read_bytes() == laid


def locked(path, objectives, name):
    """As SQLite says it while another process holds the file."""
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(path, timeout=0)) as other:
        one.execute("BEGIN EXCLUSIVE")
        other.execute("SELECT * FROM trials")


def test_no_unfinished_file_is_left(tmp_path):
    (tmp_path / "study.db.tmp").write_bytes(b"what a kill left")
    open_study(tmp_path / "study.db", 1)
    assert [p.name for p in tmp_path.iterdir()] == ["study.db"]


def test_equal_searches_leave_equal_bytes(tmp_path):
    contents = []
    for name in ("a.db", "b.db"):
        study = open_study(tmp_path / name, 1)
        for k in range(3):
            trial = study.ask()
            trial.suggest_int("x", k, k)
            study.tell(trial, float(k))
        sealed(tmp_path / name, tmp_path / f"sealed-{name}")
        contents.append((tmp_path / f"sealed-{name}").read_bytes())
        assert trials_in(tmp_path / f"sealed-{name}", 1) == 3
    assert contents[0] == contents[1]
