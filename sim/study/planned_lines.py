"""The line a setting would have at given moments of a show that is still to come, over many draws of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.engine.answers import lines_of
from sim.engine.simulate import play
from sim.setup.uncertain import Uncertainty, staged

SHARES = (0.1, 0.5, 0.9)
"""Quantiles over shows that are given."""


def planned_lines(
    scenario: Scenario, policy: Policy, times: Sequence[float], shows: int, seed: int, uncertainty: Uncertainty | None = None
) -> np.ndarray:
    """Stock lines at ``times`` [s since show start]: float64 [sku, time, share], shares SHARES over shows [units].

    A show in which an item's strategy has no line at a moment leaves it out; NaN where none has.
    """
    lines = np.full((shows, len(scenario.skus), len(times)), np.nan)
    for number in range(shows):
        t, line = lines_of(play(staged(scenario, uncertainty, seed, number), policy))
        if not len(t):
            continue
        # The first reading comes a moment after the start: before it the line is what it makes of the opening stock.
        at = np.clip(np.searchsorted(t, np.asarray(times, float), "right") - 1, 0, len(t) - 1)
        lines[number] = np.where(line[at] > 0, line[at], np.nan).T
    quantiles = np.full((*lines.shape[1:], len(SHARES)), np.nan)
    for sku in range(lines.shape[1]):
        for k in range(lines.shape[2]):
            held = lines[:, sku, k][np.isfinite(lines[:, sku, k])]
            if len(held):
                quantiles[sku, k] = np.quantile(held, SHARES, method="nearest")
    return quantiles
