"""Units per order: the share of one-unit orders and the tail behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.calibrate.delays import Estimate
from sim.calibrate.observed import Observed
from sim.stats.paired import wilson

FEWEST = 50


class Amounts(NamedTuple):
    """``single``: share of one-unit orders. ``stop``: chance that an order of k > 1 units has no further one (the generator's
    geometric tail has 1/2); None with fewer than 20 such orders. ``most``: largest order. ``orders``: how many."""

    single: Estimate
    stop: Estimate | None
    most: int
    orders: int


def fit_amounts(shows: Sequence[Observed]) -> Amounts | None:
    """Quantities of single orders; None where the record has only counts or fewer than 50 orders.

    Orders at the largest size seen may have been held there by a purchase limit 限购, so they count as "that many or more".

    >>> from sim.calibrate.observed import MARK_DTYPE, events
    >>> import numpy as np
    >>> qty = np.array([1] * 80 + [2] * 10 + [3] * 6 + [4] * 4)
    >>> rows = events(np.arange(100.0), np.zeros(100, int), units=qty)
    >>> show = Observed("x", 100.0, ("a",), rows, events(np.zeros(0), np.zeros(0)), np.zeros(0, MARK_DTYPE))
    >>> made = fit_amounts([show])
    >>> made.single.value, round(made.stop.value, 3)
    (0.8, 0.533)
    """
    parts = [s.orders.units[s.orders.n == 1] for s in shows if s.bin_s == 0]
    units = np.concatenate(parts) if parts else np.zeros(0)
    units = units[units >= 1]
    if len(units) < FEWEST or not (units == np.round(units)).all():
        return None
    ones, most = int((units == 1).sum()), int(units.max())
    single = Estimate(ones / len(units), *wilson(ones, len(units)))
    tail = units[units > 1]
    stop = None
    if len(tail) >= 20 and most > 2:
        ended = int((tail < most).sum())
        tries = int((tail[tail < most] - 1).sum() + (most - 2) * (tail == most).sum())
        stop = Estimate(ended / tries, *wilson(ended, tries))
    return Amounts(single, stop, most, len(units))
