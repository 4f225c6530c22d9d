"""From a run folder to the parts of its page, verb by verb: what its tables and its manifest say, as far as they can be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sim.app.alone import base_words
from sim.app.result import Result
from sim.app.trial_columns import TrialColumns
from sim.report.pages import records, rehearsal, studies, sweeping, trials
from sim.report.pages.blocks import Blob, Page, TableBlock, chosen, of_frame
from sim.report.pages.columns import packed
from sim.report.pages.kit import shortened
from sim.report.pages.labels import spelt
from sim.report.pages.plain import plain
from sim.report.pages.timelines import of_table, placed
from sim.report.text.sentences import again
from sim.score.metrics import METRICS
from sim.words import N_, _, language

if TYPE_CHECKING:
    import pandas as pd

MOST_NAME = 80
"""Characters of a name in a title, so that there is room for what it is a title of."""
BEGINNING = 5_000
"""Rows of a table without end that are read for a page, which shows a few hundred of them."""
LONG = {"replay": ("alerts", "scores", "sellouts", "windows", "diff")}
"""Tables that grow with the recordings of a replay."""


def html_of(result: Result, notes: list[str]) -> str:
    """The page of a result, whatever made it."""
    from sim.report.pages.page import html

    return html(parts_of(result, notes))


def parts_of(result: Result, notes: list[str]) -> Page:
    """What its page is made of. notes: what has to be said of the folder."""
    page = BUILDERS.get(result.verb, _any)(result)
    page.notes = [*notes, *page.notes]
    page.evidence = page.evidence or spoken_verdict(result)
    assumed = _table(result, "assumptions")
    if assumed is not None:
        title = _("Assumptions, each with its source and confidence")
        page.assumptions = chosen(
            title, assumed, ("setting", "value", "unit", "meaning", "confidence", "source", "given"), most=2000
        )
    page.origin = page.origin or _origin(result)
    return page


def spoken_verdict(result: Result) -> list[str]:
    """The study's sentences in the language spoken now; of a folder that has them in one language, as far as they are known."""
    told = ((result.manifest.get("said") or {}).get("told") or {}).get(language())
    return list(told) if told is not None else [again(line) for line in result.verdict]


def _table(result: Result, name: str) -> pd.DataFrame | None:
    """A table of the folder; None where there is none that can be read."""
    try:
        if name in LONG.get(result.verb, ()) and name in result.tables:
            return result.tables.first(name, BEGINNING)
        return result.tables.get(name)
    except Exception:  # a file that was cut short or changed: the page shows the rest, and says so above
        return None


def _as_it_is(result: Result) -> list[TableBlock]:
    """The first table of a folder of another version, where it can be read."""
    try:
        table = result.table.rename(columns={"J": _("J of then [CNY]")})
        return [of_frame(_("Means over shows, as this folder has them"), table)]
    except Exception:  # as above: the page shows the rest
        return []


def _origin(result: Result) -> str:
    command = result.manifest.get("command") or []
    version = (result.manifest.get("versions") or {}).get("stockcue", "?")
    return _("Made by StockCue {version}: {command}").format(version=version, command=" ".join(map(str, command)))


def _timelines(result: Result, page: Page) -> None:
    """Timelines of the folder, those that fit."""
    table = _table(result, "timelines")
    if table is None or not len(table):
        return
    blobs, page.timelines, left = of_table(table, *(placed(_table(result, name), table) for name in ("alerts", "chains")))
    page.blobs += blobs
    if left:
        page.notes.append(_("{n} more timelines are in timelines.parquet; a page has room for {m}.").format(n=left, m=len(blobs)))


def _rehearsed(result: Result) -> Page:
    """Who did best, the table, the timelines."""
    scores = _table(result, "scores")
    name = str((result.manifest.get("config") or {}).get("scenario", {}).get("name", "") or "")
    page = Page(_("Rehearsal of {name}").format(name=shortened(name, MOST_NAME)) if name else _("Rehearsal"))
    page.about = _about(result)
    if scores is None or not {"net", "J", "strategy"} <= set(scores.columns):
        page.notes.append(_("The table of scores cannot be read, or is of a version that kept other figures."))
        page.grids = _as_it_is(result)
        return page
    figures, shows = rehearsal.figures(scores), int(scores["replicate"].nunique())
    page.plain = rehearsal.plain(figures, shows, rehearsal.told_apart(result.table))
    page.grids = [rehearsal.grid(figures, shows)]
    page.glossary = _glossary()
    _timelines(result, page)
    return page


def _swept(result: Result) -> Page:
    """The best and how sure that is, every candidate, prices to move, the leaders' timelines."""
    page = Page(_("Sweep of {scenario}").format(scenario=shortened(", ".join(_scenarios(result)) or "?", MOST_NAME)))
    candidates, standings = _table(result, "candidates"), _table(result, "standings")
    score = (result.manifest.get("sweep") or {}).get("score") or {}
    columns = _trials(result, page, candidates)
    if candidates is None or columns is None:
        page.notes.append(_("The table of runs cannot be read, or is of a version that kept other figures."))
        page.grids = _as_it_is(result)
        return page
    data = trials.of_trials(columns, candidates, standings, score)
    if "base" not in data:
        page.notes.append(_("This sweep was played by a version that kept fewer terms: prices cannot be moved here."))
    page.plain = sweeping.plain(data, candidates, spoken_verdict(result))
    page.blobs.append(Blob("sweep-data", packed(data | base_words(result.manifest, candidates))))
    page.sweep = "sweep-data"
    for name, title in (
        ("front", _("Pareto front: nobody beats these in all three at once")),
        ("certificates", _("Certificates")),
    ):
        if (table := _table(result, name)) is not None and len(table):
            grid = of_frame(title, table)
            page.grids.append(TableBlock(grid.title, grid.head, grid.rows, grid.right, grid.note, True))
    page.glossary = _glossary()
    _timelines(result, page)
    return page


def _scenarios(result: Result) -> list[str]:
    return list((result.manifest.get("sweep") or {}).get("scenario") or {})


def _trials(result: Result, page: Page, candidates: pd.DataFrame | None) -> TrialColumns | None:
    """The trials by column, where they can be read."""
    if candidates is None:
        return None
    try:
        columns = TrialColumns(result.folder / "trials.parquet", [str(name) for name in candidates["candidate"]])
    except Exception:  # whatever is wrong with a file of somebody else's, the page says it and shows the rest
        return None
    if columns.read < columns.runs:
        page.notes.append(_("This page reads the first {n} of {all} runs; the folder has all.").format(
            n=f"{columns.read:,}", all=f"{columns.runs:,}"))  # fmt: skip
    return columns if "net" in columns else None


def _glossary() -> TableBlock:
    rows = [
        [spelt(name), _(m.definition), _(m.unit), {"low": _("lower"), "high": _("higher")}.get(m.better, "")]
        for name, m in METRICS.items()
    ]
    head = [(words, "", "") for words in (_("figure"), _("meaning"), _("unit"), _("better"))]
    return TableBlock(_("What every figure means"), head, rows)


TITLES = {
    "tune": N_("Tuning for {name}"), "breakpoint": N_("What {name} bears"), "sensitivity": N_("What matters in {name}"),
    "replay": N_("Replay of {name}"), "review": N_("Post-show review of {name}"), "calibrate": N_("{name}, fitted to records"),
}  # fmt: skip


def _title(result: Result) -> str:
    """What a page is of."""
    name = shortened(", ".join(_names(result)) or "?", MOST_NAME)
    if result.verb not in TITLES:
        return _("Result of {verb}").format(verb=result.verb)
    return _(TITLES[result.verb]).format(name=name)


def _config(result: Result) -> Mapping[str, Any]:
    """What was played: studies note it under their own name."""
    settings = result.manifest.get("config") or result.manifest.get(result.verb)
    return settings if isinstance(settings, Mapping) else {}


def _names(result: Result) -> list[str]:
    """Scenarios or recordings that a result is of, as its settings have them."""
    config = _config(result)
    shows, settings = config.get("scenario"), config.get("settings") or {}
    if stream := settings.get("stream"):
        return [str(path).rstrip("/").split("/")[-1] for path in (stream if isinstance(stream, list) else [stream])]
    if isinstance(shows, Mapping):
        return [str(shows["name"])] if isinstance(shows.get("name"), str) else [str(name) for name in shows]
    return [shows] if isinstance(shows, str) else []


def _about(result: Result) -> str:
    """The lesson of the scenario it was played in."""
    show = _config(result).get("scenario")
    if isinstance(show, Mapping) and len(show) == 1:
        show = next(iter(show.values()))
    lesson = show.get("lesson") if isinstance(show, Mapping) else None
    return _(lesson) if isinstance(lesson, str) and lesson else ""


def _any(result: Result) -> Page:
    """A page of sentences, tables and charts; where the tables are of another version or cut short, of what can be read."""
    page = Page(_title(result))
    page.about = _about(result)
    tables = {name: frame for name in result.tables if (frame := _table(result, name)) is not None and len(frame)}
    page.plain = plain(result.verb, tables, spoken_verdict(result))
    page.evidence = spoken_verdict(result)
    try:
        page.grids, page.charts = PARTS[result.verb](tables)
    except (KeyError, IndexError, ValueError, TypeError):
        page.notes.append(
            _("Some tables cannot be read, or are of a version that kept other figures: they are shown as they are.")
        )
        page.grids = [of_frame(name, frame, most=100) for name, frame in tables.items() if name not in HIDDEN]
    _timelines(result, page)
    return page


HIDDEN = ("assumptions", "timelines", "rejects")
PARTS: dict[str, Callable[[Mapping[str, Any]], records.Parts]] = {
    "tune": studies.tuned, "breakpoint": studies.broken, "sensitivity": studies.sensitive, "replay": records.replayed,
    "review": records.reviewed, "calibrate": records.fitted,
}  # fmt: skip
BUILDERS: dict[str, Callable[[Result], Page]] = {"rehearse": _rehearsed, "sweep": _swept}
