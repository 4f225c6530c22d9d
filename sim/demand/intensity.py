"""Orders that a cue brings between any two moments, as imputation counts them; what herding adds, as calibration does too.

A share of those who want to order do so at once; the others put the item into their cart and follow after a delay. So orders
answer a cue with its shape (``scenarios/kernels.py``), partly blurred by the law of carts. Integrals are taken over exactly the
time asked for: where a bin was open for half a second of a pulse, that half second counts and nothing else.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from scenarios.contract import Shoppers
from scenarios.kernels import mass

CELLS = 40_000
"""Most points of a table of delayed orders."""
LATEST = 0.9995
"""Share of carts that have become orders where a table ends."""


class Carts(NamedTuple):
    """How those come who order later. direct: share that orders at once; law: "lognormal" or "exponential", of the delay from
    cart to order; median_s, sigma: its median [s] and log standard deviation."""

    direct: float
    law: str
    median_s: float
    sigma: float

    @staticmethod
    def of(shoppers: Shoppers, faster: float = 1.0) -> Carts:
        """The habits of these shoppers, in a show that runs ``faster`` than life."""
        return Carts(shoppers.direct_share, shoppers.cart_law, shoppers.cart_median_s / faster, shoppers.cart_sigma)

    def ordered(self, u: np.ndarray) -> np.ndarray:
        """Share of carts that have become orders after ``u`` seconds, of those that do.

        >>> Carts(0.76, "lognormal", 45.0, 1.2).ordered(np.array([-1.0, 45.0])).round(3).tolist()
        [0.0, 0.5]
        """
        from scipy.special import ndtr

        if self.law == "exponential":
            return -np.expm1(-np.maximum(u, 0.0) * math.log(2) / max(self.median_s, 1e-9))
        logs = np.log(np.maximum(u, 1e-12) / max(self.median_s, 1e-9))
        return np.where(u > 0, ndtr(logs / max(self.sigma, 1e-9)), 0.0)

    def longest_s(self) -> float:
        """Delay that all but a few carts keep below [s]."""
        from scipy.special import ndtri

        if self.law == "exponential":
            return -self.median_s * math.log(1 - LATEST) / math.log(2)
        return self.median_s * math.exp(self.sigma * float(ndtri(LATEST)))


AT_ONCE = Carts(1.0, "lognormal", 1.0, 1.0)
"""Nobody uses a cart."""


def landed(shape: str, tau_s: float, duration_s: float, carts: Carts, u: np.ndarray) -> np.ndarray:
    """Orders a cue has brought ``u`` seconds after it, where its response is 1 at its peak [s]: ``direct M(u) + (1 - direct)
    (M * F)(u)``, M the mass of the shape, F the law of carts.

    >>> u = np.array([0.0, 40.0, 1e5])
    >>> landed("gamma", 40.0, 240.0, AT_ONCE, u).round(2).tolist()
    [0.0, 28.73, 106.84]
    """
    made = carts.direct * mass(shape, u, tau_s, duration_s)
    if carts.direct < 1:
        made = made + (1 - carts.direct) * np.interp(u, *_late(shape, tau_s, duration_s, carts))
    return made


@lru_cache(maxsize=256)
def _late(shape: str, tau_s: float, duration_s: float, carts: Carts) -> tuple[np.ndarray, np.ndarray]:
    """Orders by cart that have come by a time after the cue: times [s] and their number, whose limit is the shape's mass."""
    from scipy.signal import fftconvolve

    span = duration_s + carts.longest_s()
    step = max(span / CELLS, min(0.25, tau_s / 24))
    edges = np.arange(0.0, span + 2 * step, step)
    wanted = np.diff(mass(shape, edges, tau_s, duration_s))
    came = fftconvolve(wanted, carts.ordered(edges[:-1] + step / 2))[: len(wanted)]
    total = float(wanted.sum())
    made = np.concatenate([[0.0], np.clip(came, 0.0, total)])
    return edges, made * (total / made[-1] if made[-1] > 0 else 1.0)


def early(mean_s: float, u: np.ndarray) -> np.ndarray:
    """Share of those who do not wait for a cue that have ordered ``u`` seconds after it (below 0: before it).

    >>> early(300.0, np.array([-300.0, 5.0])).round(3).tolist()
    [0.368, 1.0]
    """
    return np.exp(np.minimum(u, 0.0) / mean_s)


def excited(feed: np.ndarray, step_s: float, mean_s: float) -> tuple[np.ndarray, float]:
    """Followers to be expected per bin from orders in *earlier* bins, per unit of branching, and the share of followers who
    come within their parent's own bin.

    Parents and followers lie anywhere in their bins: with x = step/mean a share ``1 - (1 - e^-x)/x`` stays in the own bin and
    ``(1 - e^-x)^2/x e^-x(j-1)`` comes j bins later. One recursion, O(bins).

    >>> past, own = excited(np.array([1.0, 0, 0, 0]), 1.0, 1.0)
    >>> round(own, 3), past.round(3).tolist()
    (0.368, [0.0, 0.4, 0.147, 0.054])
    """
    from scipy.signal import lfilter

    x = step_s / mean_s
    gone = -math.expm1(-x)
    return lfilter([0.0, gone * gone / x], [1.0, -math.exp(-x)], feed), 1 - gone / x
