"""How far exported rules stand from the strategy they stand for: both over the readings of the same shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sim.conformance.promql import deriv, firing, rate
from sim.core.run import ShowRun
from sim.core.units import US
from sim.core.world import R_CLOSED, R_ORDERS, R_STOCK, R_UNPAID
from strategies.contract import EMERGENCY
from strategies.gate import FOR_S, KEEP_S

MATCH_S = 60.0
"""Alerts of one level and item this close are the same alert [s]."""

LineOf = tuple[float, float, float, bool, float, float]


class Agreement(NamedTuple):
    """share: of item-time in which both stand at the same level. both, ours, theirs: alerts that both send, the strategy alone,
    the rules alone. shift_s: median of theirs minus ours where both send [s]; NaN: none."""

    share: float
    both: int
    ours: int
    theirs: int
    shift_s: float


def agreement(runs: list[ShowRun], lines: Sequence[Mapping[int, LineOf]], every_s: float) -> Agreement:
    """Compare over shows in which nobody acted.

    lines: per SKU, level to (constant [units], factor [s], window [s], fitted, unpaid [share], short [s]): the line is
    constant + factor x rate + unpaid x unpaid units; of a second window that is not 0 the rate counts where it is lower.
    every_s: between two scrapes, and between two evaluations [s].
    """
    same = total = both = ours = theirs = 0
    shifts: list[float] = []
    for run in runs:
        for sku, own in enumerate(lines):
            at = np.arange(0.0, run.scenario.duration_s, every_s)
            rules = standing_by_rules(run, sku, own, at, every_s)
            levels = standing(run, sku, at)
            same += int((rules == levels).sum())
            total += len(at)
            for level in own:
                a, b = _starts(levels, level, at), _starts(rules, level, at)
                pairs = _paired(a, b)
                shifts += [y - x for x, y in pairs]
                both += len(pairs)
                ours += len(a) - len(pairs)
                theirs += len(b) - len(pairs)
    return Agreement(
        same / total if total else float("nan"), both, ours, theirs, float(np.median(shifts)) if shifts else float("nan")
    )


def standing(run: ShowRun, sku: int, at: np.ndarray) -> np.ndarray:
    """Level of the alert that the strategy's gate had sent and not taken back, at times ``at`` [s]."""
    rows = run.alerts[run.alerts["sku"] == sku]
    level, levels, times = 0, [0], [-np.inf]
    for t, sent in zip(rows["t"] / US, rows["level"], strict=True):
        level = int(sent) if sent == 0 else max(level, int(sent))
        levels.append(level)
        times.append(float(t))
    return np.array(levels)[np.searchsorted(times, at, "right") - 1]


def standing_by_rules(run: ShowRun, sku: int, lines: Mapping[int, LineOf], at: np.ndarray, every_s: float) -> np.ndarray:
    """Level that the exported rules would have, scraping what the feed had last said."""
    taken = np.arange(1, len(run.readings) + 1) * run.scenario.feed.period_s
    last = np.searchsorted(taken, at, "right") - 1
    figures = {c: np.where(last >= 0, run.readings[np.maximum(last, 0), sku, c], start) for c, start in
               ((R_STOCK, run.scenario.skus[sku].stock), (R_ORDERS, 0), (R_CLOSED, 0), (R_UNPAID, 0))}  # fmt: skip
    orders, out = figures[R_ORDERS].astype(float), np.zeros(len(at), int)
    for level, (constant, factor, window_s, fitted, unpaid, short_s) in sorted(lines.items()):
        slope = np.zeros(len(at))
        if factor:
            grown = deriv if fitted else rate
            slope = np.array([grown(at, orders, t, window_s) for t in at])
            if short_s:
                slope = np.minimum(slope, [grown(at, orders, t, short_s) for t in at])
        line = constant + factor * (np.maximum(slope, 0.0) if fitted else slope) + unpaid * figures[R_UNPAID]
        true = figures[R_STOCK] <= line
        if level != EMERGENCY:
            true &= figures[R_CLOSED] == 0
        fires = firing(true, every_s, float(run.policy.gate[FOR_S]), float(run.policy.gate[KEEP_S]))
        out[fires] = level
    return out


def _starts(levels: np.ndarray, level: int, at: np.ndarray) -> list[float]:
    """When a level was reached from below."""
    rises = (levels >= level) & (np.concatenate([[0], levels[:-1]]) < level)
    return at[rises].tolist()


def _paired(a: list[float], b: list[float]) -> list[tuple[float, float]]:
    """Alerts within MATCH_S of each other, each used once, in order of time."""
    free, pairs = list(b), []
    for x in a:
        near = [y for y in free if abs(y - x) <= MATCH_S]
        if near:
            y = min(near, key=lambda y: abs(y - x))
            free.remove(y)
            pairs.append((x, y))
    return pairs
