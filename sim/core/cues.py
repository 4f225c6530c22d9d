"""The host comes to a planned cue: a transition like a row's, for its time is known before the run.

A cue falls on an odd microsecond, as control events do; where the two meet, the cue comes first.
"""

from __future__ import annotations

from sim.core.screens import seen
from sim.core.world import CHECKS_SCREEN, DRAWN_CUES, HOST_SCREEN, N_CUT, PITCHED_EMPTY, RECORD


def begin_cue(w, k, t):
    """Cue ``k`` comes at ``t``: the host skips an item he was told to drop or sees as sold out; else what he improvises ends."""
    if w.cue_cut[k] <= t:
        return
    parts, gone, empty = w.item_parts[w.cue_item[k]], False, False
    for p in range(parts.shape[0]):
        sku = parts[p]
        if sku >= 0:
            gone = gone or w.muted[sku] == 1 or (w.rules[CHECKS_SCREEN] == 1 and seen(w, HOST_SCREEN, sku, t) <= 0)
            empty = empty or w.stock[sku, RECORD] <= 0
    if gone:
        cut_short(w, k, t)
        return
    for j in range(w.rules[DRAWN_CUES], w.cue_item.shape[0]):
        if t < w.cue_end[j] and w.cue_cut[j] > t:
            cut_short(w, j, t)
    if empty:
        w.head[PITCHED_EMPTY] += 1


def cut_short(w, k, t):
    """Cue ``k`` draws nobody from ``t`` on; noted in ``cuts``, for the record of actions."""
    w.cue_cut[k] = t
    n = w.head[N_CUT]
    w.cuts[n, 0] = k
    w.cuts[n, 1] = t
    w.head[N_CUT] = n + 1
