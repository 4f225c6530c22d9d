"""A keeper tells what a judge tells of a run, but for what rests on the silent run, and keeps nothing of what it counted."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.setting import ScenarioError
from sim.app.desk_shows import size_of
from sim.score.scorekeeper import AGAINST_SILENCE, Scorekeeper
from tests.score.test_whole import judged


@pytest.mark.parametrize("seed", range(6))
def test_what_needs_no_silent_run_is_as_a_judge_has_it(seed):
    judge, runs = judged(seed)
    keeper = Scorekeeper(judge.baseline.tape, judge.baseline.scenario, judge.profile)
    empty = size_of(keeper)
    for run in [*runs, *runs[::-1]]:
        row, known = judge.score(run), keeper.score(run)
        assert known.keys() == row.keys() - AGAINST_SILENCE
        assert [n for n, value in known.items() if not np.array_equal(value, row[n], equal_nan=True)] == []
    assert size_of(keeper) > empty
    keeper.rested()
    assert size_of(keeper) == empty


@pytest.mark.parametrize("name", ["J", "recall", "avoidable_units"])
def test_what_rests_on_the_silent_run_is_refused(name):
    _judge, (run, *_others) = judged(0)
    with pytest.raises(ScenarioError, match=name):
        Scorekeeper(run.tape, run.scenario).score(run, (name,))
