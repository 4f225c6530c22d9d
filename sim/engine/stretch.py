"""The dense plane: a plain loop over the tape between two control events."""

from __future__ import annotations

from sim.core.cues import begin_cue
from sim.core.feed import deliver, sample
from sim.core.ledger import step
from sim.core.tape import DELIVER, SAMPLE
from sim.core.units import NEVER_US
from sim.core.world import DRAWN, LAST, N_OUT, NEXT, NEXT_ADDED, NEXT_CUE
from sim.engine.scan import world_of


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


def abreast(worlds, fold):
    """:func:`stretch` for Worlds of one tape, none with added rows: from the row at which the first of them stands on, every row
    for all who have come to it, so that its kind is told once. Stops behind the rows, or after a reading that made any gate
    speak; returns all decisions."""
    one = foremost(worlds)
    n, k, c, last = one.rules[DRAWN], one.head[NEXT], one.head[NEXT_CUE], one.head[LAST]
    spoken = 0
    while spoken == 0:
        t, cue = one.t[k] if k < n else NEVER_US, one.cue_at[c]
        if cue < t and cue <= last:
            c = next_cues(worlds, c, cue)
            continue
        if k == n:
            break
        kind = one.kind[k]
        for g in range(len(worlds)):
            w = world_of(worlds, g)
            if w.head[NEXT] > k:
                continue
            w.head[NEXT] = k + 1
            if kind == SAMPLE:
                sample(w, k)
            elif kind == DELIVER:
                deliver(w, fold, k)
                spoken += w.head[N_OUT]
            else:
                step(w, k)
        k += 1
        if spoken > 0 and cue == t + 1:
            next_cues(worlds, c, cue)
    return spoken


def foremost(worlds):
    """The World that stands at the earliest row."""
    one = world_of(worlds, 0)
    for g in range(len(worlds)):
        w = world_of(worlds, g)
        if w.head[NEXT] < one.head[NEXT]:
            one = w
    return one


def next_cues(worlds, c, t):
    """:func:`next_cue` of each whose next is number ``c``, at ``t``; returns the number after it."""
    for g in range(len(worlds)):
        w = world_of(worlds, g)
        if w.head[NEXT_CUE] == c:
            next_cue(w, t)
    return c + 1


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
