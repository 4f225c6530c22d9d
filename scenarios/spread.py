"""How much a show differs from its plan by nature: the spread, one record of a scenario.

Every multiplier has mean 1, so expected demand, and a stock plan made for it, stay what they are without the spread. What varies
by nature stands here; what is not known of the parameters themselves is a fitted scenario's ``uncertainty``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from scenarios.setting import setting, validate

if TYPE_CHECKING:
    from scenarios.contract import Scenario

_GDQ = "eleven charity marathons [GDQ]"


@dataclass(frozen=True)
class Spread:
    """What a show has of its own, drawn anew for each: the same for every policy, and told to no strategy.

    The room's mood multiplies all demand: ``exp(x - variance/2)`` with ``x`` the sum of two Ornstein-Uhlenbeck processes,
    stationary from the first second; given the mood, people come independently (Poisson). The level multiplies a whole show, the
    size one cue. The lead moves ``lead_share`` of an expected cue's orders to the time before it: they come ``Exp(lead_s)``
    early (within the show), so a cue brings as many as without.
    """

    mood_sd: float = setting(0.55, "log sd of the room's mood, the part that passes in minutes", "", 0, 2, _GDQ, "M")
    mood_s: float = setting(600.0, "its time constant", "s", 30, 10**6, _GDQ, "M")
    slow_sd: float = setting(0.48, "log sd of the slow part of the mood", "", 0, 2, _GDQ, "M")
    slow_s: float = setting(12_000.0, "its time constant", "s", 30, 10**6, _GDQ, "M")
    item_sd: float = setting(0.0, "log sd of a mood that each SKU has of its own", "", 0, 2, "no recording has items", "A")
    item_s: float = setting(600.0, "its time constant", "s", 30, 10**6, "as the room's", "A")
    level_sd: float = setting(0.18, "log sd of the level of a show", "", 0, 2, f"{_GDQ}: .11-.43 by event", "M")
    cue_sd: float = setting(0.2, "log sd of the size of a cue", "", 0, 2, f"{_GDQ}: 0-.35 beside a moving room", "L")
    mega_p: float = setting(0.01, "share of cues that are far larger", "", 0, 1, f"{_GDQ}: the busiest minutes", "M")
    mega_log: float = setting(2.5, "log of how many times larger, mean", "", 0, 5, _GDQ, "M")
    mega_log_sd: float = setting(0.5, "and standard deviation", "", 0, 1.5, _GDQ, "M")
    lead_share: float = setting(0.2, "share of an expected cue's orders that come before it", "", 0, 0.95,
                                f"{_GDQ}: up to half of the rise, part of it what ran before", "A")  # fmt: skip
    lead_s: float = setting(300.0, "how long before it, mean", "s", 1, 10**5, f"{_GDQ}: halves in some 5 min", "M")

    def __post_init__(self) -> None:
        validate(self, "spread")


CERTAIN = Spread(**{f.name: 0.0 for f in fields(Spread) if f.name.endswith(("_sd", "_p", "_share"))})
"""No spread: demand is Poisson around the plan, every cue of a kind has one size, nobody comes early."""

SPREADS = {"recorded": Spread(), "certain": CERTAIN}
"""Spreads by name, as ``scenario.spread=certain`` and ``spread: certain`` in a file choose them."""


def certain(scenario: Scenario) -> Scenario:
    """The scenario without spread: for lessons and formulas about one thing at a time."""
    return replace(scenario, spread=CERTAIN)
