"""Orders per viewer, lately against usually: a change in conversion shows before the stock does.

c_fast and c_slow are orders per viewer-second with a short and a long memory (an unknown audience counts as one
viewer, so that c is the order rate). Trend g = (n + 5)/(n0 + 5) with n the units in the short memory and n0 = c_slow x
its viewer-seconds, so that a handful of orders makes no trend; g within [1/trend_cap, trend_cap]. Projected demand
within h is D = viewers c_fast g h with variance D + D^2/(n + 1), and where stock is seen to leave on payment unpaid_weight of
the unpaid units on top of both. Out within horizon_s with probability > chance:
prepare; within emergency_s: emergency. Accelerating, (n - n0)/sqrt(n0 + 1) > watch_z, and at this pace empty within
watch_cover_s: watch.
"""

from __future__ import annotations

import math

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, WATCH, Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, REMEMBER, UNPAID, fresh, remember, still_to_leave
from strategies.tails import KEPT, exceeds, line_for, runs_out

ORDER = 90
"""Place in lists, which teach from the simplest on."""

FAST_S, SLOW_S, TREND_CAP, HORIZON_S, EMERGENCY_S, CHANCE, WATCH_Z, WATCH_COVER_S, UNPAID_WEIGHT = range(9)
SEEN = 1
FAST = SEEN + FRESH
FAST_VIEWS = FAST + 1
SLOW = FAST + REMEMBER
SLOW_VIEWS = SLOW + 1
MODE = SLOW + REMEMBER
Z = MODE + PAYS_LATER
SHRINK = 5.0
"""Units a trend is shrunk by."""


def fold(p, m, s):
    """Level by demand projected with the trend of conversion."""
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    audience = max(1.0, s.viewers)
    remember(m, FAST, dt, units, audience * dt, p[FAST_S])
    remember(m, SLOW, dt, units, audience * dt, p[SLOW_S])
    usual = m[SLOW] / m[SLOW_VIEWS] * m[FAST_VIEWS] if m[SLOW_VIEWS] > 0.0 else 0.0
    trend = min(p[TREND_CAP], max(1.0 / p[TREND_CAP], (m[FAST] + SHRINK) / (usual + SHRINK)))
    rate = audience * trend * m[FAST] / m[FAST_VIEWS] if m[FAST_VIEWS] > 0.0 else 0.0
    shut = s.closed > 0.5
    age = s.stock_age
    plus = still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    mean = rate * ((p[EMERGENCY_S] if shut else p[HORIZON_S]) + age)
    noise = 1.0 / (m[FAST] + 1.0)
    variance = mean * (1.0 + mean * noise) + plus
    mean += plus
    line = line_for(m, Z, mean, variance, p[CHANCE])
    m[LINE] = line
    if runs_out(s.stock, line, mean, variance, p[CHANCE]):
        soon = rate * (p[EMERGENCY_S] + age)
        doubt = soon * (1.0 + soon * noise) + plus
        return EMERGENCY if exceeds(s.stock, soon + plus, doubt, p[CHANCE]) else PREPARE
    if shut or s.stock > rate * p[WATCH_COVER_S]:
        return CALM
    return WATCH if m[FAST] - usual > p[WATCH_Z] * math.sqrt(usual + 1.0) else CALM


STRATEGY = Strategy(
    name="conversion_trend",
    summary="orders per viewer, short against long memory: demand projected with the trend of conversion",
    fold=fold,
    params=(
        Param("fast_s", 30.0, 0.5, 86400.0, "s", "short memory", "assumed: a third fewer false alerts than 15 s"),
        Param("slow_s", 300.0, 0.5, 86400.0, "s", "long memory, one pitch to the next", "domain 2.2: 5 min a product", "H"),
        Param("trend_cap", 2.4, 1.0, 100.0, "ratio", "largest trend used", "domain 2.4: a pitch lifts 2.4 x", "M"),
        Param("horizon_s", 90.0, 0.1, 86400.0, "s", "how far ahead it prepares", "domain 3.4 push 30-180 s"),
        Param("emergency_s", 10.0, 0.1, 86400.0, "s", "how far ahead it is an emergency"),
        Param("chance", 0.2, 0.0001, 0.9999, "probability", "chance of running out above which it speaks"),
        Param("watch_z", 5.0, 0.0, 100.0, "sd", "how far above usual counts as accelerating", "assumed: 3 cries wolf"),
        Param("watch_cover_s", 1800.0, 0.0, 1e6, "s", "watch only what would be empty within this time", "brief: 30 min", "L"),
        UNPAID,
    ),
    memory=Z + KEPT,
    playbook="standard",
)
