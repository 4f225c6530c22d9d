"""The benchmark of the live feed refuses to time what differs, and measures what it says."""

import pytest

from benchmarks import shadow as bench_shadow
from benchmarks.engine import Disagreement
from sim.setup.policies import make_policy


def test_a_feed_that_is_there_already():
    timing = bench_shadow.at_once([make_policy("smart"), make_policy("tiered")], True, True, 20_000)
    assert timing["lines"] == 20_002
    assert timing["rate"] > 0
    assert 0 < timing["p50"] <= timing["p99"] <= timing["max"]
    assert timing["alerts"] > 20


def test_a_feed_at_a_fixed_rate(monkeypatch):
    monkeypatch.setattr(bench_shadow, "RATE", 5_000)
    monkeypatch.setattr(bench_shadow, "PACED_S", 2.0)
    timing = bench_shadow.paced([make_policy("smart")])
    assert timing["lines"] == 10_002
    assert 0 <= timing["p50"] <= timing["p99"] <= timing["max"]
    assert 0 < timing["busy"] < 2


def test_nothing_is_timed_where_the_alerts_differ(monkeypatch):
    monkeypatch.setattr(bench_shadow, "wanted", lambda stream, policies: b"{}\n")
    with pytest.raises(Disagreement):
        bench_shadow.at_once([make_policy("smart")], False, False, 5_000)
