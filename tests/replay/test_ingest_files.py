"""Files as people have them: workbooks, archives, JSON replies, folders, encodings, titles above the header, hostile sizes."""

import io
import json
import os
import zipfile
from functools import partial

import pytest

from sim.replay import StreamError
from sim.replay.ingest.canon import read_head
from sim.replay.ingest.chunk import everything
from sim.replay.ingest.encodings import recognised
from sim.replay.ingest.jsonrows import rows
from sim.replay.ingest.mapping import known_names
from sim.replay.ingest.names import key
from sim.replay.ingest.quotes import is_open
from sim.replay.ingest.run import ingest
from tests.replay.exports import HEAD, T, book, lay, sold

# -- archives and JSON ------------------------------------------------------------------------------------------


def test_an_archive_of_exports_is_read_file_by_file(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("night/orders.csv", f"{HEAD}1,{T}00,m,3\n")
        archive.writestr("night/stock.xlsx", book(s=[["sku", "stock"], ["m", 9]]))
        archive.writestr("inner.zip", b"PK\x03\x04")
        archive.writestr("__MACOSX/._orders.csv", "junk")
        archive.writestr("readme.pdf", "%PDF")
    ingested = ingest(lay(tmp_path, "a.zip", out.getvalue()))
    assert sold(ingested) == {"m": 3}
    assert ingested.head.declared["m"]["stock"] == 9
    assert [f["file"] for f in ingested.head.files] == ["a.zip/night/orders.csv", "a.zip/night/stock.xlsx"]
    notes = [n for n in ingested.head.notes if "not used" in n]
    assert [n.partition(": ")[0] for n in notes] == ["a.zip/inner.zip", "a.zip/readme.pdf"]
    with pytest.raises(StreamError, match="damaged archive"):
        ingest(lay(tmp_path, "b.zip", out.getvalue()[:90]))


def test_names_in_an_archive_of_a_chinese_windows(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("xx.csv"), f"{HEAD}1,{T}00,m,2\n")
    raw = out.getvalue().replace(b"xx.csv", "订".encode("gbk") + b".csv")
    ingested = ingest(lay(tmp_path, "a.zip", raw))
    assert ingested.head.files[0]["file"] == "a.zip/订.csv"


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
    ingested = ingest(lay(tmp_path, name, text), block=block)
    assert sold(ingested) == {"M": 2, "S": 1}


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
    ingested = ingest(tmp_path / "f")
    assert ingested.head.name == "周五"
    assert sold(ingested) == {"m": 2}
    ingested.write(tmp_path / "a.stream.parquet")
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
    ingested = ingest(lay(tmp_path, "a.csv", f"order_id,time,sku,note,Note\n1,{T}00,m,a,b\n"))
    assert sold(ingested) == {"m": 1}
    assert any("stand there twice" in n for n in ingested.head.notes)
    with pytest.raises(StreamError, match="two columns for one thing, 'order_id' and 'Order ID'"):
        ingest(lay(tmp_path, "b.csv", f"order_id,Order ID,time\n1,2,{T}00\n"))


def test_a_spreadsheets_own_first_line_is_passed_over(tmp_path):
    assert sold(ingest(lay(tmp_path, "a.csv", f"sep=;\norder_id;time;sku;qty\n1;{T}00;m;2\n"))) == {"m": 2}


def test_what_stands_above_the_header_is_passed_over(tmp_path):
    text = f"friday night;;;\nexported 2026-06-19;;;\n\nid;time;sku;qty\n1;{T}00;m;2\nTotal;;;2\n"
    ingested = ingest(lay(tmp_path, "a.csv", text))
    assert sold(ingested) == {"m": 2}
    assert any("the header is line 4" in n for n in ingested.head.notes)
    assert ingested.head.files[0]["rows"] == 2
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
    ingested = ingest(lay(tmp_path, "a.csv", data))
    sold_units = {k: v for k, v in sold(ingested).items() if k in skus}
    assert sold_units == dict(zip(skus, (2, 1), strict=True))
    if encoding.startswith("utf-8") and damage:
        assert ingested.head.files[0]["reasons"] == {"sku has a damaged character": 1}
    assert len(sold(ingested)) == 2 or damage


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


def test_several_shows_in_one_file_are_told(tmp_path):
    rows = [f"{d}{k},2026-06-{d} 20:{k:02d}:00,m,1" for d in (18, 19) for k in range(40)]
    said = [c["finding"] for c in ingest(lay(tmp_path, "week.csv", HEAD + "\n".join(rows))).head.checks if not c["ok"]]
    assert len(said) == 1
    assert "seems to hold several shows: no order from 2026-06-18T21:00:00+08:00 to 2026-06-19T20:00:00+08:00" in said[0]
    one = ingest(lay(tmp_path, "one.csv", HEAD + "\n".join(rows[:40]))).head.checks
    assert not [c for c in one if not c["ok"]]
