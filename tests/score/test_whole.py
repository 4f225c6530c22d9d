"""The compiled row of scores against the readable one: equal bit for bit, in every world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.core.run import ALERT_DTYPE
from sim.core.stage import set_stage
from sim.core.units import NEVER_US
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score import loops, weighing
from sim.score.cost import Judge
from sim.score.metrics import METRICS
from sim.score.profiles import PROFILES
from sim.score.stories import read_stories
from sim.setup.policies import make_policy
from tests.parity.worlds import EVERYTHING, random_policy, random_scenario
from tests.sizes import sized

WORLDS = 24


def same(judge: Judge, run) -> dict[str, float]:
    """The row of a run, after comparing its two forms in every metric."""
    fast, plain = judge.score(run), judge.readable(run)
    assert list(fast) == list(plain) == list(METRICS)
    assert all(type(value) is float for value in fast.values())
    differ = [name for name in METRICS if not np.array_equal(fast[name], plain[name], equal_nan=True)]
    assert not differ, {name: (fast[name], plain[name]) for name in differ}
    return fast


def judged(seed: int) -> tuple[Judge, list]:
    scenario = random_scenario(seed)
    profile = replace(list(PROFILES.values())[seed % len(PROFILES)], horizon_s=(20.0, 60.0, 600.0)[seed % 3])
    stage = set_stage(scenario, draw_tape(scenario, seed))
    policies = (random_policy(seed), make_policy("random_rate", playbook=EVERYTHING), make_policy("smart"))
    return Judge(play(stage, make_policy("silent")), profile), [play(stage, policy) for policy in policies]


def test_both_forms_agree_on_random_worlds():
    """Improvised cues, freezes, leaks, all playbooks, all profiles; a judge's room is used again by run after run."""
    seen = dict.fromkeys(("risk_events", "foreseen_events", "late_claims", "repeats", "flaps", "oversold_units", "refunded_units",
                          "won_units", "freeze_minutes", "toggles", "cost_rush", "host_prompts", "copy_units"), 0.0)  # fmt: skip
    for seed in range(WORLDS):
        judge, runs = judged(seed)
        for run in [*runs, *runs[::-1], judge.baseline]:
            row = same(judge, run)
            seen = {name: past + np.nan_to_num(row[name]) for name, past in seen.items()}
    assert all(seen.values()), "the worlds are too tame to prove anything"


def test_paid_orders_stand_by_item_then_payment_then_order():
    """On drawn tapes and on those an improvised cue has lengthened; payments of one moment too."""
    for seed in range(WORLDS):
        judge, runs = judged(seed)
        for tape in {id(run.tape): run.tape for run in [judge.baseline, *runs]}.values():
            for whole in (tape, replace(tape, t=tape.t // 2_000_000 * 2_000_000)):
                st = read_stories(whole, judge.baseline.scenario)
                paid = np.flatnonzero(st.paid_t < NEVER_US)
                assert np.array_equal(st.by_pay, paid[np.lexsort((paid, st.paid_t[paid], st.sku[paid]))])


def test_runs_are_scored_together_as_each_alone():
    """Grown tapes and the drawn one in turn; runs of one world side by side."""
    for seed in (3, 5, 8):
        judge, runs = judged(seed)
        runs = [*runs, judge.baseline, runs[0], *runs[::-1]]
        names = ("J", "net", "skill", *METRICS)
        alone = [[judge.score(run, names)[name] for name in names] for run in runs]
        assert np.array_equal(judge.table(runs, names), alone, equal_nan=True)
    assert judge.table([], ("J",)).shape == (0, 1)


@pytest.mark.long
def test_both_forms_agree_on_a_thousand_more_worlds():
    for seed in range(WORLDS, WORLDS + sized(100, 1000)):
        judge, runs = judged(seed)
        for run in runs:
            same(judge, run)


def test_alerts_in_any_order_and_none(shows):
    """Told out of order, with an all-clear before any alert, in one moment, and never."""
    judge, run = Judge(shows["silent"]), shows["smart"]
    mixed = np.concatenate([run.alerts[::-1], run.alerts[:3], np.zeros(2, ALERT_DTYPE)])
    mixed["t"][:4] = mixed["t"][0]
    for alerts in (mixed, run.alerts[:0], mixed[mixed["level"] == 0], mixed[mixed["sku"] == 1]):
        same(judge, replace(run, alerts=alerts))


def test_plain_loops_and_compiled_ones_agree(monkeypatch):
    judge, runs = judged(3)
    compiled = [judge.score(run) for run in runs]
    monkeypatch.setattr("sim.score.whole.compiled_weigh", lambda: loops.weigh)
    again = Judge(judge.baseline, judge.profile)
    assert str([again.score(run) for run in runs]) == str(compiled)


def test_every_count_has_a_name():
    assert set(weighing.NAMES) <= set(METRICS)
    assert len(set(weighing.NAMES)) == len(weighing.NAMES)
