"""How a search went: what every trial cost, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.report.figures import style
from sim.report.figures.style import _
from sim.report.pages.labels import spelt
from sim.score.metrics import METRICS
from sim.study.search import SearchPlan
from sim.study.tune import Tuned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = (("o", style.BLUE), ("s", style.ORANGE), ("^", style.GREEN), ("D", style.PURPLE), ("v", style.SKY), ("P", style.RED))
"""Marker and colour by family; shape tells as much as colour."""


def history(tuning: Tuned, plan: SearchPlan) -> Figure:
    """First objective by trial number, one mark per family, hollow where a trial was dropped early; and the best so far."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        figure = Figure(figsize=(8.0, 4.2), layout="constrained")
        axes = figure.subplots()
        number = np.array([t.number for t in tuning.tried])
        value = np.array([t.values[0] for t in tuning.tried])
        whole = np.array([t.shows == plan.shows and t.feasible for t in tuning.tried])
        names = np.array([t.candidate.family for t in tuning.tried])
        for k, family in enumerate(dict.fromkeys(names.tolist())):
            mark, colour = MARKS[k % len(MARKS)]
            own = names == family
            for kept, fill in ((whole, colour), (~whole, "none")):
                label = style.text(family) if kept is whole else None
                axes.scatter(number[own & kept], value[own & kept], marker=mark, facecolors=fill, edgecolors=colour, s=26,
                             label=label, zorder=3)  # fmt: skip
        best = np.minimum.accumulate(np.where(whole, value, np.inf))
        if whole.any():
            shown = np.where(np.isfinite(best), best, np.nan)
            axes.step(number, shown, where="post", color=style.BLACK, lw=1.2, label=_("best so far"))
        low, high = float(value.min()), float(np.quantile(value, 0.9))
        top = high + 0.15 * (high - low) if high > low else low + 1
        axes.set_ylim(low - 0.08 * (high - low), top)
        first = plan.objectives[0]
        what = _("J [CNY a show], {robust}").format(robust=plan.robust) if plan.single else _objective(first)
        axes.yaxis.set_major_formatter(style.plain_number)
        axes.set_xlabel(_("trial"))
        axes.set_ylabel(_("{what}, search shows").format(what=what))
        axes.set_title("; ".join([_("Search"), *_notes(tuning, plan, bool(value.max() > top))]))
        figure.legend(loc="outside lower center", ncols=4)
        return figure


def _objective(name: str) -> str:
    """An objective in words, with its unit."""
    return f"{spelt(name)} [{_(METRICS[name].unit)}]"


def _short(name: str) -> str:
    """What tells a finalist from others of its family, as in the table: #006, or default."""
    return f"#{name.rpartition('#')[2]}" if "#" in name else _("default")


def _notes(tuning: Tuned, plan: SearchPlan, beyond: bool) -> list[str]:
    """What the picture needs said: only what occurs in it."""
    early, limits = any(t.shows < plan.shows for t in tuning.tried), any(not t.feasible for t in tuning.tried)
    hollow = {
        (True, True): _("hollow: dropped early or breaks a limit"),
        (True, False): _("hollow: dropped early"),
        (False, True): _("hollow: breaks a limit"),
    }.get((early, limits))
    return [*filter(None, [hollow]), *([_("the dearest lie above the picture")] if beyond else [])]


def front(tuning: Tuned, plan: SearchPlan) -> Figure:
    """Finalists by their objectives on judging shows, a panel for the first objective against each other one; marked by family,
    filled on the front, ringed the one recommended."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    means = np.nanmean(tuning.judged[..., [plan.metrics.index(name) for name in plan.objectives]], axis=(0, 1))
    families = np.array([c.family for c in tuning.finalists])
    on_front = np.isin(np.arange(len(means)), tuning.front)
    best = next(k for k, c in enumerate(tuning.finalists) if c is tuning.best)
    with rc_context(style.settings()):
        figure = Figure(figsize=(1.2 + 4.2 * (len(plan.objectives) - 1), 4.6), layout="constrained")
        panels = figure.subplots(1, len(plan.objectives) - 1, squeeze=False)[0]
        for k, axes in enumerate(panels, 1):
            for n, family in enumerate(dict.fromkeys(families.tolist())):
                mark, colour = MARKS[n % len(MARKS)]
                for which, fill in ((on_front, colour), (~on_front, "none")):
                    own = (families == family) & which
                    label = style.text(family) if k == 1 and which is on_front else None
                    axes.scatter(means[own, 0], means[own, k], marker=mark, s=40, facecolors=fill, edgecolors=colour, label=label)
            axes.scatter(
                means[best, 0],
                means[best, k],
                marker="o",
                s=190,
                facecolors="none",
                edgecolors=style.BLACK,
                label=_("recommended") if k == 1 else None,
            )
            for n, finalist in enumerate(tuning.finalists):
                axes.annotate(
                    _short(finalist.name), (means[n, 0], means[n, k]), xytext=(5, 5), textcoords="offset points", fontsize=7
                )
            axes.set_xlabel(_objective(plan.objectives[0]))
            axes.set_ylabel(_objective(plan.objectives[k]))
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(style.plain_number)
            axes.margins(0.15)
        figure.suptitle(
            _("Finalists on judging shows, by number; filled: nobody beats them in all objectives"),
            x=0.02,
            ha="left",
            fontsize=10,
        )
        figure.legend(loc="outside lower center", ncols=5)
        return figure
