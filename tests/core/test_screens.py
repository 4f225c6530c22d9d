"""What observers see, against a slow history that remembers everything."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core import world as W
from sim.core.screens import seen
from sim.core.supply import change_record

HORIZON = 400


class Story:
    """A world of one SKU with random changes, and the record at every moment."""

    def __init__(self, lag: int, period: int, phase: int, own: int, seed: int) -> None:
        r = np.random.Generator(np.random.PCG64(seed))
        self.r, self.lag, self.period, self.phase, self.own = r, lag, period, phase, own
        observers = np.zeros((9, 6), np.int64)
        observers[:, W.OWN] = W.NOBODY
        observers[W.FIRST_CHANNEL] = (lag, period, phase, own, 0, 0)
        blank = dict.fromkeys(W.World._fields)
        blank |= {"stock": np.zeros((1, W.N_STOCK), np.int64), "rules": np.eye(W.N_RULES, dtype=np.int64)[W.LOGGING],
                  "head": np.zeros(W.N_HEAD, np.int64),
                  "observers": observers, "views": np.full((9, 1), 100), "log_t": np.zeros(HORIZON, np.int64),
                  "log_sku": np.zeros(HORIZON, np.int32), "log_src": np.zeros(HORIZON, np.int32),
                  "log_delta": np.zeros(HORIZON, np.int32)}  # fmt: skip
        self.world = W.World(**blank)
        self.world.stock[0, W.RECORD] = 100
        self.changes: list[tuple[int, int, int]] = []

    def expected(self, t: int) -> int:
        known = t - self.lag
        if self.period:
            known = (known - self.phase) // self.period * self.period + self.phase
        return 100 + sum(d for at, src, d in self.changes if at <= known or (src == self.own and src >= 0))

    def run(self) -> None:
        for t in range(0, 4 * HORIZON, 4):
            if self.r.random() < 0.5:
                src, delta = int(self.r.integers(-1, 2)), int(self.r.integers(-3, 4))
                change_record(self.world, t, 0, src, delta)
                self.changes.append((t, src, delta))
            if self.r.random() < 0.3:
                assert seen(self.world, W.FIRST_CHANNEL, 0, t) == self.expected(t)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("lag", "period", "phase"), [(0, 0, 0), (40, 0, 0), (0, 60, 20), (30, 100, 70)])
@pytest.mark.parametrize("own", [W.NOBODY, 0])
def test_seen_is_the_record_as_of(lag, period, phase, own, seed):
    Story(lag, period, phase, own, seed).run()
