"""Three kinds of replay behind one face: open loop, closed loop, and the difference of two settings; one stream or several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.contract import Scenario
from scenarios.staffing import Feed
from sim.app.progress import Listener
from sim.app.timelines import RECORDED, of_runs, with_recorded_stock
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.jobs.folder import write_table
from sim.replay import Loaded, Replay, replay
from sim.replay.alertlines import alert_lines
from sim.replay.closedloop import Closed, closed_replay
from sim.replay.diff import diff_counts, rule_diff
from sim.replay.impute import LIKELY
from sim.replay.recorded import as_recorded, never_in
from sim.replay.stream import Stream
from sim.report.figures.replay import OPEN_LOOP, draw, recording
from sim.report.text import closed as closed_text
from sim.report.text import diff as diff_text
from sim.report.text import openloop as openloop_text
from sim.score.profiles import Profile
from sim.setup.assumptions import assumption_table
from sim.setup.settings import ReplaySettings
from sim.words import _


@dataclass(frozen=True, eq=False)
class Played:
    """What was replayed, ready to be shown. title: heading and the words that say which loop. printed(notes): for a terminal.
    page(): paragraphs of the report. tables: by name. lines: files of JSON lines by name. figures: (file stem, draw) pairs,
    timelines: what a page draws; both made when asked for."""

    title: tuple[str, str]
    printed: Callable[[Sequence[str]], str]
    page: Callable[[], list[str]]
    tables: dict[str, pd.DataFrame]
    figures: Callable[[str], list[tuple[str, Any]]] = field(repr=False)
    timelines: Callable[[], pd.DataFrame] = field(repr=False)
    lines: dict[str, str] = field(default_factory=dict, repr=False)


def played(
    s: ReplaySettings, loaded: Sequence[Loaded], truth: Sequence[Stream | None], policies: list[Policy], feeds: Sequence[Feed],
    world: Scenario | None, profile: Profile, told: Listener,
) -> Played:  # fmt: skip
    """Replay every stream as the settings say."""
    name = ", ".join(one.stream.name for one in loaded)
    if s.loop == "closed":
        return _closed(s, name, loaded, truth, policies, feeds, world, profile, told)
    progress = told.stage("strategies")
    replays = [replay(one, policies, feed, s.horizon_s, s.merge_s, progress) for one, feed in zip(loaded, feeds, strict=True)]
    return _difference(s, name, loaded, replays, policies) if s.diff else _open(name, loaded, replays)


def _open(name: str, loaded: Sequence[Loaded], results: list[Replay]) -> Played:
    whole = openloop_text.together(results)
    empty = [f"{one.stream.name}: {name}" if len(loaded) > 1 else name for one in loaded for name in never_in(one.stream)]
    about = [*(r.caption for r in results), *(as_recorded(one.stream) for one in loaded),
             openloop_text.about_sellouts(len(whole.sellouts), empty)]  # fmt: skip
    return Played(
        title=(_("Replay of {streams}").format(streams=name), _(OPEN_LOOP)),
        printed=lambda notes: openloop_text.printed(results, [*about, *notes]),
        page=lambda: [*openloop_text.page(results), "\n".join(f"- {a}" for a in about)],
        tables={"table": whole.table, "sellouts": whole.sellouts, "alerts": whole.alerts},
        figures=lambda sku: _open_figures(loaded, results, sku),
        timelines=lambda: _heard(loaded, results),
        lines={
            f"alerts{_tail(loaded, one)}.jsonl": "".join(f"{line}\n" for line in alert_lines(one.stream, r.runs))
            for one, r in zip(loaded, results, strict=True)
        },
    )


def _heard(loaded: Sequence[Loaded], results: Sequence[Replay]) -> pd.DataFrame:
    """Open loop: what every strategy heard and said, by recording."""
    parts = [
        with_recorded_stock(
            of_runs([(one.stream.name if len(loaded) > 1 else RECORDED, run.policy.name, run) for run in r.runs]), r.levels
        )
        for one, r in zip(loaded, results, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _likely_first(entry: tuple[tuple[str, str], ShowRun]) -> bool:
    return entry[0][1] != LIKELY


def _tail(loaded: Sequence[Loaded], one: Loaded) -> str:
    return "" if len(loaded) == 1 else f"-{one.stream.name}"


def _open_figures(loaded: Sequence[Loaded], results: Sequence[Replay], sku: str) -> list[tuple[str, Any]]:
    from sim.report.figures.overview import overview

    figures: list[tuple[str, Any]] = []
    for one, result in zip(loaded, results, strict=True):
        tail = _tail(loaded, one)
        number = _first_out(result.sellouts, one.stream) if sku == "auto" else _number(one.stream, sku)
        if number is not None:
            figures.append((f"replay{tail}", draw(recording(one, result, number))))
        figures.append((f"overview{tail}", overview(one.stream)))
    return figures


def _first_out(sellouts: pd.DataFrame, stream: Stream) -> int:
    """The SKU that ran out first, else the first one."""
    outs = sellouts.sort_values("sold_out_s", kind="stable")
    return [k.id for k in stream.skus].index(str(outs["sku"].iloc[0])) if len(outs) else 0


def _number(stream: Stream, sku: str) -> int | None:
    names = [k.id for k in stream.skus]
    return names.index(sku) if sku in names else None


def _difference(s: ReplaySettings, name: str, loaded: Sequence[Loaded], results: list[Replay], policies: list[Policy]) -> Played:
    a, b = (p.name for p in policies)
    whole = openloop_text.together(results)
    changed = rule_diff(whole.alerts, a, b, s.within_s)
    counts = diff_counts(changed, whole.sellouts, a, b)
    return Played(
        title=(_("{a} against {b} over {streams}").format(a=a, b=b, streams=name), _(OPEN_LOOP)),
        printed=lambda notes: diff_text.printed(changed, counts, a, b, s.within_s, notes),
        page=lambda: diff_text.page(changed, counts, a, b, s.within_s),
        tables={"diff": changed, "diff_counts": counts, "sellouts": whole.sellouts, "alerts": whole.alerts},
        figures=lambda sku: diff_text.figures(loaded, results, changed, (a, b), sku),
        timelines=lambda: _heard(loaded, results),
    )


def _closed(
    s: ReplaySettings, name: str, loaded: Sequence[Loaded], truth: Sequence[Stream | None], policies: list[Policy],
    feeds: Sequence[Feed], world: Scenario | None, profile: Profile, told: Listener,
) -> Played:  # fmt: skip
    progress = told.stage("draws")
    replays = [closed_replay(one.stream, policies, feed, world, profile, s.replicates, s.seed, s.bin_s, progress,
                           whatif=s.whatif_stock)
             for one, feed in zip(loaded, feeds, strict=True)]  # fmt: skip
    against = [line for c, t in zip(replays, truth, strict=True) if t is not None for line in closed_text.against_truth(c, t)]
    tables = {table: pd.concat([getattr(c, table) for c in replays], ignore_index=True)
              for table in ("scores", "verdict", "windows", "alerts")}  # fmt: skip
    if len(replays) > 1:
        tables["pooled"] = closed_text.pooled(replays)
    return Played(
        title=(_("Replay of {streams}").format(streams=name), _(closed_text.CLOSED_LOOP)),
        printed=lambda notes: closed_text.printed(replays, [*against, *notes]),
        page=lambda: [*closed_text.page(replays), *against],
        tables=tables,
        figures=lambda sku: _closed_figures(replays, sku),
        timelines=lambda: of_runs(
            [
                (f"{c.stream.name} {bound}" if len(replays) > 1 else bound, name, run)
                for c in replays
                for (name, bound), run in sorted(c.shown.items(), key=_likely_first)
            ]
        ),
    )


def _closed_figures(replays: Sequence[Closed], sku: str) -> list[tuple[str, Any]]:
    from sim.report.figures.closed import closed_timeline, shown_sku
    from sim.report.figures.overview import overview

    figures: list[tuple[str, Any]] = []
    for c in replays:
        tail = "" if len(replays) == 1 else f"-{c.stream.name}"
        number = shown_sku(c) if sku == "auto" else _number(c.stream, sku)
        if number is not None:
            figures.append((f"closed{tail}", closed_timeline(c, number)))
        figures.append((f"overview{tail}", overview(c.stream, c.imputation.windows)))
    return figures


def write_timelines(parts: Played, folder: Path) -> None:
    """What its page draws."""
    write_table(parts.timelines(), folder / "timelines.parquet")


def write_tables(parts: Played, folder: Path) -> None:
    """Every table of a replay as Parquet."""
    for name, table in parts.tables.items():
        write_table(table, folder / f"{name}.parquet")
    for name, text in parts.lines.items():
        (folder / filed(name)).write_text(text, encoding="utf-8")


def assumed(show: Scenario, world: Scenario | None, policies: Sequence[Policy], profile: Profile, loop: str) -> pd.DataFrame:
    """Settings that a replay rests on: open loop those of feed, strategies and gate; closed also shop, people and prices.
    show: the recording's own; world: the shop behind it, where somebody said."""
    from sim.replay.closedtape import WORLD, backdrop

    used = ["scenario.feed.", "strategy.", "gate"]
    if loop == "closed":
        show = replace(show, **{part: getattr(world or backdrop(), part) for part in WORLD})
        used += [f"scenario.{part}." for part in WORLD] + ["operations.", "score."]
    table = assumption_table(show, None, policies, profile)
    return table[table["setting"].str.startswith(tuple(used))]


def write_pictures(parts: Played, sku: str, folder: Path) -> None:
    """Every picture of a replay as PNG."""
    from sim.app.pictures import save

    for stem, figure in parts.figures(sku):
        save(figure, folder / filed(f"{stem}.png"))


def filed(name: str) -> str:
    """A file's name without anything that could lead out of its folder."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")
