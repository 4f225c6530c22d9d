"""LS-1 against a model of its own in plain numpy, and against the figures published for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.sweep import threshold_family
from scenarios.registry import load
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.demand.streams import stream
from sim.engine.simulate import play
from sim.jobs.evaluate import evaluate

LINES = (0.0, 50.0, 150.0)
SHOWS = 60


def by_hand(seed: int) -> tuple[int, list[int]]:
    """Orders asked for and units oversold at each line, from the workload's definition and nothing of this project's."""
    rng = stream(seed, "by hand")
    come = [rng.random(rng.poisson(20 * 3600)) * 3600]
    for k in range(12):
        burst = 60 + 300 * k + rng.exponential(45, rng.poisson(120 * 45))
        come.append(burst[burst < 3600])
    people = np.concatenate(come)
    carts = people[rng.random(len(people)) < 0.06] + 0.0
    carts += rng.exponential(20, len(carts))
    orders = carts[rng.random(len(carts)) < 0.5] + 0.0
    orders += rng.exponential(40, len(orders))
    pays = np.where(rng.random(len(orders)) < 0.85, orders + rng.exponential(60, len(orders)), np.inf)
    polls = np.arange(5, 3601, 5.0)
    shown = 2000 - np.searchsorted(np.sort(pays), polls, "right")
    oversold = []
    for line in LINES:
        low = np.flatnonzero(shown <= line)
        freeze = polls[low[0]] + 10 + 30 if len(low) else np.inf
        oversold.append(max(0, int((pays[orders < freeze] < 4200).sum()) - 2000))
    return len(orders), oversold


@pytest.fixture(scope="module")
def engine() -> np.ndarray:
    """Mean orders and oversold units of the engine, [show, line, (demand, oversold)]."""
    show, family = load("ls1"), threshold_family(LINES)
    metrics = ("demand_units", "oversold_units")
    return np.array([evaluate(set_stage(show, draw_tape(show, 11, k)), family, metrics=metrics) for k in range(SHOWS)])


def test_the_show_has_the_size_of_the_workload(engine):
    """Orders ~ Poisson, mean 4,104 less those of whom the end of the show cuts the burst (4 standard errors)."""
    tail = 0.03 * sum(120 * 45 * np.exp(-(3600 - 60 - 300 * k) / 45) for k in range(12))
    assert abs(engine[:, 0, 0].mean() - (4104 - tail)) < 4 * np.sqrt(4104 / SHOWS)
    assert engine[:, 0, 0].var(ddof=1) == pytest.approx(4104, rel=0.75)


def test_oversells_agree_with_a_model_in_plain_numpy(engine):
    """Means over 60 and 300 shows within 4 standard errors of their difference (error 2e-4 for the three lines)."""
    other = np.array([by_hand(k)[1] for k in range(300)])
    for n in range(len(LINES)):
        of_engine = engine[:, n, 1]
        error = np.sqrt(of_engine.var(ddof=1) / SHOWS + other[:, n].var(ddof=1) / 300)
        assert abs(of_engine.mean() - other[:, n].mean()) < 4 * error + 0.05


def test_oversells_are_those_published(engine):
    """94 units at line 0 and 36 at 50, within 4 standard errors of 60 shows; 0.03 to 0.1 at 150, at most 0.6 here."""
    for n, published in enumerate((94.0, 36.0)):
        of_engine = engine[:, n, 1]
        assert abs(of_engine.mean() - published) < 4 * of_engine.std(ddof=1) / np.sqrt(SHOWS)
    assert engine[:, 2, 1].mean() < 0.6


def test_a_shop_that_checks_its_stock_stops_by_itself():
    """With the check on nobody orders once 2,000 are paid, so the oversell without a freeze is what was unpaid then."""
    show = load("ls1")
    checks = replace(show, ledger=replace(show.ledger, checks_stock=True))
    tape = draw_tape(show, 11, 0)
    (silent,) = threshold_family((0.0,), playbook="none")
    loose, tight = (play(set_stage(world, tape), silent) for world in (show, checks))
    paid = [int(run.stock[0, 4]) for run in (loose, tight)]
    assert paid[0] > 3000
    assert 2000 < paid[1] < 2150
