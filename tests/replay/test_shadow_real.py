"""The real streams as live feeds, where they are at hand."""

import pytest

from sim.replay import load
from sim.setup.policies import make_policy
from tests.replay.feeds import feed_lines, followed, planned, replayed
from tests.replay.test_replay_real import DATA, DONATIONS, SCHEDULE, SEATS, START, WHY

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=WHY)
NAMES = ("smart", "window_forecast", "tiered")


def test_donations_with_the_schedule_as_cues(tmp_path):
    loaded = load(DONATIONS, cues=SCHEDULE, stock=1500, zone="UTC", start=START, end="2020-01-06T08:00:00Z")
    some = [make_policy(name) for name in NAMES]
    want = replayed(loaded, some)
    got, metrics = followed(planned(loaded.stream, some, tmp_path), feed_lines(loaded.stream), tmp_path)
    assert got == want
    assert metrics["alerts"] > 5
    assert metrics["lines"]["used"] == len(loaded.stream.t) + 2


def test_seats_with_an_hour_in_a_minute(tmp_path):
    """Stock levels over weeks, in which hours may pass without a change: 60 recorded seconds a second of the show."""
    loaded = load(SEATS, speedup=60)
    some = [make_policy(name) for name in ("smart", "percent_of_stock")]
    want = replayed(loaded, some)
    got, metrics = followed(planned(loaded.stream, some, tmp_path), feed_lines(loaded.stream), tmp_path)
    assert got == want
    assert metrics["alerts"] > 50
