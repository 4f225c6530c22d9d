"""What bundles change in an account: a part earns, and loses, at its share of the bundle's price; a bundle is one order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scenarios.bundles import price_ratio
from scenarios.contract import Scenario
from sim.core.run import ShowRun
from sim.core.tape import EXPOSURE, FROZEN, IDLE, PAID, REFUNDED, STOCKOUT, Tape
from sim.core.world import PART
from sim.score.stories import Stories


class Off(NamedTuple):
    """Units at their own price by which bundles fall short, float64 [sku]: units times (1 - what a part earns in the bundle over
    what it earns alone), below 0 where a bundle is dearer than its parts; of sold, oversold, refunded, turned-away, missed."""

    sold: np.ndarray
    oversold: np.ndarray
    refunded: np.ndarray
    turned_away: np.ndarray
    missed: np.ndarray


class Twice(NamedTuple):
    """Orders counted once for every part that are one, int64 [sku]."""

    paid: np.ndarray
    refunded: np.ndarray
    oversold: np.ndarray
    shut_out: np.ndarray


def nothing(skus: int) -> tuple[Off, Twice]:
    """No bundles."""
    return Off(*np.zeros((5, skus))), Twice(*np.zeros((4, skus), np.int64))


def ratios(tape: Tape, scenario: Scenario, stories: Stories) -> np.ndarray:
    """Per order: what a unit of it earns over what a unit of its SKU earns alone, float64 [order]; 1 outside bundles."""
    every = np.array([1.0, *(price_ratio(scenario, b) for b in scenario.bundles)])
    return every[tape.bundle[stories.row] // (PART + 1)]


def whole_orders(row: dict[str, Any], twice: Twice) -> dict[str, Any]:
    """The figures of a row that count orders or attempts, with every bundle as one of them: of one run, or of each, float64 [run]
    from counts [run, SKU]."""
    paid, refunded, oversold, shut_out = (x.sum(-1).astype(float) for x in twice)
    over, cancelled = row["oversold_orders"] - oversold, row["cancelled_orders"] - oversold - refunded
    orders, settled = row["paid_orders"] - paid, row["settled_orders"] - paid - refunded
    refused = row["refused_attempts"] - shut_out
    return {
        "oversold_orders": over, "paid_orders": orders, "oversell_rate": over / np.maximum(orders, 1.0),
        "cancelled_orders": cancelled, "settled_orders": settled, "seller_cancel_rate": cancelled / np.maximum(settled, 1.0),
        "refused_attempts": refused, "annoyances": refused + row["shown_but_failed"] + row["toggles"],
    }  # fmt: skip


def bundled(
    run: ShowRun, st: Stories, out: np.ndarray, fate: np.ndarray, short: np.ndarray, avoidable: np.ndarray
) -> tuple[Off, Twice]:
    """Both for one run. out, fate: outcome of every order, and of those that are demand; short: rows (order, units short of);
    avoidable: missed units that could have been sold, int64 [sku]."""
    n = len(run.scenario.skus)
    own = np.flatnonzero(run.tape.bundle[st.row] > 0)
    if not len(own):
        return nothing(n)
    sku, qty, code = st.sku[own], st.qty[own], fate[own]
    less = qty * (1 - ratios(run.tape, run.scenario, st)[own])

    def total(which: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(sku[which], None if weight is None else weight[which], n)

    lacks = np.zeros(len(st.row), np.int64)
    lacks[short[:, 0]] = short[:, 1]
    over = lacks[own] * less / qty
    lost = ((code >= STOCKOUT) & (code <= EXPOSURE) | (code == REFUNDED)) & st.keeps[own]
    came = lost & (code != EXPOSURE) & (st.row[own] < run.tape.drawn)
    refused = total(lost, qty.astype(float))
    missed = total(lost, less) * np.minimum(1.0, avoidable / np.maximum(refused, 1.0))
    # A copy that is paid is no demand, but where it cannot be shipped it is oversold.
    off = Off(total(code == PAID, less - over), total(over != 0, over), total(code == REFUNDED, less), total(came, less), missed)
    place = run.tape.bundle[st.row[own]] & PART
    further, outcome = place > 0, out[own]
    cart = st.cart[own]
    shut = further & (outcome == FROZEN) & (cart >= 0) & (run.outcome[np.maximum(cart, 0)] == IDLE)
    order = st.row[own] - place
    first = np.zeros(len(own), bool)
    first[np.unique(np.where(lacks[own] > 0, order, -1), return_index=True)[1]] = True
    again = (lacks[own] > 0) & ~first
    twice = (further & (outcome == PAID), further & (outcome == REFUNDED), again, shut)
    return off, Twice(*(total(which).astype(np.int64) for which in twice))
