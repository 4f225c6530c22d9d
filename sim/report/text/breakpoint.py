"""Where a setting breaks, in words and as a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sim.report.figures import style
from sim.report.text.verdict import certificate, limit
from sim.stats.certify import CERTIFIED, REFUTED, UNDECIDED, Certificate
from sim.study.breakpoint import Breakpoint, Found, Point

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD = ("strategy", "dial", "holds up to", "breaks by", "unit", "setting")
STATES = {CERTIFIED: (style.GREEN, "o"), UNDECIDED: (style.GREY, "s"), REFUTED: (style.RED, "X")}
"""Colour and marker by state."""


def sentences(found: Mapping[str, Found]) -> list[str]:
    """One sentence a strategy and dial; one for a strategy that breaks the limits before any dial is turned."""
    said = []
    for name, f in found.items():
        if f.as_it_is.state == REFUTED:
            said.append(f"{name}: the limits are broken before any dial is turned ({_broken(f.as_it_is)}){_others(f.as_it_is)}.")
        said += [f"{name}: {words(b)}" for b in f.dials.values()]
    return said


def words(b: Breakpoint) -> str:
    """One sentence on a dial."""
    d, last, first = b.dial, b.points[-1], b.points[0]
    what, unit = f"{d.name} ({d.meaning})", d.unit
    why = next((f" ({_first_broken(p)})" for p in b.points if p.severity == b.breaks), "")
    least = f"{first.severity:g} {unit}, the least looked at, {certificate(first.certificate)}"
    if first.state == REFUTED:
        said = f"{what}: the limits are broken already at {first.severity:g} {unit} ({_broken(first.certificate)})"
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


def _broken(c: Certificate) -> str:
    """All limits that are broken."""
    return "; ".join(limit(check, c.shows) for check in c.checks if check.state == REFUTED)


def _others(c: Certificate) -> str:
    """How to look at the limits that are not broken from the start."""
    fine = [check.name for check in c.checks if check.state != REFUTED]
    listed = f"[{','.join(fine)}]" if len(fine) > 1 else "".join(fine)
    return f"; only={listed} looks at what is not" if fine else ""


def rows(found: Mapping[str, Found]) -> list[list[str]]:
    """Cells under HEAD: a row a strategy and dial."""

    def cell(x: float, otherwise: str) -> str:
        return otherwise if np.isnan(x) else f"{x:g}"

    made = []
    for name, f in found.items():
        if f.as_it_is.state == REFUTED:
            made.append([name, "none", "nowhere", "as it is", "", ""])
        for b in f.dials.values():
            made.append([name, b.dial.name, cell(b.holds, "nowhere"), cell(b.breaks, "never seen"), b.dial.unit, b.dial.setting])
    return made


def chart(found: Mapping[str, Found], title: str) -> Figure:
    """One line a dial and strategy: every severity tried, coloured and shaped by what became of the limits there. One mark for a
    strategy that breaks them as it is."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    lines: list[tuple[str, list[tuple[float, str]]]] = []
    for name, f in found.items():
        if f.as_it_is.state == REFUTED:
            lines.append((f"{name}: as it is", [(0.0, REFUTED)]))
        lines += [(f"{name}: {b.dial.name} [{b.dial.unit}]", [(p.severity, p.state) for p in b.points]) for b in f.dials.values()]
    with rc_context(style.settings()):
        figure = Figure(figsize=(8.6, 1.6 + 0.42 * len(lines)), layout="constrained")
        axes = figure.subplots()
        for y, (_, points) in enumerate(lines):
            x = [np.log1p(severity) for severity, _ in points]
            axes.plot(x, [y] * len(x), color=style.GREY, lw=0.8, zorder=1)
            for at, (_, state) in zip(x, points, strict=True):
                colour, mark = STATES[state]
                axes.plot([at], [y], marker=mark, color=colour, ms=6, ls="", zorder=2)
        axes.set_yticks(range(len(lines)), [style.text(label) for label, _ in lines])
        axes.invert_yaxis()
        ticks = [0, 1, 3, 10, 30, 100, 300, 900]
        axes.set_xticks(np.log1p(ticks), [f"{t:g}" for t in ticks])
        axes.set_xlabel("severity, in the unit of the dial")
        axes.set_title(title, loc="left")
        handles = [Line2D([], [], marker=m, color=c, ls="", label=w) for w, (c, m) in STATES.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        return figure
