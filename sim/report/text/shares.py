"""Shares of a strategy over its shows (skill, precision, recall, shows with an oversell), told once for table and page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.score.hindsight import NOTHING
from sim.stats.certify import clopper_pearson
from sim.stats.paired import share

if TYPE_CHECKING:
    import pandas as pd

Share = tuple[float, float, float]
"""The share, and the ends of its 95 % interval; NaN where there is none."""


def shares(part: pd.DataFrame) -> dict[str, Share]:
    """By metric. part: a strategy's shows, a row each. Ratios of sums: a show without anything to gain, or to foresee, still
    counts what it cost. A show's oversell is an event, with the exact interval of certificates."""
    n, bad = len(part), int(part["session_oversold"].sum())
    low, high = clopper_pearson(bad, n, 0.025)
    possible, caught = part["J_silent"], part["recall"].fillna(0.0) * part["risk_events"]
    judged = part["foreseen_events"] + part["late_claims"] / 2 + part["false_claims"]
    none = math.nan, math.nan, math.nan
    gained = 100 * (possible - part["J"])
    return {
        "session_oversold": (bad / n, low, high),
        "skill": share(gained.to_numpy(float), possible.to_numpy(float)) if possible.sum() > NOTHING else none,
        "precision": _within(*share(part["foreseen_events"].to_numpy(float), judged.to_numpy(float))),
        "recall": _within(*share(caught.to_numpy(float), part["risk_events"].to_numpy(float))),
    }


def _within(mean: float, low: float, high: float) -> Share:
    """What can be: from nothing to one."""
    return mean, max(0.0, low) if math.isfinite(low) else low, min(1.0, high) if math.isfinite(high) else high
