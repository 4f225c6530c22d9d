"""The tape: times, causes, digests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.contract import Cue
from sim.core.blocks import LANE_US, SLOT_US, _ranked, blank, distinct_times, in_order, slip_in
from sim.core.moves import with_block
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape, improvised
from sim.engine.compiled import compiled_slip_in
from sim.engine.simulate import play
from sim.setup.policies import make_policy
from tests.parity.worlds import EVERYTHING, random_scenario

TIMES = st.lists(st.integers(0, 200), min_size=1, max_size=60).map(sorted).map(np.array)


@given(TIMES)
def test_times_become_distinct_and_stay_close(t):
    out = distinct_times(t)
    assert (np.diff(out) >= SLOT_US).all()
    assert (out % SLOT_US == 0).all()
    assert (out >= t).all()
    alone = np.diff(t, prepend=-(10**6)) > SLOT_US * len(t)
    assert (out[alone] - t[alone] < SLOT_US).all()


def free_times(t, earlier):
    """The same by counting: number the free slots, make the wanted numbers rise, translate back. Times alone, on empty tapes."""
    taken = (earlier - LANE_US) // SLOT_US
    wanted = -(-(t - LANE_US) // SLOT_US)
    wanted = wanted - np.searchsorted(taken, wanted)
    step = np.arange(len(t))
    free = np.maximum.accumulate(wanted - step) + step
    return (free + np.searchsorted(taken - np.arange(len(taken)), free, "right")) * SLOT_US + LANE_US


@pytest.mark.parametrize("form", ["plain", "compiled"])
@settings(deadline=None)  # the first compiles
@given(TIMES, TIMES, TIMES)
def test_added_rows_get_free_times_and_their_place_in_order(form, one, two, three):
    blocks = (one, two, three)
    t, waiting = np.empty(sum(map(len, blocks)), np.int64), np.empty(0, np.int32)
    cause, who = np.empty(len(t), np.int32), np.empty(len(t), np.int32)
    first, slip = 0, slip_in if form == "plain" else compiled_slip_in()
    for wanted in blocks:
        order, end = np.empty(len(waiting) + len(wanted), np.int32), first + len(wanted)
        who[first:end] = range(len(wanted))
        cause[first:end] = who[first:end] - 1
        assert slip(wanted, t, cause, who, waiting, first, order) == len(order)
        assert who[first:end].tolist() == list(range(first, end))
        assert cause[first:end].tolist() == [-1, *range(first, end - 1)]
        assert sorted(order.tolist()) == list(range(len(order)))
        assert (np.diff(t[order]) > 0).all()
        new = t[first:end]
        assert (new >= wanted).all()
        assert (new % SLOT_US == LANE_US).all()
        assert new.tolist() == free_times(wanted, t[waiting]).tolist()
        first, waiting = end, order


@given(st.lists(st.integers(-3, 9), max_size=40), st.sampled_from((0, 1, 2**33, 2**60)))
def test_rows_of_one_time_keep_their_order(t, later):
    """Also where a time and a place do not fit into one number, or a time is below zero."""
    times = np.array(t, np.int64) + later
    assert _ranked(times).tolist() == np.argsort(times, kind="stable").tolist()


def test_in_order_keeps_causes():
    one, two = blank(2), blank(2)
    one["t"][:], two["t"][:] = (40, 80), (20, 60)
    one["cause"][1], two["cause"][1] = 0, 0
    rows = in_order([one, two])
    assert rows["t"].tolist() == [20, 40, 60, 80]
    assert rows["cause"].tolist() == [-1, -1, 0, 1]


def test_a_row_comes_after_its_cause():
    for seed in range(20):
        scenario = random_scenario(seed)
        tape = draw_tape(scenario, seed)
        linked = np.flatnonzero(tape.cause >= 0)
        assert (tape.cause[linked] < linked).all()
        if scenario.cues:
            rows, row = improvised(scenario, tape, Cue(30.0, scenario.skus[0].id), 30_000_001, 0)
            stage = set_stage(scenario, tape)
            world, grown = with_block(stage.world(make_policy("silent")), tape, rows, row, slip_in)
            assert world.seq.tolist() == list(range(len(tape), len(grown)))
            new = np.arange(len(tape), len(grown))
            kids = new[grown.cause[new] >= 0]
            assert (grown.t[grown.cause[kids]] < grown.t[kids]).all()
            assert len(np.unique(grown.t)) == len(grown)
            assert np.array_equal(grown.t[: len(tape)], tape.t)


def test_same_key_same_bytes_other_key_other_bytes():
    scenario = random_scenario(5)
    assert draw_tape(scenario, 5, 2).digest() == draw_tape(scenario, 5, 2).digest()
    assert draw_tape(scenario, 5, 2).digest() != draw_tape(scenario, 5, 3).digest()
    assert draw_tape(scenario, 5, 2).digest() != draw_tape(scenario, 6, 2).digest()


def test_a_tape_grows_in_place_while_no_other_run_looks_at_its_rows():
    """Rows that a run improvised stay as they are while anybody holds any of its columns; then their place is taken again."""
    scenario = random_scenario(5)
    tape = draw_tape(scenario, 5)
    few = {name: column[:3].copy() for name, column in tape.columns().items()}
    other = {name: column[3:6].copy() for name, column in tape.columns().items()}
    cue = tape.cues[:1].copy()
    before = tape.digest()
    one = tape.append(few, cue)
    assert one.t.base is tape.t.base, "there was room"
    assert len(one.append(few, cue)) == len(tape) + 6
    two = tape.append(other, cue)
    assert two.t.base is not tape.t.base, "the first run is still looked at"
    assert one.who[-3:].tolist() == few["who"].tolist()
    kept = one.mark[-2:]
    was = kept.tolist()
    del one
    three = tape.append(other, cue)
    assert three.t.base is not tape.t.base, "one column is enough"
    assert kept.tolist() == was
    del kept
    again = tape.append(other, cue)
    assert again.t.base is tape.t.base
    assert again.digest() == two.digest() == three.digest()
    assert tape.digest() == before
    changed = replace(tape, t=tape.t + 4)
    assert changed.append(other, cue).t[: len(tape)].tolist() == changed.t.tolist(), "buffers of another tape"


def test_runs_that_follow_one_another_improvise_in_the_same_place():
    scenario = random_scenario(5)
    stage, policy = set_stage(scenario, draw_tape(scenario, 5)), make_policy("smart", playbook=EVERYTHING)
    digests = []
    for _ in range(3):
        run = play(stage, policy)
        assert len(run.tape) > len(stage.tape)
        assert run.tape.t.base is stage.tape.t.base, "somebody holds the rows of the run before"
        digests.append(run.digest())
        del run
    assert len(set(digests)) == 1
