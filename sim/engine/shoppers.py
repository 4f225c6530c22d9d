"""The oracle: the same show told by its people, each shopper a SimPy process.

Slow and readable. It shares the ledger's functions, the strategies and the control plane with the fast
engine, but not its order of events: here SimPy alone decides who comes next. On one tape both give the same Run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import simpy

from sim.core import ledger, supply
from sim.core.cues import begin_cue
from sim.core.feed import deliver, sample
from sim.core.tape import CANCEL, CART, COPY, DELIVER, EXPIRE, ORDER, PAY, RETRY, SAMPLE
from sim.core.world import N_OUT, NEXT_CUE
from sim.engine.control import Control
from strategies.contract import Fold

DEEDS: dict[int, Callable] = {
    CART: ledger.add_to_cart,
    ORDER: ledger.place_order,
    RETRY: ledger.place_order,
    COPY: ledger.copy_order,
    PAY: ledger.pay,
    EXPIRE: ledger.expire,
    CANCEL: ledger.cancel,
}


def shopper(env: simpy.Environment, control: Control, rows: list[int]) -> Generator:
    """One shopper lives through his rows: he comes, perhaps orders, pays, waits, gives up."""
    for i in rows:
        yield env.timeout(int(control.world.t[i]) - env.now)
        DEEDS[int(control.world.kind[i])](control.world, i, env.now)


def outside(env: simpy.Environment, control: Control, i: int) -> Generator:
    """An arrival, a release, an ERP push or a manual edit."""
    yield env.timeout(int(control.world.t[i]))
    supply.restate(control.world, i, env.now, int(control.world.kind[i]))


def taking(env: simpy.Environment, control: Control, i: int) -> Generator:
    """A reading is taken."""
    yield env.timeout(int(control.world.t[i]))
    sample(control.world, i)


def arriving(env: simpy.Environment, control: Control, i: int, fold: Fold) -> Generator:
    """A reading arrives; what the gate decides is sent a microsecond later."""
    yield env.timeout(int(control.world.t[i]))
    deliver(control.world, fold, i)
    if control.world.head[N_OUT]:
        yield env.timeout(1)
        control.dispatch()


def coming_to(env: simpy.Environment, control: Control, k: int) -> Generator:
    """The host comes to planned cue ``k``."""
    yield env.timeout(int(control.world.cue_at[k]))
    begin_cue(control.world, k, env.now)
    control.record_cuts()


def people_the_show(env: simpy.Environment, control: Control, fold: Fold) -> None:
    """Start a process for every shopper, reading and outside event, also for those an improvised cue brings later."""

    def start(first: int) -> None:
        tape = control.tape
        kinds = tape.kind[first:]
        own = first + np.flatnonzero(kinds <= CANCEL)
        own = own[np.lexsort((tape.t[own], tape.who[own]))]
        for rows in np.split(own, np.flatnonzero(np.diff(tape.who[own])) + 1) if len(own) else []:
            env.process(shopper(env, control, rows.tolist()))
        for i in (first + np.flatnonzero(kinds > CANCEL)).tolist():
            kind = tape.kind[i]
            if kind == SAMPLE:
                env.process(taking(env, control, i))
            elif kind == DELIVER:
                env.process(arriving(env, control, i, fold))
            else:
                env.process(outside(env, control, i))

    control.on_new_rows = start
    # First of all, so that a cue comes before whatever else is decided in its microsecond.
    for k in range(control.world.head[NEXT_CUE], len(control.tape.cues)):
        env.process(coming_to(env, control, k))
    start(0)
