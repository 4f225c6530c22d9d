"""The laws of the spread: mood, level, size of a cue, lead (``scenarios/spread.py``).

Means, variances and shares pass within 4 standard errors, which a right program misses with probability 6e-5 a comparison; some
60 comparisons. Kolmogorov-Smirnov and chi-square tests pass above p = 0.001. Seeds are fixed.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import integrate, stats

from scenarios.contract import Cue, Shoppers, Supply
from scenarios.registry import load
from scenarios.spread import CERTAIN, Spread, certain
from sim.core.stage import set_stage
from sim.core.tape import DELIVER, ORDER, Tape
from sim.demand.draw import draw_tape
from sim.demand.mood import cue_size, heat, mega_mean, ornstein_uhlenbeck
from sim.demand.streams import stream
from tests.textbook.worlds import assert_mean, assert_share, assert_variance, constant_world, one_cue

MILD = replace(CERTAIN, mood_sd=0.3, mood_s=120.0, slow_sd=0.2, slow_s=900.0, level_sd=0.15)


# -- the mood ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sd", "tau_s", "scale"), [(0.55, 600.0, 1.0), (0.48, 12_000.0, 20.0), (1.0, 30.0, 500.0)])
def test_the_mood_is_an_ornstein_uhlenbeck_process(sd: float, tau_s: float, scale: float) -> None:
    """4,000 paths on an uneven grid, the last one over several stretches: mean 0, variance sd^2, correlation e^(-lag/tau)."""
    grid = np.array([0.0, 1.0, 10.0, 30.0, 31.0, 60.0]) * scale
    x = np.array([ornstein_uhlenbeck(stream(1, r, "ou"), sd, tau_s, grid) for r in range(4000)])
    for k in range(len(grid)):
        assert_mean(x[:, k], 0.0)
        assert_variance(x[:, k], sd**2)
    for a, b in ((0, 1), (1, 2), (3, 4), (2, 5), (4, 5)):
        rho = math.exp(-(grid[b] - grid[a]) / tau_s)
        value = float(np.corrcoef(x[:, a], x[:, b])[0, 1])
        assert abs(value - rho) <= 4 * (1 - rho**2) / math.sqrt(len(x)) + 1e-12


def test_a_fine_grid_and_a_coarse_one_draw_one_law() -> None:
    """Increments over a minute have variance 2 sd^2 (1 - e^(-1/10)) whatever the cells; 1,500 independent hours."""
    for cells in (60, 1800):
        grid = np.linspace(0, 3600.0, cells + 1)
        paths = [ornstein_uhlenbeck(stream(2, r, "cells"), 0.55, 600.0, grid)[:: cells // 60] for r in range(1500)]
        assert_variance(np.array([p[31] - p[30] for p in paths]), 2 * 0.55**2 * -math.expm1(-0.1))


def test_heat_has_mean_one_and_the_variance_of_its_parts() -> None:
    """log heat ~ N(-v/2, v) with v the sum of all variances; so its mean is 1."""
    spread = replace(Spread(), item_sd=0.3)
    show = replace(load("first_show"), spread=spread)
    grid = np.array([0.0, 400.0, 3600.0])
    logs = np.log([heat(show, 3, r, grid) for r in range(1500)])
    v = 0.55**2 + 0.48**2 + 0.18**2 + 0.3**2
    assert logs.shape == (1500, len(show.skus), 3)
    for k in (0, 2):
        assert_mean(logs[:, 1, k], -v / 2)
        assert_variance(logs[:, 1, k], v)
    between = float(np.corrcoef(logs[:, 0, 1], logs[:, 3, 1])[0, 1])
    assert abs(between - (v - 0.09) / v) <= 4 / math.sqrt(1500)
    one = np.array([heat(replace(show, spread=MILD), 3, r, grid)[0, 1] for r in range(1500)])
    assert_mean(one, 1.0)


@pytest.mark.parametrize("part", ["mood_sd", "slow_sd", "level_sd", "item_sd"])
def test_each_part_of_the_heat_alone_has_mean_one(part: str) -> None:
    """Drawn with the defaults' own size; between grid points too, where the mood is straight. 1,500 shows."""
    size = getattr(Spread(), part) or 0.4
    show = replace(load("first_show"), spread=replace(CERTAIN, **{part: size}))
    grid = np.array([0.0, 2.0, 1800.0])
    drawn = np.array([heat(show, 14, r, grid)[0] for r in range(1500)])
    assert_mean(drawn[:, 2], 1.0)
    assert_mean(drawn[:, :2].mean(1), 1.0)
    assert_variance(drawn[:, 2], math.expm1(size**2))


@pytest.mark.parametrize("parts", [("cue_sd",), ("mega_p",), ("cue_sd", "mega_p")])
def test_each_part_of_a_size_alone_has_mean_one(parts: tuple[str, ...]) -> None:
    """The tail as shipped, one cue in a hundred: 30,000 sizes."""
    spread = replace(Spread(), **{name: 0.0 for name in ("cue_sd", "mega_p") if name not in parts})
    assert_mean(np.array([cue_size(spread, 15, k, "cue") for k in range(30_000)]), 1.0)


def test_orders_of_a_show_vary_as_the_mood_says() -> None:
    """Mean rate T; variance rate T + rate^2 int int (e^C(s-t) - 1) ds dt, C the covariance of log heat. 500 shows."""
    rate, end = 0.5, 600.0
    world = constant_world(rate, [10**6], end, spread=MILD)

    def excess(lag: float) -> float:
        c = MILD.mood_sd**2 * math.exp(-lag / MILD.mood_s) + MILD.slow_sd**2 * math.exp(-lag / MILD.slow_s) + MILD.level_sd**2
        return 2 * (end - lag) * math.expm1(c)

    counts = np.array([(draw_tape(world, 4, r).kind == ORDER).sum() for r in range(500)], float)
    assert_mean(counts, rate * end)
    assert_variance(counts, rate * end + rate**2 * integrate.quad(excess, 0, end)[0])


def felt_mass(tape: Tape, edges: np.ndarray) -> np.ndarray:
    """Integral of viewers x heat between ``edges`` [s], by the trapezium rule on the tape's own grid."""
    grid, viewers = tape.room
    done = integrate.cumulative_trapezoid(viewers * tape.heat[0], grid, initial=0)
    return np.diff(np.interp(edges, grid, done))


def test_given_the_mood_orders_are_poisson() -> None:
    """Thinning is exact: counts of 12 s against their integral, chi-square over 40 shows; rescaled gaps are exponential."""
    rate, end, squares, gaps = 0.8, 600.0, [], []
    world = constant_world(rate, [10**6], end, spread=replace(MILD, mood_sd=0.7))
    for r in range(40):
        tape = draw_tape(world, 5, r)
        t = tape.t[tape.kind == ORDER] / 1e6
        edges = np.linspace(0, end, 51)
        expected = felt_mass(tape, edges) * rate / tape.room[1][0]
        squares.append(np.sum((np.histogram(t, edges)[0] - expected) ** 2 / expected))
        gaps.append(felt_mass(tape, np.concatenate([[0.0], t])) * rate / tape.room[1][0])
    assert 0.001 < stats.chi2.cdf(sum(squares), 40 * 50) < 0.999
    assert stats.kstest(np.concatenate(gaps), "expon").pvalue > 0.001


# -- the cue ----------------------------------------------------------------------------------------------------


def test_sizes_of_cues() -> None:
    """Mean 1; E[size^2] = e^(cue_sd^2) (1 - p + p e^(2 m + 2 s^2)) / (1 + p (e^(m + s^2/2) - 1))^2. 20,000 sizes."""
    s = replace(CERTAIN, cue_sd=0.3, mega_p=0.2, mega_log=1.0, mega_log_sd=0.3)
    values = np.array([cue_size(s, 6, k, "cue") for k in range(20_000)])
    square = math.exp(s.cue_sd**2) * (1 - s.mega_p + s.mega_p * math.exp(2 * s.mega_log + 2 * s.mega_log_sd**2))
    assert_mean(values, 1.0)
    assert_variance(values, square / (1 + s.mega_p * (mega_mean(s) - 1)) ** 2 - 1)


def test_the_recorded_tail_is_rare_and_far_larger() -> None:
    """One cue in a hundred is some 12 times as large; the others shrink by 1/1.128, so the mean stays 1."""
    s = replace(Spread(), cue_sd=0.0)
    values = np.array([cue_size(s, 7, k, "cue") for k in range(10_000)])
    far = values > 1.0
    assert_share(far, 0.01)
    assert np.unique(values[~far]) == pytest.approx([1 / (1 + 0.01 * (math.exp(2.625) - 1))])
    assert_mean(np.log(values[far] * 1.128), 2.5)


def test_a_cue_brings_its_kernels_area_on_average() -> None:
    """Counts of a cue: mean base x area, variance mean + mean^2 var(size). 40 cues a show, 25 shows."""
    s = replace(CERTAIN, cue_sd=0.4, lead_share=0.3, lead_s=20.0)
    cue = Cue(60.0, "s000", "pitch", peak=8.0, tau_s=20.0, duration_s=120.0)
    mean = 50.0
    world = replace(one_cue(cue, mean / cue.kernel().area_s, 6000.0), spread=s)
    world = replace(world, cues=tuple(replace(cue, at_s=120.0 + 140.0 * k) for k in range(40)))
    tapes = [draw_tape(world, 8, r) for r in range(25)]
    counts = np.concatenate([np.bincount(t.cue[t.kind == ORDER], minlength=40) for t in tapes]).astype(float)
    assert_mean(counts, mean)
    assert_variance(counts, mean + mean**2 * math.expm1(s.cue_sd**2))


@pytest.mark.parametrize(("at_s", "lead_s"), [(900.0, 60.0), (60.0, 300.0)])
def test_those_who_do_not_wait(at_s: float, lead_s: float) -> None:
    """lead_share of a cue's orders come before it, exponentially, cut off at the start of the show; none is lost."""
    cue = Cue(at_s, "s000", "pitch")
    world = one_cue(cue, 4000 / cue.kernel().area_s, 1500.0)
    tape = draw_tape(replace(world, spread=replace(CERTAIN, lead_share=0.4, lead_s=lead_s)), 9)
    before = at_s - tape.t[tape.kind == ORDER] / 1e6
    early = before[before > 0]
    assert_share(before > 0, 0.4)
    assert stats.kstest(early, stats.truncexpon(at_s / lead_s, scale=lead_s).cdf).pvalue > 0.001
    assert abs(len(before) - 4000) < 4 * math.sqrt(4000)


@pytest.mark.parametrize(
    ("cue", "early"),
    [
        (Cue(300.0, "s000", "link_drop"), False),
        (Cue(300.0, "s000", "deal"), False),
        (Cue(300.0, "s000", "countdown"), True),
        (Cue(300.0, "s000", "pitch", expected=False), False),
        (Cue(300.0, "s000", "link_drop", expected=True), True),
    ],
)
def test_only_what_is_expected_has_a_lead(cue: Cue, early: bool) -> None:
    world = replace(one_cue(cue, 1000 / cue.kernel().area_s, 900.0), spread=replace(CERTAIN, lead_share=0.5))
    tape = draw_tape(world, 10)
    assert bool((tape.t[tape.cue == 0] < 300e6).any()) == early


# -- one tape for all, and nothing else moves -------------------------------------------------------------------


def test_the_spread_moves_nothing_else() -> None:
    """Readings, the host, wrong records and the other SKUs' moods are what they are without it."""
    show = load("double11")
    wild, calm = draw_tape(show, 11), draw_tape(certain(show), 11)
    assert wild.cues.tobytes() == calm.cues.tobytes()
    assert wild.record_error.tolist() == calm.record_error.tolist()
    assert wild.phase.tolist() == calm.phase.tolist()
    assert wild.viewers.tolist() == calm.viewers.tolist()
    assert np.array_equal(wild.mark[wild.kind == DELIVER], calm.mark[calm.kind == DELIVER])
    first = load("first_show")
    own = replace(first, spread=replace(Spread(), item_sd=0.5), cues=(), supply=Supply())
    both = [replace(own, skus=first.skus[:n]) for n in (3, 5)]
    grid = np.linspace(0, 3600, 50)
    assert np.array_equal(heat(both[0], 1, 0, grid), heat(both[1], 1, 0, grid)[:3])


def test_strategies_know_the_plan_and_not_the_draw() -> None:
    show = load("first_show")
    wild, calm = (set_stage(s, draw_tape(s, 12)).fixed for s in (show, certain(show)))
    for name in ("plan_t", "plan_lift", "facts", "viewers"):
        assert np.array_equal(wild[name], calm[name])


@pytest.mark.parametrize("field", fields(Spread), ids=lambda f: f.name)
def test_every_setting_is_read_and_holds_at_both_bounds(field) -> None:
    """Each bound gives a tape, and the two tapes differ."""
    whole = replace(Spread(), item_sd=0.2, mega_p=0.5)
    world = constant_world(0.2, [100, 100], 300.0, spread=whole, cues=(Cue(120.0, "s000"),), shoppers=Shoppers(1.0, 1.0))
    found = []
    for value in (field.metadata["low"], field.metadata["high"]):
        tape = draw_tape(replace(world, spread=replace(whole, **{field.name: value})), 13)
        assert tape.heat is None or np.isfinite(tape.heat).all()
        found.append(tape.digest())
    assert found[0] != found[1]
