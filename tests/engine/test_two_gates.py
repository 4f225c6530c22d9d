"""Two gates: hygiene is for people's ears; what a machine does follows the present level at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.response import FREEZE_SKU, REOPEN, Action, Playbook
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.control import TO_MACHINE
from sim.engine.fork import play_all
from sim.engine.simulate import play, play_oracle
from sim.setup.policies import make_policy
from strategies.gate import GATE_MEMORY, GATE_PARAMS, GATE_SHARED, MACHINE_FOR_S, NOTHING, RESOLVED, gate, machine
from strategies.registry import gate_settings
from tests.parity.worlds import random_scenario

EARS = [p for p in GATE_PARAMS if not p.name.startswith("machine_")]
MACHINES = Playbook("machines", prepare=(Action("restock", "auto"), Action("host_prompt", "auto")),
                    emergency=(Action("freeze", "auto"), Action("notify")), resolved=(Action("reopen", "auto"),))  # fmt: skip
ears = st.fixed_dictionaries({}, optional={
    p.name: st.sampled_from([p.low, min(p.high, 3.0), min(p.high, 120.0)]) if not p.whole else st.sampled_from([p.low, p.low + 1])
    for p in EARS
})  # fmt: skip


def orders(readings, **values) -> list[tuple[float, int]]:
    """What a machine is told over readings (second, level, stock), beside people's gate with the same memory."""
    g, m, shared, sent = gate_settings(values), np.zeros(GATE_MEMORY), np.zeros(GATE_SHARED), []
    for now, level, stock in readings:
        gate(g, m, shared, now, level, stock, 50.0)
        if (say := machine(g, m, now, level, stock, 50.0)) != NOTHING:
            sent.append((now, say))
    return sent


@settings(max_examples=60, deadline=None)
@given(ears, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), max_size=40))
def test_on_given_readings_no_notice_setting_changes_what_a_machine_is_told(values, seen):
    readings = [(float(k), level, float(stock)) for k, (level, stock) in enumerate(seen)]
    assert orders(readings, **values) == orders(readings)


def test_a_machine_follows_the_present_level_as_often_as_it_rises():
    seen = [(0, 2, 40), (1, 3, 20), (2, 2, 30), (3, 3, 20), (4, 0, 40), (5, 0, 90), (6, 0, 90), (7, 0, 90), (8, 3, 10)]
    # Above 50 x 1.15 from 5 s on, and three seconds after the last true reading at 4 s: undone at 7 s.
    assert orders(seen) == [(0, 2), (1, 3), (3, 3), (7, RESOLVED), (8, 3)]
    assert orders(seen, machine_for_s=1.0) == [(1, 2), (7, RESOLVED)]
    assert orders(seen, machine_keep_s=0.0)[3] == (5, RESOLVED)
    assert orders([(0, 3, 10), (1, 0, 56), (9, 0, 56)], machine_hysteresis=0.15) == [(0, 3)]
    assert orders([(0, 3, 10), (1, 0, 56), (9, 0, 56)], machine_hysteresis=0.1) == [(0, 3), (9, RESOLVED)]
    assert GATE_PARAMS[MACHINE_FOR_S].default == 0.0


@pytest.mark.parametrize("seed", [1, 5, 8])
@pytest.mark.parametrize(
    "values", [{"for_s": 20.0, "cooldown_s": 600.0}, {"budget_per_hour": 1.0, "budget_all": 1.0, "keep_s": 60.0}]
)
def test_where_people_have_nothing_to_do_no_notice_setting_changes_a_show(seed, values):
    scenario = random_scenario(seed)
    stage = set_stage(scenario, draw_tape(scenario, seed))
    plain, quiet = (play(stage, make_policy("fixed_count", {"units": 40.0}, gate=v, playbook=MACHINES)) for v in ({}, values))
    assert len(plain.orders)
    for part in ("orders", "stock", "outcome", "cue_cut"):
        assert np.array_equal(getattr(plain, part), getattr(quiet, part)), part
    keep = ["t", "sku", "what", "value"]
    assert np.array_equal(plain.actions[keep], quiet.actions[keep])


def acted(book: Playbook, seed: int = 8):
    scenario = random_scenario(seed)
    scenario = replace(scenario, staff=replace(scenario.staff, human_model="ideal"))
    stage = set_stage(scenario, draw_tape(scenario, seed))
    policy = make_policy("fixed_count", {"units": 40.0}, playbook=book)
    run = play(stage, policy)
    assert run.digest() == play_oracle(stage, policy).digest()
    assert all(other.digest() == run.digest() for _, other in play_all(stage, [policy]))
    return run


def test_who_closed_an_item_reopens_it():
    close, undo = (Action("freeze", "auto"),), Action("reopen", "auto")
    by_hand = Action("reopen", "person", "popup")
    both = acted(Playbook("both", emergency=close, resolved=(undo, by_hand), propagate_s=0.0))
    again = both.actions[both.actions["what"] == REOPEN]
    assert len(again)
    assert (again["alert"] <= TO_MACHINE).all()
    # A machine that never reopens leaves it to people.
    alone = acted(Playbook("alone", emergency=close, resolved=(by_hand,), propagate_s=0.0, freeze_s=0.0))
    assert (alone.actions["alert"][alone.actions["what"] == FREEZE_SKU] <= TO_MACHINE).all()
    assert (alone.actions["alert"][alone.actions["what"] == REOPEN] >= 0).all()
