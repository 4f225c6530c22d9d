"""Bad input about the world: one sentence, exit code 2, nothing written."""

from __future__ import annotations

from dataclasses import fields

import pytest

from scenarios.spread import Spread
from sim.cli import main as cli

BOUNDS = [(f.name, f.metadata["low"], f.metadata["high"]) for f in fields(Spread)]
PLAIN = ("rehearse", "strategy=silent", "replicates=1", "figure=none")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, folder, *words: str) -> str:
    """The one sentence with which these words are refused."""
    assert cli.main(list(words)) == 2
    text = capsys.readouterr().err.strip()
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1
    assert not [p for p in folder.iterdir() if p.suffix not in (".csv", ".yaml")]
    return text


@pytest.mark.parametrize(("name", "low", "high"), BOUNDS)
def test_a_spread_out_of_bounds(name, low, high, capsys, folder):
    for value in (low - 0.5, high + 0.5):
        refusal = refused(capsys, folder, *PLAIN, f"scenario.spread.{name}={value}")
        assert f"spread.{name}" in refusal
        assert "outside its bounds" in refusal


def test_a_spread_that_does_not_exist(capsys, folder):
    assert "did you mean 'mood_sd'" in refused(capsys, folder, *PLAIN, "scenario.spread.mod_sd=0.1")
    assert "did you mean 'certain'" in refused(capsys, folder, *PLAIN, "scenario.spread=certian")


@pytest.mark.parametrize("hour", ["-1", "25", "8pm"])
def test_hours_that_do_not_exist(hour, capsys, folder):
    assert "start_hour" in refused(capsys, folder, *PLAIN, f"scenario.start_hour={hour}")


def test_an_hour_as_clocks_show_it(capsys, folder):
    assert "scenario.start_hour=20.5" in refused(capsys, folder, *PLAIN, "scenario.start_hour=20:30")


@pytest.mark.parametrize("words", ["scenario.audience.day_peak_h=25", "scenario.audience.day_swing=1.5"])
def test_a_day_that_does_not_exist(words, capsys, folder):
    assert "outside its bounds" in refused(capsys, folder, *PLAIN, words)


def test_zones_that_do_not_exist(capsys, folder):
    rows = "order_id,sku,qty,time\n" + "".join(f"{k},mask,1,2026-03-01 20:{k:02d}:00\n" for k in range(30))
    (folder / "orders.csv").write_text(rows, encoding="utf-8")
    for zone in ("Mars/Olympus", "+25:00", "Asia/Shangai"):
        refusal = refused(capsys, folder, "calibrate", "stream=orders.csv", f"zone={zone}")
        assert zone in refusal


def test_a_recording_that_says_too_little(capsys, folder):
    """Thirty orders in half an hour: what is missing is said."""
    rows = "order_id,sku,qty,time\n" + "".join(f"{k},mask,1,2026-03-01 20:{k:02d}:00\n" for k in range(30))
    (folder / "orders.csv").write_text(rows, encoding="utf-8")
    refusal = refused(capsys, folder, "calibrate", "stream=orders.csv", "zone=Asia/Shanghai")
    assert "30 orders are too few" in refusal
    assert "at least 100" in refusal


def test_a_night_given_twice(capsys, folder):
    rows = "order_id,sku,qty,time\n" + "".join(f"{k},mask,1,2026-03-01 20:{k // 4:02d}:{k % 4 * 13:02d}\n" for k in range(200))
    for name in ("a", "b"):
        (folder / f"{name}.csv").write_text(rows, encoding="utf-8")
    refusal = refused(capsys, folder, "calibrate", "stream=[a.csv,b.csv]", "zone=Asia/Shanghai")
    assert "same orders at the same times" in refusal


def test_sources_out_of_bounds(capsys, folder):
    for words in ("scenario.feed.stock.lag_s=-1", "scenario.feed.carts.loss_p=1.5", "scenario.feed.orders.period_s=0"):
        assert "outside its bounds" in refused(capsys, folder, *PLAIN, words)
    assert "did you mean" in refused(capsys, folder, *PLAIN, "scenario.feed.stok.lag_s=1")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("scenario.bundles.gift-box.price=-1", "outside its bounds"),
        ("scenario.bundles.gift-box.parts.brush.units=0", "outside its bounds"),
        ("scenario.bundles.gift-bx.price=5", "gift-box"),
    ],
)
def test_bundles_out_of_bounds(words, says, capsys, folder):
    assert says in refused(capsys, folder, *PLAIN, "scenario=gift_box", words)
