"""A recommendation that a team edited in Excel, read back."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from sim.replay.ingest.files import named
from sim.replay.ingest.workbook import sheets
from sim.report.pages.settings_book import SHEET, words_of
from sim.setup.settings import SettingError
from sim.words import _


def overrides(path: Path) -> list[str]:
    """Words of the command line that the sheet ``settings`` holds; :class:`SettingError` with a sentence where it holds none.

    The workbook is opened as any other from outside: in a process of its own, with bounded memory.
    """
    with tempfile.TemporaryDirectory(prefix="stockcue-") as room:
        books, _unused = sheets(file := named(path), Path(room))
        book = next((one for one in books if one.name in (f"{file.name} [{SHEET}]", file.name)), None)
        if book is None:
            raise SettingError(_("{file!r} has no sheet called {sheet!r}").format(file=str(path), sheet=SHEET))
        with book.path.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.reader(text))
    try:
        return words_of(rows)
    except ValueError as error:
        raise SettingError(_("the sheet {sheet!r} of {file!r}: {why}").format(sheet=SHEET, file=str(path), why=error)) from None
