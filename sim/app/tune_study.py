"""A search to be made, from plain arguments to records; how much it is, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sim.app.frame import Out, Task
from sim.app.plain import configuration
from sim.app.progress import Listener
from sim.app.ranges import varied
from sim.jobs.folder import versions
from sim.jobs.identity import own_files
from sim.jobs.paired_play import Note
from sim.jobs.plan import Plan
from sim.jobs.program import program
from sim.jobs.resume import probe
from sim.jobs.storage import trials_in
from sim.jobs.work_folder import PLAYED
from sim.report.pages.labels import spelt
from sim.report.text.layout import duration
from sim.score.cost import CORE
from sim.score.metrics import METRICS
from sim.score.profiles import LIMITS, Profile
from sim.setup.carried import carried_out
from sim.setup.choices import one_of
from sim.setup.design import Axis
from sim.setup.settings import SettingError
from sim.setup.settings_search import TuneSettings
from sim.setup.space import Candidate, Maker, Variant, families, make_worlds
from sim.study.search import BATCH, SearchPlan
from sim.study.tune import Judging
from sim.words import _, counted


@dataclass(frozen=True, eq=False)
class SearchTask:
    """A search to be made: everything in records."""

    worlds: list[Variant]
    makers: dict[str, Maker]
    space: dict[str, list[Axis]]
    profile: Profile
    plan: SearchPlan
    judging: Judging
    settings: TuneSettings
    task: Task

    @property
    def teams(self) -> list[Candidate]:
        """Every family as it stands."""
        return as_they_stand(self.makers)


def search_of(
    scenarios: Mapping[str, Any], policies: Any, vary: Mapping[str, Any], profile: Profile, s: TuneSettings, out: Out,
    command: Any, told: Listener,
) -> SearchTask:  # fmt: skip
    """Records; every fault is found here, before anything is played."""
    teams, axes, choices = varied(policies, vary)
    config = configuration(teams, choices)
    if not any(axis.key.split(".")[0] != "scenario" for axis in axes):
        raise SettingError(_("tune has nothing to search; give a range, as in strategy.units=interval(20,400)"))
    by_family = families(config, axes)
    idle = [family for family, (_maker, own) in by_family.items() if not own]
    if idle and len(by_family) > 1:
        by_family = {family: pair for family, pair in by_family.items() if pair[1]}
        told.note(_("not searched, for nothing of theirs varies: {names}").format(names=", ".join(idle)))
    worlds = make_worlds(scenarios, axes, "auto", s.world_points, s.seed, s.uncertain)
    for world in worlds:
        carried_out(teams, world.scenario)
    trials = -(-s.trials // BATCH) * BATCH  # all that are played count
    plan = SearchPlan(trials, s.replicates, s.seed, CORE, s.robust, s.alpha, _objectives(s.objectives),
                None if s.limits == "none" else LIMITS[s.limits], s.prune)  # fmt: skip
    judging = Judging(s.finalists, s.judging, s.confirm, s.delta, s.confidence)
    about = ("strategy", "gate", "operations", "options", "own")
    facts: dict[str, Any] = {"scenario": dict(scenarios), **{g: config[g] for g in about if g in config}}
    facts["score"] = asdict(profile)
    facts["varied"] = {a.key: a.spelt for a in axes}
    own = ("workers", "engine", "address", "out")
    facts |= {f.name: getattr(s, f.name) for f in fields(s) if f.name not in own} | {"trials": trials}
    facts |= {"program": program(), "versions": versions()}
    makers, space = {k: m for k, (m, _axes) in by_family.items()}, {k: own for k, (_maker, own) in by_family.items()}
    # What the settings do not say: all that a user's strategy is.
    facts["own_files"] = own_files(m.policy for m in as_they_stand(makers))
    facts[PLAYED] = Plan(worlds, as_they_stand(makers), s.replicates, s.seed, profile).digest()[:16]
    task = Task("tune", f"tune-{'+'.join(scenarios)}", facts, out, command, "tune")
    return SearchTask(worlds, makers, space, profile, plan, judging, s, task)


def as_they_stand(makers: Mapping[str, Maker]) -> list[Candidate]:
    """Every family as it stands."""
    return [maker.make({}, family) for family, maker in makers.items()]


def but_trials(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What decides every trial: not how many there are, so a search can be given more."""
    return {key: value for key, value in facts.items() if key != "trials"}


def _objectives(given: Any) -> tuple[str, ...]:
    if given is None:
        return ("J",)
    names = given if isinstance(given, list) else [given]
    if not names:
        raise SettingError(_("objectives= names none; give metrics to lower, as in [oversold_units,missed_gmv], or leave it out"))
    for k, name in enumerate(names):
        one_of("objectives", str(name), CORE)
        if METRICS[name].better == "high":
            raise SettingError(_("objectives are lowered, and {name} is better higher; choose another").format(name=name))
        if name in names[:k]:
            raise SettingError(_("objectives name {name} twice; give each once").format(name=name))
    return tuple(map(str, names))


def foreseen(study: SearchTask, database: Path, workers: int, note: Note) -> str:
    """How long it takes at most, from a short probe of every family as it stands; dropping settings early makes it shorter."""
    j, plan, n, teams = study.judging, study.plan, len(study.worlds), study.teams
    sample = Plan(study.worlds, teams, plan.shows, plan.seed, study.profile)
    done = trials_in(database, len(plan.objectives), note)
    batches = max(0, -(-(plan.trials - done) // BATCH))  # each may play the incumbent once more
    plays = batches * (BATCH + 1) * plan.shows + (j.finalists + 2 * len(teams)) * j.shows + (2 + n) * j.confirm
    seconds = probe(sample).seconds * plays * n / sample.runs / workers
    kept = _("{trials} kept; ").format(trials=counted("{n:,} trial", "{n:,} trials", done)) if done else ""
    return kept + _("at most about {time} on {workers}").format(
        time=duration(seconds), workers=counted("{n:,} worker", "{n:,} workers", workers)
    )


def announced(study: SearchTask) -> str:
    """What is to be done."""
    s, n = study.settings, len(study.worlds)
    names = ", ".join(w.name for w in study.worlds[:4]) + (", ..." if n > 4 else "")
    aim = f"J ({s.robust})" if study.plan.single else ", ".join(map(spelt, study.plan.objectives))
    ranges = sum(map(len, study.space.values()))
    text = _("{trials} over {ranges} of {families}, up to {n} shows each in {worlds}; lowered: {aim}; limits: {limits}")
    return text.format(
        trials=counted("{n:,} trial", "{n:,} trials", study.plan.trials),
        ranges=counted("{n:,} range", "{n:,} ranges", ranges),
        families=", ".join(study.space),
        n=s.replicates,
        worlds=names,
        aim=aim,
        limits=s.limits,
    )
