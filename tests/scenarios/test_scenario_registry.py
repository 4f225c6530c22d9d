"""Scenarios by name, as plain data and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from omegaconf import OmegaConf

from scenarios import registry
from scenarios.bundles import Bundle, Part
from scenarios.contract import Audience, Push, SalesChannel, Scenario
from scenarios.registry import from_plain, load, plain
from scenarios.setting import ScenarioError
from scenarios.spread import CERTAIN, Spread
from scenarios.staffing import Feed, Outage, Shift, Staff

LESSONS = (
    "quiet_longtail", "pitch_cycle", "seckill_atomic", "seckill_paydeduct", "multichannel_lag", "erp_overwrite", "cart_mirage",
    "offscript_host", "herding", "unpaid_squat", "mask_story", "oversell_story", "operator_overload", "gift_box",
)  # fmt: skip


def test_a_spread_may_be_called_by_name():
    whole = plain(load("first_show"))
    assert from_plain(whole | {"spread": "certain"}).spread == CERTAIN
    assert from_plain(whole | {"spread": "recorded"}) == load("first_show")
    with pytest.raises(ScenarioError, match="has no option 'certian'; did you mean 'certain'"):
        from_plain(whole | {"spread": "certian"})


def test_every_shipped_show_spreads_but_the_workload():
    assert {name for name in registry.names() if load(name).spread != Spread()} == {"ls1"}


def test_the_fourteen_lessons_are_there() -> None:
    """Domain 6.5, bundles, a first show, a promotion night and a reference workload."""
    assert {*LESSONS, "first_show", "double11", "ls1"} <= set(registry.names())


def test_a_preset_is_added_by_adding_its_file(tmp_path) -> None:
    for name, text in {"b": "ORDER = 5\n\ndef build():\n", "a": "\ndef build():\n", "helper": "X = 1\n"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert registry.names(tmp_path) == ("b", "a")


@pytest.mark.parametrize("name", registry.names())
def test_round_trip(name: str) -> None:
    """Plain data give the scenario back, also by way of JSON and of YAML read by OmegaConf."""
    scenario = load(name)
    data = plain(scenario)
    assert from_plain(data) == scenario
    assert from_plain(json.loads(json.dumps(data))) == scenario
    yaml = OmegaConf.to_yaml(OmegaConf.create(data))
    assert from_plain(OmegaConf.to_container(OmegaConf.create(yaml))) == scenario


@pytest.mark.parametrize("name", registry.names())
def test_presets_speak_for_themselves(name: str) -> None:
    """Name, lesson, one line, and a docstring with a lesson in it."""
    scenario = load(name)
    assert scenario.name == name
    assert scenario.lesson
    assert registry.first_line(name).endswith(".")
    assert len(registry.first_line(name)) <= 125
    assert "Lesson:" in (registry._builder(name).__doc__ or "")


def test_loading_builds_anew_and_equal() -> None:
    """A preset is a value."""
    assert load("herding") == load("herding")


def rich() -> Scenario:
    """A scenario that uses every kind of list."""
    return replace(
        load("double11"),
        audience=Audience(pushes=(Push(10.0, 0.5), Push(20.0, 1.0))),
        feed=Feed(outages=(Outage(30.0, 10.0, True),)),
        staff=Staff(shifts=(Shift(2), Shift(1, 600.0, 1200.0))),
        bundles=(Bundle("duo", 80.0, (Part("face-mask-box"), Part("tissue-24", 2))),),
    )


def test_lists_become_named_entries() -> None:
    """Named by id or name, or numbered in order."""
    data = plain(rich())
    assert from_plain(data) == rich()
    assert list(data["skus"])[:2] == ["face-mask-box", "tissue-24"]
    assert "id" not in data["skus"]["tissue-24"]
    assert data["bundles"]["duo"]["parts"]["tissue-24"] == {"units": 2}
    assert list(data["cues"])[:3] == ["c01", "c02", "c03"]
    assert list(data["channels"]) == ["live", "partner"]
    assert next(iter(data["staff"]["channels"])) == "popup"
    assert list(data["supply"]["deliveries"]) == ["d01", "d02", "d03"]
    assert (list(data["audience"]["pushes"]), list(data["feed"]["outages"]), list(data["staff"]["shifts"])) == (
        ["p01", "p02"], ["o01"], ["s01", "s02"])  # fmt: skip


def test_lists_and_missing_settings_are_understood() -> None:
    """A hand-written file may use lists and leave out what has a default; whole numbers pass for floats."""
    cue = {"at_s": 9, "sku": "tea"}
    data = {"name": "mine", "lesson": "", "duration_s": 600, "skus": [{"id": "tea", "stock": 5}], "cues": [cue]}
    scenario = from_plain(data)
    assert isinstance(scenario.duration_s, float)
    assert scenario.skus[0].price == 90.0
    assert scenario.cues[0].peak is None


def test_two_channels_of_one_name_cannot_be() -> None:
    """Written down they would overwrite one another."""
    with pytest.raises(ScenarioError, match="two sales channels are called 'live'"):
        replace(load("herding"), channels=(SalesChannel("live", 0.5), SalesChannel("live", 0.5)))


def changed(path: str, value: object, drop: bool = False) -> dict:
    """Plain data of a preset with one entry changed, added or dropped."""
    data = plain(load("first_show"))
    at = data
    *groups, last = path.split(".")
    for key in groups:
        at = at.setdefault(key, {})
    if drop:
        del at[last]
    else:
        at[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("ledger.hold", 5, "scenario.ledger has no setting 'hold'; did you mean 'hold_s'?"),
        ("legder", {}, "scenario has no setting 'legder'; did you mean 'ledger'?"),
        ("skus.mask-5pk.stok", 5, "scenario.skus.mask-5pk has no setting 'stok'; did you mean 'stock'?"),
        ("ledger.hold_s", "900", "scenario.ledger.hold_s must be a number, not '900'"),
        ("ledger.hold_s", True, "scenario.ledger.hold_s must be a number, not True"),
        ("ledger.hold_s", None, "scenario.ledger.hold_s must be a number, not None"),
        ("ledger.hold_s", -4, "scenario.ledger.hold_s = -4 s is outside its bounds"),
        ("ledger.cancel_returns", 1, "scenario.ledger.cancel_returns must be true or false, not 1"),
        ("ledger.mode", 3, "scenario.ledger.mode must be a text, not 3"),
        ("ledger", 3, "scenario.ledger must be a group of settings, not 3"),
        ("cues", "c01", "scenario.cues must be a group of entries by name"),
        ("cues.c01.sku", "serum", "did you mean 'serum-30ml'?"),
        ("cues.c01.peak", "high", "scenario.cues.c01.peak must be a number"),
        ("skus.mask-5pk.stock", -1, "scenario.skus.mask-5pk.stock = -1 units is outside its bounds"),
        ("skus.mask-5pk.stock", 10.5, "scenario.skus.mask-5pk.stock must be a whole number"),
        ("skus.mask-5pk.stock", float("inf"), "scenario.skus.mask-5pk.stock must be a whole number"),
        ("skus.new", {}, "scenario.skus.new lacks its setting 'stock'; give it a value"),
    ],
)
def test_faults_in_plain_data_are_one_sentence(path: str, value: object, says: str) -> None:
    """Where, what, and what to do; never a traceback of types."""
    with pytest.raises(ScenarioError) as caught:
        from_plain(changed(path, value))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_fact_is_asked_for() -> None:
    """What has no default must be given."""
    with pytest.raises(ScenarioError, match="scenario lacks its setting 'duration_s'"):
        from_plain(changed("duration_s", None, drop=True))


def test_an_unknown_name_gets_a_hint() -> None:
    """Did you mean."""
    with pytest.raises(ScenarioError, match="there is no scenario 'mask_storry'; did you mean 'mask_story'"):
        load("mask_storry")
