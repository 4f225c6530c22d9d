"""Drift: chance alone is seldom called drift, a real change is, and too little is said to be too little."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from sim.engine.simulate import play
from sim.postmortem.drift import BY_BLOCK, BY_PAYMENT, BY_SHOW, ERROR, drift, holm
from sim.postmortem.show_profile import FEATURES, FILE, ShowProfile, cart_lead_s, of_run, of_stream, save, saved
from sim.replay import invent, load
from sim.replay.clock import StreamError
from sim.setup.policies import make_policy
from tests.postmortem.review_worlds import bursts, stage_of


def show_profile(rng, shift=1.0) -> ShowProfile:
    """A show's figures: lognormal about its shop's own, all of them independent."""
    level = np.exp(rng.normal(0, 0.2, len(FEATURES))) * shift
    figures = dict(zip(FEATURES, level.tolist(), strict=True))
    blocks = {k: (figures[k] * np.exp(rng.normal(0, 0.3, 24))).tolist() for k in list(FEATURES)[:3]}
    return ShowProfile("made", figures, blocks, rng.lognormal(3, 1, 300).tolist())


def test_four_like_shows_are_seldom_called_drift():
    """400 tables of a show like its four earlier ones: at most 5 % may cry drift; 34 of 400 would by chance once in 800."""
    rng = np.random.Generator(np.random.PCG64(5))
    alarms = 0
    for _ in range(400):
        rows = drift(show_profile(rng), [show_profile(rng) for _ in range(4)])
        assert {d.test for d in rows} == {BY_SHOW}
        alarms += any(d.drifted for d in rows)
    assert alarms < 34
    assert alarms > 2, "a test that never rejects would pass too"


def test_a_tripled_show_is_called_drift():
    """Six earlier shows that differ by 20 %, then one at three times everything."""
    rng = np.random.Generator(np.random.PCG64(6))
    rows = drift(show_profile(rng, 3.0), [show_profile(rng) for _ in range(6)])
    assert sum(d.drifted for d in rows) >= 5


def test_with_one_earlier_show_payments_and_blocks_are_compared():
    rng = np.random.Generator(np.random.PCG64(7))
    now, before = show_profile(rng), show_profile(rng)
    slow = replace(now, delays=[2.0 * x for x in now.delays])
    rows = {d.feature: d for d in drift(slow, [before])}
    assert rows["pay_delay_s"].test == BY_PAYMENT
    assert rows["pay_delay_s"].drifted
    assert rows["orders_per_min"].test == BY_BLOCK
    assert math.isnan(rows["peak_over_mean"].p)
    assert rows["peak_over_mean"].why_not.startswith("1 earlier show")


def test_what_a_show_does_not_tell_is_not_tested():
    rng = np.random.Generator(np.random.PCG64(8))
    silent = replace(show_profile(rng), figures=dict.fromkeys(FEATURES, math.nan))
    assert {d.why_not for d in drift(silent, [show_profile(rng)] * 3)} == {"this show does not tell"}
    assert drift(silent, []) == []


def test_holm_never_lowers_a_p_and_keeps_their_order():
    raw = {"a": 0.004, "b": 0.02, "c": 0.5, "d": 0.03}
    adjusted = holm(raw)
    assert all(adjusted[k] >= raw[k] for k in raw)
    assert sorted(adjusted, key=lambda k: adjusted[k]) == sorted(raw, key=lambda k: raw[k])
    assert adjusted["a"] == pytest.approx(0.016)
    assert sum(p < ERROR for p in adjusted.values()) == 1


def test_a_recording_and_the_show_behind_it_have_the_same_habits():
    """The invented export is the silent run, in whole seconds and with some rows broken."""
    recorded = of_stream(load(invent.FOLDER).stream)
    lived = of_run(invent.lived(), "lived")
    for name in ("orders_per_min", "units_per_order", "orders_per_cart", "peak_over_mean"):
        assert recorded.figures[name] == pytest.approx(lived.figures[name], rel=0.03), name
    assert math.isnan(recorded.figures["pay_delay_s"]), "the export does not say when an order was paid"
    assert lived.figures["pay_delay_s"] == pytest.approx(18.0, rel=0.15)


def test_the_lead_of_carts_is_found():
    """Orders that follow every cart 40 s later."""
    rng = np.random.Generator(np.random.PCG64(9))
    t = np.sort(rng.choice(np.repeat(rng.uniform(0, 3000, 20), 30) + rng.exponential(30, 600), 500))
    carts = (t * 1e6).astype(np.int64), np.ones(500)
    orders = carts[0] + 40_000_000, np.ones(500)
    assert cart_lead_s(orders, carts, 3600.0) == 40.0
    assert math.isnan(cart_lead_s(orders, (np.zeros(0), np.zeros(0)), 3600.0))


def test_habits_survive_their_file_and_a_broken_one_is_a_sentence(tmp_path):
    profile = of_run(play(stage_of(bursts(1.0)), make_policy("silent")), "面膜 <b>")
    save(profile, tmp_path / FILE)
    back = saved(tmp_path)
    assert str(back) == str(profile)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "NaN" not in text, "NaN is not JSON"
    for broken in ("", "[]", json.dumps({"name": "x"}), json.dumps({"figures": 3, "blocks": 2})):
        (tmp_path / FILE).write_text(broken, encoding="utf-8")
        with pytest.raises(StreamError, match=r"holds no habits\.json"):
            saved(tmp_path)
