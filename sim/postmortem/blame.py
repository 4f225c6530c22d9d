"""Who is to blame for every oversold and missed unit of one show: a split that adds up exactly.

The show is played again with things made ideal (``ideal.py``), always the same shoppers, in three steps:

1. **leak**: what closing every named leak saves. It comes first because no alert rule should have to make up for a leak.
2. **lag, reaction, reservation**, with leaks closed: each one's Shapley value, its mean effect over the six orders in which
   the three can be made ideal (Shapley 1953). They need each other (fresh data is worth nothing to a hand that sleeps), so in
   any one order the whole would go to whichever comes last.
3. **threshold**: what the best lines one could have known (``hindsight.py``), without buffers and quotas, save beyond that:
   the lines that were best on *other* shows, if there are any (earlier ones, or other replicates of the rehearsal), else
   those found on this show itself. The rule comes after the hands: a line that was high enough for quick hands is not to
   blame for slow ones.

What is left is **demand**: this show asked for something else than the others, and a line that was right there is not right
here. Who has no other show sees less of it, because lines found afterwards know the night already. In the terms of the
theory the split is a Shapley value with an ordered partition (Kalai & Samet 1987).

*Ideal where it helps.* Instant hands make an eager rule worse: they freeze more. A factor is to blame for what it cost, not
for what it spared; so v(S), the loss when the factors S *may* be ideal, is per SKU that of the subset of S with the least cost
(co per oversold, cu per missed unit), the smallest subset among equals. Cost then never rises with S, and no cause has a negative
cost. Of its units one kind may still be negative: quick hands save oversold units and may miss a few more sales for it. With
N = {lag, reaction, reservation},

    share(i) = sum over S in N without i of  |S|! (2 - |S|)! / 3! * (v(leak + S) - v(leak + S + i))

Shares are whole sixths of a unit, so that for every SKU and kind they add up to the units lost, without rounding.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.postmortem import idealised as ideal
from sim.postmortem.hindsight import Lines, best_lines, with_lines
from sim.postmortem.losses import Losses, lost
from sim.score.profiles import Profile, unit_costs
from sim.words import _

LEAK, LAG, REACTION, RESERVATION, THRESHOLD, DEMAND = CAUSES = ("leak", "lag", "reaction", "reservation", "threshold", "demand")
"""Causes in the order of every table and picture."""
PLAYERS = (LAG, REACTION, RESERVATION)
PARTS = math.factorial(len(PLAYERS))
"""Shares are whole multiples of 1/PARTS unit."""

Factors = frozenset[str]
Progress = Callable[[int, int, str], None]
WORLDS: tuple[Factors, ...] = tuple(
    frozenset((*leak, *some)) for leak in ((), (LEAK,)) for k in range(4) for some in itertools.combinations(PLAYERS, k)
)
"""Every set of ideal factors that is played, smaller sets first."""


@dataclass(frozen=True, eq=False)
class Blame:
    """lost: as it was. parts: int64 [cause, kind, sku], in sixths of a unit; over causes they add up to ``PARTS *
    lost.units``. alone: int64 [4, kind], units of the whole show that leak, lag, reaction, reservation would each have saved
    alone, helping or not. cost: float64 [cause], CNY. lines: the best lines one could have known. others: how many other shows
    they rest on; 0: on this one.
    """

    lost: Losses
    parts: np.ndarray
    alone: np.ndarray
    cost: np.ndarray
    lines: Lines
    others: int

    @property
    def units(self) -> np.ndarray:
        """float64 [cause, kind, sku]."""
        return self.parts / PARTS

    @property
    def shares(self) -> np.ndarray:
        """float64 [cause, kind], units of the whole show."""
        return self.parts.sum(2) / PARTS


def ideal_world(stage: Stage, policy: Policy, factors: Factors) -> tuple[Stage, Policy]:
    """The show with ``factors`` (of leak, lag, reaction, reservation) ideal."""
    if LEAK in factors:
        stage = ideal.without_leaks(stage)
    if LAG in factors:
        stage = ideal.without_lag(stage)
    if RESERVATION in factors:
        stage = ideal.without_expiry(stage)
    if REACTION in factors:
        return ideal.without_reaction(stage, policy)
    return stage, policy


def blame(
    stage: Stage,
    policy: Policy,
    profile: Profile,
    others: Sequence[Stage] = (),
    progress: Progress | None = None,
    known: Lines | None = None,
) -> Blame:
    """Split what ``policy`` lost on ``stage``: 16 runs of it, and some 20 to 80 of it or of each other show.

    known: the best lines of the other shows, where they were found before.
    """
    tell = progress or (lambda done, of, what: None)
    worlds: dict[Factors, Losses] = {}
    for number, factors in enumerate(WORLDS):
        tell(number, len(WORLDS) + 1, " + ".join(_(factor) for factor in sorted(factors)) or _("as it was"))
        worlds[factors] = lost(*ideal_world(stage, policy, factors), profile)
    tell(len(WORLDS), len(WORLDS) + 1, _("best lines"))
    clean = ideal_stage(stage)
    lines = known or best_known(clean, [ideal_stage(other) for other in others], profile)
    ruled = lost(*with_lines(clean, lines.values), profile)
    actual = worlds[WORLDS[0]]
    value = {factors: least([worlds[s] for s in WORLDS if s <= factors]) for factors in WORLDS}
    after = {s: value[frozenset((LEAK, *s))] for k in range(4) for s in map(frozenset, itertools.combinations(PLAYERS, k))}
    last = least([*worlds.values(), ruled])
    table = np.stack([
        PARTS * (actual.units - value[frozenset((LEAK,))]), *(shapley(after, name) for name in PLAYERS),
        PARTS * (after[frozenset(PLAYERS)] - last), PARTS * last,
    ])  # fmt: skip
    alone = [actual.units - worlds[frozenset((name,))].units for name in (LEAK, *PLAYERS)]
    cost = (table * np.stack(unit_costs(profile, stage.scenario))).sum((1, 2)) / PARTS
    return Blame(actual, table, np.stack(alone).sum(2), cost, lines, len(others))


def ideal_stage(stage: Stage) -> Stage:
    """The show with leak, lag and reservation ideal and every unit on sale: where a rule alone can still go wrong."""
    return ideal.unbuffered(ideal.without_expiry(ideal.without_lag(ideal.without_leaks(stage))))


def best_known(stage: Stage, others: Sequence[Stage], profile: Profile) -> Lines:
    """The lines that were best on the other shows; of SKUs none of them had, those that are best on this one."""
    skus = [s.id for s in stage.scenario.skus]
    lines = best_lines(others, skus, profile) if others else None
    if lines is not None and lines.known.all():
        return lines
    own = best_lines([stage], skus, profile)
    return own if lines is None else replace(lines, values=np.where(lines.known[:, None], lines.values, own.values))


def least(worlds: Sequence[Losses]) -> np.ndarray:
    """Units lost per SKU, int64 [kind, sku], in the world that costs that SKU least, the first among equals."""
    pick = np.stack([w.cost for w in worlds]).argmin(0)
    return np.stack([w.units for w in worlds])[pick, :, np.arange(len(pick))].T


def shapley(value: dict[Factors, np.ndarray], one: str, players: Iterable[str] = PLAYERS) -> np.ndarray:
    """``n!`` times the Shapley value of ``one`` in a game of losses: what it takes away, over all orders; whole numbers.

    >>> both = {frozenset(s): np.array(0 if len(s) == 2 else 10) for s in ((), ("lag",), ("reaction",), ("lag", "reaction"))}
    >>> [int(shapley(both, name, ("lag", "reaction"))) for name in ("lag", "reaction")]
    [10, 10]
    """
    others = [p for p in players if p != one]
    total = np.zeros_like(value[frozenset()])
    for k in range(len(others) + 1):
        weight = math.factorial(k) * math.factorial(len(others) - k)
        for chosen in itertools.combinations(others, k):
            total = total + weight * (value[frozenset(chosen)] - value[frozenset((*chosen, one))])
    return total
