"""What rare events allow to say: exact bounds of a probability, and of a rate whose events come in clusters.

The unit of evidence is the show. Orders of one show share one sell-out, so a hundred oversold orders of one show are one
event and not a hundred. A share of all orders is therefore split into two factors,

    rate = P(a show has any) x (events of such a show) / (mean size of a show),

the first bounded exactly (Clopper and Pearson 1934), the second by Student over the shows that have any, alpha / 2 each.
From MANY such shows on, whole shows are resampled instead (bootstrap), which is sharper.
"""

from __future__ import annotations

import math

import numpy as np

DRAWS = 1000
MANY = 30
"""Shows with an event from which on resampling shows is trusted."""


def clopper_pearson(events: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Exact one-sided bounds of a probability, each at ``level``: it lies below the first, or above the second, with a chance
    of at most 1 - level.

    >>> [round(100 * bound, 2) for bound in clopper_pearson(0, 200)]
    [0.0, 1.49]
    """
    from scipy.special import betaincinv

    if trials == 0:
        return 0.0, 1.0
    low = 0.0 if events == 0 else float(betaincinv(events, trials - events + 1, 1 - level))
    high = 1.0 if events == trials else float(betaincinv(events + 1, trials - events, level))
    return low, high


def clean_shows(limit: float, level: float = 0.95) -> int:
    """How many shows without a single event certify a probability of at most ``limit`` (the rule of three, exactly).

    >>> clean_shows(0.01), clean_shows(0.001), round(3 / 0.001)
    (299, 2995, 3000)
    """
    if limit <= 0:
        raise ValueError("no number of shows proves that a thing never happens; give a limit above 0")
    return 1 if limit >= 1 else math.ceil(math.log1p(-level) / math.log1p(-limit))


def resamples(shows: int, rng: np.random.Generator, draws: int = DRAWS) -> np.ndarray:
    """Weights of whole shows drawn with replacement, float64 [draw, show], each row of sum 1: one product with a table of shows
    gives the means of all draws, and candidates that share the weights stay paired."""
    return rng.multinomial(shows, np.full(shows, 1 / shows), size=draws) / shows if shows else np.zeros((draws, 0))


def rate_bounds(
    events: np.ndarray, size: np.ndarray, weights: np.ndarray, level: float = 0.95, least: float = 0.0, most: float = 1.0
) -> tuple[float, float]:
    """One-sided bounds, each at ``level``, of sum(events) / sum(size) over shows (float64 [show] each).

    weights: of :func:`resamples`. least, most: smallest and largest share of a show's size that its events can be, if it has
    any (orders: one order, all orders). No events in n shows is compatible with every rate up to ``most`` x
    (1 - (1 - level)^(1/n)).

    >>> none = np.zeros(299)
    >>> rate_bounds(none, none + 500, none[None])[1] < 0.01 < rate_bounds(none[1:], none[1:] + 500, none[None])[1]
    True
    """
    events, size = np.asarray(events, float), np.asarray(size, float)
    n, bad = len(events), events > 0
    mean = float(size.mean()) if n else 0.0
    if mean <= 0:
        return 0.0, most
    m = int(bad.sum())
    if m >= MANY:
        low, high = np.quantile((weights @ events) / np.maximum(weights @ size, 1e-12), [1 - level, level])
        return float(low), float(high)
    half = (1 + level) / 2
    low, high = clopper_pearson(m, n, half if m else level)
    per_show = _per_bad_show(events[bad] / mean, half, least, most)
    return low * per_show[0], min(most, high * per_show[1])


def _per_bad_show(share: np.ndarray, level: float, least: float, most: float) -> tuple[float, float]:
    """One-sided Student bounds of the mean share in shows that have any, kept within what is possible."""
    from scipy.special import stdtrit

    m = len(share)
    if m < 2:
        return (0.0 if m == 0 else least), most
    half = float(stdtrit(m - 1, level)) * float(share.std(ddof=1)) / math.sqrt(m)
    return max(least, float(share.mean()) - half), min(most, float(share.mean()) + half)


def mean_bounds(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """One-sided Student bounds, each at ``level``, of a mean over shows; no bounds below two shows."""
    from scipy.special import stdtrit

    n = len(values)
    if n < 2:
        return -math.inf, math.inf
    half = float(stdtrit(n - 1, level)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    mean = float(np.mean(values))
    return mean - half, mean + half
