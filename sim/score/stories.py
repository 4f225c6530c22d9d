"""What a tape says about its shoppers before anybody decides anything: one entry per order that may be placed.

It depends on the tape alone, so every run on one tape shares it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scenarios.contract import Scenario
from sim.core.tape import CANCEL, CART, COPY, ORDER, PAY, RETRY, TAKE, Tape
from sim.core.units import NEVER_US, to_us


class Stories(NamedTuple):
    """Possible orders (rows ORDER, RETRY, COPY, TAKE), sorted by SKU, then time; one entry of every field per order unless said.

    A named tuple of arrays, because compiled code reads it.

    row: row of the tape. t: its time [us]. sku: index. qty [units]. keeps: he would pay and not cancel. copy: the shop made
    the order twice. soon: late enough that a request at the start could have brought stock for it. retry: entry of the attempt
    that would follow, else -1. cart: row of the cart it would come from, else -1. certain: that cart is laid for no reaction to
    scarcity, so its shopper comes for sure. paid_t: when his payment would arrive [us]. first: where each SKU begins, and the
    end. by_pay: orders with a payment, sorted by SKU, then payment; first_pay: where each SKU begins in it, and the end.
    """

    row: np.ndarray
    t: np.ndarray
    sku: np.ndarray
    qty: np.ndarray
    keeps: np.ndarray
    copy: np.ndarray
    soon: np.ndarray
    retry: np.ndarray
    cart: np.ndarray
    certain: np.ndarray
    paid_t: np.ndarray
    first: np.ndarray
    by_pay: np.ndarray
    first_pay: np.ndarray


def read_stories(tape: Tape, scenario: Scenario) -> Stories:
    """The stories of one tape. An attempt has at most one retry, one payment and one cancellation (as laid by the generator)."""
    row = np.flatnonzero(is_order(tape.kind))
    t = tape.t[row]
    if np.any(t[1:] < t[:-1]):  # an improvised cue stands at the end of the tape
        row = row[np.argsort(t, kind="stable")]
    row = row[np.argsort(tape.sku[row], kind="stable")]
    place = np.empty(len(tape), np.int32)
    place[row] = np.arange(len(row), dtype=np.int32)
    paid_t, keeps, paying = _payments(tape, place, len(row))
    kind, cause, sku = tape.kind[row], tape.cause[row], tape.sku[row]
    again = np.flatnonzero(kind == RETRY)
    retry, cart = np.full((2, len(row)), -1, np.int32)
    retry[place[cause[again]]] = again
    caused = np.flatnonzero((kind == ORDER) & (cause >= 0))
    carted = caused[tape.kind[cause[caused]] == CART]
    cart[carted] = cause[carted]
    by_pay = paying[np.argsort(sku[paying], kind="stable")]
    every = np.arange(len(scenario.skus) + 1)
    least = 1.0 / (1.0 + scenario.scarcity.gain) if scenario.scarcity.on else 1.0
    return Stories(
        row=row,
        t=tape.t[row],
        sku=sku.astype(np.int64),
        qty=tape.qty[row].astype(np.int64),
        keeps=keeps,
        copy=kind == COPY,
        soon=tape.t[row] >= to_us(scenario.supply.lead_median_s),
        retry=retry,
        cart=cart,
        certain=(cart >= 0) & (tape.mark[cart] < least),
        paid_t=paid_t,
        first=np.searchsorted(sku, every),
        by_pay=by_pay.astype(np.int64),
        first_pay=np.searchsorted(sku[by_pay], every),
    )


def is_order(kind: np.ndarray) -> np.ndarray:
    """Whether rows of these kinds are orders, if they come to pass."""
    return ((kind >= ORDER) & (kind <= COPY)) | (kind == TAKE)


def _payments(tape: Tape, place: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per order: when its payment arrives [us], and whether it would be paid and kept; and orders that are paid, by time, then
    order. A recorded order is paid at once."""
    paid_t, keeps = np.full(n, NEVER_US, np.int64), np.zeros(n, bool)
    took = tape.kind == TAKE
    rows = np.flatnonzero((tape.kind == PAY) | took)
    paying, t = place[np.where(took[rows], rows, tape.cause[rows])], tape.t[rows]
    paid_t[paying] = t
    keeps[paying] = True
    keeps[place[tape.cause[np.flatnonzero(tape.kind == CANCEL)]]] = False
    keeps[place[rows[took[rows]]]] = True
    if np.any(t[1:] < t[:-1]):  # an improvised cue stands at the end of the tape
        order = np.argsort(t, kind="stable")
        paying, t = paying[order], t[order]
    if np.any(t[1:] == t[:-1]):
        paying = paying[np.lexsort((paying, t))]
    return paid_t, keeps, paying
