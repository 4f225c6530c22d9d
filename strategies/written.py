"""Write a strategy that has no file (one defined in a notebook cell) down as the text of a module, so that it can travel.

The text holds the source of every function the fold reaches, the values of the globals they look up, and the declaration. Read
again it must reach the very same code and values; else it is refused.
"""

from __future__ import annotations

import ast
import inspect
import math
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from sim.words import _
from strategies.contract import Origin, Param, Strategy, StrategyError
from strategies.reach import ABSENT, lookups
from strategies.users import is_users

HEAD = '''"""The strategy {name}, as it was defined without a file of its own."""

from __future__ import annotations

import numpy as np
from numpy import array

from strategies.contract import Param, Strategy
'''


def write_down(strategy: Strategy) -> Origin:
    """The strategy as a module's text, with the helper modules it imports. Raises a sentence where that cannot be done."""
    if not isinstance(strategy.fold, FunctionType):
        raise StrategyError(
            _("The fold of {name!r} is no plain function, so it cannot be handed on; define it with def.").format(
                name=strategy.name
            )
        )
    pages = _Pages(strategy.name)
    fold = strategy.fold.__name__
    pages.value(fold, strategy.fold)
    arguments = [
        f"{f.name}={pages.literal(getattr(strategy, f.name), f.name)}"
        for f in fields(strategy)
        if f.name not in ("fold", "origin")
    ]
    text = HEAD.format(name=strategy.name.replace('"', "'").replace("\\", "/"))
    text += "\n".join(pages.imports) + "\n\n\n" + "\n\n\n".join(pages.parts)
    text += f"\n\n\nSTRATEGY = Strategy({', '.join([f'fold={fold}', *arguments])})\n"
    stem = "".join(c if c.isalnum() or c == "_" else "_" for c in strategy.name) or "strategy"
    files = {f"{stem}.py": text.encode()} | pages.files
    return Origin(f"{stem}.py", tuple(files.items()))


class _Pages:
    """The parts of the text, each before what needs it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.imports: list[str] = []
        self.parts: list[str] = []
        self.files: dict[str, bytes] = {}
        self.known: dict[str, Any] = {"np": np, "array": np.array, "Param": Param, "Strategy": Strategy, "STRATEGY": ABSENT}

    def function(self, function: FunctionType) -> str:
        """Write a function down after all it looks up; returns its name."""
        name = function.__name__
        if self._taken(name, function):
            return name
        node, source = self._source(function)
        needed = dict(self._needed(function, node))
        free = [n for n in function.__code__.co_freevars if n in needed]
        for other, value in needed.items():
            if other not in free and value is not function:
                self.value(other, value)
        if free:
            inner = textwrap.indent(source, "    ")
            given = ", ".join(self.literal(needed[n], n) for n in free)
            source = f"def _made_{name}({', '.join(free)}):\n{inner}\n    return {name}\n\n\n{name} = _made_{name}({given})"
        self.parts.append(source)
        return name

    def value(self, name: str, value: Any) -> None:
        """Write down what a global stands for."""
        value = getattr(value, "py_func", value)
        if isinstance(value, FunctionType) and self._here(value):
            text = self.function(value)
            if text != name and not self._taken(name, value):
                self.parts.append(f"{name} = {text}")
            return
        if self._taken(name, value):
            return
        module = getattr(value, "__module__", None)
        if isinstance(value, ModuleType):
            self._import(value.__name__)
            self.imports.append(f"import {value.__name__} as {name}" if name != value.__name__ else f"import {name}")
        elif module and getattr(value, "__qualname__", "").isidentifier() and module not in ("builtins", "__main__"):
            self._import(module)
            self.imports.append(f"from {module} import {value.__qualname__} as {name}")
        elif module != "builtins" or not callable(value):
            self.parts.append(f"{name} = {self.literal(value, name)}")

    def literal(self, value: Any, name: str) -> str:
        """A value as Python reads it."""
        if isinstance(value, float) and not math.isfinite(value):
            return f'float("{value}")'
        if value is None or isinstance(value, bool | int | float | str | bytes):
            return repr(value)
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
            listed = self.literal(value.tolist(), name)
            return (
                f'array({listed}, "{value.dtype}")'
                if isinstance(value, np.ndarray)
                else f'np.dtype("{value.dtype}").type({listed})'
            )
        if isinstance(value, Param):
            return f"Param({', '.join(f'{f.name}={self.literal(getattr(value, f.name), name)}' for f in fields(value))})"
        if type(value) in (tuple, list, set, frozenset):
            inner = ", ".join(self.literal(v, name) for v in value)
            comma = "," if len(value) == 1 and isinstance(value, tuple) else ""
            plain: dict[type, str] = {tuple: f"({inner}{comma})", list: f"[{inner}]"}
            return plain.get(type(value), f"{type(value).__name__}([{inner}])")
        if hasattr(value, "items"):
            return "{" + ", ".join(f"{self.literal(k, name)}: {self.literal(v, name)}" for k, v in value.items()) + "}"
        if isinstance(value, FunctionType):
            return self.function(value)
        raise self._refused(
            _("its {name!r} is a {qualname}, which cannot be written down").format(name=name, qualname=type(value).__qualname__)
        )

    def _taken(self, name: str, value: Any) -> bool:
        """Whether a name is written already; raises where it stands for something else."""
        if name in self.known and self.known[name] is not value:
            raise self._refused(_("it uses the name {name!r} for two things").format(name=name))
        was, self.known[name] = name in self.known, value
        return was

    def _source(self, function: FunctionType) -> tuple[ast.FunctionDef, str]:
        try:
            source = textwrap.dedent(inspect.getsource(function))
            node = ast.parse(source).body[0]
        except (OSError, TypeError, SyntaxError):
            raise self._refused(_("the source of {name!r} cannot be found").format(name=function.__name__)) from None
        if not isinstance(node, ast.FunctionDef):
            raise self._refused(_("{name!r} is no function made with def").format(name=function.__name__))
        return node, "\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno])

    def _needed(self, function: FunctionType, node: ast.FunctionDef) -> Iterable[tuple[str, Any]]:
        for path, home in lookups(function):
            value = home.get(path[0], ABSENT)
            if value is not ABSENT and path[0] != "global":
                yield path[0], value
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            for used in ast.walk(default):
                if isinstance(used, ast.Name) and used.id in function.__globals__:
                    yield used.id, function.__globals__[used.id]

    def _here(self, function: FunctionType) -> bool:
        """Whether a function is defined where no import can find it."""
        module = inspect.getmodule(function)
        if module is None or module.__name__ == "__main__" or module.__name__.startswith("user_strategy_"):
            return True
        return not all(part.isidentifier() for part in module.__name__.split("."))

    def _import(self, module: str) -> None:
        """See that a module of the user's travels too."""
        file = getattr(sys.modules.get(module), "__file__", None)
        if file and is_users(module):
            self.files[module.replace(".", "/") + ".py"] = Path(file).read_bytes()

    def _refused(self, why: str) -> StrategyError:
        return StrategyError(
            f"The strategy {self.name!r} has no file and cannot be handed on: {why}; write it into a .py file and name that."
        )
