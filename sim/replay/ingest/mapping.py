"""Mappings: which columns of an export mean what. A mapping is data (YAML) and can never run code.

Keys of a mapping file: ``kind`` (what its rows are), ``columns`` (field: the names it goes by, in any case), ``needs`` (fields
without which a file is another one), ``marks`` (columns found in no other export), ``zone`` (of bare times), ``types`` (word in
the type column: kind of the canonical stream), ``header`` (names of the columns of a file that has none), ``series`` (kind of
the canonical stream: its column), ``cumulative`` (those of them that are running totals), ``bin_s``, ``stamp`` (start or end of
the bin), ``jump`` (most a running total can grow in one bin).
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from scenarios.setting import did_you_mean
from sim.replay.clock import StreamError, find_zone
from sim.replay.ingest.canon import KINDS
from sim.replay.ingest.files import must_exist

FIELDS = {
    "orders": ("order_id", "sub_id", "time", "paid_time", "closed_time", "sku", "qty", "amount", "status"),
    "events": ("time", "type", "sku", "qty", "amount", "order_id", "sub_id", "user"),
    "levels": ("time", "sku", "stock", "enrolled", "total", "waiting"),
    "flow": ("time", "sku", "change", "before", "stock", "type"),
    "dashboard": ("time", "sku"),
    "cues": ("start_time", "sku", "name", "cue", "duration"),
    "stock": ("sku", "stock", "tier", "price", "margin", "safety_stock"),
}
"""Kinds of file and the fields each understands."""
LEAST = {"orders": ("time",), "events": ("time", "type", "sku"), "levels": ("time", "stock"), "flow": ("time", "sku", "change"),
         "dashboard": ("time",), "cues": ("start_time",), "stock": ("sku", "stock")}  # fmt: skip
"""Fields a mapping of a kind has to name."""
ASIDE = "aside"
"""What a word in the type column means where its rows are understood and not wanted."""


@dataclass(frozen=True)
class Mapping:
    """How one kind of export is read; see the module's docstring."""

    name: str
    kind: str
    columns: dict[str, tuple[str, ...]]
    needs: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    zone: str = ""
    types: dict[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    series: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cumulative: tuple[str, ...] = ()
    bin_s: float = 0.0
    stamp: str = "start"
    jump: float = 0.0

    def find(self, header: Map[str, Any] | list[str] | tuple[str, ...]) -> dict[str, str]:
        """Field to the file's own name of its column; series are found under the name of their kind.

        >>> shipped()["orders"].find(["id", "Time", "amount", "comment"])
        {'order_id': 'id', 'time': 'Time', 'amount': 'amount'}
        """
        small: dict[str, str] = {}
        for name in header:
            small.setdefault(name.strip().lower(), name)
        found = {}
        for meaning, names in {**self.columns, **self.series}.items():
            place = next((small[name.lower()] for name in names if name.lower() in small), None)
            if place is not None:
                found[meaning] = place
        return found

    def fits(self, found: Map[str, str]) -> bool:
        """Whether the columns found are enough for this mapping."""
        whole = all(n in found for n in self.needs)
        return whole and (self.kind != "dashboard" or any(s in found for s in self.series))


def _many(where: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(v, str | int | float) and not isinstance(v, bool) for v in value):
        return tuple(str(v) for v in value)
    raise StreamError(f"{where} must be a name or a list of names, not {value!r}")


def read_mapping(text: str, name: str, where: str) -> Mapping:
    """A mapping from YAML text. :class:`StreamError` says in one sentence what is wrong with it."""
    import yaml

    try:
        given = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise StreamError(f"mapping {where} is not YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(given, dict) or given.get("kind") not in FIELDS:
        kind = given.get("kind") if isinstance(given, dict) else None
        raise StreamError(
            f"mapping {where} needs kind: one of {', '.join(FIELDS)}{did_you_mean(str(kind), FIELDS) if kind else ''}"
        )
    known = {f.name for f in fields(Mapping)} - {"name"}
    for key in given:
        if key not in known:
            raise StreamError(f"mapping {where} has no key {str(key)!r}{did_you_mean(str(key), known)}")
    parts = _parts(where, given)
    parts["needs"] = parts["needs"] or (() if parts["header"] else LEAST[given["kind"]])
    return _checked(Mapping(name, given["kind"], **parts), where)


def _parts(where: str, given: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key in ("columns", "series"):
        part = given.get(key) or {}
        if not isinstance(part, dict):
            raise StreamError(f"{key} of mapping {where} must be fields with the names they go by")
        out[key] = {str(k): _many(f"{key}.{k} of mapping {where}", v) for k, v in part.items()}
    for key in ("needs", "marks", "header", "cumulative"):
        out[key] = _many(f"{key} of mapping {where}", given[key]) if given.get(key) else ()
    types = given.get("types") or {}
    if not isinstance(types, dict) or not all(isinstance(v, str) for v in types.values()):
        raise StreamError(f"types of mapping {where} must be words with the kinds they mean")
    out["types"] = {str(k).strip().lower(): v for k, v in types.items()}
    for key, default in (("bin_s", 0.0), ("jump", 0.0)):
        value = given.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise StreamError(f"{key} of mapping {where} must be a number from 0, not {value!r}")
        out[key] = float(value)
    out["zone"], out["stamp"] = str(given.get("zone") or ""), str(given.get("stamp") or "start")
    return out


def _checked(made: Mapping, where: str) -> Mapping:
    allowed = (*FIELDS[made.kind],)
    for name in (*made.columns, *made.needs):
        if name not in allowed and name not in made.series:
            raise StreamError(f"mapping {where}: {made.kind} have no field {name!r}{did_you_mean(name, allowed)}")
    for name in LEAST[made.kind]:
        if name not in made.columns:
            raise StreamError(f"mapping {where}: {made.kind} need a column for {name}")
    for kind in (*made.series, *made.cumulative, *made.types.values()):
        if kind not in (*KINDS, ASIDE):
            raise StreamError(f"mapping {where}: {kind!r} is no kind of row{did_you_mean(kind, KINDS)}")
    if made.stamp not in ("start", "end"):
        raise StreamError(f"mapping {where}: stamp must be start or end, not {made.stamp!r}")
    find_zone(made.zone)
    return made


def words(mapping: Mapping) -> dict[str, str]:
    """Words of the type column and what they mean: the mapping's own over those of the plain events log."""
    return {**shipped()["events"].types, **mapping.types}


@cache
def shipped() -> dict[str, Mapping]:
    """The mappings that come with StockCue, by name."""
    folder = resources.files("conf") / "mappings"
    names = sorted(e.name.removesuffix(".yaml") for e in folder.iterdir() if e.name.endswith(".yaml"))
    return {n: read_mapping((folder / f"{n}.yaml").read_text(encoding="utf-8"), n, f"{n}.yaml") for n in names}


def chosen(name: str) -> Mapping:
    """A mapping by name, or from a user's own .yaml file."""
    if name in shipped():
        return shipped()[name]
    if not name.endswith((".yaml", ".yml")):
        raise StreamError(f"no mapping is called {name!r}{did_you_mean(name, shipped())}; a file of your own ends in .yaml")
    must_exist(Path(name))
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StreamError(
            f"the mapping file {name!r} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}"
        ) from None
    return read_mapping(text, Path(name).stem, name)
