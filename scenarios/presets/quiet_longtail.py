"""Forty slow items, no cue."""

from __future__ import annotations

import math
from statistics import NormalDist

from scenarios.contract import Audience, Host, Scenario, Shoppers, Sku, Supply

ORDER = 20
"""Place in lists, which teach from the simplest on."""

SKUS = 40
LOG_SD = 1.97
"""Log standard deviation of sales between products [CMM]."""


def build() -> Scenario:
    """A quiet shop: forty items whose sales spread like real ones, three hours, nobody pitches anything.

    Some 2,400 people in the room buy about 2,000 units from the shelf. Popularity is lognormal with log sd 1.97 [CMM],
    taken at forty even quantiles. Stock is bought in cases of six for 1.5 times the expected sales; every fifth item was
    planned badly and has 0.7 times. Stock leaves on order, nothing leaks; half of it can be had again on request.

    Lesson: where nothing pulses, a share of stock is enough, with the fewest alerts, and right two or three times as often as
    most detectors, which take one or two chance sales of a slow item for a rush and ask for stock that nobody lacks. Believed
    until requests had a price: a share of stock saves half of what silence costs. What came out: asking for half of an item
    again costs more here than the sales it saves, silence earns most, and a share of stock loses least to it. One line in units
    for all (fixed_count, 200, with an automatic freeze) lies above most stocks and shuts them: far worse than anything else.
    """
    weights = [math.exp(LOG_SD * NormalDist().inv_cdf((k + 0.5) / SKUS)) for k in range(SKUS)]
    expected = [2000.0 * w / sum(weights) for w in weights]
    skus = tuple(_sku(k, weights[k], expected[k]) for k in reversed(range(SKUS)))
    return Scenario(
        name="quiet_longtail",
        lesson="where nothing pulses hardly any request pays; a share of stock loses least, detectors of change add false alarms",
        duration_s=10_800.0,
        skus=skus,
        host=Host(moves_on=False, calls_restock=False),
        audience=Audience(arrivals_per_min=1200.0),
        shoppers=Shoppers(shelf_rate=0.0036),
        supply=Supply(requestable=0.5, lead_median_s=900.0),
    )


def _sku(k: int, weight: float, expected: float) -> Sku:
    planned = expected * (0.7 if k % 5 == 4 else 1.5)
    stock = 6 * max(1, round(planned / 6))
    tier = "profit" if k >= SKUS - 8 else "longtail"
    return Sku(f"home-{SKUS - k:02d}", stock, tier, price=float(29 + 10 * (k % 7)), safety_stock=stock // 12, popularity=weight)
