"""A show item by item: what was ordered, oversold and missed of each SKU, and when it first sold out."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.run import ShowRun
from sim.core.world import ORDERED, R_STOCK
from sim.score.outcomes import Outcomes


def items(run: ShowRun, outcomes: Outcomes) -> list[dict[str, Any]]:
    """One row per SKU: sku, ordered_units, oversold_units, missed_units (avoidable ones), sold_out_s (the first reading that
    shows no stock [s]; inf: never). ``outcomes``: outcomes of the run."""
    out = run.readings[:, :, R_STOCK] <= 0
    when = np.where(out.any(0), (out.argmax(0) + 1) * run.scenario.feed.period_s, np.inf) if len(out) else out.sum(0) + np.inf
    rows = []
    for k, sku in enumerate(run.scenario.skus):
        rows.append({
            "sku": sku.id, "ordered_units": float(run.stock[k, ORDERED]), "oversold_units": float(outcomes.oversold[k]),
            "missed_units": float(outcomes.avoidable[k]), "sold_out_s": float(when[k]),
        })  # fmt: skip
    return rows
