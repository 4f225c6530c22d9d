"""The candidates of a stage: what each remembers and has said, and who goes on together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sim.core.feed import deliveries
from sim.core.policy import Policy
from sim.core.response import Playbook
from sim.core.run import ALERT_DTYPE, ORDER_DTYPE, ShowRun
from sim.core.stage import Stage
from sim.engine.control import TO_MACHINE
from sim.engine.families import Decisions, Family, FamilyRead, GroupReadings, cut, family_of
from sim.engine.scan import MEMBER, T_LACK, T_LEVEL, T_READING, T_ROW, T_SKU
from sim.engine.simulate import Engine, engine_for
from strategies.contract import EMERGENCY
from strategies.gate import MACHINE

STATE = ("memory", "gate_memory", "gate_shared", "params", "gate_settings", "lack_cell")
"""Arrays of a world that are a candidate's own."""
NO_WANT = np.zeros((0, 4), np.int64)
WANTED_COLUMNS = np.array([T_ROW, T_SKU, T_LEVEL, T_LACK])


class Led(NamedTuple):
    """A run that is led, and who is to be read along it. rows: all decisions of the lead; start: place of the first reading."""

    lead: int
    others: list[int]
    run: ShowRun
    rows: np.ndarray
    start: int


class CandidateSet:
    """All candidates on one stage; a candidate is its place in ``policies``."""

    def __init__(self, stage: Stage, policies: Sequence[Policy]) -> None:
        self.stage, self.policies = stage, policies
        self.rows, self.newest = deliveries(stage.tape)
        self.row_t = stage.tape.t[self.rows]
        self.heard: list[list[tuple[FamilyRead, int, int]]] = [[] for _ in policies]
        self.words = [b""] * len(policies)
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
            self.families.append(family_of(stage, [policies[k] for k in members]))
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

    def read(self, members: Sequence[int], run: ShowRun, start: int, want: np.ndarray) -> list[tuple[int, list[int]]]:
        """Run ``members`` over the readings of ``run`` from place ``start`` on, against the decisions ``want`` from there on.

        Gives groups that decided the same as far as it matters: (-1, those who agree to the end), (place, those who part from
        ``run`` there with one and the same decision).
        """
        groups: dict[tuple[int, bytes], list[int]] = {}
        for number in sorted({self.place[k][0] for k in members}):
            own = [k for k in members if self.place[k][0] == number]
            (heard,) = self._hear(number, own[0], [GroupReadings(self._which(own), run.readings, start, want)])
            self._group(own, heard, groups)
        return [(stop, group) for (stop, _), group in groups.items()]

    def along(self, led: Sequence[Led]) -> list[list[tuple[int, list[int]]]]:
        """The same for the others of each lead, over his run; no group where every one of them said what the lead said, and his
        gate held back as much: his run is theirs. Those of one family and playbook are read in one go."""
        groups: list[list[tuple[int, list[int]]]] = [[] for _ in led]
        alike: dict[tuple[int, int], list[int]] = {}
        for place, (lead, others, run, rows, start) in enumerate(led):
            number = self.place[lead][0]
            if all(self.place[k][0] == number for k in others):
                alike.setdefault((number, id(self.policies[lead].playbook)), []).append(place)
            else:
                groups[place] = self.read(others, run, start, self.matter(rows[rows[:, T_ROW].searchsorted(start) :], lead))
        for (number, _book), places in alike.items():
            some = [led[place] for place in places]
            tails = [rows[rows[:, T_ROW].searchsorted(start) :] for *_, rows, start in some]
            heard = self._hear(number, some[0].lead, [
                GroupReadings(self._which(one.others), one.run.readings, one.start, self.matter(tail, one.lead))
                for one, tail in zip(some, tails, strict=True)
            ])  # fmt: skip
            held = iter(self._held([k for one in some for k in one.others]))
            for place, one, tail, read in zip(places, some, tails, heard, strict=True):
                as_much = [next(held) for _ in one.others] == [one.run.suppressed] * len(one.others)
                if not (as_much and self._as_lead(one, tail, read)):
                    own: dict[tuple[int, bytes], list[int]] = {}
                    self._group(one.others, read, own)
                    groups[place] = [(stop, group) for (stop, _), group in own.items()]
        return groups

    def _as_lead(self, one: Led, tail: np.ndarray, heard: FamilyRead) -> bool:
        lead, others, _run, rows, _start = one
        gate, count, words = self.gates[lead], len(others), rows[: len(rows) - len(tail)].tobytes()
        if len(heard.rows) != len(tail) * count or max(heard.stop) >= 0:
            return False
        if any((self.words[k], self.gates[k]) != (words, gate) for k in others):
            return False
        return not len(tail) or bool((heard.rows.reshape(count, len(tail), -1)[:, :, :MEMBER] == tail).all())

    def _which(self, members: Sequence[int]) -> np.ndarray:
        return np.array([self.place[k][1] for k in members])

    def _hear(self, number: int, k: int, groups: Sequence[GroupReadings]) -> list[FamilyRead]:
        """Of groups of one family under the playbook of candidate ``k``."""
        return self.families[number].hear(self.rows, self.newest, groups, *self.effect(k))

    def _group(self, members: Sequence[int], heard: FamilyRead, groups: dict[tuple[int, bytes], list[int]]) -> None:
        """Keep what members of one family said, and put those together who stop alike."""
        now, parts = heard.stopping(self.effect(members[0])[0]), heard.parts()
        for k, stop, (a, b), words, last in zip(members, heard.stop, parts, cut(heard.rows, parts), now, strict=True):
            self.heard[k].append((heard, a, b))
            self.words[k] += words
            groups.setdefault((stop, last), []).append(k)

    def remember(self) -> None:
        """Keep what everybody remembers at the fork."""
        self.remembered = [family.state() for family in self.families]

    def at_fork(self, k: int, place: int) -> tuple[Decisions, Decisions]:
        """What candidate ``k`` had said before he left the baseline run at ``place``, and what he says there."""
        heard, a, b = self.heard[k][0]
        now = a + int(heard.rows[a:b, T_ROW].searchsorted(place))
        return heard.part(a, now), heard.part(now, b)

    def state(self, k: int) -> tuple[np.ndarray, ...]:
        """What candidate ``k`` has in his world where he left the baseline run (STATE): memory, and settings."""
        number, m = self.place[k]
        family, (memory, gate_memory, gate_shared) = self.families[number], self.remembered[number]
        remembered = memory[m].copy(), gate_memory[m].copy(), gate_shared[m].copy()
        return *remembered, family.params[m], family.gates[m], family.world.lack_cell

    def effect(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """:func:`consequential` and :func:`by_lack` under the playbook of candidate ``k``."""
        book = self.policies[k].playbook
        if id(book) not in self.effects:
            self.effects[id(book)] = consequential(book), by_lack(book)
        return self.effects[id(book)]

    def as_decisions(self, decided: Sequence[tuple[int, int, int, int, float]], k: int) -> np.ndarray:
        """What the gates of candidate ``k`` decided in his own run (``Control.decisions``), in columns T_*."""
        asks, place = self.effect(k)[1].item, self.numbers.item
        decisions = [(place(row), sku, level, reading, int(lack) * asks(level)) for row, sku, level, reading, lack in decided]
        return np.array(decisions, np.int64).reshape(-1, 5)

    def matter(self, rows: np.ndarray, k: int) -> np.ndarray:
        """Of decisions of candidate ``k`` those with consequences, int64 [decision, (place, SKU, level, lack)]."""
        if not len(rows):
            return NO_WANT
        matters = self.effect(k)[0].take(rows[:, T_LEVEL]) == 1
        return (rows if matters.all() else rows[matters]).take(WANTED_COLUMNS, 1)

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
            key = self.words[k], held, self.gates[k]
            groups.setdefault(key, []).append(k)
            if key not in shared:
                shared[key] = self._as_own(run, k, held)
        for key, group in groups.items():
            yield group, shared[key]

    def _held(self, members: Sequence[int]) -> list[tuple[int, ...]]:
        """What the gate of each held back, by cause."""
        if len(self.families) == 1:
            return self.families[0].held([self.place[k][1] for k in members])
        held: dict[int, tuple[int, ...]] = {}
        for number in {self.place[k][0] for k in members}:
            own = [k for k in members if self.place[k][0] == number]
            held.update(zip(own, self.families[number].held([self.place[k][1] for k in own]), strict=True))
        return [held[k] for k in members]

    def _as_own(self, run: ShowRun, k: int, suppressed: tuple[int, ...]) -> ShowRun:
        """The run of ``k``, who shares its world: decisions are his own, who heard and handled them is on record there."""
        matters = self.effect(k)[0]
        rows, evidence = map(np.concatenate, zip(*(heard.part(a, b) for heard, a, b in self.heard[k]), strict=True))
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
