"""Where a search lives: an Optuna study in an SQLite file, taken up again where there is one."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.study import Study


def trials_in(path: Path, objectives: int) -> int:
    """Finished trials in a database file; 0 where there is none."""
    from optuna.trial import TrialState

    if not path.exists():
        return 0
    return len(open_study(path, objectives).get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def open_study(path: Path | None, objectives: int, name: str = "tune") -> Study:
    """The study in a database file, made or taken up again; None: in memory.

    A file that is no database any more is set aside as ``NAME.damaged``, and the search begins anew.
    """
    import optuna
    from sqlalchemy.exc import DatabaseError, OperationalError

    # Multivariate sampling by groups is what conditional ranges need; a change of its interface shows in the tests.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = f"sqlite:///{path}" if path is not None else None

    def made() -> Study:
        return optuna.create_study(storage=storage, study_name=name, directions=["minimize"] * objectives, load_if_exists=True)

    try:
        study = made()
        study.get_trials(deepcopy=False)
        return study
    except OperationalError:  # in use, or a disk that is full: nothing is wrong with the file
        raise
    except DatabaseError:
        if path is None or not path.exists():
            raise
        path.replace(path.with_name(path.name + ".damaged"))
        print(f"{path.name} could not be read and was set aside; the search begins anew", file=sys.stderr)
        return made()
