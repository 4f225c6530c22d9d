"""The third generation: line and window computed live from orders, audience, carts and the run of show.

Rate now r: Gamma posterior of the orders n in a short memory, r = (k + n)/(k/u + seconds), whose prior is the usual
rate u, worth k = prior_units; u has a long memory and starts from the plan; r moves at once with the audience (within
1/3..3). Horizon by speed: h = react_s + (plan_s - react_s)/(1 + v)^2 with v = r plan_s/listed, the share gone within
plan_s: an item that flashes is watched over the reaction time only, a slow one up to plan_s, none past the show's
end. Demand within h:

    D = r f + u (h - f),  f = h fade_s/(h + fade_s)           the pace of now fades into the usual one
      + r trend (g - 1) min(h, fast_s)                        conversion trend g as in ``conversion_trend``, >= 1
      + cart_weight max(0, c R - (1 - direct_share) (r f + u (h - f)))  what carts promise beyond it (``cart_lead``)
      + cue_weight u (lift - 1) clip(h - next_cue, 0, cue_s)  a cue planned within h
      + unpaid_weight unpaid                                  where stock is seen to leave on payment

variance D + (r f)^2/(k + n) + (u (h - f))^2/(k + units in the long memory) + (cart part)^2/hits. P(N >= stock) >
chance: prepare; with h = auto_s: emergency (chance_auto). Conversion above usual by watch_z and empty within plan_s
at this pace: watch. The age of the reading is added to both horizons. While closed only the emergency counts, and the
pace of now fades into the usual one, exp(-t/fade_s), as a pulse does whether or not one sells.
"""

from __future__ import annotations

import math

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, WATCH, Param, Strategy
from strategies.maths import FADING, FRESH, PAYS_LATER, RIPENING, UNPAID, fading, fresh, ripe, ripen, still_to_leave
from strategies.tails import KEPT, exceeds, line_for, runs_out

ORDER = 140
"""Place in lists, which teach from the simplest on."""

(REACT_S, PLAN_S, CHANCE, AUTO_S, CHANCE_AUTO, FAST_S, SLOW_S, FADE_S, PRIOR_UNITS, PRIOR_S, TREND, TREND_CAP,
 CART_WEIGHT, DELAY_S, DIRECT_SHARE, CUE_WEIGHT, CUE_S, UNPAID_WEIGHT, WATCH_Z) = range(19)  # fmt: skip
SEEN = 1
CARTS = SEEN + FRESH
(FAST, FAST_S_SEEN, FAST_VIEWS, SLOW, SLOW_S_SEEN, SLOW_VIEWS, HITS, RIPENED, RATE, USUAL,
 CHANGE) = range(CARTS + RIPENING, CARTS + RIPENING + 11)  # fmt: skip
FAST_FADING = CHANGE + 1
SLOW_FADING = FAST_FADING + FADING
MODE = SLOW_FADING + FADING
Z = MODE + PAYS_LATER
LACK = Z + KEPT
PRIOR_HITS, PRIOR_CARTS = 3.0, 50.0
"""Beta(3, 47) prior of the conversion of carts (domain 2.4)."""
SHRINK = 5.0
"""Units a trend is shrunk by."""
NO_RATE = 1e-9
"""Stands in for a rate of nothing [units/s]."""
SHORTEST_SHOW_S = 600.0
"""A plan shorter than this is not believed [s]."""


def fold(p, m, s):
    """Level by the chance that demand within the live window takes all there is."""
    elapsed = s.t - m[SEEN]
    ripened = ripen(m, CARTS, elapsed, s.carts, p[DELAY_S])
    dt, units = fresh(m, SEEN, s.t, s.orders, s.stock, s.closed)
    audience = max(1.0, s.viewers)
    if dt > 0.0:
        observe(p, m, dt, units, audience * dt, ripened)
    elif s.closed > 0.5 and elapsed > 0.0:
        m[FAST] += (m[USUAL] * m[FAST_S_SEEN] - m[FAST]) * (1.0 - math.exp(-elapsed / p[FADE_S]))
    age = s.stock_age
    shut = s.closed > 0.5
    listed = max(1.0, s.initial, s.stock)
    slow = pace(p, m, s.initial, max(SHORTEST_SHOW_S, s.t + s.left), audience, listed)
    plus = still_to_leave(m, MODE, p[UNPAID_WEIGHT], s.unpaid, s.now, s.stock, s.orders, s.paid, s.stock_age - s.orders_age)
    window = p[REACT_S] + max(0.0, min(p[PLAN_S], s.left) - p[REACT_S]) * slow * slow
    mean, variance = demand(p, m, (p[AUTO_S] if shut else window) + age, s.next_cue, s.next_lift, plus)
    chance = p[CHANCE_AUTO] if shut else p[CHANCE]
    line = line_for(m, Z, mean, variance, chance)
    m[LINE] = line
    m[LACK] = m[USUAL] * max(0.0, s.left) + plus - s.stock
    if not runs_out(s.stock, line, mean, variance, chance):
        return WATCH if not shut and s.stock <= m[RATE] * p[PLAN_S] and rising(p, m) else CALM
    if shut:
        return EMERGENCY
    mean, variance = demand(p, m, p[AUTO_S] + age, s.next_cue, s.next_lift, plus)
    return EMERGENCY if exceeds(s.stock, mean, variance, p[CHANCE_AUTO]) else PREPARE


def observe(p, m, dt, units, views, ripened):
    """Add orders, seconds and viewer-seconds to the short and the long memory, hits and ripened carts to the long."""
    fading(m, FAST_FADING, dt, p[FAST_S])
    add(m, FAST, dt, units, views, m[FAST_FADING + 1], m[FAST_FADING + 2])
    fading(m, SLOW_FADING, dt, p[SLOW_S])
    w, gain = m[SLOW_FADING + 1], m[SLOW_FADING + 2]
    add(m, SLOW, dt, units, views, w, gain)
    m[HITS] = m[HITS] * w + (1.0 - p[DIRECT_SHARE]) * units * gain
    m[RIPENED] = m[RIPENED] * w + ripened * gain


def add(m, at, dt, units, views, w, gain):
    """As ``remember``, with two exposures, seconds and viewer-seconds, and the weights given."""
    m[at] = m[at] * w + units * gain
    m[at + 1] = m[at + 1] * w + dt * gain
    m[at + 2] = m[at + 2] * w + views * gain


def pace(p, m, initial, show_s, audience, listed):
    """Rate now, usual rate [units/s] and the trend beyond 1, into memory; returns 1/(1 + v)."""
    crowd = 1.0
    if m[FAST_VIEWS] > 0.0:
        crowd = min(3.0, max(1 / 3, audience * m[FAST_S_SEEN] / m[FAST_VIEWS]))
    # u = (prior_s listed/show + units)/(prior_s + seconds) = top/bottom and r = over/under: no division waits for another.
    bottom = (p[PRIOR_S] + m[SLOW_S_SEEN]) * show_s
    top = max(NO_RATE * bottom, p[PRIOR_S] * initial + m[SLOW] * show_s)
    over = crowd * ((p[PRIOR_UNITS] + m[FAST]) * top)
    under = p[PRIOR_UNITS] * bottom + m[FAST_S_SEEN] * top
    m[USUAL] = top / bottom
    m[RATE] = over / under
    m[CHANGE] = min(p[TREND_CAP], max(1.0, (m[FAST] + SHRINK) / (expected(m) + SHRINK))) - 1.0
    return listed * under / (listed * under + over * p[PLAN_S])


def expected(m):
    """Units the usual conversion would have brought into the short memory."""
    return m[SLOW] / m[SLOW_VIEWS] * m[FAST_VIEWS] if m[SLOW_VIEWS] > 0.0 else 0.0


def rising(p, m):
    """Whether conversion is above usual."""
    usual = expected(m)
    return m[FAST] - usual > p[WATCH_Z] * math.sqrt(usual + 1.0)


def demand(p, m, h, next_cue, next_lift, plus):
    """Mean and variance of demand within ``h`` seconds [units], ``plus`` included."""
    carts = ripe(m, CARTS, h, p[DELAY_S]) if p[CART_WEIGHT] > 0.0 else 0.0
    span = h * p[FADE_S] / (h + p[FADE_S])
    soon = m[RATE] * span
    later = m[USUAL] * (h - span)
    mean = soon + later + m[RATE] * p[TREND] * m[CHANGE] * min(h, p[FAST_S]) + plus
    if next_cue < h:
        peak = min(p[CUE_S], h - max(0.0, next_cue))
        mean += p[CUE_WEIGHT] * m[USUAL] * max(0.0, next_lift - 1.0) * peak
    # Factors 1/x: they are ready before what they weigh.
    variance = mean + soon * soon * (1.0 / (p[PRIOR_UNITS] + m[FAST])) + later * later * (1.0 / (p[PRIOR_UNITS] + m[SLOW]))
    if carts > 0.0:
        conversion = min(1.0, (PRIOR_HITS + m[HITS]) / (PRIOR_CARTS + m[RIPENED]))
        beyond = conversion * carts - (1.0 - p[DIRECT_SHARE]) * (soon + later)
        if beyond > 0.0:
            extra = p[CART_WEIGHT] * beyond
            mean += extra
            variance += extra + extra * extra * (1.0 / (PRIOR_HITS + m[HITS]))
    return mean, variance


STRATEGY = Strategy(
    name="smart",
    summary="line and window live from orders, audience, carts, conversion trend and the run of show: third generation",
    fold=fold,
    params=(
        Param("react_s", 90.0, 0.1, 86400.0, "s", "detection and reaction: the shortest window", "domain 3.4 push 30-180 s"),
        Param("plan_s", 900.0, 1.0, 86400.0, "s", "window of an item that hardly sells: a restock takes minutes"),
        Param("chance", 0.3, 0.0001, 0.9999, "probability", "chance of running out above which to prepare"),
        Param("auto_s", 4.0, 0.1, 86400.0, "s", "time an automatic freeze needs", "domain 3.4: 0.2-2 + 1-5 s"),
        Param("chance_auto", 0.25, 0.0001, 0.9999, "probability", "chance that is an emergency", "cu/(co + cu), domain 6.2"),
        Param("fast_s", 20.0, 0.5, 86400.0, "s", "short memory", "assumed: fewer false alerts than 10 s, recall as good"),
        Param("slow_s", 300.0, 0.5, 86400.0, "s", "long memory, one pitch to the next", "domain 2.2: 5 min a product", "H"),
        Param("fade_s", 240.0, 0.1, 86400.0, "s", "how long the pace of now lasts", "domain 2.4: a pitch lasts 240 s", "M"),
        Param("prior_units", 1.0, 0.001, 1000.0, "units", "weight of the usual rate in the rate now"),
        Param("prior_s", 60.0, 0.01, 86400.0, "s", "weight of the planned rate in the usual rate"),
        Param("trend", 0.25, 0.0, 10.0, "weight", "weight of the conversion trend; 0 ignores it"),
        Param("trend_cap", 2.4, 1.0, 100.0, "ratio", "largest trend used", "domain 2.4: a pitch lifts 2.4 x", "M"),
        Param("cart_weight", 0.5, 0.0, 10.0, "weight", "weight of what carts promise; 0 ignores carts"),
        Param("delay_s", 65.0, 0.1, 86400.0, "s", "mean delay from cart to order: median 45 s", "domain 2.4", "A"),
        Param("direct_share", 0.76, 0.0, 1.0, "share of orders", "orders that never saw a cart", "domain 2.3 [UB]", "M"),
        Param("cue_weight", 1.0, 0.0, 10.0, "weight", "trust in the run of show; 0 ignores it"),
        Param("cue_s", 30.0, 0.0, 3600.0, "s", "seconds at peak a cue is worth: e tau of a link drop", "domain 2.4", "A"),
        UNPAID,
        Param("watch_z", 5.0, 0.0, 100.0, "sd", "how far conversion must be above usual to watch", "assumed: 4 cries wolf"),
    ),
    memory=LACK + 1,
    lack=LACK,
    playbook="standard",
)
