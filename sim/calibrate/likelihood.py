"""Maximum likelihood of an intensity: Fisher scoring over all bins and rows.

The information is that of a Poisson count (or a negative binomial one of size ``r``), exact for conditional intensities too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.calibrate.intensity import Model, N, Spec

SMALL = 1e-5
"""A gain in log-likelihood that ends the search."""


@dataclass(frozen=True, eq=False)
class Fit:
    """``at``: parameters by name, logarithms but for branching, the early share (log odds) and covariates. ``loglik``: of the
    bins used. ``cov``: inverse information over ``free`` names. ``stuck``: names that ended at a bound. ``r``: negative binomial
    size per bin (inf: Poisson)."""

    spec: Spec
    names: tuple[str, ...]
    at: np.ndarray
    loglik: float
    cov: np.ndarray
    free: tuple[str, ...]
    stuck: tuple[str, ...]
    r: float = math.inf
    rounds: int = 0
    converged: bool = True

    def value(self, name: str) -> float:
        return float(self.at[self.names.index(name)])

    def sd(self, name: str) -> float:
        """Standard error on the parameter's own scale; NaN at a bound."""
        return (
            float(math.sqrt(max(self.cov[self.free.index(name), self.free.index(name)], 0.0))) if name in self.free else math.nan
        )


def loglik_cells(y: np.ndarray, rate: np.ndarray, r: float = math.inf) -> np.ndarray:
    """Log-likelihood per bin, factorials included, so that models and bin counts compare."""
    from scipy.special import gammaln, xlogy

    if math.isinf(r):
        return xlogy(y, rate) - rate - gammaln(y + 1)
    return gammaln(y + r) - gammaln(r) - gammaln(y + 1) + xlogy(y, rate / (r + rate)) - r * np.log1p(rate / r)


def score(model: Model, at: np.ndarray, r: float, keep: Sequence[np.ndarray] | None) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, gradient and expected information."""
    size = len(model.names)
    total, slope, info = 0.0, np.zeros(size), np.zeros((size, size))
    for k, row in enumerate(model.grid.rows):
        use = row.used if keep is None else row.used & keep[k]
        rate, index, jac, _ = model.slopes(row, at)
        y, rate, jac = row.y[use], rate[use], jac[:, use]
        weight = 1 / (rate if math.isinf(r) else rate * (1 + rate / r))
        total += float(loglik_cells(y, rate, r).sum())
        slope[index] += jac @ ((y - rate) * weight)
        info[np.ix_(index, index)] += (jac * weight) @ jac.T
    return total, slope, info


def maximise(
    model: Model, at: np.ndarray | None = None, r: float = math.inf, keep: Sequence[np.ndarray] | None = None, rounds: int = 100
) -> Fit:
    """Fisher scoring with damping; parameters at a bound that want beyond it are left there."""
    at = model.start() if at is None else np.clip(at, *model.limits.T)
    damp, best = 1e-3, score(model, at, r, keep)
    done, k = False, 0
    for _ in range(rounds):
        k += 1
        ll, slope, info = best
        free = _free(model, at, slope, info)
        scale = np.diag(info)[free] + 1e-9
        step = np.zeros(len(at))
        step[free] = np.linalg.solve(info[np.ix_(free, free)] + np.diag(damp * scale), slope[free])
        gain = float(slope @ step)
        if gain < SMALL or damp > 1e10:
            done = True
            break
        new = np.clip(at + np.clip(step, -1.5, 1.5) * _reach(model), *model.limits.T)
        tried = score(model, new, r, keep)
        if tried[0] >= ll - 1e-10:
            done = tried[0] - ll < SMALL
            at, best, damp = new, tried, max(damp / 5, 1e-9)
            if done:
                break
        else:
            damp = max(damp * 8, 1e-4)
    ll, slope, info = best
    free = _free(model, at, slope, info)
    cov = np.linalg.pinv(info[np.ix_(free, free)], hermitian=True)
    free_names = tuple(n for n, f in zip(model.names, free, strict=True) if f)
    stuck = tuple(n for n, f, x in zip(model.names, free, model.fixed, strict=True) if not f and not x)
    return Fit(model.spec, model.names, at, ll, cov, free_names, stuck, r, k, done)


def _reach(model: Model) -> np.ndarray:
    """Largest steps are 1.5 on a log scale, .3 of the branching."""
    return np.array([0.2 if n == N else 1.0 for n in model.names])


def _free(model: Model, at: np.ndarray, slope: np.ndarray, info: np.ndarray) -> np.ndarray:
    low, high = model.limits.T
    pushed = ((at <= low) & (slope <= 0)) | ((at >= high) & (slope >= 0))
    return ~pushed & ~model.fixed & (np.diag(info) > 1e-12)


def dispersed(model: Model, keep: Sequence[np.ndarray] | None = None, rounds: int = 6) -> Fit:
    """The negative binomial fit: intensity and size in turn, until the size stands still."""
    from scipy.optimize import minimize_scalar

    fit = maximise(model, keep=keep)
    size = math.inf
    for _ in range(rounds):
        pairs = []
        for k, row in enumerate(model.grid.rows):
            use = row.used if keep is None else row.used & keep[k]
            pairs.append((row.y[use], model.rate(row, fit.at)[use]))
        y, rate = (np.concatenate(part) for part in zip(*pairs, strict=True))
        optimum = minimize_scalar(lambda x, y=y, rate=rate: -float(loglik_cells(y, rate, math.exp(x)).sum()),
                                bounds=(-6.0, 12.0), method="bounded")  # fmt: skip
        before, size = size, math.exp(float(optimum.x))
        fit = maximise(model, fit.at, size, keep, rounds=40)
        if abs(math.log(size / before)) < 0.01 if math.isfinite(before) else False:
            break
    return fit
