"""The ledger: when stock changes, and why (:func:`~sim.core.moves.move` alone changes it).

Per SKU, at every event: ``PHYSICAL = left + HELD + PAID_UNITS`` where ``left`` may fall below zero: then more is
promised than exists. What the platform *believes* (RECORD) is a second figure; every oversell is a way for
the two to part, and each way has a name (leaks L1-L12). With deduct-on-order and no leak they move together
and no more than the stock can be sold.

All functions are plain scalar code over a :class:`~sim.core.world.World`; `i` is a row, times are [us].
"""

from __future__ import annotations

from sim.core.coming import comes, talked
from sim.core.moves import move
from sim.core.screens import seen
from sim.core.supply import change_record, restate
from sim.core.tape import (
    ACCEPTED,
    BUFFER,
    CANCEL,
    CANCELLED,
    CART,
    CARTED,
    COPY,
    DISPLAY,
    DONE,
    EXPIRE,
    EXPIRED,
    FROZEN,
    HELD_UNPAID,
    ORDER,
    PAID,
    PAY,
    PHANTOM,
    REFUNDED,
    RETRY,
    STOCKOUT,
)
from sim.core.together import decided, follows, rows_of
from sim.core.world import (
    BUFFERED,
    CANCEL_RETURNS,
    CART_VIEW,
    CARTED_UNITS,
    CHECKOUT,
    CHECKS,
    CLOSED,
    DELIST,
    FIRST_CHANNEL,
    HELD,
    HIDDEN,
    LATE_ACCEPT,
    LOST,
    LOST_RELEASE,
    MODE,
    ON_PAYMENT,
    OPEN,
    ORDERED,
    PAGE,
    PAID_UNITS,
    PENDING,
    PHYSICAL,
    RECORD,
    REFUSED,
    SHOWN_FAIL,
    TALKED,
    TALKED_AT,
    TALKS,
    VIEWS,
)


def add_to_cart(w, i, t):
    """A shopper puts units into the cart (row kind CART)."""
    if follows(w, i):
        return
    n = rows_of(w, i)
    come = comes(w, i, n, t)
    if come != 1:
        decided(w, i, n, come)
        return
    for k in range(i, i + n):
        if w.stock[w.sku[k], CLOSED] == DELIST:
            return
    decided(w, i, n, CARTED)
    for k in range(i, i + n):
        move(w, t, w.sku[k], CARTED_UNITS, w.qty[k])


def refusal(w, sku, channel, qty):
    """Why ``qty`` units cannot be had now through ``channel``: one cause, the nearest to the missing unit."""
    s = w.stock
    unpaid_for = s[sku, PHYSICAL] - s[sku, PAID_UNITS]
    if unpaid_for < qty:
        return STOCKOUT
    if s[sku, CLOSED] != OPEN:
        return FROZEN
    free = unpaid_for - s[sku, HELD]
    if free < qty:
        return HELD_UNPAID
    if s[sku, RECORD] >= qty:
        return BUFFER if s[sku, RECORD] - w.floor[channel, sku] < qty else DISPLAY
    return BUFFER if free - s[sku, HIDDEN] - s[sku, BUFFERED] < qty else PHANTOM


def place_order(w, i, t):
    """A shopper tries to order (ORDER, RETRY): the screen, then the freeze, then the sales channel's own view decide.

    A shop that does not check its stock (CHECKS 0) takes every order until it is told to stop. A bundle is taken whole or refused
    for its first part that cannot be had.
    """
    if follows(w, i):
        return
    n = rows_of(w, i)
    parent = w.cause[i]
    screen = PAGE
    if w.kind[i] == RETRY:
        if not STOCKOUT <= w.outcome[parent] <= PHANTOM:
            return
    elif parent >= 0 and w.kind[parent] == CART:
        if w.outcome[parent] != CARTED:
            return
        screen = CART_VIEW
    else:
        come = comes(w, i, n, t)
        if come != 1:
            decided(w, i, n, come)
            return
    channel = w.channel[i]
    front = FIRST_CHANNEL + VIEWS * channel
    lacking = -1
    for k in range(i, i + n):
        if lacking < 0 and (w.stock[w.sku[k], CLOSED] != OPEN or (w.rules[CHECKS] == 1 and short(w, k, front, screen, t))):
            lacking = k
    if lacking >= 0:
        decided(w, i, n, refusal(w, w.sku[lacking], channel, w.qty[lacking]))
        move(w, t, w.sku[lacking], REFUSED, 1)
        if w.rules[TALKS] == 1:
            w.talk[TALKED] = 1.0 + talked(w, t)
            w.talk[TALKED_AT] = t
        if on_page(w, i, n, front + screen, t):
            move(w, t, w.sku[lacking], SHOWN_FAIL, 1)
        return
    for k in range(i, i + n):
        accept(w, k, t, True)


def short(w, k, front, screen, t):
    """Whether what the screen and the checkout at ``front`` show of the SKU of row ``k`` lets nobody order it."""
    sku = w.sku[k]
    if seen(w, front + screen, sku, t) <= 0:
        return True
    return seen(w, front + CHECKOUT, sku, t) - w.floor[w.channel[k], sku] < w.qty[k]


def on_page(w, i, n, screen, t):
    """Whether a shopper sees every part of row ``i`` on his screen: listed, and in stock."""
    there = True
    for k in range(i, i + n):
        there = there and w.stock[w.sku[k], CLOSED] != DELIST and seen(w, screen, w.sku[k], t) > 0
    return there


def accept(w, i, t, deducts):
    """Create the order of row ``i``; ``deducts`` is false for an order the shop made twice (leak L10)."""
    sku, qty = w.sku[i], w.qty[i]
    if w.rules[MODE] == ON_PAYMENT:
        move(w, t, sku, PENDING, qty)
    else:
        move(w, t, sku, HELD, qty)
        if deducts:
            change_record(w, t, sku, w.channel[i], -qty)
    move(w, t, sku, ORDERED, qty)
    w.outcome[i] = ACCEPTED


def copy_order(w, i, t):
    """The shop creates an accepted order a second time without deducting again (row kind COPY, leak L10)."""
    if not follows(w, i) and w.outcome[w.cause[i]] >= ACCEPTED:
        for k in range(i, i + rows_of(w, i)):
            accept(w, k, t, False)


def pay(w, i, t):
    """The payment of order ``cause`` arrives: in time, or late on a closed order (leaks L1, L9). A bundle that lacks a part when
    it is paid is given back whole."""
    o = w.cause[i]
    state = w.outcome[o]
    if follows(w, i) or (state != ACCEPTED and state != EXPIRED):
        return
    n, late = rows_of(w, i), state == EXPIRED
    on_payment = w.rules[MODE] == ON_PAYMENT
    deducted = w.kind[o] == COPY or not (late or on_payment)
    decided(w, i, n, DONE)
    lacks = False
    for k in range(i, i + n):
        if not late:
            move(w, t, w.sku[k], PENDING if on_payment else HELD, -w.qty[k])
        if w.stock[w.sku[k], RECORD] < w.qty[k]:
            lacks = True
    if lacks and not deducted and w.rules[LATE_ACCEPT] == 0:
        decided(w, o, n, REFUNDED)
        return
    decided(w, o, n, PAID)
    for k in range(i, i + n):
        if not deducted:
            change_record(w, t, w.sku[k], w.channel[k], -w.qty[k])
        move(w, t, w.sku[k], PAID_UNITS, w.qty[k])


def expire(w, i, t):
    """Close the unpaid order ``cause``; what it held goes back on sale, unless the release is lost (leak U1)."""
    o = w.cause[i]
    if follows(w, i) or w.outcome[o] != ACCEPTED:
        return
    n = rows_of(w, i)
    decided(w, o, n, EXPIRED)
    decided(w, i, n, DONE)
    for k in range(i, i + n):
        sku, qty = w.sku[k], w.qty[k]
        if w.rules[MODE] == ON_PAYMENT:
            move(w, t, sku, PENDING, -qty)
        else:
            move(w, t, sku, HELD, -qty)
            if w.kind[o] != COPY:
                if w.mark[i] < w.rates[LOST_RELEASE]:
                    move(w, t, sku, LOST, qty)
                else:
                    change_record(w, t, sku, w.channel[i], qty)


def cancel(w, i, t):
    """The shopper cancels a paid order before it ships."""
    o = w.cause[i]
    if follows(w, i) or w.outcome[o] != PAID:
        return
    n = rows_of(w, i)
    decided(w, o, n, CANCELLED)
    decided(w, i, n, DONE)
    for k in range(i, i + n):
        move(w, t, w.sku[k], PAID_UNITS, -w.qty[k])
        if w.rules[CANCEL_RETURNS] == 1 and w.kind[o] != COPY:
            change_record(w, t, w.sku[k], w.channel[i], w.qty[k])


def step(w, i):
    """Let row ``i`` happen (every kind except the feed's)."""
    t = w.t[i]
    kind = w.kind[i]
    if kind == CART:
        add_to_cart(w, i, t)
    elif kind == ORDER or kind == RETRY:
        place_order(w, i, t)
    elif kind == PAY:
        pay(w, i, t)
    elif kind == EXPIRE:
        expire(w, i, t)
    elif kind == CANCEL:
        cancel(w, i, t)
    elif kind == COPY:
        copy_order(w, i, t)
    else:
        restate(w, i, t, kind)
