"""Typing mistakes in Python end in one sentence that says what to write."""

import pytest

import stockcue as sc


def writes_beyond(p, m, s):
    m[5] = 1.0
    return 0


def two(p, m):
    return 0


MISTAKES = [
    (lambda: sc.policy(sc.Strategy("cell", "of a notebook", writes_beyond)), "declare memory=6"),
    (lambda: sc.rehearse("first_show", sc.Strategy("cell", "of a notebook", two), shows=1), "a fold of three arguments"),
    (lambda: sc.scenario("frist_show"), "there is no scenario 'frist_show'; did you mean 'first_show'"),
    (lambda: sc.scenario("first_show", leeks={}), "no setting 'leeks'; did you mean 'leaks'"),
    (lambda: sc.scenario("first_show", leaks={"duplicat_p": 0}), "did you mean 'duplicate_p'"),
    (lambda: sc.scenario("first_show", leaks=3), "must be a group of settings"),
    (lambda: sc.policy("smrt"), "did you mean 'smart'"),
    (lambda: sc.policy("smart", chanc=0.2), "did you mean 'chance'"),
    (lambda: sc.policy("smart", chance=2), "between 0.0001 and 0.9999"),
    (lambda: sc.rehearse("first_show", [], shows=1), "name at least one"),
    (lambda: sc.rehearse("first_show", ["smart"], shows=0), r"outside its bounds \[1, "),
    (lambda: sc.rehearse("first_show", ["smart"], shows=2.5), "must be a whole number"),
    (lambda: sc.sweep("first_show", {"fixed_count": {"unit": sc.log(10, 100)}}, shows=1), "did you mean 'units'"),
    (lambda: sc.sweep("first_show", {"fixed_count": {"units": sc.log(0, 100)}}, shows=1), "must begin above 0"),
    (lambda: sc.sweep("first_show", {"v1.5": {"strategy": "silent", "units": [1, 2]}}, shows=1), "has a dot in its name"),
    (lambda: sc.load("nowhere"), "holds no finished result"),
    (lambda: sc.compare(1, 2), "give a Result or its run folder, not 1"),
    (lambda: sc.read("nowhere.csv"), "there is no file"),
]


@pytest.mark.parametrize(("mistake", "sentence"), MISTAKES)
def test_a_mistake_ends_in_one_sentence(mistake, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        mistake()
    assert "\n" not in str(refusal.value)
