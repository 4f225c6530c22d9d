"""600 sold of 500."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Host, Leaks, Ledger, Scenario, Shoppers, Sku, Staff
from scenarios.staffing import Shift

ORDER = 130
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """600 sold of 500: the host goes on pitching after the last unit, and somebody looks at the figures now and then.

    Four hero items of 500 units in one hour, each pitched four times in a row; about 9,000 people in the room. Stock
    leaves on payment, late money is accepted, and the live room (its pages too) learns the warehouse's figure by a poll
    every 5 minutes [QDJ]. One operator refreshes the back office every 2 to 5 minutes; the host does not look at his screen.

    Lesson: with manual polling each item sells some 100 to 200 units that do not exist; the show cancels hundreds of
    orders, about a quarter of those paid, where platforms allow 2 to 2.5 %. Nobody watching at all is worse by half again; an
    automatic freeze at a line that counts units in flight (newsvendor_freeze) keeps the rate below the limit. Believed: polling
    cancels a fifth and is hardly better than nobody.
    """
    goods = (("rice-10kg", 69.0), ("tissue-24", 49.9), ("olive-oil", 89.0), ("detergent", 39.9))
    skus = tuple(Sku(g, 500, "traffic", price=p, margin=0.2, safety_stock=25) for g, p in goods)
    cues = tuple(Cue(120.0 + 840.0 * k + 200.0 * n, g) for k, (g, _) in enumerate(goods) for n in range(4))
    return Scenario(
        name="oversell_story",
        lesson="manual polling and a host who talks on sell what does not exist: far above 2.5 % of orders",
        duration_s=3600.0,
        skus=skus,
        cues=cues,
        host=Host(checks_screen=False, follow_p=0.6),
        audience=Audience(arrivals_per_min=4500.0),
        shoppers=Shoppers(cancel_share=0.0),
        ledger=Ledger(mode="deduct_on_payment", late_payment="accept"),
        leaks=Leaks(poll_s=300.0),
        staff=Staff(shifts=(Shift(1),), human_model="matching"),
    )
