"""An order's life once it is placed: paid, closed, cancelled, created twice. One telling, of drawn and of recorded orders."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from scenarios.contract import Ledger, Shoppers
from sim.core.tape import CANCEL, COPY, EXPIRE, PAY
from sim.core.units import period_us, to_us

Rows = dict[str, np.ndarray]
COPY_US = 2
"""Until an order the shop creates twice comes again [us]."""


class Life(NamedTuple):
    """What becomes of orders that are accepted, one entry an order.

    pays: whether it would be paid at all; paying: how long after it was placed [us]; late: how much later its callback comes
    [us] (leak L9); closes: when the shop closes it while it is unpaid [us]; quits: whether it is cancelled once it is paid;
    regret: how long after its payment arrived [us]; release: uniform number that decides whether its units come back (leak U1).
    """

    pays: np.ndarray
    paying: np.ndarray
    late: np.ndarray
    closes: np.ndarray
    quits: np.ndarray
    regret: np.ndarray
    release: np.ndarray


class Endings(NamedTuple):
    """Which of some orders are closed, paid, cancelled (places, ascending), and when these payments and cancellations arrive
    [us]."""

    closed: np.ndarray
    paid: np.ndarray
    paid_at: np.ndarray
    quit: np.ndarray
    quit_at: np.ndarray


def endings(ledger: Ledger, placed: np.ndarray, life: Life) -> Endings:
    """What becomes of orders placed at ``placed`` [us], one entry of ``life`` each."""
    paid_at = placed + life.paying
    pays = life.pays & ((paid_at < life.closes) | (ledger.mode == "pre_hold"))
    arrives = paid_at + life.late
    (paid,), (quit,), (closed,) = pays.nonzero(), (pays & life.quits).nonzero(), (~pays | (arrives >= life.closes)).nonzero()
    return Endings(closed, paid, arrives.take(paid), quit, arrives.take(quit) + life.regret.take(quit))


def settled(ledger: Ledger, rows: Rows, orders: np.ndarray, life: Life) -> Rows:
    """``rows`` with the payments, closings and cancellations of its ``orders`` (row numbers)."""
    end = endings(ledger, rows["t"][orders], life)
    close = _tied(rows, orders[end.closed], EXPIRE, life.closes[end.closed])
    close["mark"][:] = life.release[end.closed]
    pay = _tied(rows, orders[end.paid], PAY, end.paid_at)
    return join(rows, close, pay, _tied(rows, orders[end.quit], CANCEL, end.quit_at))


def closing_us(ledger: Ledger, placed: np.ndarray) -> np.ndarray:
    """When the shop closes an order that is still unpaid: at the first sweep after it was held long enough [us]."""
    closes, sweep = placed + to_us(ledger.hold_s), period_us(ledger.sweep_s)
    return -(-closes // sweep) * sweep if sweep else closes


def payment_s(rng: np.random.Generator, shoppers: Shoppers, n: int) -> np.ndarray:
    """How long ``n`` shoppers take from order to payment [s]."""
    if shoppers.pay_law == "exponential":
        return rng.exponential(shoppers.pay_median_s / math.log(2), n)
    return rng.lognormal(math.log(max(shoppers.pay_median_s, 1e-9)), shoppers.pay_sigma, n)


def created_twice(rows: Rows, orders: np.ndarray) -> Rows:
    """``rows`` with a copy of each of ``orders``, which the shop creates a moment later (leak L10)."""
    copy = copy_of(rows, orders)
    copy["t"] += COPY_US
    copy["kind"][:], copy["cause"][:] = COPY, orders
    return join(rows, copy)


def copy_of(rows: Rows, which: np.ndarray) -> Rows:
    """Some of the rows."""
    return {name: column.take(which) for name, column in rows.items()}


def join(*blocks: Rows) -> Rows:
    """Blocks of rows, one behind the other."""
    return {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}


def _tied(rows: Rows, orders: np.ndarray, kind: int, t: np.ndarray) -> Rows:
    block = copy_of(rows, orders)
    block["t"][:], block["kind"][:], block["cause"][:] = t, kind, orders
    return block
