"""One figure of merit for several scenarios: what a setting costs when nobody knows which of them the night will be.

Costs are J [CNY], lower is better, one per scenario and show: float64 [world, replicate].
"""

from __future__ import annotations

import math

import numpy as np

ROBUST = ("mean", "worst", "cvar", "regret")
"""mean: average over scenarios. worst: mean cost of the worst scenario. cvar: mean of the worst share of all shows.
regret: largest excess over the best known mean cost of a scenario (minimax regret)."""


def merit(costs: np.ndarray, robust: str = "mean", alpha: float = 0.2, reference: np.ndarray | None = None) -> float:
    """The figure a search lowers [CNY].

    costs: float64 [world, replicate]; every world has the same number of shows. alpha: share of worst shows (cvar). reference:
    float64 [world], best known mean cost per world (regret).

    >>> costs = np.array([[1.0, 3.0], [4.0, 8.0]])
    >>> [merit(costs, kind, 0.5, np.array([1.0, 6.0])) for kind in ROBUST]
    [4.0, 6.0, 6.0, 1.0]
    """
    means = costs.mean(1)
    if robust == "worst":
        return float(means.max())
    if robust == "cvar":
        return shortfall(costs.ravel(), alpha)
    if robust == "regret":
        return float((means - (means if reference is None else reference)).max())
    return float(means.mean())


def shortfall(costs: np.ndarray, alpha: float) -> float:
    """Conditional value at risk: mean of the worst ``alpha`` of the costs; the one that lies across the edge counts in part.

    Rockafellar & Uryasev (2000) for a sample: ``sum of the largest, weights 1 .. 1, rest`` over ``alpha n``.

    >>> shortfall(np.array([1.0, 2.0, 3.0, 10.0]), 0.375)
    7.666666666666667
    """
    worst, size = np.sort(costs)[::-1], alpha * len(costs)
    whole = math.floor(size)
    part = worst[whole] * (size - whole) if whole < len(worst) else 0.0
    return float((worst[:whole].sum() + part) / size)


def clearly_worse(costs: np.ndarray, incumbent: np.ndarray, level: float) -> bool:
    """Whether a setting costs more than the incumbent in every world, each by a paired interval at ``level``.

    Worse everywhere is worse under the mean, the worst case and the regret alike; of the tail of shows (cvar) it says nothing.
    costs, incumbent: float64 [world, replicate], equal replicates are equal tapes.
    """
    from sim.stats.paired import difference

    return all(difference(own, his, level).low > 0 for own, his in zip(costs, incumbent, strict=True))
