"""Small broken files, as real exports break, and what must be said of each.

``REFUSED``: file name, content, words of the one sentence. ``READ``: files, then (accepted, repaired, set aside, rejected) of the
first file's account, the reasons or repairs that must be named, and the quantities that must reach the stream.
"""

from __future__ import annotations

import gzip
import io

import pandas as pd

T = "2026-06-18 20:00:"
HEAD = "order_id,time,sku,qty\n"
ONE = f"1,{T}00,mask,1\n"
TWO = f"2,{T}05,mask,2\n"
GOOD = HEAD + ONE + TWO


def parquet(**columns: list) -> bytes:
    """A Parquet file of these columns."""
    out = io.BytesIO()
    pd.DataFrame(columns).to_parquet(out)
    return out.getvalue()


REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("a.csv", b"", "is empty"),
    "byte-order mark only": ("a.csv", b"\xef\xbb\xbf", "is empty"),
    "header only": ("a.csv", HEAD, "no rows"),
    "two clocks, ISO and Unix": ("a.csv", GOOD + "3,1781812800,mask,1\n", "without a time zone from line 2 and Unix seconds from line 4"),
    "two clocks, seconds and ms": ("a.csv", "order_id,time\n1,1781812800\n2,1781812800000\n", "mixes two clocks"),
    "two clocks in a late part": (
        "a.csv", HEAD + "".join(f"{k},{T}{k % 60:02d},m,1\n" for k in range(3000)) + f"x,{T}00Z,m,1\n", "with a time zone from line 3002"),
    "times out of this world": ("a.csv", "order_id,time\n1,0001-01-01 00:00:00\n2,9999-12-31 00:00:00\n", "is not a time"),
    "dates without a time of day": ("a.csv", "order_id,time\n1,2026-06-18\n2,2026-06-18\n", "line 2: time '2026-06-18' is not a time"),
    "Excel's own dates": ("a.csv", "order_id,time\n1,46191.8333\n2,46191.8412\n", "Excel's numbers of days"),
    "gz cut off": ("a.csv.gz", gzip.compress(GOOD.encode() * 500, mtime=0)[:80], "damaged or cut-off gzip"),
    "gz that is none": ("a.csv.gz", GOOD, "not gzip-compressed"),
    "gz under another name": ("a.csv", gzip.compress(GOOD.encode(), mtime=0), "rename it to a.csv.gz"),
    "Excel": ("a.csv", b"PK\x03\x04xl/workbook.xml", "not a readable workbook"),
    "old Excel": ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40, "not a readable workbook"),
    "PDF, binary": ("a.csv", b"%PDF-1.4\n\0\0\x93", "binary file"),
    "log-in page": ("a.csv", "<html><head><title>Sign in</title></head></html>", "web page"),
    "XML": ("a.csv", "<?xml version='1.0'?><orders/>", "web page or XML"),
    "UTF-16 cut off": ("a.csv", GOOD.encode("utf-16")[:-1], "UTF-16"),
    "neither UTF-8 nor GBK": ("a.csv", HEAD.encode() + b"1,\xff\xfe\xff,m,1\n", "neither UTF-8 nor clearly GBK"),
    "Parquet cut off": ("a.parquet", parquet(order_id=["1"], time=[T])[:-20], "not a readable Parquet file"),
    "Parquet of other columns": ("a.parquet", parquet(x=[1], y=[2]), "is not enough"),
    "Parquet as CSV": ("a.csv", parquet(x=[1]), "rename it to end in .parquet"),
    "JSON of bare values": ("a.jsonl", '1\n"x"\nnull\n', "no line that is a JSON object"),
    "unknown columns": ("a.csv", "foo,bar\n1,2\n", "orders need order_id and time"),
    "a column misspelt": ("a.csv", "order_id,tiem,qty\n1,2,3\n", "did you mean 'time' by 'tiem'?"),
    "a column twice": ("a.csv", "order_id,time,time\n1,2,3\n", "two columns called 'time'"),
    "no header": ("a.csv", f"1,{T}00,77,1\n", "put a header line above it"),
    "only other kinds of row": ("a.csv", "time,type,sku\n1,gift,a\n2,gift,b\n", "there is no type 'gift'"),
    "a cue sheet alone": ("a.csv", f"start_time,sku\n{T}00,mask\n", "holds cues"),
    "declared stock alone": ("a.csv", "sku,stock\nmask,5\n", "holds stock"),
    "one endless line": ("a.csv", "x" * 40_000_000, "so it is no table"),
    "unreadable suffix": ("a.docx", b"PK\x03\x04", "suffix that is not read here"),
    "a finished stream": ("a.parquet", b"", "not a readable Parquet file"),
}  # fmt: skip

DOUDIAN = "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,订单应付金额,订单状态,订单提交时间,支付完成时间,达人ID,收件人\n"
TAOBAO = "订单编号,买家应付货款,订单状态,订单创建时间,订单付款时间,宝贝标题,宝贝总数量,收货人姓名\n"

READ: dict[str, tuple[dict[str, str | bytes], tuple[int, int, int, int], tuple[str, ...], list[int]]] = {
    "clean": ({"a.csv": GOOD}, (2, 0, 0, 0), (), [1, 2]),
    "no newline at the end": ({"a.csv": GOOD[:-1]}, (2, 0, 0, 0), (), [1, 2]),
    "old Mac line ends": ({"a.csv": GOOD.replace("\n", "\r")}, (2, 0, 0, 0), (), [1, 2]),
    "blank lines": ({"a.csv": HEAD + "\n\n" + ONE + "   \n" + TWO + "\n\n"}, (2, 0, 0, 0), (), [1, 2]),
    "GBK": ({"a.csv": f"订单编号,下单时间,商品编码,数量\n1,{T}00,面膜,1\n".encode("gbk")}, (1, 0, 0, 0), (), [1]),
    "UTF-8 with a mark, quoted ids behind tabs": (
        {"a.csv": "\ufeff" + HEAD + f'"\t9001","{T}00","mask","1"\n'}, (0, 1, 0, 0), ("trim",), [1]),
    "semicolons between cells": ({"a.txt": GOOD.replace(",", ";")}, (2, 0, 0, 0), (), [1, 2]),
    "pipes between cells": ({"a.txt": GOOD.replace(",", "|")}, (2, 0, 0, 0), (), [1, 2]),
    "trailing commas": ({"a.csv": HEAD + ONE[:-1] + ",,\n" + TWO}, (2, 0, 0, 0), (), [1, 2]),
    "cut lines": ({"a.csv": GOOD + "3,2026\n4\n"}, (2, 0, 0, 2), ("has 2 fields where the header has 4", "has 1 fields"), [1, 2]),
    "too many cells": ({"a.csv": GOOD + f"3,{T}09,mask,1,9,9\n"}, (2, 0, 0, 1), ("has 6 fields where the header has 4",), [1, 2]),
    "a stray quote": ({"a.csv": HEAD + f'1,{T}00,"mask,1\n' + TWO}, (1, 0, 0, 1), ("a quote is not closed",), [2]),
    "a cell over two lines": ({"a.csv": HEAD + f'1,{T}00,"ma\nsk",1\n' + TWO}, (2, 0, 0, 0), (), [1, 2]),
    "a comma inside quotes": ({"a.csv": HEAD + f'1,{T}00,"mask, 5",1\n' + TWO}, (2, 0, 0, 0), (), [1, 2]),
    "header again in the middle": ({"a.csv": HEAD + ONE + HEAD + TWO}, (2, 0, 1, 0), ("header row again",), [1, 2]),
    "a second header row that explains": (
        {"a.csv": HEAD + "订单号说明,下单的时间,商品,件数\n" + ONE}, (1, 0, 1, 0), ("explanatory header row",), [1]),
    "a total at the end": ({"a.csv": GOOD + "合计,,,3\n"}, (2, 0, 1, 0), ("total row",), [1, 2]),
    "two ways to write a date": (
        {"a.csv": HEAD + ONE + "2,2026/06/18 20:00:21,mask,1\n3,2026年6月18日 20:01,mask,1\n"}, (1, 2, 0, 0), ("date",), [1, 1, 1]),
    "compact dates": ({"a.csv": HEAD + "1,20260618200000,mask,1\n2,20260618200005,mask,2\n"}, (0, 2, 0, 0), ("date",), [1, 2]),
    "impossible dates": (
        {"a.csv": GOOD + "3,2026-02-30 20:00:00,m,1\n4,2026-06-18 24:01:00,m,1\n5,2026-06-18 20:60:00,m,1\n"}, (2, 0, 0, 3),
        ("time is not a time",), [1, 2]),
    "dashes and NULLs": ({"a.csv": HEAD + ONE + f"2,{T}05,mask,-\n3,{T}06,NULL,1\n"}, (1, 0, 0, 2), ("qty is empty", "sku is empty"), [1]),
    "money with signs": (
        {"a.csv": f"order_id,time,sku,qty,amount\n1,{T}00,mask,1,\"¥58,920\"\n2,{T}01,mask,1,15.2万\n3,{T}02,mask,1,-\n"}, (0, 3, 0, 0),
        ("number", "dash"), [1, 1, 1]),
    "quantities that are none": (
        {"a.csv": GOOD + f"3,{T}06,m,0\n4,{T}06,m,-3\n5,{T}06,m,1.5\n6,{T}06,m,many\n7,{T}06,m,99999999\n"}, (2, 0, 0, 5),
        ("qty is not positive", "is not a whole number", "is more than"), [1, 2]),
    "quantities with decimals and commas": ({"a.csv": HEAD + f'1,{T}00,m,2.0\n2,{T}01,m,"1,200"\n3,{T}02,m,３\n'}, (0, 3, 0, 0), ("number",),
                                            [2, 1200, 3]),
    "a refund booked as an order": ({"a.csv": f"order_id,time,amount\n1,{T}00,-59.9\n2,{T}01,59.9\n"}, (1, 0, 0, 1), ("refund",), [1]),
    "the same order twice": ({"a.csv": GOOD + TWO}, (2, 0, 0, 1), ("order was there already",), [1, 2]),
    "the same order in two files": ({"a.csv": GOOD, "b.csv": GOOD + f"3,{T}07,mask,3\n"}, (2, 0, 0, 0), (), [1, 2, 3]),
    "抖店 with everything": (
        {"a.csv": "\ufeff" + DOUDIAN + "系统生成,系统生成,标题,规格,件数,编号,编码,应付,状态,提交时间,支付时间,达人,密文\n"
         + f"\t9001,\t9001,面膜5片,红,1,77,M1,¥59.90,已完成,{T}00,{T}40,d1,##密文\n"
         + f"\t9002,\t9002;9003,面膜5片;精华,红;白,1;2,77;78,M1;S1,59.9;200,已关闭,{T}09,-,-,##密文\n"
         + f"\t9004,\t9004;9005;9006,面膜,红,1;2,77,M1,59.9,已完成,{T}09,-,-,##密文\n"}, (0, 2, 1, 1),
        ("split", "trim", "packs 3 sub-orders but 2 of qty", "explanatory header row"), [1, 1, 2]),
    "淘宝": ({"a.csv": (TAOBAO + f"4001,59.9,交易成功,{T}00,{T}30,面膜,1,王**\n4002,-,交易关闭,{T}01,,面膜,2,李**\n").encode("gb18030")},
             (1, 1, 0, 0), ("dash",), [1, 2]),
    "聚水潭": ({"a.csv": f"线上订单号,下单时间,付款日期,商品编码,数量,付款金额\n8001,{T}00,{T}20,M1,2,119.8\n"}, (1, 0, 0, 0), (), [2]),
    "spreadsheet formulas and HTML in names": (
        {"a.csv": HEAD + f"=1+1,{T}00,=cmd|' /C calc'!A0,1\n2,{T}01,<script>alert(1)</script>,1\n3,never,@SUM(A1),1\n"}, (2, 0, 0, 1),
        ("time is not a time",), [1, 1]),
    "JSON lines with broken ones": (
        {"a.jsonl": f'{{"order_id":1,"time":"{T}00","qty":1}}\n{{"order_id":\n[1]\n\n{{"order_id":2,"time":"{T}01","qty":2}}\n'}, (2, 0, 0, 2),
        ("is not a JSON object",), [1, 2]),
    "OTTO sessions": (
        {"a.jsonl": '{"session":1,"events":[{"aid":7,"ts":1659304800025,"type":"clicks"},{"aid":7,"ts":1659304904511,"type":"orders"}]}\n'
                    '{"session":2,"events":[]}\n'}, (2, 0, 0, 1), ("time is empty",), [1]),
    "Taobao behaviour without a header": (
        {"a.csv": "1,22,3,pv,1511658000\n2,22,3,buy,1511658001\n3,22,3,gift,1511658002\n4,22,3,cart,x\n"}, (2, 0, 0, 2),
        ("there is no type", "time is not a time"), [1]),
    "a Parquet file with nulls": ({"a.parquet": parquet(order_id=[1, 2, 3], time=[f"{T}00", None, f"{T}02"], qty=[1.0, 1.0, None])},
                                  (1, 0, 0, 2), ("time is empty", "qty is empty"), [1]),
    "a dashboard with holes": (
        {"a.csv": "时间,在线人数,进入人数,成交订单数,人均观看时长\n" + "".join(
            f"2026-06-18 20:{m:02d}:00,{'-' if m == 3 else 1000},{500},{m},{'2分0秒'}\n" for m in range(6)) + "2026-06-18 20:06:00,-,-,-,-\n"},
        (0, 6, 1, 0), ("duration", "nothing measured"), [1, 2, 3, 4, 5]),
    "a level below zero, polled twice": (
        {"a.csv": f"sku,time,available\nm,{T}00,9\nm,{T}10,-1\nm,{T}20,7\nm,{T}20,7\n"}, (3, 0, 0, 1),
        ("the item was polled at this time already",), [10]),
    "a stock ledger": (
        {"a.csv": f"sku_id,update_time,op_type,amount,beginning_amount,ending_amount\nm,{T}00,入库,50,0,50\nm,{T}10,下单,-2,50,48\n"
                  f"m,{T}20,魔法,1,48,49\n"}, (2, 0, 0, 1), ("there is no type",), [2]),
    "cues of no known kind": ({"a.csv": GOOD, "c.csv": f"start_time,sku,kind\n{T}01,mask,秒杀\n{T}02,mask,dance\n"}, (2, 0, 0, 0), (), [1, 2]),
    "nothing but a sum of orders apart": ({"a.csv": HEAD + ONE + f"2,{T}05,mask,2\n" * 3}, (2, 0, 0, 2), ("was there already",), [1, 2]),
}  # fmt: skip
