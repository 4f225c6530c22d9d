"""How a search went: what every trial cost, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.report import style
from sim.study.search import Plan
from sim.study.tune import Tuned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = (("o", style.BLUE), ("s", style.ORANGE), ("^", style.GREEN), ("D", style.PURPLE), ("v", style.SKY), ("P", style.RED))
"""Marker and colour by family; shape tells as much as colour."""


def history(found: Tuned, plan: Plan) -> Figure:
    """First objective by trial number, one mark per family, hollow where a trial was dropped early; and the best so far."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        figure = Figure(figsize=(8.0, 4.2), layout="constrained")
        axes = figure.subplots()
        number = np.array([t.number for t in found.tried])
        value = np.array([t.values[0] for t in found.tried])
        whole = np.array([t.shows == plan.shows and t.feasible for t in found.tried])
        names = np.array([t.candidate.family for t in found.tried])
        for k, family in enumerate(dict.fromkeys(names.tolist())):
            mark, colour = MARKS[k % len(MARKS)]
            mine = names == family
            for kept, fill in ((whole, colour), (~whole, "none")):
                label = style.text(family) if kept is whole else None
                axes.scatter(number[mine & kept], value[mine & kept], marker=mark, facecolors=fill, edgecolors=colour, s=26,
                             label=label, zorder=3)  # fmt: skip
        best = np.minimum.accumulate(np.where(whole, value, np.inf))
        axes.step(number, np.where(np.isfinite(best), best, np.nan), where="post", color=style.BLACK, lw=1.2, label="best so far")
        low, high = float(value.min()), float(np.quantile(value, 0.9))
        axes.set_ylim(low - 0.08 * (high - low), high + 0.15 * (high - low) if high > low else low + 1)
        what = f"J [CNY a show], {plan.robust}" if plan.single else plan.objectives[0]
        axes.set_xlabel("trial")
        axes.set_ylabel(f"{what}, search shows")
        axes.set_title("Search: hollow marks were dropped early or break a limit; the dearest tenth lies above the picture")
        figure.legend(loc="outside lower center", ncols=4)
        return figure
