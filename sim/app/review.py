"""Review: what one show lost, to what, what each alert could still have saved, and what to change; the page after the show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack

from scenarios.registry import plain
from sim.app.frame import Out, Task, command_line, published, settled
from sim.app.nouns import drawn, paths_of, policies_of, profile_of
from sim.app.pictures import save as draw
from sim.app.progress import Listener, Tell, listener
from sim.app.recording import EXAMPLE, ReadingArguments, Recording, given_of, read_as
from sim.app.result import HERE, Result, Statement
from sim.app.review_case import Case, held_bands, many, recorded_case, recording_of, rehearsed_case
from sim.app.timelines import of_runs
from sim.core.export import write_csv
from sim.core.policy import Policy
from sim.jobs.folder import checksums, write_table
from sim.postmortem.bands import Bands
from sim.postmortem.blame import CAUSES
from sim.postmortem.proposal import proposal_words, write_proposal
from sim.postmortem.review import Review
from sim.postmortem.review import review as reviewed
from sim.postmortem.show_profile import FEATURES, FILE, save
from sim.report.pages.review import page
from sim.report.pages.runs import given_sku
from sim.report.text.review import basis
from sim.report.text.review_tables import printed, tables
from sim.score.profiles import Profile
from sim.setup.assumptions import assumption_table
from sim.setup.choices import described, one_of
from sim.setup.settings import ReviewSettings, SettingError
from sim.words import _

LEFT_OUT = ("out", "figure", "figure_sku")
"""Settings that decide nothing."""


def review(
    show: Any,
    policy: Any,
    *,
    earlier: Any = None,
    prior: str | Path | None = None,
    rehearsal: Any = None,
    scenario: Any = None,
    feed: Any = None,
    score: Any = "balanced",
    bin_s: float | None = None,
    seed: int | None = None,
    replicate: int | None = None,
    shows: int | None = None,
    alerts: int | None = None,
    figure: str | None = None,
    figure_sku: str | None = None,
    uncertain: Any = False,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
    **reading: Unpack[ReadingArguments],
) -> Result:
    """Go over one show afterwards: blame for every lost unit, the worth of every alert, the smallest change that had helped.

    Parameters
    ----------
    show : Recording, path, Scenario or str
        A recorded show, or a scenario whose rehearsal is reviewed. A text is a scenario where one is called so or it ends in
        ``.yaml``, else a path, read with ``reading``.
    policy : str, path, Strategy or Policy
        The one setting that was in use.
    earlier : one or several of Recording, path, Result
        Earlier shows, or their reviews: what drifted since, and where the proposal is tried.
    prior : path
        A recorded show: as in :func:`stockcue.replay`.
    rehearsal : path or Result
        The last rehearsal, under the same policy: whether its bands held this night, item by item, and over the earlier ones.
    scenario : str, path, Scenario or mapping
        The shop behind a recording; None: one without leaks.
    feed : str or mapping
        Readings between ledger and alert engine, put over the show's own.
    score : str, mapping or Profile
        What things cost [CNY].
    bin_s : float
        Bin of the fitted demand of a recording [s], 1 to 86,400; None: 60.
    seed : int
        First key of every random stream, 0 to 1e15; None: 1.
    replicate : int
        Which rehearsed show, or draw of what is not recorded, 0 to 1,000,000; None: 0.
    shows : int
        Other shows, or draws of this one, that the proposal is tried on, 0 to 1000; None: 8.
    alerts : int
        Alerts played out with and without their actions, the first ones, 0 to 100,000; None: 150.
    figure : str
        ``all`` or ``none``; None: all.
    figure_sku : str
        The SKU of the timeline; None: the one that lost most.
    uncertain : bool, path or Result
        Rehearsed: whether shows draw their parameters anew, as in :func:`stockcue.rehearse`.
    out, progress, command
        As in :func:`stockcue.rehearse`.
    **reading
        How a path is read, as in :func:`stockcue.read`.

    Returns
    -------
    Result
        ``.table`` and ``.changes``: changes of one setting; ``.blame``: units by cause; ``.alerts``; ``.drift``; ``.evidence``;
        ``review.md`` and ``proposal.yaml`` in its folder.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold or a recording cannot be used.
    """
    rec = recording_of(show)
    given = {**(rec.given if isinstance(rec, Recording) else {}), **reading}
    paths = [one.path if isinstance(one, Recording) else str(getattr(one, "folder", one)) for one in many(earlier)]
    s = settled(
        ReviewSettings, "review", stream=rec.path if rec else None,
        rehearsal=None if rehearsal in (None, "") else str(getattr(rehearsal, "folder", rehearsal)),
        earlier=paths[0] if len(paths) == 1 else paths or None,
        bin_s=bin_s, seed=seed, replicate=replicate, shows=shows, alerts=alerts, figure=figure, figure_sku=figure_sku,
        uncertain=bool(uncertain), prior=None if prior is None else str(prior), **given,
    )  # fmt: skip
    if s.prior and not rec:
        raise SettingError(_("prior= says what is likely of demand that nobody saw; it needs a recorded show (stream=)"))
    one, profile, told = _policy(policy), profile_of(score), listener(progress)
    case = (recorded_case(s, read_as(rec, given_of(s)), many(earlier), scenario, feed) if rec
            else rehearsed_case(s, *drawn(show, uncertain), many(earlier), feed))  # fmt: skip
    one_of("figure_sku", s.figure_sku, ["auto", *(k.id for k in case.show.stage.scenario.skus)])
    held = held_bands(s, case, one, profile) if s.rehearsal else None
    stem = f"review-{_stem(case.show.name)}"
    task = Task("review", stem, _facts(s, one, profile, case), out, command, more={"loop": case.show.loop})
    try:
        return published(task, lambda folder: _write(folder, case, one, profile, s, task, told, held), told)
    finally:
        told.close()


def _write(
    folder: Path, case: Case, policy: Policy, profile: Profile, s: ReviewSettings, task: Task, told: Listener, held: Bands | None
) -> Statement:  # fmt: skip
    """Review, and leave page, pictures, tables and proposal."""
    verdict = reviewed(case.show, policy, profile, case.show_profile, case.others, case.bounds, case.draws, s.alerts,
                     told.stage("review"), case.night, held)  # fmt: skip
    told.close()
    words = list(task.command or ())
    again = [word for word in words if not word.startswith("out=")]
    asked = task.asked() if task.command is None else command_line("review", again)

    def written(folder: Path, pictures: Sequence[str]) -> None:
        (folder / "review.md").write_text(page(verdict, asked, case.at, case.notes, pictures, case.recorded), encoding="utf-8")

    written(folder, [])
    for name, table in tables(verdict).items():
        write_table(table, folder / f"{name}.parquet")
        write_csv(table, folder / f"{name}.csv")
    write_csv(assumption_table(case.show.stage.scenario, None, [policy], profile), folder / "assumptions.csv")
    save(verdict.now, folder / FILE)
    write_proposal(folder / "proposal.yaml", verdict, proposal_words(verdict, words))
    text = "\n".join([*case.recorded, printed(verdict)])
    last = [_("run folder: {folder} (page: review.md, proposal: proposal.yaml)").format(folder=HERE)]

    def more(folder: Path) -> list[str]:
        written(folder, _pictures(folder, verdict, s))
        write_table(of_runs([(verdict.show.name, verdict.policy.name, verdict.run)]), folder / "timelines.parquet")
        return last

    return Statement(text, text.splitlines()[1:], last, {"night": noted(case, verdict)},
                again=lambda: "\n".join([*case.recorded, printed(verdict)]).splitlines()[1:],
                more=None if s.figure == "none" else more)  # fmt: skip


def noted(case: Case, r: Review) -> dict[str, Any]:
    """The night in a few figures, for the roll-up of several. blame: shares of the cost by cause. held: figures within a
    rehearsal's bands this night, of how many, and the share that is right."""
    b, p, cost, start, end = r.search.before, r.proposal, r.blame.cost, *case.span
    total = float(cost.sum())
    held = None if r.bands is None else (*r.bands.nights[-1][1:], r.bands.expected)
    return {
        "show": r.show.name, "start": start, "end": end,
        "net": float(r.row["net"]), "gmv": float(r.row["gmv"]), "net_hindsight": float(r.row["net_hindsight"]),
        "oversold": int(b.oversold), "missed": int(b.missed), "alerts": int(b.alerts), "useful": r.worth.useful,
        "harmful": r.worth.harmful, "drifted": [FEATURES[d.feature][0] for d in r.drift if d.drifted], "held": held,
        "blame": {cause: float(x) / total for cause, x in zip(CAUSES, cost, strict=True)} if total > 0 else {},
        "proposal": p and {"change": p.change.tunable.word(p.change.value), "claimed": float(p.claim.mean)},
    }  # fmt: skip


def _policy(given: Any) -> Policy:
    policies = policies_of(given)
    if len(policies) != 1:
        text = _("review judges the one setting that was in use, and {n} are chosen; name it, as in strategy=smart")
        raise SettingError(text.format(n=len(policies)))
    return policies[0]


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60] or "show"


def _facts(s: ReviewSettings, policy: Policy, profile: Profile, case: Case) -> dict[str, Any]:
    """Everything that decides the result, as plain data."""
    given = [s.stream, s.cues, s.stock, s.shut, s.actions, s.rehearsal, s.prior, *paths_of(s.earlier)]
    files = [EXAMPLE if path == "example" else Path(path) for path in given if isinstance(path, str) and path]
    facts = {**described([policy], profile), "scenario": plain(case.show.stage.scenario), "inputs": checksums(files)}
    return facts | {"settings": {k: v for k, v in asdict(s).items() if k not in LEFT_OUT}}


# -- what is left behind ----------------------------------------------------------------------------------------


def _pictures(folder: Path, r: Review, s: ReviewSettings) -> list[str]:
    from sim.report.figures.blame import blame_figure
    from sim.report.figures.timeline import timeline

    skus = [k.id for k in r.show.stage.scenario.skus]
    lost = r.blame.lost.cost
    sku = int(lost.argmax()) if s.figure_sku == "auto" else skus.index(s.figure_sku)
    why = _("shown: the SKU that lost most") if s.figure_sku == "auto" else given_sku(s.figure_sku)
    draw(timeline(r.run, sku, f"{basis(r)}; {why}"), folder / "timeline.png")
    title = _("{show} · strategy {strategy}").format(show=r.show.name, strategy=r.policy.name)
    draw(blame_figure(r.blame, skus, title, basis(r)), folder / "blame.png")
    return ["timeline.png", "blame.png"]
