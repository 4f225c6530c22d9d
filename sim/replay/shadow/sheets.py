"""What shadow takes from the reader of recordings: stock and cue sheets, times as a user writes them, polls turned into sales.

Everything that depends on that reader is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from scenarios.contract import Cue, Sku
from sim.replay import build
from sim.replay.build import bound
from sim.replay.clock import Clock, StreamError
from sim.replay.columns import must_be
from sim.replay.facts import Declared, Level, Sifted
from sim.replay.rows import MOST, MOST_STOCK, sift
from sim.replay.source import read_raw

__all__ = ["MOST", "MOST_STOCK", "Level", "bound", "cue_rows", "cue_sheet", "declared", "planned", "sold"]

MOST_SKUS = 30_000


def declared(stock: Any) -> tuple[Sku, ...]:
    """The products of the show; a live feed can speak of no others. ``stock``: units by SKU, a stock sheet, or SKUs."""
    if isinstance(stock, Mapping) and stock:
        items = [Declared(0, str(name), build._count(units, str(name)), {}) for name, units in stock.items()]
    elif isinstance(stock, str | Path) and str(stock) and not str(stock).isdigit():
        items = _sheet(Path(stock), "stock", None).items
    elif isinstance(stock, Sequence) and stock and not isinstance(stock, str):
        return tuple(stock)
    else:
        raise StreamError("a live feed does not say what there is to sell; declare it: stock={mask: 500, serum: 200}, "
                          "or stock=FILE with the columns sku and stock")  # fmt: skip
    if len(items) > MOST_SKUS:
        raise StreamError(f"{len(items):,} SKUs are declared, more than {MOST_SKUS:,}; leave out what the show does not sell")
    return tuple(Sku(id=d.sku, stock=d.stock, **d.rest) for d in items)


def cue_sheet(path: str | Path, zone: tzinfo | None) -> Any:
    """The planned run of show in a file; None where none is named."""
    return _sheet(Path(path), "cues", zone) if path else None


def planned(sheet: Any, names: list[str], span: tuple[int, int], clock: Clock, speedup: float) -> tuple[Cue, ...]:
    """Its cues about ``names`` inside ``span`` [us on the feed's clock]."""
    return build.plan(sheet, names, span[0], span[1], clock, speedup) if sheet else ()


def cue_rows(sheet: Any) -> list[list[Any]]:
    """Its cues as plain data."""
    return [[cue.us, cue.sku or cue.name, cue.kind] for cue in sheet.items] if sheet else []


def sold(before: Level, now: Level) -> list[tuple[int, int]]:
    """What happened between two polls of a SKU, as row kinds and units; their sum is what its stock did."""
    return [(event.what, event.qty) for event in build.changes([before, now])]


def _sheet(path: Path, kind: str, zone: tzinfo | None) -> Sifted:
    raw = read_raw(path)
    return sift(raw, must_be(raw.where, raw.header, (kind,)), zone)
