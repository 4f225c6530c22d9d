"""Rows of a table that are no rows of the show: totals under it, and rows with characters that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.replay.ingest.encodings import DAMAGE

if TYPE_CHECKING:
    import pyarrow as pa

NAMING = ("sku", "order_id", "sub_id", "time", "start_time", "name")
"""Fields in which a total row says what it is."""
_TOTAL = r"(?i)^[\s\"']*(合计|总计|小计|共计|汇总|总和|合計|總計|小計|総計|grand totals?|sub-?totals?|totals?|sum|gesamt|summe)"
_ALONE = _TOTAL + r"[\s:：]*$"
_BEGINS = _TOTAL + r"[\s:：\d,.¥￥元件单笔行条]*$"


def totals(cells: dict[str, pa.Array], first: pa.Array | None, stock: bool) -> np.ndarray:
    """Which rows are sums of others: they say so, and have no time of their own (``stock``: declared stock has none at all).

    >>> import pyarrow as pa
    >>> column = pa.array(["mask", "合计", "Total:"])
    >>> totals({"sku": column}, column, True).tolist()
    [False, True, True]
    """
    import pyarrow.compute as pc

    def matches(column: pa.Array, pattern: str) -> np.ndarray:
        hits: np.ndarray = pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False)
        return hits

    def blank(field: str) -> np.ndarray:
        bare: np.ndarray = pc.equal(pc.utf8_trim_whitespace(cells[field]), "").to_numpy(zero_copy_only=False)
        return bare

    size = len(next(iter(cells.values()))) if cells else 0
    key = "sku" if stock else next((f for f in ("time", "start_time") if f in cells), "")
    if not size or key not in cells:
        return np.zeros(size, bool)
    if stock:
        alone = matches(cells["sku"], _ALONE)
        return alone if first is None else alone | (blank("sku") & matches(first, _BEGINS))
    timeless = blank(key) | matches(cells[key], _BEGINS)
    if not timeless.any():
        return np.zeros(size, bool)
    alone = np.zeros(size, bool)
    for column in [first, *(cells[f] for f in NAMING if f in cells)]:
        if column is not None:
            alone |= matches(column, _BEGINS)
    return alone & timeless


def damaged(column: pa.Array) -> np.ndarray:
    """Which cells hold a character that could not be read."""
    import pyarrow.compute as pc

    hits: np.ndarray = pc.match_substring(column, DAMAGE).to_numpy(zero_copy_only=False)
    return hits
