"""What a sell-out sets off: shoppers of other items turn away, customer service is asked; and what holding stock costs."""

from __future__ import annotations

import pytest
from hand_built import run_of, show

from scenarios.chat import Chat
from scenarios.contract import Sku
from sim.core import tape as T
from sim.core.tape import ACCEPTED, EXPOSURE
from sim.score.cost import Judge, score_run
from sim.score.profiles import make_profile

TALK = Chat(True, put_off=0.5, full=1.0, fade_s=100.0, ask_share=0.25, ask_cost=8.0)


def outcomes_of(chat: Chat, *orders: tuple[float, float], refused_at: float = 1.0) -> list[int]:
    """What became of orders (second, mark) of "b", after one of "a" was refused for want of stock."""
    rows = [(refused_at, T.ORDER, {}), *((t, T.ORDER, {"sku": 1, "mark": mark}) for t, mark in orders)]
    return run_of(show(0, Sku("b", 99), chat=chat), sorted(rows, key=lambda r: r[0])).outcome.tolist()


def test_who_meets_the_talk_turns_away_and_it_fades():
    assert outcomes_of(TALK, (2, 0.49), (3, 0.52))[1:] == [ACCEPTED, EXPOSURE]
    # A fade later 0.5 / e of the shoppers stay away, and before the refusal nobody does.
    assert outcomes_of(TALK, (101, 0.8), (101.1, 0.83))[1:] == [ACCEPTED, EXPOSURE]
    assert outcomes_of(TALK, (1, 0.99), refused_at=2.0)[0] == ACCEPTED


def test_at_its_bounds_and_off_nothing_or_everybody_turns_away():
    for quiet in (Chat(), Chat(True, put_off=0.0), Chat(True, full=10**6, put_off=0.5)):
        assert outcomes_of(quiet, (2, 0.999))[1:] == [ACCEPTED]
    assert outcomes_of(Chat(True, put_off=1.0, full=1.0), (1.001, 0.001))[1:] == [EXPOSURE]


def test_customer_service_is_asked_about_refusals():
    rows = [(1, T.ORDER, {}), (2, T.ORDER, {}), (3, T.ORDER, {"sku": 1})]
    run = run_of(show(0, Sku("b", 99), chat=TALK), rows)
    row = score_run(run, run)
    assert (row["refused_attempts"], row["cost_service"]) == (2.0, 2 * 0.25 * 8.0)
    assert row["net"] == pytest.approx(row["net_recaptured"] + row["net_shipped"] - row["cost_service"] - row["cost_annoyances"])
    calm = run_of(show(0, Sku("b", 99)), rows)
    assert score_run(calm, calm)["cost_service"] == 0.0


def test_holding_is_of_unsold_profit_items_alone_and_of_hindsight_too():
    skus = Sku("b", 4, "traffic", price=50.0), Sku("c", 6, "longtail", price=50.0)
    run = run_of(show(10, *skus), [(1, T.ORDER, {"qty": 3}), (2, T.PAY, {"cause": 0, "qty": 3})])
    held, free = (Judge(run, make_profile("balanced", holding=h)).score(run) for h in (0.05, 0.0))
    assert held["cost_holding"] == pytest.approx(7 * 0.05 * 90.0)
    assert (free["cost_holding"], free["net"] - held["net"]) == (0.0, pytest.approx(held["cost_holding"]))
    assert held["J"] == pytest.approx(free["J"])
