"""When an item really was in trouble: risk events, taken from the silent run so that alerts cannot make or unmake them."""

from __future__ import annotations

import numpy as np

from sim.core.run import ShowRun
from sim.core.tape import IDLE, PAID, PHANTOM, RELEASE, STOCKOUT, SUPPLY
from sim.core.units import to_us
from sim.score.course import courses
from sim.score.outcomes import Outcomes
from sim.score.stories import Stories


def risk_events(
    run: ShowRun, settled: Outcomes, stories: Stories, remaining: int = 1, merge_us: int = 300_000_000
) -> tuple[np.ndarray, np.ndarray]:
    """SKU and time [us] of every risk event, sorted by SKU, then time.

    A SKU is in trouble, as long as at least ``remaining`` units [units >= 1] of demand that would pay are still to come,

    * from the promise that is one too many: the acceptance of an order that makes the kept orders (paid in the end and not given
      back) more than can be shipped, on hand and sure to come;
    * from the moment nothing is left on offer (free units, or the record above the lowest quota);
    * from the first shopper refused because he asks for more than is left, or because there never was anything.

    Moments less than ``merge_us`` [us] after one another are one event: units that trickle back (expired holds, cancellations)
    and sell out again are the same shortage. Stock that arrives and runs out again is a new one however soon. Nothing after the
    end of the show is an event.
    """
    floor = min(c.close_below for c in run.scenario.channels)
    skus, times = [], []
    end = to_us(run.scenario.duration_s)
    wanted = stories.qty * (stories.keeps & (settled.fate != IDLE))
    outcome = run.outcome[stories.row]
    arrivals = np.flatnonzero((run.tape.kind == SUPPLY) | (run.tape.kind == RELEASE))
    arrives, of = run.tape.t[arrivals], run.tape.sku[arrivals]
    for k, (when, free, record) in enumerate(courses(run)):
        span = slice(stories.first[k], stories.first[k + 1])
        t, to_come = stories.t[span], np.append(np.cumsum(wanted[span][::-1])[::-1], 0)
        offer = np.minimum(free, record - floor)
        out = when[1:][(offer[:-1] > 0) & (offer[1:] <= 0)]
        at = np.concatenate([
            out[to_come[np.searchsorted(t, out, "right")] >= remaining],
            _refused_for_want(t, stories.qty[span], outcome[span], stories.keeps[span], when, offer),
        ])  # fmt: skip
        at = at[to_come[np.searchsorted(t, at, "left")] >= remaining]
        at = np.union1d(at, _too_many(t, stories.qty[span], outcome[span], int(settled.shippable[k])))
        at = at[(at > 0) & (at <= end)]
        shortage = np.searchsorted(arrives[of == k], at, "right")
        apart = (np.diff(at, prepend=-(2**60)) >= merge_us) | (np.diff(shortage, prepend=-1) > 0)
        times.append(at[apart])
        skus.append(np.full(int(apart.sum()), k))
    return np.concatenate(skus), np.concatenate(times)


def _too_many(t: np.ndarray, qty: np.ndarray, outcome: np.ndarray, shippable: int) -> np.ndarray:
    """When orders were accepted that are kept beyond what can be shipped, first promised, first counted."""
    kept = outcome == PAID
    return t[kept][np.cumsum(qty[kept]) > shippable]


def _refused_for_want(
    t: np.ndarray, qty: np.ndarray, outcome: np.ndarray, keeps: np.ndarray, when: np.ndarray, offer: np.ndarray
) -> np.ndarray:
    """Per spell of one offer, when the first shopper who would have kept it was refused more than was left; of spells without
    any offer only an opening one counts, the others began with a sell-out."""
    refused = (outcome >= STOCKOUT) & (outcome <= PHANTOM) & keeps
    spell = np.searchsorted(when, t[refused], "left") - 1
    left = offer[np.maximum(spell, 0)]
    never = np.cumsum(offer > 0) == 0
    short = (qty[refused] > left) & ((left > 0) | never[np.maximum(spell, 0)])
    spell = np.where(never[np.maximum(spell, 0)], 0, spell)[short]
    _, first = np.unique(spell, return_index=True)
    return t[refused][short][first]
