"""What stands under the verdict of a search, of breakpoints and of a sensitivity study: their tables and charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.figures.style import GREEN, GREY, RED
from sim.report.pages.blocks import TableBlock, chosen, number, spread
from sim.report.pages.charts import LOOKS, Chart, ChartSeries, course, spans
from sim.report.pages.kit import shortened
from sim.report.pages.labels import candidate, label, word
from sim.report.pages.rehearsal import possible
from sim.score.metrics import METRICS
from sim.stats.certify import CERTIFIED, REFUTED
from sim.stats.paired import mean_of
from sim.study.breakpoint import MONEY
from sim.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, Any]
Parts = tuple[list[TableBlock], list[Chart]]
JUDGED = ("net", "gmv", "J", "oversold_units", "missed_units", "notices_per_operator_hour")
DIALS = {
    "feed_lag": N_("readings arrive late"), "freeze_latency": N_("a freeze takes hold late"),
    "cue_slip": N_("the host leaves the run of show"), "payment_delay": N_("buyers pay late"),
    "cart_mirage": N_("carts without orders"), "stock_lag": N_("stock figures arrive late"),
    "stock_period": N_("stock figures come seldom"), "stock_loss": N_("stock figures get lost"),
}  # fmt: skip
"""Dials of ``breakpoint`` as a host would say them."""
STATES = ((CERTIFIED, GREEN, "circle"), ("undecided", GREY, "square"), (REFUTED, RED, "triangle"))


def dial_words(name: str) -> str:
    """A dial as a host would say it; of a source of readings too."""
    return _(DIALS[name]) if name in DIALS else shortened(name)


# -- tune ---------------------------------------------------------------------------------------------------------


def tuned(t: Tables) -> Parts:
    """Finalists on fresh shows, and the course of the search."""
    shows, trials = of_candidates(t["shows"]), t["trials"]
    settings = {str(r["candidate"]): r for r in trials.to_dict("records")}
    keys = [c for c in trials.columns if "." in str(c)]
    rows: list[list[str]] = []
    marks: dict[str, tuple[list[Any], ...]] = {stage: ([], [], [], [], []) for stage in ("judging", "confirming")}
    names = list(dict.fromkeys([*shows.loc[shows["stage"] == "confirming", "candidate"], *shows["candidate"]]))
    for name in names:
        for stage, part in shows[shows["candidate"] == name].groupby("stage", sort=False):
            means = {m: mean_of(part[m]) for m in JUDGED if m in part}
            own = settings.get(str(name), {})
            varied = {key.removeprefix("strategy."): own.get(key, np.nan) for key in keys}
            varied_values = [f"{key}={number(value)}" for key, value in varied.items() if value == value]  # NaN: another family's
            rows.append(
                [
                    shortened(candidate(str(name))),
                    word(str(stage)),
                    number(len(part)),
                    *(spread(*possible(m, *means[m])) for m in means),
                    ", ".join(varied_values) or "–",
                ]
            )
            held = marks[str(stage)]
            for place, value in zip(held, (names.index(name), *means["net"], number(len(part))), strict=True):
                place.append(value)
    head = [(_("candidate"), "", ""), (_("stage"), "", ""), (_("shows"), "", ""),
            *((label(m), _(METRICS[m].unit), _(METRICS[m].definition)) for m in JUDGED if m in shows),
            (_("settings"), "", "")]  # fmt: skip
    note = _(
        "Judging shows chose between them, confirming shows were looked at by nobody before: quote those. In brackets the 95 "
        "% interval."
    )
    grid = TableBlock(_("Finalists"), head, rows, frozenset(range(2, len(head) - 1)), note)
    series = [ChartSeries(word(stage), r, x, low, high, [_("{n} shows").format(n=n) for n in shown_of])
              for stage, (r, x, low, high, shown_of) in marks.items()]  # fmt: skip
    chart = spans(
        _("What each finalist earned"), [candidate(str(n)) for n in names], series, _("net a show [CNY], 95 % interval")
    )
    return [grid, chosen(_("All trials"), trials, folded=True)], [chart, *_searched(trials)]


def of_candidates(shows: pd.DataFrame) -> pd.DataFrame:
    """A search's shows, every one once: the recommended setting is listed again where it is what stood before. Of several worlds
    the mean, for they meet the same shoppers."""
    once = shows.drop_duplicates(["stage", "world", "candidate", "replicate"])
    return once.groupby(["stage", "candidate", "replicate"], sort=False).mean(numeric_only=True).reset_index()


def _searched(trials: pd.DataFrame) -> list[Chart]:
    if "J" not in trials:
        return _front(trials)
    order = trials.sort_values("trial")
    lines = [
        {"name": shortened(family), "x": part["trial"], "y": part["J"], "mode": "marks", "colour": LOOKS[k % len(LOOKS)][0],
         "marker": LOOKS[k % len(LOOKS)][1], "tip": [shortened(c) for c in part["candidate"]]}
        for k, (family, part) in enumerate(order.groupby("family", sort=False))
    ]  # fmt: skip
    best = {"name": _("best so far"), "x": order["trial"], "y": order["J"].cummin(), "mode": "step", "colour": "#000000"}
    note = _("A trial that was clearly worse than the best so far was dropped early: its figure rests on fewer shows.")
    return [course(_("The search"), _("trial"), _("J a show [CNY]"), [*lines, best], note)]


def _front(trials: pd.DataFrame) -> list[Chart]:
    """Of several objectives the first against the second."""
    names = [c for c in trials.columns if c in METRICS][:2]
    if len(names) < 2:
        return []
    x, y = names
    lines = [
        {"name": shortened(family), "x": part[x], "y": part[y], "mode": "marks", "colour": LOOKS[k % len(LOOKS)][0],
         "marker": LOOKS[k % len(LOOKS)][1], "tip": [shortened(c) for c in part["candidate"]]}
        for k, (family, part) in enumerate(trials.groupby("family", sort=False))
    ]  # fmt: skip
    return [course(_("What is given for what"), label(x), label(y), lines)]


# -- breakpoint ---------------------------------------------------------------------------------------------------


def broken(t: Tables) -> Parts:
    """Up to where every strategy certainly holds, and every severity that was looked at."""
    table = t["breakpoints"]
    rows: list[list[str]] = []

    def money(points: pd.DataFrame) -> list[str]:
        return [number(float(points[m].iloc[0])) for m in MONEY if m in table]

    for (name, dial), part in table.groupby(["strategy", "dial"], sort=False):
        if dial == "none":
            rows.append([shortened(name), _("as things are"), word(str(part["state"].iloc[0])), "", "", *money(part)])
            continue
        holds, breaks = ends(part)
        unit = _(str(part["unit"].iloc[0]))
        rows.append([shortened(name), dial_words(str(dial)), word(str(part.sort_values("severity")["state"].iloc[0])),
                     _("nowhere") if holds is None else f"{number(holds)} {unit}",
                     _("never seen") if breaks is None else f"{number(breaks)} {unit}",
                     *money(part[part["severity"] == (part["severity"].max() if breaks is None else breaks)])])  # fmt: skip
    head = [
        (words, "", "")
        for words in (_("strategy"), _("what gets worse"), _("at the mildest"), _("certainly holds up to"), _("breaks by"))
    ] + [(label(m), _(METRICS[m].unit), _(METRICS[m].definition)) for m in MONEY if m in table]
    note = _("Holds: the largest severity at which every limit is certified, and at every milder one tried. Breaks: the "
             "smallest at which one "
             "is refuted. Between them more shows would be needed. One thing gets worse at a time. Money: where it breaks, or at "
             "the worst tried.")  # fmt: skip
    grid = TableBlock(_("Where the limits break"), head, rows, frozenset(range(5, len(head))), note)
    limits = [c.removesuffix("_limit") for c in table.columns if str(c).endswith("_limit")]
    columns = [
        "strategy",
        "dial",
        "severity",
        "unit",
        "state",
        *(m for m in MONEY if m in table),
        *(c for m in limits for c in (m, f"{m}_low", f"{m}_high", f"{m}_limit")),
    ]
    every = chosen(
        _("Every severity looked at"), table.assign(dial=[dial_words(str(d)) for d in table["dial"]]), columns, folded=True
    )
    return [grid, every], [
        _severities(str(unit), part) for unit, part in table[table["dial"] != "none"].groupby("unit", sort=False)
    ]


def ends(part: pd.DataFrame) -> tuple[float | None, float | None]:
    """Of one dial: the largest severity certified with all milder ones, and the smallest refuted."""
    order = part.sort_values("severity")
    states = [str(s) for s in order["state"]]
    first = next((k for k, state in enumerate(states) if state != CERTIFIED), len(states))
    refuted = order["severity"][[s == REFUTED for s in states]]
    return (float(order["severity"].iloc[first - 1]) if first else None), (float(refuted.min()) if len(refuted) else None)


def _severities(unit: str, part: pd.DataFrame) -> Chart:
    names = [f"{shortened(r['strategy'], 24)}: {dial_words(str(r['dial']))}" for r in part.to_dict("records")]
    rows = list(dict.fromkeys(names))
    series = []
    for state, colour, marker in STATES:
        at = [k for k, s in enumerate(part["state"]) if s == state]
        series.append(ChartSeries(word(state), [rows.index(names[k]) for k in at], part["severity"].iloc[at].tolist(),
                             tip=[word(state)] * len(at), colour=colour, marker=marker))  # fmt: skip
    return spans(
        _("How bad it may get"), rows, series, _("by how much [{unit}]").format(unit=_(unit) if unit else "–"), zero=True
    )


# -- sensitivity --------------------------------------------------------------------------------------------------


def sensitive(t: Tables) -> Parts:
    """How much hangs on each setting, by itself and with the others."""
    table = t["sensitivity"].sort_values("total", ascending=False)
    names = [shortened(k) for k in table["key"]]
    rows = [
        [name, *(_share(r, part) for part in ("first", "total"))] for name, r in zip(names, table.to_dict("records"), strict=True)
    ]
    head = [
        (_("setting"), "", ""),
        (_("by itself"), "%", _("share of the variance of net that is gone once this setting is known")),
        (_("in all"), "%", _("share that stays while all others are known: with whatever it does together with them")),
    ]
    note = _(
        "Sobol indices over the ranges given, with 95 % intervals. Estimates may fall below 0 or above 100 %: with few points "
        "they are rough."
    )
    series = [
        ChartSeries(words, range(len(names)), 100 * table[part], 100 * table[f"{part}_low"], 100 * table[f"{part}_high"])
        for part, words in (("first", _("by itself")), ("total", _("in all, with the others")))
    ]
    chart = spans(_("What the ups and downs of net hang on"), names, series, _("share of variance [%], 95 % interval"), zero=True)
    return [TableBlock(_("What matters"), head, rows, frozenset((1, 2)), note)], [chart]


def _share(row: Mapping[Any, Any], part: str) -> str:
    return spread(*(100 * float(row[k]) for k in (part, f"{part}_low", f"{part}_high")), places=0)
