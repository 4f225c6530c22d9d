"""The tables of an open-loop replay as text: one stream, or several and all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sim.replay import Replay
from sim.report.figures.replay import OPEN_LOOP
from sim.report.text.layout import NOTHING, aligned, level_word, markdown, moment, number, some
from sim.words import N_, _, columns

HEAD = N_(
    "strategy | sell-outs | warned | standing | lead [s] median | least | alerts | in time | sold out already | "
    "nothing came | undecided | alerts/h"
)
SELLOUT_HEAD = N_("sku | sold out at | strategy | watch [s before] | prepare | emergency | lead [s] | standing")
MOST_ROWS, MOST_LINES = 24, 1000
"""Sell-outs listed on the terminal, and in the report; the folder has them all."""
PRINTED, IN_REPORT = 12, 60
"""Recordings with a table of their own on the terminal, and in the report."""
STANDING = N_(
    "Standing: sell-outs that met an alert never taken back, however old it was; not warned but standing is not missed."
)
NEVER_OUT = N_("Stock never ran out in this recording: only noise can be compared.")
MEANING = N_(
    "Warned: an alert came within the horizon before the sell-out. In time, sold out already, nothing came, undecided: "
    "what became of the alerts; undecided ones were sent too near the end of the recording to tell."
)
ALL = N_("all streams")


def about_sellouts(sellouts: int, empty: Sequence[str]) -> str:
    """What can be said of warnings. empty: SKUs that were ordered and never had any stock.

    >>> about_sellouts(0, ["mask"])
    'There was no stock of mask from the start, so no sell-out could be warned of: every order of it was oversold.'
    """
    if sellouts:
        return _(STANDING)
    if not empty:
        return _(NEVER_OUT)
    text = _("There was no stock of {names} from the start, so no sell-out could be warned of: every order of it was oversold.")
    return text.format(names=some(empty, 5))


def together(replays: Sequence[Replay]) -> Replay:
    """Several replays as one, or such ones as one again: tables joined, nothing else."""
    joined = (pd.concat([getattr(r, t) for r in replays], ignore_index=True) for t in ("table", "sellouts", "alerts", "levels"))
    table, sellouts, alerts, levels = joined
    return Replay(
        table, sellouts, alerts, tuple(run for r in replays for run in r.runs), levels, "; ".join(r.caption for r in replays),
        {name: span_s for r in replays for name, span_s in r.span_s.items()},
    )  # fmt: skip


def ranked(replay: Replay) -> pd.DataFrame:
    """One row per strategy over all SKUs (and streams): most sell-outs foreseen first, then fewest alerts."""
    counts = ["sellouts", "warned", "standing", "alerts", "early", "while_sold_out", "unfollowed", "undecided"]
    total = replay.table.groupby("strategy", sort=False)[counts].sum()
    hours = {name: span_s / 3600 for name, span_s in replay.span_s.items()}
    rate = replay.table.groupby(["strategy", "stream"], sort=False)["alerts_per_h"].sum()
    shows = {name: part.reset_index(level=0, drop=True) for name, part in rate.groupby(level=0, sort=False)}
    span = pd.Series(hours)
    total["alerts_per_h"] = [_mean_rate(shows[name], span) for name in total.index]
    lead = replay.sellouts.groupby("strategy", sort=False)["lead_s"]
    total["lead_median_s"], total["lead_least_s"] = lead.median(), lead.min()
    return total.sort_values(["warned", "alerts"], ascending=[False, True], kind="stable").reset_index()


def _mean_rate(rate: pd.Series, hours: pd.Series) -> float:
    """Alerts an hour over shows of different length; of a single show its own figure."""
    if len(rate) == 1:
        return float(rate.iloc[0])
    weight = hours.reindex(rate.index)
    return float((rate * weight).sum() / weight.sum())


def cells(replay: Replay) -> list[list[str]]:
    """The ranked table as text."""
    columns = ["sellouts", "warned", "standing", "lead_median_s", "lead_least_s", "alerts", "early", "while_sold_out",
               "unfollowed", "undecided"]  # fmt: skip
    return [
        [row["strategy"], *(number(float(row[c])) for c in columns), number(row["alerts_per_h"], 1)]
        for row in ranked(replay).to_dict("records")
    ]


def sellout_cells(replay: Replay, most: int) -> list[list[str]]:
    """One row per sell-out and strategy, ``most`` of them: when stock ran out and how long before each level would have fired."""
    rows = []
    ordered = replay.sellouts.sort_values(["stream", "sold_out_s", "sku", "sellout"], kind="stable")
    for out in ordered[:most].to_dict("records"):
        before = [out["sold_out_s"] - out[f"{level}_s"] for level in ("watch", "prepare", "emergency")]
        when = moment(out["sold_out_at"])
        rows.append([out["sku"], when, out["strategy"], *map(number, before), number(out["lead_s"]), _level(out)])
    return rows


def _level(out: Mapping[Any, Any]) -> str:
    """The alert that was standing when stock ran out, however old."""
    return level_word(out["standing"]) if out["standing"] else NOTHING


def sellout_right() -> range:
    """Columns of the table of sell-outs that are set flush right."""
    return range(3, len(columns(SELLOUT_HEAD)) - 1)


def _ranking(replays: Sequence[Replay], whole: Replay, table: Any, most: int) -> list[str]:
    """The ranked table per stream and, where there are several, of all together first. replays: of the first streams, ``most`` of
    which have a table of their own."""
    n = len(whole.span_s)
    if n == 1:
        return table([columns(HEAD), *cells(replays[0])])
    text = [f"{_(ALL)} ({n})", *table([columns(HEAD), *cells(whole)])]
    for one in replays[:most]:
        text += ["", str(one.table["stream"].iloc[0]), *table([columns(HEAD), *cells(one)])]
    more = n - most
    return [*text, "", _("... and {n} more recordings in table.parquet").format(n=more)] if more > 0 else text


def more_recordings(n: int) -> list[str]:
    """What stands for what there is to say of ``n`` recordings more."""
    return [_("what there is to say of {n} more recordings is in report.md").format(n=n)] if n > 0 else []


def undrawn(n: int, of: int) -> list[str]:
    """That the first ``n`` recordings alone were drawn."""
    text = _("pictures and timelines are of the first {n} of {of} recordings; name one alone to see it")
    return [text.format(n=n, of=of)] if of > n else []


def printed(replays: Sequence[Replay], whole: Replay, notes: Sequence[str]) -> str:
    """Both tables for a terminal. whole: all of them together."""
    text = [_(OPEN_LOOP), "", *_ranking(replays, whole, lambda rows: aligned(rows, range(1, len(columns(HEAD)))), PRINTED)]
    outs = sellout_cells(whole, MOST_ROWS)
    if outs:
        text += ["", *aligned([columns(SELLOUT_HEAD), *outs], sellout_right())]
    if len(whole.sellouts) > len(outs):
        text.append(_("... and {n} more in sellouts.parquet").format(n=len(whole.sellouts) - len(outs)))
    return "\n".join([*text, "", *notes])


def page(replays: Sequence[Replay], whole: Replay) -> list[str]:
    """The same for ``report.md``: paragraphs."""

    def table(rows: list[Sequence[str]]) -> list[str]:
        return ["", *markdown(rows[0], rows[1:], range(1, len(columns(HEAD))))]

    outs = "\n".join(markdown(columns(SELLOUT_HEAD), sellout_cells(whole, MOST_LINES), sellout_right()))
    more = len(whole.sellouts) - MOST_LINES
    rest = [_("... and {n} more in sellouts.parquet").format(n=more)] if more > 0 else []
    return ["\n".join(_ranking(replays, whole, table, IN_REPORT)), _(MEANING), outs, *rest]


def report(
    title: tuple[str, str], repeat: str, parts: Sequence[str], notes: Sequence[str], pictures: Sequence[tuple[str, str]]
) -> str:
    """``report.md`` of any replay. title: heading, and which loop. pictures: titles and file names."""
    shown = [f"![{title}]({name})" for title, name in pictures]
    text = [f"# {title[0]}", f"**{title[1]}.** {repeat}", *parts, "\n".join(f"- {note}" for note in notes), *shown]
    return "\n\n".join(text) + "\n"
