"""Candidates in all worlds at once: the paired play that selection and search ask for again and again, by whatever pool.

The answer depends on the worlds, the candidates and the replicate numbers only, never on who played.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.jobs.compiling import warm
from sim.jobs.plan import Chunk, Plan
from sim.jobs.pool import Pool, steady
from sim.score.cost import CORE
from sim.score.profiles import Profile
from sim.setup.space import Candidate, Variant

Play = Callable[[Sequence[Candidate], range], np.ndarray]
"""(candidates, replicates) -> float64 [world, replicate, candidate, metric], paired: same replicate, same tape."""
SPAN = 4
"""Replicates in one task: enough that handing it over costs nothing beside playing it."""


Note = Callable[[str], None]


def unheard(_text: str) -> None:
    """Nobody is there to be told."""


def paired_play(
    pool: Pool,
    worlds: Sequence[Variant],
    seed: int,
    profile: Profile,
    metrics: tuple[str, ...] = CORE,
    note: Note = unheard,
) -> Play:
    """A way to play any candidates in ``worlds``. note(text): called when a worker died."""

    def play(candidates: Sequence[Candidate], replicates: range) -> np.ndarray:
        warm([c.policy for c in candidates])
        plan = Plan(worlds, candidates, len(replicates), seed, profile, metrics)
        chunks = [
            Chunk(0, w, start, min(start + SPAN, replicates.stop), 0, len(candidates))
            for w in range(len(worlds))
            for start in range(replicates.start, replicates.stop, SPAN)
        ]
        figures = np.full((len(worlds), len(replicates), len(candidates), len(metrics)), np.nan)
        for chunk, values in steady(pool, plan, chunks, note):
            at = slice(chunk.start - replicates.start, chunk.stop - replicates.start)
            figures[chunk.world, at] = values.reshape(-1, len(candidates), len(metrics))
        return figures

    return play
