"""What is expected of demand that nobody saw: by whom an order came, how large a cue is, what a mood makes of a mean."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.integrate import quad
from scipy.stats import norm

from scenarios.contract import Cue, Shoppers, Sku
from scenarios.kernels import KERNELS
from scenarios.spread import Spread
from sim.demand.intensity import AT_ONCE, excited
from sim.demand.streams import stream as random_stream
from sim.replay.cells import Cells, DemandSource, laid
from sim.replay.closedtape import backdrop
from sim.replay.impute import impute
from sim.replay.posterior import Prior, Problem, posterior
from sim.stats.latent import Process
from tests.replay.made import orders, recording


def test_what_no_cue_causes_is_split_over_all_items():
    """A pitch from the first second on, of which nobody can say which orders it brought: with nine other items in the shop fewer
    of them came without it."""
    t = orders(np.arange(1.0, 121.0, 3.0))
    one = recording(t, (40,), 300.0, (Cue(0.0, "s0"),))
    ten = replace(one, skus=(*one.skus, *(Sku(f"x{k}", 5) for k in range(9))))
    assert impute(ten).level(0, -1) < 0.75 * impute(one).level(0, -1)


@pytest.mark.parametrize("at_s", [60.0, 3000.0])
def test_all_who_come_early_come_within_the_show(at_s):
    """Of a cue a minute after the start as many as of any other, where they halve in some 200 s."""
    cue = Cue(at_s, "s0")
    stream = recording(orders([5.0]), (60,), 3600.0, (cue,))
    edges = np.arange(0.0, 3601.0, 5.0)
    spans = {0: np.column_stack([edges[:-1], edges[1:]])}
    _, _, _, at = laid(stream, [DemandSource(0, 0, True)], spans, AT_ONCE, 300.0)
    kernel = KERNELS["pitch"]
    assert at.sum() == pytest.approx(kernel.area_s / kernel.peak, rel=1e-4)


def test_the_chance_of_the_tail_is_that_of_the_orders_that_came():
    """Twelve pitches of sixty orders, one in five early; 78 s before the thirteenth the item is gone, with ``n`` early orders of
    it where 0.3 were due. The chance that it is of the tail is the integral over its size, to a third."""
    spread = Spread(mood_sd=0.0, slow_sd=0.0, lead_share=0.2, lead_s=20.0)
    world = replace(backdrop(), spread=spread, shoppers=Shoppers(direct_share=1.0))
    cues = tuple(Cue(at_s, "s0") for at_s in (*np.arange(300.0, 3601.0, 300.0), 4500.0))
    due, kernel, rng = 0.3, KERNELS["pitch"], random_stream(9, "tails")
    late = np.concatenate([c.at_s + rng.gamma(2.0, kernel.tau_s, 60) for c in cues[:12]])
    early = np.concatenate([c.at_s - rng.exponential(20.0, 15) for c in cues[:12]])
    stop = cues[12].at_s - 20.0 * np.log(15 / due)
    chances = []
    for n in (1, 2):
        last = stop - 0.5 * (n - np.arange(n) - 1)
        t = np.sort([*late[late < stop - 30], *early, *last])
        stream = recording(orders(t), (len(t),), 4800.0, cues)
        (group,) = impute(stream, world=world).groups
        chances.append({x.cue: x.chance for x in group.tails}[12])

    def likelihood(n, mean, sd):
        value, _ = quad(lambda s: np.exp(n * s - due * np.exp(s)) * norm.pdf(s, mean, sd), mean - 8 * sd, mean + 8 * sd)
        return value

    usual_sd = 0.1
    for n, chance in zip((1, 2), chances, strict=True):
        tail = likelihood(n, spread.mega_log, np.hypot(usual_sd, spread.mega_log_sd))
        odds = spread.mega_p / (1 - spread.mega_p) * tail / likelihood(n, 0.0, usual_sd)

        assert chance == pytest.approx(odds / (1 + odds), rel=0.35)


SD, TAU = 0.8, 600.0


def _counted(counts, step, mood):
    """A posterior of one item's rate, whose level nobody knows, from counts of the first bins of a room that moves."""
    n, bins = len(counts), len(counts) + 60
    start = step * np.arange(n)
    none, at = np.zeros(n), sparse.csr_matrix(np.full((n, 1), step))
    cells = Cells(np.zeros(n, int), start, start + step, np.asarray(counts, float), np.zeros(n, bool), none, none, at)
    one = sparse.csr_matrix(np.ones((1, 1)))
    prior = Prior(np.array([0.0]), np.array([1e-4]), one, np.zeros(1), -1)
    return posterior(Problem(cells, prior, np.arange(n), bins, step), mood)


def _mean_rate(fit, bin_of):
    """Mean of drawn rates in a bin, of a law that is lognormal."""
    lowered, across, shift = fit.lowered()
    rng = random_stream(4, "means")
    draws = [fit.sample(rng) for _ in range(2000)]
    logs = np.array([log_mood[bin_of] + theta[0] for log_mood, theta in draws])
    return float(np.exp(logs.mean() + logs.var() / 2 - lowered[0] + across[0] @ shift[bin_of]))


def test_a_mean_is_that_of_lognormal_kriging_where_orders_tell_the_mood():
    """Thousands of orders a bin: the expected rate an hour after the stop is ``e^(level + (sd^2 - variance of the level)/2)``,
    the level being the weighted mean of the logs (generalised least squares)."""
    step, n = 60.0, 30
    cov = SD**2 * np.exp(-np.abs(np.subtract.outer(np.arange(n), np.arange(n))) * step / TAU)
    path = np.linalg.cholesky(cov) @ random_stream(2, "path").standard_normal(n)
    fit = _counted(np.round(1e5 * np.exp(path)), step, (Process(SD, TAU),))
    weights = np.linalg.solve(cov, np.ones(n))
    level, variance = weights @ (path + np.log(1e5 / step)) / weights.sum(), 1 / weights.sum()
    assert variance > 0.2
    assert _mean_rate(fit, n + 59) == pytest.approx(np.exp(level + (SD**2 - variance) / 2), rel=0.05)
    assert _mean_rate(fit, n - 1) == pytest.approx(1e5 / step * np.exp(path[-1]), rel=0.02)


def test_a_mean_is_orders_over_time_where_they_do_not_tell_the_mood():
    """Twelve orders in four hours: how much the room moved nobody can see, and what came is expected to go on."""
    counts = np.zeros(240)
    counts[10::20] = 1
    fit = _counted(counts, 60.0, (Process(SD, TAU),))
    assert _mean_rate(fit, 299) == pytest.approx(12 / 14_400, rel=0.15)


def _herds(rng, items, bins, step, branching, mean_s):
    """Orders a bin of items that share a room that moves, each of which has followers [item, bin]."""
    path = np.zeros(bins)
    for k in range(1, bins):
        path[k] = path[k - 1] * np.exp(-step / TAU) + SD * np.sqrt(-np.expm1(-2 * step / TAU)) * rng.standard_normal()
    counts = []
    for _ in range(items):
        young = (np.repeat(np.arange(bins), rng.poisson(0.1 * step * np.exp(path - SD**2 / 2))) + 0.0) * step
        every = [young := young + rng.random(len(young)) * step]
        while len(young):
            young = np.repeat(young, rng.poisson(branching, len(young)))
            every.append(young := young + rng.exponential(mean_s, len(young)))
        counts.append(np.histogram(np.concatenate(every), np.arange(bins + 1) * step)[0].astype(float))
    return np.array(counts)


def test_a_mood_that_nobody_knows_does_not_pass_for_less_of_a_herd():
    """Six rooms of ten items in which an order has 0.6 followers. At the mode a room that moves explains clusters too; the mean
    takes back a third of that at least."""
    step, bins, items, mode, mean = 5.0, 720, 10, [], []
    start = np.tile(step * np.arange(bins), items)
    none, sku = np.zeros(items * bins), np.repeat(np.arange(items), bins)
    at = sparse.csr_matrix((none + step, (np.arange(items * bins), sku)))
    levels = sparse.csr_matrix(np.column_stack([np.eye(items), np.zeros(items)]))
    prior = Prior(np.append(np.full(items, -1.0), np.log(0.5)), np.full(items + 1, 0.1), levels, np.zeros(items), items)
    for k in range(6):
        counts = _herds(random_stream(k, "herd"), items, bins, step, 0.6, 20.0)
        past, own = zip(*(excited(c, step, 20.0) for c in counts), strict=True)
        cells = Cells(sku, start, start + step, counts.ravel(), none.astype(bool), np.concatenate(past), none + own[0], at)
        fit = posterior(Problem(cells, prior, (start / 60).astype(int), 60, 60.0), (Process(SD, TAU),))
        mode.append(np.exp(fit.theta[items]))
        mean.append(np.exp(fit.theta[items] + fit.lean[items]))
    assert 0.6 - np.mean(mean) < 0.67 * (0.6 - np.mean(mode))
