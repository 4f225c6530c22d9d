"""Which setting matters: Sobol indices of the mean cost over ranges of settings, by SciPy's Saltelli design.

First-order index: the share of the variance of J that goes when the setting is known; total index: the share that stays when only
the setting is unknown (Saltelli et al. 2010, Comput. Phys. Commun. 181). Every point is the mean over the same shows (common
random numbers). Two things are left to chance, which points the design has and which shows they played; intervals resample both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.demand.streams import stream
from sim.setup.design import Axis, Value

Evaluate = Callable[[Sequence[dict[str, Value]]], np.ndarray]
"""Settings -> figure of merit of each on every show, float64 [show, point]."""
DRAWS = 400
"""Resamples behind an interval."""


@dataclass(frozen=True)
class Index:
    """One setting: first-order and total index, each with its 95 % interval."""

    key: str
    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float


def sobol(axes: Sequence[Axis], evaluate: Evaluate, points: int, seed: int) -> list[Index]:
    """Indices of every axis, largest total first. points: a power of two; ``points (axes + 2)`` settings are evaluated."""
    from scipy.stats import sobol_indices, uniform

    played: list[np.ndarray] = []

    def many(u: np.ndarray) -> np.ndarray:
        settings = [{axis.key: axis.at(min(float(x), 1.0)) for axis, x in zip(axes, column, strict=True)} for column in u.T]
        played.append(evaluate(settings))
        return played[-1].mean(0, keepdims=True)

    result = sobol_indices(func=many, n=points, dists=[uniform()] * len(axes), rng=stream(seed, "sobol"))
    again = _resampled(played, seed)
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    own = np.nan_to_num(np.stack([result.first_order, result.total_order]).reshape(2, len(axes)))
    indices = []
    for k, axis in enumerate(axes):
        (first, total), (f_low, t_low), (f_high, t_high) = own[:, k], low[:, k], high[:, k]
        indices.append(Index(axis.key, *map(float, (first, f_low, f_high, total, t_low, t_high))))
    return sorted(indices, key=lambda i: -i.total)


def _resampled(played: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """First-order and total indices, float64 [draw, 2, axis], of shows and points drawn again with replacement.

    played: what SciPy asked for, in its order, float64 [show, point]: the points A, the points B, and A with one axis of B each
    (axis by axis within a point).
    """
    from scipy.stats import sobol_indices

    a, b, mixed = played
    shows, points = a.shape
    ab = np.moveaxis(mixed.reshape(shows, points, -1), -1, 1)
    rng = stream(seed, "sobol-bootstrap")
    figures = []
    for _ in range(DRAWS):
        weights = rng.multinomial(shows, np.full(shows, 1 / shows)) / shows
        at = rng.integers(0, points, points)
        means = [np.tensordot(weights, f, 1)[..., at] for f in (a, b, ab)]
        values = {"f_A": means[0][None], "f_B": means[1][None], "f_AB": means[2][:, None]}
        with np.errstate(invalid="ignore", divide="ignore"):
            one = sobol_indices(func=values, n=points)
        figures.append(np.stack([one.first_order, one.total_order]).reshape(2, -1))
    # A cost that never changes has no variance to share.
    return np.nan_to_num(np.array(figures))
