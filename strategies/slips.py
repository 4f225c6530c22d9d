"""Slips of the pen in a fold, found in its text before it runs: machine code checks neither names nor bounds."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

from sim.words import _, did_you_mean
from strategies.contract import Signal, Strategy


def slip(strategy: Strategy) -> str | None:
    """What is wrong with the fold, in one sentence: something a signal does not have, a memory cell or a setting that was not
    declared. None where nothing is, or where the text cannot be had."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(strategy.fold)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    fold = next((node for node in ast.walk(body) if isinstance(node, ast.FunctionDef | ast.Lambda)), None)
    if fold is None or len(fold.args.args) != 3:
        return None
    params, memory, signal = (a.arg for a in fold.args.args)
    known = getattr(strategy.fold, "__globals__", {})
    for node in ast.walk(fold):
        line = _(" (line {lineno} of the fold)").format(lineno=node.lineno) if hasattr(node, "lineno") else ""
        if _of(node, ast.Attribute, signal) and node.attr not in Signal._fields and not hasattr(tuple, node.attr):  # type: ignore[attr-defined]
            hint = did_you_mean(node.attr, Signal._fields)  # type: ignore[attr-defined]
            return _(
                "asks for {signal}.{attr}, which a signal does not have{line}{hint}; all it has: stockcue list signal"
            ).format(signal=signal, attr=node.attr, line=line, hint=hint)  # type: ignore[attr-defined]
        if _of(node, ast.Subscript, memory) and (cell := _index(node.slice, known)) is not None and cell >= strategy.memory:  # type: ignore[attr-defined]
            return _(
                "uses {memory}[{cell}]{line} and declares memory={strategy_memory}; declare memory={cell2} in Strategy(...)"
            ).format(memory=memory, cell=cell, line=line, strategy_memory=strategy.memory, cell2=cell + 1)
        if _of(node, ast.Subscript, params) and (k := _index(node.slice, known)) is not None and k >= len(strategy.params):  # type: ignore[attr-defined]
            return _("uses {params}[{k}]{line} and declares {n} settings; declare it in params=(Param(...), ...)").format(
                params=params, k=k, line=line, n=len(strategy.params)
            )
    return None


def _of(node: ast.AST, kind: type, name: str) -> bool:
    """Whether a node is an attribute or an item of the variable ``name``."""
    return isinstance(node, kind) and isinstance(node.value, ast.Name) and node.value.id == name  # type: ignore[attr-defined]


def _index(node: ast.expr, known: Mapping[str, Any]) -> int | None:
    """A whole number written out, or the constant of a module; None for what is only known when it runs."""
    value = node.value if isinstance(node, ast.Constant) else known.get(node.id) if isinstance(node, ast.Name) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
