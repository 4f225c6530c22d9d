"""Every count that a row of scores rests on, in one pass over a run: plain loops, compiled by ``sim/native.py``.

The readable form of each rule stands in the modules beside this one (``outcomes``, ``alerts``, ``noise``, ``cost``); the two are
equal bit for bit (tests). Only money stays outside: sums of products, which NumPy adds up in an order of its own.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, NamedTuple

from sim.core.response import ARRIVAL, DELIST_SKU, FREEZE_SKU, REOPEN
from sim.core.tape import FROZEN, PAID, STOCKOUT
from sim.core.units import US
from sim.core.world import PHYSICAL, REFUSED, SHOWN_FAIL
from sim.score import places as P
from sim.score.alert_loops import claims, episodes, flood, foresight, in_order, sent
from sim.score.settle import (
    CAUSES,
    COPIES,
    DEMAND,
    NO_RESTOCK,
    PAID_ORDERS,
    PAID_UNITS,
    REFUNDED_ORDERS,
    REFUNDED_UNITS,
    SHORT,
    SHORT_COPIES,
    SHORT_ORDERS,
    SHUT_OUT,
    TRUE_STOCKOUT,
    TURNED_AWAY,
    settle,
)

SHIPPABLE, SOLD, TURNED, OVERSOLD, REFUNDED, CAME, AVOIDABLE, UNSOLD, WON, ASKED, SINCE, OFF, N_UNITS = range(13)
"""Rows of ``Sheet.units``, int64 [row, SKU]: what the account is made of [units], what hindsight asks for, and how it stands with
freezes (since when closed [us], -1: open; whether delisted)."""
HORIZON, END, COOLDOWN, FLOOD, DRAWN, BY_PAYMENT, SETTLED, UNITS_ONLY = range(8)
"""Places of ``terms``, int64: width of a window, end of the show, the gate's cooldown, length of a flood [us]; rows laid before
the show; whether stock leaves on payment; whether the sheet holds this world's units already; whether they alone are wanted."""
MINUTE_US = 60 * US


class Book(NamedTuple):
    """What runs under one playbook are judged against.

    event_t: risk events [us], by SKU, then time; event_first: where each SKU begins, and the end. could: units per SKU that
    requests can bring. asked: those hindsight asks for. needs: L of every effect by level [us], ascending; n_needs: how many.
    sends: notices by level and channel (as in ``noise.CHANNELS``, then others). tells: by level, orders to machines, prompts by
    machines, prompts by people. reaches: by level, whether people are told. hours: of operators, of SKUs [h].
    """

    event_t: Annotated[Any, "int64", 1]
    event_first: Annotated[Any, "int64", 1]
    could: Annotated[Any, "int64", 1]
    asked: Annotated[Any, "int64", 1]
    needs: Annotated[Any, "int64", 2]
    n_needs: Annotated[Any, "int64", 1]
    sends: Annotated[Any, "int64", 2]
    tells: Annotated[Any, "int64", 2]
    reaches: Annotated[Any, "int64", 1]
    hours: Annotated[Any, "float64", 1]


class Sheet(NamedTuple):
    """Where the loops write: out, fate, book, missed, short as in ``settle``; units: rows above; metrics: what is counted, by
    ``places``; the rest is room, by alert (place, times, episode) and by event."""

    out: Annotated[Any, "int8", 1]
    fate: Annotated[Any, "int8", 1]
    book: Annotated[Any, "int64", 2]
    missed: Annotated[Any, "int64", 2]
    short: Annotated[Any, "int64", 2]
    units: Annotated[Any, "int64", 2]
    metrics: Annotated[Any, "float64", 1]
    first: Annotated[Any, "int64", 1]
    place: Annotated[Any, "int64", 1]
    times: Annotated[Any, "int64", 1]
    episode: Annotated[Any, "int64", 2]
    event: Annotated[Any, "int64", 2]
    count: Annotated[Any, "int64", 2]


def weigh(st, bk, sh, terms, outcome, stock, alerts, orders, actions):
    """Count everything about one run; returns the number of orders that cannot be shipped (rows of ``short``).

    outcome, stock, alerts, orders, actions: of the run (``core.run``). A sheet may be used again; where terms[SETTLED] is 1, what
    it holds of the world's units is that of this run.
    """
    settled = 0
    if terms[SETTLED] == 0:
        for s in range(stock.shape[0]):
            sh.units[SHIPPABLE, s] = stock[s, PHYSICAL]
            sh.units[CAME, s] = 0
        for k in range(actions.shape[0]):
            if actions[k]["what"] == ARRIVAL:
                sh.units[CAME, actions[k]["sku"]] += int(actions[k]["value"])
        sh.book[:] = 0
        sh.missed[:] = 0
        settled = settle(st, outcome, terms[DRAWN], sh.units[SHIPPABLE], bk.could, sh.units[CAME], terms[BY_PAYMENT] == 1, sh.out,
                       sh.fate, sh.book, sh.missed, sh.short)  # fmt: skip
        if terms[UNITS_ONLY] == 1:
            return settled
        won(st, sh, terms[DRAWN], settled, terms[DRAWN] < outcome.shape[0])
        sum_units(st, bk, sh, stock)
        freezes(sh, actions, terms[END])
        annoyances(sh, stock)
    in_order(alerts, sh)
    claims(bk, sh, alerts, terms[HORIZON], terms[END])
    foresight(bk, sh, terms[HORIZON])
    episodes(sh, alerts, terms[COOLDOWN])
    flood(sh, alerts, terms[FLOOD])
    sent(bk, sh, alerts, orders)
    return settled


def won(st, sh, drawn, n_short, grown):
    """Units sold to shoppers of improvised cues, by SKU: their rows were added to the tape during the run."""
    sh.units[WON] = 0
    if not grown:
        return
    for j in range(st.row.shape[0]):
        if st.row[j] >= drawn and not st.copy[j] and sh.out[j] == PAID:
            sh.units[WON, st.sku[j]] += st.qty[j]
    for k in range(n_short):
        j = sh.short[k, 0]
        if st.row[j] >= drawn and not st.copy[j]:
            sh.units[WON, st.sku[j]] -= sh.short[k, 1]


def sum_units(st, bk, sh, stock):
    """Units, orders and their rates over all SKUs; by SKU what the account is made of."""
    m = sh.metrics
    for k in range(P.FILL_RATE + 1):
        m[k] = 0.0
    avoidable, demand_shipped, shippable, refunded = 0, 0, 0, 0
    for s in range(stock.shape[0]):
        book = sh.book[s]
        missed = 0
        for cause in range(CAUSES):
            missed += sh.missed[s, cause]
            m[P.MISSED_TRUE_STOCKOUT + cause] += sh.missed[s, cause]
        short = sh.missed[s, TRUE_STOCKOUT]
        sold = book[PAID_UNITS] - (book[SHORT] - book[SHORT_COPIES])
        copies = book[COPIES] - book[SHORT_COPIES]
        sh.units[SOLD, s], sh.units[TURNED, s], sh.units[OVERSOLD, s] = sold, book[TURNED_AWAY], book[SHORT]
        sh.units[REFUNDED, s], sh.units[AVOIDABLE, s] = book[REFUNDED_UNITS], missed - short
        sh.units[UNSOLD, s] = sh.units[SHIPPABLE, s] - sold - copies
        avoidable += missed - short - sh.units[WON, s]
        if bk.asked[s] == 0:
            avoidable -= sh.missed[s, NO_RESTOCK]
        demand_shipped += sold
        shippable += sh.units[SHIPPABLE, s]
        refunded += book[REFUNDED_ORDERS]
        m[P.DEMAND_UNITS] += book[DEMAND]
        m[P.OVERSOLD_UNITS] += book[SHORT]
        m[P.OVERSOLD_COPY_UNITS] += book[SHORT_COPIES]
        m[P.COPY_UNITS] += copies
        m[P.OVERSOLD_ORDERS] += book[SHORT_ORDERS]
        m[P.PAID_ORDERS] += book[PAID_ORDERS]
        m[P.ABANDONED_UNITS] += book[DEMAND] - book[PAID_UNITS] - missed
        m[P.MISSED_UNITS] += missed - short
        m[P.REFUNDED_UNITS] += book[REFUNDED_UNITS]
        m[P.WON_UNITS] += sh.units[WON, s]
        m[P.UNSOLD_UNITS] += sh.units[UNSOLD, s]
    m[P.SOLD_UNITS] = demand_shipped
    m[P.OVERSELL_RATE] = m[P.OVERSOLD_ORDERS] / max(m[P.PAID_ORDERS], 1.0)
    m[P.SESSION_OVERSOLD] = 1.0 if m[P.OVERSOLD_UNITS] > 0.0 else 0.0
    m[P.AVOIDABLE_UNITS] = max(0, avoidable)
    m[P.MISSED_RATE] = share(m[P.AVOIDABLE_UNITS], m[P.AVOIDABLE_UNITS] + m[P.SOLD_UNITS])
    m[P.CANCELLED_ORDERS] = m[P.OVERSOLD_ORDERS] + refunded
    m[P.SETTLED_ORDERS] = m[P.PAID_ORDERS] + refunded
    m[P.SELLER_CANCEL_RATE] = m[P.CANCELLED_ORDERS] / max(m[P.SETTLED_ORDERS], 1.0)
    m[P.SELL_THROUGH] = share(m[P.SOLD_UNITS], shippable * 1.0)
    m[P.FILL_RATE] = share(m[P.SOLD_UNITS], m[P.DEMAND_UNITS])
    m[P.FREEZE_MINUTES] = costly_minutes(st, sh)


def share(part, whole):
    """``part / whole``; NaN where there is no whole."""
    return part / whole if whole != 0.0 else math.nan


def costly_minutes(st, sh):
    """SKU-minutes in which a freeze or a delisting refused somebody a unit that could have been shipped."""
    minutes = 0
    for s in range(sh.missed.shape[0]):
        lost, before, minute = sh.missed[s, FROZEN - STOCKOUT], 0, -1
        j = st.first[s]
        while j < st.first[s + 1] and before < lost:
            if sh.fate[j] == FROZEN and st.keeps[j]:
                if st.t[j] // MINUTE_US != minute:
                    minute = st.t[j] // MINUTE_US
                    minutes += 1
                before += st.qty[j]
            j += 1
    return minutes


def freezes(sh, actions, end):
    """SKU-minutes during which orders were refused, until the SKU was reopened or the show ended; delistings and relistings."""
    since, off = sh.units[SINCE], sh.units[OFF]
    since[:] = -1
    off[:] = 0
    shut, toggles = 0, 0
    for k in range(actions.shape[0]):
        what, s, t = actions[k]["what"], actions[k]["sku"], actions[k]["t"]
        if what == REOPEN:
            if since[s] >= 0:
                shut += min(t, end) - min(since[s], end)
                since[s] = -1
            toggles += off[s]
            off[s] = 0
        elif what in (FREEZE_SKU, DELIST_SKU):
            if since[s] < 0:
                since[s] = t
            if what == DELIST_SKU:
                toggles += 1
                off[s] = 1
    for s in range(since.shape[0]):
        if since[s] >= 0:
            shut += end - min(since[s], end)
    sh.metrics[P.FROZEN_MINUTES] = shut / US / 60
    sh.metrics[P.TOGGLES] = toggles


def annoyances(sh, stock):
    """What shoppers met."""
    m, refused, failed = sh.metrics, 0, 0
    for s in range(stock.shape[0]):
        refused += stock[s, REFUSED] + sh.book[s, SHUT_OUT]
        failed += stock[s, SHOWN_FAIL]
    m[P.REFUSED_ATTEMPTS] = refused
    m[P.SHOWN_BUT_FAILED] = failed
    m[P.ANNOYANCES] = m[P.REFUSED_ATTEMPTS] + m[P.SHOWN_BUT_FAILED] + m[P.TOGGLES]
