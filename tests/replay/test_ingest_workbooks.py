"""Workbooks of every kind: what they say, and what cannot be read in them."""

import io
import os
import zipfile
from datetime import date, datetime, time

import numpy as np
import pytest
import xlsxwriter

from sim.replay import StreamError
from sim.replay.ingest.run import ingest
from sim.replay.ingest.unroll import as_text, spread
from tests.replay.exports import HEAD, T, book, lay, sold
from tests.replay.xlsb import xlsb

MOMENT = datetime(2026, 6, 18, 20, 0, 0)


ORDERS = [
    ["order_id", "time", "sku", "qty"],
    ["0012", MOMENT, "面膜", 2],
    ["576461413038785752", MOMENT.replace(second=9), "精华", 1],
]


# -- workbooks --------------------------------------------------------------------------------------------------


def test_text_in_a_workbook_stays_text_and_dates_are_dates(tmp_path):
    ingested = ingest(lay(tmp_path, "a.xlsx", book(订单=ORDERS)))
    frame = ingested.frame()
    assert frame["order_id"].tolist() == ["0012", "576461413038785752"]
    assert sold(ingested) == {"面膜": 2, "精华": 1}
    assert ingested.head.files[0]["file"] == "a.xlsx"
    assert ingested.head.end_us - ingested.head.start_us == 9_000_000


def test_a_number_in_a_workbook_is_written_as_a_spreadsheet_shows_it():
    assert [as_text(v) for v in (576461413038785752.0, 4001.0, 59.9, 0.1 + 0.2, True, time(20, 0), date(2026, 6, 18))] == [
        "576461413038786000", "4001", "59.9", "0.3", "TRUE", "20:00:00", "2026-06-18"]  # fmt: skip
    assert as_text(datetime(2026, 6, 18, 20, 0, 5, 123000)) == "2026-06-18 20:00:05.123"
    assert as_text("two\nlines") == "two lines"


def test_a_show_that_reaches_midnight_keeps_its_time_of_day(tmp_path):
    midnight = [["order_id", "time", "sku"], ["1", datetime(2026, 6, 18, 23, 59, 59), "m"], ["2", datetime(2026, 6, 19), "m"]]
    ingested = ingest(lay(tmp_path, "a.xlsx", book(x=midnight)))
    assert ingested.head.files[0]["used"] == 2
    days = [["order_id", "time", "sku"], ["1", date(2026, 6, 18), "m"], ["2", date(2026, 6, 19), "m"]]
    with pytest.raises(StreamError, match="'2026-06-18' is not a time"):
        ingest(lay(tmp_path, "b.xlsx", book(x=days)))


def test_several_sheets_titles_totals_and_what_is_not_read(tmp_path):
    orders = [["抖店订单明细"], [], *ORDERS, ["合计", None, None, 3]]
    stock = [["sku", "stock"], ["面膜", 50], ["精华", 20], ["合计", 70]]
    ingested = ingest(lay(tmp_path, "a.xlsx", book(订单=orders, 库存=stock, 说明=[["how to read this"], ["by sheets"]])))
    assert sold(ingested) == {"面膜": 2, "精华": 1}
    assert {k: v["stock"] for k, v in ingested.head.declared.items()} == {"面膜": 50, "精华": 20}
    assert [f["file"] for f in ingested.head.files] == ["a.xlsx [订单]", "a.xlsx [库存]"]
    assert [f["aside"] for f in ingested.head.files] == [{"total row": 1}, {"total row": 1}]
    notes = "\n".join(ingested.head.notes)
    assert "the header is line 3; 2 lines above it are passed over" in notes
    assert "a.xlsx [说明]: not used" in notes


def test_a_line_number_is_the_sheets_row(tmp_path):
    table = [["export"], [], ["order_id", "time", "sku"], ["1", MOMENT, "m"], [], ["2", "never", "m"]]
    ingested = ingest(lay(tmp_path, "a.xlsx", book(x=table)))
    assert ingested.rejects.frame()["line"].tolist() == [6]


def test_a_code_merged_over_rows_stands_in_each_and_a_figure_in_the_first(tmp_path):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as ingested:
        sheet = ingested.add_worksheet()
        for c, name in enumerate(("order_id", "time", "sku", "qty", "amount")):
            sheet.write(2, c + 1, name)
        for r, (sku, qty) in enumerate((("m", 1), ("s", 2))):
            sheet.write(3 + r, 3, sku)
            sheet.write(3 + r, 4, qty)
        sheet.merge_range(3, 1, 4, 1, "A-77")
        sheet.merge_range(3, 2, 4, 2, f"{T}05")
        sheet.merge_range(3, 5, 4, 5, 179.7)
    ingested = ingest(lay(tmp_path, "a.xlsx", out.getvalue()))
    frame = ingested.frame()
    assert sold(ingested) == {"m": 1, "s": 2}
    assert frame["order_id"].tolist() == ["A-77", "A-77"]
    assert np.nansum(frame["value"]) == pytest.approx(179.7)
    assert [spread(t) for t in ("A-77", f"{T}05", "179.7", "¥1,200", "20260618", "")] == [True, True, False, False, True, False]


def test_old_and_open_workbooks_are_read(tmp_path):
    import xlwt
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    old = xlwt.Workbook()
    sheet = old.add_sheet("x")
    moment = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss")
    for r, row in enumerate(ORDERS):
        for c, value in enumerate(row):
            sheet.write(r, c, value, moment) if isinstance(value, datetime) else sheet.write(r, c, value)
    old.save(str(tmp_path / "a.xls"))
    opened = OpenDocumentSpreadsheet()
    table = Table(name="x")
    for row in ORDERS:
        line = TableRow()
        for value in row:
            cell = TableCell(valuetype="string")
            cell.addElement(P(text=str(value)))
            line.addElement(cell)
        table.addElement(line)
    opened.spreadsheet.addElement(table)
    opened.save(str(tmp_path / "b.ods"))
    for name in ("a.xls", "b.ods"):
        assert sold(ingest(tmp_path / name)) == {"面膜": 2, "精华": 1}, name


def test_a_binary_workbook_is_read_with_its_sheets_its_dates_and_its_merged_lines(tmp_path):
    part = [None, None, "洁面", 3]
    ingested = ingest(lay(tmp_path, "a.xlsb", xlsb(订单=[["导出"], *ORDERS, part], 库存=[["sku", "stock"], ["面膜", 50]])))
    frame = ingested.frame()
    assert sold(ingested) == {"面膜": 2, "精华": 1, "洁面": 3}
    assert frame["order_id"].tolist() == ["0012", *["576461413038785752"] * 2]
    assert ingested.head.end_us - ingested.head.start_us == 9_000_000
    assert ingested.head.declared["面膜"]["stock"] == 50
    assert [f["file"] for f in ingested.head.files] == ["a.xlsb [订单]", "a.xlsb [库存]"]
    with pytest.raises(StreamError, match=r"^b\.xlsb is not a readable workbook"):
        ingest(lay(tmp_path, "b.xlsb", xlsb(x=ORDERS)[:-300]))


def test_what_is_called_a_workbook_and_is_none(tmp_path):
    assert sold(ingest(lay(tmp_path, "a.xls", f"{HEAD}1,{T}00,m,2\n".replace(",", "\t")))) == {"m": 2}
    with pytest.raises(StreamError, match="web page or XML, not a table of rows"):
        ingest(lay(tmp_path, "b.xls", "<html><table><tr><td>order_id</td></tr></table></html>"))
    assert sold(ingest(lay(tmp_path, "c.csv", book(x=ORDERS)))) == {"面膜": 2, "精华": 1}
    with pytest.raises(StreamError, match="a hidden sheet"):
        ingest(lay(tmp_path, "d.xlsx", hidden(book(x=ORDERS))))
    with pytest.raises(StreamError, match="is empty"):
        ingest(lay(tmp_path, "e.xlsx", book(x=[])))


def hidden(data):
    """The workbook with its sheet hidden."""
    out, book_in = io.BytesIO(), zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(out, "w") as far:
        for name in book_in.namelist():
            far.writestr(name, book_in.read(name).replace(b'sheetId="1"', b'sheetId="1" state="hidden"'))
    return out.getvalue()


def test_a_workbook_that_cannot_be_read_is_refused_and_in_a_folder_named(tmp_path):
    lay(tmp_path, "a.xlsx", b"PK\x03\x04" + b"\0" * 99)
    with pytest.raises(StreamError, match=r"^a\.xlsx is not a readable workbook"):
        ingest(tmp_path / "a.xlsx")
    lay(tmp_path, "o.csv", f"{HEAD}1,{T}00,m,3\n")
    lay(tmp_path, "photo.jpg", b"\xff\xd8")
    lay(tmp_path, "list.csv", "a,b\n1,2\n")
    (tmp_path / "older").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    ingested = ingest(tmp_path)
    assert sold(ingested) == {"m": 3}
    for name in ("a.xlsx", "photo.jpg", "list.csv", "older", "pipe.csv"):
        assert any(note.startswith(f"{name}: not used: ") for note in ingested.head.notes), name


def test_a_workbook_as_large_as_the_world_ends_in_a_sentence(tmp_path):
    out, small = io.BytesIO(), zipfile.ZipFile(io.BytesIO(book(x=ORDERS)))
    with zipfile.ZipFile(out, "w") as far:
        for name in small.namelist():
            far.writestr(name, small.read(name).replace(b'r="D3"', b'r="XFD1048576"'))
    with pytest.raises(StreamError, match="too much memory"):
        ingest(lay(tmp_path, "a.xlsx", out.getvalue()))
