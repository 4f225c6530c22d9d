"""Replay: strategies over recorded shows, open loop or closed; the tables, the pictures and the run folder."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from scenarios.contract import Scenario
from scenarios.registry import from_plain, plain
from scenarios.staffing import SOURCES, Feed, Outage
from sim.app.frame import Out, Task, published, settled
from sim.app.nouns import option, policies_of, profile_of, values_of
from sim.app.progress import Listener, Tell, listener
from sim.app.recording import READING, ReadingArguments, Recording, given_of, inputs, read_as
from sim.app.replays import assumed, played, write_pictures, write_tables, write_timelines
from sim.app.result import HERE, Result, Statement
from sim.core.export import write_csv
from sim.core.policy import Policy
from sim.replay import Loaded, write_rejects
from sim.replay.censor import hide
from sim.replay.feedlines import write_feed
from sim.report.text import account
from sim.report.text.openloop import report
from sim.setup.choices import described, numbers, one_of
from sim.setup.settings import ReplaySettings, SettingError
from sim.study.rehearse import DEFAULT_STRATEGIES
from sim.words import _, ngettext

LEFT_OUT = ("out", "figure", "figure_sku", "feed_lines")
"""Settings that decide nothing."""


def replay(
    recordings: Any,
    policies: Any = DEFAULT_STRATEGIES,
    *,
    loop: str | None = None,
    horizon_s: float | None = None,
    merge_s: float | None = None,
    shows: int | None = None,
    seed: int | None = None,
    bin_s: float | None = None,
    whatif_stock: Any = None,
    beyond: str | None = None,
    diff: bool | None = None,
    within_s: float | None = None,
    scenario: Any = None,
    feed: Any = None,
    score: Any = "balanced",
    figure: str | None = None,
    figure_sku: str | None = None,
    feed_lines: str | None = None,
    out: Out = None,
    progress: Listener | Tell | bool | None = None,
    command: Sequence[str] | None = None,
    **reading: Unpack[ReadingArguments],
) -> Result:
    """Run strategies, unchanged, over recorded shows.

    Parameters
    ----------
    recordings : one or several of Recording, path
        See :func:`stockcue.read`; a path is read with ``reading``.
    policies : one or several policies
        See :func:`stockcue.policy`.
    loop : str
        ``open``: what would have fired, and when; ``closed``: what would have happened, imputed parts marked. None: open.
    horizon_s : float
        An alert counts for a sell-out that comes within this time [s], 1 to 1e7; None: 1800.
    merge_s : float
        Sell-outs closer together than this are one [s], 0 to 1e7; None: 600.
    shows : int
        Closed loop: draws of what the recording does not say, 1 to 100,000; None: 20.
    seed : int
        Closed loop: first key of every random stream, 0 to 1e15; None: 1.
    bin_s : float
        Closed loop: steps in which the demand of the room may move [s], 1 to 86,400; None: 60.
    whatif_stock : int or mapping
        Closed loop: stock that is tried, units for all SKUs or ``{sku: units}``; None: the recorded one.
    beyond : str
        Orders beyond the stock: ``keep``, or ``hide`` and impute. None: keep.
    diff : bool
        Compare what two policies would have fired; None: False.
    within_s : float
        With ``diff``: alerts of one SKU this close are the same [s], 0 to 86,400; None: 60.
    scenario : str, path, Scenario or mapping
        Closed loop: the shop behind the recording (ledger, leaks, staff); None: one without leaks.
    feed : str or mapping
        Readings between ledger and alert engine: an option of ``conf/feed`` or settings; None: as the recording has them.
    score : str, mapping or Profile
        Closed loop: what things cost [CNY].
    figure : str
        ``all`` or ``none``; None: all.
    figure_sku : str
        The SKU drawn; None: the one that ran out first.
    feed_lines : str
        ``write``: leave the recording as lines for ``stockcue shadow`` too; None: none.
    out, progress, command
        As in :func:`stockcue.rehearse`.
    **reading
        How paths are read: ``cues``, ``stock``, ``sku``, ``zone``, ``speedup``, ``start``, ``end``, ``shut``, ``actions``.

    Returns
    -------
    Result
        Open loop: ``.table`` has a row per policy and SKU, ``.sellouts``, ``.alerts``; closed: ``.scores``, ``.windows``,
        ``.alerts``; diff: ``.diff``, ``.diff_counts``.

    Raises
    ------
    ValueError
        One sentence, where an argument does not hold or a recording cannot be used.
    """
    many = recordings if isinstance(recordings, list | tuple) else [recordings]
    own = [one for one in many if isinstance(one, Recording)]
    stream = [one.path if isinstance(one, Recording) else one for one in many]
    given = {**(own[0].given if own else {}), **reading}
    s = settled(
        ReplaySettings, "replay", stream=stream[0] if len(stream) == 1 else stream, loop=loop, horizon_s=horizon_s,
        merge_s=merge_s, shows=shows, seed=seed, bin_s=bin_s, whatif_stock=whatif_stock, beyond=beyond, diff=diff,
        within_s=within_s,
        figure=figure, figure_sku=figure_sku, feed_lines=feed_lines, **given,
    )  # fmt: skip
    paths, teams = stream_paths(s), policies_of(policies)
    _refused(s, teams, len(paths))
    profile, world, told = profile_of(score), world_of(scenario), listener(progress)
    read = [read_as(one, given_of(s)) for one in many if one not in (None, "")]
    loaded: list[Loaded] = _renamed([one.loaded for one in read])
    truth: list[Any] = [None] * len(loaded)
    if s.beyond == "hide":
        loaded, truth = _hidden(loaded)
    one_of("figure_sku", s.figure_sku, ["auto", *(k.id for one in loaded for k in one.stream.skus)])
    feeds = [feed_of(feed, one.stream.feed()) for one in loaded]
    facts = _facts(s, teams, profile, world, feeds, read)
    task = Task(
        "replay",
        f"replay-{_stem(paths)}",
        facts,
        out,
        command,
        more={"loop": s.loop, "nights": [one.stream.span() for one in loaded]},
    )

    def write(folder: Path) -> Statement:
        replays = played(s, loaded, truth, teams, feeds, world, profile, told)
        told.close()
        notes = [note for one in loaded for note in account.notes(one, f"{HERE}/rejects.csv", len(loaded) > 1)]
        if s.feed_lines == "write":
            notes.append(write_feed(loaded[0].stream, feeds[0], folder, Path(HERE)))
        if s.figure != "none":
            write_pictures(replays, s.figure_sku, folder)
            write_timelines(replays, folder)
        write_tables(replays, folder)
        write_rejects(_all_rejects(loaded), folder / "rejects.csv")
        write_csv(assumed(loaded[0].stream.scenario(feeds[0]), world, teams, profile, s.loop), folder / "assumptions.csv")
        _write_page(folder, replays.title, replays.page(), task, notes)
        return Statement(replays.printed(notes), (), [_("run folder: {folder}").format(folder=HERE)])

    try:
        return published(task, write, told)
    finally:
        told.close()


# -- what was asked for -----------------------------------------------------------------------------------------


def stream_paths(s: ReplaySettings) -> list[str]:
    """The streams named, at least one."""
    given = s.stream if isinstance(s.stream, list) else [s.stream]
    paths = [str(p) for p in given if p not in (None, "")]
    if not paths:
        raise SettingError(_("replay needs a recording: stream=PATH, or stream=example for the one that ships with StockCue"))
    for path in paths:
        if paths.count(path) > 1:
            raise SettingError(_("stream {path!r} is named twice; name each recording once").format(path=path))
    return paths


def _refused(s: ReplaySettings, policies: Sequence[Policy], streams: int) -> None:
    """Refuse what does not go together."""
    if s.diff and s.loop == "closed":
        raise SettingError(_("diff=true compares what would have fired, which is open-loop; leave loop=closed out"))
    if s.diff and len(policies) != 2:
        text = _("diff=true compares two settings, and {n} are chosen; write strategy=[old:NAME,new:NAME]")
        raise SettingError(text.format(n=len(policies)))
    if s.feed_lines == "write" and streams > 1:
        raise SettingError(_("feed_lines=write makes one live feed of one recording; name one stream"))
    if s.beyond == "hide" and s.loop == "open":
        raise SettingError(_("beyond=hide hides orders so that they can be imputed; it needs loop=closed"))
    if s.whatif_stock not in (None, "") and s.loop == "open":
        raise SettingError(_("whatif_stock= tries another stock than there was; it needs loop=closed"))


def world_of(given: Any) -> Scenario | None:
    """The shop behind a recording: the parts of a scenario that a recording is silent about."""
    if given is None:
        return None
    from sim.replay.closedtape import WORLD, backdrop

    whole = plain(backdrop())
    if isinstance(given, Mapping) and not set(given) - set(WORLD):
        return from_plain(whole | dict(given))
    # A preset's host improvises cues out of a model; a recording's host did what he did.
    return from_plain(whole | {part: values for part, values in values_of(given).items() if part in WORLD and part != "host"})


def _renamed(loaded: list[Loaded]) -> list[Loaded]:
    """Streams of one name are numbered: tables tell them apart by name."""
    renamed, seen = [], dict[str, int]()
    for one in loaded:
        name = one.stream.name
        seen[name] = seen.get(name, 0) + 1
        stream = replace(one.stream, name=f"{name}-{seen[name]}") if seen[name] > 1 else one.stream
        renamed.append(replace(one, stream=stream))
    return renamed


def _hidden(loaded: list[Loaded]) -> tuple[list[Loaded], list[Any]]:
    """Streams without the orders beyond their stock, and these orders."""
    parts = [hide(one.stream) for one in loaded]
    kept = []
    for one, (stream, gone) in zip(loaded, parts, strict=True):
        text = ngettext(
            "{stream}: {n:,} order beyond the stock is hidden; imputed demand can be held against it",
            "{stream}: {n:,} orders beyond the stock are hidden; imputed demand can be held against them",
            len(gone.t),
        )
        note = text.format(stream=stream.name, n=len(gone.t))
        kept.append(replace(one, stream=stream, notes=(*one.notes, note)))
    return kept, [gone for _stream, gone in parts]


def feed_of(values: Any, own: Feed) -> Feed:
    """The stream's own feed with the values given put over it, or those of an option by name."""
    named = option("feed", values) if isinstance(values, str) else values or {}
    given = {key: value for key, value in named.items() if value is not None}
    numbers("feed", given, ("outages",))
    if "outages" in given:
        holes = given["outages"]
        if not isinstance(holes, list) or any(not isinstance(h, Mapping) or set(h) - set(vars(Outage())) for h in holes):
            raise SettingError(_("feed.outages must be a list, as in [{{at_s: 600, duration_s: 60}}]").format())
        given["outages"] = tuple(Outage(**h) for h in holes)
    return replace(own, **given)


def _facts(
    s: ReplaySettings, policies: list[Policy], profile: Any, world: Any, feeds: list[Feed], read: Sequence[Recording]
) -> dict[str, Any]:
    """Everything that decides the result, as plain data."""
    plain_feeds = [{k: v for k, v in vars(feed).items() if k not in SOURCES} for feed in feeds]
    plain_feeds = [feed | {"outages": [vars(o) for o in feed["outages"]]} for feed in plain_feeds]
    closed = s.loop == "closed"
    facts = {**described(policies, profile if closed else None), "feed": plain_feeds if len(feeds) > 1 else plain_feeds[0]}
    facts |= {"inputs": inputs(read)}
    facts |= {"settings": {k: v for k, v in vars(s).items() if k not in LEFT_OUT}}
    if any(dict(one.given) != given_of(s) for one in read):
        facts["reading"] = [{name: one.given[name] for name in READING} for one in read]
    if closed and world is not None:
        from sim.replay.closedtape import WORLD

        facts["scenario"] = {part: plain(world)[part] for part in WORLD}
    return facts


def _stem(paths: Sequence[str]) -> str:
    first = re.sub(r"[^\w-]+", "_", Path(paths[0]).name.split(".")[0]) or "stream"
    return first if len(paths) == 1 else f"{first}-and-{len(paths) - 1}-more"


def _all_rejects(loaded: Sequence[Loaded]) -> Loaded:
    return replace(loaded[0], rejects=pd.concat([one.rejects for one in loaded], ignore_index=True))


def _write_page(folder: Path, title: tuple[str, str], parts: list[str], task: Task, notes: Sequence[str]) -> None:
    pictures = [(p.stem, p.name) for p in sorted(folder.glob("*.png"))]
    texts = [note.replace(HERE, str(task.final)) for note in notes]
    (folder / "report.md").write_text(report(title, task.repeat(), parts, texts, pictures), encoding="utf-8")
