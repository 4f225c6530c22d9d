"""Tune: search for the best setting, judge finalists on fresh shows, report on further ones; a file to load and to rehearse."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from sim.app.frame import Out, Study, resumed, settled
from sim.app.nouns import base_of, profile_of, worlds_of
from sim.app.pictures import save
from sim.app.progress import Listener, Tell, listener
from sim.app.result import HERE, Result, Statement
from sim.app.tune_study import SearchTask, announced, but_trials, foreseen, search_of
from sim.app.written import Written, written
from sim.core.export import write_csv
from sim.jobs.folder import config_hash, write_table
from sim.jobs.paired_play import paired_play
from sim.jobs.pool import Pool
from sim.jobs.storage import sealed, trials_in
from sim.jobs.trials import JUDGE_FROM
from sim.jobs.work_folder import less
from sim.report.pages import runs as pages
from sim.report.pages.settings_book import book
from sim.report.text import tune as sentences
from sim.report.text.layout import aligned
from sim.report.text.tune_tables import ReportTable, finalist_head, finalist_rows, front_rows, shows_table, trials_table
from sim.report.text.unseen import unseen
from sim.score.cost import CORE
from sim.setup.assumptions import assumption_table
from sim.setup.settings_search import TuneSettings
from sim.stats.certify import by_construction
from sim.study.recommend import bundled_strategy, recommendation, value_word, write_recommendation
from sim.study.tune import CONFIRM_FROM, Tuned, starts
from sim.study.tune import tune as searched
from sim.words import _
from strategies.gate import GATE_PARAMS

RECOMMENDED = "recommended.yaml"
DATABASE = "study.db"


def tune(
    scenarios: Any,
    policies: Any,
    vary: Mapping[str, Any] | None = None,
    *,
    trials: int | None = None,
    shows: int | None = None,
    seed: int | None = None,
    score: Any = "balanced",
    robust: str | None = None,
    alpha: float | None = None,
    objectives: Any = None,
    limits: str | None = None,
    prune: bool | None = None,
    finalists: int | None = None,
    judging: int | None = None,
    confirm: int | None = None,
    delta: float | None = None,
    shock: float | None = None,
    confidence: float | None = None,
    uncertain: Any = False,
    world_points: int | None = None,
    workers: int | None = None,
    engine: str | None = None,
    address: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
    written_as: Written | None = None,
) -> Result:
    """Search ranges for the best setting. Three sets of shows never meet: for searching, for judging, for the figures reported.

    Parameters
    ----------
    scenarios, policies, vary
        As in :func:`stockcue.sweep`; at least one setting of a policy has a range.
    trials : int
        Settings tried, rounded up to eights, 1 to 1,000,000; None: 160.
    shows : int
        Search shows of a trial that is not dropped, 4 to 100,000; None: 48.
    seed : int
        First key of every random stream, and of the search, 0 to 1e12; None: 1.
    score : str, mapping or Profile
        What things cost [CNY].
    robust : str
        What is lowered over several scenarios: ``mean``, ``worst``, ``cvar`` or ``regret``; None: mean.
    alpha : float
        Share of worst shows with ``cvar``, .001 to 1; None: .2.
    objectives : list of str
        Metrics to lower together instead of J.
    limits : str
        ``none``, ``strict``, ``standard`` or ``platform``; None: none.
    prune : bool
        Drop clearly worse settings early; None: True.
    finalists : int
        Settings judged on fresh shows, beside the best of every family, 1 to 100; None: 8.
    judging : int
        Judging shows at most, 20 to 100,000; None: 400.
    confirm : int
        Further shows for the figures reported, 10 to 100,000; None: 200.
    world_points : int
        Worlds of a scenario whose ranges are not listed values, 1 to 1000; None: 4.
    delta, shock, confidence, uncertain, workers, engine, address, out, progress, command
        As in :func:`stockcue.sweep`; the confidence is that of the choice among the finalists.
    written_as : Written
        How the command line names scenarios and fixed settings; None: derived from the arguments.

    Returns
    -------
    Result
        ``.table`` has a row per finalist and stage; ``.trials``, ``.shows``; ``recommended.yaml`` in its folder.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold; nothing was played then.
    """
    s = settled(
        TuneSettings, "tune", trials=trials, shows=shows, seed=seed, robust=robust, alpha=alpha, objectives=objectives,
        limits=limits, prune=prune, finalists=finalists, judging=judging, confirm=confirm, delta=delta, shock=shock,
        confidence=confidence,
        uncertain=bool(uncertain), world_points=world_points, workers=workers, engine=engine, address=address,
    )  # fmt: skip
    told, worlds = listener(progress), worlds_of(scenarios, uncertain)
    search = search_of(worlds, policies, vary or {}, profile_of(score), s, out, command, told)
    words = written_as or written(worlds, search.makers)
    try:
        return resumed(search.task, _study(search, words, told), told)
    finally:
        told.close()


def _study(search: SearchTask, words: Written, told: Listener) -> Study:
    """How it is played and gone on with. A search can be given more trials: then it goes on from the one that had fewer."""
    s, task, earlier = search.settings, search.task, shorter(search)
    objectives = len(search.plan.objectives)

    def taken_up(work: Path) -> None:
        if earlier and not (work / DATABASE).exists():
            shutil.copyfile(earlier / DATABASE, whole := work / "copy.tmp")
            os.replace(whole, work / DATABASE)
            same = _(", and replaces it") if earlier == task.final else ""
            told.say(_("goes on from the study in {place}{same}").format(place=earlier, same=same))

    def estimate(work: Path, workers: int) -> str:
        taken_up(work)
        return f"{announced(search)}; {foreseen(search, work / DATABASE, workers, told.note)}"

    def write(folder: Path, work: Path, pool: Pool) -> Statement:
        play = paired_play(pool, search.worlds, s.seed, search.profile, note=told.note)
        first = starts(search.space, search.makers)
        stages: Any = told.stage
        tuning = searched(
            search.makers, search.space, play, search.plan, search.judging, first, work / DATABASE, stages, told.note
        )
        told.close()
        return _report(folder, search, tuning, words, work / DATABASE)

    return Study(
        announced(search), RECOMMENDED, lambda work: trials_in(work / DATABASE, objectives, told.note) > 0, estimate, write,
        lambda work: shutil.rmtree(work, ignore_errors=True), (s.engine, s.address, s.workers),
        identity=but_trials(task.facts), goes_on=earlier == task.final,
    )  # fmt: skip


def shorter(search: SearchTask) -> Path | None:
    """A folder with the same study, finished with fewer trials: the one to be made, or where that has no name of its own any
    beside it; of several the one with the most."""
    task = search.task
    beside = task.final.parent.glob("tune-*") if task.out == "" else ()
    known = [(less(place, "tune", task.facts, "trials", DATABASE), str(place)) for place in (task.final, *beside)]
    trials, place = max(known)
    return Path(place) if trials else None


def _report(folder: Path, search: SearchTask, tuning: Tuned, words: Written, database: Path) -> Statement:
    names, axes = [w.name for w in search.worlds], search.space[tuning.best.family] if tuning.best.settings else []
    certain = [by_construction(w.scenario) for w in search.worlds]
    played_in = costliest(tuning)

    def verdict() -> list[str]:
        lines = sentences.of_tuning(tuning, search.plan, search.judging, names, search.profile, axes, certain)
        lines.append(unseen(tuning.confirmed.shape[1], float(search.task.facts.get("shock", 0.0))))
        if len(search.worlds) > 1:
            text = _("rehearse plays it in {world}, where it costs most of the {n}; the words for the others are in {file}.")
            lines.append(text.format(world=names[played_in], n=len(names), file=RECOMMENDED))
        return lines

    lines = verdict()
    tables = [
        ReportTable(
            _("Finalists, on judging shows"), [finalist_head(search.plan), *finalist_rows(tuning, search.plan)], (2, 3, 4, 5, 7)
        )
    ]
    if tuning.front:
        front_table = front_rows(tuning, search.plan)
        tables.append(ReportTable(_("Front: nobody beats these in all objectives"), front_table, range(2, len(front_table[0]))))
    write_table(trials_table(tuning, search.plan), folder / "trials.parquet")
    write_table(shows_table(tuning, search.plan, names), folder / "shows.parquet")
    world = search.worlds[played_in].scenario
    assumed = assumption_table(world, base_of(world), [tuning.best.policy], search.profile)
    write_csv(assumed, folder / "assumptions.csv")
    sealed(database, folder / DATABASE)
    _recommend(folder, search, tuning, words, lines, played_in)
    played = f"{announced(search)}. {search.task.repeat()}"
    (folder / "report.md").write_text(pages.tuning(played, lines, tables, []), encoding="utf-8")
    text = "\n\n".join("\n".join(aligned(t.rows, t.numbers)) for t in tables)
    last = _("recommended: {path}; play it with {command}")
    command = f"stockcue rehearse {{experiment={RECOMMENDED}}}"
    where = [last.format(path=f"{HERE}/{RECOMMENDED}", command=command)]

    def more(folder: Path) -> list[str]:
        pictures = _pictures(folder, search, tuning)
        (folder / "report.md").write_text(pages.tuning(played, lines, tables, pictures), encoding="utf-8")
        return where

    return Statement(f"\n{text}\n\n" + "\n".join(lines), lines, where, again=verdict, more=more)


def _pictures(folder: Path, search: SearchTask, tuning: Tuned) -> list[str]:
    """Draw the search; the names of the files."""
    from sim.report.figures.tune import front, history

    drawn = {"front.png": front} if len(search.plan.objectives) > 1 else {}
    drawn["history.png"] = history
    for name, draw in drawn.items():
        save(draw(tuning, search.plan), folder / name)
    return list(drawn)


def _recommend(folder: Path, search: SearchTask, tuning: Tuned, words: Written, lines: Sequence[str], played_in: int) -> None:
    """``recommended.yaml``, and the user's own files beside it."""
    s, names = search.settings, [w.name for w in search.worlds]
    rests_on = {
        "scenarios": {w.name: dict(w.settings) for w in search.worlds}, "seed": s.seed,
        "search_replicates": f"0 to {search.plan.shows - 1}", "judging_replicates": f"from {JUDGE_FROM}",
        "confirming_replicates": f"{CONFIRM_FROM} to {CONFIRM_FROM + search.judging.confirm - 1}",
        "program": search.task.facts["program"], "study": config_hash(search.task.facts), "limits": s.limits,
        "command": search.task.asked(),
    }  # fmt: skip
    name, source = tuning.best.family, bundled_strategy(folder, tuning.best.policy.strategy)
    entry = source if source == name else f"{name}:{source}"
    each = words_for_each(search, [words.scenario(folder, show) for show in words.scenarios])
    kept = [word for word in words.fixed if _belongs(word, name)]
    played = ["replicates=200", f"seed={s.seed + 1}"]
    rests_on["words_for_each"] = dict(zip(names, map(" ".join, each), strict=True))
    content = recommendation(tuning.best, entry, [*each[played_in], *kept], lines, rests_on, played)
    write_recommendation(folder / RECOMMENDED, content)
    params = {f"strategy.{name}.{p.name}": p for p in tuning.best.policy.strategy.params} | {
        f"gate.{p.name}": p for p in GATE_PARAMS
    }
    workbook = book(content["overrides"], params, lines, content["settings_by_tier"])
    (folder / RECOMMENDED).with_suffix(".xlsx").write_bytes(workbook)


def costliest(tuning: Tuned) -> int:
    """The world in which the recommended setting cost most on fresh shows: rehearse plays one, and a harmless one flatters."""
    return int(tuning.confirmed[:, :, 0, CORE.index("J")].mean(1).argmax())


def words_for_each(search: SearchTask, shows: Sequence[str]) -> list[list[str]]:
    """The words that rehearse each world. shows: what scenario= says of every scenario."""
    per_scenario = len(search.worlds) // len(shows)
    return [
        [f"scenario={shows[k // per_scenario]}", *(f"{key}={value_word(value)}" for key, value in w.settings.items())]
        for k, w in enumerate(search.worlds)
    ]


def _belongs(word: str, family: str) -> bool:
    """Whether a word of the study is one of the rehearsal too: no setting of the search, none of another family."""
    path = word.lstrip("+~").split("=")[0].split(".")
    return path[0] not in {f.name for f in fields(TuneSettings)} and (path[0] != "strategy" or path[1:2] == [family])
