"""From a sweep's configuration to its run folder: the estimate before, the progress, the report."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scenarios.registry import load, names, plain
from sim.app import decision as deciding
from sim.app.progress import Progress
from sim.jobs.folder import config_hash, out_folder, run_folder, write_manifest, write_table
from sim.jobs.identity import own_files
from sim.jobs.parts import Parts, discard, opened
from sim.jobs.plan import Plan
from sim.jobs.pool import at_once, pool
from sim.jobs.resume import Estimate, gather, identity, probe, refuse_too_large, size
from sim.jobs.work_folder import begun, finished, holds
from sim.report.text import ranking
from sim.report.text.layout import count, duration
from sim.setup.assumptions import assumption_table, summary
from sim.setup.choices import profile_from
from sim.setup.design import Axis
from sim.setup.settings import SettingError, settle
from sim.setup.settings_search import Sweep
from sim.setup.space import Candidate, make_candidates, make_worlds
from sim.setup.uncertain import asked
from sim.stats.selection import Rules
from sim.study.decide import Decision, Trials, decide, of_table
from sim.study.race import of_race, race, rerun
from sim.study.standing import settings_table

GROUPS = ("scenario", "strategy", "gate", "operations", "score", "options")
TABLE = "trials.parquet"
HUGE = 10**8
"""Runs above which the disk is looked at before anything else."""


@dataclass(frozen=True, eq=False)
class Study:
    """A sweep to be played: everything in records. ``facts``: all that decides its table, by setting."""

    plan: Plan
    settings: Sweep
    final: Path
    facts: Mapping[str, Any]
    words: Sequence[str]
    rules: Rules | None = None


def study_from(config: Mapping[str, Any], scenarios: Mapping[str, Any], axes: Sequence[Axis], words: Sequence[str]) -> Study:
    """Records from the composed configuration; every fault is found here, before anything is played."""
    s = settle(Sweep, {key: value for key, value in config.items() if key not in GROUPS}, "sweep")
    profile = profile_from(config["score"])
    worlds = make_worlds(scenarios, axes, s.design, s.world_points, s.seed, s.uncertain)
    candidates = make_candidates(config, axes, s.design, s.points, s.seed)
    if len(worlds) * len(candidates) == 1:
        raise SettingError(f"sweep has nothing to compare; give a range{_example(candidates[0])}, or several strategies or "
                           "scenarios; one setting as it stands is for stockcue rehearse")  # fmt: skip
    plan = Plan(worlds, candidates, s.replicates, s.seed, profile)
    described: dict[str, Any] = {"scenario": {name: plain(asked(values, False)[0]) for name, values in scenarios.items()}}
    described["uncertain"] = s.uncertain
    described |= {g: config[g] for g in ("strategy", "gate", "operations", "options")}
    described["score"] = asdict(profile)
    described["varied"] = {a.key: a.spelt for a in axes}
    described |= {key: getattr(s, key) for key in ("design", "points", "world_points")}
    rules = _rules(s, len(worlds), len(candidates))
    described["select"] = asdict(rules) if rules else "none"
    described["own_files"] = own_files(c.policy for c in candidates)
    facts = identity(plan, described)
    shows = "+".join(scenarios) if len(scenarios) < 4 else f"{len(scenarios)}-scenarios"
    return Study(plan, s, out_folder(s.out, f"runs/sweep-{shows}-{config_hash(facts)}"), facts, words, rules)


def _example(candidate: Candidate) -> str:
    """A range its strategy could take, in words: around its default, within its bounds."""
    for p in candidate.policy.strategy.params:
        low, high = max(p.low, p.default / 2), min(p.high, 2 * p.default)
        if low < high and not p.whole:
            return f", as in strategy.{p.name}=interval({low:g},{high:g})"
    return ""


def _rules(s: Sweep, worlds: int, candidates: int) -> Rules | None:
    """How a race is run. Its budget counts candidate x show, the user's counts runs, which every world has."""
    if s.select == "none":
        idle = [name for name in ("first", "budget", "shock") if getattr(s, name) != getattr(Sweep(), name)]
        if idle:
            raise SettingError(f"{idle[0]}= is for select=kn alone; give both, or leave it out")
        return None
    if s.replicates < 3:
        raise SettingError(f"select=kn needs replicates of 3 or more, not {s.replicates}")
    first = min(s.first, s.replicates)
    if s.budget and worlds * candidates * first > s.budget:
        raise SettingError(
            f"budget={s.budget} does not pay for the first {first} shows of {candidates} candidates in {worlds} worlds, "
            f"{worlds * candidates * first:,} runs; raise it, or lower first="
        )
    if not s.delta:
        raise SettingError("select=kn needs delta: a difference in J too small to matter, as in delta=500 [CNY a show]")
    return Rules(s.delta, s.confidence, first, most=s.replicates, budget=s.budget // worlds, shock=s.shock)


def sweep_and_report(config: Mapping[str, Any], scenarios: Mapping[str, Any], axes: Sequence[Axis], words: Sequence[str]) -> Path:
    """Estimate, play what is missing, rank, and leave a run folder: whole or not at all, and nothing played is lost."""
    began = time.monotonic()
    study = study_from(config, scenarios, axes, words)
    final, s = study.final, study.settings
    if finished(final, "sweep", study.facts, TABLE):
        print(f"{announced(study)}: finished before, nothing is left to play")
        return _report(study, lambda path: _again(final / TABLE, path), began)
    if study.plan.runs > HUGE:  # a byte a figure at least: no need to lay out the chunks of what no disk holds
        refuse_too_large(float(study.plan.runs * len(study.plan.metrics)), final)
    if study.rules:
        return _race(study, study.rules, began)
    with pool(s.engine, s.address, s.workers) as crew, opened(final, study.plan, study.facts) as parts:
        _announce(study, parts, at_once(s.engine, crew.workers))

        def fill(path: Path) -> int:
            with Progress("runs") as progress:
                return gather(parts, crew, progress, path, progress.note)

        made = _report(study, fill, began)
        discard(parts)
        return made


def _race(study: Study, rules: Rules, began: float) -> Path:
    """The same, with more shows where the decision is open."""
    s, final = study.settings, study.final
    with pool(s.engine, s.address, s.workers) as crew, begun(final, "sweep", study.facts, holds("round-*/part-*")) as folder:
        expected = probe(study.plan)
        refuse_too_large(expected.table + expected.parts, final)
        first = rules.first / study.plan.replicates
        ahead = foreseen(expected, first, at_once(s.engine, crew.workers))
        print(f"at most {announced(study)}; first {rules.first} shows each: {ahead}", flush=True)

        def fill(path: Path) -> int:
            with Progress("runs") as progress:
                return race(folder, study.plan, rules, crew, progress, path, progress.note)

        made = _report(study, fill, began)
        for place in folder.glob("round-*"):
            shutil.rmtree(place)
        return made


def _announce(study: Study, parts: Parts, workers: int) -> None:
    """Say what is to come, from a short probe; refuse what the disk cannot hold."""
    missing, _ = parts.missing()
    left = sum(chunk.runs for chunk in missing)
    expected = probe(study.plan)
    refuse_too_large(expected.table + expected.parts * len(missing) / len(parts.chunks), study.final)
    before = f", {study.plan.runs - left:,} of them played before" if left < study.plan.runs else ""
    print(f"{announced(study)}{before}; {foreseen(expected, left / study.plan.runs, workers)}", flush=True)


def announced(study: Study) -> str:
    """How much is to be played.

    It counts the runs of candidates; the silent baseline of every tape comes on top.
    """
    plan = study.plan
    families = len({c.family for c in plan.candidates})
    parts = [count(len(plan.candidates), "candidate"), count(len(plan.worlds), "world"), count(plan.replicates, "show")]
    return f"{' x '.join(parts)} = {plan.runs:,} runs ({count(families, 'strategy', 'strategies')})"


def foreseen(expected: Estimate, left: float, workers: int) -> str:
    """What the share ``left`` of a sweep will take, in words."""
    seconds = expected.seconds * left / workers
    return (
        f"about {duration(seconds)} on {count(workers, 'worker')}, at most {size(expected.table)} on disk when done and "
        f"{size(expected.parts)} more until then"
    )


def _again(table: Path, path: Path) -> int:
    """The finished table once more, without copying it where the file system can."""
    try:
        os.link(table, path)
    except OSError:
        shutil.copyfile(table, path)
    return 0


def _report(study: Study, fill: Any, began: float) -> Path:
    """The run folder: ``fill`` writes the table into it, everything else is read off the table."""
    plan, final = study.plan, study.final
    with run_folder(final, "sweep") as folder:
        damaged = fill(folder / TABLE)
        candidates, worlds = settings_table(plan)
        write_table(candidates, folder / "candidates.parquet")
        write_table(worlds, folder / "worlds.parquet")
        assumed = assumptions_of(plan)
        assumed.to_csv(folder / "assumptions.csv", index=False)
        raced = study.rules is not None
        standing = None if raced else ranking.Ranking(folder / TABLE, plan)
        trials = of_race(folder / TABLE, plan) if raced else of_table(folder / TABLE, plan)
        print(f"\n{standing.printed()}\n" if standing else "", flush=True)
        decision = decided_by(study, trials) if plan.replicates > 1 else None
        if decision:
            print(f"{deciding.printed(decision)}\n", flush=True)
        decided = deciding.sections(trials, decision, folder) if decision else []
        (folder / "report.md").write_text(_text(study, standing, decided, summary(assumed)), encoding="utf-8")
        facts = {"command": ["stockcue", "sweep", *study.words], "sweep": study.facts, "config_hash": config_hash(study.facts)}
        write_manifest(folder, facts | {"seed": plan.seed, "replicates": plan.replicates})
    if damaged:
        print(f"damaged parts that were played again: {damaged}", file=sys.stderr)
    print(f"run folder: {final} (every run: {TABLE}, what was varied: candidates.parquet, words: report.md)", flush=True)
    print(f"done in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return final


def decided_by(study: Study, trials: Trials) -> Decision:
    """The decision, by the race where there was one."""
    s = study.settings
    return decide(trials, s.delta, s.confidence, rerun(trials, study.rules) if study.rules else None)


def assumptions_of(plan: Plan) -> Any:
    """What the sweep rests on: the settings of its first world and of one candidate a family."""
    scenario = plan.worlds[0].scenario
    preset = load(scenario.name) if scenario.name in names() else None
    one = {c.family: replace(c.policy, label=c.family) for c in reversed(plan.candidates)}
    return assumption_table(scenario, preset, list(one.values())[::-1], plan.profile)


def _text(study: Study, standing: ranking.Ranking | None, decided: Sequence[str], assumed: str) -> str:
    """``report.md``."""
    plan = study.plan
    ranked = [standing.in_markdown()] if standing else []
    if standing and not decided:
        best = ranking.chosen(plan, standing.leaders[0])
        ranked.append("\n".join(["## The leaders' settings", "", *ranking.markdown(["candidate", "settings"], best)]))
    parts = [
        "# Sweep",
        f"{announced(study)}, seed {plan.seed}. To repeat it: `{shlex.join(['stockcue', 'sweep', *study.words])}`",
        *decided,
        *ranked,
        f"## What this rests on\n\n{assumed}, counted in the first world with one candidate of every family; each is listed with "
        "its source in `assumptions.csv`.",
        f"## What the columns mean\n\n{ranking.tables.glossary()}",
        f"`{TABLE}` has one row per world, candidate and replicate; `candidates.parquet` and `worlds.parquet` say what they "
        "stand for; `manifest.json` holds versions, settings and checksums.",
    ]
    return "\n\n".join(parts) + "\n"
