"""How fast a sweep is: 500 freeze lines x 200 shows of LS-1, plain and with the shared prefix, against plain SimPy.

Parity first: where the shared prefix and single runs differ by a bit, nothing is timed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.clock import Spent, busy, crowd, made_with
from benchmarks.clock import timed as spent
from benchmarks.engine import Disagreement
from scenarios.registry import load
from sim import native
from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from sim.core.stage import Stage, set_stage
from sim.demand.draw import draw_tape
from sim.engine.compiled import WorldEntry, WorldsEntry
from sim.engine.fork import play_all
from sim.engine.simulate import play
from sim.jobs.evaluate import evaluate
from sim.score.cost import Judge
from sim.score.metrics import METRICS as ALL_METRICS
from sim.setup.policies import make_policy

CANDIDATES, SHOWS, SHARE_SHOWS = 500, 200, 5
METRICS = ("J", "oversold_units", "missed_units", "session_oversold", "alerts")
EVERY = tuple(ALL_METRICS)
SCENARIO, SEED = "ls1", 1
Way = Callable[[Stage, Sequence[Policy]], np.ndarray]


def threshold_family(lines: Sequence[float], playbook: str = "freeze_only") -> list[Policy]:
    """One policy per freeze line [units]: an emergency at or below it, a machine freezes 30 s later."""
    book = replace(PLAYBOOKS[playbook], auto_s=28.0)
    return [make_policy("fixed_count", {"units": u, "emergency_share": 1.0}, playbook=book, label=f"line{u:g}") for u in lines]


@cache
def family(candidates: int) -> tuple[Policy, ...]:
    """Lines 0, 1, 2 ... units; made once a process, as a study's candidates are."""
    return tuple(threshold_family([float(u) for u in range(candidates)]))


def plain(stage: Stage, policies: Sequence[Policy]) -> np.ndarray:
    """Every policy played and scored by itself; float64 [policy, metric] like :func:`shared`."""
    judge = Judge(play(stage, make_policy("silent")))
    return np.array([list(judge.score(play(stage, p), METRICS).values()) for p in policies])


def shared(stage: Stage, policies: Sequence[Policy]) -> np.ndarray:
    """The same by the shared prefix."""
    return evaluate(stage, policies, metrics=METRICS)


def shared_all(stage: Stage, policies: Sequence[Policy]) -> np.ndarray:
    """By the shared prefix, with every metric there is: float64 [policy, metric]."""
    return evaluate(stage, policies, metrics=EVERY)


def timed(task: Callable[[], Any]) -> tuple[Any, float]:
    """What ``task`` gives, and its wall time [s]."""
    result, took = spent(task)
    return result, took.wall


WAYS: tuple[tuple[str, Way], ...] = (
    ("plain engine", plain),
    ("shared prefix", shared),
    ("shared prefix, all metrics", shared_all),
)


def staged(show: int) -> Stage:
    """One show of the workload."""
    scenario = load(SCENARIO)
    return set_stage(scenario, draw_tape(scenario, SEED, show))


def check(shows: int = 2, step: int = 7) -> None:
    """Refuse to time ways that differ: every field of the runs, every metric asked for, for one line in ``step``."""
    policies = family(CANDIDATES)[::step]
    for show in range(shows):
        stage = staged(show)
        for places, run in play_all(stage, policies):
            if run.digest() != play(stage, policies[places[0]]).digest():
                raise Disagreement(f"show {show}, {policies[places[0]].name}: the shared prefix differs; nothing was timed")
        judge, every = Judge(play(stage, make_policy("silent"))), shared_all(stage, policies)
        readable = [list(judge.readable(play(stage, p)).values()) for p in policies]
        if not np.array_equal(readable, every, equal_nan=True) or not np.array_equal(
            plain(stage, policies), shared(stage, policies)
        ):
            raise Disagreement(f"show {show}: the scores of the shared prefix differ; nothing was timed")


class StudyTiming(NamedTuple):
    """A study's wall time and its workers' CPU time [s], its workers, and its table [show, candidate, metric]."""

    wall_s: float
    cpu_s: float
    workers: int
    table: np.ndarray


def study(way: Way, workers: int, candidates: int, shows: int, chunk: int = 5) -> StudyTiming:
    """Run the whole study: drawing, silent baseline, runs, scores. Workers are up and have compiled before the clock starts."""
    from joblib import Parallel, delayed

    chunks = [range(k, min(k + chunk, shows)) for k in range(0, shows, chunk)]
    with Parallel(n_jobs=workers, backend="loky") as pool:
        pool(delayed(_chunk)(way, 3, range(1)) for _ in range(workers))
        start = time.perf_counter()
        parts = pool(delayed(_chunk)(way, candidates, span) for span in chunks)
        wall_s = time.perf_counter() - start
    return StudyTiming(wall_s, sum(took.cpu for _, took in parts), workers, np.concatenate([table for table, _ in parts]))


def _chunk(way: Way, candidates: int, shows: Sequence[int]) -> tuple[np.ndarray, Spent]:
    policies = family(candidates)
    return spent(lambda: np.array([way(staged(k), policies) for k in shows]))


@contextmanager
def watched(owner: Any, name: str, depth: list[int]) -> Iterator[list[float]]:
    """Time spent inside ``owner.name`` while the block runs [s]. ``depth``: shared by all that are watched together, so that a
    call inside another counts for the outer one alone (the score's compiled loops are scoring)."""
    plain_call, spent = getattr(owner, name), [0.0]

    def call(*args: Any, **options: Any) -> Any:
        depth[0] += 1
        start = time.perf_counter()
        try:
            return plain_call(*args, **options)
        finally:
            depth[0] -= 1
            if not depth[0]:
                spent[0] += time.perf_counter() - start

    setattr(owner, name, call)
    try:
        yield spent
    finally:
        setattr(owner, name, plain_call)


def shares(way: Way, candidates: int, shows: int = SHARE_SHOWS) -> dict[str, float]:
    """Where the time goes, as shares: one process, ``shows`` shows; the rest is SimPy and the control plane."""
    policies, spent, depth = family(candidates), {"drawing": 0.0}, [0]
    way(staged(0), policies[:3])
    begin = time.perf_counter()
    with (
        watched(native.CompiledEntry, "__call__", depth) as counting,
        watched(WorldEntry, "__call__", depth) as playing,
        watched(WorldsEntry, "__call__", depth) as many,
        watched(Judge, "table", depth) as score,
        watched(Judge, "__init__", depth) as judge,
    ):
        tables = []
        for k in range(shows):
            stage, draw_s = timed(lambda k=k: staged(k))
            spent["drawing"] += draw_s
            tables.append(way(stage, policies))
    whole = time.perf_counter() - begin
    spent |= {
        "compiled code": counting[0] + playing[0] + many[0],
        "scoring": score[0] + judge[0],
        "I/O": write_s(np.array(tables)),
    }
    whole += spent["I/O"]
    return {"SimPy and control": (whole - sum(spent.values())) / whole} | {k: v / whole for k, v in spent.items()}


def write_s(table: np.ndarray) -> float:
    """Seconds to write a table [show, candidate, metric] as Parquet, one row per run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    show, candidate, _ = np.indices(table[:, :, :1].shape)
    columns = {"show": show.ravel(), "candidate": candidate.ravel()}
    columns |= {name: table[:, :, k].ravel() for k, name in enumerate(METRICS)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.parquet"
        pq.write_table(pa.table(columns), path)  # the first time also loads the library
        return timed(lambda: pq.write_table(pa.table(columns), path))[1]


def rivals(naive_runs: int = 2, lean_runs: int = 10) -> dict[str, float]:
    """Seconds per run of LS-1 in plain SimPy, medians."""
    from benchmarks.rivals import lean, naive

    return {
        "naive SimPy, a process per viewer": statistics.median(timed(lambda k=k: naive(50.0, k))[1] for k in range(naive_runs)),
        "lean SimPy, a process per buyer": statistics.median(timed(lambda k=k: lean(50.0, k))[1] for k in range(lean_runs)),
    }


def line_of(name: str, timing: StudyTiming, rows: float) -> str:
    """One line of the report. ``rows``: rows of one tape, mean."""
    runs = timing.table.shape[0] * timing.table.shape[1]
    speed = runs / timing.wall_s
    cpu = timing.cpu_s / timing.table.shape[0] * 1e3
    return f"{name:<34}{timing.workers:>8}{cpu:>15.1f}{timing.wall_s:>10.2f}{speed:>12,.0f}{speed * rows / 1e6:>20,.0f}"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Print the benchmark; ``--quick``: a tenth of the shows."""
    shows = SHOWS // 10 if "--quick" in (argv or []) else SHOWS
    _tell("parity: the shared prefix against single runs")
    check()
    rows = float(np.mean([len(staged(k).tape) for k in range(5)]))
    print(made_with(), busy(crowd()), sep="\n")
    print(f"{CANDIDATES} freeze lines x {shows} shows of LS-1: drawing, silent baseline, runs and scores; parity checked first.")
    head = f"{'engine':<34}{'workers':>8}{'CPU ms a show':>15}{'wall s':>10}{'runs/s':>12}{'million rows/s':>20}"
    print(head + "\n" + "-" * len(head))
    timings: dict[str, list[StudyTiming]] = {}
    print(f"{len(METRICS)} metrics a run; all: {len(EVERY)}.")
    for name, way in WAYS:
        for workers in (1, 2):
            _tell(f"{name}, {workers} worker{'s' * (workers - 1)}")
            timings.setdefault(name, []).append(study(way, workers, CANDIDATES, shows))
            print(line_of(name, timings[name][-1], rows), flush=True)
    if not np.array_equal(timings["plain engine"][0].table, timings["shared prefix"][1].table):
        raise Disagreement("the tables of the two engines differ; the times above mean nothing")
    for name, seconds in rivals().items():
        each = f"{seconds * CANDIDATES * 1e3:>15,.0f}{seconds * CANDIDATES * shows:>10,.0f}{1 / seconds:>12,.1f}"
        print(f"{name:<34}{1:>8}{each}")
    print("rows: of the tape, times runs; SimPy rivals: a few runs, extrapolated, not scored.")
    for name, (one, two) in timings.items():
        print(f"{name}: 1 -> 2 workers {one.wall_s / two.wall_s:.2f}x, {one.wall_s / two.wall_s / 2:.0%} of linear")
    for name, way in WAYS:
        parts = ", ".join(f"{part} {share:.1%}" for part, share in shares(way, CANDIDATES).items())
        print(f"{name}: {parts}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
