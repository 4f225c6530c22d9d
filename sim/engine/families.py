"""Candidates of one strategy: what they remember, and what they say over readings that somebody left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.core.world import World
from sim.engine.compiled import compiled_scan
from sim.engine.folds import fold_pointer
from sim.engine.scan import MEMBER, T_LEVEL, T_ROW, scan_each
from sim.engine.simulate import SUPPRESSED
from sim.native import CannotCompile
from strategies.gate import GATE_MEMORY, GATE_SHARED

ROOM = 64
"""Decisions a reading has room for at first, besides four a member and what one more reading can bring."""
READINGS = World._fields.index("readings")


class Decisions(NamedTuple):
    """Decisions in order: rows int64 [decision, (place of the reading, SKU, level, reading, lack)], evidence float64 [decision,
    (stock, line, lack)] [units]."""

    rows: np.ndarray
    evidence: np.ndarray


NOTHING = np.zeros((0, 6), np.int64), np.zeros((0, 3))


class FamilyRead(NamedTuple):
    """What the members ``which`` said: rows int64 [decision, 6] and evidence as of :class:`Decisions`, those of a member
    together; stop: place of the reading at which each parted, -1: at none."""

    which: np.ndarray
    rows: np.ndarray
    evidence: np.ndarray
    stop: list[int]

    def parts(self) -> list[list[int]]:
        """Where the decisions of each begin and end."""
        return self._edges(self.rows[:, MEMBER])

    def part(self, a: int, b: int) -> Decisions:
        """Decisions from ``a`` to ``b``."""
        return Decisions(self.rows[a:b, :MEMBER], self.evidence[a:b])

    def stopping(self, matters: np.ndarray) -> list[bytes]:
        """What each said where he stopped, as far as it matters."""
        if max(self.stop) < 0:
            return [b""] * len(self.stop)
        stops = np.empty(int(self.which.max()) + 1, np.int64)
        stops[self.which] = self.stop
        last = self.rows[(self.rows[:, T_ROW] == stops[self.rows[:, MEMBER]]) & (matters.take(self.rows[:, T_LEVEL]) == 1)]
        return cut(last, self._edges(last[:, MEMBER]))

    def _edges(self, members: np.ndarray) -> list[list[int]]:
        edges: list[list[int]] = members.searchsorted(np.array([self.which, self.which + 1]).T).tolist()
        return edges


def cut(rows: np.ndarray, edges: list[list[int]]) -> list[bytes]:
    """Decisions, columns T_*, as bytes: those of each together."""
    whole, size = rows[:, :MEMBER].tobytes(), MEMBER * rows.itemsize
    return [whole[a * size : b * size] for a, b in edges]


class GroupReadings(NamedTuple):
    """What members ``which`` of a family are to read: the readings of a run, from the place ``start`` on, against the decisions
    ``want`` from there on."""

    which: np.ndarray
    readings: np.ndarray
    start: int
    want: np.ndarray


@dataclass(frozen=True, eq=False)
class Family:
    """Candidates of one strategy: how to read with it, their settings and what they remember, by member."""

    scan: Any
    fold: Any
    world: World
    params: np.ndarray
    gates: np.ndarray
    memory: np.ndarray
    gate_memory: np.ndarray
    gate_shared: np.ndarray

    def state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A copy of what the members remember."""
        return self.memory.copy(), self.gate_memory.copy(), self.gate_shared.copy()

    def held(self, members: Sequence[int]) -> list[tuple[int, ...]]:
        """What the gate of each held back, by cause."""
        memory = self.gate_memory.take(members, 0)[:, :, SUPPRESSED[0] : SUPPRESSED[-1] + 1]
        if not memory.any():
            return [(0,) * len(SUPPRESSED)] * len(members)
        return list(map(tuple, memory.sum(1).astype(np.int64).tolist()))

    def hear(
        self, rows: np.ndarray, newest: np.ndarray, groups: Sequence[GroupReadings], matters: np.ndarray, asks: np.ndarray
    ) -> list[FamilyRead]:
        """Read groups of members, each over its own readings (``scan.scan_each``)."""
        sizes = [len(group.which) for group in groups]
        first, which = _edges(sizes), np.concatenate([group.which for group in groups])
        first_want, wants = _edges([len(group.want) for group in groups]), np.concatenate([group.want for group in groups])
        ats = np.array([(group.start, 0, size) for group, size in zip(groups, sizes, strict=True)])
        worlds = [self._over(group.readings) for group in groups]
        stop, agreed, counts = np.full(len(self.params), -1), np.empty(max(sizes), np.int64), np.zeros(len(groups), np.int64)
        parts: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in groups]
        room, done = 2 * len(self.memory[0]) * max(sizes) + ROOM + 4 * len(which), 0
        while done < len(groups):
            decided, evidence = np.empty((room, 6), np.int64), np.empty((room, 3))
            since = done
            done += self.scan(
                worlds[since:], self.fold, rows, newest, ats[since:], wants, first_want[since:], matters, asks, which,
                first[since:], self.params, self.gates, self.memory, self.gate_memory, self.gate_shared, decided, evidence,
                agreed, stop, counts[since:],
            )  # fmt: skip
            at = _edges(counts[since : done + 1].tolist()).tolist()
            for g, (a, b) in enumerate(pairwise(at), since):
                parts[g].append((decided[a:b], evidence[a:b]))
            room *= 4
        return [_sorted(group.which, part, stop[group.which].tolist()) for group, part in zip(groups, parts, strict=True)]

    def _over(self, readings: np.ndarray) -> World:
        fields = list(self.world)
        fields[READINGS] = readings
        return World._make(fields)


def _edges(sizes: list[int]) -> np.ndarray:
    return np.array([0, *accumulate(sizes)])


def _sorted(which: np.ndarray, parts: list[tuple[np.ndarray, np.ndarray]], stop: list[int]) -> FamilyRead:
    decided, evidence = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    if not len(decided):
        return FamilyRead(which, *NOTHING, stop)
    order = decided[:, MEMBER].argsort(kind="stable")
    return FamilyRead(which, decided.take(order, 0), evidence.take(order, 0), stop)


def family_of(stage: Stage, policies: Sequence[Policy]) -> Family:
    """The family of policies of one strategy, before any reading."""
    n, c, strategy = len(stage.scenario.skus), len(policies), policies[0].strategy
    try:
        read, fold = compiled_scan(), fold_pointer(strategy.fold)
    except CannotCompile:
        read, fold = scan_each, strategy.fold
    params, gates = _settings(tuple(policies))
    return Family(
        scan=read,
        fold=fold,
        world=stage.world(policies[0])._replace(gate_settings=np.array(policies[0].gate, np.float64)),
        params=np.ascontiguousarray(params[:, stage.tiers]),
        gates=gates,
        memory=np.zeros((c, n, strategy.memory)),
        gate_memory=np.zeros((c, n, GATE_MEMORY)),
        gate_shared=np.zeros((c, GATE_SHARED)),
    )


@lru_cache(maxsize=16)
def _settings(policies: tuple[Policy, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Settings of policies, float64 [policy, tier, setting], and those of their gates: the same on every stage, never written."""
    return np.array([p.params for p in policies], np.float64), np.array([p.gate for p in policies], np.float64)
