"""Orders that nobody recorded, drawn from an imputation: one draw of the demand of every blind spell a replicate."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sim.core.tape import TAKE
from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.replay.fitted import Group
from sim.replay.impute import INTERVAL, LAST_MINUTES, Imputation
from sim.replay.posterior import Posterior, branching

HIGH_OF = 100
"""Draws that the high bound is read off."""
HIGHEST = 0.99
LONGEST = 12.0
"""Followers come within so many mean delays."""


class Drawn(NamedTuple):
    """Orders nobody recorded, in time order: time [us], SKU, whether likely (else only high)."""

    t: np.ndarray
    sku: np.ndarray
    likely: np.ndarray


class State(NamedTuple):
    """One draw of what a group's demand rests on: log mood per bin, level per source, branching; cross, shift: factors of the
    covariance of levels and mood (``Posterior.variances``)."""

    log_mood: np.ndarray
    level: np.ndarray
    branching: float
    cross: np.ndarray
    shift: np.ndarray

    def rate(self, at: sparse.csr_matrix, bins: np.ndarray) -> np.ndarray:
        """Orders expected in cells, given what every source brings in each at level 1 and the mood's bin of each."""
        rows = at.tocoo()
        both = np.exp(np.einsum("np,np->n", self.cross[rows.col], self.shift[bins[rows.row]])) if self.shift.any() else 1.0
        brought = np.bincount(rows.row, rows.data * self.level[rows.col] * both, at.shape[0])
        return np.exp(self.log_mood[bins]) * brought


def draw(imputation: Imputation, seed: int, replicate: int) -> Drawn:
    """One draw of the demand of every blind spell: the high bound's orders, the likely ones marked. Same keys, same orders."""
    t, sku, likely = [], [], []
    for number, (w, came) in enumerate(zip(imputation.windows, _every(imputation, seed, replicate, "impute"), strict=True)):
        more = _beyond(
            imputation, number, len(came), random_stream(seed, replicate, "beyond", imputation.stream.skus[w.sku].id, number)
        )
        t += [came, more]
        sku.append(np.full(len(came) + len(more), w.sku))
        likely += [np.ones(len(came), bool), np.zeros(len(more), bool)]
    if not t:
        return Drawn(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool))
    at, who, is_likely = np.concatenate(t), np.concatenate(sku), np.concatenate(likely)
    order = np.argsort(at, kind="stable")
    return Drawn(at[order], who[order], is_likely[order])


def _every(imputation: Imputation, seed: int, replicate: int, purpose: str) -> list[np.ndarray]:
    """Times [us] of the likely orders of every spell. Orders of an earlier spell of the SKU have followers in a later one."""
    states = [state(imputation, g, seed, replicate) for g in range(len(imputation.groups))]
    draws: list[np.ndarray] = []
    before: dict[int, list[np.ndarray]] = {}
    for number, w in enumerate(imputation.windows):
        rng = random_stream(seed, replicate, purpose, imputation.stream.skus[w.sku].id, number)
        earlier = before.setdefault(w.sku, [])
        draws.append(_came(imputation, number, states[imputation.place[w.sku]], earlier, rng))
        earlier.append(draws[-1])
    return draws


def state(imputation: Imputation, group: int, seed: int, replicate: int) -> State:
    """One draw from a group's posterior; the scale of the mood is drawn by its weight."""
    g, rng = imputation.groups[group], random_stream(seed, replicate, "room", group)
    fit = g.fits[min(int(np.searchsorted(np.cumsum(g.weights), rng.random())), len(g.fits) - 1)]
    log_mood, theta = fit.sample(rng)
    p = fit.prior
    own, room, cross, shift = _variances(fit)
    more = _larger(g, rng)
    level = np.exp(np.clip(p.levels @ theta + p.known - own / 2 + more, -60, 60))
    return State(log_mood - room / 2, level, branching(p, theta), cross, shift)


def _larger(g: Group, rng: np.random.Generator) -> np.ndarray:
    """By how much the logs of the levels of all sources are higher because their cue turns out to be of the tail of sizes."""
    u, z = rng.random(len(g.tails)), rng.standard_normal(len(g.tails))
    by_cue = {t.cue: t.more + t.sd * x for t, v, x in zip(g.tails, u.tolist(), z.tolist(), strict=True) if v < t.chance}
    return np.array([by_cue.get(s.cue, 0.0) for s in g.every])


@lru_cache(maxsize=256)
def _variances(fit: Posterior) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return fit.variances()


@lru_cache(maxsize=64)
def _blind(imputation: Imputation) -> list[tuple[np.ndarray, sparse.csr_matrix, np.ndarray]]:
    """Per spell: its cells, what sources bring in them, the mood's bin of each."""
    parts = []
    for number, w in enumerate(imputation.windows):
        cells, at = imputation.blind(number)
        problem = imputation.groups[imputation.place[w.sku]].problem
        parts.append((cells, at, np.minimum((cells.mean(1) / problem.bin_s).astype(int), problem.bins - 1)))
    return parts


def _came(imputation: Imputation, number: int, s: State, earlier: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Times [us] of a spell's likely orders: Poisson in every cell, anywhere in it, and the followers of these, of recorded ones
    and of ``earlier`` imputed ones."""
    w = imputation.windows[number]
    cells, at, bins = _blind(imputation)[number]
    n = rng.poisson((1 - s.branching) * s.rate(at, bins))
    which = np.repeat(np.arange(len(n)), n)
    t = cells[which, 0] + rng.random(len(which)) * (cells[which, 1] - cells[which, 0])
    every = [t]
    if s.branching > 0:
        r = imputation.stream
        since = w.start - LONGEST * imputation.herd_s * US
        own = (r.what == TAKE) & (r.sku == w.sku) & (r.t <= w.start) & (r.t > since)
        young = np.concatenate([r.t[own] / US, t, *(e[e > since] / US for e in earlier)])
        while len(young):
            born = np.repeat(young, rng.poisson(s.branching, len(young)))
            born = born + rng.exponential(imputation.herd_s, len(born))
            young = born[(born > w.start / US) & (born < w.end / US)]
            every.append(young)
    made_us = (np.concatenate(every) * US).astype(np.int64)
    return np.clip(np.sort(made_us), w.start, w.end - 1)


def _beyond(imputation: Imputation, number: int, likely: int, rng: np.random.Generator) -> np.ndarray:
    """Times [us] of the orders that only the high bound has: spread as demand is expected to be."""
    most, profile, _ = high(imputation)[number]
    n = max(0, most - likely)
    cells = _blind(imputation)[number][0]
    edges = np.cumsum(profile)
    which = np.searchsorted(edges, rng.random(n) * edges[-1], "right").clip(0, len(cells) - 1)
    t = cells[which, 0] + rng.random(n) * (cells[which, 1] - cells[which, 0])
    w = imputation.windows[number]
    return np.clip(np.sort((t * US).astype(np.int64)), w.start, w.end - 1)


@lru_cache(maxsize=64)
def high(imputation: Imputation) -> list[tuple[int, np.ndarray, str]]:
    """Per spell: orders of the high bound, their profile over the spell's cells, and what the bound rests on."""
    counts = np.zeros((HIGH_OF, len(imputation.windows)), int)
    for r in range(HIGH_OF):
        counts[r] = [len(came) for came in _every(imputation, 0, r, "high")]
    lines = []
    for number, w in enumerate(imputation.windows):
        g = imputation.groups[imputation.place[w.sku]]
        p, theta = g.best.prior, g.best.theta
        profile = _blind(imputation)[number][1] @ np.exp(p.levels @ theta + p.known) + 1e-300
        top = int(np.ceil(np.quantile(counts[:, number], HIGHEST)))
        hot = float(imputation.hot[number])
        on = int(np.ceil(hot * profile.sum())) if hot > 1 else 0
        lines.append((max(top, on), profile, LAST_MINUTES if on > top else INTERVAL))
    return lines
