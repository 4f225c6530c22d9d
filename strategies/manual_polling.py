"""C3, the first generation: a person refreshes the back office every few minutes and compares with a line.

A poll comes every U(low, high) seconds, stretched by max(1, n_skus/capacity) when the person watches more than he
can, and is read properly with probability v(t) = glance (1 - fatigue (1 - exp(-t/fatigue_s))) (1 - night_loss night(hour)), the
vigilance decrement with time on duty and at night.
At a proper poll he compares the back-office figure: stock <= line: prepare, stock <= emergency_share line: emergency,
else calm. Between polls stands what he last believed.
"""

from __future__ import annotations

import math

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, Param, Strategy
from strategies.maths import night

ORDER = 30
"""Place in lists, which teach from the simplest on."""

LOW_S, HIGH_S, CAPACITY, N_SKUS, UNITS, EMERGENCY_SHARE, GLANCE, FATIGUE, FATIGUE_S, NIGHT_LOSS = range(10)
NEXT, BELIEF, AWAKE = 1, 2, 3


def fold(p, m, s):
    """The level the person believes."""
    m[LINE] = p[UNITS]
    watched = p[N_SKUS] if p[N_SKUS] > 0.0 else s.skus
    stretch = max(1.0, watched / p[CAPACITY])
    if m[AWAKE] == 0.0:
        # He may be anywhere in his round when the show starts.
        m[AWAKE] = 1.0
        m[NEXT] = s.now + s.mark * stretch * 0.5 * (p[LOW_S] + p[HIGH_S])
        return CALM
    if s.now < m[NEXT]:
        return int(m[BELIEF])
    seen = p[GLANCE] * (1.0 - p[FATIGUE] * (1.0 - math.exp(-max(0.0, s.now) / p[FATIGUE_S])))
    seen *= 1.0 - p[NIGHT_LOSS] * night(s.hour)
    spare = s.mark
    if s.mark < seen:
        m[BELIEF] = judge(s.office, p[UNITS], p[EMERGENCY_SHARE])
        # What is left of the mark, rescaled, is uniform again and independent of the glance.
        spare = s.mark / seen
    elif seen < 1.0:
        spare = (s.mark - seen) / (1.0 - seen)
    m[NEXT] = s.now + stretch * (p[LOW_S] + spare * (p[HIGH_S] - p[LOW_S]))
    return int(m[BELIEF])


def judge(stock, line, share):
    """Level [0..3] of a stock [units] against a line [units] and its emergency share."""
    if stock <= line * share:
        return EMERGENCY
    if stock <= line:
        return PREPARE
    return CALM


STRATEGY = Strategy(
    name="manual_polling",
    summary="a person refreshes the back office every few minutes, tires and watches at most some twenty SKUs (C3)",
    fold=fold,
    params=(
        Param("low_s", 120.0, 1.0, 7200.0, "s", "shortest time between two polls", "domain 3.4", "L"),
        Param("high_s", 300.0, 1.0, 7200.0, "s", "longest time between two polls; at least low_s", "domain 3.4", "L"),
        Param("capacity", 15.0, 1.0, 1000.0, "SKUs", "SKUs one person can watch", "brief: ten to twenty", "L"),
        Param("n_skus", 0.0, 0.0, 100000.0, "SKUs", "SKUs he watches, 0 all; more than capacity stretches the round"),
        Param("units", 50.0, 0.0, 1e9, "units", "line he has in mind", "brief: 50 for a week's supply", "L"),
        Param("emergency_share", 0.25, 0.0, 1.0, "share", "share of the line that is an emergency to him"),
        Param("glance", 1.0, 0.0, 1.0, "probability", "a fresh person reads the figure properly"),
        Param("fatigue", 0.15, 0.0, 1.0, "share", "attention lost in the long run", "domain 3.3 [MACK] 10-30 %", "M"),
        Param("fatigue_s", 1200.0, 1.0, 1e6, "s", "e-folding time of that loss", "domain 3.3 [MACK] 20-30 min", "M"),
        Param("night_loss", 0.3, 0.0, 1.0, "share", "attention lost at the depth of the night"),
    ),
    memory=4,
    playbook="by_hand",
    looks=True,
)
