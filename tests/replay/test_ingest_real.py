"""The account of every real data set, where they are at hand: they may not be copied into the project."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.replay import invent, open_stream
from sim.replay.ingest.run import ingest

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
real = pytest.mark.skipif(
    not DATA.exists(), reason=f"real streams are not in {DATA}; their licences keep them out of the project"
)

ACCOUNTS = {
    "gdq-agdq2020-donations/donations.csv": ("orders", 25_507, 25_507, {"order": 25_507}),
    "rees46-oct2019-head/2019-Oct.csv": ("rees46_events", 5_019, 5_019, {"view": 4_915, "purchase": 54, "cart": 50}),
    "taobao-userbehavior-2h/UserBehavior_2h.csv.gz": (
        "taobao_userbehavior", 110_300, 110_300, {"view": 98_361, "cart": 6_063, "fav": 3_383, "order": 2_493}),
    "ucsd-seat-inventory/2022Summer1_section.csv.gz": ("seat_levels", 7_801, 7_801, {"level": 7_801, "waiting": 7_801}),
    "gdq-live-minute/timeseries.csv.gz": ("gdq_series", 60_567, 60_567, {"viewers": 58_852, "comment": 60_567}),
    "gdq-live-minute/schedule.csv": ("gdq_schedule", 913, 913, {"cue": 913}),
}  # fmt: skip


@real
@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_account_is_what_the_source_says(name):
    mapping, rows, used, kinds = ACCOUNTS[name]
    sheet = name.endswith("schedule.csv")
    ingested = ingest([DATA / name, *([DATA / "gdq-live-minute/timeseries.csv.gz"] if sheet else [])])
    first_one = next(f for f in ingested.head.files if f["file"] == Path(name).name)
    assert (first_one["mapping"], first_one["rows"], first_one["used"]) == (mapping, rows, used)
    kinds = {"order" if k == "purchase" else k: n for k, n in kinds.items()}
    assert {k: ingested.head.kinds[k] for k in kinds} == kinds


@real
def test_counted_donations_are_the_counters_and_holes_are_marked():
    """Per event the increments add up to last minus first reading, but for readings marked as unknown."""
    raw = pd.read_csv(DATA / "gdq-live-minute/timeseries.csv.gz")
    frame = ingest(DATA / "gdq-live-minute/timeseries.csv.gz").frame()
    orders = frame[frame["kind"] == "order"].astype({"sku": str, "mark": str})
    for event, part in raw.groupby("event"):
        total = part["donations_cum"].where(part["donations_cum"] >= 0).dropna().to_numpy()
        of_event = orders[orders["sku"] == event]
        assert of_event["qty"].sum() + of_event["value"].fillna(0).sum() == total[-1] - total[0]
        assert (
            of_event["bin_s"].sum()
            == (pd.to_datetime(part["time"])[part["donations_cum"] >= 0].agg(["min", "max"]).diff().iloc[-1]).total_seconds()
        )
    assert set(orders["mark"]) == {"", "gap", "drop"}


@real
def test_seats_follow_their_polls():
    raw = pd.read_csv(DATA / "ucsd-seat-inventory/2022Summer1_section.csv.gz")
    ingested = ingest(DATA / "ucsd-seat-inventory/2022Summer1_section.csv.gz")
    frame = ingested.frame().astype({"sku": str, "kind": str})
    sign = {"order": -1, "cancel": 1, "restock": 1, "correction": 1}
    moves = frame[frame["kind"].isin(sign)]
    for item, polls in raw.groupby("item"):
        path = polls.sort_values("time", kind="stable")["available"].to_numpy()
        of_item = moves[moves["sku"] == item]
        assert (of_item["qty"] * of_item["kind"].map(sign).astype(int)).sum() == path[-1] - path[0]
    check = next(c for c in ingested.head.checks if c["check"] == "stock adds up")
    odd = (raw["enrolled"] + raw["available"] != raw["total"]).to_numpy()
    assert check["figure"] == pytest.approx(1 - odd.mean())
    assert f"line {int(np.argmax(odd)) + 2}:" in check["finding"]


def doudian(lines):
    """The invented show's orders the way 抖店 exports them: a mark, a second header row, tabs, packed sub-orders, masked names,
    two ways to write a date."""
    out = [
        "主订单编号,子订单编号,选购商品,商品数量,商家编码,订单应付金额,订单状态,订单提交时间,达人ID,收件人",
        "主单号,子单号,标题,件数,编码,应付,状态,提交,达人,密文",
    ]
    orders = [line.split(",") for line in lines if ",order," in line]
    k = 0
    while k < len(orders):
        time, _, number, sku, qty, paid = orders[k]
        if k % 50 == 0 and k + 1 < len(orders) and orders[k + 1][0] == time:
            other = orders[k + 1]
            number, sku, qty, paid = (f"{a};{b.strip()}" for a, b in zip((number, sku, qty, paid), other[2:], strict=True))
            k += 1
        shown = time.replace("-", "/") if k % 7 == 0 else time
        out.append(f"{number.split(';')[0]},{number},商品{sku},{qty},{sku},¥{paid},待发货,{shown},d1,##密文")
        k += 1
    return "\ufeff" + "\n".join(out) + "\n", orders


def test_the_invented_show_as_a_platform_would_export_it(tmp_path):
    text, orders = doudian(invent.export(invent.lived()))
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    for name in ("invented_cues.csv", "invented_stock.csv"):
        (tmp_path / name).write_bytes((invent.FOLDER / name).read_bytes())
    ingested = ingest(tmp_path, name="show")
    first_one = next(f for f in ingested.head.files if f["file"] == "orders.csv")
    assert first_one["mapping"] == "doudian_orders"
    assert (first_one["set_aside"], first_one["rejected"]) == (1, 0)
    assert first_one["repairs"].keys() == {"trim", "number", "date", "split"}
    frame = ingested.frame()
    sold = frame[frame["kind"] == "order"]
    assert sold["qty"].sum() == sum(int(o[4]) for o in orders)
    assert sold["value"].sum() == pytest.approx(sum(float(o[5]) for o in orders))
    assert first_one["rows"] - 1 + first_one["repairs"]["split"] == len(sold) == len(orders)
    ingested.write(tmp_path / "show.stream.parquet")
    stream = open_stream(tmp_path / "show.stream.parquet")
    assert [s.id for s in stream.skus if s.stock == 380] == ["mask"]
    assert len(stream.cues) == len(invent.CUES)
    assert stream.qty.sum() == sold["qty"].sum()
