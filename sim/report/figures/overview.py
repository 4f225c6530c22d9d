"""The picture of a stream as it was recorded: counts, carts, stock and cues of its busiest SKUs. Nothing is replayed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.tape import CART, EDIT_ADD, SUPPLY, TAKE
from sim.core.units import US
from sim.replay.censor import Window, windows
from sim.replay.stream import Stream
from sim.report.figures import style
from sim.report.figures.closed import blind_spans
from sim.report.figures.story import Span, Steps, bin_edges, thinned, time_unit
from sim.report.figures.style import _, ngettext
from sim.report.figures.timeline import legend, steps
from sim.words import N_

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RECORDED = N_("AS RECORDED: nothing is replayed here")
MOST = 6
"""SKUs that get a panel of their own; the others only count in the totals."""
MARKERS = {"pitch": "o", "link_drop": "D", "deal": "*", "countdown": "s", "restock_call": "^"}


@dataclass(frozen=True, eq=False)
class Panel:
    """One SKU: stock as recorded, spells that say nothing of demand, restocks (time [s], units), cues (time [s], kind)."""

    sku: str
    stock: Steps
    blind: tuple[Span, ...]
    restocks: np.ndarray
    cues: tuple[tuple[float, str], ...]


@dataclass(frozen=True, eq=False)
class Overview:
    """A stream in numbers a bin, all SKUs together [units], and a panel per SKU; times in s of the show."""

    title: str
    at: style.At
    duration_s: float
    bins: np.ndarray
    orders: np.ndarray
    carts: np.ndarray
    returned: np.ndarray
    viewers: Steps | None
    panels: tuple[Panel, ...]


def overview(stream: Stream, blind: Sequence[Window] | None = None) -> Figure:
    """The picture of a stream; ``blind``: its blind spells, found where they are not given."""
    return draw(arrays(stream, windows(stream) if blind is None else blind))


def arrays(stream: Stream, blind: Sequence[Window]) -> Overview:
    """What is drawn: totals, and the SKUs with most orders."""
    end = max(stream.span_s, float(stream.t.max(initial=0)) / US)
    bins = bin_edges(end)
    took = stream.what == TAKE
    sold = np.bincount(stream.sku[took], stream.qty[took], len(stream.skus))
    busiest = np.argsort(-sold, kind="stable")[:MOST].tolist()
    n, more = len(stream.skus), len(stream.skus) - len(busiest)
    text = (
        ngettext(
            "{stream} · from {start} · {sold:,} units of {n} SKU, {more} of them in the totals only",
            "{stream} · from {start} · {sold:,} units of {n} SKUs, {more} of them in the totals only",
            n,
        )
        if more
        else ngettext(
            "{stream} · from {start} · {sold:,} units of {n} SKU", "{stream} · from {start} · {sold:,} units of {n} SKUs", n
        )
    )
    return Overview(
        title=text.format(stream=style.text(stream.name), start=stream.at(0.0), sold=int(sold.sum()), n=n, more=more),
        at=stream.at,
        duration_s=end,
        bins=bins,
        orders=_units(stream, took, bins),
        carts=_units(stream, stream.what == CART, bins),
        returned=_units(stream, (stream.what == EDIT_ADD) & (stream.qty > 0), bins),
        viewers=None if stream.viewers is None else thinned(stream.viewers[0] / US, stream.viewers[1]),
        panels=tuple(_panel(stream, k, blind) for k in busiest),
    )


def _units(stream: Stream, which: np.ndarray, bins: np.ndarray) -> np.ndarray:
    return np.histogram(stream.t[which] / US, bins, weights=stream.qty[which])[0]


def _panel(stream: Stream, sku: int, blind: Sequence[Window]) -> Panel:
    name = stream.skus[sku].id
    level = stream.levels[stream.levels["sku"] == name]
    came = (stream.what == SUPPLY) & (stream.sku == sku)
    return Panel(
        sku=name,
        stock=thinned(level["t_s"].to_numpy(), level["stock"].to_numpy()),
        blind=tuple((w.start / US, w.end / US) for w in blind if w.sku == sku),
        restocks=np.column_stack([stream.t[came] / US, stream.qty[came]]),
        cues=tuple((c.at_s, c.kind) for c in stream.cues if c.sku == name),
    )


def draw(o: Overview) -> Figure:
    """An overview as a picture: totals on top, then a panel per SKU."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        n = len(o.panels)
        figure = Figure(figsize=(12.5, 3.1 + 1.35 * n), layout="constrained")
        FigureCanvasAgg(figure)
        axes = np.atleast_1d(figure.subplots(1 + n, 1, sharex=True, height_ratios=[2.0, *([1.2] * n)]))
        unit, per = time_unit(o.duration_s)
        figure.suptitle(style.text(o.title), x=0.01, ha="left", fontsize=11)
        axes[0].set_title(_(RECORDED), loc="left", fontsize=10, color=style.RED, fontweight="bold")
        _totals(axes[0], o, per)
        drawn: set[str] = set()
        for k, (axis, panel) in enumerate(zip(axes[1:], o.panels, strict=True)):
            _sku(axis, panel, o.duration_s, per, k == 0, drawn)
        for axis in axes:
            legend(axis)
        axes[-1].set_xlabel(_("time since the start of the recording [{unit} of the show]").format(unit=_(unit)))
        style.clock_times(axes[-1], o.at, per)
        axes[-1].set_xlim(-0.006 * o.duration_s / per, o.duration_s / per)
    return figure


def _totals(axis: Axes, o: Overview, per: float) -> None:
    left, width = o.bins[:-1] / per, float(o.bins[1] - o.bins[0])
    if o.carts.any():
        axis.step(left, o.carts, where="post", color=style.SKY, lw=1.1, label=_("put into carts"))
    axis.step(left, o.orders, where="post", color=style.BLACK, lw=1.3, label=_("ordered"))
    if o.returned.any():
        axis.step(left, o.returned, where="post", color=style.PURPLE, lw=1.0, label=_("given back"))
    axis.set_ylabel(_("all SKUs\nunits per {width:g} s").format(width=width))
    axis.set_ylim(bottom=0)
    if o.viewers is not None:
        room = axis.twinx()
        steps(room, o.viewers, per, o.duration_s, color=style.GREEN, lw=1.0)
        room.set_ylabel(_("people in the room"), color=style.GREEN)
        room.set_ylim(bottom=0)
        room.grid(False)


def _sku(axis: Axes, p: Panel, end: float, per: float, first: bool, drawn: set[str]) -> None:
    """Stock of one SKU; cues are marks above it, each kind named once in the legends."""
    blind_spans(axis, p.blind, per, _("sold out or closed: demand not recorded") if p.blind and "blind" not in drawn else None)
    drawn |= {"blind"} if p.blind else set()
    steps(axis, p.stock, per, end, color=style.BLACK, lw=1.6, label=_("recorded stock") if first else None)
    axis.axhline(0, color=style.GREY, lw=0.8)
    top = max(1.0, float(np.max(p.stock[1], initial=0.0)))
    for kind in dict.fromkeys(cue[1] for cue in p.cues):
        at = [t / per for t, k in p.cues if k == kind]
        looks: dict[str, Any] = {"color": style.BLUE, "edgecolor": style.BLACK, "linewidth": 0.4, "clip_on": False}
        name = None if kind in drawn else _(kind.replace("_", " "))
        axis.scatter(at, [1.08 * top] * len(at), marker=MARKERS[kind], s=34, zorder=5, label=name, **looks)
        drawn.add(kind)
    for t, units in p.restocks.tolist():
        axis.annotate(f"+{units:,.0f}", (t / per, 0.5 * top), color=style.GREEN, fontsize=8, fontweight="bold")
        axis.axvline(t / per, color=style.GREEN, lw=1.0, ls="--")
    axis.set_ylabel(style.text(p.sku))
