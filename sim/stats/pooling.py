"""Several nights of one quantity: what the next one is to be expected at, updated night by night (random effects)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

BEFORE = 2.0
"""How many nights the spread known beforehand counts for."""


@dataclass(frozen=True)
class NightPrior:
    """What some nights say of the next. mean: of the quantity; error: its standard error; between: standard deviation from night
    to night; freedom: degrees of freedom of the spread. All on the quantity's own scale (a log, as a rule)."""

    nights: int
    mean: float
    error: float
    between: float
    freedom: float

    def band(self, level: float = 0.9) -> tuple[float, float]:
        """Where the next night lies with this probability."""
        from scipy import stats

        half = float(stats.t.ppf(0.5 + level / 2, self.freedom)) * float(np.hypot(self.between, self.error))
        return self.mean - half, self.mean + half

    def known(self, level: float = 0.95) -> tuple[float, float]:
        """Where the mean over all nights lies."""
        from scipy import stats

        half = float(stats.t.ppf(0.5 + level / 2, self.freedom)) * self.error
        return self.mean - half, self.mean + half

    def log_score(self, seen: float, error: float) -> float:
        """Log density that this gave to a night then ``seen`` with a standard error of its own."""
        from scipy import stats

        scale = float(np.sqrt(self.between**2 + self.error**2 + error**2))
        return float(stats.t.logpdf(seen, self.freedom, self.mean, scale))


def pooled(values: np.ndarray, errors: np.ndarray, before: float) -> NightPrior:
    """The prior for the next night from the nights so far (one or more).

    values, errors: of each night, its estimate and standard error. before: standard deviation between nights known beforehand;
    it counts as BEFORE nights (a scaled inverse chi-square prior), so that one night alone has a band. The variance between
    nights is that of DerSimonian & Laird 1986 (Controlled Clinical Trials 7), ``max(0, (Q - (n - 1)) / (sum w - sum w^2 / sum
    w))`` with ``w = 1 / error^2``; the mean is weighted by ``1 / (between^2 + error^2)``.

    >>> made = pooled(np.array([1.0, 1.0, 4.0, 4.0]), np.full(4, 0.01), before=1.0)
    >>> round(made.mean, 3), round(made.between**2, 3), made.nights
    (2.5, 2.2, 4)
    """
    n, w = len(values), errors**-2.0
    spread = 0.0
    if n > 1:
        spread = max(0.0, (cochran(values, errors) - (n - 1)) / float(w.sum() - (w**2).sum() / w.sum()))
    freedom = BEFORE + n - 1
    between = float(np.sqrt((BEFORE * before**2 + (n - 1) * spread) / freedom))
    w = 1.0 / (between**2 + errors**2)
    mean = float((w * values).sum() / w.sum())
    return NightPrior(n, mean, float(w.sum() ** -0.5), between, freedom)


def cochran(values: np.ndarray, errors: np.ndarray) -> float:
    """Cochran's Q: chi-square with n - 1 degrees of freedom where all nights have one value (Cochran 1954).

    >>> cochran(np.array([0.0, 2.0]), np.ones(2))
    2.0
    """
    w = errors**-2.0
    mean = (w * values).sum() / w.sum()
    return float((w * (values - mean) ** 2).sum())


def between_interval(values: np.ndarray, errors: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Where the standard deviation between nights lies, by the generalised Cochran statistic (Q-profile: Viechtbauer 2007,
    Statistics in Medicine 26).

    values, errors: of three nights or more, each one's estimate and standard error. 0 at the lower end where chance may explain
    what differs. Nights that differ by less than chance leave as much open as nights that differ by chance.

    >>> low, high = between_interval(np.array([-0.6, -0.2, 0.2, 0.6]), np.full(4, 0.01))
    >>> round(low, 3), round(high, 3)
    (0.292, 1.925)
    >>> low, high = between_interval(np.zeros(4), np.full(4, 0.1))
    >>> low, 0.3 < high < 0.4
    (0.0, True)
    """
    from scipy import stats
    from scipy.optimize import brentq

    n = len(values)
    least, most = (float(stats.chi2.ppf(p, n - 1)) for p in ((1 - level) / 2, (1 + level) / 2))
    lack = max(0.0, n - 1 - cochran(values, errors))

    def excess(sd: float, goal: float) -> float:
        wide = np.hypot(sd, errors)
        return cochran(values, wide) + lack * float(((errors / wide) ** 2).mean()) - goal

    far = math.sqrt(n / least) * float(np.ptp(values) + errors.max()) * 2
    low = 0.0 if excess(0.0, most) <= 0 else float(brentq(excess, 0.0, far, (most,)))
    return low, float(brentq(excess, 0.0, far, (least,)))
