"""From a run folder to the parts of its page, verb by verb: what its tables and its manifest say, as far as they can be read."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sim.app.alone import base_words
from sim.app.result import Result
from sim.report.pages import rehearsal, sweeping, trials
from sim.report.pages.blocks import Blob, Grid, Page, of_frame
from sim.report.pages.columns import packed
from sim.report.pages.plain import plain
from sim.report.pages.timelines import of_table
from sim.report.text.sentences import again
from sim.score.metrics import METRICS
from sim.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

SMALL = 3_000_000
"""Bytes of pictures that a page takes in."""
MOST_RUNS = 4_000_000
"""Runs of a sweep that are read for its page; of a larger one the first replicates."""


def html_of(result: Result, notes: list[str]) -> str:
    """The page of a result, whatever made it."""
    from sim.report.pages.page import html

    return html(parts_of(result, notes))


def parts_of(result: Result, notes: list[str]) -> Page:
    """What its page is made of. notes: what has to be said of the folder."""
    page = BUILDERS.get(result.verb, _any)(result)
    page.notes = [*notes, *page.notes]
    page.evidence = page.evidence or [again(line) for line in result.verdict]
    assumed = _table(result, "assumptions")
    if assumed is not None:
        page.assumptions = of_frame(_("Assumptions, each with its source and confidence"), assumed, most=2000)
    page.made = page.made or _made(result)
    return page


def _table(result: Result, name: str) -> pd.DataFrame | None:
    """A table of the folder; None where there is none that can be read."""
    try:
        return result.tables.get(name)
    except Exception:  # a file that was cut short or changed: the page shows the rest, and says so above
        return None


def _made(result: Result) -> str:
    command = result.manifest.get("command") or []
    version = (result.manifest.get("versions") or {}).get("stockcue", "?")
    return _("Made by StockCue {version}: {command}").format(version=version, command=" ".join(map(str, command)))


def _timelines(result: Result, page: Page) -> None:
    """Timelines of the folder, those that fit."""
    table = _table(result, "timelines")
    if table is None or not len(table):
        return
    blobs, page.timelines, left = of_table(table, _table(result, "alerts"), _table(result, "chains"))
    page.blobs += blobs
    if left:
        page.notes.append(_("{n} more timelines are in timelines.parquet; a page has room for {m}.").format(n=left, m=len(blobs)))


def _rehearsed(result: Result) -> Page:
    """Who did best, the table, the timelines."""
    scores = _table(result, "scores")
    name = str((result.manifest.get("config") or {}).get("scenario", {}).get("name", "") or "")
    page = Page(_("Rehearsal of {name}").format(name=name) if name else _("Rehearsal"))
    page.about = str((result.manifest.get("config") or {}).get("scenario", {}).get("lesson", ""))
    if scores is None or not {"net", "J", "strategy"} <= set(scores.columns):
        page.notes.append(_("The table of scores cannot be read, or is of a version that kept other figures."))
        return page
    figures, shows = rehearsal.figures(scores), int(scores["replicate"].nunique())
    page.plain = rehearsal.plain(figures, shows, rehearsal.told_apart(result.table))
    page.grids = [rehearsal.grid(figures, shows)]
    page.glossary = _glossary()
    _timelines(result, page)
    return page


def _swept(result: Result) -> Page:
    """The best and how sure that is, every candidate, prices to move, the leaders' timelines."""
    page = Page(_("Sweep of {scenario}").format(scenario=", ".join(_scenarios(result)) or "?"))
    candidates, standings = _table(result, "candidates"), _table(result, "standings")
    score = (result.manifest.get("sweep") or {}).get("score") or {}
    rows = _trials(result, page, score)
    if candidates is None or rows is None:
        page.notes.append(_("The table of runs cannot be read, or is of a version that kept other figures."))
        return page
    data = trials.of_trials(rows, candidates, standings, score)
    if "base" not in data:
        page.notes.append(_("This sweep was played by a version that kept fewer terms: prices cannot be moved here."))
    page.plain = sweeping.plain(data, candidates, [again(line) for line in result.verdict])
    page.blobs.append(Blob("sweep-data", packed(data | base_words(result.manifest, candidates))))
    page.sweep = "sweep-data"
    for name, title in (
        ("front", _("Pareto front: nobody beats these in all three at once")),
        ("certificates", _("Certificates")),
    ):
        if (table := _table(result, name)) is not None and len(table):
            grid = of_frame(title, table)
            page.grids.append(Grid(grid.title, grid.head, grid.rows, grid.right, grid.note, True))
    page.glossary = _glossary()
    _timelines(result, page)
    return page


def _scenarios(result: Result) -> list[str]:
    return list((result.manifest.get("sweep") or {}).get("scenario") or {})


def _trials(result: Result, page: Page, score: Mapping[str, Any]) -> pd.DataFrame | None:
    """The columns of the trials that a page shows, where they can be read."""
    import pyarrow.parquet as pq

    path = result.folder / "trials.parquet"
    try:
        with pq.ParquetFile(path) as file:
            wanted = ["candidate", "replicate", *trials.needed(score), *trials.FIGURES]
            there = [name for name in wanted if name in file.schema_arrow.names]
            groups, runs = 0, 0
            while groups < file.num_row_groups and runs < MOST_RUNS:
                runs += file.metadata.row_group(groups).num_rows
                groups += 1
            frame = file.read_row_groups(list(range(groups)), columns=there).to_pandas()
            if groups < file.num_row_groups:
                page.notes.append(_("This page reads the first {n} of {all} runs; the folder has all.").format(
                    n=f"{runs:,}", all=f"{file.metadata.num_rows:,}"))  # fmt: skip
    except Exception:  # whatever is wrong with a file of somebody else's, the page says it and shows the rest
        return None
    return frame if {"candidate", "replicate", "net"} <= set(frame.columns) else None


def _glossary() -> Grid:
    rows = [
        [name, _(m.definition), _(m.unit), {"low": _("lower"), "high": _("higher")}.get(m.better, "")]
        for name, m in METRICS.items()
    ]
    head = [(words, "", "") for words in (_("figure"), _("meaning"), _("unit"), _("better"))]
    return Grid(_("What every figure means"), head, rows)


TITLES = {
    "tune": N_("Tuning"), "breakpoint": N_("Breakpoints"), "sensitivity": N_("Sensitivity"), "replay": N_("Replay"),
    "review": N_("Post-show review"), "calibrate": N_("Calibration"),
}  # fmt: skip
HIDDEN = ("assumptions", "timelines", "rejects")


def _any(result: Result) -> Page:
    """A page of sentences, the tables and the pictures of the folder; the table to look at first is open, the others folded."""
    page = Page(_(TITLES.get(result.verb, "Result of {verb}")).format(verb=result.verb))
    tables = {name: frame for name in result.tables if (frame := _table(result, name)) is not None and len(frame)}
    page.plain = plain(result.verb, tables, [again(line) for line in result.verdict])
    first = next((name for name in FIRST.get(result.verb, ()) if name in tables), None)
    shown = [n for n in dict.fromkeys([*([first] if first else []), *tables]) if n not in HIDDEN]
    for name in shown[:8]:
        grid = of_frame(_(name.replace("_", " ")), tables[name], most=200)
        page.grids.append(Grid(grid.title, grid.head, grid.rows, grid.right, grid.note, name != first))
    _pictures(result, page)
    return page


def _pictures(result: Result, page: Page) -> None:
    """The folder's pictures, those of the first importance first, as far as they are small."""
    room = SMALL
    for name in sorted(p.name for p in result.folder.glob("*.png")):
        content = (result.folder / name).read_bytes()
        if len(content) <= room:
            room -= len(content)
            page.pictures.append((name.removesuffix(".png").replace("-", " "), base64.b64encode(content).decode()))


FIRST = {"tune": ("shows",), "breakpoint": ("breakpoints",), "sensitivity": ("sensitivity",), "review": ("blame",),
         "replay": ("pooled", "table", "scores", "verdict", "diff"), "calibrate": ("parameters",)}  # fmt: skip
"""The table of each verb that is looked at first."""
BUILDERS: dict[str, Callable[[Result], Page]] = {"rehearse": _rehearsed, "sweep": _swept}
