"""C23: the field's three grades made precise, each by its own detector, with other settings for each tier.

watch 初级: consumption accelerates: a CUSUM of units against the usual rate r0, S <- max(0, S + x - k dt),
k = r0 (f - 1)/ln f for the smallest acceleration f that matters (Lucas 1985; domain C15), S > watch_h, and at this
pace empty within watch_cover_s. prepare 中级: P(empty within the time a person needs) > pi_prepare. emergency 高级:
P(empty within the automatic latency) > pi_emergency, which triggers the freeze. Probabilities as in
``gamma_poisson`` over the latency plus the age of the reading, with the usual rate as prior, worth ``prior_units``:
a = prior_units + n, b = prior_units/r0 + seconds. The usual rate has a long memory and starts from the plan, units
listed over the length of the show, worth ``prior_s``. Where stock is seen to leave on payment, unpaid_weight of the
unpaid units is added to the demand. While closed only the emergency counts.
"""

from __future__ import annotations

import math

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, WATCH, Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, REMEMBER, UNPAID, fresh, remember, still_to_leave
from strategies.tails import KEPT, exceeds, line_for, runs_out

ORDER = 130
"""Place in lists, which teach from the simplest on."""

(ACCELERATION, WATCH_H, WATCH_COVER_S, HUMAN_S, PI_PREPARE, AUTO_S, PI_EMERGENCY, MEMORY_S, PRIOR_UNITS,
 USUAL_S, PRIOR_S, UNPAID_WEIGHT) = range(12)  # fmt: skip
SEEN = 1
UNITS = SEEN + FRESH
SECONDS = UNITS + 1
USUAL = UNITS + REMEMBER
USUAL_SECONDS = USUAL + 1
SCORE = USUAL + REMEMBER
DRIFT = SCORE + 1
MODE = DRIFT + 1
Z = MODE + PAYS_LATER
NO_RATE = 1e-9
"""Stands in for a rate of nothing [units/s]."""
SHORTEST_SHOW_S = 600.0
"""A plan shorter than this is not believed [s]: a show that overruns has no time left."""


def fold(p, m, s):
    """The highest grade whose detector fires."""
    show_s = max(SHORTEST_SHOW_S, s.t + s.left)
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    if dt > 0.0:
        observe(p, m, dt, units, usual_rate(p, m, s.initial, show_s))
    usual = usual_rate(p, m, s.initial, show_s)
    per_b = usual / (p[PRIOR_UNITS] + m[SECONDS] * usual)
    rate = (p[PRIOR_UNITS] + m[UNITS]) * per_b
    plus = still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    auto = p[AUTO_S] + s.stock_age
    soon = rate * auto + plus
    doubt = soon + rate * auto * auto * per_b
    emergency = exceeds(s.stock, soon, doubt, p[PI_EMERGENCY])
    if s.closed > 0.5:
        m[LINE] = line_for(m, Z, soon, doubt, p[PI_EMERGENCY])
        return EMERGENCY if emergency else CALM
    human = p[HUMAN_S] + s.stock_age
    later = rate * human + plus
    doubt = later + rate * human * human * per_b
    line = line_for(m, Z, later, doubt, p[PI_PREPARE])
    m[LINE] = line
    if emergency:
        return EMERGENCY
    if runs_out(s.stock, line, later, doubt, p[PI_PREPARE]):
        return PREPARE
    return WATCH if m[SCORE] > p[WATCH_H] and s.stock <= rate * p[WATCH_COVER_S] else CALM


def observe(p, m, dt, units, usual):
    """Learn the rate now and the usual rate, and let the CUSUM compare them."""
    # Two lines above the alarm is as sure as it needs to be; more would only delay the all-clear.
    if m[DRIFT] <= 0.0:
        m[DRIFT] = cusum_drift(1.0, p[ACCELERATION])
    score = cusum(m[SCORE], units, usual * m[DRIFT] * dt)
    m[SCORE] = min(score, 2.0 * p[WATCH_H])
    remember(m, UNITS, dt, units, dt, p[MEMORY_S])
    remember(m, USUAL, dt, units, dt, p[USUAL_S])


def usual_rate(p, m, initial, show_s):
    """Rate over the long memory, with the plan, initial/show_s, as prior [units/s], above 0."""
    top = p[PRIOR_S] * initial + m[USUAL] * show_s
    return max(NO_RATE, top / ((p[PRIOR_S] + m[USUAL_SECONDS]) * show_s))


def cusum(score, x, k):
    """One step of the one-sided CUSUM, S <- max(0, S + x - k) (Page 1954; domain C15, T21)."""
    return max(0.0, score + x - k)


def cusum_drift(rate, factor):
    """Reference value k [units/s] between Poisson rates: (l1 - l0)/ln(l1/l0), l0 = rate > 0, factor = l1/l0 > 1."""
    return rate * (factor - 1.0) / math.log(factor)


STRATEGY = Strategy(
    name="tiered",
    summary="three grades, three detectors: acceleration, empty before a person can act, empty before a freeze acts (C23)",
    fold=fold,
    params=(
        Param("acceleration", 2.0, 1.01, 1000.0, "ratio", "smallest acceleration to notice", "domain 2.4: a pitch 2.4 x", "M"),
        Param("watch_h", 8.0, 0.0, 1e6, "units", "CUSUM alarm line; higher is later and calmer"),
        Param("watch_cover_s", 1800.0, 0.0, 1e6, "s", "watch only what would be empty within this time", "brief: 30 min", "L"),
        Param("human_s", 90.0, 0.1, 86400.0, "s", "time a person needs to act", "domain 3.4 push 30-180 s"),
        Param("pi_prepare", 0.2, 0.0001, 0.9999, "probability", "chance of running out above which to prepare"),
        Param("auto_s", 4.0, 0.1, 86400.0, "s", "time an automatic freeze needs", "domain 3.4: 0.2-2 + 1-5 s"),
        Param("pi_emergency", 0.25, 0.0001, 0.9999, "probability", "chance that is an emergency", "cu/(co + cu), domain 6.2"),
        Param("memory_s", 20.0, 0.5, 86400.0, "s", "e-folding time of the rate now"),
        Param("prior_units", 1.0, 0.001, 1000.0, "units", "weight of the usual rate in the rate now"),
        Param("usual_s", 300.0, 1.0, 86400.0, "s", "e-folding time of the usual rate", "domain 2.2: 5 min a product", "H"),
        Param("prior_s", 60.0, 0.01, 86400.0, "s", "weight of the planned rate in the usual rate"),
        UNPAID,
    ),
    memory=Z + KEPT,
    playbook="standard",
    by_tier={
        "traffic": {"acceleration": 1.6, "human_s": 120.0, "pi_prepare": 0.1, "pi_emergency": 0.05, "memory_s": 10.0},
        "longtail": {"acceleration": 4.0, "watch_h": 12.0, "human_s": 60.0, "pi_prepare": 0.5, "memory_s": 60.0},
    },
)
