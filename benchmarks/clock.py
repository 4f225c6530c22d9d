"""How time is taken: CPU time of this process beside wall time, on a machine that may have other work."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

PACKAGES = ("numpy", "numba", "simpy", "pandas", "pyarrow")
CROWDED = 1.15
"""Wall over CPU time of a loop that waits for nothing: above it somebody else wants the core."""
SPIN_S = 0.2


class Spent(NamedTuple):
    """CPU and wall time [s]."""

    cpu: float
    wall: float

    def times(self, many: float) -> Spent:
        """As if it were done so many times."""
        return Spent(self.cpu * many, self.wall * many)


def timed(task: Callable[[], Any]) -> tuple[Any, Spent]:
    """What ``task`` gives, and the time it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = task()
    return result, Spent(time.process_time() - cpu, time.perf_counter() - wall)


def least(task: Callable[[], object], repeats: int) -> Spent:
    """The repeat that took least CPU time: what others do can only lengthen it."""
    return min(timed(task)[1] for _ in range(repeats))


def crowd() -> float:
    """Wall over CPU time of a loop that waits for nothing: 1 on an idle machine."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < SPIN_S:
        pass
    return (time.perf_counter() - wall) / (time.process_time() - cpu)


def busy(seconds: float) -> str:
    """A warning where the machine has other work; empty where it has none. seconds: see :func:`crowd`."""
    if seconds < CROWDED:
        return ""
    return (
        f"warning: this machine is busy: 1 s of CPU takes {seconds:.1f} s here. Wall times mean little now, and CPU times are "
        "some tenths too long; quote ratios, or run it again on an idle machine."
    )


def made_with(*others: str) -> str:
    """Versions behind the figures. others: packages beside the usual ones."""
    versions = [f"Python {platform.python_version()}"]
    for name in (*PACKAGES, *others):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} absent")
    return f"{', '.join(versions)}; {os.cpu_count()} cores"
