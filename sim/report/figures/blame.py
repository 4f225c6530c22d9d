"""The picture of a blame split: bars by SKU, stacked by cause, oversold and missed units side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.postmortem.blame import CAUSES, Blame
from sim.postmortem.losses import KINDS
from sim.report.figures import style
from sim.report.figures.style import _, ngettext
from sim.words import N_

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {
    "leak": N_("leak 漏洞"), "lag": N_("data lag 数据延迟"), "reaction": N_("reaction 响应"),
    "reservation": N_("reservation expiry 预占过期"), "threshold": N_("threshold 阈值"), "demand": N_("demand surprise 需求意外"),
}  # fmt: skip
"""Cause to its name, in both languages."""
TITLES = {"oversold": N_("oversold: {n:,} units 超卖"), "missed": N_("missed: {n:,} units 少卖")}
LOOKS = {
    "leak": (style.RED, ""), "lag": (style.SKY, ""), "reaction": (style.ORANGE, "///"), "reservation": (style.PURPLE, ""),
    "threshold": (style.GREEN, "..."), "demand": (style.GREY, "xxx"),
}  # fmt: skip
"""Colour and hatching by cause: either tells them apart."""
MOST_SKUS = 12
EPS = 1e-9


def blame_figure(blame: Blame, skus: list[str], title: str, basis: str) -> Figure:
    """``title``: the show and the strategy. ``basis``: rehearsed, or closed loop and what is assumed of unrecorded demand."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names, units = rows_of(blame, skus)
    with rc_context(style.settings()):
        figure = Figure(figsize=(11.0, 1.9 + 0.34 * len(names)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, 2, sharey=True)
        figure.suptitle(style.text(title), x=0.01, ha="left", fontsize=11)
        for kind, axis in enumerate(axes):
            _bars(axis, names, units[:, kind])
            total = int(blame.lost.units[kind].sum())
            axis.set_title(style.text(_(TITLES[KINDS[kind]]).format(n=total)), loc="left", fontsize=10)
        looks: dict[str, Any] = {"loc": "outside lower center", "ncols": len(CAUSES), "fontsize": 8.5}
        figure.legend(*axes[0].get_legend_handles_labels(), title=style.text(basis), title_fontsize=8.5, **looks)
    return figure


def rows_of(blame: Blame, skus: list[str]) -> tuple[list[str], np.ndarray]:
    """Names and units [cause, kind, row]: the SKUs that lost, most first, the rest together, and all of them."""
    cost = np.abs(blame.units).sum((0, 1))
    order = [k for k in np.argsort(-cost, kind="stable").tolist() if cost[k] > 0]
    shown, rest = order[:MOST_SKUS], order[MOST_SKUS:]
    names, parts = [skus[k] for k in shown], [blame.units[:, :, k] for k in shown]
    if rest:
        names.append(ngettext("{n} other", "{n} others", len(rest)).format(n=len(rest)))
        parts.append(blame.units[:, :, rest].sum(2))
    if len(names) != 1:
        names.append(_("all"))
        parts.append(blame.shares)
    return names, np.stack(parts, axis=2)


def _bars(axis: Axes, names: list[str], units: np.ndarray) -> None:
    """Shares above zero stack to the right, those below zero (units spared) to the left."""
    places = np.arange(len(names))
    right, left = np.zeros(len(names)), np.zeros(len(names))
    for cause, values in zip(CAUSES, units, strict=True):
        colour, hatch = LOOKS[cause]
        start = np.where(values >= 0, right, left)
        looks: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": style.BLACK, "linewidth": 0.4}
        axis.barh(places, values, 0.72, left=start, label=style.text(_(NAMES[cause])), **looks)
        right, left = right + np.maximum(values, 0), left + np.minimum(values, 0)
    if (left < -EPS).any():
        axis.axvline(0, color=style.BLACK, lw=0.9)
        axis.set_xlabel(_("units (left of 0: units the cause spared)"))
    else:
        axis.set_xlim(0, 1.04 * max(float(right.max()), EPS))
        axis.set_xlabel(_("units"))
    if right.max() <= EPS and left.min() >= -EPS:
        axis.set_xlim(0, 1)
        axis.set_xticks([])
        axis.text(0.5, 0.5, _("none"), transform=axis.transAxes, ha="center", va="center", color=style.GREY)
    axis.set_yticks(places, [style.text(name) for name in names])
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.grid(False, axis="y")
