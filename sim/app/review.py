"""Review: what one show lost, to what, what each alert could still have saved, and what to change; the page after the show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scenarios.contract import Scenario
from scenarios.registry import names, plain
from sim.app.frame import Out, Task, command_line, published, settled
from sim.app.nouns import YAML, drawn, paths_of, policies_of, profile_of
from sim.app.pictures import save as draw
from sim.app.progress import Listener, Tell, listener
from sim.app.recording import EXAMPLE, Recording, Unread, given_of, read_as
from sim.app.replay import feed_of, world_of
from sim.app.result import HERE, Result, Said
from sim.core.export import write_csv
from sim.core.policy import Policy
from sim.jobs.folder import checksums, write_table
from sim.postmortem.parameters import Show
from sim.postmortem.proposal import proposal_words, write_proposal
from sim.postmortem.review import Review
from sim.postmortem.review import review as reviewed
from sim.postmortem.sessions import recorded, rehearsed
from sim.postmortem.show_profile import FILE, Habits, of_run, of_stream, save, saved
from sim.replay.closedloop import caption
from sim.replay.closedtape import ASSUMPTIONS
from sim.replay.impute import LIKELY, impute
from sim.replay.recorded import said_first, time_of_day
from sim.report.pages.review import page
from sim.report.text.review import basis
from sim.report.text.review_tables import printed, tables
from sim.score.profiles import Profile
from sim.setup.choices import described, one_of
from sim.setup.settings import Review as Settings
from sim.setup.settings import SettingError
from sim.setup.uncertain import Uncertainty
from sim.words import _

LEFT_OUT = ("out", "figure", "figure_sku")
"""Settings that decide nothing."""


@dataclass(frozen=True, eq=False)
class Case:
    """What is reviewed. at: moments as the show's clock writes them. notes: on the data. habits: of this show, earlier ones.
    recorded: what the recording itself says was lost, and what decides what the model makes of it."""

    show: Show
    others: list[Show]
    bounds: list[Show]
    draws: list[Show]
    habits: tuple[Habits, list[Habits]]
    at: Callable[[float], str]
    notes: list[str]
    recorded: tuple[str, ...] = ()


def review(
    show: Any,
    policy: Any,
    *,
    earlier: Any = None,
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
    **reading: Any,
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
    scenario : str, path, Scenario or mapping
        The shop behind a recording; None: one without leaks.
    feed : str or mapping
        Readings between ledger and alert engine, put over the show's own.
    score : str, mapping or Profile
        What things cost [CNY].
    bin_s : float
        Bin of the fitted demand of a recording [s], 1 to 86,400; None: 60.
    seed, replicate : int
        Which rehearsed show, or draw of what is not recorded; None: 1 and 0.
    shows : int
        Other shows, or draws of this one, that the proposal is tried on, 0 to 1000; None: 8.
    alerts : int
        Alerts played out with and without their actions, the first ones, 0 to 100,000; None: 150.
    figure, figure_sku : str
        ``all`` or ``none``; the SKU of the timeline (None: the one that lost most).
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
    rec = _recording_of(show)
    given = {**(rec.given if isinstance(rec, Recording) else {}), **reading}
    paths = [one.path if isinstance(one, Recording) else str(getattr(one, "folder", one)) for one in _many(earlier)]
    s = settled(
        Settings, "review", stream=rec.path if rec else None, earlier=paths[0] if len(paths) == 1 else paths or None,
        bin_s=bin_s, seed=seed, replicate=replicate, shows=shows, alerts=alerts, figure=figure, figure_sku=figure_sku,
        uncertain=bool(uncertain), **given,
    )  # fmt: skip
    one, profile, told = _policy(policy), profile_of(score), listener(progress)
    case = (_recorded(s, read_as(rec, given_of(s)), _many(earlier), scenario, feed) if rec
            else _rehearsed(s, *drawn(show, uncertain), _many(earlier), feed))  # fmt: skip
    one_of("figure_sku", s.figure_sku, ["auto", *(k.id for k in case.show.stage.scenario.skus)])
    stem = f"review-{_stem(case.show.name)}"
    task = Task("review", stem, _facts(s, one, profile, case), out, command, more={"loop": case.show.loop})
    try:
        return published(task, lambda folder: _write(folder, case, one, profile, s, task, told))
    finally:
        told.close()


def _write(folder: Path, case: Case, policy: Policy, profile: Profile, s: Settings, task: Task, told: Listener) -> Said:
    """Review, and leave page, pictures, tables and proposal."""
    found = reviewed(case.show, policy, profile, case.habits, case.others, case.bounds, case.draws, s.alerts,
                     told.stage("review"))  # fmt: skip
    told.close()
    pictures = _pictures(folder, found, s) if s.figure != "none" else []
    words = list(task.command or ())
    again = [word for word in words if not word.startswith("out=")]
    asked = task.asked() if task.command is None else command_line("review", again)
    (folder / "review.md").write_text(page(found, asked, case.at, case.notes, pictures, case.recorded), encoding="utf-8")
    for name, table in tables(found).items():
        write_table(table, folder / f"{name}.parquet")
        write_csv(table, folder / f"{name}.csv")
    save(found.now, folder / FILE)
    write_proposal(folder / "proposal.yaml", found, proposal_words(found, words))
    text = "\n".join([*case.recorded, printed(found)])
    last = _("run folder: {folder} (page: review.md, proposal: proposal.yaml)").format(folder=HERE)
    return Said(text, text.splitlines()[1:], [last])


# -- what is reviewed -------------------------------------------------------------------------------------------


def _many(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else [] if given in (None, "") else [given]


def _recording_of(show: Any) -> Recording | Unread | None:
    """A recording, a path of one, or None where a scenario is meant."""
    if isinstance(show, Recording | Unread):
        return show
    if not isinstance(show, str | Path) or str(show).endswith(YAML):
        return None
    text = str(show)
    known = text in names() or not (text == "example" or "/" in text or "." in text or Path(text).exists())
    return None if known else Unread(text)


def _policy(given: Any) -> Policy:
    made = policies_of(given)
    if len(made) != 1:
        text = _("review judges the one setting that was in use, and {n} are chosen; name it, as in strategy=smart")
        raise SettingError(text.format(n=len(made)))
    return made[0]


def _rehearsed(s: Settings, scenario: Scenario, uncertainty: Uncertainty | None, earlier: Sequence[Any], feed: Any) -> Case:
    for name in ("cues", "stock", "shut", "sku", "zone", "start", "end"):
        if getattr(s, name) not in ("", None):
            text = _("{name}= says how to read a recording, and none is named; add stream=PATH or leave it out")
            raise SettingError(text.format(name=name))
    scenario = replace(scenario, feed=feed_of(feed, scenario.feed))
    show = rehearsed(scenario, s.seed, s.replicate, uncertainty)
    others = [rehearsed(scenario, s.seed, s.replicate + k, uncertainty) for k in range(1, s.shows + 1)]
    from sim.engine.simulate import play
    from sim.setup.policies import make_policy

    own = of_run(play(show.stage, make_policy("silent")), show.name)
    before = [_earlier(s, one)[0] for one in earlier]
    tried = (
        f"is tried on replicates {s.replicate + 1} to {s.replicate + s.shows}" if s.shows else "was tried on no other (shows=0)"
    )
    notes = [f"A rehearsed show: replicate {s.replicate} of scenario {scenario.name}, seed {s.seed}; the proposal {tried}."]
    return Case(show, others, [], [], (own, before), _clock, notes)


def _clock(t_s: float) -> str:
    """A moment of a show without a calendar.

    >>> _clock(3725.4)
    '1:02:05'
    """
    whole = int(t_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _recorded(s: Settings, rec: Recording, earlier: Sequence[Any], scenario: Any, feed: Any) -> Case:
    stream, world = rec.loaded.stream, world_of(scenario)
    own_feed, made = feed_of(feed, stream.feed()), impute(stream, s.bin_s, world)
    bounds = recorded(made, s.seed, s.replicate, own_feed, world)
    before, others = [], []
    for one in earlier:
        habits, other = _earlier(s, one)
        before.append(habits)
        if other is not None:
            theirs = feed_of(feed, other.loaded.stream.feed())
            whole = impute(other.loaded.stream, s.bin_s, world)
            others.append(recorded(whole, s.seed, s.replicate, theirs, world, (LIKELY,))[LIKELY])
    read = [f"{row['file']}: {row['rows']} rows, {row['used']} used, {row['set_aside']} set aside, {row['rejected']} rejected"
            for row in rec.table.to_dict("records")]  # fmt: skip
    notes = [caption(stream, made), *(f"Assumed: {words}." for words in ASSUMPTIONS), *read, *_declared(world)]
    draws = [recorded(made, s.seed, s.replicate + k, own_feed, world, (LIKELY,))[LIKELY] for k in range(1, s.shows + 1)]
    notes.append(f"Times are on the recording's clock; it starts at {stream.at(0.0)}.")
    shown = list(bounds.values())
    return Case(
        bounds[LIKELY],
        others,
        shown,
        draws,
        (of_stream(stream), before),
        lambda t: time_of_day(stream.at(t)),
        notes,
        said_first(stream, world),
    )


def _declared(world: Scenario | None) -> list[str]:
    """What the shop behind the recording is taken to be."""
    if world is None:
        return []
    return [f"The shop behind the recording is taken to be: ledger {world.ledger.mode}, hold {world.ledger.hold_s:g} s; other "
            "parts as declared with scenario= and scenario.KEY=, else without leaks."]  # fmt: skip


def _earlier(s: Settings, given: Any) -> tuple[Habits, Recording | None]:
    """An earlier show: its review, or its recording."""
    place = getattr(given, "folder", given)
    if isinstance(place, str | Path) and (Path(place) / "manifest.json").is_file():
        return saved(Path(place)), None
    own = isinstance(given, Recording)
    alone = None if own or Path(str(place)).is_dir() or str(place) == "example" else s.stock
    rec = read_as(given, given_of(replace(s, cues="", shut=None, start="", end="", stock=alone)))
    return of_stream(rec.loaded.stream), rec


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60] or "show"


def _facts(s: Settings, policy: Policy, profile: Profile, case: Case) -> dict[str, Any]:
    """Everything that decides the result, as plain data."""
    given = [s.stream, s.cues, s.stock, *paths_of(s.earlier)]
    files = [EXAMPLE if path == "example" else Path(path) for path in given if isinstance(path, str) and path]
    made = {**described([policy], profile), "scenario": plain(case.show.stage.scenario), "inputs": checksums(files)}
    return made | {"settings": {k: v for k, v in asdict(s).items() if k not in LEFT_OUT}}


# -- what is left behind ----------------------------------------------------------------------------------------


def _pictures(folder: Path, r: Review, s: Settings) -> list[str]:
    from sim.report.figures.blame import blame_figure
    from sim.report.figures.timeline import timeline

    skus = [k.id for k in r.show.stage.scenario.skus]
    lost = r.blame.lost.cost
    sku = int(lost.argmax()) if s.figure_sku == "auto" else skus.index(s.figure_sku)
    why = "the SKU that lost most" if s.figure_sku == "auto" else f"figure_sku={s.figure_sku}"
    draw(timeline(r.run, sku, f"{basis(r)}; shown: {why}"), folder / "timeline.png")
    draw(blame_figure(r.blame, skus, f"{r.show.name} · strategy {r.policy.name}", basis(r)), folder / "blame.png")
    return ["timeline.png", "blame.png"]
