"""Open loop, fast: the ledger runs once for all strategies, then each strategy alone over the readings it would have had.

    heard = record(stage, silent)
    run = listen(heard, policy)          # equals play(stage, policy, acting=False), bit for bit

A strategy that compiles is folded in compiled code. One that does not gets its signals spelt out by compiled code, is called
once per reading and SKU as the plain Python function it is, and the gate is asked in compiled code afterwards: nothing it
decides can come back to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.core.feed import deliveries, news
from sim.core.policy import Policy
from sim.core.run import ACTION_DTYPE, ALERT_DTYPE, ShowRun
from sim.core.stage import Stage
from sim.core.world import DROPPED_READINGS, E_LINE, E_STOCK, NEXT, World
from sim.engine.answers import answers
from sim.engine.compiled import compiled_hearing
from sim.engine.folds import fold_pointer
from sim.engine.hearing import T_LEVEL, T_READING, T_ROW, T_SKU
from sim.engine.simulate import SUPPRESSED, play
from sim.engine.twice import answered_twice
from sim.native import CannotCompile

ROOM = 4096
"""Decisions noted between two looks of the plain code (at least one per SKU)."""


@dataclass(frozen=True, eq=False)
class Heard:
    """A stage whose rows have run with nobody acting. run: of the silent policy. rows: that deliver a reading, in order of
    arrival; kept: of these, the ones no newer reading came before."""

    stage: Stage
    run: ShowRun
    rows: np.ndarray
    kept: np.ndarray


def record(stage: Stage, silent: Policy) -> Heard:
    """Run the ledger and take the readings; ``silent``: a policy that sends no alert."""
    run = play(stage, silent, acting=False)
    rows, _ = deliveries(stage.tape)
    return Heard(stage, run, rows.astype(np.int32), news(stage.tape).astype(np.int32))


def listen(heard: Heard, policy: Policy) -> ShowRun:
    """What ``policy`` would have said: the Run of ``play(stage, policy, acting=False)``."""
    world = heard.stage.world(policy)._replace(readings=heard.run.readings)
    try:
        fold = fold_pointer(policy.strategy.fold)
    except CannotCompile:
        try:
            alerts = _plainly(heard, policy, world)
        except Exception:
            # A fold may ask more of its arrays than a view of them can do: the plain engine has the last word, and raises what is
            # a true fault.
            return play(heard.stage, policy, acting=False)
        dropped = len(heard.rows) - len(heard.kept)
    else:
        answered_twice(heard.stage, policy, heard.run.readings)
        alerts = _noted(
            world,
            len(heard.rows),
            lambda decisions, evidence: compiled_hearing().hear(world, fold, heard.rows, decisions, evidence),
        )
        dropped = int(world.head[DROPPED_READINGS])
    return ShowRun(
        scenario=heard.stage.scenario,
        policy=policy,
        tape=heard.stage.tape,
        outcome=heard.run.outcome,
        stock=heard.run.stock,
        alerts=_alerts(heard, *alerts),
        actions=np.empty(0, ACTION_DTYPE),
        readings=heard.run.readings,
        cue_cut=heard.run.cue_cut,
        dropped_readings=dropped,
        suppressed=tuple(int(world.gate_memory[:, k].sum()) for k in SUPPRESSED),
        acting=False,
        journal=heard.run.journal,
    )


def _noted(world: World, end: int, go_on: Any) -> tuple[np.ndarray, np.ndarray]:
    """Every decision of a pass that stops whenever its note pad is full."""
    room = max(ROOM, world.stock.shape[0])
    decisions, evidence, all_decisions, all_evidence = np.empty((room, 4), np.int64), np.empty((room, 2)), [], []
    while world.head[NEXT] < end:
        n = go_on(decisions, evidence)
        all_decisions.append(decisions[:n].copy())
        all_evidence.append(evidence[:n].copy())
    return (np.concatenate(all_decisions), np.concatenate(all_evidence)) if all_decisions else (decisions[:0], evidence[:0])


def _plainly(heard: Heard, policy: Policy, world: World) -> tuple[np.ndarray, np.ndarray]:
    """The decisions of a strategy that runs as plain Python."""
    code, rows = compiled_hearing(), heard.kept
    levels, lines = answers(policy, world, rows)
    level, line = np.array(levels, np.int64), np.array(lines, np.float64)
    return _noted(world, len(rows), lambda decisions, evidence: code.weigh(world, rows, level, line, decisions, evidence))


def _alerts(heard: Heard, decisions: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Decisions as a Run keeps them: sent on the first odd microsecond after the reading; nobody hears of them."""
    alerts = np.empty(len(decisions), ALERT_DTYPE)
    alerts["t"] = heard.stage.tape.t[decisions[:, T_ROW]] | 1
    alerts["sku"], alerts["level"], alerts["reading"] = decisions[:, T_SKU], decisions[:, T_LEVEL], decisions[:, T_READING]
    alerts["stock"], alerts["line"] = evidence[:, E_STOCK], evidence[:, E_LINE]
    alerts["heard"] = alerts["handled"] = -1
    return alerts
