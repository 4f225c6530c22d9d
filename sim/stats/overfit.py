"""Was the best chosen, or found? How much of a winner's lead is the luck of the shows that chose it.

Tables are of one form: float64 [show, candidate], higher is better, every candidate on the same shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from sim.stats.paired import student
from sim.words import _

FEWEST = 8
"""Fewest shows by which overfitting can be judged."""
MOST_BLOCKS = 12
LARGE = 10_000
"""Candidates from which on fewer splits are made."""


class Overfit(NamedTuple):
    """pbo: probability of backtest overfitting, 0 to 1. best: candidate with the highest mean. apparent: that mean. deflated: the
    mean of what the best of the *other* shows earned on each show; low, high: its 95 % interval. splits: halvings tried."""

    pbo: float
    best: int
    apparent: float
    deflated: float
    low: float
    high: float
    splits: int


def overfitting(gains: np.ndarray) -> Overfit | None:
    """How far the best of a table can be trusted; None below FEWEST shows, or where not everybody played every show.

    ``pbo`` by combinatorially symmetric cross-validation: the shows are cut into an even number of blocks; for every choice of
    half of them the best there takes a rank on the other half; pbo is the share of choices in which it comes out no better than
    the median (Bailey, Borwein, Lopez de Prado & Zhu 2017). ``deflated`` by leaving one show out.

    >>> table = np.array([[1.0, 2.0, 5.0]] * 8) + np.arange(8)[:, None]
    >>> overfitting(table)[:4]
    (0.0, 2, 8.5, 8.5)
    """
    shows, candidates = gains.shape
    if shows < FEWEST or candidates < 2 or not np.isfinite(gains).all():
        return None
    halves = list(_halves(_blocks(gains)))
    below = float(np.mean([_rank(seen, unseen) <= 0.5 for seen, unseen in halves]))
    means = gains.mean(0)
    best = int(np.argmax(means))
    others = (gains.sum(0) - gains).argmax(1)
    left_out = gains[np.arange(shows), others]
    half = student(0.95, shows - 1) * float(left_out.std(ddof=1)) / math.sqrt(shows)
    deflated = float(left_out.mean())
    return Overfit(below, best, float(means[best]), deflated, deflated - half, deflated + half, len(halves))


class WalkNight(NamedTuple):
    """One night of a walk. night: its number. chosen: by all nights before it; gain: of that there. kept: gain of what the first
    nights chose, never changed. best: the highest gain anybody had there, its candidate ``after``."""

    night: int
    chosen: int
    gain: float
    kept: float
    after: int
    best: float


def walk_forward(gains: np.ndarray, first: int = 1) -> list[WalkNight]:
    """Nights in order: choose by the nights so far, judge on the next.

    gains: float64 [night, candidate], mean of each night. first: nights that make the first choice, at least 1.

    >>> [s.chosen for s in walk_forward(np.array([[1.0, 2.0], [5.0, 0.0], [0.0, 1.0]]))]
    [1, 0]
    """
    if not 1 <= first < len(gains):
        raise ValueError(_("first must be 1 to {n}, one less than the nights").format(n=len(gains) - 1))
    start = int(gains[:first].mean(0).argmax())
    steps = []
    for night in range(first, len(gains)):
        chosen, after = int(gains[:night].mean(0).argmax()), int(gains[night].argmax())
        row = gains[night]
        steps.append(WalkNight(night, chosen, float(row[chosen]), float(row[start]), after, float(row[after])))
    return steps


def _blocks(gains: np.ndarray) -> np.ndarray:
    """Sums over blocks of shows, as even as they can be."""
    shows, candidates = gains.shape
    most = 6 if candidates > LARGE else MOST_BLOCKS
    count = min(most, shows // 2 * 2 if shows < MOST_BLOCKS else most)
    edges = np.linspace(0, shows, count + 1).astype(int)
    # Means, so that blocks of unlike size weigh alike.
    return np.stack([gains[a:b].mean(0) for a, b in pairwise(edges)])


def _halves(blocks: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every way to halve the blocks: sums of the one half, sums of the other."""
    whole = blocks.sum(0)
    for taken in combinations(range(len(blocks)), len(blocks) // 2):
        seen = blocks[list(taken)].sum(0)
        yield seen, whole - seen


def _rank(seen: np.ndarray, unseen: np.ndarray) -> float:
    """Relative rank on the unseen half of the best of the seen one, ties shared: 0 to 1."""
    value = unseen[int(np.argmax(seen))]
    # Sums in another order differ in the last bits; equal candidates are to stay equal.
    near = np.isclose(unseen, value, rtol=1e-12, atol=1e-9)
    worse, tied = int((unseen < value)[~near].sum()), int(near.sum())
    return (worse + (tied + 1) / 2) / (len(unseen) + 1)
