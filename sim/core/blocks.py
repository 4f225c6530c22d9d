"""Rows on their way into a tape: blocks of one origin each, joined and put in order, and the settling of ties."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from sim.core.tape import COLUMNS


def blank(n: int) -> dict[str, np.ndarray]:
    """Columns for ``n`` rows with the values that mean "none"."""
    rows = {name: np.zeros(n, dtype) for name, dtype in COLUMNS.items()}
    for name in ("sku", "channel", "cue", "cause"):
        rows[name].fill(-1)
    return rows


SLOT_US, LANE_US = 4, 2


def distinct_times(t: np.ndarray) -> np.ndarray:
    """Strictly increasing multiples of SLOT_US nearest after the sorted times ``t`` [us]: ties are settled here, once.

    >>> distinct_times(np.array([0, 3, 3, 10])).tolist()
    [0, 4, 8, 12]
    """
    return _rising(-(-t // SLOT_US)) * SLOT_US


def how_late(t: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """How much later times are than they were ``drawn``, in the smallest numbers that hold it."""
    late = t - drawn
    most = int(late.max(initial=0))
    return late.astype(np.min_scalar_type(most) if most < 2**32 else np.int64)


def slip_in(wanted, t, cause, who, waiting, first, order):
    """Give rows that are added during the show times and numbers of their own, and put them in order with those ``waiting``.

    They fall between the tape's slots, each on the first time from ``wanted`` on (ascending) that is behind the one before it
    and that no waiting row has. t, cause, who: the tape's columns; of rows ``first``, ``first + 1``, ... the times are written,
    and causes and shoppers, which count within them, made the tape's. waiting: rows added before, in order of time. order: gets
    the numbers of both, in order of time. Plain scalar code, which compiles.

    >>> t, cause, who = np.array([2, 10, 0, 0, 0]), np.array([-1, 0, -1, -1, 1]), np.array([0, 0, 0, 1, 1])
    >>> order = np.empty(5, np.int64)
    >>> slip_in(np.array([1, 1, 9]), t, cause, who, np.array([0, 1]), 2, order)
    5
    >>> t.tolist(), order.tolist()
    ([2, 10, 6, 14, 18], [0, 2, 1, 3, 4])
    >>> cause.tolist(), who.tolist()
    ([-1, 0, -1, -1, 3], [0, 0, 2, 3, 3])
    """
    k, earlier, last = 0, waiting.shape[0], -1
    for i in range(wanted.shape[0]):
        slot = max(-((LANE_US - wanted[i]) // SLOT_US), last + 1)
        while k < earlier:
            taken = (t[waiting[k]] - LANE_US) // SLOT_US
            if taken > slot:
                break
            if taken == slot:
                slot += 1
            order[k + i] = waiting[k]
            k += 1
        order[k + i] = first + i
        t[first + i] = slot * SLOT_US + LANE_US
        if cause[first + i] >= 0:
            cause[first + i] += first
        who[first + i] += first
        last = slot
    while k < earlier:
        order[k + wanted.shape[0]] = waiting[k]
        k += 1
    return order.shape[0]


def _rising(slot: np.ndarray) -> np.ndarray:
    step = np.arange(len(slot), dtype=np.int64)
    return np.maximum.accumulate(slot - step) + step


SPARE = 3
"""A drawn tape has room for another ``1 / 2**SPARE`` of its rows: what a host improvises is mostly less, and memory that
nobody writes to costs nothing."""


class Block(NamedTuple):
    """Rows of one origin as they are laid: what each has of its own, and what all rows of one attempt share.

    t, kind, cause (row of the block, -1: none): one entry a row, dtypes as in COLUMNS. of: int32 [row], the attempt it belongs
    to. shared: the other columns, one entry an attempt. marks: a mark of their own for rows ``first``, ``first + 1``, ...
    """

    t: np.ndarray
    kind: np.ndarray
    cause: np.ndarray
    of: np.ndarray
    shared: dict[str, np.ndarray]
    first: int = 0
    marks: np.ndarray | None = None

    @staticmethod
    def whole(rows: dict[str, np.ndarray]) -> Block:
        """A block of rows that share nothing."""
        own = ("t", "kind", "cause")
        shared = {name: column for name, column in rows.items() if name not in own}
        t, kind, cause = (rows[name] for name in own)
        return Block(t, kind, cause, np.arange(len(t), dtype=np.int32), shared)

    def rows(self) -> dict[str, np.ndarray]:
        """All columns, one entry a row."""
        shared = {name: column.take(self.of) for name, column in self.shared.items()}
        if self.marks is not None:
            shared["mark"][self.first : self.first + len(self.marks)] = self.marks
        return {"t": self.t, "kind": self.kind, "cause": self.cause} | shared


def in_order(blocks: Sequence[Block | dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Join blocks of rows and put them in time order; rows of equal time keep the order of the blocks.

    A row's ``cause`` counts within its own block on entry and within the result on return.
    """
    rows = raw_order(blocks)
    rows["t"] = distinct_times(rows["t"])
    return rows


def raw_order(
    blocks: Sequence[Block | dict[str, np.ndarray]], spare: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """The same before ties are settled: times are as they were drawn. spare: given empty, it gets buffers with room to spare that
    the columns are views of."""
    laid = [b if isinstance(b, Block) else Block.whole(b) for b in blocks]
    first = list(accumulate((len(b.t) for b in laid), initial=0))
    attempts = list(accumulate((len(b.shared["who"]) for b in laid), initial=0))
    t = _end_to_end([b.t for b in laid])
    order = _ranked(t)
    # One place more than there are rows: cause -1 is the last.
    place = np.empty(len(order) + 1, np.int32)
    place[order], place[-1] = np.arange(len(order), dtype=np.int32), -1
    of = _end_to_end([b.of + np.int32(k) if k else b.of for b, k in zip(laid, attempts, strict=False)]).take(order)
    cause = _end_to_end([
        np.where(b.cause >= 0, b.cause + np.int32(k), -1) if k else b.cause for b, k in zip(laid, first, strict=False)
    ])  # fmt: skip
    own = {"t": (t, order), "kind": (_end_to_end([b.kind for b in laid]), order), "cause": (place, cause.take(order))}
    rows = {}
    for name in COLUMNS:
        column, which = own[name] if name in own else (_end_to_end([b.shared[name] for b in laid]), of)
        rows[name] = column.take(which) if spare is None else with_room(column, which, name, spare)
    for b, k in zip(laid, first, strict=False):
        if b.marks is not None:
            rows["mark"][place[k + b.first : k + b.first + len(b.marks)]] = b.marks
    return rows


def _end_to_end(columns: list[np.ndarray]) -> np.ndarray:
    """Columns, one behind the other; a single one as it is."""
    return columns[0] if len(columns) == 1 else np.concatenate(columns)


def with_room(column: np.ndarray, which: np.ndarray, name: str, spare: dict[str, np.ndarray]) -> np.ndarray:
    """``column[which]`` as a view of a longer buffer, which ``spare`` gets."""
    n = len(which)
    spare[name] = np.empty(n + (n >> SPARE), column.dtype)
    return column.take(which, out=spare[name][:n], mode="wrap")


NEAR_BITS = 16
"""Bits by which times are put into their rough order first: such numbers are sorted by counting."""


def _ranked(t: np.ndarray) -> np.ndarray:
    """The stable order of times. Where a time and a place fit into one whole number those are sorted, once they are roughly in
    order: in half the time of sorting places by their times, or less."""
    n = len(t)
    bits = n.bit_length()
    if not n or int(t.min()) < 0 or int(t.max()).bit_length() + bits > 62:
        return np.argsort(t, kind="stable")
    rough = np.argsort((t >> max(0, int(t.max()).bit_length() - NEAR_BITS)).astype(np.uint16), kind="stable")
    near = (t.take(rough) << bits) | rough
    near.sort(kind="stable")
    return near & ((1 << bits) - 1)
