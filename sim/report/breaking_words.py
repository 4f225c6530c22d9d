"""Where a setting breaks, in words and as a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report import style
from sim.report.verdict import certificate, limit
from sim.study.breakpoint import Breakpoint, Point
from sim.study.certify import CERTIFIED, REFUTED, UNDECIDED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD = ("strategy", "dial", "holds up to", "breaks by", "unit", "setting")
STATES = {CERTIFIED: (style.GREEN, "o"), UNDECIDED: (style.GREY, "s"), REFUTED: (style.RED, "X")}
"""Colour and marker by state."""


def sentences(found: Mapping[str, Mapping[str, Breakpoint]]) -> list[str]:
    """One sentence a strategy and dial; one for all dials where the limits are broken before any is turned."""
    said = []
    for name, every in found.items():
        first = next(iter(every.values())).points[0]
        if len(every) > 1 and all(b.points[0].state == REFUTED for b in every.values()):
            said.append(f"{name}: the limits are broken before any dial is turned ({_broken(first)}){_others(first)}.")
        else:
            said += [f"{name}: {words(b)}" for b in every.values()]
    return said


def words(b: Breakpoint) -> str:
    """One sentence on a dial."""
    d, last, first = b.dial, b.points[-1], b.points[0]
    what, unit = f"{d.name} ({d.meaning})", d.unit
    why = next((f" ({_first_broken(p)})" for p in b.points if p.severity == b.breaks), "")
    least = f"{first.severity:g} {unit}, the least looked at, {certificate(first.certificate)}"
    if first.state == REFUTED:
        said = f"{what}: the limits are broken already at {first.severity:g} {unit} ({_broken(first)}){_others(first)}"
    elif all(p.state == CERTIFIED for p in b.points):
        said = f"{what}: certified up to the largest severity tried, {last.severity:g} {unit}"
    elif np.isnan(b.breaks):
        held = f"certified up to {b.holds:g} {unit}" if not np.isnan(b.holds) else f"at {least}"
        said = f"{what}: {held}, not refuted up to {last.severity:g} {unit}; more shows would tell"
    elif np.isnan(b.holds):
        said = f"{what}: breaks by {b.breaks:g} {unit} at the latest{why}; at {least}"
    else:
        said = f"{what}: holds up to {b.holds:g} {unit}, breaks by {b.breaks:g} {unit}{why}"
    if b.contradictions:
        odd = ", ".join(f"{x:g}" for x in b.contradictions)
        said += f"; but certified again at {odd} {unit}: harm does not grow evenly here, look at every point"
    return f"{said}."


def _first_broken(p: Point) -> str:
    """The limit a refuted point is furthest beyond."""
    c = max((c for c in p.certificate.checks if c.state == REFUTED), key=lambda c: c.value / max(c.limit, 1e-12))
    return limit(c, p.certificate.shows)


def _broken(p: Point) -> str:
    """All limits that a point breaks."""
    return "; ".join(limit(c, p.certificate.shows) for c in p.certificate.checks if c.state == REFUTED)


def _others(p: Point) -> str:
    """How to look at the limits that are not broken from the start."""
    fine = [c.name for c in p.certificate.checks if c.state != REFUTED]
    listed = f"[{','.join(fine)}]" if len(fine) > 1 else "".join(fine)
    return f"; only={listed} looks at what is not" if fine else ""


def rows(found: Mapping[str, Mapping[str, Breakpoint]]) -> list[list[str]]:
    """Cells under HEAD: a row a strategy and dial."""

    def cell(x: float, otherwise: str) -> str:
        return otherwise if np.isnan(x) else f"{x:g}"

    def breaks(b: Breakpoint) -> str:
        return cell(b.breaks, "never seen") + (" (as it is)" if b.points[0].state == REFUTED else "")

    return [
        [name, b.dial.name, cell(b.holds, "nowhere"), breaks(b), b.dial.unit, b.dial.setting]
        for name, every in found.items()
        for b in every.values()
    ]


def chart(found: Mapping[str, Mapping[str, Breakpoint]], title: str) -> Figure:
    """One line a dial and strategy: every severity tried, coloured and shaped by what became of the limits there."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    lines: Sequence[tuple[str, Breakpoint]] = [(name, b) for name, every in found.items() for b in every.values()]
    with rc_context(style.settings()):
        figure = Figure(figsize=(8.6, 1.6 + 0.42 * len(lines)), layout="constrained")
        axes = figure.subplots()
        for y, (_, b) in enumerate(lines):
            x = [np.log1p(p.severity) for p in b.points]
            axes.plot(x, [y] * len(x), color=style.GREY, lw=0.8, zorder=1)
            for at, p in zip(x, b.points, strict=True):
                colour, mark = STATES[p.state]
                axes.plot([at], [y], marker=mark, color=colour, ms=6, ls="", zorder=2)
        axes.set_yticks(range(len(lines)), [style.text(f"{name}: {b.dial.name} [{b.dial.unit}]") for name, b in lines])
        axes.invert_yaxis()
        ticks = [0, 1, 3, 10, 30, 100, 300, 900]
        axes.set_xticks(np.log1p(ticks), [f"{t:g}" for t in ticks])
        axes.set_xlabel("severity, in the unit of the dial")
        axes.set_title(title, loc="left")
        handles = [Line2D([], [], marker=m, color=c, ls="", label=w) for w, (c, m) in STATES.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        return figure
