"""Demand of a recording round its cues, as imputation and calibration both count it.

A share of those who want to order do so at once; the others put the item into their cart and follow after a delay; where a cue is
expected some do not wait for it. So orders answer a cue with its shape (``scenarios/kernels.py``), partly blurred by the law of
carts, partly early. Integrals are taken over exactly the time asked for: where a bin was open for half a second of a pulse, that
half second counts and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from scenarios.contract import Shoppers
from scenarios.kernels import mass

CELLS = 40_000
"""Most points of a table of delayed orders."""
LATEST = 0.9995
"""Share of carts that have become orders where a table ends."""


def shelf_share(popularity: Sequence[float], item: int) -> float:
    """Share of one item in the demand that no cue causes: ``shoppers.shelf_rate`` is that of all items together, split by
    popularity, while ``shoppers.buy_rate`` is that of the one item that is featured.

    >>> shelf_share([3.0, 1.0], 0), shelf_share([1.0] * 5, 2), shelf_share([0.0], 0)
    (0.75, 0.2, 0.0)
    """
    total = sum(popularity)
    return popularity[item] / total if total > 0 else 0.0


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
    share = carts.direct * mass(shape, u, tau_s, duration_s)
    if carts.direct < 1:
        share = share + (1 - carts.direct) * np.interp(u, *_late(shape, tau_s, duration_s, carts))
    return share


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
    curve = np.concatenate([[0.0], np.clip(came, 0.0, total)])
    return edges, curve * (total / curve[-1] if curve[-1] > 0 else 1.0)


def response(
    bins: int, step_s: float, starts_s: np.ndarray, shape: str, tau_s: float, duration_s: float, carts: Carts = AT_ONCE
) -> np.ndarray:  # fmt: skip
    """Orders that cues at ``starts_s`` bring in each of ``bins`` bins of ``step_s`` [s], where the response is 1 at its peak."""
    reach = duration_s + (carts.longest_s() if carts.direct < 1 else 0.0)
    starts_s = starts_s[(starts_s < bins * step_s) & (starts_s + reach > 0)]
    first = np.floor(starts_s / step_s).astype(np.int64)
    later = np.arange(int(reach / step_s) + 3)
    edges = (first[:, None] + later) * step_s - starts_s[:, None]
    laid, where = np.diff(landed(shape, tau_s, duration_s, carts, edges)), first[:, None] + later[:-1]
    inside = (where >= 0) & (where < bins)
    return np.bincount(where[inside], laid[inside], bins)


def ahead(bins: int, step_s: float, starts_s: np.ndarray, mean_s: float) -> np.ndarray:
    """Share of a cue's early orders that come in each bin, summed over cues; all come within the show.

    >>> ahead(4, 100.0, np.array([300.0]), 100.0).round(3).tolist()
    [0.09, 0.245, 0.665, 0.0]
    """
    starts_s = starts_s[(starts_s > 0) & (starts_s < bins * step_s)]
    last = np.minimum(np.ceil(starts_s / step_s).astype(np.int64), bins)
    edges = np.maximum(last[:, None] - np.arange(int(30 * mean_s / step_s) + 2, -1, -1), 0)
    share = early(mean_s, edges * step_s - starts_s[:, None], starts_s[:, None])
    return np.bincount(edges[:, :-1].ravel(), np.diff(share).ravel(), bins)


def waiting(step_s: float, carts: Carts, longest_s: float) -> np.ndarray:
    """Probability that a cart laid anywhere in a bin becomes an order j bins later, j = 0, 1, ..., of those that do.

    The density of the sum with a uniform start is the average of the distribution function over a bin.
    """
    cdf = carts.ordered(np.arange(0.0, longest_s + step_s, step_s / 4))
    area = np.concatenate([[0.0], np.cumsum((cdf[1:] + cdf[:-1]) / 2 * (step_s / 4))])[::4] / step_s
    return np.diff(np.diff(area), prepend=0.0)


def delayed(values: np.ndarray, law: np.ndarray) -> np.ndarray:
    """Values per bin moved later by a delay whose probabilities per bin are ``law``."""
    from scipy.signal import fftconvolve

    return np.maximum(fftconvolve(values, law)[: len(values)], 0.0)


def early(mean_s: float, u: np.ndarray, start_s: float | np.ndarray) -> np.ndarray:
    """Share of those who do not wait for a cue that have ordered ``u`` seconds after it (below 0: before it). start_s: when the
    cue comes in its show; all of them come within the show, so the exponential law is cut off at its beginning.

    >>> early(300.0, np.array([-300.0, 5.0]), 9000.0).round(3).tolist()
    [0.368, 1.0]
    >>> early(300.0, np.array([-300.0, -150.0]), 300.0).round(3).tolist()
    [0.0, 0.378]
    """
    none = np.exp(-start_s / mean_s)
    return np.maximum(np.exp(np.minimum(u, 0.0) / mean_s) - none, 0.0) / np.maximum(1 - none, 1e-12)


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
