"""Reading the words of a command line."""

import pytest

from sim.cli.words import WordError, addressed, fault, labelled, listed, parts, quoted, split


def test_choosing_words_are_taken_out_and_the_last_one_wins():
    cut = split(["scenario=a", "seed=3", "scenario='b c.yaml'", "--cfg"], "rehearse", ("scenario",))
    assert cut.chosen == {"scenario": "b c.yaml"}
    assert cut.rest == ["seed=3"]
    assert cut.show


@pytest.mark.parametrize(
    ("key", "value", "made"),
    [
        ("out", "runs/a=b", "'runs/a=b'"),
        ("out", "我的/结果", "'我的/结果'"),
        ("scenario.lesson", "it's 面膜", "'it\\'s 面膜'"),
        ("seed", "7", "7"),
        ("stock", "{mask: 5}", "{mask: 5}"),
        ("figure", "'best'", "'best'"),
        ("out", "null", "null"),
    ],
)
def test_only_what_hydra_cannot_read_is_quoted(key, value, made):
    assert quoted(key, value) == made


@pytest.mark.parametrize("word", ["seed", "=3", "--seed=3", "-h=1", "hydra.run.dir=x", "~gate"])
def test_words_that_are_no_settings_are_refused(word):
    with pytest.raises(WordError):
        parts(word, "rehearse")


def test_lists_and_labels():
    assert listed("a,b") == listed("[a, b]") == ["a", "b"]
    assert labelled(["low:fixed_count", "my-own.py", "smart"]) == {"low": "fixed_count", "my_own": "my-own.py", "smart": "smart"}
    with pytest.raises(WordError, match="label"):
        labelled(["smart", "smart"])
    with pytest.raises(WordError, match="no strategy"):
        labelled([])


def test_a_setting_goes_to_the_only_strategy():
    one, two = {"smart": "smart"}, {"low": "fixed_count", "high": "fixed_count"}
    assert addressed(["strategy.chance=0.1"], one, "rehearse") == ["strategy.smart.chance=0.1"]
    assert addressed(["strategy.smart.chance=0.1"], one, "rehearse") == ["strategy.smart.chance=0.1"]
    assert addressed(["strategy.by_tier.traffic.chance=1"], one, "rehearse") == ["++strategy.smart.by_tier.traffic.chance=1"]
    assert addressed(["strategy.low.units=1", "seed=2"], two, "rehearse") == ["strategy.low.units=1", "seed=2"]
    with pytest.raises(WordError, match="say whose setting"):
        addressed(["strategy.units=1"], two, "rehearse")
    with pytest.raises(WordError, match="'low'"):
        addressed(["strategy.lowe.units=1"], two, "rehearse")


def test_a_fault_names_the_nearest_setting():
    tree = {"gate": {"cooldown_s": None}, "seed": 1}
    assert fault("sed=1", tree, "rehearse") == "rehearse has no setting 'sed'; did you mean 'seed'?"
    assert fault("gate.cooldown=1", tree, "rehearse") == "gate has no setting 'cooldown'; did you mean 'cooldown_s'?"
    assert "single value" in fault("seed.x=1", tree, "rehearse")
    assert "group of settings" in fault("gate=1", tree, "rehearse")
    assert fault("+gate.new=1", tree, "rehearse") is None
    assert fault("gate.cooldown_s=1", tree, "rehearse") is None
