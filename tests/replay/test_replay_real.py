"""The two real streams, where they are at hand: they may not be copied into the project."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.staffing import Feed
from sim.core import world as W
from sim.replay import load, replay
from sim.setup.policies import make_policy

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DONATIONS = DATA / "gdq-agdq2020-donations" / "donations.csv"
SCHEDULE = DATA / "gdq-live-minute" / "schedule.csv"
SEATS = DATA / "ucsd-seat-inventory" / "2022Summer1_section.csv.gz"

WHY = f"real streams are not in {DATA}; their licences keep them out of the project"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=WHY)

START = "2020-01-05T16:30:00Z"


def test_donations_sell_out_at_the_kth_donation():
    raw = pd.read_csv(DONATIONS)
    times = raw.loc[raw["time"] >= START, "time"].sort_values().to_numpy()
    for k in (1, 700, 5000, len(times)):
        stream = load(DONATIONS, stock=k, start=START).stream
        assert stream.sellouts(600)["t_s"].map(stream.at).tolist() == [times[k - 1]]
    assert load(DONATIONS, stock=len(times) + 1, start=START).stream.sellouts(600).empty


def test_donations_replay_with_the_schedule_as_cues():
    loaded = load(DONATIONS, cues=SCHEDULE, stock=1500, zone="UTC", start=START, end="2020-01-06T08:00:00Z")
    counts = loaded.counts.set_index("file")
    assert (counts["rows"] == counts["used"] + counts["set_aside"] + counts["rejected"]).all()
    assert counts.loc["donations.csv", "rows"] == 25_507
    planned = pd.read_csv(SCHEDULE)["start_time"]
    assert len(loaded.stream.cues) == planned.between("2020-01-05T16:30:00", "2020-01-06T07:59:59").sum() > 10
    result = replay(loaded, [make_policy(n) for n in ("silent", "window_forecast", "smart")], feed=Feed(period_s=5.0))
    sold = result.sellouts.set_index("strategy")
    assert np.isnan(sold.loc["silent", "lead_s"])
    assert 0 < sold.loc["window_forecast", "lead_s"] <= 1800
    assert result.runs[0].stock[0, W.ORDERED] == loaded.stream.qty.sum()
    assert result.runs[0].stock[0, W.RECORD] == 1500 - loaded.stream.qty.sum()


def test_seat_levels_are_followed_exactly():
    raw = pd.read_csv(SEATS)
    loaded = load(SEATS, speedup=60)
    stream = loaded.stream
    assert loaded.counts["used"].tolist() == [len(raw)]
    paths = {sku: (p["t_s"].to_numpy(), p["stock"].to_numpy()) for sku, p in stream.levels.groupby("sku")}
    start = pd.Timestamp(raw["time"].min())
    at = (pd.to_datetime(raw["time"]) - start).dt.total_seconds() / 60
    for item, t, available in zip(raw["item"], at, raw["available"], strict=True):
        when, stock = paths[item]
        assert stock[np.searchsorted(when, t + 1e-5, "right") - 1] == available
    run = replay(loaded, [make_policy("silent")]).runs[0]
    last = raw.sort_values("time", kind="stable").groupby("item")["available"].last()
    assert run.stock[:, W.RECORD].tolist() == [last[s.id] for s in stream.skus]


def test_seats_sell_out_come_back_and_are_restocked():
    raw = pd.read_csv(SEATS)
    loaded = load(SEATS, speedup=60)
    stream = loaded.stream
    single = stream.sellouts(0.0)
    for item, polls in raw.groupby("item"):
        out = polls.sort_values("time")["available"].to_numpy() <= 0
        assert (out[1:] & ~out[:-1]).sum() == single.loc[single["sku"] == item, "times"].sum()
    assert len(stream.sellouts(600.0)) < len(single)
    assert any("restocked" in note and " 0 restocked" not in note for note in loaded.notes)
    result = replay(loaded, [make_policy("percent_of_stock"), make_policy("smart")])
    assert (result.table.groupby("strategy")["sellouts"].sum() == (stream.sellouts(600.0)["t_s"] >= 0).sum()).all()
    assert (result.table["loop"] == "open").all()
    assert "60 times faster" in result.caption
