"""The host: a SimPy process that walks the run of show, with slips, omissions and ad-libs."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np
import simpy

from scenarios.bundles import items
from scenarios.contract import CUE_KINDS, KERNEL_SHAPES, Cue, Push, Scenario
from sim.core.tape import CUE_DTYPE
from sim.core.units import US, to_us
from sim.demand.audience import pull
from sim.demand.streams import stream


def perform(scenario: Scenario, seed: int, replicate: int) -> tuple[np.ndarray, list[Cue]]:
    """Play the host once: the cues as they came (CUE_DTYPE, by start) and the records behind them.

    Slip is normal around plan; the planned order holds, a late cue pushes the next. Ad-libs are pitches of
    any SKU at a uniform time, Poisson in number.
    """
    env = simpy.Environment()
    spoken: list[tuple[int, int, Cue]] = []
    env.process(_walk(env, scenario, seed, replicate, spoken))
    for at_us, cue in _adlibs(scenario, seed, replicate):
        env.process(_adlib(env, at_us, cue, spoken))
    env.run()
    index = {s.id: k for k, s in enumerate(items(scenario))}
    rows = np.array([cue_row(at, plan, cue, index[cue.sku]) for at, plan, cue in spoken], CUE_DTYPE)
    return rows.reshape(-1), [cue for _, _, cue in spoken]


def _walk(env: simpy.Environment, scenario: Scenario, seed: int, replicate: int, spoken: list) -> Generator:
    host = scenario.host
    planned = sorted(enumerate(scenario.cues), key=lambda pair: (pair[1].at_s, pair[0]))
    for ordinal, cue in planned:
        rng = stream(seed, replicate, "host", ordinal)
        dropped, slip = rng.random() < host.drop_p, rng.standard_normal() * host.slip_s
        at = min(max(to_us(cue.at_s + slip), env.now), to_us(scenario.duration_s) - 2)
        if dropped:
            continue
        yield env.timeout(at - env.now)
        spoken.append((env.now, to_us(cue.at_s), cue))


def _adlibs(scenario: Scenario, seed: int, replicate: int) -> Iterator[tuple[int, Cue]]:
    if not scenario.host.adlib_p or not scenario.cues:
        return
    rng = stream(seed, replicate, "adlib")
    for _ in range(rng.poisson(scenario.host.adlib_p * len(scenario.cues))):
        at, which = rng.random() * scenario.duration_s, rng.random()
        names = sorted(s.id for s in scenario.skus)
        yield to_us(at), Cue(at, names[int(which * len(names))], "pitch")


def _adlib(env: simpy.Environment, at_us: int, cue: Cue, spoken: list) -> Generator:
    yield env.timeout(at_us)
    spoken.append((at_us, -1, cue))


def cue_row(start: int, planned: int, cue: Cue, item: int) -> tuple:
    """One row of CUE_DTYPE."""
    k = cue.kernel()
    kind, shape = CUE_KINDS.index(cue.kind), KERNEL_SHAPES.index(k.shape)
    return start, start + to_us(k.duration_s), planned, item, kind, k.peak, k.tau_s, shape


def lifts(cues: np.ndarray, records: Sequence[Cue], mean_stay_s: float) -> tuple[Push, ...]:
    """The extra arrivals that cues with a viewer lift bring, as feed pushes."""
    pushes = []
    for row, cue in zip(cues, records, strict=True):
        kernel = cue.kernel()
        if kernel.viewer_lift > 1:
            pushes.append(pull(int(row["start"]) / US, kernel.viewer_lift, kernel.duration_s, mean_stay_s))
    return tuple(pushes)
