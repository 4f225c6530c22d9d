"""A moving room and sizes of cues come back from shows drawn with them; what a record cannot say keeps its default."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Sku
from scenarios.spread import Spread
from sim.calibrate.fit import calibrate
from sim.calibrate.frozen import Frozen
from sim.calibrate.moving import lacking
from sim.calibrate.natural import natural_of
from sim.calibrate.parameters import parameters
from sim.calibrate.predicted import counted, predicted
from sim.calibrate.room import Rooms
from sim.calibrate.scenario import scenario_of, simple, unidentified
from sim.core import tape as T
from sim.demand.draw import draw_tape
from sim.engine.simulate import simulate
from sim.replay.silent import silent_policy
from sim.setup.uncertain import uncertainty_from
from sim.stats.latent import Process, filtered
from tests.calibrate.tapes import from_run

from .shows import TRUE, seen, show

MOVES = Spread(cue_sd=0.3, mega_p=0.0)


@pytest.fixture(scope="module")
def moved():
    """Two hours of a room that moves, fitted with one."""
    return calibrate([seen(replace(show(hours=2.0), spread=MOVES), 3)], name="room", predict=False)


def test_the_rooms_scales_are_found_again(moved):
    """One show: each interval holds the truth in 95 % of seeds; the level and the slow part are kept, and why is said."""
    n = natural_of(moved)
    for name in ("mood_sd", "mood_s", "cue_sd"):
        assert n.fitted[name].low < getattr(MOVES, name) < n.fitted[name].high, name
    assert "lead_share" in n.set or n.fitted["lead_share"].low < MOVES.lead_share < n.fitted["lead_share"].high
    assert {"slow_sd", "slow_s", "level_sd"} <= set(n.kept)
    assert any("level_sd" in words and "3 shows are needed" in words for words in unidentified(moved))


def test_a_frozen_model_is_the_model_where_it_was_frozen(moved):
    """Rates and slopes agree there; a step of a level leaves it by no more than the level's own law."""
    model, at = moved.model, moved.fit.at
    frozen, row = Frozen(model, at), moved.model.grid.rows[0]
    for one, two in zip(model.slopes(replace(row, mood=1.3), at), frozen.slopes(replace(row, mood=1.3), at), strict=True):
        assert np.allclose(one, two)
    away = at.copy()
    away[model.place[f"uncued:{row.sku}"]] += 0.3
    assert np.allclose(frozen.slopes(row, away)[0], model.slopes(row, away)[0], rtol=0.02)
    assert Frozen(model, at, still=True).slopes(row, away)[1] == []


def test_a_step_that_overshoots_comes_back(moved):
    """A fit that starts where another ended takes a few rounds, whatever the scales were."""
    rooms, last = Rooms(moved.model), moved.moving.settled
    again = rooms.settle(last.hyper._replace(mood_sd=last.hyper.mood_sd * 1.1), last.fit.at, last.z)
    assert again.fit.converged
    assert again.fit.rounds <= 8


def test_what_varies_by_nature_is_in_the_file_and_in_its_uncertainty(moved):
    values, notes = scenario_of(moved, "x")
    assert values["spread"]["mood_sd"] == pytest.approx(moved.moving.settled.hyper.mood_sd, rel=1e-4)
    assert "varies by nature" in notes["spread", "mood_sd"]
    assert ("spread", "mood_sd") in [p.at for p in uncertainty_from(values["uncertainty"]).parameters]


def test_means_are_those_of_shows_drawn(moved):
    """Fifty shows of the fitted scenario bring as many orders as the record, within what one record of a moving room tells."""
    values, _ = scenario_of(moved, "x")
    rows = [r for r in moved.grid.rows if r.what == "orders"]
    drawn = counted(simple(values), rows, moved.grid.step_s, 50, 1, None).sum(1)
    seen_ = sum(float(r.feed.sum()) for r in rows)
    assert 0.4 < seen_ / drawn.mean() < 2.5


def test_bands_are_of_shows_that_the_scenario_draws(moved):
    """A band without nature's part would be several times narrower."""
    wide = predicted(moved, 1, draws=40)[0]
    calm = predicted(replace(moved, moving=moved.moving._replace(spread={}, cov=np.zeros((0, 0)))), 1, draws=40)[0]
    assert len(wide) == len(calm)
    quarter = next(b for b in wide if b.window_s == 900)
    assert (np.abs(quarter.pit - 0.5) <= 0.45).mean() >= 0.7
    assert ((quarter.high - quarter.low) / quarter.middle).mean() > 1.0


def test_a_room_that_stands_still_is_not_chosen():
    fit = calibrate([seen(show(), 3)], predict=False)
    assert fit.choice.chosen == "cue"
    assert natural_of(fit).set["mood_sd"][0] == 0.0
    assert "slow_sd" in natural_of(fit).kept


def test_a_short_record_says_what_is_missing():
    log = seen(show(hours=0.5), 3)
    fit = calibrate([log], name="room", predict=False)
    assert "the record has 1,800 s" in lacking(Rooms(fit.model))["mood_sd"]
    assert fit.moving.settled.hyper.mood_sd == Spread().mood_sd
    assert not fit.moving.spread


def test_time_scales_and_buy_rates_hold_where_stock_ran_out():
    """Five shows with stock for 60 % of demand, hosts who move on, shoppers who wait or take another item: of 30 intervals of
    95 % at most 6 miss (binomial tail 2 in 1000), no mean is off by more than 4 standard errors and a hundredth."""
    names = [("shoppers", "buy_rate"), ("shoppers", "shelf_rate"), ("shoppers", "direct_share"), ("cues", "pitch", "tau_s"),
             ("cues", "deal", "tau_s"), ("cues", "deal", "peak")]  # fmt: skip
    hits, ratio = [], {at: [] for at in names}
    for k in range(5):
        world = show()
        tape = draw_tape(world, 5, k)
        first = tape.kind == T.ORDER
        skus = [replace(s, stock=int(0.6 * tape.qty[first & (tape.sku == j)].sum())) for j, s in enumerate(world.skus)]
        run = simulate(replace(world, skus=tuple(skus)), silent_policy(), 5, k)
        fit = calibrate([from_run(run)], name="cue", predict=False)
        by_place = {p.at: p for p in parameters(fit, False)}
        for at in names:
            hits.append(by_place[at].low <= TRUE[at] <= by_place[at].high)
            ratio[at].append(by_place[at].value / TRUE[at])
    assert hits.count(False) <= 6
    for at, values in ratio.items():
        assert abs(np.mean(values) - 1) < 4 * np.std(values, ddof=1) / np.sqrt(5) + 0.01, at


def test_the_filter_adds_up_to_the_likelihood_of_counts_together():
    """Two bins: the product of one-step probabilities is the double integral, on a grid of 400 x 400."""
    part, y, due = Process(0.8, 100.0), np.array([5.0, 0.0]), np.array([2.0, 3.0])
    total = filtered((part,), 60.0, y, due).sum()
    x = np.linspace(-5, 5, 401) * part.sd
    phi = np.exp(-60.0 / 100.0)
    first = np.exp(-(x**2) / 2 / part.sd**2)[:, None]
    then = np.exp(-((x[None, :] - phi * x[:, None]) ** 2) / 2 / (part.sd**2 * (1 - phi**2)))
    rate = [d * np.exp(x - part.sd**2 / 2) for d in due]
    told = np.exp(y[0] * (x - part.sd**2 / 2) - rate[0])[:, None] * np.exp(y[1] * (x - part.sd**2 / 2) - rate[1])[None, :]
    assert total == pytest.approx(np.log((first * then * told).sum() / (first * then).sum()), abs=0.01)


def test_skus_of_a_stream_are_shut_before_the_last_unit():
    """What a single unit sells to is not ordinary demand: the stop is where less is left than orders ask for."""
    world = replace(show(hours=0.5), skus=(Sku("甲", 40, purchase_limit=1000), Sku("乙", 40, purchase_limit=1000)))
    log = from_run(simulate(world, silent_policy(), 5, 0))
    assert len(log.shut) >= 2
    assert np.isfinite(log.cues["length_s"]).sum() <= len(log.cues)
