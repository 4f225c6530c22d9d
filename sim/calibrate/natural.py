"""What varies by nature in a fitted show: the spread's settings, fitted, ruled out, or left at their defaults with the reason."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit

from scenarios.spread import Spread
from sim.calibrate.course import level_residuals
from sim.calibrate.delays import Estimate
from sim.calibrate.grid import expected
from sim.calibrate.intensity import AHEAD, EARLY
from sim.calibrate.intervals import wald_interval
from sim.calibrate.room import Hyper
from sim.stats.pooling import between_interval
from sim.words import _

if TYPE_CHECKING:
    from sim.calibrate.fit import Calibrated

RARE = ("mega_p", "mega_log", "mega_log_sd")
"""The tail of cue sizes: one cue in a hundred, which no few shows tell of."""


class Natural(NamedTuple):
    """fitted: settings of the spread with 95 % intervals. set: values that the record leads to without an interval, and why.
    kept: settings that keep their default, and why."""

    fitted: dict[str, Estimate]
    set: dict[str, tuple[float, str]]
    kept: dict[str, str]


def natural_of(calibrated: Calibrated) -> Natural:
    """The spread of a fitted scenario."""
    fitted: dict[str, Estimate] = {}
    told: dict[str, tuple[float, str]] = {}
    kept = dict.fromkeys(RARE, _("about one cue in a hundred is of the tail, too few to fit it"))
    kept |= dict.fromkeys(("item_sd", "item_s"), _("moods of single SKUs are not fitted"))
    if calibrated.moving is not None and calibrated.moves:
        fitted |= calibrated.moving.spread
        kept |= calibrated.moving.kept
    else:
        kept |= _not_moving(calibrated, told)
        _level(calibrated, fitted, kept)
    size, why = calibrated.sizes
    if size is None:
        kept["cue_sd"] = why
    else:
        fitted["cue_sd"] = size
    _lead(calibrated, fitted, told, kept)
    return Natural(fitted, told, {k: v for k, v in kept.items() if k not in fitted and k not in told})


def _not_moving(calibrated: Calibrated, told: dict[str, tuple[float, str]]) -> dict[str, str]:
    """Where the model chosen has no room: it is ruled out where the record is long enough to have seen it, else it stays."""
    m, names = calibrated.moving, Hyper._fields[:4]
    if m is None:
        return dict.fromkeys(names, _("a model without a moving room was asked for"))
    if "mood_sd" not in m.spread:
        return {n: m.kept[n] for n in names}
    high, plain = m.spread["mood_sd"].high, Spread().mood_sd
    herds = calibrated.model.spec.herding
    if not herds and high >= plain:
        return dict.fromkeys(names, _("a moving room was not seen beyond chance, nor ruled out"))
    why = (
        _("self-excitation predicted stretches left out better than a moving room")
        if herds
        else _("a moving room predicts stretches left out no better, and its scale is at most {high:.2f}").format(high=high)
    )
    told["mood_sd"] = (0.0, why)
    if "slow_sd" in m.spread:
        told["slow_sd"] = (0.0, why)
    return {n: m.kept[n] for n in names if n in m.kept}


def _level(calibrated: Calibrated, fitted: dict[str, Estimate], kept: dict[str, str]) -> None:
    n = len(calibrated.shows)
    if n < 3:
        kept["level_sd"] = _("3 shows are needed, the record has {n}").format(n=n)
        return
    logs, noise = np.array(list(level_residuals(calibrated.model, calibrated.fit).values())).T
    low, high = between_interval(logs, np.sqrt(noise))
    fitted["level_sd"] = Estimate(calibrated.level_sd, min(low, calibrated.level_sd), max(high, calibrated.level_sd))


def _lead(calibrated: Calibrated, fitted: dict[str, Estimate], told: dict[str, tuple[float, str]], kept: dict[str, str]) -> None:
    fit = calibrated.fit
    if not any(map(expected, calibrated.model.spec.kinds)):
        kept |= dict.fromkeys(("lead_share", "lead_s"), _("no response to a cue that the audience expects is fitted"))
        return
    if EARLY not in fit.names or EARLY not in fit.free:
        told["lead_share"] = (0.0, _("orders before an expected cue were not seen beyond chance"))
        return
    low, high = wald_interval(fit, EARLY, calibrated.widen)
    fitted["lead_share"] = Estimate(*(float(expit(v)) for v in (fit.value(EARLY), low, high)))
    if AHEAD in fit.free:
        fitted["lead_s"] = Estimate(*(math.exp(v) for v in (fit.value(AHEAD), *wald_interval(fit, AHEAD, calibrated.widen))))
