"""C12: freeze when what is left no longer covers what is in flight; the best line is a newsvendor quantile.

Units that will still be taken after a decision to close: X ~ Poisson(q (rho + rate L)), rho the units ordered and not
yet paid, L the latency of a freeze plus the age of the reading (domain T9). Freezing at B left costs
co E[(X - B)+] + cu E[(B - X)+], least at the smallest B with P(X <= B) >= co/(co + cu) (Arrow, Harris & Marschak 1951;
domain T10). stock <= B: emergency, which means freeze now. With ``human_s`` > 0 the same with that latency: prepare.
Where stock leaves on order unpaid units have left already and X ~ Poisson(rate L); which of the two it is can be
seen from the readings (``deduct`` = 2).
"""

from __future__ import annotations

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, REMEMBER, fresh, pays_later, remember
from strategies.tails import KEPT, exceeds, line_at, line_for, upper_tail

ORDER = 120
"""Place in lists, which teach from the simplest on."""

CO, CU, Q, ETA, LATENCY_S, DEDUCT, UNPAID_KNOWN, MEMORY_S, HUMAN_S = range(9)
SEEN = 1
UNITS = SEEN + FRESH
SECONDS = UNITS + 1
MODE = UNITS + REMEMBER
Z = MODE + PAYS_LATER
NEAR = 1.0
"""How far the expansion of a Poisson line may be off [units]."""


def fold(p, m, s):
    """Emergency once the stock is at or below the newsvendor line."""
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    remember(m, UNITS, dt, units, dt, p[MEMORY_S])
    later = pays_later(m, MODE, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    on_payment = later if p[DEDUCT] > 1.5 else p[DEDUCT] > 0.5
    rate = m[UNITS] / m[SECONDS] if m[SECONDS] > 0.0 else 0.0
    chance = p[CU] / (p[CO] + p[CU])
    age = s.stock_age
    flying = in_flight(p, on_payment, s.unpaid, rate, p[LATENCY_S] + age)
    line = line_for(m, Z, flying, flying, chance)
    # The sum is only worth its time where it may decide.
    if abs(s.stock - line) <= NEAR:
        line = quantile(flying, chance)
    m[LINE] = line
    if s.stock <= line:
        return EMERGENCY
    if p[HUMAN_S] > 0.0 and s.closed <= 0.5:
        coming = in_flight(p, on_payment, s.unpaid, rate, p[HUMAN_S] + age)
        if exceeds(s.stock, coming, coming, chance):
            return PREPARE
    return CALM


def in_flight(p, on_payment, unpaid, rate, latency):
    """Mean units still to be taken after a decision: q (rho + rate L); rho = rate q/eta where it is not known."""
    if not on_payment:
        return rate * latency
    rho = unpaid if p[UNPAID_KNOWN] > 0.5 else rate * p[Q] / p[ETA]
    return p[Q] * (rho + rate * latency)


def quantile(mean, chance):
    """Smallest B with P(N <= B) >= 1 - chance, the largest with P(N >= B) > chance, N Poisson [units]; mean <= 10^4.

    >>> quantile(95.2, 5 / 35)
    106.0
    """
    if mean <= 0.0:
        return 0.0
    n = line_at(mean, mean, chance)
    if mean > 1e4:
        return n
    while n > 0.0 and upper_tail(n, mean, mean) <= chance:
        n -= 1.0
    while upper_tail(n + 1.0, mean, mean) > chance:
        n += 1.0
    return n


STRATEGY = Strategy(
    name="newsvendor_freeze",
    summary="freeze at the newsvendor quantile of units in flight (C12)",
    fold=fold,
    params=(
        Param("co", 55.0, 0.01, 1e6, "CNY", "cost of one unit oversold", "domain 6.2", "A"),
        Param("cu", 18.0, 0.01, 1e6, "CNY", "cost of one unit left unsold", "domain 6.2", "A"),
        Param("q", 0.85, 0.01, 1.0, "probability", "an unpaid unit is paid in the end", "domain L1", "A"),
        Param("eta", 1 / 60, 1e-5, 10.0, "1/s", "payment hazard of an unpaid unit; 1/(eta + alpha) = q/eta", "domain L1", "A"),
        Param("latency_s", 5.0, 0.0, 3600.0, "s", "from decision to no more orders", "domain 3.4: auto 0.2-2 + 1-5 s", "A"),
        Param("deduct", 2.0, 0.0, 2.0, "mode", "stock leaves 0 on order, 1 on payment, 2 as the readings show"),
        Param("unpaid_known", 1.0, 0.0, 1.0, "switch", "1 takes unpaid units from the reading, 0 from the rate"),
        Param("memory_s", 6.0, 0.5, 86400.0, "s", "e-folding time of the order rate", "played: 20 s is late in a burst"),
        Param("human_s", 0.0, 0.0, 3600.0, "s", "latency of a person for a prepare level; 0 for none"),
    ),
    memory=Z + KEPT,
    playbook="freeze_only",
)
