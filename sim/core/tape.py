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
from dataclasses import dataclass, field
from sys import getrefcount
from typing import Any

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
    ``spare``: buffers that the columns of a grown tape are views of. ``spoken``: the record behind each of the drawn cues (a
    scenario's, or an improvised one); none where they were not drawn.
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
    spoken: tuple[Any, ...] = field(default=(), repr=False)

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

        Columns grow in buffers with room to spare, as a list does; a grown tape is appended to once, by the run that grew it.
        """
        n, more = len(self), len(rows["t"])
        spare, columns = self.spare, self._room(n + more)
        if spare is None or columns is None:
            spare = {name: np.empty(2 * (n + more), dtype) for name, dtype in COLUMNS.items()}
            for name, buffer in spare.items():
                buffer[:n] = getattr(self, name)
            columns = {name: buffer[: n + more] for name, buffer in spare.items()}
        for name, column in columns.items():
            column[n:] = rows[name]
        # As bytes: NumPy copies records field by field, in ten times as long.
        cues = np.frombuffer(bytearray().join([self.cues.tobytes(), cue.tobytes()]), CUE_DTYPE)
        grown = object.__new__(Tape)  # a copy, whose fields cannot be set one by one
        vars(grown).update(vars(self), **columns, cues=cues, spare=spare)
        return grown

    def _room(self, until: int) -> dict[str, np.ndarray] | None:
        """The columns longer, in place; None where there is no room, or another run's rows may still be there.

        Behind the rows of a drawn tape those of one run at a time are laid. Whoever still looks at them (a run that is being
        scored) holds the buffers: views count before rows are written, so of two who come at once neither writes.
        """
        spare = self.spare
        if spare is None or len(spare["t"]) < until or any(getattr(self, k).base is not v for k, v in spare.items()):
            return None
        columns = {name: buffer[:until] for name, buffer in spare.items()}
        return None if len(self) == self.drawn and _held(spare) > ALONE else columns


def _held(buffers: dict[str, np.ndarray]) -> int:
    """How often the buffer that is held most is held."""
    return max(getrefcount(buffer) for buffer in buffers.values())


_buffers = {"t": np.empty(1)}
_views = [_buffers["t"][:1] for _ in ("the tape's column", "a longer one")]
ALONE = _held(_buffers)
"""How often a buffer is held that no run looks at. Counted, not written down: what counting adds differs between Pythons."""


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
