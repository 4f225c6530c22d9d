"""Profile likelihood intervals: the values of one parameter that the best fit of all others cannot rule out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from sim.calibrate.intensity import Model, without
from sim.calibrate.likelihood import Fit, maximise, score

LEVEL = 0.95
HALF_CHI2 = 1.920729
"""Half the 95 % quantile of chi-square with one degree of freedom: how far the log-likelihood may fall."""


def crossing(
    best: float, at: float, sd: float, profile: Callable[[float], float], side: int, limit: float, drop: float = HALF_CHI2
) -> float:
    """Where the profile has fallen by ``drop`` below ``best``, on one side of ``at``; ``limit`` if it never does.

    The signed root of the fall is nearly linear in the parameter, so a secant on it needs few steps.
    """
    goal = math.sqrt(drop)
    before, here = (at, 0.0), at + side * max(sd, 1e-6) * goal * math.sqrt(2)
    for _ in range(8):
        here = min(max(here, limit), at) if side < 0 else max(min(here, limit), at)
        root = math.sqrt(max(best - profile(here), 0.0))
        if abs(root - goal) < 0.02 * goal or (here == limit and root < goal):
            return here
        slope = (root - before[1]) / (here - before[0]) if here != before[0] else 0.0
        ahead = 2 * (here - at) if slope * side <= 1e-12 else here + (goal - root) / slope - at
        before, here = (here, root), at + side * min(max(abs(ahead), 0.2 * abs(here - at)), 4 * abs(here - at))
    return here


def profile_interval(model: Model, fit: Fit, name: str, widen: float = 1.0) -> tuple[float, float]:
    """95 % interval of one parameter on its own scale. ``widen``: variance of the score over what the model expects of it."""
    index = model.names.index(name)
    low, high = model.limits[index].tolist()
    sd = fit.sd(name) if name in fit.free else 1.0
    at = float(fit.at[index])
    column = fit.cov[:, fit.free.index(name)] / max(sd * sd, 1e-300) if name in fit.free else None
    shift = np.zeros(len(fit.at))
    if column is not None:
        shift[[fit.names.index(n) for n in fit.free]] = column

    def held(value: float) -> float:
        spec = without(model.spec, fixed={**model.spec.fixed, name: value})
        start = fit.at + shift * (value - at)
        start[index] = value
        return maximise(Model(spec, model.grid), start, fit.r, rounds=25).loglik

    drop = HALF_CHI2 * widen
    ends = [crossing(fit.loglik, at, sd, held, side, bound, drop) for side, bound in ((-1, low), (1, high))]
    return ends[0], ends[1]


def wald_interval(fit: Fit, name: str, widen: float = 1.0) -> tuple[float, float]:
    """The same from the curvature alone, for the many parameters of single SKUs."""
    half = 1.959964 * fit.sd(name) * math.sqrt(widen)
    return fit.value(name) - half, fit.value(name) + half


def score_spread(model: Model, fit: Fit, blocks: Sequence[np.ndarray]) -> float:
    """How much more the score varies between blocks than the model expects: 1 where the model holds.

    The mean of the eigenvalues of J V, J the variance of the blocks' scores, V the inverse information: the factor by which
    variances are too small on average (a sandwich reduced to one number; single entries would be too noisy).
    """
    index = [fit.names.index(n) for n in fit.free]
    slopes = [
        score(model, fit.at, fit.r, _only(model, blocks, b))[1][index] for b in range(int(max(b.max() for b in blocks)) + 1)
    ]
    table = np.array(slopes) - np.mean(slopes, axis=0)
    n = len(table)
    return float(np.trace((table.T @ table) * n / (n - 1) @ fit.cov) / len(index)) if n > 2 else 1.0


def _only(model: Model, blocks: Sequence[np.ndarray], b: int) -> list[np.ndarray]:
    return [blocks[row.show] == b for row in model.grid.rows]
