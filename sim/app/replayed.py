"""What was replayed, of whatever loop, ready to be shown and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sim.jobs.folder import write_table


@dataclass(frozen=True, eq=False)
class Played:
    """What was replayed, ready to be shown. title: heading and the words that say which loop. printed(notes): for a terminal.
    page(): paragraphs of the report. tables: by name, beside those that were written as they came. figures: (file stem, draw)
    pairs, timelines: what a page draws; both made when asked for, of the first recordings (``KEPT`` of them).
    """

    title: tuple[str, str]
    printed: Callable[[Sequence[str]], str]
    page: Callable[[], list[str]]
    tables: dict[str, pd.DataFrame]
    figures: Callable[[str], Iterable[tuple[str, Any]]] = field(repr=False)
    timelines: Callable[[], pd.DataFrame] = field(repr=False)


def write_tables(parts: Played, folder: Path) -> None:
    """Tables of a replay as Parquet, those that were not written as they came."""
    for name, table in parts.tables.items():
        write_table(table, folder / f"{name}.parquet")


def write_pictures(parts: Played, sku: str, folder: Path) -> None:
    """Every picture of a replay as PNG, and the timelines that its page draws."""
    from sim.app.pictures import save

    for stem, figure in parts.figures(sku):
        save(figure, folder / filed(f"{stem}.png"))
    write_table(parts.timelines(), folder / "timelines.parquet")


def filed(name: str) -> str:
    """A file's name without anything that could lead out of its folder."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")
