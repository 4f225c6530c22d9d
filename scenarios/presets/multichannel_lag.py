"""Three shop fronts, one pool."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, SalesChannel, Scenario, Shoppers, Sku

ORDER = 60
"""Place in lists, which teach from the simplest on."""

LAG_S = 30.0
"""Delay until one channel knows the others' sales [s]; 2 s tuned, 30 s ordinary, 120 s blind (domain 6.5)."""


def build() -> Scenario:
    """Three shop fronts, one pool: 60, 25 and 15 % of demand, and each knows the others' sales only 30 s later.

    Twelve snacks of 180 to 460 units, each held up for some 7 minutes and sold at a steady 0.6 to 1.5 units a second, so
    that it is gone at two thirds of its slot; about 3,000 people in the room. Each channel deducts its own orders at once
    and shows its own figure; no page warns of a stock-out that its channel does not know. Everybody pays, since unpaid
    orders would hide a part of the effect. For other lags ``replace`` every channel's lag_s.

    Lesson: each item oversells by about rate x lag x (1 - sum of squared shares), with these shares 0.555 x rate x lag:
    some 220 units in all at 30 s, a sixteenth of that at 2 s, four times as much at 120 s. Closing the two small channels at a
    reserve of 40 units (close_below) takes away four fifths of it and turns small-channel buyers away instead.
    """
    goods = ("rice-crackers", "dried-mango", "beef-jerky", "nut-mix", "plum-candy", "seaweed", "oat-bars", "egg-rolls",
             "hawthorn", "peanuts", "lotus-cookies", "fig-bites")  # fmt: skip
    skus = tuple(
        Sku(g, round(230 * (0.8 + 0.4 * (k % 4))), "profit", price=19.9 + 10 * (k % 3), margin=0.3, appeal=0.8 + 0.4 * (k % 4))
        for k, g in enumerate(goods)
    )
    cues = tuple(Cue(60.0 + 590.0 * k, g, "link_drop", peak=2.0, tau_s=420.0, duration_s=430.0) for k, g in enumerate(goods))
    channels = (
        SalesChannel("live", 0.60, LAG_S),
        SalesChannel("shelf", 0.25, LAG_S),
        SalesChannel("partner", 0.15, LAG_S),
    )
    return Scenario(
        name="multichannel_lag",
        lesson="oversell = rate x lag x (1 - sum of squared shares) for every item; a reserve trades it for missed sales",
        duration_s=7200.0,
        skus=skus,
        cues=cues,
        audience=Audience(arrivals_per_min=1500.0),
        shoppers=Shoppers(never_pay=0.0, cancel_share=0.0),
        channels=channels,
    )
