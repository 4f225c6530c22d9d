"""Files as people have them: workbooks, archives, JSON replies, folders, encodings, titles above the header, hostile sizes."""

import gzip
import io
import json
import os
import resource
import zipfile
from datetime import date, datetime, time
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from sim.app.ingest import sentences
from sim.cli.main import main
from sim.replay import StreamError
from sim.replay.ingest.canon import read_head
from sim.replay.ingest.chunk import everything
from sim.replay.ingest.encodings import recognised
from sim.replay.ingest.jsonrows import rows
from sim.replay.ingest.mapping import known_names, read_mapping, shipped
from sim.replay.ingest.names import key
from sim.replay.ingest.quotes import is_open
from sim.replay.ingest.run import ingest
from sim.replay.ingest.unroll import as_text, spread
from tests.replay.xlsb import xlsb

T = "2026-06-18 20:00:"
HEAD = "order_id,time,sku,qty\n"
MOMENT = datetime(2026, 6, 18, 20, 0, 0)


def lay(folder, name, content):
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / name


def sold(made):
    """SKU to units ordered less what was given back."""
    frame = made.frame()
    units = frame["qty"].where(frame["kind"] == "order", -frame["qty"])[frame["kind"].isin(["order", "cancel"])]
    return units.groupby(frame["sku"].astype(str)).sum().to_dict()


def book(**sheets):
    """A workbook with these sheets, each a list of rows; dates and times of day as such."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as made:
        moment, day, clock = (made.add_format({"num_format": f}) for f in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd", "hh:mm:ss"))
        for name, table in sheets.items():
            sheet = made.add_worksheet(name)
            for r, row in enumerate(table):
                for c, value in enumerate(row):
                    if isinstance(value, datetime):
                        sheet.write_datetime(r, c, value, moment)
                    elif isinstance(value, date):
                        sheet.write_datetime(r, c, value, day)
                    elif isinstance(value, time):
                        sheet.write_datetime(r, c, value, clock)
                    elif value is not None:
                        sheet.write(r, c, value)
    return out.getvalue()


ORDERS = [
    ["order_id", "time", "sku", "qty"],
    ["0012", MOMENT, "面膜", 2],
    ["576461413038785752", MOMENT.replace(second=9), "精华", 1],
]


# -- workbooks --------------------------------------------------------------------------------------------------


def test_text_in_a_workbook_stays_text_and_dates_are_dates(tmp_path):
    made = ingest(lay(tmp_path, "a.xlsx", book(订单=ORDERS)))
    frame = made.frame()
    assert frame["order_id"].tolist() == ["0012", "576461413038785752"]
    assert sold(made) == {"面膜": 2, "精华": 1}
    assert made.head.files[0]["file"] == "a.xlsx"
    assert made.head.end_us - made.head.start_us == 9_000_000


def test_a_number_in_a_workbook_is_written_as_a_spreadsheet_shows_it():
    assert [as_text(v) for v in (576461413038785752.0, 4001.0, 59.9, 0.1 + 0.2, True, time(20, 0), date(2026, 6, 18))] == [
        "576461413038786000", "4001", "59.9", "0.3", "TRUE", "20:00:00", "2026-06-18"]  # fmt: skip
    assert as_text(datetime(2026, 6, 18, 20, 0, 5, 123000)) == "2026-06-18 20:00:05.123"
    assert as_text("two\nlines") == "two lines"


def test_a_show_that_reaches_midnight_keeps_its_time_of_day(tmp_path):
    midnight = [["order_id", "time", "sku"], ["1", datetime(2026, 6, 18, 23, 59, 59), "m"], ["2", datetime(2026, 6, 19), "m"]]
    made = ingest(lay(tmp_path, "a.xlsx", book(x=midnight)))
    assert made.head.files[0]["used"] == 2
    days = [["order_id", "time", "sku"], ["1", date(2026, 6, 18), "m"], ["2", date(2026, 6, 19), "m"]]
    with pytest.raises(StreamError, match="'2026-06-18' is not a time"):
        ingest(lay(tmp_path, "b.xlsx", book(x=days)))


def test_several_sheets_titles_totals_and_what_is_not_read(tmp_path):
    orders = [["抖店订单明细"], [], *ORDERS, ["合计", None, None, 3]]
    stock = [["sku", "stock"], ["面膜", 50], ["精华", 20], ["合计", 70]]
    made = ingest(lay(tmp_path, "a.xlsx", book(订单=orders, 库存=stock, 说明=[["how to read this"], ["by sheets"]])))
    assert sold(made) == {"面膜": 2, "精华": 1}
    assert {k: v["stock"] for k, v in made.head.declared.items()} == {"面膜": 50, "精华": 20}
    assert [f["file"] for f in made.head.files] == ["a.xlsx [订单]", "a.xlsx [库存]"]
    assert [f["aside"] for f in made.head.files] == [{"total row": 1}, {"total row": 1}]
    notes = "\n".join(made.head.notes)
    assert "the header is line 3; 2 lines above it are passed over" in notes
    assert "a.xlsx [说明]: not used" in notes


def test_a_line_number_is_the_sheets_row(tmp_path):
    table = [["export"], [], ["order_id", "time", "sku"], ["1", MOMENT, "m"], [], ["2", "never", "m"]]
    made = ingest(lay(tmp_path, "a.xlsx", book(x=table)))
    assert made.rejects.frame()["line"].tolist() == [6]


def test_a_code_merged_over_rows_stands_in_each_and_a_figure_in_the_first(tmp_path):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for c, name in enumerate(("order_id", "time", "sku", "qty", "amount")):
            sheet.write(2, c + 1, name)
        for r, (sku, qty) in enumerate((("m", 1), ("s", 2))):
            sheet.write(3 + r, 3, sku)
            sheet.write(3 + r, 4, qty)
        sheet.merge_range(3, 1, 4, 1, "A-77")
        sheet.merge_range(3, 2, 4, 2, f"{T}05")
        sheet.merge_range(3, 5, 4, 5, 179.7)
    made = ingest(lay(tmp_path, "a.xlsx", out.getvalue()))
    frame = made.frame()
    assert sold(made) == {"m": 1, "s": 2}
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
    made = ingest(lay(tmp_path, "a.xlsb", xlsb(订单=[["导出"], *ORDERS, part], 库存=[["sku", "stock"], ["面膜", 50]])))
    frame = made.frame()
    assert sold(made) == {"面膜": 2, "精华": 1, "洁面": 3}
    assert frame["order_id"].tolist() == ["0012", *["576461413038785752"] * 2]
    assert made.head.end_us - made.head.start_us == 9_000_000
    assert made.head.declared["面膜"]["stock"] == 50
    assert [f["file"] for f in made.head.files] == ["a.xlsb [订单]", "a.xlsb [库存]"]
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
    out, made = io.BytesIO(), zipfile.ZipFile(io.BytesIO(data))
    with zipfile.ZipFile(out, "w") as far:
        for name in made.namelist():
            far.writestr(name, made.read(name).replace(b'sheetId="1"', b'sheetId="1" state="hidden"'))
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
    made = ingest(tmp_path)
    assert sold(made) == {"m": 3}
    for name in ("a.xlsx", "photo.jpg", "list.csv", "older", "pipe.csv"):
        assert any(note.startswith(f"{name}: not used: ") for note in made.head.notes), name


def test_a_workbook_as_large_as_the_world_ends_in_a_sentence(tmp_path):
    out, small = io.BytesIO(), zipfile.ZipFile(io.BytesIO(book(x=ORDERS)))
    with zipfile.ZipFile(out, "w") as far:
        for name in small.namelist():
            far.writestr(name, small.read(name).replace(b'r="D3"', b'r="XFD1048576"'))
    with pytest.raises(StreamError, match="too much memory"):
        ingest(lay(tmp_path, "a.xlsx", out.getvalue()))


# -- archives and JSON ------------------------------------------------------------------------------------------


def test_an_archive_of_exports_is_read_file_by_file(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("night/orders.csv", f"{HEAD}1,{T}00,m,3\n")
        archive.writestr("night/stock.xlsx", book(s=[["sku", "stock"], ["m", 9]]))
        archive.writestr("inner.zip", b"PK\x03\x04")
        archive.writestr("__MACOSX/._orders.csv", "junk")
        archive.writestr("readme.pdf", "%PDF")
    made = ingest(lay(tmp_path, "a.zip", out.getvalue()))
    assert sold(made) == {"m": 3}
    assert made.head.declared["m"]["stock"] == 9
    assert [f["file"] for f in made.head.files] == ["a.zip/night/orders.csv", "a.zip/night/stock.xlsx"]
    notes = [n for n in made.head.notes if "not used" in n]
    assert [n.partition(": ")[0] for n in notes] == ["a.zip/inner.zip", "a.zip/readme.pdf"]
    with pytest.raises(StreamError, match="damaged archive"):
        ingest(lay(tmp_path, "b.zip", out.getvalue()[:90]))


def test_names_in_an_archive_of_a_chinese_windows(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("xx.csv"), f"{HEAD}1,{T}00,m,2\n")
    raw = out.getvalue().replace(b"xx.csv", "订".encode("gbk") + b".csv")
    made = ingest(lay(tmp_path, "a.zip", raw))
    assert made.head.files[0]["file"] == "a.zip/订.csv"


ORDER = {"id": 5, "created_at": "2026-06-18T20:00:05+08:00",
         "line_items": [{"id": 11, "sku": "M", "quantity": 2}, {"id": 12, "sku": "S", "quantity": 1}],
         "tax_lines": [{"rate": 0.1}]}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", json.dumps([ORDER])), ("a.json", json.dumps([ORDER], indent=1)), ("a.json", json.dumps(ORDER, indent=1)),
     ("a.json", json.dumps({"code": 0, "data": {"orders": [ORDER]}})), ("a.json", json.dumps({"orders": [ORDER]}, indent=2)),
     ("a.jsonl", json.dumps(ORDER)), ("a.jsonl", json.dumps([ORDER])), ("a.json", json.dumps(ORDER) + "\n")],
)  # fmt: skip
@pytest.mark.parametrize("block", [7, 1 << 24])
def test_json_in_every_shape(tmp_path, name, text, block):
    made = ingest(lay(tmp_path, name, text), block=block)
    assert sold(made) == {"M": 2, "S": 1}


def test_json_of_two_lists_that_may_both_be_the_items_is_refused(tmp_path):
    order = {"id": 1, "time": f"{T}00", "a": [{"x": 1}], "b": [{"y": 2}]}
    with pytest.raises(StreamError, match=r"several lists of objects \(a, b\)"):
        ingest(lay(tmp_path, "a.jsonl", json.dumps(order)))
    events = {"user": 1, "type": "session", "events": [{"type": "cart"}]}
    assert rows(events, everything)[0]["type"] == "cart"


def test_items_deep_inside_are_found_and_lists_that_are_none_are_left_alone(tmp_path):
    nodes = [{"node": {"sku": "M", "quantity": 2}}, {"node": {"sku": "S", "quantity": 1}}]
    deep = {"id": 1, "createdAt": f"{T}05", "lineItems": {"edges": nodes}, "taxLines": [{"rate": 1}, {"rate": 2}]}
    assert sold(ingest(lay(tmp_path, "a.json", json.dumps({"data": {"orders": {"edges": [{"node": deep}]}}})))) == {
        "M": 2,
        "S": 1,
    }
    cart = {"id": 1, "created_at": f"{T}05", "cart": {"lines": [{"sku": "M", "qty": 2}]}}
    assert sold(ingest(lay(tmp_path, "b.jsonl", json.dumps(cart)))) == {"M": 2}
    plain = {"id": 1, "created_at": f"{T}05", "sku": "M", "qty": 2, "discounts": [{"code": "a"}, {"code": "b"}]}
    assert sold(ingest(lay(tmp_path, "c.jsonl", json.dumps(plain)))) == {"M": 2}


def test_halves_of_characters_and_names_in_another_encoding_are_no_trouble(tmp_path):
    (tmp_path / "f").mkdir()
    path = os.path.join(os.fsencode(tmp_path / "f"), "周五.jsonl".encode("gbk"))
    with open(path, "wb") as file:
        file.write(f'{{"order_id":1,"time":"{T}00","sku":"m","x\\ud83d":"\\ude00","qty":2}}\n'.encode())
    made = ingest(tmp_path / "f")
    assert made.head.name == "周五"
    assert sold(made) == {"m": 2}
    made.write(tmp_path / "a.stream.parquet")
    assert read_head(tmp_path / "a.stream.parquet").files[0]["file"] == "周五.jsonl"


def test_a_json_array_that_is_cut_off_is_refused(tmp_path):
    with pytest.raises(StreamError, match="entry 2 of its array is not JSON"):
        ingest(lay(tmp_path, "a.json", json.dumps([ORDER, ORDER])[:-20]))


# -- text -------------------------------------------------------------------------------------------------------


def test_a_quote_inside_a_cell_is_a_character(tmp_path):
    text = f'order_id\ttime\tname\tsku\tqty\n1\t{T}05\tScreen 27"\tTV\t2\n2\t{T}06\t5" pot, 7" pot\tPOT\t1\n3\t{T}07\tx\tM\t4\n'
    assert sold(ingest(lay(tmp_path, "a.tsv", text))) == {"TV": 2, "POT": 1, "M": 4}
    written = f'id,time,sku,qty\n1,{T}05,"24"" screen",1\n2,{T}06,24" screen,1\n3,{T}07,"24" screen",1\n4,{T}08,"a, b",1\n'
    assert sold(ingest(lay(tmp_path, "b.csv", written))) == {'24" screen': 3, "a, b": 1}
    assert [is_open(t, ",") for t in ('"a', 'a,"b ""c', 'x"', '"a""', '"a"x"', 'b,"c" ,"')] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]


def test_a_header_with_line_breaks_blanks_and_stars(tmp_path):
    text = f'"*Order\n ID",Created-Time,"Seller\r\nSKU",Quantity\n1,{T}05,m,2\n'
    mapping = "kind: orders\ncolumns: {order_id: [order_id], time: [created time], sku: [SellerSku], qty: [quantity]}\n"
    lay(tmp_path, "m.yaml", mapping)
    assert sold(ingest(lay(tmp_path, "a.csv", text), mapping=str(tmp_path / "m.yaml"))) == {"m": 2}
    assert key("订单 编号＊") == key("订单编号")


def test_columns_twice_are_refused_only_where_they_are_used(tmp_path):
    made = ingest(lay(tmp_path, "a.csv", f"order_id,time,sku,note,Note\n1,{T}00,m,a,b\n"))
    assert sold(made) == {"m": 1}
    assert any("stand there twice" in n for n in made.head.notes)
    with pytest.raises(StreamError, match="two columns for one thing, 'order_id' and 'Order ID'"):
        ingest(lay(tmp_path, "b.csv", f"order_id,Order ID,time\n1,2,{T}00\n"))


def test_a_spreadsheets_own_first_line_is_passed_over(tmp_path):
    assert sold(ingest(lay(tmp_path, "a.csv", f"sep=;\norder_id;time;sku;qty\n1;{T}00;m;2\n"))) == {"m": 2}


def test_what_stands_above_the_header_is_passed_over(tmp_path):
    text = f"friday night;;;\nexported 2026-06-19;;;\n\nid;time;sku;qty\n1;{T}00;m;2\nTotal;;;2\n"
    made = ingest(lay(tmp_path, "a.csv", text))
    assert sold(made) == {"m": 2}
    assert any("the header is line 4" in n for n in made.head.notes)
    assert made.head.files[0]["rows"] == 2
    with pytest.raises(StreamError, match="did you mean 'time' by 'tiem'"):
        ingest(lay(tmp_path, "b.csv", f"friday night\n\norder_id,tiem,qty\n1,{T}00,2\n"))


ZH = f"订单编号,下单时间,商品编码,数量,备注\n1,{T}00,面膜,2,尽快发货\n2,{T}05,精华,1,谢谢\n"
TW = f"order_id,time,sku,qty,備註\n1,{T}00,保濕面膜,2,請盡快出貨\n2,{T}05,精華液,1,謝謝\n"
JP = f"order_id,time,sku,qty,備考\n1,{T}00,フェイスマスク,2,ありがとう\n2,{T}05,美容液,1,\n"
FR = f"order_id,time,sku,qty,remarque\n1,{T}00,Crème,2,très bien\n2,{T}05,Sérum,1,à côté\n"


@pytest.mark.parametrize(
    ("text", "encoding", "skus"),
    [(ZH, "gbk", ["面膜", "精华"]), (ZH, "utf-8", ["面膜", "精华"]), (TW, "big5", ["保濕面膜", "精華液"]),
     (TW, "utf-16", ["保濕面膜", "精華液"]), (JP, "cp932", ["フェイスマスク", "美容液"]), (FR, "cp1252", ["Crème", "Sérum"]), (FR, "utf-8-sig", ["Crème", "Sérum"])],
)  # fmt: skip
@pytest.mark.parametrize("damage", [0, 1])
def test_an_encoding_is_told_and_one_bad_byte_changes_one_row(tmp_path, text, encoding, skus, damage):
    data = text.encode(encoding)
    if damage and encoding == "utf-16":
        pytest.skip("UTF-16 is read whole or refused")
    if damage:
        data += f"3,{T}09,".encode() + skus[0].encode(encoding)[:-1][:3] + b"\xff,1,x\n"
    made = ingest(lay(tmp_path, "a.csv", data))
    found = {k: v for k, v in sold(made).items() if k in skus}
    assert found == dict(zip(skus, (2, 1), strict=True))
    if encoding.startswith("utf-8") and damage:
        assert made.head.files[0]["reasons"] == {"sku has a damaged character": 1}
    assert len(sold(made)) == 2 or damage


def test_korean_and_chinese_are_told_apart_by_what_everybody_writes():
    korean = "번호,상품명,수량\n1,마스크팩,2\n2,세럼,1\n3,크림 세트 세일,4\n"
    for text, encoding, shown in (
        (korean, "euc_kr", "Korean (EUC-KR)"),
        ("order_id,sku\n" + "1,마스크팩\n" * 8, "cp949", "Korean (EUC-KR)"),
        ("a,b\n1,面膜精华\n", "gbk", "GBK"),
        ("a,b\n1,已发货\n2,洁面乳 买一送一\n", "gb18030", "GBK"),
    ):
        assert recognised("a.csv", partial(iter, [text.encode(encoding)]), known_names).shown == shown
    with pytest.raises(StreamError, match="save it as UTF-8"):
        recognised("a.csv", lambda: iter(["1,쿡킷\n".encode("euc_kr") + "1,鑫淼\n".encode("gbk")]), known_names)


def test_damage_in_a_column_that_nobody_uses_costs_nothing(tmp_path):
    data = f"{HEAD[:-1]},备注\n1,{T}00,面膜,1,好的谢谢\n2,{T}05,面膜,2,".encode() + "谢".encode()[:2] + b"\n"
    assert sold(ingest(lay(tmp_path, "a.csv", data))) == {"面膜": 3}


# -- Parquet ----------------------------------------------------------------------------------------------------


def test_parquet_bytes_and_codes_that_became_floats(tmp_path):
    columns = {
        "order_id": pa.array([b"1", b"2", b"3"]),
        "time": pa.array([f"{T}00", f"{T}05", f"{T}06"]).cast(pa.large_binary()),
        "sku": pa.array([123.0, None, 77.0]),
        "qty": [1.0, 2.0, 3.0],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert sold(ingest(tmp_path / "a.parquet")) == {"123": 1, "77": 3}


def test_codes_that_became_floats_in_text(tmp_path):
    lay(tmp_path, "o.csv", f"{HEAD}1.0,{T}00,123.0,2.0\n2.0,{T}05,,1.0\n")
    lay(tmp_path, "s.csv", "sku,stock\n123,50\n")
    assert sold(ingest(tmp_path)) == {"123": 2}


def test_parquet_that_is_no_utf8_is_refused(tmp_path):
    pq.write_table(pa.table({"order_id": ["1"], "timename": [f"{T}00"]}), tmp_path / "a.parquet", compression="none")
    data = (tmp_path / "a.parquet").read_bytes()
    for bad in (data.replace(b"timename", b"tim\xff\xfeame"), data.replace(f"{T}00".encode(), b"\xff" * len(f"{T}00"))):
        with pytest.raises(StreamError, match=r"^[^\n]+$"):
            ingest(lay(tmp_path, "b.parquet", bad))


# -- hostile sizes ----------------------------------------------------------------------------------------------


def test_a_key_of_its_own_in_every_line_costs_nothing(tmp_path):
    lines = "".join(f'{{"order_id":{k},"time":"{T}{k % 60:02d}","sku":"m","qty":1,"k{k}":1}}\n' for k in range(20_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = ingest(lay(tmp_path, "a.jsonl", lines))
    assert sold(made) == {"m": 20_000}
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 200
    assert len(made.head.files[0]["unused"]) <= 200


def test_more_columns_than_a_spreadsheet_has_are_refused(tmp_path):
    with pytest.raises(StreamError, match="40,000 columns"):
        ingest(lay(tmp_path, "a.csv", ",".join(f"c{k}" for k in range(40_000)) + "\n"))
    broken = f"{HEAD}1,{T}00,m,2\n" + "," * 40_000 + "x\n"
    assert ingest(lay(tmp_path, "c.csv", broken)).head.files[0]["rejected"] == 1
    wide = ",".join(["order_id", "time", "sku", *(f"c{k}" for k in range(16_000))])
    row = ",".join(["1", f"{T}00", "m", *["x"] * 16_000])
    made = ingest(lay(tmp_path, "b.csv", wide + "\n" + row + "\n"))
    assert sold(made) == {"m": 1}
    assert made.head.files[0]["unused_columns"] == 16_000


def test_a_header_that_comes_again_and_again_costs_little(tmp_path):
    made = ingest(lay(tmp_path, "a.csv", HEAD * 20_000 + f"1,{T}00,m,2\n" + HEAD))
    assert sold(made) == {"m": 2}
    assert made.head.files[0]["aside"] == {"header row again": 20_000}


def test_deep_json_is_a_reject_and_no_crash(tmp_path):
    good = f'{{"order_id":1,"time":"{T}00","sku":"m"}}\n'
    deep = '{"a":' * 5_000 + "1" + "}" * 5_000 + "\n"
    near = f'{{"order_id":2,"time":"{T}01","sku":"m","x":' + "[" * 900 + "]" * 900 + "}\n"
    made = ingest(lay(tmp_path, "a.jsonl", good + deep + near))
    assert made.head.files[0]["rejected"] in (1, 2)
    assert made.head.files[0]["used"] in (1, 2)


@pytest.mark.parametrize(
    "text",
    ["a: &a [x, x]\n" + "".join(f"{chr(98 + k)}: &{chr(98 + k)} [*{chr(97 + k)}, *{chr(97 + k)}]\n" for k in range(12)),
     "kind: " + "[" * 5_000, "kind: orders\ncolumns: " + "{a: " * 40 + "1" + "}" * 40, "kind: orders\n" + "# x\n" * 1_100_000,
     "kind: !!python/name:os.system", "kind: orders\ncolumns: {time: [" + "t, " * 2_000 + "t]}"],
)  # fmt: skip
def test_hostile_yaml_is_refused_in_one_sentence(text):
    with pytest.raises(StreamError, match=r"^[^\n]*mapping m [^\n]{1,300}$"):
        read_mapping(text, "m", "m")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(StreamError, match="a pipe or a device"):
        ingest(tmp_path / "a.csv")
    os.mkfifo(tmp_path / "m.yaml")
    with pytest.raises(StreamError, match="a pipe or a device"):
        ingest(lay(tmp_path, "b.csv", f"{HEAD}1,{T}00,m,1\n"), mapping=str(tmp_path / "m.yaml"))


def test_an_archive_that_unpacks_to_a_world_is_refused(tmp_path, monkeypatch):
    import sim.replay.ingest.workbook as workbook

    monkeypatch.setattr(workbook, "MOST_UNPACKED", 100_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("o.csv", HEAD + "x" * 200_000)
    with pytest.raises(StreamError, match="unpacks to more than"):
        ingest(lay(tmp_path, "a.zip", out.getvalue()))


# -- the command ------------------------------------------------------------------------------------------------


def test_mapping_is_a_word_of_the_command(tmp_path, monkeypatch, capsys):
    lay(tmp_path, "o.csv", f"wann,nr,ware\n{T}00,1,m\n{T}09,2,m\n")
    lay(tmp_path, "mine.yaml", "kind: orders\ncolumns: {time: wann, order_id: nr, sku: ware}\n")
    lay(tmp_path, "d.csv.gz", gzip.compress(f"id,time,amount\n1,{T}00,5\n".encode()))
    monkeypatch.chdir(tmp_path)
    for number, words in enumerate((["files=o.csv", "mapping=mine.yaml"], ["files=d.csv.gz", "mapping=gdq_donations"])):
        assert main(["ingest", *words, f"out=r{number}"]) == 0, capsys.readouterr().err


def test_the_report_says_what_it_rests_on_and_what_it_did_not_use(tmp_path):
    wide = ",".join(f"c{k}" for k in range(20))
    text = f"订单号,订单状态,商品数量(件),商品id,订单成交时间,{wide}\n1,已发货,2,77,{T}00,{',' * 19}\n"
    said = sentences(ingest(lay(tmp_path, "a.csv", text)).head)
    assert any(
        line.startswith("a.csv: the layout pinduoduo_orders is known from") and "(certainty medium)" in line for line in said
    )
    assert "a.csv: 20 columns are not used: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 and 8 more" in said


def test_every_shipped_mapping_says_how_sure_its_layout_is_and_from_where():
    for name, mapping in shipped().items():
        assert mapping.sure in ("high", "medium", "low"), name
        assert len(mapping.source) > 10, name
