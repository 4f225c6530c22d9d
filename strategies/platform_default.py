"""C4, the incumbent: the merchant back office's 售卖预警 fires at stock zero, or when a day's sales pass a number.

stock = 0: emergency; units ordered so far pass daily_units: watch, for the minute a notice is on the screen; each raised at
most ``cap`` times a day, where a raise is a change from not standing to standing. A show is taken to lie within one day. It never
says prepare.
"""

from __future__ import annotations

from strategies.contract import CALM, EMERGENCY, LINE, WATCH, Param, Strategy

ORDER = 40
"""Place in lists, which teach from the simplest on."""

DAILY_UNITS, CAP = 0, 1
EMPTY, EMPTY_RAISES, SALES, SALES_RAISES, PASSED, PASSED_AT = 1, 2, 3, 4, 5, 6
NOTICE_S = 60.0
"""How long the sales notice stands [s]."""


def fold(p, m, s):
    """Emergency at zero, watch past the sales number, silence once the day's alerts are used up."""
    m[LINE] = 0.0
    empty = stands(m, EMPTY, s.stock <= 0.0, p[CAP])
    if m[PASSED] == 0.0 and s.orders > p[DAILY_UNITS]:
        m[PASSED] = 1.0
        m[PASSED_AT] = s.t
    sales = stands(m, SALES, m[PASSED] > 0.0 and s.t - m[PASSED_AT] < NOTICE_S, p[CAP])
    if empty:
        return EMERGENCY
    return WATCH if sales else CALM


def stands(m, at, true, cap):
    """Whether a condition stands as an alert: cell ``at`` says that it does, the next counts its raises."""
    if not true:
        m[at] = 0.0
    elif m[at] == 0.0 and m[at + 1] < cap:
        m[at] = 1.0
        m[at + 1] += 1.0
    return m[at] > 0.0


STRATEGY = Strategy(
    name="platform_default",
    summary="the platform's own alert: at stock zero, or past a number of units a day, ten times a day (C4)",
    fold=fold,
    params=(
        Param("daily_units", 500.0, 0.0, 1e9, "units", "units ordered so far above which it says watch"),
        Param("cap", 10.0, 0.0, 1e6, "alerts a day", "most alerts of each kind", "domain C4 [DCC]", "M"),
    ),
    memory=7,
    playbook="notify_only",
)
