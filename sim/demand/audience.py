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

DAY = 2 * math.pi / 86_400.0
"""Angular frequency of the day [1/s]."""
CELLS, CELL_S = 4096, 2.0
"""Least cells of the viewer curve over one show; longest cell [s]."""


def pull(at_s: float, lift: float, length_s: float, mean_stay_s: float) -> Push:
    """The extra arrivals that a cue brings over its length [s], a second at least, as a feed push: a room of ``a W`` people grows
    by ``(lift - 1) a W`` if that many come on top; those who leave meanwhile keep it a little below."""
    length_s = max(length_s, 1.0)
    return Push(max(at_s, 0.0), (lift - 1) * mean_stay_s / length_s, length_s)


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


def day_response(audience: Audience) -> complex:
    """How viewers answer arrivals that swing with the day, ``integral S(u) e^(-i w u) du`` [s]: a little less and a little later.

    >>> abs(day_response(Audience())) < Audience().mean_stay_s(), round(day_response(Audience()).real)
    (True, 120)
    """
    edge = 5.0 * max(audience.stay_sigma, 0.1)
    logs = np.linspace(math.log(audience.stay_median_s) - edge - 10.0, math.log(audience.stay_median_s) + edge, 4001)
    u = np.concatenate([[0.0], np.exp(logs)])
    return complex(np.trapezoid(survival(audience, u) * np.exp(-1j * DAY * u), u))


@lru_cache(maxsize=8)
def _stays(audience: Audience, duration_s: float, cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grid times [s], the share still there after each, the spectrum of the share half a cell later: the same in every show."""
    t, dt = np.linspace(0, duration_s, cells + 1), duration_s / cells
    return t, survival(audience, t), np.fft.rfft(survival(audience, t[:-1] + dt / 2), 2 * (cells + 1))


@lru_cache(maxsize=64)
def room(
    audience: Audience, duration_s: float, lifts: tuple[Push, ...] = (), start_hour: float = 20.0
) -> tuple[np.ndarray, np.ndarray]:
    """Grid times [s] and expected viewers on them, equally long arrays, for feed pushes and cue ``lifts``.

    Arrivals are constant within a cell; who came during one has on average been there half a cell at its end. With a daily swing
    the arrivals are those of the hour, a warm room's also before the show.
    """
    cells = max(CELLS, math.ceil(duration_s / CELL_S))
    t, stays, still = _stays(audience, duration_s, cells)
    dt, base = duration_s / cells, audience.arrivals_per_min / 60
    steady = base * audience.mean_stay_s()
    if audience.warm:
        viewers = np.full(cells + 1, steady)
    else:
        viewers = base * np.concatenate([[0.0], np.cumsum((stays[1:] + stays[:-1]) / 2 * dt)])
    extra, phase = np.zeros(cells + 1), DAY * (start_hour - audience.day_peak_h) * 3600.0
    if audience.day_swing and audience.warm:
        viewers += base * audience.day_swing * (day_response(audience) * np.exp(1j * (phase + DAY * t))).real
    elif audience.day_swing:
        extra += base * audience.day_swing * np.cos(phase + DAY * (t + dt / 2))
    for push in (*audience.pushes, *lifts):
        inside = np.clip((np.minimum(t + dt, push.at_s + push.duration_s) - np.maximum(t, push.at_s)) / dt, 0, 1)
        extra += base * push.lift * inside
    if extra.any():
        size = 2 * (cells + 1)
        spread = np.fft.irfft(np.fft.rfft(extra[:-1], size) * still, size)[:cells]
        if not audience.day_swing:
            spread = np.maximum(spread, 0.0)
        viewers = np.maximum(viewers + np.concatenate([[0.0], spread * dt]), 0.0)
    return t, viewers


def grown(pulls: tuple[Push, ...], span_s: float, t: np.ndarray, audience: Audience) -> np.ndarray:
    """How many times as large these pulls make a room at moments ``t`` [s] of a show of ``span_s``; 1 with none."""
    if not pulls:
        return np.ones(len(t))
    grid, viewers = room(audience, span_s, pulls)
    return np.interp(t, grid, viewers) / viewers[0]
