"""Shared prefix: every run that is shared, forked or led equals the run played alone, and so does every score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.sweep import threshold_family
from scenarios.registry import load
from sim.core.stage import Stage, set_stage
from sim.demand.draw import draw_tape
from sim.engine import families
from sim.engine.fork import play_all
from sim.engine.simulate import play
from sim.jobs.evaluate import evaluate
from sim.score.cost import Judge
from sim.score.metrics import METRICS
from sim.setup.policies import make_policy
from tests.parity.worlds import random_policy, random_scenario
from tests.sizes import sized

COUNTERS = ("notices", "busy_us", "dropped_readings", "suppressed", "pitched_empty", "acting")


def differences(a, b, lines: bool = True) -> list[str]:
    """Names of the fields of two Runs that differ; ``lines`` false: but for the stock lines alerts record."""
    alerts = [run.alerts.copy() for run in (a, b)]
    if not lines:
        for table in alerts:
            table["line"] = 0
    names = [] if np.array_equal(*alerts) else ["alerts"]
    arrays = ("outcome", "stock", "actions", "readings", "cue_cut")
    names += [n for n in arrays if not np.array_equal(getattr(a, n), getattr(b, n))]
    names += [n for n in COUNTERS if getattr(a, n) != getattr(b, n)]
    return names + ([] if a.tape.digest() == b.tape.digest() else ["tape"])


def crowd(seed: int) -> list:
    """Fourteen policies: six of any kind, and eight that differ from one of them in settings or gate only."""
    one, r = random_policy(100 * seed), np.random.default_rng(seed)
    low, high = (np.array([getattr(p, side) for p in one.strategy.params]) for side in ("low", "high"))
    near = [replace(one, params=np.clip(one.params * r.uniform(0.7, 1.4), low, high)) for _ in range(6)]
    gates = [make_policy(one.strategy.name, gate={name: value}, playbook=one.playbook)
             for name, value in (("cooldown_s", 5.0), ("repeat_s", 2.0))]  # fmt: skip
    return [*(random_policy(100 * seed + k) for k in range(6)), *near, *gates]


def check(stage: Stage, policies: list) -> tuple[int, int]:
    """Compare every run with the one played alone; returns real runs and shared places."""
    judge = Judge(play(stage, make_policy("silent")))
    seen, runs = [], 0
    for places, run in play_all(stage, policies):
        runs, seen = runs + 1, seen + places
        for n, k in enumerate(places):
            alone = play(stage, policies[k])
            assert differences(run, alone, lines=n == 0) == [], f"place {k}, {policies[k].name}, {policies[k].playbook.name}"
            if n == 0:
                assert run.digest() == alone.digest()
            assert list(judge.score(run).values()) == pytest.approx(list(judge.score(alone).values()), rel=0, abs=0, nan_ok=True)
    assert sorted(seen) == list(range(len(policies)))
    return runs, len(policies) - runs


@pytest.mark.parametrize("first", range(0, 32, 8))
def test_forked_runs_are_the_runs_played_alone(first):
    """Random worlds (every mechanism a coin) x fourteen policies each."""
    total = np.array([check(stage_of(seed), crowd(seed)) for seed in range(first, first + 8)]).sum(0)
    assert total.min() > 7, "nothing was shared or nothing forked"


@pytest.mark.long
@pytest.mark.parametrize("first", range(32, sized(82, 2000), 50))
def test_forked_runs_are_the_runs_played_alone_at_length(first):
    for seed in range(first, first + 50):
        check(stage_of(seed), crowd(seed))


def stage_of(seed: int) -> Stage:
    scenario = random_scenario(seed)
    return set_stage(scenario, draw_tape(scenario, seed))


@pytest.fixture(scope="module")
def ls1() -> Stage:
    return set_stage(load("ls1"), draw_tape(load("ls1"), 3))


def test_a_threshold_family_needs_few_runs(ls1):
    """Lines between two readings are one course; lines never reached are the baseline run's."""
    family = threshold_family(np.linspace(0, 400, 240).tolist())
    baseline = play(ls1, make_policy("silent"))
    shared = list(play_all(ls1, family, baseline))
    assert len(shared) < 120
    quiet = [make_policy("silent", label=f"quiet{k}") for k in range(5)]
    ((places, run),) = play_all(ls1, quiet, baseline)
    assert places == [0, 1, 2, 3, 4]
    assert run.outcome is baseline.outcome


def test_candidates_of_many_words_fit(ls1, monkeypatch):
    """A standing alert repeated at every reading overflows the scan's table, which grows and goes on where it stopped."""
    monkeypatch.setattr(families, "ROOM", 8)
    gate = {"repeat_s": 5.0, "cooldown_s": 0.0}
    lines = (1900.0, 1500.0, 1499.0, 800.0)
    family = [make_policy("fixed_count", {"units": u}, gate=gate, playbook="freeze_only") for u in lines]
    check(ls1, family)


def test_plain_strategies_fork_too():
    """A fold that does not compile is read with the plain loops."""
    own = make_policy("fixed_count", {"units": 60.0}, playbook="standard")
    odd = replace(own.strategy, fold=lambda p, m, s: own.strategy.fold(p, m, [s][0]))
    policies = [replace(own, strategy=odd, params=own.params * k) for k in (1.0, 1.1, 0.5)]
    scenario = replace(load("first_show"), duration_s=1200.0, cues=load("first_show").cues[:3])
    check(set_stage(scenario, draw_tape(scenario, 2)), policies)


def test_only_the_silent_run_of_the_stage_is_a_baseline(ls1):
    loud = play(ls1, make_policy("fixed_count", playbook="freeze_only"))
    with pytest.raises(ValueError, match="silent run of the same stage"):
        next(play_all(ls1, [make_policy("silent")], loud))


def test_evaluate_gives_the_scores_of_single_runs(ls1):
    """All metrics, bit for bit, and the same numbers whatever else is asked for or evaluated along."""
    family = [*threshold_family(np.linspace(0, 300, 9).tolist()), make_policy("smart"), make_policy("silent")]
    table = evaluate(ls1, family, metrics=tuple(METRICS))
    judge = Judge(play(ls1, make_policy("silent")))
    for k, policy in enumerate(family):
        alone = np.array(list(judge.score(play(ls1, policy)).values()))
        assert np.array_equal(table[k], alone, equal_nan=True)
    few = evaluate(ls1, family[3:5], metrics=("J", "recall"))
    names = list(METRICS)
    assert np.array_equal(few, table[3:5][:, [names.index("J"), names.index("recall")]], equal_nan=True)
