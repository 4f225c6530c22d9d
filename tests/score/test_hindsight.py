"""Hindsight: one figure a tape for every policy, never beaten where nothing was improvised, and worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_built import DELISTS, run_of, show, worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.contract import Host, Sku, Supply
from sim.core import tape as T
from sim.core.response import Action, Playbook
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.score.profiles import PROFILES, make_profile
from sim.setup.policies import make_policy

ORDER, PAY = T.ORDER, T.PAY
FREE = {"return_rate": 0.0, "cx": 0.0}
ASKS = Playbook(
    "asks", prepare=(Action("restock", "auto"),), emergency=(Action("lower_exposure", "auto", value=0.0),), auto_s=0.0
)


def buyers(n: int, start: float = 10.0, sku: int = 0) -> list[tuple]:
    """``n`` shoppers who order one unit every second and pay half a second later."""
    rows: list[tuple] = []
    for k in range(n):
        rows += [(start + k, ORDER, {"sku": sku}), (start + k + 0.5, PAY, {"sku": sku, "cause": 2 * k})]
    return rows


@settings(max_examples=40, deadline=None)
@given(worlds(), st.integers(0, 10**6), st.sampled_from(list(PROFILES)))
def test_no_policy_leaves_less_than_nothing_on_the_table(scenario, seed, name):
    """J >= 0 wherever nothing was improvised; J orders as net does; hindsight is the same for every policy, bit for bit."""
    calm = replace(scenario, host=replace(scenario.host, moves_on=False, calls_restock=False))
    stage = set_stage(calm, draw_tape(calm, seed))
    judge = Judge(play(stage, make_policy("silent")), make_profile(name, cs=5.0))
    rows = [judge.score(play(stage, make_policy("fixed_count", {"units": u}, playbook=book)))
            for u, book in ((30, "standard"), (30, DELISTS), (500, ASKS))]  # fmt: skip
    for row in rows:
        assert row["J"] >= -1e-6
        assert row["gmv"] <= judge.hindsight.gmv
        assert row["net_hindsight"] == rows[0]["net_hindsight"]
    by_net = sorted(rows, key=lambda row: -row["net"])
    assert [row["J"] for row in by_net] == sorted(row["J"] for row in rows)


@settings(max_examples=15, deadline=None)
@given(worlds(), st.integers(0, 10**6))
def test_hindsight_does_not_know_what_a_policy_improvised(scenario, seed):
    stage = set_stage(scenario, draw_tape(scenario, seed))
    judge = Judge(play(stage, make_policy("silent")))
    values = {judge.score(play(stage, make_policy("fixed_count", {"units": u})), ("net_hindsight",))["net_hindsight"]
             for u in (10, 40, 200)}  # fmt: skip
    assert values == {Judge(play(stage, make_policy("silent"))).hindsight.net}


def test_hindsight_that_does_not_ask_is_credited_what_silence_recaptures():
    """c 10, price 100, 12 units lacking, a request costs 100: 12 x 10 x .8 = 96 < 100."""
    scenario = show(20, supply=Supply(requestable=1.0, request_cost=100.0, rush=0.0))
    scenario = replace(scenario, skus=(Sku("a", 20, price=100.0, margin=0.1),))
    run = run_of(scenario, buyers(32))
    judge = Judge(run, make_profile("balanced", **FREE))
    assert judge.hindsight.asked.tolist() == [0]
    assert judge.hindsight.net == pytest.approx(20 * 10 + 0.2 * 12 * 10)
    assert judge.score(run)["J"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("lacking", "asked"), [(12, 0), (13, 13), (20, 20), (35, 20)])
def test_hindsight_asks_where_it_pays(lacking, asked):
    scenario = show(20, supply=Supply(requestable=1.0, request_cost=100.0, rush=0.0))
    scenario = replace(scenario, skus=(Sku("a", 20, price=100.0, margin=0.1),))
    judge = Judge(run_of(scenario, buyers(20 + lacking)), make_profile("balanced", **FREE))
    assert judge.hindsight.asked.tolist() == [asked]
    served, left = 20 + asked, lacking - asked
    assert judge.hindsight.net == pytest.approx(10 * served + 2 * left - 100 * (asked > 0))


def test_what_is_asked_for_has_its_price():
    """Five units at .03 x 100 CNY; nobody wants what comes, all is carried back. The level stays, so the machine asks once."""
    supply = Supply(requestable=1.0, requests=2, lead_median_s=60.0, lead_sigma=0.0, leftover=3.0)
    scenario = show(10, supply=supply, host=Host(calls_restock=False))
    scenario = replace(scenario, skus=(Sku("a", 10, price=100.0, margin=0.5),))
    rows = [*buyers(10), *[(t, T.SAMPLE, {"sku": -1, "who": k}) for k, t in enumerate((5.0, 300.0))],
            (5.5, T.DELIVER, {"sku": -1, "cause": 20}), (300.5, T.DELIVER, {"sku": -1, "cause": 21, "who": 1})]  # fmt: skip
    stage = play_stage(scenario, rows)
    silent = play(stage, make_policy("silent"))
    asks = Playbook("asks", prepare=(Action("restock", "auto"),), auto_s=0.0)
    gate = {"repeat_s": 1.0, "cooldown_s": 0.0}
    run = play(stage, make_policy("fixed_count", {"units": 50.0, "emergency_share": 0.0}, gate=gate, playbook=asks))
    row = Judge(silent, make_profile("balanced", cs=1.0, **FREE)).score(run)
    assert (row["cost_requests"], row["cost_rush"], row["cost_leftover"], row["cost_unsold"]) == (100.0, 15.0, 15.0, 0.0)
    assert row["net"] == pytest.approx(10 * 50 - 130.0)
    assert row["J"] == pytest.approx(130.0)


def play_stage(scenario, rows):
    from hand_built import tape_of

    tape = tape_of(sorted_rows(rows))
    return set_stage(scenario, replace(tape, viewers=np.ones(2)))


def sorted_rows(rows: list[tuple]) -> list[tuple]:
    """Rows in order of time with their causes renumbered."""
    order = sorted(range(len(rows)), key=lambda k: rows[k][0])
    place = {old: new for new, old in enumerate(order)}
    placed = []
    for k in order:
        t, kind, more = rows[k]
        placed.append((t, kind, more | ({"cause": place[more["cause"]]} if "cause" in more else {})))
    return placed


def test_a_shopper_who_would_take_another_item_is_sold_once():
    """Eight want a, of which there are five; two of those refused would take b, of which there is plenty: 5 + 2 + .2 x 1."""
    rows = buyers(8)
    for k, root in enumerate((10, 12)):
        rows += [(50.0 + k, T.RETRY, {"sku": 1, "cause": root}), (50.2 + k, PAY, {"sku": 1, "cause": 16 + 2 * k})]
    run = run_of(show(5, Sku("b", 50)), rows)
    judge = Judge(run, make_profile("balanced", **FREE))
    c = 90 * 0.35
    assert judge.hindsight.net == pytest.approx(7.2 * c)
    assert judge.score(run)["J"] == pytest.approx(0.0, abs=1e-9)
    enough = Judge(run_of(show(8, Sku("b", 50)), rows), make_profile("balanced", **FREE))
    assert enough.hindsight.net == pytest.approx(8 * c)


def test_hindsight_counts_what_nobody_could_have_sold():
    rows = [(1, ORDER, {}), (2, PAY, {"cause": 0}), (3, ORDER, {}), (4, ORDER, {}), (60, T.RETRY, {"cause": 3}),
            (70, PAY, {"cause": 4}), (80, T.CART, {}), (81, ORDER, {"cause": 6}), (82, PAY, {"cause": 7})]  # fmt: skip
    best = Judge(run_of(show(10, supply=Supply(requestable=1.0)), rows), make_profile("sell_everything")).hindsight
    # The refused shopper's second try is what he would keep; of the three who would keep it each is one unit.
    assert (best.sold.tolist(), best.unsold.tolist(), best.gmv) == ([3], [7], 270.0)
    best = Judge(run_of(show(1, supply=Supply(requestable=1.0)), rows), make_profile("sell_everything")).hindsight
    assert (best.sold.tolist(), best.unsold.tolist(), best.gmv, best.asked.tolist()) == ([2], [0], 180.0, [0])


def test_a_shopper_who_finds_the_item_delisted_is_as_annoyed_as_one_refused():
    rows = [(10, ORDER, {}), (11, PAY, {"cause": 0}), (20, T.CART, {}), (30, ORDER, {"cause": 2}), (31, PAY, {"cause": 3}),
            (40, ORDER, {}), (41, PAY, {"cause": 5})]  # fmt: skip
    closing = [(5.0, T.SAMPLE, {"sku": -1}), (5.5, T.DELIVER, {"sku": -1, "cause": 7})]
    stage = play_stage(show(5), [*rows, *closing])
    judge = Judge(play(stage, make_policy("silent")))
    scores = {}
    for what in ("freeze", "delist"):
        book = Playbook(what, emergency=(Action(what, "auto"),), auto_s=0.0, propagate_s=0.0)
        scores[what] = judge.score(play(stage, make_policy("fixed_count", {"units": 50.0}, playbook=book)))
    assert scores["freeze"]["refused_attempts"] == scores["delist"]["refused_attempts"] == 3.0
    assert scores["freeze"]["net_recaptured"] == scores["delist"]["net_recaptured"] > 0
