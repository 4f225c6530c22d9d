"""Random worlds for the parity suite: every mechanism on or off, small shows, one seed each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenarios.bundles import Bundle, Part
from scenarios.chat import Chat
from scenarios.contract import (
    CUE_KINDS,
    LEDGER_MODES,
    TIERS,
    Audience,
    Cue,
    Delivery,
    Herding,
    Host,
    Leaks,
    Ledger,
    SalesChannel,
    Scarcity,
    Scenario,
    Shoppers,
    Sku,
    Supply,
)
from scenarios.host import ON_PROMPT
from scenarios.spread import CERTAIN, Spread
from scenarios.staffing import HUMAN_MODELS, Feed, Outage, Screen, Shift, Source, Staff, Touchpoints
from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from sim.core.response import Action, Playbook
from sim.setup.policies import make_policy
from strategies.registry import names


def random_scenario(seed: int) -> Scenario:
    """A small show in which each mechanism is switched by a fair coin."""
    r = np.random.Generator(np.random.PCG64(seed))

    def coin(yes, no):
        return yes if r.random() < 0.5 else no

    def pick(options):
        return options[int(r.integers(len(options)))]

    n, duration = int(r.integers(1, 5)), float(r.integers(120, 420))
    skus = tuple(
        Sku(
            f"s{k}",
            int(r.integers(0, 120)),
            pick(TIERS),
            safety_stock=int(r.integers(0, 10)),
            purchase_limit=int(r.integers(1, 4)),
        )
        for k in range(n)
    )
    skus = tuple(
        replace(s, stock=s.stock + 20, buffer=int(r.integers(0, 5)), held_back=int(r.integers(0, 15)), purchase_limit=5)
        for s in skus
    )
    cues = tuple(
        Cue(
            float(r.random() * duration * 0.9),
            f"s{r.integers(n)}",
            pick(CUE_KINDS),
            cart_surge=coin(0.0, 3.0),
            surge_conversion=0.05,
        )
        for _ in range(int(r.integers(0, 6)))
    )
    channels = pick(((SalesChannel(),), (SalesChannel("live", 0.6, 3.0), SalesChannel("shop", 0.4, 7.0, 4))))
    show = Scenario(
        "random", "none", duration, skus, cues,
        host=Host(coin(0.0, 20.0), coin(0.0, 0.2), coin(0.0, 0.5), 0.8, 5.0, coin(True, False), True, coin(True, False),
                  ON_PROMPT[seed % 3]),
        audience=Audience(float(r.integers(60, 900)), warm=r.random() < 0.7),
        shoppers=Shoppers(0.05, 0.02, cart_conversion=0.4, never_pay=0.2, wait_share=0.3, substitute_share=0.2, wait_s=15.0,
                          cancel_share=0.1, cancel_s=60.0, pay_law=pick(("lognormal", "exponential"))),
        herding=Herding(r.random() < 0.4, 0.5, 10.0),
        scarcity=Scarcity(r.random() < 0.4, 0.8, 30.0),
        chat=Chat(seed % 3 == 0, 0.6, 4.0, 30.0),
        channels=channels,
        ledger=Ledger(pick(LEDGER_MODES), float(r.integers(20, 120)), coin(0.0, 10.0), coin("accept", "refund"), coin(True, 0)),
        leaks=Leaks(coin(0.0, 3.0), coin(0.0, 12.0), pick(("off", "absolute")), 20.0, 4.0, 0.1, coin(0.0, 0.5),
                    pick(("geometric", "normal")), 3.0, coin(0.0, 0.1), coin(0.0, 0.3), 5.0, 1.4, coin(0.0, 0.05), coin(0.0, 2.0),
                    10.0, 0.5, coin(0.0, 0.3)),
        touchpoints=Touchpoints(product_page=Screen(coin(0.0, 4.0), coin(0.0, 5.0)), host_screen=Screen(coin(0.0, 10.0))),
        feed=Feed(pick((0.5, 1.0, 5.0)), coin(0.0, 2.0), coin(0.0, 0.6), 0.05, 0.05, coin(0.0, 0.1), 5.0,
                  coin((), (Outage(60.0, 30.0, r.random() < 0.5),))),
        staff=Staff((Shift(int(r.integers(0, 3))), Shift(1, 30.0, 90.0)), 20.0, pick(HUMAN_MODELS), judge_s=60.0),
        supply=Supply(coin(0.0, 0.5), 40.0, 0.3, int(r.integers(0, 3)),
                      coin((), (Delivery(50.0, "s0", 20), Delivery(70.0, "s0", 5, True)))),
    )  # fmt: skip
    shoppers = replace(show.shoppers, look_s=coin(0.0, 8.0), cart_law=pick(("lognormal", "exponential")))
    cues = tuple(replace(cue, shape=pick((None, "exponential"))) for cue in show.cues)
    show = replace(show, cues=cues, shoppers=shoppers, ledger=replace(show.ledger, checks_stock=r.random() < 0.8))
    wild = Spread(0.6, 60.0, item_sd=coin(0.0, 0.4), item_s=40.0, cue_sd=0.5, mega_p=0.2, lead_share=0.4, lead_s=30.0)
    late, rare, never = Source(lag_s=4.0), Source(2.0, loss_p=0.3), Source(loss_p=1.0)
    ways = ({"stock": late}, {"orders": late, "traffic": never}, {"stock": rare, "carts": late})
    apart = replace(show.feed, **pick(ways))
    show = replace(show, spread=coin(CERTAIN, wild), feed=coin(show.feed, apart))
    return bundled(show, r) if r.random() < 0.5 else show


def bundled(show: Scenario, r: np.random.Generator) -> Scenario:
    """The show with one or two bundles, which some of its cues are about."""
    names = [s.id for s in show.skus]
    sets = []
    for k in range(int(r.integers(1, 3))):
        parts = r.permutation(names)[: int(r.integers(1, len(names) + 1))].tolist()
        sets.append(Bundle(f"set{k}", 100.0, tuple(Part(p, int(r.integers(1, 4))) for p in parts), 2, float(r.random())))
    cues = tuple(replace(c, sku="set0") if r.random() < 0.4 else c for c in show.cues)
    return replace(show, bundles=tuple(sets), cues=cues)


EVERYTHING = Playbook(
    "everything",
    watch=(Action("notify", "person", "call"), Action("lower_exposure", "auto", value=0.4)),
    prepare=(
        Action("host_prompt", "auto"),
        Action("restock", "person", "popup", amount="lack"),
        Action("release", "auto", value=0.5),
    ),
    emergency=(Action("delist", "auto"), Action("freeze", "person", "sms"), Action("restock", "auto", value=0.3, amount="share")),
    resolved=(Action("reopen", "auto"),),
)


def random_policy(seed: int) -> Policy:
    """A strategy and a playbook picked by the seed."""
    r = np.random.Generator(np.random.PCG64(seed + 10**6))
    books = [*PLAYBOOKS.values(), EVERYTHING, EVERYTHING]
    known = names()
    return make_policy(known[int(r.integers(len(known)))], playbook=books[int(r.integers(len(books)))])
