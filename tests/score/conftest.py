"""A busy show under several policies, played once for all tests of the score."""

from __future__ import annotations

import pytest

from scenarios.contract import Audience, Cue, Scenario, Sku
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.setup.policies import make_policy


@pytest.fixture(scope="session")
def shows():
    """A busy show of two SKUs and its runs under several policies on one tape: {name: run}, "silent" first."""
    skus = (Sku("a", 100, price=50.0), Sku("b", 60, tier="traffic", margin=0.2))
    cues = (Cue(60.0, "a", "deal"), Cue(200.0, "b", "link_drop"), Cue(320.0, "a", "pitch"), Cue(450.0, "b", "pitch"))
    scenario = Scenario("busy", "test", 600.0, skus, cues, audience=Audience(arrivals_per_min=3000))
    stage = set_stage(scenario, draw_tape(scenario, 1))
    runs = {name: play(stage, make_policy(name)) for name in ("silent", "tiered", "random_rate")}
    runs["smart"] = play(stage, make_policy("smart", playbook="prompted"))
    for units in (2, 20, 50, 90):
        runs[f"fixed {units}"] = play(stage, make_policy("fixed_count", {"units": units}))
    return runs
