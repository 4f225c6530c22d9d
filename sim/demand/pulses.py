"""Pulses: the moments at which people act, for one cue or for the shelf.

Exact thinning: draw Poisson points under a bound of the intensity, keep each with probability intensity / bound.
Only people who act are drawn, never the viewers.
"""

from __future__ import annotations

import math

import numpy as np

from scenarios.contract import Kernel
from scenarios.setting import ScenarioError
from sim.words import _

Room = tuple[np.ndarray, np.ndarray]


MOST = 5_000_000
"""People drawn for one cue, or for the shelf of one SKU, at most: more fill the memory of any machine."""
AT_ONCE = 500_000
"""People drawn under one bound for the shelf of one SKU: a show that would take more is thinned stretch by stretch."""
STRETCH = 64
"""Grid points of the room in a stretch that is thinned on its own."""


def present(t: np.ndarray, room: Room) -> np.ndarray:
    """Viewers in the room at times ``t`` [s] of a show, none before its start: ``np.interp``, bit for bit, on a grid whose cells
    are equally long, so that nothing is searched for. Past the end the last cell goes on: nobody is admitted there."""
    grid, viewers = room
    last = len(grid) - 2
    k = np.minimum((t * ((last + 1) / grid[-1])).astype(np.int64), last)
    k -= t < grid.take(k)
    k += (t >= grid.take(k + 1)) & (k < last)
    start, low = grid.take(k), viewers.take(k)
    k += 1
    return (viewers.take(k) - low) / (grid.take(k) - start) * (t - start) + low


def _drawn(rng: np.random.Generator, mean: float) -> int:
    """A Poisson number of people, each of whom will be drawn; raises a sentence where they are too many to draw."""
    if mean > MOST:
        raise ScenarioError(
            _(
                "about {mean:,.0f} people would act on one cue, and more than {most:,} are not drawn; lower "
                "audience.arrivals_per_min, shoppers.buy_rate or shelf_rate, the cue's peak or cart_surge, or raise "
                "shoppers.cart_conversion"
            ).format(mean=mean, most=MOST)
        )
    return int(rng.poisson(mean))


def pulse_times(rng: np.random.Generator, kernel: Kernel, start_s: float, per_viewer_s: float, room: Room) -> np.ndarray:
    """Times [s] at which people act on a cue: intensity ``V(t) * per_viewer_s * peak * shape(t - start_s)``."""
    grid, viewers = room
    first = grid.searchsorted(start_s - grid[1])
    bound = float(viewers[first : grid.searchsorted(start_s + kernel.duration_s + grid[1], "right")].max(initial=0.0))
    tau = kernel.tau_s
    if kernel.shape == "gamma":
        n = _drawn(rng, bound * per_viewer_s * kernel.peak * math.e * tau)
        u = rng.exponential(tau, n) + rng.exponential(tau, n)
    elif kernel.shape == "exponential":
        n = _drawn(rng, bound * per_viewer_s * kernel.peak * tau)
        u = rng.exponential(tau, n)
    else:
        n = _drawn(rng, bound * per_viewer_s * kernel.peak * 2 * tau)
        u = np.where(rng.random(n) < 0.5, rng.random(n) * tau, tau + rng.exponential(tau, n))
    t = start_s + u
    keep = (u <= kernel.duration_s) & (rng.random(n) * bound < present(t, room)) & (t < grid[-1])
    return t[keep]


def uncued_times(rng: np.random.Generator, per_viewer_s: float, room: Room) -> np.ndarray:
    """Times [s] at which people act without any cue: intensity ``V(t) * per_viewer_s`` over the show."""
    grid, viewers = room
    bound, end = float(viewers.max()), float(grid[-1])
    if bound * per_viewer_s * end > AT_ONCE:
        return _by_stretch(rng, per_viewer_s, room)
    n = _drawn(rng, bound * per_viewer_s * end)
    t = rng.random(n) * end
    return t[rng.random(n) * bound < present(t, room)]


def _by_stretch(rng: np.random.Generator, per_viewer_s: float, room: Room) -> np.ndarray:
    """The same, thinned from a bound of each stretch's own: a show of days has one busiest moment, far above the rest."""
    grid, viewers = room
    first = np.arange(0, len(grid) - 1, STRETCH)
    bound = np.maximum.reduceat(viewers, first)
    bound[:-1] = np.maximum(bound[:-1], viewers[first[1:]])
    edges = np.append(grid[first], grid[-1])
    edges[0] = 0.0
    mean = bound * per_viewer_s * np.diff(edges)
    n = _drawn(rng, float(mean.sum()))
    which = np.searchsorted(np.cumsum(mean), rng.random(n) * mean.sum(), "right").clip(0, len(first) - 1)
    t = edges[which] + rng.random(n) * np.diff(edges)[which]
    return t[rng.random(n) * bound[which] < present(t, room)]


def lead_times(rng: np.random.Generator, start_s: float, mean_s: float, orders: float, room: Room) -> np.ndarray:
    """Times [s] at which people act before an expected cue: intensity ``V(t) * orders * f(start_s - t)`` with ``f`` the
    exponential law of mean ``mean_s`` cut off at the start of the show, so that nobody's early order is lost.

    orders: expected per viewer. By inversion of the cut law, then thinned to the room.
    """
    grid, viewers = room
    before = grid <= start_s + grid[1]
    bound = float(viewers[before].max())
    n = _drawn(rng, bound * orders)
    t = start_s + mean_s * np.log1p(rng.random(n) * np.expm1(-start_s / mean_s))
    return t[rng.random(n) * bound < present(t, room)]
