"""What single nights say, side by side: level, lift of every kind of cue, level by tier; and the prior they make for the next.

Straight from counts, without a model of the show: orders outside the response to any cue give the level, orders inside the
responses to cues of one kind its lift over that. Where viewers are known the level is by viewer. So nights can be compared even
where a model fitted to all of them would hide what differs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from scenarios.contract import CUE_KINDS
from scenarios.kernels import KERNELS
from scenarios.spread import Spread
from sim.calibrate.observed import CalibrationError, Observed
from sim.stats.pooling import NightPrior, cochran, pooled
from sim.words import _

STEP_S = 1.0
FEWEST = 5
"""Orders below which a night says nothing about a quantity."""
SURE = 0.99
_NATURE = Spread()
LEVEL_SD = float(np.hypot(_NATURE.level_sd, _NATURE.slow_sd))
LIFT_SD = float(np.hypot(_NATURE.cue_sd, _NATURE.mood_sd))
TIER_SD = 0.2
"""Standard deviations from night to night (log) that are known beforehand: those of the shipped spread; of tiers, assumed."""


WIDEST, TAMER = 0.43, 0.95
"""Widest spread of levels (log sd) that the recorded events leave open; others are tame where a spread of that holds their levels
with this probability."""


class Quantity(NamedTuple):
    """What one night says of one quantity, as a log: "level" (orders a second, or a viewer-second, outside cues), "lift KIND"
    (orders inside the responses over outside), "tier NAME" (its share of the level)."""

    quantity: str
    night: str
    value: float
    error: float


class NightForecast(NamedTuple):
    """The prior after some nights, and the night that came next (NaN and "" after the last): its value, whether it lay in the
    90 % band, and the log density it was given."""

    quantity: str
    prior: NightPrior
    next: str
    value: float
    inside: float
    score: float


def quantities(shows: Sequence[Observed]) -> list[Quantity]:
    """Every quantity of every night that has enough orders, in the order of the nights' clocks, else as given."""
    by_viewer = all(s.viewers is not None for s in shows)
    order = np.argsort([s.start_unix_s for s in shows], kind="stable") if _dated(shows) else range(len(shows))
    return [one for k in order for one in _quantities(shows[k], by_viewer)]


def _dated(shows: Sequence[Observed]) -> bool:
    return bool(np.isfinite([s.start_unix_s for s in shows]).all())


def _quantities(show: Observed, by_viewer: bool) -> list[Quantity]:
    n = max(1, int(show.span_s / STEP_S))
    edges = np.arange(n + 1) * STEP_S
    people = np.ones(n)
    if by_viewer and show.viewers is not None:
        people = np.maximum(np.interp(edges[:-1] + STEP_S / 2, *show.viewers), 1e-9)
    outside, time = np.zeros(len(show.skus)), np.zeros(len(show.skus))
    inside, within = np.zeros(len(CUE_KINDS)), np.zeros(len(CUE_KINDS))
    base = []
    for k in range(len(show.skus)):
        which = show.orders.sku == k
        orders = np.histogram(show.orders.t[which], edges, weights=show.orders.n[which])[0]
        open_, kind = _open(show, k, n), _responses(show, k, n)
        free = open_ & (kind < 0)
        outside[k], time[k] = orders[free].sum(), people[free].sum() * STEP_S
        base.append((orders, open_, kind))
    for k, (orders, open_, kind) in enumerate(base):
        rate = outside[k] / time[k] if time[k] else 0.0
        for c in np.unique(kind[kind >= 0]).tolist():
            at = open_ & (kind == c)
            inside[c] += orders[at].sum()
            within[c] += rate * people[at].sum() * STEP_S
    of_night, total, exposure = [], outside.sum(), time.sum()
    if total >= FEWEST and exposure > 0:
        of_night.append(Quantity("level", show.name, float(np.log(total / exposure)), float(total**-0.5)))
    for c in np.flatnonzero((inside >= FEWEST) & (within > 0)).tolist():
        error = float(np.sqrt(1 / inside[c] + 1 / max(total, 1.0)))
        of_night.append(Quantity(f"lift {CUE_KINDS[c]}", show.name, float(np.log(inside[c] / within[c])), error))
    for tier in sorted({*show.tiers} - {""}):
        own = np.array(show.tiers) == tier
        part = outside[own].sum()
        if FEWEST <= part < total:
            of_night.append(
                Quantity(f"tier {tier}", show.name, float(np.log(part / total)), float(np.sqrt(1 / part - 1 / total)))
            )
    return of_night


def _open(show: Observed, sku: int, n: int) -> np.ndarray:
    is_open = np.ones(n, bool)
    for row in show.shut:
        if row["sku"] in (sku, -1):
            is_open[max(0, int(row["from_s"] / STEP_S)) : int(np.ceil(row["to_s"] / STEP_S))] = False
    return is_open


def _responses(show: Observed, sku: int, n: int) -> np.ndarray:
    """Kind of the cue whose response runs, by step; -1 none. The later cue has the step."""
    cue_of = np.full(n, -1)
    for cue in np.sort(show.cues[show.cues["sku"] == sku], order="at_s"):
        first = max(0, int(cue["at_s"] / STEP_S))
        cue_of[first : first + int(KERNELS[CUE_KINDS[cue["kind"]]].duration_s / STEP_S) + 1] = cue["kind"]
    return cue_of


def settling(nights: Sequence[Quantity]) -> list[NightForecast]:
    """The prior for the next night after one night, two nights, and so on, of every quantity, beside what came."""
    steps = []
    for quantity in dict.fromkeys(one.quantity for one in nights):
        which = [one for one in nights if one.quantity == quantity]
        values, errors = (np.array([getattr(one, name) for one in which]) for name in ("value", "error"))
        for n in range(1, len(which) + 1):
            prior = pooled(values[:n], errors[:n], _before(quantity))
            if n == len(which):
                steps.append(NightForecast(quantity, prior, "", np.nan, np.nan, np.nan))
            else:
                low, high = prior.band()
                came = which[n]
                steps.append(NightForecast(quantity, prior, came.night, came.value, float(low <= came.value <= high),
                                  prior.log_score(came.value, came.error)))  # fmt: skip
    return steps


def plain(measured: Sequence[Quantity]) -> list[dict[str, Any]]:
    """Single nights as plain data, one entry a night, as a scenario file carries them on to the next calibration."""
    nights: dict[str, dict[str, list[float]]] = {}
    for one in measured:
        nights.setdefault(one.night, {})[one.quantity] = [round(one.value, 6), round(one.error, 6)]
    return [{"night": name, **values} for name, values in nights.items()]


def from_plain(rows: Any, where: str) -> list[Quantity]:
    """The inverse of :func:`plain`; a fault is one sentence about the file ``where``."""
    try:
        pairs = [(str(row["night"]), str(q), v) for row in rows for q, v in row.items() if q != "night"]
        nights = [Quantity(q, night, float(v[0]), float(v[1])) for night, q, v in pairs]
        if not nights or not all(np.isfinite([q.value, q.error]).all() and q.error > 0 for q in nights):
            raise ValueError
    except (KeyError, TypeError, ValueError, IndexError):
        raise CalibrationError(
            _("{where} says nothing of single nights; prior= takes a scenario file that stockcue calibrate wrote").format(
                where=where
            )
        ) from None
    return nights


def after(earlier: Sequence[Quantity], own: Sequence[Quantity]) -> list[Quantity]:
    """Earlier nights and those that came after them; a night that is in both is refused."""
    twice = {t.night for t in earlier} & {t.night for t in own}
    if twice:
        raise CalibrationError(
            _(
                "the night {name} is in prior= already; give it as a stream or in the prior, not as both, and another night "
                "under a name of its own (that of its folder or file)"
            ).format(name=min(twice))
        )
    return [*earlier, *own]


def _before(quantity: str) -> float:
    return LEVEL_SD if quantity == "level" else TIER_SD if quantity.startswith("tier ") else LIFT_SD


def contradictions(nights: Sequence[Quantity]) -> list[tuple[str, str, float]]:
    """Nights that the others do not foresee: (quantity, night, times the others' mean), where the nights differ beyond chance and
    the band of the others, which leaves out one in a hundred over all nights and quantities, does not hold it; for the level also
    the band that nights as far apart as any recorded would have, where the others are no farther apart. Three or more."""
    from scipy import stats

    odd, sure = [], 1 - (1 - SURE) / max(1, len(nights))
    for quantity in dict.fromkeys(one.quantity for one in nights):
        which = [one for one in nights if one.quantity == quantity]
        if len(which) < 3:
            continue
        values, errors = (np.array([getattr(one, name) for one in which]) for name in ("value", "error"))
        if stats.chi2.cdf(cochran(values, errors), len(which) - 1) < SURE:
            continue
        for k, one in enumerate(which):
            rest, rest_errors = np.delete(values, k), np.delete(errors, k)
            others = pooled(rest, rest_errors, _before(quantity))
            low, high = others.band(sure)
            if not low <= one.value <= high or (quantity == "level" and _too_far(one, rest, rest_errors, sure)):
                odd.append((quantity, one.night, float(np.exp(one.value - others.mean))))
    return odd


def _too_far(one: Quantity, rest: np.ndarray, errors: np.ndarray, sure: float) -> bool:
    """Whether a level is out of the band of others that differ by WIDEST; never where they differ by more themselves. The band of
    the others alone, whose spread few nights tell, is so wide that it holds a night of six times as many orders."""
    from scipy import stats

    wide = np.hypot(WIDEST, errors)
    if stats.chi2.cdf(cochran(rest, wide), len(rest) - 1) > TAMER:
        return False
    weight = wide**-2.0
    off = one.value - float((weight * rest).sum() / weight.sum())
    scale = math.sqrt(WIDEST**2 + one.error**2 + 1 / float(weight.sum()))
    return abs(off) > float(stats.norm.ppf(0.5 + sure / 2)) * scale


def check_nights(shows: Sequence[Observed]) -> None:
    """Refuse a night that is there twice."""
    for k, show in enumerate(shows):
        for other in shows[:k]:
            same = len(show.orders) == len(other.orders) > 0 and np.array_equal(show.orders.t, other.orders.t)
            if same and np.array_equal(show.orders.n, other.orders.n):
                raise CalibrationError(
                    _("{name} and {show_name} hold the same orders at the same times; give each night once").format(
                        name=other.name, show_name=show.name
                    )
                )
