"""The timeline: what is drawn is what happened, every label is there, and text can always be drawn."""

import time
import warnings
from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Audience, Cue, Leaks, Ledger, SalesChannel, Scenario, Shoppers, Sku, Supply
from scenarios.staffing import Staff
from sim.app.pictures import save
from sim.core.playbooks import PLAYBOOKS
from sim.core.response import FREEZE_SKU
from sim.core.stage import set_stage
from sim.core.units import US
from sim.core.world import ORDERED, REFUSED
from sim.demand.draw import draw_tape
from sim.engine.simulate import plain_engine, play
from sim.report.figures import style
from sim.report.figures.story import per_bin, story, thinned, time_unit
from sim.report.figures.timeline import WORDS, draw
from sim.setup.policies import make_policy


@pytest.fixture(scope="module")
def run():
    """Five minutes with a freeze, a restock, an oversell and Chinese names."""
    scenario = Scenario(
        "热卖", "five minutes", 300.0, (Sku("面膜", 60, "traffic", safety_stock=5), Sku("serum", 40)),
        (Cue(20, "面膜", "link_drop"), Cue(120, "serum", "deal"), Cue(200, "面膜", "countdown")),
        audience=Audience(900.0), shoppers=Shoppers(buy_rate=0.05), ledger=Ledger("deduct_on_payment", hold_s=60.0),
        channels=(SalesChannel("live", 0.6), SalesChannel("shelf", 0.4, 20.0)), leaks=Leaks(stale_read_s=6.0),
        staff=Staff(human_model="ideal"), supply=Supply(1.0, 60.0),
    )  # fmt: skip
    policy = make_policy("gamma_poisson", playbook=PLAYBOOKS["standard"])
    return play(set_stage(scenario, draw_tape(scenario, 1)), policy, engine=plain_engine(policy))


def test_the_story_is_what_happened(run):
    for sku in range(2):
        s = story(run, sku)
        assert s.orders.sum() <= run.stock[sku, ORDERED]
        assert s.refused.sum() <= run.stock[sku, REFUSED]
        assert len(s.alerts) == np.count_nonzero((run.alerts["sku"] == sku) & (run.alerts["level"] > 0))
        frozen = run.actions[(run.actions["sku"] == sku) & (run.actions["what"] == FREEZE_SKU)]
        assert [a for a, _ in s.closed] == [t / US for t in frozen["t"] if t / US < 300.0]
        assert all(a < b for a, b in s.closed)
        assert all(0 <= a < b for a, b, _, _ in s.cues)
    assert np.count_nonzero(run.actions["what"] == FREEZE_SKU) > 0
    assert any(len(story(run, sku).marks) for sku in range(2))


def test_the_picture_has_its_labels_and_draws_any_text(run, tmp_path):
    s = story(run, 0)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(s)
        save(figure, tmp_path / "a.png")
    assert time.perf_counter() - began < 20
    stock, _, rates, cues = figure.axes
    labels = stock.get_legend_handles_labels()[1]
    assert {"true stock left", "platform's record", "as the alert engine saw it", "no orders taken (freeze)"} <= set(labels)
    assert stock.get_ylabel() == "stock [units]"
    assert cues.get_xlabel() == "time since show start [s]"
    assert rates.get_ylabel() == "per 10 s"
    title = figure.get_suptitle()
    for part in ("gamma_poisson", "replicate 0", "seed 1"):
        assert part in title
    save(draw(s), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_actions_have_a_panel_of_their_own_and_the_stock_axis_is_honest(run):
    for sku in range(2):
        s = story(run, sku)
        stock, strip, _, _ = draw(s, "shown: because").axes
        kinds = {"freeze"} if s.closed else set()
        rows = [t.get_text() for t in strip.get_yticklabels()]
        assert len(rows) == len(kinds | {what for t, what, _ in s.marks if t <= s.duration_s})
        assert ("freeze" in rows) == bool(s.closed)
        lowest = min(0, *(int(v[t <= s.duration_s].min()) for t, v in (s.left, s.record, s.seen)))
        bottom, top = stock.get_ylim()
        assert bottom == 0 if lowest == 0 else min(1.15 * lowest, -0.03 * top) <= bottom < lowest
        labels = stock.get_legend_handles_labels()[1]
        assert not [label for label in labels if label.startswith(tuple(WORDS.values()))]
        assert stock.get_title(loc="left") == "shown: because"


def test_oversold_units_are_said_at_any_scale(run):
    s = story(run, 0)
    big = replace(s, oversold=3, left=(np.array([0.0, 100.0]), np.array([50_000, -3])))
    stock = draw(big).axes[0]
    assert "3 units oversold" in stock.get_title(loc="right")
    bottom, top = stock.get_ylim()
    assert -0.05 * top < bottom < -0.02 * top
    fine = replace(s, oversold=0, left=(np.array([0.0, 100.0]), np.array([50, 1])))
    assert draw(fine).axes[0].get_title(loc="right") == ""


def test_a_quiet_sku_can_be_drawn(run, tmp_path):
    scenario = Scenario("quiet", "nobody comes", 60.0, (Sku("a", 0),), audience=Audience(0.0))
    policy = make_policy("silent")
    still = play(set_stage(scenario, draw_tape(scenario, 1)), policy, engine=plain_engine(policy))
    save(draw(story(still, 0)), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_chinese_is_left_out_where_no_font_has_it(monkeypatch):
    monkeypatch.setattr(style, "chinese_font", lambda: None)
    assert style.text("watch 初级") == "watch"
    assert style.text("面膜").startswith("[")
    monkeypatch.setattr(style, "chinese_font", lambda: "WenQuanYi Micro Hei")
    assert style.text("watch 初级") == "watch 初级"


def test_levels_differ_in_shape_and_colour():
    marks = list(style.LEVEL_MARKS.values())
    assert len({m for m, _, _ in marks}) == len({c for _, c, _ in marks}) == 3


def test_bins_and_steps():
    assert per_bin(np.array([0.0, 10.0]), np.array([0, 4]), np.array([0.0, 10.0, 20.0])).tolist() == [0, 4]
    t, value = thinned(np.arange(6.0), np.array([5, 5, 4, 4, 4, 4]))
    assert (t.tolist(), value.tolist()) == ([0.0, 2.0, 5.0], [5, 4, 4])
    assert [time_unit(s)[0] for s in (600, 601, 5 * 3600, 86400 * 9)] == ["s", "min", "h", "d"]


def test_a_font_of_last_resort_is_no_chinese_font():
    """Matplotlib ships one that has a box for every character."""
    from matplotlib.font_manager import fontManager

    boxes = [entry.fname for entry in fontManager.ttflist if "last resort" in entry.name.lower()]
    assert not [path for path in boxes if style._has_chinese(path)]
