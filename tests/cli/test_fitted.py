"""A fitted scenario is a scenario: every verb that plays one takes the file, with and without what it leaves open."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from scenarios.registry import from_plain, plain
from scenarios.spread import CERTAIN, Spread
from sim.calibrate.fit import calibrate
from sim.calibrate.scenario import scenario_of, yaml_of
from sim.cli import main as cli
from sim.cli.chosen import chosen_scenario
from sim.demand.draw import draw_tape
from sim.setup.uncertain import KEY, Uncertain, Uncertainty, asked, complete, scenario_for, taken, uncertainty_from
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


PARTS = {
    "herding": ({"herding": {"on": True, "branching": 0.3}}, {("herding", "branching"): 0.1}),
    "shoppers": ({}, {("shoppers", "buy_rate"): 0.2, ("shoppers", "pay_median_s"): 0.2}),
    "spread": ({"spread": {"mood_sd": 0.5, "slow_sd": 0.3, "level_sd": 0.2, "cue_sd": 0.2, "mega_p": 0.05, "lead_share": 0.2}},
               {("spread", n): 0.3 for n in ("mood_sd", "mood_s", "slow_sd", "slow_s", "level_sd", "cue_sd", "lead_share")}),
    "cues": ({}, {("cues", "link_drop", "peak"): 0.2, ("cues", "pitch", "tau_s"): 0.2}),
    "skus": ({}, {("skus", "mask", "appeal"): 0.2, ("skus", "serum", "popularity"): 0.2}),
    "host": ({"host": {"slip_s": 4.0, "drop_p": 0.1}}, {("host", "slip_s"): 0.2, ("host", "drop_p"): 0.2}),
    "audience": ({"audience": {"arrivals_per_min": 400.0, "pushes": {"p": {"at_s": 30.0, "lift": 0.5, "duration_s": 60.0}}}}, {}),
    "bundles": ({"bundles": {"box": {"price": 120.0, "popularity": 1.0,
                                     "parts": {"a": {"sku": "mask"}, "b": {"sku": "serum", "units": 2}}}}}, {}),
    "sources": ({"feed": {"period_s": 1.0, "orders": {"lag_s": 3.0}, "stock": {"lag_s": 1.0, "loss_p": 0.1}}}, {}),
    "nights": ({}, {}),
}  # fmt: skip
"""Optional parts of a fitted file: what they set, and log sds (logit for shares) of what is uncertain in them."""
SHARES = {"branching", "lead_share", "drop_p"}


def written(folder, parts=tuple(PARTS)):
    """The small show as calibrate writes files: notes on settings, and what is uncertain in the parts that it has."""
    values = plain(replace(show(), spread=Spread() if "spread" in parts else CERTAIN))
    open_ = {}
    for part in parts:
        more, sds = PARTS[part]
        open_ |= sds
        for group, change in more.items():
            values[group] = {**(values.get(group) or {}), **change}
    full = plain(from_plain(values))
    uncertainty = Uncertainty(tuple(uncertain(full, at) for at in open_), np.diag(list(open_.values())))
    told = (
        plain_uncertainty(uncertainty)
        if open_
        else plain_uncertainty(Uncertainty((uncertain(full, BUYS_AT),), np.array([[0.1]])))
    )
    if "nights" in parts:
        told = {**told, "nights": [{"night": "friday", "level": [0.1, 0.05]}]}
    notes = {("shoppers", "buy_rate"): "[0.04, 0.06] 95 %"}
    if "herding" in parts:
        notes["herding", "branching"] = "[0.2, 0.4] 95 %"
    (folder / "fitted.yaml").write_text(yaml_of(values | {KEY: told}, notes, ["head"]), encoding="utf-8")
    return values, uncertainty


BUYS_AT = ("shoppers", "buy_rate")


def uncertain(values, at):
    """A place with its value in the file as the mean."""
    rows = values[at[0]]
    if at[0] == "cues":
        kind = next(row for row in rows.values() if row["kind"] == at[1])
        value = kind[at[2]] or 5.0
    else:
        value = rows[at[1]][at[2]] if len(at) == 3 else rows[at[1]]
    scale = "logit" if at[-1] in SHARES else "log"
    value = max(value, 1e-3)
    return Uncertain(at, scale, float(np.log(value / (1 - value)) if scale == "logit" else np.log(value)))


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return written(tmp_path)


@pytest.mark.parametrize("uncertain", ["false", "true"])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_a_file_with_every_part(verb, uncertain, fitted, capsys, tmp_path):
    code = cli.main([verb, "scenario=fitted.yaml", *VERBS[verb], f"uncertain={uncertain}", "out=o"])
    assert code == 0, capsys.readouterr().err
    assert json.loads((tmp_path / "o" / "manifest.json").read_text("utf-8"))


@pytest.mark.parametrize("part", PARTS)
def test_every_part_draws_and_is_drawn_anew(part, tmp_path):
    """Alone: the file is read as it was meant, and where something of the part is uncertain two shows differ in it."""
    values, made = written(tmp_path, (part,))
    tree, _ = chosen_scenario(str(tmp_path / "fitted.yaml"))
    told = taken(dict(tree))
    scenario, _none = asked(tree, False)
    assert scenario == from_plain(values)
    again, uncertainty = asked(tree, True)
    assert again == scenario
    assert told is not None
    if made.parameters:
        assert [p.at for p in uncertainty.parameters] == list(PARTS[part][1])
        assert scenario_for(scenario, uncertainty, 1, 0) != scenario_for(scenario, uncertainty, 1, 1)
    assert len(draw_tape(scenario_for(scenario, uncertainty, 1, 0), 1, 0))


@pytest.mark.long
@pytest.mark.parametrize("uncertain", ["false", "true"])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_every_part_alone(verb, part, uncertain, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, (part,))
    code = cli.main([verb, "scenario=fitted.yaml", *VERBS[verb], f"uncertain={uncertain}", "out=o"])
    assert code == 0, capsys.readouterr().err


def test_uncertain_needs_a_file_that_says_how(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for verb, words in VERBS.items():
        assert cli.main([verb, "scenario=first_show", *words, "uncertain=true", "out=o"]) == 2, verb
        assert "says nothing about how uncertain it is" in capsys.readouterr().err


def test_the_file_is_read_as_it_was_meant(fitted, tmp_path):
    """By the command's reader and by a plain YAML library; also where a user writes on without quotes."""
    values, written_one = fitted
    text = (tmp_path / "fitted.yaml").read_text("utf-8")
    assert yaml.safe_load(text)["herding"]["on"] is True
    for form in (text, text.replace("'on': true", "on: true")):
        (tmp_path / "again.yaml").write_text(form, encoding="utf-8")
        tree, _ = chosen_scenario("again.yaml")
        uncertainty = taken(tree)
        assert from_plain(tree) == from_plain(values)
        assert uncertainty.parameters == written_one.parameters
        assert np.array_equal(uncertainty.root, written_one.root)
    assert "# [0.2, 0.4] 95 %" in text


def test_every_part_that_calibrate_may_leave_out(tmp_path):
    """A fit with herding, one without, one whose shows last longer: each file says what the fit says, through the library."""
    for k, herding in enumerate((False, True)):
        log = seen(known(herding=herding), 3, k)
        fit = calibrate([log], name="both" if herding else "cue", predict=False)
        values, notes = scenario_of(fit, "part")
        again = yaml.safe_load(yaml_of(values, notes, ["head"]))
        assert ("herding" in again) == herding
        assert from_plain({k: v for k, v in complete(again).items() if k != KEY}) == from_plain(
            {k: v for k, v in values.items() if k != KEY}
        )
        assert uncertainty_from(again[KEY]).parameters == uncertainty_from(values[KEY]).parameters


def test_what_is_varied_is_not_drawn_as_well():
    buy, deal, pay = (("shoppers", "buy_rate"), ("cues", "deal", "peak"), ("shoppers", "pay_median_s"))
    root = np.array([[1.0, 0, 0], [0.5, 1.0, 0], [0.2, 0.3, 1.0]])
    uncertainty = Uncertainty(tuple(Uncertain(at, "log", 0.5) for at in (buy, deal, pay)), root)
    held = uncertainty.without(["scenario.shoppers.buy_rate", "scenario.cues.*.peak", "gate.n"])
    assert [p.at for p in held.parameters] == [("shoppers", "pay_median_s")]
    assert held.draw(1, 0)[0] == uncertainty.draw(1, 0)[2], "the others are drawn as they were"
    assert scenario_for(show(), held, 1, 0).shoppers.buy_rate == show().shoppers.buy_rate
    assert plain_uncertainty(held)["root"] == [[0.2, 0.3, 1.0]]
