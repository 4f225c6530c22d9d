"""The same show in another world: of a tape only that is drawn again which another world draws otherwise.

A stream is named by what it is for, so most of a tape does not depend on most of a scenario: the feed's lag moves readings, a
cue's size the block of that cue, a count of stock what people type in. The result is the tape that :func:`draw_tape` gives, byte
for byte; where the room changes, so does every block, and it is drawn by that.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from sim.core.blocks import Block, distinct_times, how_late, raw_order, with_room
from sim.core.tape import CANCEL, COLUMNS, SAMPLE, Tape
from sim.demand.draw import draw_tape, felt, lay_cue, lay_outside, number, record_errors
from sim.demand.host import lifts, perform
from sim.demand.readings import lay_readings
from sim.demand.shoppers import Assortment

APART = ("name", "lesson", "cues", "skus", "channels", "leaks", "supply", "touchpoints", "feed", "staff", "chat")
"""Parts of a scenario that no shopper is drawn from, or not from all of them; those are looked at one by one."""
OF_SHOPPERS = ("duplicate_p", "late_callback_p", "late_callback_median_s", "late_callback_sigma")
"""Leaks that shoppers are drawn with."""
UNDRAWN = ("stock", "held_back")
"""What of a SKU no shopper is drawn from."""
UNSOLD = ("lag_s", "close_below")
"""What of a sales channel none is drawn from."""


def redrawn(tape: Tape, was: Scenario, scenario: Scenario) -> Tape:
    """The tape of ``scenario`` with the seed and replicate of ``tape``, which was drawn for ``was``: itself where nothing
    differs."""
    room = tape.room
    if tape.late is None or room is None or not _alike(was, scenario) or not _fits(tape):
        return draw_tape(scenario, *tape.key)
    cues, records, changed = tape.cues, tape.spoken, dict[int, list[Block]]()
    if was.cues != scenario.cues:
        cues, spoken = perform(scenario, *tape.key)
        stay_s = scenario.audience.mean_stay_s()
        if len(cues) != len(tape.cues) or lifts(cues, spoken, stay_s) != lifts(tape.cues, records, stay_s):
            return draw_tape(scenario, *tape.key)
        shop, pairs = Assortment(scenario), zip(spoken, records, strict=True)
        for k in [k for k, (now, then) in enumerate(pairs) if now != then or cues[k] != tape.cues[k]]:
            changed[k + 1] = lay_cue(shop, tape.key, k, cues[k], spoken[k], felt(room, tape.heat, int(cues[k]["sku"])))
        records = tuple(spoken)
    rows, viewers = _Rows(tape), tape.viewers
    rows.laid |= changed
    if was.feed != scenario.feed:
        readings, viewers = lay_readings(scenario, *tape.key, room)
        rows.laid[rows.readings] = [readings]
    if (was.leaks, was.supply, was.skus) != (scenario.leaks, scenario.supply, scenario.skus):
        rows.outside_as(lay_outside(scenario, *tape.key))
    errors = tape.record_error if was.leaks == scenario.leaks else record_errors(scenario, *tape.key)
    if rows.same and cues is tape.cues and np.array_equal(errors, tape.record_error):
        return tape
    return replace(tape, **rows.columns(), cues=cues, spoken=records, viewers=viewers, record_error=errors, drawn=-1)


def same_shoppers(one: Tape, other: Tape) -> bool:
    """Whether two tapes share the rows of their shoppers."""
    return one.who is other.who


def _fits(tape: Tape) -> bool:
    """Whether a time and what laid the row fit into one whole number, with room for later times."""
    return int(tape.t[-1:].max(initial=0)).bit_length() + (len(tape.cues) + 2).bit_length() <= 58


def _alike(one: Scenario, other: Scenario) -> bool:
    """Whether two worlds draw the same shoppers, their cues aside."""
    if (len(one.skus), len(one.channels)) != (len(other.skus), len(other.channels)):
        return False
    return (
        _but(one, other, APART)
        and all(getattr(one.leaks, name) == getattr(other.leaks, name) for name in OF_SHOPPERS)
        and all(_but(a, b, UNSOLD) for a, b in zip(one.channels, other.channels, strict=True))
        and all(_but(a, b, UNDRAWN) for a, b in zip(one.skus, other.skus, strict=True))
    )


def _but(one: Any, other: Any, names: tuple[str, ...]) -> bool:
    """Whether two records differ at most in settings of these names."""
    return one == other or all(getattr(one, f.name) == getattr(other, f.name) for f in fields(one) if f.name not in names)


class _Rows:
    """Rows of a tape by what laid them (the shelf: 0, cue k: k + 1, what no shopper causes, the readings), and blocks that take
    their place."""

    def __init__(self, tape: Tape) -> None:
        self.tape, self.old = tape, tape.columns()
        self.raw = tape.t - tape.late
        self.outside, self.readings = len(tape.cues) + 1, len(tape.cues) + 2
        self.origin = self.origin_of(self.old)
        self.laid: dict[int, list[Any]] = {}
        self.qty: np.ndarray | None = None
        self.spare: dict[str, np.ndarray] = {}

    @property
    def same(self) -> bool:
        """Whether no row changes."""
        return not self.laid and self.qty is None

    def origin_of(self, rows: dict[str, np.ndarray]) -> np.ndarray:
        """What laid each row, int16."""
        others = np.where(rows["kind"] >= SAMPLE, np.int16(self.readings), np.int16(self.outside))
        return np.where(rows["kind"] <= CANCEL, rows["cue"] + np.int16(1), others)

    def outside_as(self, blocks: list[Any]) -> None:
        """What no shopper causes becomes this. Where a count finds another number only that is changed."""
        rows, here = raw_order(blocks), np.flatnonzero(self.origin == self.outside)
        was = {name: column[here] for name, column in self.old.items()} | {"t": self.raw[here]}
        if not all(np.array_equal(was[name], rows[name]) for name in COLUMNS if name != "qty"):
            self.laid[self.outside] = blocks
        elif not np.array_equal(was["qty"], rows["qty"]):
            # What is laid behind the rows of one tape counts as laid behind those of the other.
            self.spare = dict(self.tape.spare or {})
            self.qty = with_room(self.old["qty"], np.arange(len(self.raw)), "qty", self.spare)
            self.qty[here] = rows["qty"]

    def columns(self) -> dict[str, Any]:
        """The columns that change."""
        if not self.laid:
            return {} if self.qty is None else {"qty": self.qty, "spare": self.spare}
        if self.qty is not None:
            self.old["qty"] = self.qty
        self._number()
        new, n = raw_order([block for k in sorted(self.laid) for block in self.laid[k]]), len(self.raw)
        kept = np.flatnonzero(~np.isin(self.origin, list(self.laid)))
        bits = self.readings.bit_length()
        place = np.searchsorted(
            self.raw[kept] << bits | self.origin[kept], new["t"] << bits | self.origin_of(new)
        ) + np.arange(len(new["t"]))  # fmt: skip
        stays = np.ones(len(kept) + len(place), bool)
        stays[place] = False
        source = np.empty(len(stays), np.int64)
        source[stays], source[place] = kept, n + np.arange(len(place))
        now = np.full(n + len(place) + 1, -1, np.int32)
        now[source] = np.arange(len(source), dtype=np.int32)
        new["cause"] = np.where(new["cause"] >= 0, new["cause"] + np.int32(n), np.int32(-1))
        spare: dict[str, np.ndarray] = {}
        both = {name: np.concatenate([self.old[name], new[name]]) for name in COLUMNS if name != "t"}
        raw = np.concatenate([self.raw, new["t"]])
        rows = {name: with_room(column, source, name, spare) for name, column in ({"t": raw} | both).items()}
        rows["cause"][:] = now.take(rows["cause"])
        raw = rows["t"].copy()
        rows["t"][:] = distinct_times(raw)
        return rows | {"late": how_late(rows["t"], raw), "spare": spare}

    def _number(self) -> None:
        """Give the shoppers of new blocks their numbers, and those behind them the numbers that are left to them."""
        moved, shopping = np.zeros(self.readings + 1, np.int32), self.origin < self.outside
        for k in sorted(self.laid.keys() - {self.outside, self.readings}):
            first = int(self.old["who"][shopping & (self.origin < k)].max(initial=-1)) + 1
            until = int(self.old["who"][self.origin == k].max(initial=first - 1)) + 1
            moved[k + 1 : self.outside] += number(self.laid[k], first + int(moved[k])) - int(moved[k]) - until
        if moved.any():
            self.old["who"] = self.old["who"] + moved[self.origin]
