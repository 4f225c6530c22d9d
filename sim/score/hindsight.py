"""Hindsight: what a drawn tape could have earned at most, and where a policy stands below it.

Hindsight knows every shopper of the tape before the show. Per SKU it asks for the best number of units; it oversells nothing,
sends no notice and annoys nobody. It depends on the drawn tape alone, so it is the same figure, bit for bit, for every policy.

It is a bound, not a policy: it need not wait for stock to arrive, it counts shoppers whom only scarcity or an order before theirs
would bring, it may sell a part of a bundle alone, and it knows who takes another SKU if refused his own. A policy whose host says
something that no tape holds may earn more.

A shopper's attempts form a chain; at most one of them can be sold. With U = units sure to be there (opening stock, deliveries),
D = units of all chains that pass through a SKU, and a price of scarcity L >= 0 per SKU, every policy on the tape earns at most

    sum over chains of max over attempts of units max(recapture c, c - L)
    + sum over SKUs of max over a of [L min(D, U + a) - rush price a - request_cost loads(a)]
    - (cs + holding) max(0, U - D - copies)

(Lagrange: any L gives a bound). L is 0 where the first choices find enough, what a unit on request costs where asking serves
them all, (1 - recapture) c where it does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenarios.contract import Scenario
from sim.core.run import ShowRun
from sim.core.world import PHYSICAL
from sim.score.bundled import ratios
from sim.score.outcomes import arrived, requestable
from sim.score.profiles import Profile, contribution, holding_costs
from sim.score.stories import Stories

NOTHING = 1e-6
"""A gain below this is none [CNY]."""


@dataclass(frozen=True, eq=False)
class Hindsight:
    """net: most that the drawn tape can earn [CNY]. asked: units hindsight asks for, int64 [sku]. sold: most units any policy
    can sell of a SKU, int64 [sku]; gmv: at their price [CNY]. unsold: fewest units left, int64 [sku]."""

    net: float
    asked: np.ndarray
    sold: np.ndarray
    gmv: float
    unsold: np.ndarray


def hindsight(baseline: ShowRun, stories: Stories, profile: Profile) -> Hindsight:
    """The best of the tape whose ``stories`` these are; ``baseline``: its silent run, for stock and deliveries."""
    scenario = baseline.scenario
    n, c = len(scenario.skus), contribution(profile, scenario)
    price = np.array([s.price for s in scenario.skus], float)
    wants, first = _chains(stories)
    units = np.where(wants, stories.qty, 0)
    demand, copies, choices = (
        np.bincount(stories.sku[which], stories.qty[which], n).astype(np.int64)
        for which in (wants, stories.keeps & stories.copy, wants & first)
    )
    sure = baseline.stock[:, PHYSICAL] - arrived(baseline)
    scarcity, asked = _scarcity(scenario, profile, c, price, choices, sure)
    ratio = ratios(baseline.tape, scenario, stories)
    kept = c[stories.sku] * ratio
    worth = units * np.maximum(profile.recapture * kept, kept - scarcity[stories.sku])
    net = _best_of_chains(stories, worth, first)
    for k in range(n):
        net += max(scarcity[k] * min(demand[k], sure[k] + a) - cost
                   for a, cost in _ways(scenario, k, price[k], int(demand[k] - sure[k])))  # fmt: skip
    sold = np.minimum(demand, sure + requestable(scenario))
    unsold = np.maximum(0, sure - demand - copies)
    dearest = np.ones(n)
    np.maximum.at(dearest, stories.sku, ratio)
    net -= profile.cs * unsold.sum() + holding_costs(profile, scenario) @ unsold
    return Hindsight(float(net), asked, sold, float(price @ (sold * dearest)), unsold)


def first_choices(stories: Stories) -> np.ndarray:
    """Orders of shoppers who want the SKU before any other and would keep it, whatever the stock: bool [order]."""
    wants, first = _chains(stories)
    return wants & first


def _chains(stories: Stories) -> tuple[np.ndarray, np.ndarray]:
    """Per order: whether it would be kept and is no second try for the same SKU, and whether it is a shopper's first attempt.

    A shopper keeps his order if one of his attempts at the SKU would be kept: how soon he pays may decide it.
    """
    wants, first = stories.keeps & ~stories.copy, ~stories.copy
    tried = np.flatnonzero(stories.retry >= 0)
    then = stories.retry[tried]
    same = stories.sku[then] == stories.sku[tried]
    before, after = tried[same], then[same]
    for _ in range(_depth(stories)):
        wants[before] |= wants[after]
    wants[after] = False
    first[then] = False
    return wants, first


def _best_of_chains(stories: Stories, worth: np.ndarray, first: np.ndarray) -> float:
    """Sum over shoppers of what the best of their attempts is worth."""
    best = worth.copy()
    tried = np.flatnonzero(stories.retry >= 0)
    then = stories.retry[tried]
    for _ in range(_depth(stories)):
        best[tried] = np.maximum(best[tried], best[then])
    return float(best[first].sum())


def _depth(stories: Stories) -> int:
    """Most retries of one shopper."""
    depth, at = 0, stories.retry[stories.retry >= 0]
    while len(at):
        depth, at = depth + 1, stories.retry[at]
        at = at[at >= 0]
    return depth


def _ways(scenario: Scenario, k: int, price: float, lack: int) -> list[tuple[int, float]]:
    """Units that can be asked for of SKU ``k`` towards ``lack``, and what asking costs [CNY], by number of requests."""
    supply, load = scenario.supply, scenario.supply.load(scenario.skus[k].stock)
    ways = [(0, 0.0)]
    for requests in range(1, supply.requests + 1 if load > 0 and lack > 0 else 1):
        a = min(requests * load, lack)
        ways.append((a, supply.request_cost * requests + supply.rush * price * a))
        if a == lack:
            break
    return ways


def _scarcity(
    scenario: Scenario, profile: Profile, c: np.ndarray, price: np.ndarray, choices: np.ndarray, sure: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The price L of every SKU [CNY/unit], and the units that serve the first choices best."""
    lost = (1 - profile.recapture) * c
    scarcity, asked = np.zeros(len(c)), np.zeros(len(c), np.int64)
    for k in range(len(c)):
        lack = int(choices[k] - sure[k])
        if lack <= 0:
            continue
        _, a, cost = max((lost[k] * a - cost, -a, cost) for a, cost in _ways(scenario, k, price[k], lack))
        asked[k] = -a
        scarcity[k] = cost / lack if -a == lack else lost[k]
    return scarcity, asked


def skill(j: float, silent: float) -> float:
    """``100 (net - net_silent) / (net_hindsight - net_silent)`` from J and the J of silence: 0 as good as silence, 100 hindsight,
    below 0 worse than silence. Where hindsight has nothing to gain there is no scale: NaN.

    >>> skill(25, 100), skill(120, 100)
    (75.0, -20.0)
    """
    return 100.0 * (silent - j) / silent if silent > NOTHING else math.nan
