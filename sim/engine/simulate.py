"""Run one show under one policy. SimPy owns the clock in every run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import starmap
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
import simpy

from scenarios.contract import Scenario
from sim.core.moves import journal_of
from sim.core.policy import Policy
from sim.core.run import ACTION_DTYPE, ALERT_DTYPE, ORDER_DTYPE, ShowRun
from sim.core.screens import seen
from sim.core.stage import Stage, set_stage
from sim.core.units import NEVER_US, odd
from sim.core.world import DROPPED_READINGS, LAST, N_CUT, N_OUT, NEXT, World
from sim.demand.draw import draw_tape
from sim.engine.asrun import AsRun, Deed
from sim.engine.compiled import compiled_seen, compiled_stretch, released
from sim.engine.control import Begun, Control
from sim.engine.folds import fold_pointer
from sim.engine.shoppers import people_the_show
from sim.engine.stretch import stretch
from sim.engine.twice import answered_twice
from sim.engine.whatif import Heed, Unsent, WhatIf
from sim.native import CannotCompile
from strategies.contract import Fold
from strategies.gate import SUPPRESSED_BUDGET, SUPPRESSED_COOLDOWN, SUPPRESSED_DUPLICATE

CODES = {"i8": "q", "i4": "i", "f8": "d"}
PACK = {
    kind: Struct("=" + "".join(CODES[kind[name].str[1:]] for name in kind.names or ())).pack
    for kind in (ALERT_DTYPE, ORDER_DTYPE, ACTION_DTYPE)
}
"""Packs one record of a kind."""
NO_EVENT = simpy.core.Infinity
"""When the next event of a clock is where none is pending."""
SUPPRESSED = [SUPPRESSED_DUPLICATE, SUPPRESSED_COOLDOWN, SUPPRESSED_BUDGET]


class Engine(NamedTuple):
    """The forms in which one run uses the strategy, the stretch and the look at a screen: compiled or plain."""

    fold: Fold
    stretch: Callable[[World, Fold, int], int]
    look: Callable[[World, int, int, int], int]


def engine_for(policy: Policy) -> Engine:
    """The compiled engine; a strategy that does not compile runs in the plain one, slower, with the same answers."""
    try:
        return Engine(fold_pointer(policy.strategy.fold), compiled_stretch(), compiled_seen())
    except CannotCompile:
        return plain_engine(policy)


def plain_engine(policy: Policy) -> Engine:
    """The same functions as plain Python."""
    return Engine(policy.strategy.fold, stretch, seen)


def simulate(scenario: Scenario, policy: Policy, seed: int, replicate: int = 0) -> ShowRun:
    """Draw the tape of one replicate and run it."""
    return play(set_stage(scenario, draw_tape(scenario, seed, replicate)), policy)


def play(
    stage: Stage, policy: Policy, acting: bool = True, engine: Engine | None = None, heed: Heed | None = None,
    deeds: Sequence[Deed] | None = None,
) -> ShowRun:  # fmt: skip
    """Run a staged show. ``acting`` false: alerts are recorded and nothing follows (open loop). ``heed``: for a what-if
    run, whether the actions of an alert are carried out as planned, not at all, or in the same moment. ``deeds``: what people
    do whatever the policy says (one that stays silent)."""
    engine = engine or engine_for(policy)
    env = simpy.Environment()
    parts = (env, stage, policy, acting, engine.look)
    control = WhatIf(*parts, heed=heed) if heed is not None else AsRun(*parts, deeds=deeds) if deeds else Control(*parts)
    return _played(stage, policy, control, engine)


def play_unnoted(stage: Stage, policy: Policy) -> ShowRun:
    """The same run without a journal of its moves: what is judged and not drawn."""
    engine, env = engine_for(policy), simpy.Environment()
    begun = Begun(stage.world(policy, hosted=True))
    return _played(stage, policy, Control(env, stage, policy, True, engine.look, begun), engine)


def play_without(stage: Stage, policy: Policy, chain: tuple[int, int] | None, engine: Engine | None = None) -> ShowRun:
    """The same show without one chain of the policy's alerts: (item, moment of its first decision [us]); None: without any."""
    engine, env = engine or engine_for(policy), simpy.Environment()
    begun = Begun(stage.world(policy, hosted=True))  # judged and not drawn: no journal
    return _played(stage, policy, Unsent(env, stage, policy, True, engine.look, begun, chain=chain), engine)


def _played(stage: Stage, policy: Policy, control: Control, engine: Engine) -> ShowRun:
    env, acting = control.env, control.acting
    run_rows(env, control, engine)
    run = finish(stage, policy, control, acting)
    if engine.fold is not policy.strategy.fold:
        answered_twice(stage, policy, run.readings)
    return run


def play_oracle(stage: Stage, policy: Policy, acting: bool = True) -> ShowRun:
    """The same show with every shopper a SimPy process."""
    env = simpy.Environment()
    control = Control(env, stage, policy, acting, seen)
    people_the_show(env, control, policy.strategy.fold)
    while env.peek() <= control.end:
        env.step()
    return finish(stage, policy, control, acting)


def run_rows(env: simpy.Environment, control: Control, engine: Engine, done: float = -1.0, pending: bool = False) -> None:
    """Rows up to the next control event, then that event, until the rows are over; pending: until no event is. Events of one
    moment share their rows. done: the moment whose rows have been run already."""
    head, stretch, fold, step = control.head, engine.stretch, engine.fold, env.step
    while True:
        horizon = env.peek()
        if pending and horizon == NO_EVENT:
            return
        if horizon != done:
            spoke = stretch(control.world, fold, int(min(horizon, NEVER_US)))
            if head[N_CUT]:
                control.record_cuts()
            if spoke:
                speak(env, control)
                continue
            done = horizon
        if horizon > head[LAST]:
            return
        step()


def speak(env: simpy.Environment, control: Control) -> None:
    """What the gate decided at the last row is sent a microsecond after it, as a control event like any other. Readings are
    drawn before the show, so that row is one of those."""
    head = control.head
    env.timeout(odd(control.world.t[head[NEXT] - 1]) - env.now).callbacks.append(control.dispatch)
    while head[N_OUT]:
        env.step()


def finish(stage: Stage, policy: Policy, control: Control, acting: bool) -> ShowRun:
    control.close()
    w, people = control.world, control.people
    run = ShowRun(
        scenario=stage.scenario,
        policy=policy,
        tape=control.tape,
        outcome=w.outcome[: len(control.tape)],
        stock=w.stock,
        alerts=_records(control.alerts, ALERT_DTYPE),
        actions=_records(control.actions, ACTION_DTYPE),
        readings=w.readings,
        cue_cut=w.cue_cut[:-1],
        notices=people.notices,
        minded=people.minded,
        busy_us=people.busy_us,
        dropped_readings=int(w.head[DROPPED_READINGS]),
        suppressed=tuple([int(sum(held)) for held in w.gate_memory.T[SUPPRESSED].tolist()]),
        pitched_empty=control.pitched_empty,
        acting=acting,
        journal=journal_of(w),
        lacks=np.array(control.lacks),
        orders=_records(control.ordered, ORDER_DTYPE),
    )
    # A control plane hangs in a cycle with its clock, which only the collector ends: the next run would find its rows in use.
    del control.world, control.tape
    released()
    return run


def _records(rows: Sequence[Sequence[Any]], kind: np.dtype) -> np.ndarray:
    """Rows as records of ``kind``: packed, a third of what NumPy takes to read tuples."""
    return np.frombuffer(bytearray().join(starmap(PACK[kind], rows)), kind) if rows else np.zeros(0, kind)
