"""Delays that may never end: a mixture of those who never come and a delay law, under right censoring.

A delay seen at d within a window c, or not seen within c::

    L = (1 - q) f(d)            seen
    L = q + (1 - q) S(c)        not seen

q: share that never comes (never pays, never orders), f and S: density and survival of a lognormal or an exponential. Times
written in whole steps are intervals: the likelihood is then the probability of the step, not a density at its edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit, ndtr

from sim.calibrate.intervals import HALF_CHI2, crossing
from sim.calibrate.observed import Delays

FEWEST = 20
"""Delays seen, below which no law is fitted."""
LAWS = ("lognormal", "exponential")


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class DelayFit(NamedTuple):
    """``law``: lognormal or exponential. ``never``: share that never comes. ``median_s``, ``sigma`` (NaN: exponential).
    ``gain``: log-likelihood over the other law. ``seen``, ``of``: delays seen and all. ``beyond``: share of the coming ones
    the windows were too short to see. ``at``, ``cov``: logit of never, log of median, log of sigma. ``apart``: whether never
    and late can be told apart."""

    law: str
    never: Estimate
    median_s: Estimate
    sigma: Estimate
    gain: float
    seen: int
    of: int
    beyond: float
    at: np.ndarray
    cov: np.ndarray
    apart: bool
    loglik: float


def survival(law: str, t: np.ndarray, log_median: float, log_sigma: float) -> np.ndarray:
    """Share of the delays longer than ``t`` [s]."""
    if law == "exponential":
        return np.exp(-math.log(2) * t / math.exp(log_median))
    return ndtr(-(np.log(np.maximum(t, 1e-12)) - log_median) / math.exp(log_sigma))


NODES = (np.arange(8) + 0.5) / 4 - 1
"""Where the triangle of two rounded times is summed, in steps."""


def log_density(law: str, t: np.ndarray, width: float, log_median: float, log_sigma: float) -> np.ndarray:
    """Log of the density at ``t``; of its average under the triangle that two rounded times leave (``width``: their step)."""
    if width > 0:
        around = np.maximum(t[:, None] + NODES * width, 1e-12)
        dense = np.exp(log_density(law, around.ravel(), 0.0, log_median, log_sigma)).reshape(around.shape)
        inside = (t[:, None] + NODES * width) > 0
        return np.log(np.maximum((dense * inside) @ ((1 - np.abs(NODES)) / 4), 1e-300))
    if law == "exponential":
        rate = math.log(2) / math.exp(log_median)
        return math.log(rate) - rate * t
    sigma = math.exp(log_sigma)
    z = (np.log(np.maximum(t, 1e-12)) - log_median) / sigma
    return -0.5 * z * z - np.log(np.maximum(t, 1e-12) * sigma) - 0.5 * math.log(2 * math.pi)


def fit_delays(delays: Delays) -> DelayFit | None:
    """The better of the two laws with profile intervals; None where too few delays were seen."""
    seen = ~np.isnan(delays.after_s)
    if seen.sum() < FEWEST:
        return None
    fits = {law: _fit_law(delays, seen, law) for law in LAWS}
    law = max(LAWS, key=lambda name: fits[name][1] - (3 if name == "lognormal" else 2))
    at, best, negative = fits[law]
    cov = np.linalg.pinv(_curvature(negative, at))
    ends = [_interval(negative, at, cov, best, k) for k in range(len(at))]
    never, median = _through(expit, at[0], ends[0]), _through(np.exp, at[1], ends[1])
    sigma = _through(np.exp, at[2], ends[2]) if law == "lognormal" else Estimate(math.nan, math.nan, math.nan)
    log_sigma = float(at[2]) if law == "lognormal" else 0.0
    beyond = float(np.mean(survival(law, delays.watched_s, float(at[1]), log_sigma)))
    other = fits[LAWS[1 - LAWS.index(law)]][1]
    apart = never.high - never.low < 0.5 and beyond < 0.2
    return DelayFit(law, never, median, sigma, best - other, int(seen.sum()), len(seen), beyond, at, cov, apart, best)


def _fit_law(delays: Delays, seen: np.ndarray, law: str) -> tuple[np.ndarray, float, Callable[[np.ndarray], float]]:
    after, until = np.maximum(delays.after_s[seen], 0.0), np.maximum(delays.watched_s[~seen], 0.0)
    if delays.width_s == 0:
        after = np.maximum(after, 1e-6)
    width = delays.width_s

    def negative(at: np.ndarray) -> float:
        log_sigma = float(at[2]) if law == "lognormal" else 0.0
        q = float(expit(at[0]))
        here = log_density(law, after, width, float(at[1]), log_sigma).sum() + len(after) * math.log1p(-q)
        missed = np.log(np.maximum(q + (1 - q) * survival(law, until, float(at[1]), log_sigma), 1e-300)).sum()
        return -float(here + missed)

    share = np.clip(1 - len(after) / len(seen), 0.001, 0.999)
    logs = np.log(np.maximum(after, max(width / 2, 1e-6)))
    start = [math.log(share / (1 - share)), float(np.median(logs)), math.log(max(float(logs.std()), 0.05))]
    edges = [(-12.0, 12.0), (-7.0, 14.0), (-4.0, 1.5)]
    size = 3 if law == "lognormal" else 2
    at, least = descend(negative, np.array(start[:size]), np.array(edges[:size]))
    return at, -least, negative


def descend(negative: Callable[[np.ndarray], float], at: np.ndarray, limits: np.ndarray) -> tuple[np.ndarray, float]:
    """Least value of a smooth function of two or three variables: damped Newton steps on differences. A library's quasi-Newton
    spends more time handing such small matrices to its threads than the whole search takes here."""
    at = np.clip(at, *limits.T)
    here, damp = negative(at), 1e-3
    for _ in range(60):
        slope, bend = slope_of(negative, at), _curvature(negative, at)
        free = ~(((at <= limits[:, 0]) & (slope > 0)) | ((at >= limits[:, 1]) & (slope < 0)))
        if not free.any():
            break
        values, vectors = np.linalg.eigh(bend[np.ix_(free, free)])
        values = np.maximum(np.abs(values), 1e-9)
        moved = False
        for _ in range(12):
            step = np.zeros(len(at))
            step[free] = -vectors @ ((vectors.T @ slope[free]) / (values * (1 + damp)))
            new = np.clip(at + np.clip(step, -1.0, 1.0), *limits.T)
            there = negative(new)
            if there < here:
                moved, gain = True, here - there
                at, here, damp = new, there, max(damp / 10, 1e-6)
                break
            damp = max(damp * 10, 1e-2)
        if not moved or gain < 1e-7:
            break
    return at, here


def slope_of(negative: Callable[[np.ndarray], float], at: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Gradient by central differences."""
    unit = np.eye(len(at)) * eps
    return np.array([(negative(at + u) - negative(at - u)) / (2 * eps) for u in unit])


def _curvature(negative: Callable[[np.ndarray], float], at: np.ndarray, eps: float = 1e-3) -> np.ndarray:
    size = len(at)
    hessian, unit = np.zeros((size, size)), np.eye(size) * eps
    for i in range(size):
        for j in range(i, size):
            value = (negative(at + unit[i] + unit[j]) - negative(at + unit[i] - unit[j])
                     - negative(at - unit[i] + unit[j]) + negative(at - unit[i] - unit[j])) / (4 * eps * eps)  # fmt: skip
            hessian[i, j] = hessian[j, i] = value
    return hessian


def _interval(
    negative: Callable[[np.ndarray], float], at: np.ndarray, cov: np.ndarray, best: float, k: int
) -> tuple[float, float]:
    others = [j for j in range(len(at)) if j != k]

    def held(value: float) -> float:
        def rest(part: np.ndarray) -> float:
            whole = at.copy()
            whole[others], whole[k] = part, value
            return negative(whole)

        start = at[others] + cov[others, k] / max(float(cov[k, k]), 1e-12) * (value - at[k])
        return -descend(rest, start, np.array([(-14.0, 14.0)] * len(others)))[1]

    sd = math.sqrt(max(float(cov[k, k]), 1e-8))
    return tuple(crossing(best, float(at[k]), sd, held, side, side * 14.0, HALF_CHI2) for side in (-1, 1))  # type: ignore[return-value]


def _through(scale: Callable, at: float, ends: tuple[float, float]) -> Estimate:
    return Estimate(float(scale(at)), float(scale(ends[0])), float(scale(ends[1])))


def together(parts: list[Delays]) -> Delays | None:
    """Delays of several shows as one; the coarsest resolution holds for all."""
    parts = [p for p in parts if len(p)]
    if not parts:
        return None
    return Delays(np.concatenate([p.after_s for p in parts]), np.concatenate([p.watched_s for p in parts]),
                  max(p.width_s for p in parts))  # fmt: skip
