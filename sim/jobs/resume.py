"""Play a sweep: estimate it, play what is missing, keep every part; at any moment it can be stopped and taken up again."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.jobs.compiling import warm
from sim.jobs.folder import FolderError, versions
from sim.jobs.packed_part import packed
from sim.jobs.paired_play import Note, unheard
from sim.jobs.parts import Damaged, Parts
from sim.jobs.plan import Plan
from sim.jobs.pool import Pool, steady
from sim.jobs.program import program
from sim.jobs.trials import play_trials
from sim.jobs.work_folder import PLAYED
from sim.setup.space import Variant
from sim.words import _

Tell = Callable[[int, int, str], None]
FEW, MORE, PROBE_TAPES = 8, 8, 3
"""Candidates a probe plays on a tape, how many times as many it takes next where they are done at once, tapes of the first and
the last world."""
SHORT_S, LONG_S = 0.2, 1.0
"""Time under which a tape is done at once, and over which the next tape of the world is left out."""
ROUNDS = 5
"""So often is what was damaged played again, before the disk is told to be at fault."""
MARGIN = 1.1
"""Free space wanted, as a multiple of the estimate."""


@dataclass(frozen=True)
class SweepEstimate:
    """What a sweep will take: seconds of one worker; bytes of the finished table, and of the parts before it."""

    seconds: float
    table: float
    parts: float


def probe(plan: Plan) -> SweepEstimate:
    """Play a few tapes under a few candidates, and reckon from there. Compiles first, so that no worker has to."""
    warm(list({c.policy.strategy.name: c.policy for c in plan.candidates}.values()))
    worlds = [plan.worlds[0], plan.worlds[-1]][: len(plan.worlds)]
    # The first show of a process loads what later ones have.
    _timed(plan, worlds[0], 0, 1)
    costs: dict[int, list[tuple[float, float]]] = {}
    rows, count = [], FEW
    for world in worlds:
        for replicate in range(min(PROBE_TAPES, plan.replicates)):
            one, _ = _timed(plan, world, replicate, 1)
            many, values = _timed(plan, world, replicate, count)
            each = max(0.0, many - one) / max(1, len(values) - 1)
            costs.setdefault(count, []).append((max(0.0, one - each), each))
            rows.append(values)
            # What candidates share shows only where there are many of them.
            count = count * MORE if many < SHORT_S and count < len(plan.candidates) else count
            if one + many > LONG_S:
                break
    tape, each = np.mean(costs[max(costs)], axis=0)
    tapes = len(plan.chunks()) if plan.split else len(plan.worlds) * plan.replicates
    seconds = tapes * tape + plan.runs * each
    return SweepEstimate(float(seconds), *_sizes(plan, np.concatenate(rows)))


def _timed(plan: Plan, world: Variant, replicate: int, count: int) -> tuple[float, np.ndarray]:
    """Seconds for one tape under ``count`` candidates, spread over all of them, and their rows."""
    picked = np.unique(np.linspace(0, len(plan.candidates) - 1, count).astype(int))
    began = time.perf_counter()
    values = play_trials(world, [plan.candidates[k] for k in picked], [replicate], plan.seed, plan.profile, plan.metrics)
    return time.perf_counter() - began, values[0]


def _sizes(plan: Plan, rows: np.ndarray) -> tuple[float, float]:
    """Bytes of the table and of all parts, from a few rows: what a file costs at all, and what each row adds."""
    (table, a_row), (part, of_part) = (_cost(plan, rows, way) for way in (_written, _packed))
    return table + plan.runs * a_row, len(plan.chunks()) * part + plan.runs * of_part


def _cost(plan: Plan, rows: np.ndarray, way: Callable[[Plan, np.ndarray], int]) -> tuple[float, float]:
    """Bytes of a file without rows, and of a row."""
    whole, half = way(plan, rows), way(plan, rows[: max(1, len(rows) // 2)])
    a_row = max(len(plan.metrics), (whole - half) / max(1, len(rows) - len(rows) // 2))
    return max(0.0, half - a_row * (len(rows) // 2)), a_row


def _packed(_plan: Plan, rows: np.ndarray) -> int:
    return len(packed("", None, rows))


def _written(plan: Plan, rows: np.ndarray) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table(dict(zip(plan.metrics, np.ascontiguousarray(rows.T), strict=True))), sink, compression="zstd")
    return sink.tell()


def refuse_too_large(need: float, final: Path) -> None:
    """Raise a sentence where the disk has no room for ``need`` bytes beside ``final``."""
    where = final.absolute().parent
    while not where.exists():
        where = where.parent
    free = shutil.disk_usage(where).free
    if need * MARGIN > free:
        raise FolderError(
            _(
                "the sweep needs about {size} where {final!r} is to be, and {size2} are free; take fewer candidates or "
                "replicates, or choose another out="
            ).format(size=size(need), final=str(final), size2=size(free))
        )


def size(count: float) -> str:
    """Bytes in words.

    >>> size(1_234_567), size(999)
    ('1.2 MB', '999 B')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def identity(plan: Plan, described: Mapping[str, Any]) -> dict[str, Any]:
    """All that decides the table: the settings as described, the program, its libraries, and a checksum of what is played."""
    return {**described, "replicates": plan.replicates, "seed": plan.seed, PLAYED: plan.digest()[:16], "program": program(),
            "versions": versions()}  # fmt: skip


def play_missing(parts: Parts, pool: Pool, tell: Tell, note: Note = unheard) -> int:
    """Play every chunk that has no sound part; returns how many parts had been damaged. Workers that die are replaced.

    tell(done, of, what): called as runs are done. note(text): called when something happened that should be known.
    """
    missing, damaged = parts.missing()
    of = parts.plan.runs
    done = of - sum(chunk.runs for chunk in missing)
    tell(done, of, "")
    for chunk, content in steady(pool, replace(parts.plan, sealed=parts.digest), missing, note):
        parts.keep(chunk, content)
        done += chunk.runs
        tell(done, of, "")
    return damaged


def gather(parts: Parts, pool: Pool, tell: Tell, path: Path, note: Note = unheard) -> int:
    """Play what is missing and write the finished table to ``path``; returns how many damaged parts were played again."""
    damaged = play_missing(parts, pool, tell, note)
    for _again in range(ROUNDS):
        try:
            parts.assemble(path)
            return damaged
        except Damaged:
            # A part was sound when it was counted and is not now: play it again.
            path.unlink(missing_ok=True)
            damaged += play_missing(parts, pool, tell, note)
    text = _("parts in {folder!r} were damaged each of {n} times they were played; the disk does not keep what is written")
    raise FolderError(text.format(folder=str(parts.folder), n=ROUNDS))
