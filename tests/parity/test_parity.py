"""The oracle, the plain dense plane and the compiled one tell the same story, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import plain_engine, play, play_oracle
from tests.parity.worlds import random_policy, random_scenario
from tests.sizes import sized

CELLS = 320
CHUNK = 20


def first_difference(a, b) -> str:
    """Names the first part of two Runs that differs, with the place."""
    for name in ("outcome", "stock", "alerts", "actions", "readings", "cue_cut"):
        x, y = getattr(a, name), getattr(b, name)
        if not np.array_equal(x, y):
            where = np.argwhere(x != y)[0].tolist() if x.shape == y.shape else f"{x.shape} against {y.shape}"
            return f"{name} at {where}"
    return "a counter"


def check_cell(seed: int) -> int:
    """Run one random cell in all engines; returns how many alerts it had."""
    scenario, policy = random_scenario(seed), random_policy(seed)
    stage = set_stage(scenario, draw_tape(scenario, seed))
    oracle = play_oracle(stage, policy)
    compiled = play(stage, policy)
    assert oracle.digest() == compiled.digest(), f"cell {seed}, {policy.name}: {first_difference(oracle, compiled)}"
    if seed % 10 == 0:
        assert play(stage, policy, engine=plain_engine(policy)).digest() == oracle.digest(), f"cell {seed}, plain engine"
    return len(oracle.actions)


@pytest.mark.parametrize("first", range(0, CELLS, CHUNK))
def test_engines_agree(first):
    acted = sum(check_cell(seed) > 0 for seed in range(first, first + CHUNK))
    assert acted >= CHUNK // 10, "the cells are too tame to prove anything"


@pytest.mark.long
@pytest.mark.parametrize("first", range(CELLS, sized(CELLS + 100, 10_000), 100))
def test_engines_agree_on_many_more(first):
    for seed in range(first, first + 100):
        check_cell(seed)


def test_digest_notices_one_changed_outcome():
    scenario, policy = random_scenario(3), random_policy(3)
    stage = set_stage(scenario, draw_tape(scenario, 3))
    a, b = play(stage, policy), play(stage, policy)
    b.outcome[np.flatnonzero(b.outcome)[0]] += 1
    assert a.digest() != b.digest()
    assert first_difference(a, b).startswith("outcome")
