"""A control plane in which people do what a log says, when it says so: the night as its team ran it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from sim.core import world as W
from sim.core.moves import MOST, with_room
from sim.core.response import ARRIVAL, DELIST_SKU, FREEZE_SKU, NOTIFY, REOPEN, RESTOCK
from sim.core.supply import change_record, receive
from sim.core.tape import SUPPLY
from sim.core.units import odd
from sim.core.world import RECORD
from sim.engine.control import Control
from sim.engine.hosting import NO_ALERT
from strategies.contract import EMERGENCY

ADMIT = -1
"""What a shop did that took orders it had no stock for: its record is raised to the units of the deed."""


class Deed(NamedTuple):
    """Something that was done: when [us of show time], to which SKU, what (a code of ``response``: a freeze, a delisting, a
    reopening, a restock, a notice to people; or ADMIT), and its size: units, or the level of a notice. own: of a restock, that
    its units are not on the tape."""

    t: int
    sku: int
    what: int
    value: float = 0.0
    own: bool = False


class AsRun(Control):
    """Carries out ``deeds`` in their order and nothing else."""

    def __init__(self, *parts: Any, deeds: Sequence[Deed]) -> None:
        super().__init__(*parts)
        if self.acting and deeds:
            self.env.process(self.live(sorted(deeds, key=lambda d: d.t)))

    def live(self, deeds: Sequence[Deed]) -> Generator:
        """One deed after another."""
        for deed in deeds:
            if (at := odd(max(deed.t, 0))) > self.now:
                yield self.env.timeout(at - self.now)
            self.carry_out(deed)

    def carry_out(self, deed: Deed) -> None:
        """The moment a deed changes the world."""
        sku, what = deed.sku, deed.what
        if what == NOTIFY:
            self.notice(sku, int(deed.value))
        elif what == ADMIT:
            self.admit(sku, int(deed.value))
        elif what == RESTOCK:
            self.note(sku, RESTOCK, NO_ALERT, deed.value)
            if deed.own:
                self.world = with_room(self.world, MOST[SUPPLY])
                receive(self.world, sku, int(deed.value), self.now)
                self.note(sku, ARRIVAL, NO_ALERT, deed.value)
        else:
            state = {FREEZE_SKU: W.FREEZE, DELIST_SKU: W.DELIST, REOPEN: W.OPEN}[what]
            if int(self.world.stock[sku, W.CLOSED]) != state:
                self.close_item(sku, state)
                self.note(sku, what, NO_ALERT)

    def notice(self, sku: int, level: int) -> None:
        """A notice that somebody wrote down, so somebody minded it."""
        reading = int(self.world.head[W.LAST_READING])
        stock = float(self.world.stock[sku, RECORD])
        self.alerts.append([self.now, sku, level, reading, stock, 0.0, self.now, self.now])
        self.lacks.append(0.0)
        self.people.notices += 1
        if level == EMERGENCY:
            self.emergency[sku] = self.now

    def admit(self, sku: int, units: int) -> None:
        """The shop takes the next ``units`` although its record has fewer."""
        lacking = units + int(self.world.floor[:, sku].max(initial=0)) - int(self.world.stock[sku, RECORD])
        if lacking > 0:
            self.world = with_room(self.world, 1)
            change_record(self.world, self.now, sku, -1, lacking)
