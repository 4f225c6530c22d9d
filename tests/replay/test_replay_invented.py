"""The invented export: the shipped files are what the module makes, and their mess is found again."""

from sim.core import world as W
from sim.replay import invent, load


def test_the_shipped_files_are_what_the_module_makes():
    for name, text in invent.files().items():
        assert (invent.FOLDER / name).read_bytes() == text.encode("utf-8"), f"python -m sim.replay.invent would change {name}"


def test_all_of_its_mess_is_found_and_nothing_else():
    loaded = load(invent.FOLDER)
    show = loaded.counts.set_index("file").loc["invented_show.csv"]
    # The total under the table is set aside; it is no broken row.
    broken = [row for row in invent.BROKEN if not row.startswith("合计")]
    assert (show["rejected"], show["set_aside"]) == (len(broken) + invent.TWICE, 1)
    assert show["rows"] == show["used"] + show["rejected"] + 1
    assert show["out_of_order"] == invent.LATE
    assert set(broken) <= set(loaded.rejects["text"])
    assert (invent.FOLDER / "invented_show.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_reading_it_back_gives_the_stock_the_show_ended_with():
    run, stream = invent.lived(), load(invent.FOLDER).stream
    left = stream.levels.groupby("sku")["stock"].last()
    assert [left[s.id] for s in invent.SKUS] == run.stock[:, W.RECORD].tolist()
    assert len(invent.export(run)) == len(stream.t)
    assert len(stream.cues) == len(invent.CUES)
