"""What one would write instead for one question: 500 freeze lines on the same show of LS-1, units paid, oversold and refused.

    python -m benchmarks --rivals [--quick]

All play one model on the same draws, and are compared before they are timed: SimPy with a process per buyer (``rivals.lean``), a
loop by hand compiled by numba, NumPy with a shared prefix (nobody's show once, then two look-ups a line), and backtesters of
trading where they are installed (``other_tools``). They answer this question and no other: no feed, no people, no host, no second
item, no metric but three. The engine's line is its own LS-1 with all of that in it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from benchmarks.clock import busy, crowd, least, made_with
from benchmarks.engine import Disagreement, tell
from benchmarks.other_tools import TOOLS, installed
from benchmarks.rivals import AFTER_S, POLL_S, REACT_S, SHOW_S, SIGHT_S, STOCK, drawn, lean
from benchmarks.sweep import family, shared, shared_all, staged

LINES = tuple(float(u) for u in range(500))
COMPARED, REPEATS = 5, 5


def numpy_prefix(lines: Sequence[float], seed: int) -> np.ndarray:
    """Paid, oversold and refused by line, int64 [line, 3]: what nobody stops is one sorted array, and a line cuts it off."""
    order, wait = drawn(seed)
    pays = wait >= 0
    ends = np.sort((order + wait)[pays])
    polls = POLL_S * np.arange(1, int(SHOW_S / POLL_S) + 1)
    left = STOCK - np.searchsorted(ends, polls)
    first = np.searchsorted(-left, -np.asarray(lines))
    frozen = np.append(polls, np.inf)[first] + SIGHT_S + REACT_S
    end = SHOW_S + AFTER_S
    by_order = np.sort(order[pays & (order + wait < end)])
    paid = np.searchsorted(by_order, frozen)
    come = np.sort(order[order < end])
    lost = len(come) - np.searchsorted(come, frozen)
    return np.stack([paid, np.maximum(0, paid - STOCK), lost], axis=1).astype(np.int64)


def loop(
    lines: Any, order: Any, wait: Any, ends: Any, stock: int, poll_s: float, delay_s: float, show_s: float, end_s: float
) -> Any:
    """The same by a plain loop over buyers for every line; ``ends``: payments in order."""
    counts = np.zeros((lines.shape[0], 3), np.int64)
    for k in range(lines.shape[0]):
        frozen, paid, t = np.inf, 0, poll_s
        while t <= show_s:
            while paid < ends.shape[0] and ends[paid] < t:
                paid += 1
            if stock - paid <= lines[k]:
                frozen = t + delay_s
                break
            t += poll_s
        for i in range(order.shape[0]):
            if order[i] < end_s:
                if order[i] >= frozen:
                    counts[k, 2] += 1
                elif wait[i] >= 0 and order[i] + wait[i] < end_s:
                    counts[k, 0] += 1
        counts[k, 1] = max(0, counts[k, 0] - stock)
    return counts


@cache
def _machine() -> Any:
    import numba

    return numba.njit(loop)


def by_hand(lines: Sequence[float], seed: int) -> np.ndarray:
    """As :func:`numpy_prefix`, by :func:`loop` compiled."""
    order, wait = drawn(seed)
    ends = np.sort((order + wait)[wait >= 0])
    return _machine()(np.asarray(lines), order, wait, ends, STOCK, POLL_S, SIGHT_S + REACT_S, SHOW_S, SHOW_S + AFTER_S)


def check(seed: int = 1) -> None:
    """Refuse to time rivals that give different figures."""
    some = LINES[:: len(LINES) // COMPARED]
    tables = {"lean SimPy": np.array([lean(u, seed) for u in some])}
    tables |= {"loop by hand": by_hand(some, seed), "NumPy": numpy_prefix(some, seed)}
    tables |= {name: TOOLS[name].count(some, seed) for name in installed()}
    if len({table.tobytes() for table in tables.values()}) > 1:
        raise Disagreement(f"the rivals differ, nothing was timed: {tables}")


def main(argv: list[str] | None = None) -> int:
    """Print the benchmark; ``--quick``: a tenth of the repeats."""
    repeats = 1 if "--quick" in (argv or []) else REPEATS
    tell("ls1", "rivals", "the same figures first")
    check()
    stage, policies = staged(0), family(len(LINES))
    shared(stage, policies[:3])
    rows = [("lean SimPy, a process per buyer", least(lambda: lean(50.0, 1), max(1, repeats // 2)).times(len(LINES)))]
    for name in installed():
        tool = TOOLS[name]
        few = LINES[:: len(LINES) // tool.lines]
        rows.append((tool.words, least(partial(tool.count, few, 1), max(1, repeats // 2)).times(len(LINES) / len(few))))
    rows += [
        ("a loop by hand, compiled by numba", least(partial(by_hand, LINES, 1), repeats)),
        ("NumPy, shared prefix", least(partial(numpy_prefix, LINES, 1), repeats)),
        ("StockCue, drawing included, 5 metrics", least(lambda: shared(staged(0), policies), repeats)),
        ("StockCue, drawing included, all metrics", least(lambda: shared_all(staged(0), policies), repeats)),
    ]
    print(made_with(*TOOLS), busy(crowd()), sep="\n")
    print(
        f"{len(LINES)} freeze lines on one show of LS-1; the same figures first. Where fewer are played they are times as many:"
    )
    print(
        f"lean SimPy one, {', '.join(f'{name} {TOOLS[name].lines}' for name in TOOLS)}. x: CPU time over that of the last line."
    )
    print(f"{'':<44}{'CPU ms':>12}{'wall ms':>12}{'x':>12}")
    for words, spent in rows:
        print(f"{words:<44}{spent.cpu * 1e3:>12,.2f}{spent.wall * 1e3:>12,.2f}{spent.cpu / rows[-1][1].cpu:>12,.3f}")
    for name in TOOLS:
        if name not in installed():
            print(f"{TOOLS[name].words}: not installed; pip install {name} in an environment of its own to see it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
