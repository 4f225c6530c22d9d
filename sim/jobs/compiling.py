"""Compile in processes of their own, so that a first show can be played meanwhile, as plain Python.

What they make lies on disk afterwards, for this process and its workers. On a machine that has it there, none is started.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sim.core.blocks import slip_in
from sim.core.policy import Policy
from sim.engine.compiled import (
    abreast_at,
    compiled_abreast,
    compiled_scan,
    compiled_seen,
    compiled_slip_in,
    compiled_stretch,
    compiled_trace,
    scan_at,
    seen_at,
    stretch_at,
    trace_at,
)
from sim.engine.folds import compile_fold
from sim.engine.simulate import engine_for
from sim.jobs.interrupts import deaf
from sim.native import at_hand, compiles, kept_folder
from sim.places import BASE
from sim.score.loops import weigh
from sim.score.weighing import compiled_weigh
from strategies.registry import load
from strategies.users import is_users

KERNELS: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "seen": (seen_at, compiled_seen), "stretch": (stretch_at, compiled_stretch), "trace": (trace_at, compiled_trace),
    "weigh": (weigh, compiled_weigh), "scan": (scan_at, compiled_scan), "abreast": (abreast_at, compiled_abreast),
    "slip_in": (slip_in, compiled_slip_in),
}  # fmt: skip
"""Entry points, and what makes them."""
PLAYED = ("seen", "stretch", "trace", "weigh", "slip_in")
"""Kernels that every rehearsal calls."""
SHARED = (*PLAYED, "scan", "abreast")
"""Kernels that many candidates on one tape call."""
TOGETHER = ("seen", "stretch", "trace", "scan")
"""Kernels that call the same functions, which are compiled once for all of them in one process; the rest goes to another."""
START = "import sys; sys.path.insert(0, sys.argv[1]); from sim.jobs.compiling import compile_all; compile_all(sys.argv[2:])"


@contextmanager
def compiling(policies: Iterable[Policy], kernels: Sequence[str]) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """Processes that compile ``kernels``, and what ``policies`` need, where it is not at hand; what is not done by the end is
    given up.

    Compiling is all they do: where one fails, this process compiles for itself when it comes to it.
    """
    able = compiles() and kept_folder() and sys.executable and not os.environ.get("STOCKCUE_NO_COMPILE")
    wanted = missing(policies, kernels) if able else []
    parts = [[name for name in wanted if (name in TOGETHER) is shared] for shared in (True, False)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        with deaf(), suppress(OSError):
            processes += [_process(part) for part in parts if part]
        yield processes
    finally:
        for one in processes:
            one.kill()
            one.wait()


def warm(policies: Sequence[Policy], kernels: Sequence[str] = SHARED) -> None:
    """Compile once, so that this process and its workers find the machine code on disk."""
    with compiling(policies, kernels) as others:
        for one in others:
            one.wait()
    for policy in policies:
        engine_for(policy)


def missing(policies: Iterable[Policy], kernels: Sequence[str]) -> list[str]:
    """Those of ``kernels``, and strategies of StockCue's own, that are not compiled yet on this machine."""
    folds = {p.strategy.name: p.strategy.fold for p in policies if not is_users(p.strategy.fold.__module__ or "")}
    entries = {name: KERNELS[name][0] for name in kernels} | folds
    return [name for name, entry in entries.items() if not at_hand(entry)]


def compile_all(names: Sequence[str]) -> None:
    """Compile kernels and strategies, by name, behind whatever else the machine has to do."""
    with suppress(AttributeError, OSError):
        os.nice(5)
    for name in names:
        if name in KERNELS:
            KERNELS[name][1]()
        else:
            compile_fold(load(name).fold)


def _process(names: Sequence[str]) -> subprocess.Popen[bytes]:
    """Not from the folder this process stands in (``-P``): another's files may lie there under the same names."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", START, str(BASE), *names],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
