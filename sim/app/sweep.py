"""Sweep: many candidates in one or several worlds on shared shows; the estimate before, the ranking and the decision after."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.app.frame import Out, Study, resumed, settled
from sim.app.nouns import profile_of, worlds_of
from sim.app.progress import Listener, Tell, listener
from sim.app.result import Result, Statement
from sim.app.sweep_report import TABLE, reported
from sim.app.sweep_study import Field, announced, field_of
from sim.jobs.folder import MANIFEST
from sim.jobs.parts import Parts
from sim.jobs.pool import Pool
from sim.jobs.resume import SweepEstimate, gather, probe, refuse_too_large, size
from sim.jobs.work_folder import holds, is_half, known
from sim.report.text.layout import duration
from sim.setup.settings_search import SweepSettings
from sim.sources import checksum
from sim.stats.selection import SelectionRules
from sim.study.race import race
from sim.words import _, counted, language

LARGE = 50_000
"""Runs from which on workers give back what they hold before the table is read."""
HUGE = 10**8
"""Runs above which the disk is looked at before anything else."""


def sweep(
    scenarios: Any,
    policies: Any,
    vary: Mapping[str, Any] | None = None,
    *,
    shows: int | None = None,
    seed: int | None = None,
    score: Any = "balanced",
    design: str | None = None,
    points: int | None = None,
    world_points: int | None = None,
    uncertain: Any = False,
    select: str | None = None,
    first: int | None = None,
    budget: int | None = None,
    delta: float | None = None,
    shock: float | None = None,
    confidence: float | None = None,
    workers: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Play every candidate in every world on the same shows, rank them, and say who is best and how sure that is.

    What was played is kept in ``out`` when it is stopped: the same call goes on from there.

    Parameters
    ----------
    scenarios : one or several of str, path, Scenario, mapping
        The worlds; see :func:`stockcue.scenario`.
    policies : mapping, or one or several policies
        ``{"fixed_count": {"units": stockcue.log(10, 1000)}, "smart": {}}``: a name, a file or a policy by label, with settings
        that are values or ranges (:func:`stockcue.log`, :func:`stockcue.interval`, a list of values).
    vary : mapping
        Further ranges by key, for every candidate or world: ``{"gate.cooldown_s": [0, 60], "scenario.feed.lag_s": [1, 5],
        "operations": ["standard", "human"]}``.
    shows : int
        Shows per candidate and world, 1 to 500,000; None: 100.
    seed : int
        First key of every random stream and of the design's, 0 to 1e15; None: 1.
    score : str, mapping or Profile
        What things cost [CNY].
    design : str
        How ranges are filled: ``auto``, ``grid``, ``random``, ``lhs`` or ``sobol``; None: auto.
    points : int
        Candidates of a family whose ranges are not listed values, 1 to 1,000,000; None: 64.
    world_points : int
        Worlds of a scenario whose ranges are not listed values, 1 to 100,000; None: 8.
    uncertain : bool, path or Result
        Each show draws its parameters, as in :func:`stockcue.rehearse`.
    select : str
        ``none``: everybody plays every show; ``kn``: more shows where the decision is open (Kim & Nelson 2006); None: none.
    first : int
        With ``kn``: shows everybody plays, 3 to 500,000; None: 30.
    budget : int
        With ``kn``: runs at most, 0 to 1e10; None or 0: no limit.
    delta : float
        A difference too small to matter [CNY a show], 0 to 1e12; None or 0: a thousandth of hindsight.
    shock : float
        A loss of one show that none may show [CNY], 0 to 1e12; None: 0. Tables say what it could cost, ``kn`` plays on for it.
    confidence : float
        Of the verdict and of certificates, .51 to .999; None: .95.
    workers : int
        Processes, 0 to 512; None or 0: one a core. Results do not depend on it.
    engine, address : str
        Who plays: ``local``, ``dask`` or ``ray`` (None: local), and where its scheduler is. Results do not depend on it.
    out : path
        Run folder; ``""``: one in ``runs/`` named after the settings; None: it stays with the Result, and cannot be resumed.
    progress : callable, bool
        ``progress(done, of, what)`` [runs]; True: a bar on standard error.
    command : sequence of str
        Words of the command that asks; for its page.

    Returns
    -------
    Result
        ``.table`` has a row per world and candidate, best first; ``.trials`` one per world, candidate and show; ``.candidates``
        and ``.worlds`` what was varied; ``.front``, ``.certificates``.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold; nothing was played then.
    """
    s = settled(
        SweepSettings, "sweep", shows=shows, seed=seed, design=design, points=points, world_points=world_points,
        uncertain=bool(uncertain), select=select, first=first, budget=budget, delta=delta, shock=shock, confidence=confidence,
        workers=workers, engine=engine, address=address,
    )  # fmt: skip
    field = field_of(worlds_of(scenarios, uncertain), policies, vary or {}, profile_of(score), s, out, command)
    told = listener(progress)
    if field.plan.runs > HUGE:  # a byte a figure at least: no need to lay out the chunks of what no disk holds
        refuse_too_large(float(field.plan.runs * len(field.plan.metrics)), field.task.final)
    try:
        return resumed(field.task, _raced(field, field.rules, told) if field.rules else _whole(field, told), told)
    finally:
        told.close()


def _whole(field: Field, told: Listener) -> Study:
    """Everybody plays every show."""
    plan, s, task = field.plan, field.settings, field.task

    def parts(work: Path) -> Parts:
        return Parts(work, plan, plan.digest())

    def foreseen(work: Path, workers: int) -> str:
        missing, _damaged = (kept := parts(work)).missing()
        left = sum(chunk.runs for chunk in missing)
        if not left:
            return _("{study}, all of them played before").format(study=announced(plan))
        expected = probe(plan)
        refuse_too_large(expected.table + expected.parts * len(missing) / len(kept.chunks), task.final)
        before = _(", {n:,} of them played before").format(n=plan.runs - left) if left < plan.runs else ""
        return f"{announced(plan)}{before}; {_takes(expected, left / plan.runs, workers)}"

    def write(folder: Path, work: Path, pool: Pool) -> Statement:
        damaged = gather(parts(work), pool, told.stage("runs"), folder / TABLE, told.note)
        if plan.runs >= LARGE:
            pool.rest()
        return reported(folder, field, told, damaged, _telling(field))

    def clean(work: Path) -> None:
        for path in work.glob("part-*"):
            path.unlink()

    return Study(announced(plan), TABLE, holds("part-*"), foreseen, write, clean, (s.engine, s.address, s.workers),
                 _anew(field, told))  # fmt: skip


def _raced(field: Field, rules: SelectionRules, told: Listener) -> Study:
    """The same, with more shows where the decision is open."""
    plan, s = field.plan, field.settings

    def foreseen(work: Path, workers: int) -> str:
        expected = probe(plan)
        refuse_too_large(expected.table + expected.parts, field.task.final)
        text = _("at most {study}; first {n} shows each: {takes}")
        takes = _takes(expected, rules.first / plan.replicates, workers)
        return text.format(study=announced(plan), n=rules.first, takes=takes)

    def write(folder: Path, work: Path, pool: Pool) -> Statement:
        damaged = race(work, plan, rules, pool, told.stage("runs"), folder / TABLE, told.note)
        return reported(folder, field, told, damaged, _telling(field))

    def clean(work: Path) -> None:
        for place in work.glob("round-*"):
            shutil.rmtree(place)

    return Study(announced(plan), TABLE, holds("round-*/part-*"), foreseen, write, clean, (s.engine, s.address, s.workers),
                 _anew(field, told))  # fmt: skip


def _takes(expected: SweepEstimate, left: float, workers: int) -> str:
    """What the share ``left`` of a sweep will take, in words."""
    text = _("about {time} on {workers}, at most {table} on disk when done and {parts} more until then")
    return text.format(
        time=duration(expected.seconds * left / workers),
        workers=counted("{n:,} worker", "{n:,} workers", workers),
        table=size(expected.table),
        parts=size(expected.parts),
    )


def _anew(field: Field, told: Listener) -> Callable[[Path], Statement] | None:
    """How a finished sweep is told anew; None where it was told in the same words, so that reading it will do."""
    there, task = known(field.task.final / MANIFEST) or {}, field.task
    same = there.get("telling") == _telling(field) and there.get("command") == task.manifest(Statement(""))["command"]
    return None if same and not is_half(there) else lambda folder: _again(folder, field, told)


def _telling(field: Field) -> dict[str, Any]:
    """What a sweep's sentences, tables and pictures follow from beside what was played: language, settings, and the program."""
    s = field.settings
    chosen = {key: getattr(s, key) for key in ("delta", "confidence", "shock")}
    return {"language": language(), "program": checksum(__name__), **chosen}


def _again(folder: Path, field: Field, told: Listener) -> Statement:
    """A finished sweep told anew, its table not copied where the file system can do without."""
    table = field.task.final / TABLE
    try:
        os.link(table, folder / TABLE)
    except OSError:
        shutil.copyfile(table, folder / TABLE)
    return reported(folder, field, told, 0, _telling(field))
