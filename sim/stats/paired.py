"""Comparing strategies on shared tapes: paired differences, what pairing gained, and what rare events allow to say.

Two policies that ran on the same tape met the same shoppers, so the difference within a pair has far less variance
than the difference of two means (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

LEVEL = 0.95
"""Confidence of every interval."""


class Difference(NamedTuple):
    """n: pairs. mean: of a - b; low, high: its interval (NaN below two pairs). variance_ratio: var(a) + var(b) over
    var(a - b), how many times more shows unpaired runs would need; inf where all differences are equal."""

    n: int
    mean: float
    low: float
    high: float
    variance_ratio: float


def difference(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray, level: float = LEVEL) -> Difference:
    """Paired difference a - b with the interval of every table, by :func:`tailed`: Student's, wider where a difference has a
    tail; pairs with a NaN are left out.

    >>> difference([3.0, 5.0, 4.0], [1.0, 2.0, 3.0])[:2]
    (3, 2.0)
    """
    pairs = np.array([a, b], float)
    pairs = pairs[:, ~np.isnan(pairs).any(0)]
    d, n = pairs[0] - pairs[1], pairs.shape[1]
    if n < 2:
        return Difference(n, float(d.mean()) if n else math.nan, math.nan, math.nan, math.nan)
    mean, spread = float(d.mean()), float(d.var(ddof=1))
    half = half_width(d, level)
    apart = float(pairs.var(1, ddof=1).sum())
    gained = apart / spread if spread > 0 else (math.inf if apart > 0 else math.nan)
    return Difference(n, mean, mean - half, mean + half, gained)


def mean_of(values: Any, level: float = LEVEL) -> tuple[float, float, float]:
    """Mean of one sample and its interval, as :func:`difference` has it; what is not finite is left out. values: numbers of
    any kind, float64 [show].

    >>> mean_of([4.0, 4.0, math.inf])
    (4.0, 4.0, 4.0)
    """
    held = np.asarray(values, float)
    held = held[np.isfinite(held)]
    return difference(held, np.zeros(len(held)), level)[1:4]


def share(part: np.ndarray, whole: np.ndarray, level: float = LEVEL) -> tuple[float, float, float]:
    """Ratio of two sums over shows, and its interval by the linearised variance of a ratio (Cochran 1977, 6.3), for whole shows.

    NaN where the whole is nothing; ends NaN below two shows.

    >>> share(np.array([1.0, 1.0]), np.array([2.0, 2.0]))
    (0.5, 0.5, 0.5)
    """
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    n, total = len(part), float(whole.sum())
    if total == 0:
        return math.nan, math.nan, math.nan
    ratio = float(part.sum()) / total
    if n < 2:
        return ratio, math.nan, math.nan
    half = half_width((part - ratio * whole) / (total / n), level)
    return ratio, ratio - half, ratio + half


def half_width(values: np.ndarray, level: float = LEVEL) -> float:
    """Half the width of the two-sided interval of a mean, the same in every table; NaN below two shows."""
    if len(values) < 2:
        return math.nan
    sampling, rare = _widths(values, (1 - level) / 2)
    return float(sampling / math.sqrt(len(values)) + rare / len(values))


def student(level: float, df: int) -> float:
    """Two-sided Student quantile.

    >>> round(student(0.95, 9), 4)
    2.2622
    """
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def tailed(values: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of every column and one-sided bounds at ``alpha`` each way; values: float64 [show] or [show, column].

    Student's, widened where a column has a tail beyond 3 standard deviations: by that excess times ln(1/alpha) / n, the range
    term of Bernstein's bound. On costs and rates with rare large shows Student's bound alone misses far too often.
    """
    n, mean = len(values), values.mean(0)
    if n < 2:
        return mean, mean - np.inf, mean + np.inf
    sampling, rare = _widths(values, alpha)
    half = sampling / np.sqrt(n) + rare / n
    return mean, mean - half, mean + half


def _widths(values: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """The two parts of a bound's distance from the mean: what falls with ``sqrt(n)`` and what falls with ``n``."""
    from scipy.special import stdtrit

    sd = values.std(0, ddof=1)
    tail = np.maximum(0.0, np.abs(values - values.mean(0)).max(0) - 3 * sd)
    return float(stdtrit(len(values) - 1, 1 - alpha)) * sd, tail * np.log(1 / alpha)


def shows_for(values: np.ndarray, alpha: float, width: float, miss: float) -> int:
    """Shows after which a bound of :func:`tailed` lies within ``width`` of the true mean, but for a probability of ``miss``, if
    spread and tail stay what they are; values: float64 [show]. width: above 0.

    >>> show = np.array([1.0, -1.0] * 50)
    >>> shows_for(show, 0.025, 0.2, 0.5), shows_for(show, 0.025, 0.2, 0.2)
    (100, 202)
    """
    from scipy.special import ndtri

    sampling, rare = map(float, _widths(values, alpha))
    sampling += float(ndtri(1 - miss)) * float(values.std(ddof=1))
    root = (sampling + math.sqrt(sampling**2 + 4 * rare * width)) / (2 * width)
    return math.ceil(root**2)


def wilson(events: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson interval of a probability: 0 of 200 shows oversold still means up to 1.9 %.

    >>> low, high = wilson(0, 200)
    >>> low, round(100 * high, 1)
    (0.0, 1.9)
    """
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p, shrink = events / trials, 1 + z * z / trials
    centre = (p + z * z / (2 * trials)) / shrink
    half = z / shrink * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    return 0.0 if events == 0 else max(0.0, centre - half), 1.0 if events == trials else min(1.0, centre + half)
