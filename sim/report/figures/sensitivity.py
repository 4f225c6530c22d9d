"""The picture of a sensitivity study: indices with intervals, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report.figures import style
from sim.report.figures.style import _
from sim.stats.sensitivity import Index

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def chart(indices: Sequence[Index], title: str) -> Figure:
    """First-order and total index of every setting with intervals, largest total first. Shares lie between 0 and 1: what an
    estimate of few shows makes of them beyond that is cut, and the tables have it whole."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style.settings()):
        figure = Figure(figsize=(8.0, 1.4 + 0.5 * len(indices)), layout="constrained")
        axes = figure.subplots()
        y = np.arange(len(indices))
        for shift, colour, mark, words, own, low, high in (
            (-0.14, style.BLUE, "o", _("first order"), "first", "first_low", "first_high"),
            (0.14, style.ORANGE, "s", _("total"), "total", "total_low", "total_high"),
        ):
            at = np.clip([getattr(i, own) for i in indices], 0.0, 1.0)
            ends = np.clip([[getattr(i, low), getattr(i, high)] for i in indices], 0.0, 1.0)
            reach = np.array([at - ends[:, 0], ends[:, 1] - at])
            axes.errorbar(at, y + shift, xerr=np.maximum(reach, 0), fmt=mark, color=colour, capsize=3, label=words)
        axes.set_yticks(y, [style.text(i.key) for i in indices])
        axes.invert_yaxis()
        axes.axvline(0, color=style.BLACK, lw=0.8)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel(_("share of the variance of mean net, cut at 0 and 1"))
        axes.set_title(style.text(title), loc="left")
        figure.legend(loc="outside lower center", ncols=2)
        return figure
