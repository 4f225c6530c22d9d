"""One account for one run on one tape: what a show earned, term by term.

Per SKU with price p, contribution share m and return rate r, ``c = p m (1 - r)``; a bundle's part counts at its share of the
bundle's price, in every term:

    net = sum c shipped                       contribution kept; copies ship and earn nothing
        + recapture c refused                 shoppers of the drawn tape who did come, would have kept it and were refused
        - co (oversold + refunded)            compensation, service, goodwill; no contribution was earned, none is lost twice
        - request_cost requests - rush p arrived
        - leftover min(arrived, unsold)       what came too much
        - cs (the other unsold units) - holding p (those of them of profit items 利润款)
        - ca notices handled - cx annoyances - ask_cost ask_share (refused attempts; where the chat is on) - penalty
    J   = net of hindsight - net              what the policy left on the table

J may fall below 0 only where the host said something that no tape holds (a pitch brought forward, a restock call): the airtime
is moved, and what it sold is credited in full.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from sim.core.response import RESTOCK
from sim.core.run import ShowRun
from sim.core.tape import Tape
from sim.core.world import PART
from sim.score.bundled import ratios
from sim.score.outcomes import Outcomes, arrived
from sim.score.profiles import Profile, contribution, holding_costs, penalty, unit_costs
from sim.score.stories import Stories

GAINS = ("net_shipped", "net_recaptured")
COSTS = ("cost_oversold", "cost_refunded", "cost_requests", "cost_rush", "cost_leftover", "cost_unsold", "cost_holding",
         "cost_alerts", "cost_annoyances", "cost_service", "cost_penalty")  # fmt: skip
TERMS = (*GAINS, *COSTS)
"""net = the gains less the costs."""
QUANTITIES = ("refused_margin", "cancelled_units", "cancelled_value", "cancelled_margin")
"""What the terms are prices of, where a price of 0 would hide it: with these any other prices can be tried without playing
again."""


@dataclass(frozen=True, eq=False)
class Prices:
    """What the account of one tape is kept in. price, kept (c), over (co), held (holding): float64 [sku] [CNY/unit].
    order_value: mean over the orders of the drawn tape that would be kept [CNY]; 0 without any."""

    profile: Profile
    scenario: Scenario
    price: np.ndarray
    kept: np.ndarray
    over: np.ndarray
    held: np.ndarray
    order_value: float


def prices(profile: Profile, scenario: Scenario, tape: Tape, stories: Stories) -> Prices:
    """The prices of a tape; ``stories``: of the drawn tape."""
    price = np.array([s.price for s in scenario.skus], float)
    whole = stories.keeps & ~stories.copy
    worth = price[stories.sku[whole]] * stories.qty[whole] * ratios(tape, scenario, stories)[whole]
    if scenario.bundles:
        _, order = np.unique(stories.row[whole] - (tape.bundle[stories.row[whole]] & PART), return_inverse=True)
        worth = np.bincount(order, worth)
    value = float(np.mean(worth)) if len(worth) else 0.0
    over = unit_costs(profile, scenario)[0]
    return Prices(profile, scenario, price, contribution(profile, scenario), over, holding_costs(profile, scenario), value)


def terms(run: ShowRun, o: Outcomes, p: Prices, handled: float, annoyances: float, refused: float) -> dict[str, float]:
    """Every term of the account and ``net`` [CNY]. handled: notices that somebody minded. annoyances: what shoppers met, refused:
    refused attempts among it."""
    profile, supply, came = p.profile, p.scenario.supply, arrived(run)
    over = np.minimum(came, o.unsold)
    ended = float(o.oversold_orders.sum() + o.refunded_orders.sum())
    paid = float(o.paid_orders.sum() + o.refunded_orders.sum())
    account = {
        "net_shipped": float(p.kept @ (o.sold - o.off.sold)),
        "net_recaptured": profile.recapture * float(p.kept @ (o.turned_away - o.off.turned_away)),
        "cost_oversold": float(p.over @ (o.oversold - o.off.oversold)),
        "cost_refunded": float(p.over @ (o.refunded - o.off.refunded)),
        "cost_requests": supply.request_cost * float(np.count_nonzero(run.actions["what"] == RESTOCK)),
        "cost_rush": supply.rush * float(p.price @ came),
        "cost_leftover": supply.leftover * float(over.sum()),
        "cost_unsold": profile.cs * float((o.unsold - over).sum()),
        "cost_holding": float(p.held @ (o.unsold - over)),
        "cost_alerts": profile.ca * handled,
        "cost_annoyances": profile.cx * annoyances,
        "cost_service": service(p.scenario, refused),
        "cost_penalty": penalty(profile, ended, paid, p.order_value),
    }
    turned_away, units = o.turned_away - o.off.turned_away, o.oversold + o.refunded
    account |= {"net": balance(account)}
    amounts = quantities(p, turned_away, units - (o.off.oversold + o.off.refunded))
    return account | {name: float(amount) for name, amount in amounts.items()} | {"cancelled_units": float(units.sum())}


def service(scenario: Scenario, refused: Any) -> Any:
    """What customer service costs after so many refused attempts [CNY]; of one run, or of each [run]."""
    return scenario.chat.ask_cost * scenario.chat.ask_share * refused if scenario.chat.on else 0.0 * refused


def quantities(p: Prices, turned_away: np.ndarray, cancelled: np.ndarray) -> dict[str, Any]:
    """QUANTITIES of a run from its units by SKU, or of each from [run, SKU]."""
    return {
        "refused_margin": np.vecdot(p.kept, turned_away), "cancelled_units": cancelled.sum(-1),
        "cancelled_value": np.vecdot(p.price, cancelled), "cancelled_margin": np.vecdot(p.kept, cancelled),
    }  # fmt: skip


def balance(account: dict[str, float]) -> float:
    """Gains less costs [CNY]."""
    return math.fsum([*(account[k] for k in GAINS), *(-account[k] for k in COSTS)])


def balances(account: dict[str, np.ndarray]) -> np.ndarray:
    """The same for each run."""
    parts = np.array([*(account[k] for k in GAINS), *(-account[k] for k in COSTS)])
    return np.array(list(map(math.fsum, parts.T.tolist())))
