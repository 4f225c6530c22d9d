"""Three kinds of replay behind one face: open loop, closed loop, and the difference of two settings; one stream or several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.contract import Scenario
from sim.app.progress import Listener
from sim.app.recordings import KEPT, Account, Recordings, account_of, number_of
from sim.app.replayed import Played, filed
from sim.app.replays_closed import closed
from sim.app.timelines import RECORDED, of_runs, with_recorded_stock
from sim.core.policy import Policy
from sim.jobs.long_table import LongTable
from sim.replay import Loaded, Replay, replay
from sim.replay.alertlines import alert_lines
from sim.replay.diff import by_stream, diff_counts, rule_diff
from sim.replay.recorded import as_recorded, never_in
from sim.replay.stream import Stream
from sim.replay.taught import Taught
from sim.report.figures.replay import OPEN_LOOP, draw, recording
from sim.report.text import diff as diff_text
from sim.report.text import openloop as openloop_text
from sim.report.text.layout import some
from sim.score.profiles import Profile
from sim.setup.assumptions import assumption_table
from sim.setup.settings import ReplaySettings
from sim.words import _

NAMED, AT_ONCE = 12, 50
"""Recordings that a heading names, and whose tables are kept apart."""

SKU_MONEY = ("price", "margin", "return_rate")
"""What of an item a closed loop counts money by."""


def played(
    s: ReplaySettings, nights: Recordings, policies: list[Policy], world: Scenario | None, profile: Profile, told: Listener,
    folder: Path, taught: Taught | None = None,
) -> tuple[Played, list[Account]]:  # fmt: skip
    """Replay every recording as the settings say, one after the other. Long tables and lines of alerts are left in ``folder``."""
    name = some([night.name for night in nights], NAMED)
    if s.loop == "closed":
        return closed(s, name, nights, policies, (world, taught), profile, told, folder)
    accounts: list[Account] = []
    results: list[Replay] = []
    whole: list[Replay] = []
    drawn: list[tuple[Loaded, Replay]] = []
    changed: list[pd.DataFrame] = []
    about: list[tuple[str, str, list[str]]] = []
    many = len(nights) > 1
    progress = told.stage("recordings" if many else "strategies")
    with LongTable(folder / "alerts.parquet") as alerts:
        for number, ((one, _truth), night) in enumerate(zip(nights.taken(), nights, strict=True), 1):
            result = replay(one, policies, night.feed, s.horizon_s, s.merge_s, None if many else progress)
            alerts.add(result.alerts)
            if s.diff:
                changed.append(rule_diff(result.alerts, policies[0].name, policies[1].name, s.within_s))
            else:
                lines = "".join(f"{line}\n" for line in alert_lines(one.stream, result.runs))
                (folder / filed(f"alerts{_tail(nights, one)}.jsonl")).write_text(lines, encoding="utf-8")
            if number <= KEPT:
                drawn.append((one, result))
            accounts.append(account_of(one, many))
            about.append((result.caption, as_recorded(one.stream), never_in(one.stream)))
            results += [result.figures()] if number <= openloop_text.IN_REPORT else []
            whole.append(result.figures())
            if len(whole) > AT_ONCE:  # many small tables take many times their figures
                whole = [openloop_text.together(whole)]
            if many:
                progress(number, len(nights), night.name)
    if s.diff:
        return _difference(s, name, openloop_text.together(whole), drawn, changed, policies), accounts
    return _open(name, nights, results, openloop_text.together(whole), drawn, about), accounts


def _open(
    name: str, nights: Recordings, results: list[Replay], whole: Replay, drawn: list[tuple[Loaded, Replay]],
    recorded: list[tuple[str, str, list[str]]],
) -> Played:  # fmt: skip
    """results: of the first recordings. whole: of all together. recorded: caption, facts, items that never had any stock."""
    many = len(nights) > 1
    pairs = [(night.name, sku) for night, (_caption, _words, skus) in zip(nights, recorded, strict=True) for sku in skus]
    empty = [f"{night}: {sku}" if many else sku for night, sku in pairs]
    last = openloop_text.about_sellouts(len(whole.sellouts), empty)

    def about(most: int) -> list[str]:
        captions, facts = [told[0] for told in recorded[:most]], [told[1] for told in recorded[:most]]
        return [*captions, *facts, *openloop_text.more_recordings(len(nights) - most), last]

    return Played(
        title=(_("Replay of {streams}").format(streams=name), _(OPEN_LOOP)),
        printed=lambda notes: openloop_text.printed(results, whole, [*about(openloop_text.PRINTED), *notes]),
        page=lambda: [*openloop_text.page(results, whole), "\n".join(f"- {a}" for a in about(len(nights)))],
        tables={"table": whole.table, "sellouts": whole.sellouts},
        figures=lambda sku: _open_figures(nights, drawn, sku),
        timelines=lambda: _heard(drawn, many),
    )


def _heard(drawn: Sequence[tuple[Loaded, Replay]], many: bool) -> pd.DataFrame:
    """Open loop: what every strategy heard and said, by recording."""
    parts = [
        with_recorded_stock(of_runs([(one.stream.name if many else RECORDED, run.policy.name, run) for run in r.runs]), r.levels)
        for one, r in drawn
    ]
    return pd.concat(parts, ignore_index=True)


def _tail(nights: Recordings, one: Loaded) -> str:
    return "" if len(nights) == 1 else f"-{one.stream.name}"


def _open_figures(nights: Recordings, drawn: Sequence[tuple[Loaded, Replay]], sku: str) -> Iterator[tuple[str, Any]]:
    from sim.report.figures.overview import overview

    for one, result in drawn:
        tail = _tail(nights, one)
        number = _first_out(result.sellouts, one.stream) if sku == "auto" else number_of(one.stream, sku)
        if number is not None:
            yield f"replay{tail}", draw(recording(one, result, number))
        yield f"overview{tail}", overview(one.stream)


def _first_out(sellouts: pd.DataFrame, stream: Stream) -> int:
    """The SKU that ran out first, else the first one."""
    outs = sellouts.sort_values("sold_out_s", kind="stable")
    return [k.id for k in stream.skus].index(str(outs["sku"].iloc[0])) if len(outs) else 0


def _difference(
    s: ReplaySettings, name: str, whole: Replay, drawn: list[tuple[Loaded, Replay]], parts: list[pd.DataFrame],
    policies: list[Policy],
) -> Played:  # fmt: skip
    a, b = (p.name for p in policies)
    changed = by_stream(parts)
    counts = diff_counts(changed, whole.sellouts, a, b)
    return Played(
        title=(_("{a} against {b} over {streams}").format(a=a, b=b, streams=name), _(OPEN_LOOP)),
        printed=lambda notes: diff_text.printed(changed, counts, a, b, s.within_s, notes),
        page=lambda: diff_text.page(changed, counts, a, b, s.within_s),
        tables={"diff": changed, "diff_counts": counts, "sellouts": whole.sellouts},
        figures=lambda sku: diff_text.figures(drawn, len(whole.span_s) > 1, changed, (a, b), sku),
        timelines=lambda: _heard(drawn, len(whole.span_s) > 1),
    )


def assumed(show: Scenario, world: Scenario | None, policies: Sequence[Policy], profile: Profile, loop: str) -> pd.DataFrame:
    """Settings that a replay rests on: open loop those of feed, strategies and gate; closed also shop, people and prices.
    show: the recording's own; world: the shop behind it, where somebody said."""
    from sim.replay.closedtape import WORLD, backdrop

    used = ["scenario.feed.", "strategy.", "gate"]
    if loop == "closed":
        show = replace(show, **{part: getattr(world or backdrop(), part) for part in WORLD})
        used += (
            [f"scenario.{part}." for part in WORLD]
            + [f"scenario.skus[0].{part}" for part in SKU_MONEY]
            + ["operations.", "score."]
        )
    table = assumption_table(show, None, policies, profile)
    return table[table["setting"].str.startswith(tuple(used))]
