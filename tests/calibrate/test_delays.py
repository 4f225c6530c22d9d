"""Delays under censoring: laws, shares that never come, rounding, short follow-up."""

import numpy as np
import pytest

from sim.calibrate.delays import fit_delays
from sim.calibrate.observed import Delays
from sim.demand.streams import stream


def drawn(n: int, never: float, until: float, seed: int, law: str = "lognormal") -> Delays:
    rng = stream(seed, "delays")
    after = 18.0 * np.exp(rng.standard_normal(n)) if law == "lognormal" else rng.exponential(18.0 / np.log(2), n)
    after[rng.random(n) < never] = np.inf
    return Delays(np.where(after <= until, after, np.nan), np.full(n, until))


def test_a_short_follow_up_does_not_bias_the_law():
    """A follow-up of 30 s hides a third of the payments: the median stays 18 s, where the plain median of those seen is 12 s."""
    seen = drawn(6000, 0.0, 30.0, 1)
    law = fit_delays(seen)
    assert np.nanmedian(seen.after_s) < 13
    assert law.median_s.low < 18.0 < law.median_s.high
    assert law.beyond > 0.25
    assert not law.apart


@pytest.mark.parametrize("law", ["lognormal", "exponential"])
def test_the_law_is_told_by_likelihood(law):
    told_law = fit_delays(drawn(3000, 0.15, 900.0, 2, law))
    assert told_law.law == law
    assert told_law.never.low < 0.15 < told_law.never.high
    assert told_law.apart


def test_intervals_cover():
    """40 samples of 400: 95 % intervals of share, median and sigma miss at most 13 of 120 (binomial tail 1 in 200)."""
    true = {"never": 0.12, "median_s": 18.0, "sigma": 1.0}
    missed = 0
    for seed in range(40):
        law = fit_delays(drawn(400, 0.12, 200.0, 100 + seed))
        missed += sum(not getattr(law, k).low <= v <= getattr(law, k).high for k, v in true.items())
    assert missed <= 13


def test_rounded_times_are_no_bias():
    """Both times cut to whole seconds, with a median of 3 s: taken as exact, zeros would ruin the law."""
    rng = stream(5, "delays")
    began, after = rng.random(4000) * 1000, 3.0 * np.exp(0.8 * rng.standard_normal(4000))
    rounded = np.floor(began + after) - np.floor(began)
    law = fit_delays(Delays(rounded, np.full(4000, 500.0), 1.0))
    assert law.median_s.low < 3.0 < law.median_s.high
    assert law.sigma.low < 0.8 < law.sigma.high


def test_too_few_delays_give_no_law():
    assert fit_delays(drawn(15, 0.0, 900.0, 3)) is None
