"""Breakpoint: how much worse things may get before a setting breaks its limits, dial by dial."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import plain
from sim.app.frame import Out, Study, Task, resumed, settled
from sim.app.nouns import AnyScenario, base_of, drawn, listed, policies_of, profile_of
from sim.app.pictures import save
from sim.app.progress import Listener, Tell, listener
from sim.app.result import HERE, Result, Statement
from sim.core.export import write_csv
from sim.core.policy import Policy
from sim.jobs.cache import WORTH, Cache
from sim.jobs.folder import versions, write_table
from sim.jobs.identity import own_files
from sim.jobs.paired_play import paired_play
from sim.jobs.plan import Plan
from sim.jobs.pool import Pool
from sim.jobs.program import program
from sim.jobs.resume import probe
from sim.jobs.work_folder import PLAYED, holds
from sim.report.figures.breakpoint import chart
from sim.report.text import breakpoint as words
from sim.report.text.layout import duration
from sim.score.profiles import LIMITS, Limits, Profile
from sim.score.profiles import only as narrowed
from sim.setup.assumptions import assumption_table
from sim.setup.choices import described, one_of
from sim.setup.policies import make_policy
from sim.setup.settings_search import BreakpointSettings
from sim.setup.space import Candidate, Variant
from sim.setup.uncertain import Uncertainty
from sim.setup.uncertain import plain as plain_uncertainty
from sim.stats.certify import REFUTED, by_construction, certify, worst_share
from sim.study.breakpoint import COLUMNS, DIALS, USUAL, Breaks, Dial, breakpoint_of, money_of, most_points, table
from sim.words import _, counted

TABLE, PICTURE = "breakpoints.parquet", "breakpoints.png"


@dataclass(frozen=True, eq=False)
class Points:
    """What is to be broken: everything in records. ``called``: the limits in words."""

    scenario: Scenario
    policies: list[Policy]
    profile: Profile
    limits: Limits
    called: str
    dials: list[Dial]
    settings: BreakpointSettings
    uncertainty: Uncertainty | None = None

    def plan(self, world: Scenario, policy: Policy, turned: str = "") -> Plan:
        """One point. turned: the setting that was made worse, which is not drawn as well."""
        drawn = self.uncertainty and self.uncertainty.without([turned])
        return plan_of(self.settings, self.profile, world, [policy], drawn)

    @property
    def most(self) -> int:
        """Points at most for one dial of one strategy."""
        return most_points(self.settings.steps)

    @property
    def points(self) -> int:
        """Points at most: those of the dials, every strategy as it is, and nobody acting."""
        n = len(self.dials)
        return len(self.policies) * (1 + n * self.most) + 1 + n


def breakpoint(
    scenario: AnyScenario,
    policies: Any,
    *,
    limits: str | None = None,
    only: Any = None,
    dials: Any = None,
    shows: int | None = None,
    steps: int | None = None,
    confidence: float | None = None,
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
    """Make one thing after the other worse until a policy breaks its limits, and say up to where it certainly holds.

    Parameters
    ----------
    scenario : str, path, Scenario or mapping
        The show as it is; see :func:`stockcue.scenario`.
    policies : one or several policies
        See :func:`stockcue.policy`.
    limits : str
        ``strict``, ``standard`` or ``platform``; None: standard.
    only : str or list of str
        Of these limits, those that count; None: all.
    dials : str or list of str
        What is made worse, as in ``["feed_lag", "freeze_latency"]``; None: all.
    shows : int
        Shows per severity, 10 to 500,000; None: 200.
    steps : int
        Halvings for each end of the bracket, 1 to 30; None: 5.
    confidence : float
        Of certificates, .51 to .999; None: .95.
    seed : int
        First key of every random stream, 0 to 1e15; None: 1.
    score : str, mapping or Profile
        What things cost [CNY].
    uncertain : bool, path or Result
        Whether shows draw their parameters anew, as in :func:`stockcue.rehearse`; not the one that is made worse.
    workers, engine, address
        As in :func:`stockcue.sweep`.
    out, progress, command
        As in :func:`stockcue.sweep`.

    Returns
    -------
    Result
        ``.table`` has a row per policy, dial and severity: certified, undecided or refuted; net, GMV and J [CNY a show].

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold; nothing was played then.
    """
    s = settled(
        BreakpointSettings, "breakpoint", limits=limits, only=only, dials=dials, shows=shows, steps=steps, confidence=confidence,
        seed=seed, workers=workers, engine=engine, address=address, uncertain=bool(uncertain),
    )  # fmt: skip
    study = _settled(*drawn(scenario, uncertain), policies_of(policies), profile_of(score), s)
    task, told = (
        Task("breakpoint", f"breakpoint-{study.scenario.name}", _facts(study), out, command, "breakpoint"),
        listener(progress),
    )

    def write(folder: Path, work: Path, pool: Pool) -> Statement:
        results = bisected(study, pool, Cache(work), told)
        told.close()
        return _report(folder, study, task, results)

    def estimate(work: Path, workers: int) -> str:
        return f"{announced(study)}; {foreseen(study, len(Cache(work)), workers)}"

    try:
        return resumed(task, Study(
            announced(study), TABLE, holds(WORTH), estimate, write, lambda work: shutil.rmtree(work, ignore_errors=True),
            (s.engine, s.address, s.workers),
        ), told)  # fmt: skip
    finally:
        told.close()


def _settled(
    scenario: Scenario, uncertainty: Uncertainty | None, policies: list[Policy], profile: Profile, s: BreakpointSettings
) -> Points:
    """Records; every fault is found here, before anything is played."""
    names = listed(s.dials) or list(USUAL)
    for name in names:
        one_of("dials", name, list(DIALS))
    limits, called = LIMITS[s.limits], s.limits
    if counted := listed(s.only):
        limits = narrowed(limits, counted)
        called = _("{limits} ({names} only)").format(limits=s.limits, names=_(", ").join(counted))
    return Points(scenario, policies, profile, limits, called, [DIALS[n] for n in names], s, uncertainty)


def _facts(study: Points) -> dict[str, Any]:
    """All that decides the result."""
    s = study.settings
    facts = {"scenario": plain(study.scenario), **described(study.policies, study.profile)}
    facts |= {"dials": [dial.name for dial in study.dials], "limits": asdict(study.limits)}
    facts |= {key: getattr(s, key) for key in ("replicates", "seed", "confidence", "steps")}
    facts |= {} if study.uncertainty is None else {"uncertainty": plain_uncertainty(study.uncertainty)}
    plan = plan_of(s, study.profile, study.scenario, study.policies, study.uncertainty)
    return facts | {
        "own_files": own_files(study.policies),
        PLAYED: plan.digest()[:16],
        "program": program(),
        "versions": versions(),
    }


def plan_of(
    s: BreakpointSettings, profile: Profile, world: Scenario, policies: Sequence[Policy], drawn: Uncertainty | None = None
) -> Plan:
    """Policies in one world, on the shows of a point."""
    candidates = [Candidate(p.name, p.name, {}, p) for p in policies]
    return Plan([Variant(world.name, world, {}, drawn)], candidates, s.replicates, s.seed, profile, COLUMNS)


def announced(study: Points) -> str:
    """How much is to be played."""
    text = _("{strategies} x {dials}, {n} points at most, {shows} shows each")
    return text.format(
        strategies=counted("{n:,} strategy", "{n:,} strategies", len(study.policies)),
        dials=counted("{n:,} dial", "{n:,} dials", len(study.dials)),
        n=study.points,
        shows=study.settings.replicates,
    )


def foreseen(study: Points, kept: int, workers: int) -> str:
    """How long that takes, from a short probe of every strategy in the scenario as it is. kept: points played before."""
    if kept >= study.points:
        return _("{n:,} points kept; nothing is left to play").format(n=kept)
    point = float(np.mean([probe(study.plan(study.scenario, p)).seconds for p in study.policies])) / workers
    most = max(0, study.points - kept) * point
    before = _("{points} kept; ").format(points=counted("{n:,} point", "{n:,} points", kept)) if kept else ""
    return before + _("at most about {time} on {workers}").format(
        time=duration(most), workers=counted("{n:,} worker", "{n:,} workers", workers)
    )


def bisected(study: Points, pool: Pool, cache: Cache, told: Listener) -> dict[str, Breaks]:
    """By strategy every dial, turned where the strategy keeps to the limits without."""
    s, silent, scenario = study.settings, make_policy("silent"), study.scenario
    played, of, doing = len(cache), study.points, ""
    asked: set[str] = set()
    progress = told.stage("points")

    def play(world: Scenario, policy: Policy, turned: str = "") -> np.ndarray:
        plan = study.plan(world, policy, turned)

        def rows() -> np.ndarray:
            nonlocal played
            one = paired_play(pool, plan.worlds, s.seed, study.profile, COLUMNS, told.note)
            result = one(plan.candidates, range(s.replicates))[0, :, 0]
            played += 1
            return result

        asked.add(name := plan.digest()[:24])
        result = cache(name, rows)
        progress(played, max(played, of), doing)
        return result

    # What a show can come to: what it came to under nobody acting, as it is or at the end of any dial. One figure for all, so
    # that the same shows have the same bounds wherever they are looked at.
    doing = _("nobody acts")
    ends = [(dial.turn(scenario, silent, max(dial.now(scenario, silent), dial.high))[0], dial.setting) for dial in study.dials]
    shows = np.stack([play(world, silent, turned) for world, turned in ((scenario, ""), *ends)], axis=1)
    worst = worst_share(shows[..., COLUMNS.index("cancelled_orders")], shows[..., COLUMNS.index("settled_orders")])
    results = {}
    for policy in study.policies:
        doing = _("{strategy} as it is").format(strategy=policy.name)
        rows = dict(zip(COLUMNS, play(scenario, policy).T, strict=True))
        kept = certify(rows, study.limits, s.confidence, worst, 1, by_construction(scenario))
        results[policy.name] = result = Breaks(kept, money_of(rows), {})
        for dial in study.dials:
            before, doing = len(asked), _("{dial} of {strategy}").format(dial=dial.name, strategy=policy.name)
            if result.as_it_is.state != REFUTED:
                result.dials[dial.name] = breakpoint_of(
                    dial, scenario, policy, study.limits, partial(play, turned=dial.setting), s.confidence, worst, s.steps
                )
            of -= study.most - (len(asked) - before)
    progress(played, played, "")
    return results


def _report(folder: Path, study: Points, task: Task, results: dict[str, Breaks]) -> Statement:
    """Table, sentences and picture, in the run folder and in words."""
    import pandas as pd

    s, scenario = study.settings, study.scenario
    sentences = words.all_sentences(results, s.replicates)
    head = words.head(scenario.name, study.called, s.replicates, s.confidence)
    frames = [table(every).assign(strategy=name) for name, every in results.items()]
    write_table(pd.concat(frames, ignore_index=True), folder / TABLE)
    write_csv(assumption_table(scenario, base_of(scenario), study.policies, study.profile), folder / "assumptions.csv")
    played = f"{head}, {_('seed {seed}').format(seed=s.seed)}. {task.repeat()}"
    where = [_("run folder: {folder}").format(folder=HERE)]

    def page(folder: Path, pictures: Sequence[str]) -> None:
        text = words.page(scenario.name, played, results, sentences, pictures)
        (folder / "report.md").write_text(text, encoding="utf-8")

    def more(folder: Path) -> list[str]:
        title = _("{scenario}: limits {limits}, {shows} shows a point")
        save(chart(results, title.format(scenario=scenario.name, limits=study.called, shows=s.replicates)), folder / PICTURE)
        page(folder, [PICTURE])
        return where

    page(folder, [])
    again = partial(words.all_sentences, results, s.replicates)
    return Statement(words.printed(head, results, sentences), sentences, where, again=again, more=more)
