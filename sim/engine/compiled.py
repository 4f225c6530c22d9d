"""What of the engine is compiled, and for which types.

The stretch takes the strategy as the address of a function of one fixed signature, so it compiles once for all of
them; a strategy compiles alone, in a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple, get_args, get_type_hints

from sim.core.screens import seen
from sim.core.world import World
from sim.engine.hearing import hear, spell_out, trace, weigh
from sim.engine.scan import scan
from sim.engine.stretch import bare, stretch
from sim.native import CannotCompile, CompiledEntry, compiled, compiles, function_at, numba_or_none, or_plain, reference
from sim.words import _
from strategies.contract import Fold, Signal
from strategies.reach import Reach, reach
from strategies.users import is_users


def _fold_type() -> Any:
    numba = numba_or_none()
    floats = numba.types.Array(numba.types.float64, 1, "C")
    signal = numba.types.NamedUniTuple(numba.types.float64, len(Signal._fields), Signal)
    return numba.types.int64(floats, floats, signal)


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


@cache
def _compile(fold: FunctionType, identity: str) -> Fold:
    numba = numba_or_none()
    try:
        return compiled(fold, _fold_type(), identity)
    except numba.core.errors.NumbaError as error:
        text = str(error).strip().splitlines()
        raise CannotCompile(text[0] if text else type(error).__name__) from None


def fold_pointer(fold: Fold) -> Any:
    """A strategy in the form compiled code takes: the address of its machine code; without numba the fold itself.

    Handing over a function would work too, but numba then looks its address up in Python at every call, which costs five times
    as much as the call.
    """
    machine: Any = compile_fold(fold)
    return _address(machine) if compiles() else machine


@cache
def _address(machine: Any) -> int:
    result = machine.get_compile_result(_fold_type())
    return result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)


fold_at: Any = None
"""In compiled code: the strategy at an address (:func:`~sim.native.function_at`)."""
refer: Any = None
"""In compiled code: a World by its address (:func:`~sim.native.reference`)."""


def stretch_at(w, address, until):
    """:func:`~sim.engine.stretch.stretch` with the address of a strategy."""
    return stretch(refer(w), fold_at(address), until)


def scan_at(
    w, address, rows, newest, at, want, matters, asks, which, params, gates, memory, gate_memory, gate_shared, decisions,
    evidence, agreed, stop,
):  # fmt: skip
    """:func:`~sim.engine.scan.scan` with the address of a strategy."""
    return scan(
        refer(w), fold_at(address), rows, newest, at, want, matters, asks, which, params, gates, memory, gate_memory, gate_shared,
        decisions, evidence, agreed, stop,
    )  # fmt: skip


def hear_at(w, address, rows, decisions, evidence):
    """:func:`~sim.engine.hearing.hear` with the address of a strategy."""
    return hear(refer(w), fold_at(address), rows, decisions, evidence)


def trace_at(w, address, rows, lines):
    """:func:`~sim.engine.hearing.trace` with the address of a strategy."""
    return trace(refer(w), fold_at(address), rows, lines)


def bare_at(w):
    """:func:`~sim.engine.stretch.bare`."""
    return bare(refer(w))


def seen_at(w, observer, sku, t):
    """:func:`~sim.core.screens.seen`."""
    return seen(refer(w), observer, sku, t)


def spell_at(w, rows, start, stop, out):
    """:func:`~sim.engine.hearing.spell_out`."""
    return spell_out(refer(w), rows, start, stop, out)


def weigh_at(w, rows, levels, lines, decisions, evidence):
    """:func:`~sim.engine.hearing.weigh`."""
    return weigh(refer(w), rows, levels, lines, decisions, evidence)


def _types() -> Any:
    return numba_or_none().types


def _with_fold(function: Any, *types: Any) -> Any:
    """Compiled for a World, the address of a strategy, and ``types``; answers a whole number."""
    whole = numba_or_none().types.int64
    return compiled(function, whole(_world_type(), whole, *types), fold_at=function_at(_fold_type()), refer=reference())


@cache
def _world_type() -> Any:
    numba = numba_or_none()
    fields = []
    for _name, kind, dimensions in (get_args(hint) for hint in get_type_hints(World, include_extras=True).values()):
        fields.append(numba.types.Array(getattr(numba.types, kind), dimensions, "C"))
    return numba.types.NamedTuple(tuple(fields), World)


@or_plain(stretch)
def compiled_stretch() -> Callable[[World, Any, int], int]:
    """The compiled :func:`~sim.engine.stretch.stretch`."""
    return CompiledEntry(_with_fold(stretch_at, _types().int64))


@or_plain(bare)
def compiled_bare() -> Callable[[World], int]:
    """The compiled :func:`~sim.engine.stretch.bare`."""
    return compiled(bare_at, _types().int64(_world_type()), refer=reference())


@or_plain(seen)
def compiled_seen() -> Callable[[World, int, int, int], int]:
    """The compiled :func:`~sim.core.screens.seen`, for looks the control plane takes."""
    whole = _types().int64
    return CompiledEntry(compiled(seen_at, whole(_world_type(), whole, whole, whole), refer=reference()))


@or_plain(scan)
def compiled_scan() -> Callable[..., int]:
    """The compiled :func:`~sim.engine.scan.scan`; int64 and float64 arrays in C order, nothing else."""

    def array(kind: Any, dims: int) -> Any:
        return _types().Array(kind, dims, "C")

    i8, f8 = _types().int64, _types().float64
    return CompiledEntry(_with_fold(
        scan_at, array(i8, 1), array(i8, 1), array(i8, 1), array(i8, 2), array(i8, 1), array(i8, 1), array(i8, 1), array(f8, 3),
        array(f8, 2), array(f8, 3), array(f8, 3), array(f8, 2), array(i8, 2), array(f8, 2), array(i8, 1), array(i8, 1),
    ))  # fmt: skip


class Hearing(NamedTuple):
    """The functions of :mod:`sim.engine.hearing`, compiled or plain."""

    hear: Callable[..., int]
    spell_out: Callable[..., int]
    weigh: Callable[..., int]


@or_plain(spell_out)
def compiled_spelling() -> Callable[..., int]:
    """The compiled :func:`~sim.engine.hearing.spell_out`."""
    t = _types()
    return compiled(spell_at, t.int64(_world_type(), t.int32[::1], t.int64, t.int64, t.float64[:, ::1]), refer=reference())


@or_plain(trace)
def compiled_trace() -> Callable[..., int]:
    """The compiled :func:`~sim.engine.hearing.trace`."""
    return _with_fold(trace_at, _types().int32[::1], _types().float64[:, ::1])


@or_plain(Hearing(hear, spell_out, weigh))
def compiled_hearing() -> Hearing:
    """The passes over readings that open loop makes."""
    t = _types()
    whole, rows, level, line = t.int64, t.int32[::1], t.int64[::1], t.float64[::1]
    decisions, evidence = t.int64[:, ::1], t.float64[:, ::1]
    weighed = whole(_world_type(), rows, level, line, decisions, evidence)
    return Hearing(
        _with_fold(hear_at, rows, decisions, evidence), compiled_spelling(), compiled(weigh_at, weighed, refer=reference())
    )
