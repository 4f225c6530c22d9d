"""The ends of recorded orders where stock leaves on payment: paid and when, never paid, refunded; what is not told is drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scenarios.contract import Scenario
from sim.core.units import US, to_us
from sim.demand.streams import stream as random_stream
from sim.replay.censor import SOLD_OUT
from sim.replay.delaylaws import PayLaw, refunded_by
from sim.replay.impute import Imputation
from sim.replay.reconcile import NEVER, Books, reconcile
from sim.replay.unpaid import IMPUTED, LEVELS, Told, drawn_share, surely_out


class Orders(NamedTuple):
    """Recorded orders, an entry each: t [us], sku, qty [units]; pays: delay until paid [us], as recorded or drawn; gone: until
    its units came back [us] (-1: nobody says so); known: whether the payment was recorded."""

    t: np.ndarray
    sku: np.ndarray
    qty: np.ndarray
    pays: np.ndarray
    gone: np.ndarray
    known: np.ndarray


class Free(NamedTuple):
    """What of orders was drawn and may be drawn again: payments, refunds; never: the share of such orders never paid."""

    pay: np.ndarray
    back: np.ndarray
    never: np.ndarray


def drawn_ends(
    o: Orders, moves: np.ndarray, facts: Told, imputation: Imputation, scenario: Scenario, key: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Delays until orders are paid and until their units come back [us] (-1: never). moves: rows of the stream that are no
    order's; key: seed and replicate."""
    if facts.how == LEVELS:
        return np.full(len(o.t), 2, np.int64), o.gone
    rng, shoppers = random_stream(*key, "never paid"), scenario.shoppers
    share = drawn_share(imputation, shoppers, rng.random()) if facts.how == IMPUTED else shoppers.never_pay
    u = rng.random((len(o.t), 4))
    draw = _payments_told if facts.payments else _payments_drawn
    pays, free_pay, never = draw(o, facts, scenario, share, u)
    gone, free_back = o.gone, np.zeros(len(o.t), bool)
    if not facts.refunds and scenario.ledger.cancel_returns:
        free_back = o.gone < 0
        later = np.maximum(2, (-np.log1p(-u[:, 2]) * shoppers.cancel_s * US).astype(np.int64) & ~1)
        gone = np.where(free_back & (pays >= 0) & (u[:, 3] < shoppers.cancel_share), pays + later, gone)
    free = Free(free_pay, free_back, never)
    if scenario.ledger.checks_stock and (free_pay.any() or free_back.any()):
        out = surely_out(imputation, shoppers, share, rng.random(len(imputation.stream.skus))) if facts.how == IMPUTED else None
        for sku in np.unique(o.sku).tolist():
            own = np.flatnonzero(o.sku == sku)
            pays[own], gone[own] = _agreed(o, own, (pays, gone), free, moves, imputation, scenario, out, rng)
    return pays, gone


def _payments_told(
    o: Orders, facts: Told, scenario: Scenario, share: float, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Nobody pays of whom no payment is known, but for those who still may after all that is known. Nothing is drawn again."""
    law, age = PayLaw.of(scenario.shoppers), (facts.until - o.t) / US
    open_yet = ~o.known & (o.gone < 0)
    still = (1 - share) * (1 - law.by(age))
    later = open_yet & (u[:, 0] * (share + still) >= share)
    delay = np.where(later, law.between(u[:, 1], age, np.full(len(age), np.inf)), 0.0)
    told = np.where((o.gone >= 0) & (o.pays >= o.gone), o.gone // 2, o.pays)
    pays = np.where(o.known, told, np.where(later, _even(delay), -1))
    return pays, np.zeros(len(o.t), bool), np.zeros(len(o.t))


def _payments_drawn(
    o: Orders, facts: Told, scenario: Scenario, share: float, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """An order that came back with its closing was never paid. Of those that came back before, as many were refunds as shoppers
    cancel; the rest were closed by their buyers, unpaid. Who did not come back has paid, but for those whose closing was not due
    yet and, where the recording has no closings, for the share never paid."""
    hold = to_us(scenario.ledger.hold_s)
    begin, end = facts.closing or (hold, hold + to_us(scenario.ledger.sweep_s))
    back = o.gone >= 0
    early = back & (o.gone < begin)
    pay_s = np.minimum(o.pays, begin) / US
    due = np.minimum(begin, facts.until - o.t) / US - pay_s
    refunds = scenario.shoppers.cancel_share * refunded_by(scenario.shoppers, due).sum() * (1 - share)
    refund = back & ((o.gone > end) | (early & (u[:, 1] * max(int(early.sum()), 1) < refunds)))
    never = np.zeros(len(o.t))
    never[~back & ((facts.how == IMPUTED) | (facts.until - o.t < end))] = share
    pays = np.where(refund, np.minimum(o.pays, o.gone // 2), np.where(back | (u[:, 0] < never), -1, o.pays))
    return pays, ~back, never


def _agreed(
    o: Orders, own: np.ndarray, ends: tuple[np.ndarray, np.ndarray], free: Free, moves: np.ndarray, imputation: Imputation,
    scenario: Scenario, out: set[int] | None, rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Ends of one SKU's orders that agree with its sell-outs and with the orders taken; out: SKUs that did sell out, none:
    all."""
    s, sku, t = imputation.stream, int(o.sku[own[0]]), o.t[own]
    other = moves[s.sku[moves] == sku]
    paid, gone = ends[0][own] >= 0, ends[1][own]
    books = Books(
        s.skus[sku].stock, t, o.qty[own], np.where(paid, t + ends[0][own], NEVER), np.where(paid & (gone >= 0), t + gone, NEVER),
        free.pay[own], free.back[own], free.never[own], s.t[other], s.qty[other].astype(np.int64),
        scenario.ledger.late_payment == "refund",
    )  # fmt: skip
    spells = [(w.start, w.end) for w in imputation.windows if w.sku == sku and w.why == SOLD_OUT]
    reconcile(books, spells if out is None or sku in out else [], scenario.shoppers, seen_late(scenario), rng)
    pays = np.where(books.pays < NEVER, _even((books.pays - t) / US), -1)
    back = np.where(books.back < NEVER, np.maximum(_even((books.back - t) / US), pays + 2), -1)
    return pays, np.where((pays < 0) & (o.gone[own] >= 0), o.gone[own], back)


def seen_late(scenario: Scenario) -> int:
    """How old the stock may be that a checkout sees [us]."""
    leaks = scenario.leaks
    return to_us(leaks.stale_read_s + leaks.poll_s + max((c.lag_s for c in scenario.channels), default=0.0))


def _even(delay_s: np.ndarray) -> np.ndarray:
    return np.maximum((np.minimum(delay_s, 1e9) * US).astype(np.int64) & ~np.int64(1), 2)
