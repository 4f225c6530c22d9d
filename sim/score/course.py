"""The ledger's course over time, rebuilt from what a run left behind: units free to promise, and the platform's record.

``sim/core/history.py`` rebuilds every figure of one SKU, for pictures; this one rebuilds the two that say when stock ran out, of
all SKUs in one pass, because a judge needs them for every tape. Tests hold the two together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core import tape as T
from sim.core.response import ARRIVAL, RELEASE_STOCK
from sim.core.run import Run
from sim.core.units import to_us
from sim.core.world import LISTED, PHYSICAL, RECEIVED

NOTHING, BY_ERP = -1, -2


class Changes(NamedTuple):
    """One entry per change, sorted by SKU, then time; int64 each.

    t [us]; sku; free: of physical less promised units; record; flow: of the record by shoppers, which is all an ERP
    sees (leak L6); listed [units]. typed: the total somebody typed over the record (leak L12), BY_ERP for a push of the ERP,
    else NOTHING.
    """

    t: np.ndarray
    sku: np.ndarray
    free: np.ndarray
    record: np.ndarray
    flow: np.ndarray
    listed: np.ndarray
    typed: np.ndarray


def changes(run: Run) -> Changes:
    """Every change that the run's rows and actions made."""
    parts = [*_by_shoppers(run), *_by_the_house(run)]
    whole = [np.concatenate([p[k] for p in parts]).astype(np.int64) for k in range(7)]
    order = np.lexsort((whole[0], whole[1]))
    return Changes(*(column[order] for column in whole))


def _rows(run: Run, at: np.ndarray, free: int, record: np.ndarray | int, flow: bool = False, listed: bool = False) -> Changes:
    """The same change for several rows of the tape: ``free`` and ``record`` per unit."""
    qty = run.tape.qty[at].astype(np.int64)
    moved = qty * record
    none = np.zeros(len(at), np.int64)
    return Changes(
        run.tape.t[at], run.tape.sku[at], qty * free, moved, moved if flow else none, qty if listed else none, none + NOTHING
    )


def _by_shoppers(run: Run) -> list[Changes]:
    """Orders, payments, expiries and cancellations, after ``sim/core/ledger.py``."""
    tape, out, ledger = run.tape, run.outcome, run.scenario.ledger
    done = np.flatnonzero(out == T.DONE)
    kind, order = tape.kind[done], tape.cause[done]
    own = (tape.kind[order] != T.COPY).astype(np.int64)
    paid = (kind == T.PAY) & (out[order] != T.REFUNDED)
    took, quits = np.flatnonzero(tape.kind == T.TAKE), done[kind == T.CANCEL]
    back = int(ledger.cancel_returns) * own[kind == T.CANCEL]
    parts = [_rows(run, took, -1, -1, True), _rows(run, quits, 1, back, True)]
    if ledger.mode == "deduct_on_payment":
        return [*parts, _rows(run, done[paid], -1, -own[paid], True)]
    made = np.flatnonzero((out >= T.ACCEPTED) & (tape.kind >= T.ORDER) & (tape.kind <= T.COPY))
    expired = kind == T.EXPIRE
    closed = np.zeros(len(tape), bool)
    closed[order[expired]] = True
    late = paid & closed[order]
    kept = own[expired] * (tape.mark[done[expired]] >= run.scenario.leaks.lost_release_p)
    return [
        *parts,
        _rows(run, made, -1, -(tape.kind[made] != T.COPY).astype(np.int64), True),
        _rows(run, done[late], -1, -own[late], True),
        _rows(run, done[expired], 1, kept, True),
    ]


def _by_the_house(run: Run) -> list[Changes]:
    """Arrivals, releases of hidden units, edits and ERP pushes, from the tape and from actions."""
    tape, acts, n = run.tape, run.actions, len(run.scenario.skus)
    house = np.flatnonzero((tape.kind >= T.SUPPLY) & (tape.kind <= T.EDIT_SET))
    kind = tape.kind[house]
    came, typed, pushed = house[kind == T.SUPPLY], house[kind == T.EDIT_SET], house[kind == T.SYNC]
    parts = [_rows(run, came, 1, 1, listed=True), _rows(run, house[kind == T.EDIT_ADD], 0, 1)]
    parts.append(_rows(run, typed, 0, 0)._replace(typed=tape.qty[typed]))
    every = _rows(run, np.repeat(pushed, n), 0, 0)
    parts.append(every._replace(sku=np.tile(np.arange(n), len(pushed)), typed=np.full(len(pushed) * n, BY_ERP)))
    arrived = acts[acts["what"] == ARRIVAL]
    parts.append(_units(arrived["t"], arrived["sku"], arrived["value"], 1))
    shown, by_hand = house[kind == T.RELEASE], acts[acts["what"] == RELEASE_STOCK]
    t, sku = np.concatenate([tape.t[shown], by_hand["t"]]), np.concatenate([tape.sku[shown], by_hand["sku"]])
    want = np.concatenate([tape.qty[shown], by_hand["value"].astype(np.int64)])
    for k in np.unique(sku).tolist():
        at = np.flatnonzero(sku == k)
        at = at[np.argsort(t[at])]
        shown_so_far = np.minimum(np.cumsum(want[at]), run.scenario.skus[k].held_back)
        parts.append(_units(t[at], sku[at], np.diff(shown_so_far, prepend=0), 0))
    return parts


def _units(t: np.ndarray, sku: np.ndarray, units: np.ndarray, free: int) -> Changes:
    """Units put on sale; ``free``: 1 if they were not there before."""
    none = np.zeros(len(t), np.int64)
    return Changes(t, sku, units * free, units, none, units, none + NOTHING)


def course(run: Run, sku: int, made: Changes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time [us], free units and record of one SKU after every change; the opening comes first, at 0.

    An ERP push sets the record to the listed units less what the ERP has seen taken, a typed total to that number.
    """
    begin, end = np.searchsorted(made.sku, [sku, sku + 1])
    t, _, free, record, flow, listed, typed = (column[begin:end] for column in made)
    stock = run.stock[sku]
    opening = int(stock[LISTED] - listed.sum())
    moved = np.cumsum(record)
    seen = np.append(0, np.cumsum(flow))[np.searchsorted(t, t - to_us(run.scenario.leaks.erp_lag_s), "right")]
    figure = np.where(typed == BY_ERP, opening + np.cumsum(listed) + seen, typed)
    last = np.maximum.accumulate(np.where(typed != NOTHING, np.arange(len(t)), -1))
    record = np.where(last >= 0, (figure - moved)[last], opening) + moved
    physical = int(stock[PHYSICAL] - stock[RECEIVED])
    return np.append(0, t), np.append(0, np.cumsum(free)) + physical, np.append(opening, record)
