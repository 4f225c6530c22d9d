"""A first show to rehearse."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Delivery, Host, Leaks, Ledger, Scenario, Sku, Supply

ORDER = 10
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """A first show to rehearse: one hour, five skin-care items, some 4,000 orders, two deals, stock leaves on payment.

    About 9,000 people are in the room. The mask is the traffic driver: a link drop, two deals and a countdown want twice its
    600 units. The others sell by pitches, some of them out. The platform deducts on payment, accepts late money, and its
    checkout reads a replica one second old. Half of each item's stock can be had on request within some 12 minutes.

    Lesson: strategies differ in three ways at once. Silence oversells by tens to a few hundred units; freezing early ends that
    but refuses buyers while units are left; asking for stock in time sells more.
    """
    skus = (
        Sku("mask-5pk", 600, "traffic", price=59.9, margin=0.18, safety_stock=30, purchase_limit=2, popularity=3.0),
        Sku("serum-30ml", 360, "profit", price=198.0, margin=0.45, safety_stock=15, popularity=1.5),
        Sku("lipstick-rose", 420, "profit", price=129.0, margin=0.5, safety_stock=15, popularity=1.2),
        Sku("sunscreen-50ml", 700, "profit", price=89.0, margin=0.4, safety_stock=20, popularity=1.0),
        Sku("cotton-pads", 260, "longtail", price=19.9, margin=0.3, safety_stock=10, popularity=0.8, appeal=0.4),
    )
    pitched = ("serum-30ml", "lipstick-rose", "sunscreen-50ml", "cotton-pads")
    pitches = tuple(Cue(300.0 + 300.0 * k, pitched[k % 4]) for k in range(11) if k not in (2, 7))
    shouts = (
        Cue(60.0, "mask-5pk", "link_drop"),
        Cue(900.0, "mask-5pk", "deal"),
        Cue(1380.0, "lipstick-rose", "deal", peak=15.0),
        Cue(2400.0, "mask-5pk", "countdown"),
        Cue(3000.0, "serum-30ml", "link_drop"),
    )
    return Scenario(
        name="first_show",
        lesson="silence oversells, freezing early refuses buyers, asking for stock in time sells more",
        duration_s=3600.0,
        skus=skus,
        cues=tuple(sorted((*pitches, *shouts), key=lambda c: c.at_s)),
        host=Host(slip_s=8.0),
        audience=Audience(arrivals_per_min=4500.0),
        ledger=Ledger(mode="deduct_on_payment", late_payment="accept"),
        leaks=Leaks(stale_read_s=1.0),
        supply=Supply(requestable=0.5, lead_median_s=720.0, deliveries=(Delivery(1800.0, "sunscreen-50ml", 100),)),
    )
