"""The tape: everything that may happen in one show, in time order, before anybody decides anything.

One row = one thing whose *time* is known before the run. Whether it comes to pass (its ``outcome``) is decided
during the run: a payment needs its order to have been accepted, a follower needs the order that
inspired him. Generator and history both write this table; every engine reads it. Nothing is drawn later.

Columns (equal length, one dtype each):

======== ====== =================================================================================
t        int64  happens at [us since show start]; even, strictly increasing
kind     int8   one of the kinds below
sku      int16  index of the SKU (-1: all)
channel  int8   index of the sales channel (-1: none)
qty      int32  units; for readings, bits of the sources they carry (0: all)
cue      int16  index into ``cues`` of the cue that caused it (-1: none)
cause    int32  row it depends on (-1: none)
who      int32  the shopper's number; the number of a reading taken; for an arrival that of its reading or, where
                sources come apart, its own; else 0
mark     float64 a uniform number in [0, 1) that belongs to the row
bundle   int16  0, or of a bundle's rows 16 x (1 + its number) + place of the part; rows of one order stand together
======== ====== =================================================================================
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

SCHEMA = 1
"""Version of the tape's columns and codes."""

# Kinds of row. An attempt is ORDER or RETRY; COPY is a duplicate the shop made of an order (leak L10).
# TAKE is an order of a recording: it happened, so nothing can refuse it.
CART, ORDER, RETRY, COPY, PAY, EXPIRE, CANCEL = range(7)
SUPPLY, RELEASE, SYNC, EDIT_ADD, EDIT_SET, TAKE, SAMPLE, DELIVER = range(7, 15)

# Outcomes of a row. IDLE: it did not come to pass.
IDLE, CARTED, DONE = 0, 1, 2
STOCKOUT, FROZEN, BUFFER, HELD_UNPAID, DISPLAY, PHANTOM, EXPOSURE = range(11, 18)
ACCEPTED, PAID, EXPIRED, REFUNDED, CANCELLED = range(20, 25)
REFUSALS = {
    STOCKOUT: "true_stockout",
    FROZEN: "frozen_alert",
    BUFFER: "buffer_quota",
    HELD_UNPAID: "held_unpaid",
    DISPLAY: "stale_display_zero",
    PHANTOM: "phantom",
    EXPOSURE: "exposure_cut",
}
"""Why an attempt failed: code to cause (domain 6.1; ``no_restock`` is known only after the show)."""

COLUMNS = {"t": np.int64, "kind": np.int8, "sku": np.int16, "channel": np.int8, "qty": np.int32,
           "cue": np.int16, "cause": np.int32, "who": np.int32, "mark": np.float64, "bundle": np.int16}  # fmt: skip

CUE_DTYPE = np.dtype([("start", "i8"), ("end", "i8"), ("planned", "i8"), ("sku", "i4"), ("kind", "i4"),
                      ("peak", "f8"), ("tau", "f8"), ("shape", "i4")])  # fmt: skip
"""One cue as it really came: start and end [us], planned time [us] (-1: improvised), item (a SKU, or behind them a bundle), kind,
peak multiple, time scale [s], shape of its kernel (contract.KERNEL_SHAPES)."""


@dataclass(frozen=True)
class Tape:
    """Rows of one show plus what belongs to all of them.

    ``cues``: cues as they came (CUE_DTYPE), in order of start. ``viewers``: people in the room at each reading.
    ``record_error``: units the record claims beyond what exists, per SKU (leak L7). ``phase``: a uniform number per
    observer, the phase of its polling. ``key``: (seed, replicate) for draws that only a run can ask for. ``room``: viewers on
    a grid of times [s], for cues improvised later. ``heat``: what multiplies their demand on that grid [1 or SKU, time], mean 1
    over shows (``sim/demand/mood.py``). ``drawn``: rows laid before the show; later ones were improvised.
    ``late``: how much later each row falls than it was drawn, since no two share a moment [us]; None: not known.
    ``spare``: buffers that the columns of a grown tape are views of.
    """

    t: np.ndarray
    kind: np.ndarray
    sku: np.ndarray
    channel: np.ndarray
    qty: np.ndarray
    cue: np.ndarray
    cause: np.ndarray
    who: np.ndarray
    mark: np.ndarray
    bundle: np.ndarray
    cues: np.ndarray
    viewers: np.ndarray
    record_error: np.ndarray
    phase: np.ndarray
    key: tuple[int, int] = (0, 0)
    room: tuple[np.ndarray, np.ndarray] | None = None
    heat: np.ndarray | None = None
    drawn: int = -1
    late: np.ndarray | None = field(default=None, repr=False)
    spare: dict[str, np.ndarray] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.drawn < 0:
            object.__setattr__(self, "drawn", len(self.t))

    def __len__(self) -> int:
        return len(self.t)

    def columns(self) -> dict[str, np.ndarray]:
        """The row columns by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    def digest(self) -> str:
        """SHA-256 over the schema and every row: equal digests, equal demand (common random numbers)."""
        h = hashlib.sha256(f"tape {SCHEMA}".encode())
        for name in COLUMNS:
            if name != "bundle" or self.bundle.any():
                h.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return h.hexdigest()

    def append(self, rows: dict[str, np.ndarray], cue: np.ndarray) -> Tape:
        """A tape with further rows at its end (causes already absolute), made for one improvised cue.

        Columns grow in buffers with room to spare, as a list does; a tape is appended to once, by the run that grew it.
        """
        n, more = len(self), len(rows["t"])
        spare = self.spare
        if spare is None or len(spare["t"]) < n + more:
            spare = {name: np.empty(2 * (n + more), dtype) for name, dtype in COLUMNS.items()}
            for name, buffer in spare.items():
                buffer[:n] = getattr(self, name)
        for name, buffer in spare.items():
            buffer[n : n + more] = rows[name]
        grown = copy(self)
        changed: dict[str, Any] = {name: buffer[: n + more] for name, buffer in spare.items()}
        for name, value in (changed | {"cues": np.concatenate([self.cues, cue]), "spare": spare}).items():
            object.__setattr__(grown, name, value)
        return grown


def sources_apart(tape: Tape) -> np.ndarray:
    """Of every arrival the rows of the newest readings of each source, int64 [arrival, 4] (scenarios.staffing.SOURCES), -1 where
    none has come yet; no rows where all sources come together."""
    come = np.flatnonzero(tape.kind == DELIVER)
    if not tape.qty[come].any():
        return np.zeros((0, 4), np.int64)
    number = tape.who[come]
    come = come[np.diff(np.maximum.accumulate(number), prepend=-1) > 0]
    table = np.empty((len(come), 4), np.int64)
    for k in range(4):
        newest = np.maximum.accumulate(np.where(tape.qty[come] >> k & 1, np.arange(len(come)), -1))
        table[:, k] = np.where(newest >= 0, tape.cause[come[newest]], -1)
    return table


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


def free_times(t: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Like :func:`distinct_times`, for rows added during the show: they fall between the tape's slots, on times that
    the rows added ``earlier`` (ascending) have left free.

    Counting free slots only, the problem is again one of distinct numbers: number the free slots, make the wanted
    numbers rise, translate back.

    >>> free_times(np.array([1, 1, 9]), np.array([2, 10])).tolist()
    [6, 14, 18]
    """
    taken = (earlier - LANE_US) // SLOT_US
    wanted = -(-(t - LANE_US) // SLOT_US)
    free = _rising(wanted - np.searchsorted(taken, wanted))
    return (free + np.searchsorted(taken - np.arange(len(taken)), free, "right")) * SLOT_US + LANE_US


def _rising(slot: np.ndarray) -> np.ndarray:
    step = np.arange(len(slot), dtype=np.int64)
    return np.maximum.accumulate(slot - step) + step


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
        return Block(*(rows[name] for name in own), np.arange(len(rows["t"]), dtype=np.int32), shared)

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


def raw_order(blocks: Sequence[Block | dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The same before ties are settled: times are as they were drawn."""
    laid = [b if isinstance(b, Block) else Block.whole(b) for b in blocks]
    ends = np.cumsum([0] + [len(b.t) for b in laid])
    first = ends.tolist()
    attempts = np.cumsum([0] + [len(b.shared["who"]) for b in laid]).tolist()
    t = np.concatenate([b.t for b in laid])
    order = _ranked(t)
    # One place more than there are rows: cause -1 is the last.
    place = np.empty(len(order) + 1, np.int32)
    place[order], place[-1] = np.arange(len(order), dtype=np.int32), -1
    of = np.concatenate([b.of + np.int32(k) for b, k in zip(laid, attempts, strict=False)]).take(order)
    rows = {"t": t.take(order), "kind": np.concatenate([b.kind for b in laid]).take(order)}
    cause = np.concatenate([np.where(b.cause >= 0, b.cause + np.int32(k), -1) for b, k in zip(laid, first, strict=False)])
    rows["cause"] = place.take(cause.take(order))
    for name in COLUMNS:
        if name not in rows:
            rows[name] = np.concatenate([b.shared[name] for b in laid]).take(of)
    for b, k in zip(laid, first, strict=False):
        if b.marks is not None:
            rows["mark"][place[k + b.first : k + b.first + len(b.marks)]] = b.marks
    return {name: rows[name] for name in COLUMNS}


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
