"""Across nights: what single nights say, the prior for the next, nights that contradict each other or are there twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.spread import CERTAIN
from sim.calibrate.night_prior import Quantity, after, check_nights, contradictions, from_plain, plain, quantities, settling
from sim.calibrate.observed import CalibrationError, Observed
from sim.demand.draw import draw_tape
from sim.report.text import night_prior as words
from sim.stats.pooling import pooled
from tests.calibrate.shows import show
from tests.calibrate.tapes import from_tape

BETWEEN = 0.3


@pytest.fixture(scope="module")
def ten() -> list[Observed]:
    """Ten nights of one plan whose levels differ by BETWEEN and nothing else."""
    world = replace(show(), spread=replace(CERTAIN, level_sd=BETWEEN))
    nights = [replace(from_tape(world, draw_tape(world, 71, k)), name=f"night-{k}") for k in range(10)]
    return [replace(one, tiers=("traffic", "profit", "longtail")[: len(one.skus)]) for one in nights]


def test_the_level_moves_and_the_lift_does_not(ten) -> None:
    """The level's spread is found within its error (chi-square, 1 in 1,000 either side); lifts agree between nights."""
    measured = quantities(ten)
    levels = np.array([one.value for one in measured if one.quantity == "level"])
    assert 0.35 < levels.std(ddof=1) / BETWEEN < 1.8
    assert not contradictions(measured)
    for quantity in {one.quantity for one in measured if one.quantity.startswith("lift")}:
        of_quantity = [one for one in measured if one.quantity == quantity]
        z = np.array([(one.value - np.mean([o.value for o in of_quantity])) / one.error for one in of_quantity])
        assert (z**2).mean() < 3, quantity


def test_more_nights_say_more_and_it_is_measured(ten) -> None:
    """Bands shrink, most of the next nights lie in them, later forecasts score higher."""
    steps = settling(quantities(ten))
    level = [s for s in steps if s.quantity == "level"]
    assert [s.prior.nights for s in level] == list(range(1, 11))
    widths = [s.prior.band()[1] - s.prior.band()[0] for s in level]
    assert widths[-1] < 0.6 * widths[0]
    scored = [s for s in steps if s.next]
    assert np.mean([s.inside for s in scored]) > 0.8
    text = " ".join(words.sentences(steps, []))
    assert "The more nights, the better" in text
    assert len(words.rows(steps)) == len({s.quantity for s in steps})


def test_the_band_holds_the_next_night() -> None:
    """Normal nights with sd .4, known to .1: of 600 series of five, 90 % bands hold the sixth in 86 to 97 % (the spread known
    beforehand is .4 too; 4 standard errors are 5 points)."""
    r = np.random.Generator(np.random.PCG64(9))
    hits = []
    for _ in range(600):
        nights = r.normal(r.normal(), 0.4, 6)
        low, high = pooled(nights[:5] + r.normal(0, 0.1, 5), np.full(5, 0.1), 0.4).band()
        hits.append(low <= nights[5] <= high)
    assert 0.86 < np.mean(hits) < 0.97


def test_a_night_that_contradicts_the_others_is_named(ten) -> None:
    """Orders an hour taken for orders a minute: said, with how far off, and not refused."""
    loud = replace(ten[3], orders=replace(ten[3].orders, n=ten[3].orders.n * 60))
    measured = quantities([*ten[:3], loud, *ten[4:]])
    odd = [(quantity, night) for quantity, night, times in contradictions(measured) if times > 2]
    assert ("level", "night-3") in odd
    lines = words.sentences(settling(measured), contradictions(measured))
    assert any("night-3 contradicts the other nights" in line for line in lines)


@pytest.mark.parametrize("times", [6, 1 / 6])
def test_a_night_six_times_as_loud_is_named_among_nights_as_recorded_ones(ten, times) -> None:
    """Levels of the recordings differ by .11 to .43 (log sd): six times is four of the widest, with ten nights as with three.
    Among nights that differ three times as much as these it is no contradiction."""
    measured = quantities(ten)
    for nights in (10, 3):
        few = [q for q in measured if q.night in {f"night-{k}" for k in range(nights)}]
        mean = np.mean([q.value for q in few if q.quantity == "level" and q.night != "night-1"])
        at = mean + np.log(times) * 1.02
        moved = [q._replace(value=at) if (q.quantity, q.night) == ("level", "night-1") else q for q in few]
        odd = [(quantity, night) for quantity, night, _times in contradictions(moved)]
        assert odd == [("level", "night-1")], nights
    apart = [q._replace(value=mean + 3 * (q.value - mean)) if q.quantity == "level" else q for q in measured]
    wild = [q._replace(value=at) if (q.quantity, q.night) == ("level", "night-1") else q for q in apart]
    assert not contradictions(wild)


def test_nights_as_far_apart_as_any_recorded_are_seldom_called_contradictions() -> None:
    """Of 300 series of eight nights whose levels differ by .43, at most 3 in 100 name one (1 promised, 4 standard errors)."""
    r = np.random.Generator(np.random.PCG64(4))
    named = [bool(contradictions([Quantity("level", str(k), float(v), 0.05) for k, v in enumerate(r.normal(0, 0.43, 8))]))
             for _ in range(300)]  # fmt: skip
    assert np.mean(named) <= 0.034


def test_a_night_given_twice_is_refused(ten) -> None:
    with pytest.raises(CalibrationError, match="night-2 and again hold the same orders"):
        check_nights([*ten, replace(ten[2], name="again")])
    check_nights(ten)


def test_what_has_too_few_orders_is_left_out(ten) -> None:
    few = replace(ten[0], orders=replace(ten[0].orders, t=ten[0].orders.t[:3], sku=ten[0].orders.sku[:3],
                                         n=ten[0].orders.n[:3], units=ten[0].orders.units[:3]))  # fmt: skip
    assert quantities([few]) == []
    assert settling([Quantity("level", "n", 0.0, 0.1)])[0].prior.nights == 1


def test_nights_travel_in_a_file_to_the_next_calibration(ten) -> None:
    """Nine nights as a file holds them and a tenth say what ten say at once."""
    first, last = plain(quantities(ten[:9])), quantities(ten[9:])
    again = settling(after(from_plain(first, "fitted.yaml"), last))
    for one, two in zip(again, settling(quantities(ten)), strict=True):
        assert (one.quantity, one.next) == (two.quantity, two.next)
        assert one.prior.mean == pytest.approx(two.prior.mean, abs=1e-5)


def test_a_prior_that_is_none_or_holds_the_night_already(ten) -> None:
    for rows in (None, [], [{"level": [0.0, 0.1]}], [{"night": "a", "level": [0.0, -1.0]}]):
        with pytest.raises(CalibrationError, match=r"fitted\.yaml says nothing of single nights"):
            from_plain(rows, "fitted.yaml")
    with pytest.raises(CalibrationError, match="is in prior= already"):
        after(quantities(ten[:2]), quantities(ten[1:2]))
