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

from scenarios.setting import did_you_mean
from sim.core.tape import TAKE
from sim.core.units import US
from sim.replay.clock import StreamError
from sim.replay.moments import show_us
from sim.replay.stream import Stream

FIELDS = ("sku", "from", "to")


def with_shut(stream: Stream, given: Any) -> Stream:
    """The stream with its shut spells. :class:`StreamError` where one overlaps another of its SKU, lies outside the recording, or
    holds an order."""
    rows = _rows(given)
    names, made = [s.id for s in stream.skus], []
    for row in rows:
        sku = str(row.get("sku") or "")
        if sku and sku not in names:
            raise StreamError(f"shut= names the SKU {sku!r}, which the recording has not{did_you_mean(sku, names)}")
        start, end = (show_us(stream, str(row[field]), f"shut {field}") for field in FIELDS[1:])
        said = f"the shut spell from {row['from']} to {row['to']}" + (f" of {sku}" if sku else "")
        if end <= start:
            raise StreamError(f"{said} does not end after it begins; exchange from and to")
        if end <= 0 or start >= stream.span_s * US:
            raise StreamError(f"{said} lies outside the recording ({stream.at(0.0)} to {stream.at(stream.span_s)}); correct it")
        made += [(k, max(0, start), end, said) for k in ([names.index(sku)] if sku else range(len(names)))]
    _agree(stream, sorted(made))
    return replace(stream, shut=(*stream.shut, *(spell[:3] for spell in sorted(made))))


def _agree(stream: Stream, spells: list[tuple[int, int, int, str]]) -> None:
    for one, two in pairwise(spells):
        if one[0] == two[0] and two[1] < one[2]:
            raise StreamError(f"{two[3]} overlaps {one[3]} ({stream.skus[one[0]].id}); make them one or move them apart")
    for sku, start, end, said in spells:
        inside = int(((stream.what == TAKE) & (stream.sku == sku) & (stream.t > start) & (stream.t < end)).sum())
        if inside:
            raise StreamError(f"{said} holds {inside} recorded order{'s' * (inside > 1)} of {stream.skus[sku].id}, so it was on "
                              "sale then; correct the spell")  # fmt: skip


def _rows(given: Any) -> list[Mapping[str, Any]]:
    if isinstance(given, str | Path):
        path = Path(given)
        if not path.is_file():
            raise StreamError(f"shut={str(given)!r} is not a file; write a CSV file with the columns sku, from, to, or a list")
        with path.open(encoding="utf-8-sig", newline="") as file:
            found: list[Mapping[str, Any]] = list(csv.DictReader(file))
    elif isinstance(given, Sequence):
        found = [row for row in given if isinstance(row, Mapping)]
        if len(found) < len(given):
            raise StreamError("shut= is a file or a list, as in shut=[{sku: mask, from: '20:10:00', to: '20:15:00'}]")
    else:
        raise StreamError("shut= is a file or a list, as in shut=[{sku: mask, from: '20:10:00', to: '20:15:00'}]")
    for row in found:
        lacking = [f for f in FIELDS[1:] if row.get(f) in (None, "")]
        if lacking:
            raise StreamError(f"a shut spell does not say {' or '.join(lacking)}: {dict(row)}; columns are {', '.join(FIELDS)}")
        strange = [str(k) for k in row if k not in FIELDS]
        if strange:
            raise StreamError(f"a shut spell has no {strange[0]!r}{did_you_mean(strange[0], FIELDS)}")
    return found
