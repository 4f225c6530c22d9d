"""The smallest change of one setting that would have saved a show, and what the same change does to other shows.

One setting at a time, the same shoppers each time. From its present value a setting is doubled (and halved) until what was lost
falls to the target at no lower net; then the gap between the last value that failed and the first that did is halved on the
log scale. Changes are ranked by how far they go: doublings or halvings. A success between two rungs that both fail is not found.

One show proves little: a change found on it is fitted to it. So :func:`evidence` plays it on every other show there is and
on every bound of what nobody recorded, against the same settings without it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.setting import ScenarioError
from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.engine.simulate import play
from sim.postmortem.losses import KINDS, MISSED, OVERSOLD, Losses, lost
from sim.postmortem.parameters import ReviewedShow, Tunable, distance, ladder, tunables
from sim.score.cost import Judge
from sim.score.profiles import Profile, unit_costs
from sim.setup.policies import make_policy
from sim.stats.paired import Difference, difference
from sim.words import _

SHARES = (0.9, 0.5)
"""Shares of the lost units that a change must save: the first that any change reaches counts."""
HALVINGS = 4
DIGITS = 3
FAR = 4.0
"""Moves of more than this many doublings are named as what they are: a different setting, not a small change."""
Progress = Callable[[int, int, str], None]
Saves = Callable[["TriedChange | None"], bool]


@dataclass(frozen=True)
class TriedChange:
    """What became of a run: oversold, missed [units], net [CNY], alerts sent. Net and not J, for a change may be one of the world
    (more stock, another ledger), and J compares policies on one tape."""

    oversold: int
    missed: int
    net: float
    alerts: int


@dataclass(frozen=True, eq=False)
class Change:
    """One setting changed: from ``tunable.now`` to ``value``, ``far`` doublings away; what the show would have lost then."""

    tunable: Tunable
    value: float
    far: float
    result: TriedChange | None


@dataclass(frozen=True, eq=False)
class ChangeSearch:
    """before: what the show lost. kind: what was to be saved (of KINDS); share: how much of it every change saves. changes:
    nearest first. tried: runs it took."""

    before: TriedChange
    kind: str
    share: float
    changes: list[Change]
    tried: int


def measure(stage: Stage, policy: Policy, profile: Profile, judge: Judge | None = None) -> TriedChange:
    """Play and judge; ``judge``: of the stage, where there is one."""
    judge = judge or Judge(play(stage, make_policy("silent")), profile)
    row = judge.score(play(stage, policy))
    return TriedChange(int(row["oversold_units"]), int(row["missed_units"]), row["net"], int(row["alerts"]))


def smallest_changes(show: ReviewedShow, policy: Policy, profile: Profile, progress: Progress | None = None) -> ChangeSearch:
    """Every setting's nearest value that saves the show, nearest first."""
    judge = Judge(play(show.stage, make_policy("silent")), profile)
    before = measure(show.stage, policy, profile, judge)
    kind = dearer(lost(show.stage, policy, profile), *unit_costs(profile, show.stage.scenario))
    if getattr(before, KINDS[kind]) == 0:
        return ChangeSearch(before, KINDS[kind], 0.0, [], 1)
    turned, every = _Turner(show, policy, profile, judge), tunables(show.stage, policy)
    for share in SHARES:
        saves = _saves(KINDS[kind], math.floor((1 - share) * getattr(before, KINDS[kind])), before.net)
        climbed = _climb(every, turned, saves, progress)
        if climbed:
            return ChangeSearch(before, KINDS[kind], share, _distinct(climbed), len(turned.known))
    return ChangeSearch(before, KINDS[kind], SHARES[-1], [], len(turned.known))


def _climb(every: list[Tunable], turned: _Turner, saves: Saves, progress: Progress | None) -> list[Change]:
    """All tunables rung by rung, outwards, until one rung after the first success; each success is brought nearer."""
    ladders = [(tunable, [tunable.now, *ladder(tunable, up)]) for tunable in every for up in (True, False)]
    changes: list[Change] = []
    rung, end = 1, max(len(values) for _, values in ladders)
    while rung < end:
        if progress:
            progress(rung, end, _("settings"))
        failed = []
        for tunable, values in [one for one in ladders if rung < len(one[1])]:
            if not saves(turned(tunable, values[rung])):
                failed.append((tunable, values))
                continue
            good = _between(tunable, values[rung - 1], values[rung], turned, saves)
            changes.append(Change(tunable, good, distance(tunable, good), turned(tunable, good)))
        end = min(end, rung + 2) if changes else end
        ladders, rung = failed, rung + 1
    return changes


def _distinct(climbed: list[Change]) -> list[Change]:
    """Nearest first; a change for one tier that is the change for all tiers is left out."""
    ranked = sorted(climbed, key=lambda c: (c.far, c.tunable.key.count("."), -c.result.net if c.result else 0.0))
    kept: dict[tuple[str, str, float], Change] = {}
    for c in ranked:
        kept.setdefault((c.tunable.key.split(".")[-1], c.tunable.option, c.value), c)
    return list(kept.values())


def dearer(losses: Losses, co: np.ndarray, cu: np.ndarray) -> int:
    """The kind of loss that cost more: OVERSOLD or MISSED."""
    return OVERSOLD if float(co @ losses.units[OVERSOLD]) >= float(cu @ losses.units[MISSED]) else MISSED


def _saves(kind: str, allowed: int, net: float) -> Saves:
    return lambda result: result is not None and getattr(result, kind) <= allowed and result.net >= net


class _Turner:
    """Plays a show with one tunable turned, each value once."""

    def __init__(self, show: ReviewedShow, policy: Policy, profile: Profile, judge: Judge) -> None:
        self.parts = show, policy, profile
        self.judge = judge
        self.known: dict[tuple[str, float], TriedChange | None] = {}

    def __call__(self, tunable: Tunable, value: float) -> TriedChange | None:
        """None where the scenario does not allow the value."""
        show, policy, profile = self.parts
        at = (tunable.key + tunable.option, value)
        if at not in self.known:
            try:
                stage, changed = tunable.turned(show, policy, value)
            except ScenarioError:
                self.known[at] = None
            else:
                self.known[at] = measure(stage, changed, profile, self.judge if stage is show.stage else None)
        return self.known[at]


def _between(tunable: Tunable, failed: float, good: float, turned: _Turner, saves: Saves) -> float:
    """The value nearest to the failed one that still saves, to about a twentieth; written with few digits if that saves too."""
    if not tunable.whole:
        for _ in range(HALVINGS):
            middle = math.sqrt(failed * good) if failed > 0 and good > 0 else (failed + good) / 2
            good, failed = (middle, failed) if saves(turned(tunable, middle)) else (good, middle)
    short = rounded(good, good > tunable.now, tunable.unit == "units")
    return short if tunable.low <= short <= tunable.high and saves(turned(tunable, short)) else good


def rounded(value: float, up: bool, whole: bool = False) -> float:
    """The value with DIGITS significant digits, or as a whole number, rounded away from where it came.

    >>> rounded(123.41, True), rounded(0.018779, False), rounded(67.7, False, True)
    (124.0, 0.0187, 67.0)
    """
    if whole:
        return float(math.ceil(value) if up else math.floor(value))
    if value == 0 or float(f"{value:.{DIGITS}g}") == value:
        return value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - DIGITS + 1)
    return float(f"{(math.ceil if up else math.floor)(value / unit) * unit:.{DIGITS}g}")


def evidence(change: Change, shows: Sequence[ReviewedShow], policy: Policy, profile: Profile) -> list[dict[str, Any]]:
    """The change on each show, paired: what was lost before and after, alerts before and after."""
    rows = []
    for show in shows:
        before = measure(show.stage, policy, profile)
        try:
            after = measure(*change.tunable.turned(show, policy, change.value), profile)
        except ScenarioError:
            continue
        row: dict[str, Any] = {"show": show.name, "loop": show.loop, "bound": show.bound}
        for name in ("oversold", "missed", "net", "alerts"):
            row |= {f"{name}_before": getattr(before, name), f"{name}_after": getattr(after, name)}
        rows.append(row)
    return rows


def verdict(rows: Sequence[dict[str, Any]], name: str = "net") -> Difference:
    """Mean paired difference after - before over shows, with its interval."""
    return difference([float(r[f"{name}_after"]) for r in rows], [float(r[f"{name}_before"]) for r in rows])
