"""The control plane: SimPy events for everything decided during the show.

Alerts travel, people acknowledge, freezes take effect, stock arrives, the host reacts. The two engines share
this plane; they differ only in how the rows between two control events are run. Control events fall on odd
microseconds, rows on even ones.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import simpy

from sim.core import world as W
from sim.core.feed import stock_shown
from sim.core.moves import MOST, move, with_room
from sim.core.policy import Policy
from sim.core.response import (
    ARRIVAL,
    DELIST_SKU,
    FREEZE_SKU,
    HOST_PROMPT,
    LOWER_EXPOSURE,
    RELEASE_STOCK,
    REOPEN,
    RESTOCK,
    Action,
    lognormal,
)
from sim.core.stage import Stage
from sim.core.supply import receive, release
from sim.core.tape import RELEASE as T_RELEASE
from sim.core.tape import SUPPLY as T_SUPPLY
from sim.core.units import to_us
from sim.core.world import World
from sim.engine.hosting import Hosting
from sim.engine.people import Notice, People, later
from strategies.contract import CALM, EMERGENCY
from strategies.gate import MACHINE

TO_MACHINE = -2
"""Number of the first order to a machine; later ones count down. Alerts to people count up from 0."""
NEVER_YET = -1


class Begun(NamedTuple):
    """A run under way in which nobody has acted yet: its world, the alerts so far, what the host has done by himself."""

    world: World
    alerts: Sequence[Sequence[Any]] = ()
    actions: Sequence[tuple[int, int, int, int, float]] = ()
    lacks: Sequence[float] = ()
    ordered: Sequence[Sequence[Any]] = ()


class Control(Hosting):
    """One run's control plane: ``world`` is the state it shares with the dense plane, ``look`` reads a screen. ``decisions``
    lists what the gates decided: row, SKU, level of people or machine, reading, units lacking."""

    def __init__(
        self,
        env: simpy.Environment,
        stage: Stage,
        policy: Policy,
        acting: bool,
        look: Callable[[World, int, int, int], int],
        begun: Begun | None = None,
    ) -> None:
        begun = begun or Begun(stage.world(policy, journal=True, hosted=acting))
        super().__init__(stage)
        self.env, self.scenario, self.tape, self.policy, self.acting = env, stage.scenario, stage.tape, policy, acting
        self.world = begun.world
        self.head, self.stock = memoryview(self.world.head), memoryview(self.world.stock)
        self.look = look
        self.people = People(env, stage.scenario, stage.tape.key, stage.marks)
        self.alerts: list[list[Any]] = [list(a) for a in begun.alerts]
        self.actions: list[tuple[int, int, int, int, float]] = list(begun.actions)
        self.lacks = list(begun.lacks)
        self.ordered: list[Sequence[Any]] = list(begun.ordered)
        self.emergency = [NEVER_YET] * len(stage.scenario.skus)
        self.closer = [""] * len(stage.scenario.skus)
        self.requests = [0] * len(self.scenario.skus)
        self.coming: dict[int, tuple[int, int, int]] = {}
        self.on_new_rows: Any = None
        self.orders = policy.playbook.orders
        self.decisions: list[tuple[int, int, int, int, float]] = []
        self.reopeners = policy.playbook.reopeners

    # -- alerts ---------------------------------------------------------------------------------------------

    def dispatch(self, _event: simpy.Event | None = None) -> None:
        """Send what the gates decided at the last reading: notices to people, orders to machines."""
        w, count = self.world, self.head[W.N_OUT]
        self.head[W.N_OUT] = 0
        self.send(w.outbox[:count].tolist(), w.evidence[:count].tolist())

    def send(self, decided: list[list[int]], evidence: list[list[float]]) -> None:
        """The same of decisions in the order of the outbox."""
        row, now = self.head[W.NEXT] - 1, self.now
        for (sku, level, reading), (stock, line, lack) in zip(decided, evidence, strict=True):
            self.decisions.append((row, sku, level, reading, lack))
            if not self.goes_out(sku, level % MACHINE, level >= MACHINE):
                continue
            if level >= MACHINE:
                if not self.acting:
                    continue
                level -= MACHINE
                number = TO_MACHINE - len(self.ordered)
                self.ordered.append((now, sku, level, reading, stock, line, lack))
            else:
                number = len(self.alerts)
                self.lacks.append(lack)
                self.alerts.append([now, sku, level, reading, stock, line, -1, -1])
            if level == EMERGENCY:
                self.emergency[sku] = now
            if self.acting and (orders := self.orders[number <= TO_MACHINE][level]):
                self.respond(sku, level, number, orders)

    def goes_out(self, sku: int, level: int, by_machine: bool) -> bool:
        """Whether a gate's decision is told to anybody; the gates remember it either way."""
        return True

    def respond(self, sku: int, level: int, number: int, orders: list[tuple[int, Action]]) -> None:
        """Machines begin at once; what people do goes out as one notice per channel."""
        book = self.policy.playbook
        if number <= TO_MACHINE:
            for what, action in orders:  # command latency, then propagation
                later(self.env, to_us(book.auto_s + book.effect_s(what)), self.take_effect, sku, number, what, action)
            return
        right = partial(self.went_low, sku, self.alerts[number][3]) if level > CALM else None
        for channel, todo in book.errands[level].items():
            self.people.notice(sku, channel, right, partial(self.heard, sku, number, todo))

    def decided(self, number: int) -> tuple[int, float]:
        """When an alert or an order was sent [us], and the units its strategy expected to lack then."""
        if number <= TO_MACHINE:
            order = self.ordered[TO_MACHINE - number]
            return order[0], order[6]
        return self.alerts[number][0], self.lacks[number]

    def heard(self, sku: int, number: int, todo: list[tuple[int, Action]], turn: Notice) -> None:
        """An operator has read a notice, the alert's first or one over a further channel."""
        if self.alerts[number][6] < 0:
            self.alerts[number][6] = turn.heard_at
        self.go_through(sku, number, todo, turn)

    def go_through(self, sku: int, number: int, todo: list[tuple[int, Action]], turn: Notice) -> None:
        """He does one thing after another, then is free for the next notice."""
        if todo:
            later(self.env, to_us(self.policy.playbook.act_s(todo[0][0])), self.act, sku, number, todo, turn)
        else:
            turn.finish(partial(self.handled, number))

    def act(self, sku: int, number: int, todo: list[tuple[int, Action]], turn: Notice) -> None:
        """The first of them is done, and true everywhere a while later."""
        what, action = todo[0]
        later(self.env, to_us(self.policy.playbook.effect_s(what)), self.take_effect, sku, number, what, action)
        self.go_through(sku, number, todo[1:], turn)

    def handled(self, number: int) -> None:
        """An operator is done with an alert."""
        self.alerts[number][7] = self.now

    @cached_property
    def low(self) -> list[float]:
        """The stock at which a SKU is low: its safety stock, or a small share of its listing [units]."""
        share, listed = self.scenario.staff.low_share, self.world.facts[:, W.F_INITIAL].tolist()
        return [max(s.safety_stock, share * units) for s, units in zip(self.scenario.skus, listed, strict=True)]

    def went_low(self, sku: int, reading: int) -> bool:
        """Whether any reading since number ``reading`` showed the SKU low."""
        low, shown = self.low[sku], stock_shown(self.world, reading, sku)
        n = len(shown)
        # An item that went low mostly still is: the newest figure first, for the others lie far apart in memory.
        return n > 0 and (shown.item(n - 1) <= low or int(shown.min()) <= low)

    # -- actions --------------------------------------------------------------------------------------------

    def take_effect(self, sku: int, number: int, what: int, action: Action) -> None:
        """The moment an action changes the world."""
        closed = self.stock[sku, W.CLOSED]
        if what == FREEZE_SKU and closed == W.OPEN:
            self.close_item(sku, W.FREEZE)
            self.closer[sku] = action.by
            self.note(sku, what, number)
        elif what == DELIST_SKU and closed != W.DELIST:
            self.close_item(sku, W.DELIST)
            self.closer[sku] = action.by
            self.note(sku, what, number)
        elif what == REOPEN:
            self.reopen(sku, number, action.by)
        elif what == LOWER_EXPOSURE and self.world.exposure[sku] != action.value:
            self.world.exposure[sku] = action.value
            self.note(sku, what, number, action.value)
        elif what == HOST_PROMPT:
            later(self.env, to_us(self.scenario.host.reaction_s), self.prompted, sku, number)
        elif what == RESTOCK:
            self.request_stock(sku, number, action)
        elif what == RELEASE_STOCK:
            want = int(np.ceil(action.value * self.scenario.skus[sku].held_back))
            self.world = with_room(self.world, MOST[T_RELEASE])
            got = release(self.world, sku, want, self.now)
            if got > 0:
                self.note(sku, what, number, float(got))

    def close_item(self, sku: int, state: int) -> None:
        """Freeze, delist or open an item."""
        self.world = with_room(self.world, 1)
        move(self.world, self.now, sku, W.CLOSED, state - self.stock[sku, W.CLOSED])

    def note(self, sku: int, what: int, number: int, value: float = 0.0) -> None:
        """Write an action into the record."""
        self.actions.append((self.now, sku, what, number, value))

    def reopen(self, sku: int, number: int, by: str) -> None:
        """Undo freeze, delisting and exposure cut; the host may pitch the item again.

        Who closed an item reopens it, people or a machine, if that side ever does.

        An all-clear that comes true only after a newer emergency is out of date: a slow hand must not undo a new freeze.
        """
        other = self.closer[sku] not in ("", by) and self.closer[sku] in self.reopeners
        if self.decided(number)[0] < self.emergency[sku] or other:
            return
        self.closer[sku] = ""
        w = self.world
        w.muted[sku] = 0
        if self.stock[sku, W.CLOSED] != W.OPEN or w.exposure.item(sku) != 1.0:
            self.close_item(sku, W.OPEN)
            w.exposure[sku] = 1.0
            self.note(sku, REOPEN, number)

    def request_stock(self, sku: int, number: int, action: Action) -> None:
        """Ask for stock unless a request is on its way, none is left, or nothing is wanted: all that one request can bring, a
        share of it, or what the strategy expected to lack when it sent the alert."""
        supply = self.scenario.supply
        if sku in self.coming or self.requests[sku] >= supply.requests:
            return
        units = action.units(supply.load(self.scenario.skus[sku].stock), self.decided(number)[1])
        if units > 0:
            self.requests[sku] += 1
            u = self.people.mark("lead", sku, self.requests[sku])
            due = self.now + to_us(lognormal(u, supply.lead_median_s, supply.lead_sigma))
            self.coming[sku] = (due, units, number)
            self.note(sku, RESTOCK, number, float(units))
            self.env.process(self.restock(sku))

    def restock(self, sku: int) -> Generator:
        """Requested units arrive after their lead time; the host calls them out if the item was missed."""
        yield self.env.timeout(self.coming[sku][0] - self.now)
        missed = self.stock[sku, W.RECORD] <= 0 or self.stock[sku, W.REFUSED] > 0
        number = self.arrive(sku)
        self.world.muted[sku] = 0
        if missed and self.scenario.host.calls_restock and self.now < to_us(self.scenario.duration_s):
            yield self.env.timeout(to_us(self.scenario.host.reaction_s))
            if self.stock[sku, W.CLOSED] == W.OPEN:
                self.call(sku, number)

    def arrive(self, sku: int) -> int:
        """Requested units come in; returns the number of the alert that asked for them."""
        due, units, number = self.coming.pop(sku)
        self.world = with_room(self.world, MOST[T_SUPPLY])
        receive(self.world, sku, units, due)
        self.actions.append((due, sku, ARRIVAL, number, float(units)))
        return number

    def close(self) -> None:
        """After the last row: units still on their way that come before the orders must ship are units to ship."""
        if not self.coming:
            return
        deadline = to_us(self.scenario.duration_s + self.scenario.supply.ship_deadline_s)
        for sku in sorted(self.coming, key=lambda k: self.coming[k]):
            if self.coming[sku][0] <= deadline:
                self.arrive(sku)
