"""What stands under the verdict of a replay, a review and a calibration: their tables and charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY
from sim.report.pages.blocks import TableBlock, chosen, number, spread
from sim.report.pages.charts import Chart, ChartSeries, bars, course, spans
from sim.report.pages.kit import shortened
from sim.report.pages.labels import word
from sim.words import N_, _

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, Any]
Parts = tuple[list[TableBlock], list[Chart]]
BOUNDS = (("low", N_("if nobody would have come"), SKY, "inverted_triangle"), ("likely", N_("likely"), BLACK, "circle"),
          ("high", N_("if as many as could"), RED, "triangle"))  # fmt: skip
CAUSES = {
    "leak": (N_("leak"), RED), "lag": (N_("data lag"), SKY), "reaction": (N_("reaction"), ORANGE),
    "threshold": (N_("threshold"), GREEN),
    "reservation": (N_("reservation expiry"), PURPLE), "demand": (N_("demand surprise"), GREY),
}  # fmt: skip
IN_OPEN_LOOP = ("stream", "strategy", "sku", "sellouts", "warned", "standing", "lead_median_s", "alerts", "early", "unfollowed",
                "while_sold_out", "alerts_per_h", "flaps")  # fmt: skip
OUTS = ("stream", "strategy", "sku", "sold_out_at", "back_s", "watch_s", "prepare_s", "emergency_s", "lead_s")
CHAINS = ("t_s", "end_s", "sku", "level", "alerts", "orders", "worth_cny", "worth")
ALERTS = ("t_s", "sku", "level", "stock", "line", "heard_s", "verdict", "usable_lead_s", "worth", "saved_cny", "could_cny")


# -- replay -------------------------------------------------------------------------------------------------------


def replayed(t: Tables) -> Parts:
    """Open loop: who would have warned of what. Closed: what would have been saved. Two settings: where they differ."""
    if "verdict" in t:
        return _closed(t)
    if "diff" in t:
        return [chosen(_("How often they differ"), t["diff_counts"]), chosen(_("Alerts that one of them sends"), t["diff"])], []
    table = t["pooled"] if "pooled" in t else t["table"]
    grids = [chosen(_("Who would have warned"), table, _varied(table, IN_OPEN_LOOP))]
    if "sellouts" in t:
        grids.append(chosen(_("Every sell-out"), t["sellouts"], _varied(t["sellouts"], OUTS), folded=True))
    if "alerts" in t:
        columns = ("stream", "strategy", "at", "sku", "level", "stock", "line", "became")
        grids.append(chosen(_("Every alert that would have fired"), t["alerts"], _varied(t["alerts"], columns), folded=True))
    return grids, _warned(table)


def _varied(table: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    """Columns that are there; that of the recording only where there are several."""
    return [c for c in columns if c in table and (c != "stream" or table[c].nunique() > 1)]


def _warned(table: pd.DataFrame) -> list[Chart]:
    """Sell-outs warned of in time and those that were not, by strategy."""
    if not {"sellouts", "warned"} <= set(table) or not table["sellouts"].sum():
        return []
    sums = table.groupby("strategy", sort=False)[["sellouts", "warned"]].sum()
    series = [(_("warned in time"), GREEN, sums["warned"]), (_("not warned of"), RED, sums["sellouts"] - sums["warned"])]
    return [bars(_("Sell-outs and who would have warned of them"), list(sums.index), series, _("sell-outs"))]


def _closed(t: Tables) -> Parts:
    table = t["pooled"] if "pooled" in t else t["verdict"]
    rows, names = [], [shortened(n) for n in table["strategy"]]
    for name, r in zip(names, table.to_dict("records"), strict=True):
        cells = [name, *(_saved(r, bound) for bound, *_looks in BOUNDS)]
        cells += [number(r.get(f"{m}_likely")) for m in ("net", "gmv", "J", "oversold_units", "missed_units", "notices")]
        rows.append([*cells, "–" if r.get("imputed_share") is None else number(100 * float(r["imputed_share"]), 0)])
    head = [(_("strategy"), "", ""),
            *((_("saved, {bound}").format(bound=_(words)), _("CNY"), "") for _b, words, *_looks in BOUNDS),
            (_("net"), _("CNY"), ""), (_("GMV"), _("CNY"), ""), (_("left on the table"), _("CNY"), ""),
            (_("oversold"), _("units"), ""), (_("missed"), _("units"), ""), (_("notices"), "", ""),
            (_("imputed"), "%", _("share of the verdict that rests on demand nobody recorded"))]  # fmt: skip
    note = _("Saved over nobody acting, a show, under three bounds of what was not recorded; in brackets the 95 % interval "
             "over draws. The "
             "other figures are of the likely bound.")  # fmt: skip
    series = [
        ChartSeries(_(words), range(len(names)), table[f"saved_{bound}"], table.get(f"saved_{bound}_low", ()),
               table.get(f"saved_{bound}_high", ()), colour=colour, marker=marker)
        for bound, words, colour, marker in BOUNDS
    ]  # fmt: skip
    chart = spans(_("What each would have saved"), names, series, _("saved over nobody acting [CNY a show]"), zero=True)
    grids = [TableBlock(_("What would have happened"), head, rows, frozenset(range(1, len(head))), note)]
    if "windows" in t and len(t["windows"]):
        columns = _varied(t["windows"], ("stream", "sku", "why", "start_at", "end_at", "low", "likely", "high"))
        grids.append(
            chosen(_("When nothing could be had, and how many units are imputed there"), t["windows"], columns, folded=True)
        )
    return grids, [chart]


def _saved(row: Mapping[Any, Any], bound: str) -> str:
    nan = float("nan")
    return spread(*(float(row.get(f"saved_{bound}{end}", nan)) for end in ("", "_low", "_high")), places=0)


# -- review -------------------------------------------------------------------------------------------------------


def reviewed(t: Tables) -> Parts:
    """Who is to blame, what chains of alerts were worth, what to change."""
    blame = t["blame"]
    likely = blame[blame["bound"].fillna("").isin(("likely", ""))]
    charts = [chart for kind, part in likely.groupby("kind", sort=False) if (chart := _blamed(str(kind), part)) is not None]
    sums = likely.pivot_table(index=["sku", "kind"], columns="cause", values="units", aggfunc="sum", sort=False).fillna(0.0)
    sums = sums[(sums != 0).any(axis=1)]
    causes = [c for c in CAUSES if c in sums]
    rows = [[shortened(sku), word(str(kind)), *(number(r[c]) for c in causes), number(sum(r[c] for c in causes))]
            for (sku, kind), r in zip(sums.index, sums.to_dict("records"), strict=True)]  # fmt: skip
    head = [
        (_("item"), "", ""),
        (_("kind of loss"), "", ""),
        *((_(CAUSES[c][0]), _("units"), "") for c in causes),
        (_("in all"), _("units"), ""),
    ]
    grids = [TableBlock(_("Who is to blame"), head, rows, frozenset(range(2, len(head))))]
    if "chains" in t and len(t["chains"]):
        chains = t["chains"].sort_values("worth_cny", key=np.abs, ascending=False)
        grids.append(chosen(_("What alerts were worth"), chains, CHAINS, most=40, clock=True))
    for name, title, folded in (("changes", _("The smallest change that would have helped"), False),
                                ("evidence", _("The proposal tried on other shows"), False), ("drift", _("Drift"),
                                     True)):  # fmt: skip
        if name in t and len(t[name]):
            grids.append(chosen(title, t[name], folded=folded))
    if "alerts" in t and len(t["alerts"]):
        grids.append(chosen(_("Every alert"), t["alerts"], ALERTS, folded=True, clock=True))
    return grids, charts


def _blamed(kind: str, part: pd.DataFrame) -> Chart | None:
    sums = part.pivot_table(index="sku", columns="cause", values="units", aggfunc="sum", sort=False).fillna(0.0)
    sums = sums[sums.abs().sum(axis=1) > 0]
    if not len(sums):
        return None
    series = [(_(words), colour, sums[c]) for c, (words, colour) in CAUSES.items() if c in sums and sums[c].abs().sum() > 0]
    title = _("Oversold units, by what is to blame") if kind == "oversold" else _("Missed units, by what is to blame")
    spared = bool((sums < 0).to_numpy().any())
    return bars(title, list(sums.index), series, _("units (left of 0: units the cause spared)") if spared else _("units"))


# -- calibrate ----------------------------------------------------------------------------------------------------


def fitted(t: Tables) -> Parts:
    """Every fitted setting beside its default, and the record inside what the model expects of such a show."""
    table = t["parameters"]
    grid = chosen(
        _("Fitted settings"), table, [c for c in ("setting", "value", "low", "high", "unit", "default", "source") if c in table]
    )
    charts = []
    ratio = (
        table[(table["default"].astype(float) > 0) & (table["value"] > 0) & (table["low"] > 0)]
        if "default" in table
        else table[:0]
    )
    if len(ratio):
        per = ratio["default"].astype(float)
        tips = [_("{value} {unit}, default {default}").format(value=number(r["value"]), unit=_unit(r["unit"]),
             default=number(float(r["default"])))
                for r in ratio.to_dict("records")]  # fmt: skip
        series = [ChartSeries("", range(len(ratio)), ratio["value"] / per, ratio["low"] / per, ratio["high"] / per, tips, BLUE)]
        charts.append(spans(_("Fitted settings against their defaults"), [shortened(s) for s in ratio["setting"]], series,
                            _("times the default, 95 % interval"), log=True, lines=((1.0, _("default")),)))  # fmt: skip
    if "bands" in t:
        charts += [_band(float(window), part) for window, part in t["bands"].groupby("window_s", sort=True)]
    return [grid], charts


def _unit(value: Any) -> str:
    return _(value) if isinstance(value, str) and value else ""


def _band(window: float, part: pd.DataFrame) -> Chart:
    x = part["start_s"].to_numpy(float) / 60
    x = np.append(x, x[-1] + window / 60)

    def held(column: str) -> np.ndarray:
        values = part[column].to_numpy(float)
        return np.append(values, values[-1])

    lines = [{"name": _("recorded"), "x": x, "y": held("seen"), "mode": "step", "colour": BLACK},
             {"name": _("median of such shows"), "x": x, "y": held("middle"), "mode": "step", "colour": BLUE,
                  "dash": "dashed"}]  # fmt: skip
    band = {"name": _("nine of ten such shows"), "x": x, "low": held("low"), "high": held("high")}
    title = _("Orders in {minutes} min, and what the fitted model expects of such a show").format(minutes=number(window / 60))
    return course(title, _("minutes since the record began"), _("orders"), lines, band=band)
