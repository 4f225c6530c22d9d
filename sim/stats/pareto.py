"""What the choice depends on: settings that no other beats in everything, and the cost ratios at which the best one changes.

J is a sum of terms, each a price times units (``sim/score/account.py``). With the price of an oversold unit taken ``x`` times and
that of a notice ``y`` times, what a candidate leaves on the table is, in the mean,

    J(x, y) = x (cost_oversold + cost_refunded) + y cost_alerts + rest

where ``rest`` holds all other terms and hindsight, which has neither oversold units nor notices. Over ``x``
every candidate is a straight line, and the cheapest one at each ``x`` lies on their lower envelope: exact, without playing again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.demand.streams import stream

OBJECTIVES = ("oversold_units", "missed_gmv", "notices_per_operator_hour")
WEIGHED = {"oversell": ("cost_oversold", "cost_refunded"), "alert": ("cost_alerts",)}
"""What is re-weighted, by name, and the terms of J that grow with it."""
SPAN = (0.1, 100.0)
"""Multiples of a weight that are looked at."""
DRAWS = 400
"""Resamples of shows behind the interval of a switch point."""


def front(values: np.ndarray) -> np.ndarray:
    """Numbers of the rows that no other row beats: nowhere worse and somewhere better, lower is better. Equal rows all stay.

    values: float64 [candidate, objective]. Sorted by the first objective.

    >>> front(np.array([[0.0, 3.0], [1.0, 1.0], [2.0, 2.0], [0.0, 3.0]])).tolist()
    [0, 3, 1]
    """
    order = np.lexsort(values.T[::-1])
    kept: list[int] = []
    for k in order.tolist():
        rows = values[kept]
        if not len(rows) or not ((rows <= values[k]).all(1) & (rows < values[k]).any(1)).any():
            kept.append(k)
    return np.array(kept, int)


@dataclass(frozen=True)
class Stretch:
    """A candidate that is best for multiples from ``start`` to ``stop`` of a weight. low, high: 95 % interval of ``stop`` by
    resampling shows, of the crossing with its successor; NaN at the end of the span."""

    candidate: int
    start: float
    stop: float
    low: float
    high: float


def split_costs(shows: Mapping[str, np.ndarray], what: str) -> tuple[np.ndarray, np.ndarray]:
    """Of every show the part of J that grows with a weight, and the rest. shows: columns of J and the terms, any equal shape."""
    slope = np.sum([shows[name] for name in WEIGHED[what]], axis=0)
    return slope, shows["J"] - slope


def envelope(slope: np.ndarray, rest: np.ndarray, span: tuple[float, float] = SPAN) -> list[tuple[int, float, float]]:
    """Which line ``x slope + rest`` is lowest where: (number, from, to) over ``span``. Of equal lines the first counts.

    >>> envelope(np.array([0.0, 1.0]), np.array([2.0, 0.0]), (0.0, 10.0))
    [(1, 0.0, 2.0), (0, 2.0, 10.0)]
    """
    x = span[0]
    pieces: list[tuple[int, float, float]] = []
    at = x * slope + rest
    now = int(np.lexsort((np.arange(len(at)), slope, at))[0])
    while True:
        flatter = np.flatnonzero(slope < slope[now])
        gap = (rest[flatter] - rest[now]) / (slope[now] - slope[flatter])
        later = gap >= x
        if not later.any() or gap[later].min() >= span[1]:
            return [*pieces, (now, x, span[1])]
        cross = float(gap[later].min())
        meeting = flatter[later][gap[later] <= cross]
        nxt = int(meeting[np.lexsort((meeting, slope[meeting]))[0]])
        if cross > x:
            pieces.append((now, x, cross))
        x, now = cross, nxt


def switch_points(shows: Mapping[str, np.ndarray], what: str, span: tuple[float, float] = SPAN, seed: int = 0) -> list[Stretch]:
    """The best candidate over multiples of one weight (``what``: a key of WEIGHED).

    shows: columns, float64 [replicate, candidate], paired. The interval of a switch point is that of the crossing of its two
    candidates, from resampled shows.
    """
    slope, rest = split_costs(shows, what)
    n = len(slope)
    picked = stream(seed, "switch").multinomial(n, np.full(n, 1 / n), size=DRAWS) / n
    path = envelope(slope.mean(0), rest.mean(0), span)
    stretches = []
    for k, (candidate, start, stop) in enumerate(path):
        low = high = float("nan")
        if k + 1 < len(path):
            other = path[k + 1][0]
            steeper = picked @ (slope[:, candidate] - slope[:, other])
            dearer = picked @ (rest[:, other] - rest[:, candidate])
            # Where resampling turns the two lines round, the crossing is anywhere: at the end of the span.
            cross = np.where(steeper > 0, dearer / np.where(steeper > 0, steeper, 1.0), np.inf)
            low, high = (float(v) for v in np.quantile(np.clip(cross, *span), [0.025, 0.975], method="nearest"))
        stretches.append(Stretch(candidate, start, stop, low, high))
    return stretches


def steady(shows: Mapping[str, np.ndarray], what: str, candidate: int, span: tuple[float, float] = SPAN, seed: int = 0) -> float:
    """Share of resampled studies in which a candidate is the cheapest over all multiples of a weight: at both ends, for the
    lowest cost is concave between them. shows: as for :func:`switch_points`."""
    slope, rest = split_costs(shows, what)
    n = len(slope)
    picked = stream(seed, "switch").multinomial(n, np.full(n, 1 / n), size=DRAWS) / n
    first = []
    for x in span:
        cost = picked @ (x * slope + rest)
        # Candidates that played alike cost the same, but for rounding.
        first.append(cost[:, candidate] <= cost.min(1) + 1e-9 * np.abs(cost).max(1))
    return float(np.mean(first[0] & first[1]))


def worth_a_look(slope: np.ndarray, rest: np.ndarray, keep: Sequence[int] = (), most: int = 400) -> np.ndarray:
    """Candidates among the cheapest at some multiple of the weight, and those to ``keep``. slope, rest: means [candidate]."""
    grid = np.geomspace(*SPAN, 60)
    cost = grid[:, None] * slope[None, :] + rest[None, :]
    rank = np.argsort(cost, axis=1, kind="stable")[:, : max(3, most // len(grid))]
    return np.unique(np.concatenate([rank.ravel(), np.asarray(keep, int)]))
