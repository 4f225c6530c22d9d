"""Every single setting a team can turn: its key on the command line, its value now, its bounds, and how to play with another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from sim.core.response import Playbook
from sim.core.stage import Stage
from strategies.contract import TIERS, Param
from strategies.gate import GATE_PARAMS

ACROSS_ZERO, STEP = 8.0, 2.0
"""How far a setting moves that is switched on from 0 or off to 0, and one step of a choice [doublings]."""
FACTS = (("ledger", "hold_s"), ("feed", "lag_s"), ("feed", "period_s"), ("feed", "loss_p"))
"""Settings of the shop and of the data that are a team's to change, as places in a scenario."""
SHORTEST_HOLD_S = 300.0
"""Shops hold 300 s at least (domain 1.4): a shorter hold cuts off people who would pay, which J does not count."""


@dataclass(frozen=True, eq=False)
class ReviewedShow:
    """A show that can be played again. ``remake``: its stage, the same shoppers, in a changed scenario. ``bound``: what is
    assumed of demand nobody recorded (low, likely, high); "" where nothing is. ``loop``: rehearsed or closed."""

    name: str
    stage: Stage
    remake: Callable[[Scenario], Stage]
    loop: str = "rehearsed"
    bound: str = ""


@dataclass(frozen=True, eq=False)
class Tunable:
    """One setting. ``turned(show, policy, value)``: stage and policy with another value; :class:`ScenarioError` where a scenario
    does not allow it. ``up``: whether more of it may be proposed (nobody proposes slower hands). ``option``: of a choice, the
    one that 1 stands for.
    """

    key: str
    unit: str
    now: float
    low: float
    high: float
    whole: bool
    turned: Callable[[ReviewedShow, Policy, float], tuple[Stage, Policy]]
    up: bool = True
    option: str = ""

    def word(self, value: float) -> str:
        """The change as a word of the command line."""
        return f"{self.key}={self.option or f'{value:g}'}"


def tunables(stage: Stage, policy: Policy) -> list[Tunable]:
    """Every tunable of a policy and of the world it works in; rules first, then alert hygiene, hands, shop and data."""
    used = sorted({TIERS.index(s.tier) for s in stage.scenario.skus})
    candidates = [tunable for k, p in enumerate(policy.strategy.params) for tunable in _of_strategy(policy, k, p, used)]
    candidates += [_of_gate(policy, k, p) for k, p in enumerate(GATE_PARAMS)]
    candidates += [*_of_playbook(policy), *_playbooks(policy)]
    return candidates + [_of_scenario(stage.scenario, part, name) for part, name in FACTS]


def _of_strategy(policy: Policy, k: int, p: Param, used: list[int]) -> Iterator[Tunable]:
    """One tunable for all tiers where they share a value and no tier has its own default, and one per tier there is."""
    values = policy.params[used, k]
    own = any(p.name in policy.strategy.by_tier.get(tier, {}) for tier in TIERS)
    if len(set(values.tolist())) == 1 and not own:
        yield _knob(f"strategy.{p.name}", p, float(values[0]), _params(k, list(range(len(TIERS)))))
    if own or len(used) > 1:
        for tier in used:
            yield _knob(f"strategy.by_tier.{TIERS[tier]}.{p.name}", p, float(policy.params[tier, k]), _params(k, [tier]))


def _knob(key: str, p: Param, now: float, turned: Callable[[ReviewedShow, Policy, float], tuple[Stage, Policy]]) -> Tunable:
    return Tunable(key, p.unit, now, p.low, p.high, p.whole, turned)


def _params(k: int, tiers: list[int]) -> Callable[[ReviewedShow, Policy, float], tuple[Stage, Policy]]:
    def turned(show: ReviewedShow, policy: Policy, value: float) -> tuple[Stage, Policy]:
        params = policy.params.copy()
        params[tiers, k] = value
        return show.stage, replace(policy, params=params)

    return turned


def _of_gate(policy: Policy, k: int, p: Param) -> Tunable:
    def turned(show: ReviewedShow, policy: Policy, value: float) -> tuple[Stage, Policy]:
        gate = policy.gate.copy()
        gate[k] = value
        return show.stage, replace(policy, gate=gate)

    return _knob(f"gate.{p.name}", p, float(policy.gate[k]), turned)


def _of_playbook(policy: Policy) -> Iterator[Tunable]:
    """Latencies of the hands; those of the machines only where the playbook has a machine do something."""
    actions = [a for level in range(4) for a in policy.playbook.at(level)]
    for f in fields(policy.playbook):
        if not f.metadata or (f.name == "auto_s" and all(a.by != "auto" for a in actions)):
            continue

        def turned(show: ReviewedShow, policy: Policy, value: float, name: str = f.name) -> tuple[Stage, Policy]:
            changes: Any = {name: value}
            return show.stage, replace(policy, playbook=replace(policy.playbook, **changes))

        low, high = float(f.metadata["low"]), float(f.metadata["high"])
        now, unit = float(getattr(policy.playbook, f.name)), f.metadata["unit"]
        yield Tunable(f"operations.{f.name}", unit, now, low, high, False, turned, up=False)


def _playbooks(policy: Policy) -> Iterator[Tunable]:
    """The other shipped playbooks: who acts, and at which level."""
    for name, book in PLAYBOOKS.items():
        if name in (policy.playbook.name, "none") or policy.playbook.name not in PLAYBOOKS:
            continue

        def turned(show: ReviewedShow, policy: Policy, value: float, book: Playbook = book) -> tuple[Stage, Policy]:
            return show.stage, replace(policy, playbook=book)

        yield Tunable("operations", "switch", 0.0, 0.0, 1.0, True, turned, option=name)


def _of_scenario(scenario: Scenario, part: str, name: str) -> Tunable:
    meta = next(f.metadata for f in fields(getattr(scenario, part)) if f.name == name)

    def turned(show: ReviewedShow, policy: Policy, value: float) -> tuple[Stage, Policy]:
        now = show.stage.scenario
        changes: Any = {name: value}
        return show.remake(replace(now, **{part: replace(getattr(now, part), **changes)})), policy

    now = float(getattr(getattr(scenario, part), name))
    low = min(now, SHORTEST_HOLD_S) if name == "hold_s" else float(meta["low"])
    return Tunable(f"scenario.{part}.{name}", meta["unit"], now, low, float(meta["high"]), False, turned, up=name == "hold_s")


def ladder(tunable: Tunable, up: bool, most: int = 7) -> list[float]:
    """Values to try from the present one outwards: each twice (or half) the last, at last the bound where that is near or 0.

    >>> seconds = Tunable("k", "s", 3.0, 0.0, 20.0, False, None)
    >>> ladder(seconds, True), ladder(seconds, False, 2)
    ([6.0, 12.0, 20.0], [1.5, 0.75, 0.0])
    """
    if up and not tunable.up:
        return []
    if tunable.whole and tunable.high - tunable.low <= 20:
        steps = np.arange(tunable.now + 1, tunable.high + 1) if up else np.arange(tunable.now - 1, tunable.low - 1, -1)
        return steps.tolist()[:most]
    if tunable.now > 0:
        values = [tunable.now * 2.0 ** (k if up else -k) for k in range(1, most + 1)]
    else:
        first = min(1.0, tunable.high / 64)
        values = [first * 2.0**k for k in range(most)] if up else []
    inside = [v for v in values if tunable.low < v < tunable.high]
    end = tunable.high if up else tunable.low
    near = len(inside) < len(values) or (not up and end == 0.0)
    return [*inside, end] if near and np.isfinite(end) and end != tunable.now else inside


def distance(tunable: Tunable, value: float) -> float:
    """How far a value is from the present one: doublings or halvings; each step of a choice counts as two, switching on from 0
    and off to 0 as eight.

    >>> distance(Tunable("k", "s", 3.0, 0.0, 20.0, False, None), 12.0)
    2.0
    """
    if tunable.whole and tunable.high - tunable.low <= 20:
        return STEP * abs(value - tunable.now)
    if value == tunable.now:
        return 0.0
    return ACROSS_ZERO if value <= 0 or tunable.now <= 0 else abs(float(np.log2(value / tunable.now)))
