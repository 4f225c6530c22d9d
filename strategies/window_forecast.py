"""C6: the warning window. Extrapolate the last orders to the window's end; warn if the stock falls below safety stock.

projected = I - r h with r the windowed mean or the least-squares slope of cumulative orders over the last w of selling time
(the fit moves once a bucket, w/30). projected <= safety_factor ss, that is I <= ss + r h: prepare; the same within
``emergency_min``: emergency; never watch. Where stock is seen to leave on payment, unpaid_weight of the unpaid units is
added to ss. On a step in demand it lags by about w/2 (domain 3.2).
"""

from __future__ import annotations

from strategies.contract import Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, RING_CELLS, UNPAID, fresh, grade, roll, still_to_leave, window_rate, window_slope

ORDER = 80
"""Place in lists, which teach from the simplest on."""

WINDOW_MIN, HORIZON_MIN, EMERGENCY_MIN, LEAST_SQUARES, SAFETY_FACTOR, UNPAID_WEIGHT = range(6)
SEEN = 1
MODE = SEEN + FRESH
SLOPE = MODE + PAYS_LATER
PACE = SLOPE + 1


def fold(p, m, s):
    """Level of the stock projected to the end of the warning window."""
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    window = 60.0 * p[WINDOW_MIN]
    if dt > 0.0 and roll(m, PACE, dt, units, window) and p[LEAST_SQUARES] > 0.5:
        m[SLOPE] = window_slope(m, PACE, window)
    rate = m[SLOPE]
    # Before the first bucket is complete there is nothing to fit.
    if rate <= 0.0 or p[LEAST_SQUARES] <= 0.5:
        rate = window_rate(m, PACE, window)
    safety = p[SAFETY_FACTOR] * s.safety
    safety += still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    line = safety + rate * 60.0 * p[HORIZON_MIN]
    return grade(m, s.stock, s.closed, line, safety + rate * 60.0 * p[EMERGENCY_MIN])


STRATEGY = Strategy(
    name="window_forecast",
    summary="recent orders extrapolated to the end of a 15/30/60 min window against the safety stock (C6)",
    fold=fold,
    params=(
        Param("window_min", 15.0, 0.1, 240.0, "min", "look back for the fit: 15, 30 or 60", "brief", "L"),
        Param("horizon_min", 15.0, 0.1, 240.0, "min", "how far ahead it extrapolates", "brief", "L"),
        Param("emergency_min", 2.0, 0.0, 240.0, "min", "how far ahead a shortage is an emergency"),
        Param("least_squares", 1.0, 0.0, 1.0, "switch", "1 fits a line by least squares, 0 takes the mean", "domain C6", "M"),
        Param("safety_factor", 1.0, 0.0, 100.0, "ratio", "multiple of the SKU's declared safety stock to keep"),
        UNPAID,
    ),
    memory=PACE + RING_CELLS,
    playbook="standard",
)
