"""What a strategy makes of readings it is given: signals spelt out by compiled code, the fold called as plain Python."""

from __future__ import annotations

from itertools import cycle

import numpy as np

from sim.core.feed import ask, news
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.core.units import US
from sim.core.world import World
from sim.engine.compiled import compiled_spelling, compiled_trace
from sim.engine.folds import fold_pointer
from sim.native import CannotCompile
from strategies.contract import LINE, Signal

AT_ONCE = 20_000
"""Signals spelt out at a time: a list of Python floats is ten times as large as the array it comes from."""


def answers(policy: Policy, world: World, rows: np.ndarray) -> tuple[list[int], list[float]]:
    """Level and stock line after every reading that ``rows`` (int32) deliver, flat, SKU by SKU. ``world`` is the strategy's
    own."""
    spell_out, skus = compiled_spelling(), world.stock.shape[0]
    fold, make, step = policy.strategy.fold, tuple.__new__, max(1, AT_ONCE // skus)
    out = np.empty((step * skus, len(Signal._fields)))
    # Views of the same memory that answer with Python's own floats: several times as fast as NumPy's scalars.
    own = [(memoryview(world.params[s]), memoryview(world.memory[s])) for s in range(skus)]
    levels: list[int] = []
    lines: list[float] = []
    for start in range(0, len(rows), step):
        n = spell_out(world, rows, start, min(start + step, len(rows)), out)
        for values, (params, memory) in zip(out[:n].tolist(), cycle(own), strict=False):
            levels.append(ask(fold, params, memory, make(Signal, values)))
            lines.append(memory[LINE])
    return levels, lines


def lines_of(run: ShowRun) -> tuple[np.ndarray, np.ndarray]:
    """The stock line a run's strategy watched: when readings reached it [s], and the line from then on, float64 [reading,
    sku]."""
    world = set_stage(run.scenario, run.tape).world(run.policy)._replace(readings=run.readings)
    rows = news(run.tape).astype(np.int32)
    line = np.empty((len(rows), len(run.scenario.skus)))
    try:
        fold = fold_pointer(run.policy.strategy.fold)
    except CannotCompile:
        line.flat[:] = answers(run.policy, world, rows)[1]
    else:
        compiled_trace()(world, fold, rows, line)
    return run.tape.t[rows] / US, line
