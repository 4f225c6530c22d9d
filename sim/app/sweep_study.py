"""A sweep to be played, from plain arguments to records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scenarios.registry import plain
from sim.app.frame import Out, Task
from sim.app.plain import configuration
from sim.app.ranges import varied
from sim.jobs.identity import own_files
from sim.jobs.plan import Plan
from sim.jobs.resume import identity
from sim.setup.carried import carried_out
from sim.setup.settings import SettingError
from sim.setup.settings_search import SweepSettings
from sim.setup.space import Candidate, make_candidates, make_worlds
from sim.setup.uncertain import asked
from sim.stats.selection import SelectionRules
from sim.words import _, counted


@dataclass(frozen=True, eq=False)
class Field:
    """A sweep to be played: everything in records."""

    plan: Plan
    settings: SweepSettings
    task: Task
    rules: SelectionRules | None


def field_of(
    scenarios: Mapping[str, Any], policies: Any, vary: Mapping[str, Any], profile: Any, s: SweepSettings, out: Out, command: Any
) -> Field:
    """Records; every fault is found here, before anything is played."""
    teams, axes, choices = varied(policies, vary)
    config = configuration(teams, choices)
    worlds = make_worlds(scenarios, axes, s.design, s.world_points, s.seed, s.uncertain)
    candidates = make_candidates(config, axes, s.design, s.points, s.seed)
    books = {c.policy.playbook: c.policy for c in candidates}
    for world in worlds:
        carried_out(books.values(), world.scenario)
    if len(worlds) * len(candidates) == 1:
        text = _(
            "sweep has nothing to compare; give a range{example}, or several strategies or scenarios; one setting as it "
            "stands is for stockcue rehearse"
        )
        raise SettingError(text.format(example=_example(candidates[0])))
    plan = Plan(worlds, candidates, s.replicates, s.seed, profile)
    rules = _rules(s, len(worlds), len(candidates))
    about: dict[str, Any] = {"scenario": {name: plain(asked(values, False)[0]) for name, values in scenarios.items()}}
    about["uncertain"] = s.uncertain
    about |= {g: config[g] for g in ("strategy", "gate", "operations", "options", "own") if g in config}
    about["score"] = asdict(profile)
    about["varied"] = {a.key: a.spelt for a in axes}
    about |= {key: getattr(s, key) for key in ("design", "points", "world_points")}
    about["select"] = asdict(rules) if rules else "none"
    about |= {"shock": s.shock} if s.shock else {}
    about["own_files"] = own_files(c.policy for c in candidates)
    shows = "+".join(scenarios) if len(scenarios) < 4 else f"{len(scenarios)}-scenarios"
    more = {"seed": plan.seed, "replicates": plan.replicates}
    return Field(plan, s, Task("sweep", f"sweep-{shows}", identity(plan, about), out, command, "sweep", more), rules)


def announced(plan: Plan) -> str:
    """How much is to be played. It counts the runs of candidates; the silent baseline of every tape comes on top."""
    families = len({c.family for c in plan.candidates})
    parts = [
        counted("{n:,} candidate", "{n:,} candidates", len(plan.candidates)),
        counted("{n:,} world", "{n:,} worlds", len(plan.worlds)),
        counted("{n:,} show", "{n:,} shows", plan.replicates),
    ]
    text = _("{parts} = {n:,} runs ({families})")
    return text.format(parts=" x ".join(parts), n=plan.runs, families=counted("{n:,} strategy", "{n:,} strategies", families))


def _example(candidate: Candidate) -> str:
    """A range its strategy could take, in words: around its default, within its bounds."""
    for p in candidate.policy.strategy.params:
        low, high = max(p.low, p.default / 2), min(p.high, 2 * p.default)
        if low < high and not p.whole:
            return _(", as in strategy.{name}=interval({low:g},{high:g})").format(name=p.name, low=low, high=high)
    return ""


def _rules(s: SweepSettings, worlds: int, candidates: int) -> SelectionRules | None:
    """How a race is run. Its budget counts candidate x show, the user's counts runs, which every world has."""
    if s.select == "none":
        idle = [name for name in ("first", "budget") if getattr(s, name) != getattr(SweepSettings(), name)]
        if idle:
            raise SettingError(_("{name}= is for select=kn alone; give both, or leave it out").format(name=idle[0]))
        return None
    if s.replicates < 3:
        raise SettingError(_("select=kn needs replicates of 3 or more, not {n}").format(n=s.replicates))
    first = min(s.first, s.replicates)
    if s.budget and worlds * candidates * first > s.budget:
        text = _(
            "budget={budget} does not pay for the first {first} shows of {candidates} candidates in {worlds} worlds, "
            "{runs:,} runs; raise it, or lower first="
        )
        runs = worlds * candidates * first
        raise SettingError(text.format(budget=s.budget, first=first, candidates=candidates, worlds=worlds, runs=runs))
    if not s.delta:
        raise SettingError(_("select=kn needs delta: a difference in J too small to matter, as in delta=500 [CNY a show]"))
    return SelectionRules(s.delta, s.confidence, first, most=s.replicates, budget=s.budget // worlds, shock=s.shock)
