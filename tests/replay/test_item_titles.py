"""Runs of show that name their items: which item a name stands for is told by the exports and sheets beside them."""

import pytest

from sim.replay.ingest.run import ingest
from sim.replay.read import load
from tests.replay.exports import lay

ORDERS = "order_id,time,sku,product_name,qty\n" + "".join(
    f"{k},2026-06-18 20:{k:02d}:00,{'A1' if k % 2 else 'B2'},{'面膜 5片' if k % 2 else '口红'},1\n" for k in range(40)
)
BARE = ORDERS.replace(",product_name", "").replace(",面膜 5片", "").replace(",口红", "")
CUES = "开始时间,商品名称,环节\n20:05,面膜5片,讲解\n20:10,口红,秒杀\n20:12,礼盒,讲解\n"
STOCK = "sku,商品名称,stock\nA1,面膜5片,50\nB2,口红,20\n"
LEFT = "about no item that anything else here has"


def folder(tmp_path, **files):
    for name, text in files.items():
        lay(tmp_path, f"{name}.csv", text)
    return tmp_path


def cued(ingested):
    frame = ingested.frame()
    return frame.loc[frame["kind"] == "cue", "sku"].tolist()


@pytest.mark.parametrize("files", [{"orders": ORDERS}, {"orders": BARE, "stock": STOCK}])
def test_a_cue_is_about_the_item_that_orders_or_the_stock_sheet_call_so(tmp_path, files):
    ingested = ingest(folder(tmp_path, cues=CUES, **files))
    assert cued(ingested) == ["A1", "B2", ""]
    (said,) = [n for n in ingested.head.notes if LEFT in n]
    assert said.startswith("cues.csv: 1 of 3 cues")
    assert "(礼盒)" in said


def test_a_name_that_two_items_go_by_is_no_item(tmp_path):
    ingested = ingest(folder(tmp_path, cues=CUES, orders=BARE, stock=STOCK.replace("口红", "面膜5片")))
    assert cued(ingested) == ["", "", ""]
    assert any("3 of 3 cues" in n for n in ingested.head.notes if LEFT in n)


def test_a_code_that_no_order_has_gives_way_to_the_name_beside_it(tmp_path):
    coded = "开始时间,商品编码,商品名称,环节\n20:05,9001,面膜5片,讲解\n20:10,9002,礼盒,讲解\n20:11,B2,面膜5片,讲解\n"
    ingested = ingest(folder(tmp_path, cues=coded, orders=ORDERS))
    assert cued(ingested) == ["A1", "9002", "B2"]
    assert any("1 of 3 cues" in n and "(9002)" in n for n in ingested.head.notes)


def test_a_replay_plays_the_cues_of_a_sheet_that_names_its_items(tmp_path):
    loaded = load(folder(tmp_path, cues=CUES, orders=ORDERS, stock=STOCK))
    assert [(c.sku, c.kind) for c in loaded.stream.cues] == [("A1", "pitch"), ("B2", "deal")]
