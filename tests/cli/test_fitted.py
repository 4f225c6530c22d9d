"""A fitted scenario is a scenario: every verb that plays one takes the file, with and without what it leaves open."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from scenarios.registry import from_plain, plain
from scenarios.spread import Spread
from sim.calibrate.fit import calibrate
from sim.calibrate.scenario import scenario_of, yaml_of
from sim.cli import main as cli
from sim.cli.chosen import chosen_scenario
from sim.setup.uncertain import KEY, Uncertain, Uncertainty, complete, scenario_for, taken, uncertainty_from
from sim.setup.uncertain import plain as plain_uncertainty
from tests.calibrate.shows import seen
from tests.calibrate.shows import show as known
from tests.study.small_show import show

UNITS, BUYS = "strategy.units=interval(2,20)", "scenario.shoppers.buy_rate=interval(0.01,0.1)"
VERBS = {
    "rehearse": ("strategy=fixed_count", "replicates=2", "figure=none"),
    "stock": ("replicates=10", "figure=none"),
    "sweep": ("strategy=fixed_count", "strategy.units=5,10", "replicates=4", "workers=1"),
    "tune": ("strategy=fixed_count", UNITS, "trials=8", "replicates=4", "judging=20", "confirm=10", "finalists=1", "workers=1"),
    "breakpoint": ("strategy=silent", "dials=payment_delay", "replicates=10", "steps=1", "limits=platform", "workers=1"),
    "sensitivity": ("strategy=fixed_count", UNITS, BUYS, "points=8", "replicates=2", "workers=1"),
    "review": ("strategy=fixed_count", "shows=1", "alerts=2", "figure=none"),
}  # fmt: skip
"""Verb to words that make it short."""


def written(folder, **parts):
    """The small show as calibrate writes files: notes on settings, herding, a joint uncertainty."""
    values = plain(replace(show(), spread=Spread())) | parts
    values["herding"] = values["herding"] | {"on": True}
    at = [("shoppers", "buy_rate"), ("shoppers", "pay_median_s"), ("herding", "branching")]
    made = Uncertainty(
        tuple(Uncertain(a, "log", float(np.log(values[a[0]][a[1]]))) for a in at),
        np.array([[0.2, 0, 0], [0.1, 0.2, 0], [0, 0, 0.1]]),
    )
    notes = {("shoppers", "buy_rate"): "[0.04, 0.06] 95 %", ("herding", "branching"): "[0.2, 0.4] 95 %"}
    (folder / "fitted.yaml").write_text(yaml_of(values | {KEY: plain_uncertainty(made)}, notes, ["head"]), encoding="utf-8")
    return values, made


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return written(tmp_path)


@pytest.mark.parametrize("uncertain", ["false", "true"])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_the_file(verb, uncertain, fitted, capsys, tmp_path):
    code = cli.main([verb, "scenario=fitted.yaml", *VERBS[verb], f"uncertain={uncertain}", "out=o"])
    assert code == 0, capsys.readouterr().err
    assert json.loads((tmp_path / "o" / "manifest.json").read_text("utf-8"))


def test_uncertain_needs_a_file_that_says_how(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for verb, words in VERBS.items():
        assert cli.main([verb, "scenario=first_show", *words, "uncertain=true", "out=o"]) == 2, verb
        assert "says nothing about how uncertain it is" in capsys.readouterr().err


def test_the_file_is_read_as_it_was_meant(fitted, tmp_path):
    """By the command's reader and by a plain YAML library; also where a user writes on without quotes."""
    values, made = fitted
    text = (tmp_path / "fitted.yaml").read_text("utf-8")
    assert yaml.safe_load(text)["herding"]["on"] is True
    for form in (text, text.replace("'on': true", "on: true")):
        (tmp_path / "again.yaml").write_text(form, encoding="utf-8")
        found, _ = chosen_scenario("again.yaml")
        uncertainty = taken(found)
        assert from_plain(found) == from_plain(values)
        assert uncertainty.parameters == made.parameters
        assert np.array_equal(uncertainty.root, made.root)
    assert "# [0.2, 0.4] 95 %" in text


def test_every_part_that_calibrate_may_leave_out(tmp_path):
    """A fit with herding, one without, one whose shows last longer: each file says what the fit says, through the library."""
    for k, herding in enumerate((False, True)):
        log = seen(known(herding=herding), 3, k)
        made = calibrate([log], name="both" if herding else "cue", predict=False)
        values, notes = scenario_of(made, "part")
        again = yaml.safe_load(yaml_of(values, notes, ["head"]))
        assert ("herding" in again) == herding
        assert from_plain({k: v for k, v in complete(again).items() if k != KEY}) == from_plain(
            {k: v for k, v in values.items() if k != KEY}
        )
        assert uncertainty_from(again[KEY]).parameters == uncertainty_from(values[KEY]).parameters


def test_what_is_varied_is_not_drawn_as_well():
    buy, deal, pay = (("shoppers", "buy_rate"), ("cues", "deal", "peak"), ("shoppers", "pay_median_s"))
    root = np.array([[1.0, 0, 0], [0.5, 1.0, 0], [0.2, 0.3, 1.0]])
    made = Uncertainty(tuple(Uncertain(at, "log", 0.5) for at in (buy, deal, pay)), root)
    held = made.without(["scenario.shoppers.buy_rate", "scenario.cues.*.peak", "gate.n"])
    assert [p.at for p in held.parameters] == [("shoppers", "pay_median_s")]
    assert held.draw(1, 0)[0] == made.draw(1, 0)[2], "the others are drawn as they were"
    assert scenario_for(show(), held, 1, 0).shoppers.buy_rate == show().shoppers.buy_rate
    assert plain_uncertainty(held)["root"] == [[0.2, 0.3, 1.0]]
