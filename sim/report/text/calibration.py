"""A calibration in words: parameter table, model choice, how well it fits, what could not be found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scenarios.kernels import half_times
from sim.calibrate.delays import DelayFit
from sim.calibrate.fit import Calibrated
from sim.calibrate.fitness import BANDS_S, LEVEL, coverage
from sim.calibrate.observed import Observed, kind_name
from sim.calibrate.parameters import Parameter
from sim.report.text.layout import NOTHING, aligned, markdown, number
from sim.stats.paired import wilson

PARAMETER_HEAD = ("setting", "fitted", "95 % interval", "unit", "default", "source")
MODEL_HEAD = ("model", "parameters", "log-likelihood", "held out", "behind the best")
MEANING = {
    "poisson": "Poisson, no cues",
    "cue": "cue responses 脉冲",
    "hawkes": "self-excitation 从众",
    "both": "cues and self-excitation",
}
FIT_HEAD = ("window [s]", "windows", "counts: variance / mean", "residuals", "sd if the model holds")
BAND_HEAD = ("window", "inside", "of", "share", "95 % interval")
LEAST_SHUT = 0.05
"""Share of an item's time without stock from which a fit is warned of."""


def short(value: float) -> str:
    """Four figures.

    >>> short(0.0061416), short(1234.5)
    ('0.006142', '1234')
    """
    return NOTHING if not math.isfinite(value) else f"{value:.4g}"


def parameter_rows(found: Sequence[Parameter]) -> list[list[str]]:
    """The table of fitted settings."""
    return [
        [".".join(p.at), short(p.value), f"[{short(p.low)}, {short(p.high)}]", p.unit, f"{p.default:g}", p.source] for p in found
    ]


def model_rows(made: Calibrated) -> list[list[str]]:
    """The table of models tried; the chosen one is marked."""
    rows = []
    for t in made.choice.tried:
        behind = "best" if t.behind == 0 else f"{number(t.behind, 1)} ± {number(t.error, 1)}"
        mark = " *" if t.name == made.choice.chosen else ""
        rows.append([MEANING[t.name] + mark, str(t.parameters), number(t.loglik, 1), number(t.held_out, 1), behind])
    return rows


def fit_rows(made: Calibrated) -> list[list[str]]:
    """Dispersion by window."""
    return [
        [f"{d.window_s:g}", f"{d.windows:,}", number(d.raw, 2), number(d.residual, 2), number(d.noise, 2)]
        for d in made.dispersions
    ]


def covered(made: Calibrated) -> list[dict[str, Any]]:
    """Coverage of the predictive bands by window."""
    rows = []
    for window in BANDS_S:
        inside, of = coverage(list(made.bands), window)
        if of:
            low, high = wilson(inside, of)
            rows.append({"window_s": window, "inside": inside, "of": of, "share": inside / of, "low": low, "high": high})
    return rows


def band_rows(made: Calibrated) -> list[list[str]]:
    """The same as text."""
    return [[f"{r['window_s'] / 60:g} min", str(r["inside"]), str(r["of"]), f"{100 * r['share']:.0f} %",
             f"[{100 * r['low']:.0f}, {100 * r['high']:.0f}]"] for r in covered(made)]  # fmt: skip


def statement(made: Calibrated) -> list[str]:
    """The statement of fit, a sentence each."""
    r, said = made.residuals, []
    verdict = "does not contradict the model" if r.p > 0.05 else "contradicts the model"
    size = "small" if r.distance < 0.03 else "visible" if r.distance < 0.08 else "large"
    said.append(f"Time rescaling: over {len(r.gaps):,} gaps the KS distance is {r.distance:.3f} ({size}), p = {r.p:.2g}: it "
                f"{verdict}. Parameters were fitted to the same orders, so p flatters a little.")  # fmt: skip
    if made.mixed is not None:
        m = made.mixed
        said.append(
            f"Extra dispersion 过度离散: counts of {m.window_s:g} s scatter like a negative binomial of size {short(m.size)} "
            f"[{short(m.low)}, {short(m.high)}] around the fit (log-likelihood +{m.gain:.1f}). "
            "The scenario has no setting for it: a fitted show is calmer than the record."
            if m.real
            else f"Extra dispersion 过度离散: none beyond chance in counts of {m.window_s:g} s (negative binomial +{m.gain:.1f})."
        )
    if made.widen > 1:
        said.append(f"Scores of stretches scatter more than the model expects: variances are taken "
                    f"{made.widen:.1f} times as large in every interval of the intensity.")  # fmt: skip
    for row in covered(made):
        low = row["high"] < LEVEL
        said.append(f"Predictive bands 预测区间: {row['inside']} of {row['of']} counts of {row['window_s'] / 60:g} min "
                    f"lie in the {100 * LEVEL:.0f} % band"
                    + (": too few, the bands are too narrow." if low else "."))  # fmt: skip
    for b in made.busiest:
        verdict = "inside" if b.low <= b.seen <= b.high else "OUTSIDE"
        said.append(
            f"Busiest minute 峰值 of {made.shows[b.show].name}: {b.seen:.0f} orders, expected "
            f"{b.low:.0f} to {b.high:.0f} (90 %): {verdict}."
        )
    return said


def shut_words(shows: Sequence[Observed]) -> list[str]:
    """A warning where stock was gone for a good part of some item's time: a response that was cut off is seen from one side."""
    said = []
    for show in shows:
        for k, name in enumerate(show.skus):
            mine = show.shut[(show.shut["sku"] == k) | (show.shut["sku"] < 0)]
            spells = np.minimum(mine["to_s"], show.span_s) - np.maximum(mine["from_s"], 0.0)
            gone = float(spells.clip(min=0.0).sum()) / show.span_s
            if gone > LEAST_SHUT:
                said.append(f"{name} ({100 * gone:.0f} % of {show.name})")
    if not said:
        return []
    return [f"**Stock was gone, or counts were unknown, for a good part of the time of {', '.join(said)}**: time scales of "
            "cues and buy rates that rest on these items may be off by more than their intervals say (in tests with stock for "
            "60 % of demand, the time scale of a pitch was covered in 2 of 12 fits). Calibrate on shows in which stock lasted, "
            "or rehearse with wider margins."]  # fmt: skip


def base_words(made: Calibrated) -> list[str]:
    """Viewers, course over the show, slips, level between shows."""
    said = []
    if made.exponent is not None:
        e, held = made.exponent, "x:viewers" in made.model.spec.fixed
        said.append(f"Demand goes with viewers to the power {e.value:.2f} [{e.low:.2f}, {e.high:.2f}]"
                    + ("; not to be told from 1, which is used." if held else
                       "; the generator has 1, so the fitted room follows viewers to that power."))  # fmt: skip
    said += [f"Left out: {words}." for words in made.dropped]
    said += shut_words(made.shows)
    if made.slips is not None:
        s = made.slips
        said.append(f"Cues slip 偏移 by {s.sd_s.value:.1f} s [{s.sd_s.low:.1f}, {s.sd_s.high:.1f}] around the sheet, with a lead "
                    f"of {s.lead_s.value:+.1f} s [{s.lead_s.low:+.1f}, {s.lead_s.high:+.1f}] ({s.cues} cues, "
                    f"log-likelihood {s.gain:+.1f})."
                    if s.real else f"Cues came when the sheet says: no slip beyond chance ({s.cues} cues).")  # fmt: skip
        if s.real:
            said.append(
                "Each cue is put where it most likely came, which makes short responses look some percent shorter than they are: "
                "intervals of tau_s then promise too much."
            )
    if made.level_sd > 0:
        said.append(
            f"From show to show the level varies by a factor of {math.exp(made.level_sd):.2f} (1 sd); uncertain=true draws it."
        )
    return said


def response_words(made: Calibrated) -> list[str]:
    """Rise, decay, duration and shape of each kind of cue."""
    said = []
    for kind, length in made.lengths.items():
        name, shape = kind_name(kind), made.model.spec.shape(kind)
        rise, fall = half_times(shape, math.exp(made.fit.value(f"tau:{name}")))
        said.append(f"{name}: half height to peak {rise:.0f} s, peak to half height {fall:.0f} s; ends after "
                    f"{length.value:g} s (not ruled out: {length.low:g} to {length.high:g} s)"
                    + (f"; the other shape fits better by {length.other_shape:.1f}, but a kind's shape is fixed"
                       if length.other_shape > 2 else "") + ".")  # fmt: skip
    return said


def delay_words(what: str, d: DelayFit | None) -> list[str]:
    """Law, truncation and censoring of a delay."""
    if d is None:
        return []
    law = f"{d.law}, preferred by {abs(d.gain):.1f} in log-likelihood over the other law"
    return [f"{what}: {d.seen:,} of {d.of:,} seen to come; {law}. Follow-up ends before "
            f"{100 * d.beyond:.2g} % of those that would come (right-censored, allowed for)."]  # fmt: skip


def funnel_words(made: Calibrated) -> list[str]:
    """Views to orders, and units per order beyond one."""
    said = []
    views = sum(s.views for s in made.shows if s.views > 0)
    if views > 0:
        orders = sum(s.orders.total() for s in made.shows if s.views > 0)
        low, high = wilson(min(orders, views), views)
        said.append(
            f"Views to orders 转化率: {orders:,} of {views:,}, {100 * orders / views:.2f} % [{100 * low:.2f}, {100 * high:.2f}]."
        )
    if made.amounts is not None and made.amounts.stop is not None:
        s = made.amounts.stop
        fits = "as" if s.low <= 0.5 <= s.high else "unlike"
        said.append(f"Orders of more than one unit stop with chance {s.value:.2f} [{s.low:.2f}, {s.high:.2f}] at each further "
                    f"unit, {fits} the generator's 1/2; the largest has {made.amounts.most} units.")  # fmt: skip
    return said


def head(made: Calibrated, missing: Sequence[str]) -> list[str]:
    """The first lines of the scenario file."""
    streams = ", ".join(s.name for s in made.shows)
    return [f"Scenario fitted by stockcue calibrate to {streams}: {made.grid.orders():,} orders.",
            "Settings without a comment are facts of the show or hold no figure; everything not named keeps StockCue's default.",
            *missing]  # fmt: skip


def printed(made: Calibrated, found: Sequence[Parameter], missing: Sequence[str]) -> str:
    """What a terminal shows."""
    shown = [p for p in found if p.at[0] != "skus"]
    lines = aligned([PARAMETER_HEAD[:-1], *(row[:-1] for row in parameter_rows(shown))], (1, 4))
    lines += ["", *aligned([MODEL_HEAD, *model_rows(made)], (1, 2, 3, 4)), "", *made.choice.words, ""]
    return "\n".join([*lines, *base_words(made), *statement(made), "", *missing])


def report(made: Calibrated, found: Sequence[Parameter], missing: Sequence[str], pictures: Sequence[str], repeat: str) -> str:
    """``report.md``."""
    titles = {"responses.png": "responses to cues", "residuals.png": "residuals", "bands.png": "predictive bands"}
    shown = {name: f"![{titles[name]}]({name})" for name in pictures}
    streams = [[s.name, number(s.span_s), f"{s.orders.total():,}", f"{s.bin_s:g}" if s.bin_s else "events", str(len(s.cues)),
                str(len(s.shut))] for s in made.shows]  # fmt: skip
    parts = [
        f"# Calibration on {', '.join(s.name for s in made.shows)}",
        repeat,
        "\n".join(markdown(("stream", "span [s]", "orders", "bins [s]", "cues", "stretches shut"), streams, (1, 2, 3, 4, 5))),
        "Stretches shut (sold out 售罄, frozen, or not counted) are left out of every likelihood: what was not offered says "
        "nothing about demand.",
        "## Fitted settings\n\n" + "\n".join(markdown(PARAMETER_HEAD, parameter_rows(found), (1, 4))),
        "Of a cue's effect only the product of `buy_rate` and `peak` can be seen: the commonest kind keeps its default peak.",
        *_list(base_words(made)), *_list(response_words(made)), shown.get("responses.png", ""),
        *_list(delay_words("Cart to order 加购→下单", made.converting) + delay_words("Order to payment 下单→支付", made.paying)
               + funnel_words(made)),
        f"## Which model\n\n{made.choice.blocks} stretches, each left out of the fit in turn; * chosen: the simplest within one "
        "standard error of the best.",
        "\n".join(markdown(MODEL_HEAD, model_rows(made), (1, 2, 3, 4))), *_list(list(made.choice.words)),
        "## How well it fits", *_list(statement(made)),
        "\n".join(markdown(FIT_HEAD, fit_rows(made), range(5))), shown.get("residuals.png", ""),
        "\n".join(markdown(BAND_HEAD, band_rows(made), range(1, 5))) if made.bands else "", shown.get("bands.png", ""),
        "## What the record does not say", *_list(missing),
        "`scenario.yaml` is the scenario, with the joint uncertainty of its settings; `fit.json` has every figure of this page, "
        "`parameters.csv` the table, `manifest.json` versions, inputs and checksums.",
    ]  # fmt: skip
    return "\n\n".join(p for p in parts if p) + "\n"


def _list(lines: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {line}" for line in lines)] if lines else []
