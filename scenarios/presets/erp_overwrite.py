"""An ERP that types its own figure over the record."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Leaks, Scenario, Shoppers, Sku

ORDER = 70
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """An ERP types its own figure over the record: an absolute sync every 60 s, blind to the last 5 s of orders.

    Eight tea and coffee items in an hour, 600 to 1,250 units each, sold at a steady 5 to 10 units a second in front of
    some 8,000 people and gone at two thirds of their slots. Each push writes stock less the orders seen, so it gives back
    the orders of the last 5 s. Everybody pays, since unpaid orders would hide a part of the effect.

    Lesson: every item oversells by the orders of one lag, rate x 5 s, whatever the push period: about 270 units in all.
    Alerts that people act on, and low lines, leave most of it. An automatic freeze helps only as a buffer: the pushed figure
    lifts the record, so its line must exceed rate x (lag + reaction) and strands units on the slower items. Switching the
    sync to changes (erp_mode delta) ends it at no cost: fix the leak.
    """
    goods = ("longjing-tea", "drip-coffee", "oolong-tea", "cold-brew", "puer-cake", "latte-mix", "jasmine-tea", "cocoa")
    skus = tuple(
        Sku(g, round(610 * (1.0 + 0.35 * (k % 4))), "profit", price=49.0 + 20 * (k % 4), margin=0.4, appeal=1.0 + 0.35 * (k % 4))
        for k, g in enumerate(goods)
    )
    return Scenario(
        name="erp_overwrite",
        lesson="no threshold mends an absolute overwrite; change the sync mode",
        duration_s=3600.0,
        skus=skus,
        cues=tuple(Cue(60.0 + 433.0 * k, g, "link_drop", peak=5.0, tau_s=180.0, duration_s=190.0) for k, g in enumerate(goods)),
        audience=Audience(arrivals_per_min=4000.0),
        shoppers=Shoppers(never_pay=0.0, cancel_share=0.0),
        leaks=Leaks(erp_mode="absolute", erp_period_s=60.0, erp_lag_s=5.0),
    )
