"""The plan of a sweep: who plays where and how often, and the chunks in which it is played.

A chunk is one task of a worker: some replicates of one world under a block of candidates, so that a tape is drawn once and shared
by all of them. Chunks follow from the size of the study alone, never from the number of workers: that is why a sweep
ends with the same bytes wherever and however often it was interrupted.
"""

from __future__ import annotations

import hashlib
import pickle
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sim.jobs.identity import identity_of
from sim.jobs.packed_part import packed
from sim.jobs.serialise import Packed, pack, unpack
from sim.jobs.trials import JUDGE_FROM, play_trials
from sim.score.cost import CORE
from sim.score.profiles import Profile
from sim.setup.space import Candidate, Variant
from sim.setup.uncertain import plain

ROWS, BLOCK, FEW = 1024, 1024, 64
"""Runs in a chunk, at least where there are so many; most candidates in one; chunks a small study is cut into all the same."""
PARTS, LARGEST = 4096, 2**18
"""Chunks of a large study: they grow rather than become more; runs in one, at most where it holds several replicates."""


@dataclass(frozen=True)
class Chunk:
    """Task ``number``: candidates [first, last) of world ``world`` on replicates [start, stop)."""

    number: int
    world: int
    start: int
    stop: int
    first: int
    last: int

    @property
    def runs(self) -> int:
        """Runs in it, the silent baseline not counted."""
        return (self.stop - self.start) * (self.last - self.first)


@dataclass(frozen=True, eq=False)
class Plan:
    """Every candidate in every world on ``replicates`` replicates, numbered from ``start``. ``sealed``: digest of the sweep for
    whose parts workers pack what they play; empty: they give it back as it is."""

    worlds: Sequence[Variant]
    candidates: Sequence[Candidate]
    replicates: int
    seed: int
    profile: Profile
    metrics: tuple[str, ...] = CORE
    start: int = 0
    sealed: str = ""

    @property
    def runs(self) -> int:
        """Runs of the whole sweep, the silent baselines not counted."""
        return len(self.worlds) * len(self.candidates) * self.replicates

    @property
    def split(self) -> bool:
        """Whether a chunk holds a part of the candidates: where many play few shows, so that all workers have something to do."""
        return len(self.candidates) > BLOCK and self.replicates * len(self.worlds) < PARTS

    def chunks(self) -> list[Chunk]:
        """All chunks, in the order of the table: world, replicate, candidate."""
        end = self.start + self.replicates
        assert self.start or self.replicates <= JUDGE_FROM
        n, shows = len(self.candidates), self.replicates * len(self.worlds)
        block, span = n, 1
        if self.split:
            # Such a chunk holds one replicate, so that the table's order is the chunks'.
            block = -(-n // -(-n // BLOCK))
        else:
            span = max(1, min(min(max(ROWS, self.runs // PARTS), LARGEST) // n, shows // FEW))
        chunks: list[Chunk] = []
        for world in range(len(self.worlds)):
            for start in range(self.start, end, span):
                for first in range(0, n, block):
                    stop, last = min(start + span, end), min(first + block, n)
                    chunks.append(Chunk(len(chunks), world, start, stop, first, last))
        return chunks

    def digest(self) -> str:
        """Checksum of everything that is played: worlds, policies, profile, seed, metrics; not of the replicates. Raises a
        sentence for a strategy that is not the same one each time it is played."""
        hasher = hashlib.sha256(repr((self.seed, self.profile, self.metrics)).encode())
        for world in self.worlds:
            drawn = world.uncertainty and plain(world.uncertainty)
            hasher.update(repr((world.name, world.scenario, *([drawn] if drawn else []))).encode())
        names: dict[int, str] = {}
        for policy in (c.policy for c in self.candidates):
            if (key := id(policy.strategy)) not in names:
                names[key] = identity_of(policy.strategy)
            hasher.update(repr((names[key], policy.playbook, policy.label)).encode())
            hasher.update(policy.params.tobytes() + policy.gate.tobytes())
        return hasher.hexdigest()


@dataclass(frozen=True, eq=False)
class _Order:
    """What a chunk needs beside its numbers, as plain data."""

    world: Variant
    candidates: tuple[tuple[str, str, Packed], ...]
    profile: Profile
    seed: int
    metrics: tuple[str, ...]
    sealed: str


def order(plan: Plan, chunk: Chunk) -> bytes:
    """The chunk's world and candidates for a worker: small, the same for all chunks that share both."""
    return _order(plan, chunk.world, chunk.first, chunk.last)


@lru_cache(maxsize=4)
def _order(plan: Plan, world: int, first: int, last: int) -> bytes:
    candidates = tuple((c.name, c.family, pack(c.policy)) for c in plan.candidates[first:last])
    ordered = _Order(plan.worlds[world], candidates, plan.profile, plan.seed, plan.metrics, plan.sealed)
    return zlib.compress(pickle.dumps(ordered), 1)


def play_chunk(ordered: bytes, chunk: Chunk) -> Any:
    """What a worker does: float64 [run, metric], by replicate and then candidate; or that as a part."""
    figures = _read(ordered)
    candidates = _candidates(ordered)
    values = play_trials(
        figures.world, candidates, range(chunk.start, chunk.stop), figures.seed, figures.profile, figures.metrics
    )
    values = values.reshape(-1, len(figures.metrics))
    return packed(figures.sealed, chunk, values) if figures.sealed else values


@lru_cache(maxsize=4)
def _read(ordered: bytes) -> _Order:
    return pickle.loads(zlib.decompress(ordered))


@lru_cache(maxsize=4)
def _candidates(ordered: bytes) -> tuple[Candidate, ...]:
    return tuple(Candidate(name, family, {}, unpack(policy)) for name, family, policy in _read(ordered).candidates)
