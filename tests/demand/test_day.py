"""The hour of the day: arrivals that swing with it, attention that the night takes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Audience, Scenario
from scenarios.registry import load
from scenarios.spread import certain
from scenarios.staffing import Staff
from sim.core.feed import signal_of
from sim.core.response import heed_p
from sim.core.stage import set_stage
from sim.core.tape import CART
from sim.demand.audience import DAY, day_response, room, survival
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.replay import load as read
from sim.replay.invent import FOLDER
from sim.setup.policies import make_policy
from strategies.maths import night


@pytest.mark.parametrize(("share", "sigma"), [(1.0, 1.0), (0.6, 1.0), (0.0, 0.0), (0.3, 0.3)])
def test_the_response_to_the_day_is_the_transform_of_survival(share, sigma):
    """Bouncers alone: b/(1 + i w b). In general by quadrature on another grid."""
    audience = Audience(bounce_share=share, bounce_s=600.0, stay_median_s=4000.0, stay_sigma=sigma)
    u = np.linspace(0, 400_000.0, 2_000_001)
    expected = np.trapezoid(survival(audience, u) * np.exp(-1j * DAY * u), u)
    assert abs(day_response(audience) - expected) < 2e-3 * abs(expected)
    if share == 1.0:
        assert day_response(audience) == pytest.approx(600.0 / (1 + 1j * DAY * 600.0), rel=1e-3)


def test_a_warm_room_follows_the_hour():
    """V(t) = a W + a swing Re(e^(i w (t - peak)) S(w)): highest a little after the peak of arrivals, mean as without."""
    audience = Audience(arrivals_per_min=600.0, day_swing=0.7, day_peak_h=21.0)
    t, viewers = room(audience, 86_400.0, (), 9.0)
    steady = 10 * audience.mean_stay_s()
    assert np.mean(viewers[:-1]) == pytest.approx(steady, rel=1e-6)
    assert viewers.max() == pytest.approx(steady + 7 * abs(day_response(audience)), rel=1e-6)
    late = -np.angle(day_response(audience)) / DAY
    assert t[np.argmax(viewers)] == pytest.approx(12 * 3600 + late, abs=30)
    assert late > 0


def test_a_cold_room_comes_to_the_same():
    audience = Audience(arrivals_per_min=600.0, day_swing=1.0)
    warm, cold = (room(replace(audience, warm=w), 21_600.0, (), 15.0)[1] for w in (True, False))
    assert cold[0] == 0
    assert cold[-1] == pytest.approx(warm[-1], rel=0.02)
    assert cold.min() >= 0


def test_a_show_draws_the_orders_of_its_hour():
    """At the peak 1.7 of the carts, twelve hours later 0.3 of those without a swing (4 standard errors and the hour's curve)."""
    show = certain(load("multichannel_lag"))
    plain = draw_tape(show, 1)
    for hour, factor in ((21.0, 1.7), (9.0, 0.3)):
        there = replace(show, start_hour=hour - show.duration_s / 7200, audience=replace(show.audience, day_swing=0.7))
        n, m = ((tape.kind == CART).sum() for tape in (draw_tape(there, 1), plain))
        assert abs(n / m - factor) < 0.02 + 4 * math.sqrt((factor + factor**2) / m)
    assert draw_tape(replace(show, start_hour=3.0), 1).digest() == plain.digest(), "without a swing the hour moves no shopper"


def test_night():
    assert [round(night(h), 6) for h in (4.0, 10.0, 22.0, 20.0, 13.0, 1.0, 7.0)] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.707107, 0.707107]
    staff = Staff(human_model="matching", night_loss=0.4)
    assert heed_p(staff, 1.0, 0.5, 1, 4.0) == pytest.approx(0.6 * heed_p(staff, 1.0, 0.5, 1, 20.0))
    assert heed_p(replace(staff, night_loss=1.0), 1.0, 0.5, 1, 4.0) == 0.0
    assert heed_p(replace(staff, human_model="ideal"), 1.0, 0.5, 1, 4.0) == 1.0


def test_a_tired_man_at_night_sees_less():
    """The first generation on the same shoppers at 20 h and at 3 h: a machine does as well, he oversells more."""
    show = certain(load("oversell_story"))
    alerts_at = {}
    for name in ("manual_polling", "newsvendor_freeze"):
        for hour in (20.0, 3.0):
            there = replace(show, start_hour=hour)
            policy = make_policy(name, {"night_loss": 0.8, "units": 100} if name == "manual_polling" else None)
            runs = [play(set_stage(there, draw_tape(there, 5, r)), policy) for r in range(6)]
            alerts_at[name, hour] = sum(len(run.alerts) for run in runs)
    assert alerts_at["manual_polling", 3.0] < alerts_at["manual_polling", 20.0]
    assert alerts_at["newsvendor_freeze", 3.0] == alerts_at["newsvendor_freeze", 20.0]


@pytest.mark.parametrize("hour", [0.0, 23.5, 24.0])
def test_a_strategy_knows_the_clock(hour):
    show = replace(load("first_show"), start_hour=hour)
    stage = set_stage(show, draw_tape(show, 1))
    row = int(np.flatnonzero(stage.tape.kind == 14)[-1])
    signal = signal_of(stage.world(make_policy("silent")), row, 0)
    assert signal.hour == pytest.approx((hour + signal.now / 3600) % 24)


def test_a_recording_starts_at_its_own_hour():
    assert read(FOLDER).stream.scenario().start_hour == Scenario.start_hour, "nobody says in which zone"
    assert read(FOLDER, zone="Asia/Shanghai").stream.scenario().start_hour == pytest.approx(20.0, abs=0.5)
    assert read(FOLDER, zone="Asia/Shanghai", start="2026-06-18 20:45:00").stream.scenario().start_hour == pytest.approx(20.75)
