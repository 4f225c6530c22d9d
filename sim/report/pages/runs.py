"""``report.md`` of a rehearsal, a sweep and a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.core.tape import Tape
from sim.report.text import ranking, tables
from sim.report.text.layout import markdown
from sim.words import _, columns

if TYPE_CHECKING:
    from sim.jobs.plan import Plan
    from sim.report.text.tune_tables import ReportTable


def rehearsal(
    name: str, lesson: str, played: str, table: str, leaks: Sequence[str], valued: str, pictures: Sequence[str], assumed: str
) -> str:
    """played: how many shows, which seed, and how to repeat it. table: the ranking, valued: what alerts were worth, as Markdown.
    assumed: how much is."""
    parts = [
        _("# Rehearsal of {scenario}").format(scenario=name),
        _(lesson),
        played,
        table,
        *(f"- {line}" for line in leaks),
        *([_("## What alerts were worth"), valued] if valued else []),
        *(f"![{_('timeline')}]({picture})" for picture in pictures),
        _("## What this rests on"),
        _(
            "{assumed}. Each is listed with its source in `assumptions.csv`; confidence H official or computed, M several "
            "secondary sources, L one vendor's claim, A an assumption of this project."
        ).format(assumed=assumed),
        _("## What the columns mean"),
        tables.glossary(),
        _(
            "`scores.parquet` has one row per strategy and show with every metric, `items.parquet` one per strategy, show and "
            "item, `alerts.parquet` one row per alert, `chains.parquet` one per chain of alerts whose worth was found, "
            "`manifest.json` versions, settings, tape digests and checksums."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def sweep(plan: Plan, played: str, standing: ranking.Ranking | None, decided: Sequence[str], assumed: str, table: str) -> str:
    """played: what was played and how to repeat it. decided: the sections of the decision. table: the file of all runs."""
    ranked = [standing.in_markdown()] if standing else []
    if standing and not decided:
        best = ranking.chosen(plan, standing.leaders[0])
        ranked += [_("## The leaders' settings"), "\n".join(markdown(columns(ranking.CHOSEN_HEAD), best))]
    parts = [
        _("# Sweep"),
        played,
        *decided,
        *ranked,
        _("## What this rests on"),
        _(
            "{assumed}, counted in the first world with one candidate of every family; each is listed with its source in "
            "`assumptions.csv`."
        ).format(assumed=assumed),
        _("## What the columns mean"),
        tables.glossary(),
        _(
            "`{table}` has one row per world, candidate and replicate; `candidates.parquet` and `worlds.parquet` say what "
            "they stand for; `manifest.json` holds versions, settings and checksums."
        ).format(table=table),
    ]
    return "\n\n".join(parts) + "\n"


def tuning(played: str, lines: Sequence[str], tables: Sequence[ReportTable], pictures: Sequence[str]) -> str:
    """played: what was searched and how to repeat it. lines: the statement. pictures: names of the files, as far as they are
    drawn."""
    titles = {"front.png": _("front"), "history.png": _("search")}
    parts = [
        _("# Tuning"),
        played,
        "\n".join(f"- {line}" for line in lines),
        *("\n".join([f"## {t.title}", "", *markdown(t.rows[0], t.rows[1:], t.numbers)]) for t in tables),
        *(f"![{titles[name]}]({name})" for name in pictures),
        _(
            "`recommended.yaml` is what to load; `trials.parquet` has one row per trial, `shows.parquet` one per judging and "
            "fresh show, `study.db` is the Optuna study, `manifest.json` holds versions, settings and checksums."
        ),
    ]
    return "\n\n".join(parts) + "\n"


def shown_sku(tape: Tape, policy: str, oversold: bool, missed: bool) -> str:
    """Why the SKU of a timeline was chosen."""
    if oversold:
        text = _("shown: the SKU with most oversold units in replicate {replicate} under {strategy}")
    elif missed:
        text = _("shown: the SKU with most missed units in replicate {replicate} under {strategy}")
    else:
        text = _("shown: the SKU with most demanded units in replicate {replicate} under {strategy}")
    return text.format(replicate=tape.key[1], strategy=policy)


def given_sku(sku: str) -> str:
    """The SKU of a timeline as it was asked for."""
    return _("shown: figure_sku={sku}").format(sku=sku)
