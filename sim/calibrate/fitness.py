"""How well a fit fits: time-rescaling residuals, dispersion by window, predictive bands and their coverage."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from sim.calibrate.intensity import Model
from sim.calibrate.intervals import HALF_CHI2
from sim.calibrate.likelihood import Fit, loglik_cells
from sim.demand.streams import stream

WINDOWS_S = (1.0, 10.0, 60.0, 300.0)
BANDS_S = (60.0, 300.0, 900.0, 3600.0)
LEVEL = 0.90


class Carted(NamedTuple):
    """Share of carts that become orders and the law of their delay, where fitted apart from the intensity."""

    conversion: float
    median_s: float
    sigma: float


class Residuals(NamedTuple):
    """``gaps``: compensated gaps between orders, Exp(1) where the model holds. ``distance``, ``p``: Kolmogorov-Smirnov."""

    gaps: np.ndarray
    distance: float
    p: float


class Dispersion(NamedTuple):
    """Counts of one window: variance over mean, raw (Fano), and squared residuals over expectation (1 where the model holds, with
    a standard deviation of ``noise``)."""

    window_s: float
    windows: int
    raw: float
    residual: float
    noise: float


class Mixing(NamedTuple):
    """Negative binomial size of the counts of ``window_s`` around the fitted mean, its interval, and log-likelihood gain over
    Poisson; a size of inf is Poisson. ``real``: whether the gain is beyond chance."""

    window_s: float
    size: float
    low: float
    high: float
    gain: float
    real: bool


class Band(NamedTuple):
    """Counts of all SKUs of show ``show`` by window, with predictive quantiles."""

    show: int
    window_s: float
    start_s: np.ndarray
    seen: np.ndarray
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray
    pit: np.ndarray


class Busiest(NamedTuple):
    """Orders of a show's busiest minute: seen, predictive 5 and 95 %, and where the seen one falls (0 to 1)."""

    show: int
    seen: float
    low: float
    middle: float
    high: float
    pit: float


def residuals(model: Model, fit: Fit, seed: int = 0) -> Residuals:
    """Time rescaling: gaps of the compensator between successive orders of a row are Exp(1) if the model holds.

    Orders of one bin are spread evenly at random in it (a source's own resolution knows no better).
    """
    from scipy.stats import kstest

    gaps = []
    for k, row in enumerate(model.grid.rows):
        if row.what != "orders":
            continue
        rate, y = model.rate(row, fit.at)[row.used], row.y[row.used].astype(np.int64)
        before = np.concatenate([[0.0], np.cumsum(rate)[:-1]])
        at = np.repeat(before, y) + np.repeat(rate, y) * stream(seed, "calibrate", "residuals", k).random(int(y.sum()))
        gaps.append(np.diff(np.sort(at)))
    every = np.concatenate(gaps) if gaps else np.zeros(0)
    if len(every) < 2:
        return Residuals(every, math.nan, math.nan)
    test = kstest(-np.expm1(-every), "uniform")
    return Residuals(every, float(test.statistic), float(test.pvalue))


def by_window(values: np.ndarray, used: np.ndarray, bins: int) -> np.ndarray:
    """Sums over windows of ``bins`` bins that are wholly used."""
    n = len(values) // bins * bins
    if n == 0:
        return np.zeros(0)
    whole = used[:n].reshape(-1, bins).all(1)
    return values[:n].reshape(-1, bins).sum(1)[whole]


def dispersions(model: Model, fit: Fit) -> list[Dispersion]:
    """Dispersion of the orders of single SKUs by window."""
    rates = [(row, model.rate(row, fit.at)) for row in model.grid.rows if row.what == "orders"]
    rows = []
    for window in WINDOWS_S:
        bins = round(window / model.grid.step_s)
        if bins < 1 or abs(bins * model.grid.step_s - window) > 1e-9:
            continue
        pairs = [(by_window(row.y, row.used, bins), by_window(rate, row.used, bins)) for row, rate in rates]
        seen, due = np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])
        if len(seen) < 3 or seen.sum() == 0:
            continue
        spread = sum(float(((p[0] - p[0].mean()) ** 2).sum()) for p in pairs if len(p[0]))
        noise = math.sqrt(float((due + 2 * due * due).sum())) / float(due.sum())
        residual = float(((seen - due) ** 2).sum() / due.sum())
        rows.append(Dispersion(window, len(seen), spread / float(seen.sum()), residual, noise))
    return rows


def mixing(model: Model, fit: Fit, window_s: float = 60.0) -> Mixing | None:
    """Extra dispersion: the size of gamma-mixed counts of a minute (or the source's longer bins) given the fitted mean."""
    bins = max(1, round(window_s / model.grid.step_s))
    pairs = [(by_window(r.y, r.used, bins), by_window(model.rate(r, fit.at), r.used, bins)) for r in model.grid.rows
             if r.what == "orders"]  # fmt: skip
    y, due = np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])
    if len(y) < 10:
        return None
    plain = float(loglik_cells(y, due).sum())

    def curve(log_size: float) -> float:
        return float(loglik_cells(y, due, math.exp(log_size)).sum())

    best = minimize_scalar(lambda x: -curve(x), bounds=(-6.0, 14.0), method="bounded")
    top = -float(best.fun)
    sizes = np.linspace(-6.0, 14.0, 401)
    inside = sizes[np.array([curve(x) for x in sizes]) >= top - HALF_CHI2]
    real = top - plain > 3.32
    high = math.inf if plain >= top - HALF_CHI2 else math.exp(inside.max(initial=float(best.x)))
    low = math.exp(inside.min(initial=float(best.x)))
    return Mixing(bins * model.grid.step_s, math.exp(float(best.x)) if real else math.inf, low, high, top - plain, real)


def bands(model: Model, counts: list[np.ndarray], seed: int = 0) -> tuple[list[Band], list[Busiest]]:
    """Predictive bands by window and show, and of the busiest minute; counts of all SKUs together."""
    rng = stream(seed, "calibrate", "pit")
    drawn_bands, busiest = [], []
    for place, show in enumerate(sorted({r.show for r in model.grid.rows})):
        rows = [r for r in model.grid.rows if r.show == show and r.what == "orders"]
        seen = np.sum([(r.feed if r.feed is not None else r.y) * r.used for r in rows], axis=0)
        used = np.any([r.used for r in rows], axis=0)
        for window in BANDS_S:
            bins = round(window / model.grid.step_s)
            if bins < 1 or len(seen) < 2 * bins:
                continue
            n = len(seen) // bins
            mostly = used[: n * bins].reshape(n, bins).mean(1) >= 0.5
            drawn = counts[place][:, : n * bins].reshape(-1, n, bins).sum(2)
            real = seen[: n * bins].reshape(n, bins).sum(1)
            if window == BANDS_S[0]:
                top = drawn.max(1)
                low, middle, high = np.quantile(top, (0.05, 0.5, 0.95)).tolist()
                busiest.append(
                    Busiest(show, float(real.max()), low, middle, high, float(_pit(rng, top[:, None], real.max()[None])[0]))
                )
            low, middle, high = np.quantile(drawn, (0.5 - LEVEL / 2, 0.5, 0.5 + LEVEL / 2), axis=0)
            pit = _pit(rng, drawn, real)
            start = np.arange(n) * window
            drawn_bands.append(Band(show, window, *(v[mostly] for v in (start, real, low, middle, high, pit))))
    return drawn_bands, busiest


def _pit(rng: np.random.Generator, drawn: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Where the seen counts fall among the drawn ones, ties broken at random: uniform where the model holds."""
    below, same = (drawn < seen).sum(0), (drawn == seen).sum(0)
    return (below + rng.random(len(seen)) * (same + 1)) / (len(drawn) + 1)


def coverage(held: list[Band], window_s: float) -> tuple[int, int]:
    """Windows whose count lies inside the 90 % band, and all."""
    pits = [b.pit for b in held if b.window_s == window_s]
    every = np.concatenate(pits) if pits else np.zeros(0)
    return int((np.abs(every - 0.5) <= LEVEL / 2).sum()), len(every)
