"""The ledger's course over time, read off a run's journal: units free to promise, and the platform's record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.core.run import ShowRun
from sim.core.world import HELD, N_STOCK, PAID_UNITS, PHYSICAL, RECORD

FREE_AND_RECORD = np.zeros((N_STOCK, 2), np.int64)
FREE_AND_RECORD[PHYSICAL, 0] = FREE_AND_RECORD[RECORD, 1] = 1
FREE_AND_RECORD[[HELD, PAID_UNITS], 0] = -1
"""Units free to promise are the physical ones less those held and paid; the record is what it is."""


def courses(run: ShowRun) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of every SKU in turn: times [us], free units and record after everything that happened then; the opening first, at 0."""
    assert run.journal is not None
    for t, (free, record) in run.journal.steps(FREE_AND_RECORD, run.stock @ FREE_AND_RECORD):
        yield t, free, record
