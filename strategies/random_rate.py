"""C24: alerts at random moments, as often as a strategy under test sends them. It has no skill by construction.

A reading that comes ``dt`` seconds after the last raises the level with probability 1 - exp(-rate dt/3600), so the
rate does not depend on how often readings come. Its precision is the base rate (domain T30).
"""

from __future__ import annotations

import math

from strategies.contract import CALM, LINE, Param, Strategy

ORDER = 20
"""Place in lists, which teach from the simplest on."""

RATE, LEVEL = 0, 1
SEEN = 1


def fold(p, m, s):
    """The chosen level for one reading when the reading's mark falls under its chance."""
    m[LINE] = 0.0
    dt = max(0.0, s.t - m[SEEN])
    m[SEEN] = s.t
    if s.mark < 1.0 - math.exp(-p[RATE] * dt / 3600.0):
        return int(p[LEVEL])
    return CALM


STRATEGY = Strategy(
    name="random_rate",
    summary="alerts at random, at a matched rate: proves that a strategy has skill (C24)",
    fold=fold,
    params=(
        Param("rate", 1.0, 0.0, 3600.0, "alerts per SKU-hour", "how often it speaks; match it to the strategy under test"),
        Param("level", 2.0, 1.0, 3.0, "level", "level of every alert; cut to a whole number"),
    ),
    memory=2,
    playbook="standard",
)
