"""Stock that no shopper moves: arrivals, releases, ERP pushes, manual edits, orders of a recording.

With the ledger's orders this is all that ever changes stock; every change of the record goes through :func:`change_record`.
"""

from __future__ import annotations

from sim.core.moves import move
from sim.core.screens import seen
from sim.core.tape import DONE, EDIT_ADD, EDIT_SET, PAID, RELEASE, SUPPLY, SYNC, TAKE
from sim.core.world import (
    ERP,
    FIRST_CHANNEL,
    HIDDEN,
    LISTED,
    LOGGING,
    N_LOG,
    ORDERED,
    OWN,
    PAID_UNITS,
    PHYSICAL,
    RECEIVED,
    RECORD,
    VIEWS,
)


def change_record(w, t, sku, src, delta):
    """Change the platform's record by ``delta`` units at ``t``; ``src``: the sales channel it came through, or -1."""
    move(w, t, sku, RECORD, delta)
    if w.rules[LOGGING] == 1:
        n = w.head[N_LOG]
        w.log_t[n] = t
        w.log_sku[n] = sku
        w.log_src[n] = src
        w.log_delta[n] = delta
        w.head[N_LOG] = n + 1
        if src >= 0:
            for o in range(FIRST_CHANNEL + VIEWS * src, FIRST_CHANNEL + VIEWS * src + VIEWS):
                if w.observers[o, OWN] == src:
                    w.views[o, sku] += delta


def receive(w, sku, qty, t):
    """Units arrive from outside and go on sale."""
    move(w, t, sku, PHYSICAL, qty)
    move(w, t, sku, RECEIVED, qty)
    move(w, t, sku, LISTED, qty)
    change_record(w, t, sku, -1, qty)


def release(w, sku, qty, t):
    """Put hidden units on sale (staged release 分批上库存); returns how many there were."""
    hidden = w.stock[sku, HIDDEN]
    if qty > hidden:
        qty = hidden
    if qty > 0:
        move(w, t, sku, HIDDEN, -qty)
        move(w, t, sku, LISTED, qty)
        change_record(w, t, sku, -1, qty)
    return qty


def take(w, i, t):
    """An order of a recording (row kind TAKE): taken and paid at once, below zero too where more was sold than declared."""
    sku, qty = w.sku[i], w.qty[i]
    change_record(w, t, sku, w.channel[i], -qty)
    move(w, t, sku, ORDERED, qty)
    move(w, t, sku, PAID_UNITS, qty)
    w.outcome[i] = PAID


def sync(w, sku, t):
    """The ERP writes its own figure over the record: listed units less the orders it has seen (leak L6)."""
    figure = w.stock[sku, LISTED] + seen(w, ERP, sku, t)
    change_record(w, t, sku, -1, figure - w.stock[sku, RECORD])


def restate(w, i, t, kind):
    """Rows that no shopper causes: arrivals, releases, ERP pushes, manual edits (leak L12), recorded orders."""
    sku, qty = w.sku[i], w.qty[i]
    w.outcome[i] = DONE
    if kind == SUPPLY:
        receive(w, sku, qty, t)
    elif kind == RELEASE:
        release(w, sku, qty, t)
    elif kind == SYNC:
        for s in range(w.stock.shape[0]):
            sync(w, s, t)
    elif kind == EDIT_ADD:
        change_record(w, t, sku, -1, qty)
    elif kind == EDIT_SET:
        change_record(w, t, sku, -1, qty - w.stock[sku, RECORD])
    elif kind == TAKE:
        take(w, i, t)
