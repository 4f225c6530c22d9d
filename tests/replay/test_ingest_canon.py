"""The canonical stream: written whole or not at all, read back as it was, opened as the replay needs it."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from scenarios.staffing import Feed
from sim.core.tape import CART, EDIT_ADD, TAKE
from sim.replay import StreamError, load, open_stream, replay
from sim.replay.ingest.canon import NAMES, Head, Writer, batches, is_stream, read_frame, read_head
from sim.setup.policies import make_policy

S = 1_000_000


def rows(*facts):
    """Canonical rows from (t [s], kind, sku, qty) and what differs from the plainest."""
    plain = {"value": np.nan, "bin_s": 0.0, "order_id": "", "label": "", "mark": "", "file": "a.csv", "repairs": ""}
    records = [{**plain, "line": k + 2, **dict(zip(("t_us", "kind", "sku", "qty"), f, strict=False)), **(f[4] if len(f) > 4 else {})}
            for k, f in enumerate(facts)]  # fmt: skip
    frame = pd.DataFrame(records)
    frame["t_us"] = frame["t_us"] * S
    frame["seen_us"] = frame["t_us"] + (frame["bin_s"] * S).astype("int64")
    return frame[list(NAMES)].sort_values("t_us", kind="stable")


def stream_file(folder, frame, kind="orders", **head):
    path = folder / "x.stream.parquet"
    files = [{"file": "a.csv", "kind": kind, "rows": len(frame), "used": len(frame)}]
    with Writer(path, Head("x", clock="seconds since the start", files=files, **head)) as out:
        out.add(frame)
    return path


ORDERS = rows((0, "order", "a", 2), (3, "cart", "a", 1), (5, "order", "b", 1), (5, "cancel", "a", 1), (9, "order", "c", 1))
STOCK = {"a": {"stock": 9}, "b": {"stock": 4, "price": 5.0}}


def test_what_was_written_is_read(tmp_path):
    path = stream_file(tmp_path, ORDERS, declared=STOCK)
    assert is_stream(path)
    assert read_head(path).declared == STOCK
    back = read_frame(path)
    assert tuple(back.columns) == NAMES
    pd.testing.assert_frame_equal(back.astype(dict.fromkeys(("kind", "sku"), object))[["t_us", "kind", "sku", "qty"]],
                                  ORDERS[["t_us", "kind", "sku", "qty"]].astype({"kind": object, "sku": object}))  # fmt: skip
    assert read_frame(path, ["cart"])["qty"].tolist() == [1]
    assert [len(b) for b in batches(path, ["qty"], rows=2)] == [2, 2, 1]


def test_it_opens_as_a_stream_and_replays(tmp_path):
    path = stream_file(tmp_path, ORDERS, declared=STOCK)
    stream = open_stream(path)
    assert [(s.id, s.stock) for s in stream.skus] == [("a", 9), ("b", 4)]
    assert stream.t.tolist() == [0, 3 * S, 5 * S, 5 * S]
    assert stream.what.tolist() == [TAKE, CART, TAKE, EDIT_ADD]
    loaded = load(path)
    assert "a.csv: 1 rows set aside (no stock declared)" in loaded.notes
    assert replay(loaded, [make_policy("silent")]).runs[0].stock.shape[0] == 2
    assert [s.stock for s in open_stream(path, stock=7).skus] == [7, 7, 7]


def test_binned_rows_enter_when_their_bin_is_over(tmp_path):
    minute = {"bin_s": 60.0}
    frame = rows((0, "order", "", 5, minute), (60, "order", "", 7, minute), (0, "viewers", "", 0, {"value": 90.0}),
                 (60, "viewers", "", 0, {"value": 120.0}))  # fmt: skip
    stream = open_stream(stream_file(tmp_path, frame, "dashboard"), stock=100)
    assert [s.id for s in stream.skus] == ["x"]
    assert stream.start_us == 60 * S
    assert (stream.t.tolist(), stream.qty.tolist(), stream.reading_s) == ([0, 60 * S], [5, 7], 60.0)
    assert stream.tape(Feed(period_s=30.0, lag_s=0.5)).viewers.tolist() == [120.0, 120.0, 120.0]


def test_returns_and_payments_find_their_orders(tmp_path):
    one, two = {"order_id": "7"}, {"order_id": "8"}
    frame = rows((0, "order", "a", 2, one), (1, "order", "a", 1, two), (2, "pay", "a", 1, two), (5, "cancel", "a", 2, one),
                 (6, "cancel", "a", 3, two))  # fmt: skip
    stream = open_stream(stream_file(tmp_path, frame, declared=STOCK))
    assert stream.order.tolist() == [-1, -1, 0, -1]
    assert stream.paid.tolist() == [-1, 2 * S, -1, -1]


def test_an_opening_is_told_back_from_the_first_level(tmp_path):
    frame = rows((0, "order", "a", 3), (10, "level", "a", 0, {"value": 17.0}), (20, "order", "a", 4), (30, "correction", "a", -2))
    stream = open_stream(stream_file(tmp_path, frame))
    assert stream.skus[0].stock == 20
    assert stream.levels["stock"].tolist() == [20, 17, 13, 11]


def test_other_files_are_refused_in_one_sentence(tmp_path):
    path = tmp_path / "y.parquet"
    ORDERS.to_parquet(path)
    with pytest.raises(StreamError, match="make one of it with: stockcue ingest files="):
        open_stream(path)
    with pytest.raises(StreamError, match="there is no file"):
        open_stream(tmp_path / "z.parquet")
    good = pq.read_table(stream_file(tmp_path, ORDERS))
    pq.write_table(good.replace_schema_metadata({b"stockcue_stream": b"99"}), path)
    with pytest.raises(StreamError, match="version 99, and version 1 is read here"):
        open_stream(path)
    pq.write_table(good.replace_schema_metadata({b"stockcue_stream": b"1"}), path)
    with pytest.raises(StreamError, match="lost the account"):
        open_stream(path)


def test_a_broken_row_is_never_written(tmp_path):
    path = tmp_path / "x.stream.parquet"
    for fault in ({"kind": "gift"}, {"qty": -1}, {"mark": "odd"}, {"seen_us": -1}):
        with pytest.raises(Exception, match=r"(?i)failed"), Writer(path, Head("x")) as out:
            out.add(ORDERS.assign(**fault))
        assert list(tmp_path.iterdir()) == []
