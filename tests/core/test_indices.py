"""No transition reads from the end of an array: compiled, an index is taken as it is (``sim.native.FROM_THE_FRONT``)."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.stage import Stage, set_stage
from sim.demand.draw import draw_tape
from sim.engine.fork import play_all
from sim.engine.openloop import listen, record
from sim.native import plainly
from sim.setup.policies import make_policy
from tests.parity.worlds import EVERYTHING, random_policy, random_scenario

SEEDS = (3, 8, 21)


class FromTheFront(np.ndarray):
    """An array, and its rows, whose indices may not be negative."""

    def __getitem__(self, at):
        return super().__getitem__(counted(at))

    def __setitem__(self, at, value):
        super().__setitem__(counted(at), value)


def counted(at):
    """The index itself."""
    for k in at if isinstance(at, tuple) else (at,):
        if isinstance(k, (int, np.integer)) and k < 0:
            raise IndexError(f"index {k} counts from the end")
    return at


def test_a_negative_index_is_refused():
    array = np.arange(4.0).view(FromTheFront)
    with pytest.raises(IndexError, match="from the end"):
        array[-1]
    with pytest.raises(IndexError, match="from the end"):
        array[np.int16(-2)] = 0.0
    assert array[3] == 3.0


@pytest.mark.parametrize("seed", SEEDS)
def test_no_transition_counts_from_the_end(seed, monkeypatch):
    """Random worlds with every mechanism, by the plain forms of all that is compiled of the engine."""
    world_of = Stage.world

    def watched(*parts, **named):
        return type(world := world_of(*parts, **named))(*(array.view(FromTheFront) for array in world))

    monkeypatch.setattr(Stage, "world", watched)
    scenario = random_scenario(seed)
    stage = set_stage(scenario, draw_tape(scenario, seed))
    lines = [make_policy("fixed_count", {"units": units}, playbook=EVERYTHING) for units in (5.0, 15.0)]
    with plainly():
        runs = list(play_all(stage, [random_policy(seed), make_policy("smart", playbook=EVERYTHING), *lines]))
        listen(record(stage, make_policy("silent")), lines[0])
    assert any(len(run.actions) for _, run in runs)
