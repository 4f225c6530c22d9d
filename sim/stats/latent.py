"""Sums of stationary Ornstein-Uhlenbeck processes on equal bins: precision, its banded algebra, and a filter for counts.

A process of log standard deviation sd and time constant tau is Markov, so the precision of k of them, interleaved bin by bin, has
k bands, and whatever needs its factor costs O(bins k^2) (Rue & Held 2005, Gaussian Markov Random Fields, 2.4).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Process(NamedTuple):
    """One Ornstein-Uhlenbeck process: standard deviation, time constant [s]."""

    sd: float
    tau_s: float


def averaged(p: Process, bin_s: float) -> Process:
    """The process of the means of another over bins: as variable as those are, and as like from one bin to the next. With
    x = bin/tau the variance of a mean is ``2 (x - 1 + e^-x)/x^2`` of the process's, neighbours share ``(1 - e^-x)^2/x^2`` of it.

    >>> [round(v, 4) for v in averaged(Process(1.0, 600.0), 300.0)], averaged(Process(0.5, 1e9), 60.0)
    ([0.9232, 939.47], Process(sd=0.5, tau_s=1000000000.0))
    """
    x = bin_s / p.tau_s
    if x < 1e-4:
        return p
    own, next_to = 2 * (x + math.expm1(-x)) / x**2, (math.expm1(-x) / x) ** 2
    return Process(p.sd * math.sqrt(own), -bin_s / math.log(next_to / own))


def precision(parts: tuple[Process, ...], bins: int, bin_s: float) -> np.ndarray:
    """Precision of the stationary processes as upper bands [1 + processes, bins x processes]: with ``phi = e^(-bin/tau)`` and
    ``q = 1/(sd^2 (1 - phi^2))`` the diagonal is ``q (1 + phi^2)``, ``q`` at both ends, and the band ``-q phi``.

    >>> precision((Process(2.0, 60.0),), 1, 60.0).round(3).tolist()
    [[0.0], [0.25]]
    """
    k = len(parts)
    band = np.zeros((k + 1, bins * k))
    for c, p in enumerate(parts):
        phi = math.exp(-bin_s / p.tau_s)
        inner = 1 / (p.sd**2 * -math.expm1(-2 * bin_s / p.tau_s))
        diag = np.full(bins, inner * (1 + phi**2))
        diag[0] = diag[-1] = inner if bins > 1 else 1 / p.sd**2
        band[k, c::k] = diag
        band[0, c + k :: k] = -inner * phi
    return band


def times(band: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The precision of :func:`precision` times a vector.

    >>> times(precision((Process(2.0, 60.0),), 1, 60.0), np.array([8.0])).tolist()
    [2.0]
    """
    k = len(band) - 1
    return band[k] * x + np.concatenate([band[0, k:] * x[k:], np.zeros(k)]) + np.concatenate([np.zeros(k), band[0, k:] * x[:-k]])


def tied(band: np.ndarray, info: np.ndarray) -> np.ndarray:
    """The precision plus what counts tell of the sum of the processes in every bin; ``info`` [bin] ties those of one bin.

    >>> tied(precision((Process(1.0, 1.0), Process(2.0, 1.0)), 1, 1.0), np.array([3.0])).round(2).tolist()
    [[0.0, 0.0], [0.0, 3.0], [4.0, 3.25]]
    """
    k = len(band) - 1
    free = band.copy()
    free[k] += np.repeat(info, k)
    for c in range(k):
        for j in range(1, k - c):
            free[k - j, c + j :: k] += info
    return free


def sum_variances(factor: np.ndarray, k: int) -> np.ndarray:
    """Variance of the sum of ``k`` processes in every bin, from the upper banded Cholesky factor U of their precision: the
    recursion of Takahashi, Fagan & Chen (1973).

    >>> from scipy.linalg import cholesky_banded
    >>> sum_variances(cholesky_banded(precision((Process(1.0, 9.0), Process(2.0, 9.0)), 2, 1.0)), 2).round(6).tolist()
    [5.0, 5.0]
    """
    reach, n = len(factor) - 1, factor.shape[1]
    covariances = np.zeros((n + reach, reach + 1))
    for i in range(n - 1, -1, -1):
        pull = [factor[reach - j, i + j] / factor[reach, i] if i + j < n else 0.0 for j in range(1, reach + 1)]
        for j in range(reach, -1, -1):
            total = 1 / factor[reach, i] ** 2 if j == 0 else 0.0
            for step in range(1, reach + 1):
                low, high = min(step, j), max(step, j)
                total -= pull[step - 1] * covariances[i + low, high - low]
            covariances[i, j] = total
    variances = covariances[:n, 0].reshape(-1, k).sum(1)
    for c in range(k):
        for j in range(1, k - c):
            variances += 2 * covariances[c:n:k, j]
    return variances


NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(24)


def filtered(parts: tuple[Process, ...], bin_s: float, seen: np.ndarray, due: np.ndarray) -> np.ndarray:
    """Log of the chance of the counts of every bin given those before it, but for ``seen log due - log seen!`` terms that the
    processes do not touch: float64 [bin].

    Counts are Poisson with mean ``due exp(x - variance/2)``, x the sum of the processes (so their multiplier has mean 1). The
    state is kept normal: its sum is moved to the mean and variance it has after the count, by Gauss-Hermite sums about the mode
    (assumed density filtering; Minka 2001). A bin with ``due`` 0 tells nothing.

    >>> float(filtered((Process(1e-6, 60.0),), 60.0, np.array([3.0]), np.array([2.0])).round(4)[0])  # -2
    -2.0
    """
    phi = np.array([math.exp(-bin_s / p.tau_s) for p in parts])
    own = np.array([p.sd**2 for p in parts])
    mean, spread, shift = np.zeros(len(parts)), np.diag(own), own.sum() / 2
    means = np.zeros(len(seen))
    for b, (y, m) in enumerate(zip(seen.tolist(), due.tolist(), strict=True)):
        if b:
            mean, spread = phi * mean, phi[:, None] * spread * phi + np.diag(own * (1 - phi**2))
        if m <= 0:
            continue
        gain = spread.sum(1)
        v, at = float(gain.sum()), float(mean.sum())
        means[b], new, left = _counted(y, m, at - shift, v)
        mean = mean + gain / v * (new - (at - shift))
        spread = spread - np.outer(gain, gain) / v**2 * (v - left)
    return means


def _counted(y: float, m: float, at: float, v: float) -> tuple[float, float, float]:
    """Log of the mean of ``exp(y x - m e^x)`` over x normal (at, v), and the mean and variance of x weighted by it."""
    x = at
    for _ in range(30):
        rate = m * math.exp(min(x, 50.0))
        step = (y - rate - (x - at) / v) / (rate + 1 / v)
        x += max(-2.0, min(2.0, step))
        if abs(step) < 1e-6:
            break
    sd = 1 / math.sqrt(m * math.exp(min(x, 50.0)) + 1 / v)
    nodes = x + sd * NODES
    logs = y * nodes - m * np.exp(nodes) - (nodes - at) ** 2 / (2 * v) + NODES**2 / 2
    top = logs.max()
    weights = WEIGHTS * np.exp(logs - top)
    total = weights.sum()
    mean = float(weights @ nodes / total)
    return float(top + math.log(total * sd / math.sqrt(2 * math.pi * v))), mean, float(weights @ (nodes - mean) ** 2 / total)
