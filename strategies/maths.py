"""Small bookkeeping shared by the strategies: what was sold lately, which level that is.

Plain scalar arithmetic on float64; a function that keeps state is given the memory array and the first of its
cells. Every function compiles as it stands. A Signal is never handed on: its twenty numbers cost some 20 ns a call.
``math.lgamma`` is avoided: its compiled twin differs in the last bits.
"""

from __future__ import annotations

import math

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE, Param

FRESH, PAYS_LATER, FADING, RIPENING = 3, 6, 3, 6
"""Cells used by :func:`fresh`, :func:`pays_later`, :func:`fading` and :func:`ripen`."""
REMEMBER = 2 + FADING
"""Cells used by :func:`remember`."""
RING = 32
"""Bucket edges a ring keeps: 30 buckets and the two edges needed to interpolate its oldest end."""
TOGETHER_S = 0.5
"""Stock and orders this close in time are of one moment [s]."""
STRETCH = 10.0
"""Stock and orders further apart are compared over this many times the distance."""
TOO_FAR_S = 20.0
"""Further apart they tell nothing: the ends of a stretch would hold bursts of their own [s]."""
ADDED = 10.0
"""A rise of more is stock that was added [units]."""
UNPAID = Param("unpaid_weight", 0.85, 0.0, 1.0, "share", "unpaid units that get paid, where that takes stock", "domain L1")
"""The setting of every strategy that uses :func:`still_to_leave`."""
BUCKETS = 30
"""Buckets that make up one window."""
CLOCK, TOTAL, EDGE, EDGES = 0, 1, 2, 3
"""Offsets of a ring's cells: selling clock [s], units on it, number of the newest edge, first edge."""
RING_CELLS = EDGES + RING
"""Cells used by a ring."""


def night(hour):
    """How deep the night is at an hour of the day: 1 at 4 h, 0 from 10 h to 22 h, a cosine between.

    >>> night(4.0), round(night(1.0), 4), night(20.0)
    (1.0, 0.7071, 0.0)
    """
    return max(0.0, math.cos(math.pi * (hour - 4.0) / 12.0))


def fresh(m, at, t, orders, stock, closed):
    """Selling time [s] since the last reading and units ordered in it; (0, 0) where nothing can be learnt.

    An interval that touches a freeze or an empty shelf says nothing about demand (it is censored), so it is
    skipped: a strategy never concludes that demand vanished because sales were stopped. Starts at t = 0, 0 orders.
    """
    shut = 1.0 if closed > 0.5 or stock <= 0.0 else 0.0
    dt = t - m[at]
    units = orders - m[at + 1]
    idle = shut + m[at + 2]
    m[at] = t
    m[at + 1] = orders
    m[at + 2] = shut
    if dt <= 0.0 or idle > 0.0:
        return 0.0, 0.0
    return dt, max(0.0, units)


def pays_later(m, at, now, stock, orders, paid, apart_s):
    """Whether stock is seen to leave on payment and not on order; False until readings tell.

    While there is stock and none is added, its fall is compared with the units ordered and with those paid meanwhile. Figures
    more than TOGETHER_S apart in time (``apart_s``) are compared over stretches so long that the ends hardly matter; more than
    TOO_FAR_S apart they tell nothing.
    Cells: stock, orders and paid where the comparison starts from, how much better payments have matched so far [units], the
    fall since, and when it started.
    """
    apart = abs(apart_s)
    if apart > TOO_FAR_S:
        return m[at + 3] > 0.0
    fell = m[at] - stock
    since = m[at + 4] + fell
    if apart > TOGETHER_S and fell >= -ADDED and now - m[at + 5] < STRETCH * apart:
        m[at] = stock
        m[at + 4] = since
        return m[at + 3] > 0.0
    if since >= 0.0 and stock > 0.0 and fell >= -ADDED:
        m[at + 3] += abs(orders - m[at + 1] - since) - abs(paid - m[at + 2] - since)
    m[at] = stock
    m[at + 1] = orders
    m[at + 2] = paid
    m[at + 4] = 0.0
    m[at + 5] = now
    return m[at + 3] > 0.0


def still_to_leave(m, at, weight, unpaid, now, stock, orders, paid, apart_s):
    """Unpaid units that stock has yet to give: ``weight`` of them where it leaves on payment, else 0 [units].

    Cells and ``apart_s`` as in :func:`pays_later`. Where stock leaves on order they have left already.
    """
    return weight * unpaid if pays_later(m, at, now, stock, orders, paid, apart_s) else 0.0


def grade(m, stock, closed, line, emergency):
    """Level of the stock against a line and an emergency line [units]; notes the line in use.

    While the SKU is closed nothing sells and only the emergency line counts: the question is whether to reopen.
    """
    shut = closed > 0.5
    m[LINE] = emergency if shut else line
    if stock <= emergency:
        return EMERGENCY
    return PREPARE if stock <= line and not shut else CALM


def fading(m, at, dt, memory_s):
    """Weights over ``dt`` > 0 [s] of what is forgotten with e-folding time ``memory_s`` [s], into two cells.

    w = exp(-dt/tau) of what was there, r = tau (1 - w)/dt of what came in (arrivals spread over dt). Most readings are
    equally far apart: cell ``at`` has the dt they were computed for, and they are computed again only for another.
    """
    if dt != m[at]:
        w = math.exp(-dt / memory_s)
        m[at] = dt
        m[at + 1] = w
        m[at + 2] = memory_s * (1.0 - w) / dt


def remember(m, at, dt, units, base, memory_s):
    """Add ``units`` and their exposure ``base`` to two cells that forget with e-folding time ``memory_s`` [s].

    C <- w C + x r,  B <- w B + base r, weights as in :func:`fading` (three more cells), so that C/B is the
    bias-corrected EWMA with alpha = 1 - w: variance factor alpha/(2 - alpha) (domain T20).
    """
    if dt <= 0.0:
        return
    fading(m, at + 2, dt, memory_s)
    w, r = m[at + 3], m[at + 4]
    m[at] = m[at] * w + units * r
    m[at + 1] = m[at + 1] * w + base * r


def ripen(m, at, elapsed, carts, delay_s):
    """Units that left carts, ordered or given up, in ``elapsed`` [s], each after an exponential delay of mean ``delay_s``.

    Cells: units carted so far, units K still undecided, the exposure that makes K/exposure the rate of carting, weights.
    """
    added = max(0.0, carts - m[at])
    before = m[at + 1]
    m[at] = carts
    remember(m, at + 1, elapsed, added, elapsed, delay_s)
    return max(0.0, before + added - m[at + 1])


def ripe(m, at, h, delay_s):
    """Units that will leave carts within ``h`` [s]: k h + (K - k d) (1 - exp(-h/d)), k the rate of carting, d the delay."""
    if m[at + 1] <= 0.0:
        return 0.0
    rate = m[at + 1] / m[at + 2]
    rest = m[at + 1] - rate * delay_s
    return rate * h + rest - rest * math.exp(h * (-1.0 / delay_s))


def roll(m, at, dt, units, window_s):
    """Advance a ring's selling clock by ``dt`` [s] and its total by ``units``; True when a bucket was completed.

    The ring keeps cumulative units at the edges of ``BUCKETS`` equal buckets of the window, interpolated where
    readings are far apart, so that a window is read in O(1) however long it is.
    """
    start = m[at + CLOCK]
    before = m[at + TOTAL]
    m[at + CLOCK] = start + dt
    m[at + TOTAL] = before + units
    width = window_s / BUCKETS
    newest = math.floor(m[at + CLOCK] / width)
    oldest = math.floor(m[at + EDGE]) + 1
    if newest < oldest:
        return False
    for edge in range(max(oldest, newest - RING + 1), newest + 1):
        m[at + EDGES + edge % RING] = before + units * min(1.0, (edge * width - start) / dt)
    m[at + EDGE] = newest
    return True


def window_rate(m, at, window_s):
    """Units per second over the last ``window_s`` of selling time, or over all of it while that is shorter."""
    clock = m[at + CLOCK]
    start = clock - window_s
    if clock <= 0.0:
        return 0.0
    if start <= 0.0:
        return m[at + TOTAL] / clock
    place = start * BUCKETS / window_s
    edge = math.floor(place)
    low = m[at + EDGES + edge % RING]
    high = m[at + EDGES + (edge + 1) % RING]
    return max(0.0, m[at + TOTAL] - low - (place - edge) * (high - low)) / window_s


def window_slope(m, at, window_s):
    """Least-squares slope [units/s] of cumulative units over the window's bucket edges; 0 before two of them."""
    newest = math.floor(m[at + EDGE])
    count = min(newest, BUCKETS)
    if count < 1:
        return 0.0
    middle = 0.5 * count
    top = 0.0
    for i in range(count + 1):
        top += (i - middle) * m[at + EDGES + (newest - count + i) % RING]
    bottom = count * (count + 1.0) * (count + 2.0) / 12.0
    return max(0.0, top / bottom * BUCKETS / window_s)
