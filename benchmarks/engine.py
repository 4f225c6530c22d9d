"""How fast, against what: the oracle, the engine and a bare compiled pass over the same rows.

Parity first: where the engines disagree there is no timing. Figures are CPU time, the least of several runs on this machine (the
oracle's: the one run that was compared), with wall time beside; the ratios are what to quote.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from importlib import import_module

from benchmarks.clock import Spent, busy, crowd, least, made_with, timed
from scenarios.contract import Audience, Cue, Ledger, Scenario, Shoppers, Sku
from scenarios.spread import CERTAIN
from scenarios.staffing import Feed
from sim.core.policy import Policy
from sim.core.stage import Stage, set_stage
from sim.core.tape import CART, DELIVER, ORDER
from sim.demand.draw import draw_tape
from sim.engine.compiled import compiled_bare
from sim.engine.simulate import engine_for, play, play_oracle

REPEATS, DRAWS = 7, 3


class Disagreement(RuntimeError):
    """The engines differ: nothing is timed."""


@dataclass(frozen=True)
class RunTiming:
    """Time per run of one policy on one show: the least of several, but the oracle's one run."""

    show: str
    policy: str
    shoppers: int
    rows: int
    readings: int
    draw: Spent
    oracle: Spent
    engine: Spent
    bare: Spent
    alerts: int
    improvised: int


def tell(show: str, policy: str, phase: str) -> None:
    """Say on stderr what is being done: an oracle's run can take a minute."""
    print(f"{show}, {policy}: {phase}", file=sys.stderr, flush=True)


def bare(stage: Stage, policy: Policy) -> Spent:
    """The ledger alone over the stage's rows; making the world is not counted."""
    run = compiled_bare()
    run(stage.world(policy))
    return min(timed(partial(run, stage.world(policy)))[1] for _ in range(REPEATS))


def measure(scenario: Scenario, policies: list[Policy], seed: int = 1) -> list[RunTiming]:
    """Check parity, then time every policy on one tape of ``scenario``. The oracle's run for parity is the one timed."""
    tell(scenario.name, "all strategies", f"drawing the show {DRAWS} times")
    draw = least(lambda: draw_tape(scenario, seed), DRAWS)
    tape = draw_tape(scenario, seed)
    stage = set_stage(scenario, tape)
    entries = (tape.kind == CART) | ((tape.kind == ORDER) & (tape.cause < 0))
    out = []
    for policy in policies:
        tell(scenario.name, policy.name, "compiling")
        engine = engine_for(policy)
        fast = play(stage, policy, engine=engine)
        tell(scenario.name, policy.name, "parity: the oracle, once")
        slow, oracle = timed(partial(play_oracle, stage, policy))
        if fast.digest() != slow.digest():
            raise Disagreement(f"{scenario.name} under {policy.name}: oracle and engine differ; nothing was timed")
        tell(scenario.name, policy.name, f"the oracle took {oracle.cpu:.1f} s and agrees; timing the engine, {REPEATS} times")
        out.append(
            RunTiming(
                show=scenario.name,
                policy=policy.name,
                shoppers=int(entries.sum()),
                rows=len(tape),
                readings=int((tape.kind == DELIVER).sum()) * len(scenario.skus),
                draw=draw,
                oracle=oracle,
                engine=least(partial(play, stage, policy, engine=engine), REPEATS),
                bare=bare(stage, policy),
                alerts=len(fast.alerts),
                improvised=len(fast.tape.cues) - len(tape.cues),
            )
        )
    return out


def report(timings: list[RunTiming]) -> str:
    """The timings as a text table."""
    head = f"{'show':<14}{'strategy':<30}{'shoppers':>9}{'rows':>9}{'draw ms':>9}{'oracle ms':>11}{'engine ms':>11}{'wall ms':>9}"
    head += f"{'bare ms':>9}{'oracle/engine':>15}{'engine/bare':>13}{'alerts':>8}{'improvised':>12}"
    lines = [head, "-" * len(head)]
    for t in timings:
        lines.append(
            f"{t.show:<14}{t.policy:<30}{t.shoppers:>9,}{t.rows:>9,}{t.draw.cpu * 1e3:>9.1f}{t.oracle.cpu * 1e3:>11.1f}"
            f"{t.engine.cpu * 1e3:>11.2f}{t.engine.wall * 1e3:>9.2f}{t.bare.cpu * 1e3:>9.2f}{t.oracle.cpu / t.engine.cpu:>15.0f}"
            f"{t.engine.cpu / t.bare.cpu:>13.2f}{t.alerts:>8}{t.improvised:>12}"
        )
    return "\n".join(lines)


def one_item() -> Scenario:
    """A small show: one item, twelve pitches in an hour, about 4,000 direct buyers, a reading every 5 s that is 10 s old."""
    return Scenario(
        "one_item",
        "how fast a small run can be",
        3600.0,
        (Sku("item", 2000),),
        tuple(Cue(150.0 + 280.0 * k, "item") for k in range(12)),
        audience=Audience(3000.0),
        shoppers=Shoppers(direct_share=1.0, buy_rate=0.011, shelf_rate=0.0015),
        spread=CERTAIN,
        ledger=Ledger("deduct_on_payment", late_payment="accept"),
        feed=Feed(5.0, 10.0),
    )


OWN = ("fixed_count", "smart")
"""Strategies that are timed in the playbook they ship with as well: people, the host, restocks."""
OTHERS = {
    "--sweep": "benchmarks.sweep",
    "--ingest": "benchmarks.ingest",
    "--replay": "benchmarks.replay",
    "--shadow": "benchmarks.shadow",
    "--spread": "benchmarks.spread",
    "--parity": "benchmarks.parity",
    "--memory": "benchmarks.memory",
    "--rivals": "benchmarks.same_work",
    "--growth": "benchmarks.growth",
}
"""Other benchmarks by option."""
SIZED = ("--parity", "--memory")
"""Those that take sizes as numbers: how many random worlds and the first; how many shows and lines."""


def main(argv: list[str] | None = None) -> int:
    """Print the benchmark; ``--quick`` leaves out the promotion show; another option times something else (``OTHERS``)."""
    for option, module in OTHERS.items():
        if option in (argv or []):
            return int(import_module(module).main(argv))
    from scenarios.registry import load
    from sim.setup.policies import make_policy

    names = ["silent", "fixed_count", "newsvendor_freeze", "gamma_poisson", "smart", "tiered"]
    shows = [one_item(), load("first_show")] + ([] if "--quick" in (argv or []) else [load("double11")])
    print(made_with(), busy(crowd()), sep="\n")
    timings: list[RunTiming] = []
    for show in shows:
        policies = [make_policy(n, playbook="freeze_only") for n in names]
        timings += measure(show, [*policies, *(make_policy(n, label=f"{n}, own playbook") for n in OWN)])
    print("CPU time per run, the least of several; parity of oracle and engine checked first (equal Runs, bit for bit).")
    print(f"{REPEATS} runs; oracle: one run, the one compared; wall: of the engine. A machine freezes, no more, unless said.")
    print("engine: SimPy control plane, compiled stretch, strategy at every reading; bare: the ledger alone over the same rows.")
    print(report(timings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
