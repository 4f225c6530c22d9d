"""The candidates of a stage: what each remembers and has said, and who goes on together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from sim.core.feed import deliveries
from sim.core.policy import Policy
from sim.core.response import Playbook
from sim.core.run import ALERT_DTYPE, ORDER_DTYPE, ShowRun
from sim.core.stage import Stage
from sim.core.world import World
from sim.engine.compiled import compiled_scan, fold_pointer
from sim.engine.control import TO_MACHINE
from sim.engine.scan import ACTIVE, MEMBER, PLACE, T_LACK, T_LEVEL, T_READING, T_ROW, T_SKU, scan
from sim.engine.simulate import SUPPRESSED, Engine, engine_for
from sim.native import CannotCompile
from strategies.contract import EMERGENCY
from strategies.gate import GATE_MEMORY, GATE_SHARED, MACHINE

ROOM = 64
"""Decisions a reading has room for at first, besides four a member and what one more reading can bring."""
NO_WANT = np.zeros((0, 4), np.int64)


class Decisions(NamedTuple):
    """Decisions in order: rows int64 [decision, (place of the reading, SKU, level, reading, lack)], evidence float64 [decision,
    (stock, line, lack)] [units]."""

    rows: np.ndarray
    evidence: np.ndarray


NO_DECISIONS = Decisions(np.zeros((0, 5), np.int64), np.zeros((0, 3)))


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


class CandidateSet:
    """All candidates on one stage; a candidate is its place in ``policies``."""

    def __init__(self, stage: Stage, policies: Sequence[Policy]) -> None:
        self.stage, self.policies = stage, policies
        self.rows, self.newest = deliveries(stage.tape)
        self.row_t = stage.tape.t[self.rows]
        self.decisions: list[list[Decisions]] = [[] for _ in policies]
        self.place = [(0, 0)] * len(policies)
        self.families: list[Family] = []
        self.engines: list[Engine] = []
        self.gates = [policy.gate.tobytes() for policy in policies]
        self.effects: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.numbers = np.zeros(len(stage.tape) + 1, np.int64)
        self.numbers[self.rows] = np.arange(len(self.rows))
        kinds: dict[int, list[int]] = {}
        for k, policy in enumerate(policies):
            kinds.setdefault(id(policy.strategy.fold), []).append(k)
        self.kinds = list(kinds.values())
        for number, members in enumerate(self.kinds):
            self.families.append(_family(stage, [policies[k] for k in members]))
            self.engines.append(engine_for(policies[members[0]]))
            for m, k in enumerate(members):
                self.place[k] = (number, m)
        self.remembered: list[tuple[np.ndarray, ...]] = []

    def by_playbook(self) -> list[list[int]]:
        """Candidates in groups with the same playbook: others cannot share a world in which anybody acts."""
        books: list[tuple[Playbook, list[int]]] = []
        known: dict[int, list[int]] = {}
        for k, policy in enumerate(self.policies):
            book = policy.playbook
            if id(book) not in known:
                same = [members for other, members in books if other == book]
                known[id(book)] = same[0] if same else []
                if not same:
                    books.append((book, known[id(book)]))
            known[id(book)].append(k)
        return [members for _, members in books]

    def read(self, members: Sequence[int], run: ShowRun, start: int, want: np.ndarray) -> Iterator[tuple[int, list[int]]]:
        """Run ``members`` over the readings of ``run`` from place ``start`` on, against the decisions ``want``.

        Gives groups that decided the same as far as it matters: (-1, those who agree to the end), (place, those who part from
        ``run`` there with one and the same decision).
        """
        matters, asks = self.effect(members[0])
        if len(want):
            want = want[want[:, 0] >= start]
        groups: dict[tuple[int, bytes], list[int]] = {}
        for number in sorted({self.place[k][0] for k in members}):
            own = [k for k in members if self.place[k][0] == number]
            which = np.array([self.place[k][1] for k in own], np.int64)
            read = self._read(self.families[number], which, run, start, want, matters, asks)
            for k, stop, decisions, now in zip(own, *read, strict=True):
                self.decisions[k].append(decisions)
                groups.setdefault((stop, now), []).append(k)
        for (stop, _), group in groups.items():
            yield stop, group

    def _read(
        self, family: Family, which: np.ndarray, run: ShowRun, start: int, want: np.ndarray, matters: np.ndarray, asks: np.ndarray
    ) -> tuple[list[int], list[Decisions], list[bytes]]:
        """Where each of the members ``which`` of one family stops (-1: nowhere), what he says until then, and of that what
        matters where he stops."""
        world = family.world._replace(readings=run.readings)
        stop, active, at = np.full(len(family.params), -1), which.copy(), np.array([start, 0, len(which)])
        least, agreed = 2 * len(self.stage.tiers) * len(which), np.empty(len(which), np.int64)
        room, parts = least + ROOM + 4 * len(which), []
        while at[PLACE] < len(self.rows) and at[ACTIVE]:
            rows, evidence = np.empty((room, 6), np.int64), np.empty((room, 3))
            n = family.scan(
                world, family.fold, self.rows, self.newest, at, want, matters, asks, active, family.params, family.gates,
                family.memory, family.gate_memory, family.gate_shared, rows, evidence, agreed, stop,
            )  # fmt: skip
            if n:
                parts.append((rows[:n], evidence[:n]))
            room *= 4
        if not parts:
            return stop[which].tolist(), [NO_DECISIONS] * len(which), [b""] * len(which)
        rows, evidence = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(rows[:, MEMBER], kind="stable")
        rows, evidence = rows[order], evidence[order]
        says = rows[(rows[:, T_ROW] == stop[rows[:, MEMBER]]) & (matters[rows[:, T_LEVEL]] == 1)]
        now = [part.tobytes() for part in _by_member(says, which)]
        return stop[which].tolist(), [
            Decisions(own, seen) if len(own) else NO_DECISIONS
            for own, seen in zip(_by_member(rows, which), _by_member(rows, which, evidence), strict=True)
        ], now  # fmt: skip

    def remember(self) -> None:
        """Keep what everybody remembers at the fork."""
        self.remembered = [family.state() for family in self.families]

    def at_fork(self, k: int, place: int) -> tuple[dict[str, np.ndarray], Decisions, Decisions]:
        """What candidate ``k`` has in his world where he left the baseline run, memory and settings; what he had said before, and
        what he says there."""
        number, m = self.place[k]
        names = ("memory", "gate_memory", "gate_shared")
        state = {name: array[m].copy() for name, array in zip(names, self.remembered[number], strict=True)}
        family, decisions = self.families[number], self.decisions[k][0]
        state |= {"params": family.params[m], "gate_settings": family.gates[m], "lack_cell": family.world.lack_cell}
        now = int(np.searchsorted(decisions.rows[:, T_ROW], place))
        return (
            state,
            Decisions(decisions.rows[:now], decisions.evidence[:now]),
            Decisions(decisions.rows[now:], decisions.evidence[now:]),
        )

    def effect(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """:func:`consequential` and :func:`by_lack` under the playbook of candidate ``k``."""
        book = self.policies[k].playbook
        if id(book) not in self.effects:
            self.effects[id(book)] = consequential(book), by_lack(book)
        return self.effects[id(book)]

    def as_decisions(self, decided: Sequence[tuple[int, int, int, int, float]], k: int) -> np.ndarray:
        """What the gates of candidate ``k`` decided in his own run (``Control.decisions``), in columns T_*."""
        asks = self.effect(k)[1].tolist()
        decisions = [(row, sku, level, reading, int(lack) * asks[level]) for row, sku, level, reading, lack in decided]
        rows = np.array(decisions, np.int64).reshape(-1, 5)
        rows[:, T_ROW] = self.numbers[rows[:, T_ROW]]
        return rows

    def matter(self, rows: np.ndarray, k: int) -> np.ndarray:
        """Of decisions of candidate ``k`` those with consequences, int64 [decision, (place, SKU, level, lack)]."""
        return rows[self.effect(k)[0][rows[:, T_LEVEL]] == 1][:, [T_ROW, T_SKU, T_LEVEL, T_LACK]]

    def share(
        self, members: Sequence[int], run: ShowRun, lead: int = -1, rows: np.ndarray | None = None
    ) -> Iterator[tuple[list[int], ShowRun]]:  # fmt: skip
        """The runs of ``members``, who share the world of ``run``: one for those whose alerts and gates agree. rows: all
        decisions of the lead, whose run it is."""
        groups: dict[tuple[bytes, tuple[int, ...], bytes], list[int]] = {}
        shared: dict[tuple[bytes, tuple[int, ...], bytes], ShowRun] = {}
        if rows is not None:
            key = rows.tobytes(), run.suppressed, self.gates[lead]
            groups[key], shared[key] = [lead], run
        others = [k for k in members if k != lead]
        for k, held in zip(others, self._held(others), strict=True):
            key = b"".join([t.rows.tobytes() for t in self.decisions[k]]), held, self.gates[k]
            groups.setdefault(key, []).append(k)
            if key not in shared:
                shared[key] = self._as_own(run, k, held)
        for key, group in groups.items():
            yield group, shared[key]

    def _held(self, members: Sequence[int]) -> list[tuple[int, ...]]:
        """What the gate of each held back, by cause."""
        held: dict[int, tuple[int, ...]] = {}
        for number, family in enumerate(self.families):
            own = {k: self.place[k][1] for k in members if self.place[k][0] == number}
            if own:
                counts = family.gate_memory[list(own.values())].sum(1)[:, SUPPRESSED].astype(np.int64)
                held.update(zip(own, map(tuple, counts.tolist()), strict=True))
        return [held[k] for k in members]

    def _as_own(self, run: ShowRun, k: int, suppressed: tuple[int, ...]) -> ShowRun:
        """The run of ``k``, who shares its world: decisions are his own, who heard and handled them is on record there."""
        matters = self.effect(k)[0]
        rows, evidence = (np.concatenate([t[part] for t in self.decisions[k]]) for part in (0, 1))
        to_machine = rows[:, T_LEVEL] >= MACHINE
        alerts = self._decided(ALERT_DTYPE, rows[~to_machine], evidence[~to_machine])
        orders = self._decided(ORDER_DTYPE, rows[to_machine], evidence[to_machine])
        orders["level"] -= MACHINE
        orders["lack"] = evidence[to_machine, 2]
        alerts["heard"] = alerts["handled"] = -1
        places = np.flatnonzero(matters[alerts["level"]])
        theirs = np.flatnonzero(matters[run.alerts["level"]])
        for name in ("heard", "handled"):
            alerts[name][places] = run.alerts[name][theirs]
        number = dict(zip(theirs.tolist(), places.tolist(), strict=True))
        places, theirs = (np.flatnonzero(matters[o["level"] + MACHINE]) for o in (orders, run.orders))
        number |= dict(zip((TO_MACHINE - theirs).tolist(), (TO_MACHINE - places).tolist(), strict=True))
        actions = run.actions
        if any(one != other for one, other in number.items()):
            actions = actions.copy()
            actions["alert"] = [number.get(a, a) for a in actions["alert"].tolist()]
        return replace(run, policy=self.policies[k], alerts=alerts, actions=actions, suppressed=suppressed,
                       lacks=evidence[~to_machine, 2], orders=orders)  # fmt: skip

    def _decided(self, kind: np.dtype, rows: np.ndarray, evidence: np.ndarray) -> np.ndarray:
        records = np.zeros(len(rows), kind)
        records["t"] = self.row_t[rows[:, T_ROW]] + 1
        records["sku"], records["level"], records["reading"] = rows[:, T_SKU], rows[:, T_LEVEL], rows[:, T_READING]
        records["stock"], records["line"] = evidence[:, 0], evidence[:, 1]
        return records


def _by_member(rows: np.ndarray, which: np.ndarray, of: np.ndarray | None = None) -> list[np.ndarray]:
    """Rows in order of MEMBER, or those of ``of`` beside them, for each of the members ``which``."""
    edges = np.searchsorted(rows[:, MEMBER], [which, which + 1]).T.tolist()
    columns = np.ascontiguousarray(rows[:, :MEMBER]) if of is None else of
    return [columns[a:b] for a, b in edges]


def _family(stage: Stage, policies: Sequence[Policy]) -> Family:
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


def by_lack(book: Playbook) -> np.ndarray:
    """Decisions that ask for as many units as the strategy expects to lack, int64 [level of people, then of machines]."""
    sides = book.orders
    return np.array([any(a.asks_for_lack for _, a in orders) for side in sides for orders in side], np.int64)


def consequential(book: Playbook) -> np.ndarray:
    """Which decisions have consequences under a playbook, int64 [level of people, then of machines]: those with orders, and an
    emergency wherever there are any, because it makes earlier all-clears out of date."""
    orders = [[bool(todo) for todo in side] for side in book.orders]
    acts = any(any(side) for side in orders)
    for side in orders:
        side[EMERGENCY] = acts
    return np.array([*orders[0], *orders[1]], np.int64)
