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
from sim.engine.simulate import engine_for, finish, run_rows
from strategies.gate import MACHINE

CHANGING = ("outcome", "stock", "exposure", "talk", "cue_cut", "muted", "observers", "views", "head", "readings",
            "plan_next")  # fmt: skip
CHANGED = tuple(map(World._fields.index, CHANGING))
OWN = tuple(map(World._fields.index, STATE))


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
        self.log = [np.empty_like(getattr(self.control.world, name)) for name in LOGGED]
        self.fields = list(self.control.world._replace(**dict(zip(LOGGED, self.log, strict=True))))
        self.common = 0
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
        begun = [self._begin(fork, k) for fork, k in leads]
        for (fork, k), (control, _before) in zip(leads, begun, strict=True):
            self._share_log(fork.logged)
            run_rows(control.env, control, self.candidates.engines[self.candidates.place[k][0]], done=control.env.now)
        ended = []
        for (_fork, k), (control, before) in zip(leads, begun, strict=True):
            rows = self.candidates.as_decisions(control.decisions, k)
            run = finish(self.stage, control.policy, control, True)
            ended.append((run, np.concatenate([before, rows]) if len(before) else rows))
        return ended

    def _begin(self, fork: Fork, k: int) -> tuple[Control, np.ndarray]:
        """Candidate ``k`` where he forked, what he says there sent; and his decisions before."""
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
        begun = Begun(self._world(fork, k), leads, fork.actions, lacks, ordered)
        control = Control(simpy.Environment(odd(fork.at)), self.stage, policy, True, engine.look, begun)
        control.send(now.rows[:, T_SKU:T_LACK].tolist(), now.evidence.tolist())  # in this microsecond
        return control, alerts.rows

    def _world(self, fork: Fork, k: int) -> World:
        """A copy of the baseline run's world at a fork, with the strategy and the gate of candidate ``k`` in it. The outbox is one
        for all: what a gate puts into it is sent before another run goes on."""
        fields = self.fields[:]
        for place, array in zip(CHANGED, fork.arrays, strict=True):
            fields[place] = array.copy()
        for place, array in zip(OWN, self.candidates.state(k), strict=True):
            fields[place] = array
        return World._make(fields)

    def _share_log(self, logged: int) -> None:
        """Make the log that runs write to, one after another, the baseline run's in its first ``logged`` changes of the record;
        what the last run wrote behind is its own."""
        common, self.common = self.common, logged
        if logged > common:
            for name, array in zip(LOGGED, self.log, strict=True):
                array[common:logged] = getattr(self.control.world, name)[common:logged]
