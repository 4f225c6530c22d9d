"""Sensitivity: which of several settings, over their ranges, net depends on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.app.frame import Out, Study, Task, resumed, settled
from sim.app.nouns import base_of, profile_of, worlds_of
from sim.app.pictures import save
from sim.app.plain import configuration
from sim.app.progress import Listener, Tell, listener
from sim.app.ranges import varied
from sim.app.result import HERE, Result, Statement
from sim.core.export import write_csv
from sim.jobs.cache import WORTH, Cache
from sim.jobs.compiling import warm
from sim.jobs.folder import versions, write_table
from sim.jobs.identity import own_files
from sim.jobs.plan import Chunk, Plan
from sim.jobs.pool import Pool, steady
from sim.jobs.program import program
from sim.jobs.resume import probe
from sim.jobs.work_folder import PLAYED, holds
from sim.report.figures.sensitivity import chart
from sim.report.text import sensitivity as words
from sim.report.text.layout import duration
from sim.score.cost import CORE
from sim.score.profiles import Profile
from sim.setup.assumptions import assumption_table
from sim.setup.design import Axis, Value
from sim.setup.settings import SettingError
from sim.setup.settings_search import SensitivitySettings
from sim.setup.space import Maker, families, make_worlds, typed, world_of
from sim.stats.sensitivity import Index, sobol
from sim.words import _, counted

TABLE, PICTURE = "sensitivity.parquet", "sensitivity.png"
SCENARIO = "scenario."
"""What the key of a setting of the world begins with."""
MONEY = ("net", "gmv", "J")
BLOCK = 64
"""Settings that are played, and kept, together, at most; a power of two, as their number is."""


@dataclass(frozen=True, eq=False)
class Design:
    """What is to be compared: everything in records."""

    scenario: str
    values: Any
    family: str
    maker: Maker
    axes: Sequence[Axis]
    profile: Profile
    settings: SensitivitySettings

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
        worlds = [world_of(self.scenario, self.values, one, s.uncertain) for one in outer[: 1 if self.one_world else None]]
        inner = [{k: v for k, v in one.items() if not k.startswith(SCENARIO)} for one in settings]
        candidates = [self.maker.make(one, self.family) for one in inner]
        return Plan(worlds, candidates, s.replicates, s.seed, self.profile, CORE)


def sensitivity(
    scenario: Any,
    policies: Any,
    vary: Mapping[str, Any] | None = None,
    *,
    points: int | None = None,
    shows: int | None = None,
    seed: int | None = None,
    score: Any = "balanced",
    uncertain: Any = False,
    workers: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Which settings matter: shares of the variance of a policy's mean net over the ranges given (Sobol indices).

    Parameters
    ----------
    scenario, policies, vary
        As in :func:`stockcue.sweep`: one scenario, one policy, at least two ranges.
    points : int
        Base points of the design, a power of two, 8 to 65,536; None: 32. (Ranges + 2) times as many settings are played.
    shows : int
        Shows per setting, 2 to 100,000; None: 20.
    seed : int
        First key of every random stream, and of the design's, 0 to 1e15; None: 1.
    score : str, mapping or Profile
        What things cost [CNY].
    uncertain : bool, path or Result
        Whether shows draw their parameters anew, as in :func:`stockcue.rehearse`; not those that vary.
    workers, engine, address
        As in :func:`stockcue.sweep`.
    out, progress, command
        As in :func:`stockcue.sweep`.

    Returns
    -------
    Result
        ``.table`` has a row per setting: first-order and total share [of variance] with 95 % intervals (Saltelli 2010).

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold; nothing was played then.
    """
    s = settled(
        SensitivitySettings, "sensitivity", points=points, shows=shows, seed=seed, workers=workers, engine=engine,
        address=address, uncertain=bool(uncertain),
    )  # fmt: skip
    worlds = worlds_of(scenario, uncertain)
    study, config = _settled(worlds, policies, vary or {}, profile_of(score), s)
    facts, told = _facts(study, config, worlds), listener(progress)
    task = Task("sensitivity", f"sensitivity-{study.scenario}", facts, out, command, "sensitivity")

    def kept(work: Path) -> int:
        return min(study.runs, len(Cache(work)) * study.block * s.replicates)

    def write(folder: Path, work: Path, pool: Pool) -> Statement:
        means: list[np.ndarray] = []
        indices = sobol(study.axes, _played(study, pool, Cache(work), kept(work), told, means), s.points, s.seed)
        told.close()
        return _report(folder, study, task, indices, np.concatenate(means))

    about = _("{n:,} settings x {shows} shows = {runs:,} runs").format(n=study.points, shows=s.replicates, runs=study.runs)
    try:
        return resumed(task, Study(
            about, TABLE, holds(WORTH), lambda work, workers: f"{about}; {_foreseen(study, kept(work), workers)}", write,
            lambda work: shutil.rmtree(work, ignore_errors=True), (s.engine, s.address, s.workers),
        ), told)  # fmt: skip
    finally:
        told.close()


def _settled(
    scenarios: Mapping[str, Any], policies: Any, vary: Mapping[str, Any], profile: Profile, s: SensitivitySettings
) -> tuple[Design, dict[str, Any]]:
    """Records and the policy as plain data; every fault is found here, before anything is played."""
    teams, axes, choices = varied(policies, vary)
    config = configuration(teams, choices)
    if len(teams) != 1 or len(scenarios) != 1:
        raise SettingError(_("sensitivity takes one strategy and one scenario; choose with strategy= and scenario="))
    if s.points & (s.points - 1):
        text = _("points must be a power of two, not {n}; take {more}")
        raise SettingError(text.format(n=s.points, more=1 << s.points.bit_length()))
    make_worlds(scenarios, axes, "auto", 1, s.seed, s.uncertain)  # refuses what cannot be varied
    (family, (maker, own)), (name, values) = next(iter(families(config, axes).items())), next(iter(scenarios.items()))
    whole = {axis.key: axis for axis in own}  # settings that are counted vary in whole numbers
    axes = [whole.get(axis.key) or typed(axis) for axis in axes]
    if len(axes) < 2:
        raise SettingError(_("sensitivity compares settings; give at least two ranges, as in strategy.units=interval(20,400)"))
    return Design(name, values, family, maker, axes, profile, s), config


def _facts(study: Design, config: Mapping[str, Any], scenarios: Mapping[str, Any]) -> dict[str, Any]:
    """All that decides the result."""
    facts: dict[str, Any] = {"scenario": dict(scenarios), **{g: config[g] for g in ("strategy", "gate", "operations")}}
    facts |= {"score": asdict(study.profile), "varied": {a.key: a.spelt for a in study.axes}}
    facts |= {key: getattr(study.settings, key) for key in ("points", "replicates", "seed")}
    lowest = study.plan([{axis.key: axis.at(0.0) for axis in study.axes}])
    facts["own_files"] = own_files(c.policy for c in lowest.candidates)
    return facts | {PLAYED: lowest.digest()[:16], "program": program(), "versions": versions()}


def _foreseen(study: Design, before: int, workers: int) -> str:
    """How long it takes, from a short probe of settings from low to high. before: runs that are kept."""

    if before >= study.runs:
        return _("{n:,} runs kept; nothing is left to play").format(n=before)

    def each(*some: float) -> float:
        plan = study.plan([{axis.key: axis.at(u) for axis in study.axes} for u in some])
        return probe(plan).seconds / plan.runs

    run = (
        each(*np.linspace(0, 1, study.block).tolist()) if study.one_world else float(np.mean([each(u) for u in (0.0, 0.5, 1.0)]))
    )
    kept = _("{n:,} runs kept; ").format(n=before) if before else ""
    left = duration(run * (study.runs - before) / workers)
    return kept + _("about {time} on {workers}").format(time=left, workers=counted("{n:,} worker", "{n:,} workers", workers))


def _played(study: Design, pool: Pool, cache: Cache, done: int, told: Listener, means: list[np.ndarray]) -> Any:
    """Settings to their net on every show, float64 [show, setting], kept in blocks. done: runs that are kept already. means:
    takes MONEY of every setting, float64 [setting, 3]."""
    replicates, progress = study.settings.replicates, told.stage("runs")

    def block(plan: Plan) -> np.ndarray:
        nonlocal done
        n = len(plan.candidates)
        warm([plan.candidates[k].policy for k in (0, -1)])
        if study.one_world:  # each tape is drawn once
            chunks = [Chunk(k, 0, k, k + 1, 0, n) for k in range(replicates)]
        else:  # pairs are played, not all in all
            chunks = [Chunk(k, k, 0, replicates, k, k + 1) for k in range(n)]
        values = np.empty((replicates, n, len(MONEY)))
        for chunk, rows in steady(pool, plan, chunks, told.note):
            money = rows[:, [CORE.index(name) for name in MONEY]]
            values[chunk.start : chunk.stop, chunk.first : chunk.last] = money.reshape(chunk.stop - chunk.start, -1, len(MONEY))
            done = min(study.runs, done + chunk.runs)
            progress(done, study.runs, "")
        return values

    def evaluate(settings: Sequence[dict[str, Value]]) -> np.ndarray:
        values = []
        progress(done, study.runs, "")
        for k in range(0, len(settings), study.block):
            plan = study.plan(settings[k : k + study.block])
            values.append(cache(plan.digest()[:24], partial(block, plan)))
            means.append(values[-1].mean(0))
        return np.ascontiguousarray(np.concatenate(values, axis=1)[..., 0])

    return evaluate


def _report(folder: Path, study: Design, task: Task, indices: Sequence[Index], means: np.ndarray) -> Statement:
    """Table, sentences and picture, in the run folder and in words. means: MONEY of every setting, float64 [setting, 3]."""
    import pandas as pd

    write_table(pd.DataFrame([asdict(i) for i in indices]), folder / TABLE)
    middle = study.plan([{axis.key: axis.at(0.5) for axis in study.axes}])
    world, policy = middle.worlds[0].scenario, middle.candidates[0].policy
    write_csv(assumption_table(world, base_of(world), [policy], study.profile), folder / "assumptions.csv")
    title, shows = words.title(study.family, study.scenario, study.settings.replicates), study.settings.replicates
    where, kept = [_("run folder: {folder}").format(folder=HERE)], words.kept(means)

    def page(folder: Path, pictures: Sequence[str]) -> None:
        text = words.page(title, task.repeat(), indices, shows, kept, pictures)
        (folder / "report.md").write_text(text, encoding="utf-8")

    def more(folder: Path) -> list[str]:
        save(chart(indices, title), folder / PICTURE)
        page(folder, [PICTURE])
        return where

    def again() -> list[str]:
        return words.sentences(indices, shows, words.kept(means))

    page(folder, [])
    return Statement(words.printed(indices, shows, kept), again(), where, again=again, more=more)
