"""Would mending a leak do more than any policy? Paired: the same shoppers meet a shop without it, and nobody acts.

A policy can only live with a leak. Whether it is better mended is a question of money, and spans two worlds, so it goes by net.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from scenarios.contract import Leaks, Scenario
from sim.core.stage import Stage
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.score.profiles import Profile
from sim.setup.policies import make_policy
from sim.setup.uncertain import Uncertainty, staged
from sim.stats.paired import Difference, difference, tailed

CHANNELS = "channels"
RANDOM = 0.05
"""Chance of a statement that luck alone made."""


class Cure(NamedTuple):
    """A leak's number, the setting that mends it, and its value then; ``channels``: every sales channel's lag."""

    code: str
    setting: str
    value: float | str


CURES = (
    Cure("L3", "stale_read_s", 0.0), Cure("L4", "poll_s", 0.0), Cure("L5", CHANNELS, 0.0), Cure("L6", "erp_mode", "delta"),
    Cure("L7", "record_error_p", 0.0), Cure("L8", "overlist_share", 0.0), Cure("L9", "late_callback_p", 0.0),
    Cure("L10", "duplicate_p", 0.0), Cure("L12", "edits_per_show", 0.0), Cure("U1", "lost_release_p", 0.0),
)  # fmt: skip
"""What mends each named leak. L1 is the ledger's mode and L2 the latency of a freeze: policies are there to live with them."""


@dataclass(frozen=True)
class Mended:
    """cures: what was mended together. gain: net of the silent run without these leaks less that with them, paired [CNY a show].
    best: the policy with the highest mean net. its_gain: what that policy earns more than the silent run. beats: whether mending
    gains more than the policy does, beyond chance."""

    cures: tuple[Cure, ...]
    gain: Difference
    best: str
    its_gain: Difference
    beats: bool


def open_leaks(scenario: Scenario) -> tuple[Cure, ...]:
    """The leaks a scenario has, by what would mend them."""
    clean = Leaks()
    cures = []
    for cure in CURES:
        if cure.setting == CHANNELS:
            leaks = any(c.lag_s > 0 for c in scenario.channels)
        else:
            leaks = getattr(scenario.leaks, cure.setting) not in (getattr(clean, cure.setting), cure.value)
        cures += [cure] if leaks else []
    return tuple(cures)


def mended(scenario: Scenario, cures: Sequence[Cure]) -> Scenario:
    """The scenario without these leaks."""
    values: dict[str, Any] = {c.setting: c.value for c in cures if c.setting != CHANNELS}
    channels = scenario.channels
    if any(c.setting == CHANNELS for c in cures):
        channels = tuple(replace(c, lag_s=0.0) for c in channels)
    return replace(scenario, leaks=replace(scenario.leaks, **values), channels=channels)


def silent_net(scenario: Scenario, profile: Profile, seed: int, replicate: int, uncertainty: Uncertainty | None = None) -> float:
    """Net of one show in which nobody acts [CNY]."""
    return net_of(staged(scenario, uncertainty, seed, replicate), profile)


def net_of(stage: Stage, profile: Profile) -> float:
    """Net of a staged show in which nobody acts [CNY]."""
    return Judge(play(stage, make_policy("silent")), profile).silent_net


def restaged(stage: Stage, scenario: Scenario, uncertainty: Uncertainty | None = None) -> Stage:
    """The stage of another scenario in the same show; of its tape only that is drawn anew which differs."""
    return staged(scenario, uncertainty, *stage.tape.key, known=stage)


Nets = Callable[[Scenario], np.ndarray]
"""Net of every show of a scenario in which nobody acts, float64 [show], the same shoppers as in all others."""


def compare_mending(scenario: Scenario, nets: Mapping[str, np.ndarray], silent: str, play_silent: Nets) -> tuple[Mended, ...]:
    """What mending all leaks of a scenario would gain, and where that beats every policy each leak alone.

    nets: net of every show by policy, float64 [show]. silent: the one that does nothing. Nothing where there is no leak, or one
    show only.
    """
    cures = open_leaks(scenario)
    if not cures or len(nets[silent]) < 2:
        return ()
    best = max(nets, key=lambda name: float(nets[name].mean()))
    every = _against(cures, scenario, nets, silent, best, play_silent)
    alone = [_against((c,), scenario, nets, silent, best, play_silent) for c in cures] if every.beats and len(cures) > 1 else []
    return (every, *alone)


def _against(
    cures: tuple[Cure, ...], scenario: Scenario, nets: Mapping[str, np.ndarray], silent: str, best: str, play_silent: Nets
) -> Mended:
    without = play_silent(mended(scenario, cures))
    _, low, _ = tailed(without - nets[best], RANDOM)
    gain, its_gain = difference(without, nets[silent]), difference(nets[best], nets[silent])
    return Mended(cures, gain, best, its_gain, bool(low > 0))
