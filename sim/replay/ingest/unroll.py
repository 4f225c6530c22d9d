"""A workbook as CSV files, one a sheet: run as a program of its own, for a damaged or hostile workbook can end a process.

    python -I unroll.py BOOK FOLDER MEMORY

Writes ``0.csv``, ``1.csv`` ... and on standard output what they are, as JSON. Line k of a file is row k of the sheet. Text cells
stay text, dates are written as 2026-06-18 20:00:00, numbers as a spreadsheet shows them (15 digits), and a cell merged over
several rows stands in each of them where it is no figure, for a figure merged over rows is their sum.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

MOST_CELLS = 40_000_000
"""Cells of a sheet, blank ones too, that are read: 10^6 rows of 40 columns."""
SHORTEST_NUMBER = 8
"""Digits from which on a whole number is taken for a code, not for a figure."""


def as_text(value: Any) -> str:
    """A cell's value as text.

    >>> as_text(576461413038785752.0), as_text(2.0), as_text(59.9), as_text("0012"), as_text(datetime(2026, 6, 18, 20))
    ('576461413038786000', '2', '59.9', '0012', '2026-06-18 20:00:00')
    """
    if isinstance(value, str):
        return value if "\n" not in value and "\r" not in value else " ".join(value.split())
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(value, time):
        return value.isoformat("seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: float) -> str:
    if value == int(value) if abs(value) < 1e300 else False:
        # A spreadsheet keeps 15 digits and shows noughts for the others.
        return str(int(value)) if abs(value) < 1e15 else str(int(f"{value:.14e}".replace(".", "").partition("e")[0])
                                                             * 10 ** (int(f"{value:.14e}".partition("e")[2]) - 14))  # fmt: skip
    return f"{value:.15g}"


def spread(text: str) -> bool:
    """Whether a merged cell's text belongs to each of its rows: a code, a name or a time, not a figure.

    >>> [spread(t) for t in ("A-1", "2026-06-18 20:00:00", "576461413038786000", "59.9", "2", "")]
    [True, True, True, False, False, False]
    """
    plain = text.strip().lstrip("¥￥$€£+-").replace(",", "").replace(".", "", 1)
    return bool(text) and not (plain.isdigit() and (len(plain) < SHORTEST_NUMBER or "." in text))


class SheetRows:
    """A sheet's rows as text, from row 1 on. ``days``, ``moments``: columns with bare dates, and with times of day."""

    def __init__(self, sheet: Any) -> None:
        self.sheet, self.left = sheet, sheet.start[1] if sheet.start else 0
        self.over = {(low, left - self.left): high for (low, left), (high, _) in sheet.merged_cell_ranges or [] if high > low}
        self.days: set[int] = set()
        self.moments: set[int] = set()

    def written(self, midnight: frozenset[int] = frozenset()) -> Iterator[list[str]]:
        """The rows; a date in a column of ``midnight`` is one with a time of day, which is 00:00:00."""
        held: dict[int, tuple[str, int]] = {}
        for k, row in enumerate(self.sheet.iter_rows()):
            cells = [value if type(value) is str and "\n" not in value else as_text(value) for value in row]
            for column, value in enumerate(row):
                if isinstance(value, date):
                    (self.moments if isinstance(value, datetime) else self.days).add(column)
                    if column in midnight and not isinstance(value, datetime):
                        cells[column] += " 00:00:00"
            if self.over:
                self._spread(k, cells, held)
            yield cells

    def _spread(self, k: int, cells: list[str], held: dict[int, tuple[str, int]]) -> None:
        """Put what stands in a cell merged over several rows into each of them."""
        for column, (text, last) in list(held.items()):
            if last < k:
                del held[column]
            elif column < len(cells) and not cells[column]:
                cells[column] = text
        for column, text in enumerate(cells):
            last = self.over.get((k, column), -1)
            if last > k and spread(text):
                held[column] = (text, last)


def unroll(book: Any, folder: Path, write: Callable[[Any], None]) -> None:
    """Every visible sheet that holds something, as a file."""
    for number, about in enumerate(book.sheets_metadata):
        header: dict[str, Any] = {"name": about.name}
        if not str(about.typ).endswith(".WorkSheet"):
            continue
        sheet = book.get_sheet_by_index(number)
        if not sheet.height or not sheet.width:
            continue
        if not str(about.visible).endswith(".Visible"):
            write(header | {"fault": "is a hidden sheet; show it if it is to be read"})
        elif sheet.height * sheet.width > MOST_CELLS:
            write(
                header
                | {
                    "fault": "spans {rows:,} rows and {columns:,} columns, too many to read; save it as CSV",
                    "rows": sheet.height,
                    "columns": sheet.width,
                }
            )
        else:
            path = folder / f"{number}.csv"
            _save(SheetRows(sheet), path)
            write(header | {"file": path.name})


def _save(rows: SheetRows, path: Path) -> None:
    """One sheet as CSV; once more where a column turns out to hold times at midnight, which look like bare dates."""
    midnight: frozenset[int] = frozenset()
    while True:
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            for cells in rows.written(midnight):
                if any(cells):
                    writer.writerow(cells)
                else:
                    out.write("\n")
        if rows.days & rows.moments <= midnight:
            return
        midnight = frozenset(rows.days & rows.moments)


def main(book: str, folder: str, memory: int) -> None:
    """Unroll one workbook within so many bytes of memory; a fault is said on standard output too."""
    import python_calamine as calamine

    if memory:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    def write(record: Any) -> None:
        print(json.dumps(record), flush=True)

    try:
        with calamine.CalamineWorkbook.from_path(book) as opened:
            unroll(opened, Path(folder), write)
    except calamine.PasswordError:
        write({"fault": "is locked with a password; save it without one"})
    except OSError as error:
        write({"fault": "is not a readable workbook; save it again as .xlsx", "errno": error.errno, "detail": str(error)[:200]})
    except (calamine.CalamineError, MemoryError) as error:
        write({"fault": "is not a readable workbook; save it again as .xlsx", "detail": str(error)[:200]})
    write({"done": True})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
