"""What is said of files is said in the language spoken, all of it: no English inside Chinese sentences."""

import re

import pytest

from sim.replay import StreamError
from sim.replay.ingest.run import ingest
from sim.replay.read import load
from sim.words import speaking
from tests.replay.exports import lay

HEAD = "order_id,time,sku,qty"
ROWS = "1,2026-11-01 01:10:00,a,1\n2,2026-11-01 01:30:00,a,1\n"
NOTED = {
    "amounts": (f"{HEAD},amount\n1,2026-06-18 20:00:00,a,1,abc\n2,2026-06-18 20:00:09,a,1,5\n", {}),
    "columns twice": (f"{HEAD},note,note\n1,2026-06-18 20:00:00,a,1,x,y\n", {}),
    "dates": (f"{HEAD}\n1,25/06/2026 20:00:00,a,1\n2,02/06/2026 20:10:00,a,1\n", {}),
    "clocks back": (f"{HEAD}\n{ROWS}", {"zone": "America/New_York"}),
    "one array": ('[{"order_id": "1", "time": "2026-06-18 20:00:00", "sku": "a", "qty": 1}]', {}),
}
REFUSED = {
    "day or month": f"{HEAD}\n1,06/07/2026 20:00:00,a,1\n",
    "both orders": f"{HEAD}\n1,25/06/2026 20:00:00,a,1\n2,06/27/2026 20:10:00,a,1\n",
    "columns": "foo,bar\n1,2\n",
}
ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")


@pytest.fixture(autouse=True)
def chinese():
    with speaking("zh"):
        yield


@pytest.mark.parametrize("case", NOTED)
def test_notes_of_a_file_are_chinese(case, tmp_path):
    text, more = NOTED[case]
    ingested = ingest(lay(tmp_path, f"a.{'json' if case == 'one array' else 'csv'}", text), **more)
    assert len(ingested.head.notes) >= 1 + (case != "clocks back")
    assert not [n for n in ingested.head.notes if ENGLISH.search(n)]


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_file_is_refused_in_chinese(case, tmp_path):
    with pytest.raises(StreamError) as refused:
        ingest(lay(tmp_path, "a.csv", REFUSED[case]))
    assert not ENGLISH.search(str(refused.value))


def test_a_workbook_that_is_none_is_refused_in_chinese(tmp_path):
    with pytest.raises(StreamError, match=r"^a\.xlsx 不是"):
        ingest(lay(tmp_path, "a.xlsx", b"PK\x03\x04xxxx"))


def test_why_cues_are_set_aside_is_chinese(tmp_path):
    lay(tmp_path, "orders.csv", f"{HEAD}\n1,2026-06-18 20:00:00,a,1\n2,2026-06-18 20:09:00,b,1\n3,2026-06-18 20:19:00,a,1\n")
    lay(
        tmp_path,
        "cues.csv",
        "start_time,sku,kind\n2026-06-18 20:01:00,c,deal\n2026-06-18 20:01:00,a,deal\n2026-06-18 22:01:00,a,deal\n",
    )
    notes = load(tmp_path, stock=5).notes
    assert len([n for n in notes if "说的是别的 SKU" in n or "在录像之外" in n]) == 2
    assert not [n for n in notes if ENGLISH.search(n)]
