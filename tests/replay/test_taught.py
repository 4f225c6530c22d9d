"""What other nights say of a recording: its level, and how demand goes over the night."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Sku
from scenarios.spread import CERTAIN, Spread
from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.replay.closedtape import backdrop
from sim.replay.draws import draw
from sim.replay.impute import impute
from sim.replay.taught import Taught
from sim.stats.latent import Process
from sim.stats.pooling import NightPrior
from tests.replay.made import orders, recording

SPAN_S = 4 * 3600.0


def nights(rate, between=0.3, error=0.05, course=None):
    """Other nights of so many orders a second."""
    return Taught(NightPrior(40, float(np.log(rate)), error, between, 40.0), SPAN_S, course)


def imputed(stream, world=None, taught=None, draws=60):
    imputation = impute(stream, world=world, taught=taught)
    return float(np.mean([draw(imputation, 1, r).likely.sum() for r in range(draws)]))


def steady(rate, until_s):
    return recording(orders(np.arange(1 / rate, until_s, 1 / rate)), (round(rate * until_s) - 1,), SPAN_S)


@pytest.mark.parametrize("times", [0.5, 2.0])
def test_a_level_apart_from_the_other_nights_goes_back_towards_theirs(times):
    """Half an hour with half or twice the orders of other nights: what follows lies between the recording's and the nights'."""
    stream, rest = steady(0.05 * times, 1800.0), SPAN_S - 1800.0
    alone, told = imputed(stream), imputed(stream, taught=nights(0.05, 0.25))
    assert min(times, 1) * 0.05 * rest < told < max(times, 1) * 0.05 * rest
    assert abs(np.log(told / (0.05 * rest))) < 0.95 * abs(np.log(alone / (0.05 * rest)))


def test_what_is_believed_of_a_level_leaves_the_mood_to_the_mood():
    """Nights have their moods in them: the level in an ordinary mood lies below their mean by half of the variance that passes
    within a night, and differs by what is left of their spread, the show's level at least."""
    one = steady(0.05, 1800.0)
    mean, sd, unknown = nights(0.05, 0.75, 0.1).believed(one, Spread(), 1.0)
    slow, fast = Process(0.48, 12_000.0), Process(0.55, 600.0)
    within = sum(p.sd**2 * 2 * (x - 1 + np.exp(-x)) / x**2 for p in (slow, fast) for x in [SPAN_S / p.tau_s])
    assert mean == pytest.approx(np.log(0.05) - (0.48**2 + 0.55**2 - within) / 2)
    assert sd**2 == pytest.approx(0.75**2 - within + 0.1**2)
    assert unknown == pytest.approx(0.1**2 / sd**2)
    assert nights(0.05, 0.1, 0.0).believed(one, Spread(), 1.0)[1] == Spread().level_sd
    assert nights(0.05).believed(one, Spread(), 0.0)[0] == np.log(0.05)


def test_several_items_and_counted_viewers_keep_a_level_of_their_own():
    one, told = steady(0.05, 1800.0), nights(0.05, course=(np.array([0.0, SPAN_S]), np.array([1.0, 0.1])))
    two = replace(one, skus=(*one.skus, Sku("s1", 5)))
    watched = replace(one, viewers=(np.array([0, int(SPAN_S * 1e6)]), np.array([100.0, 100.0])))
    assert told.believed(two, Spread(), 1.0) is None
    assert told.believed(watched, Spread(), 1.0) is None
    assert told.over(watched) is watched
    bare = told._replace(course=None)
    words = [t.words(s) for t in (told, bare) for s in (one, two, watched)]
    assert ["level" in w for w in words] == [True, False, False, True, False, False]
    assert [w.startswith("nothing") for w in words] == [False, False, True, False, True, True]
    assert imputed(watched, taught=told) == imputed(watched)


def test_a_night_that_falls_off_elsewhere_falls_off_here():
    """Demand of other nights falls from 1 at the stop to 1/2 and stays there; the recording is steady until then."""
    stream, at_s = steady(0.1, 7200.0), np.array([0.0, 7200.0, 7260.0, SPAN_S])
    world = replace(backdrop(), spread=CERTAIN)
    falls = nights(0.1, course=(at_s, np.array([1.0, 1.0, 0.5, 0.5])))
    assert imputed(stream, world, falls) == pytest.approx(0.1 * 0.5 * 7200.0, rel=0.06)
    assert imputed(stream, world, nights(0.1)) == pytest.approx(0.1 * 7200.0, rel=0.06)


def test_means_are_right_where_nights_differ_as_believed():
    """Fifty nights of levels and moods as believed, cut after an hour: imputed and true orders agree in the sum, though only the
    sum over all levels can; without the other nights it is too high."""
    spread, rng = Spread(mega_p=0.0, level_sd=0.6), random_stream(4, "taught")
    world, step, true, told, alone = replace(backdrop(), spread=spread), 60.0, [], [], []
    bins = int(2 * 3600 / step)
    for _night in range(50):
        log = rng.normal(0, 0.6) + sum(
            moved(rng, sd, np.exp(-step / tau), bins)
            for sd, tau in ((spread.mood_sd, spread.mood_s), (spread.slow_sd, spread.slow_s))
        )
        counts = rng.poisson(0.06 * step * np.exp(log))
        t = np.sort(np.repeat(np.arange(bins), counts) * step + step * rng.random(counts.sum()))
        stop = int(np.searchsorted(t, 3600.0)) + 1
        if stop >= len(t):
            continue
        # Closed at a moment: a stock would have ended it with a count, and that lowers what is believed without other nights.
        stream = recording(orders(t[:stop]), (10**6,), 7200.0, shut=((0, int(t[stop - 1] * US), 7200 * US),))
        moods = spread.mood_sd**2 + spread.slow_sd**2
        known = Taught(NightPrior(100, float(np.log(0.06) + moods / 2), 0.0, 0.6, 99.0), 1e9)
        true.append(len(t) - stop)
        told.append(imputed(stream, world, known, 30))
        alone.append(imputed(stream, world, None, 30))
    true, told, alone = map(np.array, (true, told, alone))
    error = np.sqrt(((told - true * told.sum() / true.sum()) ** 2).sum()) / true.sum()
    assert abs(told.sum() / true.sum() - 1) < 2 * error < 0.4
    assert alone.sum() > told.sum()


def moved(rng, sd, phi, bins):
    x = np.empty(bins)
    x[0] = rng.normal(0, sd)
    for k in range(1, bins):
        x[k] = phi * x[k - 1] + rng.normal(0, sd * np.sqrt(1 - phi**2))
    return x
