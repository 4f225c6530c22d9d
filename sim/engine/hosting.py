"""The host during the show: he walks the run of show, skips what is gone, follows prompts, moves on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from scenarios.contract import CUE_KINDS, KERNEL_SHAPES, Cue, Scenario
from scenarios.host import MOVE_ON, PUSH
from sim.core import world as W
from sim.core.moves import with_block
from sim.core.response import HOST_BACK, HOST_CALL, HOST_CUT, HOST_PROMPT
from sim.core.stage import Stage
from sim.core.tape import CUE_DTYPE, Tape
from sim.core.units import US, to_us
from sim.core.world import World
from sim.demand.draw import improvised
from sim.engine.compiled import compiled_slip_in
from sim.engine.people import People

NO_ALERT = -1
LEAST_US = US
"""A call shorter than this is none [us]."""
CALL, PITCH = "restock_call", CUE_KINDS.index("pitch")
CALL_US = to_us(Cue(0.0, "", CALL).kernel().duration_s)
"""A call that nothing shortens [us]."""
START, END, PLANNED, ITEM = range(4)
assert CUE_DTYPE.names is not None
assert CUE_DTYPE.names[:4] == ("start", "end", "planned", "sku")


class Hosting:
    """The host's part of a control plane (:class:`~sim.engine.control.Control` holds the rest of the state).

    prompts: heard so far per SKU. pushed: SKUs whose last units he has pushed. spoken: cues he improvised (number, item, kind).
    cues: the tape's as plain tuples; about: by SKU, the numbers of those about it or a bundle with it, the improvised ones apart.
    That he comes to a planned cue is a transition (``sim/core/cues.py``). An item is a SKU or a bundle, which stands and falls
    with each of its parts; what is noted of a bundle is noted of its first part. head, stock: the world's, whose arrays last the
    run, read as Python's own numbers, in a third of the time of NumPy's.
    """

    env: simpy.Environment
    scenario: Scenario
    tape: Tape
    world: World
    head: memoryview
    stock: memoryview
    people: People
    look: Callable[[World, int, int, int], int]
    note: Callable[..., None]
    actions: list[tuple[int, int, int, int, float]]
    on_new_rows: Any

    def __init__(self, stage: Stage) -> None:
        self.names, self.parts = stage.names, stage.parts
        self.prompts = [0] * len(stage.scenario.skus)
        self.pushed: set[int] = set()
        self.spoken: list[tuple[int, int, str]] = []
        self.cues, self.about, self.blocks = stage.cues, stage.about, stage.blocks

    @property
    def now(self) -> int:
        """The clock [us]; SimPy's own is whatever number it was given."""
        return int(self.env.now)

    @property
    def end(self) -> int:
        """A microsecond after the last row [us]: nothing happens later."""
        return self.head[W.LAST]

    @property
    def pitched_empty(self) -> int:
        """Cues begun for an item that was sold out."""
        return self.head[W.PITCHED_EMPTY]

    def record_cuts(self) -> None:
        """Put the cues that the host cut short on his way (:mod:`sim.core.cues`) on record."""
        for k, t in self.world.cuts[: self.head[W.N_CUT]].tolist():
            self.actions.append((t, self.parts[self.cues[k][ITEM]][0], HOST_CUT, NO_ALERT, float(k)))
        self.head[W.N_CUT] = 0

    def would_pitch(self, item: int) -> bool:
        """Whether the host would talk about an item now: not told to drop it, not sold out on his screen."""
        parts = self.parts[item]
        if any(self.world.muted[k] for k in parts):
            return False
        return not self.scenario.host.checks_screen or all(self.look(self.world, W.HOST_SCREEN, k, self.now) > 0 for k in parts)

    def cut(self, number: int, item: int, alert: int) -> None:
        """Cue ``number`` of ``item`` draws nobody from now on."""
        self.world.cue_cut[number] = self.now
        self.note(self.parts[item][0], HOST_CUT, alert, float(number))

    def running(self, sku: int) -> list[int]:
        """Cues about ``sku``, or a bundle with it, that are drawing people now."""
        spoken = (n for n, item, _ in self.spoken if sku in self.parts[item])
        now, cut = self.now, self.world.cue_cut
        on_air = [k for k in (*self.about[sku], *spoken) if self.cues[k][START] <= now < self.cues[k][END]]
        return [k for k in on_air if cut[k] > now]

    def runs(self, number: int) -> bool:
        """Whether cue ``number`` is drawing people now."""
        cue = self.cues[number]
        return cue[START] <= self.now < cue[END] and self.world.cue_cut[number] > self.now

    def prompted(self, sku: int, number: int) -> None:
        """The host has read a low-stock prompt: he may drop the item, now or after its pitch, or push its last units."""
        host = self.scenario.host
        nth = self.prompts[sku]
        self.prompts[sku] += 1
        if self.people.mark("follow", sku, nth) >= host.follow_p or self.world.muted[sku]:
            return
        if host.on_prompt == PUSH:
            self.push(sku, number)
            return
        self.world.muted[sku] = 1
        self.note(sku, HOST_PROMPT, number)
        cut = self.running(sku) if host.on_prompt == MOVE_ON else []
        for k in cut:
            self.cut(k, int(self.tape.cues["sku"][k]), number)
        if cut and host.moves_on:
            self.bring_forward(number)

    def push(self, sku: int, alert: int) -> None:
        """What is left of the item's cue becomes a louder one, once a show: the host says how few are left."""
        running = self.running(sku)
        if not running or sku in self.pushed:
            return
        number, cues = running[-1], self.tape.cues
        length = int(min(cues["end"][number], self.world.cue_cut[number])) - self.now
        if length < LEAST_US:
            return
        self.pushed.add(sku)
        self.note(sku, HOST_PROMPT, alert)
        self.cut(number, int(cues["sku"][number]), alert)
        cue, peak = cues[number], float(cues["peak"][number]) * self.scenario.host.push_lift
        name, kind = self.names[int(cue["sku"])], CUE_KINDS[cue["kind"]]
        shape = KERNEL_SHAPES[cue["shape"]]
        self.improvise(Cue(self.now / US, name, kind, peak, float(cue["tau"]), length / US, shape=shape), alert)

    def bring_forward(self, alert: int) -> None:
        """The next planned pitch is spoken now instead of later: airtime is moved, not made."""
        for k, (start, end, planned, item, kind, peak, tau, shape) in enumerate(self.cues):
            if start <= self.now or kind != PITCH or planned < 0:
                continue
            length = min(end, int(self.world.cue_cut[k])) - start  # a restock call may have taken all of it
            if length >= LEAST_US and self.world.cue_cut[k] > self.now and self.would_pitch(item):
                cue = Cue(self.now / US, self.names[item], "pitch", peak, tau, length / US, shape=KERNEL_SHAPES[shape])
                self.cut(k, item, alert)
                self.improvise(cue, alert)
                return

    def call(self, sku: int, alert: int) -> None:
        """The host announces arrived stock 返场 in the time of the cue that runs or comes next; without one he has none.

        A running cue is interrupted and goes on afterwards; the next one ends earlier by as much.
        """
        number, free = self.airtime(CALL_US)
        length = min(CALL_US, free)
        if length < LEAST_US:
            return
        row, until = self.cues[number], int(self.world.cue_cut[number])
        if row[START] <= self.now:
            self.cut(number, row[ITEM], alert)
            self.env.process(self.go_on(number, length, until, alert))
        else:
            self.world.cue_cut[number] = min(row[END], until) - length
        self.improvise(Cue(self.now / US, self.scenario.skus[sku].id, CALL, duration_s=length / US), alert)

    def airtime(self, wanted: int) -> tuple[int, int]:
        """The cue whose time a call may take, and how much [us]: the running one with most of it left, or the next planned one
        where that has more and the other has less than ``wanted``."""
        now, best, most, coming, free = self.now, NO_ALERT, 0, NO_ALERT, 0
        for k, (cue, cut) in enumerate(zip(self.cues, self.world.cue_cut.tolist(), strict=False)):
            end = min(cue[END], cut)
            if end <= now:
                continue
            if (start := cue[START]) > now:
                if coming == NO_ALERT and cue[PLANNED] >= 0 and end > start:
                    coming, free = k, end - start
            elif end - now > most:
                best, most = k, end - now
        return (coming, free) if most < wanted and free > most else (best, most)

    def go_on(self, number: int, length: int, until: int, alert: int) -> Generator:
        """After a call the host goes on with the cue that he interrupted, unless he has been told to drop its item."""
        since, item = int(self.world.cue_cut[number]), self.cues[number][ITEM]
        yield self.env.timeout(length)
        if self.world.cue_cut[number] == since and self.now < self.cues[number][END] and self.would_pitch(item):
            self.world.cue_cut[number] = until
            self.note(self.parts[item][0], HOST_BACK, alert, float(number))

    def stop_improvising(self) -> None:
        """A planned cue begins: what the host was improvising ends."""
        for k, item, _ in self.spoken:
            if self.runs(k):
                self.cut(k, item, NO_ALERT)

    def improvise(self, cue: Cue, alert: int) -> None:
        """The host speaks a cue now: its block is laid from a stream of its own, so nothing laid before changes."""
        self.stop_improvising()
        before = len(self.tape)
        nth = sum((self.names[item], kind) == (cue.sku, cue.kind) for _, item, kind in self.spoken)
        rows, row = improvised(self.scenario, self.tape, cue, self.now, nth, self.blocks)
        self.world, self.tape = with_block(self.world, self.tape, rows, row, compiled_slip_in())
        number, item = len(self.tape.cues) - 1, self.names.index(cue.sku)
        self.cues = [*self.cues, *self.tape.cues[number:].tolist()]
        self.spoken.append((number, item, cue.kind))
        self.note(self.parts[item][0], HOST_CALL, alert, float(number))
        if self.on_new_rows is not None:
            self.on_new_rows(before)
