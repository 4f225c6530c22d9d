"""The course of the ledger is exact, and risk events fall where stock runs out."""

from __future__ import annotations

import numpy as np
from hand_built import DELISTS, run_of, show, worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.contract import Leaks, Ledger, Scenario, Sku
from sim.core import tape as T
from sim.core.history import paths
from sim.core.stage import set_stage
from sim.core.world import HELD, PAID_UNITS, PENDING, PHYSICAL, RECORD
from sim.demand.draw import draw_tape
from sim.engine.simulate import play, simulate
from sim.score.course import courses
from sim.score.events import risk_events
from sim.score.outcomes import outcomes
from sim.score.stories import read_stories
from sim.setup.policies import make_policy

ORDER, PAY, CANCEL, EXPIRE = T.ORDER, T.PAY, T.CANCEL, T.EXPIRE


def events(run, remaining=1, merge_s=300.0) -> list[tuple[int, float]]:
    stories = read_stories(run.tape, run.scenario)
    sku, t = risk_events(run, outcomes(run, stories), stories, remaining, int(merge_s * 1e6))
    return list(zip(sku.tolist(), (t / 1e6).tolist(), strict=True))


def check_course(run) -> None:
    """It begins where the ledger did, as set up by nobody who knows the journal."""
    opening = set_stage(run.scenario, run.tape).opening["stock"]
    for k, (t, free, record) in enumerate(courses(run)):
        assert np.all(np.diff(t) >= 0)
        assert record[0] == opening[k, RECORD]
        assert free[0] == opening[k, PHYSICAL] - opening[k, HELD] - opening[k, PAID_UNITS]
        assert (free[-1], record[-1]) == (
            run.stock[k, PHYSICAL] - run.stock[k, HELD] - run.stock[k, PAID_UNITS],
            run.stock[k, RECORD],
        )


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(0, 10**6), st.booleans())
def test_the_course_begins_and_ends_where_the_ledger_does(scenario, seed, acts):
    policy = make_policy("fixed_count", {"units": 30}, playbook=DELISTS) if acts else make_policy("silent")
    check_course(simulate(scenario, policy, seed))


@settings(max_examples=15, deadline=None)
@given(worlds(), st.integers(0, 10**6))
def test_the_course_agrees_with_every_reading(scenario, seed):
    run = play(set_stage(scenario, draw_tape(scenario, seed)), make_policy("silent"))
    taken = run.tape.t[run.tape.kind == T.SAMPLE]
    for k, (t, _, record) in enumerate(courses(run)):
        then = record[np.searchsorted(t, taken, "right") - 1]
        np.testing.assert_array_equal(np.maximum(then, 0), run.readings[:, k, 0])
    assert run.stock[:, PENDING].sum() == 0


@settings(max_examples=15, deadline=None)
@given(worlds(), st.integers(0, 10**6))
def test_the_course_agrees_with_the_history(scenario, seed):
    run = simulate(scenario, make_policy("fixed_count", {"units": 30}, playbook=DELISTS), seed)
    for k, (t, free, record) in enumerate(courses(run)):
        path = paths(run, k)
        at = np.searchsorted(path["t"], t, "right") - 1
        np.testing.assert_array_equal(free, path["left"][at])
        np.testing.assert_array_equal(record, path["record"][at])


def test_a_sell_out_with_demand_to_come_is_an_event():
    rows = [(10, ORDER, {}), (20, ORDER, {}), (30, ORDER, {"qty": 2}), (40, PAY, {"cause": 0}), (50, PAY, {"cause": 1}),
            (60, PAY, {"cause": 2, "qty": 2})]  # fmt: skip
    assert events(run_of(show(2), rows)) == [(0, 20.0)]
    assert events(run_of(show(2), rows), remaining=2) == [(0, 20.0)]
    assert events(run_of(show(2), rows), remaining=3) == []
    assert events(run_of(show(4), rows)) == []
    assert events(run_of(show(0), rows)) == [(0, 10.0)]
    assert events(run_of(show(2), rows[:3])) == []


def test_nothing_above_the_buffer_is_nothing_to_sell():
    rows = [(10, ORDER, {}), (20, ORDER, {}), (40, PAY, {"cause": 0}), (50, PAY, {"cause": 1})]
    scenario = Scenario("show", "test", 3600.0, (Sku("a", 2, buffer=1),))
    assert events(run_of(scenario, rows)) == [(0, 10.0)]


def test_what_is_not_there_cannot_be_sold_whatever_the_record_says():
    rows = [(10, ORDER, {}), (11, ORDER, {}), (12, ORDER, {}), (20, PAY, {"cause": 0}), (21, PAY, {"cause": 1}),
            (22, CANCEL, {"cause": 1}), (30, PAY, {"cause": 2})]  # fmt: skip
    # Two exist, five are on record; the cancelled order leaves no promise unkept.
    assert events(run_of(show(5), rows, error=3)) == [(0, 11.0)]


def test_a_release_gives_no_more_than_was_hidden():
    scenario = Scenario("show", "test", 3600.0, (Sku("a", 10, held_back=6),))
    run = run_of(scenario, [(10, T.RELEASE, {"qty": 4}), (20, T.RELEASE, {"qty": 4}), (30, T.RELEASE, {"qty": 4})])
    ((_, free, record),) = courses(run)
    assert (free.tolist(), record.tolist()) == ([10] * 3, [4, 8, 10])
    check_course(run)


def test_a_promise_that_cannot_be_kept_is_an_event_when_it_is_made():
    rows = [(10, ORDER, {}), (20, ORDER, {}), (40, PAY, {"cause": 1}), (50, PAY, {"cause": 0})]
    paydeduct = Ledger(mode="deduct_on_payment", late_payment="accept")
    # One exists: the promise that is one too many is the second, whoever pays first.
    assert events(run_of(show(1, ledger=paydeduct), rows)) == [(0, 20.0)]
    assert events(run_of(show(1), rows)) == [(0, 10.0)]
    assert events(run_of(show(2, ledger=paydeduct), rows, error=1)) == [(0, 20.0)]


def test_the_slow_payer_does_not_date_the_event():
    """100 units; one orders at 20 s and pays at 820 s, 100 others order at 30..800 s and pay after 2 s. The promise that is one
    too many is the last one; the shelf is full at 20 s."""
    at = [20.0, *np.linspace(30.0, 800.0, 100).round(3).tolist()]
    rows = [(t, ORDER, {}) for t in at]
    rows += [(t + (800.0 if k == 0 else 2.0), PAY, {"cause": k}) for k, t in enumerate(at)]
    run = run_of(show(100, ledger=Ledger(mode="deduct_on_payment", late_payment="accept")), in_time(rows))
    assert events(run) == [(0, 800.0)]


def in_time(rows: list[tuple]) -> list[tuple]:
    """Rows in order of time, their causes renumbered."""
    order = sorted(range(len(rows)), key=lambda k: rows[k][0])
    place = {old: new for new, old in enumerate(order)}
    return [(rows[k][0], rows[k][1], rows[k][2] | ({"cause": place[rows[k][2]["cause"]]} if "cause" in rows[k][2] else {}))
            for k in order]  # fmt: skip


def orders(*at: tuple[float, int]) -> list[tuple]:
    """Shoppers who order (second, units) and pay a second later."""
    rows = [(t, ORDER, {"qty": n}) for t, n in at]
    return in_time(rows + [(t + 1.0, PAY, {"cause": k, "qty": n}) for k, (t, n) in enumerate(at)])


def test_an_order_for_more_than_is_left_is_a_shortage_though_a_unit_remains():
    """Ten units and orders of three, a minute apart: the fourth is refused with one left, and so is the fifth."""
    run = run_of(show(10), orders(*((60.0 * k, 3) for k in range(1, 6))))
    assert run.stock[0, RECORD] == 1
    assert events(run) == [(0, 240.0)]


def test_an_item_listed_with_nothing_is_in_trouble_from_its_first_refused_shopper():
    assert events(run_of(show(0), orders((100.0, 1), (300.0, 1)))) == [(0, 100.0)]
    assert events(run_of(show(0), [])) == []
    assert events(run_of(show(0), [(100.0, ORDER, {})])) == []  # he would never have paid


def test_a_restock_that_is_gone_again_within_five_minutes_is_a_new_shortage():
    rows = orders((10.0, 2), (20.0, 1), (100.0, 2), (110.0, 1))
    came = in_time([*rows, (50.0, T.SUPPLY, {"qty": 2})])
    assert events(run_of(show(2), rows)) == [(0, 10.0)]
    assert events(run_of(show(2), came)) == [(0, 10.0), (0, 100.0)]


def test_a_sell_out_after_the_end_is_no_event():
    end = 3600.0
    assert events(run_of(show(1), orders((end + 5.0, 1), (end + 6.0, 1)))) == []
    assert events(run_of(show(1), orders((end - 5.0, 1), (end + 6.0, 1)))) == [(0, end - 5.0)]


def trickle(gap: float) -> list[tuple]:
    """One unit that comes back by cancellation every ``gap`` seconds and is taken again at once."""
    rows, t = [], 1.0
    for _ in range(3):
        at = len(rows)
        rows += [(t, ORDER, {}), (t + 1, PAY, {"cause": at}), (t + gap - 2, CANCEL, {"cause": at})]
        t += gap
    at = len(rows)
    return [*rows, (t, ORDER, {}), (t + 0.1, ORDER, {}), (t + 1, PAY, {"cause": at}), (t + 2, PAY, {"cause": at + 1})]


def test_units_that_trickle_back_are_one_shortage():
    # The demand to come is the two orders at the end.
    assert events(run_of(show(1), trickle(100.0))) == [(0, 1.0)]
    assert [t for _, t in events(run_of(show(1), trickle(400.0)))] == [1.0, 401.0, 801.0, 1201.0]
    assert [t for _, t in events(run_of(show(1), trickle(400.0)), merge_s=500.0)] == [1.0]


def test_the_erp_can_empty_the_record():
    leaks = Leaks(erp_mode="absolute", erp_lag_s=0.0)
    rows = [(10, ORDER, {}), (20, T.EDIT_ADD, {"qty": 5}), (30, T.SYNC, {"sku": -1}), (40, T.EDIT_SET, {"qty": 0}),
            (50, ORDER, {}), (60, PAY, {"cause": 0}), (70, PAY, {"cause": 4})]  # fmt: skip
    run = run_of(show(3, leaks=leaks), rows)
    ((_, _, record),) = courses(run)
    assert record.tolist()[:5] == [3, 2, 7, 2, 0]
    assert events(run) == [(0, 40.0)]
