"""The picture of how many units to bring: net against stock, item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.figures import style
from sim.report.figures.style import _

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MOST, ACROSS = 12, 3
"""Items drawn, in rows of so many."""


def chart(table: pd.DataFrame, curves: pd.DataFrame, title: str) -> Figure:
    """Mean net of every item against its stock with its 95 % band; the planned stock, what to bring, and what is as good."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    shown = table.sort_values("gain", ascending=False, kind="stable").head(MOST)
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)
    with rc_context(style.settings()):
        figure = Figure(figsize=(1.2 + 3.4 * across, 1.4 + 2.4 * down), layout="constrained")
        every = figure.subplots(down, across, squeeze=False).ravel()
        for axes in every[len(shown) :]:
            axes.set_visible(False)
        for axes, row in zip(every, shown.itertuples(), strict=False):
            own = curves[curves["item"] == row.item]
            axes.axvspan(row.bring_low, row.bring_high, color=style.GREEN, alpha=0.15, label=_("as good"))
            axes.fill_between(own["units"], own["net_low"], own["net_high"], color=style.BLUE, alpha=0.25)
            axes.plot(own["units"], own["net"], color=style.BLUE, marker="o", ms=3, label=_("net [CNY/show]"))
            axes.axvline(row.planned, color=style.BLACK, ls="--", label=_("planned"))
            axes.axvline(row.bring, color=style.GREEN, label=_("bring"))
            axes.set_title(style.text(str(row.item))[:40], loc="left")
            axes.locator_params(axis="x", nbins=5)
            axes.xaxis.set_major_formatter(style.plain_number)
            axes.yaxis.set_major_formatter(style.plain_number)
            axes.set_xlabel(_("stock [units]"))
        handles, labels = every[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        figure.suptitle(style.text(title), x=0.01, ha="left")
        return figure
