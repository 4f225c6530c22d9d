"""Orders that nobody recorded, drawn from an imputation: one draw of the demand of every blind spell a replicate."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import cho_solve

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
    """One draw of what a group's demand rests on: log mood per bin, level per source, branching; fit: the posterior it is of."""

    log_mood: np.ndarray
    level: np.ndarray
    branching: float
    fit: Posterior


class Laid(NamedTuple):
    """The blind spells of a group, one after the other: cells of each spell, where each begins among all cells, what every source
    brings in a cell at level 1, the mood's bin of each cell."""

    cells: dict[int, np.ndarray]
    first: dict[int, int]
    at: sparse.csr_matrix
    bins: np.ndarray


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
    rates = [expected(imputation, g, s) for g, s in enumerate(states)]
    draws: list[np.ndarray] = []
    before: dict[int, list[np.ndarray]] = {}
    for number, w in enumerate(imputation.windows):
        rng = random_stream(seed, replicate, purpose, imputation.stream.skus[w.sku].id, number)
        earlier = before.setdefault(w.sku, [])
        group = int(imputation.place[w.sku])
        laid = _laid(imputation, group)
        cells, first = laid.cells[number], laid.first[number]
        rate = (1 - states[group].branching) * rates[group][first : first + len(cells)]
        draws.append(_came(imputation, number, (cells, rate), states[group].branching, earlier, rng))
        earlier.append(draws[-1])
    return draws


def state(imputation: Imputation, group: int, seed: int, replicate: int) -> State:
    """One draw from a group's posterior; the scale of the mood is drawn by its weight."""
    g, rng = imputation.groups[group], random_stream(seed, replicate, "room", group)
    fit = g.fits[min(int(np.searchsorted(np.cumsum(g.weights), rng.random())), len(g.fits) - 1)]
    log_mood, theta = fit.sample(rng)
    p = fit.prior
    lowered, _, shift = _lowered(fit)
    more = _larger(g, fit, rng)
    level = np.exp(np.clip(p.levels @ (theta + more) + p.known - lowered, -60, 60))
    return State(log_mood - shift @ more, level, branching(p, theta), fit)


def expected(imputation: Imputation, group: int, s: State) -> np.ndarray:
    """Orders expected in the cells of a group's blind spells."""
    return np.exp(s.log_mood[_laid(imputation, group).bins]) * (_tied(imputation, group, s.fit) @ s.level)


def _larger(g: Group, fit: Posterior, rng: np.random.Generator) -> np.ndarray:
    """By how much the parameters are off the draw because some cues turn out to be of the tail of sizes: their own, and those
    that are known together with it. What was seen of a cue stays what it was; its item or its kind is then thought less of."""
    u, z = rng.random(len(g.tails)), rng.standard_normal(len(g.tails))
    more = np.zeros(len(fit.theta))
    for t, v, x in zip(g.tails, u.tolist(), z.tolist(), strict=True):
        if v < t.chance:
            more += (t.more + t.sd * x) * _with(fit, t.place)
    return more


@lru_cache(maxsize=4096)
def _with(fit: Posterior, place: int) -> np.ndarray:
    """By how much parameters rise where one is known to be higher by 1: their covariance with it over its variance."""
    own = np.zeros(len(fit.theta))
    own[place] = 1.0
    column = cho_solve((fit.chol, True), own)
    return column / column[place]


@lru_cache(maxsize=256)
def _lowered(fit: Posterior) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return fit.lowered()


@lru_cache(maxsize=64)
def _laid(imputation: Imputation, group: int) -> Laid:
    problem, cells, first, parts, total = imputation.groups[group].problem, {}, {}, [], 0
    for number, w in enumerate(imputation.windows):
        if imputation.place[w.sku] == group:
            cells[number], at = imputation.blind(number)
            first[number], total = total, total + len(cells[number])
            parts.append(at)
    middle = np.concatenate([c.mean(1) for c in cells.values()]) if cells else np.empty(0)
    at = sparse.vstack(parts, "csr") if parts else sparse.csr_matrix((0, len(imputation.groups[group].every)))
    return Laid(cells, first, at, np.minimum((middle / problem.bin_s).astype(int), problem.bins - 1))


@lru_cache(maxsize=256)
def _tied(imputation: Imputation, group: int, fit: Posterior) -> sparse.csr_matrix:
    """What sources bring, times the mean of ``exp(level + mood)`` over the product of both means: they are fitted together."""
    laid, (_, cross, shift) = _laid(imputation, group), _lowered(fit)
    if not shift.any():
        return laid.at
    rows = laid.at.tocoo()
    both = np.exp(np.einsum("np,np->n", cross[rows.col], shift[laid.bins[rows.row]]))
    return sparse.csr_matrix((rows.data * both, (rows.row, rows.col)), shape=laid.at.shape)


def _came(
    imputation: Imputation, number: int, due: tuple[np.ndarray, np.ndarray], follow: float, earlier: list[np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Times [us] of a spell's likely orders: Poisson in every cell, anywhere in it (``due``: cells, orders by own interest), and
    the followers of these, of recorded ones and of ``earlier`` imputed ones (``follow``: of each)."""
    w, (cells, rate) = imputation.windows[number], due
    n = rng.poisson(rate)
    which = np.repeat(np.arange(len(n)), n)
    t = cells[which, 0] + rng.random(len(which)) * (cells[which, 1] - cells[which, 0])
    every = [t]
    if follow > 0:
        r = imputation.stream
        since = w.start - LONGEST * imputation.herd_s * US
        own = (r.what == TAKE) & (r.sku == w.sku) & (r.t <= w.start) & (r.t > since)
        young = np.concatenate([r.t[own] / US, t, *(e[e > since] / US for e in earlier)])
        while len(young):
            born = np.repeat(young, rng.poisson(follow, len(young)))
            born = born + rng.exponential(imputation.herd_s, len(born))
            young = born[(born > w.start / US) & (born < w.end / US)]
            every.append(young)
    made_us = (np.concatenate(every) * US).astype(np.int64)
    return np.clip(np.sort(made_us), w.start, w.end - 1)


def _beyond(imputation: Imputation, number: int, likely: int, rng: np.random.Generator) -> np.ndarray:
    """Times [us] of the orders that only the high bound has: spread as demand is expected to be."""
    most, profile, _ = high(imputation)[number]
    n = max(0, most - likely)
    cells = _laid(imputation, int(imputation.place[imputation.windows[number].sku])).cells[number]
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
        group = int(imputation.place[w.sku])
        g, laid = imputation.groups[group], _laid(imputation, group)
        p, theta, first = g.best.prior, g.best.theta, laid.first[number]
        profile = laid.at[first : first + len(laid.cells[number])] @ np.exp(p.levels @ theta + p.known) + 1e-300
        top = int(np.ceil(np.quantile(counts[:, number], HIGHEST)))
        hot = float(imputation.hot[number])
        on = int(np.ceil(hot * profile.sum())) if hot > 1 else 0
        lines.append((max(top, on), profile, LAST_MINUTES if on > top else INTERVAL))
    return lines
