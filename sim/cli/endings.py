"""How a command ends: every kind of ending has one exit code and one sentence, and nothing is lost."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sim.core.export import for_terminal
from sim.words import _

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
OWN = ("sim", "scenarios", "strategies")
"""Packages whose ValueErrors are sentences for the person at the keyboard."""


@contextmanager
def tidied_seldom() -> Iterator[None]:
    """A process of a command's own is full of what libraries keep for ever: it looks seldom for what refers to itself and nobody
    to it (a tenth of a short one's time at Python's own pace), and does not look through all of it when it ends (half a second).
    """
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.freeze()


class Unprinted(Exception):
    """What was found lies in a folder and could not be printed; the message is one sentence."""


def show(result: Any, shown: str = "") -> None:
    """Print a Result, whose folder is written by now. shown: what of it was printed before, up to the end of a line."""
    try:
        print(f"{for_terminal(str(result))}\n".removeprefix(shown), end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        sentence = _("what was found is in {folder!r}, but it could not be printed: {why}")
        raise Unprinted(sentence.format(folder=str(result.folder), why=error.strerror or error)) from None


def _silence() -> None:
    """Nothing more to standard output, also not what is still in its buffer."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: object) -> None:
    with suppress(OSError, ValueError):
        print(f"stockcue: {for_terminal(' '.join(str(error).split()))}", file=sys.stderr)


def ended(play: Callable[[], int]) -> int:
    """Play; returns the exit code (0 well, 1 failed, 2 bad input, 130 interrupted)."""
    try:
        return play()
    except KeyboardInterrupt as stopped:
        with suppress(OSError, ValueError):
            print(f"\n{stopped}" if str(stopped) else "\n" + _("Interrupted; no results were written."), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (as in `| head`); nobody is left to tell.
        _silence()
        return OK
    except Unprinted as unprinted:
        _tell(unprinted)
        _silence()
        return FAILED
    except OSError as error:
        _tell(f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}")
        return FAILED
    except Exception as error:
        if isinstance(error, ValueError) and type(error).__module__.split(".")[0] in OWN:
            _tell(error)
            return BAD_INPUT
        if (place := _in_a_users_file(error)) is None:
            raise
        from sim.core.sound import failed

        _tell(failed(place, error))
        return BAD_INPUT


def _in_a_users_file(error: BaseException) -> str | None:
    """The user's file and line where something was raised, there or in what that line calls; None where no code of his ran."""
    from strategies.users import is_users

    place, at = None, error.__traceback__
    while at is not None:
        module = str(at.tb_frame.f_globals.get("__name__", "sim"))
        if module != "__main__" and is_users(module):  # the command itself is "__main__"
            place = f"{at.tb_frame.f_code.co_filename}, line {at.tb_lineno}"
        at = at.tb_next
    return place
