"""When stock really ran out: risk events of a run, taken from the silent one so that alerts cannot make or unmake them."""

from __future__ import annotations

import numpy as np

from sim.core.run import Run
from sim.core.tape import IDLE
from sim.core.units import to_us
from sim.score.course import courses
from sim.score.outcomes import Outcomes
from sim.score.stories import Stories


def risk_events(
    run: Run, settled: Outcomes, stories: Stories, remaining: int = 1, merge_us: int = 300_000_000
) -> tuple[np.ndarray, np.ndarray]:
    """SKU and time [us] of every risk event, sorted by SKU, then time (domain 6.1).

    A SKU is at risk when nothing is left to sell (free units, or the record above the lowest quota) while at least
    ``remaining`` units [units >= 1] of demand that would pay are still to come, and when a unit is promised that will be
    oversold. Moments less than ``merge_us`` [us] after one another are one event: units that trickle back (expired holds,
    cancellations) and sell out again are the same shortage. Nothing after the end of the show is an event.
    """
    floors = [min(c.close_below for c in run.scenario.channels)] * len(run.scenario.skus)
    skus, times = [], []
    end = to_us(run.scenario.duration_s)
    wanted = stories.qty * (stories.keeps & (settled.fate != IDLE))
    for k, (floor, course) in enumerate(zip(floors, courses(run), strict=True)):
        at = _sell_outs(course, floor)
        mine = slice(stories.first[k], stories.first[k + 1])
        to_come = np.append(np.cumsum(wanted[mine][::-1])[::-1], 0)
        at = at[to_come[np.searchsorted(stories.t[mine], at, "right")] >= remaining]
        at = np.union1d(at, settled.promised["accepted"][settled.promised["sku"] == k])
        at = at[(at > 0) & (at <= end)]
        apart = np.diff(at, prepend=-(2**60)) >= merge_us
        times.append(at[apart])
        skus.append(np.full(int(apart.sum()), k))
    return np.concatenate(skus), np.concatenate(times)


def last_harm(settled: Outcomes, sku: np.ndarray, t: np.ndarray) -> np.ndarray:
    """When the last unit of each risk event was promised that cannot be shipped [us]; the event's own moment if none was."""
    ends = t.copy()
    for k, start in enumerate(t.tolist()):
        later = t[k + 1] if k + 1 < len(t) and sku[k + 1] == sku[k] else np.iinfo(np.int64).max
        promised = settled.promised["accepted"][settled.promised["sku"] == sku[k]]
        ends[k] = promised[(promised >= start) & (promised < later)].max(initial=start)
    return ends


def _sell_outs(course: tuple[np.ndarray, np.ndarray, np.ndarray], floor: int) -> np.ndarray:
    """Moments at which something was on offer and then nothing was."""
    t, free, record = course
    offer = np.minimum(free, record - floor) > 0
    return t[1:][offer[:-1] & ~offer[1:]]
