"""The machine checker: does a strategy keep the contract? One finding a rule, in words for its author.

The same suite runs over the built-in strategies in the tests and over a user's own file from the command line. What a
fold could only do by cheating (look ahead, share state, draw at random) shows as an answer that depends on
something other than its own past readings.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.conformance.readings import SHAPES, extremes, readings
from sim.words import _
from strategies.contract import EMERGENCY, LINE, NEVER, Fold, Signal, Strategy
from strategies.registry import StrategyError, settings

ALLOWED_IMPORTS = ("math", "typing", "__future__", "strategies.contract", "strategies.maths", "strategies.tails")
FAILURE, WARNING = "failure", "warning"
CANARY = -7.25e77
MARGIN = 16
CALM_S = 4 * 3600.0
"""Time after which a strategy with plenty of stock and no orders must be calm again [s]."""


@dataclass(frozen=True)
class Finding:
    """One rule: its name, whether it is kept, a sentence. ``kind`` says what a broken one means."""

    name: str
    ok: bool
    detail: str
    kind: str = FAILURE


class _Broken(Exception):
    """A rule is broken; the message is the sentence."""


@dataclass(frozen=True)
class _Trace:
    levels: tuple[int, ...]
    lines: tuple[float, ...]
    memory: bytes


def check(strategy: Strategy, seed: int = 0) -> list[Finding]:
    """Every rule of the contract tried on seeded readings; nothing is raised, whatever the strategy does."""
    rules: tuple[tuple[str, Callable[[Strategy, int], str]], ...] = (
        ("declaration", _declaration),
        ("deterministic", _deterministic),
        ("answers", _answers),
        (_("no look-ahead"), _no_look_ahead),
        ("independent", _independent),
        ("bounds", _bounds),
        (_("falls back to calm"), _falls_back),
        ("imports", _imports),
        ("compiles", _compiles),
    )
    findings: list[Finding] = []
    for name, rule in rules:
        if name == "compiles" and failures(findings):
            # Machine code checks no array bounds: a fold that breaks a rule in Python is not run compiled.
            findings.append(Finding(name, False, _("Not tried, because another rule is broken."), WARNING))
            continue
        try:
            findings.append(Finding(name, True, rule(strategy, seed)))
        except _Broken as broken:
            findings.append(Finding(name, False, str(broken), _kind(name, strategy)))
        except Exception as error:
            findings.append(Finding(name, False, _("It raised {name}: {error}.").format(name=type(error).__name__, error=error)))
    return findings


def answers(strategy: Strategy) -> list[str]:
    """What a fold answers on the fixed readings, its settings as declared: levels, lines and memory, or what it raises."""
    texts = []
    for signals in (*(readings(shape) for shape in SHAPES), extremes()):
        try:
            texts.append(repr(play(strategy.fold, _defaults(strategy), strategy.memory, signals)))
        except Exception as error:
            texts.append(f"{type(error).__name__}: {error}")
    return texts


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that make a strategy unusable; warnings are left out."""
    return [finding for finding in findings if not finding.ok and finding.kind == FAILURE]


def _kind(name: str, strategy: Strategy) -> str:
    own = not strategy.fold.__module__.startswith("strategies.")
    return WARNING if name == "compiles" or (name == "imports" and own) else FAILURE


def _defaults(strategy: Strategy, tier: int = 1) -> np.ndarray:
    return np.ascontiguousarray(settings(strategy)[tier])


def play(fold: Fold, params: np.ndarray, cells: int, signals: Sequence[Signal]) -> _Trace:
    """Run a fold over readings with fresh memory; raises where an answer or a cell breaks the contract."""
    buffer = np.full(cells + 2 * MARGIN, CANARY)
    memory = buffer[MARGIN : MARGIN + cells]
    memory[:] = 0.0
    given = params.copy()
    levels, lines = [], []
    for i, signal in enumerate(signals):
        level = fold(params, memory, signal)
        _answer(level, memory, i)
        if not np.array_equal(given, params):
            raise _Broken(_("It changed its params at reading {i}.").format(i=i))
        levels.append(int(level))
        lines.append(float(memory[LINE]))
    if np.count_nonzero(buffer == CANARY) < 2 * MARGIN:
        raise _Broken(_("It wrote outside the {cells} memory cells it declares.").format(cells=cells))
    return _Trace(tuple(levels), tuple(lines), memory.tobytes())


def _answer(level: object, memory: np.ndarray, i: int) -> None:
    if isinstance(level, bool) or not isinstance(level, int | np.integer) or not 0 <= level <= EMERGENCY:
        raise _Broken(_("At reading {i} it answered {level!r}; a level is a whole number from 0 to {emergency}.").format(
                         i=i, level=level, emergency=EMERGENCY))  # fmt: skip
    if not math.isfinite(memory[LINE]) or memory[LINE] < 0.0:
        raise _Broken(_("At reading {i} memory[LINE] is {memory}; a stock line is finite and not negative.").format(
                         i=i, memory=memory[LINE]))  # fmt: skip
    if np.isnan(memory).any():
        raise _Broken(_("At reading {i} memory cell {flatnonzero} is not a number.").format(i=i,
                         flatnonzero=int(np.flatnonzero(np.isnan(memory))[0])))  # fmt: skip


def _declaration(strategy: Strategy, seed: int) -> str:
    names = [param.name for param in strategy.params]
    if len(set(names)) < len(names):
        raise _Broken(_("Two params have the same name."))
    for param in strategy.params:
        if not param.low <= param.default <= param.high:
            raise _Broken(_("The default of {name!r} is outside its bounds.").format(name=param.name))
        if not (param.unit and param.meaning and param.confidence in ("H", "M", "L", "A")):
            raise _Broken(_("{name!r} needs a unit, a meaning and a confidence of H, M, L or A.").format(name=param.name))
    if strategy.memory < 1:
        raise _Broken(_("It needs at least one memory cell, for the stock line."))
    try:
        settings(strategy)
    except StrategyError as error:
        raise _Broken(str(error)) from None
    return _("{n} params and {memory} memory cells are declared.").format(n=len(names), memory=strategy.memory)


def _answers(strategy: Strategy, seed: int) -> str:
    seen: set[int] = set()
    for tier in range(3):
        for shape in SHAPES:
            try:
                seen.update(play(strategy.fold, _defaults(strategy, tier), strategy.memory, readings(shape, seed)).levels)
            except IndexError as error:
                raise _Broken(_("It reads or writes outside its params or its {memory} cells: {error}.").format(
                                 memory=strategy.memory, error=error)) from None  # fmt: skip
    return _("Levels {seen} were seen over {n} shapes and 3 tiers.").format(seen=sorted(seen), n=len(SHAPES))


def _deterministic(strategy: Strategy, seed: int) -> str:
    traces: dict[str, _Trace] = {}
    # Forth and back: what an earlier run left behind outside the memory shows when it is repeated after the others.
    for shape in (*SHAPES, *reversed(SHAPES)):
        try:
            trace = play(strategy.fold, _defaults(strategy), strategy.memory, readings(shape, seed))
        except Exception:
            return _("Not judged, because it cannot be run; see the other findings.")
        if traces.setdefault(shape, trace) != trace:
            raise _Broken(_("Two runs over the same {shape!r} readings differ.").format(shape=shape))
    return _("The same readings give the same answers.")


def _no_look_ahead(strategy: Strategy, seed: int) -> str:
    cuts = 0
    for shape in SHAPES:
        signals = readings(shape, seed)
        whole = play(strategy.fold, _defaults(strategy), strategy.memory, signals)
        for cut in range(1, len(signals), 83):
            changed = [s._replace(stock=0.0, office=0.0, orders=s.orders + 999.0, mark=1.0 - s.mark) for s in signals[cut:]]
            for future in ([], changed):
                part = play(strategy.fold, _defaults(strategy), strategy.memory, [*signals[:cut], *future])
                if part.levels[:cut] != whole.levels[:cut] or part.lines[:cut] != whole.lines[:cut]:
                    raise _Broken(
                        _("On {shape!r} its first {cut} answers depend on what comes after them.").format(shape=shape, cut=cut)
                    )
            cuts += 1
    return _("At {cuts} cut points nothing that comes later changes an answer.").format(cuts=cuts)


def _independent(strategy: Strategy, seed: int) -> str:
    params = _defaults(strategy)
    left, right = readings("sell-out", seed), readings("burst", seed + 1)
    alone = [play(strategy.fold, params, strategy.memory, signals).levels for signals in (left, right)]
    memories = np.zeros((2, strategy.memory))
    mixed: list[list[int]] = [[], []]
    for pair in zip(left, right, strict=True):
        for k, signal in enumerate(pair):
            mixed[k].append(int(strategy.fold(params, memories[k], signal)))
    if [tuple(levels) for levels in mixed] != alone:
        raise _Broken(_("Two SKUs run side by side answer otherwise than alone: it keeps state outside its memory."))
    return _("Two SKUs side by side answer as they do alone.")


def _bounds(strategy: Strategy, seed: int) -> str:
    base = _defaults(strategy)
    trials = [(_("its defaults"), base)]
    for side in ("low", "high"):
        trials.append(
            (
                _("every param {side}").format(side=side),
                np.array([getattr(param, side) for param in strategy.params], dtype=float),
            )
        )
        for i, param in enumerate(strategy.params):
            values = base.copy()
            values[i] = getattr(param, side)
            trials.append((f"{param.name} = {values[i]:g}", values))
    for label, values in trials:
        for signals in (extremes(), readings("sell-out", seed, 60)):
            try:
                play(strategy.fold, values, strategy.memory, signals)
            except Exception as error:
                raise _Broken(f"With {label}: {type(error).__name__.lstrip('_')}: {error}") from None
    return _("{n} settings at their bounds survive extreme readings.").format(n=len(trials))


def _falls_back(strategy: Strategy, seed: int) -> str:
    signals = readings("sell-out", seed)
    last = signals[-1]
    for i in range(int(CALM_S / 30.0)):
        t = last.t + 30.0 * (i + 1)
        # Plenty of stock: more than any line could ask for, so that what is tested is that the alarm lets go.
        full = {"stock": 1e7, "office": 1e7, "closed": 0.0, "unpaid": 0.0, "next_cue": NEVER, "next_lift": 0.0}
        signals.append(last._replace(t=t, now=t, left=last.left - 30.0 * i, mark=((i * 7919) % 1000) / 1000.0, **full))
    levels = play(strategy.fold, _defaults(strategy), strategy.memory, signals).levels
    if max(levels) == 0:
        return _("It never speaks on a sell-out, so there is nothing to take back.")
    if min(levels[-20:]) > 0:
        raise _Broken(_("{calm_s:g} hours after stock came back it still says {levels}: a freeze would never end.").format(
                         calm_s=CALM_S / 3600.0, levels=levels[-1]))  # fmt: skip
    return _("It is calm again after the stock came back.")


def _imports(strategy: Strategy, seed: int) -> str:
    source = inspect.getsourcefile(strategy.fold)
    if source is None:
        raise _Broken(_("Its source cannot be read, so its imports are unknown."))
    extra: set[str] = set()
    for node in ast.walk(ast.parse(Path(source).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            extra.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            extra.add("." * node.level + (node.module or ""))
    extra.difference_update(ALLOWED_IMPORTS)
    if extra:
        raise _Broken(
            _("It imports {extra}; a strategy needs math, typing and the contract only.").format(extra=", ".join(sorted(extra)))
        )
    return _("It imports nothing that could show it the future.")


def _compiles(strategy: Strategy, seed: int) -> str:
    from sim.engine.folds import compile_fold
    from sim.native import CannotCompile

    try:
        fast = compile_fold(strategy.fold)
    except CannotCompile as error:
        raise _Broken(_("It runs as plain Python, slower: {error}").format(error=error)) from None
    if fast is strategy.fold:
        return _("There is no compiler here; it runs as plain Python.")
    streams = {shape: readings(shape, seed) for shape in SHAPES} | {"extreme": extremes()}
    for tier in range(3):
        params = _defaults(strategy, tier)
        for shape, signals in streams.items():
            if play(fast, params, strategy.memory, signals) != play(strategy.fold, params, strategy.memory, signals):
                return _differs(shape)
    return _("Compiled and plain answers agree bit for bit.")


def _differs(shape: str) -> str:
    raise _Broken(
        _("Compiled it answers otherwise than plain on {shape!r} readings, so results would depend on the machine.").format(
            shape=shape
        )
    )
