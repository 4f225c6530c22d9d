"""Replicates of a preset, judged: what the lesson tests share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.contract import Scenario
from scenarios.spread import certain
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import Stage, set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.score.cost import Judge
from sim.setup.policies import make_policy

SEED = 65


@dataclass(frozen=True, eq=False)
class Shows:
    """A preset's replicates: the same tapes for every policy."""

    stages: list[Stage]
    judges: list[Judge]

    def runs(self, policy: Policy, acting: bool = True) -> list[ShowRun]:
        """One run per tape."""
        return [play(stage, policy, acting) for stage in self.stages]

    def scores(self, policy: Policy, *names: str, acting: bool = True) -> list[np.ndarray]:
        """One array of replicates per metric."""
        rows = [judge.score(run) for judge, run in zip(self.judges, self.runs(policy, acting), strict=True)]
        return [np.array([row[name] for row in rows]) for name in names]

    def total(self, policy: Policy, name: str) -> float:
        """The mean of one metric."""
        return float(self.scores(policy, name)[0].mean())

    def warnings(self, policy: Policy, need_s: float) -> Warned:
        """What alerts of level prepare or higher were worth, when nobody acts on them."""
        events = hits = alerts = right = 0
        for judge, run in zip(self.judges, self.runs(policy, acting=False), strict=True):
            sent = run.alerts[run.alerts["level"] >= 2]
            gap = (judge.event_t[:, None] - sent["t"][None, :]) / 1e6
            claimed = (judge.event_sku[:, None] == sent["sku"][None, :]) & (gap > 0) & (gap <= judge.profile.horizon_s)
            events, alerts = events + len(gap), alerts + len(sent)
            hits += int((claimed & (gap >= need_s)).any(1).sum())
            right += int(claimed.any(0).sum())
        return Warned(hits / max(events, 1), alerts / len(self.judges), right / max(alerts, 1))


@dataclass(frozen=True)
class Warned:
    """in_time: share of stock-outs foreseen early enough. alerts: a show. right: share of alerts with a stock-out within H."""

    in_time: float
    alerts: float
    right: float


def shows(scenario: Scenario, replicates: int) -> Shows:
    """Draw the tapes, without spread: a lesson is about one thing at a time; judge the silent runs."""
    scenario = certain(scenario)
    stages = [set_stage(scenario, draw_tape(scenario, SEED, r)) for r in range(replicates)]
    return Shows(stages, [Judge(play(stage, make_policy("silent"))) for stage in stages])
