"""From ranges of settings to which of them matters: estimate before, progress, table, chart, run folder."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.app.progress import Progress
from sim.jobs.cache import WORTH, Kept
from sim.jobs.evaluate import warm
from sim.jobs.folder import config_hash, out_folder, run_folder, versions, write_manifest, write_table
from sim.jobs.identity import own_files
from sim.jobs.plan import Chunk, Plan
from sim.jobs.pool import Pool, at_once, pool, steady
from sim.jobs.program import program
from sim.jobs.resume import probe
from sim.jobs.work_folder import PLAYED, begun, finished, holds
from sim.report.figures.sensitivity import chart
from sim.report.text.layout import aligned, count, duration, markdown, number
from sim.score.cost import CORE
from sim.score.profiles import Profile
from sim.setup.choices import profile_from
from sim.setup.design import Axis, Value
from sim.setup.settings import SettingError, settle
from sim.setup.settings_search import Sensitivity
from sim.setup.space import Maker, families, make_worlds, world_of
from sim.stats.sensitivity import Index, sobol

GROUPS = ("scenario", "strategy", "gate", "operations", "score", "options")
HEAD = ("setting", "first order", "interval", "total", "interval")
TABLE = "sensitivity.parquet"
SCENARIO = "scenario."
"""What the key of a setting of the world begins with."""
NET = CORE.index("net")
BLOCK = 64
"""Settings that are played, and kept, together, at most; a power of two, as their number is."""


@dataclass(frozen=True, eq=False)
class Study:
    """What is to be compared: everything in records."""

    scenario: str
    values: Any
    family: str
    maker: Maker
    axes: Sequence[Axis]
    profile: Profile
    settings: Sensitivity

    @property
    def points(self) -> int:
        """Settings of the whole design."""
        return self.settings.points * (len(self.axes) + 2)

    @property
    def block(self) -> int:
        """Settings that are played together."""
        return min(BLOCK, self.settings.points)

    @property
    def runs(self) -> int:
        """Runs of the whole design."""
        return self.points * self.settings.replicates

    @property
    def one_world(self) -> bool:
        """Whether all settings meet the same tapes, for nothing of the scenario varies."""
        return not any(axis.key.startswith(SCENARIO) for axis in self.axes)

    def plan(self, settings: Sequence[dict[str, Value]]) -> Plan:
        """Setting k is candidate k, in world k or in the one world there is."""
        s = self.settings
        outer = [{k: v for k, v in one.items() if k.startswith(SCENARIO)} for one in settings]
        worlds = [world_of(self.scenario, self.values, one) for one in outer[: 1 if self.one_world else None]]
        inner = [{k: v for k, v in one.items() if not k.startswith(SCENARIO)} for one in settings]
        made = [self.maker.make(one, self.family) for one in inner]
        return Plan(worlds, made, s.replicates, s.seed, self.profile, CORE)


def study_from(config: Mapping[str, Any], scenarios: Mapping[str, Any], axes: Sequence[Axis]) -> Study:
    """Records from the composed configuration; every fault is found here, before anything is played."""
    s = settle(Sensitivity, {key: value for key, value in config.items() if key not in GROUPS}, "sensitivity")
    if len(config["strategy"]) != 1 or len(scenarios) != 1:
        raise SettingError("sensitivity takes one strategy and one scenario; choose with strategy= and scenario=")
    if s.points & (s.points - 1):
        raise SettingError(f"points must be a power of two, not {s.points}; take {1 << s.points.bit_length()}")
    make_worlds(scenarios, axes, "auto", 1, s.seed)  # refuses what cannot be varied
    (family, (maker, _)), (name, values) = next(iter(families(config, axes).items())), next(iter(scenarios.items()))
    if len(axes) < 2:
        raise SettingError("sensitivity compares settings; give at least two ranges, as in strategy.units=interval(20,400)")
    return Study(name, values, family, maker, axes, profile_from(config["score"]), s)


def facts_of(study: Study, config: Mapping[str, Any], scenarios: Mapping[str, Any]) -> dict[str, Any]:
    """All that decides the result."""
    facts = {"scenario": dict(scenarios), **{g: config[g] for g in ("strategy", "gate", "operations")}}
    facts |= {"score": asdict(study.profile), "varied": {a.key: a.spelt for a in study.axes}}
    facts |= {key: getattr(study.settings, key) for key in ("points", "replicates", "seed")}
    lowest = study.plan([{axis.key: axis.at(0.0) for axis in study.axes}])
    facts["own_files"] = own_files(c.policy for c in lowest.candidates)
    return facts | {PLAYED: lowest.digest()[:16], "program": program(), "versions": versions()}


def matter_and_report(
    config: Mapping[str, Any], scenarios: Mapping[str, Any], axes: Sequence[Axis], words: Sequence[str]
) -> Path:
    """Evaluate the design, print the table, and leave a run folder, whole or not at all. What was played is kept when it is
    interrupted."""
    began = time.monotonic()
    study = study_from(config, scenarios, axes)
    s, facts = study.settings, facts_of(study, config, scenarios)
    final = out_folder(s.out, f"runs/sensitivity-{study.scenario}-{config_hash(facts)}")
    announced = f"{study.points:,} settings x {s.replicates} shows = {study.runs:,} runs"
    if finished(final, "sensitivity", facts, TABLE):
        print(f"{announced}: finished before, nothing is left to play; see {final / 'report.md'}")
        return final
    with pool("local", "", s.workers) as hands, begun(final, "sensitivity", facts, holds(WORTH)) as folder:
        kept = Kept(folder)
        before = min(study.runs, len(kept) * study.block * s.replicates)
        print(f"{announced}; {_foreseen(study, before, at_once('local', hands.workers))}", flush=True)
        with Progress("runs") as progress:
            found = sobol(axes, _played(study, hands, kept, before, progress), s.points, s.seed)
        _report(study, found, final, facts, words)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\nrun folder: {final}", flush=True)
    print(f"done in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return final


def _foreseen(study: Study, before: int, workers: int) -> str:
    """How long it takes, from a short probe of settings from low to high. before: runs that are kept."""

    def each(*some: float) -> float:
        plan = study.plan([{axis.key: axis.at(u) for axis in study.axes} for u in some])
        return probe(plan).seconds / plan.runs

    run = (
        each(*np.linspace(0, 1, study.block).tolist()) if study.one_world else float(np.mean([each(u) for u in (0.0, 0.5, 1.0)]))
    )
    kept = f"{before:,} runs kept; " if before else ""
    return f"{kept}about {duration(run * (study.runs - before) / workers)} on {count(workers, 'worker')}"


def _played(study: Study, hands: Pool, kept: Kept, done: int, progress: Progress) -> Any:
    """Settings to their net on every show, float64 [show, setting], kept in blocks. done: runs that are kept already."""
    replicates = study.settings.replicates

    def block(plan: Plan) -> np.ndarray:
        nonlocal done
        n = len(plan.candidates)
        warm(plan.candidates[k].policy for k in (0, -1))
        if study.one_world:  # each tape is drawn once
            chunks = [Chunk(k, 0, k, k + 1, 0, n) for k in range(replicates)]
        else:  # pairs are played, not all in all
            chunks = [Chunk(k, k, 0, replicates, k, k + 1) for k in range(n)]
        made = np.empty((replicates, n))
        for chunk, rows in steady(hands, plan, chunks, progress.note):
            made[chunk.start : chunk.stop, chunk.first : chunk.last] = rows[:, NET].reshape(chunk.stop - chunk.start, -1)
            done = min(study.runs, done + chunk.runs)
            progress(done, study.runs, "")
        return made

    def evaluate(settings: Sequence[dict[str, Value]]) -> np.ndarray:
        made = []
        progress(done, study.runs, "")
        for k in range(0, len(settings), study.block):
            plan = study.plan(settings[k : k + study.block])
            made.append(kept(plan.digest()[:24], lambda plan=plan: block(plan)))
        return np.concatenate(made, axis=1)

    return evaluate


def _report(study: Study, found: Sequence[Index], final: Path, facts: Mapping[str, Any], words: Sequence[str]) -> None:
    """Table and sentence, printed and in the run folder."""
    import pandas as pd

    from sim.app.pictures import save

    print("\n" + "\n".join(aligned([HEAD, *_rows(found)], (1, 3))) + "\n\n" + said(found), flush=True)
    with run_folder(final, "sensitivity") as folder:
        write_table(pd.DataFrame([asdict(i) for i in found]), folder / TABLE)
        title = f"What net depends on: {study.family} in {study.scenario}, {study.settings.replicates} shows a setting"
        save(chart(found, title), folder / "sensitivity.png")
        again = shlex.join(["stockcue", "sensitivity", *words])
        text = [f"# {title}", f"To repeat it: `{again}`", "\n".join(markdown(HEAD, _rows(found), (1, 3))), said(found),
                "![sensitivity](sensitivity.png)",
                "First order: share of the variance of the mean net, over the ranges given, that goes once the setting is known. "
                "Total: share that stays as long as it alone is not. A total well above the first order means that it acts "
                "together with others. Intervals: 95 %, from shows and points drawn again."]  # fmt: skip
        (folder / "report.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
        noted = {"command": ["stockcue", "sensitivity", *words], "sensitivity": facts, "config_hash": config_hash(facts)}
        write_manifest(folder, noted)


def _rows(found: Sequence[Index]) -> list[list[str]]:
    return [
        [i.key, number(i.first, 2), f"[{number(i.first_low, 2)}, {number(i.first_high, 2)}]", number(i.total, 2),
         f"[{number(i.total_low, 2)}, {number(i.total_high, 2)}]"]
        for i in found
    ]  # fmt: skip


def said(found: Sequence[Index]) -> str:
    """The table in words."""
    idle = [i.key for i in found if i.total_high < 0.05]
    if len(idle) == len(found):
        return "None of these settings matters over these ranges."
    first = found[0]
    low, high = (100 * max(0.0, min(1.0, x)) for x in (first.total_low, first.total_high))
    share = f"{100 * max(0.0, min(1.0, first.total)):.0f} % [{low:.0f}, {high:.0f}]"
    rivals = [i.key for i in found[1:] if i.total_high >= first.total_low]
    most = "matters most" if not rivals else f"has the largest share, and cannot be ranked against {', '.join(rivals)}"
    text = f"{first.key} {most}: {share} of the variance of net would stay if it alone were unknown."
    if rivals:
        text += " More points= or replicates= would tell."
    if idle:
        text += f" Beside that hardly matter, over these ranges: {', '.join(idle)}."
    if max(max(i.total, i.first) for i in found) > 1.05:
        text += " Shares above 100 % are estimates from too few points: raise points=."
    return text
