"""What a calibration sees of one show, whatever it came from: a simulated run, an export, or counts a minute.

Times are seconds since the first moment of the record. Nothing here is estimated; a thing the source does not say is None or
empty, and what rests on it is then not fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from scenarios.contract import CUE_KINDS
from sim.words import _

MARK_DTYPE = np.dtype([("at_s", "f8"), ("sku", "i4"), ("kind", "i4"), ("length_s", "f8")])
"""One cue as the sheet has it: time [s], SKU (index), kind (index into CUE_KINDS), how long the host stays with it at most [s]
(inf: not known, the kind's own)."""
WINDOW_DTYPE = np.dtype([("sku", "i4"), ("from_s", "f8"), ("to_s", "f8")])
"""One stretch in which a SKU (-1: any) could not be bought or was not recorded."""


class CalibrationError(ValueError):
    """A record that cannot be calibrated on; the message is one sentence saying what is missing."""


LONGEST_S = 900_000.0
"""Longest show that a scenario can be made of."""


@dataclass(frozen=True, eq=False)
class ObservedRows:
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
    ``start_hour``: the hour of the day at that moment on the recording's own clock, NaN if it has none.
    ``first``: which orders were placed without a cart before, bool per order; None where carts and orders are not linked.
    ``converting``: cart to order, ``paying``: order to payment; None if unknown. ``viewers``: times [s] and people, or None.
    ``views``: product views in all, or -1. ``shut``: stretches to leave out (WINDOW_DTYPE). ``stock``: units at the start by
    SKU, -1 unknown. ``tiers``: of the SKUs, "" unknown.
    """

    name: str
    span_s: float
    skus: tuple[str, ...]
    orders: ObservedRows
    carts: ObservedRows
    cues: np.ndarray
    bin_s: float = 0.0
    start_unix_s: float = float("nan")
    start_hour: float = float("nan")
    first: np.ndarray | None = None
    converting: Delays | None = None
    paying: Delays | None = None
    viewers: tuple[np.ndarray, np.ndarray] | None = None
    views: int = -1
    shut: np.ndarray = field(default_factory=lambda: np.zeros(0, WINDOW_DTYPE))
    stock: tuple[int, ...] = ()
    tiers: tuple[str, ...] = ()


def events(t: np.ndarray, sku: np.ndarray, n: np.ndarray | None = None, units: np.ndarray | None = None) -> ObservedRows:
    """Rows in time order; a row stands for one event of one unit unless told otherwise."""
    order = np.argsort(t, kind="stable")
    n = np.ones(len(t), np.int64) if n is None else np.asarray(n)
    units = n if units is None else np.asarray(units)
    return ObservedRows(np.asarray(t, float)[order], np.asarray(sku, np.int64)[order], n[order], units[order])


def fewest(orders: ObservedRows, skus: int, rank: float = 0.99) -> list[int]:
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


def kind_name(kind: int) -> str:
    """A cue kind's name.

    >>> kind_name(2)
    'deal'
    """
    return CUE_KINDS[kind]


def must_be_short(show: Observed) -> None:
    """Refuse a show that no scenario can be made of."""
    if show.span_s > LONGEST_S:
        raise CalibrationError(
            _("{name} lasts {span_s:,.0f} s, longer than a show can be ({longest_s:,.0f} s); calibrate on a part of it").format(
                name=show.name, span_s=show.span_s, longest_s=LONGEST_S
            )
        )
