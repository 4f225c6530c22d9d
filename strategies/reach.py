"""What a fold reaches: the functions it calls and the values its globals hold. They, and nothing else, decide what it answers.

A strategy is more than its file: a helper module, a limit read from a JSON file when the file was loaded, a value of another
notebook cell all enter it, and compiled code freezes them. So identity is taken from what the fold reaches now.
"""

from __future__ import annotations

import builtins
import dis
import hashlib
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from sim.words import _
from strategies.users import is_users
from strategies.values import code_text, digest

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
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.ndarray, np.generic)
OF_PYTHON = frozenset({
    "__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__firstlineno__", "__static_attributes__", "__slots__",
    "__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__", "__abstractmethods__", "_abc_impl",
    "__classcell__", "__orig_bases__", "__parameters__", "__match_args__", "__dataclass_fields__", "__dataclass_params__",
})  # fmt: skip
"""Names of a class that are Python's own."""
SLOTS = ("member_descriptor", "getset_descriptor")
"""What stands for an attribute of the instances, not for a value."""


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
    _into(reached, fold, "fold", {})
    return reached


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


def _into(reached: Reach, value: Any, name: str, known: dict[int, str]) -> None:
    """Note what ``value``, called ``name`` where it is used, brings along."""
    if id(value) in known:
        _put(reached, name, f"as {known[id(value)]}")
        return
    within = getattr(value, "py_func", None) or (None if isinstance(value, FunctionType) else getattr(value, "__wrapped__", None))
    if isinstance(within, FunctionType):  # a compiled function, or one with a memory
        value = within
    if isinstance(value, FunctionType):
        known[id(value)] = f"function {len(known)}"
        if is_users(value.__module__ or "") or name == "fold":
            _function(reached, value, known)
        else:
            _named(reached, value, name)
    elif isinstance(value, ModuleType):
        known[id(value)] = f"module {len(known)}"
        _module(reached, value, name, known)
    elif isinstance(value, type) and isinstance(value.__module__, str) and is_users(value.__module__):
        known[id(value)] = f"class {len(known)}"
        _class(reached, value, name, known)
    elif isinstance(value, MethodType) and isinstance(value.__func__, FunctionType):
        _into(reached, value.__func__, f"{name}'s function", known)
        _into(reached, value.__self__, f"{name}'s object", known)
    elif isinstance(value, type | BuiltinFunctionType | MethodType) or type(value).__name__ == "ufunc":
        before = len(reached.machine)
        _named(reached, value, name)
        if before == len(reached.machine) and not isinstance(of := getattr(value, "__self__", None), type | ModuleType | None):
            _into(reached, of, f"{name}'s object", known)
    else:
        _value(reached, value, name, known)


def _function(reached: Reach, function: FunctionType, known: dict[int, str]) -> None:
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
    for key, held in vars(function).items():  # what a decorator wraps stands there too
        _into(reached, held, f"{function.__name__}.{key}", known)


def _class(reached: Reach, value: type, name: str, known: dict[int, str]) -> None:
    """A class of the user's: its functions and values, those of the classes it rests on, and of the class it is made by."""
    _put(reached, name, f"class {value.__qualname__}")
    for member, inner in vars(value).items():
        if member not in OF_PYTHON:
            parts = [inner.fget, inner.fset] if isinstance(inner, property) else [getattr(inner, "__func__", inner)]
            parts = [p for p in parts if p is not None and type(p).__name__ not in SLOTS and not _generated(member, p)]
            for part in parts:
                _into(reached, part, f"{name}.{member}", known)
    for other in (*value.__bases__, type(value)):
        if isinstance(other.__module__, str) and is_users(other.__module__):
            _into(reached, other, f"{name}'s {other.__name__}", known)


def _generated(member: str, value: Any) -> bool:
    """Whether a member is what a data class writes for itself, from fields that are told anyway; its defaults are in __init__."""
    inner = getattr(value, "__wrapped__", value)
    return (
        member.startswith("__")
        and member != "__init__"
        and getattr(getattr(inner, "__code__", None), "co_filename", "") == "<string>"
    )


def _named(reached: Reach, value: Any, name: str) -> None:
    """Something of Python's, StockCue's or an installed package, known by its name."""
    module = getattr(value, "__module__", None) or type(getattr(value, "__self__", None)).__module__
    label = getattr(value, "__qualname__", name)
    root = module.split(".")[0]
    if module == "builtins" and label in MACHINE_BUILTINS:
        reached.machine.append(f"calls {label}")
    elif root in MACHINE and root != "datetime" and name not in CONSTANT:
        reached.machine.append(f"calls {module}.{label}")
    elif "numpy.random" in module or "numpy.random" in type(getattr(value, "__self__", None)).__module__:
        reached.machine.append(_("calls numpy.random ({label})").format(label=label))
    _put(reached, name, f"{module}.{label}")


def _module(reached: Reach, module: ModuleType, name: str, known: dict[int, str]) -> None:
    """A module that is handed on whole: of the user's all that stands in it."""
    root = module.__name__.split(".")[0]
    if root in MACHINE or module.__name__.startswith("numpy.random"):
        reached.machine.append(f"uses {module.__name__}")
    file = getattr(module, "__file__", None)
    text = Path(file).read_bytes() if file and is_users(module.__name__) else b""
    _put(reached, name, f"module {name if is_users(module.__name__) else root} {hashlib.sha256(text).hexdigest()[:16]}")
    if is_users(module.__name__):
        for key, held in vars(module).items():
            if not key.startswith("__") and not isinstance(held, ModuleType):
                _into(reached, held, f"{name}.{key}", known)


def _value(reached: Reach, value: Any, name: str, known: dict[int, str]) -> None:
    """A plain value, or an object of the user's."""
    kind = type(value)
    root = kind.__module__.split(".")[0]
    if (root in MACHINE and root != "datetime" and name not in CONSTANT) or kind.__module__.startswith("numpy.random"):
        reached.machine.append(f"holds {name!r}, a {kind.__module__}.{kind.__qualname__}")
    if not isinstance(value, PLAIN):
        known[id(value)] = f"value {len(known)}"
    try:
        digested = digest(value)
    except RecursionError:
        digested = ""
    if not digested:
        reached.odd.append(name)
    if is_users(kind.__module__):
        _into(reached, kind, f"{name}'s class", known)
    _put(reached, name, digested or f"a {kind.__qualname__}")
    for inner in _inside(value):
        _into(reached, inner, f"within {name}", known)


def _inside(value: Any) -> list[Any]:
    """What a value holds that is more than a figure or a text: functions, classes, objects."""
    if isinstance(value, partial):
        held = [value.func, *value.args, *value.keywords.values()]
    elif isinstance(value, Mapping):
        held = [*value.keys(), *value.values(), getattr(value, "default_factory", None)]
    elif isinstance(value, tuple | list | set | frozenset | deque):
        held = [*value]
    else:
        held = [*vars(value).values()] if hasattr(value, "__dict__") and is_users(type(value).__module__) else []
    return [v for v in held if not isinstance(v, PLAIN)]


def _put(reached: Reach, name: str, value_digest: str) -> None:
    """Note a value; two modules may use one name for different things."""
    while reached.values.setdefault(name, value_digest) != value_digest:
        name += "'"
