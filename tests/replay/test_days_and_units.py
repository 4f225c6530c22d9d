"""Cells of real exports, on: calendars, days apart from their times, units under other names."""

import numpy as np
import pytest

from sim.replay.clock import StreamError
from sim.replay.ingest.run import ingest
from tests.replay.test_values_of_exports import HEAD, T, read

# -- days and clocks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["2569-11-11 20:01:05", "11/13/2569 20:01:05", "令和8年11月11日 20時01分05秒", "民國115年11月11日 20:01:05"]
)
def test_years_of_other_calendars(tmp_path, cell):
    frame, head, _ = read(tmp_path, o=HEAD + f"1,{cell},tea,1,5\n")
    assert head.own_clock.text(int(frame["t_us"].iloc[0])).startswith("2026-11-1")
    assert head.files[0]["repairs"]["calendar"] == 1


@pytest.mark.parametrize("rows", [3, 200])
def test_the_end_of_a_day_is_the_next_ones_beginning(tmp_path, rows):
    many = "".join(f"{k},2026-11-11 23:59:{k % 60:02d},tea,1,{k}\n" for k in range(rows))
    frame, _, notes = read(
        tmp_path, o=HEAD + many + f"{rows},2026-11-11 24:00:00,tea,1,1\n{rows + 1},2026-11-11 24:00:01,tea,1,1\n"
    )
    assert frame["t_us"].max() == 1794412800000000
    assert "'2026-11-11 24:00:01' is not a time" in notes


def test_the_day_in_a_column_of_its_own(tmp_path):
    text = "order_id,date,time,sku,qty\n1,2026-11-11,20:01:05,tea,2\n2,2026/11/11 00:00:00,下午8:01:09,tea,1\n"
    frame, _, notes = read(tmp_path, o=text)
    assert np.diff(frame["t_us"]).tolist() == [4_000_000]
    assert "2 times of day are taken with the day in date" in notes
    with pytest.raises(StreamError, match="is a time of day without a day"):
        read(tmp_path, o="order_id,time,sku\n1,20:01:05,tea\n")


def test_minutes_and_seconds_of_one_figure(tmp_path):
    frame, _, _ = read(tmp_path, o=HEAD + "1,2026/11/1 8:1:5,tea,1,5\n2,2026/11/1 8:01,tea,1,5\n")
    assert np.diff(frame["t_us"]).tolist() == [5_000_000]


# -- units ----------------------------------------------------------------------------------------------------


def test_orders_without_units_are_said_to_count_one_each(tmp_path):
    frame, _, notes = read(tmp_path, o=f"order_id,time,sku,pieces\n1,{T}01,tea,4\n2,{T}02,tea,1\n")
    assert frame["qty"].tolist() == [1, 1]
    assert "2 rows count as one unit each, for no column that is known says how many" in notes


@pytest.mark.parametrize("name", ["item_num", "goods_count", "quantity_purchased"])
def test_what_interfaces_call_units(tmp_path, name):
    frame, _, notes = read(tmp_path, o=f"order_id,time,sku,{name}\n1,{T}01,tea,4\n")
    assert frame["qty"].tolist() == [4]
    assert "one unit each" not in notes


def test_declared_stock_in_words(tmp_path):
    _, head, _ = read(
        tmp_path, o=HEAD + f"1,{T}01,tea,1,5\n", s="商家编码,仓库,可用库存\ntea,东,5件\ntea,西,已售罄\n茶杯,东,仅剩3件\n"
    )
    assert {name: d["stock"] for name, d in head.declared.items()} == {"tea": 5, "茶杯": 3}


def test_cells_parted_by_chinese_commas(tmp_path):
    frame, _, _ = read(tmp_path, o=f"订单编号，下单时间，商家编码，商品数量\n１，{T}01，茶，２\n")
    assert frame[["sku", "qty"]].to_numpy().tolist() == [["茶", 2]]


def test_a_slot_says_its_length_where_a_bare_number_may_be_minutes(tmp_path):
    sheet = "时间段,商品名称,商家编码,环节,讲解时长\n20：00-20：10,茶,tea,福利款,10分钟\n20：10～20：30,杯,cup,主推,20\n"
    frame, _, _ = read(tmp_path, o=HEAD + f"1,{T[:-3]}05:00,tea,1,5\n", s=sheet)
    cues = frame[frame["kind"] == "cue"]
    assert cues["value"].tolist() == [600.0, 1200.0]


def test_a_run_of_show_is_in_the_zone_of_the_export_it_lies_beside(tmp_path):
    """A replay assumes no zone; that of the platform's layout holds for its sheets too."""
    head = "主订单编号,子订单编号,商家编码,商品数量,订单提交时间,支付完成时间,订单状态\n"
    (tmp_path / "o.csv").write_text(head + f"1,1,茶,2,{T}05,{T}09,已发货\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("开始时间,商家编码,动作\n21:00:00,茶,讲解\n", encoding="utf-8")
    frame = ingest(tmp_path, assumed=None).frame()
    start = {kind: int(frame.loc[frame["kind"] == kind, "t_us"].min()) for kind in ("order", "cue")}
    assert start["order"] - start["cue"] == 5_000_000
    (tmp_path / "s.csv").write_text(f"time,sku,available\n{T}00,茶,9\n", encoding="utf-8")
    with pytest.raises(StreamError, match=r"s\.csv does not say what zone its times are in, and o\.csv does"):
        ingest(tmp_path, assumed=None)
