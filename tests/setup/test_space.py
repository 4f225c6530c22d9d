"""Candidates and worlds: what varies what, and every slip of the pen as one sentence."""

import pytest

from scenarios.registry import plain
from scenarios.spread import CERTAIN, Spread
from sim.setup.settings import SettingError
from sim.setup.space import Axis, Maker, concerns, make_candidates, make_worlds
from strategies.registry import StrategyError
from tests.study.small_show import config, show

UNITS = Axis("strategy.fixed_count.units", 1, 30)


def made(*axes, design="lhs", points=4, seed=1, strategies=("fixed_count", "smart")):
    return make_candidates(config(*strategies), axes, design, points, seed)


def test_an_axis_of_a_family_varies_only_that_family():
    made_world = made(UNITS)
    assert [c.name for c in made_world] == ["fixed_count#0", "fixed_count#1", "fixed_count#2", "fixed_count#3", "smart"]
    assert [c.family for c in made_world] == ["fixed_count"] * 4 + ["smart"]
    assert made_world[-1].settings == {}
    for c in made_world[:4]:
        assert c.policy.params[:, 0].tolist() == [c.settings[UNITS.key]] * 3
        assert c.policy.name == c.name


def test_gate_and_operations_vary_all_families():
    made_world = made(Axis("gate.cooldown_s", values=(30, 90)), Axis("operations.name", values=("human", "standard")))
    assert len(made_world) == 8
    assert {c.family for c in made_world} == {"fixed_count", "smart"}
    assert {(c.policy.gate[5], c.policy.playbook.name) for c in made_world} == {(30, "human"), (30, "standard"), (90, "human"),
                                                                           (90, "standard")}  # fmt: skip


def test_a_tier_varies_alone():
    c = made(Axis("strategy.fixed_count.by_tier.traffic.units", 100, 200), points=2)[0]
    assert c.policy.params[:, 0].tolist() == [c.settings["strategy.fixed_count.by_tier.traffic.units"], 200.0, 200.0]


def test_points_of_a_family_do_not_depend_on_the_others():
    both, alone = made(UNITS), made(UNITS, strategies=("fixed_count",))
    assert [c.settings for c in both[:4]] == [c.settings for c in alone]
    assert made(UNITS, seed=2)[0].settings != both[0].settings


def test_a_candidate_is_what_its_settings_say():
    settings = made(UNITS)[2].settings
    again = Maker(config("fixed_count", "smart"), "fixed_count").make(settings, "x")
    assert again.policy.params.tolist() == made(UNITS)[2].policy.params.tolist()
    assert again.name == again.policy.name == "x"


def test_worlds_are_scenarios_times_their_axes():
    plain = config()["scenario"]
    worlds = make_worlds({"a": plain, "b": plain}, [Axis("scenario.feed.lag_s", values=(0.5, 9.0)), UNITS], "grid", 0, 1)
    assert [(w.name, w.scenario.feed.lag_s) for w in worlds] == [("a#0", 0.5), ("a#1", 9.0), ("b#0", 0.5), ("b#1", 9.0)]
    assert [w.name for w in make_worlds({"a": plain}, [UNITS], "auto", 4, 1)] == ["a"]


def test_stock_is_drawn_in_whole_units_without_being_asked():
    worlds = make_worlds({"a": config()["scenario"]}, [Axis("scenario.skus.mask.stock", 20, 60)], "lhs", 5, 1)
    assert all(isinstance(w.settings["scenario.skus.mask.stock"], int) for w in worlds)
    assert [w.scenario.skus[0].stock for w in worlds] == [w.settings["scenario.skus.mask.stock"] for w in worlds]


@pytest.mark.parametrize(
    ("axis", "says"),
    [
        (Axis("strategy.fixed_count.unts", 1, 2), "did you mean 'units'"),
        (Axis("strategy.fixd_count.units", 1, 2), "did you mean 'fixed_count'"),
        (Axis("strategy.fixed_count", values=(1, 2)), "belongs to no strategy"),
        (Axis("strategy.fixed_count.name", values=("a", "b")), r"strategy=\[a,b\]"),
        (Axis("strategy.fixed_count.emergency_share", 0, 2), "between 0 and 1"),
        (Axis("strategy.fixed_count.units", values=("a", "b")), "must be a number"),
        (Axis("strategy.fixed_count.by_tier.trafic.units", 1, 2), "did you mean 'traffic'"),
        (Axis("strategy.fixed_count.by_tier.traffic.unts", 1, 2), "did you mean 'units'"),
        (Axis("strategy.fixed_count.by_tier.traffic", 1, 2), "settings by tier"),
        (Axis("gat.cooldown_s", 1, 2), "did you mean 'gate'"),
        (Axis("gate.cooldown", 1, 2), "did you mean 'cooldown_s'"),
        (Axis("gate.n.x", 1, 2), "single value"),
        (Axis("gate.cooldown_s", values=("a", "b")), "must be a number"),
        (Axis("operations.name", values=("humn", "standard")), "did you mean 'human'"),
        (Axis("score.co", 1, 2), "cannot be varied"),
    ],
)
def test_a_wrong_axis_is_one_sentence(axis, says):
    with pytest.raises(ValueError, match=says):
        made(axis)


@pytest.mark.parametrize(
    ("axis", "says"),
    [
        (Axis("scenario.fed.lag_s", 0, 1), "did you mean 'feed'"),
        (Axis("scenario.feed.lag_s", -1, 1), "outside its bounds"),
        (Axis("scenario.feed", values=(1, 2)), "group of settings"),
        (Axis("scenario.skus.musk.stock", 1, 2), "did you mean 'mask'"),
        (Axis("scenario.skus.mask.stock", 1.5, 2), "whole numbers"),
        (Axis("scenario.skus.mask.tier", values=("traffic", "profitt")), "did you mean 'profit'"),
    ],
)
def test_a_wrong_scenario_axis_is_one_sentence(axis, says):
    with pytest.raises(ValueError, match=says):
        make_worlds({"a": config()["scenario"]}, [axis], "auto", 4, 1)


def test_an_axis_given_twice_is_refused():
    with pytest.raises(ValueError, match="varied twice"):
        made(UNITS, UNITS)


def test_whose_axis_is_it():
    assert concerns("operations.auto_s", "a")
    assert not concerns("scenario.feed.lag_s", "a")


def test_settings_that_are_counted_are_varied_in_whole_numbers():
    settings = config("fixed_count")
    candidates = make_candidates(settings, [Axis("gate.n", 1.0, 3.0), Axis("gate.inhibit", 0.0, 1.0)], "lhs", 12, 1)
    assert {c.settings["gate.n"] for c in candidates} == {1, 2, 3}
    assert {c.settings["gate.inhibit"] for c in candidates} == {0, 1}
    assert len({tuple(c.settings.values()) for c in candidates}) == len(candidates)
    with pytest.raises(StrategyError, match="whole numbers"):
        make_candidates(settings, [Axis("gate.n", values=(1.5, 2.0))], "grid", 1, 1)


def test_a_spread_varies_by_name():
    worlds = make_worlds({"small": plain(show())}, [Axis("scenario.spread", values=("certain", "recorded"))], "auto", 0, 1)
    assert [w.scenario.spread for w in worlds] == [CERTAIN, Spread()]
    with pytest.raises(SettingError, match="feed is a group of settings"):
        make_worlds({"small": plain(show())}, [Axis("scenario.feed", values=("slow",))], "auto", 0, 1)


def test_a_scenarios_counted_settings_vary_in_whole_numbers():
    from sim.setup.space import typed

    assert typed(Axis("scenario.skus.x.stock", 10, 20.5)).whole
    assert not typed(Axis("scenario.feed.lag_s", 1, 2)).whole
