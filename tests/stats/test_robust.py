"""One figure for several scenarios."""

import numpy as np
import pytest

from sim.demand.streams import stream
from sim.stats.robust import clearly_worse, merit, shortfall


def test_shortfall_of_the_whole_sample_is_its_mean():
    costs = stream(1, "test").normal(size=50)
    assert shortfall(costs, 1.0) == pytest.approx(costs.mean())
    assert shortfall(costs, 1 / 50) == pytest.approx(costs.max())


def test_shortfall_of_a_normal_sample_is_the_textbook_one():
    """CVaR of N(0, 1) at 5 % is phi(z)/0.05 = 2.0627; 200,000 draws, standard error 0.006, so 4 of them pass."""
    assert shortfall(stream(2, "test").standard_normal(200_000), 0.05) == pytest.approx(2.0627, abs=0.024)


def test_worst_and_regret_pick_other_scenarios():
    costs = np.array([[10.0, 10.0], [3.0, 5.0]])
    assert merit(costs, "worst") == 10.0
    assert merit(costs, "regret", reference=np.array([9.5, 1.0])) == 3.0


def test_worse_in_one_scenario_only_is_not_clearly_worse():
    rng = stream(3, "test")
    his = rng.normal(size=(2, 40))
    assert clearly_worse(his + 1.0 + 0.1 * rng.normal(size=(2, 40)), his, 0.98)
    mixed = his + np.array([[1.0], [-1.0]]) + 0.1 * rng.normal(size=(2, 40))
    assert not clearly_worse(mixed, his, 0.98)
    assert not clearly_worse(his, his, 0.98)
