"""A user's strategy answers its first readings twice, compiled and as plain Python: who differs is refused.

Machine code checks no bounds and freezes what it reaches, so the two can part on readings that no fixed test holds. StockCue's
own strategies are compared by its tests.
"""

from __future__ import annotations

import numpy as np

from sim.core.feed import ask, news, signal_of
from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.core.world import World
from sim.engine.folds import compile_fold
from sim.native import CannotCompile, compiles
from sim.words import _
from strategies.contract import LINE, StrategyError
from strategies.users import is_users

FIRST = 4
"""Readings of a run that are answered twice."""


def answered_twice(stage: Stage, policy: Policy, readings: np.ndarray) -> None:
    """Compare the answers to the first of ``readings``, int32 [reading, sku, N_READ]; raises a sentence where they differ."""
    machine = compiled_users(policy)
    if machine is None:
        return
    world = stage.world(policy)._replace(readings=readings)
    compare(world, policy, machine, news(stage.tape)[:FIRST], [s.id for s in stage.scenario.skus])


def compiled_users(policy: Policy) -> object | None:
    """The compiled form of a user's fold; None where it is StockCue's own or runs as plain Python."""
    fold = policy.strategy.fold
    if not compiles() or not is_users(fold.__module__ or ""):
        return None
    try:
        return compile_fold(fold)
    except CannotCompile:
        return None


def compare(world: World, policy: Policy, machine: object, rows: np.ndarray, names: list[str]) -> None:
    """The same for given rows of a world whose memory nobody else uses; it takes the plain answers."""
    other = world.memory.copy()
    for k, i in enumerate(rows.tolist()):
        for s, name in enumerate(names):
            signal = signal_of(world, i, s)
            plain = _answer(policy.strategy.fold, world.params[s], world.memory[s], signal)
            quick = _answer(machine, world.params[s], other[s], signal)
            if plain != quick or not np.array_equal(world.memory[s], other[s], equal_nan=True):
                line = f", lines {world.memory[s, LINE]:g} and {other[s, LINE]:g}" if plain == quick else ""
                raise StrategyError(
                    _(
                        "the strategy {name!r} answers {plain} as plain Python and {quick} compiled{line} at reading {k} of "
                        "{name2!r}, so results would depend on the machine; see stockcue check"
                    ).format(name=policy.strategy.name, plain=plain, quick=quick, line=line, k=k + 1, name2=name)
                )


def _answer(fold: object, params: np.ndarray, memory: np.ndarray, signal: tuple) -> str:
    try:
        return str(ask(fold, params, memory, signal))
    except Exception as error:
        return f"with {type(error).__name__}"
