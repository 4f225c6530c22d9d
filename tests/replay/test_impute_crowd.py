"""What the recording's cues do to the room and to those who wait for them, and where a simulated shop's stock ends."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.closed_truth import SEED, deal_at_sellout, deals
from scenarios.contract import Cue
from scenarios.kernels import KERNELS
from scenarios.spread import CERTAIN, Spread
from sim.core.units import US
from sim.demand.draw import draw_tape
from sim.demand.streams import stream as random_stream
from sim.replay.cells import people
from sim.replay.censor import windows
from sim.replay.closedtape import backdrop
from sim.replay.impute import impute
from tests.replay.made import orders, recording

CUES = tuple(Cue(200.0 + 300 * k, "s0", "deal") for k in range(9))


def test_deals_draw_people_in_where_nobody_counted_them():
    """Nine deals, then none: the room of the recording rises and falls as that of the show it is of, to two in a hundred."""
    scenario = replace(deals(), spread=CERTAIN)
    grid, viewers = draw_tape(scenario, 1, 0).room
    stream = recording(orders([5.0, 3590.0]), (60,), 3600.0, CUES)
    at = np.array([100.0, 1500.0, 2650.0, 3500.0])
    expected = np.interp(at, grid, viewers)
    assert expected[2] > 1.1 * expected[0]
    assert people(stream)(at) == pytest.approx(expected / expected[0], rel=0.02)


def test_cues_without_a_lift_leave_the_room_as_it_is():
    stream = recording(orders([5.0, 3590.0]), (60,), 3600.0, (Cue(200.0, "s0", "pitch"),))
    assert people(stream)(np.array([0.0, 250.0, 3000.0])).tolist() == [1.0, 1.0, 1.0]


def test_who_comes_early_does_not_come_with_the_others():
    """A kind that nobody saw: at its peak it brings what its declared peak says, less those who come before it."""
    t = np.sort([*np.arange(7.0, 1400.0, 10.0), *(300.0 + np.linspace(1, 20, 100)), *(900.0 + np.linspace(1, 20, 100))])
    cues = (Cue(300.0, "s0", "deal"), Cue(900.0, "s0", "deal"), Cue(1800.0, "s0", "pitch"))
    stream = recording(orders(t), (len(t),), 2200.0, cues)
    early, none = (
        impute(stream, world=replace(backdrop(), spread=Spread(mood_sd=0, slow_sd=0, mega_p=0, lead_share=share, lead_s=60)))
        for share in (0.4, 0.0)
    )
    assert early.level(0, 0) == pytest.approx(none.level(0, 0), rel=0.02)
    assert early.level(0, 2) / none.level(0, 2) == pytest.approx(0.6, rel=0.02)
    assert none.level(0, 2) / none.level(0, 0) == pytest.approx(KERNELS["pitch"].peak / KERNELS["deal"].peak, rel=0.3)


def test_a_simulated_stock_goes_with_an_order_behind_the_moment_chosen():
    """Stock that goes with the last order before a fixed moment hides a wait in which nobody came: no stopping time."""
    first = {w.sku: w.start / US for w in reversed(windows(deal_at_sellout(0).stream))}
    stops = 200.0 + 300.0 * np.arange(6, 9) + 0.7 + 2.3 * random_stream(SEED, "stops", 0).random(3)
    late = np.array([first[n] for n in range(3)]) - stops
    assert ((late > 0) & (late < 10)).all()
