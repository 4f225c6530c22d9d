"""What things cost a team, and what a platform demands: the prices of the account and sets of limits.

Prices are opinions. Several profiles ship, because the ranking of strategies turns with the ratio of an oversold to a
missed unit (domain 6.2); publish a sweep over ``co_ratio`` 1, 3, 10, 30 next to any ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.setting import ScenarioError, check_types, setting, validate
from sim.words import N_, _, no_such

GONE = {
    "cu": N_(
        "a refused unit loses its contribution, price margin (1 - return_rate) (1 - recapture): set scenario.skus.ID.margin, "
        "score.return_rate or score.recapture"
    ),
    "cf": N_("a needless freeze costs what it refused, which the account counts already: leave it out"),
}
"""Weights of the account before this one, and what to set instead."""


def of_old(key: str) -> str:
    """What to say of a setting that older versions had, or that other verbs have ("" of any other)."""
    room, _dot, name = key.partition(".")
    if room == "limits":
        return _old_limit(name) if name in GONE_LIMITS else _(
            "limits are sets, limits=strict, standard or platform, of tune and breakpoint; a sweep tells of all three whether "
            "they are kept"
        )  # fmt: skip
    if room != "score" or name not in GONE:
        return ""
    return _("{key} is a weight of the old account; {instead}").format(key=key, instead=_(GONE[name]))


@dataclass(frozen=True)
class Profile:
    """Prices of the account (``sim/score/account.py``). All money in CNY.

    Of ``co``, ``co_ratio`` and ``co_share`` the first that is given counts.
    """

    name: str
    co: float | None = setting(None, "cost of an oversold unit; none: by ratio or share", "CNY/unit", 0, 1e9, "domain 6.2")
    co_ratio: float | None = setting(None, "the same as a multiple of what a refused unit loses", "x", 0, 1e6, "domain 6.2")
    co_share: float = setting(0.6, "the same as a share of price: compensation, service, lost goodwill", "of price", 0, 100,
                              "domain 6.2: 0.3-2, [AMO][RAO]", "L")  # fmt: skip
    cs: float = setting(0.0, "cost of an unsold unit; 0 where it returns to the shelf", "CNY/unit", 0, 1e9, "domain 6.2: 0, 2-5")
    holding: float = setting(0.0, "capital and storage of an unsold unit of a profit item 利润款, beside cs; 0.02-0.06 where it "
                             "stays on hand", "of price", 0, 10, "domain 6.2: 2-5 at 90 CNY")  # fmt: skip
    ca: float = setting(1.5, "cost of a notice that somebody handles", "CNY/notice", 0, 1e6, "domain 6.2: 60 s at 45/h")
    cx: float = setting(0.5, "cost of an annoyance: refusal, failed checkout, delisting", "CNY/event", 0, 1e6, "domain 6.2")
    penalty_window: float = setting(30000.0, "paid orders of a shop in the platform's window of some 30 days", "orders", 1, 1e9,
                                    "[SFCR] about 30 days")  # fmt: skip
    penalty_base: float = setting(0.003, "share of them the seller has cancelled before this show", "of orders", 0, 1)
    penalty_from: float = setting(0.005, "rolling rate at which the platform takes notice", "of orders", 0, 1, "domain 6.2")
    penalty_to: float = setting(0.02, "rate at which the linear part is full", "of orders", 0, 1, "domain 6.3, eBay", "M")
    penalty_linear: float = setting(0.02, "penalty there", "of takings", 0, 10, "domain 6.2: linear, size assumed")
    penalty_step_at: float = setting(0.025, "rate at which sanctions are full", "of orders", 0, 1, "[SFCR] 2.5 %", "M")
    penalty_step: float = setting(0.1, "further penalty there: visibility, settlement", "of takings", 0, 10, "size assumed")
    recapture: float = setting(0.2, "refused shoppers who buy later or something else", "", 0, 1, "domain 6.1")
    return_rate: float = setting(0.3, "sold units that come back, where the SKU says nothing", "", 0, 1, "domain 6.2")
    horizon_s: float = setting(600.0, "an alert counts as true up to this long before the event (H)", "s", 0.1, 86400)
    remaining: int = setting(1, "demand still to come that makes a sell-out a risk event (m)", "units", 1, 10**8)
    merge_s: float = setting(300.0, "sell-outs closer than this are one event", "s", 0, 86400)

    def __post_init__(self) -> None:
        validate(self, f"score {self.name}")
        if not self.penalty_from < self.penalty_to < self.penalty_step_at:
            raise ScenarioError(
                _(
                    "score {name}: the rates must rise, penalty_from < penalty_to < penalty_step_at, and are "
                    "{penalty_from:g}, {penalty_to:g}, {penalty_step_at:g}; change them"
                ).format(
                    name=self.name,
                    penalty_from=self.penalty_from,
                    penalty_to=self.penalty_to,
                    penalty_step_at=self.penalty_step_at,
                )
            )


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
    """A shipped profile with some prices changed; ``None`` keeps the profile's own.

    >>> make_profile("never_oversell", ca=2.0).co_ratio
    30.0
    """
    if name not in PROFILES:
        raise ScenarioError(no_such("score profile", name, PROFILES))
    for key in values:
        if gone := of_old(f"score.{key}"):
            raise ScenarioError(gone)
    check_types(Profile, values, f"score {name!r}")
    return replace(PROFILES[name], **{k: v for k, v in values.items() if v is not None})


def contribution(profile: Profile, scenario: Scenario) -> np.ndarray:
    """What a kept unit earns, ``c = price margin (1 - return rate)``, float64 [sku] [CNY/unit]."""
    kept = [s.price * s.margin * (1 - (profile.return_rate if s.return_rate is None else s.return_rate)) for s in scenario.skus]
    return np.array(kept, float)


def unit_costs(profile: Profile, scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Cost of an oversold unit, and what a refused one loses, ``(1 - recapture) c``; float64 [sku] each [CNY/unit]."""
    price = np.array([s.price for s in scenario.skus], float)
    cu = contribution(profile, scenario) * (1 - profile.recapture)
    if profile.co is not None:
        return np.full(len(price), profile.co), cu
    return (price * profile.co_share if profile.co_ratio is None else cu * profile.co_ratio), cu


def holding_costs(profile: Profile, scenario: Scenario) -> np.ndarray:
    """What an unsold unit costs by being held, float64 [sku] [CNY/unit]: of profit items alone."""
    return np.array([profile.holding * s.price * (s.tier == "profit") for s in scenario.skus], float)


def sanction(profile: Profile, rate: float) -> float:
    """f: what the platform takes at a rolling rate of orders cancelled by the seller, as a share of takings. Continuous, never
    falling: a slope from penalty_from to penalty_to, a steep ramp from there to penalty_step_at.

    >>> [round(sanction(PROFILES["balanced"], r), 4) for r in (0.005, 0.0125, 0.02, 0.0225, 0.025, 1.0)]
    [0.0, 0.01, 0.02, 0.07, 0.12, 0.12]
    """
    p = profile
    slope = (rate - p.penalty_from) / (p.penalty_to - p.penalty_from)
    ramp = (rate - p.penalty_to) / (p.penalty_step_at - p.penalty_to)
    return p.penalty_linear * min(1.0, max(0.0, slope)) + p.penalty_step * min(1.0, max(0.0, ramp))


def penalty(profile: Profile, cancelled: float, paid: float, order_value: float) -> float:
    """What one show costs at the platform [CNY]: orders the seller cancelled (oversold and refunded) move the rolling rate from
    ``penalty_base`` to ``(W base + cancelled) / (W + paid)``, and the sanction that adds falls on a window's takings, W orders of
    ``order_value`` [CNY]. paid: orders paid for, the cancelled ones among them. One more cancelled order never lowers it.

    >>> p = PROFILES["balanced"]
    >>> penalty(p, 0, 2000, 100.0), round(penalty(p, 300, 2000, 100.0))
    (0.0, 28750)
    """
    w = profile.penalty_window
    after = (w * profile.penalty_base + cancelled) / (w + paid)
    return max(0.0, sanction(profile, after) - sanction(profile, profile.penalty_base)) * w * order_value


@dataclass(frozen=True)
class Limits:
    """A set of limits. None: not limited."""

    name: str
    seller_cancel_rate: float | None = setting(None, "orders the seller cancels (oversold, refunded) / orders paid for", "", 0, 1,
                                               "domain 6.3")  # fmt: skip
    session_oversold: float | None = setting(None, "share of shows with any oversell", "", 0, 1, "domain 6.3")
    missed_rate: float | None = setting(0.05, "(avoidably missed less what moved cues won) / (shipped + that)", "", 0, 1)
    notices_per_operator_hour: float | None = setting(6.0, "notices an operator can take, on duty", "1/h", 0, 1e6, "[EEMUA]", "M")


LIMITS = {
    limits.name: limits
    for limits in (
        Limits("strict", seller_cancel_rate=0.001, session_oversold=0.01, missed_rate=0.02),
        Limits("standard", seller_cancel_rate=0.005, missed_rate=0.05),
        Limits("platform", seller_cancel_rate=0.02, missed_rate=0.1),
    )
}
LIMITED = ("seller_cancel_rate", "session_oversold", "missed_rate", "notices_per_operator_hour")
"""What a set of limits may limit, in the order in which it is told."""
GONE_LIMITS = {
    "oversell_rate": N_("it is seller_cancel_rate now, oversold and refunded orders of all that were paid for"),
    "alerts_per_operator_hour": N_("it is notices_per_operator_hour now, what people receive"),
    "false_freeze_share": N_(
        "it is missed_rate now, what was refused and could have been shipped: a freeze that refuses nobody does no harm"
    ),
}
"""Limits of older versions, and what to name instead."""


def _old_limit(name: str) -> str:
    return _("the limit {name} is of an older version; {gone_limits}").format(name=name, gone_limits=_(GONE_LIMITS[name]))


def only(limits: Limits, names: Sequence[str]) -> Limits:
    """The same set with the limits ``names`` alone; those it does not set are refused in one sentence."""
    given = {f.name for f in fields(limits) if f.name != "name" and getattr(limits, f.name) is not None}
    for name in names:
        if name in GONE_LIMITS:
            raise ScenarioError(_old_limit(name))
        if name not in given:
            raise ScenarioError(no_such("metric", name, sorted(given), _("the limit set {name}").format(name=limits.name)))
    unset: dict[str, Any] = dict.fromkeys(given - set(names))
    return replace(limits, **unset)


def met(scores: Mapping[str, Any], limits: Limits) -> dict[str, tuple[float, float, bool]]:
    """Which limits a strategy meets over its shows: name to (value, limit, whether it holds).

    ``scores``: columns of its table of scores, one entry per show. Rates are those of all shows together; the others are means
    over shows. Point values: what a zero proves is said by a certificate.
    """
    column = {k: np.asarray(scores[k], float) for k in ("cancelled_orders", "settled_orders", "avoidable_units", "sold_units",
                                                        "session_oversold", "notices_per_operator_hour")}  # fmt: skip
    value = {k: float(np.mean(column[k])) for k in ("session_oversold", "notices_per_operator_hour")}
    value["seller_cancel_rate"] = _rate(column["cancelled_orders"], column["settled_orders"])
    value["missed_rate"] = _rate(column["avoidable_units"], column["sold_units"] + column["avoidable_units"])
    verdicts = {}
    for name in LIMITED:
        limit = getattr(limits, name)
        if limit is not None:
            verdicts[name] = (value[name], limit, value[name] <= limit)
    return verdicts


def _rate(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum()) if whole.sum() else 0.0
