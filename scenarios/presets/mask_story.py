"""The field's story of the mask."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Host, Scenario, Sku, Supply

ORDER = 120
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """The field's story of the mask: the line is far too high, "low stock" shows half an hour in, and selling stops.

    One face mask makes most of the turnover of a two-hour Double 11 show; 6,000 boxes on hand, somewhat more are wanted.
    3,000 more can be had within some 15 minutes if somebody asks. Three side items. About 10,000 people in the room. Stock
    leaves on order.

    Lesson: a line of 2,400 boxes taken as the moment to stop leaves those boxes unsold: the show's GMV falls by 30 to 45 %,
    as in the story. The fault was a line too high, not a line missing: doing nothing sells those boxes, and a strategy that
    asks for stock in time and freezes late (smart) sells more than doing nothing.
    """
    skus = (
        Sku("face-mask-box", 6000, "traffic", price=79.0, margin=0.35, safety_stock=120, popularity=6.0, appeal=2.4),
        Sku("eye-cream", 900, "profit", price=168.0, margin=0.5, safety_stock=20, appeal=0.2),
        Sku("toner-pads", 900, "profit", price=59.0, margin=0.4, safety_stock=20, appeal=0.3),
        Sku("shower-gel", 600, "longtail", price=35.0, margin=0.3, safety_stock=10, appeal=0.3),
    )
    mask = [Cue(300.0 + 720.0 * k, "face-mask-box", "pitch" if k % 3 else "link_drop") for k in range(9)]
    rest = [Cue(660.0 + 720.0 * k, ("eye-cream", "toner-pads", "shower-gel")[k % 3]) for k in range(9)]
    return Scenario(
        name="mask_story",
        lesson="a line far too high stops a sale that nothing threatened: about 40 % of GMV",
        duration_s=7200.0,
        skus=skus,
        cues=tuple(sorted((*mask, *rest), key=lambda c: c.at_s)),
        host=Host(slip_s=10.0),
        audience=Audience(arrivals_per_min=5000.0),
        supply=Supply(requestable=0.5, lead_median_s=900.0),
    )
