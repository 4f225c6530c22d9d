"""The ends of a feed, what fits no feed, and how long lines take."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.replay import StreamError
from sim.replay.shadow import Shadow
from sim.replay.shadow.lag import Lag
from tests.replay.feeds import followed, line, small, ways
from tests.replay.shadow_records import account, record, rejects


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
    lines = []
    (tmp_path / "a.feed").write_text("")
    shadow = Shadow(small(tmp_path), ways(tmp_path, follow=True), lines.append)
    for part in [[late, *rest]] if together else [[late], rest]:
        shadow.step([one.encode() + b"\n" for one in part], 0.0)
    metrics = shadow.metrics()
    assert account(metrics) == {"used": 5, "rejected": 1}
    assert shadow.reader.counts["from_future"] == 1
    assert any("line 1, the first, is stamped far from those that follow" in text for text in lines)
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
    counts = lag.summary()
    assert counts["p50"] == pytest.approx(50.0, rel=0.04)
    assert counts["p99"] == pytest.approx(99.0, rel=0.04)
    assert (counts["n"], counts["max"]) == (100_000, 100.0)
    lag.add(np.array([-1.0]))
    assert lag.summary()["negative"] == 1


def test_lags_the_feed_states_are_measured(tmp_path):
    lines = [line(k, seen=k + 0.25) for k in range(50)] + [line(50, seen="soon")]
    _, metrics = followed(small(tmp_path, stock=100), lines, tmp_path)
    assert metrics["lag_s"]["seen"]["n"] == 50
    assert metrics["lag_s"]["seen"]["p50"] == pytest.approx(0.25, rel=0.04)
    assert metrics["unreadable_seen"] == 1
