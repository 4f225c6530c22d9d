"""Whether a shopper comes: scarcity and talk hurry people or put them off, exposure and a cue cut short keep them away."""

from __future__ import annotations

import math

from sim.core.screens import seen
from sim.core.tape import ACCEPTED, EXPOSURE
from sim.core.world import (
    FIRST_CHANNEL,
    PAGE,
    PUT_OFF,
    SCARCE,
    SCARCITY_BELOW,
    SCARCITY_GAIN,
    SURE_BELOW,
    TALK_FADE,
    TALK_FULL,
    TALKED,
    TALKED_AT,
    TALKS,
    VIEWS,
)


def comes(w, i, n, t):
    """Whether the shopper of entry row ``i`` exists and finds the product: 1 yes, 0 no, EXPOSURE if he was kept away.

    Rows are laid for the largest demand that can occur; scarcity and exposure admit ``mark < now / largest``. Followers of an
    order (Hawkes) are laid as they are: it is the order they follow, not the figure on the page. Of a bundle (``n`` rows) the
    scarcest part hurries people, and the one least shown keeps them away. Talk of a sell-out keeps people from every item.
    Who comes however much there is (``mark`` below the least pull) looks only where something else may keep him away.
    """
    parent = w.cause[i]
    if parent >= 0 and w.outcome[parent] < ACCEPTED:
        return 0
    pull = 1.0
    if w.rules[SCARCE] == 1 and parent < 0 and (w.mark[i] >= w.rates[SURE_BELOW] or w.rules[TALKS] == 1 or hidden(w, i, n)):
        pull = hurry(w, i, n, t)
        if w.mark[i] >= pull:
            return 0
    cue = w.cue[i]
    if cue >= 0 and parent < 0 and w.cue_cut[cue] <= t:
        return EXPOSURE
    if w.rules[TALKS] == 1 and parent < 0:
        pull *= 1.0 - w.rates[PUT_OFF] * min(1.0, talked(w, t) / w.rates[TALK_FULL])
    for k in range(i, i + n):
        if w.mark[i] >= pull * w.exposure[w.sku[k]]:
            return EXPOSURE
    return 1


def hurry(w, i, n, t):
    """Share of the largest demand that what the page shows of row ``i`` lets through."""
    low = 0.0
    for k in range(i, i + n):
        shown = seen(w, FIRST_CHANNEL + VIEWS * w.channel[i] + PAGE, w.sku[k], t)
        low = max(low, 1.0 - shown / w.rates[SCARCITY_BELOW])
    if low > 1.0:
        low = 1.0
    return (1.0 + w.rates[SCARCITY_GAIN] * low) / (1.0 + w.rates[SCARCITY_GAIN])


def hidden(w, i, n):
    """Whether a part of row ``i`` is shown to fewer people than otherwise."""
    shown = 1.0
    for k in range(i, i + n):
        shown = min(shown, w.exposure[w.sku[k]])
    return shown < 1.0


def talked(w, t):
    """Refused attempts that the chat still talks of at ``t`` [attempts]."""
    return w.talk[TALKED] * math.exp((w.talk[TALKED_AT] - t) / w.rates[TALK_FADE])
