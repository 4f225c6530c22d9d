"""Names, files, settings and the YAML that offers them."""

from __future__ import annotations

from pathlib import Path

import pytest

import strategies
from strategies.contract import TIERS
from strategies.gate import GATE_PARAMS
from strategies.registry import StrategyError, gate_settings, load, names, settings

ROOT = Path(strategies.__file__).parents[1]
OWN = """
from strategies.contract import Param, Strategy
def fold(p, m, s):
    m[0] = p[0]
    return 2 if s.stock <= p[0] else 0
STRATEGY = Strategy("own", "a line of my own", fold, (Param("units", 7.0, 0.0, 99.0, "units", "line"),))
"""


def test_a_strategy_is_added_by_adding_its_file(tmp_path):
    for name, text in {"b": "ORDER = 5\n\nSTRATEGY = 1\n", "a": "\nSTRATEGY = 1\n", "helper": "X = 1\n"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert names(tmp_path) == ("b", "a")


def test_every_file_carries_its_own_name():
    assert all(load(name).name == name for name in names())


def test_the_playbook_each_is_meant_for_exists():
    from sim.core.playbooks import PLAYBOOKS

    assert {load(name).playbook for name in names()} <= set(PLAYBOOKS)


def test_defaults_lie_within_bounds():
    for param in (*GATE_PARAMS, *(param for name in names() for param in load(name).params)):
        assert param.low <= param.default <= param.high, param
        assert param.confidence in "HMLA"


@pytest.mark.parametrize(
    ("word", "meant"), [("fixed_cuont", "fixed_count"), ("cart-lead", "cart_lead"), ("newsvendor", "newsvendor_freeze")]
)
def test_unknown_name_says_what_was_meant(word, meant):
    with pytest.raises(StrategyError, match=f"did you mean '{meant}'"):
        load(word)


def test_settings_merge_in_order():
    table = settings(load("tiered"), {"human_s": 33, "auto_s": None}, {"profit": {"human_s": 44}})
    human = [param.name for param in load("tiered").params].index("human_s")
    assert table.shape == (len(TIERS), len(load("tiered").params))
    assert table[:, human].tolist() == [33.0, 44.0, 33.0], "values reach every tier, by_tier has the last word"
    assert settings(load("tiered"))[:, human].tolist() == [120.0, 90.0, 60.0], "the strategy's own tiers"


@pytest.mark.parametrize(
    ("values", "by_tier", "words"),
    [
        ({"unist": 3}, None, ["fixed_count", "'unist'", "did you mean 'units'"]),
        ({"units": -1}, None, ["fixed_count", "'units'", "between 0 and 1e+09 units"]),
        ({"units": float("nan")}, None, ["'units'", "between"]),
        ({"units": "many"}, None, ["'units'", "must be a number"]),
        ({"units": [1, 2]}, None, ["'units'", "must be a number"]),
        (None, {"trafic": {"units": 3}}, ["did you mean 'traffic'"]),
        (None, {"traffic": {"emergency_share": 2}}, ["tier traffic", "'emergency_share'", "between 0 and 1"]),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(values, by_tier, words):
    with pytest.raises(StrategyError) as refusal:
        settings(load("fixed_count"), values, by_tier)
    message = str(refusal.value)
    assert all(word in message for word in words), message
    assert message.endswith((".", "?"))
    assert "\n" not in message


def test_bad_gate_settings_are_refused():
    with pytest.raises(StrategyError, match=r"the gate .*did you mean 'cooldown_s'"):
        gate_settings({"cooldown": 3})


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    strategy = load(path)
    assert strategy.name == "own"
    assert settings(strategy, {"units": 8})[0].tolist() == [8.0]
    (tmp_path / "other").mkdir()
    (tmp_path / "other/own.py").write_text(OWN.replace('"own"', '"twin"'))
    assert load(str(tmp_path / "other/own.py")).name == "twin"
    assert load(path).name == "own", "two files of one name do not disturb each other"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "There is no strategy file"),
        ("x = 1\n", "must define STRATEGY"),
        ("STRATEGY = 3\n", "must define STRATEGY"),
        ("def broken(:\n", "cannot be loaded: SyntaxError"),
        ("1 / 0\n", "cannot be loaded: ZeroDivisionError"),
        (OWN.replace('line"),)', 'line"),) * 2'), "different names"),
        (OWN.replace("def fold(p, m, s)", "def fold(p, m)"), "a fold of three arguments"),
        (OWN.replace("7.0, 0.0, 99.0", "700.0, 0.0, 99.0"), "the default 700.0 of 'units' lies outside its bounds"),
        (OWN.replace("7.0, 0.0, 99.0", "float('nan'), 0.0, 99.0"), "the default nan of 'units' lies outside"),
        (OWN.replace('line"),)', 'line"),), memory=1.5'), "at least one memory cell"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, text, words):
    path = tmp_path / "bad.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StrategyError, match=words):
        load(path)
