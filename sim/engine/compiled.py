"""What of the engine is compiled, and for which types.

The stretch takes the strategy as the address of its machine code (``folds.py``), so it compiles once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints
from weakref import ref

import numpy as np

from sim.by_address import ROOM, asking, laid_signal, laying, reference
from sim.core.blocks import slip_in
from sim.core.feed import ask, laid
from sim.core.screens import seen
from sim.core.world import World
from sim.engine.faults import NOTED, raise_noted
from sim.engine.heap import keep_freed
from sim.engine.hearing import hear, spell_out, trace, weigh
from sim.engine.scan import scan_each, world_of
from sim.engine.stretch import abreast, bare, stretch
from sim.native import PLAIN, callee, compiled, numba_or_none, or_plain, stands_for

stands_for(ask, asking)
stands_for(laid, laid_signal)
refer: Any = None
"""In compiled code: a World by its address (:func:`~sim.by_address.reference`)."""


def stretch_at(w, address, until):
    """:func:`~sim.engine.stretch.stretch` with the address of a strategy."""
    return stretch(refer(w), address, until)


def abreast_at(worlds, address):
    """:func:`~sim.engine.stretch.abreast` with the addresses of Worlds and of a strategy."""
    return abreast(worlds, address)


def scan_at(
    worlds, address, rows, newest, ats, wants, first_want, matters, asks, which, first, params, gates, memory, gate_memory,
    gate_shared, decisions, evidence, agreed, stop, counts,
):  # fmt: skip
    """:func:`~sim.engine.scan.scan_each` with the addresses of Worlds and of a strategy."""
    return scan_each(
        worlds, address, rows, newest, ats, wants, first_want, matters, asks, which, first, params, gates, memory, gate_memory,
        gate_shared, decisions, evidence, agreed, stop, counts,
    )  # fmt: skip


def world_at(worlds, g):
    """:func:`~sim.engine.scan.world_of`."""
    return refer(worlds[g])


def hear_at(w, address, rows, decisions, evidence):
    """:func:`~sim.engine.hearing.hear` with the address of a strategy."""
    return hear(refer(w), address, rows, decisions, evidence)


def trace_at(w, address, rows, lines):
    """:func:`~sim.engine.hearing.trace` with the address of a strategy."""
    return trace(refer(w), address, rows, lines)


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


def _entry(function: Any, *types: Any) -> WorldEntry:
    """Compiled for the address of a World and ``types``; answers a whole number."""
    whole = _types().int64
    return WorldEntry(compiled(function, whole(whole, *types), refer=reference(_world_type())))


def lay_at(w, room):
    """Write a World into ``room``; returns its address."""
    return lay(w, room)


lay: Any = None
"""In compiled code: :func:`~sim.by_address.laying`."""


@cache
def _compiled_lay() -> Any:
    types = _types()
    machine = compiled(lay_at, types.int64(_world_type(), types.int64[::1]), lay=laying(_world_type()))
    (code,) = machine.overloads.values()
    return code.entry_point


class WorldEntry:
    """Compiled code over a World, called many times with the same one: it is laid into memory once and passed by its address."""

    laid: tuple[Any, Any, int] = (None, None, 0)
    """The World used last by any entry, where it lies, its address."""
    tape: Callable[[], Any] = staticmethod(lambda: None)
    """A column of the tape whose Worlds have been checked: all of a run have arrays of the same kinds (``Stage.world``)."""

    def __init__(self, machine: Any) -> None:
        (self.straight,) = (code.entry_point for code in machine.overloads.values())
        self.call = lambda *given: self._checked(machine, *given)

    def __call__(self, world: World, *rest: Any) -> int:
        laid = WorldEntry.laid
        if laid[0] is not world:
            laid = self._lay(world)
        answer: int = self.call(laid[2], *rest)
        if NOTED.error is not None:
            raise_noted(rest[0])
        return answer

    def _checked(self, machine: Any, *given: Any) -> int:
        """The first call, by way of numba, which checks the types of what is given."""
        answer: int = machine(*given)
        self.call = self.straight
        return answer

    @staticmethod
    def _lay(world: World) -> tuple[Any, Any, int]:
        if WorldEntry.tape() is not world[0]:
            assert [(a.dtype, a.ndim, a.flags.num & PLAIN) for a in world] == _kinds(), "arrays of kinds that no World declares"
            WorldEntry.tape = ref(world[0])
        keep_freed(world.readings.nbytes)
        room = np.empty(ROOM, np.int64)
        WorldEntry.laid = laid = (world, room, _compiled_lay()(world, room))
        return laid


def released() -> None:
    """A run is over: its World is held no longer, so that its tape may be grown again in place."""
    WorldEntry.laid = (None, None, 0)


@cache
def _kinds() -> list[tuple[np.dtype, int, int]]:
    """Kind, number of dimensions and flags of every array of a World."""
    hints = (get_args(hint) for hint in get_type_hints(World, include_extras=True).values())
    return [(np.dtype(kind), dimensions, PLAIN) for _any, kind, dimensions in hints]


@cache
def _world_type() -> Any:
    numba = numba_or_none()
    fields = [numba.types.Array(getattr(numba.types, kind.name), dimensions, "C") for kind, dimensions, _flags in _kinds()]
    return numba.types.NamedTuple(tuple(fields), World)


stands_for(world_of, lambda: callee(world_at, refer=reference(_world_type())))


@or_plain(stretch)
def compiled_stretch() -> Callable[[World, Any, int], int]:
    """The compiled :func:`~sim.engine.stretch.stretch`."""
    return _entry(stretch_at, _types().int64, _types().int64)


@or_plain(bare)
def compiled_bare() -> Callable[[World], int]:
    """The compiled :func:`~sim.engine.stretch.bare`."""
    return _entry(bare_at)


@or_plain(seen)
def compiled_seen() -> Callable[[World, int, int, int], int]:
    """The compiled :func:`~sim.core.screens.seen`, for looks the control plane takes."""
    whole = _types().int64
    return _entry(seen_at, whole, whole, whole)


@or_plain(slip_in)
def compiled_slip_in() -> Callable[..., int]:
    """The compiled :func:`~sim.core.blocks.slip_in`."""
    t = _types()
    times, numbers = t.int64[::1], t.int32[::1]
    return compiled(slip_in, t.int64(times, times, numbers, numbers, numbers, t.int64, numbers))


@or_plain(scan_each)
def compiled_scan() -> Callable[..., int]:
    """The compiled :func:`~sim.engine.scan.scan_each`; int64 and float64 arrays in C order, nothing else."""

    def array(kind: Any, dims: int) -> Any:
        return _types().Array(kind, dims, "C")

    i8, f8 = _types().int64, _types().float64
    machine = compiled(scan_at, i8(
        array(i8, 1), i8, array(i8, 1), array(i8, 1), array(i8, 2), array(i8, 2), array(i8, 1), array(i8, 1), array(i8, 1),
        array(i8, 1), array(i8, 1), array(f8, 3), array(f8, 2), array(f8, 3), array(f8, 3), array(f8, 2), array(i8, 2),
        array(f8, 2), array(i8, 1), array(i8, 1), array(i8, 1),
    ))  # fmt: skip

    return WorldsEntry(machine)


@or_plain(abreast)
def compiled_abreast() -> Callable[[Sequence[World], Any], int]:
    """The compiled :func:`~sim.engine.stretch.abreast`."""
    return WorldsEntry(compiled(abreast_at, _types().int64(_types().int64[::1], _types().int64)))


class WorldsEntry:
    """Compiled code over the addresses of several Worlds."""

    def __init__(self, machine: Any) -> None:
        (self.straight,) = (code.entry_point for code in machine.overloads.values())
        self.call = machine  # the first time by way of numba, which checks the types of what is given

    def __call__(self, worlds: Sequence[World], *rest: Any) -> int:
        rooms, lay = np.empty((len(worlds), ROOM), np.int64), _compiled_lay()
        places = np.array([lay(world, room) for world, room in zip(worlds, rooms, strict=True)])
        answer: int = self.call(places, *rest)
        self.call = self.straight
        if NOTED.error is not None:
            raise_noted(rest[0])
        return answer


class Hearing(NamedTuple):
    """The functions of :mod:`sim.engine.hearing`, compiled or plain."""

    hear: Callable[..., int]
    spell_out: Callable[..., int]
    weigh: Callable[..., int]


@or_plain(spell_out)
def compiled_spelling() -> Callable[..., int]:
    """The compiled :func:`~sim.engine.hearing.spell_out`."""
    t = _types()
    return _entry(spell_at, t.int32[::1], t.int64, t.int64, t.float64[:, ::1])


@or_plain(trace)
def compiled_trace() -> Callable[..., int]:
    """The compiled :func:`~sim.engine.hearing.trace`."""
    return _entry(trace_at, _types().int64, _types().int32[::1], _types().float64[:, ::1])


@or_plain(Hearing(hear, spell_out, weigh))
def compiled_hearing() -> Hearing:
    """The passes over readings that open loop makes."""
    t = _types()
    rows, decisions, evidence = t.int32[::1], t.int64[:, ::1], t.float64[:, ::1]
    return Hearing(
        _entry(hear_at, t.int64, rows, decisions, evidence),
        compiled_spelling(),
        _entry(weigh_at, rows, t.int64[::1], t.float64[::1], decisions, evidence),
    )
