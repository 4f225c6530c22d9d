"""What shadow takes from the reader of recordings: stock and cue sheets, times as a user writes them, polls turned into sales.

Everything that depends on that reader is here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scenarios.contract import Cue, Sku
from sim.replay.clock import Clock, StreamError
from sim.replay.ingest import plan
from sim.replay.ingest.canon import Head
from sim.replay.ingest.cue_label import parsed
from sim.replay.ingest.finish import poll_steps
from sim.replay.ingest.open import MOST_SKUS, MOVES, bound, units_of
from sim.replay.ingest.run import Ingested, sheet
from sim.replay.ingest.sales import MOST
from sim.replay.ingest.stock_rows import MOST_STOCK
from sim.replay.ingest.values import read_level
from sim.replay.shadow.batch import whole
from sim.words import _

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST", "MOST_STOCK", "Level", "bound", "cue_rows", "cue_sheet", "declared", "level_of", "planned", "polled", "sold"]


class Level(NamedTuple):
    """A poll of one item's stock, when it was taken [us]; ``enrolled``, ``total``: where the feed tells them."""

    us: int
    stock: int
    enrolled: int | None
    total: int | None


@dataclass(eq=False)
class CueSheet:
    """A cue sheet: its rows as the reader of recordings makes them."""

    cues: pd.DataFrame
    head: Head

    def note(self, gone: pd.DataFrame, why: Any) -> None:
        """Cues about other products or outside the show are left out."""


def declared(stock: Any) -> tuple[Sku, ...]:
    """The products of the show; a live feed can speak of no others. ``stock``: units by SKU, a stock sheet, or SKUs."""
    if isinstance(stock, Mapping) and stock:
        items: dict[str, dict[str, Any]] = {str(k): {"stock": units_of(units, str(k))} for k, units in stock.items()}
    elif isinstance(stock, str | Path) and str(stock) and not str(stock).isdigit():
        making, rejects = sheet(stock, "stock")
        items = {name: {k: v for k, v in facts.items() if k != "line"} for name, facts in making.states[0].declared.items()}
        making.spool.close()
        rejects.close()
    elif isinstance(stock, Sequence) and stock and not isinstance(stock, str):
        return tuple(stock)
    else:
        raise StreamError(
            _(
                "a live feed does not say what there is to sell; declare it: stock={mask: 500, serum: 200}, or "
                "stock=FILE with the columns sku and stock"
            )
        )
    if len(items) > MOST_SKUS:
        raise StreamError(
            _("{n:,} SKUs are declared, more than {most_skus:,}; leave out what the show does not sell").format(
                n=len(items), most_skus=MOST_SKUS
            )
        )
    return tuple(Sku(id=name, **facts) for name, facts in items.items())


def cue_sheet(path: str | Path, zone: str) -> CueSheet | None:
    """The planned run of show in a file; None where none is named."""
    if not path:
        return None
    making, rejects = sheet(path, "cues", zone or None)
    ingested = Ingested(making.close(), rejects, making)
    frame = ingested.frame()
    for name in ("sku", "label", "file"):
        frame[name] = frame[name].astype(str)
    ingested.close()
    return CueSheet(frame.assign(at=frame["t_us"]).sort_values("at", kind="stable"), ingested.head)


def planned(cues: CueSheet | None, names: list[str], span: tuple[int, int], clock: Clock, speedup: float) -> tuple[Cue, ...]:
    """Its cues about ``names`` inside ``span`` [us on the feed's clock]."""
    if cues is None:
        return ()
    theirs, where = cues.head.own_clock, ", ".join(cues.cues["file"].unique())
    if theirs.family != clock.family:
        raise StreamError(
            _(
                "{where} writes times {kind}, the stream {clock_kind}; say what zone the bare times are in: "
                "zone=UTC or zone=+08:00"
            ).format(where=where, kind=theirs.kind, clock_kind=clock.kind)
        )
    return plan.cues(CueSheet(cues.cues, cues.head), names, span, span, speedup)


def cue_rows(cues: CueSheet | None) -> list[list[Any]]:
    """Its cues as plain data."""
    if cues is None:
        return []
    rows = zip(cues.cues["at"].tolist(), cues.cues["sku"], map(parsed, cues.cues["label"]), strict=True)
    return [[at, sku or label.name, label.kind, *([label.own] if label.own else [])] for at, sku, label in rows]


def level_of(text: str) -> int | None:
    """A stock figure written as text or in words; None where it is none.

    >>> level_of("12"), level_of("-3"), level_of("已售罄"), level_of("lots")
    (12, -3, 0, None)
    """
    level = read_level(text.strip(), "value", -MOST_STOCK, MOST_STOCK) if len(text) < 60 else ""
    return None if isinstance(level, str) else int(level.value)


def polled(event: Mapping[str, Any]) -> list[int | None]:
    """What a poll of one SKU's stock says: on sale, sold so far, ever listed."""
    figures = [whole(event.get(name)) for name in ("value", "enrolled", "total")]
    return [level_of(event["value"]), *figures[1:]] if type(event.get("value")) is str else figures


def sold(before: Level, now: Level) -> list[tuple[int, int]]:
    """What happened between two polls of a SKU, as row kinds and units, whatever adds first; their sum is what its stock did."""

    def change(a: int | None, b: int | None) -> float:
        return math.nan if a is None or b is None else float(b - a)

    steps = poll_steps(float(now.stock - before.stock), change(before.enrolled, now.enrolled), change(before.total, now.total))
    moves = [(kind, int(qty)) for kind, qty in steps.items() if qty]
    moves.sort(key=lambda step: step[0] == "order" or step[1] < 0)
    return [(MOVES[kind], qty) for kind, qty in moves]
