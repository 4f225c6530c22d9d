"""What becomes of orders once they are accepted: when they are paid, when their units come back. Recorded, or imputed."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import NamedTuple

import numpy as np

from scenarios.contract import Scenario
from sim.core.tape import CART, EDIT_ADD, TAKE
from sim.core.units import to_us
from sim.demand.orders import payment_s
from sim.demand.shoppers import delay_us
from sim.demand.streams import stream as random_stream
from sim.replay.cells import counted
from sim.replay.draws import draw
from sim.replay.ends import Orders, drawn_ends
from sim.replay.impute import HIGH, LIKELY, Imputation
from sim.replay.stream import Stream
from sim.replay.unpaid import ON_ORDER, told

MARK, CHANNEL, CUE, AGAIN, RELEASE = range(5)
"""Columns of ``OrderLives.u``: the row's mark, and what decides its channel, its cue, a copy (L10), a lost release (U1)."""


class OrderLives(NamedTuple):
    """Orders and what becomes of them if they are accepted, one entry an order. t [us], sku, qty [units]; pays, gone: delay [us]
    until it is paid, until its units come back (-1: never); late: delay of its payment's callback [us] (leak L9); u: uniform
    numbers, float64 [order, 5]."""

    t: np.ndarray
    sku: np.ndarray
    qty: np.ndarray
    pays: np.ndarray
    gone: np.ndarray
    late: np.ndarray
    u: np.ndarray


def recorded_lives(
    stream: Stream, scenario: Scenario, seed: int, replicate: int, imputation: Imputation
) -> tuple[OrderLives, np.ndarray]:
    """Recorded orders in time order, and the rows of the stream that are moves of stock no order explains.

    Sums (stock levels, bins) are taken apart into orders of one unit. A return known to give back an order closes it: before
    payment where it was never seen paid and the shop's hold had not run out, else as a cancellation. An order that was not
    given back was paid: where nobody says when, after a delay drawn from ``scenario.shoppers``, within the hold. Where stock
    leaves on payment, what the recording does not tell is drawn (:func:`sim.replay.ends.drawn_ends`). imputation: of the
    recording; its stock is the one that was there.
    """
    link = stream.order if stream.order is not None else linked(stream)
    house = (stream.what != TAKE) & (stream.what != CART)
    gone = np.full(len(stream.t), -1, np.int64)
    back = np.flatnonzero(house & (link >= 0))
    gone[link[back]] = np.maximum(stream.t[back] - stream.t[link[back]], 4)
    hold = to_us(scenario.ledger.hold_s)
    rng = random_stream(seed, replicate, "payments")
    pays = np.minimum(delay_us(payment_s(rng, scenario.shoppers, len(stream.t))), max(2, hold // 2))
    known = np.zeros(len(stream.t), bool) if stream.paid is None else stream.paid >= 0
    if stream.paid is not None:
        pays = np.where(known, np.maximum(stream.paid - stream.t, 2), pays)
    orders, qty = np.flatnonzero(stream.what == TAKE), stream.qty.astype(np.int64)
    if counted(stream):
        orders, qty = np.repeat(orders, qty[orders]), np.ones(len(stream.t), np.int64)
    moves = np.flatnonzero(house & (link < 0))
    t, sku, qty = stream.t[orders], stream.sku[orders].astype(np.int64), qty[orders]
    pays, gone, known = pays[orders], gone[orders], known[orders]
    facts = told(stream, scenario, link)
    if facts.how == ON_ORDER:
        unpaid = (gone >= 0) & ~known & (gone <= hold + to_us(scenario.ledger.sweep_s))
        pays = np.where(unpaid, -1, np.where(gone >= 0, np.minimum(pays, gone // 2), pays))
    else:
        pays, gone = drawn_ends(Orders(t, sku, qty, pays, gone, known), moves, facts, imputation, scenario, (seed, replicate))
    late, u = _chance(scenario, len(orders), seed, replicate, "recorded")
    return OrderLives(t, sku, qty, pays, gone, late, u), moves


def linked(stream: Stream) -> np.ndarray:
    """Which order each return gives back where the recording does not say: the oldest of its SKU and size not given back yet."""
    link = np.full(len(stream.t), -1, np.int64)
    if counted(stream) or not np.any((stream.what == EDIT_ADD) & (stream.qty > 0)):
        return link
    waiting: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    for i, (what, sku, qty) in enumerate(zip(stream.what.tolist(), stream.sku.tolist(), stream.qty.tolist(), strict=True)):
        if what == TAKE:
            waiting[sku, qty].append(i)
        elif what == EDIT_ADD and qty > 0 and waiting[sku, qty]:
            link[i] = waiting[sku, qty].popleft()
    return link


def imputed_lives(
    imputation: Imputation, bound: str, own: OrderLives, scenario: Scenario, seed: int, replicate: int
) -> OrderLives:
    """Orders of the blind spells under a bound; each has the life of a recorded order of its SKU drawn at random."""
    drawn = draw(imputation, seed, replicate)
    by_sku = np.argsort(own.sku, kind="stable")
    first = np.searchsorted(own.sku[by_sku], np.arange(len(imputation.stream.skus) + 1))
    begin, n = first[drawn.sku], first[drawn.sku + 1] - first[drawn.sku]
    place = random_stream(seed, replicate, "twins").random(len(drawn.t))
    late, u = _chance(scenario, len(drawn.t), seed, replicate, "imputed")
    shown = drawn.likely if bound == LIKELY else np.full(len(drawn.t), bound == HIGH)
    keep = np.flatnonzero(shown & (n > 0))
    twin = by_sku[begin[keep] + (place[keep] * n[keep]).astype(np.int64)]
    return OrderLives(drawn.t[keep], drawn.sku[keep], own.qty[twin], own.pays[twin], own.gone[twin], late[keep], u[keep])


def _chance(scenario: Scenario, n: int, seed: int, replicate: int, whose: str) -> tuple[np.ndarray, np.ndarray]:
    """Callback delays [us] and uniform numbers of ``n`` orders."""
    leaks, rng = scenario.leaks, random_stream(seed, replicate, "chance", whose)
    u = rng.random((n, 5))
    late = rng.random(n) < leaks.late_callback_p
    delay = rng.lognormal(math.log(max(leaks.late_callback_median_s, 1e-9)), leaks.late_callback_sigma, n)
    return np.where(late, delay_us(delay), 0), u
