"""What a recording itself says was sold, and how much of it there was no stock for; before any model looks at it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scenarios.contract import Leaks, Ledger, Scenario
from sim.core.tape import EDIT_ADD, TAKE
from sim.words import _, ngettext

if TYPE_CHECKING:
    from sim.replay.stream import Stream

MOST = 5
"""SKUs named in a sentence."""


class Beyond(NamedTuple):
    """A SKU that was sold beyond its stock: how far the record fell below zero [units], and when it first did [show s]; -1: there
    was no stock from the start."""

    sku: str
    units: int
    t_s: float


def beyond(stream: Stream) -> list[Beyond]:
    """SKUs sold beyond their stock as the recording tells it, the worst first."""
    rows = []
    for name, path in stream.levels.groupby("sku", sort=False):
        below = path[path["stock"] < 0]
        if len(below):
            opening = int(path["stock"].iloc[0])
            rows.append(Beyond(str(name), -int(below["stock"].min()), float(below["t_s"].iloc[0]) if opening > 0 else -1.0))
    return sorted(rows, key=lambda b: -b.units)


def as_recorded(stream: Stream) -> str:
    """One sentence: units ordered, given back, and sold beyond the stock."""
    ordered = int(stream.qty[stream.what == TAKE].sum())
    back = int(stream.qty[(stream.what == EDIT_ADD) & (stream.qty > 0)].sum())
    opening = sum(s.stock for s in stream.skus)
    text = (
        _("As recorded: {ordered:,} units ordered of {opening:,} there at the start, {back:,} came back")
        if back
        else _("As recorded: {ordered:,} units ordered of {opening:,} there at the start")
    )
    head = text.format(ordered=ordered, opening=opening, back=back)
    over = beyond(stream)
    if not over:
        return _("{head}; nothing was sold beyond the stock.").format(head=head)
    since = (_("{sku} {units:,} (there was none from the start)"), _("{sku} {units:,} (from {start})"))
    parts = [since[b.t_s >= 0].format(sku=b.sku, units=b.units, start=stream.at(max(b.t_s, 0.0))) for b in over]
    n, units, more = len(over) - MOST, sum(b.units for b in over), ", ".join(parts[:MOST])
    if n > 0:
        text = ngettext(
            "{head}; {units:,} units were oversold: {list} and {n} more SKUs.",
            "{head}; {units:,} units were oversold: {list} and {n} more SKUs.",
            n,
        )
    else:
        text = _("{head}; {units:,} units were oversold: {list}.")
    return text.format(head=head, units=units, list=more, n=n)


def said_first(stream: Stream, world: Scenario | None) -> tuple[str, ...]:
    """What was recorded; where that was an oversell in a shop that is taken to make none, that its ledger decides."""
    facts, mode = as_recorded(stream), Ledger().mode if world is None else world.ledger.mode
    if not beyond(stream) or mode == "deduct_on_payment" or (world is not None and world.leaks != Leaks()):
        return (facts,)
    text = _(
        "What the model makes of it rests on how the shop takes stock, which no recording tells: it is taken to be {mode}, "
        "without leaks, and such a shop refuses what it has not got. Say how it was: scenario.ledger.mode=deduct_on_payment, or "
        "its leaks (scenario.leaks.NAME=, scenario=FILE)."
    )
    return facts, text.format(mode=mode)


def time_of_day(text: str) -> str:
    """The time of day of a calendar time; other clocks as they are.

    >>> time_of_day("2026-06-18T20:02:03.500000+08:00"), time_of_day("63.5")
    ('20:02:03', '63.5')
    """
    match = re.search(r"[T ](\d\d:\d\d:\d\d)", text)
    return match[1] if match else text


def never_in(stream: Stream) -> list[str]:
    """SKUs that were ordered and never had any stock."""
    sold = np.bincount(stream.sku[stream.what == TAKE], minlength=len(stream.skus))
    best = stream.levels.groupby("sku", sort=False)["stock"].max()
    return [s.id for k, s in enumerate(stream.skus) if sold[k] and best[s.id] <= 0]
