"""How fast a recording is replayed: rows a second through built-in strategies, decisions a second of a plain-Python one.

Parity first: every strategy is also run in the plain engine, row by row in Python, over the same stage; where the Runs differ
there is no timing. Figures are CPU time, the least of several.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.clock import least, timed
from benchmarks.engine import Disagreement, tell
from scenarios.contract import Cue, Sku
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.core.tape import CART, TAKE
from sim.core.units import US
from sim.demand.streams import stream as random_stream
from sim.engine.openloop import listen, record
from sim.engine.simulate import plain_engine, play
from sim.replay.clock import SECONDS, Clock
from sim.replay.silent import silent_policy
from sim.replay.stream import Stream

BUILT_IN = ("fixed_count", "window_forecast", "gamma_poisson", "smart")
HOURS, SKUS = 2.0, 5
ORDERS = 200_000
"""Recorded orders of the benchmark's show; as many carts."""


@dataclass(frozen=True)
class Replayed:
    """One strategy over one recording: rows of the tape, decisions (readings x SKUs), seconds of the plain engine (one run), of
    the whole replay (ledger, readings and strategy) and of the strategy alone (medians)."""

    strategy: str
    rows: int
    decisions: int
    plain_s: float
    whole_s: float
    alone_s: float
    alerts: int


def invented(orders: int = ORDERS, skus: int = SKUS, hours: float = HOURS) -> Stream:
    """A made-up recording: ``orders`` orders and as many carts, evenly over ``skus`` SKUs, in pulses; a reading a second."""
    rng, end = random_stream(1, "bench", "replay"), hours * 3600 * US
    pulse = rng.random(2 * orders) < 0.5
    t = np.where(
        pulse, rng.integers(0, 24, 2 * orders) / 24 * end + rng.exponential(60 * US, 2 * orders), rng.random(2 * orders) * end
    )
    order = np.argsort(t, kind="stable")
    what = np.where(rng.random(2 * orders) < 0.5, TAKE, CART)
    names = tuple(Sku(f"s{k}", int(0.8 * orders / skus)) for k in range(skus))
    cues = tuple(Cue(k / 24 * hours * 3600, f"s{k % skus}") for k in range(24))
    sku = rng.integers(0, skus, 2 * orders).astype(np.int16)
    rows = np.minimum(t, end - 2).astype(np.int64)[order]
    return Stream("invented", "events", names, rows, what.astype(np.int8), sku, np.ones(2 * orders, np.int32), cues,
                  Clock(SECONDS), 0, hours * 3600, 1.0, 1.0)  # fmt: skip


def uncompiled(policy: Policy) -> Policy:
    """The same strategy in a form that does not compile, as a user's own may be."""
    plain = policy.strategy.fold

    class Fold:
        """A fold that is not a plain function."""

        def __call__(self, params: Any, memory: Any, signal: Any) -> int:
            return plain(params, memory, signal)

    return replace(policy, strategy=replace(policy.strategy, fold=Fold()), label=f"{policy.name}, plain Python")


def measure(stream: Stream, policies: list[Policy], repeats: int = 5, player: Callable[..., ShowRun] = play) -> list[Replayed]:
    """Check parity, then time every policy. ``player``: the slow engine that parity is checked against."""
    stage = set_stage(stream.scenario(), stream.tape())
    silent = silent_policy()
    heard = record(stage, silent)
    out = []
    for policy in policies:
        tell(stream.name, policy.name, "parity: the plain engine, once")
        fast = listen(heard, policy)
        slow, took = timed(partial(player, stage, policy, acting=False, engine=plain_engine(policy)))
        if fast.digest() != slow.digest():
            raise Disagreement(f"{stream.name} under {policy.name}: the two paths differ; nothing was timed")
        whole = least(lambda p=policy: listen(record(stage, silent), p), repeats).cpu
        alone = least(partial(listen, heard, policy), repeats).cpu
        decisions = len(heard.kept) * len(stream.skus)
        out.append(Replayed(policy.name, len(stage.tape), decisions, took.cpu, whole, alone, len(fast.alerts)))
    return out


def report(replay: list[Replayed]) -> str:
    """The timings as a text table."""
    head = f"{'strategy':<28}{'rows':>9}{'decisions':>11}{'plain s':>9}{'replay ms':>11}{'M rows/s':>10}{'alone ms':>10}"
    head += f"{'decisions/s':>13}{'plain/replay':>14}{'alerts':>8}"
    lines = [head, "-" * len(head)]
    for r in replay:
        lines.append(
            f"{r.strategy:<28}{r.rows:>9,}{r.decisions:>11,}{r.plain_s:>9.2f}{r.whole_s * 1e3:>11.1f}"
            f"{r.rows / r.whole_s / 1e6:>10.1f}{r.alone_s * 1e3:>10.1f}"
            f"{r.decisions / r.alone_s:>13,.0f}{r.plain_s / r.whole_s:>14.0f}{r.alerts:>8}"
        )
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Print the benchmark; ``--quick``: a tenth of the orders."""
    from sim.setup.policies import make_policy

    stream = invented(ORDERS // 10 if "--quick" in argv else ORDERS)
    policies = [make_policy(name) for name in BUILT_IN]
    rows = measure(stream, [*policies, *(uncompiled(p) for p in policies)])
    print("Open-loop replay, this machine; parity with the plain engine checked first (equal Runs, bit for bit).")
    print("replay: ledger, readings, strategy and gate; alone: a further strategy over the same readings; plain: one run.")
    print(report(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
