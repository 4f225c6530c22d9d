"""How much memory a large sweep takes: a million runs of LS-1 with every metric there is, by two workers.

    python -m benchmarks --memory [SHOWS [CANDIDATES] | --quick]

The parent writes one part a chunk and joins them to one table; workers hold one show at a time. Peaks are of resident memory
(``ru_maxrss``), libraries included.
"""

from __future__ import annotations

import resource
import sys
import tempfile
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
from sim.setup.space import Candidate, World

SHOWS, CANDIDATES, WORKERS = 2000, 500, 2
MB = 1024.0


def plan_of(shows: int, candidates: int) -> Plan:
    """``candidates`` freeze lines in LS-1 on ``shows`` shows, every metric."""
    known = [Candidate(policy.name, policy.strategy.name, {}, policy) for policy in family(candidates)]
    return Plan([World(SCENARIO, load(SCENARIO), {})], known, shows, SEED, PROFILES["balanced"], EVERY)


def main(argv: list[str] | None = None) -> int:
    """Print the peaks of parent and workers."""
    from joblib.externals.loky import get_reusable_executor

    numbers = [int(word) for word in argv or [] if word.isdigit()]
    most = SHOWS // 10 if "--quick" in (argv or []) else SHOWS
    shows, candidates = (numbers + [most, CANDIDATES][len(numbers) :])[:2]
    plan, before = plan_of(shows, candidates), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    warm([c.policy for c in plan.candidates])
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, pool("local", "", WORKERS) as crew:
        table = Path(folder) / "trials.parquet"
        gather(Parts(Path(folder), plan, plan.digest()), crew, lambda *_: None, table)
        size = table.stat().st_size
        get_reusable_executor().shutdown(wait=True)
    seconds = time.perf_counter() - start
    parent, worker = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{plan.runs:,} runs of LS-1, {len(plan.metrics)} metrics, {len(plan.chunks())} chunks, {seconds:,.0f} s")
    print(f"peak of the parent {parent / MB:,.0f} MB ({before / MB:,.0f} before it began)")
    print(f"peak of the larger of {WORKERS} workers {worker / MB:,.0f} MB; table {size / 1e6:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
