"""Mappings: which columns of an export mean what. A mapping is data (YAML) and can never run code.

Keys of a mapping file: ``kind`` (what its rows are), ``columns`` (field: the names it goes by, in any case), ``needs`` (fields
without which a file is another one), ``marks`` (columns found in no other export), ``zone`` (of bare times), ``types`` (word in
the type column: kind of the canonical stream), ``header`` (names of the columns of a file that has none), ``series`` (kind of
the canonical stream: its column), ``cumulative`` (those of them that are running totals), ``bin_s``, ``stamp`` (start or end of
the bin), ``dates`` (day-first or month-first, of dates such as 06/07/2026), ``jump`` (most a running total can grow in one bin),
``times_from`` (the mapping of files that say when the orders of this one were placed, where it has no times), ``carried`` (fields
that stand in an order's first row only), ``sure`` (how sure
the layout is) and ``source`` (what it rests on).

A name of a column stands for every way to write it ("Order ID", order_id): see :func:`sim.replay.ingest.names.key`.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from scenarios.plain_yaml import MOST, plain_yaml
from sim.replay.clock import StreamError, find_zone
from sim.replay.dates import ORDERS
from sim.replay.ingest.canon import KINDS
from sim.replay.ingest.names import key
from sim.replay.ingest.paths import must_be_file
from sim.setup.options import options
from sim.words import N_, _, did_you_mean, nearest, no_such

FIELDS = {
    "orders": ("order_id", "sub_id", "time", "date", "paid_time", "closed_time", "sku", "qty", "amount", "status", "kinds"),
    "events": ("time", "date", "type", "sku", "qty", "amount", "order_id", "sub_id", "user"),
    "levels": ("time", "date", "sku", "stock", "enrolled", "total", "waiting", "warehouse", "sale"),
    "flow": ("time", "sku", "change", "before", "stock", "type"),
    "dashboard": ("time", "sku"),
    "cues": ("start_time", "sku", "name", "cue", "duration", "peak", "tau_s", "shape"),
    "stock": ("sku", "name", "stock", "tier", "price", "margin", "safety_stock", "warehouse"),
}
"""Kinds of file and the fields each understands."""
LEAST = {"orders": ("time",), "events": ("time", "type", "sku"), "levels": ("time", "stock"), "flow": ("time", "sku", "change"),
         "dashboard": ("time",), "cues": ("start_time",), "stock": ("sku", "stock")}  # fmt: skip
"""Fields a mapping of a kind has to name."""
SURE = {N_("high"): N_("from real files or official documents"), N_("medium"): N_("from several public sources that agree"),
        N_("low"): N_("from one source, or in parts supposed"), N_("own"): N_("the user's own")}  # fmt: skip
"""How sure a mapping's layout is."""
MOST_NAMES = 1_000
"""Names that a column of a mapping may go by."""
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
    dates: str = ""
    jump: float = 0.0
    times_from: str = ""
    carried: tuple[str, ...] = ()
    sure: str = "own"
    source: str = ""

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every name a column of this mapping goes by, as keys."""
        return frozenset(key(n) for names in (*self.columns.values(), *self.series.values()) for n in names)

    def knows(self, name: str) -> bool:
        """Whether a column of that name is looked at."""
        return key(name) in self.keys

    def find(self, header: Map[str, Any] | list[str] | tuple[str, ...]) -> dict[str, str]:
        """Field to the file's own name of its column; series are found under the name of their kind.

        >>> shipped()["orders"].find(["id", "Time", "amount", "comment"])
        {'order_id': 'id', 'time': 'Time', 'amount': 'amount'}
        """
        written: dict[str, str] = {}
        for name in header:
            written.setdefault(key(name), name)
        columns = {}
        for meaning, names in {**self.columns, **self.series}.items():
            place = next((written[key(name)] for name in names if key(name) in written), None)
            if place is not None:
                columns[meaning] = place
        return columns

    def named(self, field: str, header: Map[str, Any] | list[str]) -> list[str]:
        """All columns of a file that are known under a field, the first of them the one it is read from.

        >>> shipped()["orders"].named("sku", ["time", "SKU", "product_id"])
        ['SKU', 'product_id']
        """
        alone = [replace(self, columns={field: (name,)}, series={}) for name in self.columns.get(field, ())]
        return list(dict.fromkeys(column for one in alone for column in one.find(header).values()))

    def fits(self, columns: Map[str, str]) -> bool:
        """Whether the columns found are enough for this mapping."""
        whole = all(n in columns for n in self.needs)
        return whole and (self.kind != "dashboard" or any(s in columns for s in self.series))


def _many(where: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and len(value) > MOST_NAMES:
        raise StreamError(
            _("{where} lists {n:,} names, more than {most_names:,}; leave out those that no file has").format(
                where=where, n=len(value), most_names=MOST_NAMES
            )
        )
    if isinstance(value, list) and value and all(isinstance(v, str | int | float) and not isinstance(v, bool) for v in value):
        return tuple(str(v) for v in value)
    raise StreamError(_("{where} must be a name or a list of names, not {value!r}").format(where=where, value=value))


def read_mapping(text: str, name: str, where: str) -> Mapping:
    """A mapping from YAML text. :class:`StreamError` says in one sentence what is wrong with it."""
    given = plain_yaml(text, f"mapping {where}", StreamError)
    if not isinstance(given, dict) or given.get("kind") not in FIELDS:
        kind = given.get("kind") if isinstance(given, dict) else None
        raise StreamError(
            _("mapping {where} needs kind: one of {fields}{hint}").format(
                where=where, fields=", ".join(FIELDS), hint=did_you_mean(str(kind), FIELDS) if kind else ""
            )
        )
    known = {f.name for f in fields(Mapping)} - {"name"}
    for word in given:
        if word not in known:
            raise StreamError(no_such("key", str(word), known, _("mapping {where}").format(where=where)))
    parts = _parts(where, given)
    least = tuple(n for n in LEAST[given["kind"]] if not (parts["times_from"] and n == "time"))
    parts["needs"] = parts["needs"] or (() if parts["header"] else least)
    return _checked(Mapping(name, given["kind"], **parts), where)


def _parts(where: str, given: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for word in ("columns", "series"):
        part = given.get(word) or {}
        if not isinstance(part, dict):
            raise StreamError(
                _("{word} of mapping {where} must be fields with the names they go by").format(word=word, where=where)
            )
        out[word] = {
            str(k): _many(_("{word}.{k} of mapping {where}").format(word=word, k=k, where=where), v) for k, v in part.items()
        }
    for word in ("needs", "marks", "header", "cumulative", "carried"):
        out[word] = _many(_("{word} of mapping {where}").format(word=word, where=where), given[word]) if given.get(word) else ()
    types = given.get("types") or {}
    if not isinstance(types, dict) or not all(isinstance(v, str) for v in types.values()):
        raise StreamError(_("types of mapping {where} must be words with the kinds they mean").format(where=where))
    out["types"] = {str(k).strip().lower(): v for k, v in types.items()}
    for word in ("bin_s", "jump"):
        value = given.get(word, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise StreamError(
                _("{word} of mapping {where} must be a number from 0, not {value!r}").format(word=word, where=where, value=value)
            )
        out[word] = float(value)
    for word, default in (("zone", ""), ("stamp", "start"), ("dates", ""), ("times_from", ""), ("sure", "own"), ("source", "")):
        value = given.get(word) or default
        if not isinstance(value, str):
            raise StreamError(
                _("{word} of mapping {where} must be a text, not {value!r}").format(word=word, where=where, value=str(value)[:60])
            )
        out[word] = value
    return out


def _checked(mapping: Mapping, where: str) -> Mapping:
    allowed = (*FIELDS[mapping.kind],)
    for name in (*mapping.columns, *mapping.needs, *mapping.carried):
        if name not in allowed and name not in mapping.series:
            raise StreamError(
                no_such("field", name, allowed, _("mapping {where} of {kind}").format(where=where, kind=mapping.kind))
            )
    for name in LEAST[mapping.kind]:
        if name not in mapping.columns and not (mapping.times_from and name == "time"):
            raise StreamError(
                _("mapping {where}: {kind} need a column for {name}").format(where=where, kind=mapping.kind, name=name)
            )
    for kind in (*mapping.series, *mapping.cumulative, *mapping.types.values()):
        if kind not in (*KINDS, ASIDE):
            raise StreamError(no_such("kind of row", kind, KINDS, _("mapping {where}").format(where=where)))
    if mapping.stamp not in ("start", "end"):
        raise StreamError(
            _("mapping {where}: stamp must be start or end, not {stamp!r}").format(where=where, stamp=mapping.stamp)
        )
    if mapping.times_from and mapping.kind != "orders":
        raise StreamError(_("mapping {where}: times_from is for orders, not {kind}").format(where=where, kind=mapping.kind))
    if mapping.sure not in SURE:
        raise StreamError(
            _("mapping {where}: sure must be one of {sure}, not {sure_sure!r}").format(
                where=where, sure=", ".join(SURE), sure_sure=mapping.sure[:60]
            )
        )
    if mapping.dates not in ORDERS:
        raise StreamError(
            _("mapping {where}: dates must be {orders}, not {dates!r}").format(
                where=where, orders=" or ".join(ORDERS[1:]), dates=mapping.dates[:60]
            )
        )
    find_zone(mapping.zone)
    return mapping


def words(mapping: Mapping) -> dict[str, str]:
    """Words of the type column and what they mean: the mapping's own over those of the plain events log."""
    return {**shipped()["events"].types, **mapping.types}


@cache
def shipped() -> dict[str, Mapping]:
    """The mappings that come with StockCue, by name."""
    return {n: read_mapping(file.read_text(encoding="utf-8"), n, file.name) for n, file in options("mappings").items()}


@cache
def known_names() -> frozenset[str]:
    """Keys of every column that any shipped mapping knows."""
    return frozenset(name for m in shipped().values() for name in m.keys)


@cache
def time_names() -> frozenset[str]:
    """Keys of the columns that say when an order was placed."""
    return frozenset(key(n) for m in shipped().values() if m.kind == "orders" for n in m.columns.get("time", ()))


@cache
def item_names() -> tuple[frozenset[str], frozenset[str]]:
    """Keys of the columns that say which item, and how many units."""
    plain = [m.columns for m in shipped().values() if m.kind == "orders"]
    sku, qty = ({key(n) for c in plain for n in c.get(f, ())} for f in ("sku", "qty"))
    return frozenset(sku), frozenset(qty)


def chosen(name: str) -> Mapping:
    """A mapping by name, or from a user's own .yaml file."""
    if name in shipped():
        return shipped()[name]
    if not name.endswith((".yaml", ".yml")):
        known = did_you_mean(name, shipped()) if nearest(name, shipped()) else _(
            "; known: {names}; a file of your own ends in .yaml").format(names=", ".join(shipped()))  # fmt: skip
        raise StreamError(no_such("mapping", name, shipped(), otherwise=known))
    path = Path(name)
    must_be_file(path)
    try:
        with path.open("rb") as file:
            text = file.read(MOST + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StreamError(
            _("the mapping file {name!r} cannot be read: {getattr}").format(
                name=name, getattr=getattr(error, "strerror", None) or _("not UTF-8")
            )
        ) from None
    return read_mapping(text, Path(name).stem, name)
