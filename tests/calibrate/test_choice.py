"""The model that made the data is chosen, and what cannot be told apart is said not to be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.calibrate.choice import choose
from sim.calibrate.fit import calibrate
from sim.calibrate.fitness import BANDS_S, coverage
from sim.calibrate.grid import make_grid
from sim.calibrate.intensity import full_spec
from sim.calibrate.observed import MARK_DTYPE, CalibrationError, Observed, events

from .shows import seen, show


def chosen(scenario, seed: int, **changes):
    grid = make_grid([replace(seen(scenario, seed), **changes)], trend=0)
    return choose(full_spec(grid, herding=False), grid)


def test_cues_alone_are_not_taken_for_herding():
    choice = chosen(show(), 5)
    assert choice.chosen == "cue"
    assert choice.fits["both"].value("branching") < 0.06
    assert choice.fits["hawkes"].value("branching") > 0.3
    assert any("pass for herding" in words for words in choice.words)


def test_herding_beside_cues_is_found():
    choice = chosen(show(herding=True), 5)
    assert choice.chosen == "both"
    assert choice.apart is True
    assert any("told apart: each" in words for words in choice.words)


def test_without_a_cue_sheet_they_cannot_be_told_apart():
    choice = chosen(show(), 5, cues=np.zeros(0, MARK_DTYPE))
    assert choice.chosen in ("hawkes", "room")
    assert choice.apart is None
    assert "cannot be told apart" in choice.words[0]


def test_a_quiet_record_cannot_tell_them_apart():
    """With some hundred orders neither cues that do nothing nor herding gain anything."""
    scenario = show(viewers=60.0)
    flat = replace(scenario, cues=tuple(replace(c, peak=0.0) for c in scenario.cues),
                   shoppers=replace(scenario.shoppers, shelf_rate=0.05))  # fmt: skip
    choice = chosen(flat, 5)
    assert choice.apart is False
    assert any("CANNOT be told apart" in words for words in choice.words)
    assert choice.chosen == "poisson"


def test_bands_cover_and_residuals_agree_where_the_model_holds():
    """90 % bands of 60 one-minute counts: 48 or more inside (binomial tail below 1 in 100; a model given by name keeps
    the default spread, so they are wide); KS at 1 in 100."""
    fit = calibrate([seen(show(herding=True), 8)], name="both")
    inside, of = coverage(list(fit.bands), BANDS_S[0])
    assert of == 60
    assert inside >= 48
    assert fit.residuals.p > 0.01
    assert all(abs(d.residual - 1) < 4 * d.noise for d in fit.dispersions)
    assert fit.busiest[0].low <= fit.busiest[0].seen <= fit.busiest[0].high


def test_a_wrong_model_is_seen_to_be_wrong():
    fit = calibrate([seen(show(herding=True), 8)], name="poisson")
    assert fit.residuals.p < 1e-6
    assert fit.mixed.real
    assert max(d.residual for d in fit.dispersions) > 5
    assert fit.widen > 2


def empty(orders: int, span_s: float = 3600.0, bin_s: float = 0.0) -> Observed:
    t = np.linspace(0, span_s - 1, orders)
    none = events(np.zeros(0), np.zeros(0, int))
    return Observed("quiet", span_s, ("a",), events(t, np.zeros(orders, int)), none, np.zeros(0, MARK_DTYPE), bin_s=bin_s)


@pytest.mark.parametrize(
    ("log", "says"),
    [(empty(0), "no orders at all"), (empty(99), "99 orders are too few"), (empty(500, 300.0), "300 s is too short"),
     (empty(500, 1e6), "lasts 1,000,000 s, longer than a show can be"),
     (empty(500, 3600.0, 300.0), "12 bins of 300 s are too few")],
)  # fmt: skip
def test_too_short_or_too_quiet_says_what_is_missing(log, says):
    with pytest.raises(CalibrationError, match=says):
        calibrate([log])
