"""Rows of a bundle: laid one after another, they are decided together with the first of them."""

from __future__ import annotations

import numpy as np

from scenarios.bundles import parts_of
from scenarios.contract import Scenario
from sim.core.world import PART


def follows(w, i):
    """Whether row ``i`` is a further part of a bundle: what becomes of it was decided with the first part."""
    return w.bundle[i] & PART > 0


def rows_of(w, i):
    """Rows of what is ordered with row ``i``: one for each part of a bundle, from ``i`` on; else 1."""
    n = 1
    if w.bundle[i] > 0:
        while i + n < w.bundle.shape[0] and w.bundle[i + n] == w.bundle[i] + n:
            n += 1
    return n


def decided(w, i, n, outcome):
    """Give ``n`` rows from ``i`` on one outcome: a bundle's parts share their fate."""
    for k in range(i, i + n):
        w.outcome[k] = outcome


def spread_out(scenario: Scenario, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rows whose ``sku`` counts items (SKUs, then bundles) as rows of SKUs: one for each part of a bundle, next to one another.

    Every row of an order (payment, closing, retry ...) is spread out, and a part's row hangs on that of the same part; where a
    shopper turns from a bundle to a SKU, on the first.
    """
    n, item = len(scenario.skus), rows["sku"].astype(np.int64)
    if not scenario.bundles or not len(item) or item.max() < n:
        return rows
    parts = parts_of(scenario)
    count = np.array([len(p) for p in parts])
    first_part = np.cumsum(count) - count
    sku, units = np.array([pair for p in parts for pair in p], np.int64).T
    size = count[item]
    first = np.cumsum(size) - size
    own = np.repeat(np.arange(len(item)), size)
    place = np.arange(len(own)) - first[own]
    of_parts = {name: column[own] for name, column in rows.items()}
    which = first_part[item[own]] + place
    of_parts["sku"][:], of_parts["qty"][:] = sku[which], of_parts["qty"] * units[which]
    of_parts["bundle"][:] = np.where(item[own] >= n, (PART + 1) * (item[own] - n + 1) + place, 0)
    cause = rows["cause"][own].astype(np.int64)
    linked = cause >= 0
    alike = linked & (item[own] == item[np.maximum(cause, 0)])
    of_parts["cause"][:] = np.where(linked, first[np.maximum(cause, 0)] + place * alike, -1)
    return of_parts
