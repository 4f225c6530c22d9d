"""What became of demand: every demanded unit ends in exactly one of sold, oversold, abandoned or missed by one cause.

A unit of demand is a shopper's *last* attempt that came to pass (a retry replaces the attempt before it). To it belong
those whom a cut of exposure kept away, and those whose cart found the SKU delisted. Duplicate orders made by the shop
are not demand, but they are promises: they take stock and can be oversold. Per SKU, exactly:

    demand = sold + (oversold - oversold copies) + abandoned + sum of missed
    shippable = sold + copies shipped + unsold
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.contract import Scenario
from sim.core.response import ARRIVAL, DELIST_SKU, FREEZE_SKU, REOPEN
from sim.core.run import Run
from sim.core.tape import CANCELLED, CARTED, EXPOSURE, FROZEN, HELD, IDLE, PAID, PHANTOM, REFUNDED, REFUSALS, STOCKOUT
from sim.core.units import to_us
from sim.core.world import PHYSICAL, REFUSED, SHOWN_FAIL
from sim.score.stories import OUTCOMES, Stories, read_stories

CAUSES = (*REFUSALS.values(), "no_restock")
"""Columns of ``Outcomes.missed``, in this order."""
TRUE_STOCKOUT, HELD_UNPAID, EXPOSURE_CUT, NO_RESTOCK = 0, HELD - STOCKOUT, EXPOSURE - STOCKOUT, len(CAUSES) - 1
LOST = (*range(STOCKOUT, EXPOSURE + 1), REFUNDED)
"""Outcomes of demand that was refused."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Per SKU, int64 [sku] in units unless said.

    demand: units asked for. sold: paid, kept and shipped. oversold: paid and kept, but beyond what exists (copies
    included). oversold_copies: those of them that the shop made twice. copies: copied units that are shipped.
    oversold_orders, paid_orders [orders, copies included]. abandoned: never paid, expired, cancelled, or
    refused to somebody who would not have paid or kept it. missed: int64 [sku, cause], columns CAUSES. shippable: units
    that exist at the end, deliveries included. unsold: of them, neither sold nor shipped as a copy. won: of the sold units,
    those of shoppers whom a cue of the policy's own making brought. refunded: paid for, and given back for want of stock
    (demand, counted as missed); refunded_orders [orders]. refused, shown_fail [attempts]. promised: one row
    (PROMISE_DTYPE) per order that is oversold.
    """

    demand: np.ndarray
    sold: np.ndarray
    oversold: np.ndarray
    oversold_copies: np.ndarray
    copies: np.ndarray
    oversold_orders: np.ndarray
    paid_orders: np.ndarray
    abandoned: np.ndarray
    missed: np.ndarray
    shippable: np.ndarray
    unsold: np.ndarray
    won: np.ndarray
    refunded: np.ndarray
    refunded_orders: np.ndarray
    refused: np.ndarray
    shown_fail: np.ndarray
    promised: np.ndarray

    @property
    def avoidable(self) -> np.ndarray:
        """Missed units of every cause but true_stockout, per SKU."""
        return self.missed.sum(1) - self.missed[:, TRUE_STOCKOUT]


def outcomes(run: Run, stories: Stories | None = None) -> Outcomes:
    """Settle one run; ``stories``: of its tape, where they are known already."""
    st = read_stories(run.tape, run.scenario) if stories is None else stories
    n, shippable = len(run.scenario.skus), run.stock[:, PHYSICAL]
    out, last = demand_of(run, st)
    table = np.bincount(st.cell + last, st.weight, OUTCOMES * 4 * n).astype(np.int64).reshape(n, 2, 2, OUTCOMES)
    by_code = table.sum((1, 2))
    demand = by_code[:, IDLE + 1 :].sum(1)
    twice = st.copies[out[st.copies] == PAID]
    copies = _units(st.sku[twice], st.qty[twice], n)
    promised = _beyond(st, out, by_code[:, PAID] + copies - shippable)
    oversold = _units(promised["sku"], promised["units"], n)
    orders = np.bincount(promised["sku"], minlength=n)
    doubled = promised[np.isin(promised["story"], twice)] if len(twice) else promised[:0]
    oversold_copies = _units(doubled["sku"], doubled["units"], n)
    sold = by_code[:, PAID] - (oversold - oversold_copies)
    shipped_copies = copies - oversold_copies
    unsold = shippable - sold - shipped_copies
    missed = _causes(run, st, last, table[:, 1], unsold)
    return Outcomes(
        demand=demand,
        sold=sold,
        oversold=oversold,
        oversold_copies=oversold_copies,
        copies=shipped_copies,
        oversold_orders=orders,
        paid_orders=_orders(st, out, PAID),
        abandoned=demand - by_code[:, PAID] - missed.sum(1),
        missed=missed,
        shippable=shippable,
        unsold=unsold,
        won=_won(run, st, out, promised),
        refunded=by_code[:, REFUNDED],
        refunded_orders=_orders(st, out, REFUNDED),
        refused=run.stock[:, REFUSED],
        shown_fail=run.stock[:, SHOWN_FAIL],
        promised=promised,
    )


def _units(sku: np.ndarray, qty: np.ndarray, n: int) -> np.ndarray:
    """Units per SKU, int64 [sku]."""
    return np.bincount(sku, qty, n).astype(np.int64) if len(sku) else np.zeros(n, np.int64)


def _orders(st: Stories, out: np.ndarray, code: int) -> np.ndarray:
    """Orders that ended so, int64 [sku]."""
    return np.diff(np.searchsorted(np.flatnonzero(out == code), st.first))


def demand_of(run: Run, st: Stories) -> tuple[np.ndarray, np.ndarray]:
    """The outcome of every possible order, int8; and the same with IDLE for all that is not demand: a copy, or an
    attempt after which the shopper tried again.

    An order whose cart was kept away shares the fate of his cart. A cart laid without regard to scarcity is IDLE only if
    its SKU was delisted; of the others that cannot be told, and they are left out.
    """
    out = run.outcome[st.row]
    cart = run.outcome[st.cart]
    away = np.flatnonzero(cart != CARTED)
    if len(away):
        cut, idle = cart[away] == EXPOSURE, (cart[away] == IDLE) & st.certain[away]
        out[st.carted[away[cut]]] = EXPOSURE
        out[st.carted[away[idle]]] = FROZEN
    last = out.copy()
    last[st.copies] = IDLE
    last[st.retried[out[st.retry] != IDLE]] = IDLE
    return out, last


PROMISE_DTYPE = np.dtype([("sku", "i8"), ("story", "i8"), ("accepted", "i8"), ("paid", "i8"), ("units", "i8")])
"""One order that is oversold: SKU, its place in the stories, when it was accepted and paid [us], units it is short of."""


def _beyond(st: Stories, out: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Orders that are paid but cannot be shipped (PROMISE_DTYPE): first paid, first shipped. ``excess``: paid less
    shippable units per SKU."""
    found = [np.zeros(0, PROMISE_DTYPE)]
    for k in np.flatnonzero(excess > 0).tolist():
        paid = st.by_pay[st.first_pay[k] : st.first_pay[k + 1]]
        paid = paid[out[paid] == PAID]
        qty = st.qty[paid]
        after = np.cumsum(qty[::-1])[::-1] - qty
        short = np.clip(excess[k] - after, 0, qty)
        late = short > 0
        rows = np.zeros(int(late.sum()), PROMISE_DTYPE)
        rows["sku"], rows["story"], rows["units"] = k, paid[late], short[late]
        rows["accepted"], rows["paid"] = st.t[paid[late]], st.paid_t[paid[late]]
        found.append(rows)
    return np.concatenate(found)


def _won(run: Run, st: Stories, out: np.ndarray, promised: np.ndarray) -> np.ndarray:
    """Units sold to shoppers of improvised cues, int64 [sku]: their rows were added to the tape during the run."""
    n = len(run.scenario.skus)
    if len(run.tape) == run.tape.drawn:
        return np.zeros(n, np.int64)
    brought = st.row >= run.tape.drawn
    brought[st.copies] = False
    paid, late = brought & (out == PAID), promised[brought[promised["story"]]]
    won = np.bincount(st.sku[paid], st.qty[paid], n) - np.bincount(late["sku"], late["units"], n)
    return won.astype(np.int64)


def _causes(run: Run, st: Stories, last: np.ndarray, table: np.ndarray, unsold: np.ndarray) -> np.ndarray:
    """Missed units by cause, int64 [sku, cause]. ``table``: units [sku, soon enough for a restock, outcome] of demand that
    would be kept.

    The ledger names the nearest cause of a refusal; whether it *mattered* shows at the end. Per SKU, in order of time:

    1. Refusals that met a unit keep their cause as long as units are left unsold; the rest are true stock-outs, for
       without that cause another shopper would have gone without.
    2. Of refusals that met none, as many as cancelled orders gave back units that are left over are held_unpaid: somebody
       who did not keep the unit stood in the way. Units that only arrived later explain nothing: they stay true stock-outs.
    3. Of true stock-outs at least one median lead time after the start, as many as a request in time could have
       brought are no_restock: what was never requested, and what came on request but too late to be sold.

    An order is split where a limit falls inside it, so that units add up exactly. A refused payment counts as held_unpaid
    (its unit was resold or held), under deduct-on-payment, where nothing is held, as phantom.
    """
    missed = np.zeros((len(unsold), len(CAUSES)), np.int64)
    refused = table[:, :, LOST].sum(2)
    if not refused.any():
        return missed
    back = np.flatnonzero(last == CANCELLED)
    gave_back = _units(st.sku[back], st.qty[back], len(unsold))
    in_time = refused[:, 1].copy()
    on_payment = run.scenario.ledger.mode == "deduct_on_payment"
    for k in np.flatnonzero((unsold > 0) & (refused.sum(1) > 0)).tolist():
        begin, end = st.first[k], st.first[k + 1]
        final = last[begin:end]
        gone = ((final >= STOCKOUT) & (final <= EXPOSURE)) | (final == REFUNDED)
        lost = np.flatnonzero(gone & st.keeps[begin:end]) + begin
        code, qty = last[lost], st.qty[lost]
        code[code == REFUNDED] = PHANTOM if on_payment else HELD
        code -= STOCKOUT
        met = code != TRUE_STOCKOUT
        kept = _first_units(unsold[k], qty * met)
        missed[k, :NO_RESTOCK] = np.bincount(code, kept, NO_RESTOCK)
        given = min(unsold[k] - kept.sum(), gave_back[k])
        if given > 0:
            held = _first_units(given, qty * ~met)
            missed[k, HELD_UNPAID] += held.sum()
            kept += held
        in_time[k] -= kept[st.soon[lost]].sum()
    came = arrived(run)
    left = unsold - missed.sum(1)
    could = requestable(run.scenario) - came + np.minimum(left, came)
    missed[:, NO_RESTOCK] = np.minimum(could, in_time)
    missed[:, TRUE_STOCKOUT] = refused.sum(1) - missed[:, 1:].sum(1)
    return missed


def _first_units(limit: int, qty: np.ndarray) -> np.ndarray:
    """How many of each order's ``qty`` units fall among the first ``limit`` units of all.

    >>> _first_units(3, np.array([2, 2, 2])).tolist()
    [2, 1, 0]
    """
    return np.clip(limit - (np.cumsum(qty) - qty), 0, qty)


def requestable(scenario: Scenario) -> np.ndarray:
    """Units that requests can bring during the show, int64 [sku]: equal requests, each of whole units."""
    supply = scenario.supply
    if supply.requests == 0:
        return np.zeros(len(scenario.skus), np.int64)
    return np.array([int(supply.requestable * s.stock) // supply.requests * supply.requests for s in scenario.skus], np.int64)


def arrived(run: Run) -> np.ndarray:
    """Units that came on request, int64 [sku]."""
    came = run.actions[run.actions["what"] == ARRIVAL]
    return np.bincount(came["sku"], came["value"], len(run.scenario.skus)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Freezes:
    """Times during which a SKU took no orders. start, end [us], within the show. toggles: delistings and relistings."""

    sku: np.ndarray
    start: np.ndarray
    end: np.ndarray
    toggles: int


def freezes(run: Run) -> Freezes:
    """Every freeze or delisting until the SKU was reopened or the show ended."""
    end = to_us(run.scenario.duration_s)
    since: dict[int, int] = {}
    off: set[int] = set()
    found: list[tuple[int, int, int]] = []
    toggles = 0
    what = run.actions["what"]
    relevant = run.actions[(what == FREEZE_SKU) | (what == DELIST_SKU) | (what == REOPEN)]
    for t, sku, kind, _, _ in relevant.tolist():
        if kind == REOPEN:
            if sku in since:
                found.append((sku, since.pop(sku), t))
            toggles += sku in off
            off.discard(sku)
        else:
            since.setdefault(sku, t)
            if kind == DELIST_SKU:
                toggles += 1
                off.add(sku)
    found += [(sku, start, end) for sku, start in since.items()]
    table = np.minimum(np.array(found, np.int64).reshape(-1, 3), [len(run.scenario.skus), end, end])
    return Freezes(table[:, 0], table[:, 1], table[:, 2], toggles)
