"""The picture of where settings break: a line a strategy and dial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sim.report.figures import style
from sim.report.figures.style import _
from sim.stats.certify import CERTIFIED, REFUTED, UNDECIDED
from sim.study.breakpoint import Breaks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATES = {CERTIFIED: (style.GREEN, "o"), UNDECIDED: (style.GREY, "s"), REFUTED: (style.RED, "X")}
"""Colour and marker by state."""


def chart(results: Mapping[str, Breaks], title: str) -> Figure:
    """One line a dial and strategy: every severity tried, coloured and shaped by what became of the limits there. One mark for a
    strategy that breaks them as it is."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    lines: list[tuple[str, list[tuple[float, str]]]] = []
    for name, f in results.items():
        if f.as_it_is.state == REFUTED:
            lines.append((_("{strategy}: as it is").format(strategy=name), [(0.0, REFUTED)]))
        lines += [(f"{name}: {b.dial.name} [{b.dial.unit}]", [(p.severity, p.state) for p in b.points]) for b in f.dials.values()]
    with rc_context(style.settings()):
        figure = Figure(figsize=(8.6, 1.6 + 0.42 * len(lines)), layout="constrained")
        axes = figure.subplots()
        for y, (_label, points) in enumerate(lines):
            x = [np.log1p(severity) for severity, _ in points]
            axes.plot(x, [y] * len(x), color=style.GREY, lw=0.8, zorder=1)
            for at, (_severity, state) in zip(x, points, strict=True):
                colour, mark = STATES[state]
                axes.plot([at], [y], marker=mark, color=colour, ms=6, ls="", zorder=2)
        axes.set_yticks(range(len(lines)), [style.text(line[0]) for line in lines])
        axes.invert_yaxis()
        ticks = [0, 1, 3, 10, 30, 100, 300, 900]
        axes.set_xticks(np.log1p(ticks), [f"{t:g}" for t in ticks])
        axes.set_xlabel(_("severity, in the unit of the dial"))
        axes.set_title(style.text(title), loc="left")
        handles = [Line2D([], [], marker=m, color=c, ls="", label=_(w)) for w, (c, m) in STATES.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        return figure
