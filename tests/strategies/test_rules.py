"""Strategies of one rule: bounds, a person, the incumbent, lines and windows (C0-C6, C24)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.demand.streams import stream
from strategies import manual_polling


def test_silent_never_speaks(player):
    p = player("silent")
    assert p.see(1, stock=0.0) == 0
    assert p.line == 0.0


@pytest.mark.parametrize("step", [1.0, 20.0])
def test_random_rate_is_matched_whatever_the_sampling(player, step):
    hours, rate = 60, 6.0
    p, marks = player("random_rate", {"rate": rate}), stream(1, "marks").random(int(hours * 3600 / step))
    alerts = sum(p.see((i + 1) * step, mark=float(mark)) == 2 for i, mark in enumerate(marks))
    assert alerts == pytest.approx(hours * 3600 / step * (1 - math.exp(-rate * step / 3600)), abs=4 * math.sqrt(hours * rate))
    assert alerts == pytest.approx(hours * rate, abs=5 * math.sqrt(hours * rate))


@pytest.mark.parametrize(("name", "values"), [("fixed_count", {"units": 100}), ("percent_of_stock", {"share": 0.2})])
def test_a_line_grades_by_stock_only(player, name, values):
    p = player(name, {**values, "emergency_share": 0.25})
    assert [p.see(i + 1, stock=float(stock)) for i, stock in enumerate([101, 100, 26, 25, 0, 101])] == [0, 2, 2, 3, 3, 0]
    assert p.line == 100.0


def test_while_closed_only_the_emergency_line_counts(player):
    """A frozen item sells nothing: it must be able to open again with less than the prepare line."""
    p = player("fixed_count", {"units": 100, "emergency_share": 0.25})
    assert [p.see(1, stock=60.0), p.see(2, stock=20.0, closed=1.0), p.see(3, stock=60.0, closed=1.0)] == [2, 3, 0]
    assert p.line == 25.0


def polls(player, values, seconds, seed=0):
    """Moments of a person's polls: readings at which his next poll moved."""
    p, marks = player("manual_polling", values), stream(seed, "marks")
    moments = []
    for t in range(1, seconds):
        before = p.memory[manual_polling.NEXT]
        p.see(t, stock=10.0 if t > 5 else 500.0, mark=float(marks.random()))
        if t > 1 and p.memory[manual_polling.NEXT] != before:
            moments.append(t)
    return p, np.array(moments)


def test_a_person_polls_every_two_to_five_minutes(player):
    _, moments = polls(player, {}, 200_000)
    gaps = np.diff(moments)
    assert gaps.min() >= 120
    assert gaps.max() <= 301
    assert gaps.mean() == pytest.approx(210.5, abs=4 * 52 / math.sqrt(len(gaps)))


def test_watching_twice_his_capacity_doubles_the_round(player):
    _, moments = polls(player, {"n_skus": 30, "capacity": 15}, 200_000)
    gaps = np.diff(moments)
    assert gaps.mean() == pytest.approx(420.5, abs=4 * 104 / math.sqrt(len(gaps)))


def test_a_person_misses_what_happens_between_polls(player):
    p = player("manual_polling", {"units": 50})
    assert p.see(1, mark=0.99) == 0
    first = p.memory[manual_polling.NEXT]
    assert p.see(first - 1, stock=0.0) == 0, "sold out, nobody looked"
    assert p.see(first, stock=0.0, mark=0.5) == 3
    assert p.see(first + 100, stock=500.0) == 3, "what he last believed stands"


def test_tired_eyes_miss_fifteen_percent(player):
    seen = 0
    for i in range(4000):
        p = player("manual_polling", {"units": 50})
        p.memory[manual_polling.AWAKE] = 1.0
        seen += p.see(36_000, stock=10.0, mark=(i + 0.5) / 4000) > 0
    assert seen / 4000 == pytest.approx(0.85, abs=0.001)


def test_platform_default_fires_at_zero_and_past_a_number(player):
    p = player("platform_default", {"daily_units": 300})
    assert [p.see(1, stock=1.0), p.see(2, stock=0.0), p.see(3, stock=5.0)] == [0, 3, 0]
    assert [p.see(4, orders=300.0), p.see(5, orders=301.0), p.see(64, orders=400.0), p.see(66, orders=400.0)] == [0, 1, 1, 0]


def test_platform_default_is_mute_after_ten(player):
    p = player("platform_default")
    levels = [p.see(2 * i + k + 1, stock=float(k)) for i in range(15) for k in (0, 1)]
    assert sum(level == 3 for level in levels) == 10


def test_cover_time_line_is_the_articles(player):
    """500 units meant for two hours: 1.5 x 30 minutes of sales is a line near 200 (domain finding 3)."""
    p = player("cover_time")
    p.sell(500 / 7200, 1800)
    assert p.line == pytest.approx(1.5 * 500 / 7200 * 1800, rel=1e-6)


def test_cover_time_degenerates_on_a_flash_item(player):
    """500 units in five minutes: a line of 4,500 alarms from the first second; an emergency at a quarter of it shuts the shop."""
    p, eager = player("cover_time"), player("cover_time", {"emergency_share": 0.25})
    assert p.sell(500 / 300, 60)[0] == 2
    assert eager.sell(500 / 300, 60)[0] == 3
    assert p.line == pytest.approx(4500, rel=1e-6)


def test_cover_time_keeps_its_rate_through_a_freeze(player):
    p = player("cover_time")
    p.sell(1.0, 60)
    p.see(61, stock=440.0, orders=60.0, closed=1.0)
    frozen = p.line
    p.see(3000, stock=440.0, orders=60.0, closed=1.0)
    assert p.line == frozen


@pytest.mark.parametrize("least_squares", [0, 1])
def test_window_forecast_projects_to_the_safety_stock(player, least_squares):
    """At 0.2/s and 15 min ahead the line is 30 + 180 units: it speaks when the stock passes 210, not before."""
    p = player("window_forecast", {"least_squares": least_squares})
    levels = p.sell(0.2, 2400, safety=30.0)
    assert p.line == pytest.approx(210, rel=1e-9)
    first = next(i for i, level in enumerate(levels) if level == 2) + 1
    assert first == pytest.approx((500 - 210) / 0.2, abs=1)


def test_least_squares_lags_a_step_by_half_its_window(player):
    """On a step the fitted slope is half way when half the window is past it (domain 3.2)."""
    p = player("window_forecast", {"window_min": 10, "horizon_min": 10})
    p.sell(0.1, 600, stock=1e6)
    p.sell(1.1, 900, stock=1e6, start=600, orders=60.0)
    assert p.line / 600 == pytest.approx(0.6, abs=0.01)


def burnt(p, rate, until, start=0.0, stock=500.0, orders=0.0):
    """Steady sales in a show planned for an hour."""
    for t in range(int(start) + 1, int(until) + 1):
        sold = rate * (t - start)
        level = p.see(t, stock=max(0.0, stock - sold), orders=orders + sold, left=3600.0 - t)
    return level


def test_burn_rate_warns_where_the_rest_burns_off_six_times_too_fast(player):
    """Over an hour a burn of 6 leaves ten minutes: at 0.25/s the line is 150 units; 64 units burn fourteen times too fast."""
    p = player("burn_rate", {"fast_burn": 14})
    assert burnt(p, 0.25, 1390) == 0
    assert p.line == pytest.approx(0.25 * 3600 / 6)
    assert burnt(p, 0.25, 1410, start=1390, stock=500 - 0.25 * 1390, orders=0.25 * 1390) == 2
    assert burnt(p, 0.25, 1744, start=1410, stock=500 - 0.25 * 1410, orders=0.25 * 1410) == 3


def test_a_burn_is_over_when_the_short_window_says_so(player):
    """Twelve seconds of a burst are no burn of ten minutes; and fifty quiet seconds end one, though the long window remembers."""
    p = player("burn_rate")
    assert burnt(p, 0.01, 900, stock=500.0) == 0
    assert burnt(p, 5.0, 912, start=900, stock=491.0, orders=9.0) == 0
    p = player("burn_rate", {"fast_burn": 1000})
    assert burnt(p, 0.5, 600) == 2
    assert burnt(p, 0.0, 660, start=600, stock=200.0, orders=300.0) == 0
    assert p.line == 0
