"""Every demanded unit ends in exactly one place; the reference walks shopper by shopper through plain Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hand_built import DELISTS, run_of, show, worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.contract import Cue, Leaks, Ledger, Scarcity, Scenario, Shoppers, Sku, Supply
from scenarios.spread import CERTAIN
from sim.core import tape as T
from sim.core.run import ACTION_DTYPE
from sim.core.world import HELD, PAID_UNITS, PHYSICAL
from sim.engine.simulate import simulate
from sim.score.outcomes import CAUSES, Outcomes, freezes, outcomes
from sim.setup.policies import make_policy

ORDER, PAY, CANCEL, EXPIRE, RETRY, CART, COPY, SUPPLY = T.ORDER, T.PAY, T.CANCEL, T.EXPIRE, T.RETRY, T.CART, T.COPY, T.SUPPLY


def missed(o: Outcomes, sku: int = 0) -> dict[str, int]:
    return {cause: int(units) for cause, units in zip(CAUSES, o.missed[sku], strict=True) if units}


def check_conservation(run, o: Outcomes) -> None:
    np.testing.assert_array_equal(o.demand, o.sold + o.oversold - o.oversold_copies + o.abandoned + o.missed.sum(1))
    np.testing.assert_array_equal(o.shippable, o.sold + o.copies + o.unsold)
    np.testing.assert_array_equal(run.stock[:, PAID_UNITS], o.sold + o.copies + o.oversold)
    np.testing.assert_array_equal(run.stock[:, HELD], 0)
    left = run.stock[:, PHYSICAL] - run.stock[:, HELD] - run.stock[:, PAID_UNITS]
    np.testing.assert_array_equal(left, o.unsold - o.oversold)
    assert not np.any((o.unsold > 0) & (o.oversold > 0))
    for part in (o.demand, o.sold, o.oversold, o.copies, o.abandoned, o.missed, o.unsold):
        assert np.all(part >= 0)
    assert np.all(o.avoidable <= o.unsold + o.missed[:, CAUSES.index("no_restock")])


def recount(run) -> tuple[Counter, Counter, Counter, Counter]:
    """Demand, paid demand, refused demand that would be kept, paid copies: units by SKU, row by row."""
    tape, out = run.tape, run.outcome
    pays = {int(tape.cause[i]) for i in np.flatnonzero(tape.kind == PAY)}
    quits = {int(tape.cause[i]) for i in np.flatnonzero(tape.kind == CANCEL)}
    again = {int(tape.cause[i]) for i in np.flatnonzero((tape.kind == RETRY) & (out != T.IDLE))}
    demand, paid, refused, copies = Counter(), Counter(), Counter(), Counter()
    for i in np.flatnonzero((tape.kind >= ORDER) & (tape.kind <= COPY)).tolist():
        sku, qty, code, parent = int(tape.sku[i]), int(tape.qty[i]), int(out[i]), int(tape.cause[i])
        if tape.kind[i] == COPY:
            copies[sku] += qty * (code == T.PAID)
            continue
        if tape.kind[i] == ORDER and parent >= 0 and tape.kind[parent] == CART and out[parent] != T.CARTED:
            code = int(out[parent])
        if code == T.IDLE or i in again:
            continue
        demand[sku] += qty
        if code == T.PAID:
            paid[sku] += qty
        elif i in pays - quits and (code < T.ACCEPTED or code == T.REFUNDED):
            refused[sku] += qty
    return demand, paid, refused, copies


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(0, 10**6), st.sampled_from(["silent", "standard", "delists"]))
def test_every_unit_ends_in_one_place(scenario, seed, what):
    book = DELISTS if what == "delists" else "standard"
    policy = make_policy("silent") if what == "silent" else make_policy("fixed_count", {"units": 30}, playbook=book)
    run = simulate(scenario, policy, seed)
    o = outcomes(run)
    check_conservation(run, o)
    demand, paid, refused, copies = recount(run)
    for k in range(len(scenario.skus)):
        if not scenario.scarcity.on:  # else carts of a delisted SKU are counted only where they are certain
            assert o.demand[k] >= demand[k]
            assert what == "delists" or o.demand[k] == demand[k]
            assert what == "delists" or o.missed[k].sum() == refused[k]
        assert o.sold[k] + o.oversold[k] - o.oversold_copies[k] == paid[k]
        assert o.copies[k] + o.oversold_copies[k] == copies[k]
        assert o.oversold[k] == max(0, paid[k] + copies[k] - o.shippable[k])


def test_the_last_attempt_decides():
    rows = [(1, ORDER, {}), (2, PAY, {"cause": 0}), (3, ORDER, {}), (60, RETRY, {"cause": 2, "sku": 1}),
            (70, PAY, {"cause": 3, "sku": 1})]  # fmt: skip
    o = outcomes(run_of(show(1, Sku("b", 5)), rows))
    assert o.demand.tolist() == [1, 1]
    assert o.sold.tolist() == [1, 1]
    assert o.missed.sum() == 0


def test_abandoned_are_those_who_would_not_have_paid_or_kept():
    rows = [(1, ORDER, {}), (2, ORDER, {}), (3, PAY, {"cause": 1}), (4, ORDER, {}), (5, ORDER, {}),
            (6, PAY, {"cause": 4}), (100, EXPIRE, {"cause": 0}), (200, CANCEL, {"cause": 1}),
            (300, PAY, {"cause": 3}), (301, CANCEL, {"cause": 3})]  # fmt: skip
    # stock 1: row 0 holds it and never pays; rows 1 and 3 would pay and cancel; row 4 would have kept it.
    o = outcomes(run_of(show(1), rows))
    assert (o.demand[0], o.abandoned[0], missed(o)) == (4, 3, {"held_unpaid": 1})


def test_oversold_orders_are_the_last_to_pay():
    rows = [(1, ORDER, {"qty": 2}), (2, ORDER, {"qty": 2}), (3, ORDER, {}), (4, PAY, {"cause": 1, "qty": 2}),
            (5, PAY, {"cause": 2}), (6, PAY, {"cause": 0, "qty": 2})]  # fmt: skip
    o = outcomes(run_of(show(5), rows, error=1))
    assert (o.sold[0], o.oversold[0], o.oversold_orders[0], o.paid_orders[0]) == (4, 1, 1, 3)
    assert o.promised["story"].tolist() == [0]
    assert (o.promised["accepted"][0], o.promised["paid"][0], o.promised["units"][0]) == (1_000_000, 6_000_000, 1)
    o = outcomes(run_of(show(5), rows, error=3))
    assert (o.sold[0], o.oversold[0], o.oversold_orders[0]) == (2, 3, 2)


def test_a_cancelled_order_frees_its_place_in_the_queue():
    rows = [(1, ORDER, {}), (2, ORDER, {}), (3, PAY, {"cause": 0}), (4, PAY, {"cause": 1}), (9, CANCEL, {"cause": 0})]
    o = outcomes(run_of(show(2), rows, error=1))
    assert (o.sold[0], o.oversold[0], o.abandoned[0]) == (1, 0, 1)


def hold_and_refuse(refused: int, held: int) -> list[tuple]:
    """``held`` units held by one who never pays, then ``refused`` orders of one unit that would pay."""
    rows = [(1, ORDER, {"qty": held})] + [(2 + k, ORDER, {}) for k in range(refused)]
    rows += [(900 + k, PAY, {"cause": 1 + k}) for k in range(refused)]
    return [*rows, (1000, EXPIRE, {"cause": 0, "qty": held})]


def test_no_more_is_avoidable_than_was_left():
    o = outcomes(run_of(show(3), hold_and_refuse(5, 3)))
    assert missed(o) == {"true_stockout": 2, "held_unpaid": 3}
    o = outcomes(run_of(show(8), hold_and_refuse(5, 8)))
    assert missed(o) == {"held_unpaid": 5}


def test_an_order_is_split_where_the_limit_falls_inside_it():
    rows = [(1, ORDER, {"qty": 3}), (2, ORDER, {"qty": 2}), (3, ORDER, {"qty": 2}), (4, PAY, {"cause": 1, "qty": 2}),
            (5, PAY, {"cause": 2, "qty": 2}), (900, EXPIRE, {"cause": 0, "qty": 3})]  # fmt: skip
    o = outcomes(run_of(show(3), rows))
    assert missed(o) == {"true_stockout": 1, "held_unpaid": 3}


def test_a_unit_given_back_by_a_paid_order_was_held():
    rows = [(1, ORDER, {}), (2, PAY, {"cause": 0}), (3, ORDER, {}), (4, ORDER, {}), (5, PAY, {"cause": 2}),
            (6, PAY, {"cause": 3}), (900, CANCEL, {"cause": 0})]  # fmt: skip
    o = outcomes(run_of(show(1), rows))
    assert missed(o) == {"true_stockout": 1, "held_unpaid": 1}


def test_units_that_come_later_explain_nothing():
    rows = [(1, ORDER, {}), (2, PAY, {"cause": 0}), (3, ORDER, {}), (5, PAY, {"cause": 2}), (900, SUPPLY, {"qty": 4})]
    o = outcomes(run_of(show(1), rows))
    assert (missed(o), o.unsold[0]) == ({"true_stockout": 1}, 4)


def sold_out(times: list[float]) -> list[tuple]:
    """One unit, sold at once; then orders that would pay."""
    rows = [(1, ORDER, {}), (2, PAY, {"cause": 0})] + [(t, ORDER, {}) for t in times]
    return rows + [(3000 + k, PAY, {"cause": 2 + k}) for k in range(len(times))]


def test_a_restock_in_time_would_have_brought_units():
    supply = Supply(requestable=2.0, lead_median_s=100.0)
    o = outcomes(run_of(show(1, supply=supply), sold_out([10, 99, 101, 102, 103])))
    assert missed(o) == {"true_stockout": 3, "no_restock": 2}
    o = outcomes(run_of(show(1, supply=supply), sold_out([10, 101])))
    assert missed(o) == {"true_stockout": 1, "no_restock": 1}


def test_what_came_on_request_counts_as_missed_only_if_it_came_too_late():
    run = run_of(show(1, supply=Supply(requestable=2.0, lead_median_s=100.0)), sold_out([101, 102, 103]))
    came = np.array([(10**9, 0, 10, 0, 2.0)], ACTION_DTYPE)
    late = run.stock.copy()
    late[0, PHYSICAL] += 2
    assert missed(outcomes(replace(run, actions=came, stock=late))) == {"true_stockout": 1, "no_restock": 2}
    assert missed(outcomes(replace(run, actions=came))) == {"true_stockout": 3}


@pytest.mark.parametrize(("sku", "error", "extra", "cause"), [
    (Sku("a", 5, buffer=5), 0, {}, "buffer_quota"),
    (Sku("a", 5, held_back=5), 0, {}, "buffer_quota"),
    (Sku("a", 0), -3, {}, "phantom"),
    (Sku("a", 0), 0, {}, "true_stockout"),
])  # fmt: skip
def test_the_ledger_names_the_nearest_cause(sku, error, extra, cause):
    scenario = Scenario("show", "test", 3600.0, (sku,), **extra)
    o = outcomes(run_of(scenario, [(1, ORDER, {}), (2, PAY, {"cause": 0})], error))
    assert missed(o) == {cause: 1}


def test_kept_away_is_missed_only_by_those_who_would_have_ordered():
    rows = [(1, CART, {}), (2, CART, {}), (3, ORDER, {}), (4, ORDER, {"cause": 0}), (5, PAY, {"cause": 2}),
            (6, PAY, {"cause": 3})]  # fmt: skip
    run = run_of(show(5), rows)
    cut = run.outcome.copy()
    cut[:] = 0
    cut[[0, 1, 2]] = T.EXPOSURE
    o = outcomes(replace(run, outcome=cut, stock=run.stock - np.eye(1, run.stock.shape[1], PAID_UNITS, dtype=int) * 2))
    assert (o.demand[0], missed(o)) == (2, {"exposure_cut": 2})


def test_carts_that_find_the_sku_delisted_are_demand():
    rows = [(1, CART, {"mark": 0.9}), (4, ORDER, {"cause": 0}), (5, PAY, {"cause": 1})]
    for scarcity, mark, due in ((Scarcity(), 0.9, 1), (Scarcity(True, 0.5), 0.9, 0), (Scarcity(True, 0.5), 0.6, 1)):
        rows[0][2]["mark"] = mark
        run = run_of(show(5, scarcity=scarcity), rows)
        o = outcomes(replace(run, outcome=np.zeros(3, np.int8)))
        assert o.demand[0] == due
        assert missed(o) == ({"frozen_alert": 1} if due else {})


def test_copies_take_stock_but_are_no_demand():
    rows = [(1, ORDER, {}), (2, COPY, {"cause": 0}), (3, PAY, {"cause": 0}), (4, PAY, {"cause": 1})]
    o = outcomes(run_of(show(2), rows))
    assert (o.demand[0], o.sold[0], o.copies[0], o.oversold[0], o.unsold[0]) == (1, 1, 1, 0, 0)
    o = outcomes(run_of(show(1), rows))
    assert (o.demand[0], o.sold[0], o.copies[0], o.oversold[0], o.oversold_copies[0]) == (1, 1, 0, 1, 1)


def test_recorded_orders_are_demand_that_nothing_refused():
    o = outcomes(run_of(show(3), [(1, T.TAKE, {"qty": 2}), (2, T.TAKE, {"qty": 2})]))
    assert (o.demand[0], o.sold[0], o.oversold[0], o.oversold_orders[0]) == (4, 3, 1, 1)
    assert o.promised["accepted"].tolist() == [2_000_000]


def test_a_late_payment_that_finds_nothing_is_missed():
    rows = [(1, ORDER, {}), (900, EXPIRE, {"cause": 0}), (901, ORDER, {}), (950, PAY, {"cause": 0}), (999, EXPIRE, {"cause": 2})]
    o = outcomes(run_of(show(1), rows))
    assert (missed(o), o.abandoned[0], o.unsold[0]) == ({"held_unpaid": 1}, 1, 1)


def test_freezes_end_with_a_reopening_or_the_show():
    run = run_of(show(1, Sku("b", 1)), [(1, ORDER, {})])
    what = {"freeze": 3, "delist": 4, "reopen": 7}
    steps = [(10, 0, "freeze"), (20, 0, "delist"), (30, 1, "reopen"), (40, 0, "reopen"), (50, 1, "freeze"), (4000, 0, "freeze")]
    acts = np.array([(int(t * 1e6), sku, what[name], -1, 0.0) for t, sku, name in steps], ACTION_DTYPE)
    f = freezes(replace(run, actions=acts))
    spans = sorted(zip(f.sku.tolist(), (f.start // 10**6).tolist(), (f.end // 10**6).tolist(), strict=True))
    assert spans == [(0, 10, 40), (0, 3600, 3600), (1, 50, 3600)]
    assert f.toggles == 2


def test_t2_no_oversell_under_deduct_on_order():
    """T2: atomic deduct-on-order without leaks never oversells, whatever the burst."""
    scenario = Scenario("burst", "test", 60.0, (Sku("a", 100),), (Cue(1.0, "a", "deal", peak=9000.0),))
    run = simulate(scenario, make_policy("silent"), 5)
    o = outcomes(run)
    assert o.demand[0] > 3000
    assert (o.oversold[0], o.sold[0] + o.unsold[0]) == (0, 100)


def test_t13_record_error():
    """T13: demand far above stock, physical = S - N(0, sd) rounded: mean oversell sd / sqrt(2 pi)."""
    for sd in (5.0, 12.0):
        leaks = Leaks(record_error_p=1.0, record_error_law="normal", record_error_units=sd)
        ledger = Ledger(hold_s=60.0, sweep_s=0.0)
        skus = tuple(Sku(f"s{k}", 60) for k in range(40))
        cues = tuple(Cue(1.0, s.id, "deal", peak=60.0) for s in skus)
        kind = Shoppers(direct_share=1.0, never_pay=0.0, cancel_share=0.0)
        scenario = Scenario("wrong", "test", 60.0, skus, cues, shoppers=kind, leaks=leaks, ledger=ledger)
        over = np.concatenate([outcomes(simulate(scenario, make_policy("silent"), 3, r)).oversold for r in range(10)])
        assert abs(over.mean() - sd / np.sqrt(2 * np.pi)) <= 4 * over.std() / np.sqrt(len(over))


def test_t13_duplicates():
    """T13: of n orders each is made twice with chance p: a sold-out SKU is oversold by Binomial(n, p) orders."""
    p, kind = 0.1, Shoppers(direct_share=1.0, never_pay=0.0, cancel_share=0.0, single_share=1.0)
    scenario = Scenario("twice", "test", 60.0, (Sku("a", 200),), (Cue(1.0, "a", "deal", peak=300.0),), shoppers=kind,
                        spread=CERTAIN, leaks=Leaks(duplicate_p=p))  # fmt: skip
    counts = [outcomes(simulate(scenario, make_policy("silent"), 3, r)) for r in range(60)]
    over = np.array([o.oversold[0] for o in counts])
    assert all(o.demand[0] > 200 for o in counts)
    assert abs(over.mean() - 200 * p) <= 4 * np.sqrt(200 * p * (1 - p) / 60)
    assert abs(over.var(ddof=1) - 200 * p * (1 - p)) <= 4 * 200 * p * (1 - p) * np.sqrt(2 / 59)
