"""The reader: broken files are refused in one sentence, broken rows are rejected, and every row is accounted for."""

import gzip
import io
import os

import numpy as np
import pandas as pd
import pytest

from sim.core.tape import CART, EDIT_ADD, SUPPLY, TAKE
from sim.replay import StreamError, load, write_rejects

GOOD = "order_id,time,sku,qty\n1,2026-06-18 20:00:00,mask,1\n2,2026-06-18 20:00:05,mask,2\n"


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def accounted(loaded):
    counts = loaded.counts
    assert (counts["rows"] == counts["used"] + counts["set_aside"] + counts["rejected"]).all()
    assert len(loaded.rejects) == counts["rejected"].sum()
    return loaded


REFUSED = {
    "empty": ("a.csv", b"", "is empty"),
    "only blank lines": ("a.csv", "\n\n  \n", "is empty"),
    "header only": ("a.csv", "order_id,time,qty\n", "no rows"),
    "no time": ("a.csv", "order_id,sku,qty\n1,a,1\n", "orders need order_id and time"),
    "misspelt column": ("a.csv", "order_id,tme,qty\n1,2026-06-18 20:00:00,1\n", "did you mean 'time' by 'tme'?"),
    "no header": ("a.csv", "1,1511658000,22,333\n2,1511658001,22,333\n", "put a header line above it"),
    "column twice": ("a.csv", "order_id,time,time\n1,2026-06-18 20:00:00,2\n", "two columns called 'time'"),
    "clocks: zone and none": (
        "a.csv", "order_id,time\n1,2026-06-18T20:00:00Z\n2,2026-06-18T20:00:01Z\n3,2026-06-18 20:00:02\n",
        "times are with a time zone from line 2 and without a time zone from line 4"),
    "clocks: Unix and ISO": ("a.csv", "order_id,time\n1,1781812800\n2,2026-06-18 20:00:02\n", "Unix seconds from line 2 and"),
    "clocks: seconds and milliseconds": (
        "a.csv", "order_id,time\n1,1781812800\n2,1781812800000\n", "Unix milliseconds from line 3"),
    "no usable time": ("a.csv", "order_id,time\n1,soon\n2,later\n", "line 2: time 'soon' is not a time"),
    "gz that is none": ("a.csv.gz", GOOD, "is not gzip-compressed"),
    "gz cut off": ("a.csv.gz", gzip.compress(GOOD.encode() * 50, mtime=0)[:60], "damaged or cut-off gzip"),
    "gz without its suffix": ("a.csv", gzip.compress(GOOD.encode(), mtime=0), "rename it to a.csv.gz"),
    "parquet that is none": ("a.parquet", GOOD, "not a readable Parquet file"),
    "parquet cut off": ("a.parquet", parquet(pd.DataFrame({"time": ["x"]}))[:-9], "not a readable Parquet file"),
    "parquet named csv": ("a.csv", parquet(pd.DataFrame({"time": ["x"]})), "is a Parquet file"),
    "empty parquet": ("a.parquet", parquet(pd.DataFrame({"order_id": [], "time": []})), "columns and no rows"),
    "Excel": ("a.csv", b"PK\x03\x04 something", "not a readable workbook"),
    "binary": ("a.csv", bytes(range(256)) * 3, "is a binary file"),
    "UTF-16 cut off": ("a.csv", GOOD.encode("utf-16")[:-1], "UTF-16"),
    "neither UTF-8 nor GBK": ("a.csv", b"order_id,time\n1,\xff\xff\xff\n", "neither UTF-8 nor clearly GBK"),
    "web page": ("a.csv", "<!DOCTYPE html>\n<html><body>log in</body></html>", "web page"),
    "unknown suffix": ("a.docx", GOOD, "suffix that is not read here"),
    "JSON array": ("a.jsonl", '[{"order_id": 1}]', "is not enough"),
    "not JSON": ("a.jsonl", GOOD, "not JSON lines"),
    "a cue sheet instead": ("a.csv", "start_time,sku\n2026-06-18 20:00:00,mask\n", "holds cues"),
    "only page views": ("a.csv", "time,type,sku\n2026-06-18 20:00:00,view,a\n", "they are view"),
    "all quantities negative": ("a.csv", "order_id,time,qty\n1,2026-06-18 20:00:00,-1\n", "qty -1 is not positive"),
    "unclosed quote in the header": ("a.csv", 'order_id,"time,qty\n1,2026-06-18 20:00:00,1\n', "a.csv"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, case):
    name, content, fragment = REFUSED[case]
    with pytest.raises(StreamError) as caught:
        load(write(tmp_path, name, content), stock=10)
    text = str(caught.value)
    assert fragment in text
    assert name in text
    assert "\n" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("given", "fragment"),
    [
        ({"stock": None}, "declare it: stock=500"),
        ({"stock": {"msak": 5}}, "no stock is declared for any SKU"),
        ({"stock": -4}, "not a number of units"),
        ({"stock": "4x"}, "neither a number of units nor a file"),
        ({"stock": 5, "sku": "msak"}, "did you mean 'mask'?"),
        ({"stock": 5, "zone": "Mars/Base"}, "not a time zone"),
        ({"stock": 5, "speedup": 0}, "not a positive number"),
        ({"stock": 5, "speedup": float("nan")}, "not a positive number"),
        ({"stock": 5, "start": "noon"}, "start='noon' is not a time"),
        ({"stock": 5, "end": "1781812800"}, "end='1781812800' is a time Unix seconds"),
        ({"stock": 5, "start": "2026-06-18 21:00:00"}, "no row is left"),
        ({"stock": 5, "start": "2026-06-18 21:00:00", "end": "2026-06-18 20:00:00"}, "exchange them"),
        ({"stock": 5, "cues": "gone.csv"}, "there is no file 'gone.csv'"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_sentence(tmp_path, given, fragment):
    with pytest.raises(StreamError, match=r"^[^\n]+$") as caught:
        load(write(tmp_path, "orders.csv", GOOD), **given)
    assert fragment in str(caught.value)


def test_a_missing_file_suggests_its_neighbour(tmp_path):
    write(tmp_path, "orders.csv", GOOD)
    with pytest.raises(StreamError, match=r"did you mean 'orders\.csv'"):
        load(tmp_path / "order.csv", stock=5)


def test_bad_rows_are_rejected_with_line_and_reason_and_the_rest_goes_on(tmp_path):
    text = "\ufeff" + "\n".join([
        "order_id,time,sku,qty,amount",
        "1,2026-06-18 20:00:00,mask,1,9.9",
        "2,2026-06-18 20:00:61,mask,1,9.9",
        "3,,mask,1,9.9",
        "4,2026-06-18 20:00:03,mask,0,9.9",
        "5,2026-06-18 20:00:03,mask,-2,9.9",
        "6,2026-06-18 20:00:03,mask,1.5,9.9",
        "7,2026-06-18 20:00:03,,1,9.9",
        ",2026-06-18 20:00:03,mask,1,9.9",
        "8,2026-06-18 20:00:03,mask,1",
        '9,2026-06-18 20:00:03,"mask,1,9.9',
        "1,2026-06-18 20:00:00,mask,1,9.9",
        "10,2026-06-18 20:00:03,mask,1,-9.9",
        "11,2026-06-18 20:00:03,mask,9999999,",
        "",
        "12,2026-06-18 20:00:02,mask,2.0,-",
        '13,2026/6/18 20:00:04,"mask",1,"1,009.90"',
    ])  # fmt: skip
    loaded = accounted(load(write(tmp_path, "o.csv", text), stock=10))
    by_name = dict(zip(loaded.rejects["line"], loaded.rejects["reason"], strict=True))
    assert list(by_name) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    assert "20:00:61" in by_name[3]
    assert by_name[4] == "time is empty"
    assert "0 is not positive" in by_name[5]
    assert "-2 is not positive" in by_name[6]
    assert "'1.5' is not a whole number" in by_name[7]
    assert by_name[8] == "sku is empty"
    assert by_name[9] == "order id is empty"
    assert by_name[10] == "has 4 fields where the header has 5"
    assert by_name[11] == "a quote is not closed"
    assert by_name[12] == "order 1 was there already (line 2)"
    assert "refund" in by_name[13]
    assert "more than 1,000,000" in by_name[14]
    assert loaded.rejects["text"].iloc[-1] == "11,2026-06-18 20:00:03,mask,9999999,"
    assert loaded.stream.qty.tolist() == [1, 2, 1]
    assert loaded.stream.t.tolist() == [0, 2_000_000, 4_000_000]


def test_rows_out_of_order_are_sorted_counted_and_said(tmp_path):
    text = "order_id,time\n" + "".join(f"{k},2026-06-18 20:00:{s:02d}\n" for k, s in enumerate((0, 9, 3, 4, 12, 11)))
    loaded = accounted(load(write(tmp_path, "o.csv", text), stock=10))
    assert loaded.counts["out_of_order"].tolist() == [3]
    assert "o.csv: 3 rows were out of order; sorted" in loaded.notes
    assert (np.diff(loaded.stream.t) >= 0).all()


SAME = pd.DataFrame(
    {"order_id": ["1", "2"], "time": ["2026-06-18 20:00:00", "2026-06-18 20:00:05"], "sku": "mask", "qty": [1, 2]}
)


NAMES = ("o.csv", "o.tsv", "o.csv.gz", "o.jsonl", "o.jsonl.gz", "o.parquet")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("o.csv", GOOD),
        ("o.csv", GOOD.replace("\n", "\r\n")),
        ("o.csv", "\ufeff" + GOOD),
        ("o.txt", GOOD.replace(",", ";")),
        ("o.tsv", GOOD.replace(",", "\t")),
        ("o.csv.gz", gzip.compress(GOOD.encode(), mtime=0)),
        ("o.jsonl", SAME.to_json(orient="records", lines=True)),
        ("o.jsonl.gz", gzip.compress(SAME.to_json(orient="records", lines=True).encode(), mtime=0)),
        ("o.parquet", parquet(SAME)),
        ("o.parquet", parquet(SAME.assign(time=pd.to_datetime(SAME["time"])))),
        ("o.csv", "订单编号,下单时间,商品编码,数量\n\t1,2026/06/18 20:00:00,mask,1\n\t2,2026-06-18 20:00:05,mask,2\n"),
        ("o.csv", "订单编号,下单时间,商品编码,数量\n1,2026-06-18 20:00:00,mask,1\n2,2026-06-18 20:00:05,mask,2\n".encode("gbk")),
        ("o.csv", "Order_ID, Create_Time ,SKU_ID,Quantity\n1,1781812800,mask,1\n2,1781812805,mask,2\n"),
        ("o.csv", "order_id,time,sku,qty\n1,1781812800000,mask,1\n2,1781812805000,mask,2\n"),
        ("o.csv", "order_id,time,sku,qty\n1,0,mask,1\n2,5,mask,2\n"),
        ("o.csv", "order_id,time,sku,qty\n1,2026-06-18T20:00:00+08:00,mask,1\n2,2026-06-18T12:00:05Z,mask,2\n"),
    ],
    ids=lambda part: part if part in NAMES else "content",
)
def test_every_format_gives_the_same_stream(tmp_path, name, content):
    loaded = accounted(load(write(tmp_path, name, content), stock=10))
    stream = loaded.stream
    assert [s.id for s in stream.skus] == ["mask"]
    assert stream.t.tolist() == [0, 5_000_000]
    assert stream.qty.tolist() == [1, 2]
    assert stream.what.tolist() == [TAKE, TAKE]


def test_an_order_export_of_a_platform(tmp_path):
    text = (
        "主订单编号,子订单编号,商品ID,商品数量,订单应付金额,订单提交时间,订单状态\n"
        "订单说明,,,,,,\n"
        "\t9001,\t9001,\t77,1,¥59.90,2026-06-18 20:00:00,已完成\n"
        "\t9001,\t9002,\t77,2,¥119.80,2026-06-18 20:00:00,已关闭\n"
    )
    loaded = accounted(load(write(tmp_path, "o.csv", text), stock={"77": 40}, zone="+08:00"))
    assert loaded.stream.qty.tolist() == [1, 2]
    assert loaded.counts["set_aside"].tolist() == [1]
    assert "o.csv: 1 rows set aside (explanatory header row)" in loaded.notes
    assert any("1 orders were closed later" in note for note in loaded.notes)
    assert any("UTC+08:00" in note for note in loaded.notes)
    assert loaded.stream.at(0) == "2026-06-18T20:00:00+08:00"


def test_an_events_log_has_carts_orders_returns_and_restocks(tmp_path):
    text = (
        "event_time,event_type,product_id,price\n2019-10-01 00:00:00 UTC,view,7,1\n2019-10-01 00:00:01 UTC,cart,7,1\n"
        "2019-10-01 00:00:02 UTC,purchase,7,1\n2019-10-01 00:00:03 UTC,return,7,1\n2019-10-01 00:00:04 UTC,restock,7,1\n"
        "2019-10-01 00:00:05 UTC,ordr,7,1\n"
    )
    loaded = accounted(load(write(tmp_path, "e.csv", text), stock=1))
    assert loaded.stream.what.tolist() == [CART, TAKE, EDIT_ADD, SUPPLY]
    assert loaded.counts["set_aside"].tolist() == [1]
    assert "did you mean 'order'" in loaded.rejects["reason"].iloc[0]


def test_a_cue_sheet_needs_the_streams_clock_or_a_zone(tmp_path):
    stream = write(tmp_path, "o.csv", "order_id,time\n1,2026-06-18T20:00:00Z\n2,2026-06-18T20:10:00Z\n")
    cues = write(tmp_path, "c.csv", "start_time,name,kind\n2026-06-18 20:05:00,Kirby,秒杀\n2026-06-18 23:00:00,Later,\n")
    with pytest.raises(StreamError, match="say what zone the bare times are in"):
        load(stream, cues=cues, stock=5)
    loaded = accounted(load(stream, cues=cues, stock=5, zone="UTC"))
    assert [(c.at_s, c.sku, c.kind) for c in loaded.stream.cues] == [(300.0, "o", "deal")]
    with pytest.raises(StreamError, match="lies inside the recording"):
        load(stream, cues=cues, stock=5, zone="+08:00")


def test_a_folder_gives_stream_and_sheets(tmp_path):
    write(tmp_path, "orders.csv", GOOD)
    write(tmp_path, "plan.csv", "start_time,sku\n2026-06-18 20:00:01,mask\n2026-06-18 20:00:01,soap\n")
    write(tmp_path, "stock.csv", "sku,stock,tier,price\nmask,7,traffic,59.9\nmask,7,traffic,59.9\nsoap,x,profit,1\n")
    write(tmp_path, "SOURCE.md", "not read")
    loaded = accounted(load(tmp_path))
    assert loaded.counts["file"].tolist() == ["orders.csv", "plan.csv", "stock.csv"]
    assert loaded.stream.skus[0].stock == 7
    assert loaded.stream.skus[0].price == 59.9
    assert loaded.rejects["reason"].tolist() == ["sku mask was declared already (line 2)", "stock 'x' is not a whole number"]
    write(tmp_path, "more.csv", GOOD + "3,2026-06-18 20:00:07,mask,3\n")
    joined = accounted(load(tmp_path))
    assert joined.stream.qty.tolist() == [1, 2, 3]
    again = joined.rejects.set_index("file").loc["orders.csv", "reason"].tolist()
    assert again == ["order 1 was there already (more.csv line 2)", "order 2 was there already (more.csv line 3)"]


def test_times_without_a_zone_are_said_to_be_so(tmp_path):
    loaded = load(write(tmp_path, "o.csv", GOOD), stock=5)
    assert any("no time zone; taken as they are" in note for note in loaded.notes)


def test_more_orders_than_declared_stock_are_kept_and_said(tmp_path):
    loaded = load(write(tmp_path, "o.csv", GOOD), stock=2)
    assert any(note.startswith("mask: 1 more units were ordered") for note in loaded.notes)


def test_too_long_a_recording_asks_for_a_speedup(tmp_path):
    path = write(tmp_path, "o.csv", "order_id,time\n1,2026-01-01 00:00:00\n2,2026-03-01 00:00:00\n")
    with pytest.raises(StreamError, match="speedup of at least 7"):
        load(path, stock=5)
    assert load(path, stock=5, speedup=60).stream.span_s == 59 * 86400 / 60


def test_an_interrupted_write_leaves_no_file(tmp_path, monkeypatch):
    loaded = load(write(tmp_path, "o.csv", GOOD + "3,never,mask,1\n"), stock=5)
    out = tmp_path / "rejects.csv"
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_rejects(loaded.rejects, out)
    assert [p.name for p in tmp_path.iterdir()] == ["o.csv"]
    assert write_rejects(loaded.rejects, out) == 1
    assert pd.read_csv(out)["line"].tolist() == [4]
