"""C9/C10: the chance that the item is empty within a horizon, when its rate is itself uncertain.

Rate ~ Gamma(a, b) with a = a0 + units, b = b0 + seconds, both forgotten with e-folding time ``memory_s``
(phi = exp(-1/memory_s) a second). Demand over h is then negative binomial with mean a h/b and variance mean (1 + h/b)
(Gelman et al., Bayesian Data Analysis, 2.6), and P(T_empty <= h) = P(N(h) >= I). h is the horizon plus the age of the
reading. Where stock is seen to leave on payment, unpaid_weight of the unpaid units is added to mean and variance: they
take stock whatever is closed. Levels by probability: above pi_watch watch, above pi_prepare prepare; emergency above
pi_emergency within ``emergency_s``, what a freeze needs. LINE is the prepare line (the emergency line while closed, when
only that counts).
"""

from __future__ import annotations

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, WATCH, Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, REMEMBER, UNPAID, fresh, remember, still_to_leave
from strategies.tails import KEPT, exceeds, line_for, runs_out

ORDER = 110
"""Place in lists, which teach from the simplest on."""

A0, B0, MEMORY_S, HORIZON_S, PI_WATCH, PI_PREPARE, PI_EMERGENCY, EMERGENCY_S, UNPAID_WEIGHT = range(9)
SEEN = 1
UNITS = SEEN + FRESH
SECONDS = UNITS + 1
MODE = UNITS + REMEMBER
Z = MODE + PAYS_LATER


def fold(p, m, s):
    """Level by the posterior probability that demand over the horizon takes all there is."""
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    remember(m, UNITS, dt, units, dt, p[MEMORY_S])
    plus = still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    b = p[B0] + m[SECONDS]
    shut = s.closed > 0.5
    h = (p[EMERGENCY_S] if shut else p[HORIZON_S]) + s.stock_age
    rate = (p[A0] + m[UNITS]) / b
    mean = rate * h + plus
    variance = mean + rate * h * h / b
    chance = p[PI_EMERGENCY] if shut else p[PI_PREPARE]
    line = line_for(m, Z, mean, variance, chance)
    m[LINE] = line
    if shut:
        return EMERGENCY if runs_out(s.stock, line, mean, variance, chance) else CALM
    soon = p[EMERGENCY_S] + s.stock_age
    coming = rate * soon + plus
    if exceeds(s.stock, coming, coming + rate * soon * soon / b, p[PI_EMERGENCY]):
        return EMERGENCY
    if runs_out(s.stock, line, mean, variance, chance):
        return PREPARE
    return WATCH if exceeds(s.stock, mean, variance, p[PI_WATCH]) else CALM


STRATEGY = Strategy(
    name="gamma_poisson",
    summary="probability that the item is empty within a horizon, with an uncertain rate (C9/C10)",
    fold=fold,
    params=(
        Param("a0", 0.1, 0.001, 1e6, "units", "prior units: how many sales the prior is worth"),
        Param("b0", 2.0, 0.1, 1e6, "s", "prior seconds; well below memory_s, or it holds the rate down for good"),
        Param("memory_s", 30.0, 1.0, 86400.0, "s", "e-folding time of what was seen; phi = exp(-1/memory_s)"),
        Param("horizon_s", 90.0, 0.1, 86400.0, "s", "how far ahead: lead time needed to act", "domain 3.4 push 30-180 s"),
        Param("pi_watch", 0.05, 0.0001, 0.9999, "probability", "chance of running out above which to watch"),
        Param("pi_prepare", 0.5, 0.0001, 0.9999, "probability", "chance above which to prepare", "played: 0.2 asks too much"),
        Param("pi_emergency", 0.25, 0.0001, 0.9999, "probability", "chance that is an emergency", "cu/(co + cu), domain 6.2"),
        Param("emergency_s", 20.0, 0.1, 86400.0, "s", "how far ahead it is an emergency", "played: 90 s shuts early"),
        UNPAID,
    ),
    memory=Z + KEPT,
    playbook="standard",
)
