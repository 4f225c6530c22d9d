"""What a calibration sees of one show, whatever it came from: a simulated run, an export, or counts a minute.

Times are seconds since the first moment of the record. Nothing here is estimated; a thing the source does not say is None or
empty, and what rests on it is then not fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from scenarios.contract import CUE_KINDS, Scenario
from sim.core import tape as T
from sim.core.run import Run
from sim.core.tape import Tape
from sim.core.units import US

MARK_DTYPE = np.dtype([("at_s", "f8"), ("sku", "i4"), ("kind", "i4"), ("length_s", "f8")])
"""One cue as the sheet has it: time [s], SKU (index), kind (index into CUE_KINDS), how long the host stays with it at most [s]
(inf: not known, the kind's own)."""
WINDOW_DTYPE = np.dtype([("sku", "i4"), ("from_s", "f8"), ("to_s", "f8")])
"""One stretch in which a SKU (-1: any) could not be bought or was not recorded."""


class CalibrationError(ValueError):
    """A record that cannot be calibrated on; the message is one sentence saying what is missing."""


@dataclass(frozen=True, eq=False)
class Events:
    """Rows of one kind. ``t`` [s], ``sku`` (index), ``n`` (how many the row stands for: 1, or a bin's count), ``units``."""

    t: np.ndarray
    sku: np.ndarray
    n: np.ndarray
    units: np.ndarray

    def __len__(self) -> int:
        return len(self.t)

    def total(self) -> int:
        """How many there are."""
        return int(self.n.sum())


@dataclass(frozen=True, eq=False)
class Delays:
    """Times from one thing to the next. ``after_s``: the delay [s], NaN where the second never came; ``watched_s``: how long
    one could have seen it come [s]; ``width_s``: resolution of the times [s], 0 = exact."""

    after_s: np.ndarray
    watched_s: np.ndarray
    width_s: float = 0.0

    def __len__(self) -> int:
        return len(self.after_s)


@dataclass(frozen=True, eq=False)
class Observed:
    """One recorded show.

    ``bin_s``: width of the source's bins [s], 0 = single events. ``start_unix_s``: first moment as Unix time, NaN if unknown.
    ``first``: which orders were placed without a cart before, bool per order; None where carts and orders are not linked.
    ``converting``: cart to order, ``paying``: order to payment; None if unknown. ``viewers``: times [s] and people, or None.
    ``views``: product views in all, or -1. ``shut``: stretches to leave out (WINDOW_DTYPE). ``stock``: units at the start by
    SKU, -1 unknown. ``tiers``: of the SKUs, "" unknown.
    """

    name: str
    span_s: float
    skus: tuple[str, ...]
    orders: Events
    carts: Events
    cues: np.ndarray
    bin_s: float = 0.0
    start_unix_s: float = float("nan")
    first: np.ndarray | None = None
    converting: Delays | None = None
    paying: Delays | None = None
    viewers: tuple[np.ndarray, np.ndarray] | None = None
    views: int = -1
    shut: np.ndarray = field(default_factory=lambda: np.zeros(0, WINDOW_DTYPE))
    stock: tuple[int, ...] = ()
    tiers: tuple[str, ...] = ()


def events(t: np.ndarray, sku: np.ndarray, n: np.ndarray | None = None, units: np.ndarray | None = None) -> Events:
    """Rows in time order; a row stands for one event of one unit unless told otherwise."""
    order = np.argsort(t, kind="stable")
    n = np.ones(len(t), np.int64) if n is None else np.asarray(n)
    units = n if units is None else np.asarray(units)
    return Events(np.asarray(t, float)[order], np.asarray(sku, np.int64)[order], n[order], units[order])


def from_tape(scenario: Scenario, tape: Tape, outcome: np.ndarray | None = None) -> Observed:
    """What a full log of a simulated show would say. Without ``outcome`` every first attempt is taken as accepted."""
    t, kind = tape.t / US, tape.kind
    tried = kind == T.ORDER
    if outcome is not None:
        tried |= (kind == T.RETRY) | (kind == T.COPY)
        tried &= outcome >= T.ACCEPTED
    rows, carts = np.flatnonzero(tried), np.flatnonzero((kind == T.CART) & (outcome is None or outcome == T.CARTED))
    by_cart = (tape.cause[rows] >= 0) & (kind[tape.cause[rows]] == T.CART)
    span = max(scenario.duration_s, 1.0)
    asked, came = t[rows] < span, carts[t[carts] < span]
    rows, by_cart, whole = rows[asked], by_cart[asked], rows
    end = scenario.duration_s + scenario.tail_s
    return Observed(
        scenario.name,
        span,
        tuple(s.id for s in scenario.skus),
        events(t[rows], tape.sku[rows], units=tape.qty[rows]),
        events(t[came], tape.sku[came], units=tape.qty[came]),
        _spoken(tape, planned=False),
        first=~by_cart,
        converting=_converting(t, tape, whole, came, end),
        paying=_paying(t, tape, rows, end, outcome),
        viewers=None if tape.room is None else (tape.room[0], tape.room[1]),
        stock=tuple(s.stock for s in scenario.skus),
    )


def _spoken(tape: Tape, planned: bool) -> np.ndarray:
    cues = tape.cues[tape.cues["planned"] >= 0] if planned else tape.cues
    rows = np.zeros(len(cues), MARK_DTYPE)
    rows["at_s"], rows["sku"], rows["kind"] = cues["planned" if planned else "start"] / US, cues["sku"], cues["kind"]
    rows["length_s"] = np.inf
    return rows


def _converting(t: np.ndarray, tape: Tape, orders: np.ndarray, carts: np.ndarray, end: float) -> Delays:
    after = np.full(len(tape), np.nan)
    linked = orders[tape.cause[orders] >= 0]
    after[tape.cause[linked]] = t[linked] - t[tape.cause[linked]]
    return Delays(after[carts], end - t[carts])


def _paying(t: np.ndarray, tape: Tape, orders: np.ndarray, end: float, outcome: np.ndarray | None) -> Delays:
    happened = np.ones(len(tape), bool) if outcome is None else outcome == T.DONE
    after, until = np.full(len(tape), np.nan), np.full(len(tape), end)
    closed = np.flatnonzero((tape.kind == T.EXPIRE) & happened)
    until[tape.cause[closed]] = t[closed]
    paid = np.flatnonzero((tape.kind == T.PAY) & happened)
    after[tape.cause[paid]] = t[paid] - t[tape.cause[paid]]
    return Delays(after[orders], until[orders] - t[orders])


def from_run(run: Run) -> Observed:
    """What a full log of a run would say; sold-out and frozen stretches are shut."""
    from sim.core.history import paths

    seen = from_tape(run.scenario, run.tape, run.outcome)
    least, shut = fewest(seen.orders, len(seen.skus)), []
    cut = np.minimum(run.cue_cut, run.tape.cues["end"])
    # A host who moves on ends a response: nobody acts on that cue any more.
    length = np.where(cut < run.tape.cues["end"], (cut - run.tape.cues["start"]) / US, np.inf)
    seen.cues["length_s"] = np.maximum(length, 0.0)
    for k in range(len(seen.skus)):
        path = paths(run, k)
        out = (path["record"] < least[k]) | (path["closed"] > 0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], out, [False]]).astype(int)))
        for a, b in edges.reshape(-1, 2).tolist():
            until = path["t"][b] / US if b < len(out) else seen.span_s
            shut.append((k, path["t"][a] / US, until))
    table = np.array(shut, WINDOW_DTYPE)
    converting = while_open(seen.converting, seen.carts.t, seen.carts.sku, table) if seen.converting is not None else None
    return replace(seen, shut=table, converting=converting)


def fewest(orders: Events, skus: int, rank: float = 0.99) -> list[int]:
    """Units of each SKU below which its demand is not taken as seen: what all but one order in a hundred ask for, and two at
    least. With less than that left large orders are refused, which no record tells, and single units that come back are bought
    by those who wait for them. The first moment below it is a stopping time, so a likelihood cut there stays one."""
    counts = []
    for k in range(skus):
        own = orders.units[(orders.sku == k) & (orders.units > 0)]
        counts.append(max(2, math.ceil(float(np.quantile(own, rank)))) if len(own) else 2)
    return counts


def while_open(delays: Delays, t: np.ndarray, sku: np.ndarray, shut: np.ndarray) -> Delays:
    """Delays watched only until their SKU could no longer be bought: a cart that met a sell-out says nothing of what would
    have followed. ``t`` [s], ``sku``: when and where each began."""
    until = t + delays.watched_s
    for row in shut:
        own = (sku == row["sku"]) | (row["sku"] < 0)
        until = np.where(own & (t < row["to_s"]), np.minimum(until, np.maximum(row["from_s"], t)), until)
    watched = until - t
    return Delays(np.where(delays.after_s <= watched, delays.after_s, np.nan), watched, delays.width_s)


def as_planned(seen: Observed, tape: Tape) -> Observed:
    """The same show with the cue sheet that was written beforehand instead of the times at which cues really came."""
    return replace(seen, cues=_spoken(tape, planned=True))


def kind_name(kind: int) -> str:
    """A cue kind's name.

    >>> kind_name(2)
    'deal'
    """
    return CUE_KINDS[kind]
