"""Who sees the platform's record how late: touchpoints, the ERP, every sales channel.

Nobody is told of a change; whoever looks reads the log of changes up to what he can know by then. One rule covers a
delayed view, a polled view and a channel that knows its own sales at once.
"""

from __future__ import annotations

from sim.core.world import ATOMIC, CURSOR, ERP, LAG, N_LOG, OWN, PERIOD, PHASE, RECORD


def seen(w, o, sku, t):
    """Units of ``sku`` that observer ``o`` sees at ``t``: the record ``LAG`` ago, renewed every ``PERIOD``.

    A sales channel that knows its own sales at once (OWN) waits only for the others'. The ERP counts order
    flow only: what it sees is minus the units taken.
    """
    if w.observers[o, ATOMIC] == 1:
        return w.stock[sku, RECORD]
    known = t - w.observers[o, LAG]
    c = w.observers[o, CURSOR]
    n = w.head[N_LOG]
    if c == n or w.log_t[c] > known:  # a period makes what is known older, so there is nothing new
        return w.views[o, sku]
    period = w.observers[o, PERIOD]
    if period > 0:
        phase = w.observers[o, PHASE]
        known = (known - phase) // period * period + phase
    own = w.observers[o, OWN]
    while c < n and w.log_t[c] <= known:
        src = w.log_src[c]
        if src != own and (o != ERP or src >= 0):
            w.views[o, w.log_sku[c]] += w.log_delta[c]
        c += 1
    w.observers[o, CURSOR] = c
    return w.views[o, sku]
