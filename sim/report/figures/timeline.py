"""The timeline of one SKU in one run: stock as it was and as it was seen, demand, cues, alerts and what followed them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.run import ShowRun
from sim.report.figures import style
from sim.report.figures.story import CueSpan, Story, story, time_unit
from sim.report.figures.style import _, ngettext
from sim.words import N_

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WORDS = {
    "host_prompt": N_(
        "host prompted"), "lower_exposure": N_(
        "exposure"), "restock": N_(
        "restock asked"), "release": N_(
        "released"),
    "host_cut": N_("host drops item"), "host_call": N_("host calls item"), "arrival": N_("stock arrives"),
    "host_back": N_("host goes on"),
}  # fmt: skip
ACTION_LOOKS = {
    "host_prompt": ("<", style.GREEN), "lower_exposure": ("v", style.GREEN), "restock": ("P", style.GREEN),
    "release": ("D", style.GREEN), "host_cut": ("X", style.BLUE), "host_call": (">", style.BLUE),
    "host_back": ("<", style.BLUE), "arrival": ("*", style.BLACK),
}  # fmt: skip
ROW_IN = 0.21
"""Height of a row of the strip of actions [in]."""
ORDERED_KINDS = ("pitch", "link_drop", "deal", "countdown", "restock_call")


def timeline(run: ShowRun, sku: int, chosen: str = "") -> Figure:
    """The picture of SKU number ``sku``; ``chosen``: how it was chosen, in words."""
    return draw(story(run, sku), chosen)


def draw(s: Story, chosen: str = "") -> Figure:
    """A story as a picture: stock, actions, rates, cues; nothing is computed here but positions."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        strip = 0.12 + ROW_IN * max(1, len(_kinds(s)))
        figure = Figure(figsize=(12.5, 7.4 + strip), layout="constrained")
        FigureCanvasAgg(figure)
        top, deeds, middle, low = figure.subplots(4, 1, sharex=True, height_ratios=[3.7, strip, 1.8, 0.75])
        unit, per = time_unit(s.duration_s)
        figure.suptitle(style.text(_title(s)), x=0.01, ha="left", fontsize=11)
        if chosen:
            top.set_title(style.text(chosen), loc="left", fontsize=9, color=style.GREY)
        _stock(top, s, per)
        _actions(deeds, s, per)
        _rates(middle, s, per)
        cue_lanes(low, s.cues, per)
        low.set_xlabel(_("time since show start [{unit}]").format(unit=unit))
        low.xaxis.set_major_formatter(lambda x, _place: f"{x:g}\n{style.clock(x * per, s.start_hour)}")
        low.set_xlim(-0.006 * s.duration_s / per, s.duration_s / per)
        for axis in (top, middle):
            legend(axis)
    return figure


def _title(s: Story) -> str:
    sold = _("never sold out") if np.isnan(s.sold_out) else _("sold out at {sold_out:.0f} s").format(sold_out=s.sold_out)
    if s.oversold:
        sold += ", " + ngettext("{n:,} unit oversold", "{n:,} units oversold", s.oversold).format(n=s.oversold)
    return _("{scenario} · strategy {strategy} · SKU {sku} · replicate {replicate} · seed {seed} · {sold}").format(
        scenario=style.text(s.scenario), strategy=style.text(s.strategy), sku=style.text(s.sku), replicate=s.replicate,
        seed=s.seed, sold=sold,
    )  # fmt: skip


def steps(axis: Axes, steps: tuple[np.ndarray, np.ndarray], per: float, end: float, **looks: Any) -> None:
    t, value = steps
    if len(t):
        axis.step(np.append(t, max(end, t[-1])) / per, np.append(value, value[-1]), where="post", **looks)


def _stock(axis: Axes, s: Story, per: float) -> None:
    """Panel 1: what was there, what was believed, what was seen, and what was said about it."""
    end = s.duration_s
    for k, (start, stop) in enumerate(s.closed):
        axis.axvspan(
            start / per, stop / per, color=style.GREY, alpha=0.22, lw=0, label=_("no orders taken (freeze)") if not k else None
        )
    steps(axis, s.left, per, end, color=style.BLACK, lw=3.2, label=_("true stock left"))
    steps(axis, s.record, per, end, color=style.PURPLE, lw=1.6, label=_("platform's record"))
    steps(axis, s.seen, per, end, color=style.SKY, lw=1.2, ls=(0, (3, 3)), label=_("as the alert engine saw it"))
    if len(s.line[1]) and np.any(s.line[1] > 0):
        shown = np.where(s.line[1] > 0, s.line[1], np.nan)
        steps(axis, (s.line[0], shown), per, end, color=style.GREEN, lw=0.7, alpha=0.7, label=_("line the strategy watched"))
    low, high = _window(s)
    if low < 0:
        # A few units below zero would not show on the scale of a big stock: some room is kept for them, and the figure is said.
        bottom = min(1.15 * low, -0.03 * high)
        axis.set_ylim(bottom, 1.05 * high)
        axis.axhspan(bottom, 0, color=style.RED, alpha=0.1, lw=0, label=_("oversold: promised, not there"))
    else:
        axis.set_ylim(0, 1.05 * high)
    _oversold(axis, s)
    axis.axhline(0, color=style.GREY, lw=0.8)
    if not np.isnan(s.sold_out):
        axis.axvline(s.sold_out / per, color=style.RED, lw=1.2, ls=":", label=_("nothing left (sell-out)"))
    _alerts(axis, s, per)
    axis.set_ylabel(_("stock [units]"))


def _window(s: Story) -> tuple[float, float]:
    """Lowest and highest stock to show; a line far above the stock would press everything else flat."""
    inside = [steps[1][steps[0] <= s.duration_s] for steps in (s.left, s.record, s.seen)]
    values = np.concatenate([v for v in inside if len(v)] or [np.array([0, 1])])
    return float(min(0, values.min())), float(max(1, values.max()))


def _alerts(axis: Axes, s: Story, per: float) -> None:
    for level, (marker, colour, name) in style.LEVEL_MARKS.items():
        own = s.alerts[s.alerts[:, 1] == level]
        if len(own):
            looks: dict[str, Any] = {"color": colour, "edgecolor": style.BLACK, "linewidth": 0.6, "zorder": 5, "clip_on": False}
            axis.scatter(
                own[:, 0] / per,
                own[:, 2],
                marker=marker,
                s=52,
                label=_("alert: {level}").format(level=style.text(_(name))),
                **looks,
            )


def _oversold(axis: Axes, s: Story) -> None:
    """How many units were promised that were not there, in figures."""
    worst = max(s.oversold, -int(s.left[1].min(initial=0)))
    if worst == 0:
        return
    text = (
        _("{n:,} units oversold at the end") if worst == s.oversold else _("{n:,} units oversold at the end, {worst:,} at worst")
    )
    words = text.format(n=s.oversold, worst=worst)
    # Over the panel's right end: inside it every place can be crossed by a line.
    axis.set_title(words, loc="right", fontsize=10, color=style.RED, fontweight="bold")


def _kinds(s: Story) -> list[str]:
    """The kinds of action there were, in the order of the rows of the strip."""
    there = {what for t, what, _size in s.marks if t <= s.duration_s}
    return [*(["freeze"] if s.closed else []), *(kind for kind in ACTION_LOOKS if kind in there)]


def _actions(axis: Axes, s: Story, per: float) -> None:
    """Panel 2: what was done, one row per kind; it has no other scale than its names."""
    kinds, labels = _kinds(s), []
    for row, kind in enumerate(kinds):
        if kind == "freeze":
            spans = [(start / per, (stop - start) / per) for start, stop in s.closed]
            axis.broken_barh(spans, (row - 0.34, 0.68), facecolor=style.GREY, edgecolor=style.BLACK, lw=0.4)
            labels.append(_("freeze"))
            continue
        own = [(t, size) for t, what, size in s.marks if what == kind and t <= s.duration_s]
        sizes = {size for _t, size in own if not np.isnan(size)}
        amount = f" ({_amount(kind, next(iter(sizes)))})" if len(sizes) == 1 else ""
        labels.append(_(WORDS[kind]) + amount)
        marker, colour = ACTION_LOOKS[kind]
        looks: dict[str, Any] = {"color": colour, "edgecolor": style.BLACK, "linewidth": 0.5, "clip_on": False, "zorder": 4}
        axis.scatter([t / per for t, _size in own], [row] * len(own), marker=marker, s=36, **looks)
    axis.set_yticks(range(max(1, len(kinds))), labels or [_("no action")])
    axis.set_ylim(max(1, len(kinds)) - 0.4, -0.6)
    axis.grid(False, axis="y")


def _amount(name: str, size: float) -> str:
    return _("to {share:.0%}").format(share=size) if name == "lower_exposure" else _("{n:,.0f} units").format(n=size)


def _rates(axis: Axes, s: Story, per: float) -> None:
    """Panel 3: orders, carts and refusals per bin."""
    left, width = s.bins[:-1] / per, float(s.bins[1] - s.bins[0])
    axis.step(left, s.carts, where="post", color=style.SKY, lw=1.1, label=_("units put into carts"))
    axis.step(left, s.orders, where="post", color=style.BLACK, lw=1.3, label=_("units ordered"))
    if s.refused.any():
        axis.step(left, s.refused, where="post", color=style.GREY, lw=1.1, ls=(0, (1, 1)), label=_("orders refused"))
    axis.set_ylabel(_("per {n:.0f} s").format(n=width))
    axis.set_ylim(bottom=0)


def cue_lanes(axis: Axes, cues: Sequence[CueSpan], per: float) -> None:
    """Panel 4: what the host did, kind by kind."""
    kinds = [kind for kind in ORDERED_KINDS if any(c[3] == kind for c in cues)]
    for start, stop, planned, kind in cues:
        looks: dict[str, Any] = {"facecolor": style.BLUE, "edgecolor": style.BLACK, "lw": 0.5}
        hatch = None if planned else "///"
        axis.barh(kinds.index(kind), (stop - start) / per, left=start / per, height=0.7, hatch=hatch, **looks)
    axis.set_yticks(range(len(kinds)), [_(kind.replace("_", " ")) for kind in kinds])
    axis.set_ylim(-0.6, max(0.6, len(kinds) - 0.4))
    axis.set_ylabel(_("cues"))
    axis.grid(False, axis="y")
    if any(not c[2] for c in cues):
        from matplotlib.patches import Patch

        legend(axis, handles=[Patch(facecolor="white", edgecolor=style.BLACK, hatch="///", label=_("improvised by the host"))])


def legend(axis: Axes, **what: Any) -> None:
    """The legend of a panel, outside the data."""
    if what or axis.get_legend_handles_labels()[0]:
        axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1.03), borderaxespad=0.0, handlelength=1.8, **what)
