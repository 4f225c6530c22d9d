"""What a recording says of its demand: levels of all sources and the mood of the room, as one normal posterior.

Orders of cell i are Poisson given the room, with

    rate_i = ((1 - n) m_b(i) sum_j A_ij e^(level_j) + n past_i) / (1 - n own_i)

A: what source j brings at level 1 (``cells.py``); m: the mood of the room, ``exp(z)`` with z the sum of two stationary
Ornstein-Uhlenbeck processes on bins (``scenarios/spread.py``); n: branching of herding, past orders being known (levels count the
followers, which makes them all but independent of n). Levels are sums of parameters with normal priors. The posterior is
Laplace's: normal about its mode, found by Fisher scoring. The precision of z is banded (both processes are Markov), so a step
costs O(bins x parameters^2).

Rates drawn from it have the mean that is right for any level of the shop, whose logarithm nobody knows beforehand: a flat belief
about it would expect too much by ``e^variance``. With ``own`` the variance of a log level, ``alone`` the part of it that is
there where the mood is known (counting, and belief), a drawn log level is lowered by ``own - alone + alone/2``: the first is
what ordinary lognormal kriging takes off for an unknown mean, the second keeps the mean of a Poisson rate at its mode, as
its posterior has it (gamma of mean orders / exposure). What the mood does after the stop stays as it is; where orders are too few
to tell the mood, the mode of a level is that of ``level x mean of e^mood``, and is moved by as much (one term of the expansion).
Where stocks ran out levels are moved by what that makes of them (``stops.py``).
Where other nights tell the mean of the shop's levels, the first part is taken off for what is left unknown of that mean alone: of
``V`` between nights and ``M`` of their mean, ``M/(M + V)`` of it (simple kriging, where the mean is known, takes off nothing).

References: Rue & Held 2005, Gaussian Markov Random Fields; Rue, Martino & Chopin 2009 (Laplace approximation of latent Gaussian
models); MacKay 1992 for weighing settings by their evidence; Cressie 1993, Statistics for Spatial Data, 3.2.2 (lognormal
kriging); Tierney & Kadane 1986 (the mean beyond the mode).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import cho_solve, cholesky_banded, solve_banded, solve_triangular, solveh_banded
from scipy.special import gammainc

from sim.replay.cells import Cells
from sim.replay.stops import SeenCells, Stop, too_high
from sim.stats.latent import Process, precision, sum_variances, tied, times

ROUNDS, CLOSE = 60, 1e-6
TINY = 1e-12
FAR = 0.1
"""Farthest that a mean log branching is moved: beyond it (orders of one item, whose clusters a mood explains as well) one term of
the expansion tells nothing."""


class Prior(NamedTuple):
    """Parameters before the recording is seen: mean, precision, float64 [parameter]. levels: which of them make up the level of
    each source, 0 or 1 [source, parameter]; known: what is added to it. herd: place of log n, -1: nobody follows. unknown: of the
    variance of each source's level the share that is of a mean which nobody knows; None: all of it. free: of the variance of
    each parameter the share that is of what nobody knows of the shop, not of the night; 1: all of it [parameter]."""

    mean: np.ndarray
    precision: np.ndarray
    levels: sparse.csr_matrix
    known: np.ndarray
    herd: int
    unknown: np.ndarray | None = None
    free: np.ndarray | float = 1.0


@dataclass(frozen=True, eq=False)
class Posterior:
    """Mode and spread. prior: of the problem. z: mood [bin, process]; theta: parameters. band: upper Cholesky factor of z's
    precision (None without a mood); shift: by how much z falls where theta rises; chol: lower Cholesky factor of theta's
    precision once z is integrated out. alone: covariance of theta where z is known. lean_z, lean: by how much means are beside
    the mode because the mood is not known. evidence: log probability of the recording under this mood."""

    prior: Prior
    mood: tuple[Process, ...]
    z: np.ndarray
    theta: np.ndarray
    band: np.ndarray | None
    shift: np.ndarray
    chol: np.ndarray
    alone: np.ndarray
    lean_z: np.ndarray
    lean: np.ndarray
    evidence: float

    def sample(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One draw of the mood's logarithm per bin, and of the parameters."""
        mean = self.theta + self.lean
        away = solve_triangular(self.chol, rng.standard_normal(len(self.theta)), lower=True, trans="T")
        if self.band is None:
            return np.zeros(len(self.z)), mean + away
        free = solve_banded((0, len(self.band) - 1), self.band, rng.standard_normal(self.z.size))
        z = (self.z + self.lean_z).ravel() - self.shift @ away + free
        return z.reshape(self.z.shape).sum(1), mean + away

    def lowered(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """By how much drawn log levels are to be lowered, that their means are right [source]; of this what the mood takes back
        in bin b for source j, ``across_j . shift_b``: across [source, parameter], shift [bin, parameter]."""
        levels = self.prior.levels
        across = levels @ cho_solve((self.chol, True), np.eye(len(self.theta)))
        own = np.asarray(levels.multiply(across).sum(1)).ravel()
        alone = np.asarray(levels.multiply(levels @ self.alone).sum(1)).ravel()
        if self.band is None:
            return own / 2, across, np.zeros((len(self.z), len(self.theta)))
        shift = self.shift.reshape(*self.z.shape, -1).sum(1)
        if self.prior.unknown is None:
            return own - alone / 2, across, shift
        unknown = self.prior.unknown
        return unknown * (own - alone) + alone / 2, across * unknown[:, None], shift


@dataclass(frozen=True, eq=False)
class Problem:
    """Cells with a prior; ``bin_of``: mood bin of every cell, of ``bins`` bins of ``bin_s``; stops: stocks that ran out."""

    cells: Cells
    prior: Prior
    bin_of: np.ndarray
    bins: int
    bin_s: float
    stops: tuple[Stop, ...] = ()

    def rates(self, log_mood: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Orders expected in every cell, of these by own interest, levels of the sources, branching."""
        c, p = self.cells, self.prior
        level = np.exp(np.clip(p.levels @ theta + p.known, -60, 60))
        n = branching(p, theta)
        interest = np.exp(log_mood[self.bin_of]) * (c.at @ level)
        damp = 1 / (1 - n * c.own)
        return np.maximum(((1 - n) * interest + n * c.past) * damp, TINY), (1 - n) * interest * damp, level, n


def branching(prior: Prior, theta: np.ndarray) -> float:
    """Followers of an order."""
    return min(0.95, math.exp(float(theta[prior.herd]))) if prior.herd >= 0 else 0.0


def at_least(orders: np.ndarray, rate: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Recorded orders; where stock ran out unseen within a cell, the orders expected given that at least these came:
    ``mu P(N >= n - 1) / P(N >= n)``."""
    if not cut.any():
        return orders
    means, n, m = orders.astype(float), orders[cut], rate[cut]
    tail = np.where(n > 0, gammainc(np.maximum(n, 1), m), 1.0)
    before = np.where(n > 1, gammainc(np.maximum(n - 1, 1), m), 1.0)
    means[cut] = np.where(tail > 1e-280, np.maximum(m * before / np.maximum(tail, 1e-300), n), n)
    return means


def _loglik(cells: Cells, rate: np.ndarray) -> float:
    """Log likelihood but for constants: Poisson, and ``P(N >= n)`` where stock ran out unseen within a cell."""
    known = ~cells.cut
    value = float(cells.orders[known] @ np.log(rate[known]) - rate[known].sum())
    n, m = cells.orders[cells.cut], rate[cells.cut]
    return value + float(np.log(np.maximum(gammainc(np.maximum(n, 1), m)[n > 0], 1e-300)).sum())


def _slopes(problem: Problem, log_mood: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, sparse.csr_matrix]:
    """Rates of all cells and their derivatives by the log of the mood and by the parameters."""
    c, p = problem.cells, problem.prior
    rate, interest, level, n = problem.rates(log_mood, theta)
    scale = (1 - n) * np.exp(log_mood[problem.bin_of]) / (1 - n * c.own)
    per = c.at.multiply(scale[:, None]).multiply(level[None, :]).tocsr()
    jac = (per @ p.levels).tocsr()
    if p.herd >= 0:
        follow = n * ((c.past + rate * c.own) / (1 - n * c.own) - interest / (1 - n))
        extra = sparse.csr_matrix((follow, (np.arange(len(rate)), np.full(len(rate), p.herd))), shape=(len(rate), len(theta)))
        jac = jac + extra
    return rate, interest, jac


class _Point(NamedTuple):
    value: float
    grad_z: np.ndarray
    grad: np.ndarray
    info_z: np.ndarray
    cross: np.ndarray
    info: np.ndarray


def _look(problem: Problem, mood: tuple[Process, ...], band: np.ndarray | None, z: np.ndarray, theta: np.ndarray) -> _Point:
    """Log posterior, gradient and expected information at a point."""
    c, p = problem.cells, problem.prior
    log_mood = z.sum(1) if mood else np.zeros(problem.bins)
    rate, interest, jac = _slopes(problem, log_mood, theta)
    y = at_least(c.orders, rate, c.cut)
    away = theta - p.mean
    value = _loglik(c, rate) - 0.5 * float(away @ (p.precision * away))
    slope, weight = y / rate - 1, 1 / rate
    grad = jac.T @ slope - p.precision * away
    info = (jac.T @ jac.multiply(weight[:, None])).toarray() + np.diag(p.precision)
    if not mood:
        return _Point(value, np.empty(0), grad, np.empty(0), np.empty((0, len(theta))), info)
    k = len(mood)
    assert band is not None
    pulled = times(band, z.ravel())
    value -= 0.5 * float(z.ravel() @ pulled)
    bins = sparse.csr_matrix((interest * weight, (problem.bin_of, np.arange(len(rate)))), shape=(problem.bins, len(rate)))
    cross = np.repeat((bins @ jac).toarray(), k, axis=0)
    grad_b = np.bincount(problem.bin_of, interest * slope, problem.bins)
    info_b = np.bincount(problem.bin_of, interest**2 * weight, problem.bins)
    return _Point(value, np.repeat(grad_b, k) - pulled, grad, info_b, cross, info)


def posterior(problem: Problem, mood: tuple[Process, ...], start: tuple[np.ndarray, np.ndarray] | None = None) -> Posterior:
    """The posterior under a mood (none: ``()``). Same problem, same answer. start: mood, parameters to begin with; a mood of
    other processes is not used."""
    k, theta = len(mood), (problem.prior.mean if start is None else start[1]).copy()
    z = start[0].copy() if start is not None and start[0].shape[1] == k else np.zeros((problem.bins, k))
    band = precision(mood, problem.bins, problem.bin_s) if k else None
    now, damp = _look(problem, mood, band, z, theta), 1e-3
    for _ in range(ROUNDS):
        step_z, step = _step(now, band, damp)
        most = max(float(np.abs(step).max(initial=0)), float(np.abs(step_z).max(initial=0)), 1e-12)
        short = min(1.0, 2.0 / most)
        tried_z, tried_theta = z + short * step_z.reshape(z.shape), theta + short * step
        if problem.prior.herd >= 0:
            tried_theta[problem.prior.herd] = min(tried_theta[problem.prior.herd], math.log(0.95))
        tried = _look(problem, mood, band, tried_z, tried_theta)
        if tried.value >= now.value - 1e-9 * abs(now.value):
            gained = tried.value - now.value
            z, theta, now, damp = tried_z, tried_theta, tried, max(damp / 10, 1e-9)
            if gained < CLOSE * max(1.0, abs(now.value)) * 1e-2 and most < 1e-2:
                break
        else:
            damp = max(damp * 10, 1e-3)
            if damp > 1e8:
                break
    return _closed(problem, mood, band, z, theta, now)


def _step(now: _Point, band: np.ndarray | None, damp: float) -> tuple[np.ndarray, np.ndarray]:
    info = now.info + np.diag(damp * np.diag(now.info))
    if band is None:
        return np.empty(0), np.linalg.solve(info, now.grad)
    whole = tied(band, now.info_z)
    whole[-1] *= 1 + damp
    solved = solveh_banded(whole, np.column_stack([now.cross, now.grad_z]))
    across, free = solved[:, :-1], solved[:, -1]
    step = np.linalg.solve(info - now.cross.T @ across, now.grad - now.cross.T @ free)
    return free - across @ step, step


def _pulled(problem: Problem, now: _Point, z: np.ndarray, theta: np.ndarray, unknown: np.ndarray) -> _Point:
    """The point with the pull that an unknown mood (its variance per bin) has on means: half of that variance times the change of
    the information on it, ``I^2/rate`` with I the orders by own interest; F the followers, ``share`` of I in all."""
    rate, interest, jac = _slopes(problem, z.sum(1), theta)
    share, var = interest / rate, unknown[problem.bin_of]
    weight = share * (3 - 2 * share) * var
    pull_z = np.repeat(np.bincount(problem.bin_of, interest * weight, problem.bins), z.shape[1])
    pull, herd = jac.T @ weight, problem.prior.herd
    if herd >= 0:
        n, own = branching(problem.prior, theta), problem.cells.own
        every, past = interest / (1 - n), (problem.cells.past + rate * own) / (1 - n * own)
        follow = rate - interest
        change = every + (interest * past - every * follow) / rate - 2 * interest * follow * (past - every) / rate**2
        pull[herd] = -n * float(change @ var)
    return now._replace(grad_z=-pull_z / 2, grad=-pull / 2)


def _closed(
    problem: Problem, mood: tuple[Process, ...], band: np.ndarray | None, z: np.ndarray, theta: np.ndarray, now: _Point
) -> Posterior:
    evidence = now.value + 0.5 * float(np.log(problem.prior.precision).sum())
    factor, shift, info = None, np.empty((0, len(theta))), now.info
    lean_z, lean = np.zeros_like(z), np.zeros_like(theta)
    if band is not None:
        factor = cholesky_banded(tied(band, now.info_z))
        shift = solveh_banded(tied(band, now.info_z), now.cross)
        info = info - now.cross.T @ shift
        evidence += float(np.log(cholesky_banded(band)[-1]).sum()) - float(np.log(factor[-1]).sum())
        pulled = _pulled(problem, now, z, theta, sum_variances(factor, z.shape[1]))
        lean_z, lean = _step(pulled, band, 0.0)
        herd = problem.prior.herd
        if herd >= 0 and abs(lean[herd]) > FAR:
            pulled.grad[herd] = 0.0
            lean_z, lean = _step(pulled, band, 0.0)
    chol = np.linalg.cholesky((info + info.T) / 2 + np.eye(len(info)) * 1e-9)
    if problem.stops:
        seen = SeenCells(*_slopes(problem, z.sum(1), theta), problem.bin_of)
        level = np.exp(np.clip(problem.prior.levels @ theta + problem.prior.known, -60, 60))
        lean = lean - too_high(problem.stops, seen, problem.prior, level, z.sum(1), band, (now.info_z, now.cross, now.info))
    evidence -= float(np.log(np.diag(chol)).sum())
    alone = np.linalg.inv(now.info)
    return Posterior(problem.prior, mood, z, theta, factor, shift, chol, alone, lean_z.reshape(z.shape), lean, evidence)
