"""What things cost a team, and what a platform demands: the weights of the cost J and sets of limits.

Weights are opinions. Several profiles ship, because the ranking of strategies turns with the ratio of an oversold to a
missed unit (domain 6.2); publish a sweep over ``co_ratio`` 1, 3, 10, 30 next to any ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.setting import ScenarioError, check_types, did_you_mean, setting, validate


@dataclass(frozen=True)
class Profile:
    """Weights of ``J = co oversold + cu missed + cs unsold + ca handled + cf false-freeze min + cx ux events + penalty``.

    Of ``co``, ``co_ratio`` and ``co_share`` the first that is given counts. All money in CNY (domain 6.2).
    """

    name: str
    co: float | None = setting(None, "cost of an oversold unit; none: by ratio or share", "CNY/unit", 0, 1e9, "domain 6.2")
    co_ratio: float | None = setting(None, "the same as a multiple of the cost of a missed unit", "x", 0, 1e6, "domain 6.2")
    co_share: float = setting(0.6, "the same as a share of price: refund, service, lost goodwill", "of price", 0, 100,
                              "domain 6.2: 0.3-2, [AMO][RAO]", "L")  # fmt: skip
    cu: float | None = setting(None, "cost of a missed unit; none: price margin (1 - return_rate) (1 - recapture)", "CNY/unit",
                               0, 1e9, "domain 6.2")  # fmt: skip
    cs: float = setting(0.0, "cost of an unsold unit; 0 where it returns to the shelf", "CNY/unit", 0, 1e9, "domain 6.2: 0, 2-5")
    ca: float = setting(1.5, "cost of an alert that somebody handles", "CNY/alert", 0, 1e6, "domain 6.2: 60 s at 45/h")
    cf: float = setting(0.0, "cost of a needless freeze; 0 where cu counts what it lost", "CNY/min", 0, 1e6, "domain 6.2")
    cx: float = setting(0.5, "cost of an annoyance: refusal, failed checkout, delisting", "CNY/event", 0, 1e6, "domain 6.2")
    penalty_from: float = setting(0.005, "oversell rate at which the platform takes notice", "of orders", 0, 1, "domain 6.2")
    penalty_to: float = setting(0.02, "rate at which the linear part is full", "of orders", 0, 1, "domain 6.3, eBay", "M")
    penalty_linear: float = setting(0.02, "penalty there", "of takings", 0, 10, "domain 6.2: linear, size assumed")
    penalty_step_at: float = setting(0.025, "rate from which sanctions apply", "of orders", 0, 1, "[SFCR] 2.5 %", "M")
    penalty_step: float = setting(0.1, "further penalty from there: visibility, settlement", "of takings", 0, 10, "size assumed")
    recapture: float = setting(0.2, "missed shoppers who buy later or something else", "", 0, 1, "domain 6.1")
    return_rate: float = setting(0.3, "sold units that come back", "", 0, 1, "domain 6.2")
    horizon_s: float = setting(600.0, "an alert counts as true up to this long before the event (H)", "s", 0.1, 86400)
    remaining: int = setting(1, "demand still to come that makes a sell-out a risk event (m)", "units", 1, 10**8)
    merge_s: float = setting(300.0, "sell-outs closer than this are one event", "s", 0, 86400)

    def __post_init__(self) -> None:
        validate(self, f"score {self.name}")
        if self.penalty_to <= self.penalty_from:
            raise ScenarioError(f"score {self.name}: penalty_to is not above penalty_from; raise it")


PROFILES = {
    p.name: p
    for p in (
        Profile("balanced"),
        Profile("never_oversell", co_ratio=30.0),
        Profile("sell_everything", co_ratio=1.0, cs=5.0),
        Profile("calm_room", ca=15.0, cx=1.0),
    )
}
"""balanced: domain 6.2, co : cu about 3 : 1; never_oversell 30 : 1; sell_everything 1 : 1 and stock that loses value;
calm_room: an alert costs ten times as much."""


def make_profile(name: str = "balanced", **values: Any) -> Profile:
    """A shipped profile with some weights changed; ``None`` keeps the profile's own.

    >>> make_profile("never_oversell", ca=2.0).co_ratio
    30.0
    """
    if name not in PROFILES:
        raise ScenarioError(f"no score profile is called {name!r}{did_you_mean(name, PROFILES)}")
    check_types(Profile, values, f"score {name!r}")
    return replace(PROFILES[name], **{k: v for k, v in values.items() if v is not None})


def unit_costs(profile: Profile, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Cost of an oversold and of a missed unit, float64 [sku] each [CNY/unit]."""
    price, margin = (np.array([getattr(s, name) for s in scenario.skus], float) for name in ("price", "margin"))
    cu = price * margin * (1 - profile.return_rate) * (1 - profile.recapture)
    if profile.cu is not None:
        cu = np.full(len(price), profile.cu)
    if profile.co is not None:
        return np.full(len(price), profile.co), cu
    return (price * profile.co_share if profile.co_ratio is None else cu * profile.co_ratio), cu


def penalty(profile: Profile, rate: float) -> float:
    """What the platform takes at an oversell rate, as a share of takings.

    >>> [round(penalty(PROFILES["balanced"], r), 4) for r in (0.005, 0.0125, 0.02, 0.024, 0.025)]
    [0.0, 0.01, 0.02, 0.02, 0.12]
    """
    share = (rate - profile.penalty_from) / (profile.penalty_to - profile.penalty_from)
    step = profile.penalty_step if rate >= profile.penalty_step_at else 0.0
    return profile.penalty_linear * min(1.0, max(0.0, share)) + step


@dataclass(frozen=True)
class Limits:
    """A set of limits (domain 6.3). None: not limited."""

    name: str
    oversell_rate: float | None = setting(None, "oversold orders / paid orders", "", 0, 1, "domain 6.3")
    session_oversold: float | None = setting(None, "share of shows with any oversell", "", 0, 1, "domain 6.3")
    alerts_per_operator_hour: float | None = setting(6.0, "alerts an operator can take", "1/h", 0, 1e6, "[EEMUA]", "M")
    false_freeze_share: float | None = setting(0.02, "needless freezes, share of SKU-minutes on air", "", 0, 1, "domain 6.3")


LIMITS = {
    limits.name: limits
    for limits in (
        Limits("strict", oversell_rate=0.001, session_oversold=0.01),
        Limits("standard", oversell_rate=0.005),
        Limits("platform", oversell_rate=0.02),
    )
}


def only(limits: Limits, names: Sequence[str]) -> Limits:
    """The same set with the limits ``names`` alone; those it does not set are refused in one sentence."""
    given = {f.name for f in fields(limits) if f.name != "name" and getattr(limits, f.name) is not None}
    for name in names:
        if name not in given:
            raise ScenarioError(f"limits {limits.name} have no {name!r}{did_you_mean(name, sorted(given))}")
    made: dict[str, Any] = dict.fromkeys(given - set(names))
    return replace(limits, **made)


def met(scores: Mapping[str, Any], limits: Limits) -> dict[str, tuple[float, float, bool]]:
    """Which limits a strategy meets over its shows: name to (value, limit, whether it holds).

    ``scores``: columns of its table of scores, one entry per show. The oversell rate is that of all orders together; the
    others are means over shows. Point values: what a zero proves is said by ``paired.wilson``.
    """
    column = {k: np.asarray(scores[k], float) for k in ("oversold_orders", "paid_orders", "session_oversold",
                                                        "alerts_per_operator_hour", "false_freeze_share")}  # fmt: skip
    orders = column["paid_orders"].sum()
    value = {k: float(np.mean(v)) for k, v in column.items()}
    value["oversell_rate"] = float(column["oversold_orders"].sum() / orders) if orders else 0.0
    found = {}
    for name in ("oversell_rate", "session_oversold", "alerts_per_operator_hour", "false_freeze_share"):
        limit = getattr(limits, name)
        if limit is not None:
            found[name] = (value[name], limit, value[name] <= limit)
    return found
