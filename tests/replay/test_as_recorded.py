"""What a recording says before any model looks at it; where a show begins; how long its cues last; the folder of an ingest."""

import pytest

from sim.app.review import review
from sim.cli.main import main
from sim.replay import StreamError, load, replay
from sim.replay.recorded import as_recorded, beyond, never_in
from sim.report.text.openloop import about_sellouts
from sim.setup.policies import make_policy

T = "2026-11-11 20:"


def shop(folder, orders, stock="sku,stock\ntea,3\ncup,5\n", cues=""):
    """A folder of a show: orders as (minute, second, sku, units)."""
    rows = [f"{k},{T}{m:02d}:{s:02d},{sku},{n}\n" for k, (m, s, sku, n) in enumerate(orders)]
    (folder / "o.csv").write_text("order_id,time,sku,qty\n" + "".join(rows))
    (folder / "stock.csv").write_text(stock)
    if cues:
        (folder / "cues.csv").write_text("start_time,sku,kind,duration\n" + cues)
    return folder


def test_an_oversell_is_told_as_recorded(tmp_path):
    stream = load(shop(tmp_path, [(0, 0, "tea", 2), (1, 0, "tea", 4), (2, 0, "cup", 6), (3, 0, "cup", 1)])).stream
    assert [(b.sku, b.units, b.t_s) for b in beyond(stream)] == [("tea", 3, 60.0), ("cup", 2, 120.0)]
    assert as_recorded(stream) == (
        "As recorded: 13 units ordered of 8 there at the start; 5 units were oversold: tea 3 (from 2026-11-11T20:01:00), "
        "cup 2 (from 2026-11-11T20:02:00)."
    )
    enough = load(tmp_path, stock=100).stream
    assert as_recorded(enough) == "As recorded: 13 units ordered of 200 there at the start; nothing was sold beyond the stock."


def test_what_came_back_is_told_too(tmp_path):
    (tmp_path / "e.csv").write_text(
        f"time,type,order_id,sku,qty\n{T}00:00,order,1,tea,5\n{T}01:00,return,1,tea,2\n{T}02:00,order,2,tea,1\n"
    )
    truth = as_recorded(load(tmp_path / "e.csv", stock=4).stream)
    assert truth.startswith(
        "As recorded: 6 units ordered of 4 there at the start, 2 came back; 1 units were oversold: tea 1 (from "
    )


def test_a_shop_that_never_had_any_stock(tmp_path):
    loaded = load(shop(tmp_path, [(0, 0, "tea", 1), (1, 0, "tea", 1)]), stock=0)
    assert never_in(loaded.stream) == ["tea"]
    assert "tea 2 (there was none from the start)" in as_recorded(loaded.stream)
    replayed = replay(loaded, [make_policy("fixed_count")])
    assert len(replayed.sellouts) == 0
    assert "every order of it was oversold" in about_sellouts(0, never_in(loaded.stream))
    assert never_in(load(tmp_path).stream) == []


@pytest.mark.parametrize(("cue", "used", "starts"), [("19:59:40", 2, -20.0), ("19:58:30", 2, -90.0), ("19:20:00", 1, 0.0)])
def test_the_show_begins_with_the_cue_that_causes_its_first_orders(tmp_path, cue, used, starts):
    cues = f"2026-11-11 {cue},tea,讲解,\n{T}10:00,tea,讲解,\n"
    stream = load(shop(tmp_path, [(0, 0, "tea", 1), (20, 0, "tea", 1)], cues=cues)).stream
    assert len(stream.cues) == used
    assert float(stream.t[0]) / 1e6 == -starts
    assert stream.span_s == 1200.0 - starts
    # A part of the recording that is asked for begins where it is asked to.
    cut = load(tmp_path, start=f"{T}00:00").stream
    assert (len(cut.cues), float(cut.t[0])) == (1, 0.0)


@pytest.mark.parametrize(("length", "kept"), [("60", 60.0), ("1分30秒", 90.0), ("", 240.0), ("2小时", 400.0), ("0", 240.0)])
def test_the_planned_length_of_a_cue_ends_the_response_to_it(tmp_path, length, kept):
    cues = f"{T}00:30,tea,讲解,{length}\n"
    stream = load(shop(tmp_path, [(0, 0, "tea", 1), (20, 0, "tea", 1)], cues=cues)).stream
    assert stream.cues[0].kernel().duration_s == kept


def test_the_folder_that_ingest_wrote_is_read_again(tmp_path, capsys):
    shop(tmp_path, [(m, 0, "tea", 1) for m in range(20)])
    assert main(["ingest", f"files={tmp_path}", f"out={tmp_path / 'made'}"]) == 0
    again, first = load(tmp_path / "made"), load(tmp_path, zone="+08:00")
    assert again.stream.t.tolist() == first.stream.t.tolist()
    assert [s.stock for s in again.stream.skus] == [3]
    words = ["strategy=fixed_count", "figure=none"]
    assert main(["replay", f"stream={tmp_path / 'made'}", *words, f"out={tmp_path / 'r'}"]) == 0
    assert "17 units were oversold: tea 17" in capsys.readouterr().out
    (tmp_path / "made/b.stream.parquet").write_bytes((tmp_path / "made/o.stream.parquet").read_bytes())
    with pytest.raises(StreamError, match=r"holds 2 streams \(b.stream.parquet, o.stream.parquet\); name one of them"):
        load(tmp_path / "made")


def test_a_review_says_first_what_was_recorded_and_asks_for_the_ledger(tmp_path):
    folder = shop(tmp_path, [(m, 0, "tea", 1) for m in range(12)])
    text = str(review(str(folder), "fixed_count", shows=0, alerts=0, figure="none", out=tmp_path / "r"))
    lines = text.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("As recorded: 12 units ordered of 3"))
    assert "9 units were oversold: tea 9" in lines[first]
    assert "it is taken to be deduct_on_order" in lines[first + 1]
    assert "scenario.ledger.mode=deduct_on_payment" in lines[first + 1]
    assert lines[first + 2].startswith("CLOSED LOOP")
    page = (tmp_path / "r/review.md").read_text(encoding="utf-8")
    assert page.index("## As recorded 实录") < page.index("## In figures 结果")
    pays = review(str(folder), "fixed_count", shows=0, alerts=0, figure="none", out=tmp_path / "p",
                  scenario={"ledger": {"mode": "deduct_on_payment", "hold_s": 900.0}})  # fmt: skip
    assert "9 units were oversold: tea 9" in str(pays)
    assert "it is taken to be" not in str(pays)
