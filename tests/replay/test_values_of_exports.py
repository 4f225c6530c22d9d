"""What cells of real exports mean: money, counts, dates, clock changes, stock below zero, sheets."""

import pytest

from sim.replay.clock import StreamError
from sim.replay.ingest.run import ingest

T = "2026-11-11 21:00:"
HEAD = "order_id,time,sku,qty,amount\n"


def read(folder, zone=None, mapping=None, **files):
    """What is made of files of these contents, and every sentence about them."""
    paths = []
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        paths.append(folder / f"{name}.csv")
    if mapping:
        (folder / "own.yaml").write_text(mapping)
    ingested = ingest(paths, zone=zone, mapping=str(folder / "own.yaml") if mapping else None)
    checks = [c["finding"] for c in ingested.head.checks]
    notes = "\n".join([*ingested.head.notes, *checks, *ingested.rejects.frame()["reason"]])
    ingested.close()
    return ingested.frame(), ingested.head, notes


def test_money_of_many_countries(tmp_path):
    cells = ["USD 10.50", "HK$10.50", "10.50 SGD", "¥10.50", '"1,010.50"', "10.50元", "+10.5"]
    frame, _, notes = read(tmp_path, o=HEAD + "".join(f"{k},{T}{k:02d},tea,1,{c}\n" for k, c in enumerate(cells)))
    assert frame["value"].sum() == 6 * 10.5 + 1010.5
    assert "amount" not in notes


def test_a_column_with_decimal_commas(tmp_path):
    cells = ['"10,50"', '"1.010,50 €"', '"1.010"', '"€ 5"']
    frame, _, _ = read(tmp_path, o=HEAD + "".join(f"{k},{T}{k:02d},tea,1,{c}\n" for k, c in enumerate(cells)))
    assert frame["value"].tolist() == [10.5, 1010.5, 1010.0, 5.0]


@pytest.mark.parametrize("cell", ["(10.50)", "10.50-", "（10.50）", "-10.50", "-RM10.50"])
def test_negative_money_is_a_refund(tmp_path, cell):
    frame, _, notes = read(tmp_path, o=HEAD + f"1,{T}01,tea,1,10.50\n2,{T}02,tea,1,{cell}\n")
    assert len(frame) == 1
    assert "amount -10.5 is negative: a refund, not an order" in notes


def test_money_that_cannot_be_read_is_said(tmp_path):
    frame, _, notes = read(tmp_path, o=HEAD + f"1,{T}01,tea,1,gift\n2,{T}02,tea,1,10.50\n3,{T}03,tea,1,\n")
    assert len(frame) == 3
    assert "1 rows have an amount that cannot be read (such as 'gift'); it is left out" in notes


@pytest.mark.parametrize("cell", ["2m", "1.5k", "3w", "2 kg", "0.5"])
def test_what_is_counted_has_no_letters(tmp_path, cell):
    frame, _, notes = read(tmp_path, o=HEAD + f"1,{T}01,tea,{cell},5\n2,{T}02,tea,3件,5\n")
    assert frame["qty"].tolist() == [3]
    assert f"qty {cell!r} is not a whole number" in notes


@pytest.mark.parametrize("last", [46300.25, 46800.9])
def test_numbers_of_days_over_months_are_refused(tmp_path, last):
    with pytest.raises(StreamError, match="Excel's numbers of days"):
        read(tmp_path, o=HEAD + f"1,46190.5,tea,1,5\n2,{last},tea,1,5\n")


def test_seconds_of_a_long_show_are_no_days(tmp_path):
    rows = "".join(f"{k},{36_000 + 60 * k},tea,1,5\n" for k in range(100))
    assert len(read(tmp_path, o=HEAD + rows)[0]) == 100


@pytest.mark.parametrize("zone", ["+24:00", "-15:00", "+08:75", "+99"])
def test_offsets_that_do_not_exist(tmp_path, zone):
    with pytest.raises(StreamError, match="is not a time zone"):
        read(tmp_path, zone=zone, o=HEAD + f"1,{T}01,tea,1,5\n")
    rows = f"1,2026-11-11T21:00:01{zone},tea,1,5\n2,2026-11-11T21:00:02+05:45,tea,1,5\n"
    frame, _, notes = read(tmp_path, o=HEAD + rows)
    assert len(frame) == 1
    assert "is not a time" in notes
    # The same by the column, where many rows of one shape are read at once.
    many = "".join(f"{k},2026-11-11T21:00:{k:02d}+14:00,tea,1,5\n" for k in range(10, 60)) * 2
    bad = f"1,2026-11-11T21:00:01{zone},tea,1,5\n" if len(zone) == 6 else ""
    assert len(read(tmp_path, o=HEAD + many + bad)[0]) == 50


def test_times_that_the_change_of_the_clocks_skips_or_repeats(tmp_path):
    rows = "1,2027-03-28 00:59:00,tea,1,5\n2,2027-03-28 01:30:00,tea,1,5\n3,2027-03-28 02:10:00,tea,1,5\n"
    frame, _, notes = read(tmp_path, zone="Europe/London", o=HEAD + rows)
    assert frame["order_id"].tolist() == ["1", "3"]
    assert "time '2027-03-28 01:30:00' does not exist in Europe/London: the clocks went forward over it" in notes
    rows = "1,2027-10-31 00:59:00,tea,1,5\n2,2027-10-31 01:30:00,tea,1,5\n3,2027-10-31 02:10:00,tea,1,5\n"
    frame, _, notes = read(tmp_path, zone="Europe/London", o=HEAD + rows)
    assert frame["order_id"].tolist() == ["1", "2", "3"]
    assert "1 times are ambiguous, for the clocks of Europe/London went back over that hour; the first is taken" in notes
    assert "ambiguous" not in read(tmp_path, zone="Asia/Shanghai", o=HEAD + rows)[2]


OWN = "kind: orders\ncolumns: {order_id: order_id, time: time, sku: sku, qty: qty, amount: amount}\n"


@pytest.mark.parametrize(("order", "month"), [("day-first", 7), ("month-first", 6)])
def test_a_mapping_says_whether_the_day_comes_first(tmp_path, order, month):
    rows = "1,06/07/2026 20:00:05,tea,1,5\n2,06/07/2026 8:00:09 PM,tea,1,5\n"
    with pytest.raises(
        StreamError, match="which may begin with the day or the month; say dates: day-first or dates: month-first"
    ):
        read(tmp_path, o=HEAD + rows)
    frame, _, _ = read(tmp_path, mapping=OWN + f"dates: {order}\n", o=HEAD + rows)
    import pandas as pd

    assert [(t.month, t.hour) for t in pd.to_datetime(frame["t_us"], unit="us", utc=True).dt.tz_convert("Asia/Shanghai")] == [
        (month, 20), (month, 20)
    ]  # fmt: skip
    many = "".join(f"{k},06/07/2026 20:{k // 60:02d}:{k % 60:02d},tea,1,5\n" for k in range(200))
    frame, _, _ = read(tmp_path, mapping=OWN + f"dates: {order}\n", o=HEAD + many)
    assert set(pd.to_datetime(frame["t_us"], unit="us", utc=True).dt.month) == {month}


def test_dates_that_leave_no_doubt_tell_the_others(tmp_path):
    frame, _, notes = read(tmp_path, o=HEAD + "1,11/12/2026 23:59:05,tea,1,5\n2,13/12/2026 0:10,tea,1,5\n")
    assert (frame["t_us"].diff().iloc[1] / 1e6) == 86_400 + 10 * 60 + 55
    assert "are read day-first, as others of them show" in notes
    # A lone one among others is not guessed at, and stops nothing.
    frame, _, notes = read(tmp_path, o=HEAD + f"1,{T}01,tea,1,5\n2,13/12/2026 0:10,tea,1,5\n3,06/07/2026 0:10,tea,1,5\n")
    assert len(frame) == 1
    assert "time '13/12/2026 0:10' is not a time" in notes
    with pytest.raises(StreamError, match="in both orders"):
        read(tmp_path, o=HEAD + "1,13/12/2026 23:59:05,tea,1,5\n2,12/13/2026 0:10,tea,1,5\n")
    with pytest.raises(StreamError, match="dates must be day-first or month-first, not 'dmy'"):
        read(tmp_path, mapping=OWN + "dates: dmy\n", o=HEAD + f"1,{T}01,tea,1,5\n")


@pytest.mark.parametrize(
    "cell",
    ["2026/11/11 下午9:00:07", "2026年11月11日 21时00分07秒", "2026-11-11 09:00:07 PM", '"Nov 11, 2026 9:00:07 p.m."',
     "2026年11月11日 晚上9时0分7秒", "Wed Nov 11 2026 21:00:07 GMT+0800 (China Standard Time)",
     "11 Nov 2026 21:00:07", '"Wed, 11 Nov 2026 13:00:07 GMT"', "2026-11-11 晚上9:00:07"],
)  # fmt: skip
def test_one_moment_in_many_ways(tmp_path, cell):
    frame, _, _ = read(tmp_path, a=HEAD + f"1,{cell},tea,1,5\n")
    assert frame["t_us"].tolist() == [1_794_402_007_000_000]


LEVELS = "time,sku,stock\n"


def test_stock_below_zero_is_kept_and_said(tmp_path):
    rows = f"{T}00,tea,4\n{T}10,tea,-3\n{T}20,tea,-5\n{T}30,tea,2\n"
    frame, head, notes = read(tmp_path, lv=LEVELS + rows)
    levels = frame[frame["kind"] == "level"]
    assert levels["value"].tolist() == [4, -3, -5, 2]
    assert levels["mark"].astype(str).tolist() == ["", "oversold", "oversold", ""]
    assert frame.loc[frame["kind"] == "order", "qty"].tolist() == [7, 2]
    assert "lv.csv reports stock below zero: tea down to -5 (first at 2026-11-11T21:00:10+08:00, line 3)" in notes
    assert [c["ok"] for c in head.checks if c["check"] == "oversold by the shop's own figures"] == [False]


@pytest.mark.parametrize(
    ("word", "units"),
    [("已售罄", 0), ("Sold out", 0), ("抢光了", 0), ("无货", 0), ("仅剩 2 件", 2), ("only 2 left", 2), ("只剩1件了", 1),
     ("(3)", -3), ("（3）", -3), ("3-", -3), ("−3", -3)],
)  # fmt: skip
def test_stock_in_words(tmp_path, word, units):
    frame, _, _ = read(tmp_path, lv=LEVELS + f"{T}00,tea,4\n{T}10,tea,{word}\n")
    assert frame.loc[frame["kind"] == "level", "value"].tolist() == [4, units]


def test_stock_by_warehouse_is_added_up(tmp_path):
    orders = HEAD + f"1,{T}01,tea,1,5\n"
    sheet = "sku,stock,warehouse\ntea,100,east\ntea,40,west\ntea,40,west\ncup,7,east\n"
    _, head, notes = read(tmp_path, o=orders, stock=sheet)
    assert {k: v["stock"] for k, v in head.declared.items()} == {"tea": 140, "cup": 7}
    assert "1 rows give the stock of an item in another warehouse or batch; added up" in notes
    assert "sku tea was declared already" in notes
    with pytest.raises(StreamError, match="declares the stock of tea twice, in lines 2 and 3"):
        read(tmp_path, o=orders, stock="sku,stock\ntea,100\ntea,40\n")
    rows = f"{T}00,tea,60,east\n{T}00,tea,40,west\n{T}10,tea,50,east\n{T}10,tea,35,west\n"
    frame, _, _ = read(tmp_path, lv="time,sku,stock,warehouse\n" + rows)
    assert frame.loc[frame["kind"] == "level", "value"].tolist() == [100, 85]
    with pytest.raises(StreamError, match="not of all of them at every time"):
        read(tmp_path, lv="time,sku,stock,warehouse\n" + rows + f"{T}20,tea,50,east\n")


@pytest.mark.parametrize(
    ("word", "tier"), [("引流款", "traffic"), ("利润款", "profit"), ("长尾款", "longtail"), ("Profit", "profit")]
)
def test_tiers_in_the_words_of_the_trade(tmp_path, word, tier):
    _, head, _ = read(tmp_path, o=HEAD + f"1,{T}01,tea,1,5\n", stock=f"sku,stock,tier\ntea,9,{word}\n")
    assert head.declared["tea"]["tier"] == tier


def test_a_run_of_show_with_clock_times(tmp_path):
    orders = HEAD + "1,2026-11-11 22:59:30,tea,1,5\n2,2026-11-12 00:20:00,tea,1,5\n"
    sheet = "start_time,sku,kind\n22:50,tea,讲解\n11:05 PM,tea,秒杀\n0:15,tea,返场\n"
    frame, _, notes = read(tmp_path, cues=sheet, o=orders)
    at = frame.loc[frame["kind"] == "cue", "t_us"] / 1e6 - frame.loc[frame["kind"] == "order", "t_us"].min() / 1e6
    assert at.tolist() == [-570, 330, 4530]
    assert "3 clock times are taken on the recording's day (2026-11-11 and 2026-11-12)" in notes
    # Counted from its start, a recording has no day.
    frame, _, _ = read(tmp_path, cues="start_time,sku\n00:01:30,tea\n", o=HEAD + "1,10,tea,1,5\n2,200.5,tea,1,5\n")
    assert frame.loc[frame["kind"] == "cue", "t_us"].tolist() == [90_000_000]


@pytest.mark.parametrize(
    ("word", "says"),
    [("买家取消", "1 orders were closed later"), ("Voided", "1 orders were closed later"), ("退款关闭", ""), ("申请退款", ""),
     ("取消失败", ""), ("Cancellation denied", ""),
     ("退款成功", "1 orders were refunded later"), ("Refunded", "1 orders were refunded later"), ("partially_refunded", "")],
)  # fmt: skip
def test_closed_and_refunded_in_all_words(tmp_path, word, says):
    head = "order_id,time,sku,qty,status\n"
    _, _, notes = read(tmp_path, o=head + f"1,{T}01,tea,1,{word}\n2,{T}02,tea,1,已完成\n")
    assert says in notes
    assert ("later" in notes) == bool(says)


@pytest.mark.parametrize(
    ("cell", "units"), [("1 個", 1), ("２", 2), ("x2", 2), ("12pcs", 12), ("3 盒", 3), ("2.00件", 2), ("1,000", 1000)]
)
def test_a_count_with_the_name_of_its_pieces(tmp_path, cell, units):
    frame, _, _ = read(tmp_path, o=HEAD + f'1,{T}01,tea,"{cell}",5\n')
    assert frame["qty"].tolist() == [units]


PACKED = [
    ("面膜*2;精华*1", "3", {"面膜": 2, "精华": 1}),
    ("面膜 x2\n精华（1件）", "3", {"面膜": 2, "精华": 1}),
    ("Mask (2), Serum (1)", "", {"Mask": 2, "Serum": 1}),
    ("A|B", "1|2", {"A": 1, "B": 2}),
    ("A,B", "2,1", {"A": 2, "B": 1}),
    ("A；B", "2；1", {"A": 2, "B": 1}),
    ("Mask (2), Serum (1)", "1", {"Mask (2), Serum (1)": 1}),
    ("面膜*2+精华*1", "3", {"面膜*2+精华*1": 3}),
    ("red;L", "2", {"red;L": 2}),
    ("A,B", "1,000", {"A,B": 1000}),
]


@pytest.mark.parametrize(("cell", "qty", "net"), PACKED)
def test_several_items_in_one_cell(tmp_path, cell, qty, net):
    frame, _, notes = read(tmp_path, o=HEAD + f'1,{T}01,"{cell}","{qty}",90\n')
    assert dict(zip(frame["sku"].astype(str), frame["qty"], strict=True)) == net
    assert frame["value"].sum() == 90
    assert ("a bundle" in notes) == (cell.startswith("Mask") and qty == "1")
    assert ("have a semicolon in their name" in notes) == (cell == "red;L")


@pytest.mark.parametrize(
    ("cell", "seconds"), [("3min", 180), ("2.5分", 150), ("1m30s", 90), ("00:02:00", 120), ("45秒", 45), ("90", 90), ("1h", 3600)]
)
def test_the_length_of_a_cue(tmp_path, cell, seconds):
    frame, _, _ = read(tmp_path, o=HEAD + f"1,{T}01,tea,1,5\n", cues=f"开始时间,商品编码,环节,时长\n21:01,tea,讲解,{cell}\n")
    assert frame.loc[frame["kind"] == "cue", "value"].tolist() == [seconds]


def test_a_run_of_show_in_slots(tmp_path):
    rows = "20:58-21:03,tea,讲解,\n下午9:05至9:10,tea,秒杀,60\n21:20~21:21,tea,讲解,\n"
    frame, _, _ = read(tmp_path, o=HEAD + f"1,{T}00,tea,1,5\n", cues="时间段,商品编码,环节,时长\n" + rows)
    cues = frame[frame["kind"] == "cue"]
    start = frame.loc[frame["kind"] == "order", "t_us"].iloc[0]
    assert ((cues["t_us"] - start) // 1_000_000).tolist() == [-120, 300, 1200]
    assert cues["value"].tolist() == [300, 60, 60]


def test_a_tier_that_is_not_known_costs_no_stock(tmp_path):
    _, head, notes = read(
        tmp_path, o=HEAD + f"1,{T}01,tea,1,5\n", stock="商品编码,批次号,可用库存,款型\ntea,B1,9,赠品\ntea,B2,3,福利款\n"
    )
    assert head.declared["tea"]["stock"] == 12
    assert "1 rows name a tier that there is not ('赠品'" in notes


def test_a_cancelled_line_without_units_is_a_cancellation_and_no_fault(tmp_path):
    """Amazon writes 0 units for them; they were rejected like a typing mistake."""
    head = "amazon-order-id\torder-item-id\tpurchase-date\tlast-updated-date\titem-status\tsku\tquantity\titem-price\n"
    rows = [("1", "Shipped", 2), ("2", "Cancelled", 0), ("3", "Shipped", 0)]
    lines = [
        f"1-{k}\t{k}\t2026-06-18T20:00:0{k}+00:00\t2026-06-18T21:00:00+00:00\t{status}\tA\t{n}\t20\n" for k, status, n in rows
    ]
    (tmp_path / "a.txt").write_text(head + "".join(lines))
    ingested = ingest(tmp_path / "a.txt")
    (account,) = ingested.head.files
    assert (account["used"], account["set_aside"], account["rejected"]) == (1, 1, 1)
    assert any("cancelled, with no units left" in note for note in ingested.head.notes)
    ingested.close()
