"""The imputation: closed forms, what lies beside and after the stop, and coverage of what was really demanded."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom, gamma, poisson

from benchmarks.closed_truth import first_show
from scenarios.contract import Cue, Shoppers
from scenarios.kernels import KERNELS
from scenarios.spread import CERTAIN as NO_SPREAD
from scenarios.staffing import Screen
from sim.core.tape import SUPPLY, TAKE
from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.replay.closedtape import backdrop, closed_stage, imputed_rows
from sim.replay.draws import draw, high
from sim.replay.impute import INTERVAL, LAST_MINUTES, impute
from tests.replay.made import orders, poisson_show, recording

CERTAIN = replace(backdrop(), spread=NO_SPREAD)
"""A room that does not move."""
AT_ONCE = replace(backdrop(), shoppers=Shoppers(direct_share=1.0))
"""Shoppers without carts, as in shows whose orders are drawn from a plain Poisson law."""


def drawn(made, draws=60, seed=1):
    """Likely orders of each draw."""
    return np.array([draw(made, seed, r).likely.sum() for r in range(draws)])


def test_the_rate_is_orders_over_the_time_until_the_stop():
    """Orders every 10 s until 595 s, when the last unit goes: 60 in 595 s, whatever the bin."""
    for bin_s in (5.0, 60.0, 300.0):
        imputed = impute(recording(orders(np.arange(5, 600, 10)), (60,), 1200.0), bin_s, world=CERTAIN)
        assert imputed.level(0, -1) == pytest.approx(60 / 595, rel=0.02)


def test_a_bin_in_which_stock_ran_out_is_right_censored():
    """An aggregated record, bins of 60 s: 3, 6, 4 orders, then at least 5; the answer is the maximum of the likelihood."""
    rows = [(60.0 * (b + 1), TAKE, 0, n) for b, n in enumerate((3, 6, 4, 5))]
    stream = replace(recording(rows, (18,), 600.0), bin_s=60.0)
    imputed = impute(stream, world=CERTAIN)
    best = minimize_scalar(
        lambda mu: -sum(poisson.logpmf(n, mu) for n in (3, 6, 4)) - poisson.logsf(4, mu), bounds=(1, 20), method="bounded"
    )
    assert imputed.level(0, -1) * 60 == pytest.approx(best.x, rel=0.02)
    assert imputed.level(0, -1) * 60 > 18 / 4


def test_a_pulse_counts_by_the_part_of_it_that_was_seen():
    """Two deals of 200 orders; the second stops 2 s after it began. What is left of it is imputed, to a tenth (the first
    deal knows it to about that), and lies where the kernel has it."""
    kernel = KERNELS["deal"]
    u = gamma.ppf((np.arange(200) + 0.5) / 200 * gamma.cdf(kernel.duration_s / kernel.tau_s, 2.0), 2.0) * kernel.tau_s
    first, second = 100.0 + u, 700.0 + u[u < 2.0]
    base = np.arange(7.0, 700.0, 10.0)
    cues = (Cue(100.0, "s0", "deal"), Cue(700.0, "s0", "deal"))
    for bin_s in (5.0, 60.0):
        show = recording(orders([*base, *first, *second]), (len(base) + 200 + len(second),), 800.0, cues)
        imputed = impute(show, bin_s, AT_ONCE)
        left = 200 - len(second) + 10
        assert drawn(imputed).mean() == pytest.approx(left, rel=0.1)
        t = np.concatenate([draw(imputed, 1, r).t for r in range(20)]) / US
        assert np.median(t) == pytest.approx(np.median(700 + u[u > 2.0]), abs=2.0)


def test_known_lifts_are_recovered():
    """A show long enough that both estimates lie within 10 % (four standard errors) of the truth; seed fixed."""
    stream, _ = poisson_show(random_stream(5, "show"), 10**6, rate=0.3, lift=6.0, span_s=20_000.0)
    imputed = impute(stream, world=AT_ONCE)
    assert imputed.level(0, -1) == pytest.approx(0.3, rel=0.1)
    assert np.mean([imputed.level(0, k) for k in range(8)]) == pytest.approx(0.3 * 6.0, rel=0.1)


def test_the_interval_covers_what_was_really_demanded():
    """30 shows of known law, sold out half way: the 95 % interval of the likely orders over draws covers the demand nobody could
    serve in all but a binomial number of them, and the mean is right to 10 % (test level 0.1 % each)."""
    caught, likely, true = 0, 0.0, 0
    for k in range(30):
        stream, beyond = poisson_show(random_stream(k, "coverage"), 330)
        drawn_show = drawn(impute(stream, world=AT_ONCE), 40)
        low, high = np.quantile(drawn_show, [0.025, 0.975])
        caught += low <= beyond <= high
        likely, true = likely + drawn_show.mean(), true + beyond
    assert binom.ppf(0.001, 30, 0.95) <= caught
    assert likely / true == pytest.approx(1.0, abs=0.1)


def test_bounds_are_nested_and_draws_repeat():
    stream, _ = poisson_show(random_stream(3, "show"), 250)
    imputed = impute(stream, world=AT_ONCE)
    one, again, other = (draw(imputed, 7, r) for r in (0, 0, 1))
    assert one.t.tobytes() == again.t.tobytes() != other.t.tobytes()
    assert 0 < one.likely.sum() < len(one.t)
    rows = {b: imputed_rows(closed_stage(stream, imputed, b).tape, imputed).sum() for b in ("low", "likely", "high")}
    assert rows["low"] == 0 < rows["likely"] < rows["high"]


def test_a_rush_before_the_sell_out_lifts_the_high_bound():
    calm = [*np.arange(30, 3600, 60), *np.arange(3601, 3661, 60)]
    rush = [*np.arange(30, 3300, 60), *np.arange(3300, 3600, 5)]
    both = [impute(recording(orders(t), (len(t),), 7200.0), world=CERTAIN) for t in (calm, rush)]
    assert [high(m)[0][2] for m in both] == [INTERVAL, LAST_MINUTES]
    assert both[1].hot[0] > 3


def test_the_rooms_excess_at_the_stop_is_carried_on_and_let_go():
    """Twice the usual demand in the last ten minutes before the stop: soon after it more is imputed than an hour later, and more
    than where the room is held to be certain."""
    t = [*np.arange(10, 5400, 20), *np.arange(5400, 6000, 5)]
    stream = recording(orders(t), (len(t),), 12_000.0)
    imputed, flat = impute(stream), impute(stream, world=CERTAIN)
    soon, late = (
        np.mean([((d := draw(imputed, 1, r)).t[d.likely] // (600 * US) == b).sum() for r in range(80)]) for b in (10, 19)
    )
    plain = np.mean([((d := draw(flat, 1, r)).t[d.likely] // (600 * US) == 10).sum() for r in range(80)])
    assert soon > 1.3 * late
    assert soon > 1.2 * plain


def test_a_cue_that_nobody_saw_may_be_of_the_tail_of_sizes():
    """One cue in a hundred is some thirteen times as large: with every cue of the tail (chance 1) the mean is that many times as
    large, and a cue that was seen to be usual is not taken for one."""
    cues = tuple(Cue(t, "s0", "deal") for t in (300.0, 900.0, 1500.0))
    rng = random_stream(3, "deals")
    t = np.concatenate([np.arange(5.0, 1400.0, 60.0), *(c.at_s + rng.exponential(20.0, 80) for c in cues[:2])])
    show = replace(recording(orders(np.sort(t)), (len(t),), 2000.0), cues=cues)
    imputed = impute(show)
    (group,) = imputed.groups
    chance = {x.cue: x.chance for x in group.tails}
    assert max(chance[0], chance[1]) < 0.002
    assert 0.003 < chance[2] < 0.03
    every = replace(group, tails=tuple(x._replace(chance=float(x.cue == 2)) for x in group.tails))
    none = replace(group, tails=())
    means = [drawn(replace(imputed, groups=(g,)), 40).mean() for g in (none, every)]
    assert means[1] > 4 * means[0]


def test_a_cue_of_the_tail_that_hides_behind_another_is_found():
    """A show whose first two cues are 9 and 23 times as large: both are known to be of the tail, or all others are believed three
    times too large."""
    (group,) = impute(first_show(17).stream).groups
    assert min(t.cue for t in group.tails) == 2


def test_what_was_seen_of_a_cue_stays_what_it_was_where_it_is_of_the_tail():
    """A deal whose stock runs out 4 s after it began: whether it was a usual deal of an item in demand or one of the tail, what
    is left of it follows from what came. The item is then thought less of: its next deal brings less, not ten times as much."""
    kernel = KERNELS["deal"]
    u = gamma.ppf((np.arange(400) + 0.5) / 400 * gamma.cdf(kernel.duration_s / kernel.tau_s, 2.0), 2.0) * kernel.tau_s
    base = np.arange(7.0, 700.0, 10.0)
    t = orders([*base, *(700.0 + u[u < 4.0])])
    cues = (Cue(700.0, "s0", "deal"), Cue(900.0, "s0", "deal"))
    imputed = impute(recording(t, (len(t),), 1000.0, cues), world=AT_ONCE)
    (group,) = imputed.groups
    first, later = [], []
    for tails in ((), tuple(x._replace(chance=float(x.cue == 0)) for x in group.tails)):
        known = replace(imputed, groups=(replace(group, tails=tails),))
        times = [(d := draw(known, 1, r)).t[d.likely] / US for r in range(60)]
        first.append(np.mean([(x < 800).sum() for x in times]))
        later.append(np.mean([(x >= 900).sum() for x in times]))
    assert first[1] == pytest.approx(first[0], rel=0.2)
    assert later[1] < 0.7 * later[0]


def test_time_in_which_larger_orders_are_refused_counts_by_the_rest():
    """Two orders a second, every fourth of two units, until the stop; then a unit comes back thirty times. Three in four could
    take it, so it is gone two thirds of a second after pages have it: there were two a second all along."""
    t = np.arange(0.25, 100, 0.5)
    rows = [(at, TAKE, 0, 2 if k % 4 == 1 else 1) for k, at in enumerate(t)]
    back = 200 + 20.0 * np.arange(30)
    rows += [(at, SUPPLY, 0, 1) for at in back] + [(at + 1 + 2 / 3, TAKE, 0, 1) for at in back]
    assert impute(recording(sorted(rows), (250,), 800.0), world=CERTAIN).level(0, -1) == pytest.approx(2.0, rel=0.02)
    rows[-1] = (*rows[-1][:3], 2)
    taken_beyond = impute(recording(sorted(rows), (250,), 800.0), world=CERTAIN)
    assert taken_beyond.level(0, -1) == pytest.approx(230 / 120, rel=0.02)


def test_followers_of_the_last_orders_come_after_the_stop():
    """A herd: bursts whose followers come within a minute. Right after the stop more come than minutes later, by a fifth at
    least."""
    rng, t = random_stream(8, "herd"), []
    for start in rng.random(60) * 3600:
        young = np.array([start])
        while len(young):
            t += young.tolist()
            born = np.repeat(young, rng.poisson(0.7, len(young)))
            young = born + rng.exponential(20.0, len(born))
    t = np.sort([x for x in t if x < 3600])
    cut = np.flatnonzero(np.diff(t) < 1.5)[-1] + 1
    imputed = impute(recording(orders(t[: cut + 1]), (cut + 1,), float(t[cut]) + 600.0), world=CERTAIN)
    after = [(draw(imputed, 1, r).t - imputed.windows[0].start) / US for r in range(150)]
    soon, later = (np.mean([((a >= b) & (a < b + 20)).sum() for a in after]) for b in (0, 200))
    assert soon > 1.2 * later


def test_time_without_stock_does_not_dilute_the_rate():
    seen = np.arange(5, 600, 10)
    short, long = (impute(recording(orders(seen), (60,), span)) for span in (1200.0, 12_000.0))
    assert short.level(0, -1) == pytest.approx(long.level(0, -1), rel=0.02)
    assert len(draw(long, 1, 0).t) > 5 * len(draw(short, 1, 0).t)


def test_the_wait_for_a_page_is_no_lack_of_demand():
    """Two orders a second until the stop; then a unit comes back thirty times, and is taken a second and a half later. A page has
    it after one second, so there were two a second all along; where pages take 1.25 s, twice as many after the stop."""
    t = [*np.arange(0.25, 100, 0.5), *(200 + 20.0 * np.arange(30) + 1.5)]
    rows = [*orders(t), *((200.0 + 20 * k, SUPPLY, 0, 1) for k in range(30))]
    stream = recording(sorted(rows), (200,), 800.0)
    slow = replace(CERTAIN, touchpoints=replace(CERTAIN.touchpoints, product_page=Screen(1.25)))
    assert impute(stream, world=CERTAIN).level(0, -1) == pytest.approx(2.0, rel=0.03)
    assert impute(stream, world=slow).level(0, -1) == pytest.approx(230 / (100 + 30 * 0.25), rel=0.03)


def test_viewers_scale_the_demand():
    seen = np.arange(5, 600, 10)
    room = (np.array([0, 600, 601, 1200]) * US, np.array([100.0, 100.0, 300.0, 300.0]))
    plain, counted = recording(orders(seen), (60,), 1200.0), recording(orders(seen), (60,), 1200.0, viewers=room)
    means = [drawn(impute(s), 40).mean() for s in (plain, counted)]
    assert means[1] / means[0] == pytest.approx(3.0, rel=0.15)
