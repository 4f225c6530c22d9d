"""The control plane: SimPy processes for everything decided during the show.

Alerts travel, people acknowledge, freezes take effect, stock arrives, the host reacts. The two engines share
this plane; they differ only in how the rows between two control events are run. Control events fall on odd
microseconds, rows on even ones.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

import numpy as np
import simpy

from scenarios.contract import Cue
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
    NOTIFY,
    RELEASE_STOCK,
    REOPEN,
    RESTOCK,
    WHAT_NAMES,
    Action,
    lognormal,
)
from sim.core.stage import Stage
from sim.core.supply import receive, release
from sim.core.tape import RELEASE as T_RELEASE
from sim.core.tape import SUPPLY as T_SUPPLY
from sim.core.units import US, to_us
from sim.core.world import World
from sim.engine.hosting import NO_ALERT, Hosting
from sim.engine.people import People
from strategies.contract import CALM, EMERGENCY, LEVEL_NAMES


class Begun(NamedTuple):
    """A run under way in which nobody has acted yet: its world, the alerts so far, what the host has done by himself."""

    world: World
    alerts: Sequence[Sequence[Any]] = ()
    actions: Sequence[tuple[int, int, int, int, float]] = ()
    next_cue: int = 0
    pitched_empty: int = 0


class Control(Hosting):
    """One run's control plane: ``world`` is the state it shares with the dense plane, ``look`` reads a screen."""

    def __init__(
        self,
        env: simpy.Environment,
        stage: Stage,
        policy: Policy,
        acting: bool,
        look: Callable[[World, int, int, int], int],
        begun: Begun | None = None,
    ) -> None:
        begun = begun or Begun(stage.world(policy, journal=True))
        super().__init__(len(stage.scenario.skus), begun.next_cue, begun.pitched_empty)
        self.env, self.scenario, self.tape, self.policy, self.acting = env, stage.scenario, stage.tape, policy, acting
        self.world = begun.world
        self.look = look
        self.people = People(env, stage.scenario, stage.tape.key, stage.marks)
        self.alerts: list[list[Any]] = [list(a) for a in begun.alerts]
        self.actions: list[tuple[int, int, int, int, float]] = list(begun.actions)
        self.emergency = [NO_ALERT] * len(stage.scenario.skus)
        self.requests = [0] * len(self.scenario.skus)
        self.coming: dict[int, tuple[int, int, int]] = {}
        self.on_new_rows: Any = None
        self.orders = [[(WHAT_NAMES.index(a.what), a) for a in policy.playbook.at(level)] for level in range(len(LEVEL_NAMES))]
        if acting:
            env.process(self.host())

    # -- alerts ---------------------------------------------------------------------------------------------

    def dispatch(self, _event: simpy.Event | None = None) -> None:
        """Send what the gate decided at the last reading: start every action of the alert's level."""
        w = self.world
        for n in range(w.head[W.N_OUT]):
            sku, level, reading = (int(x) for x in w.outbox[n])
            number = len(self.alerts)
            stock, line = w.evidence[n].tolist()
            self.alerts.append([self.now, sku, level, reading, stock, line, -1, -1])
            if level == EMERGENCY:
                self.emergency[sku] = number
            orders = self.orders[level]
            if self.acting and orders:
                self.respond(sku, level, number, orders)
        w.head[W.N_OUT] = 0

    def respond(self, sku: int, level: int, number: int, orders: list[tuple[int, Action]]) -> None:
        """Automatic actions go at once; what people do goes out as one notice per channel."""
        by_channel: dict[str, list[tuple[int, Action]]] = {}
        for what, action in orders:
            if action.by == "auto" and what != NOTIFY:
                self.env.process(self.automatic(sku, number, what, action))
            else:
                by_channel.setdefault(action.channel, []).append((what, action))
        for channel, todo in by_channel.items():
            self.env.process(self.by_person(sku, level, number, channel, todo))

    def automatic(self, sku: int, number: int, what: int, action: Action) -> Generator:
        """A machine carries out an action: command latency, then propagation."""
        book = self.policy.playbook
        yield self.env.timeout(to_us(book.auto_s + book.effect_s(what)))
        self.take_effect(sku, number, what, action)

    def by_person(self, sku: int, level: int, number: int, channel: str, todo: list[tuple[int, Action]]) -> Generator:
        """A notice reaches an operator, who acts on it, or does not."""
        book = self.policy.playbook
        right = (lambda: self.went_low(sku, self.alerts[number][3])) if level > CALM else None
        turn = self.people.notice(sku, channel, right)
        heard = yield from turn.reach()
        if not heard:
            return
        self.alerts[number][6] = turn.heard_at
        for what, action in todo:
            if what != NOTIFY:
                yield self.env.timeout(to_us(book.act_s(what)))
                self.env.process(self.after_command(sku, number, what, action))
        yield from turn.finish()
        self.alerts[number][7] = self.now

    def went_low(self, sku: int, reading: int) -> bool:
        """Whether any reading since number ``reading`` showed the SKU at its safety stock or a small share of its listing."""
        low = max(self.scenario.skus[sku].safety_stock, self.scenario.staff.low_share * self.world.facts[sku, W.F_INITIAL])
        shown = stock_shown(self.world, reading, sku)
        return bool(len(shown) and shown.min() <= low)

    def after_command(self, sku: int, number: int, what: int, action: Action) -> Generator:
        """From a person's command to its effect."""
        yield self.env.timeout(to_us(self.policy.playbook.effect_s(what)))
        self.take_effect(sku, number, what, action)

    # -- actions --------------------------------------------------------------------------------------------

    def take_effect(self, sku: int, number: int, what: int, action: Action) -> None:
        """The moment an action changes the world."""
        stock = self.world.stock
        if what == FREEZE_SKU and stock[sku, W.CLOSED] == W.OPEN:
            self.close_item(sku, W.FREEZE)
            self.note(sku, what, number)
        elif what == DELIST_SKU and stock[sku, W.CLOSED] != W.DELIST:
            self.close_item(sku, W.DELIST)
            self.note(sku, what, number)
        elif what == REOPEN:
            self.reopen(sku, number)
        elif what == LOWER_EXPOSURE and self.world.exposure[sku] != action.value:
            self.world.exposure[sku] = action.value
            self.note(sku, what, number, action.value)
        elif what == HOST_PROMPT:
            self.env.process(self.prompted(sku, number))
        elif what == RESTOCK:
            self.request_stock(sku, number)
        elif what == RELEASE_STOCK:
            want = int(np.ceil(action.value * self.scenario.skus[sku].held_back))
            self.world = with_room(self.world, MOST[T_RELEASE])
            got = release(self.world, sku, want, self.now)
            if got > 0:
                self.note(sku, what, number, float(got))

    def close_item(self, sku: int, state: int) -> None:
        """Freeze, delist or open an item."""
        self.world = with_room(self.world, 1)
        move(self.world, self.now, sku, W.CLOSED, state - int(self.world.stock[sku, W.CLOSED]))

    def note(self, sku: int, what: int, number: int, value: float = 0.0) -> None:
        """Write an action into the record."""
        self.actions.append((self.now, sku, what, number, value))

    def reopen(self, sku: int, number: int) -> None:
        """Undo freeze, delisting and exposure cut; the host may pitch the item again.

        An all-clear that comes true only after a newer emergency is out of date: a slow hand must not undo a new freeze.
        """
        if number < self.emergency[sku]:
            return
        changed = self.world.stock[sku, W.CLOSED] != W.OPEN or self.world.exposure[sku] != 1.0
        self.close_item(sku, W.OPEN)
        self.world.exposure[sku] = 1.0
        self.muted.discard(sku)
        if changed:
            self.note(sku, REOPEN, number)

    def request_stock(self, sku: int, number: int) -> None:
        """Ask for stock unless a request is on its way or none is left."""
        supply, stock = self.scenario.supply, self.scenario.skus[sku].stock
        if supply.requests == 0 or sku in self.coming or self.requests[sku] >= supply.requests:
            return
        units = int(supply.requestable * stock) // supply.requests
        if units > 0:
            self.requests[sku] += 1
            u = self.people.mark("lead", sku, self.requests[sku])
            due = self.now + to_us(lognormal(u, supply.lead_median_s, supply.lead_sigma))
            self.coming[sku] = (due, units, number)
            self.note(sku, RESTOCK, number, float(units))
            self.env.process(self.restock(sku))

    def restock(self, sku: int) -> Generator:
        """Requested units arrive after their lead time; the host may call them out."""
        yield self.env.timeout(self.coming[sku][0] - self.now)
        number = self.arrive(sku)
        self.muted.discard(sku)
        if self.scenario.host.calls_restock and self.now < to_us(self.scenario.duration_s):
            yield self.env.timeout(to_us(self.scenario.host.reaction_s))
            if self.world.stock[sku, W.CLOSED] == W.OPEN:
                self.improvise(Cue(self.now / US, self.scenario.skus[sku].id, "restock_call"), number)

    def arrive(self, sku: int) -> int:
        """Requested units come in; returns the number of the alert that asked for them."""
        due, units, number = self.coming.pop(sku)
        self.world = with_room(self.world, MOST[T_SUPPLY])
        receive(self.world, sku, units, due)
        self.actions.append((due, sku, ARRIVAL, number, float(units)))
        return number

    def close(self) -> None:
        """After the last row: units still on their way that come before the orders must ship are units to ship."""
        deadline = to_us(self.scenario.duration_s + self.scenario.supply.ship_deadline_s)
        for sku in sorted(self.coming, key=lambda k: self.coming[k]):
            if self.coming[sku][0] <= deadline:
                self.arrive(sku)
