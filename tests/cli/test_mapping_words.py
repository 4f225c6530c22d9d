"""``ingest mapping=``: a shipped mapping, a file of one's own, one for each file, and what is said where none fits."""

import pytest

from sim.cli import main as cli
from sim.replay.ingest.canon import read_frame

MINE = "kind: orders\ncolumns: {order_id: Nr, time: Wann, sku: Ware, qty: Menge}\n"
T = "2026-11-11 20:00:0"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(MINE)
    (tmp_path / "映射 一.yaml").write_text(MINE)
    (tmp_path / "a.csv").write_text(f"Nr,Wann,Ware,Menge\n1,{T}1,tea,2\n2,{T}2,tea,1\n")
    (tmp_path / "b.csv").write_text(f"time,order_id,sku\n{T}5,9,tea\n")
    (tmp_path / "stock.csv").write_text("sku,stock\ntea,40\n")
    return tmp_path


def units(folder):
    return int(read_frame(next(folder.glob("r/*.stream.parquet")))["qty"].sum())


@pytest.mark.parametrize(
    ("files", "mapping", "total"),
    [
        ("a.csv", "mine.yaml", 3),
        ("a.csv", "映射 一.yaml", 3),
        ("b.csv", "orders", 1),
        ("[a.csv,b.csv]", "{a.csv: mine.yaml}", 4),
        ("[a.csv,b.csv]", "{a.csv: mine.yaml, b.csv: orders}", 4),
        ("[a.csv,stock.csv]", "mine.yaml", 3),
    ],
)
def test_a_mapping_is_named(shop, capsys, files, mapping, total):
    assert cli.main(["ingest", f"files={files}", f"mapping={mapping}", "out=r"]) == 0, capsys.readouterr().err
    assert units(shop) == total


@pytest.mark.parametrize(
    ("files", "mapping", "says"),
    [
        ("a.csv", "mini.yaml", "did you mean 'mine.yaml'"),
        ("a.csv", "orderz", "there is no mapping 'orderz'; did you mean 'orders'"),
        ("[a.csv,b.csv]", "mine.yaml", "b.csv has no column for time (Wann)"),
        ("a.csv", "{c.csv: mine.yaml}", "what is read (mapping=) has no file 'c.csv'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_sentence(shop, capsys, files, mapping, says):
    assert cli.main(["ingest", f"files={files}", f"mapping={mapping}", "out=r"]) == 2
    assert says in capsys.readouterr().err


def test_in_a_folder_a_mapping_must_fit_one_file(shop, capsys):
    (shop / "b.csv").unlink()
    assert cli.main(["ingest", f"files={shop}", "mapping=mine.yaml", "out=r"]) == 0
    assert units(shop) == 3
    (shop / "a.csv").write_text("x,y\n1,2\n")
    assert cli.main(["ingest", f"files={shop}", "mapping=mine.yaml", "out=q"]) == 2
    assert "not one of the files has the columns that mapping mine.yaml needs: time (Wann)" in capsys.readouterr().err
