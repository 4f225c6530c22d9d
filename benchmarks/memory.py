"""How much memory a large sweep takes: a million runs of LS-1 with every metric there is, by two workers.

    python -m benchmarks --memory [SHOWS [CANDIDATES] | --quick]

The parent writes one part a chunk and joins them to one table; workers hold one show at a time. Peaks of each are of resident
memory (``ru_maxrss``), libraries included. Those pages that processes share count once in what they take together (Linux:
proportional set sizes, looked at ten times a second).
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.sweep import EVERY, SCENARIO, SEED, family
from scenarios.registry import load
from sim.jobs.compiling import warm
from sim.jobs.parts import Parts
from sim.jobs.plan import Plan
from sim.jobs.pool import pool
from sim.jobs.resume import gather
from sim.score.profiles import PROFILES
from sim.setup.space import Candidate, Variant

SHOWS, CANDIDATES, WORKERS = 2000, 500, 2
MB = 1024.0


class Together:
    """What this process and all it started take at the same moment, at most [kB]; 0 where the system does not say."""

    def __init__(self) -> None:
        self.most, self.over = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Together:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, sum(map(proportional, family_of(os.getpid()))))


def proportional(process: int) -> int:
    """Memory of a process, pages shared with others by their share [kB]; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def family_of(process: int) -> list[int]:
    """A process, and all that it started and these started."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        own = [int(n) for task in tasks for n in (task / "children").read_text(encoding="ascii").split()]
    except OSError:
        own = []
    return [process, *(n for child in own for n in family_of(child))]


def plan_of(shows: int, candidates: int) -> Plan:
    """``candidates`` freeze lines in LS-1 on ``shows`` shows, every metric."""
    known = [Candidate(policy.name, policy.strategy.name, {}, policy) for policy in family(candidates)]
    return Plan([Variant(SCENARIO, load(SCENARIO), {})], known, shows, SEED, PROFILES["balanced"], EVERY)


def main(argv: list[str] | None = None) -> int:
    """Print the peaks of parent and workers."""
    from joblib.externals.loky import get_reusable_executor

    numbers = [int(word) for word in argv or [] if word.isdigit()]
    most = SHOWS // 10 if "--quick" in (argv or []) else SHOWS
    shows, candidates = (numbers + [most, CANDIDATES][len(numbers) :])[:2]
    plan, before = plan_of(shows, candidates), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    warm([c.policy for c in plan.candidates])
    start = time.perf_counter()
    with Together() as whole, tempfile.TemporaryDirectory() as folder, pool("local", "", WORKERS) as crew:
        table = Path(folder) / "trials.parquet"
        gather(Parts(Path(folder), plan, plan.digest()), crew, lambda *_: None, table)
        size = table.stat().st_size
        get_reusable_executor().shutdown(wait=True)
    seconds = time.perf_counter() - start
    parent, worker = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{plan.runs:,} runs of LS-1, {len(plan.metrics)} metrics, {len(plan.chunks())} chunks, {seconds:,.0f} s")
    print(f"peak of the parent {parent / MB:,.0f} MB ({before / MB:,.0f} before it began)")
    print(f"peak of the larger of {WORKERS} workers {worker / MB:,.0f} MB; table {size / 1e6:,.0f} MB")
    if whole.most:
        print(f"together, shared pages once: {whole.most / MB:,.0f} MB at the peak")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
