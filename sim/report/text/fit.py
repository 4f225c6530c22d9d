"""How a calibration fits, in sentences: residuals, coverage, slips, responses, delays, funnel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scenarios.kernels import half_times
from scenarios.spread import Spread
from sim.calibrate.course import PRIOR, PRIOR_SD
from sim.calibrate.delays import DelayFit
from sim.calibrate.fit import Calibrated
from sim.calibrate.fitness import BANDS_S, LEVEL, coverage
from sim.calibrate.natural import natural_of
from sim.calibrate.observed import Observed, kind_name
from sim.report.text.layout import NOTHING
from sim.stats.paired import wilson
from sim.words import _

LEAST_SHUT = 0.05
"""Share of an item's time without stock from which a fit is warned of."""


def short(value: float) -> str:
    """Four figures.

    >>> short(0.0061416), short(1234.5)
    ('0.006142', '1234')
    """
    return NOTHING if not math.isfinite(value) else f"{value:.4g}"


def covered(fit: Calibrated) -> list[dict[str, Any]]:
    """Coverage of the predictive bands by window."""
    rows = []
    for window in BANDS_S:
        inside, of = coverage(list(fit.bands), window)
        if of:
            low, high = wilson(inside, of)
            rows.append({"window_s": window, "inside": inside, "of": of, "share": inside / of, "low": low, "high": high})
    return rows


def statement(fit: Calibrated) -> list[str]:
    """The statement of fit, a sentence each."""
    r, lines = fit.residuals, []
    text = (
        _(
            "Time rescaling: over {n:,} gaps the KS distance is {distance:.3f} ({size}), p = {p:.2g}: it does not contradict "
            "the model. Parameters were fitted to the same orders, so p flatters a little."
        )
        if r.p > 0.05
        else _(
            "Time rescaling: over {n:,} gaps the KS distance is {distance:.3f} ({size}), p = {p:.2g}: it contradicts the "
            "model. Parameters were fitted to the same orders, so p flatters a little."
        )
    )
    size = _("small") if r.distance < 0.03 else _("visible") if r.distance < 0.08 else _("large")
    lines.append(text.format(n=len(r.gaps), distance=r.distance, size=size, p=r.p))
    lines += _dispersion(fit)
    for row in covered(fit):
        text = (
            _(
                "Predictive bands 预测区间 of shows drawn from the scenario with uncertain=true: {inside} of {of} counts of "
                "{minutes:g} min lie in the {level:.0f} % band: too few, the bands are too narrow."
            )
            if row["high"] < LEVEL
            else _(
                "Predictive bands 预测区间 of shows drawn from the scenario with uncertain=true: {inside} of {of} counts of "
                "{minutes:g} min lie in the {level:.0f} % band."
            )
        )
        lines.append(text.format(inside=row["inside"], of=row["of"], minutes=row["window_s"] / 60, level=100 * LEVEL))
    for b in fit.busiest:
        text = (
            _("Busiest minute 峰值 of {show}: {seen:.0f} orders, expected {low:,.0f} to {high:,.0f} (90 %): inside.")
            if b.low <= b.seen <= b.high
            else _("Busiest minute 峰值 of {show}: {seen:.0f} orders, expected {low:,.0f} to {high:,.0f} (90 %): OUTSIDE.")
        )
        lines.append(text.format(show=fit.shows[b.show].name, seen=b.seen, low=b.low, high=b.high))
    return lines


def _dispersion(fit: Calibrated) -> list[str]:
    """How counts scatter beyond the model."""
    lines, m = [], fit.mixed
    if m is not None and m.real:
        text = _(
            "Extra dispersion 过度离散: counts of {window:g} s scatter like a negative binomial of size {size} [{low}, {high}] "
            "around the fit (log-likelihood +{gain:.1f}); in a model with a moving room, that is beside the mood found."
        )
        lines.append(text.format(window=m.window_s, size=short(m.size), low=short(m.low), high=short(m.high), gain=m.gain))
    elif m is not None:
        text = _("Extra dispersion 过度离散: none beyond chance in counts of {window:g} s (negative binomial {gain:+.1f}).")
        lines.append(text.format(window=m.window_s, gain=round(m.gain, 1) + 0.0))
    if fit.widen > 1:
        text = _(
            "Scores of stretches scatter more than the model expects: variances are taken {times:.1f} times as large in "
            "every interval of the intensity."
        )
        lines.append(text.format(times=fit.widen))
    return lines


def shut_words(shows: Sequence[Observed]) -> list[str]:
    """A warning where stock was gone for a good part of some item's time in counts by bins, whose stops have no moment."""
    lines = []
    for show in (s for s in shows if s.bin_s > 0):
        for k, name in enumerate(show.skus):
            own = show.shut[(show.shut["sku"] == k) | (show.shut["sku"] < 0)]
            spells = np.minimum(own["to_s"], show.span_s) - np.maximum(own["from_s"], 0.0)
            gone = float(spells.clip(min=0.0).sum()) / show.span_s
            if gone > LEAST_SHUT:
                lines.append(_("{sku} ({share:.0f} % of {show})").format(sku=name, share=100 * gone, show=show.name))
    if not lines:
        return []
    return [
        _(
            "**Stock was gone, or counts were unknown, for a good part of the time of {items}**: counts by bins do not tell "
            "the moment of a sell-out, so time scales of cues and buy rates that rest on these items may be off by more than "
            "their intervals say. Calibrate on single orders, or on shows in which stock lasted."
        ).format(items=", ".join(lines))
    ]


def stock_words(shows: Sequence[Observed]) -> list[str]:
    """A warning where nothing is known of an item's stock, so that a sell-out looks like a lack of demand."""
    names = dict.fromkeys(n for show in shows for n, units in zip(show.skus, show.stock, strict=False) if units < 0)
    if not names:
        return []
    return [
        _(
            "**No stock is known of {items}**: if it ran out, the quiet after it counts as a lack of demand, and buy rates come "
            "out far too low (by a third where stock was 60 % of demand). Declare stock=, or give levels of stock."
        ).format(items=", ".join(names))
    ]


def base_words(fit: Calibrated) -> list[str]:
    """Viewers, course over the show, slips, level between shows."""
    lines = []
    if fit.course.exponent is not None:
        e = fit.course.exponent
        text = (
            _("Demand goes with viewers to the power {value:.2f} [{low:.2f}, {high:.2f}]; not to be told from 1, which is used.")
            if "x:viewers" in fit.model.spec.fixed
            else _(
                "Demand goes with viewers to the power {value:.2f} [{low:.2f}, {high:.2f}]; the generator has 1, so the "
                "fitted room follows viewers to that power."
            )
        )
        lines.append(text.format(value=e.value, low=e.low, high=e.high))
    if fit.course.audience is not None:
        value, sd = fit.course.audience
        text = _(
            "From show to show demand goes with how many watch to the power {value:.2f} ± {sd:.2f}; {n} shows are pooled with "
            "{prior:g} ± {prior_sd:g} beforehand."
        )
        lines.append(text.format(value=value, sd=sd, n=len(fit.shows), prior=PRIOR, prior_sd=PRIOR_SD))
    lines += [_("Left out: {words}.").format(words=words) for words in fit.course.dropped]
    lines += shut_words(fit.shows) + stock_words(fit.shows)
    lines += _slips(fit)
    if fit.level_sd > 0:
        lines.append(
            _("From show to show the level varies by a factor of {factor:.2f} (1 sd).").format(factor=math.exp(fit.level_sd))
        )
    return lines


def natural_words(fit: Calibrated) -> list[str]:
    """What is known of the parameters and what varies by nature, said apart."""
    n, plain = natural_of(fit), Spread()
    lines = [
        _(
            "Two things make shows of this scenario differ. What varies by nature (scenario.spread) differs in every show, "
            "however much is recorded. What is not known of the parameters (their intervals) shrinks with more records; "
            "uncertain=true draws it as well."
        )
    ]
    fitted = _("By nature, fitted: {name} {value} [{low}, {high}], instead of {plain:g}.")
    ruled = _("By nature, from the record: {name} {value:g}, instead of {plain:g}: {why}.")
    lines += [fitted.format(name=k, value=short(e.value), low=short(e.low), high=short(e.high), plain=getattr(plain, k))
             for k, e in n.fitted.items()]  # fmt: skip
    return lines + [ruled.format(name=k, value=v, plain=getattr(plain, k), why=why) for k, (v, why) in n.set.items()]


def _slips(fit: Calibrated) -> list[str]:
    """How far cues come from the sheet."""
    s = fit.slips
    if s is None:
        return []
    if not s.real:
        return [_("Cues came when the sheet says: no slip beyond chance ({cues} cues).").format(cues=s.cues)]
    text = _(
        "Cues slip 偏移 by {sd:.1f} s [{sd_low:.1f}, {sd_high:.1f}] around the sheet, with a lead of {lead:+.1f} s "
        "[{lead_low:+.1f}, {lead_high:+.1f}] ({cues} cues, log-likelihood {gain:+.1f})."
    )
    sd, lead = s.sd_s, s.lead_s
    return [
        text.format(
            sd=sd.value,
            sd_low=sd.low,
            sd_high=sd.high,
            lead=lead.value,
            lead_low=lead.low,
            lead_high=lead.high,
            cues=s.cues,
            gain=s.gain,
        ),
        _(
            "Each cue is put where it most likely came, which makes short responses look some percent shorter than they are: "
            "intervals of tau_s then promise too much."
        ),
    ]


def response_words(fit: Calibrated) -> list[str]:
    """Rise, decay, duration and shape of each kind of cue."""
    lines = []
    for kind, length in fit.lengths.items():
        name, shape = kind_name(kind), fit.model.spec.shape(kind)
        rise, fall = half_times(shape, math.exp(fit.fit.value(f"tau:{name}")))
        text = (
            _(
                "{kind}: half height to peak {rise:.0f} s, peak to half height {fall:.0f} s; ends after {end:g} s (not ruled "
                "out: {low:g} to {high:g} s); the other shape fits better by {other:.1f}, but a kind's shape is fixed."
            )
            if length.other_shape > 2
            else _(
                "{kind}: half height to peak {rise:.0f} s, peak to half height {fall:.0f} s; ends after {end:g} s (not ruled "
                "out: {low:g} to {high:g} s)."
            )
        )
        lines.append(
            text.format(
                kind=name, rise=rise, fall=fall, end=length.value, low=length.low, high=length.high, other=length.other_shape
            )
        )
    return lines


def delay_words(what: str, d: DelayFit | None) -> list[str]:
    """Law, truncation and censoring of a delay."""
    if d is None:
        return []
    text = _(
        "{delay}: {seen:,} of {of:,} seen to come; {law}, preferred by {gain:.1f} in log-likelihood over the other law. "
        "Follow-up ends before {beyond:.2g} % of those that would come (right-censored, allowed for)."
    )
    return [text.format(delay=what, seen=d.seen, of=d.of, law=_(d.law), gain=abs(d.gain), beyond=100 * d.beyond)]


def funnel_words(fit: Calibrated) -> list[str]:
    """Views to orders, and units per order beyond one."""
    lines = []
    views = sum(s.views for s in fit.shows if s.views > 0)
    if views > 0:
        orders = sum(s.orders.total() for s in fit.shows if s.views > 0)
        low, high = wilson(min(orders, views), views)
        lines.append(
            _("Views to orders 转化率: {orders:,} of {views:,}, {share:.2f} % [{low:.2f}, {high:.2f}].").format(
                orders=orders, views=views, share=100 * orders / views, low=100 * low, high=100 * high
            )
        )
    if fit.amounts is not None and fit.amounts.stop is not None:
        s = fit.amounts.stop
        text = (
            _(
                "Orders of more than one unit stop with chance {chance:.2f} [{low:.2f}, {high:.2f}] at each further unit, as "
                "the generator's 1/2; the largest has {most} units."
            )
            if s.low <= 0.5 <= s.high
            else _(
                "Orders of more than one unit stop with chance {chance:.2f} [{low:.2f}, {high:.2f}] at each further unit, "
                "unlike the generator's 1/2; the largest has {most} units."
            )
        )
        lines.append(text.format(chance=s.value, low=s.low, high=s.high, most=fit.amounts.most))
    return lines
