"""Strategies that are a line, as expressions of PromQL over stock, orders, whether an item is closed, and unpaid units."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from scenarios.contract import Scenario, Sku
from sim.core.policy import Policy
from sim.replay.shadow.scrape import CLOSED, ORDERS, STOCK, UNPAID
from sim.words import N_, _
from strategies.contract import EMERGENCY, PREPARE, TIERS


class ExportError(ValueError):
    """A policy that cannot be exported; the message is one sentence."""


class RuleLine(NamedTuple):
    """constant + factor x rate of orders over ``window_s`` + ``unpaid`` x unpaid units [units]; ``fitted``: the rate is a
    least-squares slope (deriv); ``short_s``: the rate over this second window [s] where it is lower, 0: no second window."""

    constant: float
    factor: float = 0.0
    window_s: float = 0.0
    fitted: bool = False
    unpaid: float = 0.0
    short_s: float = 0.0

    def promql(self, sku: str) -> str:
        """The right side of the comparison."""
        terms = [f"{self.constant:g}"] if self.constant or not (self.factor or self.unpaid) else []
        if self.factor:
            what = "deriv" if self.fitted else "rate"
            slope, short = (f'{what}({ORDERS}{{sku="{quoted(sku)}"}}[{s:g}s])' for s in (self.window_s, self.short_s))
            if self.short_s:
                slope = f"((({slope}) < ({short})) or {short})"
            terms.append(f"{self.factor:g} * clamp_min({slope}, 0)" if self.fitted else f"{self.factor:g} * {slope}")
        if self.unpaid:
            terms.append(f'{self.unpaid:g} * {UNPAID}{{sku="{quoted(sku)}"}}')
        return " + ".join(terms)


Values = Mapping[str, float]


def _fixed(v: Values, sku: Sku) -> dict[int, RuleLine]:
    return {PREPARE: RuleLine(v["units"]), EMERGENCY: RuleLine(v["units"] * v["emergency_share"])}


def _percent(v: Values, sku: Sku) -> dict[int, RuleLine]:
    line = v["share"] * sku.listed
    return {PREPARE: RuleLine(line), EMERGENCY: RuleLine(line * v["emergency_share"])}


def _cover(v: Values, sku: Sku) -> dict[int, RuleLine]:
    factor = v["factor"] * 60.0 * v["horizon_min"]
    window = 60.0 * v["window_min"]
    return {PREPARE: RuleLine(0.0, factor, window), EMERGENCY: RuleLine(0.0, factor * v["emergency_share"], window)}


def _window(v: Values, sku: Sku) -> dict[int, RuleLine]:
    safety, window, fitted = v["safety_factor"] * sku.safety_stock, 60.0 * v["window_min"], v["least_squares"] > 0.5
    ends = {PREPARE: v["horizon_min"], EMERGENCY: v["emergency_min"]}
    return {level: RuleLine(safety, 60.0 * minutes, window, fitted) for level, minutes in ends.items()}


def _burn(v: Values, sku: Sku) -> dict[int, RuleLine]:
    pairs = {PREPARE: (v["slow_burn"], 60.0 * v["slow_min"]), EMERGENCY: (v["fast_burn"], 60.0 * v["fast_min"])}
    short = v["short_share"]
    return {level: RuleLine(0.0, v[PLANNED] / k, window, short_s=window * short) for level, (k, window) in pairs.items()}


PLANNED = "planned_s"
"""Planned length of the show [s], beside the strategy's own settings."""
EXPORTED: dict[str, Callable[[Values, Sku], dict[int, RuleLine]]] = {
    "fixed_count": _fixed, "percent_of_stock": _percent, "cover_time": _cover, "window_forecast": _window,
    "burn_rate": _burn,
}  # fmt: skip
"""Strategies that are lines, and their lines by level."""
NEAREST = {
    "tiered": ("fixed_count", N_(
        "by_tier sets its line for each tier")), "platform_default": ("fixed_count", N_(
        "it is a fixed line")),
    "cart_lead": ("cover_time", N_("it knows no carts")), "gamma_poisson": ("cover_time", N_("it knows a rate, but no chance")),
    "newsvendor_freeze": ("cover_time", N_(
        "it knows a rate, but no cost")), "smart": ("cover_time", N_(
        "it knows a rate, but no cue")),
    "conversion_trend": ("window_forecast", N_("it follows a trend of orders")),
}  # fmt: skip
"""For a strategy that is no line, the exported one that is nearest, and in what it falls short."""


def lines_of(policy: Policy, sku: Sku, show: Scenario) -> dict[int, RuleLine]:
    """The lines of a policy for one item of a show, by level. Unpaid units count where the show's stock leaves on payment."""
    strategy = policy.strategy
    if strategy.name not in EXPORTED or strategy.origin is not None:
        near, why = NEAREST.get(strategy.name, ("cover_time", N_("a line over a rate of orders")))
        sentence = _("{name} is no line that Prometheus could watch; exported are {known}. Nearest: {near} ({why})")
        raise ExportError(sentence.format(name=strategy.name, known=", ".join(EXPORTED), near=near, why=_(why)))
    values = dict(zip((p.name for p in strategy.params), policy.params[TIERS.index(sku.tier)].tolist(), strict=True))
    waits = values.get("unpaid_weight", 0.0) if show.ledger.mode == "deduct_on_payment" else 0.0
    lines = EXPORTED[strategy.name](values | {PLANNED: show.duration_s}, sku)
    return {level: line._replace(unpaid=waits) for level, line in lines.items()}


def seen(lines: Mapping[int, RuleLine], every_s: float) -> None:
    """Refuse lines with a window that holds fewer than two scrapes ``every_s`` [s] apart: Prometheus sees no rate in it."""
    shortest = min((s for line in lines.values() if line.factor for s in (line.window_s, line.short_s) if s), default=math.inf)
    if shortest < 2 * every_s:
        sentence = _(
            "the window of {window:g} s holds fewer than two readings {every:g} s apart; give every_s={most:g} or less, or a "
            "longer window"
        )
        raise ExportError(sentence.format(window=shortest, every=every_s, most=shortest / 2))


def expression(line: RuleLine, sku: str, level: int) -> str:
    """The whole expression of an alert: while an item is closed only its emergency counts."""
    query = (
        f'{STOCK}{{sku="{quoted(sku)}"}} <= on (sku) ' if line.factor or line.unpaid else f'{STOCK}{{sku="{quoted(sku)}"}} <= '
    )
    if level == EMERGENCY:
        return query + line.promql(sku)
    return f'({query}{line.promql(sku)}) unless on (sku) {CLOSED}{{sku="{quoted(sku)}"}} == 1'


def quoted(text: str) -> str:
    """A label value within double quotes.

    >>> quoted('a"b')
    'a\\\\"b'
    """
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
