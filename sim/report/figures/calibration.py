"""Pictures of a calibration: responses over cue-aligned averages, residuals, predictive bands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import CUE_KINDS
from sim.calibrate.fit import Calibrated
from sim.calibrate.fitness import LEVEL, Band
from sim.report.figures import style
from sim.report.figures.style import _, ngettext

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BANDS = 3


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def responses(fit: Calibrated) -> Figure | None:
    """Orders around cues: observed averages over aligned cues, and what the fitted model expected in the same bins."""
    from matplotlib import rc_context

    kinds = fit.model.spec.kinds
    if not kinds:
        return None
    with rc_context(style.settings()):
        figure = _figure(3.9 * len(kinds) + 0.8, 3.6)
        axes = np.atleast_1d(figure.subplots(1, len(kinds)))
        for axis, kind in zip(axes, kinds, strict=True):
            _aligned(axis, fit, kind)
        axes[0].set_ylabel(_("orders per minute and cue"))
        moved = fit.slips is not None and fit.slips.real
        title = (
            _("Response to cues: aligned averages and the fitted model; cues where they were found to have come")
            if moved
            else _("Response to cues: aligned averages and the fitted model")
        )
        figure.suptitle(style.text(title), x=0.01, ha="left", fontsize=11)
    return figure


def _aligned(axis: Axes, fit: Calibrated, kind: int) -> None:
    step, name = fit.grid.step_s, CUE_KINDS[kind]
    span = fit.lengths[kind].value
    width = max(step, span / 60)
    edges = np.arange(-max(0.25 * span, 2 * width), 1.25 * span + width, width)
    seen, due, weight = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1), np.zeros(len(edges) - 1)
    cues = 0
    for row in fit.grid.rows:
        if row.what != "orders" or kind not in row.cues:
            continue
        rate = fit.model.rate(row, fit.fit.at)
        middle = (np.arange(len(row.y)) + 0.5) * step
        for at in row.cues[kind].tolist():
            near = row.used & (middle - at >= edges[0]) & (middle - at < edges[-1])
            place = np.clip(((middle[near] - at - edges[0]) / width).astype(int), 0, len(seen) - 1)
            seen += np.bincount(place, row.y[near], len(seen))
            due += np.bincount(place, rate[near], len(seen))
            weight += np.bincount(place, minlength=len(seen)) * step / 60
            cues += 1
    left, ok = edges[:-1], weight > 0
    per = np.where(ok, weight, 1.0)
    error = np.sqrt(np.maximum(due, 0)) / per
    low, high = due / per - 2 * error, due / per + 2 * error
    axis.fill_between(left, low, high, step="post", color=style.SKY, alpha=0.3, lw=0, label=_("± 2 sd (Poisson)"))
    axis.step(left, due / per, where="post", color=style.BLUE, lw=1.8, label=_("fitted model"))
    seen_at, mean = left + width / 2, np.where(ok, seen / per, np.nan)
    axis.plot(
        seen_at,
        mean,
        "o",
        ms=3,
        color=style.BLACK,
        label=ngettext("seen, mean of {n} cue", "seen, mean of {n} cues", cues).format(n=cues),
    )
    axis.axvline(0, color=style.GREY, lw=0.8, ls=":")
    tau = math.exp(fit.fit.value(f"tau:{name}"))
    axis.set_title(_("{kind}: tau {tau:.3g} s").format(kind=name, tau=tau), loc="left")
    axis.set_xlabel(_("seconds after the cue"))
    axis.set_ylim(bottom=0)
    axis.legend(loc="upper right")


def residual_plot(fit: Calibrated) -> Figure:
    """Time-rescaling residuals against the exponential they should follow, and dispersion by window."""
    from matplotlib import rc_context

    with rc_context(style.settings()):
        figure = _figure(10.5, 4.3)
        left, right = figure.subplots(1, 2)
        u = np.sort(-np.expm1(-fit.residuals.gaps))
        n = len(u)
        expected = (np.arange(n) + 0.5) / max(n, 1)
        thin = max(1, n // 2000)
        left.fill_between(
            [0, 1],
            [-1.36 / math.sqrt(max(n, 1)), 1 - 1.36 / math.sqrt(max(n, 1))],
            [1.36 / math.sqrt(max(n, 1)), 1 + 1.36 / math.sqrt(max(n, 1))],
            color=style.SKY,
            alpha=0.3,
            lw=0,
            label=_("95 % of samples (KS)"),
        )
        left.plot([0, 1], [0, 1], color=style.GREY, lw=0.8)
        left.plot(expected[::thin], u[::thin], color=style.BLACK, lw=1.5, label=_("{n:,} gaps between orders").format(n=n))
        left.set(
            xlim=(0, 1), ylim=(0, 1), xlabel=_("expected if the model holds"), ylabel=_("time-rescaled gaps, as probabilities")
        )
        left.set_title(
            _("Time rescaling: KS distance {distance:.3f}, p = {p:.2g}").format(
                distance=fit.residuals.distance, p=fit.residuals.p
            ),
            loc="left",
        )
        left.legend(loc="upper left")
        _dispersion(right, fit)
    return figure


def _dispersion(axis: Axes, fit: Calibrated) -> None:
    rows = fit.dispersions
    x = [d.window_s for d in rows]
    axis.plot(x, [d.raw for d in rows], "s--", color=style.ORANGE, label=_("counts: variance / mean"))
    axis.plot(x, [d.residual for d in rows], "o-", color=style.BLUE, label=_("residuals: squares / expectation"))
    for d in rows:
        half = 1.96 * d.noise
        axis.plot([d.window_s] * 2, [max(1 - half, 0.05), 1 + half], color=style.GREY, lw=3, alpha=0.5)
    axis.axhline(1, color=style.GREY, lw=0.8)
    axis.set(xscale="log", yscale="log", xlabel=_("window [s]"))
    axis.xaxis.set_major_formatter(style.plain_number)
    axis.yaxis.set_major_formatter(style.plain_number)
    axis.set_xticks(x, [f"{w:g}" for w in x])
    axis.minorticks_off()
    axis.set_title(_("Dispersion by window; grey: 95 % for a model that holds"), loc="left")
    axis.legend(loc="upper left")


def band_plot(fit: Calibrated) -> Figure | None:
    """Counts of the last show by 1, 5 and 15 minutes inside their predictive bands."""
    from matplotlib import rc_context

    last = len(fit.shows) - 1
    bands = [b for b in fit.bands if b.show == last and len(b.seen)][:MOST_BANDS]
    if not bands:
        return None
    with rc_context(style.settings()):
        figure = _figure(11.5, 2.3 * len(bands) + 0.5)
        axes = np.atleast_1d(figure.subplots(len(bands), 1, sharex=True))
        for axis, band in zip(axes, bands, strict=True):
            _one_band(axis, band, 3600.0 if fit.shows[last].span_s > 4 * 3600 else 60.0)
        per, unit = (3600.0, "h") if fit.shows[last].span_s > 4 * 3600 else (60.0, "min")
        if not math.isnan(hour := fit.shows[last].start_hour):
            axes[-1].xaxis.set_major_formatter(
                lambda x, _place: f"{style.plain_number(x)}\n{style.clock(x * per, hour)}" if x >= 0 else ""
            )
        axes[-1].set_xlabel(_("time since the record began [{unit}]").format(unit=unit))
        figure.suptitle(
            style.text(
                _("Orders of {stream} and what the fitted model expected of such a show").format(stream=fit.shows[last].name)
            ),
            x=0.01,
            ha="left",
            fontsize=11,
        )
    return figure


def _one_band(axis: Axes, band: Band, per: float) -> None:
    x = np.append(band.start_s, band.start_s[-1] + band.window_s) / per

    def held(values: np.ndarray) -> np.ndarray:
        return np.append(values, values[-1])

    looks: dict[str, Any] = {"step": "post", "lw": 0, "color": style.SKY, "alpha": 0.45}
    axis.fill_between(x, held(band.low), held(band.high), label=_("{level:.0f} % band").format(level=100 * LEVEL), **looks)
    axis.step(x, held(band.middle), where="post", color=style.BLUE, lw=1.0, label=_("median"))
    axis.step(x, held(band.seen), where="post", color=style.BLACK, lw=1.2, label=_("seen"))
    inside = int((np.abs(band.pit - 0.5) <= LEVEL / 2).sum())
    axis.set_title(
        _("orders per {minutes:g} min: {inside} of {n} inside").format(
            minutes=band.window_s / 60, inside=inside, n=len(band.pit)
        ),
        loc="left",
    )
    axis.set_ylim(bottom=0)
    axis.legend(loc="upper right", ncols=3)
