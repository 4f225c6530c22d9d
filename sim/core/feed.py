"""The feed: from the ledger to what a strategy sees, and from its level to an alert.

A reading is taken (row SAMPLE) and later arrives (row DELIVER); the tape says when, whether at all, whether twice, and which
sources it carries. An arrival that brings nothing newer is dropped: an alert engine keeps the newest figures of each source.
"""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from sim.core.screens import seen
from sim.core.sound import NoLevelError, NoLineError, sound, told
from sim.core.tape import DELIVER, Tape
from sim.core.units import NEVER_US, US
from sim.core.world import (
    BACK_OFFICE,
    CARTED_UNITS,
    CLOSED,
    DROPPED_READINGS,
    E_LACK,
    E_LINE,
    E_STOCK,
    F_INITIAL,
    F_MARGIN,
    F_PRICE,
    F_SAFETY,
    F_SALT,
    F_TIER,
    HELD,
    LAST_READING,
    N_OUT,
    O_LEVEL,
    O_READING,
    O_SKU,
    ORDERED,
    PAID_UNITS,
    PENDING,
    R_CARTS,
    R_CLOSED,
    R_OFFICE,
    R_ORDERS,
    R_PAID,
    R_STOCK,
    R_UNPAID,
    RECORD,
    S_CARTS,
    S_ORDERS,
    S_STOCK,
    S_TRAFFIC,
    SHOW_END,
    START_HOUR,
)
from strategies.contract import LINE, NEVER, Signal
from strategies.gate import MACHINE, gate, machine
from strategies.tails import whole

MOST_LACK = 1e9
"""More than this nobody lacks [units]."""


def sample(w, i):
    """Take reading ``who``: what the platform would answer about every SKU now."""
    reading, t = w.readings[w.who[i]], w.t[i]
    for s in range(w.stock.shape[0]):
        figures, stock = reading[s], w.stock[s]
        figures[R_STOCK] = max(0, stock[RECORD])
        figures[R_ORDERS] = stock[ORDERED]
        figures[R_CARTS] = stock[CARTED_UNITS]
        figures[R_PAID] = stock[PAID_UNITS]
        figures[R_UNPAID] = stock[HELD] + stock[PENDING]
        figures[R_CLOSED] = stock[CLOSED]
        figures[R_OFFICE] = max(0, seen(w, BACK_OFFICE, s, t))


def newest(w, i, source):
    """Row of the newest reading of ``source`` once row ``i`` has arrived; -1 where none has come yet."""
    if w.apart.shape[0] == 0:
        return w.cause[i]
    return w.apart[w.who[i], source]


def number(w, row):
    """The number of the reading that was taken at ``row``; -1 before any."""
    return w.who[row] if row >= 0 else -1


def figure(w, r, s, column, before):
    """A figure of SKU ``s`` in reading ``r``; ``before``: what is known before any."""
    return float(w.readings[r, s, column]) if r >= 0 else before


def moment(w, row):
    """When the reading of ``row`` was taken [s]; before any, the start of the show."""
    return w.t[row] / US if row >= 0 else 0.0


def arrived(w, i):
    """What the signals of all SKUs have in common once row ``i`` has arrived: the numbers of the newest readings of stock, orders
    and carts; viewers, time left, ages of the four sources, hour."""
    now = w.t[i] / US
    left, hour = (w.rules[SHOW_END] - w.t[i]) / US, w.rates[START_HOUR] + now / 3600.0
    if hour >= 24.0 or hour < 0.0:
        hour %= 24.0
    if w.apart.shape[0] == 0:  # all sources come together
        row = w.cause[i]
        r, known = number(w, row), moment(w, row)
        age = now - known
        return r, r, r, now, known, w.viewers[r] if row >= 0 else 0.0, left, age, age, age, age, hour
    stock, orders = newest(w, i, S_STOCK), newest(w, i, S_ORDERS)
    carts, traffic = newest(w, i, S_CARTS), newest(w, i, S_TRAFFIC)
    known = moment(w, orders)
    return (
        number(w, stock),
        number(w, orders),
        number(w, carts),
        now,
        known,
        w.viewers[w.who[traffic]] if traffic >= 0 else 0.0,
        left,
        now - moment(w, stock),
        now - known,
        now - moment(w, carts),
        now - moment(w, traffic),
        hour,
    )


def signal_of(w, i, s):
    """The signal about SKU ``s`` once row ``i`` has arrived: the latest figures of each source."""
    return signal_with(w, i, s, arrived(w, i))


def signal_with(w, i, s, common):
    """The same where :func:`arrived` is at hand."""
    stock, orders, carts, now, known, viewers, left, stock_age, orders_age, carts_age, traffic_age, hour = common
    t = w.t[i]
    k = w.plan_next[s]
    while w.plan_t[s, k] <= t:
        k += 1
    w.plan_next[s] = k
    planned = w.plan_t[s, k]
    spread = w.mark[i] * w.facts[s, F_SALT]
    initial = w.facts[s, F_INITIAL]
    return Signal(
        now,
        known,
        figure(w, stock, s, R_STOCK, initial),
        figure(w, orders, s, R_ORDERS, 0.0),
        figure(w, carts, s, R_CARTS, 0.0),
        figure(w, orders, s, R_PAID, 0.0),
        figure(w, orders, s, R_UNPAID, 0.0),
        viewers,
        1.0 if figure(w, stock, s, R_CLOSED, 0.0) > 0.0 else 0.0,
        initial,
        w.facts[s, F_SAFETY],
        w.facts[s, F_PRICE],
        w.facts[s, F_MARGIN],
        w.facts[s, F_TIER],
        left,
        (planned - t) / US if planned < NEVER_US else NEVER,
        w.plan_lift[s, k],
        spread - whole(spread),
        figure(w, stock, s, R_OFFICE, initial),
        float(w.stock.shape[0]),
        stock_age,
        orders_age,
        carts_age,
        traffic_age,
        hour,
    )


def deliveries(tape: Tape) -> tuple[np.ndarray, np.ndarray]:
    """Rows that deliver, in order of arrival, and the newest number (``who``) known before each (-1: none) and after all.

    :func:`deliver` drops a reading that is no newer; :func:`news` leaves it out.
    """
    rows = np.flatnonzero(tape.kind == DELIVER)
    rows = rows[np.argsort(tape.t[rows], kind="stable")]
    return rows, np.maximum.accumulate(np.append(-1, tape.who[rows].astype(np.int64)))


def news(tape: Tape) -> np.ndarray:
    """Rows of the arrivals that bring something new, in order."""
    rows, newest = deliveries(tape)
    return rows[tape.who[rows] > newest[:-1]]


def deliver(w, fold, i):
    """Figures arrive: every SKU's strategy is asked, the gate decides, decisions go to the outbox."""
    r = w.who[i]
    if r <= w.head[LAST_READING]:
        w.head[DROPPED_READINGS] += 1
        return
    w.head[LAST_READING] = r
    now, common = w.t[i] / US, arrived(w, i)
    for s in range(w.stock.shape[0]):
        signal = signal_with(w, i, s, common)
        level = ask(fold, w.params[s], w.memory[s], laid(signal))
        line = w.memory[s, LINE]
        note(w, r, s, gate(w.gate_settings, w.gate_memory[s], w.gate_shared, now, level, signal.stock, line), 0, signal.stock)
        note(w, r, s, machine(w.gate_settings, w.gate_memory[s], now, level, signal.stock, line), MACHINE, signal.stock)


def ask(fold, params, memory, signal):
    """What a strategy answers; compiled, ``fold`` and ``signal`` are addresses (``sim/by_address.py``). It divides by zero as
    Python does, not as NumPy's floats, which would go on with inf: compiled code raises too."""
    try:
        with np.errstate(divide="raise", invalid="raise"):
            level = fold(params, memory, signal)
        if not isinstance(level, Real):
            raise NoLevelError
        sound(level, memory[LINE])
    except (NoLevelError, NoLineError) as error:
        raise told(error, fold) from None
    return int(level)


def laid(signal):
    """A signal as :func:`ask` takes it."""
    return signal


def note(w, r, s, say, who, stock):
    """Put a decision of a gate about SKU ``s`` into the outbox; ``who``: 0 people, MACHINE."""
    if say >= 0:
        n = w.head[N_OUT]
        w.outbox[n, O_SKU] = s
        w.outbox[n, O_LEVEL] = say + who
        w.outbox[n, O_READING] = r
        w.evidence[n, E_STOCK] = stock
        w.evidence[n, E_LINE] = w.memory[s, LINE]
        w.evidence[n, E_LACK] = lacking(w.memory[s], w.lack_cell[0], stock)
        w.head[N_OUT] = n + 1


def lacking(memory, cell, stock):
    """Units a strategy expects to lack of a SKU, whole and at least 0 [units]; cell: where it says so, -1: line less stock."""
    lack = memory[cell] if cell >= 0 else memory[LINE] - stock
    if not 0.0 < lack < MOST_LACK:
        return MOST_LACK if lack >= MOST_LACK else 0.0
    return math.ceil(lack) * 1.0


def stock_shown(w, arrival, sku):
    """Every stock figure of a SKU that was known from ``arrival`` on, until now [units] (a NumPy array)."""
    last = w.head[LAST_READING] + 1
    if w.apart.shape[0] == 0:
        return w.readings[arrival:last, sku, R_STOCK]
    rows = w.apart[arrival:last, S_STOCK]
    return w.readings[w.who[rows[rows >= 0]], sku, R_STOCK]
