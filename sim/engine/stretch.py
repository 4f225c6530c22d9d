"""The dense plane: a plain loop over the tape between two control events."""

from __future__ import annotations

from sim.core.cues import begin_cue
from sim.core.feed import deliver, sample
from sim.core.ledger import step
from sim.core.tape import DELIVER, SAMPLE
from sim.core.units import NEVER_US
from sim.core.world import DRAWN, LAST, N_OUT, NEXT, NEXT_ADDED, NEXT_CUE


def stretch(w, fold, until):
    """Run rows with ``t < until`` [us, at most NEVER_US], drawn and added ones, and planned cues up to then; stop after a reading
    that made the gate speak.

    Returns the decisions in the outbox.
    """
    n, added = w.rules[DRAWN], w.seq.shape[0]
    k, a = w.head[NEXT], w.head[NEXT_ADDED]
    later = w.t[w.seq[a]] if a < added else NEVER_US
    cue, last = w.cue_at[w.head[NEXT_CUE]], w.head[LAST]
    while True:
        i = k
        t = w.t[k] if k < n else NEVER_US
        if later < t:
            i = w.seq[a]
            t = later
        if cue < t and cue <= until and cue <= last:
            cue = next_cue(w, cue)
            continue
        if t >= until:
            break
        if t == later:
            a += 1
            later = w.t[w.seq[a]] if a < added else NEVER_US
        else:
            k += 1
        kind = w.kind[i]
        if kind == SAMPLE:
            sample(w, i)
        elif kind == DELIVER:
            deliver(w, fold, i)
            if w.head[N_OUT] > 0:
                if cue == t + 1:
                    next_cue(w, cue)
                break
        else:
            step(w, i)
    w.head[NEXT] = k
    w.head[NEXT_ADDED] = a
    return w.head[N_OUT]


def next_cue(w, t):
    """The host comes to his next cue at ``t``; returns when the one after it comes."""
    k = w.head[NEXT_CUE]
    w.head[NEXT_CUE] = k + 1
    begin_cue(w, k, t)
    return w.cue_at[k + 1]


def bare(w):
    """The same rows through the ledger alone: no feed, no strategy, no clock. The yardstick of the benchmark."""
    n = w.rules[DRAWN]
    for i in range(n):
        if w.kind[i] < SAMPLE:
            step(w, i)
    w.head[NEXT] = n
    return n
