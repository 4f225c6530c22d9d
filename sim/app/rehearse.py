"""Rehearse: one show, played many times under several policies; the table, the pictures and the run folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.contract import Scenario
from scenarios.registry import plain
from sim.app.frame import Out, Task, published, settled
from sim.app.nouns import AnyScenario, base_of, drawn, policies_of, profile_of
from sim.app.progress import Listener, Tell, listener
from sim.app.result import HERE, Result, Statement
from sim.app.timelines import kept, shows_kept
from sim.core.export import write_csv
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.jobs.folder import write_table
from sim.jobs.identity import own_files
from sim.report.pages import runs as pages
from sim.report.text import tables, worth
from sim.report.text.leaks import leak_lines
from sim.score.outcomes import outcomes
from sim.score.profiles import Profile
from sim.setup.assumptions import assumption_table, summary
from sim.setup.carried import carried_out, short_windows
from sim.setup.choices import described, one_of
from sim.setup.settings import RehearseSettings, SettingError
from sim.setup.uncertain import Uncertainty
from sim.setup.uncertain import plain as plain_uncertainty
from sim.study.rehearse import DEFAULT_STRATEGIES, Rehearsal, rerun, with_baseline
from sim.study.rehearse import rehearse as played
from sim.words import _, ngettext

if TYPE_CHECKING:
    import pandas as pd

PICTURES = ("best", "all", "none")


@dataclass(frozen=True, eq=False)
class RehearsedShow:
    """A rehearsal to be played: everything in records. ``base``: the scenario before the user changed it."""

    scenario: Scenario
    base: Scenario | None
    policies: list[Policy]
    profile: Profile
    settings: RehearseSettings
    uncertainty: Uncertainty | None


def rehearse(
    scenario: AnyScenario,
    policies: Any = DEFAULT_STRATEGIES,
    *,
    shows: int | None = None,
    seed: int | None = None,
    score: Any = "balanced",
    uncertain: Any = False,
    shock: float | None = None,
    workers: int | None = None,
    figure: str | None = None,
    figure_sku: str | None = None,
    figure_replicate: int | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    base: Scenario | None = None,
    command: Sequence[str] | None = None,
) -> Result:
    """Play a show many times under several policies and under nobody acting, all on the same shoppers.

    Parameters
    ----------
    scenario : str, path, Scenario or mapping
        The show; see :func:`stockcue.scenario`.
    policies : one or several of str, path, Strategy, Policy
        Who plays it; see :func:`stockcue.policy`. The silent baseline is always added.
    shows : int
        Shows played under each policy, 1 to 1,000,000; None: 50.
    seed : int
        First key of every random stream, 0 to 1e15; None: 1. Same seed, same shoppers.
    score : str, mapping or Profile
        What things cost: a profile by name, or ``{"name": ..., "co": ...}`` [CNY].
    uncertain : bool, path or Result
        Each show draws its parameters: True where the scenario's own file says from what, or a fitted scenario's file, or the
        Result of :func:`stockcue.calibrate`.
    shock : float
        A loss of one show that may be seen in none of these [CNY], 0 to 1e12; None: 0. The table says what it could cost a show.
    workers : int
        Processes, 1 to 512; None: 1. Results do not depend on it.
    figure : str
        ``best``, ``all``, ``none`` or a strategy whose timeline is drawn; None: best.
    figure_sku : str
        SKU drawn; None: the one with most oversold, then missed units.
    figure_replicate : int
        Show drawn, 0 to 1,000,000, below ``shows``; None: 0.
    out : path
        Run folder; ``""``: one in ``runs/`` named after the settings; None: it stays with the Result until it is saved.
    progress : callable, bool
        ``progress(done, of, what)``, called as shows end; True: a bar on standard error.
    base : Scenario
        What the show was before you changed it: settings that differ count as given by you. None: the built-in one of its name.
    command : sequence of str
        Words of the command that asks; for its page.

    Returns
    -------
    Result
        ``.table`` has a row per policy, best first; ``.scores`` one per policy and show with every metric; ``.items`` one per
        policy, show and SKU; ``.alerts`` one per alert; ``.chains`` what each chain of alerts was worth; ``.assumptions`` every
        setting with its source.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold; nothing was played then.
    """
    show = _settled(scenario, policies, score, uncertain, base, settled(
        RehearseSettings, "rehearse", shows=shows, seed=seed, shock=shock, workers=workers, figure=figure, figure_sku=figure_sku,
        figure_replicate=figure_replicate, uncertain=bool(uncertain),
    ))  # fmt: skip
    s, told = show.settings, listener(progress)
    task = Task("rehearse", show.scenario.name, facts_of(show), out, command, more={"seed": s.seed, "replicates": s.replicates})
    try:
        return published(task, lambda folder: _write(folder, show, task, told), told)
    finally:
        told.close()


def _settled(
    scenario: Any, policies: Any, score: Any, uncertain: Any, base: Scenario | None, s: RehearseSettings
) -> RehearsedShow:
    """Records; every fault is found here, before anything is played."""
    show, uncertainty = drawn(scenario, uncertain)
    teams = with_baseline(policies_of(policies))
    carried_out(teams, show)
    one_of("figure_sku", s.figure_sku, ["auto", *(k.id for k in show.skus)])
    one_of("figure", s.figure, [*PICTURES, *(p.name for p in teams)])
    if s.figure_replicate >= s.replicates:
        raise SettingError(_("figure_replicate must be below replicates = {n}; the first one is 0").format(n=s.replicates))
    return RehearsedShow(show, base or base_of(show), teams, profile_of(score), s, uncertainty)


def facts_of(show: RehearsedShow) -> dict[str, Any]:
    """All that decides the result, as plain data; what does not (workers, pictures, folder) is left out."""
    facts = {"scenario": plain(show.scenario), **described(show.policies, show.profile)}
    drawing = {} if show.uncertainty is None else {"uncertainty": plain_uncertainty(show.uncertainty)}
    s = show.settings
    return facts | {"replicates": s.replicates, "seed": s.seed, "own_files": own_files(show.policies)} | drawing


def _write(folder: Path, show: RehearsedShow, task: Task, told: Listener) -> Statement:
    """Play, and leave every figure in the run folder; pictures and timelines come when they are asked for."""
    s = show.settings
    kept = ("" if s.figure in PICTURES else s.figure, s.figure_replicate)
    rehearsal = played(show.scenario, show.policies, s.replicates, s.seed, show.profile, told.stage("shows"), s.workers, kept,
                   show.uncertainty)  # fmt: skip
    told.close()
    lines = tables.summary(rehearsal.scores, rehearsal.worth)
    ranked = tables.RankedTable(lines, s.replicates, show.profile, shock=s.shock)
    assumed = assumption_table(show.scenario, show.base, show.policies, show.profile)
    for name in ("scores", "alerts", "items", "chains"):
        write_table(getattr(rehearsal, name), folder / f"{name}.parquet")
    write_csv(assumed, folder / "assumptions.csv")
    _report(folder, show, task, rehearsal, ranked, assumed, [])
    leaks, valued = _warned(show, rehearsal), worth.printed(rehearsal.worth, show.profile.ca)
    title = _("scenario {name}, {n} shows, seed {seed}").format(name=show.scenario.name, n=s.replicates, seed=s.seed)
    text = "\n".join([title, "", ranked.printed(), *leaks, *(["", valued] if valued else [])])
    weak = {code: int(n) for code, n in assumed["confidence"].value_counts().items()}

    def verdict() -> list[str]:
        return [*ranked.notes(), *_warned(show, rehearsal)]

    def more(folder: Path) -> list[str]:
        _report(folder, show, task, rehearsal, ranked, assumed, _pictures(folder, show, rehearsal))
        write_table(_timelines(show, rehearsal), folder / "timelines.parquet")
        return _last(assumed, True)

    noted = {"assumptions": weak, "tapes": list(rehearsal.tapes)}
    return Statement(text, verdict(), _last(assumed, False), noted, verdict, None if s.figure == "none" else more)


def _warned(show: RehearsedShow, rehearsal: Rehearsal) -> list[str]:
    """Open leaks, and windows shorter than what an alert takes."""
    return leak_lines(rehearsal.leaks) + short_windows(show.policies, show.scenario, show.profile)


def _report(
    folder: Path, show: RehearsedShow, task: Task, rehearsal: Rehearsal, ranked: tables.RankedTable, assumed: pd.DataFrame,
    pictures: list[str],
) -> None:  # fmt: skip
    """``report.md``, with the pictures there are."""
    s = show.settings
    played_as = ngettext("{n} shows, seed {seed}.", "{n} shows, seed {seed}.", s.replicates).format(n=s.replicates, seed=s.seed)
    page = pages.rehearsal(
        show.scenario.name,
        show.scenario.lesson,
        f"{played_as} {task.repeat()}",
        ranked.in_markdown(),
        _warned(show, rehearsal),
        worth.in_markdown(rehearsal.worth, show.profile.ca),
        pictures,
        summary(assumed),
    )
    (folder / "report.md").write_text(page, encoding="utf-8")


def _last(assumed: pd.DataFrame, drawn: bool) -> list[str]:
    """Where things are. drawn: the picture is there."""
    return [
        _("{assumed}: {folder}/assumptions.csv").format(assumed=summary(assumed), folder=HERE),
        (
            _("run folder: {folder} (table: report.md, picture: timeline.png)")
            if drawn
            else _("run folder: {folder} (table: report.md)")
        ).format(folder=HERE),
    ]


def _pictures(folder: Path, show: RehearsedShow, rehearsal: Rehearsal) -> list[str]:
    """Draw what was asked for; the names of the files."""
    from sim.app.pictures import save
    from sim.report.figures.timeline import timeline

    s, shown = show.settings, rehearsal.shown
    skus = [k.id for k in show.scenario.skus]
    sku, chosen = worst_sku(shown) if s.figure_sku == "auto" else (skus.index(s.figure_sku), pages.given_sku(s.figure_sku))
    runs = {"timeline.png": shown}
    if s.figure == "all":
        for one in show.policies:
            runs[f"timeline-{one.name}.png"] = rerun(rehearsal.shows, show.policies, one.name, s.figure_replicate)
    for name, run in runs.items():
        save(timeline(run, sku, chosen), folder / name)
    return list(runs)


def _timelines(show: RehearsedShow, rehearsal: Rehearsal) -> pd.DataFrame:
    """What the page can show: every strategy in the show that is drawn, then in the dearest and the middle one; best first."""
    s, scores = show.settings, rehearsal.scores
    order = scores.groupby("strategy", sort=False)["J"].mean().sort_values(kind="stable").index
    best = scores[scores["strategy"] == order[0]].sort_values("replicate")["J"].to_numpy()
    first = [[k.id for k in show.scenario.skus].index(s.figure_sku)] if s.figure_sku != "auto" else []

    def play(name: str, number: int) -> ShowRun:
        drawn = rehearsal.shown
        if (drawn.policy.name, drawn.tape.key[1]) == (name, number):
            return drawn
        return rerun(rehearsal.shows, show.policies, name, number)

    runs = [(str(name), number) for number in shows_kept(best, s.figure_replicate) for name in order]
    for number in dict.fromkeys(number for _name, number in runs):
        rehearsal.shows.keep(number)
    return kept(((name, partial(play, name, number)) for name, number in runs), first)


def worst_sku(run: ShowRun) -> tuple[int, str]:
    """The SKU with most oversold units, among equals the one with most missed, then most demanded units; and that in words."""
    outcome = outcomes(run)
    sku = int(np.lexsort((outcome.demand, outcome.avoidable, outcome.oversold))[-1])
    why = pages.shown_sku(run.tape, run.policy.name, outcome.oversold[sku] > 0, outcome.avoidable[sku] > 0)
    return sku, why
