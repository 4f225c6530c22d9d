"""Closed-loop replay of one recording or several, one after the other; only the first ones keep what pictures are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.contract import Scenario
from sim.app.progress import Listener
from sim.app.recordings import KEPT, Account, Recordings, account_of, number_of
from sim.app.replayed import Played
from sim.app.timelines import of_runs
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.jobs.long_table import LongTable
from sim.replay.closedloop import Closed, closed_replay
from sim.replay.impute import LIKELY
from sim.replay.taught import Taught
from sim.report.text import closed as closed_text
from sim.score.profiles import Profile
from sim.setup.settings import ReplaySettings
from sim.words import _


def closed(
    s: ReplaySettings, name: str, nights: Recordings, policies: list[Policy], behind: tuple[Scenario | None, Taught | None],
    profile: Profile, told: Listener, folder: Path,
) -> tuple[Played, list[Account]]:  # fmt: skip
    """Every recording under every bound; see :func:`~sim.app.replays.played`. behind: the shop, and what its other nights say."""
    world, taught = behind
    progress, many = told.stage("draws"), len(nights) > 1
    accounts: list[Account] = []
    results: list[Closed] = []
    drawn: list[Closed] = []
    against: list[str] = []
    with LongTable(folder / "scores.parquet") as scores, LongTable(folder / "alerts.parquet") as alerts:
        for (one, truth), night in zip(nights.taken(), nights, strict=True):
            result = closed_replay(one.stream, policies, night.feed, world, profile, s.replicates, s.seed, s.bin_s, progress,
                                   whatif=s.whatif_stock, taught=taught)  # fmt: skip
            scores.add(result.scores)
            alerts.add(result.alerts)
            against += [] if truth is None else closed_text.against_truth(result, truth)
            accounts.append(account_of(one, many))
            results.append(result.figures())
            if len(drawn) < KEPT:
                drawn.append(result)
    tables = {table: pd.concat([getattr(c, table) for c in results], ignore_index=True) for table in ("verdict", "windows")}
    pooled = closed_text.pooled(results) if many else None
    if pooled is not None:
        tables["pooled"] = pooled
    return Played(
        title=(_("Replay of {streams}").format(streams=name), _(closed_text.CLOSED_LOOP)),
        printed=lambda notes: closed_text.printed(results, pooled, [*against, *notes]),
        page=lambda: [*closed_text.page(results, pooled), *against],
        tables=tables,
        figures=lambda sku: _figures(drawn, many, sku),
        timelines=lambda: of_runs(
            [
                (f"{c.stream.name} {bound}" if many else bound, name, run)
                for c in drawn
                for (name, bound), run in sorted(c.shown.items(), key=_likely_first)
            ]
        ),
    ), accounts


def _likely_first(entry: tuple[tuple[str, str], ShowRun]) -> bool:
    return entry[0][1] != LIKELY


def _figures(drawn: Sequence[Closed], many: bool, sku: str) -> Iterator[tuple[str, Any]]:
    from sim.report.figures.closed import closed_timeline, shown_sku
    from sim.report.figures.overview import overview

    for c in drawn:
        tail = f"-{c.stream.name}" if many else ""
        number = shown_sku(c) if sku == "auto" else number_of(c.stream, sku)
        if number is not None:
            yield f"closed{tail}", closed_timeline(c, number)
        yield f"overview{tail}", overview(c.stream, c.imputation.windows)
