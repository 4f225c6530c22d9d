"""Spells in which an item took no orders although it had stock: frozen, delisted, taken off sale. Said by whoever was there.

Given as a file with the columns sku, from, to, or as a list of the same; times are written like the recording's own, and an empty
sku means every SKU. The recording's own files may tell of them too, by events (freeze, delist, reopen) or by a column beside the
stock levels that says whether an item is on sale. Demand of such spells is imputed like that of a sell-out.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from sim.core.response import DELIST_SKU, FREEZE_SKU, REOPEN
from sim.core.tape import TAKE
from sim.core.units import US
from sim.engine.asrun import Deed
from sim.replay.clock import StreamError
from sim.replay.moments import show_us
from sim.replay.stream import Stream
from sim.words import _, ngettext, no_such

FIELDS = ("sku", "from", "to")
GRACE_S = 60.0
"""Orders this long after a freeze was pressed, or before a reopening, are the time it took, not a contradiction [show s]."""


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


def as_told(stream: Stream, off: Sequence[tuple[int, int, bool]], where: str) -> tuple[Stream, tuple[str, ...]]:
    """The stream with the spells in which its own files have an item off sale, and what has to be said of them. off: (show time
    [us], SKU, whether it stopped or began again), in order of time, as often as the files say so; where: the files."""
    deeds: list[Deed] = []
    state: dict[int, bool] = {}
    for t, sku, stopped in off:
        if state.get(sku, False) != stopped and t < stream.span_s * US:
            deeds.append(Deed(max(0, t), sku, FREEZE_SKU if stopped else REOPEN))
        state[sku] = stopped
    notes: list[str] = []
    _deeds, spells = between(stream, deeds, notes, where)
    return replace(stream, shut=(*stream.shut, *spells)), tuple(notes)


def between(
    stream: Stream, deeds: list[Deed], notes: list[str], where: str
) -> tuple[list[Deed], list[tuple[int, int, int]]]:  # fmt: skip
    """Freezes and reopenings at the moment they took effect by the recorded orders, and the spells between them; ``where``: what
    tells of them. :class:`StreamError` where orders contradict a spell."""
    stops, spells, end, late = [], [], round(stream.span_s * US), 0
    grace = max(GRACE_S, 2 * stream.reading_s, 2 * stream.bin_s) * US
    for k in range(len(stream.skus)):
        since: Deed | None = None
        orders = stream.t[(stream.what == TAKE) & (stream.sku == k)]
        for deed in [*(d for d in deeds if d.sku == k), Deed(end, k, REOPEN)]:
            if deed.what in (FREEZE_SKU, DELIST_SKU):
                at = deed.t if since is not None else _after(orders, deed.t, grace)
                stops.append(deed._replace(t=at))
                late += at - deed.t > US
                since = since or stops[-1]
            elif deed.what == REOPEN:
                at = deed.t if since is None or deed.t == end else _before(orders, deed.t, grace)
                if since is not None and at > since.t:
                    _unsold(stream, orders, (since.t, at), k, where)
                    spells.append((k, since.t, at))
                if deed.t != end:
                    stops.append(deed._replace(t=at))
                    late += deed.t - at > US
                since = None
            else:
                stops.append(deed)
    if late:
        text = _("{n} freezes and reopenings of {where} took effect up to a minute apart from their time, by the orders recorded")
        notes.append(text.format(n=late, where=where))
    return sorted(stops), spells


def _after(orders: np.ndarray, at: int, grace: float) -> int:
    """The moment after the last order that still came within the grace of a freeze."""
    late = orders[(orders >= at) & (orders <= at + grace)]
    return int(late[-1]) + 2 if len(late) else at


def _before(orders: np.ndarray, at: int, grace: float) -> int:
    """The moment before the first order that came with a reopening, or within the grace before it."""
    early = orders[(orders <= at) & (orders >= at - grace)]
    return int(early[0]) - 2 if len(early) else at


def _unsold(stream: Stream, orders: np.ndarray, spell: tuple[int, int], sku: int, where: str) -> None:
    inside = int(((orders > spell[0]) & (orders < spell[1])).sum())
    if inside:
        text = _("by {where} {sku} was closed from {start} to {end}, but {n} orders of it are recorded then; correct it")
        start, end = (stream.at(t / US) for t in spell)
        raise StreamError(text.format(where=where, sku=stream.skus[sku].id, start=start, end=end, n=inside))


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
