"""Search mixed settings of several strategy families with Optuna, on search seeds only.

Trials are asked for in batches of fixed size and played on shared tapes, in rounds of ever more shows; a setting that is
clearly worse than the incumbent in every scenario is dropped between rounds, by paired differences. Mean costs decide, not
medians: an oversell is rare and dear, and a rank test (Optuna's WilcoxonPruner) would not see it coming.

The study lives in a database. The sampler is seeded anew for each trial by its number, and a trial that was
interrupted is played again, so that a search that was killed goes on as if it had not been.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.jobs.paired_play import Play
from sim.score.profiles import Limits, met
from sim.setup.design import Axis
from sim.setup.space import Candidate
from sim.stats.robust import clearly_worse, merit
from sim.words import _

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import Trial

BATCH = 8
"""Trials asked for at once. Part of the search's definition: it must not depend on the number of workers."""
FIRST_SHOWS = 16
"""Shows of the first round; every further round doubles them."""
DROP_LEVEL = 0.98
"""Two-sided level of the intervals that drop a setting: 1 % to drop one that is not worse, a round and scenario."""
FAMILY, SHOWS, COSTS = "family", "shows", "costs"

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class SearchPlan:
    """What is searched for, and how long. objectives: metrics to lower, ("J",) for one figure. robust, alpha: see ``robust``."""

    trials: int
    shows: int
    seed: int
    metrics: tuple[str, ...]
    robust: str = "mean"
    alpha: float = 0.2
    objectives: tuple[str, ...] = ("J",)
    limits: Limits | None = None
    prune: bool = True

    @property
    def single(self) -> bool:
        """Whether one figure, J made robust, is lowered."""
        return self.objectives == ("J",)


@dataclass(frozen=True, eq=False)
class FinishedTrial:
    """One finished trial: value per objective, mean J per scenario (of a dropped one estimated by its difference to the
    incumbent), shows it got, and by how much it breaks each limit in its worst scenario (0 or less: kept)."""

    number: int
    candidate: Candidate
    values: tuple[float, ...]
    costs: tuple[float, ...]
    shows: int
    excess: dict[str, float]

    @property
    def feasible(self) -> bool:
        """Whether all limits hold on the search seeds (point values)."""
        return all(v <= 0 for v in self.excess.values())


@dataclass(eq=False)
class Searcher:
    """A search in progress. ``space``: axes by family. ``make``: a candidate from family, settings and a name."""

    study: Study
    space: Mapping[str, Sequence[Axis]]
    make: Callable[[str, Settings, str], Candidate]
    play: Play
    plan: SearchPlan
    played: dict[int, np.ndarray] = field(default_factory=dict)

    def run(self, starts: Sequence[tuple[str, Settings]], tell: Callable[[int, int, str], None]) -> list[FinishedTrial]:
        """Go on until ``plan.trials`` are done; ``starts``: settings to try first, such as the defaults."""
        # Those that a search killed at its very beginning did not come to.
        begun = sum("fixed_params" in t.system_attrs for t in self.study.get_trials(deepcopy=False))
        for family, settings in starts[begun:]:
            self.study.enqueue_trial({FAMILY: family, **settings})
        done = self.finished()
        while len(done) < self.plan.trials:
            self._batch(done)
            done = self.finished()
            best = self.incumbent(self.valued(done))
            what = "" if best.feasible else _(" (breaks limits)")
            text = _("best so far {name}, {objective} {value:,.6g}{limits}")
            sentence = text.format(name=best.candidate.name, objective=self.plan.objectives[0], value=best.values[0], limits=what)
            tell(min(len(done), self.plan.trials), self.plan.trials, sentence)
        return self.valued(done[: self.plan.trials])

    def finished(self) -> list[FinishedTrial]:
        """All finished trials, by number, with the values they were told with."""
        from optuna.trial import TrialState

        done = []
        for t in self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            candidate = self._made(t.params, t.number)
            costs, shows = tuple(t.user_attrs[COSTS]), t.user_attrs[SHOWS]
            done.append(FinishedTrial(t.number, candidate, tuple(t.values), costs, shows, dict(t.user_attrs["excess"])))
        return sorted(done, key=lambda t: t.number)

    def valued(self, done: Sequence[FinishedTrial]) -> list[FinishedTrial]:
        """The same trials; regret is measured against the best cost of each scenario among them, so it is never below 0."""
        if not self.plan.single or self.plan.robust != "regret" or not done:
            return list(done)
        reference = np.min([t.costs for t in done], axis=0)
        return [replace(t, values=(float((np.array(t.costs) - reference).max()),)) for t in done]

    def incumbent(self, done: Sequence[FinishedTrial]) -> FinishedTrial:
        """The best so far: fewest broken limits first, then the first objective; among equals the earlier."""
        whole = [t for t in done if t.shows == self.plan.shows] or list(done)
        return min(whole, key=lambda t: (sum(max(0.0, v) for v in t.excess.values()), t.values[0], t.number))

    def _batch(self, done: Sequence[FinishedTrial]) -> None:
        """Ask for (or take up again) the trials of one batch, play them, tell."""
        from optuna.trial import Trial, TrialState

        first = len(self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) // BATCH * BATCH
        before = self.valued([t for t in done if t.number < first])
        open_trials = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        last = max([t.number for t in done] + [t.number for t in open_trials], default=-1)
        trials = []
        for t in sorted(open_trials, key=lambda t: int(t.number)):
            self._seed(t.number)
            trials.append(Trial(self.study, t._trial_id))
        for number in range(max(last + 1, first), first + BATCH):
            self._seed(number)
            trials.append(self.study.ask())
        candidates = [self._candidate(t) for t in trials]
        best = self.incumbent(before) if before else None
        rows = self._rounds(candidates, best)
        costs = [self._scenario_costs(r, best) for r in rows]
        known = [*costs, *(np.array(t.costs) for t in done)]
        for trial, row, cost in zip(trials, rows, costs, strict=True):
            self._tell(trial, row, cost, np.min(known, axis=0))

    def _seed(self, number: int) -> None:
        from optuna.samplers import TPESampler

        startup = max(2 * BATCH, 4 * len(self.space))
        single = len(self.plan.objectives) == 1
        self.study.sampler = TPESampler(seed=self.plan.seed * 100_003 + number, multivariate=single, group=single,
                                        n_startup_trials=startup)  # fmt: skip

    def _candidate(self, trial: Trial) -> Candidate:
        family = trial.suggest_categorical(FAMILY, list(self.space))
        for axis in self.space[family]:
            suggest(trial, axis)
        return self._made(trial.params, trial.number)

    def _made(self, params: Mapping[str, Any], number: int) -> Candidate:
        family = params[FAMILY]
        settings = {axis.key: typed_in(params[axis.key]) for axis in self.space[family]}
        return self.make(family, settings, name_of(family, number))

    def _rounds(self, candidates: Sequence[Candidate], best: FinishedTrial | None) -> list[np.ndarray]:
        """Values of every candidate, float64 [world, replicate, metric]; dropped ones have fewer replicates."""
        plan, alive = self.plan, list(range(len(candidates)))
        rows: list[np.ndarray] = []
        shows = 0
        while shows < plan.shows and alive:
            upto = min(plan.shows, max(FIRST_SHOWS, 2 * shows))
            more = self.play([candidates[k] for k in alive], range(shows, upto))
            if not rows:
                rows = [more[:, :, k] for k in range(len(candidates))]
            else:
                for n, k in enumerate(alive):
                    rows[k] = np.concatenate([rows[k], more[:, :, n]], axis=1)
            shows = upto
            if best is not None and plan.prune and plan.single and plan.robust != "cvar" and best.feasible:
                his = self._costs(best)[:, :shows]
                alive = [k for k in alive if not clearly_worse(self._j(rows[k]), his, DROP_LEVEL)]
        return rows

    def _j(self, rows: np.ndarray) -> np.ndarray:
        return rows[..., self.plan.metrics.index("J")]

    def _costs(self, best: FinishedTrial) -> np.ndarray:
        """J of the incumbent on every search show, float64 [world, replicate]; played again where a search was resumed."""
        if best.number not in self.played:
            self.played = {best.number: self._j(self.play([best.candidate], range(self.plan.shows))[:, :, 0])}
        return self.played[best.number]

    def _scenario_costs(self, rows: np.ndarray, best: FinishedTrial | None) -> np.ndarray:
        """Mean J per world, float64 [world]; of a dropped candidate the incumbent's plus what it costs more on its shows."""
        own, shows = self._j(rows), rows.shape[1]
        if shows == self.plan.shows or best is None:
            return own.mean(1)
        his = self._costs(best)
        return his.mean(1) + (own - his[:, :shows]).mean(1)

    def _tell(self, trial: Trial, rows: np.ndarray, costs: np.ndarray, reference: np.ndarray) -> None:
        """costs: mean J per world; reference: the best known."""
        plan = self.plan
        values: tuple[float, ...]
        if plan.single and plan.robust == "cvar":
            values = (merit(self._j(rows), plan.robust, plan.alpha),)
        elif plan.single:
            values = (merit(costs[:, None], plan.robust, reference=reference),)
        else:
            values = tuple(float(rows[..., plan.metrics.index(name)].mean()) for name in plan.objectives)
        excess = broken(rows, plan.metrics, plan.limits)
        for name, value in excess.items():
            trial.set_constraint(name, value)
        trial.set_user_attr("excess", excess)
        trial.set_user_attr(SHOWS, rows.shape[1])
        trial.set_user_attr(COSTS, costs.tolist())
        self.study.tell(trial, values)


def name_of(family: str, number: int) -> str:
    """What tables call the candidate of one trial.

    >>> name_of("smart", 7)
    'smart#007'
    """
    return f"{family}#{number:03d}"


def typed_in(value: Any) -> Any:
    """A setting as short as a person would type it: six digits are as good as any.

    >>> typed_in(51.51989281030314), typed_in(30)
    (51.5199, 30)
    """
    return float(f"{value:.6g}") if isinstance(value, float) else value


def suggest(trial: Trial, axis: Axis) -> None:
    """Ask for one value of an axis."""
    low, high = axis.low, axis.high
    if axis.values or low is None or high is None:
        trial.suggest_categorical(axis.key, list(axis.values))
    elif axis.whole:
        trial.suggest_int(axis.key, int(low), int(high), log=axis.log)
    else:
        trial.suggest_float(axis.key, low, high, log=axis.log)


def broken(rows: np.ndarray, metrics: Sequence[str], limits: Limits | None) -> dict[str, float]:
    """By how much each limit is broken in the worst world, in units of the limit itself; 0 or less where it is kept.

    rows: float64 [world, replicate, metric].
    """
    if limits is None:
        return {}
    excess: dict[str, float] = {}
    for world in rows:
        held = met({name: world[:, k] for k, name in enumerate(metrics)}, limits)
        for name, (value, limit, _good) in held.items():
            over = float((value - limit) / max(limit, 1e-9))
            excess[name] = max(excess.get(name, -np.inf), np.inf if np.isnan(over) else over)
    return excess


def edge(axis: Axis, value: Any) -> str:
    """Which end of its range a value lies at, within 2 % of it: "lower", "upper" or "".

    >>> edge(Axis("gate.keep_s", 0.0, 100.0), 99.0), edge(Axis("gate.keep_s", 1.0, 100.0, log=True), 10.0)
    ('upper', '')
    """
    if axis.values or axis.low is None or axis.high is None:
        return ""
    scale = math.log if axis.log else float
    u = (scale(value) - scale(axis.low)) / (scale(axis.high) - scale(axis.low))
    return "lower" if u < 0.02 else "upper" if u > 0.98 else ""
