"""From moments of interest to rows: each shopper's possible story, laid out before the show.

A story is entry (cart or direct order) -> order -> payment or expiry -> perhaps a cancellation, with the retries he
would make if refused and the followers an accepted order would bring. Which part comes to pass is decided in
the run; no number is drawn there.
"""

from __future__ import annotations

import math

import numpy as np

from scenarios.bundles import items
from scenarios.contract import Scenario
from sim.core.tape import CART, ORDER, RETRY
from sim.core.together import spread_out
from sim.core.units import US
from sim.demand.orders import Life, Rows, closing_us, copy_of, created_twice, join, payment_s, settled


def even_us(seconds: np.ndarray) -> np.ndarray:
    """Seconds to even microseconds, vectorised (rounded down)."""
    return (np.asarray(seconds) * (US // 2)).astype(np.int64) * 2


def delay_us(seconds: np.ndarray) -> np.ndarray:
    """Delays as even microseconds, at least 2: an effect never ties with its cause."""
    return np.maximum(even_us(np.minimum(seconds, 1e9)), 2)


class Party:
    """Shoppers who come for the same reason: times [us], item, entry by cart, order to follow, when, parent shopper."""

    def __init__(self, t: np.ndarray, sku: int, cue: int, by_cart: np.ndarray, orders: np.ndarray, wait: np.ndarray) -> None:
        self.t, self.cue = t, cue
        self.ordered = np.where(by_cart, t + wait, t)
        self.sku = np.full(len(t), sku)
        self.by_cart, self.orders = by_cart, orders
        self.parent = np.full(len(t), -1)

    def follow(self, rng: np.random.Generator, branching: float, mean_s: float) -> None:
        """Add the followers of followers (Hawkes clusters): Poisson(branching) per order, Exp(mean_s) after it."""
        young = np.flatnonzero(self.orders)
        while len(young):
            children = rng.poisson(branching, len(young))
            parent = np.repeat(young, children)
            born = self.ordered[parent] + delay_us(rng.exponential(mean_s, len(parent)))
            first, n = len(self.t), len(parent)
            self.t = np.concatenate([self.t, born])
            self.ordered = np.concatenate([self.ordered, born])
            self.sku = np.concatenate([self.sku, self.sku[parent]])
            self.parent = np.concatenate([self.parent, parent])
            self.by_cart = np.concatenate([self.by_cart, np.zeros(n, bool)])
            self.orders = np.concatenate([self.orders, np.ones(n, bool)])
            young = np.arange(first, first + n)


def choose(weights: list[tuple[str, float]], u: np.ndarray) -> np.ndarray:
    """Indices drawn by weight with the uniforms ``u``; sorted by name, so the order of a catalogue does not matter."""
    if len(weights) == 1:
        return np.zeros(len(u), int)
    order = sorted(range(len(weights)), key=lambda k: weights[k][0])
    edges = np.cumsum([weights[k][1] for k in order])
    place = np.searchsorted(edges, u * edges[-1], "right") if edges[-1] > 0 else np.zeros(len(u), int)
    return np.array(order)[np.minimum(place, len(order) - 1)]


def lay(rng: np.random.Generator, scenario: Scenario, party: Party) -> Rows:
    """All rows of a party; causes count within the block, shopper numbers from 0.

    While rows are laid each says only whose attempt it belongs to (``of``); what the attempts have in common is filled in last.
    """
    shoppers, n = scenario.shoppers, len(party.t)
    mark, channel = rng.random(n), choose([(c.name, c.share) for c in scenario.channels], rng.random(n))
    limit = np.array([s.purchase_limit for s in items(scenario)])
    qty = np.minimum(1 + (rng.random(n) >= shoppers.single_share) * rng.geometric(0.5, n), limit[party.sku])
    every = np.arange(n, dtype=np.int32)
    carted = np.flatnonzero(party.by_cart & party.orders)
    rows = join(
        _draft(party.t, np.where(party.by_cart, CART, ORDER), -1, every, mark),
        _draft(party.ordered[carted], ORDER, carted, every[carted], mark[carted]),
    )
    first = np.arange(n)
    first[carted] = n + np.arange(len(carted))
    follows = party.parent >= 0
    rows["cause"][np.flatnonzero(follows)] = first[party.parent[follows]]
    attempts = first[party.orders]
    rows, attempts, swapped, sku = _retries(rng, scenario, rows, attempts, party.sku)
    rows, attempts = _copies(rng, scenario, rows, attempts)
    rows = _settle(rng, scenario, rows, attempts, n, swapped)
    of = rows.pop("of")
    who = np.concatenate([every, swapped])
    whole = {
        "sku": np.concatenate([party.sku, sku]).astype(np.int16)[of],
        "channel": channel.astype(np.int8)[who][of],
        "qty": np.concatenate([qty, np.minimum(qty[swapped], limit[sku])]).astype(np.int32)[of],
        "cue": np.full(len(of), party.cue, np.int16),
        "who": who[of],
        "bundle": np.zeros(len(of), np.int16),
    }
    return spread_out(scenario, rows | whole)


def _draft(t: np.ndarray, kind: np.ndarray | int, cause: np.ndarray | int, of: np.ndarray, mark: np.ndarray) -> Rows:
    rows: Rows = {"t": np.array(t, np.int64), "kind": np.empty(len(t), np.int8), "cause": np.empty(len(t), np.int32)}
    rows["kind"][:], rows["cause"][:] = kind, cause
    return rows | {"of": of, "mark": mark}


def _retries(
    rng: np.random.Generator, scenario: Scenario, rows: Rows, attempts: np.ndarray, sku: np.ndarray
) -> tuple[Rows, np.ndarray, np.ndarray, np.ndarray]:
    """What refused shoppers would do next: wait and try again, try another SKU, or leave.

    Gives the rows, all attempts, who swaps and the SKU he tries then: ``of`` counts such attempts on behind the shoppers.
    """
    s = scenario.shoppers
    mood = rng.random(len(attempts))
    other = rng.random(len(attempts))
    waits, swaps = mood < s.wait_share, (mood >= s.wait_share) & (mood < s.wait_share + s.substitute_share)
    every = [attempts]
    last = attempts[waits]
    for _ in range(s.retries if s.wait_share else 0):
        last, rows = _attempt_again(rng, rows, last, s.wait_s)
        every.append(last)
        last = last[rng.random(len(last)) < s.keep_trying]
    swapped = np.zeros(0, np.int32)
    if len(scenario.skus) > 1 and swaps.any():
        swap, rows = _attempt_again(rng, rows, attempts[swaps], s.substitute_s)
        swapped = rows["of"][swap]
        rows["of"][swap] = len(sku) + np.arange(len(swap))
        every.append(swap)
    return rows, np.concatenate(every), swapped, _other_sku(scenario, sku[swapped], other[swaps][: len(swapped)])


def _other_sku(scenario: Scenario, own: np.ndarray, u: np.ndarray) -> np.ndarray:
    """A popular SKU other than the shopper's own, by uniforms ``u``."""
    picked = own.copy()
    for k in np.unique(own).tolist():
        weights = [(s.id, 0.0 if j == k else max(s.popularity, 1e-9)) for j, s in enumerate(scenario.skus)]
        picked[own == k] = choose(weights, u[own == k])
    return picked


def _attempt_again(rng: np.random.Generator, rows: Rows, earlier: np.ndarray, mean_s: float) -> tuple[np.ndarray, Rows]:
    again = copy_of(rows, earlier)
    again["t"] += delay_us(rng.exponential(mean_s, len(earlier)))
    again["kind"][:], again["cause"][:] = RETRY, earlier
    return len(rows["t"]) + np.arange(len(earlier)), join(rows, again)


def _copies(rng: np.random.Generator, scenario: Scenario, rows: Rows, attempts: np.ndarray) -> tuple[Rows, np.ndarray]:
    """Orders the shop creates twice (leak L10)."""
    p = scenario.leaks.duplicate_p
    twice = attempts[rng.random(len(attempts)) < p] if p > 0 else attempts[:0]
    if not len(twice):
        return rows, attempts
    return created_twice(rows, twice), np.concatenate([attempts, len(rows["t"]) + np.arange(len(twice))])


def _settle(
    rng: np.random.Generator, scenario: Scenario, rows: Rows, orders: np.ndarray, n: int, swapped: np.ndarray
) -> Rows:  # fmt: skip
    """Payment, expiry and cancellation of every possible order. A shopper keeps his character in all his attempts."""
    s, leaks, who = scenario.shoppers, scenario.leaks, np.concatenate([np.arange(n, dtype=np.int32), swapped])[rows["of"][orders]]
    pays = rng.random(n) >= s.never_pay
    paying = payment_s(rng, s, n)
    callback = rng.lognormal(math.log(max(leaks.late_callback_median_s, 1e-9)), leaks.late_callback_sigma, n)
    callback *= rng.random(n) < leaks.late_callback_p
    cancels = (rng.random(n) < s.cancel_share) & pays
    regret, release = rng.exponential(s.cancel_s, n), rng.random(n)
    closes = closing_us(scenario.ledger, rows["t"][orders])
    late = even_us(np.minimum(callback[who], 1e6))
    life = Life(pays[who], delay_us(paying[who]), late, closes, cancels[who], delay_us(regret[who]), release[who])
    return settled(scenario.ledger, rows, orders, life)
