"""From the coordinates of the likelihood to the settings of a scenario: values, intervals, and their joint uncertainty.

The record fixes products. Of a cue's effect only ``buy_rate * peak`` can be seen, so the commonest kind of cue keeps its
default peak and everything else is measured against it; appeals average 1 over the cues. Rates are per viewer of the room the
record shows, or of the default room where it shows none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from scenarios.contract import Audience, Herding, Host, Shoppers
from scenarios.kernels import KERNELS
from scenarios.spread import Spread
from sim.calibrate.delays import Estimate
from sim.calibrate.fit import Calibrated
from sim.calibrate.grid import OTHERS, watched
from sim.calibrate.intensity import AHEAD, CONV, EARLY, MEAN, RATIO, WAIT, N
from sim.calibrate.intervals import profile_interval
from sim.calibrate.natural import natural_of
from sim.calibrate.observed import Observed, kind_name
from sim.setup.uncertain import Uncertain, Uncertainty, natural
from sim.words import N_, _

At = tuple[str, ...]
LOG, LOGIT, PLAIN = "log", "logit", "plain"


class Parameter(NamedTuple):
    """One setting of the fitted scenario. ``default``: what it replaces. ``source``: where it comes from, for the file and the
    report. ``scale``: on which its uncertainty is normal."""

    at: At
    value: float
    low: float
    high: float
    unit: str
    default: float
    source: str
    scale: str


@dataclass(frozen=True, eq=False)
class Coordinates:
    """``theta``: all fitted coordinates by name. ``cov``: their covariance, over ``names``."""

    theta: dict[str, float]
    names: tuple[str, ...]
    cov: np.ndarray


FROM = N_("fitted from streams: {n}, orders: {orders}; {way}")  # data, in English; a page tells it again in its own language


def coordinates(fit: Calibrated, show: Observed | None = None) -> Coordinates:
    """Intensity, delays, quantities and slips as one vector; the parts are independent. ``show``: whose level is meant, where it
    goes with how many watch; none: that of a show as the record has them on average."""
    theta = dict(zip(fit.fit.names, fit.fit.at.tolist(), strict=True))
    names, blocks = list(fit.fit.free), [fit.fit.cov * fit.widen]
    for tag, delay in (("convert", fit.converting), ("pay", fit.paying)):
        if delay is not None:
            tags = [f"{tag}:never", f"{tag}:median", f"{tag}:sigma"][: len(delay.at)]
            theta |= dict(zip(tags, delay.at.tolist(), strict=True))
            names += tags
            blocks.append(delay.cov)
    if fit.amounts is not None:
        p = min(max(fit.amounts.single.value, 1e-6), 1 - 1e-6)
        theta["single"] = math.log(p / (1 - p))
        names.append("single")
        blocks.append(np.array([[1 / (fit.amounts.orders * p * (1 - p))]]))
    if fit.slips is not None and fit.slips.real:
        theta["slip"] = math.log(fit.slips.sd_s.value)
        names.append("slip")
        blocks.append(np.array([[0.5 / fit.slips.cues]]))
    theta["level"] = 0.0
    names.append("level")
    # A moving room's fit holds what its level leaves open; other models know the mean level from so many shows.
    open_level = 0.0 if fit.moves else fit.level_sd**2 / len(fit.shows)
    if fit.course.audience is not None and show is not None:
        open_level += (fit.course.audience[1] * watched(show, fit.grid)) ** 2
    blocks.append(np.array([[open_level]]))
    if fit.moves and fit.moving is not None and fit.moving.spread:
        theta |= {f"spread:{n}": math.log(e.value) for n, e in fit.moving.spread.items()}
        names += [f"spread:{n}" for n in fit.moving.spread]
        blocks.append(fit.moving.cov)
    if fit.sizes[0] is not None and fit.sizes[0].value > 0:
        e = fit.sizes[0]
        theta["spread:cue_sd"] = math.log(e.value)
        names.append("spread:cue_sd")
        blocks.append(np.array([[(math.log(e.high / max(e.low, e.value**2 / e.high)) / 3.92) ** 2]]))
    size = sum(len(b) for b in blocks)
    cov, k = np.zeros((size, size)), 0
    for block in blocks:
        cov[k : k + len(block), k : k + len(block)] = block
        k += len(block)
    return Coordinates(theta, tuple(names), cov)


def reference(fit: Calibrated) -> int | None:
    """The kind of cue that keeps its default peak: the one most often spoken, of those fitted."""
    kinds = fit.model.spec.kinds
    spoken = {k: sum(len(r.cues.get(k, ())) for r in fit.grid.rows if r.what == "orders") for k in kinds}
    return max(kinds, key=lambda k: (spoken[k], -k)) if kinds else None


def room(fit: Calibrated) -> float:
    """Viewers at an ordinary moment."""
    plain = Audience()
    return fit.grid.room if math.isfinite(fit.grid.room) else plain.arrivals_per_min / 60 * plain.mean_stay_s()


def settings(fit: Calibrated, theta: dict[str, float]) -> dict[At, float]:
    """Scenario settings by place, from coordinates."""
    values: dict[At, float] = {}
    people = room(fit)
    conversion = _conversion(theta)
    total = 1.0
    if RATIO in theta:
        total = 1 + math.exp(theta[RATIO]) * conversion
        values["shoppers", "direct_share"] = 1 / total
    if RATIO in theta and (fit.converting is not None or CONV in theta):
        values["shoppers", "cart_conversion"] = conversion
    uncued = {n.partition(":")[2]: math.exp(v) for n, v in theta.items() if n.startswith("uncued:")}
    level = math.exp(theta["level"])
    values["shoppers", "shelf_rate"] = 60 * sum(uncued.values()) * total * level / people
    for sku, rate in uncued.items():
        values["skus", sku, "popularity"] = rate / (sum(uncued.values()) / len(uncued))
    values |= _cues(fit, theta, total * level / people)
    if fit.model.spec.herding:
        values["herding", "branching"], values["herding", "mean_s"] = theta[N], math.exp(theta[MEAN])
    if "convert:median" in theta:
        values["shoppers", "cart_median_s"] = math.exp(theta["convert:median"])
        values["shoppers", "cart_sigma"] = math.exp(theta.get("convert:sigma", 0.0))
    elif WAIT in theta:
        values["shoppers", "cart_median_s"] = math.exp(theta[WAIT])
    if "pay:never" in theta:
        assert fit.paying is not None
        if _unpaid_known(fit):
            values["shoppers", "never_pay"] = float(expit(theta["pay:never"]))
        values["shoppers", "pay_median_s"] = math.exp(theta["pay:median"])
        if "pay:sigma" in theta:
            values["shoppers", "pay_sigma"] = math.exp(theta["pay:sigma"])
    if "single" in theta:
        values["shoppers", "single_share"] = float(expit(theta["single"]))
    if "slip" in theta:
        values["host", "slip_s"] = math.exp(theta["slip"])
    values |= {("spread", n.partition(":")[2]): math.exp(v) for n, v in theta.items() if n.startswith("spread:")}
    if EARLY in fit.fit.free:
        values["spread", "lead_share"] = float(expit(theta[EARLY]))
    if AHEAD in fit.fit.free:
        values["spread", "lead_s"] = math.exp(theta[AHEAD])
    return values


def _conversion(theta: dict[str, float]) -> float:
    if "convert:never" in theta:
        return float(expit(-theta["convert:never"]))
    return math.exp(theta[CONV]) if CONV in theta else Shoppers().cart_conversion


def _unpaid_known(fit: Calibrated) -> bool:
    """An export of paid orders alone says nothing about those never paid."""
    p = fit.paying
    return p is not None and p.seen < p.of and p.apart


def _cues(fit: Calibrated, theta: dict[str, float], per_viewer: float) -> dict[At, float]:
    values: dict[At, float] = {}
    first = reference(fit)
    if first is None:
        return values
    appeals = {r.sku: theta.get(f"appeal:{r.sku}", 0.0) for r in fit.grid.rows if set(r.cues) & set(fit.model.spec.kinds)}
    weight = {s: sum(len(at) for r in fit.grid.rows if r.sku == s and r.what == "orders" for at in r.cues.values())
              for s in appeals}  # fmt: skip
    mean = sum(appeals[s] * weight[s] for s in appeals) / max(sum(weight.values()), 1)
    peak = KERNELS[kind_name(first)].peak
    values["shoppers", "buy_rate"] = 60 * math.exp(theta[f"cue:{kind_name(first)}"] + mean) * per_viewer / peak
    if fit.model.spec.appeals:
        values |= {("skus", s, "appeal"): math.exp(a - mean) for s, a in appeals.items() if s != OTHERS}
    for k in fit.model.spec.kinds:
        name = kind_name(k)
        if k != first:
            values["cues", name, "peak"] = peak * math.exp(theta[f"cue:{name}"] - theta[f"cue:{kind_name(first)}"])
        values["cues", name, "tau_s"] = math.exp(theta[f"tau:{name}"])
    return values


SHARES = {"direct_share", "cart_conversion", "never_pay", "single_share", "branching", "lead_share"}


def scale_of(at: At) -> str:
    """The scale on which a setting is taken as normal."""
    return LOGIT if at[-1] in SHARES else LOG


def to_scale(scale: str, value: float) -> float:
    """The inverse of :func:`sim.setup.uncertain.natural`."""
    if scale == LOGIT:
        p = min(max(value, 1e-9), 1 - 1e-9)
        return math.log(p / (1 - p))
    return math.log(max(value, 1e-12)) if scale == LOG else value


def joint(fit: Calibrated, at: Coordinates) -> tuple[tuple[At, ...], np.ndarray, np.ndarray]:
    """Places, means on their scales, and covariance there (delta method, by differences)."""
    places = tuple(settings(fit, at.theta))

    def scaled(theta: dict[str, float]) -> np.ndarray:
        values = settings(fit, theta)
        return np.array([to_scale(scale_of(p), values[p]) for p in places])

    slopes = np.zeros((len(places), len(at.names)))
    for k, name in enumerate(at.names):
        slopes[:, k] = (scaled({**at.theta, name: at.theta[name] + 1e-5})
                        - scaled({**at.theta, name: at.theta[name] - 1e-5})) / 2e-5  # fmt: skip
    return places, scaled(at.theta), slopes @ at.cov @ slopes.T


def uncertainty_of(fit: Calibrated, show: Observed | None = None) -> Uncertainty:
    """The joint uncertainty of every fitted setting, as the scenario file of a show carries it."""
    places, mean, cov = joint(fit, coordinates(fit, show))
    values, vectors = np.linalg.eigh((cov + cov.T) / 2)
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    root = np.asarray(np.linalg.qr(half.T, mode="r")).T
    root = root * np.where(np.diag(root) < 0, -1.0, 1.0)
    return Uncertainty(tuple(Uncertain(p, scale_of(p), float(m)) for p, m in zip(places, mean, strict=True)), np.tril(root))


def default_of(at: At) -> float:
    """What a setting is without a calibration."""
    if at[0] == "cues":
        return float(getattr(KERNELS[at[1]], at[2]))
    if at[0] == "skus":
        return 1.0
    return float(getattr({"shoppers": Shoppers(), "herding": Herding(), "host": Host(), "spread": Spread()}[at[0]], at[1]))


UNITS = {"buy_rate": "/viewer/min", "shelf_rate": "/viewer/min", "peak": "x", "tau_s": "s", "mean_s": "s", "cart_median_s": "s",
         "pay_median_s": "s", "slip_s": "s", "mood_s": "s", "slow_s": "s", "lead_s": "s"}  # fmt: skip


def parameters(fit: Calibrated, profiles: bool = True, tell: Callable[[str], None] | None = None) -> list[Parameter]:
    """Every fitted setting with its 95 % interval: from the profile likelihood where the setting is a coordinate, else from the
    joint covariance."""
    places, mean, cov = joint(fit, coordinates(fit))
    exact = _profiled(fit, tell) if profiles else {}
    varies = {("spread", n): e for n, e in natural_of(fit).fitted.items()}
    values = settings(fit, coordinates(fit).theta)
    text = partial(FROM.format, n=len(fit.shows), orders=f"{fit.grid.orders():,}")
    rows = []
    for k, at in enumerate(places):
        scale, half = scale_of(at), 1.959964 * math.sqrt(max(float(cov[k, k]), 0.0))
        low, high = (natural(scale, float(mean[k]) + side * half) for side in (-1, 1))
        way = N_("curvature")
        if at in exact:
            low, high, way = exact[at].low, exact[at].high, N_("profile")
        if at in varies:
            low, high, way = varies[at].low, varies[at].high, N_("varies by nature")
        rows.append(Parameter(at, values[at], low, high, UNITS.get(at[-1], ""), default_of(at), text(way=way), scale))
    way = text(way=N_("varies by nature"))
    rows += [Parameter(at, e.value, e.low, e.high, UNITS.get(at[-1], ""), default_of(at), way, LOG)
              for at, e in varies.items() if at not in places]  # fmt: skip
    return rows


def _profiled(fit: Calibrated, tell: Callable[[str], None] | None) -> dict[At, Estimate]:
    """Profile intervals of the coordinates that are settings themselves."""
    estimates: dict[At, Estimate] = {}
    for tag, delays, names in (("pay", fit.paying, ("never_pay", "pay_median_s", "pay_sigma")),
                               ("convert", fit.converting, ("cart_conversion", "cart_median_s", "cart_sigma"))):  # fmt: skip
        if delays is not None:
            never = (
                delays.never
                if tag == "pay"
                else Estimate(*(1 - v for v in (delays.never.value, delays.never.high, delays.never.low)))
            )
            estimates |= {("shoppers", n): e for n, e in zip(names, (never, delays.median_s, delays.sigma), strict=True)}
    if fit.amounts is not None:
        estimates["shoppers", "single_share"] = fit.amounts.single
    if fit.slips is not None:
        estimates["host", "slip_s"] = fit.slips.sd_s
    wanted: list[tuple[str, At, Callable[[float], float]]] = []
    if fit.moves:
        return estimates
    wanted += [(f"tau:{kind_name(k)}", ("cues", kind_name(k), "tau_s"), math.exp) for k in fit.model.spec.kinds]
    if fit.model.spec.herding:
        wanted += [(N, ("herding", "branching"), float), (MEAN, ("herding", "mean_s"), math.exp)]
    for name, at, scale in wanted:
        if tell:
            tell(_("interval of {setting}").format(setting=".".join(at)))
        low, high = profile_interval(fit.model, fit.fit, name, fit.widen)
        estimates[at] = Estimate(scale(fit.fit.value(name)), scale(low), scale(high))
    return estimates
