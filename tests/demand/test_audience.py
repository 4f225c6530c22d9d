"""The room: Little's law, pushes, a deal's viewers."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.contract import Audience, Cue, Push, Scenario, Sku
from sim.demand.audience import room, survival
from sim.demand.host import lifts, perform


@pytest.mark.parametrize(("share", "sigma"), [(0.0, 0.5), (0.6, 1.0), (1.0, 1.0), (0.3, 0.0)])
def test_the_mean_stay_is_the_area_under_survival(share, sigma):
    audience = Audience(bounce_share=share, stay_sigma=sigma)
    u = np.linspace(0, 60_000, 600_001)
    assert np.trapezoid(survival(audience, u), u) == pytest.approx(audience.mean_stay_s(), rel=2e-3)


def test_a_cold_room_fills_to_little_s_law():
    audience = Audience(arrivals_per_min=600.0, warm=False)
    _, viewers = room(audience, 14_400.0)
    assert viewers[0] == 0
    assert viewers[-1] == pytest.approx(10 * audience.mean_stay_s(), rel=0.01)


@pytest.mark.parametrize("duration_s", [7200.0, 86_400.0])
def test_a_lasting_push_settles_at_its_multiple_and_never_before_its_time(duration_s):
    audience = Audience(arrivals_per_min=600.0, pushes=(Push(3600.0, 1.0, duration_s),))
    t, viewers = room(audience, duration_s)
    steady = 10 * audience.mean_stay_s()
    assert viewers[t < 3598].max() == pytest.approx(steady, rel=1e-6)
    if duration_s > 10_000:
        assert viewers[-1] == pytest.approx(2 * steady, rel=0.01)


def test_a_deal_fills_the_room_by_its_lift():
    scenario = Scenario("deal", "none", 1200.0, (Sku("a", 10),), (Cue(600.0, "a", "deal"),))
    cues, records = perform(scenario, 1, 0)
    _, viewers = room(scenario.audience, 1200.0, lifts(cues, records, scenario.audience.mean_stay_s()))
    assert 1.15 < viewers.max() / viewers[0] < 1.3
