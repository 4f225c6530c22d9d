"""Planned cues are transitions of the dense plane: engines agree also where a cue and a decision share a microsecond."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.core import world as W
from sim.core.feed import news
from sim.core.response import HOST_CUT
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.fork import play_all
from sim.engine.simulate import play, play_oracle
from sim.setup.policies import make_policy
from tests.parity.worlds import EVERYTHING, random_scenario


def tied(seed: int):
    """A random show whose cues begin as readings arrive, so that a cue and what the gates decide fall on one microsecond."""
    scenario = random_scenario(seed)
    tape = draw_tape(scenario, seed)
    cues, arrivals = tape.cues.copy(), np.sort(tape.t[news(tape)])
    cues["start"] = arrivals[np.minimum(np.searchsorted(arrivals, cues["start"]), len(arrivals) - 1)]
    return set_stage(scenario, replace(tape, cues=cues))


def test_engines_agree_where_cues_and_decisions_tie():
    cut = met = 0
    for seed in range(16):
        stage = tied(seed)
        policies = [make_policy("random_rate", playbook=EVERYTHING), make_policy("smart", playbook=EVERYTHING)]
        runs = {k: run for places, run in play_all(stage, policies) for k in places}
        for k, policy in enumerate(policies):
            run = play(stage, policy)
            assert run.digest() == play_oracle(stage, policy).digest(), f"seed {seed}, {policy.name}"
            assert run.digest() == runs[k].digest(), f"seed {seed}, {policy.name}: forked"
            cut += int(np.sum((run.actions["what"] == HOST_CUT) & (run.actions["alert"] == -1)))
            met += len(np.intersect1d(run.alerts["t"], stage.tape.cues["start"] + 1))
    assert cut > 0, "no cue was cut on its way"
    assert met > 0, "no decision fell on a cue"


def test_nobody_walks_the_run_of_show_in_open_loop():
    stage = tied(1)
    assert stage.world(make_policy("silent")).head[W.NEXT_CUE] == len(stage.tape.cues) > 0
    run = play(stage, make_policy("smart", playbook=EVERYTHING), acting=False)
    assert not len(run.actions)
    assert run.pitched_empty == 0


def test_a_block_is_drawn_once_for_all_who_say_the_same():
    """Improvised cues of a stage are kept; a fresh stage of the same tape gives the same run."""
    for seed in range(30):
        stage = tied(seed)
        first = play(stage, make_policy("smart", playbook=EVERYTHING))
        if len(first.tape.cues) > len(stage.tape.cues):
            break
    kept = dict(stage.blocks)
    assert kept
    again = play(stage, make_policy("smart", playbook=EVERYTHING))
    assert list(stage.blocks) == list(kept)
    afresh = play(set_stage(stage.scenario, stage.tape), make_policy("smart", playbook=EVERYTHING))
    assert first.digest() == again.digest() == afresh.digest()
