"""What-if runs: the run itself up to the first alert that is treated differently, and nothing but that alert is."""

from dataclasses import replace

import numpy as np
import pytest

from sim.core.playbooks import PLAYBOOKS
from sim.core.stage import set_stage
from sim.core.tape import ACCEPTED
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.engine.whatif import AS_PLANNED, AT_ONCE, IGNORED
from tests.parity.worlds import random_policy, random_scenario


@pytest.fixture(scope="module")
def worlds():
    every = []
    for seed in range(40):
        scenario = random_scenario(seed)
        every.append((set_stage(scenario, draw_tape(scenario, seed)), random_policy(seed)))
    return every


def test_planned_throughout_is_the_run_itself(worlds):
    for stage, policy in worlds:
        assert play(stage, policy, heed=lambda *about: AS_PLANNED).digest() == play(stage, policy).digest()


def test_ignoring_every_alert_is_a_playbook_without_actions(worlds):
    """Alerts, outcomes and stock are those of a team whose playbook is empty."""
    checked = 0
    for stage, policy in worlds:
        idle = play(stage, replace(policy, playbook=PLAYBOOKS["none"]))
        ignored = play(stage, policy, heed=lambda *about: IGNORED)
        assert ignored.notices == 0
        assert np.array_equal(ignored.outcome, idle.outcome)
        assert np.array_equal(ignored.stock, idle.stock)
        assert np.array_equal(ignored.alerts[["t", "sku", "level"]], idle.alerts[["t", "sku", "level"]])
        checked += len(idle.alerts) > 0
    assert checked > 10


def test_nothing_before_the_alert_changes_and_at_once_means_at_once(worlds):
    acted = 0
    for stage, policy in worlds:
        run = play(stage, policy)
        freezes = any(x.what == "freeze" for x in policy.playbook.emergency)
        acting = [k for k, a in enumerate(run.alerts) if a["level"] == 3 and freezes]
        if not acting:
            continue
        k = acting[0]
        at = run.alerts["t"][k]
        for how in (IGNORED, AT_ONCE):
            other = play(stage, policy, heed=lambda n, sku, level, k=k, how=how: how if n == k else AS_PLANNED)
            before = stage.tape.t < at
            # An order accepted before the alert may be paid or closed after it.
            ours, theirs = (np.minimum(r.outcome[: len(before)][before], ACCEPTED) for r in (other, run))
            assert np.array_equal(ours, theirs)
            assert np.array_equal(other.alerts["t"][: k + 1], run.alerts["t"][: k + 1])
        ours = other.actions[(other.actions["alert"] == k) & (other.actions["what"] == 3)]
        if len(ours):
            assert ours["t"][0] == at
            acted += 1
    assert acted >= 3
