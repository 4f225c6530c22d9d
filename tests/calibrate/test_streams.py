"""A canonical stream says the same as the full log of the run it came from; what it does not say is not made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scenarios.contract import CUE_KINDS
from sim.calibrate.grid import make_grid
from sim.calibrate.observed import CalibrationError, Observed
from sim.calibrate.streams import observe, observed_from
from sim.replay.ingest.canon import NAMES, Head, Writer

from .shows import seen, show

START = 1_781_784_000_000_000


def rows_of(log: Observed, linked: bool = True) -> pd.DataFrame:
    """The log as canonical rows."""
    rows: list[dict] = []

    def add(kind: str, t: float, sku: str, **more) -> None:
        at = START + round(t * 1e6)
        blank = dict.fromkeys(("order_id", "label", "mark", "repairs"), "")
        rows.append(blank | {"t_us": at, "seen_us": at, "kind": kind, "sku": sku, "qty": 1, "value": np.nan,
                             "bin_s": 0.0, "file": "x.csv", "line": len(rows) + 2} | more)  # fmt: skip

    by_cart = iter(np.flatnonzero(~np.isnan(log.converting.after_s)).tolist())
    carts = {}
    for k, (t, sku) in enumerate(zip(log.carts.t, log.carts.sku, strict=True)):
        carts[k] = f"c{k}"
        add("cart", t, log.skus[sku], order_id=f"c{k}" if linked else "")
    done = {round(log.carts.t[k] + log.converting.after_s[k], 5): k for k in by_cart}
    for k, (t, sku, qty) in enumerate(zip(log.orders.t, log.orders.sku, log.orders.units, strict=True)):
        own = done.get(round(t, 5))
        name = carts[own] if own is not None and not log.first[k] else f"o{k}"
        add("order", t, log.skus[sku], qty=int(qty), order_id=name)
        if not np.isnan(log.paying.after_s[k]):
            add("pay", t + log.paying.after_s[k], log.skus[sku], order_id=name)
    for cue in log.cues:
        add("cue", cue["at_s"], log.skus[cue["sku"]], label=f"{CUE_KINDS[cue['kind']]}/讲解")
    for t, v in zip(log.viewers[0][::100], log.viewers[1][::100], strict=True):
        add("viewers", t, "", value=v, qty=int(v))
    return pd.DataFrame(rows).sort_values("t_us", kind="stable")[list(NAMES)].reset_index(drop=True)


@pytest.fixture(scope="module")
def log() -> Observed:
    return seen(show(), 9)


def test_several_shows_in_one_stream_are_refused_before_anything_is_fitted(log):
    rows = rows_of(log)
    later = rows.assign(t_us=rows["t_us"] + 86_400_000_000, order_id=rows["order_id"] + "b")
    head = Head("week", "zoned", "UTC", START, START, 0.0, {}, {}, len(rows), {}, [], [], [])
    assert observed_from(head, rows).span_s < 86_400
    with pytest.raises(CalibrationError, match=r"^week holds several shows: no order from 2026-06-18T.* to 2026-06-19T.*stream="):
        observed_from(head, pd.concat([rows, later], ignore_index=True))


def test_a_stream_gives_back_the_log(log, tmp_path):
    frame = rows_of(log)
    path = tmp_path / "show.stream.parquet"
    with Writer(path, Head("show", clock="Unix seconds", resolution_s=1e-6, rows=len(frame))) as out:
        out.add(frame)
    observed = observe(path)
    place = [observed.skus.index(n) for n in log.skus]
    shift = (frame["t_us"][frame["kind"] != "cue"].min() - START) / 1e6
    assert observed.orders.total() == log.orders.total()
    assert np.allclose(observed.orders.t + shift, log.orders.t, atol=1e-5)
    assert (observed.orders.sku == np.array(place)[log.orders.sku]).all()
    assert (observed.orders.units == log.orders.units).all()
    assert observed.carts.total() == log.carts.total()
    assert (observed.first == log.first).mean() > 0.999
    assert len(observed.cues) == len(log.cues)
    assert np.nanmedian(observed.paying.after_s) == pytest.approx(np.nanmedian(log.paying.after_s), rel=1e-3)
    assert np.isnan(observed.paying.after_s).sum() == np.isnan(log.paying.after_s).sum()
    assert observed.viewers[1].mean() == pytest.approx(log.viewers[1].mean(), rel=0.01)
    assert observed.start_unix_s == pytest.approx(START / 1e6, abs=60)


def test_carts_without_a_name_are_not_linked(log):
    observed = observed_from(Head("show"), rows_of(log, linked=False))
    assert observed.first is None
    assert observed.converting is None
    assert {r.what for r in make_grid([observed]).rows} == {"orders", "carts"}
    assert all(r.carted is not None for r in make_grid([observed]).rows if r.what == "orders")


def test_stock_levels_shut_and_broken_bins_too(log):
    """Stock came back at 700 s, in a pitch of 660 s that was on without any: its host went on to another item."""
    frame = rows_of(log)
    extra = frame.iloc[[0, 0, 0, 0]].assign(kind=["level", "level", "order", "order"], sku="甲", order_id="",
                                            value=[0.0, 5.0, np.nan, np.nan],
                                            t_us=[START + s * 10**6 for s in (600, 700, 900, 950)],
                                            mark=["", "", "catch_up", ""], bin_s=[0.0, 0.0, 45.0, 30.0])  # fmt: skip
    observed = observed_from(Head("show"), pd.concat([frame, extra]))
    origin = START / 1e6 - observed.start_unix_s
    spells = sorted((round(float(w["from_s"] - origin)), round(float(w["to_s"] - origin))) for w in observed.shut)
    assert spells == [(600, 900), (900, 945), (950, 980)]
    grid = make_grid([observed])
    row = next(r for r in grid.rows if r.sku == "甲" and r.what == "orders")
    assert not row.used[int(650 + origin)]
    assert not row.used[int(750 + origin)]
    assert row.used[int(1000 + origin)]
    assert not row.used[int(920 + origin)]


def cut_to_stock(frame: pd.DataFrame, stock: int, back: int) -> pd.DataFrame:
    """The rows, with the orders of 甲 beyond ``stock`` orders away, and the first ``back`` of them closed 900 s later."""
    own = frame[(frame["kind"] == "order") & (frame["sku"] == "甲")]
    closed = own.iloc[:back].assign(kind="cancel", t_us=own["t_us"].iloc[:back] + 900 * 10**6)
    whole = pd.concat([frame.drop(index=own.index[stock:]), closed])
    return whole.sort_values("t_us", kind="stable").reset_index(drop=True)


def test_where_stock_leaves_on_payment_a_closing_brings_nothing_back(log):
    """Orders beyond the stock tell it."""
    frame = cut_to_stock(rows_of(log), 100, 50)
    declared = {"甲": {"stock": 80}, "乙": {"stock": 10**6}}
    (spell,) = observed_from(Head("show", declared=declared), frame).shut
    assert spell["to_s"] == 1e9


def test_a_bin_half_shut_counts_half():
    """Half the time open, half the exposure: the rate of a steady stream does not change (1 in 1000: 3.3 sd)."""
    from dataclasses import replace

    from sim.calibrate.intensity import Model, Spec
    from sim.calibrate.likelihood import maximise
    from sim.calibrate.observed import MARK_DTYPE, WINDOW_DTYPE, events

    rng = np.random.Generator(np.random.PCG64(1))
    t = np.sort(rng.random(4000) * 4000)
    t = t[(t % 1) < 0.5]
    none = events(np.zeros(0), np.zeros(0, int))
    shut = np.array([(0, k + 0.5, k + 1.0) for k in range(4000)], WINDOW_DTYPE)
    observed = Observed("x", 4000.0, ("a",), events(t, np.zeros(len(t), int)), none, np.zeros(0, MARK_DTYPE), shut=shut)
    fit = maximise(Model(Spec(), make_grid([observed], trend=0)))
    assert np.exp(fit.value("uncued:a")) == pytest.approx(1.0, abs=3.3 / np.sqrt(2000))
    open_fit = maximise(Model(Spec(), make_grid([replace(observed, shut=shut[:0])], trend=0)))
    assert np.exp(open_fit.value("uncued:a")) == pytest.approx(0.5, abs=0.05)


def test_a_stream_without_orders_says_what_it_holds(log):
    frame = rows_of(log)
    with pytest.raises(CalibrationError, match=r"no orders at all \(it holds cart, cue, pay, viewers\)"):
        observed_from(Head("show"), frame[frame["kind"] != "order"])
    with pytest.raises(CalibrationError, match="no order of 丙"):
        observed_from(Head("show"), frame, ["丙"])
