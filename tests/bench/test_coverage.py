"""Intervals and certificates keep their word on a few of the laws of ``benchmarks.coverage``; error rate of each case 0.1 %."""

import pytest
from scipy import stats

from benchmarks.coverage import CERTIFIED_LIMITS, NAMED, OWN, called_worse, certified_falsely, covered

LAWS = {law.name: law for law in (*NAMED, *OWN)}


def most(share: float, studies: int) -> float:
    """The share of studies that a rate of ``share`` exceeds once in a thousand tests."""
    return float(stats.binom.ppf(0.999, studies, share)) / studies


@pytest.mark.parametrize(
    "law", ["shock in 2 % of shows", "shock in 5 % of shows", "shock in 15 % of shows", "normal", "gamma-Poisson"]
)
def test_intervals_hold_the_mean_in_92_of_100_studies_of_50_shows(law):
    """600 studies; Student's own interval holds it in as few as 57 % where losses are rare and every sample counts."""
    assert 1 - covered(LAWS[law], 50, 600)[1] <= most(0.08, 600)


@pytest.mark.parametrize("law", ["shock in 15 % of shows", "normal"])
def test_of_six_equal_strategies_somebody_is_called_worse_in_one_table_of_twenty_at_most(law):
    """300 tables of 50 shows; with every rival compared with the best at 5 % it was one table in three."""
    assert called_worse(LAWS[law], 50, 300) <= most(0.05, 300)


@pytest.mark.parametrize("limit", CERTIFIED_LIMITS)
def test_no_limit_is_certified_falsely_in_more_than_six_studies_of_a_hundred(limit):
    """200 studies of 30 and of 60 shows each, the law with a tail."""
    for shows in (30, 60):
        assert certified_falsely(LAWS["lognormal, sd 1"], limit, shows, 200) <= most(0.06, 200)
