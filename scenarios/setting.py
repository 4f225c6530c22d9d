"""One declared setting of a scenario record: default, unit, bounds, meaning, source and confidence.

Every field of every record is declared through :func:`setting`, so that validation, the list of
assumptions in a report and the documentation all read the same declaration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, field, fields, is_dataclass
from typing import Any

from sim.words import _, no_such

CONFIDENCE = {
    "H": "official document, paper, or computed from data",
    "M": "several consistent secondary sources",
    "L": "one vendor or blog claim",
    "A": "assumption of this project",
    "-": "a fact of the show, to be given by its user",
}


class ScenarioError(ValueError):
    """A scenario cannot be used; the message is one sentence: what, where, what to do."""


def setting(
    default: Any,
    meaning: str,
    unit: str = "",
    low: float = -math.inf,
    high: float = math.inf,
    source: str = "project",
    confidence: str = "A",
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a record's field. ``low`` and ``high`` are inclusive bounds on numbers [unit]."""
    if confidence not in CONFIDENCE:
        raise ValueError(
            _("confidence {confidence!r} is not one of {confidence2}").format(
                confidence=confidence, confidence2=", ".join(CONFIDENCE)
            )
        )
    meta = {
        "meaning": meaning,
        "unit": unit,
        "low": low,
        "high": high,
        "source": source,
        "confidence": confidence,
        "choices": choices,
    }
    return field(metadata=meta) if default is MISSING else field(default=default, metadata=meta)


REQUIRED = MISSING
"""Marks a setting that has no default."""


def validate(record: Any, where: str) -> None:
    """Check every declared bound and choice of one record; raise :class:`ScenarioError` on the first fault."""
    for f in fields(record):
        value, meta = getattr(record, f.name), f.metadata
        label = f"{where}.{f.name}"
        if value is None and f.default is None:
            continue
        if meta.get("choices"):
            if value not in meta["choices"]:
                raise ScenarioError(no_such("option", value, meta["choices"], label))
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and not _inside(value, meta):
            unit = f" {_(meta['unit'])}" if meta.get("unit") else ""
            raise ScenarioError(
                _("{label} = {value:g}{unit} is outside its bounds [{low:g}, {high:g}]; give a value inside them").format(
                    label=label, value=value, unit=unit, low=meta["low"], high=meta["high"]
                )
            )


def _inside(value: float, meta: Mapping[str, Any]) -> bool:
    return not math.isnan(value) and meta.get("low", -math.inf) <= value <= meta.get("high", math.inf)


def check_types(cls: type, values: Mapping[str, Any], where: str) -> None:
    """Refuse unknown keys of a mapping meant for the record ``cls`` ("did you mean")."""
    known = [f.name for f in fields(cls)]
    for key in values:
        if key not in known:
            raise ScenarioError(no_such("setting", key, known, where))


def assumptions(record: Any, where: str = "") -> list[dict[str, Any]]:
    """Every declared setting below ``record`` as rows: setting, value, unit, source, confidence, meaning."""
    rows: list[dict[str, Any]] = []
    for f in fields(record):
        value, label = getattr(record, f.name), f"{where}.{f.name}" if where else f.name
        if is_dataclass(value):
            rows += assumptions(value, label)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            rows += assumptions(value[0], f"{label}[0]")
        elif f.metadata and f.metadata["confidence"] != "-":
            row = {"setting": label, "value": value, "unit": f.metadata["unit"], "source": f.metadata["source"]}
            rows.append(row | {"confidence": f.metadata["confidence"], "meaning": f.metadata["meaning"]})
    return rows
