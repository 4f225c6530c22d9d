"""Payments and refunds that nobody recorded, made to agree with the orders a shop took, where stock leaves on payment.

An order that was taken says that a unit was left; a sell-out says that none was. Ends that are drawn freely say neither: a
dozen units more or less are paid for, and what silence oversells is wrong by as many. So what is free is drawn again where it
contradicts the record, in order of time: before each order as few payments as its acceptance allows, at the sell-out as many as
it took. Which orders change is drawn by their odds (successive sampling of Poisson trials), and when, from the delay's law cut to
what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.contract import Shoppers
from sim.core.units import US
from sim.replay.delaylaws import PayLaw, refunded_by

NEVER = np.int64(2**62)


@dataclass(eq=False)
class Books:
    """One SKU's orders in time order, and what moves its stock. stock [units]; t, qty: of orders; pays, back: when an order is
    paid and its units come back [us] (NEVER); free_pay, free_back: whether these may be drawn again; never: share of such orders
    that are never paid; moved_t, moved: other moves; returned: whether a payment that
    finds nothing is given back, so that stock stays at 0. ``pays``, ``back`` and ``stock`` are changed."""

    stock: int
    t: np.ndarray
    qty: np.ndarray
    pays: np.ndarray
    back: np.ndarray
    free_pay: np.ndarray
    free_back: np.ndarray
    never: np.ndarray
    moved_t: np.ndarray
    moved: np.ndarray
    returned: bool

    def level(self, at: np.ndarray) -> np.ndarray:
        """Units left just before these moments."""
        paid, came = self.pays < NEVER, self.back < NEVER
        t = np.concatenate([self.moved_t, self.pays[paid], self.back[came]])
        moves = np.concatenate([self.moved, -self.qty[paid], self.qty[came]])
        order = np.argsort(t, kind="stable")
        path = self.stock + np.append(0, np.cumsum(moves[order]))
        if self.returned:
            path = path + np.maximum(0, -np.minimum.accumulate(path))
        return path[np.searchsorted(t[order], at)]


def reconcile(
    books: Books, spells: list[tuple[int, int]], shoppers: Shoppers, margin: int, rng: np.random.Generator
) -> None:  # fmt: skip
    """Draw free ends again until they agree. spells: sell-outs, from and to [us]; margin: how old the stock may be that checkout
    sees [us]."""
    after = -1
    for start, end in spells:
        _take_back(books, after, start, shoppers, margin, rng)
        _sell_out(books, start, end, shoppers, rng)
        _stay_out(books, start, end)
        after = start
    _take_back(books, after, int(NEVER), shoppers, margin, rng)


def _take_back(books: Books, after: int, until: int, shoppers: Shoppers, margin: int, rng: np.random.Generator) -> None:
    """Before each order in (after, until] leave the units that it took; what nothing explains was sold beyond the stock."""
    asked = np.flatnonzero((books.t > after) & (books.t <= until))
    law, beyond = PayLaw.of(shoppers), 0
    while len(asked):
        left = books.level(books.t[asked] - margin) + beyond
        short = np.flatnonzero(left < books.qty[asked])
        if not len(short):
            break
        first = int(short[0])
        asked = asked[first:]
        at, lack = int(books.t[asked[0]]) - margin, int(books.qty[asked[0]] - left[first])
        beyond += max(0, lack - _give_back(books, at, lack, law, shoppers, rng))
    books.stock += beyond


def _give_back(books: Books, at: int, lack: int, law: PayLaw, shoppers: Shoppers, rng: np.random.Generator) -> int:
    """Have ``lack`` units not yet paid, or refunded, at a moment; how many were found."""
    unpaid = np.flatnonzero(books.free_pay & (books.pays < at) & (books.back >= at))
    paid = np.flatnonzero(books.free_back & (books.pays < at) & (books.back >= at))
    age = (at - books.t[unpaid]) / US
    by = np.clip(law.by(age), 1e-12, 1.0)
    not_yet = books.never[unpaid] + (1 - books.never[unpaid]) * (1 - by)
    gone = shoppers.cancel_share * refunded_by(shoppers, (at - books.pays[paid]) / US)
    odds = np.concatenate([not_yet / np.maximum((1 - books.never[unpaid]) * by, 1e-12), gone / (1 - gone)])
    which = np.concatenate([unpaid, paid])
    picked = _picked(odds, books.qty[which], lack, rng)
    u = rng.random((len(which), 2))
    for k in picked.tolist():
        i = which[k]
        if k >= len(unpaid):
            share = refunded_by(shoppers, (at - books.pays[i]) / US) * u[k, 0]
            books.back[i] = min(at - 2, books.pays[i] + 2 + int(-np.log1p(-share) * shoppers.cancel_s * US))
        elif u[k, 1] * not_yet[k] < books.never[i]:
            books.pays[i] = books.back[i] = NEVER
        else:
            books.pays[i] = max(at + 2, books.t[i] + int(law.between(u[k, :1], age[k : k + 1], np.array([np.inf]))[0] * US))
            books.back[i] = NEVER
    return int(books.qty[which[picked]].sum())


def _sell_out(books: Books, start: int, end: int, shoppers: Shoppers, rng: np.random.Generator) -> None:
    """Have stock run out before anybody ordered after the last order: payments come earlier, refunds do not come."""
    asked = np.flatnonzero(books.t <= start)
    if not len(asked):
        return
    last = books.t[asked[-10:]]
    gap = max(4.0, float(last[-1] - last[0]) / max(len(last) - 1, 1))
    at = min(end, int(last[-1]) + 4 + int(rng.exponential(gap)))
    law, tried = PayLaw.of(shoppers), 0
    while tried < len(books.t):
        tried += 1
        left = int(books.level(np.array([at]))[0])
        slack = np.minimum.accumulate((books.level(books.t[asked]) - books.qty[asked])[::-1])[::-1]
        if left <= 0 or not _pay_one(books, asked, slack, at, left, law, shoppers, rng):
            return


def _stay_out(books: Books, start: int, end: int) -> None:
    """No refund in (start, end) puts a unit on sale: somebody would have ordered it."""
    while True:
        some = np.flatnonzero(books.free_back & (books.back > start) & (books.back < end))
        some = some[np.argsort(books.back[some], kind="stable")]
        sold = np.flatnonzero(books.level(books.back[some] + 1) > 0)
        if not len(sold):
            return
        books.back[some[sold[0]]] = NEVER


def _pay_one(
    books: Books, asked: np.ndarray, slack: np.ndarray, at: int, left: int, law: PayLaw, shoppers: Shoppers,
    rng: np.random.Generator,
) -> bool:  # fmt: skip
    """One order more is paid, or one less refunded, by ``at``, no earlier than the orders after it allow; whether one was
    found."""
    since = books.t[asked]
    place = np.searchsorted(slack, books.qty)
    # Slack never falls: from this moment on every later order can do without so many units.
    earliest = np.where(place == 0, 0, np.append(since[:1], since)[place] + 2)
    small = books.qty <= left
    late = np.flatnonzero(books.free_pay & small & (books.pays >= at) & (books.t < at))
    low = np.maximum(earliest[late] - books.t[late], 0) / US
    age = (at - books.t[late]) / US
    by, before = law.by(age), law.by(low)
    pay = (1 - books.never[late]) * np.maximum(by - before, 0)
    odds = pay / np.maximum(books.never[late] + (1 - books.never[late]) * (1 - by), 1e-12)
    gone = np.flatnonzero(books.free_back & small & (books.back < at) & (books.back >= earliest))
    share = shoppers.cancel_share * refunded_by(shoppers, (at - books.pays[gone]) / US)
    odds = np.concatenate([odds, (1 - share) / np.maximum(share, 1e-12)])
    if not np.any(odds > 0):
        return False
    k = int(rng.choice(len(odds), p=odds / odds.sum()))
    if k >= len(late):
        books.back[gone[k - len(late)]] = NEVER
        return True
    i = late[k]
    delay = law.between(rng.random(1), low[k : k + 1], age[k : k + 1])[0]
    books.pays[i] = min(at - 2, max(books.t[i] + 2, books.t[i] + int(delay * US)))
    return True


def _picked(odds: np.ndarray, qty: np.ndarray, lack: int, rng: np.random.Generator) -> np.ndarray:
    """Places drawn without replacement in proportion to ``odds`` until their units cover ``lack``."""
    with np.errstate(divide="ignore"):
        key = np.log(rng.random(len(odds))) / odds
    order = np.argsort(-key, kind="stable")[: int((odds > 0).sum())]
    return order[: int(np.searchsorted(np.cumsum(qty[order]), lack)) + 1]
