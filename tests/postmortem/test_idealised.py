"""Ideal worlds: one thing is ideal in them, and everything else is as it was."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Leaks
from scenarios.registry import load
from scenarios.spread import certain
from sim.core.tape import COPY, DELIVER, EXPIRE, EXPIRED, PAID, SAMPLE
from sim.core.units import US
from sim.engine.simulate import play, play_oracle
from sim.postmortem import idealised as ideal
from sim.score.outcomes import outcomes
from sim.score.settle import BY_UNPAID
from sim.setup.policies import make_policy
from tests.parity.worlds import random_policy, random_scenario
from tests.postmortem.review_worlds import flash, stage_of

SILENT = make_policy("silent")


def same_shoppers(a, b) -> bool:
    """Both tapes have the same rows but the feed's, in the same order, with the same links; times within a millisecond."""
    kept = [np.flatnonzero((t.kind != SAMPLE) & (t.kind != DELIVER)) for t in (a, b)]
    place = [np.full(len(t), -1) for t in (a, b)]
    for at, rows in zip(place, kept, strict=True):
        at[rows] = np.arange(len(rows))
    cause = [np.where(t.cause[rows] >= 0, at[t.cause[rows]], -1) for t, rows, at in zip((a, b), kept, place, strict=True)]
    columns = all(np.array_equal(getattr(a, n)[kept[0]], getattr(b, n)[kept[1]]) for n in ("kind", "sku", "qty", "who", "mark"))
    return columns and np.array_equal(*cause) and int(np.abs(a.t[kept[0]] - b.t[kept[1]]).max()) < 1000


def test_what_is_ideal_already_comes_back_unchanged():
    stage = stage_of(flash())
    assert ideal.without_leaks(stage) is stage
    assert ideal.without_expiry(stage) is stage, "nothing is held under deduct-on-payment"
    assert ideal.unbuffered(stage) is stage
    fresh = ideal.without_lag(stage)
    assert ideal.without_lag(fresh) is fresh


@pytest.mark.parametrize(("name", "leaks"), [("erp_overwrite", Leaks()), ("oversell_story", Leaks())])
def test_a_closed_leak_is_the_show_without_it(name, leaks):
    """The same shoppers drawn in a shop that never had the leak lose the same units."""
    scenario = load(name)
    clean = stage_of(replace(scenario, leaks=leaks))
    closed = ideal.without_leaks(stage_of(scenario))
    assert closed.scenario == clean.scenario
    a, b = (outcomes(play(stage, SILENT)) for stage in (closed, clean))
    assert a.sold.tolist() == b.sold.tolist()
    assert a.oversold.tolist() == b.oversold.tolist()


def test_orders_made_twice_vanish_with_everything_that_hangs_on_them():
    scenario = replace(flash(), leaks=Leaks(duplicate_p=0.2))
    stage = stage_of(scenario)
    assert outcomes(play(stage, SILENT)).oversold_copies.sum() + outcomes(play(stage, SILENT)).copies.sum() > 0
    closed = ideal.without_leaks(stage)
    assert not (closed.tape.kind == COPY).any()
    assert np.array_equal(closed.tape.t, stage.tape.t), "no other row moves"
    settled = outcomes(play(closed, SILENT))
    assert settled.copies.sum() == settled.oversold_copies.sum() == 0


def test_fresh_readings_change_no_shopper():
    stage = stage_of(load("first_show"))
    fresh = ideal.without_lag(stage)
    assert same_shoppers(stage.tape, fresh.tape)
    taken = np.flatnonzero(fresh.tape.kind == DELIVER)
    age = fresh.tape.t[taken] - fresh.tape.t[fresh.tape.cause[taken]]
    assert age.max() < 1000
    assert np.diff(fresh.tape.t[taken]).max() <= ideal.FRESH_S * US + 1000
    assert len(fresh.tape.viewers) == int((fresh.tape.kind == SAMPLE).sum())


def test_a_tape_without_a_viewer_curve_keeps_the_viewers_it_has():
    stage = stage_of(load("first_show"))
    bare = replace(stage, tape=replace(stage.tape, room=None))
    a, b = (ideal.without_lag(s).tape.viewers for s in (stage, bare))
    assert np.abs(a[2:] / b[2:] - 1).max() < 0.05


def test_ideal_holds_keep_payers_and_let_go_of_the_others():
    stage = stage_of(certain(load("unpaid_squat")))
    before, after = (outcomes(play(s, SILENT)) for s in (stage, ideal.without_expiry(stage)))
    assert before.missed[:, BY_UNPAID].sum() > 50
    assert after.missed[:, BY_UNPAID].sum() < 5, "what is left was held by paid orders that were cancelled"
    run = play(ideal.without_expiry(stage), SILENT)
    ends = np.flatnonzero(run.tape.kind == EXPIRE)
    held = run.tape.t[ends] - run.tape.t[run.tape.cause[ends]]
    assert held.max() < 1000
    late = stage_of(replace(load("unpaid_squat"), leaks=Leaks(late_callback_p=0.5, late_callback_median_s=900.0)))
    lives = play(ideal.without_expiry(late), SILENT)
    order = lives.tape.cause[np.flatnonzero(lives.tape.kind == 4)]
    assert not np.isin(lives.outcome[order], [EXPIRED]).any(), "whoever pays is not closed before"
    assert (lives.outcome[order] == PAID).any()


def test_ideal_hands_need_no_time_and_freeze_at_an_emergency():
    stage, policy = stage_of(flash()), make_policy("newsvendor_freeze", playbook="human")
    ready, quick = ideal.without_reaction(stage, policy)
    run = play(ready, quick)
    first = run.alerts[run.alerts["level"] == 3][0]
    act = run.actions[run.actions["what"] == 3][0]
    assert act["t"] == first["t"]
    idle = ideal.instant(make_policy("silent", playbook="none").playbook)
    assert [a.what for a in idle.emergency] == ["freeze"]
    assert [a.what for a in idle.resolved] == ["reopen"]


def test_both_engines_agree_on_ideal_worlds():
    """20 random worlds, every factor ideal: oracle and compiled engine, bit for bit."""
    for seed in range(20):
        scenario = random_scenario(seed)
        stage = ideal.without_expiry(ideal.without_lag(ideal.without_leaks(stage_of(scenario, seed=seed))))
        ready, policy = ideal.without_reaction(stage, random_policy(seed))
        assert play(ready, policy).digest() == play_oracle(ready, policy).digest()
