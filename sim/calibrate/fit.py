"""The whole calibration: from observed shows to fitted parameters with intervals, the model chosen, and how well it fits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sim.calibrate.amounts import Amounts, fit_amounts
from sim.calibrate.choice import ROOM, Choice, blocks_of, choose, given
from sim.calibrate.course import Course, course_of, level_residuals, still
from sim.calibrate.delays import DelayFit, Estimate, fit_delays, together
from sim.calibrate.fitness import (
    Band,
    Busiest,
    Carted,
    Dispersion,
    Mixing,
    Residuals,
    dispersions,
    mixing,
    residuals,
)
from sim.calibrate.grid import Grid, default_kernel, make_grid
from sim.calibrate.intensity import Model, Spec, full_spec, without
from sim.calibrate.intervals import HALF_CHI2, score_spread
from sim.calibrate.likelihood import Fit, maximise
from sim.calibrate.moving import Moving, cue_sizes, moving_room
from sim.calibrate.observed import CalibrationError, Observed, must_be_short
from sim.calibrate.room import in_mood
from sim.calibrate.slips import Slips, fit_slips
from sim.words import _

FEWEST_ORDERS, SHORTEST_S, FEWEST_BINS = 100, 600.0, 30
TIMES = (0.5, 0.75, 1.5, 2.0, 3.0)
"""Durations tried for a response, as multiples of its kind's default."""
Tell = Callable[[str], None]


class Length(NamedTuple):
    """When a kind's response ends [s]: the value used, those the record does not rule out, log-likelihood gained over the
    default, and gained by the other shape (below 0: the kind's own shape fits better)."""

    value: float
    low: float
    high: float
    gain: float
    other_shape: float


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Everything found. ``fit`` is over ``model``; ``widen``: factor on its variances where the record is more dispersed than
    the model; ``course``: which covariates pay, and the viewers' exponents; ``level_sd``:
    spread of the shows' general level (log), 0 with fewer than three shows. ``moving``: how the room moves, where that was tried;
    ``sizes``: log spread of cues beside it, or why not."""

    shows: tuple[Observed, ...]
    grid: Grid
    choice: Choice
    model: Model
    fit: Fit
    widen: float
    lengths: dict[int, Length]
    slips: Slips | None
    converting: DelayFit | None
    paying: DelayFit | None
    amounts: Amounts | None
    level_sd: float
    residuals: Residuals
    dispersions: tuple[Dispersion, ...]
    mixed: Mixing | None
    bands: tuple[Band, ...]
    busiest: tuple[Busiest, ...]
    course: Course
    moving: Moving | None = None
    sizes: tuple[Estimate | None, str] = (None, "")

    @property
    def moves(self) -> bool:
        """Whether the scenario's room moves as fitted."""
        return self.choice.chosen == ROOM

    @property
    def carted(self) -> Carted | None:
        """Law of the orders by cart, where single carts are followed."""
        c = self.converting
        return None if c is None else Carted(1 - c.never.value, c.median_s.value, c.sigma.value if c.law == "lognormal" else 1.0)


def calibrate(
    shows: Sequence[Observed], tell: Tell | None = None, seed: int = 0, name: str = "auto", predict: bool = True
) -> Calibrated:
    """Fit everything the shows can say. Raises :class:`CalibrationError` where they say too little.

    ``name``: the model, or auto to choose among them. ``predict``: whether to draw predictive bands, of the shows that the
    scenario draws.
    """
    tell = tell or (lambda what: None)
    check(shows)
    tell(_("laying the grid"))
    grid = make_grid(shows)
    spec, slips = full_spec(grid, herding=False), None
    if spec.kinds:
        tell(_("finding when cues really came"))
        start = Model(without(spec, early=False), grid)
        slipped = fit_slips(start, maximise(start))
        if slipped is not None:
            slips, grid = slipped[:2]
    course = course_of(spec, grid)
    spec = course.spec
    choice = choose(spec, grid, tell) if name == "auto" else given(name, spec, grid)
    chosen = choice.fits[choice.chosen].spec
    tell(_("response lengths"))
    moving = choice.moving if choice.chosen == ROOM else None
    felt = grid if moving is None else in_mood(Model(chosen, grid), moving.settled)
    fit = choice.fits[choice.chosen]
    lengths, longer, fit = _lengths(chosen if moving is None else still(chosen, fit), felt, fit)
    if moving is not None:
        longer = without(longer, fixed=chosen.fixed)
        moving = moving if longer == chosen else moving_room(Model(longer, grid), fit.at, moving)
        fit, felt = moving.settled.fit, in_mood(Model(longer, grid), moving.settled)
    chosen, model = longer, Model(longer, felt)
    spread = dispersions(model, fit)
    mixed = mixing(model, fit)
    over = max((d.residual for d in spread if d.window_s >= 60), default=1.0)
    real = moving is None and mixed is not None and mixed.real and over > 1.1
    widen = max(1.0, score_spread(model, fit, blocks_of(grid))) if real else 1.0
    tell(_("delays and quantities"))
    converting, paying = (_delays([getattr(s, what) for s in shows]) for what in ("converting", "paying"))
    room = choice.moving if moving is None else moving
    sizes: tuple[Estimate | None, str] = (None, _("no moving room was fitted"))
    if room is not None:
        tell(_("sizes of cues"))
        sizes = cue_sizes(Model(room.settled.fit.spec, grid), room)
    calibrated = Calibrated(
        tuple(shows), grid, choice, model, fit, widen, lengths, slips, converting, paying, fit_amounts(shows),
        _level_sd(model, fit), residuals(model, fit, seed), tuple(spread), mixed, (), (), course, room, sizes,
    )  # fmt: skip
    if not predict:
        return calibrated
    tell(_("predictive bands"))
    # Here, because it draws the scenario that is made of this record.
    from sim.calibrate.predicted import predicted

    seen, busiest = predicted(calibrated, seed)
    return replace(calibrated, bands=tuple(seen), busiest=tuple(busiest))


def check(shows: Sequence[Observed]) -> None:
    """Refuse a record that is too short or too quiet, with what is missing."""
    orders, span = sum(s.orders.total() for s in shows), sum(s.span_s for s in shows)
    names = ", ".join(s.name for s in shows)
    if orders == 0:
        raise CalibrationError(
            _("{names}: no orders at all; calibration needs a record of orders, single or counted per bin").format(names=names)
        )
    if span < SHORTEST_S:
        raise CalibrationError(
            _("{names}: {span:,.0f} s is too short to calibrate on; at least {shortest_s:,.0f} s are needed").format(
                names=names, span=span, shortest_s=SHORTEST_S
            )
        )
    if orders < FEWEST_ORDERS:
        raise CalibrationError(
            _(
                "{names}: {orders} orders are too few to calibrate on; at least {fewest_orders} are "
                "needed, so add further shows to stream="
            ).format(names=names, orders=orders, fewest_orders=FEWEST_ORDERS)
        )
    for show in shows:
        must_be_short(show)
    widest = max(s.bin_s for s in shows)
    if widest and span / widest < FEWEST_BINS:
        raise CalibrationError(
            _(
                "{names}: {span} bins of {widest:g} s are too few to calibrate on; at least {fewest_bins} "
                "are needed, finer or longer"
            ).format(names=names, span=int(span / widest), widest=widest, fewest_bins=FEWEST_BINS)
        )


def _delays(parts: list) -> DelayFit | None:
    whole = together([p for p in parts if p is not None])
    return None if whole is None else fit_delays(whole)


def _lengths(spec: Spec, grid: Grid, fit: Fit) -> tuple[dict[int, Length], Spec, Fit]:
    """Try other ends and the other shape of each kind's response; a default stays unless the record contradicts it."""
    lengths: dict[int, Length] = {}
    for kind in spec.kinds:
        usual = default_kernel(kind)[3]
        logliks = {usual: fit.loglik}
        fits = {usual: fit}
        for times in TIMES:
            if usual * times < 1.5 * grid.step_s:
                continue
            tried = without(spec, durations={**spec.durations, kind: usual * times})
            fits[usual * times] = maximise(Model(tried, grid), fit.at, rounds=30)
            logliks[usual * times] = fits[usual * times].loglik
        other = "block" if spec.shape(kind) == "gamma" else "gamma"
        turned = maximise(Model(without(spec, shapes={**spec.shapes, kind: other}), grid), fit.at, rounds=30).loglik
        best = max(logliks, key=lambda d: logliks[d])
        inside = [d for d, ll in logliks.items() if ll >= logliks[best] - HALF_CHI2]
        used = usual if usual in inside else best
        lengths[kind] = Length(used, min(inside), max(inside), logliks[best] - logliks[usual], turned - logliks[usual])
        spec, fit = without(spec, durations={**spec.durations, kind: used}), fits[used]
    return lengths, spec, fit


def _level_sd(model: Model, fit: Fit) -> float:
    """How far the shows' general levels lie apart, beyond chance (log; method of moments)."""
    by_kind = level_residuals(model, fit)
    if len(by_kind) < 3:
        return 0.0
    logs, noise = np.array([v for v, _ in by_kind.values()]), float(np.mean([n for _, n in by_kind.values()]))
    return math.sqrt(max(float(logs.var(ddof=1)) - noise, 0.0))
