"""The picture of a closed-loop replay: the recorded stock and what would have become of it, imputed parts hatched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core import tape as T
from sim.core.history import paths
from sim.core.run import ShowRun
from sim.core.units import US
from sim.replay.closedloop import SILENT, Closed
from sim.replay.closedtape import imputed_rows
from sim.replay.impute import BOUNDS, HIGH, LIKELY, LOW
from sim.report.figures import style
from sim.report.figures.story import CueSpan, Span, Steps, bin_edges, cues_of, story, thinned, time_unit
from sim.report.figures.style import _
from sim.report.figures.timeline import ACTION_LOOKS, cue_lanes, legend, steps
from sim.report.text.closed import CLOSED_LOOP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HATCH = "////"
"""Whatever carries it rests on demand that nobody recorded."""
LOOKS = {LOW: ":", LIKELY: "-", HIGH: "--"}


@dataclass(frozen=True, eq=False)
class Lane:
    """One strategy: alerts (time [s], level), spans without orders, other actions (time [s], name)."""

    alerts: np.ndarray
    closed: tuple[Span, ...]
    marks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, eq=False)
class ClosedPicture:
    """What is drawn of one SKU; times in s of the show. blind: spells without recorded demand. recorded: stock as recorded.
    silent, best: by bound, units that exist and are not promised. lanes: by strategy. orders: recorded, likely and high imputed
    orders [per bin]. saved: by strategy, (mean, low, high) of what it saved over silence under each bound [CNY]."""

    title: str
    at: style.At
    headline: str
    duration_s: float
    blind: tuple[Span, ...]
    recorded: Steps
    silent: dict[str, Steps]
    best: dict[str, Steps]
    best_name: str
    lanes: dict[str, Lane]
    bins: np.ndarray
    orders: tuple[np.ndarray, np.ndarray, np.ndarray]
    cues: tuple[CueSpan, ...]
    saved: dict[str, dict[str, tuple[float, float, float]]]


def shown_sku(c: Closed) -> int:
    """The SKU with most likely imputed orders, else the first."""
    if not len(c.windows):
        return 0
    most = str(c.windows.groupby("sku", sort=False)["likely"].sum().idxmax())
    return [s.id for s in c.stream.skus].index(most)


def picture(c: Closed, sku: int) -> ClosedPicture:
    """The arrays of the picture of SKU number ``sku``; runs are those of draw 0."""
    name, end = c.stream.skus[sku].id, c.stream.scenario().duration_s
    others = c.verdict[c.verdict["strategy"] != SILENT]
    best = str(others["strategy"].iloc[int(others[f"saved_{LIKELY}"].to_numpy().argmax())]) if len(others) else SILENT
    level = c.stream.levels[c.stream.levels["sku"] == name]
    run, high = c.shown[best, LIKELY], c.shown[SILENT, HIGH]
    bins = bin_edges(end)
    saved = {r["strategy"]: {b: (r[f"saved_{b}"], r[f"saved_{b}_low"], r[f"saved_{b}_high"]) for b in BOUNDS}
             for r in others.to_dict("records")}  # fmt: skip
    return ClosedPicture(
        title=_("replay of {stream} · SKU {sku} · from {start}").format(
            stream=style.text(c.stream.name), sku=style.text(name), start=c.stream.at(0.0)
        ),
        at=c.stream.at,
        headline=_("{loop}; the first of {n} draws is shown").format(loop=_(CLOSED_LOOP), n=c.scores["replicate"].nunique()),
        duration_s=end,
        blind=tuple((w.start / US, w.end / US) for w in c.imputation.windows if w.sku == sku),
        recorded=thinned(level["t_s"].to_numpy(), level["stock"].to_numpy()),
        silent={b: _left(c.shown[SILENT, b], sku) for b in BOUNDS},
        best={b: _left(c.shown[best, b], sku) for b in BOUNDS},
        best_name=best,
        lanes={s: _lane(r, sku) for (s, b), r in c.shown.items() if b == LIKELY and s != SILENT},
        bins=bins,
        orders=(_laid(c, run, sku, bins, False), _laid(c, run, sku, bins, True), _laid(c, high, sku, bins, True)),
        cues=cues_of(run, sku),
        saved=saved,
    )


def _left(run: ShowRun, sku: int) -> Steps:
    path = paths(run, sku)
    return thinned(path["t"] / US, path["left"])


def _lane(run: ShowRun, sku: int) -> Lane:
    s = story(run, sku)
    return Lane(s.alerts[:, :2], s.closed, tuple((t, what) for t, what, _ in s.marks))


def _laid(c: Closed, run: ShowRun, sku: int, bins: np.ndarray, imputed: bool) -> np.ndarray:
    """Units of orders of a tape per bin, whether accepted or not."""
    tape = run.tape
    own = (tape.kind == T.ORDER) & (tape.sku == sku) & (imputed_rows(tape, c.imputation) == imputed)
    return np.histogram(tape.t[own] / US, bins, weights=tape.qty[own])[0]


def closed_timeline(c: Closed, sku: int) -> Figure:
    """The picture of SKU number ``sku``."""
    return draw(picture(c, sku))


def draw(p: ClosedPicture) -> Figure:
    """Stock, lanes of strategies, demand, cues over one time axis; below, what each strategy saved under each bound."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        lanes = max(1, len(p.lanes))
        heights = [3.6, 0.5 + 0.34 * lanes, 2.0, 0.8, 0.5 + 0.32 * lanes]
        figure = Figure(figsize=(12.5, sum(heights) + 1.6), layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(5, 1, height_ratios=heights)
        top = figure.add_subplot(grid[0])
        panels = [top, *(figure.add_subplot(grid[k], sharex=top) for k in (1, 2, 3)), figure.add_subplot(grid[4])]
        unit, per = time_unit(p.duration_s)
        figure.suptitle(style.text(p.title), x=0.01, ha="left", fontsize=11)
        top.set_title(p.headline, loc="left", fontsize=10, color=style.RED, fontweight="bold")
        _stock(top, p, per)
        _lanes(panels[1], p, per)
        _demand(panels[2], p, per)
        cue_lanes(panels[3], p.cues, per)
        _saved(panels[4], p)
        for axis in (*panels[:3], panels[4]):
            legend(axis)
        for axis in panels[:3]:
            axis.tick_params(labelbottom=False)
        panels[3].set_xlabel(_("time since the start of the recording [{unit} of the show]").format(unit=_(unit)))
        style.clock_times(panels[3], p.at, per)
        top.set_xlim(-0.006 * p.duration_s / per, p.duration_s / per)
    return figure


def blind_spans(axis: Axes, blind: tuple[Span, ...], per: float, label: str | None) -> None:
    """Hatch the spells in which a recording says nothing about demand."""
    for k, (start, stop) in enumerate(blind):
        looks: dict[str, Any] = {"facecolor": style.GREY, "edgecolor": style.BLACK, "alpha": 0.3, "hatch": HATCH, "lw": 0}
        axis.axvspan(start / per, stop / per, label=None if k else label, zorder=0, **looks)


def _stock(axis: Axes, p: ClosedPicture, per: float) -> None:
    blind_spans(axis, p.blind, per, _("no demand recorded: imputed"))
    steps(axis, p.recorded, per, p.duration_s, color=style.BLACK, lw=3.0, label=_("recorded stock"))
    for bound in BOUNDS:
        looks: dict[str, Any] = {"ls": LOOKS[bound], "lw": 1.4 if bound == LIKELY else 0.9}
        steps(
            axis,
            p.silent[bound],
            per,
            p.duration_s,
            color=style.GREY,
            label=_("nobody acts, {bound}").format(bound=_(bound)),
            **looks,
        )
        if p.best_name != SILENT:
            steps(axis, p.best[bound], per, p.duration_s, color=style.GREEN, label=f"{p.best_name}, {_(bound)}", **looks)
    axis.axhline(0, color=style.GREY, lw=0.8)
    axis.set_ylabel(_("stock not promised [units]"))


def _lanes(axis: Axes, p: ClosedPicture, per: float) -> None:
    """One lane per strategy: alerts, freezes and arrivals; what happens in a hatched spell meets imputed demand."""
    names = list(p.lanes)
    blind_spans(axis, p.blind, per, None)
    for level, (marker, colour, name) in style.LEVEL_MARKS.items():
        at = [(t, k) for k, lane in enumerate(p.lanes.values()) for t, told in lane.alerts.tolist() if told == level]
        if at:
            looks: dict[str, Any] = {"color": colour, "edgecolor": style.BLACK, "linewidth": 0.5, "zorder": 5, "s": 36}
            axis.scatter(
                [t / per for t, _k in at],
                [k for _t, k in at],
                marker=marker,
                label=_("alert: {level}").format(level=style.text(_(name))),
                **looks,
            )
    frozen = [(k, span) for k, lane in enumerate(p.lanes.values()) for span in lane.closed]
    for n, (k, (start, stop)) in enumerate(frozen):
        axis.barh(
            k, (stop - start) / per, left=start / per, height=0.5, color=style.GREY, alpha=0.7, label=None if n else _("frozen")
        )
    came = [
        (t, k) for k, lane in enumerate(p.lanes.values()) for t, what in lane.marks if what == "arrival" and t <= p.duration_s
    ]
    if came:
        marker, colour = ACTION_LOOKS["arrival"]
        looks = {"color": colour, "edgecolor": style.BLACK, "linewidth": 0.5, "zorder": 6, "s": 70}
        axis.scatter([t / per for t, _k in came], [k for _t, k in came], marker=marker, label=_("restock arrives"), **looks)
    axis.set_yticks(range(len(names)), [style.text(name) for name in names])
    axis.set_ylim(max(1, len(names)) - 0.4, -0.6)
    axis.grid(False, axis="y")


def _demand(axis: Axes, p: ClosedPicture, per: float) -> None:
    left, width = p.bins[:-1] / per, float(p.bins[1] - p.bins[0])
    recorded, likely, high = p.orders
    x = np.append(left, left[-1] + width / per)

    def held(values: np.ndarray) -> np.ndarray:
        return np.append(values, values[-1])

    axis.step(x, held(recorded), where="post", color=style.BLACK, lw=1.3, label=_("recorded orders"))
    if likely.any() or high.any():
        looks: dict[str, Any] = {"facecolor": style.GREY, "edgecolor": style.BLACK, "alpha": 0.5, "hatch": HATCH, "lw": 0.3}
        low, both = held(recorded), held(recorded + likely)
        axis.fill_between(x, low, both, where=both > low, step="post", label=_("imputed orders, likely"), **looks)
        top = np.where(high > 0, recorded + high, np.nan)
        axis.step(left, top, where="post", color=style.RED, lw=1.1, label=_("with imputed, high"))
    axis.set_ylabel(_("units asked for\nper {width:g} s").format(width=width))
    axis.set_ylim(bottom=0)


def _saved(axis: Axes, p: ClosedPicture) -> None:
    """What each strategy saved over silence, under each bound, with its interval over draws."""
    marks = {LOW: ("v", style.SKY, -0.2), LIKELY: ("o", style.BLACK, 0.0), HIGH: ("^", style.RED, 0.2)}
    for k, bounds in enumerate(p.saved.values()):
        for bound, (mean, low, high) in bounds.items():
            marker, colour, lift = marks[bound]
            error = None if np.isnan(low) else [[mean - low], [high - mean]]
            axis.errorbar(mean, k + lift, xerr=error, marker=marker, color=colour, ms=5, lw=1.1, label=None if k else _(bound))
    axis.axvline(0, color=style.GREY, lw=0.9)
    axis.set_yticks(range(len(p.saved)), [style.text(name) for name in p.saved])
    axis.set_ylim(max(1, len(p.saved)) - 0.4, -0.6)
    axis.set_xlabel(_("saved over nobody acting [CNY a show], 95 % interval over draws; all SKUs"))
