"""A row of scores: complete, consistent, paired with its silent run, never above hindsight."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hand_built import run_of, show, tape_of

from scenarios.contract import Ledger, Sku, Supply
from sim.core import tape as T
from sim.core.response import Action, Playbook
from sim.core.run import ALERT_DTYPE
from sim.core.stage import set_stage
from sim.core.world import REFUSED, SHOWN_FAIL
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.account import COSTS, GAINS
from sim.score.cost import Judge, score_alerts, score_run
from sim.score.hindsight import skill
from sim.score.metrics import METRICS
from sim.score.outcomes import CAUSES, outcomes
from sim.score.profiles import LIMITS, PROFILES, make_profile, met
from sim.score.stories import read_stories
from sim.setup.policies import make_policy

ORDER, PAY = T.ORDER, T.PAY
PAYDEDUCT = Ledger(mode="deduct_on_payment", late_payment="accept")


def test_a_row_has_every_metric_and_nothing_else(shows):
    for run in shows.values():
        row = score_run(run, shows["silent"])
        assert list(row) == list(METRICS)
        assert all(isinstance(value, float) for value in row.values())
    assert all(m.definition and m.unit and m.better in ("low", "high", "") for m in METRICS.values())


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_alone_is_the_one_of_the_full_row(shows, name):
    """Bit for bit, also next to one other; nothing comes that was not asked for."""
    judge = Judge(shows["silent"])
    for run in shows.values():
        full, alone = judge.score(run), judge.score(run, (name,))
        assert list(alone) == [name]
        pair = judge.score(run, ("J", name))
        assert np.array_equal([alone[name], pair[name], pair["J"]], [full[name], full[name], full["J"]], equal_nan=True)


def test_a_metric_nobody_knows_is_refused(shows):
    with pytest.raises(ValueError, match="did you mean 'recall'"):
        Judge(shows["silent"]).score(shows["silent"], ("recal",))


def test_the_parts_of_a_row_add_up(shows):
    for run in shows.values():
        row = score_run(run, shows["silent"], PROFILES["sell_everything"])
        missed = sum(row[f"missed_{cause}"] for cause in CAUSES)
        assert row["demand_units"] == row["sold_units"] + row["oversold_units"] + row["abandoned_units"] + missed
        assert row["missed_units"] == missed - row["missed_true_stockout"]
        assert row["net"] == pytest.approx(sum(row[k] for k in GAINS) - sum(row[k] for k in COSTS))
        assert row["J"] == row["net_hindsight"] - row["net"]
        claims = row["true_claims"] + row["late_claims"] + row["false_claims"] + row["unjudged_claims"]
        assert claims + row["repeats"] == row["alerts"]
        assert row["annoyances"] == row["refused_attempts"] + row["shown_but_failed"] + row["toggles"]
        assert row["refused_attempts"] == run.stock[:, REFUSED].sum()
        assert row["shown_but_failed"] == run.stock[:, SHOWN_FAIL].sum()


def test_money_is_counted_by_sku():
    rows = [(1, ORDER, {}), (2, ORDER, {"sku": 1, "qty": 2}), (3, PAY, {"cause": 0}), (4, PAY, {"cause": 1, "qty": 2, "sku": 1}),
            (5, ORDER, {"qty": 3}), (6, PAY, {"cause": 4, "qty": 3})]  # fmt: skip
    scenario = show(3, Sku("b", 2, price=10.0, margin=0.5))
    run = run_of(scenario, rows, error=1)
    # a: 2 exist, 1 sold, an order of 3 refused although 1 is left: it met a true stock-out. b: 1 exists, 2 sold.
    row = score_run(run, run, make_profile("balanced", ca=0.0, cs=2.0, penalty_window=2.0))
    assert (row["gmv"], row["missed_units"], row["unsold_units"]) == (90.0 + 10.0, 0.0, 1.0)
    assert row["net_shipped"] == pytest.approx(90 * 0.35 * 0.7 + 10 * 0.5 * 0.7)
    assert row["net_recaptured"] == pytest.approx(0.2 * 3 * 90 * 0.35 * 0.7)
    assert row["cost_oversold"] == pytest.approx(0.6 * 10.0)
    assert (row["cost_unsold"], row["missed_true_stockout"]) == (2.0, 3.0)
    # One order in two is cancelled: the sanction is full, on a window of two orders of (90 + 20 + 270)/3 CNY.
    assert row["cost_penalty"] == pytest.approx(0.12 * 2 * 380 / 3)
    assert (row["sell_through"], row["fill_rate"], row["oversell_rate"]) == (2 / 3, 2 / 6, 0.5)


def test_missed_money_is_net_of_recapture():
    rows = [(1, ORDER, {"qty": 2}), (2, ORDER, {}), (3, PAY, {"cause": 1}), (999, T.EXPIRE, {"cause": 0, "qty": 2})]
    run = run_of(show(2), rows)
    row = score_run(run, run)
    assert row["missed_held_unpaid"] == row["missed_units"] == 1
    assert row["missed_gmv"] == pytest.approx(90 * 0.8)
    assert row["net_recaptured"] == pytest.approx(0.2 * 90 * 0.35 * 0.7)


def test_silence_has_skill_zero_and_hindsight_hundred(shows):
    row = score_run(shows["silent"], shows["silent"])
    assert row["skill"] == 0.0
    assert row["J"] == row["J_silent"]
    assert row["net"] == row["net_silent"]
    assert skill(0.0, 50.0) == 100.0
    assert skill(80.0, 50.0) == -60.0
    assert math.isnan(skill(3.0, 0.0))


def closed(what: str, stock: int = 50):
    """A show in which ten shoppers want an item that is closed (or never shown) from the first second to the last."""
    rows = [(5.0, T.SAMPLE, {"sku": -1}), (5.5, T.DELIVER, {"sku": -1, "cause": 0})]
    for k in range(10):
        rows += [(60.0 * k + 10, ORDER, {}), (60.0 * k + 11, PAY, {"cause": 2 + 2 * k})]
    stage = set_stage(show(stock), replace(tape_of(rows), viewers=np.ones(1)))
    action = Action(what, "auto", value=0.0)
    book = Playbook(what, emergency=(action,), auto_s=0.0, propagate_s=0.0, recommend_s=0.0)
    policy = make_policy("fixed_count", {"units": 1000.0}, playbook=book)
    silent = play(stage, make_policy("silent"))
    return Judge(silent).score(play(stage, policy))


@pytest.mark.parametrize("what", ["freeze", "delist", "lower_exposure"])
@pytest.mark.parametrize("limits", LIMITS)
def test_a_whole_show_frozen_delisted_or_hidden_fails(what, limits):
    row = closed(what)
    assert (row["sold_units"], row["avoidable_units"], row["missed_rate"]) == (0, 10, 1.0)
    assert not met({k: [v] for k, v in row.items()}, LIMITS[limits])["missed_rate"][2]


def test_freeze_minutes_are_those_in_which_a_buyer_was_refused_what_could_have_been_shipped():
    assert closed("freeze")["freeze_minutes"] == 10
    assert closed("freeze")["frozen_minutes"] == pytest.approx(60.0, abs=0.1)
    assert closed("freeze", 3)["freeze_minutes"] == 3  # three could have been shipped, the first to ask
    assert closed("lower_exposure")["freeze_minutes"] == 0


def test_what_hindsight_would_not_ask_for_is_not_avoidably_missed():
    rows = []
    for k in range(4):
        rows += [(60.0 * k + 1000, ORDER, {}), (60.0 * k + 1001, PAY, {"cause": 2 * k})]
    for cost, avoidable in ((1e6, 0), (0.0, 3)):
        run = run_of(show(1, supply=Supply(requestable=3.0, lead_median_s=100.0, request_cost=cost)), rows)
        row = score_run(run, run)
        assert (row["missed_no_restock"], row["avoidable_units"]) == (3, avoidable)


def test_alert_rows_say_what_each_was_worth():
    rows = [(100, ORDER, {}), (101, ORDER, {}), (102, PAY, {"cause": 0}), (103, PAY, {"cause": 1})]
    silent = run_of(show(1), rows)
    alerts = np.array([(200_000_001, 0, 3, 5, 0.0, 50.0, -1, -1), (40_000_001, 0, 3, 1, 20.0, 50.0, 45_000_001, 50_000_001),
                       (50_000_001, 0, 0, 2, 90.0, 50.0, -1, -1)], ALERT_DTYPE)  # fmt: skip
    run = replace(silent, policy=make_policy("fixed_count", gate={"cooldown_s": 0}, playbook="freeze_only"), alerts=alerts)
    first, second = score_alerts(run, silent)
    assert (first["sku"], first["level"], first["stock"], first["line"], first["verdict"]) == ("a", 3, 20.0, 50.0, "true")
    assert first["lead_s"] == pytest.approx(60.0, abs=1e-5)
    assert first["usable_lead_s"] == pytest.approx(60.0 - 1.0 - 3.0, abs=1e-5)
    assert (first["heard_s"], first["handled_s"]) == pytest.approx((45.000001, 50.000001))
    assert (second["verdict"], second["episode"]) == ("repeat", 1)
    assert math.isnan(second["lead_s"])
    assert math.isnan(second["heard_s"])


def test_a_run_is_judged_on_its_own_tape_only(shows):
    judge = Judge(shows["silent"])
    scenario = shows["silent"].scenario
    other = play(set_stage(scenario, draw_tape(scenario, 2)), make_policy("silent"))
    with pytest.raises(ValueError, match="silent"):
        judge.score(other)


def test_only_silence_is_a_baseline(shows):
    with pytest.raises(ValueError, match="sends alerts"):
        Judge(shows["fixed 50"])


def test_improvised_cues_lengthen_a_tape_and_can_still_be_judged(shows):
    judge = Judge(shows["silent"])
    longer = [r for r in shows.values() if len(r.tape) > len(shows["silent"].tape)]
    assert longer
    for run in longer:
        row = judge.score(run)
        assert row["demand_units"] > 0
        stories = read_stories(run.tape, run.scenario)
        assert np.all((np.diff(stories.t) >= 0) | (np.diff(stories.sku) > 0))
        assert row == pytest.approx(score_run(run, shows["silent"]), nan_ok=True)


def test_what_a_host_brought_is_counted(shows):
    judge = Judge(shows["silent"])
    rows = {name: judge.score(run) for name, run in shows.items()}
    moved = [(r, shows[n]) for n, r in rows.items() if len(shows[n].tape) > shows[n].tape.drawn]
    assert moved, "no show has an improvised cue; the fixture proves nothing"
    for row, run in moved:
        tape = run.tape
        brought = (np.arange(len(tape)) >= tape.drawn) & (tape.kind != T.COPY) & (run.outcome == T.PAID)
        late = outcomes(run).promised
        beyond = late["units"][brought[read_stories(tape, run.scenario).row[late["story"]]]].sum()
        assert row["won_units"] == tape.qty[brought].sum() - beyond
    assert rows["silent"]["won_units"] == 0
