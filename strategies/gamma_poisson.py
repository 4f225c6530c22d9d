"""C9/C10: the chance that the item is empty within a horizon, when its rate is itself uncertain.

Rate ~ Gamma(a, b) with a = a0 + units, b = b0 + seconds, both forgotten with e-folding time ``memory_s``
(phi = exp(-1/memory_s) a second). Demand over h is then negative binomial with mean a h/b and variance mean (1 + h/b)
(Gelman et al., Bayesian Data Analysis, 2.6), and P(T_empty <= h) = P(N(h) >= I). h is the horizon plus the age of the
reading. Levels by probability: above pi_watch watch, above pi_prepare prepare, above pi_emergency emergency. LINE is
the prepare line (the emergency line while closed, when only that counts).
"""

from __future__ import annotations

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, WATCH, Param, Strategy
from strategies.maths import FRESH, REMEMBER, fresh, remember
from strategies.tails import KEPT, exceeds, kept_quantile, line_for, runs_out

ORDER = 110
"""Place in lists, which teach from the simplest on."""

A0, B0, MEMORY_S, HORIZON_S, PI_WATCH, PI_PREPARE, PI_EMERGENCY = range(7)
SEEN = 1
UNITS = SEEN + FRESH
SECONDS = UNITS + 1
Z = UNITS + REMEMBER


def fold(p, m, s):
    """Level by the posterior probability that demand over the horizon takes all there is."""
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    remember(m, UNITS, dt, units, dt, p[MEMORY_S])
    b = p[B0] + m[SECONDS]
    h = p[HORIZON_S] + s.stock_age
    mean = (p[A0] + m[UNITS]) / b * h
    variance = mean * (1.0 + h / b)
    shut = s.closed > 0.5
    chance = p[PI_EMERGENCY] if shut else p[PI_PREPARE]
    line = line_for(mean, variance, chance, kept_quantile(m, Z, chance))
    m[LINE] = line
    if shut:
        return EMERGENCY if runs_out(s.stock, line, mean, variance, chance) else CALM
    if not exceeds(s.stock, mean, variance, p[PI_WATCH]):
        return CALM
    if exceeds(s.stock, mean, variance, p[PI_EMERGENCY]):
        return EMERGENCY
    return PREPARE if runs_out(s.stock, line, mean, variance, chance) else WATCH


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
        Param("pi_prepare", 0.2, 0.0001, 0.9999, "probability", "chance of running out above which to prepare"),
        Param("pi_emergency", 0.8, 0.0001, 0.9999, "probability", "chance of running out that is an emergency"),
    ),
    memory=Z + KEPT,
    playbook="standard",
)
