"""Responses in closed form, integrated over bins, so that a grid of a second is no approximation.

The shapes of cues and their masses are those of ``scenarios/kernels.py``, as everywhere.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve
from scipy.special import ndtr

from scenarios.kernels import mass


def response(bins: int, step_s: float, starts_s: np.ndarray, shape: str, tau_s: float, duration_s: float) -> np.ndarray:
    """The shape summed over cues at ``starts_s``, integrated over each of ``bins`` bins of ``step_s`` [s]."""
    starts_s = starts_s[(starts_s < bins * step_s) & (starts_s + duration_s > 0)]
    first = np.floor(starts_s / step_s).astype(np.int64)
    reach = np.arange(int(duration_s / step_s) + 3)
    edges = (first[:, None] + reach) * step_s - starts_s[:, None]
    laid, where = np.diff(mass(shape, edges, tau_s, duration_s)), first[:, None] + reach[:-1]
    inside = (where >= 0) & (where < bins)
    return np.bincount(where[inside], laid[inside], bins)


def lognormal_bins(step_s: float, median_s: float, sigma: float, longest_s: float) -> np.ndarray:
    """Probability that a lognormal delay, begun anywhere in a bin, ends j bins later, j = 0, 1, ...

    The density of the sum with a uniform start is the average of the distribution function over a bin.
    """
    edges = np.arange(0.0, longest_s + step_s, step_s / 4)
    cdf = ndtr(np.log(np.maximum(edges, 1e-9) / max(median_s, 1e-9)) / max(sigma, 1e-9))
    area = np.concatenate([[0.0], np.cumsum((cdf[1:] + cdf[:-1]) / 2 * (step_s / 4))])[::4] / step_s
    return np.diff(np.diff(area), prepend=0.0)


def delayed(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Values moved later by a delay whose probabilities per bin are ``kernel``."""
    return np.maximum(fftconvolve(values, kernel)[: len(values)], 0.0)
