"""Read a recorded course with other eyes: what would other policies have said about the same readings?

As long as a policy's decisions are those of the run that left the readings, its world is that run's world, so its strategy
and its gate can be run over the readings alone. Plain loops, compiled by ``compiled.py``; no rule is written twice: every
reading goes through :func:`~sim.core.feed.deliver`.
"""

from __future__ import annotations

from sim.core.feed import deliver
from sim.core.world import LAST_READING, N_OUT, O_LEVEL, O_READING, O_SKU

T_ROW, T_SKU, T_LEVEL, T_READING, T_LACK = range(5)
"""Columns of ``told``: place of the reading in ``rows``; then SKU, level and reading in the order of the outbox; units lacking,
where the level asks for as many."""


def scan(
    w,
    fold,
    rows,
    newest,
    start,
    want,
    matters,
    asks,
    which,
    params,
    gates,
    memory,
    gate_memory,
    gate_shared,
    told,
    shown,
    first,
    stop,
):
    """Run the members ``which`` over the readings of ``w`` from place ``start`` on; returns how many were done.

    rows: DELIVER rows in order. newest: last reading known before each. want: decisions of the run that left the readings,
    int64 [decision, (row, SKU, level, lack)], from ``start`` on. matters: int64 [level of people, then of machines], 1 where a
    decision has consequences; asks: 1 where how many units lack is one of them. params, gates: settings by member; memory,
    gate_memory, gate_shared: state by member, as it stands before ``start``, read and written. A member stops at the first
    reading at which his decisions that matter are not the wanted ones: its place goes to ``stop``, -1 if there is none. told,
    shown: decisions (columns T_*; stock, line and lack [units]), member c's from first[c] to first[c + 1]. Where ``told`` is full
    the members not done are untouched.
    """
    end = 0
    first[0] = 0
    for c in range(which.shape[0]):
        m = which[c]
        load(w, m, params, gates, memory, gate_memory, gate_shared)
        w.head[LAST_READING] = newest[start]
        n, p, j, agreed = end, 0, start, True
        while agreed and j < rows.shape[0]:
            w.head[N_OUT] = 0
            deliver(w, fold, rows[j])
            for o in range(w.head[N_OUT]):
                if n == told.shape[0]:
                    return c
                told[n, T_ROW] = j
                told[n, T_SKU] = w.outbox[o, O_SKU]
                told[n, T_LEVEL] = w.outbox[o, O_LEVEL]
                told[n, T_READING] = w.outbox[o, O_READING]
                shown[n, 0] = w.evidence[o, 0]
                shown[n, 1] = w.evidence[o, 1]
                shown[n, 2] = w.evidence[o, 2]
                told[n, T_LACK] = int(w.evidence[o, 2]) if asks[told[n, T_LEVEL]] == 1 else 0
                if matters[told[n, T_LEVEL]] == 1:
                    if p < want.shape[0] and want[p, 0] == j and same(want[p], told[n]):
                        p += 1
                    else:
                        agreed = False
                n += 1
            if p < want.shape[0] and want[p, 0] <= j:
                agreed = False
            j += 1
        store(w, m, memory, gate_memory, gate_shared)
        stop[c] = -1 if agreed else j - 1
        end = n
        first[c + 1] = n
    return which.shape[0]


def same(want, told):
    """Whether a decision is the wanted one: SKU, level and, where it counts, units lacking."""
    return want[1] == told[T_SKU] and want[2] == told[T_LEVEL] and want[3] == told[T_LACK]


def load(w, m, params, gates, memory, gate_memory, gate_shared):
    """Put member ``m`` in charge of the world's strategy and gate."""
    for s in range(w.stock.shape[0]):
        w.plan_next[s] = 0
        for k in range(w.params.shape[1]):
            w.params[s, k] = params[m, s, k]
        for k in range(w.memory.shape[1]):
            w.memory[s, k] = memory[m, s, k]
        for k in range(w.gate_memory.shape[1]):
            w.gate_memory[s, k] = gate_memory[m, s, k]
    for k in range(w.gate_settings.shape[0]):
        w.gate_settings[k] = gates[m, k]
    for k in range(w.gate_shared.shape[0]):
        w.gate_shared[k] = gate_shared[m, k]


def store(w, m, memory, gate_memory, gate_shared):
    """Keep what member ``m`` remembers."""
    for s in range(w.stock.shape[0]):
        for k in range(w.memory.shape[1]):
            memory[m, s, k] = w.memory[s, k]
        for k in range(w.gate_memory.shape[1]):
            gate_memory[m, s, k] = w.gate_memory[s, k]
    for k in range(w.gate_shared.shape[0]):
        gate_shared[m, k] = w.gate_shared[k]
