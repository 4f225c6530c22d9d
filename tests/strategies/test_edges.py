"""Settings at their bounds and figures at the edge of what a feed may bring: StockCue's own strategies compile without a look at
what they divide by (``sim/native.py``), so none may ever divide by zero."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.conformance.readings import extremes
from sim.engine.folds import compile_fold
from strategies.contract import LINE, NEVER
from strategies.registry import load, names, settings
from tests.sizes import FULL

HUGE = 1e18
COUNTS = [0.0, 0.0, 1.0, 5.0, 1e6, 1e9, HUGE]
EDGES = {
    "stock": COUNTS, "office": COUNTS, "viewers": COUNTS, "initial": COUNTS, "safety": [0.0, 10.0, HUGE],
    "price": [0.0, 90.0, HUGE],
    "margin": [0.0, 0.35, 1.0], "tier": [0.0, 1.0, 2.0], "closed": [0.0, 0.0, 1.0], "left": [0.0, -100.0, -1e9, 3600.0, HUGE],
    "next_cue": [0.0, 1e-6, 30.0, NEVER], "next_lift": [0.0, 1e-9, 1.0, 200.0, HUGE], "mark": [0.0, 0.5, 1.0 - 2.0**-53],
    "skus": [1.0, 5.0, 1000.0], "stock_age": [0.0, 0.3, 25.0, 3600.0], "carts_age": [0.0, 25.0], "traffic_age": [0.0, 3600.0],
    "hour": [0.0, 4.0, 12.0, 23.999],
}  # fmt: skip
STEPS = [0.0, 0.0, 4e-6, 0.001, 0.5, 1.0, 7.0, 300.0, 1e6]
GROWTH = [0.0, 0.0, 1.0, 5.0, 100.0, 1e9, HUGE]


def edges(rng, count=25, shut=False):
    """Readings at the edges; time and what is counted never fall. shut: the item is closed from the start."""
    plain, out = extremes()[0], []
    t = now = orders = carts = paid = 0.0
    for _ in range(count):
        t += rng.choice(STEPS)
        now = max(now, t + rng.choice([0.0, 0.0, 3.0, 3600.0]))
        orders, carts, paid = (have + rng.choice(GROWTH) for have in (orders, carts, paid))
        figures = {name: float(rng.choice(values)) for name, values in EDGES.items()} | ({"closed": 1.0} if shut else {})
        counted = {"orders": float(orders), "carts": float(carts), "paid": float(min(paid, orders))}
        unpaid = float(rng.choice([0.0, counted["orders"] - counted["paid"]]))
        times = {"t": float(t), "now": float(now), "orders_age": float(now - t)}
        out.append(plain._replace(**figures, **counted, unpaid=unpaid, **times))
    return out


@pytest.mark.parametrize("name", names())
@pytest.mark.filterwarnings("ignore:overflow")
def test_no_strategy_divides_by_zero(name):
    """Plain arithmetic raises where it would; compiled answers are the same, lines finite, memory numbers."""
    strategy, rng = load(name), np.random.default_rng(7)
    machine = compile_fold(strategy.fold)
    for trial in range(1000 if FULL else 60):
        base = settings(strategy)[trial % 3]
        bounds = [(p.low, p.high, p.default, base[i]) for i, p in enumerate(strategy.params)]
        params = np.array([bound[rng.integers(4)] for bound in bounds], np.float64)
        plain, quick = np.zeros(strategy.memory), np.zeros(strategy.memory)
        for signal in edges(rng, shut=trial % 5 == 0):
            with np.errstate(divide="raise", invalid="raise"):
                level = strategy.fold(params, plain, signal)
            assert level == machine(params, quick, signal), (params, signal)
            assert plain.tobytes() == quick.tobytes(), (params, signal)
            assert level in (0, 1, 2, 3)
            assert math.isfinite(plain[LINE]), (params, signal)
            assert plain[LINE] >= 0.0
            assert np.isfinite(plain).all(), (params, signal)
