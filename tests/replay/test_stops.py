"""Recordings that end with a count: what is expected is not what a hot night alone would say."""

import numpy as np
import pytest
from scipy import sparse

from scenarios.contract import Cue
from sim.core.units import US
from sim.demand.mood import ornstein_uhlenbeck
from sim.demand.streams import stream as random_stream
from sim.replay.cells import Cells
from sim.replay.censor import SHUT, SOLD_OUT, Window
from sim.replay.impute import impute
from sim.replay.posterior import Prior, Problem, posterior
from sim.replay.stops import MOST_STOPS, Stop, stopped
from sim.stats.latent import Process
from tests.replay.made import orders, recording

SD, TAU, STEP = 0.55, 600.0, 30.0


def fitted(counts, widths, mood, counted, bins=200):
    """An item whose level nobody knows, from counts of the first bins; counted: its stock ended them."""
    n = len(counts)
    start, none = STEP * np.arange(n), np.zeros(n)
    at = sparse.csr_matrix(np.asarray(widths, float)[:, None])
    cells = Cells(np.zeros(n, int), start, start + widths, np.asarray(counts, float), none.astype(bool), none, none, at)
    prior = Prior(np.zeros(1), np.array([1e-4]), sparse.csr_matrix(np.ones((1, 1))), np.zeros(1), -1)
    stop = Stop(np.arange(n), sparse.csr_matrix(np.full((bins - n, 1), STEP)), np.arange(n, bins))
    return posterior(Problem(cells, prior, np.arange(n), bins, STEP, (stop,) if counted else ()), mood)


@pytest.mark.parametrize("n", [8, 40])
def test_without_a_mood_it_is_one_order_less_over_the_same_time(n):
    """``(n - 1)/T``, to the order in 1/n that a normal law of the log has."""
    counts = np.full(n, 1.0)
    plain, ended = (fitted(counts, np.full(n, STEP), (), counted) for counted in (False, True))
    assert np.exp(ended.lean[0] - plain.lean[0]) == pytest.approx((n - 1) / n, abs=0.7 / n**2)


@pytest.mark.parametrize("taus", [0.5, 1.0, 3.0])
def test_under_a_mood_that_is_seen_it_is_what_the_level_would_still_lose_of_its_variance(taus):
    """Thousands of orders a bin: the variance of the level of an Ornstein-Uhlenbeck process seen for r time constants is
    ``2 sd^2/(2 + r)`` (Grenander 1950), that of its mean ``2 sd^2 (r - 1 + e^-r)/r^2``."""
    n = round(taus * TAU / STEP)
    plain, ended = (fitted(np.full(n, 5000.0), np.full(n, STEP), (Process(SD, TAU),), counted) for counted in (False, True))
    h = np.sqrt(3 * 2 * SD**2 * (taus - 1 + np.exp(-taus)) / taus**2)
    before, after = (2 * SD**2 / (2 + taus * np.exp(sign * h)) for sign in (-1, 1))
    assert plain.lean[0] - ended.lean[0] == pytest.approx((before - after) / (2 * h), rel=0.1)


def test_a_stock_gone_within_one_cell_is_not_taken_for_a_recording_of_nothing():
    """Ninety orders in 30 s: the level is known but for the mood, of which a twentieth of a time constant tells nothing."""
    plain, ended = (fitted([90.0], np.array([STEP]), (Process(SD, TAU),), counted) for counted in (False, True))
    assert 0.0 < plain.lean[0] - ended.lean[0] < 0.06


def test_the_rest_of_the_show_is_right_in_the_mean():
    """Rooms that move, stock for 20 minutes at an ordinary pace, 100 minutes in all: over 150 nights the sum is a tenth too high
    where the count is taken for a moment, and right to three standard errors (0.04 each) where it is not."""
    mood, bins, rate, stock = (Process(SD, TAU),), 200, 0.5, 600
    rng, sums, truth = random_stream(7, "nights"), np.zeros(2), 0.0
    for night in range(150):
        heat = rate * np.exp(ornstein_uhlenbeck(rng, SD, TAU, STEP * np.arange(bins)) - SD**2 / 2)
        counts = rng.poisson(heat * STEP)
        so_far = np.cumsum(counts)
        if so_far[-1] < stock:
            continue
        last = int(np.searchsorted(so_far, stock))
        left = stock - int(so_far[last] - counts[last])
        part = float(np.sort(rng.random(counts[last]))[left - 1]) * STEP
        seen, widths = np.append(counts[:last], left), np.append(np.full(last, STEP), part)
        due = np.append(STEP - part, np.full(bins - last - 1, STEP))
        truth += float(due @ heat[last:])
        for k, counted in enumerate((False, True)):
            fit = fitted(seen, widths, mood, counted)
            lowered, across, shift = fit.lowered()
            draw = random_stream(night, "draws")
            for _ in range(40):
                log_mood, theta = fit.sample(draw)
                sums[k] += due @ np.exp(log_mood + theta[0] - lowered[0] + shift @ across[0])[last:] / 40
    plain, ended = sums / truth
    assert plain > 1.06
    assert ended < plain - 0.05
    assert abs(ended - 1) < 0.12


def _cells(starts):
    n = len(starts)
    start, none = np.asarray(starts, float), np.zeros(n)
    return Cells(np.zeros(n, int), start, start + 5.0, none + 1, none.astype(bool), none, none, sparse.csr_matrix((n, 1)))


def _after(number):
    return np.array([[100.0, 130.0], [130.0, 170.0]]), sparse.csr_matrix(np.array([[30.0], [40.0]]))


def test_only_what_ran_out_ends_with_a_count():
    """A window after a window counts from where stock was back; what somebody closed ended at a moment."""
    cells = _cells([0, 5, 10, 50, 55])
    gone = (Window(0, 15 * US, 50 * US, SOLD_OUT), Window(0, 60 * US, 90 * US, SOLD_OUT))
    first, second = stopped(gone, cells, _after, 60.0, 4)
    assert (first.cells.tolist(), second.cells.tolist()) == ([0, 1, 2], [3, 4])
    assert (first.bins.tolist(), first.after.toarray().tolist()) == ([1, 2], [[30.0], [40.0]])
    shut = (Window(0, 15 * US, 50 * US, SHUT), Window(1, 60 * US, 90 * US, SOLD_OUT))
    assert stopped(shut, cells, _after, 60.0, 4) == ()


def test_of_many_stops_those_with_most_orders_count():
    starts = np.arange(0.0, 400.0, 5.0)
    windows = tuple(Window(0, int(t) * US, int(t + 5) * US, SOLD_OUT) for t in range(100, 400, 10))
    stops = stopped(windows, _cells(starts), _after, 60.0, 8)
    assert len(stops) == MOST_STOPS
    assert len(stops[0].cells) == 20


def test_a_recording_that_ran_out_expects_less_than_one_that_was_closed():
    """The same orders, a pitch to come: stock was gone with the last of them, or somebody closed the item at that moment."""
    t = np.sort([*np.arange(7.0, 1200.0, 9.0), *(300.0 + np.linspace(5, 90, 60)), *(900.0 + np.linspace(5, 90, 60))])
    cues = tuple(Cue(at, "s0", "pitch") for at in (300.0, 900.0, 1800.0))
    sold_out = recording(orders(t), (len(t),), 3000.0, cues)
    closed = recording(orders(t), (10**6,), 3000.0, cues, shut=((0, int(t[-1] * US), 3000 * US),))
    leans = [(g.best.prior.levels @ g.best.lean) for g in (impute(s).groups[0] for s in (sold_out, closed))]
    assert (leans[0] < leans[1] - 0.01).all()
