"""Unpaid orders squat on the stock."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Ledger, Scenario, Shoppers, Sku

ORDER = 110
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """Unpaid orders squat on the stock: four in ten are never paid, and each holds its units for 900 s.

    Six gadgets, 90 minutes, about 8,000 people in the room; a link drop takes each item's 300 units, and two later
    pitches would sell what comes back. Stock leaves on order; closing runs every 60 s.

    Lesson: nothing oversells, yet most refused buyers meet units that are on hold and come back when the pitches are over
    (cause held_unpaid), and a seventh of the stock is left at the end. A hold of 300 s instead of 900 s sells a sixth more.
    """
    goods = ("smart-watch", "mini-fan", "led-strip", "massage-gun", "hair-dryer", "toothbrush")
    skus = tuple(Sku(g, 300, "profit", price=79.0 + 30 * (k % 3), margin=0.3, safety_stock=15) for k, g in enumerate(goods))
    cues = []
    for k, name in enumerate(goods):
        start = 120.0 + 480.0 * k
        cues += [Cue(start, name, "link_drop"), Cue(start + 400.0, name), Cue(start + 900.0, name)]
    return Scenario(
        name="unpaid_squat",
        lesson="a long hold turns unpaid orders into missed sales; shorten it",
        duration_s=5400.0,
        skus=skus,
        cues=tuple(sorted(cues, key=lambda c: c.at_s)),
        audience=Audience(arrivals_per_min=4000.0),
        shoppers=Shoppers(never_pay=0.4),
        ledger=Ledger(hold_s=900.0, sweep_s=60.0),
    )
