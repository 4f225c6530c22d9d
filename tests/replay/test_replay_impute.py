"""The censored fit: closed forms, the likelihood's own maximum, and coverage of what was really demanded."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom, poisson

from sim.demand.streams import stream as random_stream
from sim.replay.closedtape import closed_stage, imputed_rows
from sim.replay.draws import draw
from sim.replay.impute import INTERVAL, LAST_MINUTES, impute
from tests.replay.made import orders, poisson_show, recording


def test_without_cues_or_sell_outs_the_rate_is_orders_over_time():
    made = impute(recording(orders(np.arange(5, 600, 10)), (1000,), 600.0))
    assert made.fit.base == pytest.approx([60 / 600])
    assert made.windows == ()
    assert len(draw(made, 1, 0).t) == 0


def test_a_bin_in_which_stock_ran_out_is_right_censored():
    """Bins of 60 s: 3, 6, 4 orders, then at least 5; the EM answer is the maximum of the likelihood written out."""
    counts = (3, 6, 4)
    times = [60.0 * b + 60.0 * (k + 0.5) / n for b, n in enumerate(counts) for k in range(n)] + [181, 182, 183, 184, 185]
    made = impute(recording(orders(times), (18,), 600.0))
    best = minimize_scalar(
        lambda mu: -sum(poisson.logpmf(n, mu) for n in counts) - poisson.logsf(4, mu), bounds=(1, 20), method="bounded"
    )
    assert made.fit.base[0] * 60 == pytest.approx(best.x, rel=1e-4)
    assert made.fit.base[0] * 60 > 18 / 4


def test_known_lifts_are_recovered():
    """A show long enough that both estimates lie within 10 % (four standard errors) of the truth; seed fixed."""
    stream, _ = poisson_show(random_stream(5, "show"), 10**6, rate=0.3, lift=6.0, span_s=20_000.0)
    fit = impute(stream).fit
    assert fit.base[0] == pytest.approx(0.3, rel=0.1)
    assert fit.lift[0] == pytest.approx(6.0, rel=0.1)


def test_the_interval_covers_what_was_really_demanded():
    """60 shows of known law, sold out half way: the 95 % interval of the likely orders over draws covers the demand nobody could
    serve in all but a binomial number of them (test level 0.1 %)."""
    caught = 0
    for k in range(60):
        stream, true = poisson_show(random_stream(k, "coverage"), 330)
        made = impute(stream)
        likely = np.array([draw(made, 1, r).likely.sum() for r in range(60)])
        low, high = np.quantile(likely, [0.025, 0.975])
        caught += low <= true <= high
    assert binom.ppf(0.001, 60, 0.95) <= caught


def test_bounds_are_nested_and_draws_repeat():
    stream, _ = poisson_show(random_stream(3, "show"), 250)
    made = impute(stream)
    one, again, other = (draw(made, 7, r) for r in (0, 0, 1))
    assert one.t.tobytes() == again.t.tobytes() != other.t.tobytes()
    assert 0 < one.likely.sum() < len(one.t)
    rows = {b: imputed_rows(closed_stage(stream, made, b).tape, made).sum() for b in ("low", "likely", "high")}
    assert rows["low"] == 0 < rows["likely"] < rows["high"]


def test_a_rush_before_the_sell_out_lifts_the_high_bound():
    calm = [*np.arange(30, 3600, 60), *np.arange(3601, 3661, 60)]
    rush = [*np.arange(30, 3300, 60), *np.arange(3300, 3600, 5)]
    made = [impute(recording(orders(t), (len(t),), 7200.0)) for t in (calm, rush)]
    assert [m.high(0)[1] for m in made] == [INTERVAL, LAST_MINUTES]
    assert made[1].hot[0] > 3


def test_time_without_stock_does_not_dilute_the_rate():
    seen = np.arange(5, 600, 10)
    short, long = (impute(recording(orders(seen), (60,), span)) for span in (1200.0, 12_000.0))
    assert short.fit.base == pytest.approx(long.fit.base)
    assert len(draw(long, 1, 0).t) > 5 * len(draw(short, 1, 0).t)


def test_viewers_scale_the_demand():
    from sim.core.units import US

    seen = np.arange(5, 600, 10)
    room = (np.array([0, 600, 601, 1200]) * US, np.array([100.0, 100.0, 300.0, 300.0]))
    plain, counted = recording(orders(seen), (60,), 1200.0), recording(orders(seen), (60,), 1200.0, viewers=room)
    means = [np.mean([draw(impute(s), 1, r).likely.sum() for r in range(40)]) for s in (plain, counted)]
    assert means[1] / means[0] == pytest.approx(3.0, rel=0.15)
