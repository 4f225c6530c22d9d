"""Workbooks and CSV files of run folders, for people who work in Excel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.app.page_of import parts_of
from sim.app.pages import opened, spoken
from sim.app.result import Result, ResultError
from sim.core.export import for_file_name, write_csv
from sim.jobs.durable import write_whole
from sim.report.pages.workbook import MOST_CELLS, MOST_ROWS, head_of, rows_of
from sim.report.pages.workbook import workbook as sheets
from sim.words import _, speaking

if TYPE_CHECKING:
    import pandas as pd

NOT_SHEETS = ("timelines",)
"""Tables that are no sheet: their cells are lists."""
CHART = {"rehearse": ("strategy", "net"), "sweep": ("candidate", "net"), "tune": ("candidate", "net"),
         "sensitivity": ("key", "total"), "replay": ("strategy", "saved_likely")}  # fmt: skip
"""Of which columns the first table's chart is made."""


def workbook(folder: str | Path, *, lang: str | None = None, out: str | Path | None = None, csv: bool = False) -> Path:
    """Every table of a run folder as one workbook, or as CSV files that Excel opens without being asked for an encoding.

    Parameters
    ----------
    folder : path
        A run folder.
    lang : str
        ``en`` or ``zh``; None: the language spoken now.
    out : path
        The file, or with ``csv`` the folder; None: ``tables.LANG.xlsx`` or ``csv`` in the run folder.
    csv : bool
        CSV files (UTF-8 with a byte order mark) instead of a workbook.

    Returns
    -------
    pathlib.Path
        What was written.

    Raises
    ------
    ResultError
        Where nothing in the folder can be read.
    """
    chosen = spoken(lang)
    place = Path(folder).expanduser()
    with speaking(chosen):
        result, notes = opened(place)
        tables = tables_of(result)
        if not tables:
            raise ResultError(_("{folder!r} holds no table that can be read").format(folder=str(place)))
        if csv:
            return _csv(result, tables, Path(out).expanduser() if out else place / "csv")
        page = parts_of(result, notes)
        first = next(iter(tables))
        names, figure = CHART.get(result.verb, ("", ""))
        content = sheets(page.title, [*page.notes, *page.plain, *page.evidence], tables, (first, names, figure))
    path = Path(out).expanduser() if out else place / f"tables.{chosen}.xlsx"
    write_whole(path, content)
    return path


def tables_of(result: Result) -> dict[str, pd.DataFrame]:
    """Tables of a result that can be read, the one to look at first before all others."""
    tables: dict[str, pd.DataFrame] = {}
    try:
        if len(table := result.table):
            tables["summary"] = table
    except Exception:  # a folder of another version may lack what it is made from: the others are still there
        tables = {}
    for name in result.tables:
        if name not in NOT_SHEETS:
            try:
                tables[name] = result.tables.first(name, MOST_ROWS, MOST_CELLS)
            except Exception:  # cut short or changed: the notes of the first sheet say so
                continue
    return tables


def _csv(result: Result, tables: dict[str, pd.DataFrame], place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        columns = [str(c) for c in table.columns]
        heads = {c: head_of(c, columns) for c in columns}
        pieces = result.tables.pieces(name) if rows_of(table) > len(table) else [table]
        for k, piece in enumerate(pieces):
            write_csv(piece.rename(columns=heads), place / f"{for_file_name(name)}.csv", more=k > 0, mark=k == 0)
    return place
