"""What becomes of every line: late, double, behind, unreadable, unknown, far ahead; none stops the process or gets lost."""

import json

import pytest

from sim.replay.shadow import Shadow
from sim.replay.shadow.batch import LONGEST
from tests.replay.feeds import followed, line, small, ways
from tests.replay.shadow_records import account, readings, record, rejects

REJECTED = [
    (b"soon", "is not JSON"),
    (b'{"t": 1, "kind": "order", "sku": "mask"', "is not JSON"),
    (b"[" * 5000, "is not JSON"),
    (b'{"t": ' + b"9" * 5000 + b', "kind": "tick"}', "is not JSON"),
    (b"\xff\xfe{}", "is not UTF-8"),
    (b"[1, 2]", "is not a JSON object"),
    (b"7", "is not a JSON object"),
    (b"null", "is not a JSON object"),
    (b"{}", "kind is missing"),
    (b'{"t": 1, "kind": ["order"], "sku": "mask"}', "there is no kind ['order']; did you mean 'order'?"),
    (b'{"t": 1, "kind": "ordr", "sku": "mask"}', "there is no kind 'ordr'; did you mean 'order'?"),
    (b'{"kind": "order", "sku": "mask"}', "t is missing"),
    (b'{"t": "soon", "kind": "order", "sku": "mask"}', "t 'soon' is not a time"),
    (b'{"t": true, "kind": "order", "sku": "mask"}', "t True is not a time"),
    (b'{"t": -1, "kind": "order", "sku": "mask"}', "t -1 is not a time"),
    (b'{"t": NaN, "kind": "order", "sku": "mask"}', "t nan is not a time"),
    (b'{"t": 1e400, "kind": "order", "sku": "mask"}', "t inf is not a time"),
    (b'{"t": {"at": 1}, "kind": "order", "sku": "mask"}', "t {'at': 1} is not a time"),
    (
        b'{"t": "2026-06-18T20:00:00Z", "kind": "order", "sku": "mask"}',
        "t is a time with a time zone, but the feed's times are seconds",
    ),
    (b'{"t": 1781784000, "kind": "order", "sku": "mask"}', "t is a time Unix seconds, but the feed's times are seconds since"),
    (b'{"t": 2000000, "kind": "order", "sku": "mask"}', "t is more than 1,000,000 s after the start"),
    (b'{"t": 1, "kind": "order"}', "sku is missing"),
    (b'{"t": 1, "kind": "order", "sku": "masc"}', "sku 'masc' has no declared stock; did you mean 'mask'?"),
    (b'{"t": 1, "kind": "order", "sku": {"a": 1}}', "has no declared stock"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "qty": 0}', "qty 0 is not a whole number of units from 1 to 1,000,000"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "qty": -3}', "qty -3 is not a whole number"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "qty": 1.5}', "qty 1.5 is not a whole number"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "qty": "two"}', "qty 'two' is not a whole number"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "qty": null}', "qty None is not a whole number"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "qty": 1000001}', "qty 1000001 is not a whole number"),
    (b'{"t": 1, "kind": "restock", "sku": "mask"}', "qty None is not a whole number"),
    (b'{"t": 1, "kind": "level", "sku": "mask"}', "value None is not a number of units"),
    (b'{"t": 1, "kind": "level", "sku": "mask", "value": 2.5}', "value 2.5 is not a number of units"),
    (b'{"t": 1, "kind": "level", "sku": "mask", "value": "lots"}', "value 'lots' is not a number of units"),
    (b'{"t": 1, "kind": "viewers", "value": "many"}', "value 'many' is not a number of viewers"),
    (b'{"t": 1, "kind": "viewers", "value": NaN}', "value nan is not a number of viewers"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "seq": "a"}', "seq is not a whole number"),
    (b'{"t": 1, "kind": "order", "sku": "mask", "x": "' + b"y" * LONGEST + b'"}', f"is longer than {LONGEST:,} bytes"),
    (b"z" * 500_000, f"is longer than {LONGEST:,} bytes"),
]


def test_lines_that_cannot_be_used_are_put_aside_with_the_reason(tmp_path):
    data = b"".join(bad + b"\n" + line(k + 1).encode() + b"\n" for k, (bad, _) in enumerate(REJECTED))
    data = line(0, "tick").encode() + b"\n" + data
    _, metrics = followed(small(tmp_path, stock=100), data, tmp_path)
    assert account(metrics) == {"used": len(REJECTED) + 1, "rejected": len(REJECTED)}
    assert record(tmp_path) == [100 - len(REJECTED), 100]
    rejected = rejects(tmp_path)
    assert [r["line"] for r in rejected] == [2 + 2 * k for k in range(len(REJECTED))]
    for kept, (bad, says) in zip(rejected, REJECTED, strict=True):
        assert says in kept["reason"], kept
        assert "\n" not in kept["reason"]
        assert len(kept["reason"]) < 200
        text = bad if len(bad) <= LONGEST else bad[:1000]
        assert kept["text"] == text.decode("utf-8", "backslashreplace")


def test_names_are_text_whatever_is_in_them(tmp_path):
    """A formula, markup, a lone surrogate, quotes: kept as they came, in a format that runs nothing."""
    names = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\ud800", 'a"b', "\u202e"]
    _, metrics = followed(small(tmp_path), [json.dumps({"t": 1, "kind": "order", "sku": n}) for n in names], tmp_path)
    assert account(metrics) == {"rejected": len(names)}
    assert [json.loads(r["text"])["sku"] for r in rejects(tmp_path)] == names


def test_numbers_are_read_however_they_are_written(tmp_path):
    lines = [line(0, qty="3"), line("1", qty=2.0), line(2, "restock", qty="10"), line(2, "correction", qty=-1),
             line(3.0, sku="面膜"), line(4, "cancel"), line(5, "cart", qty=7)]  # fmt: skip
    _, metrics = followed(small(tmp_path), "\r\n".join(["\ufeff" + lines[0], *lines[1:], ""]).encode(), tmp_path)
    assert account(metrics) == {"used": 7}
    assert record(tmp_path) == [30 - 3 - 2 + 10 - 1 + 1, 29]


def test_what_moves_nothing_is_set_aside_and_does_not_move_time(tmp_path):
    lines = [line(0), line(900, "pay"), line(900, "view", sku="other"), line(900, "cue", sku=""), "", "   "]
    _, metrics = followed(small(tmp_path), lines, tmp_path)
    assert account(metrics) == {"used": 1, "aside": 3, "blank": 2}
    assert metrics["readings"] == 0


def test_lines_of_an_id_count_once_where_they_agree_in_everything(tmp_path):
    """An order number may be the id: other kinds, SKUs, times, units or prices are other lines."""
    lines = [line(0, id="7", qty=5), line(0, id=7, qty=5, seq=2), line(0, id="7", qty=1), line(0, id="7", qty=1, price=0),
             line(2, "cancel", id="7", qty=2), line(3, "cancel", id="7", qty=2), line(3, "cancel", id="7", qty=2, seen=4),
             line(3, sku="面膜", id="7"), line(4, id="7", qty=5)]  # fmt: skip
    _, metrics = followed(small(tmp_path), lines, tmp_path)
    assert account(metrics) == {"used": 7, "duplicate": 2}
    assert record(tmp_path) == [30 - 5 - 1 - 1 + 2 + 2 - 5, 29]


def test_what_is_remembered_survives_a_restart(tmp_path):
    """Ids, the newest level of a SKU, the crowd, which SKUs have orders, the units so far: each decides about a later line."""
    lines = [line(0, id="x"), line(1, "level", sku="面膜", value=20), line(1, "viewers", value=5), line(2)]
    more = [line(0, id="x"), line(0.5, "level", sku="面膜", value=9), line(0.5, "viewers", value=7), line(4, "level", value=3)]
    for upto in (4, 8):
        _, metrics = followed(small(tmp_path), [*lines, *more][:upto], tmp_path)
    assert account(metrics) == {"used": 5, "duplicate": 1, "behind": 2}
    assert followed(small(tmp_path), [*lines, *more], tmp_path, "b")[1]["kinds"] == metrics["kinds"]
    for name in ("a", "b"):
        assert record(tmp_path, name) == [3, 20]


def test_ids_are_remembered_so_long(tmp_path):
    lines = [line(k % 6, id=k % 6) for k in range(12)]
    _, metrics = followed(small(tmp_path, remember=3), lines, tmp_path, "few")
    assert metrics["lines"]["duplicate"] == 0
    _, metrics = followed(small(tmp_path, remember=6), lines, tmp_path, "enough")
    assert metrics["lines"]["duplicate"] == 6


def test_a_late_line_updates_the_figures_from_then_on(tmp_path):
    """The reading at 2 s does not know of the order of 1.5 s that comes after it; the reading at 3 s does."""
    seen, metrics = readings(tmp_path, [line(0), line(2.5), line(1.5, qty=5), line(3.2, "tick"), line(4.2, "tick")])
    assert seen == [(1.0, 29.0, 0.0, 1.0), (2.0, 29.0, 0.0, 1.0), (3.0, 23.0, 0.0, 7.0)]
    assert (metrics["late"], metrics["out_of_order"]) == (1, 1)
    seen, metrics = readings(
        tmp_path.joinpath("b").mkdir() or tmp_path / "b", [line(0), line(2.5), line(2.2, qty=5), line(9, "end")]
    )
    assert seen[2][:2] == (3.0, 23.0)
    assert (metrics["late"], metrics["out_of_order"]) == (0, 1)


def test_a_level_or_a_crowd_behind_a_newer_one_is_dropped(tmp_path):
    lines = [line(0, "viewers", value=10), line(1, "level", value=20), line(0.5, "level", value=25), line(1, "level", value=24),
             line(2.4, "viewers", value=50), line(2.3, "viewers", value=40), line(4, "end")]  # fmt: skip
    seen, metrics = readings(tmp_path, lines)
    assert account(metrics) == {"used": 4, "behind": 3}
    assert [s[:3] for s in seen] == [
        (1.0, 20.0, 10.0),
        (2.0, 20.0, 10.0),
        (3.0, 20.0, 50.0),
        (4.0, 20.0, 50.0),
        (5.0, 20.0, 50.0),
    ]


@pytest.mark.parametrize(
    ("levels", "orders"), [("auto", [10, 10, 11, 11]), ("sales", [10, 10, 11, 28]), ("set", [0, 0, 1, 1])]
)  # fmt: skip
def test_what_a_level_means(levels, orders, tmp_path):
    """Sales of 10 seen from the level alone, then an order told of, then a level again."""
    lines = [line(0.5, "level", value=20), line(2.5), line(3.5, "level", value=3), line(4.2, "tick"), line(4.9, "tick")]
    seen, _ = readings(tmp_path, lines, levels=levels)
    assert [s[3] for s in seen] == orders
    assert seen[-1][1] == 3.0 if levels != "sales" else seen[-1][1] == 2.0


def test_one_line_far_ahead_does_not_run_the_clock_away(tmp_path):
    """It waits; the next line does not confirm it, and it is rejected."""
    lines = [line(0), line(500_000), line(1.5), line(2.5), line(5, "end")]
    _, metrics = followed(small(tmp_path, jump_s=100.0), lines, tmp_path)
    assert account(metrics) == {"used": 4, "rejected": 1}
    assert rejects(tmp_path)[0]["reason"] == "t leaps 500,000 s ahead and no line follows it there"
    assert metrics["readings"] == 6


def test_a_tick_from_the_future_neither_blinds_nor_passes_in_silence(tmp_path):
    lines = [line(0), line(2400, "tick"), *(line(k) for k in range(10, 16)), line(20, "tick")]
    (tmp_path / "a.feed").write_text("".join(text + "\n" for text in lines))
    told = []
    metrics = Shadow(small(tmp_path), ways(tmp_path), told.append).run()
    assert account(metrics) == {"used": 8, "rejected": 1}
    assert (metrics["from_future"], metrics["readings"]) == (1, 20)
    assert any("line 2 is stamped 2,400 s ahead of all others; it waits for another to confirm it" in text for text in told)


def test_stock_below_zero_and_in_words(tmp_path):
    lines = [
        line(1, "level", value=900),
        line(2, "level", value=-4),
        line(3, "level", sku="面膜", value="已售罄"),
        line(9, "tick"),
    ]
    got, metrics = followed(small(tmp_path, stock=1000), lines, tmp_path)
    assert account(metrics) == {"used": 4}
    assert (metrics["below_zero"], metrics["repaired"]) == (1, 1)
    assert record(tmp_path) == [-4, 0]
    assert [(a["sku"], a["stock"]) for a in map(json.loads, got.splitlines())] == [("mask", 0.0), ("面膜", 0.0)]
    # The record that a level sets right goes below zero too.
    followed(small(tmp_path, stock=1000), [line(0, id="a"), *lines], tmp_path, "b")
    assert record(tmp_path, "b") == [-4, 0]


def test_a_gap_that_a_second_line_confirms_is_a_gap(tmp_path):
    lines = [line(0), line(300), line(301), line(302, "end")]
    got, metrics = followed(small(tmp_path, jump_s=100.0), lines, tmp_path)
    assert account(metrics) == {"used": 4}
    assert record(tmp_path) == [27, 30]
    assert got == followed(small(tmp_path), lines, tmp_path, "b")[0]
    _, metrics = followed(small(tmp_path, jump_s=100.0), lines[:2], tmp_path, "c")
    assert account(metrics) == {"used": 1, "held": 1}
    _, metrics = followed(small(tmp_path, jump_s=100.0), [lines[0], line(300, "end")], tmp_path, "d")
    assert account(metrics) == {"used": 2}


def test_a_line_that_waits_survives_a_restart(tmp_path):
    lines = [line(0), line(300), line(301)]
    for upto in (2, 3):
        _, metrics = followed(small(tmp_path, jump_s=100.0), lines[:upto], tmp_path)
    assert account(metrics) == {"used": 3}
    assert record(tmp_path) == [27, 30]
