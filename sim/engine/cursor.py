"""Where candidates leave the baseline run, and how one of them is run from there to the end of the show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import simpy

from sim.core import world as W
from sim.core.moves import LOGGED
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.core.units import odd
from sim.core.world import World
from sim.engine.candidates import STATE, CandidateSet
from sim.engine.control import Begun, Control
from sim.engine.scan import T_LACK, T_SKU
from sim.engine.side_by_side import run_side_by_side
from sim.engine.simulate import engine_for, finish
from strategies.gate import MACHINE

CHANGING = ("outcome", "stock", "exposure", "talk", "cue_cut", "muted", "observers", "views", "head", "readings",
            "plan_next")  # fmt: skip
CHANGED = tuple(map(World._fields.index, CHANGING))
OWN = tuple(map(World._fields.index, STATE))
LOG = tuple(map(World._fields.index, LOGGED))
BUFFERS = (*LOG, *map(World._fields.index, ("outbox", "evidence", "cuts")))
"""What a run writes before it reads it: room that later runs use again."""


class Fork(NamedTuple):
    """The baseline run as it stood after a row: ``at`` [us], the place of that reading, what a run changes (CHANGING), what the
    host had done, how many changes of the record were logged."""

    at: int
    place: int
    arrays: tuple[np.ndarray, ...]
    actions: Sequence[tuple[int, int, int, int, float]]
    logged: int


class Cursor:
    """The baseline run, played a second time, row by row: where candidates leave it they take a copy of its world along."""

    def __init__(self, stage: Stage, policy: Policy, candidates: CandidateSet) -> None:
        self.stage, self.engine, self.candidates = stage, engine_for(policy), candidates
        self.times = stage.tape.t[candidates.rows]
        self.env = simpy.Environment()
        self.control = Control(self.env, stage, policy, True, self.engine.look, Begun(stage.world(policy, hosted=True)))
        self.fields = list(self.control.world)
        self.buffers: list[list[np.ndarray]] = []
        self.common: list[int] = []
        self.fork: Fork | None = None

    def go_to(self, place: int) -> Fork:
        """Run everything up to and including the row at ``place`` among those of the readings' arrival."""
        if self.fork is None or self.fork.place != place:
            at, world = int(self.times[place]), self.control.world
            while True:
                horizon = self.env.peek()
                self.engine.stretch(world, self.engine.fold, int(min(horizon, at + 1)))
                if world.head[W.N_CUT]:
                    self.control.record_cuts()
                if horizon > at:
                    break
                self.env.step()
            arrays = tuple([world[k].copy() for k in CHANGED])
            self.fork = Fork(at, place, arrays, tuple(self.control.actions), int(world.head[W.N_LOG]))
        return self.fork

    def lead(self, leads: Sequence[tuple[Fork, int]]) -> list[tuple[ShowRun, np.ndarray]]:
        """Run candidates, each from where he forked to the end: the run, and all its decisions (columns T_*)."""
        while len(self.buffers) < len(leads):
            self.buffers.append([np.empty_like(self.fields[place]) for place in BUFFERS])
            self.common.append(0)
        begun = [self._begin(fork, k, own) for own, (fork, k) in enumerate(leads)]
        alike: dict[int, list[Control]] = {}
        for (_fork, k), (control, _before) in zip(leads, begun, strict=True):
            alike.setdefault(self.candidates.place[k][0], []).append(control)
        for number, controls in alike.items():
            run_side_by_side(controls, self.candidates.engines[number])
        ended = []
        for (_fork, k), (control, before) in zip(leads, begun, strict=True):
            rows = self.candidates.as_decisions(control.decisions, k)
            run = finish(self.stage, control.policy, control, True)
            ended.append((run, np.concatenate([before, rows]) if len(before) else rows))
        return ended

    def _begin(self, fork: Fork, k: int, own: int) -> tuple[Control, np.ndarray]:
        """Candidate ``k`` where he forked, over buffers number ``own``, what he says there sent; and his decisions before."""
        candidates = self.candidates
        policy, engine = candidates.policies[k], candidates.engines[candidates.place[k][0]]
        alerts, now = candidates.at_fork(k, fork.place)
        leads, ordered, lacks = [], [], []
        for (j, sku, level, reading, _held), (stock, line, lack) in zip(
            alerts.rows.tolist(), alerts.evidence.tolist(), strict=True
        ):
            if level >= MACHINE:
                ordered.append((int(self.times[j]) + 1, sku, level - MACHINE, reading, stock, line, lack))
            else:
                leads.append((int(self.times[j]) + 1, sku, level, reading, stock, line, -1, -1))
                lacks.append(lack)
        begun = Begun(self._world(fork, k, own), leads, fork.actions, lacks, ordered)
        control = Control(simpy.Environment(odd(fork.at)), self.stage, policy, True, engine.look, begun)
        control.send(now.rows[:, T_SKU:T_LACK].tolist(), now.evidence.tolist())  # in this microsecond
        return control, alerts.rows

    def _world(self, fork: Fork, k: int, own: int) -> World:
        """A copy of the baseline run's world at a fork, with the strategy and the gate of candidate ``k``; buffers are those of
        number ``own``."""
        fields = self.fields[:]
        for place, array in zip(CHANGED, fork.arrays, strict=True):
            fields[place] = array.copy()
        for place, array in zip(OWN, self.candidates.state(k), strict=True):
            fields[place] = array
        for place, array in zip(BUFFERS, self.buffers[own], strict=True):
            fields[place] = array
        self._share_log(fork.logged, own)
        return World._make(fields)

    def _share_log(self, logged: int, own: int) -> None:
        """Make the log of buffers ``own`` the baseline run's up to its first ``logged`` changes of the record; what the last to
        have them wrote behind is its own."""
        common, self.common[own] = self.common[own], logged
        if logged > common:
            for place, array in zip(LOG, self.buffers[own], strict=False):
                array[common:logged] = self.fields[place][common:logged]
