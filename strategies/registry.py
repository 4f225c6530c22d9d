"""Find a strategy by name or file, and turn settings into the arrays a fold and the gate take."""

from __future__ import annotations

import importlib
import inspect
import math
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from sim.words import _, no_such
from strategies.contract import TIERS, Origin, Param, Strategy, StrategyError
from strategies.gate import GATE_PARAMS
from strategies.loading import load_file
from strategies.reach import reach
from strategies.slips import slip

FOLDER = Path(__file__).parent
_ORDER = re.compile(r"^ORDER = (\d+)$", re.MULTILINE)

Values = Mapping[str, "float | None"]


@cache
def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Built-in strategies in teaching order: bounds, people and incumbents, one line, forecasts, decisions.

    A strategy is a file of the folder that defines STRATEGY; its ORDER, if it has one, is its place.

    >>> names()[0], names()[-1]
    ('silent', 'smart')
    """
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}
    places = {name: _ORDER.search(text) for name, text in texts.items() if "\nSTRATEGY = " in text}
    return tuple(sorted(places, key=lambda name: int(place[1]) if (place := places[name]) else sys.maxsize))


def load(name_or_path: str | Path | Strategy) -> Strategy:
    """The strategy called so, the one a ``.py`` file defines as ``STRATEGY``, or one defined on the spot.

    A file is read as it is now, with its helpers; while nothing in them changes, the answer is the same object.

    >>> load("fixed_count").params[0].unit
    'units'
    """
    if isinstance(name_or_path, Strategy):
        return _sound(name_or_path, _("The strategy {name!r}").format(name=name_or_path.name))
    text = str(name_or_path)
    if text in names():
        return importlib.import_module(f"strategies.{text}").STRATEGY
    if text.endswith(".py"):
        return _from_file(Path(text))
    if Path(f"{text}.py").is_file():
        raise StrategyError(no_such("strategy", text, [], otherwise=_("; did you mean {word!r}?").format(word=f"{text}.py")))
    raise StrategyError(no_such("strategy", text, names()))


def settings(strategy: Strategy, values: Values | None = None, by_tier: Mapping[str, Values] | None = None) -> np.ndarray:
    """Parameter values, float64 [3 tiers, n_params]; row order as ``TIERS``, a later source overriding an earlier one:

    declared defaults, the strategy's ``by_tier``, ``values`` (all tiers), ``by_tier``. None keeps what stands.

    >>> settings(load("fixed_count"), {"units": 50}, {"traffic": {"units": 300}})[:, 0].tolist()
    [300.0, 50.0, 50.0]
    """
    where = f"strategy {strategy.name!r}"
    table = np.array([[param.default for param in strategy.params]] * len(TIERS), dtype=np.float64)
    _tiers(table, strategy.params, strategy.by_tier, where)
    for row in table:
        _put(row, strategy.params, values or {}, where)
    _tiers(table, strategy.params, by_tier or {}, where)
    return table


def gate_settings(values: Values | None = None) -> np.ndarray:
    """Gate settings, float64 [len(GATE_PARAMS)]: the declared defaults with ``values`` put over them."""
    row = np.array([param.default for param in GATE_PARAMS], dtype=np.float64)
    _put(row, GATE_PARAMS, values or {}, _("the gate"))
    return row


def _tiers(table: np.ndarray, params: tuple[Param, ...], by_tier: Mapping[str, Values], where: str) -> None:
    for tier, values in by_tier.items():
        if tier not in TIERS:
            raise StrategyError(no_such("tier", tier, TIERS, _("by_tier of {where}").format(where=where)))
        _put(table[TIERS.index(tier)], params, values or {}, f"{where}, tier {tier}")


def _put(row: np.ndarray, params: tuple[Param, ...], values: Values, where: str) -> None:
    index = {param.name: i for i, param in enumerate(params)}
    for key, value in values.items():
        if key not in index:
            raise StrategyError(no_such("setting", key, index, where))
        if value is None:
            continue
        row[index[key]] = _number(value, params[index[key]], where)


def _number(value: float, param: Param, where: str) -> float:
    unit = _(param.unit) if param.unit else ""
    bounds = _("between {low:g} and {high:g} {unit}").format(low=param.low, high=param.high, unit=unit)
    if isinstance(value, str) or not np.isscalar(value):
        raise StrategyError(
            _("In {where} the setting {name!r} must be a number {bounds}, not {value!r}.").format(
                where=where, name=param.name, bounds=bounds, value=value
            )
        )
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or not param.low <= number <= param.high:
        raise StrategyError(
            _("In {where} the setting {name!r} must lie {bounds}, not {number:g}.").format(
                where=where, name=param.name, bounds=bounds, number=number
            )
        )
    if param.whole and not number.is_integer():
        raise StrategyError(
            _("In {where} the setting {name!r} takes whole numbers {bounds}, not {number:g}.").format(
                where=where, name=param.name, bounds=bounds, number=number
            )
        )
    return number


def is_built_in(strategy: Strategy) -> bool:
    """Whether a strategy is one of StockCue's own, as it was shipped."""
    return strategy.name in names() and load(strategy.name) is strategy


_loaded: dict[tuple[Origin, str], Strategy] = {}


def _from_file(path: Path) -> Strategy:
    strategy = _sound(load_file(path), f"The STRATEGY in {str(path)!r}")
    assert strategy.origin is not None
    return _loaded.setdefault((strategy.origin, reach(strategy.fold).fingerprint()), strategy)


def _takes_three(fold: Callable[..., object]) -> bool:
    try:
        inspect.signature(fold).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # built in, without a signature
        return True
    return True


def _sound(strategy: Strategy, where: str) -> Strategy:
    keys = [param.name for param in strategy.params]
    cells = isinstance(strategy.memory, int) and strategy.memory >= 1
    if len(set(keys)) < len(keys) or not cells or not callable(strategy.fold):
        raise StrategyError(
            _("{where} needs a fold, at least one memory cell and settings with different names.").format(where=where)
        )
    if not _takes_three(strategy.fold):
        raise StrategyError(
            _("{where} needs a fold of three arguments: settings, memory, signal, as in def fold(p, m, s).").format(where=where)
        )
    for param in strategy.params:
        if not param.low <= param.default <= param.high:
            raise StrategyError(
                _("{where}: the default {default} of {name!r} lies outside its bounds, {low:g} to {high:g} {unit}.").format(
                    where=where, default=param.default, name=param.name, low=param.low, high=param.high, unit=param.unit
                )
            )
    if strategy.lack is not None and not 0 <= strategy.lack < strategy.memory:
        raise StrategyError(
            _("{where}: lack={lack} names no cell of its memory of {memory}.").format(
                where=where, lack=strategy.lack, memory=strategy.memory
            )
        )
    if (fault := slip(strategy)) is not None:
        raise StrategyError(f"{where} {fault}")
    return strategy
