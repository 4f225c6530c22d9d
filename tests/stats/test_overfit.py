"""Overfitting: known tables, sixty equal candidates, one that is better, the deflated best without bias, nights in order."""

import numpy as np
import pytest

from sim.stats.overfit import WalkNight, overfitting, walk_forward


def tables(count, better=0.0, shows=40, candidates=60):
    rng = np.random.default_rng(20261128)
    for _ in range(count):
        draws = rng.normal(size=(shows, candidates))
        draws[:, 7] += better
        yield draws


def test_sixty_equal_candidates_are_a_coin():
    """Mean over 40 tables; its standard error is .03, so .5 +- .1 fails falsely in less than one of 1,000 seeds."""
    estimates = [overfitting(t) for t in tables(40)]
    assert np.mean([o.pbo for o in estimates]) == pytest.approx(0.5, abs=0.1)


def test_one_that_is_truly_better_is_found():
    """One standard deviation a show better, over 40 shows."""
    estimates = [overfitting(t) for t in tables(40, better=1.0)]
    assert np.mean([o.pbo for o in estimates]) < 0.1
    assert {o.best for o in estimates} == {7}


def test_the_deflated_best_has_no_bias_where_the_apparent_one_has():
    """All candidates are worth 0: the best of 60 looks 2.3 standard errors better; left-one-out it is 0 (40 tables, 4 SE)."""
    estimates = [overfitting(t) for t in tables(40)]
    apparent, deflated = np.array([(o.apparent, o.deflated) for o in estimates]).T
    assert apparent.mean() > 0.3
    assert abs(deflated.mean()) < 4 * deflated.std(ddof=1) / 40**0.5


def test_its_interval_holds_the_truth():
    """At least 85 % of 60 tables in which candidate 7 is worth 1 (nominal 95 %; fails falsely in 1 of 1,000 seeds)."""
    estimates = [overfitting(t) for t in tables(60, better=1.0)]
    assert np.mean([o.low <= 1.0 <= o.high for o in estimates]) > 0.85


def test_equal_candidates_share_their_rank():
    flat = np.ones((12, 5))
    assert overfitting(flat).pbo == 1.0  # no better than the median, always


@pytest.mark.parametrize("gains", [np.ones((7, 5)), np.ones((20, 1)), np.full((20, 5), np.nan)])
def test_too_little_to_judge(gains):
    assert overfitting(gains) is None


def test_every_block_counts_once():
    o = overfitting(np.random.default_rng(1).normal(size=(31, 4)))
    assert o.splits == 924
    assert overfitting(np.random.default_rng(1).normal(size=(9, 4))).splits == 70


def test_a_walk_by_hand():
    """Three candidates, four nights: the first night likes 0, the first two 1, the first three 1."""
    gains = np.array([[5.0, 4.0, 0.0], [0.0, 4.0, 1.0], [2.0, 3.0, 9.0], [1.0, 6.0, 2.0]])
    assert walk_forward(gains) == [
        WalkNight(1, 0, 0.0, 0.0, 1, 4.0),
        WalkNight(2, 1, 3.0, 2.0, 2, 9.0),
        WalkNight(3, 1, 6.0, 1.0, 1, 6.0),
    ]
    assert [s.night for s in walk_forward(gains, first=3)] == [3]


@pytest.mark.parametrize("first", [0, 4, -1])
def test_a_walk_needs_a_night_to_judge(first):
    with pytest.raises(ValueError, match="first must be 1 to 3"):
        walk_forward(np.ones((4, 2)), first)
