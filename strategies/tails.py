"""How likely stock runs out: tails and quantiles of Poisson and gamma-Poisson demand.

Plain scalar arithmetic that compiles as it stands; ``math.lgamma`` is avoided: its compiled twin differs in the last bits.
"""

from __future__ import annotations

import math

KEPT = 4
"""Cells used by :func:`line_for`."""
HUGE = 1e15
"""Largest whole number used [units]; beyond it a float no longer counts units."""


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
    if abs(stock - line) > 1.0 + math.sqrt(variance) * (variance / mean - 1.0) / mean:
        return stock < line
    if variance > 2500.0 and mean * mean > 10.0 * (variance - mean):
        return stock <= line
    return upper_tail(stock, mean, variance) > chance


def line_at(mean, variance, chance):
    """Stock line [units] for demand with this mean and variance, 0 < chance < 1: see :func:`line_from`.

    >>> line_at(90.0, 180.0, 0.05)
    113.0
    """
    z = normal_quantile(1.0 - chance)
    return line_from(mean, variance, chance, z, bend(z), slant(z))


def line_for(m, at, mean, variance, chance):
    """The same; four cells keep the chance and what follows from it, which is computed again only for another."""
    if m[at] != chance:
        z = normal_quantile(1.0 - chance)
        m[at] = chance
        m[at + 1] = z
        m[at + 2] = bend(z)
        m[at + 3] = slant(z)
    return line_from(mean, variance, chance, m[at + 1], m[at + 2], m[at + 3])


def bend(z):
    """Factor of 2 d - 1 in :func:`line_from`, (z^2 - 1)/6."""
    return (z * z - 1.0) / 6.0


def slant(z):
    """Factor of d (d - 1)/sd in :func:`line_from`, z (z^2 - 7)/36."""
    return z * (z * z - 7.0) / 36.0


def line_from(mean, variance, chance, z, b, c):
    """Stock line [units]: about the largest n with P(N >= n) > chance (Cornish and Fisher 1938).

    With Phi(z) = 1 - chance, d = variance/mean (1 for the Poisson), b = (z^2 - 1)/6 and c = z (z^2 - 7)/36:

        mean + sd z + b (2 d - 1) + (c d (d - 1) - z b/12)/sd + 1/2

    which is z + (z^2 - 1) g/6 + (z^3 - 3 z) k/24 - (2 z^3 - 5 z) g^2/36 for skewness g = (2 d - 1)/sd and excess kurtosis
    k = (6 d^2 - 6 d + 1)/variance. The last correction is held to half of the first or a quarter sd, as the series means little
    for a mean near 0, and the line to mean/chance, above which it cannot lie (Markov).
    """
    if mean <= 0.0:
        return 0.0
    d = variance / mean
    sd = math.sqrt(variance)
    per_sd = min(10.0, sd * (1.0 / variance))  # so written, the division does not wait for the root
    first = b * (2.0 * d - 1.0)
    most = max(0.5 * abs(first), 0.25 * sd)
    last = (c * d * (d - 1.0) - z * b * (1.0 / 12.0)) * per_sd
    x = mean + sd * z + 0.5 + first + max(-most, min(most, last))
    return whole(max(0.0, min(x, min(mean / chance, HUGE))))


def whole(x):
    """``x`` rounded down, as a float; compiled, it is one step of the processor (``sim/engine/folds.py``)."""
    return float(math.floor(x))
