"""When cues really came: the sheet says when they were meant to.

Each cue's true time is its sheet time plus a slip, normal around a lead. The slip is not seen; the orders around the cue say
where it must have been. EM: given the responses, the posterior of every cue's slip on a grid; given those, lead, spread and
responses again.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from sim.calibrate.delays import Estimate
from sim.calibrate.grid import Grid, SkuRow
from sim.calibrate.intensity import MEAN, TINY, Model, N
from sim.calibrate.intervals import HALF_CHI2
from sim.calibrate.likelihood import Fit, maximise
from sim.calibrate.observed import kind_name
from sim.demand.intensity import Carts, excited, response

FEWEST = 4
ROUNDS = 8


class Slips(NamedTuple):
    """``sd_s``: spread of cue times around the sheet. ``lead_s``: their mean (below 0: before the sheet). ``gain``:
    log-likelihood over cues exactly on the sheet. ``cues``: how many. ``real``: whether the gain is beyond chance."""

    sd_s: Estimate
    lead_s: Estimate
    gain: float
    cues: int
    real: bool


def fit_slips(model: Model, fit: Fit, reach_s: float = 0.0) -> tuple[Slips, Grid, Fit] | None:
    """Slips with the grid and fit they lead to; None with fewer than four cues. ``reach_s``: the largest slip looked for [s],
    0: a third of the usual gap between two cues of a SKU, 20 to 600 s."""
    step = model.grid.step_s
    usual = _gap(model.grid) / 3
    reach = reach_s or min(max(usual, 20.0, 4 * step), 600.0)
    offsets = np.arange(-math.ceil(reach / step), math.ceil(reach / step) + 1) * step
    keys = _keys(model.grid)
    if len(keys) < FEWEST:
        return None
    lead, sd, grid, now = 0.0, max(reach / 4, step), model.grid, fit
    table = np.zeros((len(keys), len(offsets)))
    for _ in range(ROUNDS):
        here = Model(model.spec, grid)
        laid = _lay(model.grid, here, now, offsets)
        table = np.array([laid[key] for key in keys])
        weight = table - 0.5 * ((offsets - lead) / sd) ** 2
        weight = np.exp(weight - logsumexp(weight, axis=1, keepdims=True))
        mean, before = weight @ offsets, sd
        lead, sd = (
            float(mean.mean()),
            math.sqrt(max(float((weight @ offsets**2 - 2 * lead * mean + lead**2).mean()), (step / 4) ** 2)),
        )
        grid = _moved(model.grid, dict(zip(keys, mean.tolist(), strict=True)))
        now = maximise(Model(model.spec, grid), now.at, now.r, rounds=12)
        if abs(sd - before) < 0.01 * before:
            break
    now = maximise(Model(model.spec, grid), now.at, now.r)
    slips = _settled(table, offsets, lead, sd, step)
    return (slips, grid, now) if slips.real else (slips, model.grid, fit)


def _gap(grid: Grid) -> float:
    gaps = [np.diff(np.sort(np.concatenate(list(r.cues.values())))) for r in grid.rows if r.what == "orders" and r.cues]
    every = np.concatenate([g for g in gaps if len(g)]) if any(len(g) for g in gaps) else np.array([600.0])
    return float(np.quantile(every, 0.25))


Key = tuple[int, str, int, int]


def _keys(grid: Grid) -> list[Key]:
    """Every cue once: show, SKU, kind, number."""
    return [
        (r.show, r.sku, kind, j) for r in grid.rows if r.what == "orders" for kind, at in r.cues.items() for j in range(len(at))
    ]


def _moved(grid: Grid, shifts: dict[Key, float]) -> Grid:
    rows = []
    for r in grid.rows:
        cues = {k: at + np.array([shifts[(r.show, r.sku, k, j)] for j in range(len(at))]) for k, at in r.cues.items()}
        rows.append(replace(r, cues=cues))
    return grid._replace(rows=rows)


def _lay(sheet: Grid, here: Model, fit: Fit, offsets: np.ndarray) -> dict[Key, np.ndarray]:
    """Log-likelihood of every cue at each offset from its sheet time, the others where they are now."""
    laid_by_key: dict[Key, np.ndarray] = {}
    for planned, row in zip(sheet.rows, here.grid.rows, strict=True):
        if not row.cues:
            continue
        rate, lift = here.rate(row, fit.at), 1.0
        if here.spec.herding and row.feed is not None:
            lift = 1 / (1 - fit.value(N) * excited(row.feed, here.grid.step_s, math.exp(fit.value(MEAN)))[1])
        for kind, times in planned.cues.items():
            scale = _scale(here, fit, row, kind) * lift
            for j, at in enumerate(times.tolist()):
                key = (row.show, row.sku, kind, j)
                laid = _one(here, fit, row, kind, (at, float(row.cues[kind][j])), offsets, rate, scale)
                laid_by_key[key] = laid_by_key.get(key, 0.0) + laid
    return laid_by_key


def _scale(model: Model, fit: Fit, row: SkuRow, kind: int) -> float:
    """Expected count per second of a response, the row's mean demand included."""
    part = model.parts(row, fit.at, (kind,))[kind]
    shape = model.responses(row, fit.at, kind)
    return float(part.sum() / shape.sum()) if shape.sum() > 0 else 0.0


def _response(model: Model, fit: Fit, carts: Carts, bins: int, kind: int, starts: np.ndarray) -> np.ndarray:
    tau = math.exp(fit.value(f"tau:{kind_name(kind)}"))
    return response(bins, model.grid.step_s, starts, model.spec.shape(kind), tau, model.spec.duration(kind), carts)


def _one(model: Model, fit: Fit, row: SkuRow, kind: int, at: tuple[float, float], offsets: np.ndarray, rate: np.ndarray,
         scale: float) -> np.ndarray:  # fmt: skip
    """``at``: the cue's time on the sheet and the one it has now [s]. Offsets are whole bins, so one response is moved along."""
    step, span, edge = model.grid.step_s, model.spec.duration(kind), len(offsets) // 2
    a = max(int(at[0] // step) - edge, 0)
    late = row.carts.longest_s() if row.carts.direct < 1 else 0.0
    b = min(int((at[0] + span + late) // step) + edge + 2, len(row.y))
    if a >= b:
        return np.zeros(len(offsets))
    brought = _response(model, fit, row.carts, b - a, kind, np.array([at[1] - a * step])) * scale * row.open[a:b]
    rest = np.maximum(rate[a:b] - brought, 0.02 * rate[a:b] + TINY)
    here = np.array([at[0] - a * step])
    wide = np.concatenate([np.zeros(edge), _response(model, fit, row.carts, b - a + edge, kind, here) * scale])
    shifted = np.lib.stride_tricks.sliding_window_view(wide, b - a)[: len(offsets)][::-1]
    use = row.used[a:b]
    whole = rest[use] + shifted[:, use] * row.open[a:b][use]
    return np.log(whole) @ row.y[a:b][use] - whole.sum(1)


def _settled(table: np.ndarray, offsets: np.ndarray, lead: float, sd: float, step: float) -> Slips:
    """Interval of the spread and whether slips are real, from the likelihood with the slips integrated out."""
    sheet = table[:, np.argmin(np.abs(offsets))].sum()

    def marginal(m: float, s: float) -> float:
        prior = -0.5 * ((offsets - m) / s) ** 2
        return float(logsumexp(table + prior - logsumexp(prior), axis=1).sum())

    widths = np.geomspace(step / 8, offsets[-1], 80)
    curve = np.array([marginal(lead, s) for s in widths])
    best = max(float(curve.max()), marginal(lead, sd))
    inside = widths[curve >= best - HALF_CHI2]
    half = 1.96 * sd / math.sqrt(len(table))
    gain = best - float(sheet)
    return Slips(Estimate(sd, float(min(inside.min(initial=sd), sd)), float(max(inside.max(initial=sd), sd))),
                 Estimate(lead, lead - half, lead + half), gain, len(table), gain > 4.0)  # fmt: skip
