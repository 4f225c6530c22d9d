"""The dense plane of open loop: readings that were taken once, heard by one strategy after another.

Nothing follows from an alert in open loop, so the ledger's course and the readings are the same for every strategy; what is
left to do per strategy is to fold its readings and to ask the gate. Plain scalar code, compiled at the one site.
"""

from __future__ import annotations

from sim.core.feed import ask, deliver, figure, laid, newest, number, signal_of
from sim.core.units import US
from sim.core.world import E_LINE, E_STOCK, F_INITIAL, LAST_READING, N_OUT, NEXT, O_LEVEL, O_READING, O_SKU, R_STOCK, S_STOCK
from strategies.contract import LINE
from strategies.gate import MACHINE, gate

T_ROW, T_SKU, T_LEVEL, T_READING = range(4)
"""Columns of ``decisions``: row that delivered the reading, SKU, level, number of the reading."""


def hear(w, fold, rows, decisions, evidence):
    """Deliver readings from ``rows[head[NEXT]]`` on, until all are or ``decisions`` could overflow; returns how many it noted."""
    n = 0
    k = w.head[NEXT]
    while k < rows.shape[0] and n + w.stock.shape[0] <= decisions.shape[0]:
        deliver(w, fold, rows[k])
        for j in range(w.head[N_OUT]):
            if w.outbox[j, O_LEVEL] >= MACHINE:
                continue
            decisions[n, T_ROW] = rows[k]
            decisions[n, T_SKU] = w.outbox[j, O_SKU]
            decisions[n, T_LEVEL] = w.outbox[j, O_LEVEL]
            decisions[n, T_READING] = w.outbox[j, O_READING]
            evidence[n, E_STOCK] = w.evidence[j, E_STOCK]
            evidence[n, E_LINE] = w.evidence[j, E_LINE]
            n += 1
        w.head[N_OUT] = 0
        k += 1
    w.head[NEXT] = k
    return n


def spell_out(w, rows, start, stop, out):
    """Write the signals that ``rows[start:stop]`` deliver, SKU by SKU, into ``out`` [signal, field]; returns their number."""
    n = 0
    for k in range(start, stop):
        i = rows[k]
        for s in range(w.stock.shape[0]):
            signal = signal_of(w, i, s)
            for j in range(out.shape[1]):
                out[n, j] = signal[j]
            n += 1
    return n


def trace(w, fold, rows, lines):
    """Fold what ``rows`` deliver and note the stock line after each, by SKU, in ``lines`` [row, sku]; returns how many there
    were."""
    for k in range(rows.shape[0]):
        i = rows[k]
        for s in range(w.stock.shape[0]):
            ask(fold, w.params[s], w.memory[s], laid(signal_of(w, i, s)))
            lines[k, s] = w.memory[s, LINE]
    return rows.shape[0]


def weigh(w, rows, levels, lines, decisions, evidence):
    """Ask the gate about levels already found (flat, SKU by SKU), from ``rows[head[NEXT]]`` on; as :func:`hear`."""
    n = 0
    k = w.head[NEXT]
    skus = w.stock.shape[0]
    while k < rows.shape[0] and n + skus <= decisions.shape[0]:
        i = rows[k]
        r = w.who[i]
        now = w.t[i] / US
        for s in range(skus):
            stock = figure(w, number(w, newest(w, i, S_STOCK)), s, R_STOCK, w.facts[s, F_INITIAL])
            line = lines[k * skus + s]
            say = gate(w.gate_settings, w.gate_memory[s], w.gate_shared, now, levels[k * skus + s], stock, line)
            if say >= 0:
                decisions[n, T_ROW] = i
                decisions[n, T_SKU] = s
                decisions[n, T_LEVEL] = say
                decisions[n, T_READING] = r
                evidence[n, E_STOCK] = stock
                evidence[n, E_LINE] = line
                n += 1
        w.head[LAST_READING] = r
        k += 1
    w.head[NEXT] = k
    return n
