"""Find a scenario by name, and turn scenarios into plain data and back.

Plain data is what YAML and OmegaConf can hold. A tuple of records becomes a dict, so that one entry can be
overridden by name: SKUs by id, sales and notice channels by name, everything else numbered in order
(cues ``c01``, deliveries ``d01``, pushes ``p01``, outages ``o01``, shifts ``s01``).
"""

from __future__ import annotations

import importlib
import re
import sys
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from scenarios.bundles import Bundle, Part
from scenarios.contract import Cue, Delivery, Push, SalesChannel, Scenario, Sku
from scenarios.setting import ScenarioError, check_types
from scenarios.spread import SPREADS, Spread
from scenarios.staffing import NoticeChannel, Outage, Shift
from sim.words import _, no_such

FOLDER = Path(__file__).parent / "presets"
_ORDER = re.compile(r"^ORDER = (\d+)$", re.MULTILINE)

_NAMED: dict[type, str] = {Sku: "id", Bundle: "id", Part: "sku", SalesChannel: "name", NoticeChannel: "name"}
BY_NAME: dict[type, Mapping[str, Any]] = {Spread: SPREADS}
"""Records that a name can stand for."""
_NUMBERED: dict[type, str] = {Cue: "c", Delivery: "d", Push: "p", Outage: "o", Shift: "s"}


@cache
def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Built-in scenarios: a first one, the lessons in teaching order, the promotion night, the reference workload.

    A scenario is a file of the folder with a function ``build``; its ORDER, if it has one, is its place.

    >>> names()[0], names()[-1]
    ('first_show', 'ls1')
    """
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}
    places = {name: _ORDER.search(text) for name, text in texts.items() if "\ndef build(" in text}
    return tuple(sorted(places, key=lambda name: int(place[1]) if (place := places[name]) else sys.maxsize))


def load(name: str) -> Scenario:
    """The built-in scenario called ``name``.

    >>> load("mask_story").name
    'mask_story'
    """
    return _builder(name)()


def first_line(name: str) -> str:
    """One line on the built-in scenario ``name``, from its builder.

    >>> first_line("herding").endswith(".")
    True
    """
    return (_builder(name).__doc__ or "").strip().splitlines()[0]


def _builder(name: str) -> Any:
    if name not in names():
        raise ScenarioError(no_such("scenario", name, names()))
    return importlib.import_module(f"scenarios.presets.{name}").build


# -- to plain data --------------------------------------------------------------------------------------------


def plain(scenario: Scenario) -> dict[str, Any]:
    """A scenario as nested dicts of numbers, strings, booleans and None; :func:`from_plain` is the inverse."""
    return _plain_record(scenario)


def _plain_record(record: Any, without: str = "") -> dict[str, Any]:
    return {f.name: _plain_value(getattr(record, f.name)) for f in fields(record) if f.name != without}


def _plain_value(value: Any) -> Any:
    if is_dataclass(value):
        return _plain_record(value)
    if not isinstance(value, tuple):
        return value
    items: dict[str, Any] = {}
    for number, item in enumerate(value, 1):
        named = _NAMED.get(type(item), "")
        key = str(getattr(item, named)) if named else f"{_NUMBERED[type(item)]}{number:02d}"
        if key in items:
            raise ScenarioError(
                _("two {name} records are called {key!r}; their names must differ").format(name=type(item).__name__, key=key)
            )
        items[key] = _plain_record(item, named)
    return items


# -- from plain data ------------------------------------------------------------------------------------------


def from_plain(values: Mapping[str, Any]) -> Scenario:
    """The scenario that plain data describe; what they leave out keeps its default. Faults raise ScenarioError."""
    return _record(Scenario, values, "scenario")


def _record(cls: type, values: Any, where: str) -> Any:
    if isinstance(values, str) and cls in BY_NAME:
        if values not in BY_NAME[cls]:
            raise ScenarioError(no_such("option", values, BY_NAME[cls], where))
        return BY_NAME[cls][values]
    if not isinstance(values, Mapping):
        raise ScenarioError(_("{where} must be a group of settings, not {values!r}").format(where=where, values=values))
    check_types(cls, values, where)
    kinds = get_type_hints(cls)
    for f in fields(cls):
        if f.default is MISSING and f.name not in values:
            raise ScenarioError(
                _("{where} lacks its setting {name!r}; give it a value ({meaning})").format(
                    where=where, name=f.name, meaning=f.metadata["meaning"]
                )
            )
    values_of = {key: _value(kinds[key], value, f"{where}.{key}") for key, value in values.items()}
    try:
        return cls(**values_of)
    except ScenarioError as fault:
        # A bound is checked by the record itself, which does not know where in the scenario it stands.
        text, own = str(fault), f"{cls.__name__.lower()}."
        raise ScenarioError(f"{where}.{text[len(own) :]}" if text.startswith(own) else text) from None


def _value(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, types.UnionType):
        return None if value is None else _value(get_args(kind)[0], value, where)
    if get_origin(kind) is tuple:
        return _items(get_args(kind)[0], value, where)
    if isinstance(kind, type) and is_dataclass(kind):
        return _record(kind, value, where)
    return _scalar(kind, value, where)


def _items(cls: Any, value: Any, where: str) -> tuple[Any, ...]:
    """Records from a dict of them by name, or from a list where each carries its own name."""
    if isinstance(value, (list, tuple)):
        return tuple(_record(cls, item, f"{where}[{number}]") for number, item in enumerate(value))
    if not isinstance(value, Mapping):
        raise ScenarioError(_("{where} must be a group of entries by name, not {value!r}").format(where=where, value=value))
    items = []
    for key, item in value.items():
        given = item
        if cls in _NAMED and isinstance(item, Mapping):
            given = {_NAMED[cls]: str(key)} | dict(item)
        items.append(_record(cls, given, f"{where}.{key}"))
    return tuple(items)


def _scalar(kind: type, value: Any, where: str) -> Any:
    if kind is bool or kind is str:
        if isinstance(value, kind):
            return value
        text = _("{where} must be true or false, not {value!r}") if kind is bool else _("{where} must be a text, not {value!r}")
        raise ScenarioError(text.format(where=where, value=value))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ScenarioError(_("{where} must be a number, not {value!r}").format(where=where, value=value))
    if kind is int and not float(value).is_integer():
        raise ScenarioError(_("{where} must be a whole number, not {value!r}").format(where=where, value=value))
    return kind(value)
