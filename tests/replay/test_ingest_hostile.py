"""Parquet, sizes meant to hurt, and the command."""

import gzip
import io
import os
import resource
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.app.ingest import sentences
from sim.cli.main import main
from sim.replay import StreamError
from sim.replay.ingest.mapping import read_mapping, shipped
from sim.replay.ingest.run import ingest
from tests.replay.exports import HEAD, T, lay, sold

# -- Parquet ----------------------------------------------------------------------------------------------------


def test_parquet_bytes_and_codes_that_became_floats(tmp_path):
    columns = {
        "order_id": pa.array([b"1", b"2", b"3"]),
        "time": pa.array([f"{T}00", f"{T}05", f"{T}06"]).cast(pa.large_binary()),
        "sku": pa.array([123.0, None, 77.0]),
        "qty": [1.0, 2.0, 3.0],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert sold(ingest(tmp_path / "a.parquet")) == {"123": 1, "77": 3}


def test_codes_that_became_floats_in_text(tmp_path):
    lay(tmp_path, "o.csv", f"{HEAD}1.0,{T}00,123.0,2.0\n2.0,{T}05,,1.0\n")
    lay(tmp_path, "s.csv", "sku,stock\n123,50\n")
    assert sold(ingest(tmp_path)) == {"123": 2}


def test_parquet_that_is_no_utf8_is_refused(tmp_path):
    pq.write_table(pa.table({"order_id": ["1"], "timename": [f"{T}00"]}), tmp_path / "a.parquet", compression="none")
    data = (tmp_path / "a.parquet").read_bytes()
    for bad in (data.replace(b"timename", b"tim\xff\xfeame"), data.replace(f"{T}00".encode(), b"\xff" * len(f"{T}00"))):
        with pytest.raises(StreamError, match=r"^[^\n]+$"):
            ingest(lay(tmp_path, "b.parquet", bad))


# -- hostile sizes ----------------------------------------------------------------------------------------------


def test_a_key_of_its_own_in_every_line_costs_nothing(tmp_path):
    lines = "".join(f'{{"order_id":{k},"time":"{T}{k % 60:02d}","sku":"m","qty":1,"k{k}":1}}\n' for k in range(20_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ingested = ingest(lay(tmp_path, "a.jsonl", lines))
    assert sold(ingested) == {"m": 20_000}
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 200
    assert len(ingested.head.files[0]["unused"]) <= 200


def test_more_columns_than_a_spreadsheet_has_are_refused(tmp_path):
    with pytest.raises(StreamError, match="40,000 columns"):
        ingest(lay(tmp_path, "a.csv", ",".join(f"c{k}" for k in range(40_000)) + "\n"))
    broken = f"{HEAD}1,{T}00,m,2\n" + "," * 40_000 + "x\n"
    assert ingest(lay(tmp_path, "c.csv", broken)).head.files[0]["rejected"] == 1
    wide = ",".join(["order_id", "time", "sku", *(f"c{k}" for k in range(16_000))])
    row = ",".join(["1", f"{T}00", "m", *["x"] * 16_000])
    ingested = ingest(lay(tmp_path, "b.csv", wide + "\n" + row + "\n"))
    assert sold(ingested) == {"m": 1}
    assert ingested.head.files[0]["unused_columns"] == 16_000


def test_an_object_with_more_names_than_a_spreadsheet_has_columns_is_refused(tmp_path):
    wide = ",".join(f'"k{k}":1' for k in range(40_000))
    with pytest.raises(StreamError, match="40,000 columns"):
        ingest(lay(tmp_path, "a.jsonl", f"{{{wide}}}\n"))
    good = f'{{"order_id":1,"time":"{T}00","sku":"m","qty":1}}\n'
    ingested = ingest(lay(tmp_path, "b.jsonl", f'{good}{{"order_id":2,"time":"{T}00","sku":"m","more":{{{wide}}}}}\n'))
    assert (sold(ingested), ingested.head.files[0]["rejected"]) == ({"m": 1}, 1)


def test_a_header_that_comes_again_and_again_costs_little(tmp_path):
    ingested = ingest(lay(tmp_path, "a.csv", HEAD * 20_000 + f"1,{T}00,m,2\n" + HEAD))
    assert sold(ingested) == {"m": 2}
    assert ingested.head.files[0]["aside"] == {"header row again": 20_000}


def test_deep_json_is_a_reject_and_no_crash(tmp_path):
    good = f'{{"order_id":1,"time":"{T}00","sku":"m"}}\n'
    deep = '{"a":' * 5_000 + "1" + "}" * 5_000 + "\n"
    near = f'{{"order_id":2,"time":"{T}01","sku":"m","x":' + "[" * 900 + "]" * 900 + "}\n"
    ingested = ingest(lay(tmp_path, "a.jsonl", good + deep + near))
    assert ingested.head.files[0]["rejected"] in (1, 2)
    assert ingested.head.files[0]["used"] in (1, 2)


@pytest.mark.parametrize(
    "text",
    ["a: &a [x, x]\n" + "".join(f"{chr(98 + k)}: &{chr(98 + k)} [*{chr(97 + k)}, *{chr(97 + k)}]\n" for k in range(12)),
     "kind: " + "[" * 5_000, "kind: orders\ncolumns: " + "{a: " * 40 + "1" + "}" * 40, "kind: orders\n" + "# x\n" * 1_100_000,
     "kind: !!python/name:os.system", "kind: orders\ncolumns: {time: [" + "t, " * 2_000 + "t]}"],
)  # fmt: skip
def test_hostile_yaml_is_refused_in_one_sentence(text):
    with pytest.raises(StreamError, match=r"^[^\n]*mapping m [^\n]{1,300}$"):
        read_mapping(text, "m", "m")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(StreamError, match="a pipe or a device"):
        ingest(tmp_path / "a.csv")
    os.mkfifo(tmp_path / "m.yaml")
    with pytest.raises(StreamError, match="a pipe or a device"):
        ingest(lay(tmp_path, "b.csv", f"{HEAD}1,{T}00,m,1\n"), mapping=str(tmp_path / "m.yaml"))


def test_an_archive_that_unpacks_to_a_world_is_refused(tmp_path, monkeypatch):
    import sim.replay.ingest.workbook as workbook

    monkeypatch.setattr(workbook, "MOST_UNPACKED", 100_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("o.csv", HEAD + "x" * 200_000)
    with pytest.raises(StreamError, match="unpacks to more than"):
        ingest(lay(tmp_path, "a.zip", out.getvalue()))


# -- the command ------------------------------------------------------------------------------------------------


def test_mapping_is_a_word_of_the_command(tmp_path, monkeypatch, capsys):
    lay(tmp_path, "o.csv", f"wann,nr,ware\n{T}00,1,m\n{T}09,2,m\n")
    lay(tmp_path, "mine.yaml", "kind: orders\ncolumns: {time: wann, order_id: nr, sku: ware}\n")
    lay(tmp_path, "d.csv.gz", gzip.compress(f"id,time,amount\n1,{T}00,5\n".encode()))
    monkeypatch.chdir(tmp_path)
    for number, words in enumerate((["files=o.csv", "mapping=mine.yaml"], ["files=d.csv.gz", "mapping=gdq_donations"])):
        assert main(["ingest", *words, f"out=r{number}"]) == 0, capsys.readouterr().err


def test_the_report_says_what_it_rests_on_and_what_it_did_not_use(tmp_path):
    wide = ",".join(f"c{k}" for k in range(20))
    text = f"订单号,订单状态,商品数量(件),商品id,订单成交时间,{wide}\n1,已发货,2,77,{T}00,{',' * 19}\n"
    lines = sentences(ingest(lay(tmp_path, "a.csv", text)).head)
    assert any(line.startswith("a.csv: the layout pinduoduo_orders has certainty medium: ") for line in lines)
    assert "a.csv: 20 columns are not used: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 and 8 more" in lines


def test_every_shipped_mapping_says_how_sure_its_layout_is_and_from_where():
    for name, mapping in shipped().items():
        assert mapping.sure in ("high", "medium", "low"), name
        assert len(mapping.source) > 10, name
