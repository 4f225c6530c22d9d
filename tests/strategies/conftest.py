"""Short ways to build readings and to run a strategy over them."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.contract import LINE, NEVER, Signal
from strategies.registry import load, settings

PLAIN = Signal(
    now=0.0, t=0.0, stock=500.0, orders=0.0, carts=0.0, paid=0.0, unpaid=0.0, viewers=1000.0, closed=0.0, initial=500.0,
    safety=0.0, price=90.0, margin=0.35, tier=1.0, left=3600.0, next_cue=NEVER, next_lift=0.0, mark=0.5,
    office=500.0, skus=1.0, stock_age=0.0, orders_age=0.0, carts_age=0.0, traffic_age=0.0, hour=20.0,
)  # fmt: skip


class Player:
    """One SKU under one strategy: feed it readings, look at its levels, line and memory."""

    def __init__(self, name, values=None, tier=1):
        self.strategy = load(name)
        self.params = settings(self.strategy, values)[tier]
        self.memory = np.zeros(self.strategy.memory)

    def see(self, t, **facts):
        facts.setdefault("now", t)
        facts.setdefault("office", facts.get("stock", PLAIN.stock))
        for age in ("stock_age", "orders_age", "carts_age", "traffic_age"):
            facts.setdefault(age, facts["now"] - float(t))
        return self.strategy.fold(self.params, self.memory, PLAIN._replace(t=float(t), **facts))

    def sell(self, rate, until, stock=500.0, start=0.0, step=1.0, orders=0.0, **facts):
        """Steady sales: the levels seen, one a step; ``stock`` is what is left at the start."""
        levels = []
        for i in range(1, round((until - start) / step) + 1):
            sold = rate * step * i
            level = self.see(start + i * step, stock=max(0.0, stock - sold), orders=orders + sold, **facts)
            levels.append(level)
        return levels

    @property
    def line(self):
        return self.memory[LINE]


@pytest.fixture
def player():
    return Player
