"""The tables of a result as one workbook: a sheet on how to read it, then one a table, with units in its head."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sim.core.export import for_spreadsheet, for_terminal
from sim.report.pages.labels import TABLES, label, unit_of, word
from sim.report.text.layout import width
from sim.score.metrics import METRICS
from sim.words import _, language

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter import Workbook

MOST_ROWS, MOST_CELLS = 200_000, 2_000_000
"""Rows and cells of a sheet; a workbook opens up to about a million rows, but not gladly."""
BATCH = 1000
"""Rows that are turned into cells at once."""
LONGEST = 32_000
"""Characters of a cell; Excel takes 32,767."""
MONEY = ("CNY", "CNY a show")


def rows_that_fit(columns: int) -> int:
    """Rows of a sheet with so many columns."""
    return min(MOST_ROWS, MOST_CELLS // max(1, columns))


def rows_of(table: pd.DataFrame) -> int:
    """Rows of a table of which a frame may be the beginning."""
    return int(table.attrs.get("rows", len(table)))


def meaning_of(column: str) -> str:
    """What a column holds, where the metrics say it; of an interval's end, whose."""
    name = re.sub(r"_(low|high)$", "", column)
    if name not in METRICS:
        return ""
    if name == column:
        return _(METRICS[name].definition)
    return _("end of the interval of {name}").format(name=name)


def head_of(column: str, beside: Sequence[str] = ()) -> str:
    """The head of a column, its unit with it: in English the name that it has in the files."""
    name, unit = column if language() == "en" else label(column, beside), unit_of(column, beside)
    return f"{name} [{_(unit)}]" if unit and _(unit) != name else name


def workbook(
    title: str, sentences: Sequence[str], tables: Mapping[str, pd.DataFrame], chart: tuple[str, str, str] | None = None
) -> bytes:
    """The file. sentences: the verdict. tables: by name, the most important first. chart: (table, names, figure) of a bar
    chart."""
    import xlsxwriter

    buffer = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
               "nan_inf_to_errors": False}  # fmt: skip
    with xlsxwriter.Workbook(buffer, options) as book:
        import datetime

        book.set_properties({"title": for_terminal(title), "created": datetime.datetime(2000, 1, 1)})  # same tables, same bytes
        looks = _looks(book)
        names = _sheet_names(tables)
        _how(book, looks, title, sentences, tables, names)
        for name, table in tables.items():
            _table(book, looks, names[name], table)
        if chart and chart[0] in tables and len(tables[chart[0]]) > 1:
            _chart(book, names[chart[0]], tables[chart[0]], chart[1], chart[2])
    return buffer.getvalue()


def on_paper(sheet: Any) -> None:
    """As it prints: A4 across, as wide as the page, the head on every page."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _looks(book: Workbook) -> dict[str, Any]:
    """How cells look."""
    return {
        "title": book.add_format({"bold": True, "font_size": 15, "text_wrap": True, "valign": "top"}),
        "head": book.add_format({"bold": True, "bg_color": "#E8EEF3", "bottom": 1, "text_wrap": True, "valign": "top"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "whole": book.add_format({"num_format": "#,##0"}),
        "figure": book.add_format({"num_format": "#,##0.00"}),
        "small": book.add_format({"num_format": "0.0000"}),
        "share": book.add_format({"num_format": "0.0%"}),
    }


def _sheet_names(tables: Mapping[str, Any]) -> dict[str, str]:
    """Names that a workbook takes: 31 characters, none of []:*?/\\, no two alike."""
    names: dict[str, str] = {}
    for name in tables:
        shown = name if language() == "en" or name not in TABLES else _(TABLES[name])
        short = re.sub(r"[\[\]:*?/\\']", "_", shown)[:27] or "table"
        k, text = 1, short
        while text.lower() in {t.lower() for t in names.values()}:
            k += 1
            text = f"{short}~{k}"
        names[name] = text
    return names


def _how(book: Workbook, looks: dict[str, Any], title: str, sentences: Sequence[str], tables: Mapping[str, pd.DataFrame],
         names: Mapping[str, str]) -> None:  # fmt: skip
    """The first sheet: the verdict, which sheet holds what, and every column that has a meaning of its own."""
    sheet = book.add_worksheet(_("how to read this"))
    on_paper(sheet)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 90)
    sheet.merge_range(0, 0, 0, 2, "", looks["title"])
    sheet.write_string(0, 0, _text(title), looks["title"])
    sheet.set_row(0, 20 * (1 + len(title) // 90))
    row = 2
    for line in sentences:
        sheet.merge_range(row, 0, row, 2, "", looks["text"])
        sheet.write_string(row, 0, _text(line), looks["text"])
        sheet.set_row(row, 15 * (1 + len(line) // 120))
        row += 1
    cut = _("the first {n} rows; the run folder has all")
    listed = []
    for name, table in tables.items():
        fit, rows = min(len(table), rows_that_fit(len(table.columns))), rows_of(table)
        listed.append([names[name], rows, cut.format(n=f"{fit:,}") if fit < rows else ""])
    row = _rows(sheet, looks, row + 1, [_("sheet"), _("rows"), ""], listed)
    columns = dict.fromkeys(str(c) for table in tables.values() for c in table.columns)
    known = [
        [c if language() == "en" else f"{label(c, columns)} {c}", _(unit_of(c)) if unit_of(c) else "", meaning_of(c)]
        for c in columns
        if meaning_of(c)
    ]
    row = _rows(sheet, looks, row + 1, [_("column"), _("unit"), _("meaning")], known)
    sheet.write_string(row + 1, 0, _text(_("Columns ending in _low and _high are the ends of a 95 % interval.")))


def _rows(sheet: Any, looks: dict[str, Any], row: int, head: Sequence[str], body: Sequence[Sequence[Any]]) -> int:
    for k, words in enumerate(head):
        sheet.write_string(row, k, words, looks["head"])
    for values in body:
        row += 1
        for k, value in enumerate(values):
            if isinstance(value, int):
                sheet.write_number(row, k, value, looks["whole"])
            else:
                sheet.write_string(row, k, _text(value), looks["text"])
    return row + 1


def _text(value: Any) -> str:
    """A name as a cell may have it, on one line."""
    return for_spreadsheet(for_terminal(" ".join(str(value).split("\n"))))[:LONGEST]


def _table(book: Workbook, looks: dict[str, Any], name: str, table: pd.DataFrame) -> None:
    """One sheet, its head and first column in sight wherever one scrolls."""
    import pandas as pd

    sheet = book.add_worksheet(name)
    shown = table.head(rows_that_fit(len(table.columns)))
    on_paper(sheet)
    sheet.repeat_rows(0)
    sheet.set_row(0, 32)  # two lines of a head
    sheet.freeze_panes(1, 1)
    if len(shown.columns):
        sheet.autofilter(0, 0, max(1, len(shown)), len(shown.columns) - 1)
    write = []
    for k, column in enumerate(shown.columns):
        head, values = head_of(str(column), [str(c) for c in shown.columns]), shown[column]
        sheet.write_string(0, k, _text(head), looks["head"])
        widest = max([width(head) // 2 + 4, *(width(word(v)) for v in values.head(60).tolist() if isinstance(v, str))])
        sheet.set_column(k, k, max(10, min(44, widest + 2)))
        if pd.api.types.is_bool_dtype(values):
            write.append(partial(_truth, sheet))
        elif pd.api.types.is_numeric_dtype(values):
            write.append(partial(_figure, sheet, looks[_look(values, unit_of(str(column)))]))
        else:
            write.append(partial(_word, sheet))
    for start in range(0, len(shown), BATCH):  # row by row: a sheet is not held whole
        columns = [shown.iloc[start : start + BATCH, k].tolist() for k in range(len(write))]
        for row, cells in enumerate(zip(*columns, strict=True), start + 1):
            for k, (cell, value) in enumerate(zip(write, cells, strict=True)):
                cell(row, k, value)


def _truth(sheet: Any, row: int, column: int, value: Any) -> None:
    sheet.write_string(row, column, _("yes") if value else _("no"))


def _figure(sheet: Any, look: Any, row: int, column: int, value: Any) -> None:
    if value is not None and math.isfinite(value):
        sheet.write_number(row, column, value, look)
    elif value is not None and math.isinf(value):
        sheet.write_string(row, column, "∞" if value > 0 else "-∞")


def _word(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is not None and value == value:
        sheet.write_string(row, column, _text(word(value) if isinstance(value, str) else value))


def _look(values: pd.Series, unit: str) -> str:
    if unit == "share":
        return "share"
    if unit in MONEY or values.dtype.kind in "iu" or bool((values.dropna() % 1 == 0).all()):
        return "whole"
    return "small" if float(values.abs().max()) < 1 else "figure"


def _chart(book: Workbook, sheet: str, table: pd.DataFrame, names: str, figure: str) -> None:
    """Bars of a figure beside its table."""
    columns = [str(c) for c in table.columns]
    if names not in columns or figure not in columns:
        return
    last, at, of = min(len(table), 40), columns.index(figure), columns.index(names)
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"name": head_of(figure), "categories": [sheet, 1, of, last, of], "values": [sheet, 1, at, last, at],
                      "fill": {"color": "#0072B2"}})  # fmt: skip
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"none": True})
    chart.set_title({"name": head_of(figure)})
    book.get_worksheet_by_name(sheet).insert_chart(len(table) + 3, 1, chart)
