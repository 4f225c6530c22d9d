"""C5, the field's rule: warn when the stock is below 1.5 times the expected sales of the next 30 minutes.

line = factor r H, r the mean rate over the last w of selling time; stock <= line: prepare; stock <= emergency_share line:
emergency; never watch. On a flash item the line exceeds the whole stock and it alarms from the first second
(domain finding 3). Where stock is seen to leave on payment, unpaid_weight of the unpaid units is added to both lines: the
field counts what is left, and what is ordered and not yet paid is no longer left (0: the rule as it is told).
"""

from __future__ import annotations

from strategies.contract import Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, RING_CELLS, UNPAID, fresh, grade, roll, still_to_leave, window_rate

ORDER = 70
"""Place in lists, which teach from the simplest on."""

WINDOW_MIN, HORIZON_MIN, FACTOR, EMERGENCY_SHARE, UNPAID_WEIGHT = range(5)
SEEN = 1
MODE = SEEN + FRESH
PACE = MODE + PAYS_LATER


def fold(p, m, s):
    """Level of the stock against some minutes of sales at the present rate."""
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    window = 60.0 * p[WINDOW_MIN]
    if dt > 0.0:
        roll(m, PACE, dt, units, window)
    plus = still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    line = p[FACTOR] * window_rate(m, PACE, window) * 60.0 * p[HORIZON_MIN]
    return grade(m, s.stock, s.closed, line + plus, line * p[EMERGENCY_SHARE] + plus)


STRATEGY = Strategy(
    name="cover_time",
    summary="stock below 1.5 x the expected sales of the next 30 minutes: the field's rule (C5)",
    fold=fold,
    params=(
        Param("window_min", 15.0, 0.1, 240.0, "min", "look back: the rate is the mean over this time", "brief", "L"),
        Param("horizon_min", 30.0, 0.1, 240.0, "min", "sales of how long ahead", "brief: next 30 minutes", "L"),
        Param("factor", 1.5, 0.1, 20.0, "ratio", "margin over the expected sales", "brief: 1.5", "L"),
        Param("emergency_share", 0.05, 0.0, 1.0, "share", "share of it that is an emergency", "played: 0.25 shuts early"),
        UNPAID,
    ),
    memory=PACE + RING_CELLS,
    playbook="standard",
)
