"""One way to change stock, and the journal of all that did.

:func:`move` alone changes a figure of the ledger. Where a run keeps a journal, every change is noted: when, of which SKU, which
figure (a column of ``World.stock``), by how much. All that was ever true of stock follows from the end of a run and its journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sim.core.tape import CANCEL, CART, COPY, EDIT_ADD, EDIT_SET, EXPIRE, ORDER, PAY, RELEASE, RETRY, SUPPLY, SYNC, TAKE, Tape
from sim.core.units import NEVER_US
from sim.core.world import JOURNAL, LAST, MOVES_ROOM, N_LOG, N_MOVED, NEXT_ADDED, World

MOST = {
    CART: 1,
    ORDER: 3,
    RETRY: 3,
    COPY: 2,
    PAY: 3,
    EXPIRE: 2,
    CANCEL: 2,
    SUPPLY: 4,
    RELEASE: 3,
    EDIT_ADD: 1,
    EDIT_SET: 1,
    TAKE: 3,
}
"""Figures that a row of a kind can change, at most; an ERP push (SYNC) changes one of every SKU. An accepted order: held or
pending, the record, ordered; a refused one: refused, shown; a payment: held or pending, the record, paid."""


NEVER = np.array([NEVER_US])


def move(w, t, sku, column, delta):
    """Change one figure of one SKU by ``delta`` at ``t``."""
    w.stock[sku, column] += delta
    if w.rules[JOURNAL] == 1 and delta != 0:
        n = w.head[N_MOVED]
        w.moved_t[n] = t
        w.moved_sku[n] = sku
        w.moved_column[n] = column
        w.moved_delta[n] = delta
        w.head[N_MOVED] = n + 1


def most_moves(kinds: np.ndarray, skus: int) -> int:
    """Moves that rows of these kinds can make, at most."""
    count = np.bincount(kinds, minlength=32).tolist()
    return sum(count[kind] * most for kind, most in MOST.items()) + count[SYNC] * skus


def with_room(w: World, moves: int) -> World:
    """The same run with room for ``moves`` more than its rows can make: those of actions, or of rows it gains."""
    if w.rules[JOURNAL] == 0:
        return w
    room = int(w.head[MOVES_ROOM]) + moves
    w.head[MOVES_ROOM], short = room, room - len(w.moved_t)
    if short <= 0:
        return w
    more = short + len(w.moved_t)
    return w._replace(**{name: _longer(getattr(w, name), more, w.head[N_MOVED]) for name in MOVED})


def with_block(
    w: World, tape: Tape, rows: dict[str, np.ndarray], cue: np.ndarray, slip_in: Callable[..., int]
) -> tuple[World, Tape]:
    """The same run over a tape that has gained a block of ``rows`` and their ``cue`` (an improvised one).

    Causes and shoppers count within the block, ``t`` is when a row would like to come [us]; slip_in:
    :func:`~sim.core.blocks.slip_in`, compiled or plain.
    """
    old = len(tape)
    tape = tape.append(rows, cue)
    grown, waiting = len(tape), w.seq[w.head[NEXT_ADDED] :]
    seq = np.empty(len(waiting) + grown - old, np.int32)
    slip_in(rows["t"], tape.t, tape.cause, tape.who, waiting, old, seq)
    tape.cue[old:] = len(tape.cues) - 1
    outcome = w.outcome
    if len(outcome) < grown:
        outcome = np.zeros(2 * grown, np.int8)
        outcome[:old] = w.outcome[:old]
    w.head[NEXT_ADDED] = 0
    log = {}
    if grown - tape.drawn > len(w.log_t) // 2 > 0:  # the log was made twice as long as the drawn rows can need
        log = {name: _longer(getattr(w, name), grown, w.head[N_LOG]) for name in LOGGED}
    cues = {"cue_end": tape.cues["end"].astype(np.int64), "cue_item": tape.cues["sku"].astype(np.int64)}
    cues |= {"cue_cut": np.concatenate([w.cue_cut, NEVER]), "cuts": np.zeros((len(tape.cues), 2), np.int64)}
    if grown > old:
        w.head[LAST] = max(int(w.head[LAST]), int(tape.t[-1]) + 1)
    w = with_room(w, max(MOST.values()) * (grown - old))  # no ERP push is among them
    return w._replace(**tape.columns(), seq=seq, outcome=outcome, **cues, **log), tape


def _longer(column: np.ndarray, more: int, used: int) -> np.ndarray:
    longer = np.empty(len(column) + more, column.dtype)
    longer[:used] = column[:used]
    return longer


class Journal(NamedTuple):
    """Every change of a figure, in order of time: ``t`` [us], ``sku``, ``column`` of the ledger, ``delta`` [units]."""

    t: np.ndarray
    sku: np.ndarray
    column: np.ndarray
    delta: np.ndarray

    def of(self, sku: int) -> Journal:
        """The journal of one SKU, as if there were no other: it is number 0 in it."""
        at = np.flatnonzero(self.sku == sku)
        return Journal(self.t[at], np.zeros(len(at), np.int16), self.column[at], self.delta[at])

    def steps(self, weights: np.ndarray, final: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Figures of every SKU as step functions: times [us] and int64 [figure, step].

        weights: int64 [column of the ledger, figure]; final: the figures at the end, int64 [SKU, figure]. A step holds
        everything that happened at its time; the first one is the opening, at 0.
        """
        counts: np.ndarray = np.any(weights, axis=1)
        rows = np.flatnonzero(counts[self.column])
        rows = rows[np.argsort(self.sku[rows], kind="stable")]
        t, sku, column, delta = (part[rows] for part in self)
        ends = np.flatnonzero(np.append((t[1:] != t[:-1]) | (sku[1:] != sku[:-1]), True)[: len(t)])
        total = np.array([np.cumsum(weights[column, k] * delta)[ends] for k in range(weights.shape[1])])
        t, bounds = t[ends], np.searchsorted(sku[ends], np.arange(len(final) + 1))
        for k, (start, end) in enumerate(pairwise(bounds.tolist())):
            after = total[:, start:end] - (total[:, start - 1 : start] if start else 0)
            opening = final[k] - (after[:, -1] if end > start else 0)
            yield np.append(0, t[start:end]), np.hstack([opening[:, None], opening[:, None] + after])


MOVED = ("moved_t", "moved_sku", "moved_column", "moved_delta")
LOGGED = ("log_t", "log_sku", "log_src", "log_delta")


def journal_of(w: World) -> Journal | None:
    """What a run's world has noted, no copy; None where it keeps no journal."""
    n = int(w.head[N_MOVED])
    if w.rules[JOURNAL] == 0:
        return None
    assert n <= w.head[MOVES_ROOM] <= len(w.moved_t)
    return Journal(*(getattr(w, name)[:n] for name in MOVED))
