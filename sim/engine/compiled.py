"""The one site that compiles.

Transitions are plain functions; here they are linked: every plain function a function calls by name is
compiled too, and the caller is rebuilt over the compiled ones. Nothing else in the project knows numba.
The stretch takes the strategy as a first-class function of one fixed signature, so it compiles once for all of
them; a strategy compiles alone, in a fraction of a second. Machine code is cached on disk in a folder named after a
checksum of the sources, because numba's own cache would not notice a change in a called file.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from sim.core.screens import seen
from sim.core.world import World
from sim.engine.hearing import hear, spell_out, weigh
from sim.engine.scan import scan
from sim.engine.stretch import bare, stretch
from strategies.contract import Fold, Signal

ROOTS = ("sim/core", "sim/engine", "strategies")


class CannotCompile(TypeError):
    """A strategy uses something that does not compile; it still runs as plain Python."""


@cache
def _numba() -> Any:
    """numba, with its cache pointed at a folder of our own; None where it is switched off or absent."""
    if os.environ.get("STOCKCUE_NO_COMPILE"):
        return None
    try:
        import numba
    except ImportError:
        return None
    config: Any = numba.config
    config.CACHE_DIR = str(_cache_folder())
    return numba


def _cache_folder() -> Path:
    base = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for root in ROOTS:
        for path in sorted((base / root).glob("*.py")):
            digest.update(path.read_bytes())
    homes = (os.environ.get("XDG_CACHE_HOME"), os.path.expanduser("~/.cache"), tempfile.gettempdir())
    for home in filter(None, homes):
        folder = Path(home) / "stockcue" / digest.hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="stockcue-"))


def _link(function: Any, linked: dict[FunctionType, Any]) -> FunctionType:
    """A copy of ``function`` whose plain callees, found by name, are compiled."""
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        callee = names.get(name)
        if isinstance(callee, FunctionType):
            if callee not in linked:
                linked[callee] = _inner(_link(callee, linked))
            names[name] = linked[callee]
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    return copy


def _inner(function: FunctionType) -> Any:
    """A callee: never called from Python, so it needs no wrappers; inlined, so that the World is never copied.

    Reference counting is off (``_nrt``): nothing here allocates, and counting the World's forty arrays at every
    call made the loop sixty times slower.
    """
    return _numba().njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True, _nrt=False)(function)


def _outer(function: FunctionType, signature: Any) -> Any:
    """An entry point: compiled for one signature, cached on disk; where no folder is writable, not cached."""
    numba = _numba()
    try:
        return numba.njit([signature], cache=True, _nrt=False)(function)
    except RuntimeError:
        return numba.njit([signature], _nrt=False)(function)


class Entry:
    """Compiled code over a World, called many times a run.

    The first call with a tape goes through numba's check of types; later ones go straight to the machine code, which takes a
    tenth of the time. One check serves all worlds over a tape: ``Stage.world`` fixes the types of everything else.
    """

    def __init__(self, checked: Any) -> None:
        self.checked = checked
        (self.straight,) = (code.entry_point for code in checked.overloads.values())
        self.known: Any = None

    def __call__(self, world: World, *rest: Any) -> int:
        if world.t is self.known:
            return self.straight(world, *rest)
        self.known = world.t
        return self.checked(world, *rest)


def _fold_type() -> Any:
    numba = _numba()
    floats = numba.types.Array(numba.types.float64, 1, "C")
    signal = numba.types.NamedUniTuple(numba.types.float64, len(Signal._fields), Signal)
    return numba.types.int64(floats, floats, signal)


@cache
def compile_fold(fold: Fold) -> Fold:
    """The compiled form of a strategy's fold; :class:`CannotCompile` says why there is none.

    Called with float64 arrays and a Signal it answers what ``fold`` answers. Without numba: ``fold`` itself.
    """
    numba = _numba()
    if numba is None:
        return fold
    if not isinstance(fold, FunctionType):
        raise CannotCompile("a fold that is not a plain function does not compile")
    try:
        return _outer(_link(fold, {}), _fold_type())
    except numba.core.errors.NumbaError as error:
        text = str(error).strip().splitlines()
        raise CannotCompile(text[0] if text else type(error).__name__) from None


@cache
def fold_pointer(fold: Fold) -> Any:
    """A strategy in the form the stretch takes: the address of its machine code; without numba the fold itself.

    Handing over the compiled function would work too, but numba then looks its address up at every call, which
    costs ten times as much as the call.
    """
    compiled: Any = compile_fold(fold)
    numba = _numba()
    if numba is None:
        return compiled
    signature = _fold_type()
    result = compiled.get_compile_result(signature)
    address = result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)

    class Pointer(numba.types.WrapperAddressProtocol):  # type: ignore[name-defined]
        keeps = compiled  # the machine code lives as long as this

        def __wrapper_address__(self) -> int:
            return address

        def signature(self) -> Any:
            return signature

    return Pointer()


@cache
def _world_type() -> Any:
    numba = _numba()
    kinds = {"t": "i8", "kind": "i1", "sku": "i2", "channel": "i1", "qty": "i4", "cue": "i2", "cause": "i4", "who": "i4",
             "mark": "f8", "seq": "i4", "outcome": "i1", "stock": "i8.2", "exposure": "f8", "cue_cut": "i8",
             "floor": "i8.2", "observers": "i8.2", "views": "i8.2", "log_t": "i8", "log_sku": "i4", "log_src": "i4",
             "log_delta": "i4", "rules": "i8", "rates": "f8", "head": "i8", "readings": "i4.3", "viewers": "f8",
             "plan_t": "i8.2", "plan_lift": "f8.2", "plan_next": "i8", "facts": "f8.2", "params": "f8.2",
             "memory": "f8.2", "gate_settings": "f8", "gate_memory": "f8.2", "gate_shared": "f8", "outbox": "i8.2",
             "evidence": "f8.2"}  # fmt: skip
    scalar = {"i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64", "f8": "float64"}
    fields = []
    for name in World._fields:
        code, _, dims = kinds[name].partition(".")
        fields.append(numba.types.Array(getattr(numba.types, scalar[code]), int(dims or 1), "C"))
    return numba.types.NamedTuple(tuple(fields), World)


@cache
def compiled_stretch() -> Callable[[World, Fold, int], int]:
    """The compiled :func:`~sim.engine.stretch.stretch`; the plain one where there is no numba."""
    numba = _numba()
    if numba is None:
        return stretch
    signature = numba.types.int64(_world_type(), numba.types.FunctionType(_fold_type()), numba.types.int64)
    return Entry(_outer(_link(stretch, {}), signature))


@cache
def compiled_bare() -> Callable[[World], int]:
    """The compiled :func:`~sim.engine.stretch.bare`."""
    numba = _numba()
    return bare if numba is None else _outer(_link(bare, {}), numba.types.int64(_world_type()))


@cache
def compiled_seen() -> Callable[[World, int, int, int], int]:
    """The compiled :func:`~sim.core.screens.seen`, for looks the control plane takes."""
    numba = _numba()
    if numba is None:
        return seen
    whole = numba.types.int64
    return Entry(_outer(_link(seen, {}), whole(_world_type(), whole, whole, whole)))


@cache
def compiled_scan() -> Callable[..., int]:
    """The compiled :func:`~sim.engine.scan.scan`; int64 and float64 arrays in C order, nothing else."""
    numba = _numba()
    if numba is None:
        return scan

    def array(kind: Any, dims: int) -> Any:
        return numba.types.Array(kind, dims, "C")

    i8, f8 = numba.types.int64, numba.types.float64
    signature = i8(
        _world_type(), numba.types.FunctionType(_fold_type()), array(i8, 1), array(i8, 1), i8, array(i8, 2), array(i8, 1),
        array(i8, 1), array(f8, 3), array(f8, 2), array(f8, 3), array(f8, 3), array(f8, 2), array(i8, 2), array(f8, 2),
        array(i8, 1), array(i8, 1),
    )  # fmt: skip
    return Entry(_outer(_link(scan, {}), signature))


class Hearing(NamedTuple):
    """The functions of :mod:`sim.engine.hearing`, compiled or plain."""

    hear: Callable[..., int]
    spell_out: Callable[..., int]
    weigh: Callable[..., int]


@cache
def compiled_hearing() -> Hearing:
    """The passes over readings that open loop makes."""
    numba = _numba()
    if numba is None:
        return Hearing(hear, spell_out, weigh)
    t = numba.types
    whole, rows, level, line = t.int64, t.int32[::1], t.int64[::1], t.float64[::1]
    told, shown, world = t.int64[:, ::1], t.float64[:, ::1], _world_type()
    return Hearing(
        _outer(_link(hear, {}), whole(world, t.FunctionType(_fold_type()), rows, told, shown)),
        _outer(_link(spell_out, {}), whole(world, rows, whole, whole, shown)),
        _outer(_link(weigh, {}), whole(world, rows, level, line, told, shown)),
    )
