"""How many people are in the room.

Arrivals ``a(t)`` and dwell survival ``S(u)`` give the expected room ``V(t) = integral a(t-u) S(u) du`` (M/G/infinity; in
equilibrium Little's law, ``V = a W``). The curve is the mean: single viewers are never drawn, because only
those who act leave a trace, and a thinned Poisson stream of them is exact.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from scenarios.contract import Audience, Push

CELLS, CELL_S = 4096, 2.0
"""Least cells of the viewer curve over one show; longest cell [s]."""


def survival(audience: Audience, u: np.ndarray) -> np.ndarray:
    """Share of viewers still there ``u`` seconds after entering: bouncers exponential, the rest lognormal."""
    stay = np.exp(-u / audience.bounce_s)
    logs = np.log(np.maximum(u, 1e-12) / audience.stay_median_s)
    if audience.stay_sigma > 0:
        scale = audience.stay_sigma * math.sqrt(2)
        rest = np.array([0.5 * math.erfc(x / scale) for x in logs.tolist()])
    else:
        rest = (logs < 0).astype(float)
    return audience.bounce_share * stay + (1 - audience.bounce_share) * rest


@lru_cache(maxsize=64)
def room(audience: Audience, duration_s: float, lifts: tuple[Push, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Grid times [s] and expected viewers on them, equally long arrays, for feed pushes and cue ``lifts``.

    Arrivals are constant within a cell; who came during one has on average been there half a cell at its end.
    """
    cells = max(CELLS, math.ceil(duration_s / CELL_S))
    t, dt = np.linspace(0, duration_s, cells + 1), duration_s / cells
    base = audience.arrivals_per_min / 60
    stays = survival(audience, t)
    steady = base * audience.mean_stay_s()
    if audience.warm:
        viewers = np.full(cells + 1, steady)
    else:
        viewers = base * np.concatenate([[0.0], np.cumsum((stays[1:] + stays[:-1]) / 2 * dt)])
    extra = np.zeros(cells + 1)
    for push in (*audience.pushes, *lifts):
        inside = np.clip((np.minimum(t + dt, push.at_s + push.duration_s) - np.maximum(t, push.at_s)) / dt, 0, 1)
        extra += base * push.lift * inside
    if extra.any():
        size = 2 * (cells + 1)
        still = survival(audience, t[:-1] + dt / 2)
        spread = np.fft.irfft(np.fft.rfft(extra[:-1], size) * np.fft.rfft(still, size), size)[:cells]
        viewers = viewers + np.concatenate([[0.0], np.maximum(spread, 0.0) * dt])
    return t, viewers
