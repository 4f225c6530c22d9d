"""A host who does not follow the run of show."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Host, Scenario, Shoppers, Sku, Supply

ORDER = 90
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """A host who ignores the run of show: cues come a minute off plan, one in six not at all, some out of nowhere.

    Ten kitchen items in two hours that also sell from the shelf, some 5 units a minute each; two deals each, at a hundred
    times the item's usual pace for half a minute; stock for the shelf and about one and a half deals; some 3,000 people in
    the room. Slip has a standard deviation of 60 s, 15 % of the cues are dropped, and 15 % more are pitches out of nowhere.
    Everybody pays and keeps what he bought, so that each item sells out once.

    Lesson: a burst of half a minute is foreseen by the plan or not at all. With a faithful host a strategy that reads the run
    of show (smart, plan_s 300) warns 30 s ahead of every sell-out, the same without the plan of a third. Off script it
    still warns of nine in ten, but the share of its alerts that are right falls from over 0.8 to 0.7: an unfaithful host
    is paid for in false alerts, less in missed ones.
    """
    goods = ("wok-32cm", "knife-set", "rice-cooker", "air-fryer", "tea-pot", "lunch-box", "spice-rack", "juicer", "steamer",
             "whisk")  # fmt: skip
    skus, cues = [], []
    for k, name in enumerate(goods):
        first, second = 400.0 + 320.0 * k, 400.0 + 320.0 * (k + 10)
        pace = 1.28 * 3000 * 0.012 / 60 / len(goods)
        stock = round(pace * (second + 2087.0 * (1.3 + 0.1 * (k % 5))))
        skus.append(Sku(name, stock, "profit", price=59.0 + 40 * (k % 4), safety_stock=stock // 20, appeal=0.2))
        cues += [Cue(at, name, "deal", peak=100.0, tau_s=8.0, duration_s=40.0) for at in (first, second)]
    return Scenario(
        name="offscript_host",
        lesson="the run of show foresees bursts even when the host slips; the price is false alerts",
        duration_s=7200.0,
        skus=tuple(skus),
        cues=tuple(sorted(cues, key=lambda c: c.at_s)),
        host=Host(slip_s=60.0, drop_p=0.15, adlib_p=0.15),
        audience=Audience(arrivals_per_min=1500.0),
        shoppers=Shoppers(shelf_rate=0.012, never_pay=0.0, cancel_share=0.0),
        supply=Supply(requestable=0.5, lead_median_s=480.0),
    )
