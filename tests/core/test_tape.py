"""The tape: times, causes, digests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scenarios.contract import Cue
from sim.core.blocks import SLOT_US, _ranked, blank, distinct_times, free_times, in_order
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape, improvise
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


@given(TIMES, TIMES)
def test_added_times_are_free(first, second):
    earlier = free_times(first, np.empty(0, np.int64))
    later = free_times(second, earlier)
    assert len(np.intersect1d(earlier, later)) == 0
    assert (np.diff(later) > 0).all()
    assert (later >= second).all()
    assert ((later % SLOT_US) == 2).all()


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
            grown = improvise(scenario, tape, Cue(30.0, scenario.skus[0].id), 30_000_001, 0, np.zeros(0, np.int64))
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
