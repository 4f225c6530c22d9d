"""The promotion night."""

from __future__ import annotations

from scenarios.contract import (
    Audience,
    Cue,
    Delivery,
    Herding,
    Host,
    Leaks,
    Ledger,
    Push,
    SalesChannel,
    Scarcity,
    Scenario,
    Sku,
    Staff,
    Supply,
)
from scenarios.staffing import Feed, Shift

ORDER = 150
"""Place in lists, which teach from the simplest on."""

DURATION_S = 7200.0
FLASH = (
    ("face-mask-box", 6000, 79.0, 1.2), ("tissue-24", 3600, 39.9, 1.5), ("yogurt-12", 3000, 49.9, 1.2),
    ("earbuds", 1500, 129.0, 0.9), ("tumbler", 2000, 59.0, 0.8), ("phone-stand", 1200, 19.9, 0.7),
)  # fmt: skip
CORE = (
    ("serum-30ml", 1500, 198.0, 1.0), ("lipstick-rose", 1700, 129.0, 1.2), ("sunscreen-50ml", 1500, 89.0, 1.1),
    ("down-jacket", 700, 499.0, 0.6), ("air-fryer", 800, 299.0, 0.6), ("silk-dress", 450, 459.0, 0.4),
    ("yoga-pants", 1500, 129.0, 1.2), ("knit-cardigan", 1000, 199.0, 0.8), ("robot-vacuum", 220, 1299.0, 0.2),
    ("coffee-beans", 1300, 69.0, 0.9), ("nut-mix", 1700, 59.9, 1.1), ("toothbrush", 900, 159.0, 0.7),
)  # fmt: skip
TAIL = (
    ("leather-belt", 400, 89.0, 0.25), ("rain-coat", 200, 149.0, 0.2), ("desk-lamp", 420, 149.0, 0.25),
    ("tea-pot", 120, 119.0, 0.15), ("puzzle-500", 350, 49.0, 0.2), ("canvas-bag", 260, 79.0, 0.3),
)  # fmt: skip
"""Item, stock [units], price [CNY], appeal: its share of the ordinary buy rate while cued."""


def build() -> Scenario:
    """The promotion night: two hours, 24 items in three tiers, some 200,000 shoppers who act, two operators.

    About 25,000 people in the room (between the median and the upper quartile of real top rooms, domain 2.2), two feed
    pushes, a pitch every five minutes, link drops, deals and countdowns on the six flash items. Stock leaves on payment and
    late money is accepted; a checkout replica is 1 s old, the partner shop is 5 s behind, one order in two thousand is
    created twice, one item in twenty has a wrong record. Orders cause orders, low figures make people hurry. The feed
    comes every second, a little late, with small holes. A third of each stock can be had on request; two deliveries are
    planned, and the mask is released in two batches.

    Lesson: everything at once, as on the night itself: the benchmark, and the demonstration that rankings depend on costs.
    """
    skus = (
        *(
            Sku(n, s, "traffic", p, 0.15, s // 20, held_back=1200 if n == "face-mask-box" else 0, purchase_limit=2,
                popularity=3.0, appeal=a)
            for n, s, p, a in FLASH
        ),
        *(Sku(n, s, "profit", p, 0.42, s // 20, buffer=s // 50, popularity=1.0, appeal=a) for n, s, p, a in CORE),
        *(Sku(n, s, "longtail", p, 0.35, s // 15, popularity=0.3, appeal=a) for n, s, p, a in TAIL),
    )  # fmt: skip
    return Scenario(
        name="double11",
        lesson="everything at once: the benchmark, and the demonstration that rankings depend on costs",
        duration_s=DURATION_S,
        skus=skus,
        cues=run_of_show(),
        host=Host(slip_s=15.0, drop_p=0.02, adlib_p=0.05),
        audience=Audience(arrivals_per_min=12_500.0, pushes=(Push(1500.0, 0.5, 180.0), Push(5100.0, 0.7, 240.0))),
        herding=Herding(True, 0.15, 20.0),
        scarcity=Scarcity(True, 0.3, 100.0),
        channels=(SalesChannel("live", 0.85), SalesChannel("partner", 0.15, 5.0)),
        ledger=Ledger("deduct_on_payment", hold_s=900.0, late_payment="accept"),
        leaks=Leaks(stale_read_s=1.0, record_error_p=0.05, late_callback_p=0.003, duplicate_p=0.0005, edits_per_show=0.2),
        feed=Feed(period_s=1.0, lag_s=0.8, lag_sigma=0.3, loss_p=0.01, duplicate_p=0.002, disorder_p=0.002),
        staff=Staff(shifts=(Shift(2),)),
        supply=Supply(
            requestable=0.33,
            deliveries=(
                Delivery(2700.0, "lipstick-rose", 300),
                Delivery(3600.0, "face-mask-box", 1200, released=True),
                Delivery(4500.0, "nut-mix", 300),
            ),
        ),
    )


def run_of_show() -> tuple[Cue, ...]:
    """排品表: a pitch every five minutes, and between them link drops, deals and countdowns of the flash items."""
    pitched = [name for name, *_ in (*CORE, *TAIL)]
    cues = [Cue(120.0 + 300.0 * k, pitched[k % len(pitched)]) for k in range(23)]
    for k, (name, *_) in enumerate(FLASH):
        cues.append(Cue(30.0 + 1140.0 * k, name, "link_drop"))
        cues.append(Cue(870.0 + 1050.0 * k, name, "deal"))
    cues += [Cue(3630.0, "face-mask-box", "countdown"), Cue(6930.0, "face-mask-box", "countdown", peak=35.0)]
    cues += [Cue(5130.0, "lipstick-rose", "deal", peak=12.0), Cue(6330.0, "serum-30ml", "link_drop", peak=8.0)]
    return tuple(sorted(cues, key=lambda c: c.at_s))
