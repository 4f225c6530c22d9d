"""Runs on one tape that nothing is pending in go on side by side, row by row, each row for all of them.

What a row is about is then told once for all: a processor guesses at it otherwise, and wrongly, for every run anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from sim.core.world import N_CUT, N_OUT
from sim.engine.compiled import compiled_abreast
from sim.engine.control import Control
from sim.engine.simulate import NO_EVENT, Engine, run_rows, speak
from sim.engine.stretch import abreast, stretch

FEWEST, MOST = 4, 8
"""Runs side by side: fewer are not worth a kernel of their own, of more the worlds drive each other out of the cache."""


def run_side_by_side(runs: Sequence[Control], engine: Engine) -> None:
    """:func:`~sim.engine.simulate.run_rows` to the end for runs of one strategy on one tape, from where each stands.

    SimPy has the clock: a run goes alone as long as an event of its own is pending, and from its first decision on.
    """
    for run in runs:
        run_rows(run.env, run, engine, done=run.env.now, pending=True)
    quiet = [run for run in runs if run.env.peek() == NO_EVENT and not len(run.world.seq)]
    through = [run for k in range(0, len(quiet), MOST) for run in _walk(quiet[k : k + MOST], engine)]
    for run in runs:
        if run not in through:
            run_rows(run.env, run, engine)


def _walk(quiet: list[Control], engine: Engine) -> list[Control]:
    """As long as enough of them say nothing; those who come to the end."""
    walk = abreast if engine.stretch is stretch else compiled_abreast()
    while len(quiet) >= FEWEST:
        spoken = walk([run.world for run in quiet], engine.fold)
        quiet = [run for run in quiet if not _spoke(run)]
        if not spoken:
            return quiet
    return []


def _spoke(run: Control) -> bool:
    """Whether it did, and was sent what it said; cues it cut are put on record."""
    head = run.world.head
    if head[N_CUT]:
        run.record_cuts()
    spoke = bool(head[N_OUT])
    if spoke:
        speak(run.env, run)
    return spoke
