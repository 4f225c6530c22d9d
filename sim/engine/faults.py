"""What a user's strategy raises in compiled code.

It is called there by its address, as C would call it: whatever it raises ends at Python's hook for errors that nobody can be
handed, and the call answers 0. Here the hook notes it, and who called compiled code raises it.
"""

from __future__ import annotations

import sys
from threading import local
from typing import Any, NoReturn

from sim.core.sound import told


class Noted(local):
    """The first error of a strategy since the last that was told, by thread."""

    error: BaseException | None = None


NOTED = Noted()
FOLDS: dict[int, Any] = {}
"""The user's folds that have been compiled, by the address of their machine code."""
_before: Any = sys.unraisablehook


def listen_for_faults() -> None:
    """From now on errors in machine code are noted; others go where they went before."""
    global _before
    if sys.unraisablehook is not _note:
        _before, sys.unraisablehook = sys.unraisablehook, _note


def _note(unraisable: Any) -> None:
    if "numba" not in str(unraisable.object):
        _before(unraisable)
    elif NOTED.error is None:
        NOTED.error = unraisable.exc_value or unraisable.exc_type()


def raise_noted(address: int) -> NoReturn:
    """Raise what was noted, in a sentence; address: of the strategy that was called."""
    error, NOTED.error = NOTED.error, None
    assert error is not None
    raise told(error, FOLDS.get(address)) from None
