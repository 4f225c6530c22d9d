"""The fitted scenario loads where a preset does, sells what was sold, and carries its uncertainty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.contract import Shoppers
from scenarios.registry import from_plain
from scenarios.spread import Spread, certain
from sim.calibrate.fit import calibrate
from sim.calibrate.natural import natural_of
from sim.calibrate.observed import CalibrationError
from sim.calibrate.parameters import parameters
from sim.calibrate.scenario import scenario_of, unidentified, yaml_of
from sim.cli.chosen import chosen_scenario
from sim.demand.draw import draw_tape
from sim.setup.uncertain import check_places, scenario_for, taken
from tests.calibrate.tapes import from_tape

from .shows import TRUE, seen, show


@pytest.fixture(scope="module")
def made():
    return calibrate([seen(show(), 21, k) for k in range(2)], name="cue", predict=False)


@pytest.fixture(scope="module")
def loaded(made, tmp_path_factory):
    values, notes = scenario_of(made, "fitted")
    path = tmp_path_factory.mktemp("fitted") / "fitted.yaml"
    path.write_text(yaml_of(values, notes, ["head"]), encoding="utf-8")
    plain, preset = chosen_scenario(str(path))
    assert preset is None
    uncertainty = taken(plain)
    return from_plain(plain), uncertainty, path.read_text(encoding="utf-8")


def test_the_file_loads_with_the_fitted_values(made, loaded):
    scenario, uncertainty, text = loaded
    for p in parameters(made, profiles=False):
        if p.at[0] == "shoppers":
            assert getattr(scenario.shoppers, p.at[1]) == pytest.approx(p.value, rel=1e-4)
    assert len(scenario.cues) == 24
    assert {c.peak for c in scenario.cues if c.kind == "pitch"} == {2.4}
    assert "95 %, instead of 0.006; fitted from streams: 2" in text
    assert "not in the record" not in text
    assert scenario.spread == replace(Spread(), lead_share=0.0), "the fit lets nobody come before a cue"
    check_places(scenario, uncertainty)


def test_a_fit_beyond_what_a_show_can_be_says_so_of_the_recordings(made):
    wild = [p._replace(value=5e5) if p.at == ("shoppers", "buy_rate") else p for p in parameters(made, profiles=False)]
    with pytest.raises(
        CalibrationError, match=r"^what fits .* is no show that can be played .*buy_rate.*; check times"
    ) as refused:
        scenario_of(made, "wild", wild)
    assert "inside them" not in str(refused.value), "nobody gave that value"


def test_the_fitted_show_sells_what_was_sold(made, loaded):
    """Total orders of 12 fitted shows over those of 12 true ones: 1 within 6 % (sd of the two
    sums about 1 % each, of a fit to two shows 2 %)."""
    scenario = certain(loaded[0])
    fitted = sum(from_tape(scenario, draw_tape(scenario, 1, k)).orders.total() for k in range(12))
    true = sum(seen(show(), 2, k).orders.total() for k in range(12))
    assert fitted / true == pytest.approx(1.0, abs=0.06)


def test_shows_drawn_from_the_uncertainty_spread_as_the_intervals_say(made, loaded):
    """300 draws: the middle 95 % of each setting lies within a fifth of the interval's width of its ends."""
    scenario, uncertainty, _ = loaded
    drawn = [scenario_for(scenario, uncertainty, 1, k) for k in range(300)]
    for p in parameters(made, profiles=False):
        if p.at[0] != "shoppers":
            continue
        values = [getattr(s.shoppers, p.at[1]) for s in drawn]
        low, high = np.quantile(values, (0.025, 0.975))
        assert abs(low - p.low) < 0.2 * (p.high - p.low), p.at
        assert abs(high - p.high) < 0.2 * (p.high - p.low), p.at


def test_what_is_not_seen_keeps_its_default_and_is_said():
    log = seen(show(), 21)
    poor = replace(log, carts=log.carts.__class__(*(v[:0] for v in vars(log.carts).values())), first=None, converting=None,
                   paying=None, viewers=None)  # fmt: skip
    fit = calibrate([poor], name="cue", predict=False)
    places = {p.at for p in parameters(fit, profiles=False)}
    assert not places & {("shoppers", n) for n in ("direct_share", "cart_conversion", "never_pay", "pay_median_s")}
    text = " ".join(unidentified(fit))
    for word in ("Viewers are not recorded", "Carts are not recorded", "Payments are not recorded"):
        assert word in text
    both = " ".join(unidentified(replace(fit, shows=(poor, log))))
    assert "Viewers are recorded on 1 of 2 nights only" in both
    assert "Viewers are not recorded" not in both
    scenario = certain(from_plain({k: v for k, v in scenario_of(fit, "poor")[0].items() if k != "uncertainty"}))
    assert scenario.shoppers.never_pay == Shoppers().never_pay
    orders = np.mean([from_tape(scenario, draw_tape(scenario, 3, k)).orders.total() for k in range(6)])
    assert orders == pytest.approx(log.orders.total(), rel=0.08)


def test_between_shows_the_level_varies():
    """Four shows whose room buys at 0.5 to 2 times the rate: the spread (log sd 0.6) is found, and is of the
    shows' nature; the mean level is known from four of them."""
    shows = []
    for k, factor in enumerate((0.5, 0.8, 1.25, 2.0)):
        base = show()
        s = base.shoppers
        shows.append(
            seen(replace(base, shoppers=replace(s, buy_rate=s.buy_rate * factor, shelf_rate=s.shelf_rate * factor)), 5, k)
        )
    fit = calibrate(shows, name="cue", predict=False)
    assert 0.35 < fit.level_sd < 0.85
    by_place = {p.at: p for p in parameters(fit, profiles=False)}
    rate = by_place["shoppers", "buy_rate"]
    assert rate.low < TRUE["shoppers", "buy_rate"] < rate.high
    assert rate.high / rate.low > 2
    level = by_place["spread", "level_sd"]
    assert level.low < 0.6 < level.high


def test_shows_alike_leave_open_how_far_shows_differ():
    """Three shows of one level: its spread may be none, and is not known to be none."""
    fit = calibrate([seen(show(), 5, k) for k in range(3)], name="poisson", predict=False)
    level = natural_of(fit).fitted["level_sd"]
    assert level.low == 0.0
    assert 0.02 < level.high < 0.3
    assert {"lead_share", "lead_s"} <= set(natural_of(fit).kept), "a model without cues says nothing of what comes before one"
