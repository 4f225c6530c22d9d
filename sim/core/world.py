"""The state of one run: a named tuple of plain arrays that every transition reads and writes.

Arrays rather than objects, because the same functions run as plain Python in the oracle and compiled in the
dense plane. The tape's columns are shared between runs and never written.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

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
MODE, LATE_ACCEPT, CANCEL_RETURNS, LOGGING, SCARCE, SHOW_END, CHECKS, JOURNAL, DRAWN, DRAWN_CUES, CHECKS_SCREEN, TALKS = range(12)
N_RULES = 12
ON_ORDER, ON_PAYMENT, PRE_HOLD = range(3)
SCARCITY_GAIN, SCARCITY_BELOW, LOST_RELEASE, START_HOUR, PUT_OFF, TALK_FULL, TALK_FADE, SURE_BELOW = range(8)

# ``head``: where the run stands.
NEXT, N_LOG, N_OUT, LAST_READING, DROPPED_READINGS, N_MOVED, MOVES_ROOM, NEXT_ADDED, NEXT_CUE, PITCHED_EMPTY, N_CUT, LAST = range(
    12
)
N_HEAD = 12

# Columns of ``readings`` [units], one row per reading and SKU.
R_STOCK, R_ORDERS, R_CARTS, R_PAID, R_UNPAID, R_CLOSED, R_OFFICE = range(7)
N_READ = 7

# Columns of ``apart``, in the order of scenarios.staffing.SOURCES.
S_STOCK, S_ORDERS, S_CARTS, S_TRAFFIC = range(4)

# ``talk``: refused attempts that the chat talks of, as of when [us].
TALKED, TALKED_AT = range(2)

PART = 15
"""Bits of ``bundle`` that hold the place of a part in its bundle."""

# Columns of ``facts``: what a strategy may know of a SKU beforehand.
F_INITIAL, F_SAFETY, F_PRICE, F_MARGIN, F_TIER, F_SALT = range(6)

# Columns of ``outbox`` [whole numbers] and ``evidence`` [units]: decisions of the last reading.
O_SKU, O_LEVEL, O_READING = range(3)
E_STOCK, E_LINE, E_LACK = range(3)


class World(NamedTuple):
    """Everything a transition may touch: arrays in C order, each with its kind and number of dimensions. The rows drawn
    before the show (the first ``rules[DRAWN]``) are in time order; ``seq`` lists those added during it, in time order."""

    t: Annotated[Any, "int64", 1]
    kind: Annotated[Any, "int8", 1]
    sku: Annotated[Any, "int16", 1]
    channel: Annotated[Any, "int8", 1]
    qty: Annotated[Any, "int32", 1]
    cue: Annotated[Any, "int16", 1]
    cause: Annotated[Any, "int32", 1]
    who: Annotated[Any, "int32", 1]
    mark: Annotated[Any, "float64", 1]
    bundle: Annotated[Any, "int16", 1]
    seq: Annotated[Any, "int32", 1]
    outcome: Annotated[Any, "int8", 1]  # per row (longer than the tape once a cue was improvised)
    stock: Annotated[Any, "int64", 2]  # [sku, N_STOCK]
    exposure: Annotated[Any, "float64", 1]  # [sku], 1 = full
    talk: Annotated[Any, "float64", 1]  # [2], TALKED and TALKED_AT
    cue_cut: Annotated[Any, "int64", 1]  # [cue], cue admits nobody from then on [us]
    cue_at: Annotated[Any, "int64", 1]  # [cue drawn], when the host comes to it [us]; NEVER_US after the last
    cue_end: Annotated[Any, "int64", 1]  # [cue], [us]
    cue_item: Annotated[Any, "int64", 1]  # [cue]
    item_parts: Annotated[Any, "int64", 2]  # [item, part], SKUs of an item, -1 after the last
    cuts: Annotated[Any, "int64", 2]  # [cut, (cue, when [us])], cues the host cut short that are not on record yet
    muted: Annotated[Any, "int64", 1]  # [sku], 1: the host was told to drop it
    floor: Annotated[Any, "int64", 2]  # [channel, sku], units that channel leaves untouched
    observers: Annotated[Any, "int64", 2]  # [observer, 6]
    views: Annotated[Any, "int64", 2]  # [observer, sku], record as that observer sees it
    log_t: Annotated[Any, "int64", 1]  # times of record changes [us]
    log_sku: Annotated[Any, "int32", 1]
    log_src: Annotated[Any, "int32", 1]  # sales channel of the change (-1: none)
    log_delta: Annotated[Any, "int32", 1]  # [units]
    moved_t: Annotated[Any, "int64", 1]  # times of the changes in the journal [us]
    moved_sku: Annotated[Any, "int16", 1]
    moved_column: Annotated[Any, "int8", 1]  # of ``stock``
    moved_delta: Annotated[Any, "int32", 1]  # [units]
    rules: Annotated[Any, "int64", 1]
    rates: Annotated[Any, "float64", 1]
    head: Annotated[Any, "int64", 1]
    readings: Annotated[Any, "int32", 3]  # [reading, sku, N_READ]
    viewers: Annotated[Any, "float64", 1]  # [reading]
    apart: Annotated[Any, "int64", 2]  # [arrival, source], row of its newest reading, -1: none yet; no rows: all come together
    plan_t: Annotated[Any, "int64", 2]  # [sku, cue], planned cue times [us], ascending, NEVER_US after the last
    plan_lift: Annotated[Any, "float64", 2]  # [sku, cue]
    plan_next: Annotated[Any, "int64", 1]  # [sku]
    facts: Annotated[Any, "float64", 2]  # [sku, 6]
    params: Annotated[Any, "float64", 2]  # [sku, param]
    memory: Annotated[Any, "float64", 2]  # [sku, cell]
    gate_settings: Annotated[Any, "float64", 1]
    gate_memory: Annotated[Any, "float64", 2]  # [sku, cell]
    gate_shared: Annotated[Any, "float64", 1]
    outbox: Annotated[Any, "int64", 2]  # [decision, 3], at most two per SKU
    evidence: Annotated[Any, "float64", 2]  # [decision, 3]
    lack_cell: Annotated[Any, "int64", 1]  # [1], cell of memory with the units a strategy expects to lack (-1: line less stock)
