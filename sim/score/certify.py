"""Limits met beyond doubt: every candidate certified, refuted or undecided against a set of limits, with the bound behind it.

A limit is certified where the upper bound keeps it, refuted where the lower bound breaks it. A set is certified where all of
its limits are: each at ``level``, and so is the set, because to certify it wrongly one broken limit must pass (the
intersection-union test, Berger 1982). It is refuted where one limit is, each at 1 - (1 - level) / limits. Every statement
is one of many: of a hundred candidates five may be certified by luck at 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.score.profiles import Limits
from sim.score.rare import clean_shows, clopper_pearson, mean_bounds, rate_bounds, resamples

if TYPE_CHECKING:
    import pandas as pd

CERTIFIED, REFUTED, UNDECIDED = "certified", "refuted", "undecided"
NAMES = ("oversell_rate", "session_oversold", "alerts_per_operator_hour", "false_freeze_share")
"""The limits of a set, in the order of reports."""
COLUMNS = ("oversold_orders", "paid_orders", "session_oversold", "alerts_per_operator_hour", "false_freeze_share")
"""Metrics a certificate needs, one figure a show."""
WORDS = {
    "oversell_rate": "oversold orders", "session_oversold": "shows with an oversell",
    "alerts_per_operator_hour": "alerts per operator-hour", "false_freeze_share": "SKU-minutes frozen needlessly",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One limit: name, limit, value over the shows, one-sided bounds low and high, state, the reason in words, ``needed``:
    shows in all that would certify it if things stay as they are (0: certified already; -1: no number would)."""

    name: str
    limit: float
    value: float
    low: float
    high: float
    state: str
    reason: str
    needed: int


@dataclass(frozen=True)
class Certificate:
    """One candidate against one set of limits: state of the set, and its findings."""

    limits: str
    shows: int
    state: str
    findings: tuple[Finding, ...]

    @property
    def needed(self) -> int:
        """Shows in all that would certify the set; 0: it is; -1: no number would."""
        needs = [f.needed for f in self.findings]
        return -1 if -1 in needs else max(needs, default=0)


def certify(
    scores: Mapping[str, Any], limits: Limits, weights: np.ndarray, level: float = 0.95, level_refute: float = 0.0
) -> Certificate:
    """The certificate of one candidate from its table of scores (COLUMNS, one entry per show, shows independent).

    ``weights``: of :func:`sim.score.rare.resamples` for as many shows. ``level_refute``: 0 takes
    1 - (1 - level) / number of limits.
    """
    column = {name: np.asarray(scores[name], float) for name in COLUMNS}
    n = len(column["paid_orders"])
    names = [name for name in NAMES if getattr(limits, name) is not None]
    deny = level_refute or 1 - (1 - level) / max(1, len(names))
    found = tuple(_finding(name, getattr(limits, name), column, n, weights, level, deny) for name in names)
    states = {f.state for f in found}
    state = REFUTED if REFUTED in states else UNDECIDED if UNDECIDED in states or n == 0 else CERTIFIED
    return Certificate(limits.name, n, state, found)


def certificates(
    table: pd.DataFrame, limits: Limits, rng: np.random.Generator, level: float = 0.95, by: str = "candidate"
) -> dict[str, Certificate]:
    """A certificate per candidate of a table of scores (column ``by``), in the table's order.

    ``rng``: the caller's stream; all candidates share its resampled shows.
    """
    made, weights = {}, np.zeros((0, 0))
    for name, part in table.groupby(by, sort=False):
        weights = weights if weights.shape[1] == len(part) and len(weights) else resamples(len(part), rng)
        made[str(name)] = certify({c: part[c].to_numpy() for c in COLUMNS}, limits, weights, level)
    return made


def _finding(
    name: str, limit: float, column: Mapping[str, np.ndarray], n: int, weights: np.ndarray, level: float, deny: float
) -> Finding:
    value = _value(name, column)
    high = _bounds(name, column, weights, level)[1]
    low = _bounds(name, column, weights, deny)[0]
    state = CERTIFIED if n and high <= limit else REFUTED if n and low > limit else UNDECIDED
    events = int((_events(name, column) > 0).sum())
    needed = 0 if state == CERTIFIED else _needed(name, limit, column, value, high, n, level)
    return Finding(name, limit, value, low, high, state, _reason(name, limit, value, low, high, state, events, n, needed), needed)


def _events(name: str, column: Mapping[str, np.ndarray]) -> np.ndarray:
    return column["oversold_orders" if name == "oversell_rate" else name]


def _value(name: str, column: Mapping[str, np.ndarray]) -> float:
    """The figure itself: of all orders together, else the mean over shows."""
    if name == "oversell_rate":
        orders = float(column["paid_orders"].sum())
        return float(column["oversold_orders"].sum()) / orders if orders else 0.0
    return float(column[name].mean()) if len(column[name]) else math.nan


def _bounds(name: str, column: Mapping[str, np.ndarray], weights: np.ndarray, level: float) -> tuple[float, float]:
    """One-sided bounds by the law of the figure: a probability, a mean, or a share whose events cluster in shows."""
    values = _events(name, column)
    if name == "session_oversold":
        return clopper_pearson(int(values.sum()), len(values), level)
    if name == "alerts_per_operator_hour":
        return mean_bounds(values, level)
    size = column["paid_orders"] if name == "oversell_rate" else np.ones(len(values))
    least = 1 / max(float(size.mean()), 1.0) if name == "oversell_rate" and len(size) else 0.0
    return rate_bounds(values, size, weights, level, least)


def _needed(name: str, limit: float, column: Mapping[str, np.ndarray], value: float, high: float, n: int, level: float) -> int:
    """Shows in all that would certify the limit, events going on as they have; -1: the figure itself does not keep it."""
    if limit <= 0 and name != "alerts_per_operator_hour":
        return -1
    events = int((_events(name, column) > 0).sum())
    if name != "alerts_per_operator_hour" and events == 0:
        return max(n + 1, clean_shows(limit, level))
    if not value < limit or n < 2:
        return -1 if n >= 2 else 2
    if name == "session_oversold":
        return _session_shows(events / n, limit, level, n)
    # The width of a mean's bound goes with 1 / sqrt(shows).
    return max(n + 1, math.ceil(n * ((high - value) / (limit - value)) ** 2))


def _session_shows(p: float, limit: float, level: float, n: int) -> int:
    """Smallest number of shows, by doubling and halving, at which p x shows events keep the exact bound."""
    low, high = n, 2 * n
    while clopper_pearson(math.ceil(p * high), high, level)[1] > limit:
        low, high = high, 2 * high
        if high > 10**9:
            return -1
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (low, middle) if clopper_pearson(math.ceil(p * middle), middle, level)[1] <= limit else (middle, high)
    return high


def shown(name: str, value: float) -> str:
    """A limit's figure with its unit.

    >>> shown("oversell_rate", 0.0012), shown("alerts_per_operator_hour", 6.0)
    ('0.12 %', '6.0/h')
    """
    return f"{value:.1f}/h" if name == "alerts_per_operator_hour" else f"{100 * value:.3g} %"


def _reason(name: str, limit: float, value: float, low: float, high: float, state: str, events: int, n: int, needed: int) -> str:
    """Why, in one sentence."""
    what, most = WORDS[name], shown(name, limit)
    seen = f"in {events} of {n} shows" if name != "alerts_per_operator_hour" else f"over {n} shows"
    if state == CERTIFIED:
        return f"{what} {shown(name, value)} {seen}, at most {shown(name, high)}, limit {most}"
    if state == REFUTED:
        return f"{what} {shown(name, value)} {seen}, at least {shown(name, low)}, limit {most}"
    if events == 0 and name != "alerts_per_operator_hour":
        return f"none {seen}, which allows up to {shown(name, high)}; {needed:,} shows without one would certify {most}"
    more = f"some {needed:,} shows would certify it" if needed > 0 else "more shows will not help"
    return f"{what} {shown(name, value)} {seen}, up to {shown(name, high)}, limit {most}; {more}"
