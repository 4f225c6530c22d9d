"""How cost grows with what is asked: exponents of CPU time in rows, items, candidates, shows; and what a thousand cores would do.

    python -m benchmarks --growth [--quick]

An exponent is the slope of log time over log size by least squares: 1 is proportional, 0 is free. The thousand cores are
computed, not used: a chunk's cost for a worker, beside what it costs the parent to hand it over, take it back, write it, join it.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.clock import Spent, busy, crowd, least, made_with, timed
from benchmarks.engine import one_item, tell
from benchmarks.memory import plan_of
from benchmarks.sweep import family, shared_all, staged
from scenarios.contract import Audience, Cue, Scenario, Sku
from sim.core.stage import Stage, set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import engine_for, play
from sim.jobs.packed_part import packed, unpacked
from sim.jobs.parts import Parts
from sim.jobs.plan import order, play_chunk
from sim.setup.policies import make_policy

REPEATS, CORES = 5, 1000
SIZES = (1, 2, 4, 8)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of log ``seconds`` over log ``sizes`` by least squares.

    >>> round(exponent([1, 2, 4], [3.0, 12.0, 48.0]), 6)
    2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def crowded(times: int) -> Scenario:
    """One item, ``times`` as many viewers."""
    return replace(one_item(), audience=Audience(3000.0 * times))


def broad(items: int) -> Scenario:
    """As many shoppers spread over ``items`` items, a pitch each in turn."""
    skus = tuple(Sku(f"item{k}", 20_000 // items) for k in range(items))
    cues = tuple(Cue(30.0 + 3500.0 * k / (2 * items), skus[k % items].id) for k in range(2 * items))
    return replace(crowded(8), skus=skus, cues=cues)


Measured = tuple[list[float], list[Spent]]
"""Sizes, and what each takes."""


def played(stage: Stage) -> Spent:
    """A run under ``smart``, where a machine freezes."""
    policy = make_policy("smart", playbook="freeze_only")
    engine = engine_for(policy)
    play(stage, policy, engine=engine)
    return least(partial(play, stage, policy, engine=engine), REPEATS)


def rows() -> Measured:
    """Rows of the tape, a run."""
    stages = [set_stage(show, draw_tape(show, 1)) for show in map(crowded, SIZES)]
    return [len(stage.tape) for stage in stages], [played(stage) for stage in stages]


def items() -> Measured:
    """Items, a run: every reading asks the strategy about each."""
    sizes = [5 * k for k in SIZES]
    return [*map(float, sizes)], [played(set_stage(show, draw_tape(show, 1))) for show in map(broad, sizes)]


def candidates() -> Measured:
    """Candidates of a threshold family on one show of LS-1, with every metric."""
    stage, sizes = staged(0), [60 * k for k in SIZES]
    lines = [family(480)[:: 480 // n] for n in sizes]
    shared_all(stage, lines[0][:3])
    return [*map(float, sizes)], [least(partial(shared_all, stage, some), REPEATS) for some in lines]


def shows() -> Measured:
    """Shows of LS-1, with drawing, 20 candidates and every metric."""
    some = family(500)[::25]

    def many(n: int) -> None:
        for k in range(n):
            shared_all(staged(k), some)

    return [*map(float, SIZES)], [least(partial(many, n), 2) for n in SIZES]


WHAT: dict[str, Callable[[], Measured]] = {
    "rows of a tape": rows, "items of a show": items, "candidates": candidates, "shows": shows,
}  # fmt: skip


def chunk_costs(candidates: int = 500, shows: int = 40) -> tuple[float, float, float]:
    """CPU time of one chunk of the sweep of LS-1, every metric: for the worker; for the parent while others play, and to join it
    to the table when they have played [s].

    The parent's are means over a table of ``shows`` shows, whose parts all hold what the first one does.
    """
    plan = plan_of(shows, candidates)
    given = replace(plan, sealed=plan.digest())
    chunks = plan.chunks()
    play_chunk(order(given, chunks[0]), chunks[0])
    content, work = timed(lambda: play_chunk(order(given, chunks[0]), chunks[0]))
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder), plan, given.sealed)
        values = unpacked(given.sealed, chunks[0], content, len(plan.metrics)).T
        contents = [packed(given.sealed, chunk, values) for chunk in chunks]

        def keep() -> None:
            for chunk, one in zip(chunks, contents, strict=True):
                pickle.dumps((order(given, chunk), chunk))
                parts.keep(chunk, pickle.loads(pickle.dumps(one)))

        def join() -> None:
            parts.assemble(Path(folder) / "table.parquet")

        return work.cpu, least(keep, 3).cpu / len(chunks), least(join, 3).cpu / len(chunks)


def main(argv: list[str] | None = None) -> int:
    """Print the exponents and the computed figure; ``--quick``: rows and items alone."""
    print(made_with(), busy(crowd()), sep="\n")
    print("How CPU time grows: 1 is proportional. By size, CPU time (wall time):")
    for name, measure in list(WHAT.items())[: 2 if "--quick" in (argv or []) else None]:
        tell("growth", name, "timing")
        sizes, spent = measure()
        pairs = ", ".join(f"{size:,.0f}: {s.cpu * 1e3:,.1f} ({s.wall * 1e3:,.1f})" for size, s in zip(sizes, spent, strict=True))
        print(f"{name:<18} exponent {exponent(sizes, [s.cpu for s in spent]):.2f}   {pairs} ms", flush=True)
    if "--quick" not in (argv or []):
        worker, parent, join = chunk_costs()
        most = min(worker / parent, CORES)
        print(f"a chunk of LS-1 with every metric: {worker * 1e3:,.0f} ms for a worker, {parent * 1e3:,.2f} ms for the parent "
              f"meanwhile, {join * 1e3:,.2f} ms for it to join the table afterwards")  # fmt: skip
        sentence = (
            "computed: the parent keeps {0:,.0f} of {1:,} cores at work; with the table they are {2:,.0f} times as fast as one"
        )
        print(sentence.format(most, CORES, (worker + join) / (worker / most + join)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
