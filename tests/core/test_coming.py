"""Who comes however much the page shows does not look at it, and nothing follows from that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.core.stage import set_stage
from sim.core.world import SURE_BELOW
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.setup.policies import make_policy
from tests.parity.worlds import EVERYTHING, random_scenario


@pytest.mark.parametrize("seed", range(0, 24, 2))
def test_a_look_that_decides_nothing_changes_nothing(seed):
    """Random worlds with scarcity, the same run once with and once without the looks that can be spared."""
    scenario = random_scenario(seed)
    scenario = replace(scenario, scarcity=replace(scenario.scarcity, on=True, gain=0.6, below=20))
    stage, policy = set_stage(scenario, draw_tape(scenario, seed)), make_policy("smart", playbook=EVERYTHING)
    spared = play(stage, policy).digest()
    assert stage.fixed["rates"][SURE_BELOW] == 1 / 1.6
    stage.fixed["rates"][SURE_BELOW] = 0.0
    assert play(stage, policy).digest() == spared
