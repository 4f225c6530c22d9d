"""How much a room moves, found from the recording: scales and time constants by evidence, sizes of cues beside them.

Each is log-normal about its default beforehand. Only what the recording is long enough for is moved; the rest keeps its default,
and why is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import solveh_banded

from sim.calibrate.delays import Estimate
from sim.calibrate.frozen import Frozen
from sim.calibrate.intensity import Model
from sim.calibrate.intervals import HALF_CHI2
from sim.calibrate.room import PLAIN, Hyper, RoomFit, Rooms
from sim.stats.latent import precision, tied, times
from sim.words import _

PRIOR_SD = {"mood_sd": 0.7, "mood_s": 0.7, "slow_sd": 0.7, "slow_s": 0.5, "level_sd": 0.7}
"""Standard deviations of the logs beforehand (project, A)."""
MOOD_SPAN, SLOW_SPAN, SHOWS, ORDERS = 6.0, 5.0, 3, 200
"""Time constants that a recording must last for the mood and for its slow part; shows for the level, orders for any."""
REACH, CURVE, LONGEST, NEAR, ROUNDS = 2.5, 0.2, 0.7, 0.03, 6
"""Farthest from a default, difference that tells slopes, longest and last step, on the log scale; rounds at most."""
FEWEST_CUES, MEGA = 8, 4.0
"""Cues that tell how far sizes lie apart; excess from which one is of the tail, which says nothing of the others."""
SIZES = np.concatenate([[0.0], np.geomspace(0.02, 1.5, 120)])


class Moving(NamedTuple):
    """settled: the fit. spread: what was fitted of :class:`scenarios.spread.Spread`, with 95 % intervals, and its covariance on
    the log scale in that order. kept: what was not, by setting, and why."""

    settled: RoomFit
    spread: dict[str, Estimate]
    cov: np.ndarray
    kept: dict[str, str]


def lacking(rooms: Rooms) -> dict[str, str]:
    """Settings of the spread for which the record is too short, and what is missing."""
    grid = rooms.model.grid
    spans = [rooms.bins[s] * rooms.bin_s for s in rooms.shows]
    total, reasons = sum(spans), dict[str, str]()
    short = _("{need:,.0f} s are needed, the record has {have:,.0f} s")
    if grid.orders() < ORDERS:
        few = _("{need} orders are needed, the record has {have:,}").format(need=ORDERS, have=grid.orders())
        return dict.fromkeys(Hyper._fields, few)
    if total < MOOD_SPAN * PLAIN.mood_s:
        reasons |= dict.fromkeys(("mood_sd", "mood_s"), short.format(need=MOOD_SPAN * PLAIN.mood_s, have=total))
    if total < SLOW_SPAN * PLAIN.slow_s:
        reasons |= dict.fromkeys(("slow_sd", "slow_s"), short.format(need=SLOW_SPAN * PLAIN.slow_s, have=total))
    if len(spans) < SHOWS:
        reasons["level_sd"] = _("{need} shows are needed, the record has {have}").format(need=SHOWS, have=len(spans))
    return reasons


def moving_room(model: Model, start: np.ndarray, held: Moving | None = None) -> Moving:
    """The fit under a moving room. ``held``: one found for a model like it, whose room is kept."""
    rooms = Rooms(model)
    if held is not None:
        return held._replace(settled=rooms.settle(held.settled.hyper, start, held.settled.z))
    kept = lacking(rooms)
    free = [name for name in Hyper._fields if name not in kept]
    last = rooms.settle(PLAIN, start)
    if not free:
        return Moving(last, {}, np.zeros((0, 0)), kept)
    best, cov = np.zeros(len(free)), np.eye(len(free))
    for _round in range(ROUNDS):
        near = best
        best, last = _near(_Search(Rooms(Frozen(model, last.fit.at, still=True)), free, last), best)
        best, cov, last = _newton(_Search(Rooms(Frozen(model, last.fit.at)), free, last), best)
        last = rooms.settle(last.hyper, last.fit.at, last.z)
        if float(np.abs(best - near).max()) < NEAR:
            break
    half = 1.959964 * np.sqrt(np.diag(cov))
    ends = {n: [getattr(PLAIN, n) * math.exp(x) for x in (b, b - h, b + h)]
            for n, b, h in zip(free, best.tolist(), half.tolist(), strict=True)}  # fmt: skip
    return Moving(last, {n: Estimate(*e) for n, e in ends.items()}, cov, kept)


class _Search:
    """Minus the evidence of the free scales, given by the logs of their ratios to the defaults; what was looked at is kept."""

    def __init__(self, rooms: Rooms, free: list[str], start: RoomFit) -> None:
        self.rooms, self.free, self.start = rooms, free, start
        self.seen: dict[tuple[float, ...], tuple[float, RoomFit]] = {}

    def __call__(self, logs: np.ndarray) -> float:
        key = tuple(logs.tolist())
        if key not in self.seen:
            pairs = list(zip(self.free, key, strict=True))
            moved = PLAIN._replace(**{n: getattr(PLAIN, n) * math.exp(x) for n, x in pairs})
            got = self.rooms.settle(moved, self.start.fit.at, self.start.z)
            value = 0.5 * sum((x / PRIOR_SD[n]) ** 2 for n, x in pairs) - got.evidence
            if not self.seen or value < min(v for v, _ in self.seen.values()):
                self.start = got
            self.seen[key] = value, got
        return self.seen[key][0]


def _near(search: _Search, at: np.ndarray) -> tuple[np.ndarray, RoomFit]:
    """About where the evidence is greatest."""
    from scipy.optimize import minimize

    here = search(at)
    steep = max(1.0, *(abs(search(at + s) - here) / NEAR for s in np.eye(len(at)) * NEAR))
    at = minimize(lambda x: search(x) * CURVE / steep, at, method="L-BFGS-B", bounds=[(-REACH, REACH)] * len(at),
                  options={"eps": NEAR, "maxiter": 15, "ftol": 1e-7}).x  # fmt: skip
    search(at)
    return at, search.seen[tuple(at.tolist())][1]


def _newton(search: _Search, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, RoomFit]:
    """Where the evidence is greatest, the covariance there, and the fit: Newton's steps by differences."""
    for _round in range(ROUNDS):
        slope, curve = _curvature(search, at)
        step = np.linalg.solve(curve, -slope)
        step *= min(1.0, LONGEST / max(float(np.abs(step).max()), 1e-12))
        while search(np.clip(at + step, -REACH, REACH)) > search(at) and float(np.abs(step).max()) > NEAR:
            step /= 3
        at = np.clip(at + step, -REACH, REACH)
        if float(np.abs(step).max()) < NEAR:
            break
    search(at)
    return at, np.linalg.inv(curve), search.seen[tuple(at.tolist())][1]


def _curvature(look: Callable[[np.ndarray], float], best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes, and second differences made positive."""
    n, steps = len(best), np.eye(len(best)) * CURVE
    here = look(best)
    up, down = [look(best + s) for s in steps], [look(best - s) for s in steps]
    slope = np.array([(u - d) / (2 * CURVE) for u, d in zip(up, down, strict=True)])
    hessian = np.diag([(u + d - 2 * here) / CURVE**2 for u, d in zip(up, down, strict=True)])
    for i in range(1, n):
        # Scale and time constant of one process lean on each other; across processes hardly.
        both = look(best + steps[i] + steps[i - 1])
        hessian[i, i - 1] = hessian[i - 1, i] = (both - up[i] - up[i - 1] + here) / CURVE**2
    values, vectors = np.linalg.eigh(hessian)
    return slope, (vectors * np.maximum(values, 1.0)) @ vectors.T


def cue_sizes(model: Model, moving: Moving) -> tuple[Estimate | None, str]:
    """Log standard deviation of the size of a cue beside the moving room, with the values the record does not rule out; or why
    the default stays.

    Let 1 + u be the factor by which a cue is larger, u normal with standard deviation s. With gradient g and information K of the
    sizes, moods and parameters integrated out, the log evidence of s is ``-1/2 log det(1 + s^2 K) + 1/2 s^2 g'(1 + s^2 K)^-1 g``
    (Laplace). The generator's log-normal has that spread where its log standard deviation is ``sqrt(log(1 + s^2))``. Cues more
    than five times as large belong to the tail and are left out.
    """
    keys = [(r.show, r.sku, kind, j) for r in model.grid.rows if r.what == "orders" for kind, at in r.cues.items()
            if kind in model.spec.kinds for j in range(len(at))]  # fmt: skip
    if len(keys) < FEWEST_CUES:
        return None, _("{need} cues are needed, the record has {have}").format(need=FEWEST_CUES, have=len(keys))
    slope, info = _size_terms(model, moving, keys)
    usual = np.linalg.solve(info + np.eye(len(keys)) / 4, slope) < MEGA
    values, vectors = np.linalg.eigh(info[np.ix_(usual, usual)])
    values, along = np.maximum(values, 0.0), (vectors.T @ slope[usual]) ** 2
    logs = np.array([float((-0.5 * np.log1p(x * x * values) + 0.5 * x * x * along / (1 + x * x * values)).sum()) for x in SIZES])
    inside = SIZES[logs >= logs.max() - HALF_CHI2]
    best, low, high = (math.sqrt(math.log1p(float(x) ** 2)) for x in (SIZES[logs.argmax()], inside.min(), inside.max()))
    if inside.max() >= SIZES[-1]:
        return None, _("the cues are too weak beside the room to tell their sizes")
    return Estimate(best, low, high), ""


def _size_terms(model: Model, moving: Moving, keys: list[tuple[int, str, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and information of the sizes of cues, with moods and parameters integrated out."""
    rooms, s = Rooms(model), moving.settled
    at, (parts, shift) = s.fit.at, rooms.parts(s.hyper)
    free = np.array([n in s.fit.free for n in s.fit.names])
    slope, own, pull = np.zeros(len(keys)), np.zeros((len(keys), len(keys))), np.zeros(len(at))
    across, theta = np.zeros((len(keys), len(at))), np.zeros((len(at), len(at)))
    for place, show in enumerate(rooms.shows):
        columns = [c for c, key in enumerate(keys) if key[0] == show]
        info_b, cross = np.zeros(rooms.bins[show]), np.zeros((rooms.bins[show], len(at) + len(columns)))
        block, grad, grad_b = np.zeros((len(at) + len(columns),) * 2), np.zeros(len(at) + len(columns)), np.zeros(len(info_b))
        for row in (r for r in model.grid.rows if r.show == show):
            which = [c for c in columns if keys[c][1] == row.sku]
            moody = rooms.moved(row, s.z[place], shift)
            rate, index, jac, moved = model.slopes(moody, at)
            each = np.array([model.one(moody, at, *keys[c][2:]) for c in which]).reshape(len(which), len(rate))
            where = [*index, *(len(at) + columns.index(c) for c in which)]
            every, use, b = np.vstack([jac, each]), row.used, rooms.of(row)
            off = row.y[use] / rate[use] - 1
            grad[where] += every[:, use] @ off
            grad_b += np.bincount(b[use], moved[use] * off, len(info_b))
            block[np.ix_(where, where)] += (every[:, use] / rate[use]) @ every[:, use].T
            info_b += np.bincount(b[use], (moved**2 / rate)[use], len(info_b))
            for j, p in enumerate(where):
                cross[:, p] += np.bincount(b[use], (moved * every[j] / rate)[use], len(info_b))
        wide, band = np.repeat(cross, len(parts), axis=0), precision(parts, rooms.bins[show], rooms.bin_s)
        grad_z = np.repeat(grad_b, len(parts)) - times(band, s.z[place].ravel())
        got = solveh_banded(tied(band, info_b), np.column_stack([wide, grad_z]))
        block -= wide.T @ got[:, :-1]
        grad -= wide.T @ got[:, -1]
        slope[columns], pull = grad[len(at) :], pull + grad[: len(at)]
        theta += block[: len(at), : len(at)]
        across[columns] += block[len(at) :, : len(at)]
        own[np.ix_(columns, columns)] = block[len(at) :, len(at) :]
    left = theta[np.ix_(free, free)] + 1e-6 * np.eye(int(free.sum()))
    tied_in = np.linalg.solve(left, np.column_stack([across[:, free].T, pull[free]]))
    return slope - across[:, free] @ tied_in[:, -1], own - across[:, free] @ tied_in[:, :-1]
