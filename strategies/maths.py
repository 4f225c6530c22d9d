"""Small mathematics shared by the strategies: what was sold lately, how likely the stock runs out, which level that is.

Plain scalar arithmetic on float64; a function that keeps state is given the memory array and the first of its
cells. Every function compiles as it stands. A Signal is never handed on: its 18 numbers cost some 20 ns a call.
``math.lgamma`` is avoided: its compiled twin differs in the last bits.
"""

from __future__ import annotations

import math

from strategies.contract import CALM, EMERGENCY, LINE, PREPARE

FRESH, PAYS_LATER, KEPT, FADING, RIPENING = 3, 4, 2, 3, 6
"""Cells used by :func:`fresh`, :func:`pays_later`, :func:`kept_quantile`, :func:`fading` and :func:`ripen`."""
REMEMBER = 2 + FADING
"""Cells used by :func:`remember`."""
RING = 32
"""Bucket edges a ring keeps: 30 buckets and the two edges needed to interpolate its oldest end."""
BUCKETS = 30
"""Buckets that make up one window."""
HUGE = 1e15
"""Largest whole number used [units]; beyond it a float no longer counts units."""
CLOCK, TOTAL, EDGE, EDGES = 0, 1, 2, 3
"""Offsets of a ring's cells: selling clock [s], units on it, number of the newest edge, first edge."""
RING_CELLS = EDGES + RING
"""Cells used by a ring."""


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


def pays_later(m, at, stock, orders, paid):
    """Whether stock is seen to leave on payment and not on order; False until readings tell.

    While there is stock and none is added, its fall is compared with the units ordered and with those paid meanwhile.
    Cells: stock, orders and paid at the last reading, and how much better payments have matched so far [units].
    """
    fell = m[at] - stock
    if fell >= 0.0 and stock > 0.0:
        m[at + 3] += abs(orders - m[at + 1] - fell) - abs(paid - m[at + 2] - fell)
    m[at] = stock
    m[at + 1] = orders
    m[at + 2] = paid
    return m[at + 3] > 0.0


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
    """Units that will leave carts within ``h`` [s]: K (1 - e) + k (h - d (1 - e)), e = exp(-h/d), k the rate of carting."""
    if m[at + 1] <= 0.0:
        return 0.0
    done = 1.0 - math.exp(-h / delay_s)
    return m[at + 1] * done + m[at + 1] / m[at + 2] * (h - delay_s * done)


def log_gamma(x):
    """ln Gamma(x) for x > 0 by Stirling's series after a shift to x >= 8; relative error below 1e-12.

    >>> round(log_gamma(5.0), 9)
    3.17805383
    """
    shift = 1.0
    while x < 8.0:
        shift *= x
        x += 1.0
    y = 1.0 / (x * x)
    series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * 691 / 360360))))) / x
    return (x - 0.5) * math.log(x) - x + 0.9189385332046727 + series - math.log(shift)


def normal_quantile(p):
    """z with Phi(z) = p, 0 < p < 1, absolute error below 1e-6 (Wichura 1988, AS 241, PPND7)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
        return q * top / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0)
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        z = ((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
        z /= (0.12021132975 * r + 0.73700164250) * r + 1.0
    else:
        r -= 5.0
        z = ((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150
        z /= (0.012258202635 * r + 0.24197894225) * r + 1.0
    return -z if q < 0.0 else z


def upper_tail(n, mean, variance):
    """P(N >= n) for demand with this mean and variance [units]: negative binomial, or Poisson where equal.

    The former is the incomplete beta I_x(n, size), x = 1 - mean/variance, size = mean^2/(variance - mean).

    >>> round(upper_tail(120.0, 90.0, 180.0), 6)
    0.018859
    """
    n = float(math.ceil(min(n, HUGE)))
    if n <= 0.0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if variance <= mean * 1.0001:
        return poisson_tail(n, mean)
    size = mean * mean / (variance - mean)
    x = mean / variance
    log_front = log_gamma(n + size) - log_gamma(n) - log_gamma(size) + n * math.log(1.0 - x) + size * math.log(x)
    front = math.exp(log_front)
    if (1.0 - x) * (n + size + 2.0) < n + 1.0:
        return front * beta_fraction(n, size, 1.0 - x) / n
    return 1.0 - front * beta_fraction(size, n, x) / size


def beta_fraction(a, b, x):
    """Continued fraction of the incomplete beta function by Lentz's method (DLMF 8.17.22), x < (a + 1)/(a + b + 2)."""
    c = 1.0
    d = 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    value = d
    k = 1.0
    step = 0.0
    while abs(step - 1.0) > 1e-10 and k < 500.0:
        even = k * (b - k) * x / ((a + 2.0 * k - 1.0) * (a + 2.0 * k))
        d = 1.0 / (1.0 + even * d)
        c = 1.0 + even / c
        value *= c * d
        odd = -(a + k) * (a + b + k) * x / ((a + 2.0 * k) * (a + 2.0 * k + 1.0))
        d = 1.0 / (1.0 + odd * d)
        c = 1.0 + odd / c
        step = c * d
        value *= step
        k += 1.0
    return value


def poisson_tail(n, mean):
    """P(N >= n), N Poisson: the mass is summed outward from n on the side away from the mean; n whole, mean > 0."""
    total = 0.0
    if n > mean:
        mass = math.exp(n * math.log(mean) - mean - log_gamma(n + 1.0))
        while mass > 1e-12 * total:
            total += mass
            n += 1.0
            mass *= mean / n
        return total
    n -= 1.0
    mass = math.exp(n * math.log(mean) - mean - log_gamma(n + 1.0))
    while n >= 0.0 and mass > 1e-12 * total:
        total += mass
        mass *= n / mean
        n -= 1.0
    return max(0.0, 1.0 - total)


def exceeds(stock, mean, variance, chance):
    """Whether P(N >= stock) > chance, 0 < chance < 1: the item runs out with more than this probability.

    Far from the answer the one-sided Chebyshev (Cantelli) bound decides at the cost of a multiplication, else
    :func:`runs_out`.
    """
    if stock <= 0.0:
        return True
    if mean <= 0.0:
        return False
    gap = stock - mean
    if gap > 0.0 and gap * gap * chance >= variance * (1.0 - chance):
        return False
    if gap < 0.0 and gap * gap * (1.0 - chance) > variance * chance:
        return True
    return runs_out(stock, line_at(mean, variance, chance), mean, variance, chance)


def runs_out(stock, line, mean, variance, chance):
    """As :func:`exceeds`, given ``line`` = line_at(mean, variance, chance).

    The line is right to 1 + sd/size units, size = mean^2/(variance - mean) (tests: 1e-4 <= chance <= 1 - 1e-4). Further
    off it decides; so it does where the spread is above 50 units and the law not too skew (0.01 in probability);
    otherwise the tail is computed.
    """
    if stock <= 0.0:
        return True
    if mean <= 0.0:
        return False
    off = (abs(stock - line) - 1.0) * mean * mean
    extra = variance - mean
    if off > 0.0 and off * off > variance * extra * extra:
        return stock < line
    if variance > 2500.0 and mean * mean > 10.0 * extra:
        return stock <= line
    return upper_tail(stock, mean, variance) > chance


def kept_quantile(m, at, chance):
    """Phi(z) = 1 - chance; two cells keep chance and z, and z is computed again only for another chance."""
    if m[at] != chance:
        m[at] = chance
        m[at + 1] = normal_quantile(1.0 - chance)
    return m[at + 1]


def line_at(mean, variance, chance):
    """Stock line [units] for demand with this mean and variance, 0 < chance < 1: see :func:`line_for`.

    >>> line_at(90.0, 180.0, 0.05)
    113.0
    """
    return line_for(mean, variance, chance, normal_quantile(1.0 - chance))


def line_for(mean, variance, chance, z):
    """Stock line [units]: about the largest n with P(N >= n) > chance (Cornish and Fisher 1938).

    z + (z^2 - 1) g/6 + (z^3 - 3 z) k/24 - (2 z^3 - 5 z) g^2/36, Phi(z) = 1 - chance, g the skewness and k the
    excess kurtosis: g = (2 d - 1)/sd, k = (6 d^2 - 6 d + 1)/variance, d = variance/mean (1 for the Poisson). The last
    two terms are held to half of the first or a quarter sd, as the series means little for a mean near 0, and the
    line to mean/chance, above which it cannot lie (Markov).
    """
    if mean <= 0.0:
        return 0.0
    d = variance / mean
    skew = 2.0 * d - 1.0
    cubic = z * ((z * z - 3.0) * (6.0 * d * (d - 1.0) + 1.0) / 24.0 - (2.0 * z * z - 5.0) * skew * skew / 36.0)
    sd = math.sqrt(variance)
    per_sd = 1.0 / max(0.1, sd)
    square = (z * z - 1.0) * skew / 6.0
    most = max(0.5 * abs(square), 0.25 * sd)
    x = mean + sd * z + square + max(-most, min(most, cubic * per_sd)) + 0.5
    if x * chance > mean:
        x = mean / chance
    return float(math.floor(min(max(0.0, x), HUGE)))


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
