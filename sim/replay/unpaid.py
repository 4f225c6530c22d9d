"""Who never paid, where stock leaves on payment: what a recording tells of it, and what its sell-outs tell where it is silent.

An item that sold out says how many of its orders had been paid by then: as many as there were units. So where neither
closings nor payments are recorded, the share of orders never paid is taken from a posterior: a logit-normal prior about
``scenario.shoppers.never_pay``, and for each item with a blind spell two cases. It sold out: the units paid by then were the
stock (normal approximation of the sum of Bernoulli orders). Or it did not, and by chance nobody ordered any more: a Poisson zero.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from scenarios.contract import Scenario, Shoppers
from sim.core.tape import EDIT_ADD, TAKE
from sim.core.units import US, to_us
from sim.replay.cells import counted
from sim.replay.censor import SOLD_OUT
from sim.replay.closings import closing_age
from sim.replay.delaylaws import PayLaw, refunded_by
from sim.replay.draws import high
from sim.replay.impute import Imputation
from sim.replay.stream import Stream

CLOSED, UNPAID, IMPUTED, LEVELS, ON_ORDER = "closed", "unpaid", "imputed", "levels", "on order"
"""How it is known which orders were never paid; LEVELS: a stock that falls on payment tells of paid orders alone; ON_ORDER: stock
leaves on order, so a recording's returns say all that matters."""
LEAST_PAID = 0.5
"""Share of orders with a payment from which on one without a payment counts as never paid."""
SHARE_SD = 0.55
"""Standard deviation of the logit of the share never paid: .05 to .30 about .12 (no public distribution was found)."""
SHARES = 1 / (1 + np.exp(-np.linspace(-6.0, 3.0, 181)))


class Told(NamedTuple):
    """What a recording tells. how: of CLOSED, UNPAID ...; payments: whether it has them; closing: how long after their orders
    closings come, from and to [us] (None: it has none); refunds: whether returns of paid orders are in it; until: last moment it
    knows of [us]."""

    how: str
    payments: bool
    closing: tuple[int, int] | None
    refunds: bool
    until: int


def told(stream: Stream, scenario: Scenario, link: np.ndarray) -> Told:
    """What ``stream`` tells of its orders' ends; ``link``: the order that each row gives back, -1 none."""
    took = stream.what == TAKE
    back = np.flatnonzero((stream.what == EDIT_ADD) & (link >= 0))
    paid = np.full(len(stream.t), -1, np.int64) if stream.paid is None else stream.paid
    until = max(to_us(stream.span_s), int(stream.t.max(initial=0)), int(paid.max(initial=0)))
    if scenario.ledger.mode != "deduct_on_payment":
        return Told(ON_ORDER, False, None, True, until)
    if stream.kind == "levels":
        return Told(LEVELS, False, None, True, until)
    payments = int((paid[took] >= 0).sum()) >= LEAST_PAID * int(took.sum()) > 0
    was_paid = (paid[link[back]] >= 0) & (paid[link[back]] <= stream.t[back])
    if payments:
        how = CLOSED if np.any(~was_paid) else UNPAID
        return Told(how, True, None, bool(was_paid.any()), until)
    closing = closing_age(stream, link)
    return Told(CLOSED if closing else IMPUTED, False, closing, len(back) > 0, until)


class Sold(NamedTuple):
    """Of one SKU with a blind spell: its number; the share's log-likelihood if it sold out, and if by chance nobody came any
    more, float64 [len(SHARES)]."""

    sku: int
    out: np.ndarray
    quiet: np.ndarray


@lru_cache(maxsize=64)
def shares(imputation: Imputation, shoppers: Shoppers) -> tuple[np.ndarray, tuple[Sold, ...]]:
    """Posterior weight of each of SHARES, and what every SKU with a blind spell says."""
    believed = min(max(shoppers.never_pay, 1e-3), 1 - 1e-3)
    z = (np.log(SHARES / (1 - SHARES)) - np.log(believed / (1 - believed))) / SHARE_SD
    log_weight, sold = -z * z / 2, []
    expected = [profile.sum() for _most, profile, _why in high(imputation)]
    ran_out = [(number, w) for number, w in enumerate(imputation.windows) if w.why == SOLD_OUT]
    first = {w.sku: number for number, w in reversed(ran_out)}
    for sku, number in first.items():
        sold.append(_of_sku(imputation, sku, imputation.windows[number].start, float(expected[number]), shoppers))
        log_weight = log_weight + np.logaddexp(sold[-1].out, sold[-1].quiet)
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum(), tuple(sold)


def _of_sku(imputation: Imputation, sku: int, at: int, expected: float, shoppers: Shoppers) -> Sold:
    """What a SKU says of the share, its first spell beginning at ``at`` with so many orders ``expected`` in it."""
    from scipy.special import log_ndtr

    s = imputation.stream
    own = (s.sku == sku) & (s.t <= at)
    took = own & (s.what == TAKE)
    stock = s.skus[sku].stock + int(s.qty[own & (s.what != TAKE)].sum())
    age, units = (at - s.t[took]) / US, s.qty[took].astype(float)
    size = np.ones_like(units) if counted(s) else units
    kept = PayLaw.of(shoppers).by(age) * (1 - shoppers.cancel_share * refunded_by(shoppers, age))
    paid = np.outer(1 - SHARES, kept)
    mean, sd = paid @ units, np.sqrt((paid * (1 - paid)) @ (units * size) + 1.0)
    z, each = (stock - mean) / sd, units.sum() / max(size.sum(), 1.0)
    out = -z * z / 2 - np.log(sd * np.sqrt(2 * np.pi)) + np.log(each * (1 - SHARES))
    return Sold(sku, out, log_ndtr(z) - expected)


def drawn_share(imputation: Imputation, shoppers: Shoppers, u: float) -> float:
    """The share never paid at uniform number ``u`` of its posterior."""
    weight, _sold = shares(imputation, shoppers)
    return float(np.interp(u, np.cumsum(weight), SHARES))


def surely_out(imputation: Imputation, shoppers: Shoppers, share: float, u: np.ndarray) -> set[int]:
    """SKUs that sold out at their first blind spell rather than were no longer asked for, given the share; u: per SKU."""
    _weight, sold = shares(imputation, shoppers)
    k = int(np.argmin(np.abs(share - SHARES)))
    return {s.sku for s in sold if u[s.sku] < 1 / (1 + np.exp(np.clip(s.quiet[k] - s.out[k], -50, 50)))}


def share_band(imputation: Imputation, shoppers: Shoppers) -> tuple[float, float, float]:
    """Middle and 95 % range of the share never paid."""
    low, middle, high_end = (drawn_share(imputation, shoppers, u) for u in (0.025, 0.5, 0.975))
    return low, middle, high_end
