"""The engine over rows that are laid as they come.

A recording is one tape; a live show is the same tape, of which a little more is known with every line. Each call lays the
rows that are certain by now (what happened, the readings due, their arrivals) into a short window of the tape's columns and
lets the engine's own stretch run over them. State that outlives a window is the World's; readings that were taken and have
not arrived yet move to the front of the next window. How the rows are cut into windows changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from scenarios.staffing import Feed
from sim.core import world as W
from sim.core.blocks import SLOT_US, blank, distinct_times
from sim.core.policy import Policy
from sim.core.stage import set_stage
from sim.core.tape import DELIVER, SAMPLE, TAKE
from sim.core.units import NEVER_US, US, odd
from sim.demand.shoppers import even_us
from sim.engine.simulate import engine_for
from sim.engine.twice import FIRST, compare, compiled_users
from sim.replay.stream import Stream, closing, marks
from strategies.gate import MACHINE

EVENTS, READINGS = 16_384, 1024
"""Most events and readings of one window."""
BYTES = 2**24
"""About the most memory the readings of one window may take for each strategy."""
LASTING = ("stock", "plan_next", "memory", "gate_memory", "gate_shared")
"""What a World carries from window to window."""


class GateDecision(NamedTuple):
    """A decision of the gate: time [us], strategy and SKU (indices), level, stock and line [units]."""

    t: int
    strategy: int
    sku: int
    level: int
    stock: float
    line: float


class ShowEvents(NamedTuple):
    """What happened, in time order: ``t`` [us of show time], row kind, SKU index, units."""

    t: np.ndarray
    what: np.ndarray
    sku: np.ndarray
    qty: np.ndarray


class LiveShow:
    """Several strategies over one live stream. ``stream`` has no rows of its own: SKUs, run of show, clock, planned end.

    ``taken``: readings taken so far. ``slot``: time of the last row laid [us]. ``flight``: readings on their way, as arrays:
    number, moment taken and moment of arrival [us].
    """

    def __init__(self, stream: Stream, policies: Sequence[Policy], feed: Feed) -> None:
        self.stream, self.policies, self.feed = stream, policies, feed
        late = int(feed.lag_s / feed.period_s) + 2
        self.room = max(16, min(READINGS, BYTES // (W.N_READ * 4 * len(stream.skus))))
        scenario = stream.scenario(feed)
        tape = stream.over(scenario, blank(EVENTS + 3 * (self.room + late) + 1), np.zeros(self.room + late))
        stage = set_stage(scenario, tape)
        self.columns, self.viewers = tape.columns(), tape.viewers
        self.engines = [engine_for(p) for p in policies]
        self.worlds = [stage.world(p) for p in policies]
        self.doubted = {k: compiled for k, p in enumerate(policies) if (compiled := compiled_users(p)) is not None}
        """Compiled folds of the user's, by strategy, until FIRST readings of this run were answered twice."""
        self.compared = 0
        self.taken, self.slot, self.limit = 0, -SLOT_US, NEVER_US
        self.flight = np.zeros((3, 0), np.int64)

    def advance(self, events: ShowEvents, bound: int, crowd: tuple[np.ndarray, np.ndarray]) -> list[GateDecision]:
        """Lay ``events`` and every reading and arrival before ``bound`` [us]; what the gate said of it.

        Precondition: no event earlier than ``bound`` will follow. ``crowd``: times [us] and numbers of viewers; the first
        entry is what was known before.
        """
        alerts: list[GateDecision] = []
        start, n = 0, len(events.t)
        while True:
            end = min(start + EVENTS, n)
            upto = bound if end == n else int(events.t[end - 1])
            nth = int(even_us(np.array([self.taken + self.room]) * self.feed.period_s)[0])
            if nth < upto and self.taken < self.limit:
                upto, end = nth, start + int(np.searchsorted(events.t[start:end], nth, "right"))
            alerts += self._window(ShowEvents(*(column[start:end] for column in events)), upto, crowd)
            start = end
            if start == n and upto == bound:
                return alerts

    def finish(self, last_us: int, crowd: tuple[np.ndarray, np.ndarray]) -> list[GateDecision]:
        """The show is over at ``last_us``: the readings up to the first one after it are taken and arrive."""
        self.limit, _ = closing(last_us / US, self.feed.period_s)
        nothing = ShowEvents(*(np.zeros(0, np.int64) for _ in ShowEvents._fields))
        alerts = self.advance(nothing, int(even_us(np.array([self.limit * self.feed.period_s]))[0]) + 1, crowd)
        return alerts + (self.advance(nothing, int(self.flight[2, -1]) + 1, crowd) if self.flight.size else [])

    def due(self) -> int:
        """When the next reading is to be taken or arrives [us]."""
        next_us = int(even_us(np.array([(self.taken + 1) * self.feed.period_s]))[0])
        return min(next_us, int(self.flight[2, 0])) if self.flight.size else next_us

    def skip_to(self, now_us: int) -> int:
        """Leave out readings that were due before ``now_us`` but for the last of them; how many were left out."""
        last = int(now_us / US / self.feed.period_s)
        last -= int(even_us(np.array([last * self.feed.period_s]))[0]) >= now_us
        missed = max(0, last - self.taken - 1)
        self.taken += missed
        return missed

    def _window(self, events: ShowEvents, upto: int, crowd: tuple[np.ndarray, np.ndarray]) -> list[GateDecision]:
        numbers, taken = self._due(upto)
        arrive = np.maximum(even_us(numbers * self.feed.period_s + self.feed.lag_s), taken + 2)
        old = self.flight.shape[1]
        flight = np.concatenate([self.flight, np.stack([numbers, taken, arrive])], axis=1)
        come = int(np.searchsorted(flight[2], upto))
        self.viewers[old : flight.shape[1]] = crowd[1][np.maximum(np.searchsorted(crowd[0], taken, "right") - 1, 0)]
        until = self._lay(events, flight, old, come)
        alerts = [s for number in range(len(self.worlds)) for s in self._run(number, old, until)] if until else []
        self.compared += come
        if self.compared >= FIRST:
            self.doubted = {}
        alerts.sort(key=lambda s: s.t)
        self.flight, self.taken = flight[:, come:], self.taken + len(numbers)
        left = self.flight.shape[1]
        for moved in (self.viewers, *(w.readings for w in self.worlds)):
            moved[:left] = moved[come : come + left].copy()
        return alerts

    def _due(self, upto: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and times [us] of the readings to take before ``upto``."""
        last = min(self.taken + self.room, self.limit, int(upto / US / self.feed.period_s) + 2)
        numbers = np.arange(self.taken + 1, max(last, self.taken) + 1)
        taken = even_us(numbers * self.feed.period_s)
        return numbers[taken < upto], taken[taken < upto]

    def _lay(self, events: ShowEvents, flight: np.ndarray, old: int, come: int) -> int:
        """Fill the window: the ``old`` readings on their way first, done already; then events, readings taken, arrivals.
        Returns the time up to which to run [us], 0 where there is nothing new."""
        n, new = len(events.t), flight.shape[1] - old
        wanted = np.concatenate([events.t, flight[1, old:], flight[2, :come]])
        if not len(wanted):
            return 0
        order = np.argsort(wanted, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(old, old + len(order))
        c, happened, sampled, arrived = self.columns, place[:n], place[n : n + new], place[n + new :]
        c["t"][:old] = flight[1, :old]
        c["t"][old : old + len(order)] = distinct_times(np.concatenate([[self.slot], wanted[order]]))[1:]
        c["t"][old + len(order)] = NEVER_US
        c["kind"][:old], c["who"][:old] = SAMPLE, np.arange(old)
        c["cause"][:old], c["cause"][happened], c["cause"][sampled] = -1, -1, -1
        c["kind"][happened], c["sku"][happened], c["qty"][happened] = events.what, events.sku, events.qty
        c["channel"][happened] = np.where(events.what == TAKE, 0, -1)
        c["mark"][happened] = 0.0
        c["kind"][sampled], c["who"][sampled] = SAMPLE, np.arange(old, old + new)
        c["kind"][arrived], c["who"][arrived] = DELIVER, np.arange(come)
        c["cause"][arrived] = np.concatenate([np.arange(old), sampled])[:come]
        if come:
            first = int(flight[0, 0]) - 1
            c["mark"][arrived] = marks(first, int(flight[0, come - 1]) - first)[flight[0, :come] - 1 - first]
        flight[1, old:] = c["t"][sampled]
        self.slot = int(c["t"][old + len(order) - 1])
        return self.slot + 1

    def _run(self, number: int, old: int, until: int) -> list[GateDecision]:
        """The rows of the window under one strategy."""
        w, engine, alerts = self.worlds[number], self.engines[number], []
        before = w.memory.copy() if number in self.doubted else None
        w.head[W.NEXT], w.head[W.LAST_READING] = old, -1
        while engine.stretch(w, engine.fold, until):
            t = odd(w.t[w.head[W.NEXT] - 1])
            for k in range(w.head[W.N_OUT]):
                sku, level, _ = w.outbox[k].tolist()
                if level < MACHINE:
                    alerts.append(GateDecision(t, number, sku, level, *w.evidence[k, : W.E_LACK].tolist()))
            w.head[W.N_OUT] = 0
        if before is not None:
            self._answered_twice(number, before, old)
        return alerts

    def _answered_twice(self, number: int, before: np.ndarray, old: int) -> None:
        """Compare compiled and plain answers to the first readings of the window that has been run."""
        w = self.worlds[number]
        rows = old + np.flatnonzero(w.kind[old : w.head[W.NEXT]] == DELIVER)[: FIRST - self.compared]
        names = [s.id for s in self.stream.skus]
        compare(w._replace(memory=before), self.policies[number], self.doubted[number], rows, names)

    def items(self) -> dict[str, dict[str, int]]:
        """By SKU, as of now: ``stock`` on offer, ``orders`` so far and ``unpaid`` [units], ``closed`` (0 or 1). The
        same for every strategy: alerts are said, and nothing is done about them."""
        stock = self.worlds[0].stock
        return {
            sku.id: {
                "stock": max(0, int(stock[k, W.RECORD])), "orders": int(stock[k, W.ORDERED]),
                "closed": int(stock[k, W.CLOSED] != W.OPEN), "unpaid": int(stock[k, W.HELD] + stock[k, W.PENDING]),
            }
            for k, sku in enumerate(self.stream.skus)
        }  # fmt: skip

    def state(self) -> dict[str, np.ndarray]:
        """Everything the next window rests on, by name."""
        left = self.flight.shape[1]
        arrays: dict[str, Any] = {"clockwork": np.array([self.taken, self.slot]), "flight": self.flight,
                                "crowd": self.viewers[:left]}  # fmt: skip
        for k, w in enumerate(self.worlds):
            arrays |= {f"{name}{k}": getattr(w, name) for name in LASTING} | {f"readings{k}": w.readings[:left]}
        return arrays

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from :meth:`state`."""
        self.taken, self.slot = (int(x) for x in state["clockwork"])
        self.flight = state["flight"]
        left = self.flight.shape[1]
        self.viewers[:left] = state["crowd"]
        for k, w in enumerate(self.worlds):
            for name in LASTING:
                getattr(w, name)[...] = state[f"{name}{k}"]
            w.readings[:left] = state[f"readings{k}"]
