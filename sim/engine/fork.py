"""Play many policies on one stage, running only what differs.

Until a policy first does something, its world is everyone's world: that of the silent run, the *baseline run*. So

1. every candidate's strategy and gate are run over its readings (:mod:`sim.engine.scan`) up to their first decision
   that has consequences under their playbook;
2. it is run once more, in order; where candidates fork, one of them (the *lead*) gets a copy of the world and is run
   to its end, SimPy clock, staff and host included;
3. the others that forked there with the same decision are read over the lead's readings: as long as they decide the same,
   the lead's world is theirs too; where they part from it, the next one leads.

The number of real runs is the number of distinct courses, and each Run equals ``play(stage, policy)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import simpy

from sim.core import world as W
from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage
from sim.core.units import odd
from sim.core.world import World
from sim.engine.candidates import NO_WANT, CandidateSet, Decisions
from sim.engine.control import Begun, Control
from sim.engine.scan import T_LACK, T_SKU
from sim.engine.simulate import engine_for, finish, play, run_rows
from sim.engine.twice import answered_twice
from sim.words import _
from strategies import silent
from strategies.gate import MACHINE
from strategies.registry import gate_settings, settings

CHANGING = ("outcome", "stock", "exposure", "talk", "cue_cut", "muted", "observers", "views", "head", "readings",
            "plan_next")  # fmt: skip
Shared = tuple[list[int], ShowRun]


def nobody() -> Policy:
    """The policy that says nothing: its run is the baseline."""
    return Policy(silent.STRATEGY, settings(silent.STRATEGY), gate_settings(), PLAYBOOKS["none"], "silent")


def play_all(stage: Stage, policies: Sequence[Policy], baseline: ShowRun | None = None) -> Iterator[Shared]:
    """Every policy's run, as (places in ``policies``, Run); places whose runs are identical share one Run.

    Each place comes exactly once, in no particular order. A shared Run is that of its first place: the others' differ in the
    policy and in the stock lines and lacks that their alerts record, in nothing else. ``baseline``: the silent run of the stage,
    where it is at hand.
    """
    if baseline is None:
        baseline = play(stage, nobody())
    if baseline.tape is not stage.tape or len(baseline.alerts) or len(baseline.orders) or not baseline.acting:
        raise ValueError(
            _("the run of {name!r} is no baseline; give the silent run of the same stage").format(name=baseline.policy.name)
        )
    if not policies:
        return
    candidates = CandidateSet(stage, policies)
    for members in candidates.kinds:
        # One of them a show, each in its turn: their settings differ, their code does not.
        answered_twice(stage, policies[members[stage.tape.key[1] % len(members)]], baseline.readings)
    forks: dict[int, list[list[int]]] = {}
    for members in candidates.by_playbook():
        for place, group in candidates.read(members, baseline, 0, NO_WANT):
            if place < 0:
                yield from candidates.share(group, baseline)
            else:
                forks.setdefault(place, []).append(group)
    candidates.remember()
    cursor = Cursor(stage, baseline.policy, candidates.rows)
    for place in sorted(forks):
        cursor.go_to(place)
        for group in forks[place]:
            yield from _branch(candidates, cursor, group, place)


def _branch(candidates: CandidateSet, cursor: Cursor, group: list[int], place: int) -> Iterator[Shared]:
    """The runs of candidates that forked together at ``place``."""
    open_groups = [(group, place)]
    while open_groups:
        (lead, *others), at = open_groups.pop()
        run, rows = cursor.leave(candidates, lead, *candidates.at_fork(lead, place))
        if not others:
            yield [lead], run
            continue
        same = [lead]
        for parted, members in candidates.read(others, run, at + 1, candidates.matter(rows, lead)):
            if parted < 0:
                same += members
            else:
                open_groups.append((members, parted))
        yield from candidates.share(same, run, lead, rows)


class Cursor:
    """The baseline run, played a second time, row by row: where candidates leave it they take a copy of its world along."""

    def __init__(self, stage: Stage, policy: Policy, rows: np.ndarray) -> None:
        self.stage, self.engine, self.times = stage, engine_for(policy), stage.tape.t[rows]
        self.env = simpy.Environment()
        self.control = Control(self.env, stage, policy, True, self.engine.look, Begun(stage.world(policy, hosted=True)))
        self.at = 0

    def go_to(self, place: int) -> None:
        """Run everything up to and including the row at ``place`` among ``rows``, those of the readings' arrival."""
        self.at = int(self.times[place])
        while True:
            horizon = self.env.peek()
            self.engine.stretch(self.control.world, self.engine.fold, int(min(horizon, self.at + 1)))
            if self.control.world.head[W.N_CUT]:
                self.control.record_cuts()
            if horizon > self.at:
                return
            self.env.step()

    def leave(
        self, candidates: CandidateSet, lead: int, state: dict[str, np.ndarray], alerts: Decisions, now: Decisions
    ) -> tuple[ShowRun, np.ndarray]:  # fmt: skip
        """Run candidate ``lead`` from here to the end: the run, and all its decisions (columns T_*). state: what its strategy and
        gate remember; alerts: what it said before; now: what it says at this row."""
        policy, engine, old = candidates.policies[lead], candidates.engines[candidates.place[lead][0]], self.control
        env = simpy.Environment(odd(self.at))
        leads, ordered, lacks = [], [], []
        for (j, sku, level, reading, _held), (stock, line, lack) in zip(
            alerts.rows.tolist(), alerts.evidence.tolist(), strict=True
        ):
            if level >= MACHINE:
                ordered.append((int(self.times[j]) + 1, sku, level - MACHINE, reading, stock, line, lack))
            else:
                leads.append((int(self.times[j]) + 1, sku, level, reading, stock, line, -1, -1))
                lacks.append(lack)
        begun = Begun(self._world(state, now), leads, old.actions, lacks, ordered)
        control = Control(env, self.stage, policy, True, engine.look, begun)
        control.dispatch()  # what is said at this row is sent in this microsecond
        run_rows(env, control, engine, done=env.now)
        return finish(self.stage, policy, control, True), np.concatenate(
            [alerts.rows, candidates.as_decisions(control.decisions, lead)]
        )

    def _world(self, state: dict[str, np.ndarray], now: Decisions) -> World:
        """A copy of the baseline run's world, with the policy's strategy and gate in it.

        The log of record changes is not copied: what lies behind is common, and whoever runs next writes his own on top.
        """
        w, count, n = self.control.world, len(now.rows), len(self.stage.tiers)
        copies = {name: getattr(w, name).copy() for name in CHANGING}
        copies["outbox"], copies["evidence"] = np.zeros((2 * n, 3), np.int64), np.zeros((2 * n, 3))
        copies["outbox"][:count] = now.rows[:, T_SKU:T_LACK]
        copies["evidence"][:count] = now.evidence
        copies["head"][W.N_OUT] = count
        return w._replace(**copies, **state)
