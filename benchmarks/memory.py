"""How much memory a large sweep takes: ``stockcue sweep`` of a million runs of LS-1 with every metric there is, by two workers.

    python -m benchmarks --memory [SHOWS [CANDIDATES] | --quick]

The whole verb: the estimate, workers that hold one show at a time, the parent that joins their parts to one table, the decision,
its certificates and pictures, the page. Peaks of each are of resident memory (``ru_maxrss``), libraries included. Those pages
that processes share count once in what they take together (Linux: proportional set sizes, looked at ten times a second).
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

from benchmarks.sweep import EVERY, SCENARIO, SEED, family
from scenarios.registry import load
from sim.jobs.plan import Plan
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
    import stockcue

    numbers = [int(word) for word in argv or [] if word.isdigit()]
    most = SHOWS // 10 if "--quick" in (argv or []) else SHOWS
    shows, candidates = (numbers + [most, CANDIDATES][len(numbers) :])[:2]
    lines = {"fixed_count": {"units": [float(units) for units in range(candidates)], "emergency_share": 1.0}}
    before, start, table_at = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), [0]

    def told(done: int, of: int, _what: str) -> None:
        if done == of:
            table_at[0] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with (
        Together() as whole,
        tempfile.TemporaryDirectory() as folder,
        patch(
            "sim.app.sweep_study.Plan",
            partial(Plan, metrics=EVERY),  # the verb itself keeps those that people read
        ),
    ):
        out = Path(folder) / "sweep"
        stockcue.sweep(SCENARIO, lines, {"operations": ["freeze_only"]}, shows=shows, seed=SEED, workers=WORKERS, out=out,
                       progress=told)  # fmt: skip
        size = sum(path.stat().st_size for path in out.iterdir())
    seconds = time.perf_counter() - start
    parent, worker = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{shows * candidates:,} runs of LS-1, {len(EVERY)} metrics, the whole verb, {seconds:,.0f} s")
    first, played = before / MB, table_at[0] / MB
    print(f"peak of the parent {parent / MB:,.0f} MB: {first:,.0f} before it began, {played:,.0f} when all was played")
    print(f"peak of the largest other process {worker / MB:,.0f} MB ({WORKERS} workers); run folder {size / 1e6:,.0f} MB")
    if whole.most:
        print(f"parent and workers together, shared pages once: {whole.most / MB:,.0f} MB at the peak")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
