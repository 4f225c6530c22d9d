"""``recommended.xlsx``: a recommendation as a sheet that a team discusses and edits, and that is read back as it then stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from sim.core.export import for_spreadsheet, for_terminal
from sim.report.pages.workbook import on_paper
from sim.words import _
from strategies.contract import Param

SHEET = "settings"
"""The sheet that is read back; its name is the same in every language."""
READ = ("key", "value")
"""The columns of it that are read back, the first two."""


def book(
    words: Sequence[str], params: Mapping[str, Param], statement: Sequence[str], tiers: Mapping[str, Mapping[str, float]]
) -> bytes:
    """The file. words: of the recommendation, key=value. params: declared settings by key. tiers: settings by tier."""
    import datetime

    import xlsxwriter

    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as file:
        file.set_properties({"created": datetime.datetime(2000, 1, 1)})
        head = file.add_format({"bold": True, "bg_color": "#E8EEF3", "bottom": 1})
        free, wrap = file.add_format({"bg_color": "#FFF7DB"}), file.add_format({"text_wrap": True, "valign": "top"})
        sheet = file.add_worksheet(SHEET)
        for k, (name, width) in enumerate(((READ[0], 40), (READ[1], 22), (_("unit"), 12), (_("lowest"), 10), (_("highest"), 10),
                                           (_("meaning"), 70))):  # fmt: skip
            sheet.write_string(0, k, name, head)
            sheet.set_column(k, k, width)
        sheet.freeze_panes(1, 1)
        on_paper(sheet)
        for row, word in enumerate(words, 1):
            key, _sign, value = word.partition("=")
            sheet.write_string(row, 0, _safe(key))
            _value(sheet, row, value, free)
            if (p := params.get(key)) is not None:
                sheet.write_string(row, 2, _(p.unit) if p.unit else "")
                sheet.write_number(row, 3, p.low)
                sheet.write_number(row, 4, p.high)
                sheet.write_string(row, 5, _(p.meaning))
                sheet.data_validation(
                    row, 1, row, 1, {"validate": "decimal", "criteria": "between", "minimum": p.low, "maximum": p.high}
                )
        how = file.add_worksheet(_("how to read this"))
        how.set_column(0, 0, 120)
        on_paper(how)
        lines = [_("Edit the column value of the first sheet, add or remove rows, save, and play it: stockcue rehearse "
                   "experiment=FILE.xlsx"),
                 *statement]  # fmt: skip
        for row, line in enumerate(lines):
            how.write_string(row, 0, _safe(line), wrap)
        by_tier = file.add_worksheet(_("by tier"))
        names = list(next(iter(tiers.values()), {}))
        for k, name in enumerate([_("tier"), *names]):
            by_tier.write_string(0, k, name, head)
        for row, (tier, values) in enumerate(tiers.items(), 1):
            by_tier.write_string(row, 0, tier)
            for k, name in enumerate(names, 1):
                by_tier.write_number(row, k, float(values[name]))
    return buffer.getvalue()


def _value(sheet: Any, row: int, value: str, look: Any) -> None:
    """A number as one, so that it can be edited as one; anything else as text."""
    try:
        sheet.write_number(row, 1, float(value), look)
    except ValueError:
        sheet.write_string(row, 1, _safe(value), look)


def _safe(text: Any) -> str:
    return for_spreadsheet(for_terminal(str(text)))


def words_of(rows: Sequence[Sequence[Any]]) -> list[str]:
    """The words of a sheet that was read back. rows: cells, the head first.

    >>> words_of([["key", "value"], ["scenario", "first_show"], ["strategy.fixed_count.units", "120.0"], ["", ""]])
    ['scenario=first_show', 'strategy.fixed_count.units=120']

    Raises ValueError with a sentence where the first two columns are not key and value, or a row has one of the two alone.
    """
    head = [str(c).strip().lower() for c in (rows[0] if rows else [])][:2]
    if tuple(head) != READ:
        raise ValueError(_("its first two columns must be headed key and value"))
    texts = []
    for number, row in enumerate(rows[1:], 2):
        key, value = (_written(c) for c in (*row, "", "")[:2])
        if not key and not value:
            continue
        if not key or not value:
            raise ValueError(_("row {n} has only one of key and value; fill in the other, or clear both").format(n=number))
        texts.append(f"{key}={value}")
    return texts


def _written(cell: Any) -> str:
    """A cell as a word of the command line has it: 120.0 is 120, and an apostrophe that kept Excel from running it is gone."""
    text = str("" if cell is None else cell).strip().removeprefix("'")
    return str(int(float(text))) if re.fullmatch(r"-?\d+\.0+", text) else text
