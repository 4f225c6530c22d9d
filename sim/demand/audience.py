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

CELLS = 4096
"""Cells of the viewer curve over one show."""


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
    """Grid times [s] and expected viewers on them, shape (CELLS + 1,), for feed pushes and cue ``lifts``."""
    t = np.linspace(0, duration_s, CELLS + 1)
    dt = duration_s / CELLS
    base = audience.arrivals_per_min / 60
    stays = survival(audience, t)
    steady = base * audience.mean_stay_s()
    if audience.warm:
        viewers = np.full(CELLS + 1, steady)
    else:
        viewers = base * np.concatenate([[0.0], np.cumsum((stays[1:] + stays[:-1]) / 2 * dt)])
    extra = np.zeros(CELLS + 1)
    for push in (*audience.pushes, *lifts):
        inside = np.clip((np.minimum(t + dt, push.at_s + push.duration_s) - np.maximum(t, push.at_s)) / dt, 0, 1)
        extra += base * push.lift * inside
    if extra.any():
        size = 2 * (CELLS + 1)
        spread = np.fft.irfft(np.fft.rfft(extra, size) * np.fft.rfft(stays, size), size)[: CELLS + 1]
        viewers = viewers + np.maximum(spread, 0.0) * dt
    return t, viewers
