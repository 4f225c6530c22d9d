"""What real exports do wrong: one sentence for each file that is refused, an account that adds up for each that is read."""

import contextlib

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.replay import StreamError
from sim.replay.ingest.run import ingest
from tests.replay.corpus import READ, REFUSED


def lay(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return folder


def adds_up(made):
    """Every file's rows end as accepted, repaired, set aside or rejected, and the reasons count the same."""
    for f in made.head.files:
        assert f["rows"] == f["accepted"] + f["repaired"] + f["set_aside"] + f["rejected"], f
        assert sum(f["reasons"].values()) == f["rejected"]
        assert sum(f["aside"].values()) == f["set_aside"]
    assert len(made.rejects.frame()) == sum(f["rejected"] for f in made.head.files)
    frame = made.frame()
    assert len(frame) == made.head.rows
    assert frame["t_us"].is_monotonic_increasing
    return frame


def test_the_corpus_is_wide_enough():
    assert len(REFUSED) + len(READ) >= 40


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, case):
    name, content, fragment = REFUSED[case]
    lay(tmp_path, {name: content})
    with pytest.raises(StreamError) as caught:
        ingest(tmp_path / name)
    text = str(caught.value)
    assert fragment in text
    assert name in text
    assert "\n" not in text
    assert len(text) < 400


@pytest.mark.parametrize("case", READ)
def test_a_broken_file_is_read_and_accounted_for(tmp_path, case):
    files, counts, named, quantities = READ[case]
    lay(tmp_path, files)
    ingested = ingest(tmp_path if len(files) > 1 else tmp_path / next(iter(files)))
    frame = adds_up(ingested)
    first = ingested.head.files[0]
    assert (first["accepted"], first["repaired"], first["set_aside"], first["rejected"]) == counts, first
    text = " ".join([*first["repairs"], *first["aside"], *first["reasons"], *ingested.rejects.frame()["reason"]])
    for words in named:
        assert words in text
    sold = frame[(frame["kind"] == "order") & (frame["qty"] != 0)]
    assert sold["qty"].tolist() == quantities


CELLS = ("", "-", "1", "2026-06-18 20:00:00", "1781812800", "x", '"', "a,b", "=1", "９", "¥3", "1;2")
rows = st.lists(
    st.lists(st.one_of(st.sampled_from(CELLS), st.text(max_size=6)), min_size=0, max_size=6), max_size=8)  # fmt: skip
HEADS = ("order_id,time,sku,qty,amount,status", "time,type,sku,qty", "item,time,available,enrolled,total", "time,viewers,orders",
         "start_time,sku,kind,duration", "子订单编号,订单提交时间,商品数量", "event,time,viewers,donations_cum,amount_cum_usd",
         "sku_id,update_time,op_type,amount,beginning_amount,ending_amount")  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(HEADS),
    body=rows,
    mark=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    data=st.data(),
)
def test_any_table_is_refused_in_one_sentence_or_every_row_is_accounted_for(tmp_path, head, body, mark, end, data):
    lines = [head.replace(",", mark), *(mark.join(cells) for cells in body)]
    text = end.join(lines)
    path = tmp_path / data.draw(st.sampled_from(["a.csv", "a.txt", "a.tsv"]))
    path.write_bytes(text.encode("utf-8", "replace"))
    split = data.draw(st.sampled_from([7, 64, 1 << 24]))
    try:
        ingested = ingest(path, block=split)
    except StreamError:
        return
    adds_up(ingested)
    # A row is a line that is not blank, but for quoted cells that run over several.
    plain = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [line for line in plain if line.strip()]
    if '"' not in text:
        assert ingested.head.files[0]["rows"] == len(filled) - 1


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200),
    head=st.sampled_from(
        [b"", b"order_id,time,qty\n1,5,1\n", b'{"order_id":1,"time":5}\n', b"\x1f\x8b\x08", b"PAR1", b"\xef\xbb\xbf"]
    ),
    name=st.sampled_from(["a.csv", "a.csv.gz", "a.jsonl", "a.parquet", "a.tsv"]),
)
def test_any_bytes_are_refused_in_one_sentence_or_accounted_for(tmp_path, content, head, name):
    path = tmp_path / name
    path.write_bytes(head + content)
    with contextlib.suppress(StreamError):
        adds_up(ingest(path))


@pytest.mark.parametrize("block", [1, 3, 17, 100])
def test_where_the_parts_end_changes_nothing(tmp_path, block):
    for case, (files, *_) in READ.items():
        if any(name.endswith(".parquet") for name in files) or len(files) > 1:
            continue
        name = next(iter(files))
        lay(tmp_path, files)
        whole, cut = (ingest(tmp_path / name, block=size) for size in (1 << 24, block))
        assert whole.head.files == cut.head.files, case
        pd.testing.assert_frame_equal(whole.frame(), cut.frame())
        pd.testing.assert_frame_equal(whole.rejects.frame(), cut.rejects.frame())
