"""A gift box that empties its cheapest part."""

from __future__ import annotations

from scenarios.bundles import Bundle, Part
from scenarios.contract import Audience, Cue, Host, Scenario, Sku, Supply

ORDER = 85
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """A gift box of three items: an hour, the box in two deals, its parts also sold alone; the cheapest part runs out first.

    About 9,000 people in the room. The box 福袋 holds a cleanser, a cream and a brush and costs a seventh less than they do. It has no
    stock of its own: an order takes all three or is refused (leak L11). Hardly anybody buys the brush alone, so 500 of them
    look like plenty. Stock leaves on order, nothing leaks; brushes can be had on request within some ten minutes.

    Lesson: a box is as scarce as its scarcest part. When the brushes are gone, every refused box loses a cleanser and a cream as
    well, which stay on the shelf: a brush more in stock sells some three units more. For the same reason an early freeze of the
    brush costs three times what it saves: gamma_poisson with a freeze 90 s ahead, as it once shipped, earns a fifth less than
    silence; 20 s ahead it earns a little more.
    """
    skus = (
        Sku("cleanser", 1800, "profit", price=69.0, margin=0.45, safety_stock=30),
        Sku("cream", 1700, "profit", price=159.0, margin=0.5, safety_stock=30),
        Sku("brush", 500, "longtail", price=39.0, margin=0.3, safety_stock=10, popularity=0.05),
    )
    box = Bundle("gift-box", 229.0, (Part("cleanser"), Part("cream"), Part("brush")), purchase_limit=2)
    cues = (
        Cue(240.0, "cream"),
        Cue(600.0, "gift-box", "deal"),
        Cue(1200.0, "cleanser"),
        Cue(1800.0, "gift-box"),
        Cue(2400.0, "cream"),
        Cue(3000.0, "gift-box", "deal"),
    )
    return Scenario(
        name="gift_box",
        lesson="a box is as scarce as its scarcest part, and takes the others' sales with it",
        duration_s=3600.0,
        skus=skus,
        bundles=(box,),
        cues=cues,
        host=Host(slip_s=8.0),
        audience=Audience(arrivals_per_min=4500.0),
        supply=Supply(requestable=0.5, lead_median_s=600.0),
    )
