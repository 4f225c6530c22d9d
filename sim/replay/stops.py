"""Recordings that end with a count: by how much levels are to be lowered where stock ran out.

A mean that is right where a recording ends at a fixed moment is too high where it ends with the n-th order: a hot night brings
that order early, and it is then believed that the shop always sells so, where a cool one would have been seen for longer (of a
Poisson rate ``n/T``, where ``(n - 1)/T`` is right; Girshick, Mosteller & Savage 1946). By how much: let s be the log of the
orders up to the stop over those that were due by what is the shop's own, and sd its standard deviation over nights. What further
data tell is uncorrelated with all that was told before but for the errors of the levels, so at the stop a parameter is off by
what its covariance with the log of what was due loses as the recording grows, weighted with the density of s:

    mean error = - integral  d cov(parameter, log due) / ds  x  density(s)  ds

For a density that is even over ``-h..h`` (``h = sqrt(3) sd``) this is ``(cov(-h) - cov(h)) / 2h``: the covariance from a
recording that ended when ``e^-h`` as many orders were due, less that from one in which ``e^h`` as many could be seen. The mood of
the last minutes is well known and stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import solveh_banded

from sim.core.units import US
from sim.replay.cells import Cells
from sim.replay.censor import SOLD_OUT, Window
from sim.stats.latent import tied

if TYPE_CHECKING:
    from sim.replay.posterior import Prior

MOST_STOPS = 12
"""Most stops that are looked at, those with most orders before them: of what comes back one at a time many tell little."""


TINY = 1e-12


class Stop(NamedTuple):
    """A stock that ran out. cells: those it was sold in since it was last there, in order of time. after, bins: what every source
    would have brought after it at level 1 [mood bin, source], and these bins."""

    cells: np.ndarray
    after: sparse.csr_matrix
    bins: np.ndarray


class SeenCells(NamedTuple):
    """Cells at a fit: rates, of these by own interest, derivatives by the parameters, mood bins."""

    rate: np.ndarray
    interest: np.ndarray
    jac: sparse.csr_matrix
    bin_of: np.ndarray

    def of(self, cells: np.ndarray, share: np.ndarray) -> SeenCells:
        """Some of them, of each a share of its time."""
        kept = cells[share > 0]
        w = share[share > 0]
        return SeenCells(self.rate[kept] * w, self.interest[kept] * w, sparse.diags(w) @ self.jac[kept], self.bin_of[kept])


Known = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Information on the mood [bin], across [bin x process, parameter], on the parameters."""


def stopped(
    blind: tuple[Window, ...], cells: Cells, after: Callable[[int], tuple[np.ndarray, sparse.csr_matrix]], bin_s: float, bins: int
) -> tuple[Stop, ...]:
    """The stocks of these cells that ran out. An item closed by somebody ends at a moment, not with a count. after: cells of a
    spell and what every source brings in them at level 1."""
    stops, skus = [], set(cells.sku.tolist())
    for n, w in enumerate(blind):
        if w.sku not in skus or w.why != SOLD_OUT:
            continue
        begin = blind[n - 1].end if n and blind[n - 1].sku == w.sku else 0
        own = np.flatnonzero((cells.sku == w.sku) & (cells.start >= begin / US - 1e-6) & (cells.end <= w.start / US + 1e-6))
        if cells.orders[own].sum() > 0:
            stops.append((float(cells.orders[own].sum()), n, own))
    chosen = sorted(sorted(stops, key=lambda s: -s[0])[:MOST_STOPS], key=lambda s: s[1])
    return tuple(_stop(own, *after(n), bin_s, bins) for _orders, n, own in chosen)


def _stop(own: np.ndarray, spans: np.ndarray, at: sparse.csr_matrix, bin_s: float, bins: int) -> Stop:
    of = np.minimum((spans.mean(1) / bin_s).astype(int), bins - 1)
    which, place = np.unique(of, return_inverse=True)
    whole = sparse.csr_matrix((np.ones(len(of)), (place, np.arange(len(of)))), shape=(len(which), len(of)))
    return Stop(own, (whole @ at).tocsr(), which)


def too_high(
    stops: tuple[Stop, ...],
    seen: SeenCells,
    prior: Prior,
    level: np.ndarray,
    log_mood: np.ndarray,
    band: np.ndarray | None,
    now: Known,
) -> np.ndarray:  # fmt: skip
    """By how much every parameter comes out too high. level: of the sources; band: precision of the mood (None: none moves); now:
    what the open cells and the prior tell."""
    free, high = np.broadcast_to(prior.free, len(prior.mean)), np.zeros(len(prior.mean))
    nightly = (1 - free) / prior.precision
    if prior.herd >= 0:
        nightly[prior.herd] = 0.0
    bins, k = len(log_mood), 0 if band is None else len(band) - 1
    for s in stops:
        due = seen.rate[s.cells]
        total = float(due.sum())
        slope = np.asarray(seen.jac[s.cells].sum(0)).ravel() / total
        share = np.bincount(seen.bin_of[s.cells], seen.interest[s.cells], bins) / total
        h = math.sqrt(3 * (float((slope**2 * nightly).sum()) + _variance(share, band) + 1 / total))
        gone = seen.of(s.cells, np.clip((np.cumsum(due) - total * math.exp(-h)) / due, 0.0, 1.0))
        brought = s.after.multiply(np.exp(log_mood[s.bins])[:, None]).multiply(level[None, :]).tocsr()
        came = np.maximum(np.asarray(brought.sum(1)).ravel(), TINY)
        more = SeenCells(came, came, (brought @ prior.levels).tocsr(), s.bins)
        beyond = np.clip((total + np.cumsum(came) - total * math.exp(h)) / came, 0.0, 1.0)
        more = more.of(np.arange(len(came)), 1 - beyond)
        of = free * slope
        fewer, further = [-x for x in _tell(gone, bins, k)], _tell(more, bins, k)
        high += (_covariances(now, band, fewer, of) - _covariances(now, band, further, of)) / (2 * h)
    return high


def _variance(share: np.ndarray, band: np.ndarray | None) -> float:
    """Variance of a weighted mean of the log mood over bins, before anything was seen."""
    if band is None:
        return 0.0
    each = np.repeat(share, len(band) - 1)
    return float(each @ solveh_banded(band, each))


def _tell(cells: SeenCells, bins: int, k: int) -> list[np.ndarray]:
    """What these cells tell, as :data:`Known`; of a mood of ``k`` processes."""
    n = len(cells.rate)
    per = sparse.csr_matrix((cells.interest / cells.rate, (cells.bin_of, np.arange(n))), shape=(bins, n))
    info = (cells.jac.T @ cells.jac.multiply((1 / cells.rate)[:, None])).toarray()
    on_bins = np.bincount(cells.bin_of, cells.interest**2 / cells.rate, bins)
    return [on_bins, np.repeat((per @ cells.jac).toarray(), k, axis=0), info]


def _covariances(now: Known, band: np.ndarray | None, more: Sequence[np.ndarray], of: np.ndarray) -> np.ndarray:
    """Covariances of the parameters with a combination of them, were ``more`` told as well."""
    info = now[2] + more[2] + np.eye(len(of)) * 1e-9
    if band is not None:
        cross = now[1] + more[1]
        info -= cross.T @ solveh_banded(tied(band, np.maximum(now[0] + more[0], 0.0)), cross)
    return np.linalg.solve(info, of)
