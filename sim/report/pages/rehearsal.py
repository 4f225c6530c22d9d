"""The page of a rehearsal: who did best in plain words, every figure with its interval, timelines to look into."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report.pages.blocks import TableBlock, number, spread
from sim.report.text.shares import shares
from sim.report.text.tables import summary
from sim.score.metrics import METRICS
from sim.stats.paired import mean_of
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

SILENT = "silent"
MEANS = ("net", "J", "gmv", "oversold_units", "missed_units", "notices_per_operator_hour", "usable_lead_s", "freeze_minutes")
SHARES = ("session_oversold", "precision", "recall")
NEVER_BELOW = ("gmv", "oversold_units", "missed_units", "notices_per_operator_hour", "freeze_minutes")
Figures = dict[str, tuple[float, float, float]]
"""Metric to mean and the ends of its 95 % interval, which are NaN where none can be given."""


def figures(scores: pd.DataFrame) -> dict[str, Figures]:
    """By strategy, lowest mean J first: every figure of the table with its 95 % interval."""
    parts = {str(name): part.sort_values("replicate") for name, part in scores.groupby("strategy", sort=False)}
    order = sorted(parts, key=lambda name: float(parts[name]["J"].mean()))
    by_policy = {name: _of(parts[name]) for name in order}
    for line in summary(scores):
        # As the verdict has it: for all rows at once.
        by_policy[line.strategy]["behind"] = line.behind.mean, line.behind.low, line.behind.high
    return by_policy


def _of(part: pd.DataFrame) -> Figures:
    means: Figures = {m: mean_of(part[m]) for m in MEANS if m in part}
    return {name: possible(name, *figure) for name, figure in means.items()} | shares(part)


def possible(name: str, mean: float, low: float, high: float) -> tuple[float, float, float]:
    """An interval without what cannot be: counts below nothing."""
    return mean, max(0.0, low) if name in NEVER_BELOW and math.isfinite(low) else low, high


def head() -> list[tuple[str, str, str]]:
    """Columns of the table: name, unit, meaning."""

    def column(words: str, metric: str) -> tuple[str, str, str]:
        m = METRICS[metric]
        return words, "%" if m.unit == "share" else _(m.unit), _(m.definition)

    return [
        (_("strategy"), "", ""),
        column(_("net"), "net"),
        (
            _("behind the best"),
            _("CNY"),
            _("paired difference in net, on the same shoppers; its interval holds for all rows at once"),
        ),
        column(_("left on the table J"), "J"),
        column(_("skill"), "skill"),
        column(_("GMV"), "gmv"),
        column(_("oversold"), "oversold_units"),
        (_("shows with an oversell"), "%", _(METRICS["session_oversold"].definition)),
        column(_("missed"), "missed_units"),
        column(_("notices an hour"), "notices_per_operator_hour"),
        column(_("precision"), "precision"),
        column(_("recall"), "recall"),
        column(_("usable lead"), "usable_lead_s"),
        column(_("freezes that cost"), "freeze_minutes"),
    ]


COLUMNS = ("net", "behind", "J", "skill", "gmv", "oversold_units", "session_oversold", "missed_units",
"notices_per_operator_hour",
           "precision", "recall", "usable_lead_s", "freeze_minutes")  # fmt: skip


def grid(figures_by_name: Mapping[str, Figures], shows: int) -> TableBlock:
    """The ranked table."""
    rows = []
    for k, (name, row) in enumerate(figures_by_name.items()):
        cells = [name]
        for column in COLUMNS:
            if column == "behind" and k == 0:
                cells.append(_("best"))
                continue
            mean, low, high = row.get(column, (math.nan,) * 3)
            scale = 100 if column in SHARES else 1
            cells.append(spread(scale * mean, scale * low, scale * high))
        rows.append(cells)
    note = _("Means over {n} shows on the same shoppers, best first; in brackets the 95 % interval, each figure for itself.")
    return TableBlock(_("The strategies"), head(), rows, frozenset(range(1, len(COLUMNS) + 1)), note.format(n=shows))


def plain(figures_by_name: Mapping[str, Figures], shows: int, same: list[str]) -> list[str]:
    """The verdict for the host. same: strategies that cannot be told apart from the best."""
    best = next(iter(figures_by_name))
    row = figures_by_name[best]
    lines = [_earned(best, row, figures_by_name, shows)]
    oversold, missed = row["oversold_units"][0], row["missed_units"][0]
    often = number(100 * row["session_oversold"][0], 0)
    if row["session_oversold"][0] == 0:
        text = _("In none of the {shows} shows was anything sold that was not there; {missed} units a show could have "
                 "been sold and "
                 "were not.")  # fmt: skip
        lines.append(text.format(shows=shows, missed=number(missed, 0)))
    else:
        text = _("In {often} % of the shows something was sold that was not there, {oversold} units a show over all; "
                 "{missed} units "
                 "a show could have been sold and were not.")  # fmt: skip
        lines.append(text.format(often=often, oversold=number(oversold, 1), missed=number(missed, 0)))
    if same:
        text = _("With {shows} shows it cannot be told apart from {others}: play more shows before choosing between them.")
        lines.append(text.format(shows=shows, others=_list(same)))
    elif best == SILENT:
        lines.append(_("Every alert tried cost more than it saved here: look at the timelines for why before using one."))
    else:
        text = _(
            "The people in the control room get {notices} notices an hour, and {right} of 100 alerts spoke of trouble that came."
        )
        right = row["precision"][0]
        lines.append(text.format(notices=number(row["notices_per_operator_hour"][0], 1),
                                right="–" if math.isnan(right) else number(100 * right, 0)))  # fmt: skip
    return lines


def _earned(best: str, row: Figures, figures_by_name: Mapping[str, Figures], shows: int) -> str:
    """What the best one earned, and what doing nothing did."""
    mean, low, high = row["net"]
    if best == SILENT or SILENT not in figures_by_name:
        text = _("Of {n} ways tried, {best} did best: a show earns about {net} CNY with it, between {low} and {high}.")
    else:
        text = _("Of {n} ways tried, {best} did best: a show earns about {net} CNY with it, between {low} and {high}; "
                 "with nobody "
                 "acting it is {silent} CNY.")  # fmt: skip
    silent = number(figures_by_name[SILENT]["net"][0], 0) if SILENT in figures_by_name else ""
    if math.isnan(low):
        text = _("Of {n} ways tried, {best} did best: the one show played earned {net} CNY with it.")
    given = {"n": len(figures_by_name), "best": best, "silent": silent, "shows": shows}
    return text.format(net=number(mean, 0), low=number(low, 0), high=number(high, 0), **given)


def _list(names: list[str], most: int = 4) -> str:
    """Some names in a row."""
    if len(names) > most:
        return _("{names} and {n} more").format(names=_(", ").join(names[:most]), n=len(names) - most)
    return _(", ").join(names)


def told_apart(table: Any) -> list[str]:
    """Strategies that the table of the study does not tell apart from its best."""
    return [str(r["strategy"]) for r in table.to_dict("records") if r.get("same")] if "same" in table else []
