"""Lags as histograms of fixed size: quantiles to within 4 %, the largest exactly, whatever the length of the show."""

from __future__ import annotations

from typing import Any

import numpy as np

PER_DECADE, LEAST_S, DECADES = 30, 1e-6, 13
"""Bins: 30 a decade from 1 us on, to four months; what is shorter falls into the first, what is longer into the last."""
QUANTILES = (50, 95, 99)


class Lag:
    """How long something took, many times over.

    >>> lag = Lag()
    >>> lag.add(np.full(99, 0.010)); lag.add(np.array([2.5]))
    >>> lag.summary()["n"], round(lag.summary()["p50"], 3), lag.summary()["max"]
    (100, 0.01, 2.5)
    """

    def __init__(self) -> None:
        self.bins = np.zeros(PER_DECADE * DECADES, np.int64)
        self.longest, self.ahead = 0.0, 0

    def add(self, seconds: np.ndarray) -> None:
        """Note durations [s]; one below 0 (two clocks that disagree) is counted in ``ahead`` alone."""
        good = seconds[seconds >= 0]
        self.ahead += len(seconds) - len(good)
        if len(good):
            place = np.log10(np.maximum(good, LEAST_S) / LEAST_S) * PER_DECADE
            self.bins += np.bincount(np.minimum(place.astype(np.int64), len(self.bins) - 1), minlength=len(self.bins))
            self.longest = max(self.longest, float(good.max()))

    def several(self, seconds: float, times: int) -> None:
        """Note one duration [s] many times."""
        place = int(np.log10(max(seconds, LEAST_S) / LEAST_S) * PER_DECADE)
        self.bins[min(place, len(self.bins) - 1)] += times
        self.longest = max(self.longest, seconds)

    def quantile(self, percent: float) -> float:
        """The middle of the bin that holds the quantile [s]; 0 where nothing was noted."""
        total = int(self.bins.sum())
        if not total:
            return 0.0
        at = int(np.searchsorted(np.cumsum(self.bins), percent / 100 * total))
        return min(LEAST_S * 10 ** ((at + 0.5) / PER_DECADE), self.longest)

    def summary(self) -> dict[str, Any]:
        """Counts and quantiles [s] as plain data."""
        figures: dict[str, Any] = {"n": int(self.bins.sum()), **{f"p{q}": self.quantile(q) for q in QUANTILES}}
        return figures | {"max": self.longest, "negative": self.ahead}

    def state(self) -> np.ndarray:
        """For the state file."""
        return np.concatenate([self.bins.astype(np.float64), [self.longest, self.ahead]])

    def restore(self, state: np.ndarray) -> None:
        """Go on from :meth:`state`."""
        self.bins = state[:-2].astype(np.int64)
        self.longest, self.ahead = float(state[-2]), int(state[-1])
