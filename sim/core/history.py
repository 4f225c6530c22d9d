"""What happened to one SKU, rebuilt after the run from the outcomes of its rows and the actions taken.

The run keeps no diary: outcome, tape and actions say it all. ``paths`` gives every figure of the ledger as a step
function whose last value is the run's final stock; ``seen`` and ``watched`` give the same show as the alert engine saw it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.core import tape as T
from sim.core import world as W
from sim.core.feed import news, signal_of
from sim.core.response import ARRIVAL, DELIST_SKU, FREEZE_SKU, RELEASE_STOCK, REOPEN
from sim.core.run import Run
from sim.core.stage import set_stage
from sim.core.units import to_us
from strategies.contract import LINE

FIGURES = {
    "physical": W.PHYSICAL, "record": W.RECORD, "held": W.HELD, "pending": W.PENDING, "paid": W.PAID_UNITS,
    "listed": W.LISTED, "hidden": W.HIDDEN, "closed": W.CLOSED, "ordered": W.ORDERED, "carted": W.CARTED_UNITS,
    "received": W.RECEIVED, "refused": W.REFUSED, "lost": W.LOST,
}  # fmt: skip
"""Names of the paths and the ledger columns they follow; SHOWN_FAIL depends on screens and is not rebuilt."""
FLOW = W.N_STOCK
"""An extra column: record changes that came through a sales channel, which is all an ERP sees (leak L6)."""
STATES = {FREEZE_SKU: W.FREEZE, DELIST_SKU: W.DELIST, REOPEN: W.OPEN}

Moves = tuple[np.ndarray, np.ndarray]


def paths(run: Run, sku: int) -> dict[str, np.ndarray]:
    """Step arrays of one SKU: ``t`` [us], the FIGURES [units; refused: attempts] and ``left`` = physical - held - paid.

    Element k holds from ``t[k]`` on, after everything that happened then; element 0 is the opening stock at 0. ``left``
    below 0 means that more is promised than exists.
    """
    opening = set_stage(run.scenario, run.tape).opening["stock"][sku]
    rows = np.flatnonzero((run.outcome != T.IDLE) & ((run.tape.sku == sku) | (run.tape.kind == T.SYNC)))
    acts = run.actions[run.actions["sku"] == sku]
    at = np.concatenate([run.tape.t[rows], acts["t"]])
    moves = np.concatenate([_row_moves(run, rows), _action_moves(acts)])
    order = np.argsort(at, kind="stable")
    at, moves, kind = at[order], moves[order], np.concatenate([run.tape.kind[rows], np.full(len(acts), -1)])[order]
    qty = np.concatenate([run.tape.qty[rows], np.zeros(len(acts), np.int64)])[order]
    _states(moves, np.concatenate([np.full(len(rows), -1), acts["what"]])[order])
    _releases(moves, kind, qty, int(opening[W.HIDDEN]))
    _settings(run, at, moves, kind, qty, opening)
    level = np.vstack([opening, opening + np.cumsum(moves[:, : W.N_STOCK], axis=0)])
    path = {"t": np.concatenate([[0], at])} | {name: level[:, column] for name, column in FIGURES.items()}
    return path | {"left": path["physical"] - path["held"] - path["paid"]}


def _row_moves(run: Run, rows: np.ndarray) -> np.ndarray:
    """What each row changed, int64 [row, figure]; rows that set a figure or depend on its level are left to later."""
    tape, ledger = run.tape, run.scenario.ledger
    kind, qty, mark = tape.kind[rows], tape.qty[rows].astype(np.int64), tape.mark[rows]
    outcome, cause = run.outcome[rows], tape.cause[rows]
    moves = np.zeros((len(rows), W.N_STOCK + 1), np.int64)
    on_payment = ledger.mode == "deduct_on_payment"
    waiting = W.PENDING if on_payment else W.HELD
    put = _putter(moves, qty)
    attempt = (kind == T.ORDER) | (kind == T.RETRY) | (kind == T.COPY)
    accepted, expired = attempt & (outcome >= T.ACCEPTED), kind == T.EXPIRE
    paid, cancelled = kind == T.PAY, kind == T.CANCEL
    copied = tape.kind[cause] == T.COPY
    closed = np.zeros(len(tape), bool)
    closed[cause[expired]] = True
    late = closed[cause]
    kept = paid & (run.outcome[cause] != T.REFUNDED)
    lost = expired & (mark < run.scenario.leaks.lost_release_p) & ~copied
    put((kind == T.CART) & (outcome == T.CARTED), W.CARTED_UNITS)
    put(accepted, waiting, W.ORDERED)
    put(expired | (paid & ~late), waiting, sign=-1)
    put(kept, W.PAID_UNITS)
    put(cancelled, W.PAID_UNITS, sign=-1)
    if on_payment:
        put(kept & ~copied, W.RECORD, FLOW, sign=-1)
    else:
        put(accepted & (kind != T.COPY), W.RECORD, FLOW, sign=-1)
        put(kept & late & ~copied, W.RECORD, FLOW, sign=-1)
        put(lost, W.LOST)
        put(expired & ~lost & ~copied, W.RECORD, FLOW)
    if ledger.cancel_returns:
        put(cancelled & ~copied, W.RECORD, FLOW)
    put(kind == T.SUPPLY, W.PHYSICAL, W.RECEIVED, W.LISTED, W.RECORD)
    put(kind == T.EDIT_ADD, W.RECORD)
    put(kind == T.TAKE, W.ORDERED, W.PAID_UNITS)
    put(kind == T.TAKE, W.RECORD, FLOW, sign=-1)
    refused = attempt & (outcome >= T.STOCKOUT) & (outcome <= T.PHANTOM)
    moves[refused, W.REFUSED] = 1
    return moves


def _putter(moves: np.ndarray, qty: np.ndarray) -> Callable[..., None]:
    def put(which: np.ndarray, *columns: int, sign: int = 1) -> None:
        for column in columns:
            moves[which, column] += sign * qty[which]

    return put


def _action_moves(acts: np.ndarray) -> np.ndarray:
    moves = np.zeros((len(acts), W.N_STOCK + 1), np.int64)
    units = acts["value"].astype(np.int64)
    arrived, released = acts["what"] == ARRIVAL, acts["what"] == RELEASE_STOCK
    for column in (W.PHYSICAL, W.RECEIVED, W.LISTED, W.RECORD):
        moves[arrived, column] = units[arrived]
    for column in (W.LISTED, W.RECORD):
        moves[released, column] = units[released]
    moves[released, W.HIDDEN] = -units[released]
    return moves


def _states(moves: np.ndarray, what: np.ndarray) -> None:
    """Freezes, delistings and reopenings: differences of the state they set."""
    state = W.OPEN
    for k in np.flatnonzero(np.isin(what, list(STATES))).tolist():
        moves[k, W.CLOSED] = STATES[int(what[k])] - state
        state = STATES[int(what[k])]


def _releases(moves: np.ndarray, kind: np.ndarray, qty: np.ndarray, hidden: int) -> None:
    """A planned release gives what is still hidden, no more."""
    left = hidden
    for k in np.flatnonzero((kind == T.RELEASE) | (moves[:, W.HIDDEN] != 0)).tolist():
        got = min(left, int(qty[k])) if kind[k] == T.RELEASE else -int(moves[k, W.HIDDEN])
        left -= got
        moves[k, W.HIDDEN] = -got
        moves[k, W.LISTED] = moves[k, W.RECORD] = got


def _settings(run: Run, at: np.ndarray, moves: np.ndarray, kind: np.ndarray, qty: np.ndarray, opening: np.ndarray) -> None:
    """Rows that write a figure over the record (ERP push, typed total) as the difference they made."""
    known = np.searchsorted(at, at - to_us(run.scenario.leaks.erp_lag_s), "right")
    flow = np.concatenate([[0], np.cumsum(moves[:, FLOW])])
    listed = opening[W.LISTED] + np.cumsum(moves[:, W.LISTED])
    record, done = int(opening[W.RECORD]), 0
    for k in np.flatnonzero((kind == T.SYNC) | (kind == T.EDIT_SET)).tolist():
        record += int(moves[done:k, W.RECORD].sum())
        figure = int(listed[k] + flow[known[k]]) if kind[k] == T.SYNC else int(qty[k])
        moves[k, W.RECORD] = figure - record
        record, done = figure, k + 1


def seen(run: Run, sku: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What reached the alert engine, late readings dropped: arrival [us], moment they were true [us], stock [units]."""
    tape, rows = run.tape, news(run.tape)
    apart = T.sources_apart(tape)
    taken = apart[tape.who[rows], W.S_STOCK] if len(apart) else tape.cause[rows]
    new = (taken >= 0) & (np.diff(taken, prepend=-1) != 0)
    rows, taken = rows[new], taken[new]
    return tape.t[rows], tape.t[taken], run.readings[tape.who[taken], sku, W.R_STOCK]


def watched(run: Run, sku: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the strategy made of it: arrival [us], the stock line it watched [units], its level; the fold is run again."""
    world = set_stage(run.scenario, run.tape).world(run.policy)._replace(readings=run.readings)
    fold, rows = run.policy.strategy.fold, news(run.tape)
    line, level = np.zeros(len(rows)), np.zeros(len(rows), np.int64)
    for k, i in enumerate(rows.tolist()):
        level[k] = fold(world.params[sku], world.memory[sku], signal_of(world, i, sku))
        line[k] = world.memory[sku, LINE]
    return run.tape.t[rows], line, level
