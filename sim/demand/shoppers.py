"""From moments of interest to rows: each shopper's possible story, laid out before the show.

A story is entry (cart or direct order) -> order -> payment or expiry -> perhaps a cancellation, with the retries he
would make if refused and the followers an accepted order would bring. Which part comes to pass is decided in
the run; no number is drawn there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from scenarios.bundles import items
from scenarios.contract import Scenario
from sim.core.blocks import Block
from sim.core.tape import CANCEL, CART, COPY, EXPIRE, ORDER, PAY, RETRY
from sim.core.together import spread_out
from sim.core.units import US
from sim.demand.orders import COPY_US, Life, closing_us, endings, payment_s


def even_us(seconds: np.ndarray) -> np.ndarray:
    """Seconds to even microseconds, vectorised (rounded down)."""
    us = np.multiply(seconds, US // 2).astype(np.int64)
    us *= 2
    return us


def delay_us(seconds: np.ndarray) -> np.ndarray:
    """Delays as even microseconds, at least 2: an effect never ties with its cause."""
    us = even_us(np.minimum(seconds, 1e9))
    return np.maximum(us, 2, out=us)


class Party:
    """Shoppers who come for one reason and one item: times [us], entry by cart, order to follow, when, parent shopper (-1:
    none; None: nobody has one)."""

    def __init__(self, t: np.ndarray, sku: int, cue: int, by_cart: np.ndarray, orders: np.ndarray, wait: np.ndarray) -> None:
        self.t, self.sku, self.cue = t, sku, cue
        self.ordered = np.where(by_cart, t + wait, t)
        self.by_cart, self.orders = by_cart, orders
        self.parent: np.ndarray | None = None

    def follow(self, rng: np.random.Generator, branching: float, mean_s: float) -> None:
        """Add the followers of followers (Hawkes clusters): Poisson(branching) per order, Exp(mean_s) after it."""
        (young,) = self.orders.nonzero()
        ordered, n = self.ordered[young], len(self.t)
        born, parents = [self.t], [np.full(n, -1)]
        while len(young):
            children = rng.poisson(branching, len(young))
            parents.append(np.repeat(young, children))
            ordered = np.repeat(ordered, children) + delay_us(rng.exponential(mean_s, len(parents[-1])))
            born.append(ordered)
            young = np.arange(n, n + len(ordered))
            n += len(ordered)
        self.t, more = np.concatenate(born), n - len(self.t)
        self.ordered = np.concatenate([self.ordered, *born[1:]])
        self.parent = np.concatenate(parents)
        self.by_cart = np.concatenate([self.by_cart, np.zeros(more, bool)])
        self.orders = np.concatenate([self.orders, np.ones(more, bool)])


class Weighed:
    """Things to be drawn by weight; sorted by name, so the order of a catalogue does not matter."""

    def __init__(self, weights: Sequence[tuple[str, float]]) -> None:
        self.order = np.array(sorted(range(len(weights)), key=lambda k: weights[k][0]), int)
        self.weights = np.array([weights[k][1] for k in self.order])

    def drawn(self, u: np.ndarray, but: int = -1) -> np.ndarray:
        """Their indices by the uniforms ``u``, one of them left out."""
        if len(self.order) == 1:
            return np.zeros(len(u), int)
        edges = np.cumsum(np.where(self.order == but, 0.0, self.weights))
        place = np.searchsorted(edges, u * edges[-1], "right") if edges[-1] > 0 else np.zeros(len(u), int)
        return self.order[np.minimum(place, len(self.order) - 1)]


def choose(weights: list[tuple[str, float]], u: np.ndarray) -> np.ndarray:
    """Indices drawn by weight with the uniforms ``u``; sorted by name, so the order of a catalogue does not matter."""
    return Weighed(weights).drawn(u)


class Assortment:
    """What all parties of a show have in common, worked out once."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.limit = np.array([s.purchase_limit for s in items(scenario)])
        self.channels = Weighed([(c.name, c.share) for c in scenario.channels])

    @cached_property
    def others(self) -> Weighed:
        """What those turn to who swap: a popular SKU."""
        return Weighed([(s.id, max(s.popularity, 1e-9)) for s in self.scenario.skus])


class Attempts(NamedTuple):
    """Attempts to order. row: in the block; t: when [us]; of: the shopper; where he takes another item, the attempts count on
    behind the shoppers."""

    row: np.ndarray
    t: np.ndarray
    of: np.ndarray

    def some(self, which: np.ndarray) -> Attempts:
        """Those of them for which ``which`` is true."""
        (at,) = which.nonzero()
        return Attempts(self.row.take(at), self.t.take(at), self.of.take(at))


class Laying:
    """A block while it is laid, some rows of one kind after the others."""

    def __init__(self) -> None:
        self.kinds: list[tuple[int | np.ndarray, slice]] = []
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.n = 0

    def add(self, kind: int | np.ndarray, t: np.ndarray, cause: np.ndarray, of: np.ndarray) -> np.ndarray:
        """Further rows; their numbers."""
        first = self.n
        self.n += len(t)
        self.kinds.append((kind, slice(first, self.n)))
        self.parts.append((t, cause, of))
        return np.arange(first, self.n, dtype=np.int32)

    def again(self, kind: int, earlier: Attempts, t: np.ndarray, of: np.ndarray | None = None) -> Attempts:
        """Attempts that follow earlier ones, one each. of: whose they are, where not the same."""
        of = earlier.of if of is None else of
        return Attempts(self.add(kind, t, earlier.row, of), t, of)

    def block(self, shared: dict[str, np.ndarray], first: int, marks: np.ndarray) -> Block:
        """All of them."""
        kinds = np.empty(self.n, np.int8)
        for kind, rows in self.kinds:
            kinds[rows] = kind
        t, cause, of = map(np.concatenate, zip(*self.parts, strict=True))
        return Block(t, kinds, cause, of, shared, first, marks)


def lay(rng: np.random.Generator, shop: Assortment, party: Party) -> Block:
    """All rows of a party; causes count within the block, shopper numbers from 0."""
    n = len(party.t)
    mark, channel = rng.random(n), shop.channels.drawn(rng.random(n))
    units = 1 + (rng.random(n) >= shop.scenario.shoppers.single_share) * rng.geometric(0.5, n)
    every, rows = np.arange(n, dtype=np.int32), Laying()
    (carted,), (orders,) = (party.by_cart & party.orders).nonzero(), party.orders.nonzero()
    first, by_cart = every.copy(), every.take(carted)
    cause = np.full(n, -1, np.int32)
    rows.add(np.where(party.by_cart, np.int8(CART), np.int8(ORDER)), party.t, cause, every)
    first[carted] = rows.add(ORDER, party.ordered.take(carted), by_cart, by_cart)
    if party.parent is not None:
        (follows,) = (party.parent >= 0).nonzero()
        cause[follows] = first.take(party.parent.take(follows))
    attempts = Attempts(first.take(orders), party.ordered.take(orders), every.take(orders))
    attempts, swapped, sku = _retries(rng, shop, rows, attempts, party)
    attempts = _copies(rng, shop, rows, attempts)
    who = np.concatenate([every, swapped])
    closed, marks = _settle(rng, shop.scenario, rows, attempts, n, who)
    qty = np.minimum(units, shop.limit[party.sku])
    shared = {
        "sku": np.concatenate([np.full(n, party.sku), sku]).astype(np.int16),
        "channel": channel.astype(np.int8)[who],
        "qty": np.concatenate([qty, np.minimum(qty[swapped], shop.limit[sku])]).astype(np.int32),
        "cue": np.full(len(who), party.cue, np.int16),
        "who": who,
        "mark": mark[who],
        "bundle": np.zeros(len(who), np.int16),
    }
    block = rows.block(shared, closed, marks)
    single = party.sku < len(shop.scenario.skus)
    return block if single else Block.whole(spread_out(shop.scenario, block.rows()))


def _retries(
    rng: np.random.Generator, shop: Assortment, rows: Laying, attempts: Attempts, party: Party
) -> tuple[Attempts, np.ndarray, np.ndarray]:
    """What refused shoppers would do next: wait and try again, try another SKU, or leave.

    Gives all attempts, who swaps and the SKU he tries then: such attempts count on behind the shoppers.
    """
    s = shop.scenario.shoppers
    mood = rng.random(len(attempts.t))
    other = rng.random(len(attempts.t))
    every = [attempts]
    last = attempts.some(mood < s.wait_share)
    for _ in range(s.retries if s.wait_share else 0):
        last = rows.again(RETRY, last, last.t + delay_us(rng.exponential(s.wait_s, len(last.t))))
        every.append(last)
        last = last.some(rng.random(len(last.t)) < s.keep_trying)
    swaps = (mood >= s.wait_share) & (mood < s.wait_share + s.substitute_share)
    swap = attempts.some(swaps)
    if len(shop.scenario.skus) == 1 or not len(swap.t):
        return joined(every), np.zeros(0, np.int32), np.zeros(0, int)
    of = np.arange(len(party.t), len(party.t) + len(swap.t), dtype=np.int32)
    every.append(rows.again(RETRY, swap, swap.t + delay_us(rng.exponential(s.substitute_s, len(swap.t))), of))
    return joined(every), swap.of, shop.others.drawn(other[swaps], but=party.sku)


def joined(many: Sequence[Attempts]) -> Attempts:
    """Attempts, one group behind the other."""
    return Attempts(*(np.concatenate(column) for column in zip(*many, strict=True)))


def _copies(rng: np.random.Generator, shop: Assortment, rows: Laying, attempts: Attempts) -> Attempts:
    """Orders the shop creates twice a moment later (leak L10), among all of them."""
    p = shop.scenario.leaks.duplicate_p
    if p == 0:
        return attempts
    once = attempts.some(rng.random(len(attempts.t)) < p)
    return joined([attempts, rows.again(COPY, once, once.t + COPY_US)])


def _settle(
    rng: np.random.Generator, scenario: Scenario, rows: Laying, attempts: Attempts, n: int, shopper: np.ndarray
) -> tuple[int, np.ndarray]:
    """Payment, expiry and cancellation of every possible order. A shopper keeps his character in all his attempts.

    Gives the first of the rows of expiry, and their marks.
    """
    s, leaks, who = scenario.shoppers, scenario.leaks, shopper.take(attempts.of).astype(np.intp)
    pays = rng.random(n) >= s.never_pay
    paying = payment_s(rng, s, n)
    callback = rng.lognormal(math.log(max(leaks.late_callback_median_s, 1e-9)), leaks.late_callback_sigma, n)
    (late,) = (rng.random(n) < leaks.late_callback_p).nonzero()
    cancels = (rng.random(n) < s.cancel_share) & pays
    regret, release = rng.exponential(s.cancel_s, n), rng.random(n)
    closes = closing_us(scenario.ledger, attempts.t)
    later = np.zeros(n, np.int64)
    later[late] = even_us(np.minimum(callback[late], 1e6))
    life = Life(pays.take(who), delay_us(paying.take(who)), later.take(who), closes, cancels.take(who),
                delay_us(regret.take(who)), release.take(who))  # fmt: skip
    end, first = endings(scenario.ledger, attempts.t, life), rows.n
    rows.add(EXPIRE, closes[end.closed], attempts.row[end.closed], attempts.of[end.closed])
    rows.add(PAY, end.paid_at, attempts.row[end.paid], attempts.of[end.paid])
    rows.add(CANCEL, end.quit_at, attempts.row[end.quit], attempts.of[end.quit])
    return first, life.release[end.closed]
