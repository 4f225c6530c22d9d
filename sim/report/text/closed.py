"""The tables of a closed-loop replay as text: the verdict under three bounds, and what was imputed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.replay.closedloop import SILENT, Closed, verdicts
from sim.replay.closedtape import ASSUMPTIONS
from sim.replay.impute import BOUNDS, HIGH, LIKELY, LOW
from sim.replay.stream import Stream
from sim.report.text.layout import aligned, markdown, moment, number
from sim.report.text.openloop import ALL, IN_REPORT, PRINTED, more_recordings
from sim.report.text.unseen import unseen_draws
from sim.words import N_, _, columns

CLOSED_LOOP = N_("CLOSED LOOP: strategies act, demand of blind spells is imputed")
"""Stands on every picture and over every table."""
HEAD = N_(
    "strategy | net [CNY] likely | left on the table likely | GMV likely | saved [CNY] low | likely | high | error of mean | "
    "imputed share | holds | oversold low|likely|high | missed low|likely|high | nobody could low|likely|high | notices "
    "likely"
)
SPELL_HEAD = N_("sku | from | to | why | orders low | likely [95 %] | high | high rests on")
RUNOUT_HEAD = N_("sku | strategy | sells out in | at [95 %]")
MOST_SPELLS = 24
MEANING = (
    N_(
        "Saved: net of the strategy less net of silence (above 0 the strategy is better), mean [95 % of draws]: how sure one "
        "may be of this night. Error of mean: of the likely mean, by simulation; more replicates= lower it and tell no more "
        "of the night. low: nobody would have come while the recording was blind; likely: fitted demand, its uncertainty "
        "drawn; high: as many as one draw in a hundred, or the pace of the last five minutes where that was hotter."
    ),
    N_(
        "Imputed share: part of the likely saving that is not there under low, |likely - low| / the larger of the two; 1 "
        "means that the verdict rests on imputation alone. Holds: better, worse or equal to silence alike under all three."
    ),
    N_("Left on the table: what hindsight would have earned more. Notices: alerts that people were sent, all-clears included."),
    N_("Missed: units refused that could have been sold. Nobody could: refused, and no unit was left for them (true stock-out)."),
)


def cells(verdict: pd.DataFrame) -> list[list[str]]:
    """One row per strategy, largest likely saving first."""
    rows = []
    for row in verdict.sort_values(f"saved_{LIKELY}", ascending=False, kind="stable").to_dict("records"):
        saved = [ranged(row[f"saved_{b}"], row[f"saved_{b}_low"], row[f"saved_{b}_high"]) for b in BOUNDS]
        error = row[f"saved_{LIKELY}_error"]
        three = ["|".join(number(row[f"{unit}_{b}"], 1) for b in BOUNDS)
                 for unit in ("oversold_units", "missed_units", "missed_true_stockout")]  # fmt: skip
        share = "-" if row["strategy"] == SILENT else f"{100 * row['imputed_share']:.0f} %"
        rows.append(
            [
                row["strategy"],
                number(row[f"net_{LIKELY}"]),
                number(row[f"J_{LIKELY}"]),
                number(row[f"gmv_{LIKELY}"]),
                *saved,
                "-" if error != error else f"±{number(error)}",
                share,
                _("yes") if row["holds"] else _("NO"),
                *three,
                number(row[f"notices_{LIKELY}"], 1),
            ]
        )
    return rows


def ranged(value: float, low: float, high: float, digits: int = 0) -> str:
    """A figure and the range of its draws.

    >>> ranged(12.4, 3.1, 20.6)
    '12 [3, 21]'
    """
    return f"{number(value, digits)} [{number(low, digits)}, {number(high, digits)}]"


def runout_rows(replays: Sequence[Closed]) -> tuple[list[list[str]], tuple[int, ...]]:
    """Head and one row per strategy and SKU that sells out in some draw under likely demand; and which columns are numbers."""
    outs = pd.concat([c.runouts for c in replays])
    outs = outs[(outs["bound"] == LIKELY) & (outs["share"] > 0)]
    rows = [list(columns(RUNOUT_HEAD))]
    for o in outs.sort_values(["stream", "sku"], kind="stable").to_dict("records"):
        at, low, high = (moment(o[f"at{end}"]) or _("not sold out") for end in ("", "_low", "_high"))
        name = [o["sku"], o["strategy"]]
        rows.append([*name, f"{100 * o['share']:.0f} %", f"{at} [{low}, {high}]"])
    if len(replays) == 1:
        return rows, (2,)
    streams = outs.sort_values(["stream", "sku"], kind="stable")["stream"]
    return [[name, *row] for name, row in zip([_("stream"), *streams], rows, strict=True)], (3,)


def spell_rows(replays: Sequence[Closed]) -> tuple[list[list[str]], tuple[int, ...]]:
    """Head and one row per blind spell, most imputed orders first; and which columns are numbers. Several streams: the first
    column names the stream."""
    windows = pd.concat([c.windows for c in replays]).sort_values("likely", ascending=False, kind="stable")
    rows = [list(columns(SPELL_HEAD)), *_spells(windows)]
    if len(replays) == 1:
        return rows, (4, 5, 6)
    return [[name, *row] for name, row in zip([_("stream"), *windows["stream"]], rows, strict=True)], (5, 6, 7)


def _spells(windows: pd.DataFrame) -> list[list[str]]:
    rows = []
    for w in windows.to_dict("records"):
        likely = f"{number(w['likely'], 1)} [{number(w['likely_low'])}, {number(w['likely_high'])}]"
        when = (moment(w["start_at"]), moment(w["end_at"]))
        rows.append([w["sku"], *when, _(w["why"]), "0", likely, number(w["high"], 1), _(w["high_is"])])
    return rows


def pooled(replays: Sequence[Closed]) -> pd.DataFrame:
    """The verdict over all streams together: per draw and bound, costs and units of all of them added up."""
    scores = pd.concat([c.scores for c in replays], ignore_index=True)
    keys = ["strategy", "bound", "replicate"]
    total = scores.groupby(keys, sort=False, as_index=False).sum(numeric_only=True)
    return verdicts(total.assign(stream=ALL, loop="closed"))


def headline(verdict: pd.DataFrame) -> str:
    """Which strategy is best under each bound, in one sentence."""
    if len(verdict) > 1 and all(np.ptp(verdict[f"saved_{b}"].to_numpy()) == 0 for b in BOUNDS):
        return _("every strategy earns the same under every bound: what they did changed nothing")
    best = {b: str(verdict["strategy"].iloc[int(verdict[f"saved_{b}"].to_numpy().argmax())]) for b in BOUNDS}
    if len(set(best.values())) == 1:
        return _("{best} earns most under every bound").format(best=best[LOW])
    return _("the best strategy depends on what is imputed: low {low}, likely {likely}, high {high}").format(
        low=best[LOW], likely=best[LIKELY], high=best[HIGH]
    )


def fidelity_words(replay: Closed) -> str:
    """How the model's shop compares with the recording, in a sentence."""
    f = replay.fidelity
    if f["refused_units"] > 0:
        sentence = _(
            "check: with nobody acting and nothing imputed, the model's shop accepts {accepted:,.0f} of the {recorded:,.0f} "
            "recorded units; it refuses {refused:,.0f} that the real shop took: that shop sold beyond its stock or works by "
            "another ledger (scenario.ledger.mode, scenario.leaks.*)"
        )
    else:
        sentence = _(
            "check: with nobody acting and nothing imputed, the model's shop accepts {accepted:,.0f} of the "
            "{recorded:,.0f} recorded units"
        )
    return sentence.format(accepted=f["accepted_units"], recorded=f["recorded_units"], refused=f["refused_units"])


def _tables(replays: Sequence[Closed], whole: pd.DataFrame | None, table: Any, most: int) -> list[str]:
    if whole is None:
        return table([columns(HEAD), *cells(replays[0].verdict)])
    text = [f"{_(ALL)} ({len(replays)})", *table([columns(HEAD), *cells(whole)])]
    for one in replays[:most]:
        text += ["", one.stream.name, *table([columns(HEAD), *cells(one.verdict)])]
    more = len(replays) - most
    return [*text, "", _("... and {n} more recordings in verdict.parquet").format(n=more)] if more > 0 else text


def about(replays: Sequence[Closed], whole: pd.DataFrame | None, most: int) -> list[str]:
    """What has to be said with the tables. most: recordings of which something is said."""
    verdict, replays, more = replays[0].verdict if whole is None else whole, replays[:most], len(replays) - most
    words = [headline(verdict), *(c.caption for c in replays), *(n for c in replays for n in c.notes)]
    words += [fidelity_words(c) for c in replays if c.stream.skus == c.scenario.skus]
    for c in replays:
        if c.imputation.unknown:
            words.append(
                _(
                    "{name}: cues never seen while anything was on sale ({unknown}) draw what their declared peaks "
                    "say, uncertain by a third"
                ).format(name=c.stream.name, unknown=", ".join(c.imputation.unknown))
            )
    host = replays[0].scenario.host
    if host.moves_on or host.calls_restock:
        words.append(
            _("the host improvises cues (scenario.host): whom they bring is modelled by scenario.shoppers and is imputed")
        )
    return [*words, *more_recordings(more)]


def against_truth(replay: Closed, hidden: Stream) -> list[str]:
    """Imputed demand of each SKU's blind spells beside the orders that were hidden from the fit (``beyond=hide``)."""
    lines = []
    for name, part in replay.windows.groupby("sku", sort=False):
        k = [s.id for s in replay.stream.skus].index(str(name))
        spells = [(w.start, w.end) for w in replay.imputation.windows if w.sku == k]
        t = hidden.t[hidden.sku == k]
        true = int(sum(((t >= a) & (t <= b)).sum() for a, b in spells))
        likely, high = part["likely"].sum(), part["high"].sum()
        sentence = (
            _(
                "{sku}: {true:,} orders really came in its blind spells; low 0, likely {likely:,.0f}, high {high:,.0f}: "
                "above the high bound"
            )
            if true > high
            else _(
                "{sku}: {true:,} orders really came in its blind spells; low 0, likely {likely:,.0f}, high {high:,.0f}: within "
                "the bounds"
            )
        )
        lines.append(sentence.format(sku=name, true=true, likely=likely, high=high))
    return lines


def meanings(replays: Sequence[Closed]) -> list[str]:
    """What the columns mean, and what no draw may have shown."""
    draws = min(int(c.scores["replicate"].nunique()) for c in replays)
    return [*map(_, MEANING), *([unseen_draws(draws)] if draws > 1 else [])]


def printed(replays: Sequence[Closed], whole: pd.DataFrame | None, notes: Sequence[str]) -> str:
    """The tables for a terminal. whole: the verdict over several (:func:`pooled`); None: there is one."""
    text = [_(CLOSED_LOOP), "", *_tables(replays, whole, lambda rows: aligned(rows, range(1, len(columns(HEAD)))), PRINTED)]
    (head, *spells), numbers = spell_rows(replays)
    if spells:
        text += ["", _("imputed orders"), *aligned([head, *spells[:MOST_SPELLS]], numbers)]
    if len(spells) > MOST_SPELLS:
        text.append(_("... and {n} more in windows.parquet").format(n=len(spells) - MOST_SPELLS))
    (head, *outs), numbers = runout_rows(replays)
    if outs:
        text += ["", _("when items sell out, likely demand"), *aligned([head, *outs[:MOST_SPELLS]], numbers)]
    if len(outs) > MOST_SPELLS:
        text.append(_("... and {n} more in runouts.parquet").format(n=len(outs) - MOST_SPELLS))
    return "\n".join([*text, "", *about(replays, whole, PRINTED), *meanings(replays), *notes])


def page(replays: Sequence[Closed], whole: pd.DataFrame | None) -> list[str]:
    """The same for ``report.md``: paragraphs."""

    def table(rows: list[Sequence[str]]) -> list[str]:
        return ["", *markdown(rows[0], rows[1:], range(1, len(columns(HEAD))))]

    (head, *rows), numbers = spell_rows(replays)
    spells = "\n".join(markdown(head, rows, numbers))
    (out_head, *outs), out_numbers = runout_rows(replays)
    runouts = _("When items sell out under likely demand:") + "\n\n" + "\n".join(markdown(out_head, outs, out_numbers))
    assumed = _("Assumed throughout:") + "\n\n" + "\n".join(f"- {_(a)}" for a in ASSUMPTIONS)
    return [
        "\n".join(_tables(replays, whole, table, IN_REPORT)),
        "\n".join(f"- {w}" for w in [*about(replays, whole, len(replays)), *meanings(replays)]),
        _("Imputed orders by blind spell:") + "\n\n" + spells,
        runouts,
        assumed,
    ]
