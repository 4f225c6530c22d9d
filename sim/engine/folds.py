"""Strategies as machine code: each compiles alone, in a fraction of a second, to a function of five whole numbers.

Those are addresses of its settings, of its memory and of the signal (``sim/by_address.py``): 39 numbers otherwise, which take
longer to hand over than most strategies to answer.
"""

from __future__ import annotations

from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

from sim.by_address import floats_at, signal_at
from sim.core.sound import sound
from sim.engine.faults import FOLDS, listen_for_faults
from sim.native import CannotCompile, callee, compiled, compiles, numba_or_none, stands_for
from sim.words import _
from strategies.contract import LINE, Fold, Signal
from strategies.reach import Reach, reach
from strategies.tails import whole
from strategies.users import is_users


def _floor(x):
    return np.floor(x)  # of plain Python's math.floor the machine makes a whole number, and a float of that again


stands_for(whole, lambda: callee(_floor))


@cache
def _signal_type() -> Any:
    types = numba_or_none().types
    return types.NamedUniTuple(types.float64, len(Signal._fields), Signal)


def compile_fold(fold: Fold) -> Fold:
    """The compiled form of a strategy's fold; :class:`CannotCompile` says why there is none.

    Called with float64 arrays and a Signal it answers what ``fold`` answers. Without numba: ``fold`` itself. Compiled code
    freezes the globals it reaches: where one has got another value since, the fold is compiled anew.
    """
    if not compiles():
        return fold
    if not isinstance(fold, FunctionType):
        raise CannotCompile(_("a fold that is not a plain function does not compile"))
    return _compile(fold, _identity(fold))


_reached: dict[FunctionType, tuple[Reach, str]] = {}


def _identity(fold: FunctionType) -> str:
    """What tells a user's fold apart from an earlier one of that name; "" for StockCue's own, whose sources are the key."""
    if not is_users(fold.__module__ or ""):
        return ""
    known = _reached.get(fold)
    if known is None or not known[0].still():
        _reached[fold] = known = (reached := reach(fold), reached.fingerprint()[:16])
    return known[1]


class CompiledFold:
    """A strategy's machine code. ``address``: where it lies, as compiled code takes it; called from Python it answers what the
    plain fold answers."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        (result,) = machine.overloads.values()
        self.address = int(result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name))

    def __call__(self, params: Any, memory: Any, signal: Signal) -> int:
        given: list[int] = []
        for array in (params, memory, figures := np.array(signal, np.float64)):
            assert (array.dtype, array.flags.c_contiguous) == (np.float64, True), "a strategy takes float64 in C order"
            given += [array.ctypes.data, len(array)]
        answer: int = self.machine(*given[:5])
        del figures
        return answer


def _fold_at(params, n_params, memory, n_memory, signal):
    """A fold, by the addresses of what it is given."""
    return fold(floats(params, n_params), floats(memory, n_memory), signal_of(signal))


def _users_at(params, n_params, memory, n_memory, signal):
    """The same for a user's: what it answers is looked at first."""
    cells = floats(memory, n_memory)
    level = fold(floats(params, n_params), cells, signal_of(signal))
    sound(level, cells[LINE])
    return int(level)


fold: Any = None
floats: Any = None
signal_of: Any = None
"""In compiled code, names of ``_fold_at`` and ``_users_at``: a strategy's fold, arrays and a signal by their address."""


@cache
def _compile(fold: FunctionType, identity: str) -> Fold:
    numba, address = numba_or_none(), numba_or_none().types.int64
    at = _users_at if identity else _fold_at
    entry = FunctionType(at.__code__, at.__globals__, fold.__name__)
    entry.__module__, entry.__qualname__ = fold.__module__, fold.__qualname__
    given = {"fold": fold, "floats": floats_at(), "signal_of": signal_at(_signal_type())}
    try:
        return CompiledFold(compiled(entry, address(*[address] * 5), identity, **given))
    except Exception as error:  # numba's own errors have no common kind
        if not identity and not isinstance(error, numba.core.errors.NumbaError):
            raise
        text = str(error).strip().splitlines()
        raise CannotCompile(text[0] if text else type(error).__name__) from None


def fold_pointer(fold: Fold) -> Any:
    """A strategy in the form compiled code takes: the address of its machine code; without numba the fold itself."""
    machine: Any = compile_fold(fold)
    if not compiles():
        return machine
    if is_users(fold.__module__ or ""):
        FOLDS[machine.address] = fold
        listen_for_faults()
    return machine.address
