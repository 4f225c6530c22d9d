"""What a page is made of, whatever verb it is of: sentences, tables, timelines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.report.pages.charts import Chart
from sim.report.pages.kit import shortened
from sim.report.pages.labels import candidate, label, unit_of, word
from sim.report.text.layout import moment as day_and_clock
from sim.report.text.sentences import again
from sim.score.metrics import METRICS
from sim.words import _
from strategies.contract import LEVEL_NAMES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TableBlock:
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
    name to their data's blob. words: what scripts say. charts: drawn by scripts. origin: how to make it again."""

    title: str
    about: str = ""
    notes: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    grids: list[TableBlock] = field(default_factory=list)
    assumptions: TableBlock | None = None
    glossary: TableBlock | None = None
    blobs: list[Blob] = field(default_factory=list)
    timelines: list[tuple[str, str, str, str]] = field(default_factory=list)
    sweep: str = ""
    charts: list[Chart] = field(default_factory=list)
    origin: str = ""


def number(value: Any, places: int | None = None) -> str:
    """A figure as people read it.

    >>> number(12345.6), number(3.14159), number(0.01234), number(math.nan), number(-1e-9), number(-3.0)
    ('12,346', '3.1', '0.0123', '–', '0', '-3')
    """
    if value is None or not math.isfinite(float(value)):
        return "–" if value is None or math.isnan(float(value)) else "∞" if float(value) > 0 else "-∞"
    v = float(value)
    if abs(v) < 5e-5:
        return "0"
    if places is None and abs(v) < 1:
        return f"{v:.3g}"
    text = f"{v:,.{places if places is not None else 0 if abs(v) >= 100 or v == round(v) else 1}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text


def spread(mean: float, low: float, high: float, *, places: int | None = None) -> str:
    """A figure with its interval.

    >>> spread(10.0, 8.0, 12.0), spread(10.0, math.nan, math.nan), spread(10.0, 8.0, math.inf)
    ('10 [8, 12]', '10', '10 [8, ∞]')
    """
    if math.isnan(low) or math.isnan(high):
        return number(mean, places)
    return f"{number(mean, places)} [{number(low, places)}, {number(high, places)}]"


def of_frame(title: str, frame: pd.DataFrame, note: str = "", most: int = 400) -> TableBlock:
    """All of a data frame as a table."""
    return chosen(title, frame, note=note, most=most)


def chosen(
    title: str, frame: pd.DataFrame, columns: Sequence[str] = (), note: str = "", folded: bool = False, most: int = 200,
    clock: bool = False,
) -> TableBlock:  # fmt: skip
    """Columns of a data frame as a table; a column X with X_low and X_high becomes one with intervals, shares become per cent.
    Of a frame that is the beginning of a longer table ``frame.attrs["rows"]`` says how long that is. columns: none: all. clock:
    moments are counted from the start of the show, as h:mm:ss."""
    import pandas as pd

    named = [str(c) for c in (columns or frame.columns) if c in frame and not _empty(frame[c])]
    ends = {f"{c}{end}" for c in named for end in ("_low", "_high") if f"{c}_low" in named and f"{c}_high" in named}
    names = [c for c in named if c not in ends]
    head, right, kinds = [], set(), []
    for k, c in enumerate(names):
        unit = unit_of(c)
        moment = clock and c in MOMENTS
        kinds.append("moment" if moment else "share" if unit == "share" else "")
        words = "" if moment else "%" if unit == "share" else _(unit) if unit else ""
        name = label(c, [str(f) for f in frame.columns])
        head.append((name, "" if words == name else words, _(METRICS[c].definition) if c in METRICS else ""))
        if pd.api.types.is_numeric_dtype(frame[c]) and frame[c].dtype != bool:
            right.add(k)
    rows = []
    for values in frame.head(most).to_dict("records"):
        row = {str(k): v for k, v in values.items()}
        rows.append([_cell(row, c, f"{c}_low" in ends, kind) for c, kind in zip(names, kinds, strict=True)])
    rows_of_all = int(frame.attrs.get("rows", len(frame)))
    if rows_of_all > most:
        note = f"{note} " * bool(note) + _("{n} more rows are in the folder.").format(n=f"{rows_of_all - most:,}")
    return TableBlock(title, head, rows, frozenset(right), note, folded)


def _empty(column: pd.Series) -> bool:
    """Whether a column has nothing to say: no figure, no word."""
    return bool((column.isna() | (column.astype(str) == "")).all())


def _cell(row: Mapping[str, Any], column: str, with_ends: bool, kind: str) -> str:
    value = row[column]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if column == "level" and value in (1, 2, 3):
        return _(LEVEL_NAMES[int(value)])
    if isinstance(value, int | float):
        if kind == "moment":
            return moment(float(value))
        scale = 100 if kind == "share" else 1
        if with_ends:
            return spread(*(scale * float(row[c]) for c in (column, f"{column}_low", f"{column}_high")))
        return number(scale * value)
    if value is None or value != value:
        return "–"
    text = str(value)
    if (day := day_and_clock(text)) != text:
        return day
    if column == "unit":
        return _(text) if text else ""
    if text in ("True", "False"):
        return _("yes") if text == "True" else _("no")
    return shortened(again(text) if column in TOLD else candidate(text) if column == "candidate" else word(text))


TOLD = ("source", "reason", "meaning")
"""Columns whose cells are sentences."""


MOMENTS = ("t_s", "end_s", "heard_s", "handled_s", "start_s", "sold_out_s", "back_s")


def moment(t_s: float) -> str:
    """A moment of a show, from its start.

    >>> moment(3725.4), moment(math.inf)
    ('1:02:05', '–')
    """
    if not math.isfinite(t_s):
        return "–"
    whole = int(t_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
