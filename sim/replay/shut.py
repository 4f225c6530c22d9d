"""Spells in which an item took no orders although it had stock: frozen, delisted, taken off sale. Said by whoever was there.

Given as a file with the columns sku, from, to, or as a list of the same; times are written like the recording's own, and an empty
sku means every SKU. Demand of such spells is imputed like that of a sell-out.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from sim.core.tape import TAKE
from sim.core.units import US
from sim.replay.clock import StreamError
from sim.replay.moments import show_us
from sim.replay.stream import Stream
from sim.words import _, ngettext, no_such

FIELDS = ("sku", "from", "to")


def with_shut(stream: Stream, given: Any) -> Stream:
    """The stream with its shut spells. :class:`StreamError` where one overlaps another of its SKU, lies outside the recording, or
    holds an order."""
    rows = _rows(given)
    names, spells = [s.id for s in stream.skus], []
    for row in rows:
        sku = str(row.get("sku") or "")
        if sku and sku not in names:
            raise StreamError(no_such("SKU", sku, names, _("the recording (shut=)")))
        start, end = (show_us(stream, str(row[field]), f"shut {field}") for field in FIELDS[1:])
        text = _("the shut spell from {start} to {end} of {sku}") if sku else _("the shut spell from {start} to {end}")
        sentence = text.format(start=row["from"], end=row["to"], sku=sku)
        if end <= start:
            raise StreamError(_("{spell} does not end after it begins; exchange from and to").format(spell=sentence))
        if end <= 0 or start >= stream.span_s * US:
            raise StreamError(
                _("{spell} lies outside the recording ({start} to {end}); correct it").format(
                    spell=sentence, start=stream.at(0.0), end=stream.at(stream.span_s)
                )
            )
        spells += [(k, max(0, start), end, sentence) for k in ([names.index(sku)] if sku else range(len(names)))]
    _agree(stream, sorted(spells))
    return replace(stream, shut=(*stream.shut, *(spell[:3] for spell in sorted(spells))))


def _agree(stream: Stream, spells: list[tuple[int, int, int, str]]) -> None:
    for one, two in pairwise(spells):
        if one[0] == two[0] and two[1] < one[2]:
            raise StreamError(_("{two} overlaps {one}; make them one or move them apart").format(two=two[3], one=one[3]))
    for sku, start, end, spell in spells:
        inside = int(((stream.what == TAKE) & (stream.sku == sku) & (stream.t > start) & (stream.t < end)).sum())
        if inside:
            raise StreamError(
                ngettext(
                    "{spell} holds {n} recorded order of {sku}, so it was on sale then; correct the spell",
                    "{spell} holds {n} recorded orders of {sku}, so it was on sale then; correct the spell",
                    inside,
                ).format(spell=spell, n=inside, sku=stream.skus[sku].id)
            )


def _rows(given: Any) -> list[Mapping[str, Any]]:
    if isinstance(given, str | Path):
        path = Path(given)
        if not path.is_file():
            raise StreamError(
                _("shut={given!r} is not a file; write a CSV file with the columns sku, from, to, or a list").format(
                    given=str(given)
                )
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows: list[Mapping[str, Any]] = list(csv.DictReader(file))
    elif isinstance(given, Sequence):
        rows = [row for row in given if isinstance(row, Mapping)]
        if len(rows) < len(given):
            raise StreamError(_("shut= is a file or a list, as in shut=[{sku: mask, from: '20:10:00', to: '20:15:00'}]"))
    else:
        raise StreamError(_("shut= is a file or a list, as in shut=[{sku: mask, from: '20:10:00', to: '20:15:00'}]"))
    for row in rows:
        lacking = [f for f in FIELDS[1:] if row.get(f) in (None, "")]
        if lacking:
            raise StreamError(
                _("a shut spell does not say {lacking}: {dict}; columns are {fields}").format(
                    lacking=" or ".join(lacking), dict=dict(row), fields=", ".join(FIELDS)
                )
            )
        strange = [str(k) for k in row if k not in FIELDS]
        if strange:
            raise StreamError(no_such("field", strange[0], FIELDS, _("a shut spell")))
    return rows
