"""The picture of a replay: recorded stock, when it ran out, and when each strategy would have fired. Always open loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.history import seen
from sim.core.tape import CART, TAKE
from sim.core.units import US
from sim.replay import Loaded, Replay
from sim.report.figures import style
from sim.report.figures.story import CueSpan, Span, Steps, bin_edges, cues_of, per_bin, thinned, time_unit
from sim.report.figures.style import _, ngettext
from sim.report.figures.timeline import cue_lanes, legend, steps
from sim.words import N_

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OPEN_LOOP = N_("OPEN LOOP: recorded demand, no action taken")
"""Stands on every picture and over every table."""


@dataclass(frozen=True, eq=False)
class SkuPicture:
    """One SKU of a replayed stream. Times in s of the show; ``Steps``: times and the values that hold from them on.

    title: what is shown. at: a moment by the recording's clock. stock: as recorded. seen: as the alert engine had it. out: spans
    without stock. lanes: strategy to (time, level) of its alerts. bins: edges; orders, carts [units per bin]. cues: (start, end,
    planned, kind).
    """

    title: str
    at: style.At
    duration_s: float
    stock: Steps
    seen: Steps
    out: tuple[Span, ...]
    lanes: dict[str, np.ndarray]
    bins: np.ndarray
    orders: np.ndarray
    carts: np.ndarray
    cues: tuple[CueSpan, ...]


def recording(loaded: Loaded, replay: Replay, sku: int) -> SkuPicture:
    """The arrays of the picture of SKU number ``sku``."""
    stream, run = loaded.stream, replay.runs[0]
    name, end = stream.skus[sku].id, run.scenario.duration_s
    level = replay.levels[replay.levels["sku"] == name]
    arrived, _t, known = seen(run, sku)
    outs = replay.sellouts[(replay.sellouts["sku"] == name) & (replay.sellouts["strategy"] == run.policy.name)]
    bins = bin_edges(end)
    sold = ngettext("{n} sell-out", "{n} sell-outs", len(outs)).format(n=len(outs)) if len(outs) else _("never sold out")
    return SkuPicture(
        title=_("replay of {stream} · SKU {sku} · from {start} · {sold}").format(
            stream=style.text(stream.name), sku=style.text(name), start=stream.at(0.0), sold=sold
        ),
        at=stream.at,
        duration_s=end,
        stock=thinned(level["t_s"].to_numpy(), level["stock"].to_numpy()),
        seen=thinned(arrived / US, known),
        out=tuple((float(a), min(float(b), end)) for a, b in zip(outs["sold_out_s"], outs["back_s"], strict=True)),
        lanes={r.policy.name: _lane(r.alerts, sku) for r in replay.runs},
        bins=bins,
        orders=_units(loaded, sku, TAKE, bins),
        carts=_units(loaded, sku, CART, bins),
        cues=cues_of(run, sku),
    )


def _lane(alerts: np.ndarray, sku: int) -> np.ndarray:
    own = alerts[(alerts["sku"] == sku) & (alerts["level"] > 0)]
    return np.column_stack([own["t"] / US, own["level"]])


def _units(loaded: Loaded, sku: int, kind: int, bins: np.ndarray) -> np.ndarray:
    stream = loaded.stream
    own = (stream.sku == sku) & (stream.what == kind)
    t, total = np.append(0.0, stream.t[own] / US), np.append(0, np.cumsum(stream.qty[own]))
    return per_bin(t, total, bins)


def draw(r: SkuPicture) -> Figure:
    """A recording as a picture: stock, lanes of alerts, rates, cues."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        lanes = len(r.lanes)
        figure = Figure(figsize=(12.5, 6.9 + 0.22 * lanes), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(4, 1, sharex=True, height_ratios=[4.2, 0.5 + 0.32 * lanes, 2.0, 0.9])
        unit, per = time_unit(r.duration_s)
        figure.suptitle(style.text(r.title), x=0.01, ha="left", fontsize=11)
        panels[0].set_title(_(OPEN_LOOP), loc="left", fontsize=10, color=style.RED, fontweight="bold")
        _stock(panels[0], r, per)
        _lanes(panels[1], r, per)
        _rates(panels[2], r, per)
        cue_lanes(panels[3], r.cues, per)
        for axis in panels[:3]:
            legend(axis)
        panels[3].set_xlabel(_("time since the start of the recording [{unit} of the show]").format(unit=_(unit)))
        style.clock_times(panels[3], r.at, per)
        panels[3].set_xlim(-0.006 * r.duration_s / per, r.duration_s / per)
    return figure


def _stock(axis: Axes, r: SkuPicture, per: float) -> None:
    steps(axis, r.stock, per, r.duration_s, color=style.BLACK, lw=2.6, label=_("recorded stock"))
    steps(axis, r.seen, per, r.duration_s, color=style.SKY, lw=1.2, ls=(0, (3, 3)), label=_("as the alert engine saw it"))
    axis.axhline(0, color=style.GREY, lw=0.8)
    _outs(axis, r, per, _("no stock (sell-out)"))
    axis.set_ylabel(_("stock [units]"))


def _outs(axis: Axes, r: SkuPicture, per: float, label: str | None) -> None:
    for k, (start, stop) in enumerate(r.out):
        axis.axvspan(start / per, stop / per, color=style.RED, alpha=0.13, lw=0, label=None if k else label)
        axis.axvline(start / per, color=style.RED, lw=1.1, ls=":")


def _lanes(axis: Axes, r: SkuPicture, per: float) -> None:
    """One lane per strategy: an alert's marker and colour tell its level."""
    names = list(r.lanes)
    _outs(axis, r, per, None)
    for level, (marker, colour, name) in style.LEVEL_MARKS.items():
        at = [(t, k) for k, lane in enumerate(r.lanes.values()) for t, told in lane.tolist() if told == level]
        if at:
            looks: dict[str, Any] = {"color": colour, "edgecolor": style.BLACK, "linewidth": 0.5, "zorder": 5}
            x, y = [t / per for t, _k in at], [k for _t, k in at]
            axis.scatter(x, y, marker=marker, s=40, label=_("would fire: {level}").format(level=style.text(_(name))), **looks)
    axis.set_yticks(range(len(names)), [style.text(name) for name in names])
    axis.set_ylim(len(names) - 0.4, -0.6)


def _rates(axis: Axes, r: SkuPicture, per: float) -> None:
    left, width = r.bins[:-1] / per, float(r.bins[1] - r.bins[0])
    if r.carts.any():
        axis.step(left, r.carts, where="post", color=style.SKY, lw=1.1, label=_("units put into carts"))
    axis.step(left, r.orders, where="post", color=style.BLACK, lw=1.3, label=_("units ordered"))
    axis.set_ylabel(_("per {n:g} s").format(n=width))
    axis.set_ylim(bottom=0)
