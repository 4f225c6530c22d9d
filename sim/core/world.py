"""The state of one run: a named tuple of plain arrays that every transition reads and writes.

Arrays rather than objects, because the same functions run as plain Python in the oracle and compiled in the
dense plane. The tape's columns are shared between runs and never written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

# Columns of ``stock`` [units], one row per SKU.
PHYSICAL = 0  # units that exist: initial - record error + received
RECORD = 1  # units the platform believes it can still sell
HELD = 2  # units in unpaid orders that hold stock (deduct-on-order, pre-hold)
PENDING = 3  # units in unpaid orders that hold nothing (deduct-on-payment)
PAID_UNITS = 4  # units paid and not cancelled
LISTED = 5  # units ever put on record by the owner of the stock
HIDDEN = 6  # units on hand that are not listed yet
CLOSED = 7  # 0 open, 1 frozen, 2 delisted
ORDERED = 8  # units in accepted orders so far
CARTED_UNITS = 9  # units put into carts so far
RECEIVED = 10  # units that arrived during the show
REFUSED = 11  # refused attempts [attempts]
SHOWN_FAIL = 12  # refused although the page or cart showed stock [attempts]
LOST = 13  # units that closed orders never gave back (leak U1)
BUFFERED = 14  # units kept off the record for good
N_STOCK = 15
OPEN, FREEZE, DELIST = 0, 1, 2

# Observers: who sees the record, how late. Columns of ``observers``.
LAG, PERIOD, PHASE, OWN, CURSOR, ATOMIC = range(6)
NOBODY = -9
BACK_OFFICE, HOST_SCREEN, ERP, FIRST_CHANNEL = range(4)
CHECKOUT, PAGE, CART_VIEW, VIEWS = 0, 1, 2, 3  # views of one sales channel, at FIRST_CHANNEL + VIEWS * channel

# ``rules`` [whole numbers] and ``rates`` [floats]: the ledger's settings.
MODE, LATE_ACCEPT, CANCEL_RETURNS, LOGGING, SCARCE, SHOW_END, CHECKS = range(7)
ON_ORDER, ON_PAYMENT, PRE_HOLD = range(3)
SCARCITY_GAIN, SCARCITY_BELOW, LOST_RELEASE = range(3)

# ``head``: where the run stands.
NEXT, N_LOG, N_OUT, LAST_READING, DROPPED_READINGS = range(5)

# Columns of ``readings`` [units], one row per reading and SKU.
R_STOCK, R_ORDERS, R_CARTS, R_PAID, R_UNPAID, R_CLOSED, R_OFFICE = range(7)
N_READ = 7

# Columns of ``apart``, in the order of scenarios.staffing.SOURCES.
S_STOCK, S_ORDERS, S_CARTS, S_TRAFFIC = range(4)

# Columns of ``facts``: what a strategy may know of a SKU beforehand.
F_INITIAL, F_SAFETY, F_PRICE, F_MARGIN, F_TIER, F_SALT = range(6)

# Columns of ``outbox`` [whole numbers] and ``evidence`` [units]: decisions of the last reading.
O_SKU, O_LEVEL, O_READING = range(3)
E_STOCK, E_LINE = range(2)


class World(NamedTuple):
    """Everything a transition may touch. ``seq`` lists row numbers in time order."""

    t: Any
    kind: Any
    sku: Any
    channel: Any
    qty: Any
    cue: Any
    cause: Any
    who: Any
    mark: Any
    seq: Any
    outcome: Any  # int8 per row (longer than the tape once a cue was improvised)
    stock: Any  # int64 [sku, N_STOCK]
    exposure: Any  # float64 [sku], 1 = full
    cue_cut: Any  # int64 [cue], cue admits nobody from then on [us]
    floor: Any  # int64 [channel, sku], units that channel leaves untouched
    observers: Any  # int64 [observer, 6]
    views: Any  # int64 [observer, sku], record as that observer sees it
    log_t: Any  # int64, times of record changes [us]
    log_sku: Any  # int32
    log_src: Any  # int32, sales channel of the change (-1: none)
    log_delta: Any  # int32 [units]
    rules: Any  # int64
    rates: Any  # float64
    head: Any  # int64
    readings: Any  # int32 [reading, sku, N_READ]
    viewers: Any  # float64 [reading]
    apart: Any  # int64 [arrival, source], row of the newest reading of a source, -1: none yet; no rows: all come together
    plan_t: Any  # int64 [sku, cue], planned cue times [us], ascending, NEVER_US after the last
    plan_lift: Any  # float64 [sku, cue]
    plan_next: Any  # int64 [sku]
    facts: Any  # float64 [sku, 6]
    params: Any  # float64 [sku, param]
    memory: Any  # float64 [sku, cell]
    gate_settings: Any  # float64
    gate_memory: Any  # float64 [sku, cell]
    gate_shared: Any  # float64
    outbox: Any  # int64 [sku, 3]
    evidence: Any  # float64 [sku, 2]


def with_rows(w: World, tape: Any) -> World:
    """The same run over a tape that has gained rows at its end (an improvised cue)."""
    grown, old = len(tape.t), len(w.t)
    outcome = w.outcome
    if len(outcome) < grown:
        outcome = np.zeros(2 * grown, np.int8)
        outcome[:old] = w.outcome[:old]
    at = w.head[NEXT]
    new = np.arange(old, grown, dtype=np.int32)
    place = at + np.searchsorted(w.t[w.seq[at:]], tape.t[old:])
    log = {}
    if grown - tape.drawn > len(w.log_t) // 2 > 0:  # the log was made twice as long as the drawn rows can need
        log = {name: _longer(getattr(w, name), grown) for name in ("log_t", "log_sku", "log_src", "log_delta")}
    cut = np.concatenate([w.cue_cut[:-1], np.full(len(tape.cues) - len(w.cue_cut) + 2, w.cue_cut[-1])])
    return w._replace(**tape.columns(), seq=np.insert(w.seq, place, new), outcome=outcome, cue_cut=cut, **log)


def _longer(column: np.ndarray, more: int) -> np.ndarray:
    return np.concatenate([column, np.empty(more, column.dtype)])
