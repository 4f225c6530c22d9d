"""Airtime is moved, never made: no run has more host-seconds than its plan, and a restock call has its conditions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Audience, Cue, Host, Scenario, Shoppers, Sku, Supply
from scenarios.host import FINISH, MOVE_ON, ON_PROMPT, PUSH
from scenarios.registry import load
from sim.core.response import ARRIVAL, HOST_BACK, HOST_CALL, HOST_CUT, HOST_PROMPT, Action, Playbook
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play, play_oracle
from sim.setup.policies import make_policy
from tests.parity.worlds import random_policy, random_scenario

ASKS = Playbook("asks", watch=(Action("restock", "auto"),), prepare=(Action("restock", "auto"),),
                emergency=(Action("restock", "auto"), Action("host_prompt", "auto")), auto_s=0.0)  # fmt: skip
CALL_S = 60.0


def host_seconds(run: ShowRun, drawn: bool = False) -> float:
    """Seconds of all cues up to where they were cut, less those of interruptions; ``drawn``: of the cues laid before the show."""
    cues = run.tape.cues
    if drawn:
        return float((cues["end"] - cues["start"])[_laid(run)].sum() / 1e6)
    end = np.minimum(cues["end"], run.cue_cut[: len(cues)])
    paused = 0
    for back in run.actions[run.actions["what"] == HOST_BACK]:
        cuts = run.actions[(run.actions["what"] == HOST_CUT) & (run.actions["value"] == back["value"])]
        paused += back["t"] - cuts["t"][cuts["t"] < back["t"]].max()
    return float((np.maximum(0, end - cues["start"]).sum() - paused) / 1e6)


def _laid(run: ShowRun) -> np.ndarray:
    """Which cues were laid before the show: improvised ones come last."""
    calls = int(np.count_nonzero(run.actions["what"] == HOST_CALL))
    return np.arange(len(run.tape.cues)) < len(run.tape.cues) - calls


@pytest.mark.parametrize("seed", range(12))
def test_no_run_has_more_host_seconds_than_its_plan(seed):
    """Whatever is asked for and prompted, in random worlds in which the host does everything he can."""
    scenario = random_scenario(seed)
    host = replace(scenario.host, follow_p=1.0, moves_on=True, calls_restock=True, on_prompt=ON_PROMPT[seed % 3])
    scenario = replace(scenario, host=host, supply=Supply(1.0, 20.0, requests=3))
    stage = set_stage(scenario, draw_tape(scenario, seed))
    for policy in (random_policy(seed), make_policy("fixed_count", {"units": 40.0}, playbook=ASKS)):
        run = play(stage, policy)
        assert host_seconds(run) <= host_seconds(run, drawn=True) + 1e-3


def test_asking_in_the_first_second_calls_for_nothing_and_asking_late_makes_no_airtime():
    scenario = load("pitch_cycle")
    for seed, units, calls in ((4, 1e6, False), (5, 20.0, True)):
        stage = set_stage(scenario, draw_tape(scenario, seed))
        run = play(stage, make_policy("fixed_count", {"units": units, "emergency_share": 0.0}, playbook=ASKS))
        assert (np.count_nonzero(run.actions["what"] == HOST_CALL) > 0) == calls
        assert host_seconds(run) <= host_seconds(run, drawn=True) + 1e-3


def show(*cues: Cue, stock: int = 5, **host) -> Scenario:
    """Ten minutes; item a sells out, item b has plenty. Stock comes a minute after it is asked for."""
    skus = (Sku("a", stock), Sku("b", 10_000))
    return Scenario("calls", "test", 600.0, skus, cues, host=Host(**host), audience=Audience(arrivals_per_min=2000.0),
                    shoppers=Shoppers(shelf_rate=0.002), supply=Supply(1.0, 60.0, 0.0))  # fmt: skip


def called(scenario: Scenario, units: float = 3.0) -> tuple[ShowRun, np.ndarray]:
    """A run that asks once little is left, and the cues its host improvised."""
    stage = set_stage(scenario, draw_tape(scenario, 2))
    policy = make_policy("fixed_count", {"units": units, "emergency_share": 0.0}, playbook=ASKS)
    run = play(stage, policy)
    assert run.digest() == play_oracle(stage, policy).digest()
    return run, run.tape.cues[~_laid(run)]


def test_a_call_takes_the_time_of_the_cue_that_runs():
    run, calls = called(show(Cue(1.0, "b", "pitch", duration_s=500.0)))
    assert len(calls) == 1
    assert calls["end"][0] - calls["start"][0] == CALL_S * 1e6
    (cut,), (back,) = (run.actions["t"][run.actions["what"] == what] for what in (HOST_CUT, HOST_BACK))
    assert (cut, back - cut) == (calls["start"][0], CALL_S * 1e6)
    assert host_seconds(run) == pytest.approx(host_seconds(run, drawn=True), abs=1e-3)


def test_else_of_the_cue_that_comes_next_and_no_longer_than_that():
    run, calls = called(show(Cue(590.0, "b", "pitch", duration_s=9.0)))
    assert len(calls) == 1
    assert run.cue_cut[0] == run.tape.cues["start"][0] > calls["start"][0]
    assert calls["end"][0] - calls["start"][0] == 9e6


def test_a_long_cue_to_come_ends_as_much_earlier():
    run, calls = called(show(Cue(500.0, "b", "pitch", duration_s=90.0)))
    assert calls["end"][0] - calls["start"][0] == CALL_S * 1e6
    assert run.cue_cut[0] - run.tape.cues["start"][0] == 30e6


def test_without_a_cue_there_is_no_call():
    _, calls = called(show())
    assert len(calls) == 0


def test_an_item_that_nobody_missed_is_not_called():
    run, calls = called(show(Cue(1.0, "b", "pitch", duration_s=500.0), stock=5000), units=4990.0)
    assert np.count_nonzero(run.actions["what"] == ARRIVAL) == 1
    assert len(calls) == 0


def test_a_host_who_does_not_call():
    run, calls = called(show(Cue(1.0, "b", "pitch", duration_s=500.0), calls_restock=False))
    assert np.count_nonzero(run.actions["what"] == ARRIVAL) == 1
    assert len(calls) == 0


PROMPTED = Playbook("prompted", prepare=(Action("host_prompt", "auto"),), auto_s=0.0)


def prompted(on_prompt: str) -> ShowRun:
    """One item pitched for four minutes and again later, another next; a prompt at its first quarter of sales."""
    cues = (Cue(10.0, "a", duration_s=240.0), Cue(260.0, "b", duration_s=100.0), Cue(400.0, "a", duration_s=100.0))
    host = Host(follow_p=1.0, on_prompt=on_prompt, push_lift=3.0)
    scenario = Scenario("p", "none", 600.0, (Sku("a", 4000), Sku("b", 4000)), cues, host, Audience(3000.0),
                        shoppers=Shoppers(buy_rate=0.03))  # fmt: skip
    stage = set_stage(scenario, draw_tape(scenario, 3))
    policy = make_policy("fixed_count", {"units": 3900.0, "emergency_share": 0.0}, playbook=PROMPTED)
    run = play(stage, policy)
    assert run.digest() == play_oracle(stage, policy).digest()
    assert (run.actions["what"] == HOST_PROMPT).any()
    return run


def test_what_a_host_does_with_a_prompt_is_a_setting():
    """He drops the item at once, ends its pitch and drops it then, or pushes its last units in the time of its own pitch."""
    now, later, pushed = (prompted(how) for how in (MOVE_ON, FINISH, PUSH))
    first = {k: int(run.cue_cut[0]) for k, run in (("now", now), ("later", later), ("pushed", pushed))}
    assert first["now"] < later.tape.cues["end"][0] <= first["later"], "who ends his pitch is not cut"
    assert (later.actions["what"] == HOST_CALL).sum() == 0
    assert (now.cue_cut[:3] < now.tape.cues["end"][:3]).sum() >= 2, "dropped now, and not pitched again"
    assert later.cue_cut[2] < later.tape.cues["end"][2], "not pitched again"
    assert pushed.cue_cut[2] > pushed.tape.cues["end"][2], "a pushed item is pitched as planned"
    call = pushed.tape.cues[3]
    assert call["peak"] == pytest.approx(3.0 * pushed.tape.cues["peak"][0])
    assert abs(call["end"] - pushed.tape.cues["end"][0]) <= 1, "in the time of the pitch it takes over"
    assert host_seconds(pushed) <= host_seconds(pushed, drawn=True) + 1e-3
    sold = [int((run.outcome[run.tape.sku == 0] >= 20).sum()) for run in (now, later, pushed)]
    assert sold[0] < min(sold[1:])


def test_a_pitch_whose_time_a_call_has_taken_is_not_brought_forward():
    """A restock call takes all of the next pitch; the host, told to drop the called item, cannot speak that pitch now. It ended
    the run with a fault of a cue of no length."""
    book = replace(ASKS, prepare=(Action("restock", "auto"),))
    cues = (Cue(10.0, "a", "link_drop", duration_s=60.0), Cue(130.0, "b", duration_s=60.0), Cue(300.0, "b", duration_s=60.0))
    scenario = Scenario("s", "none", 400.0, (Sku("a", 40), Sku("b", 400)), cues, Host(follow_p=1.0, reaction_s=1.0),
                        Audience(3000.0), shoppers=Shoppers(buy_rate=0.03), supply=Supply(1.0, 60.0, 0.1))  # fmt: skip
    for seed in (0, 2, 3):
        stage = set_stage(scenario, draw_tape(scenario, seed))
        run = play(stage, make_policy("fixed_count", {"units": 30.0, "emergency_share": 0.5}, playbook=book))
        assert host_seconds(run) <= host_seconds(run, drawn=True) + 1e-3
