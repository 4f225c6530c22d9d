"""Closings of unpaid orders among a recording's returns: they come at one age of their orders, refunds at any."""

from __future__ import annotations

import numpy as np

from sim.core.tape import CART, EDIT_ADD, TAKE
from sim.core.units import US
from sim.replay.stream import Stream

PILE, PILE_LEAST = 0.5, 5
"""Closings are in a recording where this share of its returns, and at least so many, come at one age of their orders."""
SWEEP_S = 300.0
"""Ages this close are one: shops close in sweeps [show s]."""


def closing_age(stream: Stream, link: np.ndarray) -> tuple[int, int] | None:
    """From what age of their orders until what age closings come [us]; None where the recording has none. ``link``: the order
    each row gives back, -1 none."""
    back = np.flatnonzero((stream.what == EDIT_ADD) & (link >= 0))
    ages = np.sort(stream.t[back] - stream.t[link[back]])
    if not len(ages):
        return None
    inside = np.searchsorted(ages, ages + int(SWEEP_S * US), "right") - np.arange(len(ages))
    at = int(inside.argmax())
    if inside[at] < max(PILE_LEAST, PILE * len(ages)):
        return None
    return int(ages[at]), int(ages[at + inside[at] - 1])


def when_paid(stream: Stream) -> np.ndarray | None:
    """When each row's order was paid [us], -1 never: as recorded; where only closings are, at once but for those that were
    closed. None where the recording has neither, or where the shop took no more orders than units, paid for or not."""
    if not oversubscribed(stream):
        return None
    if stream.paid is not None or stream.order is None or stream.kind == "levels":
        return stream.paid
    ages = closing_age(stream, stream.order)
    if ages is None:
        return None
    back = np.flatnonzero((stream.what == EDIT_ADD) & (stream.order >= 0))
    closed = stream.order[back][stream.t[back] - stream.t[stream.order[back]] <= ages[1]]
    paid = np.where(stream.what == TAKE, stream.t, -1)
    paid[closed] = -1
    return paid


def oversubscribed(stream: Stream) -> bool:
    """Whether some item ever had more orders open or kept than units: as where stock leaves on payment and runs out."""
    for k, sku in enumerate(stream.skus):
        rows = np.flatnonzero((stream.sku == k) & (stream.what != CART))
        moved = np.where(stream.what[rows] == TAKE, -stream.qty[rows], stream.qty[rows]).astype(np.int64)
        if len(rows) and sku.stock + np.cumsum(moved).min() < 0:
            return True
    return False
