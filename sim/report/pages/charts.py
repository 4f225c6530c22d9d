"""Charts of a page as plain data, drawn by ``js/plots.js``: marks with intervals, courses over time, bars that add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.report.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY
from sim.report.pages.kit import shortened

LOOKS = ((BLUE, "circle"), (ORANGE, "square"), (GREEN, "triangle"), (PURPLE, "diamond"), (RED, "inverted_triangle"),
         (SKY, "hex"), (BLACK, "star"), (GREY, "plus"))  # fmt: skip
"""Colour and shape of the first, second, ... series: either alone tells them apart."""


@dataclass(frozen=True)
class Chart:
    """kind: ``spans``, ``course`` or ``bars``. title, note: above it. data: what its script takes."""

    kind: str
    title: str
    data: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class ChartSeries:
    """Marks of one kind. row: number of the line each stands in; x, low, high: figure and interval; tip: what a pointer reads."""

    name: str
    row: Sequence[int]
    x: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    tip: Sequence[str] = field(default=())
    colour: str = ""
    marker: str = ""


def spans(title: str, rows: Sequence[str], series: Sequence[ChartSeries], x_label: str, note: str = "", zero: bool = False,
          log: bool = False, lines: Sequence[tuple[float, str]] = ()) -> Chart:  # fmt: skip
    """A line a row, marks with intervals on it. zero: a line at 0. lines: further ones, each with its name."""
    marks = []
    for k, s in enumerate(series):
        colour, marker = LOOKS[k % len(LOOKS)]
        low, high = (list(ends) or [math.nan] * len(s.x) for ends in (s.low, s.high))
        marks.append({"name": s.name, "row": list(map(int, s.row)), "x": finite(s.x), "low": finite(low), "high": finite(high),
                     "tip": list(s.tip) or [""] * len(s.x),
                     "colour": s.colour or colour, "marker": s.marker or marker})  # fmt: skip
    data = {"rows": _apart([shortened(r, 40) for r in rows]), "series": marks, "x_label": x_label, "zero": zero, "log": log,
            "lines": [[float(at), name] for at, name in lines]}  # fmt: skip
    return Chart("spans", title, data, note)


def course(title: str, x_label: str, y_label: str, lines: Sequence[dict[str, Any]], note: str = "",
           band: dict[str, Any] | None = None, hour: float | None = None) -> Chart:  # fmt: skip
    """Figures over a running number or minutes. lines: name, x, y, mode (``step``, ``line``, ``marks``), colour, marker, dash,
    tip. band: name, x, low, high, as steps. hour: clock time at 0, where x is minutes of a show."""
    drawn = [
        {"dash": "solid", "marker": "circle", "tip": [], **line, "x": finite(line["x"]), "y": finite(line["y"])} for line in lines
    ]
    under = None if band is None else {"name": band["name"], **{k: finite(band[k]) for k in ("x", "low", "high")}}
    return Chart("course", title, {"x_label": x_label, "y_label": y_label, "lines": drawn, "band": under, "hour": hour}, note)


def bars(title: str, rows: Sequence[str], series: Sequence[tuple[str, str, Any]], x_label: str, note: str = "") -> Chart:
    """Bars that add up along each line. series: name, colour, a value a row."""
    stacks = [{"name": name, "colour": colour, "values": finite(values)} for name, colour, values in series]
    return Chart("bars", title, {"rows": _apart([shortened(r, 40) for r in rows]), "series": stacks, "x_label": x_label}, note)


def finite(values: Any) -> list[float | None]:
    """Numbers as JSON has them."""
    return [float(v) if math.isfinite(v) else None for v in np.asarray(values, float).tolist()]


def _apart(names: Sequence[str]) -> list[str]:
    """Names of lines, no two alike."""
    distinct: list[str] = []
    for name in names:
        text, k = name, 2
        while text in distinct:
            text, k = f"{name} ({k})", k + 1
        distinct.append(text)
    return distinct
