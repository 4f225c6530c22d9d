"""Where a search lives: an Optuna study in an SQLite file, taken up again where there is one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sim.jobs.folder import FolderError, free
from sim.jobs.paired_play import Note, unheard
from sim.words import _

if TYPE_CHECKING:
    from optuna.study import Study

PASSING = ("BUSY", "LOCKED", "FULL", "READONLY", "IOERR", "CANTOPEN", "PERM", "NOMEM")
"""What SQLite calls faults of the disk or of another process: the file itself may be well."""
NO_TIME = "1970-01-01 00:00:00.000000"
"""Instead of the clock times that Optuna notes: the same search leaves the same bytes."""


def trials_in(path: Path, objectives: int, note: Note = unheard) -> int:
    """Finished trials in a database file; 0 where there is none."""
    from optuna.trial import TrialState

    if not path.exists():
        return 0
    return len(open_study(path, objectives, note=note).get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def open_study(path: Path | None, objectives: int, name: str = "tune", note: Note = unheard) -> Study:
    """The study in a database file, made or taken up again; None: in memory.

    A new file is made whole under another name first. One that cannot be read as such a study, whatever is wrong with it, is
    set aside as ``NAME.damaged``, which ``note`` is told, and the search begins anew. Raises :class:`FolderError` where the disk
    or another process is at fault.
    """
    import optuna

    # Multivariate sampling by groups is what conditional ranges need; a change of its interface shows in the tests.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if path is None:
        return optuna.create_study(study_name=name, directions=["minimize"] * objectives)
    if path.exists():
        try:
            return _read(path, objectives, name)
        except Exception as error:
            if passing := _passing(error):
                raise FolderError(
                    _("{path!r} cannot be used now ({passing}); free the disk or end the other process").format(
                        path=str(path), passing=passing
                    )
                ) from None
            path.replace(free(path.with_name(path.name + ".damaged")))
            note(_("{file} was damaged and is set aside; the search begins anew").format(file=path.name))
    whole = path.with_name(path.name + ".tmp")
    whole.unlink(missing_ok=True)
    try:
        _closed(_made(whole, objectives, name))
    except Exception as error:
        if passing := _passing(error):
            raise FolderError(
                _("{path!r} cannot be written ({passing}); free the disk, or choose another out=").format(
                    path=str(path), passing=passing
                )
            ) from None
        raise
    os.replace(whole, path)
    return _read(path, objectives, name)


def _made(path: Path, objectives: int, name: str) -> Study:
    import optuna

    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    return optuna.create_study(storage=storage, study_name=name, directions=["minimize"] * objectives, load_if_exists=True)


def _closed(study: Study) -> None:
    study._storage.remove_session()
    study._storage._backend.engine.dispose()  # type: ignore[attr-defined]


def _read(path: Path, objectives: int, name: str) -> Study:
    with closing(sqlite3.connect(path)) as base:
        (answer,) = base.execute("PRAGMA quick_check").fetchone()
    if answer != "ok":
        raise ValueError(answer)
    study = _made(path, objectives, name)
    if len(study.directions) != objectives:
        raise ValueError(_("a study of other objectives"))
    study.get_trials(deepcopy=False)
    return study


def _passing(error: BaseException) -> str:
    """The fault in SQLite's words where it is one that passes; else empty."""
    cause: BaseException | None = error
    while cause is not None:
        origin = getattr(cause, "orig", cause)
        if isinstance(origin, sqlite3.Error) and any(w in getattr(origin, "sqlite_errorname", "") for w in PASSING):
            return str(origin)
        cause = cause.__cause__
    return ""


def sealed(database: Path, copy: Path) -> None:
    """A copy of a search's database in which no clock time stands, so that equal searches leave equal bytes."""
    whole = copy.with_name(copy.name + ".tmp")
    shutil.copyfile(database, whole)
    with closing(sqlite3.connect(whole)) as base:
        base.execute("UPDATE trials SET datetime_start = ?", (NO_TIME,))
        base.execute("UPDATE trials SET datetime_complete = ? WHERE datetime_complete IS NOT NULL", (NO_TIME,))
        base.commit()
        base.execute("VACUUM")
    os.replace(whole, copy)
