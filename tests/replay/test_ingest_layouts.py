"""Every shipped layout of a platform is told by its columns and read to the same show."""

import pytest

from sim.replay import StreamError
from sim.replay.ingest.mapping import shipped
from sim.replay.ingest.run import ingest
from tests.replay.layout_page import PAGE, row
from tests.replay.layouts import LAYOUTS, SHOPEE_TW, TAOBAO_DETAIL, TAOBAO_LIST, YOUZAN
from tests.replay.test_ingest_files import lay, sold

PLATFORMS = {n for n, m in shipped().items() if m.kind == "orders" and n not in ("orders", "suborders", "gdq_donations")}


def laid(folder, files, encoding="utf-8"):
    for name, text in files.items():
        lay(folder, name, text.encode(encoding))
    return folder


def test_every_platform_has_an_invented_export():
    assert set(LAYOUTS) | {"taobao_orders", "youzan_orders"} == PLATFORMS


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_told_and_read_unaided(tmp_path, name):
    ingested = ingest(laid(tmp_path, LAYOUTS[name]))
    assert row(name, ingested) in PAGE.read_text(encoding="utf-8").splitlines(), "python -m tests.replay.layout_page"
    assert name in [f["mapping"] for f in ingested.head.files]
    assert sold(ingested) == {"A": 5, "B": 1}
    assert not any(f["rejected"] for f in ingested.head.files)
    span_s = (ingested.head.end_us - ingested.head.start_us) / 1e6
    assert 4 <= span_s <= 240
    account = next(f for f in ingested.head.files if f["mapping"] == name)
    assert account["sure"] in ("high", "medium", "low")
    assert account["unused"]


def test_shopee_in_traditional_chinese_and_big5(tmp_path):
    ingested = ingest(laid(tmp_path, {"orders.csv": SHOPEE_TW}, "big5"))
    assert ingested.head.files[0]["mapping"] == "shopee_orders"
    assert sold(ingested) == {"A": 5, "B": 1}
    assert any("read as Big5" in n for n in ingested.head.notes)


@pytest.mark.parametrize(("text", "name"), [(TAOBAO_LIST, "taobao_orders"), (YOUZAN, "youzan_orders")])
def test_a_list_without_its_items_sets_orders_of_several_items_aside(tmp_path, text, name):
    ingested = ingest(laid(tmp_path, {"orders.csv": text}) / "orders.csv")
    assert ingested.head.files[0]["mapping"] == name
    assert sold(ingested) == {"面膜": 3}
    assert list(ingested.head.files[0]["aside"]) == ["several items in one row; give the export with one row an item too"]


def test_items_without_their_list_say_what_is_missing(tmp_path):
    with pytest.raises(StreamError, match=r"does not say when its orders were placed; give the order list .* 订单创建时间"):
        ingest(laid(tmp_path, {"d.csv": TAOBAO_DETAIL}) / "d.csv")


def test_the_list_keeps_the_orders_whose_items_are_not_there(tmp_path):
    more = TAOBAO_LIST + '"=""4003""",c**,99,0,99,99,交易成功,赵**,2026-06-18 20:00:20,,精华,1,,4,店,\n'
    ingested = ingest(laid(tmp_path, {"d.csv": TAOBAO_DETAIL, "l.csv": more}))
    assert sold(ingested) == {"A": 5, "B": 1, "精华": 4}
    account = next(f for f in ingested.head.files if f["file"] == "l.csv")
    assert account["aside"] == {"the order's items are in d.csv": 2}
    assert account["rows"] == 3


def test_a_cancelled_order_of_several_rows_is_cancelled_in_each(tmp_path):
    text = LAYOUTS["shopify_orders"]["orders_export.csv"].replace("59.9,A,,1\n", "59.9,A,2026-06-18 20:05:00 +0800,1\n")
    ingested = ingest(laid(tmp_path, {"o.csv": text}))
    assert sold(ingested) == {"A": 3, "B": 0}


@pytest.mark.parametrize(
    "header",
    ["订单编号,下单时间,商品ID,商品编码,数量", "Order Number,Order Date,SKU,Product Name,Quantity,Total Amount", "订单号,付款时间,订单创建时间,商品名称,规格编码,件数",
     "order_sn,created_time,seller_sku,units", "订单编号,交易时间,货号,商品规格,购买数量,实付金额"],
)  # fmt: skip
def test_an_export_of_nobody_in_particular_is_read_by_plain_names(tmp_path, header):
    times = {"下单时间", "Order Date", "订单创建时间", "付款时间", "created_time", "交易时间"}
    counts = {"数量", "Quantity", "件数", "units", "购买数量"}
    cells = ["2026-06-18 20:00:05" if c in times else "3" if c in counts else "A" for c in header.split(",")]
    ingested = ingest(lay(tmp_path, "o.csv", header + "\n" + ",".join(cells) + "\n"))
    assert ingested.head.files[0]["mapping"] == "orders"
    assert sold(ingested) == {"A": 3}


def test_items_with_times_of_their_own_need_no_list(tmp_path):
    text = "订单编号,订单状态,下单时间,买家付款时间,商品名称,规格编码,商品数量,商品实际成交金额\nE1,待发货,2026-06-18 20:00:05,,面膜,A,2,9\n,,,,精华,B,1,9\n"
    ingested = ingest(lay(tmp_path, "o.csv", text))
    assert ingested.head.files[0]["mapping"] == "youzan_items"
    assert sold(ingested) == {"A": 2, "B": 1}
