"""A room that moves: all demand of a show multiplied by the exponential of Ornstein-Uhlenbeck processes and of the show's level.

For every show z = mood + slow mood + level on bins of about a minute (``scenarios/spread.py``: the same processes the generator
draws), and ``rate = e^(z - variance/2) x rate of the model``. Parameters and z together are found by Fisher scoring; z is then
integrated out by Laplace's method (Rue, Martino & Chopin 2009), which leaves the information on the parameters that a moving room
lets them have. How much it moves is found by the evidence, with a prior about the defaults: what a recording cannot say stays
where it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky_banded, solveh_banded

from scenarios.spread import Spread
from sim.calibrate.grid import Grid, SkuRow
from sim.calibrate.intensity import Model
from sim.calibrate.likelihood import Fit, loglik_cells
from sim.stats.latent import Process, averaged, filtered, precision, tied, times

BIN_S, STEPS = 60.0, 5
"""Least width of a bin of the mood, about [s]; bins of the grid it spans at least: what a poller adds of its own passes in a few
polls."""
LEVEL_S = 50.0
"""Time constant of a show's level, in lengths of the longest show: as good as none."""
ROUNDS, CLOSE, MOST, WORTH = 40, 2e-3, 1.5, 0.3
"""Rounds of a fit; gain that ends it; longest step of a logarithm; share of what a step promises that makes it good."""
Keep = Sequence[np.ndarray] | None


class Hyper(NamedTuple):
    """How a room moves, as in :class:`scenarios.spread.Spread`."""

    mood_sd: float
    mood_s: float
    slow_sd: float
    slow_s: float
    level_sd: float

    def parts(self, span_s: float, bin_s: float) -> tuple[Process, ...]:
        """The processes of shows of at most ``span_s``, as means over bins."""
        every = (Process(self.mood_sd, self.mood_s), Process(self.slow_sd, self.slow_s), Process(self.level_sd, LEVEL_S * span_s))
        return tuple(averaged(p, bin_s) for p in every if p.sd > 0)


PLAIN = Hyper(*(getattr(Spread(), name) for name in Hyper._fields))
"""How a room moves by default."""


@dataclass(frozen=True, eq=False)
class RoomFit:
    """A fit under a room that moves so. fit: ``cov`` and ``loglik`` have the room integrated out. z: log mood per show [bin,
    process]; evidence: log density with the parameters integrated out too."""

    hyper: Hyper
    fit: Fit
    z: tuple[np.ndarray, ...]
    evidence: float


class _Point(NamedTuple):
    value: float
    loglik: float
    grad: np.ndarray
    info: np.ndarray
    shows: list[tuple[np.ndarray, np.ndarray, np.ndarray]]


class Rooms:
    """The rows of a model with the mood's bins. width: bins of the grid in one of the mood."""

    def __init__(self, model: Model) -> None:
        self.model, grid = model, model.grid
        self.slow = np.array([n.startswith("x:") for n in model.names])
        self.width = max(STEPS, round(BIN_S / grid.step_s))
        self.shows = sorted({r.show for r in grid.rows})
        self.bins = {s: -(-len(next(r for r in grid.rows if r.show == s).y) // self.width) for s in self.shows}
        self.span_s = max(self.bins.values()) * self.width * grid.step_s

    @property
    def bin_s(self) -> float:
        """Width of a bin of the mood [s]."""
        return self.width * self.model.grid.step_s

    def parts(self, hyper: Hyper) -> tuple[tuple[Process, ...], float]:
        """The room's processes on the mood's bins, and half their variance: what makes their multiplier's mean 1."""
        parts = hyper.parts(self.span_s, self.bin_s)
        return parts, sum(p.sd**2 for p in parts) / 2

    def of(self, row: SkuRow) -> np.ndarray:
        """The mood's bin of every bin of a row."""
        return np.arange(len(row.y)) // self.width

    def moved(self, row: SkuRow, z: np.ndarray, shift: float) -> SkuRow:
        """The row in its mood."""
        return replace(row, mood=np.exp(np.clip(z.sum(1) - shift, -30, 30))[self.of(row)])

    def look(self, at: np.ndarray, z: Sequence[np.ndarray], hyper: Hyper, bands: Sequence[np.ndarray], keep: Keep) -> _Point:
        """Log density of counts and moods, its gradient and expected information."""
        size, index_of = len(at), {s: k for k, s in enumerate(self.shows)}
        grad, info = np.zeros(size), np.zeros((size, size))
        parts = [(np.zeros(self.bins[s]), np.zeros(self.bins[s]), np.zeros((self.bins[s], size))) for s in self.shows]
        loglik, shift = 0.0, self.parts(hyper)[1]
        for k, row in enumerate(self.model.grid.rows):
            use = row.used if keep is None else row.used & keep[k]
            if not use.any():
                continue
            place = index_of[row.show]
            rate, index, jac, moved = self.model.slopes(self.moved(row, z[place], shift), at)
            y, rate, jac, moved, b = row.y[use], rate[use], jac[:, use], moved[use], self.of(row)[use]
            weight = 1 / rate
            slope = (y - rate) * weight
            loglik += float(loglik_cells(y, rate).sum())
            grad[index] += jac @ slope
            info[np.ix_(index, index)] += (jac * weight) @ jac.T
            own = parts[place]
            own[0][:] += np.bincount(b, moved * slope, len(own[0]))
            own[1][:] += np.bincount(b, moved**2 * weight, len(own[1]))
            for j, p in enumerate(index):
                own[2][:, p] += np.bincount(b, moved * weight * jac[j], len(own[1]))
        pulled = [times(band, x.ravel()) for band, x in zip(bands, z, strict=True)]
        prior = 0.5 * sum(float(x.ravel() @ q) for x, q in zip(z, pulled, strict=True))
        shows = [(np.repeat(g, x.shape[1]) - q, i, c) for (g, i, c), x, q in zip(parts, z, pulled, strict=True)]
        return _Point(loglik - prior, loglik, grad, info, shows)

    def settle(self, hyper: Hyper, start: np.ndarray, z: Sequence[np.ndarray] | None = None, keep: Keep = None) -> RoomFit:
        """The mode of parameters and moods, and what is left of the parameters' information without the moods.

        Exponents of covariates stay at ``start``, where a fit without moods should have them: moods as slow as they are take for
        their own what covariates bring (spatial confounding; Hodges & Reich 2010), and means of counts do not ask for the mood.
        In the information they are open.
        """
        parts, _ = self.parts(hyper)
        bands = [precision(parts, self.bins[s], self.bin_s) for s in self.shows]
        at = np.clip(start, *self.model.limits.T)
        here = [np.zeros((self.bins[s], len(parts))) for s in self.shows] if z is None else [x.copy() for x in z]
        now, damp = self.look(at, here, hyper, bands, keep), 1e-4
        done, rounds = False, 0
        while rounds < ROUNDS:
            rounds += 1
            free = self._free(at, now)
            step, moves, gain = _step(now, bands, free & ~self.slow, damp)
            if gain < CLOSE:
                done = True
                break
            most = max(1e-12, float(np.abs(step).max(initial=0)), *(float(np.abs(m).max()) for m in moves))
            part, old = min(1.0, MOST / most), now
            for _ in range(2):
                tried = np.clip(at + part * step, *self.model.limits.T)
                there = [x + part * m.reshape(x.shape) for x, m in zip(here, moves, strict=True)]
                new = self.look(tried, there, hyper, bands, keep)
                won = new.value - old.value
                if won >= WORTH * part * gain:
                    break
                # Information is expected information: where the model fits badly its step is too long, and comes back.
                part *= max(part * gain / (2 * (part * gain - won)), 0.1)
            if new.value >= now.value - 1e-9 * abs(now.value):
                at, here, now, damp = tried, there, new, max(damp / 10, 1e-9)
            elif damp > 1e6:
                break
            else:
                damp = max(damp * 10, 1e-3)
        return self._closed(hyper, at, here, now, bands, rounds, done)

    def _free(self, at: np.ndarray, now: _Point) -> np.ndarray:
        low, high = self.model.limits.T
        pushed = ((at <= low) & (now.grad <= 0)) | ((at >= high) & (now.grad >= 0))
        return ~pushed & ~self.model.fixed & (np.diag(now.info) > 1e-12)

    def _closed(self, hyper: Hyper, at: np.ndarray, z: list[np.ndarray], now: _Point, bands: list[np.ndarray], rounds: int,
                done: bool) -> RoomFit:  # fmt: skip
        free, loglik, info = self._free(at, now), now.value, now.info.copy()
        for (_, own, cross), band in zip(now.shows, bands, strict=True):
            whole = tied(band, own)
            if free.any():
                across = np.repeat(cross, len(band) - 1, axis=0)
                info -= across.T @ solveh_banded(whole, across)
            loglik += float(np.log(cholesky_banded(band)[-1]).sum() - np.log(cholesky_banded(whole)[-1]).sum())
        left = info[np.ix_(free, free)]
        _, size = np.linalg.slogdet(left + 1e-9 * np.eye(len(left)))
        names = tuple(n for n, f in zip(self.model.names, free, strict=True) if f)
        stuck = tuple(n for n, f, x in zip(self.model.names, free, self.model.fixed, strict=True) if not f and not x)
        fit = Fit(self.model.spec, self.model.names, at, loglik, np.linalg.pinv(left, hermitian=True), names, stuck, math.inf,
                  rounds, done)  # fmt: skip
        return RoomFit(hyper, fit, tuple(z), loglik - size / 2)

    def ahead(self, at: np.ndarray, hyper: Hyper, show: int) -> np.ndarray:
        """Log-likelihood of a show's counts, all rows together, per bin of the grid, each given what came before it."""
        seen, due, rest = np.zeros((3, len(next(r for r in self.model.grid.rows if r.show == show).y)))
        for row in (r for r in self.model.grid.rows if r.show == show):
            rate, use = self.model.rate(row, at), row.used
            seen[use] += row.y[use]
            due[use] += rate[use]
            rest[use] += loglik_cells(row.y[use], rate[use]) + rate[use]
        return filtered(hyper.parts(self.span_s, self.model.grid.step_s), self.model.grid.step_s, seen, due) + rest


def in_mood(model: Model, settled: RoomFit) -> Grid:
    """The model's grid, every row in the mood it was found in."""
    rooms = Rooms(model)
    shift = rooms.parts(settled.hyper)[1]
    place = {s: k for k, s in enumerate(rooms.shows)}
    return model.grid._replace(rows=[rooms.moved(r, settled.z[place[r.show]], shift) for r in model.grid.rows])


def _step(now: _Point, bands: Sequence[np.ndarray], free: np.ndarray, damp: float) -> tuple[np.ndarray, list[np.ndarray], float]:
    """Steps of parameters and moods, and what they promise to gain."""
    info = now.info[np.ix_(free, free)] + np.diag(damp * np.diag(now.info)[free])
    grad, solved = now.grad[free].copy(), []
    for (slope, own, cross), band in zip(now.shows, bands, strict=True):
        across = np.repeat(cross[:, free], len(band) - 1, axis=0)
        whole = tied(band, own)
        whole[-1] *= 1 + damp
        got = solveh_banded(whole, np.column_stack([across, slope]))
        info -= across.T @ got[:, :-1]
        grad -= across.T @ got[:, -1]
        solved.append(got)
    step = np.zeros(len(free))
    step[free] = np.linalg.solve(info + 1e-10 * np.diag(np.diag(info)), grad)
    moves = [got[:, -1] - got[:, :-1] @ step[free] for got in solved]
    gain = float(now.grad @ step) + sum(float(s[0] @ m) for s, m in zip(now.shows, moves, strict=True))
    return step, moves, gain
