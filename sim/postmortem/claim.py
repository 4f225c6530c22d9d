"""What may be claimed of a change: whether its gain is beyond chance, and how large it is, allowing for its having been chosen.

A change is searched on one show, and the first of several that seems to help is taken, so its gain is flattered. It may be
proposed only where the one-sided Student bound of its paired gain elsewhere lies above 0 at ERROR divided by the changes
considered (Bonferroni); a setting without any effect never does. The gain is then shrunk towards 0 by ``1 - (se / gain)^2``
(James & Stein 1961, positive part, one component: the share of it that is not noise).
"""

from __future__ import annotations

from typing import NamedTuple

from sim.stats.paired import LEVEL, Difference, student

ERROR, FEW = 0.05, 5
"""Chance of proposing something that does not help; fewer other shows than this leave the proof to other draws of this one."""
SHOWS, DRAWS, NOTHING = "other shows", "other draws of this show", "nothing but this show"


class Claim(NamedTuple):
    """on: what proves it; n: how many of these. gain: the mean one there [CNY a show]; mean, low, high: what is claimed, shrunk,
    with its 95 % interval. sure: whether the gain is beyond chance."""

    on: str
    n: int
    gain: float
    mean: float
    low: float
    high: float
    sure: bool


def claim(gain: Difference, luck: Difference, considered: int) -> Claim:
    """What ``gain`` over other shows and ``luck`` over other draws allow to say of one of ``considered`` changes.

    >>> claim(Difference(9, 0.0, 0.0, 0.0, 1.0), Difference(0, 0.0, 0.0, 0.0, 1.0), 1).sure
    False
    >>> round(claim(Difference(9, 100.0, 50.0, 150.0, 1.0), Difference(0, 0.0, 0.0, 0.0, 1.0), 1).mean, 1)
    95.3
    """
    on, d = (SHOWS, gain) if gain.n >= FEW or luck.n < gain.n else (DRAWS, luck)
    if d.n < 2:
        return Claim(NOTHING, d.n, d.mean, d.mean, d.low, d.high, False)
    half = (d.high - d.low) / 2
    se = half / student(LEVEL, d.n - 1)
    least = d.mean - student(1 - 2 * ERROR / max(considered, 1), d.n - 1) * se
    kept = max(0.0, 1 - (se / d.mean) ** 2) if d.mean > 0 else 0.0
    return Claim(on, d.n, d.mean, kept * d.mean, kept * d.mean - half, kept * d.mean + half, least > 0)
