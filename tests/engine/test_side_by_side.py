"""Runs that go on side by side are the runs played alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.parity import counted_together
from benchmarks.sweep import threshold_family
from scenarios.registry import load
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.fork import play_all
from sim.engine.simulate import play
from sim.native import plainly
from tests.engine.test_fork import check, crowd, stage_of
from tests.parity.worlds import random_scenario


@pytest.fixture
def walks():
    with counted_together() as walks:
        yield walks


def test_runs_side_by_side_are_the_runs_alone(walks):
    for seed in range(6, 14):
        check(stage_of(seed), crowd(seed))
    together = np.array(walks)
    assert (together[:, 0] > 1).sum() > 4, "nobody went side by side"
    assert ((together[:, 0] > 1) & (together[:, 1] > 0)).sum() > 2, "nobody spoke on the way"


def test_a_family_that_opens_again_goes_on_side_by_side(walks):
    """Lines of a playbook that follows an all-clear: each leaves the others when it speaks."""
    show = load("first_show")
    check(set_stage(show, draw_tape(show, 3)), threshold_family([10.0 * k for k in range(1, 13)], "delist"))
    assert max(together for together, _ in walks) > 3


def test_as_plain_python_too():
    stage = set_stage(scenario := random_scenario(4), draw_tape(scenario, 4))
    lines = threshold_family([4.0, 8.0, 12.0, 16.0, 20.0, 24.0])
    quick = {k: run.digest() for places, run in play_all(stage, lines) for k in places[:1]}
    with plainly():
        slow = {k: run.digest() for places, run in play_all(stage, lines) for k in places[:1]}
    assert slow == quick
    assert quick[max(quick)] == play(stage, lines[max(quick)]).digest()
