"""The one site that compiles: nothing else in the project knows numba.

Transitions and the score's counting loops are plain functions; here they are linked: every plain function a function calls by
name is compiled too, and the caller is rebuilt over the compiled ones. Machine code is cached on disk in a folder named after
a checksum of the sources, because numba's own cache would not notice a change in a called file.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache, wraps
from pathlib import Path
from types import FunctionType
from typing import Any
from weakref import ref

from sim.private import private_folder
from sim.sources import checksum

COMPILED = ("sim.native", "sim.engine.compiled", "sim.engine.folds", "sim.score.weighing")
"""Modules that have something compiled: the machine code depends on what they import."""


class CannotCompile(TypeError):
    """A strategy uses something that does not compile; it still runs as plain Python."""


@cache
def numba_or_none() -> Any:
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


_plain: ContextVar[bool] = ContextVar("plain", default=False)


@contextmanager
def plainly() -> Iterator[None]:
    """In here nothing compiled is used: the same functions run as plain Python, with the same answers."""
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


def compiles() -> bool:
    """Whether compiled forms are used here and now."""
    return not _plain.get() and numba_or_none() is not None


def or_plain(plain: Any) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """For a function that makes the compiled form of ``plain``: it is called once; where nothing compiles, ``plain`` it is."""

    def form(make: Callable[[], Any]) -> Callable[[], Any]:
        compiled_once = cache(make)

        @wraps(make)
        def choose() -> Any:
            return compiled_once() if compiles() else plain

        return choose

    return form


@cache
def _cache_folder() -> Path:
    """A folder for machine code; one of this process alone where none can be kept."""
    return kept_folder() or Path(tempfile.mkdtemp(prefix="stockcue-"))


@cache
def kept_folder() -> Path | None:
    """A folder for machine code, which is run as it lies there: this user's alone (``sim/private.py``); None: there is none."""
    homes = (os.environ.get("XDG_CACHE_HOME"), os.path.expanduser("~/.cache"), tempfile.gettempdir())
    for home in filter(None, homes):
        for name in ("stockcue", f"stockcue-{getattr(os, 'geteuid', lambda: 0)()}"):
            folder = Path(home) / name / checksum(*COMPILED)
            if private_folder(folder.parent) and private_folder(folder) and os.access(folder, os.W_OK):
                return folder
    return None


def compiled(function: Any, signature: Any, of: str = "", **given: Any) -> Any:
    """An entry point: ``function`` and all it calls, compiled for one signature and cached on disk; where no folder is writable,
    not cached. of: tells a user's own apart in the cache from others of that name and file, whose helpers or globals differ.
    given: what names of ``function`` stand for in compiled code."""
    numba, linked = numba_or_none(), _link(function, {} if of else _inner_of, given)
    count_from_the_front()
    options: dict[str, Any] = {"_nrt": False} if of else {"_nrt": False, **of_ours()}
    # The cache knows the name of the file, which strategies share.
    linked.__qualname__ = f"{function.__module__}.{function.__qualname__}_{of}"
    try:
        machine = numba.njit([signature], cache=True, **options)(linked)
    except RuntimeError:
        return numba.njit([signature], **options)(linked)
    with suppress(OSError):
        _mark(function).touch()
    return machine


FROM_THE_FRONT = ("sim.core.", "sim.engine.")
"""Modules in whose functions no index is negative (tests/core/test_indices.py)."""


@cache
def count_from_the_front() -> None:
    """Leave out, for FROM_THE_FRONT alone, that numba asks of every index whether it counts from the end: a fifth of what the
    loops take, and of compiling them."""
    from numba.core import types
    from numba.np import arrayobj

    asking = arrayobj.fix_integer_index

    def fix(context: Any, builder: Any, kind: Any, index: Any, size: Any) -> Any:
        if str(getattr(context.fndesc, "modname", "")).startswith(FROM_THE_FRONT):
            return context.cast(builder, index, kind, types.intp)
        return asking(context, builder, kind, index, size)

    arrayobj.fix_integer_index = fix


def at_hand(function: Any) -> bool:
    """Whether an entry point of StockCue's own lies on disk, compiled for this machine."""
    return _mark(function).exists()


def _mark(function: Any) -> Path:
    from llvmlite.binding import get_host_cpu_name

    made_for = numba_or_none().__version__, *sys.version_info[:2], get_host_cpu_name()
    return _cache_folder() / "-".join(map(str, (function.__module__, function.__qualname__, *made_for)))


_inner_of: dict[FunctionType, Any] = {}
"""StockCue's own callees, compiled: once a process, whoever calls them. Those of users are compiled with each entry, since the
globals they reach may have got other values."""


def callee(function: Any, **given: Any) -> Any:
    """A function for compiled code alone; given: as for :func:`compiled`."""
    return _inner(_link(function, _inner_of, given), True)


_stand_ins: dict[FunctionType, Callable[[], Any]] = {}


def stands_for(plain: Any, make: Callable[[], Any]) -> None:
    """Where compiled code calls ``plain``, it gets what ``make`` makes for it."""
    _stand_ins[plain] = make


def _link(function: Any, linked: dict[FunctionType, Any], given: dict[str, Any]) -> FunctionType:
    """A copy of ``function`` whose plain callees, found by name, are compiled."""
    names = function.__globals__ | given
    for name in function.__code__.co_names:
        callee = names.get(name)
        if isinstance(callee, FunctionType):
            if callee in _stand_ins:
                linked[callee] = _stand_ins[callee]()
            elif callee not in linked:
                linked[callee] = _inner(_link(callee, linked, {}), linked is _inner_of)
            names[name] = linked[callee]
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    return copy


def _inner(function: FunctionType, own: bool) -> Any:
    """A callee: never called from Python, so it needs no wrappers; inlined, so that arrays stay in registers.

    Reference counting is off (``_nrt``): nothing here allocates, and counting the World's forty arrays at every
    call made the loop sixty times slower.
    """
    ours = of_ours() if own else {}
    decorate = numba_or_none().njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True, _nrt=False, **ours)
    return decorate(function)


def of_ours() -> dict[str, Any]:
    """How StockCue's own code compiles: by few passes, and without asking at every division whether it divides by zero, which
    it never does (a user's may, and says so)."""
    return {"pipeline_class": lean(), "error_model": "numpy"}


@cache
def lean() -> Any:
    """numba's way from bytecode to machine code without the passes that StockCue's own loops have no use for: closures, literal
    unrolling, inlining before types are known, array expressions. Each goes over every function again."""
    from numba.core import compiler
    from numba.core.compiler_machinery import PassManager

    class Lean(compiler.CompilerBase):
        def define_pipelines(self) -> list[Any]:
            passes = PassManager("lean")
            for name in PASSES:
                passes.add_pass(getattr(compiler, name), name)
            passes.finalize()
            return [passes]

    return Lean


PASSES = (
    "TranslateByteCode", "FixupArgs", "IRProcessing", "GenericRewrites", "ReconstructSSA", "NopythonTypeInference",
    "PreLowerStripPhis", "IRLegalization", "AnnotateTypes", "NativeLowering", "NoPythonBackend",
)  # fmt: skip


PLAIN = 0x501
"""NumPy's flags of an array in C order that is aligned and may be written."""


class CompiledEntry:
    """Compiled code over a named tuple of arrays, called many times with the same first field (a World's tape, Stories' rows).

    The first call goes through numba's check of types, which takes milliseconds; later ones go straight to the machine code,
    where the arrays are of the kinds that were checked. The caller sees to it that the types of all else follow from the first
    field, as ``Stage.world`` does.
    """

    def __init__(self, checked: Any) -> None:
        self.checked = checked
        (self.straight,) = (code.entry_point for code in checked.overloads.values())
        self.known: Callable[[], Any] = lambda: None
        self.kinds: Any = None

    def __call__(self, first: tuple, *rest: Any) -> int:
        if first[0] is not self.known():
            kinds = [(array.dtype, array.ndim, array.flags.num & PLAIN) for array in first]
            if kinds != self.kinds:
                answer = self.checked(first, *rest)
                self.known, self.kinds = ref(first[0]), kinds
                return answer
            self.known = ref(first[0])  # whose rows nobody looks at any more are laid over
        return self.straight(first, *rest)
