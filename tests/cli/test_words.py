"""Reading the words of a command line."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.cli.compose import _put
from sim.cli.grammar import axis_of, several, spelt, value_of
from sim.cli.words import WordError, addressed, labelled, listed, parts, split


def test_choosing_words_are_taken_out_and_the_last_one_wins():
    cut = split(["scenario=a", "seed=3", "scenario='b c.yaml'", "--cfg"], "rehearse", ("scenario",))
    assert cut.chosen == {"scenario": "b c.yaml"}
    assert cut.rest == ["seed=3"]
    assert cut.show


@pytest.mark.parametrize(
    ("key", "value", "made"),
    [
        ("out", "runs/a=b", "runs/a=b"),
        ("out", "我的/结果", "我的/结果"),
        ("out", "C:\\new\\结果", "C:\\new\\结果"),
        ("out", "'C:\\new\\'", "C:\\new\\"),
        ("out", "12", "12"),
        ("out", "null", None),
        ("files", "[C:\\a.csv,D:\\我 的.csv]", ["C:\\a.csv", "D:\\我 的.csv"]),
        ("files", "{我的.csv: orders}", {"我的.csv": "orders"}),
        ("sku", "[007,1e3,面膜 5片]", ["007", "1e3", "面膜 5片"]),
        ("stock", "{面膜: 200, mask-5pk: 5, 007: 1}", {"面膜": 200, "mask-5pk": 5, "007": 1}),
        ("stock", "{'a: b': 3}", {"a: b": 3}),
        ("scenario.lesson", "it's 面膜", "it's 面膜"),
        ("scenario.lesson", "'a, b'", "a, b"),
        ("seed", "7", 7),
        ("seed", "'7'", "7"),
        ("gate.n", "1.5", 1.5),
        ("operations.watch", "[{what: freeze, by: auto}]", [{"what": "freeze", "by": "auto"}]),
        ("scenario.cues.c01", "{sku: 面膜, at_s: 5}", {"sku": "面膜", "at_s": 5}),
        ("figure", "'best'", "best"),
        ("prune", "false", False),
        ("zone", "+08:00", "+08:00"),
        ("scenario.feed.lag_s", "${gate.n}", "${gate.n}"),
    ],
)
def test_values_are_hydras_and_names_stand_for_themselves(key, value, made):
    assert value_of(key, value) == made
    assert type(value_of(key, value)) is type(made)


@pytest.mark.parametrize(
    ("key", "text", "values"),
    [
        ("strategy.units", "range(50,200,step=40)", (50, 90, 130, 170)),
        ("operations", "人手,human", ("人手", "human")),
        ("scenario.feed.lag_s", "choice(1,2)", (1, 2)),
        ("scenario.skus.面膜.tier", "choice('a b',流量)", ("a b", "流量")),
    ],
)
def test_ranges_are_hydras_and_may_list_names(key, text, values):
    assert several(key, text)
    assert axis_of(key, text, f"{key}={text}").values == values


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    )
)
@example({'\\"': ['\\"', "\\'"]})
def test_whatever_is_spelt_is_read_back(value):
    assert value_of("scenario.lesson", spelt(value)) == value


@pytest.mark.parametrize("word", ["seed", "=3", "--seed=3", "-h=1", "hydra.run.dir=x", "~gate"])
def test_words_that_are_no_settings_are_refused(word):
    with pytest.raises(WordError):
        parts(word, "rehearse")


def test_lists_and_labels():
    assert listed("a,b") == listed("[a, b]") == ["a", "b"]
    assert labelled(["low:fixed_count", "my-own.py", "smart"]) == {"low": "fixed_count", "my_own": "my-own.py", "smart": "smart"}
    assert labelled(["a:fixed_count", "低线:./我的.py"]) == {"a": "fixed_count", "低线": "./我的.py"}
    assert labelled(["C:\\my\\a.py", "d:/x/b.py"]) == {"a": "C:\\my\\a.py", "b": "d:/x/b.py"}
    for bad in ("50%:smart", "../x:smart", "a b:smart"):
        with pytest.raises(WordError, match="label begins with a letter"):
            labelled([bad])
    with pytest.raises(WordError, match="label"):
        labelled(["smart", "smart"])
    with pytest.raises(WordError, match="no strategy"):
        labelled([])


def test_a_setting_goes_to_the_only_strategy():
    one, two = {"smart": "smart"}, {"low": "fixed_count", "high": "fixed_count"}
    assert addressed(["strategy.chance=0.1"], one, "rehearse") == ["strategy.smart.chance=0.1"]
    assert addressed(["strategy.smart.chance=0.1"], one, "rehearse") == ["strategy.smart.chance=0.1"]
    assert addressed(["strategy.by_tier.traffic.chance=1"], one, "rehearse") == ["strategy.smart.by_tier.traffic.chance=1"]
    assert addressed(["strategy.low.units=1", "seed=2"], two, "rehearse") == ["strategy.low.units=1", "seed=2"]
    with pytest.raises(WordError, match="say whose setting"):
        addressed(["strategy.units=1"], two, "rehearse")
    with pytest.raises(WordError, match="'low'"):
        addressed(["strategy.lowe.units=1"], two, "rehearse")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("sed=1", "rehearse has no setting 'sed'; did you mean 'seed'?"),
        ("gate.cooldown=1", "gate has no setting 'cooldown'; did you mean 'cooldown_s'?"),
        ("seed.x=1", "seed is a single value and has no setting 'x'"),
        ("gate=1", "gate is a group of settings; set one of them, as in gate.cooldown_s=..."),
        ("+seed=2", "seed is there already; leave out the + to change it"),
    ],
)
def test_a_fault_names_the_nearest_setting(word, says):
    with pytest.raises(WordError) as fault:
        _put({"gate": {"cooldown_s": None}, "seed": 1}, word, "rehearse")
    assert str(fault.value) == says


def test_values_are_put_by_name():
    tree = {"gate": {"cooldown_s": None}, "scenario": {"skus": {"1.5L": {"stock": 3}}, "cues": {}}}
    assert _put(tree, "+gate.new=1", "rehearse")["gate"] == {"cooldown_s": None, "new": 1}
    assert _put(tree, "scenario.skus.1.5L.stock=4", "rehearse")["scenario"]["skus"] == {"1.5L": {"stock": 4}}
    assert _put(tree, "~scenario.skus.1.5L", "rehearse")["scenario"]["skus"] == {}
    added = _put(tree, "+scenario.skus.红 石榴={stock: 5}", "rehearse")
    assert _put(added, "scenario.skus.红 石榴.price=10", "rehearse")["scenario"]["skus"]["红 石榴"] == {"stock": 5, "price": 10}
    assert tree["scenario"]["skus"] == {"1.5L": {"stock": 3}}, "the tree itself stays as it was"
