"""The dense plane: a plain loop over the tape between two control events."""

from __future__ import annotations

from sim.core.feed import deliver, sample
from sim.core.ledger import step
from sim.core.tape import DELIVER, SAMPLE
from sim.core.world import N_OUT, NEXT


def stretch(w, fold, until):
    """Run rows with ``t < until`` [us]; stop after a reading that made the gate speak. Returns the decisions in the outbox."""
    n = w.seq.shape[0]
    k = w.head[NEXT]
    while k < n:
        i = w.seq[k]
        if w.t[i] >= until:
            break
        k += 1
        kind = w.kind[i]
        if kind == SAMPLE:
            sample(w, i)
        elif kind == DELIVER:
            deliver(w, fold, i)
            if w.head[N_OUT] > 0:
                break
        else:
            step(w, i)
    w.head[NEXT] = k
    return w.head[N_OUT]


def bare(w):
    """The same rows through the ledger alone: no feed, no strategy, no clock. The yardstick of the benchmark."""
    n = w.seq.shape[0]
    for k in range(n):
        i = w.seq[k]
        if w.kind[i] < SAMPLE:
            step(w, i)
    w.head[NEXT] = n
    return n
