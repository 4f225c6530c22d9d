"""Text of two and four bytes a character, which spreadsheets call Unicode text: with a mark, and without one."""

import codecs
import sys
import zipfile

import pytest

from sim.replay import StreamError
from sim.replay.ingest.run import ingest
from tests.replay.exports import book

ROWS = "订单编号{0}下单时间{0}商家编码{0}商品数量\r\n" + "".join(
    f"{k}{{0}}2026-11-11 20:01:0{k}{{0}}茶{{0}}2\r\n" for k in range(3)
)


@pytest.mark.parametrize("cell", [",", "\t"])
@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_is_told_and_read(tmp_path, name, cell):
    (tmp_path / "o.txt").write_bytes(ROWS.format(cell).encode(name))
    ingested = ingest(tmp_path / "o.txt")
    assert ingested.frame()["qty"].tolist() == [2, 2, 2]
    assert f"o.txt is not UTF-8; read as {name.upper()[:6]}" in ingested.head.notes


def test_is_refused_where_it_is_cut_off_or_none(tmp_path):
    whole = codecs.BOM_UTF16_BE + ROWS.format(",").encode("utf-16-be")
    page = "<html><table>".encode("utf-16")
    for data, says in (
        (whole[:-1], "damaged or cut-off UTF-16 text"),
        (bytes(range(256)) * 9, "is a binary file"),
        (page, "web page"),
    ):
        (tmp_path / "o.csv").write_bytes(data)
        with pytest.raises(StreamError, match=says):
            ingest(tmp_path / "o.csv")


def test_a_folder_without_a_stream_says_of_each_file_why(tmp_path):
    (tmp_path / "a.csv").write_text("<html>", encoding="utf-8")
    (tmp_path / "b.csv").write_text("colour,size\nred,5\n", encoding="utf-8")
    with pytest.raises(StreamError) as told:
        ingest(tmp_path)
    assert "holds no stream; a.csv: not used: is a web page" in str(told.value)
    assert "b.csv: not used: has the columns colour, size" in str(told.value)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of a process")
@pytest.mark.parametrize("name", ["o.xlsx", "o.zip"])
def test_a_disk_without_room_is_no_damaged_file(tmp_path, name):
    """Whatever is unpacked needs room; a folder does not pass the file over."""
    rows = [
        ["order_id", "time", "sku", "qty"],
        *([str(k), f"2026-11-11 20:{k // 60:02d}:{k % 60:02d}", "tea", 1] for k in range(900)),
    ]
    if name == "o.xlsx":
        (tmp_path / name).write_bytes(book(orders=rows))
    else:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("o.csv", "\n".join(",".join(map(str, row)) for row in rows))
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(OSError, match=f"no room to unpack {name} in .* name another folder in TMPDIR"):
            ingest(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
