"""What an alert saved and could have saved: paired runs, recomputed here by hand."""

import math

import pytest

from sim.core.playbooks import PLAYBOOKS
from sim.engine.simulate import play
from sim.postmortem.counterfactual import COLUMNS, COULD, NEITHER, NOTICE, SAVED, counterfactual_alerts
from sim.postmortem.losses import losses
from sim.score.cost import Judge
from sim.setup.policies import make_policy
from tests.postmortem.review_worlds import PROFILE, flash, stage_of

SLOW = {"memory_s": 20.0}
"""Long enough for one freeze an item."""
FREEZE, BY_HAND = (make_policy("newsvendor_freeze", SLOW, playbook=book) for book in (None, "human"))


@pytest.fixture(scope="module")
def sale():
    stage = stage_of(flash())
    return stage, Judge(play(stage, make_policy("silent")), PROFILE)


def rows_of(sale, policy):
    stage, judge = sale
    return counterfactual_alerts(stage, play(stage, policy), judge)


def test_an_alert_whose_freeze_saves_the_show_is_worth_what_the_show_lost_without_it(sale):
    """The flash sale's items are frozen once each, so without its alert an item oversells as under silence."""
    stage, _ = sale
    rows = rows_of(sale, FREEZE)
    assert set(rows[0]) == set(COLUMNS)
    assert {r["worth"] for r in rows} == {SAVED}
    actual, silent = (losses(play(stage, p), PROFILE) for p in (FREEZE, make_policy("silent")))
    for row in rows:
        sku = [s.id for s in stage.scenario.skus].index(row["sku"])
        assert row["saved_oversold"] == pytest.approx(silent.units[0, sku] - actual.units[0, sku], abs=0.1 * silent.units[0, sku])
        assert row["saved_cny"] > 1000


def test_slow_people_leave_what_a_machine_would_have_saved(sale):
    """Acted on at once the same alerts save more than people did; alerts in both shows come at the same moments."""
    slow = rows_of(sale, BY_HAND)
    assert sum(r["could_oversold"] for r in slow) > 2 * sum(r["saved_oversold"] for r in slow)
    assert all(r["could_cny"] > 0 for r in slow)
    assert {r["worth"] for r in slow} <= {SAVED, COULD}


def test_an_alert_at_nothing_left_has_nothing_to_save():
    """With deduct-on-order nothing is oversold and a freeze at stock 0 changes no unit."""
    from dataclasses import replace

    from scenarios.contract import Ledger

    stage = stage_of(flash(ledger=Ledger(hold_s=9000.0), shoppers=replace(flash().shoppers, never_pay=0.0, cancel_share=0.0)))
    judge = Judge(play(stage, make_policy("silent")), PROFILE)
    policy = make_policy("fixed_count", {"units": 0.0}, playbook="freeze_only")
    rows = counterfactual_alerts(stage, play(stage, policy), judge)
    assert rows
    assert {r["worth"] for r in rows} == {NEITHER}
    assert all(r["saved_oversold"] == r["could_missed"] == 0 for r in rows)


def test_a_notice_alone_is_not_played(sale, monkeypatch):
    import sim.postmortem.counterfactual as module

    stage, judge = sale
    policy = make_policy("newsvendor_freeze", playbook=PLAYBOOKS["none"])
    run = play(stage, policy)
    monkeypatch.setattr(module, "play", None)
    rows = counterfactual_alerts(stage, run, judge)
    assert rows
    assert {r["worth"] for r in rows} == {NOTICE}


def test_only_as_many_as_asked_for_are_played(sale):
    stage, judge = sale
    run = play(stage, FREEZE)
    assert [r["alert"] for r in counterfactual_alerts(stage, run, judge, most=1)] == [r["alert"] for r in rows_of(sale, FREEZE)][
        :1
    ]
    assert math.isclose(rows_of(sale, FREEZE)[0]["t_s"] * 1e6, run.alerts["t"][0])
