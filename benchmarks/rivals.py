"""LS-1 in plain SimPy, as one would write it without this project: the yardsticks of the sweep benchmark.

naive: a process per viewer. lean: the same show, drawing only those who would order (thinned Poisson streams, exact).
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import simpy

from scenarios.presets.ls1 import ARRIVALS_PER_S, CART, DECAY_S, DECIDE_S, LIFT, LOOK_S, ORDERED, PAY, PAY_S
from sim.demand.streams import stream

SHOW_S, AFTER_S, STOCK, CUES = 3600.0, 600.0, 2000, tuple(60.0 + 300.0 * k for k in range(12))
POLL_S, SIGHT_S, REACT_S = 5.0, 10.0, 30.0


class Tally(NamedTuple):
    """What a show leaves: units paid, units oversold, orders refused by the freeze."""

    paid: int
    oversold: int
    lost: int


class Shop:
    """One item: orders until it is frozen, stock leaves on payment, somebody watches it."""

    def __init__(self, env: simpy.Environment, line: float) -> None:
        self.env, self.line, self.frozen, self.paid, self.lost = env, line, False, 0, 0
        env.process(self.watch())

    def watch(self) -> Generator:
        """A look every POLL_S; what it showed is known SIGHT_S later and acted on after REACT_S more."""
        while self.env.now < SHOW_S:
            yield self.env.timeout(POLL_S)
            if STOCK - self.paid <= self.line:
                yield self.env.timeout(SIGHT_S + REACT_S)
                self.frozen = True
                return

    def tally(self) -> Tally:
        """The result so far."""
        return Tally(self.paid, max(0, self.paid - STOCK), self.lost)


def naive(line: float, seed: int) -> Tally:
    """A process per viewer, about 137,000 of them."""
    env, rng = simpy.Environment(), random.Random(seed)
    shop = Shop(env, line)

    def viewer() -> Generator:
        yield env.timeout(rng.expovariate(1 / LOOK_S))
        if rng.random() >= CART:
            return
        yield env.timeout(rng.expovariate(1 / DECIDE_S))
        if rng.random() >= ORDERED:
            return
        if shop.frozen:
            shop.lost += 1
        elif rng.random() < PAY:
            yield env.timeout(rng.expovariate(1 / PAY_S))
            shop.paid += 1

    def everyday() -> Generator:
        while env.now < SHOW_S:
            yield env.timeout(rng.expovariate(ARRIVALS_PER_S))
            env.process(viewer())

    def cue(at: float) -> Generator:
        """Arrivals that decay: counted by their mean, ``area (1 - exp(-u / tau))``, they are a Poisson stream of rate 1."""
        area, n = LIFT * ARRIVALS_PER_S * DECAY_S, rng.expovariate(1.0)
        yield env.timeout(at)
        while n < area:
            u = -DECAY_S * np.log1p(-n / area)
            if at + u >= SHOW_S:
                return
            yield env.timeout(max(0.0, at + u - env.now))
            env.process(viewer())
            n += rng.expovariate(1.0)

    env.process(everyday())
    for at in CUES:
        env.process(cue(at))
    env.run(until=SHOW_S + AFTER_S)
    return shop.tally()


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Those who would order, at once, with NumPy: when [s], and how long until they pay [s], -1: never."""
    rng = stream(seed, "lean")
    share = CART * ORDERED
    come = [rng.random(rng.poisson(ARRIVALS_PER_S * SHOW_S * share)) * SHOW_S]
    come += [at + rng.exponential(DECAY_S, rng.poisson(LIFT * ARRIVALS_PER_S * DECAY_S * share)) for at in CUES]
    t = np.concatenate(come)
    t = t[t < SHOW_S]
    order = t + rng.exponential(LOOK_S, len(t)) + rng.exponential(DECIDE_S, len(t))
    return order, np.where(rng.random(len(t)) < PAY, rng.exponential(PAY_S, len(t)), -1.0)


def lean(line: float, seed: int) -> Tally:
    """Only those who would order are drawn; SimPy keeps the clock, a process per buyer."""
    env = simpy.Environment()
    shop, (order, wait) = Shop(env, line), drawn(seed)

    def buyer(at: float, pays_after: float) -> Generator:
        yield env.timeout(at)
        if shop.frozen:
            shop.lost += 1
        elif pays_after >= 0:
            yield env.timeout(pays_after)
            shop.paid += 1

    for at, pays_after in zip(order.tolist(), wait.tolist(), strict=True):
        env.process(buyer(at, pays_after))
    env.run(until=SHOW_S + AFTER_S)
    return shop.tally()
