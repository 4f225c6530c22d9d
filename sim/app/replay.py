"""Replay: strategies over recorded shows, open loop or closed; the tables, the pictures and the run folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from scenarios.contract import Scenario
from scenarios.registry import from_plain, plain
from scenarios.staffing import SOURCES, Feed, Outage
from sim.app.earlier import taught_by
from sim.app.frame import Out, Task, published, settled
from sim.app.nouns import option, policies_of, profile_of, values_of
from sim.app.progress import Listener, Tell, listener
from sim.app.recording import READING, ReadingArguments, Recording, given_of, inputs
from sim.app.recordings import KEPT, Recordings
from sim.app.replayed import Played, write_pictures, write_tables
from sim.app.replays import assumed, played
from sim.app.result import HERE, Result, Statement
from sim.core.export import write_csv
from sim.core.policy import Policy
from sim.jobs.folder import checksums
from sim.replay import write_rejects
from sim.replay.feedlines import write_feed
from sim.report.text.openloop import PRINTED, report, undrawn
from sim.setup.choices import described, numbers, one_of
from sim.setup.settings import ReplaySettings, SettingError
from sim.study.rehearse import DEFAULT_STRATEGIES
from sim.words import _

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
    prior: str | Path | None = None,
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
    prior : path
        Closed loop: a scenario file that :func:`stockcue.calibrate` fitted to other nights of the shop, whose level and course
        are held likely beforehand; None: this night alone.
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
        within_s=within_s, prior=None if prior is None else str(prior),
        figure=figure, figure_sku=figure_sku, feed_lines=feed_lines, **given,
    )  # fmt: skip
    paths, teams = stream_paths(s), policies_of(policies)
    _refused(s, teams, len(paths))
    profile, world, told = profile_of(score), world_of(scenario), listener(progress)
    given_so = [one for one in many if one not in (None, "")]
    nights = Recordings(given_so, given_of(s), partial(feed_of, feed), s.beyond == "hide", told)
    one_of("figure_sku", s.figure_sku, ["auto", *dict.fromkeys(sku for night in nights for sku in night.skus)])
    taught, facts = taught_by(s.prior), _facts(s, teams, profile, world, nights)
    task = Task(
        "replay",
        f"replay-{_stem(paths)}",
        facts,
        out,
        command,
        more={"loop": s.loop, "nights": [night.span for night in nights]},
    )

    def write(folder: Path) -> Statement:
        replays, accounts = played(s, nights, teams, world, profile, told, folder, taught)
        told.close()
        loaded, shown = next(nights.taken()).loaded, accounts[:PRINTED]
        first, rejects = loaded.stream, [account.rejects for account in accounts if account.rejects is not None]
        live = [write_feed(first, nights[0].feed, folder, Path(HERE))] if s.feed_lines == "write" else []
        write_tables(replays, folder)
        write_rejects(pd.concat(rejects or [loaded.rejects], ignore_index=True), folder / "rejects.csv")
        write_csv(assumed(first.scenario(nights[0].feed), world, teams, profile, s.loop), folder / "assumptions.csv")
        undone = undrawn(KEPT, len(nights)) if s.figure != "none" else []
        notes = [*(line for account in accounts for line in account.lines), *live, *undone]
        _write_page(folder, replays, task, notes)
        where = [_("run folder: {folder}").format(folder=HERE)]

        def drawn(folder: Path) -> list[str]:
            write_pictures(replays, s.figure_sku, folder)
            _write_page(folder, replays, task, notes)
            return where

        text = replays.printed([*(line for account in shown for line in account.lines), *live, *undone])
        return Statement(text, (), where, more=None if s.figure == "none" else drawn)

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
    named = Counter(paths)
    for path in paths:
        if named[path] > 1:
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
    if s.prior and s.loop == "open":
        raise SettingError(_("prior= says what is likely of demand that nobody saw; it needs loop=closed"))
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


def _facts(s: ReplaySettings, policies: list[Policy], profile: Any, world: Any, nights: Recordings) -> dict[str, Any]:
    """Everything that decides the result, as plain data."""
    plain_feeds = [{k: v for k, v in vars(night.feed).items() if k not in SOURCES} for night in nights]
    plain_feeds = [feed | {"outages": [vars(o) for o in feed["outages"]]} for feed in plain_feeds]
    closed = s.loop == "closed"
    facts = {**described(policies, profile if closed else None), "feed": plain_feeds if len(nights) > 1 else plain_feeds[0]}
    facts |= {"inputs": inputs(nights) | checksums([Path(s.prior)] if s.prior else [])}
    facts |= {"settings": {k: v for k, v in vars(s).items() if k not in LEFT_OUT}}
    if any(dict(night.given) != given_of(s) for night in nights):
        facts["reading"] = [{name: night.given[name] for name in READING} for night in nights]
    if closed and world is not None:
        from sim.replay.closedtape import WORLD

        facts["scenario"] = {part: plain(world)[part] for part in WORLD}
    return facts


def _stem(paths: Sequence[str]) -> str:
    first = re.sub(r"[^\w-]+", "_", Path(paths[0]).name.split(".")[0]) or "stream"
    return first if len(paths) == 1 else f"{first}-and-{len(paths) - 1}-more"


def _write_page(folder: Path, replays: Played, task: Task, notes: Sequence[str]) -> None:
    """``report.md``, with the pictures there are."""
    pictures = [(p.stem, p.name) for p in sorted(folder.glob("*.png"))]
    texts = [note.replace(HERE, str(task.final)) for note in notes]
    text = report(replays.title, task.repeat(), replays.page(), texts, pictures)
    (folder / "report.md").write_text(text, encoding="utf-8")
