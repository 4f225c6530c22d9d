"""What a fold reaches: the functions it calls and the values its globals hold. They, and nothing else, decide what it answers.

A strategy is more than its file: a helper module, a limit read from a JSON file when the file was loaded, a value of another
notebook cell all enter it, and compiled code freezes them. So identity is taken from what the fold reaches now.
"""

from __future__ import annotations

import builtins
import dis
import hashlib
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from sim.words import _
from strategies.values import code_text, digest

OURS = frozenset({"strategies", "scenarios", "sim", "conf", "stockcue", "__future__"})
"""Packages of StockCue: what they hold is identified by the program's own checksum."""
MACHINE = frozenset({
    "os", "posix", "nt", "io", "_io", "sys", "time", "datetime", "random", "_random", "secrets", "uuid", "socket", "_socket",
    "subprocess", "pathlib", "tempfile", "glob", "shutil", "platform", "getpass", "threading", "_thread", "multiprocessing",
    "asyncio", "urllib", "http", "ftplib", "requests", "httpx", "sqlite3", "ctypes",
})  # fmt: skip
"""Modules through which a fold would see files, the clock, the environment or chance."""
MACHINE_BUILTINS = frozenset({"open", "input", "id", "hash", "eval", "exec", "compile", "__import__", "globals", "vars"})
CONSTANT = frozenset({"sys.float_info", "sys.int_info", "sys.maxsize", "sys.byteorder", "sys.version_info"})
"""What of those modules is a plain number."""
ABSENT = object()


class Read(NamedTuple):
    """A name looked up: ``path``: it, and attributes asked of a module; ``home``: where it stands; ``held``: the object."""

    path: tuple[str, ...]
    home: Mapping[str, Any]
    held: Any


@dataclass
class Reach:
    """What was found.

    ``functions``: the user's functions that are reached, the fold first. ``values``: digest of every global value, by name.
    ``machine``: what it reads of the machine, in words. ``odd``: names whose values cannot be told apart. ``reads``: lookups.
    """

    functions: list[FunctionType] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    machine: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)

    def still(self) -> bool:
        """Whether every name that was looked up still stands for the same object."""
        return all(r.home.get(r.path[0], ABSENT) is r.held for r in self.reads)

    def fingerprint(self) -> str:
        """Thirty-two hex digits: equal where code and values are."""
        hasher = hashlib.sha256()
        for function in self.functions:
            hasher.update(code_text(function.__code__).encode())
            hasher.update(repr((digest(function.__defaults__), digest(function.__kwdefaults__))).encode())
        hasher.update(repr(sorted(self.values.items())).encode())
        return hasher.hexdigest()[:32]


def reach(fold: Any) -> Reach:
    """All that ``fold`` reaches by name, through the user's own functions, classes and modules."""
    reached = Reach()
    _into(reached, fold, "fold", set())
    return reached


def is_users(module: str) -> bool:
    """Whether a module is neither StockCue's, nor Python's, nor installed."""
    root = module.split(".")[0]
    if root == "__main__":  # a notebook's or a script's, whatever program runs it
        return True
    if root in OURS or root in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is None or not _installed(file)


def lookups(function: FunctionType) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Names that a function, or one defined in it, looks up outside itself, each with the mapping it is looked up in."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
    free = {name: cell.cell_contents for name, cell in cells.items() if _filled(cell)}
    for code in _codes(function.__code__):
        path: tuple[str, ...] = ()
        home: Mapping[str, Any] = {}
        for step in dis.get_instructions(code):
            if path and step.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
                path = (*path, str(step.argval))
                continue
            if path:
                yield path, home
            path = ()
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                path, home = (str(step.argval),), _Names(function.__globals__)
            elif "DEREF" in step.opname and step.argval in free and not step.opname.startswith(("STORE", "DELETE")):
                path, home = (str(step.argval),), free
            elif step.opname == "IMPORT_NAME":
                path, home = (str(step.argval),), sys.modules
            elif step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                yield ("global", str(step.argval)), {}
        if path:
            yield path, home


class _Names(dict):
    """A function's globals, and Python's own names behind them."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def get(self, key: str, default: Any = None) -> Any:
        return self.names[key] if key in self.names else getattr(builtins, key, default)


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not ABSENT
    except ValueError:
        return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@cache
def _installed(file: str) -> bool:
    path = Path(file).resolve()
    if {"site-packages", "dist-packages"} & {*path.parts}:
        return True
    return any(path.is_relative_to(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib"))


def _into(reached: Reach, value: Any, name: str, known: set[int]) -> None:
    """Note what ``value``, called ``name`` where it is used, brings along."""
    if id(value) in known:
        return
    inner = getattr(value, "py_func", None) or getattr(value, "__wrapped__", None)
    if isinstance(inner, FunctionType):
        value = inner
    if isinstance(value, FunctionType):
        known.add(id(value))
        if is_users(value.__module__ or "") or name == "fold":
            _function(reached, value, known)
        else:
            _named(reached, value, name)
    elif isinstance(value, ModuleType):
        known.add(id(value))
        _module(reached, value, name)
    elif isinstance(value, type | BuiltinFunctionType | MethodType) or type(value).__name__ == "ufunc":
        _named(reached, value, name, known)
    else:
        _value(reached, value, name, known)


def _function(reached: Reach, function: FunctionType, known: set[int]) -> None:
    reached.functions.append(function)
    for path, home in lookups(function):
        if path[0] == "global" and not home:
            reached.machine.append(_("keeps state in the global {path!r}").format(path=path[1]))
            continue
        held = value = home.get(path[0], ABSENT)
        if value is ABSENT:
            _put(reached, path[0], "absent")
            reached.reads.append(Read(path, home, held))
            continue
        reached.reads.append(Read(path, home, held))
        name, rest = path[0], list(path[1:])
        while rest and isinstance(value, ModuleType) and hasattr(value, rest[0]):
            within, inner = vars(value), rest.pop(0)
            name, value = f"{value.__name__}.{inner}", getattr(value, inner)
            reached.reads.append(Read((inner,), within, within.get(inner, ABSENT)))
        _into(reached, value, name, known)
        if isinstance(value, type) and value.__module__ == "datetime" and {*rest} & {"now", "utcnow", "today"}:
            reached.machine.append(f"calls {name}.{rest[0]}")
    for k, default in enumerate([*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]):
        _into(reached, default, f"{function.__name__} default {k}", known)


def _named(reached: Reach, value: Any, name: str, known: set[int] | None = None) -> None:
    """Something of Python's, StockCue's or an installed package, known by its name; or a class of the user's."""
    module = getattr(value, "__module__", None) or type(getattr(value, "__self__", None)).__module__
    label = getattr(value, "__qualname__", name)
    root = module.split(".")[0]
    if isinstance(value, type) and known is not None and is_users(module):
        known.add(id(value))
        for member, inner in vars(value).items():
            if isinstance(inner, FunctionType) and not member.startswith("__"):
                _into(reached, inner, f"{name}.{member}", known)
        _put(reached, name, f"class {label}")
        return
    if module == "builtins" and label in MACHINE_BUILTINS:
        reached.machine.append(f"calls {label}")
    elif root in MACHINE and root != "datetime" and name not in CONSTANT:
        reached.machine.append(f"calls {module}.{label}")
    elif "numpy.random" in module or "numpy.random" in type(getattr(value, "__self__", None)).__module__:
        reached.machine.append(_("calls numpy.random ({label})").format(label=label))
    _put(reached, name, f"{module}.{label}")


def _module(reached: Reach, module: ModuleType, name: str) -> None:
    """A module that is handed on whole."""
    root = module.__name__.split(".")[0]
    if root in MACHINE or module.__name__.startswith("numpy.random"):
        reached.machine.append(f"uses {module.__name__}")
    file = getattr(module, "__file__", None)
    text = Path(file).read_bytes() if file and is_users(module.__name__) else b""
    _put(reached, name, f"module {root} {hashlib.sha256(text).hexdigest()[:16]}")


def _value(reached: Reach, value: Any, name: str, known: set[int]) -> None:
    """A plain value, or an object of the user's."""
    kind = type(value)
    root = kind.__module__.split(".")[0]
    if (root in MACHINE and root != "datetime" and name not in CONSTANT) or kind.__module__.startswith("numpy.random"):
        reached.machine.append(f"holds {name!r}, a {kind.__module__}.{kind.__qualname__}")
    made = digest(value)
    if not made:
        reached.odd.append(name)
    if is_users(kind.__module__):
        _into(reached, kind, f"{name}'s class", known)
    _put(reached, name, made or f"a {kind.__qualname__}")


def _put(reached: Reach, name: str, made: str) -> None:
    """Note a value; two modules may use one name for different things."""
    while reached.values.setdefault(name, made) != made:
        name += "'"
