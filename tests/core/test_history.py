"""The rebuilt history of a SKU ends where the run ended, whatever leaked and whoever acted."""

import numpy as np
import pytest

from scenarios.contract import (
    Audience,
    Cue,
    Delivery,
    Herding,
    Leaks,
    Ledger,
    SalesChannel,
    Scarcity,
    Scenario,
    Shoppers,
    Sku,
    Supply,
)
from scenarios.staffing import Feed, Outage, Staff
from sim.core import world as W
from sim.core.history import FIGURES, paths, seen, watched
from sim.core.response import Action, Playbook
from sim.core.tape import DELIVER
from sim.engine.simulate import simulate
from sim.setup.policies import make_policy

BUSY = Playbook(
    "busy",
    watch=(Action("lower_exposure", "auto", value=0.5), Action("restock", "auto")),
    prepare=(Action("host_prompt", "auto"), Action("release", "auto", value=0.6)),
    emergency=(Action("freeze", "auto"),),
    resolved=(Action("reopen", "auto"),),
)
DELISTING = Playbook(
    "delisting", prepare=(Action("delist", "auto"), Action("restock", "auto")), resolved=(Action("reopen", "auto"),)
)
LEAKY = Leaks(
    stale_read_s=3.0, erp_mode="absolute", erp_period_s=20.0, erp_lag_s=4.0, erp_drop_p=0.1, record_error_p=0.7,
    overlist_share=0.05, late_callback_p=0.3, late_callback_median_s=60.0, duplicate_p=0.05, edits_per_show=8.0,
    lost_release_p=0.3,
)  # fmt: skip


def show(mode: str = "deduct_on_order", leaks: Leaks = LEAKY, late: str = "accept") -> Scenario:
    """Ten busy minutes with every source of stock changes there is."""
    skus = (Sku("mask", 150, "traffic", 89.0, 0.3, 10, held_back=40), Sku("serum", 60), Sku("towel", 30, "longtail"))
    cues = (Cue(20, "mask", "link_drop", peak=20.0), Cue(150, "serum", "deal", cart_surge=4.0), Cue(300, "mask", "countdown"))
    return Scenario(
        "leaky", "every way to part record and stock", 600.0, skus, cues,
        audience=Audience(3000.0), shoppers=Shoppers(buy_rate=0.01, never_pay=0.3, cancel_share=0.2, cancel_s=100.0),
        herding=Herding(True), scarcity=Scarcity(True), channels=(SalesChannel("live", 0.7), SalesChannel("shelf", 0.3, 10.0, 5)),
        ledger=Ledger(mode, hold_s=120.0, sweep_s=30.0, late_payment=late), leaks=leaks,
        feed=Feed(lag_s=1.0, lag_sigma=0.5, loss_p=0.05, duplicate_p=0.1, disorder_p=0.1, outages=(Outage(200.0, 20.0, True),)),
        staff=Staff(human_model="ideal"),
        supply=Supply(0.5, 60.0, 0.3, 2, (Delivery(250.0, "serum", 20), Delivery(100.0, "mask", 25, True))),
    )  # fmt: skip


def policy(playbook: Playbook, strategy: str = "cover_time"):
    return make_policy(strategy, playbook=playbook)


@pytest.mark.parametrize("mode", ["deduct_on_order", "deduct_on_payment", "pre_hold"])
@pytest.mark.parametrize("book", [BUSY, DELISTING], ids=lambda book: book.name)
@pytest.mark.parametrize("late", ["accept", "refund"])
def test_history_ends_at_the_final_stock(mode, book, late):
    acted: set[int] = set()
    for replicate in range(3):
        run = simulate(show(mode, late=late), policy(book), 5, replicate)
        acted |= set(run.actions["what"].tolist())
        for sku in range(3):
            path = paths(run, sku)
            for name, column in FIGURES.items():
                assert path[name][-1] == run.stock[sku, column], (name, sku, replicate)
            assert np.all(np.diff(path["t"]) >= 0)
            assert path["left"][-1] == run.stock[sku, W.PHYSICAL] - run.stock[sku, W.HELD] - run.stock[sku, W.PAID_UNITS]
    assert len(acted) >= 3


def test_without_a_leak_record_and_stock_are_one():
    scenario = show(leaks=Leaks())
    scenario = type(scenario)(**{**vars(scenario), "channels": (SalesChannel(),), "supply": Supply()})
    path = paths(simulate(scenario, policy(BUSY), 1), 1)
    assert np.array_equal(path["record"], path["left"])
    assert path["left"].min() >= 0


def test_the_engine_sees_only_newer_readings():
    run = simulate(show(), policy(BUSY), 3)
    arrived, taken, stock = seen(run, 0)
    assert np.all(np.diff(taken) > 0)
    assert np.all(arrived > taken)
    assert len(stock) == np.count_nonzero(run.tape.kind == DELIVER) - run.dropped_readings


@pytest.mark.parametrize("strategy", ["cover_time", "tiered", "manual_polling"])
def test_the_line_watched_is_the_line_on_the_alert(strategy):
    run = simulate(show(), policy(BUSY, strategy), 4)
    checked = 0
    for sku in range(3):
        arrived, line, level = watched(run, sku)
        for alert in run.alerts[run.alerts["sku"] == sku]:
            k = np.searchsorted(arrived, alert["t"], "right") - 1
            assert line[k] == alert["line"]
            checked += 1
        assert level.max(initial=0) <= 3
    assert checked > 0
