"""Which setting matters: Sobol indices of the mean cost over ranges of settings, by SciPy's Saltelli design.

First-order index: the share of the variance of J that goes when the setting is known; total index: the share that stays when only
the setting is unknown (Saltelli et al. 2010, Comput. Phys. Commun. 181). Every point is the mean over the same shows (common
random numbers), so chance hardly adds to the variance; it is in the bootstrap intervals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.demand.streams import stream
from sim.study.design import Axis, Value

Evaluate = Callable[[Sequence[dict[str, Value]]], np.ndarray]
"""Settings -> figure of merit of each, float64 [point]."""


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

    def many(u: np.ndarray) -> np.ndarray:
        flat = u.reshape(len(axes), -1)
        settings = [{axis.key: axis.at(min(float(x), 1.0)) for axis, x in zip(axes, column, strict=True)} for column in flat.T]
        return evaluate(settings).reshape(1, *u.shape[1:])

    found = sobol_indices(func=many, n=points, dists=[uniform()] * len(axes), rng=stream(seed, "sobol"))
    with warnings.catch_warnings():
        # A setting that does nothing has an index of exactly 0, whose interval SciPy declines to give.
        warnings.simplefilter("ignore")
        again = found.bootstrap()
    made = []
    for k, axis in enumerate(axes):
        first, total = again.first_order.confidence_interval, again.total_order.confidence_interval
        made.append(Index(axis.key, *_with(found.first_order, first, k), *_with(found.total_order, total, k)))
    return sorted(made, key=lambda i: -i.total)


def _with(value: np.ndarray, interval: Any, k: int) -> tuple[float, float, float]:
    """An index and its interval; no width where there is none to give."""
    own, low, high = (float(np.ravel(v)[k]) for v in (value, interval.low, interval.high))
    return own, own if np.isnan(low) else low, own if np.isnan(high) else high
