"""Settle what became of every possible order: plain loops over stories, compiled by ``sim/native.py``."""

from __future__ import annotations

from sim.core.tape import CANCELLED, EXPOSURE, FROZEN, HELD_UNPAID, IDLE, PAID, PHANTOM, REFUNDED, STOCKOUT

CAUSES = EXPOSURE - STOCKOUT + 2
"""Causes of a miss: a refusal's own, in the order of their codes, then that nothing was requested."""
TRUE_STOCKOUT, BY_UNPAID, EXPOSURE_CUT, NO_RESTOCK = 0, HELD_UNPAID - STOCKOUT, EXPOSURE - STOCKOUT, CAUSES - 1

DEMAND, PAID_UNITS, REFUNDED_UNITS, CANCELLED_UNITS, COPIES, PAID_ORDERS, REFUNDED_ORDERS, REFUSED, REFUSED_SOON, SHORT, \
    SHORT_COPIES, SHORT_ORDERS, TURNED_AWAY, SHUT_OUT, N_BOOK = range(15)  # fmt: skip
"""Columns of ``book``, one row per SKU. Units of demand: asked for, paid, given back for want of stock, cancelled; units of paid
copies; orders paid and refunded, copies included; refused units of those who would have kept them: all, and soon enough for a
restock; paid units that cannot be shipped, copies included, the copies among them, and their orders; of the refused units
those of shoppers of the drawn tape who did come; orders of carts that found the SKU delisted."""


def settle(st, outcome, drawn, shippable, could, came, on_payment, out, last, book, missed, short):
    """Settle one run: ``out`` and ``last`` [order] as in :func:`tally`, ``book``, ``missed`` [sku, cause] and ``short``.

    outcome: by row of the tape. drawn: rows laid before the show. shippable, could, came: units per SKU that exist, that
    requests can bring, and that they brought. Returns the length of ``short``, rows (order, units it is short of).
    """
    tally(st, outcome, drawn, out, last, book)
    n = 0
    for s in range(book.shape[0]):
        excess = book[s, PAID_UNITS] + book[s, COPIES] - shippable[s]
        if excess > 0:
            n = fall_short(st, out, s, excess, short, n, book)
        blame(st, last, s, max(0, -excess), could[s], came[s], on_payment, book, missed)
    return n


def tally(st, outcome, drawn, out, last, book):
    """Fill ``out``, the outcome of every order; ``last``, the same with IDLE for all that is not demand; and count by SKU.

    An order whose cart was kept away shares the fate of his cart. A cart laid without regard to scarcity is IDLE only if
    its SKU was delisted; of the others that cannot be told, and they are left out. Not demand: a copy, and an attempt after
    which the shopper tried again.
    """
    for j in range(st.row.shape[0]):
        code = outcome[st.row[j]]
        if st.cart[j] >= 0:
            cart = outcome[st.cart[j]]
            if cart == EXPOSURE:
                code = EXPOSURE
            elif cart == IDLE and st.certain[j]:
                code = FROZEN
                book[st.sku[j], SHUT_OUT] += 1
        out[j] = code
    for j in range(st.row.shape[0]):
        code, sku, qty = out[j], st.sku[j], st.qty[j]
        if code == PAID:
            book[sku, PAID_ORDERS] += 1
        elif code == REFUNDED:
            book[sku, REFUNDED_ORDERS] += 1
        last[j] = IDLE
        if st.copy[j]:
            if code == PAID:
                book[sku, COPIES] += qty
        elif code != IDLE and (st.retry[j] < 0 or out[st.retry[j]] == IDLE):
            last[j] = code
            book[sku, DEMAND] += qty
            if code == PAID:
                book[sku, PAID_UNITS] += qty
            elif code == CANCELLED:
                book[sku, CANCELLED_UNITS] += qty
            elif code == REFUNDED:
                book[sku, REFUNDED_UNITS] += qty
            if was_lost(code) and st.keeps[j]:
                book[sku, REFUSED] += qty
                if code != EXPOSURE and st.row[j] < drawn:
                    book[sku, TURNED_AWAY] += qty
                if st.soon[j]:
                    book[sku, REFUSED_SOON] += qty


def was_lost(code):
    """Whether demand with this outcome was refused."""
    return STOCKOUT <= code <= EXPOSURE or code == REFUNDED


def fall_short(st, out, sku, excess, short, n, book):
    """Orders of one SKU that are paid but cannot be shipped: the last ``excess`` units paid; first paid, first shipped.

    Written to ``short`` from row ``n`` on, in order of payment; returns its new length.
    """
    end = st.first_pay[sku + 1]
    k, later = end, 0
    while k > st.first_pay[sku] and later < excess:
        k -= 1
        if out[st.by_pay[k]] == PAID:
            later += st.qty[st.by_pay[k]]
    while k < end:
        j = st.by_pay[k]
        if out[j] == PAID:
            later -= st.qty[j]
            units = min(st.qty[j], excess - later)
            short[n, 0] = j
            short[n, 1] = units
            n += 1
            book[sku, SHORT] += units
            book[sku, SHORT_ORDERS] += 1
            if st.copy[j]:
                book[sku, SHORT_COPIES] += units
        k += 1
    return n


def blame(st, last, s, unsold, could, came, on_payment, book, missed):
    """Missed units of SKU ``s`` by cause.

    The ledger names the nearest cause of a refusal; whether it *mattered* shows at the end. Per SKU, in order of time:

    1. Refusals that met a unit keep their cause as long as units are left unsold; the rest are true stock-outs, for
       without that cause another shopper would have gone without.
    2. Of refusals that met none, as many as cancelled orders gave back units that are left over are held_unpaid: somebody
       who did not keep the unit stood in the way. Units that only arrived later explain nothing: they stay true stock-outs.
    3. Of true stock-outs at least one median lead time after the start, as many as a request in time could have
       brought are no_restock: what was never requested, and what came on request but too late to be sold.

    An order is split where a limit falls inside it, so that units add up exactly. A refused payment counts as held_unpaid
    (its unit was resold or held), under deduct-on-payment, where nothing is held, as phantom.
    """
    left, in_time = unsold, book[s, REFUSED_SOON]
    if left > 0 and book[s, REFUSED] > 0:
        for j in range(st.first[s], st.first[s + 1]):
            if left > 0 and was_lost(last[j]) and st.keeps[j]:
                cause = cause_of(last[j], on_payment)
                if cause != TRUE_STOCKOUT:
                    units = min(left, st.qty[j])
                    missed[s, cause] += units
                    left -= units
                    in_time -= units * st.soon[j]
        given = min(left, book[s, CANCELLED_UNITS])
        for j in range(st.first[s], st.first[s + 1] if given > 0 else st.first[s]):
            if given > 0 and last[j] == STOCKOUT and st.keeps[j]:
                units = min(given, st.qty[j])
                missed[s, BY_UNPAID] += units
                left -= units
                given -= units
                in_time -= units * st.soon[j]
    missed[s, NO_RESTOCK] = min(could - came + min(left, came), in_time)
    missed[s, TRUE_STOCKOUT] = book[s, REFUSED] - (unsold - left) - missed[s, NO_RESTOCK]


def cause_of(code, on_payment):
    """Place of a refusal's cause among the causes of a miss."""
    if code == REFUNDED:
        return (PHANTOM if on_payment else HELD_UNPAID) - STOCKOUT
    return code - STOCKOUT
