"""Carts that never become orders."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Host, Scenario, Sku, Supply

ORDER = 80
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """Carts that never become orders: every pitch fills ten times as many carts, and of those three in a thousand order.

    Ten toys in two hours, about 6,000 people in the room, stock of twice the expected demand, two items with half of it.
    The surge of carts is the kind reported for one event: four million carts, some 1,300 buyers [REACT]. Stock leaves on
    order.

    Lesson: a cart strategy with a fixed conversion of 6 % (cart_lead, learn = 0) takes the surge for demand and sends about
    twice the alerts, more than half of them wrong; learning the conversion as the show runs (learn = 1) makes three in
    four right and misses no more.

    Bursts mislead as carts do: cover_time and burn_rate carry the pace of a pitch on to the end of the show, ask for stock
    that nobody comes for, and keep less than nobody acting (3,064 and 3,822 CNY a show over 60 shows; 7,392 and 5,651
    without spread). Without requests cover_time loses nothing; burn_rate freezes for nothing as well.
    """
    toys = (
        "puzzle-500",
        "toy-train",
        "kite",
        "plush-panda",
        "bubble-gun",
        "chess-set",
        "clay-kit",
        "yo-yo",
        "dino-egg",
        "rc-car",
    )
    skus, cues = [], []
    for k, toy in enumerate(toys):
        expected = 1.28 * 6000 * 0.006 / 60 * 256.4 * 2 + 1.28 * 6000 * 0.001 * 120 / len(toys)
        stock = round(expected * (0.5 if k in (3, 7) else 2.0))
        skus.append(Sku(toy, stock, "profit", price=39.0 + 15 * (k % 5), safety_stock=stock // 20))
        for turn in (0, 1):
            at = 60.0 + 350.0 * (k + turn * len(toys))
            cues.append(Cue(at, toy, cart_surge=200.0, surge_conversion=0.003))
    return Scenario(
        name="cart_mirage",
        lesson="carts with a fixed conversion cry wolf; learn the conversion online",
        duration_s=7200.0,
        skus=tuple(skus),
        cues=tuple(sorted(cues, key=lambda c: c.at_s)),
        host=Host(slip_s=10.0),
        audience=Audience(arrivals_per_min=3000.0),
        supply=Supply(requestable=0.3),
    )
