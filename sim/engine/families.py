"""Candidates of one strategy: what they remember, and what they say over readings that somebody left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.core.policy import Policy
from sim.core.stage import Stage
from sim.core.world import World
from sim.engine.compiled import compiled_scan
from sim.engine.folds import fold_pointer
from sim.engine.scan import ACTIVE, MEMBER, PLACE, T_LEVEL, T_ROW, scan
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


NO_DECISIONS = Decisions(np.zeros((0, 5), np.int64), np.zeros((0, 3)))


class FamilyRead(NamedTuple):
    """What the members ``which`` said: rows int64 [decision, 6] and evidence as of :class:`Decisions`, those of a member
    together; stop: place of the reading at which each parted, -1: at none."""

    which: np.ndarray
    rows: np.ndarray
    evidence: np.ndarray
    stop: list[int]

    def by_member(self) -> list[Decisions]:
        """The decisions of each."""
        rows = np.ascontiguousarray(self.rows[:, :MEMBER])
        edges = self._edges(self.rows[:, MEMBER])
        return [Decisions(rows[a:b], self.evidence[a:b]) if a < b else NO_DECISIONS for a, b in edges]

    def stopping(self, matters: np.ndarray) -> list[bytes]:
        """What each said where he stopped, as far as it matters."""
        if max(self.stop) < 0:
            return [b""] * len(self.stop)
        stops = np.empty(int(self.which.max()) + 1, np.int64)
        stops[self.which] = self.stop
        last = self.rows[(self.rows[:, T_ROW] == stops[self.rows[:, MEMBER]]) & (matters.take(self.rows[:, T_LEVEL]) == 1)]
        own = np.ascontiguousarray(last[:, :MEMBER])
        return [own[a:b].tobytes() for a, b in self._edges(last[:, MEMBER])]

    def _edges(self, members: np.ndarray) -> list[list[int]]:
        edges: list[list[int]] = members.searchsorted(np.array([self.which, self.which + 1]).T).tolist()
        return edges


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
        self, rows: np.ndarray, newest: np.ndarray, readings: np.ndarray, which: np.ndarray, start: int, want: np.ndarray,
        matters: np.ndarray, asks: np.ndarray,
    ) -> FamilyRead:  # fmt: skip
        """Read the members ``which`` over ``readings``, from the one that row ``rows[start]`` delivers (``scan.scan``)."""
        fields, least = list(self.world), 2 * readings.shape[1] * len(which)
        fields[READINGS] = readings
        world = World._make(fields)
        stop, active, at = np.full(len(self.params), -1), which.copy(), np.array([start, 0, len(which)])
        agreed, room, parts = np.empty(len(which), np.int64), least + ROOM + 4 * len(which), []
        while at[PLACE] < len(rows) and at[ACTIVE]:
            decided, evidence = np.empty((room, 6), np.int64), np.empty((room, 3))
            n = self.scan(
                world, self.fold, rows, newest, at, want, matters, asks, active, self.params, self.gates, self.memory,
                self.gate_memory, self.gate_shared, decided, evidence, agreed, stop,
            )  # fmt: skip
            parts.append((decided[:n], evidence[:n]))
            room *= 4
        if not parts:
            return FamilyRead(which, np.zeros((0, 6), np.int64), np.zeros((0, 3)), [-1] * len(which))
        decided, evidence = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        order = decided[:, MEMBER].argsort(kind="stable")
        return FamilyRead(which, decided.take(order, 0), evidence.take(order, 0), stop[which].tolist())


def family_of(stage: Stage, policies: Sequence[Policy]) -> Family:
    """The family of policies of one strategy, before any reading."""
    n, c, strategy = len(stage.scenario.skus), len(policies), policies[0].strategy
    try:
        read, fold = compiled_scan(), fold_pointer(strategy.fold)
    except CannotCompile:
        read, fold = scan, strategy.fold
    return Family(
        scan=read,
        fold=fold,
        world=stage.world(policies[0])._replace(gate_settings=np.array(policies[0].gate, np.float64)),
        params=np.ascontiguousarray(np.array([p.params for p in policies], np.float64)[:, stage.tiers]),
        gates=np.array([p.gate for p in policies], np.float64),
        memory=np.zeros((c, n, strategy.memory)),
        gate_memory=np.zeros((c, n, GATE_MEMORY)),
        gate_shared=np.zeros((c, GATE_SHARED)),
    )
