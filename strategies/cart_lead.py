"""C13: orders that the carts announce. Carts lead orders, with a conversion that must be learnt as the show runs.

Of each unit put in a cart a share c is ordered after an exponential delay of mean d: the one delay law whose memory
is a single number, the units still undecided, K <- K exp(-dt/d) + new ones. Expected orders within h, carts arriving
at rate k:

    D = base h + c R,   R = K (1 - exp(-h/d)) + k (h - d (1 - exp(-h/d)))

which is the convolution of domain C13/T25 plus the carts still to come. A share ``direct_share`` of orders never saw
a cart and makes the base rate; the others are hits out of the carts that ripened: c = (prior_hits + hits)/(prior_hits
+ prior_misses + ripened), the mean of a Beta. ``learn`` = 0 keeps the prior, which shows the cart mirage. Variance
D + R^2 var(c) + (base h)^2/units seen; where stock is seen to leave on payment unpaid_weight of the unpaid units comes on top
of both. Out within horizon_s with probability > chance: prepare; within emergency_s: emergency; stock within watch_factor
lines: watch.
"""

from __future__ import annotations

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, WATCH, Param, Strategy
from strategies.maths import FRESH, PAYS_LATER, REMEMBER, RIPENING, UNPAID, fresh, remember, ripe, ripen, still_to_leave
from strategies.tails import KEPT, exceeds, line_for, runs_out

ORDER = 100
"""Place in lists, which teach from the simplest on."""

(HORIZON_S, EMERGENCY_S, CHANCE, WATCH_FACTOR, LEARN, PRIOR_HITS, PRIOR_MISSES, DELAY_S, DIRECT_SHARE, MEMORY_S,
 CONVERSION_MEMORY_S, UNPAID_WEIGHT) = range(12)  # fmt: skip
SEEN = 1
CARTS = SEEN + FRESH
UNITS = CARTS + RIPENING
SECONDS = UNITS + 1
HITS = UNITS + REMEMBER
RIPENED = HITS + 1
MODE = HITS + REMEMBER
Z = MODE + PAYS_LATER


def fold(p, m, s):
    """Level by the orders that pending carts and direct buyers will place."""
    ripened = ripen(m, CARTS, s.t - m[SEEN], s.carts, p[DELAY_S])
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    remember(m, UNITS, dt, units, dt, p[MEMORY_S])
    remember(m, HITS, dt, (1.0 - p[DIRECT_SHARE]) * units, ripened, p[CONVERSION_MEMORY_S])
    plus = still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    age = s.stock_age
    shut = s.closed > 0.5
    mean, variance = forecast(p, m, (p[EMERGENCY_S] if shut else p[HORIZON_S]) + age, plus)
    line = line_for(m, Z, mean, variance, p[CHANCE])
    m[LINE] = line
    if not runs_out(s.stock, line, mean, variance, p[CHANCE]):
        return WATCH if s.stock <= p[WATCH_FACTOR] * line and not shut else CALM
    if shut:
        return EMERGENCY
    mean, variance = forecast(p, m, p[EMERGENCY_S] + age, plus)
    return EMERGENCY if exceeds(s.stock, mean, variance, p[CHANCE]) else PREPARE


def forecast(p, m, h, plus):
    """Mean and variance of the orders within ``h`` seconds and of ``plus`` more [units]."""
    leaving = ripe(m, CARTS, h, p[DELAY_S])
    hits = p[PRIOR_HITS]
    trials = p[PRIOR_HITS] + p[PRIOR_MISSES]
    if p[LEARN] > 0.5:
        hits += m[HITS]
        trials += m[RIPENED]
    conversion = min(1.0, hits / trials)
    base = p[DIRECT_SHARE] * m[UNITS] / m[SECONDS] * h if m[SECONDS] > 0.0 else 0.0
    mean = base + conversion * leaving
    doubt = leaving * leaving * conversion * (1.0 - conversion) / (trials + 1.0) + base * base / (m[UNITS] + 1.0)
    return mean + plus, mean + doubt + plus


STRATEGY = Strategy(
    name="cart_lead",
    summary="orders announced by carts, with a conversion learnt online, plus direct buyers (C13)",
    fold=fold,
    params=(
        Param("horizon_s", 90.0, 0.1, 86400.0, "s", "how far ahead it prepares", "domain 3.4 push 30-180 s"),
        Param("emergency_s", 10.0, 0.1, 86400.0, "s", "how far ahead it is an emergency"),
        Param("chance", 0.1, 0.0001, 0.9999, "probability", "chance of running out above which it speaks"),
        Param("watch_factor", 2.0, 1.0, 100.0, "ratio", "watch at this multiple of the line"),
        Param("learn", 1.0, 0.0, 1.0, "switch", "1 learns the conversion, 0 keeps the prior mean"),
        Param("prior_hits", 3.0, 0.0001, 1e6, "units", "prior units ordered from carts", "domain 2.4 Beta(3, 47)", "M"),
        Param("prior_misses", 47.0, 0.0001, 1e6, "units", "prior units left in carts", "domain 2.4 Beta(3, 47)", "M"),
        Param("delay_s", 65.0, 0.1, 86400.0, "s", "mean delay from cart to order: median 45 s", "domain 2.4", "A"),
        Param("direct_share", 0.76, 0.0, 1.0, "share of orders", "orders that never saw a cart", "domain 2.3 [UB]", "M"),
        Param("memory_s", 30.0, 0.5, 86400.0, "s", "e-folding time of the order rate"),
        Param("conversion_memory_s", 600.0, 1.0, 86400.0, "s", "e-folding time of hits and carts ripened"),
        UNPAID,
    ),
    memory=Z + KEPT,
    playbook="standard",
)
