"""How bad must something get before a setting breaks its limits: bisection on one dial, on paired tapes.

A dial is one setting of the world (or of operations) that makes life harder as it grows. At each severity the setting is
certified, refuted or left undecided against a set of limits (``certify``), on the same replicate numbers. Two points are looked
for: the largest severity that is still certified and the smallest one that is refuted; between them more shows would be needed.
Bisection rests on harm growing with severity; points that contradict it are found and said.

How sure: severities are tested in a fixed sequence (Maurer, Hothorn and Lehmacher 1995). ``holds`` counts from the mildest up and
stops at the first severity that is not certified, so as long as harm grows it needs no correction for their number. A refuted
severity stands alone at the stated confidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.staffing import SOURCES
from sim.core.policy import Policy
from sim.score.profiles import Limits
from sim.stats.certify import CERTIFIED, NEEDED, REFUTED, Certificate, by_construction, certify
from sim.words import N_, _

MONEY = ("net", "gmv", "J")
"""What is told of every point beside its certificate: means a show [CNY]."""
COLUMNS = (*NEEDED, *MONEY)
Play = Callable[[Scenario, Policy], np.ndarray]
"""(world, policy) -> COLUMNS of every show, float64 [replicate, metric]; the same replicates each time."""
Turn = Callable[[Scenario, Policy, float], tuple[Scenario, Policy]]


@dataclass(frozen=True)
class Dial:
    """One way to make things worse. setting: what it turns. now: how severe it is in a world already, the least looked at. high:
    the most [unit]."""

    name: str
    meaning: str
    unit: str
    setting: str
    now: Callable[[Scenario, Policy], float]
    high: float
    turn: Turn


def _scenario(part: str, **names: Any) -> Turn:
    def turn(scenario: Scenario, policy: Policy, x: float) -> tuple[Scenario, Policy]:
        record = replace(getattr(scenario, part), **{name: make(x) for name, make in names.items()})
        return replace(scenario, **{part: record}), policy

    return turn


def _freeze(scenario: Scenario, policy: Policy, x: float) -> tuple[Scenario, Policy]:
    """From decision to effect of a machine's freeze: propagation grows (leak L2), all else stays as it is."""
    return scenario, replace(policy, playbook=replace(policy.playbook, propagate_s=x - policy.playbook.auto_s))


def _mirage(scenario: Scenario, policy: Policy, x: float) -> tuple[Scenario, Policy]:
    """Every cue brings ``x`` carts without orders per order it is meant to bring 购物车虚火."""
    return replace(scenario, cues=tuple(replace(cue, cart_surge=x) for cue in scenario.cues)), policy


def _source(name: str, part: str, high: float) -> Dial:
    """A dial of one source of the readings alone."""
    what, unit = {"lag_s": (_("age"), "s"), "period_s": (_("time between readings"), "s"), "loss_p": (_("share lost"), "")}[part]

    def now(scenario: Scenario, policy: Policy) -> float:
        own = getattr(getattr(scenario.feed, name), part)
        return getattr(scenario.feed, part) if own is None else own

    def turn(scenario: Scenario, policy: Policy, x: float) -> tuple[Scenario, Policy]:
        feed = scenario.feed
        source = replace(getattr(feed, name), **{part: None if x == getattr(feed, part) else x})
        return replace(scenario, feed=replace(feed, **{name: source})), policy

    label, meaning = f"{name}_{part.split('_')[0]}", _("{what} of the {name} the alert engine gets").format(what=what, name=name)
    return Dial(label, meaning, unit, f"scenario.feed.{name}.{part}", now, high, turn)


def _same(x: float) -> float:
    return x


PARTS = (("lag_s", 300.0), ("period_s", 300.0), ("loss_p", 1.0))
"""What of a source can be made worse, and the most of it."""
DIALS = {
    d.name: d
    for d in (
        Dial(
            "feed_lag",
            N_("age of the readings the alert engine gets"),
            "s",
            "scenario.feed.lag_s",
            lambda s, p: s.feed.lag_s,
            300.0,
            _scenario("feed", lag_s=_same),
        ),
        Dial(
            "freeze_latency",
            N_("from the decision to freeze to no more orders"),
            "s",
            "operations.propagate_s",
            lambda s, p: p.playbook.auto_s + p.playbook.propagate_s,
            300.0,
            _freeze,
        ),
        Dial(
            "cue_slip",
            N_("standard deviation of cues around the run of show"),
            "s",
            "scenario.host.slip_s",
            lambda s, p: s.host.slip_s,
            900.0,
            _scenario("host", slip_s=_same),
        ),
        Dial(
            "payment_delay",
            N_("median delay from order to payment"),
            "s",
            "scenario.shoppers.pay_median_s",
            lambda s, p: s.shoppers.pay_median_s,
            900.0,
            _scenario("shoppers", pay_median_s=_same),
        ),
        Dial(
            "cart_mirage",
            N_("carts without orders that follow a cue, per order"),
            "x",
            "scenario.cues.*.cart_surge",
            lambda s, p: max((c.cart_surge for c in s.cues), default=0.0),
            100.0,
            _mirage,
        ),
        *(_source(name, part, high) for part, high in PARTS for name in SOURCES),
    )
}
"""Dials by name."""
USUAL = ("feed_lag", "freeze_latency", "cue_slip", "payment_delay", "cart_mirage")
"""Dials that are turned where none is named."""


QUARTERS = 4
"""Parts of a range whose ends are looked at first."""


@dataclass(frozen=True)
class Point:
    """One severity, what became of the limits there, and MONEY there."""

    severity: float
    certificate: Certificate
    money: tuple[float, ...]

    @property
    def state(self) -> str:
        """certified, undecided or refuted."""
        return self.certificate.state


@dataclass(frozen=True)
class Breakpoint:
    """Where a setting breaks. holds: largest severity that is certified together with every milder one tried (NaN: none).
    breaks: smallest one found refuted (NaN: none). points: every severity tried, ascending. contradictions: certified points
    above a refuted one: harm does not grow with this dial everywhere."""

    dial: Dial
    holds: float
    breaks: float
    points: tuple[Point, ...]
    contradictions: tuple[float, ...]


@dataclass(frozen=True)
class Breaks:
    """What was found for one strategy: its certificate and MONEY in the world as it is, and by name every dial that was turned:
    none where the limits are broken already."""

    as_it_is: Certificate
    money: tuple[float, ...]
    dials: dict[str, Breakpoint]


def breakpoint_of(
    dial: Dial,
    scenario: Scenario,
    policy: Policy,
    limits: Limits,
    play: Play,
    confidence: float,
    worst: float = 1.0,
    steps: int = 7,
) -> Breakpoint:
    """Bisect one dial. worst: largest share of a show's orders that can be oversold (``certify``). steps: halvings for each of
    the two ends, of a quarter of the range at most; severities are even in ``log(1 + severity)``."""
    tried: dict[float, Point] = {}
    least = dial.now(scenario, policy)

    def at(u: float) -> Point:
        if u not in tried:
            x = severity(least, max(least, dial.high), u)
            turned = dial.turn(scenario, policy, x)
            columns = dict(zip(COLUMNS, play(*turned).T, strict=True))
            tried[u] = Point(x, certify(columns, limits, confidence, worst, 1, by_construction(turned[0])), money_of(columns))
        return tried[u]

    first = at(0.0)
    if first.state == REFUTED or least >= dial.high:  # broken without turning, or worse than the dial goes: nothing else to see
        holds, breaks = (least if first.state == state else float("nan") for state in (CERTIFIED, REFUTED))
        return Breakpoint(dial, holds, breaks, (first,), ())

    # A few points all along show where harm does not grow; bisection alone would not meet them.
    last = [at(k / QUARTERS) for k in range(QUARTERS + 1)][-1]
    if first.state == CERTIFIED and last.state != CERTIFIED:
        _halve(at, tried, lambda p: p.state == CERTIFIED, steps)
    if last.state == REFUTED:
        _halve(at, tried, lambda p: p.state != REFUTED, steps)
    points = tuple(sorted(tried.values(), key=lambda p: p.severity))
    broken = [p.severity for p in points if p.state == REFUTED]
    fine = list(takewhile(lambda p: p.state == CERTIFIED, points))
    odd = tuple(p.severity for p in points if p.state == CERTIFIED and broken and p.severity > min(broken))
    holds = fine[-1].severity if fine else float("nan")
    return Breakpoint(dial, holds, min(broken, default=float("nan")), points, odd)


def money_of(columns: Mapping[str, np.ndarray]) -> tuple[float, ...]:
    """MONEY, mean a show."""
    return tuple(float(columns[name].mean()) for name in MONEY)


def most_points(steps: int) -> int:
    """Points of one dial at most."""
    return QUARTERS + 1 + 2 * steps


def _halve(
    at: Callable[[float], Point], tried: Mapping[float, Point], good: Callable[[Point], bool], steps: int
) -> None:  # fmt: skip
    """Halve the bracket around the first severity that is not good, starting from those tried already."""
    high = min(u for u, p in tried.items() if not good(p))
    low = max(u for u in tried if u < high)
    for _step in range(steps):
        middle = (low + high) / 2
        if good(at(middle)):
            low = middle
        else:
            high = middle


def severity(low: float, high: float, u: float) -> float:
    """The severity at coordinate u in [0, 1], even in ``log(1 + severity)``, four digits; ``low`` itself at 0.

    >>> [severity(0.0, 300.0, u) for u in (0.0, 0.5, 1.0)]
    [0.0, 16.35, 300.0]
    """
    if u == 0:
        return low
    x = float(np.expm1(np.log1p(low) + u * (np.log1p(high) - np.log1p(low))))
    return float(f"{x:.4g}")


def table(results: Breaks) -> Any:
    """One row per severity tried: dial, setting, severity, unit, state, MONEY, and value, bounds and limit of every check; the
    first one is of the world as it is."""
    import pandas as pd

    rows = [_row("none", "", float("nan"), "", results.as_it_is, results.money)]
    for name, b in results.dials.items():
        rows += [_row(name, b.dial.setting, p.severity, b.dial.unit, p.certificate, p.money) for p in b.points]
    return pd.DataFrame(rows)


def _row(dial: str, setting: str, x: float, unit: str, certificate: Certificate, money: tuple[float, ...]) -> dict[str, Any]:
    return {"dial": dial, "setting": setting, "severity": x, "unit": unit, "state": certificate.state,
            **dict(zip(MONEY, money, strict=True)), **certificate.columns}  # fmt: skip
