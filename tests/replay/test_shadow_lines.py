"""What becomes of every line: late, double, behind, unreadable, unknown, far ahead; none stops the process or gets lost."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core import world as W
from sim.replay import StreamError
from sim.replay.shadow import Shadow
from sim.replay.shadow.batch import LONGEST
from sim.replay.shadow.lag import Lag
from tests.replay.feeds import followed, line, small, ways

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
    (b'{"t": 1, "kind": ["order"], "sku": "mask"}', "kind ['order'] is not known; did you mean 'order'?"),
    (b'{"t": 1, "kind": "ordr", "sku": "mask"}', "kind 'ordr' is not known; did you mean 'order'?"),
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


def account(metrics):
    """Every line is in exactly one count."""
    lines = dict(metrics["lines"])
    read = lines.pop("read") + lines.pop("unfinished_bytes")
    assert sum(lines.values()) == read
    return {k: v for k, v in lines.items() if v}


def record(folder, name="a"):
    """Stock on record at the end, by SKU, from the state."""
    from sim.replay.shadow.state import load

    return load(folder / f"{name}.state")[1]["stock0"][:, W.RECORD].tolist()


def rejects(folder, name="a"):
    return [json.loads(text) for text in (folder / f"{name}.rejects").read_bytes().splitlines()]


def test_lines_that_cannot_be_used_are_put_aside_with_the_reason(tmp_path):
    data = b"".join(bad + b"\n" + line(k + 1).encode() + b"\n" for k, (bad, _) in enumerate(REJECTED))
    data = line(0, "tick").encode() + b"\n" + data
    _, metrics = followed(small(tmp_path, stock=100), data, tmp_path)
    assert account(metrics) == {"used": len(REJECTED) + 1, "rejected": len(REJECTED)}
    assert record(tmp_path) == [100 - len(REJECTED), 100]
    found = rejects(tmp_path)
    assert [r["line"] for r in found] == [2 + 2 * k for k in range(len(REJECTED))]
    for kept, (bad, says) in zip(found, REJECTED, strict=True):
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


def readings(folder, lines, **more):
    """Stock of the first SKU as the strategy saw it at each reading."""
    seen = []

    def spy(policy):
        def fold(params, memory, signal):
            if signal.price == 100.0:
                seen.append((round(signal.t, 3), signal.stock, signal.viewers, signal.orders))
            return 0

        return type("E", (), {"fold": staticmethod(fold), "stretch": staticmethod(stretch)})()

    from dataclasses import replace

    from sim.engine.stretch import stretch
    from sim.replay.shadow import show

    made = small(folder, **more)
    made = replace(made, skus=(replace(made.skus[0], price=100.0), made.skus[1]))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(show, "engine_for", spy)
        _, metrics = followed(made, lines, folder)
    return seen, metrics


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


def test_lines_after_the_end_are_rejected(tmp_path):
    _, metrics = followed(small(tmp_path), [line(0), line(1, "end"), line(2)], tmp_path)
    assert account(metrics) == {"used": 2, "rejected": 1}
    assert rejects(tmp_path)[0]["reason"] == "comes after the end of the show"


def test_what_came_before_the_start_is_rejected(tmp_path):
    lines = [line("2026-06-18T19:59:59Z"), line("2026-06-18T20:00:01Z")]
    _, metrics = followed(small(tmp_path, start="2026-06-18T20:00:00Z"), lines, tmp_path)
    assert account(metrics) == {"used": 1, "rejected": 1}
    assert rejects(tmp_path)[0]["reason"] == "t is before the start of the show"


@pytest.mark.parametrize("together", [True, False])
def test_a_first_line_from_the_future_neither_blinds_the_feed_nor_passes_in_silence(tmp_path, together):
    """Without start= the show began with it, and everything until its moment was too early."""
    late, rest = line("2026-06-18T20:50:00Z"), [line(f"2026-06-18T20:00:0{k}Z") for k in range(1, 6)]
    said = []
    (tmp_path / "a.feed").write_text("")
    shadow = Shadow(small(tmp_path), ways(tmp_path, follow=True), said.append)
    for part in [[late, *rest]] if together else [[late], rest]:
        shadow.step([one.encode() + b"\n" for one in part], 0.0)
    metrics = shadow.metrics()
    assert account(metrics) == {"used": 5, "rejected": 1}
    assert shadow.reader.counts["from_future"] == 1
    assert any("line 1, the first, is stamped far ahead of those that follow" in text for text in said)
    assert shadow.reader.clock.text(shadow.reader.start_us) == "2026-06-18T20:00:01Z"
    shadow.parts.close()
    assert rejects(tmp_path)[0]["reason"].startswith("t is far ahead of the lines that follow")


def test_clocks_of_one_family_go_together(tmp_path):
    """ISO with a zone, Unix seconds and milliseconds, and naive times where the zone is known, all mean the same moment."""
    times = ["2026-06-18T20:00:00+08:00", 1781784001, 1781784002000, "2026-06-18 20:00:03"]
    _, metrics = followed(small(tmp_path, zone="+08:00"), [line(t) for t in times], tmp_path)
    assert account(metrics) == {"used": 4}
    assert metrics["show_s"] == 3.0


def test_units_beyond_what_fits_are_rejected(tmp_path):
    lines = [line(k, "restock", qty=100_000_000) for k in range(23)]
    _, metrics = followed(small(tmp_path), lines, tmp_path)
    assert account(metrics) == {"used": 21, "rejected": 2}
    assert record(tmp_path) == [30 + 21 * 10**8, 30]


def test_a_last_line_without_its_end_waits_for_it(tmp_path):
    text = "\n".join([line(0), line(1), line(2)[:-5]]).encode()
    _, metrics = followed(small(tmp_path), text, tmp_path)
    assert (metrics["lines"]["used"], metrics["lines"]["unfinished_bytes"]) == (2, len(line(2)) - 5)
    _, metrics = followed(small(tmp_path), "\n".join([line(0), line(1), line(2)]).encode(), tmp_path)
    assert account(metrics) == {"used": 3}


@pytest.mark.parametrize("text", [b"", b"\n\n", b"   "])
def test_an_empty_feed_is_no_fault(text, tmp_path):
    got, metrics = followed(small(tmp_path), text, tmp_path)
    assert (got, metrics["lines"]["used"], metrics["readings"]) == (b"", 0, 0)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.text(max_size=40).map(lambda s: s.encode("utf-8", "replace")),
            st.dictionaries(
                st.sampled_from(["t", "kind", "sku", "qty", "value", "id", "seq", "seen", "total", "enrolled"]),
                st.one_of(st.sampled_from(["order", "level", "tick", "viewers", "restock", "mask", "end", "2026-06-18 20:00:00"]),
                          st.integers(), st.floats(), st.none(), st.booleans(), st.text(max_size=5), st.lists(st.integers()))
            ).map(lambda d: json.dumps(d).encode()),
        ).map(lambda b: b.replace(b"\n", b"")),
        max_size=30,
    )
)  # fmt: skip
def test_nothing_a_feed_can_say_stops_it_or_gets_lost(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("fuzz")
    _, metrics = followed(small(folder, "silent"), b"".join(text + b"\n" for text in lines), folder)
    counted = account(metrics)
    assert metrics["lines"]["read"] == len(lines)
    assert counted.get("rejected", 0) == len(rejects(folder))


@pytest.mark.parametrize(
    ("settings_of", "says"),
    [
        ({"length_s": 0.0}, "say its planned end"),
        ({"end": "2026-06-18 22:00"}, "not both"),
        ({"zone": "Mars"}, "is not a time zone"),
        ({"start": "soon"}, "start='soon' is not a time"),
        ({"length_s": 0.0, "end": "later"}, "end='later' is not a time"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_before_the_first_line(settings_of, says, tmp_path):
    (tmp_path / "a.feed").touch()
    with pytest.raises(StreamError, match=says):
        Shadow(small(tmp_path, **settings_of), ways(tmp_path), print)


def test_quantiles_of_the_lags():
    lag, rng = Lag(), np.arange(1, 100_001)
    lag.add(rng / 1000)
    found = lag.summary()
    assert found["p50"] == pytest.approx(50.0, rel=0.04)
    assert found["p99"] == pytest.approx(99.0, rel=0.04)
    assert (found["n"], found["max"]) == (100_000, 100.0)
    lag.add(np.array([-1.0]))
    assert lag.summary()["negative"] == 1


def test_lags_the_feed_states_are_measured(tmp_path):
    lines = [line(k, seen=k + 0.25) for k in range(50)] + [line(50, seen="soon")]
    _, metrics = followed(small(tmp_path, stock=100), lines, tmp_path)
    assert metrics["lag_s"]["seen"]["n"] == 50
    assert metrics["lag_s"]["seen"]["p50"] == pytest.approx(0.25, rel=0.04)
    assert metrics["unreadable_seen"] == 1
