"""What a show has of its own: the room's mood, the level of the show, the size of each cue (``scenarios/spread.py``).

All multiply an intensity and have mean 1. The mood is drawn exactly on the grid of the viewer curve and straight in between, so a
Poisson stream thinned to it is exact given the mood.
"""

from __future__ import annotations

import math

import numpy as np

from scenarios.bundles import items
from scenarios.contract import Scenario
from scenarios.spread import Spread
from sim.demand.streams import stream

REACH = 300.0
"""Time constants drawn at a stretch: exp of twice this is still a float64."""


def ornstein_uhlenbeck(rng: np.random.Generator, sd: float, tau_s: float, grid: np.ndarray) -> np.ndarray:
    """A stationary Ornstein-Uhlenbeck path on the rising times ``grid`` [s]: normal with standard deviation ``sd`` and covariance
    ``sd^2 exp(-|s - t|/tau_s)`` (Uhlenbeck & Ornstein 1930).

    Drawn as Brownian motion on another clock, ``x(t) = e^(-t/tau) B(e^(2t/tau))`` (Doob 1942), a stretch of REACH at a time.
    """
    z, x = rng.standard_normal(len(grid)), np.empty(len(grid))
    age = (grid - grid[0]) / tau_s
    x[0], first = z[0], 0
    while first < len(grid) - 1:
        last = max(first + 1, int(np.searchsorted(age, age[first] + REACH, "right")) - 1)
        u = np.minimum(age[first : last + 1] - age[first], REACH)
        steps = np.exp(u[1:]) * np.sqrt(-np.expm1(-2 * np.diff(u))) * z[first + 1 : last + 1]
        x[first + 1 : last + 1] = (x[first] + np.cumsum(steps)) * np.exp(-u[1:])
        first = last
    return sd * x


def heat(scenario: Scenario, seed: int, replicate: int, grid: np.ndarray) -> np.ndarray | None:
    """What the show's intensity is multiplied by: float64 [1 or item, grid], mean 1; None where nothing varies.

    One row for all items, or one for each where they have moods of their own. ``grid``: times [s].
    """
    s, key = scenario.spread, (seed, replicate)
    if s.mood_sd == s.slow_sd == s.item_sd == s.level_sd == 0:
        return None
    level = s.level_sd * stream(*key, "level").standard_normal()
    logs = np.full(len(grid), level - (s.level_sd**2 + s.mood_sd**2 + s.slow_sd**2) / 2)
    for sd, tau_s, name in ((s.mood_sd, s.mood_s, "mood"), (s.slow_sd, s.slow_s, "slow mood")):
        if sd > 0:
            logs += ornstein_uhlenbeck(stream(*key, name), sd, tau_s, grid)
    if s.item_sd == 0:
        return np.exp(logs)[None, :]
    own = [ornstein_uhlenbeck(stream(*key, "item mood", item.id), s.item_sd, s.item_s, grid) for item in items(scenario)]
    return np.exp(logs + np.array(own) - s.item_sd**2 / 2)


def cue_size(spread: Spread, seed: int, *key: int | str) -> float:
    """Size of a cue by its stream ``seed, key``: lognormal, for a share ``mega_p`` of cues times a lognormal factor; mean 1."""
    if spread.cue_sd == 0 and spread.mega_p == 0:
        return 1.0
    rng = stream(seed, *key, "size")
    own, further = rng.standard_normal(), rng.standard_normal()
    size = math.exp(spread.cue_sd * own - spread.cue_sd**2 / 2) / (1 + spread.mega_p * (mega_mean(spread) - 1))
    return size * math.exp(spread.mega_log + spread.mega_log_sd * further) if rng.random() < spread.mega_p else size


def mega_mean(spread: Spread) -> float:
    """Mean of the factor by which a mega cue is larger.

    >>> round(mega_mean(Spread()), 2)
    13.8
    """
    return math.exp(spread.mega_log + spread.mega_log_sd**2 / 2)
