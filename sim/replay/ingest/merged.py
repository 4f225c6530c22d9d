"""Cells that were merged in a spreadsheet: an order's further lines have no number and no time of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.replay.ingest.values import BIT, EMPTY

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.replay.ingest.row_validator import RowValidator

OF_ORDER = ("order_id", "time", "paid_time", "closed_time", "status")
"""Fields that belong to a whole order."""


def fill_down(validator: RowValidator) -> None:
    """Give lines without number and time those of the order above them."""
    import pyarrow as pa

    if not all(validator.has(f) for f in ("order_id", "time", "sku")) or not validator.n:
        return
    below = _empty(validator.cells["order_id"]) & _empty(validator.cells["time"]) & ~_empty(validator.cells["sku"])
    rows, above = np.arange(validator.n), validator.state.above
    source = np.maximum.accumulate(np.where(below, -1, rows))
    fields = [f for f in OF_ORDER if validator.has(f)]
    if below.any():
        filled = below & ((source >= 0) | bool(above))
        for field in fields:
            column = validator.cells[field]
            upper = column.take(pa.array(np.maximum(source, 0)))
            if below[0] and above:
                upper = pa.array(np.where(source >= 0, upper.to_numpy(zero_copy_only=False), above[field]), pa.string())
            validator.cells[field] = _choose(filled & _empty(column), upper, column)
        validator.repairs[filled] |= BIT["merged"]
    if source[-1] >= 0:
        validator.state.above = {f: validator.cells[f][int(source[-1])].as_py() for f in fields}


def _empty(column: pa.Array) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc

    nothing = pc.is_in(pc.utf8_trim_whitespace(column), pa.array(["", *EMPTY], pa.string()))
    return np.asarray(nothing.to_numpy(zero_copy_only=False))


def _choose(which: np.ndarray, a: pa.Array, b: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pa.array(which), a, b)
