"""Fit on all shows but one, predict that one, for each in turn: what a model is worth on a show it has not seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from sim.calibrate.grid import Grid
from sim.calibrate.intensity import Model, Spec
from sim.calibrate.likelihood import dispersed, loglik_cells, maximise
from sim.words import _


class Left(NamedTuple):
    """One show under one model fitted on the others: log-likelihood per bin as Poisson and as negative binomial counts, its
    standard error over blocks of an hour as the difference to the first model (NaN for that one), and the expected total over
    the seen one."""

    show: int
    model: str
    bins: int
    poisson: float
    negbin: float
    over_first: float
    error: float
    total: float
    size: float


def leave_one_out(grid: Grid, specs: Mapping[str, Spec], tell: Callable[[str], None] | None = None) -> list[Left]:
    """Every show under every model; a model with herding knows the show's own past, one step ahead, and the others do not."""
    rows = []
    for show in sorted({r.show for r in grid.rows}):
        first: np.ndarray | None = None
        for name, spec in specs.items():
            if tell:
                tell(_("without show {show}: {model}").format(show=show, model=name))
            model = Model(spec, grid)
            others = [np.full(len(r.y), r.show != show) for r in grid.rows]
            plain, wide = maximise(model, keep=others), dispersed(model, others)
            own = [r for r in grid.rows if r.show == show and r.what == "orders"]
            rates = [(r, model.rate(r, plain.at), model.rate(r, wide.at)) for r in own]
            cells = [np.concatenate(parts) for parts in zip(*(
                (loglik_cells(r.y, a)[r.used], loglik_cells(r.y, b, wide.r)[r.used]) for r, a, b in rates),
                strict=True)]  # fmt: skip
            first = cells[1] if first is None else first
            gain = cells[1] - first
            due, seen = sum(float(a[r.used].sum()) for r, a, _ in rates), sum(float(r.y[r.used].sum()) for r in own)
            rows.append(Left(show, name, len(gain), float(cells[0].mean()), float(cells[1].mean()), float(gain.mean()),
                             _error(gain, max(1, round(3600 / grid.step_s))), due / seen, wide.r))  # fmt: skip
    return rows


def _error(gain: np.ndarray, block: int) -> float:
    """Standard error of a mean over bins that hang together within ``block`` bins."""
    n = len(gain) // block
    if n < 2 or not gain.any():
        return math.nan
    sums = gain[: n * block].reshape(n, block).mean(1)
    return float(sums.std(ddof=1)) / math.sqrt(n)
