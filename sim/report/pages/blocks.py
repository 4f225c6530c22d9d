"""What a page is made of, whatever verb it is of: sentences, tables, timelines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.report.pages.kit import shortened
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Grid:
    """A table. head: name, unit and meaning by column. rows: cells as text. right: columns of figures. note: what has to be
    known."""

    title: str
    head: Sequence[tuple[str, str, str]]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()
    note: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Blob:
    """Packed columns under a name in the page."""

    id: str
    text: str


@dataclass
class Page:
    """One page. title, about: what it is of. notes: what a reader must know first. plain: three sentences for the host. evidence:
    the sentences that decide. grids: tables. blobs: packed columns. timelines: (blob, strategy, show, item). views: scripts
    to run,
    name to their data's blob. words: what scripts say. pictures: name and base64 of PNGs. made: how to make it again."""

    title: str
    about: str = ""
    notes: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    assumptions: Grid | None = None
    glossary: Grid | None = None
    blobs: list[Blob] = field(default_factory=list)
    timelines: list[tuple[str, str, str, str]] = field(default_factory=list)
    sweep: str = ""
    pictures: list[tuple[str, str]] = field(default_factory=list)
    made: str = ""


def number(value: Any, places: int | None = None) -> str:
    """A figure as people read it.

    >>> number(12345.6), number(3.14159), number(0.01234), number(math.nan)
    ('12,346', '3.1', '0.0123', '–')
    """
    if value is None or not math.isfinite(float(value)):
        return "–" if value is None or math.isnan(float(value)) else "∞"
    v = float(value)
    if places is None:
        places = 0 if abs(v) >= 100 or v == round(v) else 1 if abs(v) >= 1 else 4
        return f"{v:,.{places}f}" if abs(v) >= 1 or v == 0 else f"{v:.3g}"
    return f"{v:,.{places}f}"


def spread(mean: float, low: float, high: float) -> str:
    """A figure with its interval.

    >>> spread(10.0, 8.0, 12.0), spread(10.0, math.nan, math.nan)
    ('10 [8, 12]', '10')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(mean)
    return f"{number(mean)} [{number(low)}, {number(high)}]"


ENDS = (("_low", "_high"), ("low", "high"))


def of_frame(title: str, frame: pd.DataFrame, meanings: Mapping[str, tuple[str, str]] | None = None, note: str = "",
             most: int = 400) -> Grid:  # fmt: skip
    """A data frame as a table; a column X with X_low and X_high becomes one with intervals. meanings: unit and meaning by
    column."""
    import pandas as pd

    known = meanings or {}
    named = [str(c) for c in frame.columns]
    ends = {f"{c}{end}" for c in named for end in ("_low", "_high") if f"{c}_low" in named and f"{c}_high" in named}
    columns = [c for c in named if c not in ends]
    head, right = [], set()
    for k, c in enumerate(columns):
        unit, meaning = known.get(c, ("", ""))
        head.append((_(c.replace("_", " ")), _(unit) if unit else "", _(meaning) if meaning else ""))
        if pd.api.types.is_numeric_dtype(frame[c]):
            right.add(k)
    rows = []
    for values in frame.head(most).to_dict("records"):
        row = {str(k): v for k, v in values.items()}
        rows.append([_cell(row, c, f"{c}_low" in ends) for c in columns])
    if len(frame) > most:
        note = f"{note} " * bool(note) + _("{n} more rows are in the folder.").format(n=f"{len(frame) - most:,}")
    return Grid(title, head, rows, frozenset(right), note)


def _cell(row: Mapping[str, Any], column: str, with_ends: bool) -> str:
    value = row[column]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if with_ends:
        return spread(float(value), float(row[f"{column}_low"]), float(row[f"{column}_high"]))
    if isinstance(value, int | float):
        return number(value)
    return "–" if value is None else shortened(value)
