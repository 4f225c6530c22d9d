"""Cues that may be of the tail of sizes: one in a hundred is some fourteen times as large (``scenarios/spread.py``).

The chance of it is the evidence of the recording with the cue of the tail over that without, times the odds beforehand: a normal
law of the log of its size, which the posterior has, makes three times too much of a cue of which two orders were due and came.
Only cues for which that law leaves any doubt are fitted again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_solve
from scipy.special import expit

from scenarios.spread import Spread
from sim.replay.posterior import Posterior

LARGE = 0.5
"""Chance of being of the tail of sizes from which on a cue is fitted as one of it."""
SEEN, DOUBT = 0.01, 0.05
"""Orders due of a cue from which on the recording says something of it; least chance by the normal law, over that beforehand, at
which it is asked."""


class Tail(NamedTuple):
    """A cue (number in ``Stream.cues``, parameter ``place``) that may be of the tail of sizes: the chance of it, by how much the
    log of its size is then above the posterior's, and the standard deviation that this has beside the posterior's own."""

    cue: int
    place: int
    chance: float
    more: float
    sd: float


Again = Callable[[int, tuple[np.ndarray, np.ndarray]], Posterior]
"""Fits with one more cue of the tail, from a mood and parameters on."""


def tails(fit: Posterior, names: list[tuple], spread: Spread, large: frozenset[int], again: Again) -> tuple[Tail, ...]:
    """How likely each cue is of the tail that is not known to be (``large``): by what the recording alone says of it and by how
    rare the tail is; of a cue that nobody saw, by that alone. names: of the parameters."""
    if spread.mega_p <= 0:
        return ()
    cov = cho_solve((fit.chol, True), np.eye(len(fit.theta)))
    every, beforehand = [], float(np.log(spread.mega_p / (1 - spread.mega_p)))
    for place, name in enumerate(names):
        if name[0] != "cue" or name[1] in large:
            continue
        tail, told = _by_normal_law(fit, float(cov[place, place]), place, name[1], spread, beforehand)
        if told > SEEN and tail.chance > DOUBT * spread.mega_p:
            theta = fit.theta + tail.more * cov[:, place] / cov[place, place]
            z = fit.z - (fit.shift @ (theta - fit.theta)).reshape(fit.z.shape) if fit.mood else fit.z
            one = again(tail.cue, (z, theta))
            chance = float(expit(one.evidence - fit.evidence + beforehand))
            own = float(cho_solve((one.chol, True), np.eye(len(theta))[place])[place])
            further = float(np.sqrt(max(own - cov[place, place], 0.0)))
            tail = Tail(tail.cue, place, chance, float(one.theta[place] - fit.theta[place]), further)
        every.append(tail)
    return tuple(every)


def _by_normal_law(fit: Posterior, own: float, place: int, cue: int, spread: Spread, beforehand: float) -> tuple[Tail, float]:
    """A cue by its posterior less its prior, both normal on the log scale, and how many orders of it were due. own: variance."""
    before = fit.prior.precision[place]
    told = max(1 / own - before, 1e-6)
    seen, wide = fit.theta[place] / own / told, spread.mega_log_sd**2 + 1 / before
    tail, usual = wide + 1 / told, 1 / before + 1 / told
    odds = np.log(usual / tail) / 2 + seen**2 / (2 * usual) - (seen - spread.mega_log) ** 2 / (2 * tail)
    at = (seen * told + spread.mega_log / wide) / (told + 1 / wide)
    further = float(np.sqrt(max(1 / (told + 1 / wide) - own, 0.0)))
    return Tail(cue, place, float(expit(odds + beforehand)), float(at - fit.theta[place]), further), told
