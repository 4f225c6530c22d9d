"""Orders that cause orders."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Herding, Host, Scarcity, Scenario, Shoppers, Sku, Supply

ORDER = 100
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """Orders that cause orders: each brings 0.6 further shoppers within some 20 s, and low counts make people hurry.

    Twelve cosmetics in two hours, about 3,000 people in the room, pitches every 5 minutes; stock for some 80 % of what
    herd and hurry ask for. Branching 0.6, delay 20 s; below 100 units shown the rate grows by up to 0.8. Existence after
    [JMSC], sizes assumed.

    Lesson: demand comes in clusters, and a plain Poisson line at the present rate is too narrow: demand of the next 90 s
    passes its 95 % quantile more than twice as often as promised. A line that knows its rate is uncertain (gamma_poisson) is
    broken clearly less often, though it does not keep its promise either. Both warn of about as many sell-outs.
    """
    goods = ("lip-glaze", "eye-palette", "blush", "mascara", "primer", "cushion", "brow-pen", "toner", "cleanser", "hand-cream",
             "nail-kit", "perfume-10ml")  # fmt: skip
    skus, cues = [], []
    for k, name in enumerate(goods):
        appeal = 0.6 + 0.3 * (k % 5)
        expected = 1.28 * 3000 * 0.006 / 60 * appeal * 256.4 * 2 / (1 - 0.6)
        stock = round(0.8 * expected)
        skus.append(Sku(name, stock, "profit", price=59.0 + 20 * (k % 5), safety_stock=stock // 20, appeal=appeal))
        cues += [Cue(60.0 + 295.0 * k, name), Cue(60.0 + 295.0 * (k + 12), name)]
    return Scenario(
        name="herding",
        lesson="clustered demand breaks a plain Poisson line twice as often as promised; an uncertain rate helps, not fully",
        duration_s=7200.0,
        skus=tuple(skus),
        cues=tuple(sorted(cues, key=lambda c: c.at_s)),
        host=Host(slip_s=10.0),
        audience=Audience(arrivals_per_min=1500.0),
        shoppers=Shoppers(wait_share=0.0, substitute_share=0.0),
        herding=Herding(True, 0.6, 20.0),
        scarcity=Scarcity(True, 0.8, 100.0),
        supply=Supply(requestable=0.5, lead_median_s=480.0),
    )
