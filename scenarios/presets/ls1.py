"""LS-1: the reference workload for speed."""

from __future__ import annotations

import math

from scenarios.contract import Audience, Cue, Host, Ledger, Scenario, Shoppers, Sku
from scenarios.spread import CERTAIN
from scenarios.staffing import Feed

ORDER = 160
"""Place in lists, which teach from the simplest on."""

VIEWERS = 1200.0
"""People in the room: 20 arrivals a second who stay for a minute."""
ARRIVALS_PER_S, LIFT, DECAY_S = 20.0, 6.0, 45.0
CART = 0.06
ORDERED = 0.5
PAY = 0.85
LOOK_S, DECIDE_S, PAY_S = 20.0, 40.0, 60.0


def build() -> Scenario:
    """LS-1, the reference workload for speed: one item, one hour, twelve cues, about 137,000 viewers and 4,100 orders.

    People arrive at 20/s; each of twelve cues, five minutes apart, adds 120/s that decay exponentially with 45 s. 6 % put
    the item into the cart (20 s after they came, exponential), half of them order (40 s later), 85 % pay (60 s later).
    2,000 units, deducted on payment; the shop never checks, so only a freeze stops orders. A reading every 5 s is 10 s
    old. Unpaid orders close after 600 s.

    Lesson: none for shops. Anybody can rebuild this show in an afternoon, so engines can be compared on it. With a freeze
    30 s after the alert the mean oversell is about 95 units at a line of 0, 36 at 50, and 0.03 at 150.
    """
    orders = ARRIVALS_PER_S * CART * ORDERED * 60.0 / VIEWERS
    return Scenario(
        name="ls1",
        lesson="a workload that anybody can rebuild, to compare the speed of engines on equal results",
        duration_s=3600.0,
        skus=(Sku("item", 2000),),
        cues=tuple(Cue(60.0 + 300.0 * k, "item", "pitch", LIFT, DECAY_S, 3600.0, shape="exponential") for k in range(12)),
        host=Host(checks_screen=False, moves_on=False, calls_restock=False),
        audience=Audience(arrivals_per_min=ARRIVALS_PER_S * 60.0, bounce_share=1.0, bounce_s=VIEWERS / ARRIVALS_PER_S),
        shoppers=Shoppers(
            buy_rate=orders, shelf_rate=orders, direct_share=0.0, cart_conversion=ORDERED,
            look_s=LOOK_S, cart_law="exponential", cart_median_s=DECIDE_S * math.log(2),
            never_pay=1.0 - PAY, pay_law="exponential", pay_median_s=PAY_S * math.log(2),
            single_share=1.0, wait_share=0.0, substitute_share=0.0, cancel_share=0.0,
        ),
        ledger=Ledger("deduct_on_payment", hold_s=600.0, sweep_s=0.0, late_payment="accept", checks_stock=False),
        spread=CERTAIN,
        feed=Feed(period_s=5.0, lag_s=10.0),
    )  # fmt: skip
