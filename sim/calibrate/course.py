"""What carries demand through a show beside its cues: viewers, time of show, its end, time of day; and which of them pay."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sim.calibrate.delays import Estimate
from sim.calibrate.fitness import dispersions
from sim.calibrate.grid import AUDIENCE, CLOCK, CLOSING, TREND, VIEWERS, Grid
from sim.calibrate.intensity import AHEAD, EARLY, Model, Spec, without
from sim.calibrate.intervals import wald_interval
from sim.calibrate.likelihood import Fit, maximise
from sim.calibrate.room import PLAIN
from sim.words import _

PRIOR, PRIOR_SD = 0.5, 0.5
"""Exponent of how many watch a whole show, beforehand (project, A): 0 where a show has its orders whoever watches, 1 where each
viewer brings as many. Six marathons are too few to tell; within a show it is 1."""
EARLY_ONES = (EARLY, AHEAD)


@dataclass(frozen=True, eq=False)
class Course:
    """``spec``: with the covariates that pay. ``dropped``: those that do not, in sentences. ``exponent``: of the viewers within a
    show, even where the scenario holds it at 1; None without viewers. ``audience``: of how many watch a whole show, with its
    standard deviation; None with one show, or where shows do not differ."""

    spec: Spec
    dropped: tuple[str, ...] = ()
    exponent: Estimate | None = None
    audience: tuple[float, float] | None = None


def course_of(spec: Spec, grid: Grid) -> Course:
    """Leave out what does not pay for its parameters (BIC, dearer by the dispersion the model leaves); hold the viewers' exponent
    at 1, the generator's law, where the record does not contradict it. The exponent is estimated either way."""
    if AUDIENCE in spec.columns:
        spec = without(spec, fixed={**spec.fixed, f"x:{AUDIENCE}": PRIOR})
    fit, dropped = maximise(Model(spec, grid)), []
    over = max([1.0, *(d.residual for d in dispersions(Model(spec, grid), fit) if d.window_s >= 60)])
    price = 0.5 * math.log(max(grid.orders(), 2)) * over
    terms = [((c,), words) for c, words in zip(TREND, _trends(), strict=True)]
    groups = ((EARLY_ONES, _("orders before an expected cue")), *reversed(terms),
              ((CLOSING,), _("the end of the show")), (CLOCK, _("time of day")))  # fmt: skip
    for group, words in groups:
        inside = EARLY_ONES * spec.early if group is EARLY_ONES else tuple(c for c in spec.columns if c in group)
        if not inside:
            continue
        kept = tuple(c for c in spec.columns if c not in inside)
        less = without(spec, columns=kept, early=spec.early and group is not EARLY_ONES)
        poorer = maximise(Model(less, grid))
        gain = fit.loglik - poorer.loglik
        if gain < price * len(inside):
            spec, fit = less, poorer
            told = _("{words} (gain {gain:.1f} in log-likelihood, not worth {n} parameters)")
            dropped.append(told.format(words=words, gain=gain, n=len(inside)))
    exponent = None
    if VIEWERS in spec.columns:
        exponent = Estimate(fit.value(f"x:{VIEWERS}"), *wald_interval(fit, f"x:{VIEWERS}"))
        held = without(spec, fixed={**spec.fixed, f"x:{VIEWERS}": 1.0})
        other = maximise(Model(held, grid))
        if fit.loglik - other.loglik < price:
            spec, fit = held, other
    audience = between_shows(spec, grid, fit) if AUDIENCE in spec.columns else None
    if audience is not None:
        spec = without(spec, fixed={**spec.fixed, f"x:{AUDIENCE}": audience[0]})
    return Course(spec, tuple(dropped), exponent, audience)


def _trends() -> tuple[str, ...]:
    """What the terms of ``TREND`` are called."""
    return _("time of show"), _("square of the time of show"), _("cube of the time of show")


def between_shows(spec: Spec, grid: Grid, fit: Fit) -> tuple[float, float]:
    """Exponent of how many watch a whole show, and its standard deviation afterwards: least squares over the shows' levels, which
    differ by nature as much as the shipped spread has it, with a normal prior."""
    levels = level_residuals(Model(spec, grid), fit)
    watched = {r.show: float(r.x[0, grid.columns.index(AUDIENCE)]) for r in grid.rows}
    span = float(np.mean([len(r.y) * grid.step_s for r in grid.rows]))
    nature = sum(p.sd**2 for p in PLAIN.parts(span, span))
    a, r = (np.array([of[s] for s in levels]) for of in (watched, {s: v for s, (v, _noise) in levels.items()}))
    weights = 1 / (nature + np.array([noise for _value, noise in levels.values()]))
    a = a - float(weights @ a / weights.sum())
    size = float(weights @ a**2)
    precision, at = size + PRIOR_SD**-2, fit.value(f"x:{AUDIENCE}")
    return at + float(weights @ (a * r) + (PRIOR - at) / PRIOR_SD**2) / precision, precision**-0.5


def still(spec: Spec, fit: Fit) -> Spec:
    """The spec with every covariate's exponent held where a fit has it: in a mood they cannot be told from it."""
    return without(spec, fixed={**spec.fixed, **{f"x:{c}": fit.value(f"x:{c}") for c in spec.columns}})


def level_residuals(model: Model, fit: Fit) -> dict[int, tuple[float, float]]:
    """Per show, the log of its orders over those expected without its mood, and the variance of chance alone."""
    seen: dict[int, float] = {}
    due: dict[int, float] = {}
    for row in model.grid.rows:
        if row.what == "orders":
            seen[row.show] = seen.get(row.show, 0.0) + float(row.y[row.used].sum())
            due[row.show] = due.get(row.show, 0.0) + float(model.rate(replace(row, mood=1.0), fit.at)[row.used].sum())
    return {s: (math.log((seen[s] + 0.5) / (due[s] + 0.5)), 1 / (seen[s] + 0.5)) for s in seen}
