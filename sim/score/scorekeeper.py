"""What runs on one tape came to, where nothing rests on the silent run: units, shoppers, notices and money.

    keeper = Scorekeeper(run.tape, run.scenario, profile)
    figures = keeper.score(run, ("net", "oversold_units"))

:class:`~sim.score.cost.Judge` is one that knows the silent run as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from scenarios.contract import Scenario
from scenarios.setting import ScenarioError
from sim.core.run import ShowRun
from sim.core.tape import Tape
from sim.score.account import prices
from sim.score.metrics import METRICS, between
from sim.score.outcomes import requestable
from sim.score.profiles import PROFILES, Profile
from sim.score.stories import Stories, read_stories
from sim.score.whole import TapeScorer
from sim.words import _, no_such

AGAINST_SILENCE = between("risk_events", "nab") | {
    "avoidable_units", "missed_rate", "net_silent", "net_hindsight", "J", "J_silent", "skill",
}  # fmt: skip
"""Metrics that rest on the silent run of the same tape: its events, what it earned, what hindsight makes of it."""


class Scorekeeper:
    """Counts runs on a tape, and what they earned.

    tape: as it was drawn; a run's own may go on where its host improvised.
    """

    known = frozenset(METRICS) - AGAINST_SILENCE
    """Metrics it can tell."""

    def __init__(self, tape: Tape, scenario: Scenario, profile: Profile = PROFILES["balanced"]) -> None:
        self.tape, self.scenario, self.profile = tape, scenario, profile
        self.stories = read_stories(tape, scenario)
        self.prices = prices(profile, scenario, tape, self.stories)
        self._grown: tuple[Tape, Stories] | None = None

    @cached_property
    def scorer(self) -> TapeScorer:
        """The compiled pass over a run."""
        asked, event_sku, event_t = self._silence()
        could = requestable(self.scenario)
        return TapeScorer(self.scenario, self.prices, self.stories, asked, could, event_sku, event_t)

    def _silence(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Units hindsight asks for, int64 [sku]; SKU and time [us] of the silent run's events."""
        nothing = np.empty(0, np.int64)
        return np.zeros(len(self.scenario.skus), np.int64), nothing, nothing

    def rested(self) -> None:
        """Forget the last run, and the tape that it grew to."""
        self._grown = None
        self.__dict__.pop("scorer", None)

    def score(self, run: ShowRun, metrics: Sequence[str] | None = None) -> dict[str, float]:
        """Metrics of METRICS for one run on the tape: those asked for, else all that are known. A value does not depend on what
        else was asked for."""
        names = self.named(metrics)
        return dict(zip(names, self.table([run], names)[0].tolist(), strict=True))

    def table(self, runs: Sequence[ShowRun], metrics: Sequence[str] | None = None) -> np.ndarray:
        """The same for several runs at once, float64 [run, metric]: what is not counted run by run is told for all of them."""
        names = self.named(metrics)
        table = np.empty((len(runs), len(names)))
        own = [k for k, run in enumerate(runs) if self.on_own_tape(run)]
        if own:
            table[own] = self._figures([runs[k] for k in own], self.stories, names)
        for k in sorted(set(range(len(runs))).difference(own)):
            table[k] = self._figures([runs[k]], self.of_tape(runs[k]), names)
        return table

    def _figures(self, runs: Sequence[ShowRun], stories: Stories, names: Sequence[str]) -> np.ndarray:
        """``names`` for runs on one tape, float64 [run, metric]."""
        columns = self._columns(runs, stories)
        table = np.empty((len(names), len(runs)))
        for k, name in enumerate(names):
            table[k] = columns[name]
        return table.T

    def _columns(self, runs: Sequence[ShowRun], stories: Stories) -> dict[str, np.ndarray]:
        return self.scorer.columns(runs, stories)

    def named(self, metrics: Sequence[str] | None) -> tuple[str, ...]:
        """Names of metrics, all that are known without; ScenarioError for one that is none, or not known here."""
        names = tuple(m for m in METRICS if m in self.known) if metrics is None else tuple(metrics)
        for name in names:
            if name not in self.known:
                raise ScenarioError(no_such("metric", name, [m for m in METRICS if m in self.known]))
        return names

    def on_own_tape(self, run: ShowRun) -> bool:
        """Whether no improvised cue has lengthened the run's tape; another tape than the own is refused."""
        tape, own = run.tape, self.tape
        if tape is own:
            return True
        if tape.key != own.key or len(tape) < len(own):
            raise ValueError(
                _("the run of {name!r} is not on the judge's tape; judge it with its own silent run").format(name=run.policy.name)
            )
        return len(tape) == len(own)

    def of_tape(self, run: ShowRun) -> Stories:
        """The stories of the run's tape: its own, or read anew where it is longer; those of the last such are kept."""
        if self.on_own_tape(run):
            return self.stories
        if self._grown is None or self._grown[0] is not run.tape:
            self._grown = run.tape, read_stories(run.tape, run.scenario)
        return self._grown[1]
