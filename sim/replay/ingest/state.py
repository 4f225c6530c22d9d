"""What is known of one file while it is read: its clock, its account, and what must be looked at when all of it is there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.replay.clock import NAIVE, Clock, StreamError
from sim.replay.ingest.chunk import Reject, RowChunk
from sim.replay.ingest.doubles import OrderBook
from sim.replay.ingest.mapping import Mapping
from sim.replay.ingest.reasons import why
from sim.replay.ingest.seen import Seen
from sim.replay.ingest.times import CLOCKS
from sim.replay.ingest.values import RULES
from sim.replay.ingest.vocab import Vocab
from sim.words import _

if TYPE_CHECKING:
    from sim.replay.ingest.knowledge import Knowledge

MOST_NAMED = 200
"""Columns without a use that the account names."""


@dataclass(eq=False)
class FileState:
    """One file of an ingest. ``file``: its number; ``seen``, ``skus``, ``labels``, ``book``, ``knowledge``: shared with the other
    files. ``comma``: its amounts have a decimal comma; ``dates``: whether day or month comes first in it; ``opening``: when the
    recording begins [us], and on what clock, where that is known. ``part``: how many headers came again; ``last_us``: the last
    moment it knows of; ``by_warehouse``: what was declared of an item; ``owed``: SKU to its lowest figure below zero,
    when the first was reported [us] and in which line; ``above``: the row that the empty cells of a merged order stand for;
    ``titles``: what items are called beside their codes; ``cued``: item and words of its cues, to how many."""

    where: str
    file: int
    mapping: Mapping
    zone: tzinfo | None
    seen: dict[str, Seen]
    skus: Vocab
    labels: Vocab
    places: list[str]
    book: OrderBook = field(default_factory=OrderBook)
    knowledge: Knowledge | None = None
    part: int = 0
    comma: bool | None = None
    dates: str = ""
    opening: tuple[int, str] | None = None
    last_us: int = -(2**62)
    above: dict[str, str] = field(default_factory=dict)
    clock: str = ""
    first: bool = True
    first_reject: Reject | None = None
    rows: int = 0
    accepted: int = 0
    repaired: int = 0
    out_of_order: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    aside: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    remarks: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    parts: list[dict[str, np.ndarray]] = field(default_factory=list)
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_warehouse: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    owed: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    cued: Counter[tuple[str, str]] = field(default_factory=Counter)
    ids: bool = False
    unused: list[str] = field(default_factory=list)
    damaged: bool = False
    sold: int = 0
    latest: dict[int, int] = field(default_factory=dict)
    _met: dict[int, int] = field(default_factory=dict)

    def one_clock(self, lines: np.ndarray, clocks: np.ndarray) -> None:
        """A file keeps one clock; :class:`StreamError` names where the second begins."""
        for code in np.unique(clocks).tolist():
            self._met.setdefault(code, int(lines[int(np.argmax(clocks == code))]))
        if len(self._met) > 1:
            (a, at), (b, then) = sorted(self._met.items(), key=lambda item: item[1])[:2]
            raise StreamError(
                _(
                    "{where} mixes two clocks: times are {clocks} from line {at} and {clocks_clocks} from line "
                    "{then}; write all of them one way"
                ).format(where=self.where, clocks=CLOCKS[a], at=at, clocks_clocks=CLOCKS[b], then=then)
            )
        if self._met:
            self.clock = CLOCKS[next(iter(self._met))]

    def account(self, chunk: RowChunk, rejects: list[Reject], aside: np.ndarray, repairs: np.ndarray, good: np.ndarray) -> None:
        """Add a chunk to the account: every one of its rows ends in exactly one place."""
        self.rows += len(chunk.lines) + len(chunk.rejects)
        self.rejects += sorted([*chunk.rejects, *rejects])
        self.reasons.update(why(r.reason) for r in (*chunk.rejects, *rejects))
        self.rejected += len(chunk.rejects) + len(rejects)
        mended = good & (repairs > 0)
        self.repaired += int(mended.sum())
        self.accepted += int((good & ~mended).sum())
        for k, name in enumerate(RULES):
            n = int((mended & (repairs >> k & 1 > 0)).sum())
            if n:
                self.repairs[name] += n
        for reason in aside[aside != None].tolist():  # noqa: E711
            self.aside[reason] += 1
        self.first = False

    def only_rejects(self, chunk: RowChunk) -> None:
        """Add a chunk of which no line could be cut into columns."""
        self.account(chunk, [], np.array([], object), np.array([], np.int32), np.array([], bool))

    def ordered(self, t: np.ndarray, good: np.ndarray, groups: np.ndarray | None = None) -> None:
        """Count the good rows that come after a later one (of their SKU, where ``groups`` says so)."""
        t = t[good]
        if not len(t):
            return
        if groups is None:
            highest = np.maximum.accumulate(np.maximum(t, self.latest.get(0, t[0])))
            self.out_of_order += int((t < highest).sum())
            self.latest[0] = int(highest[-1])
            return
        groups = groups[good]
        order = np.argsort(groups, kind="stable")
        edges = np.flatnonzero(np.diff(groups[order], prepend=groups[order][0] - 1))
        for part in np.split(order, edges[1:]):
            key, times = int(groups[part[0]]), t[part]
            highest = np.maximum.accumulate(np.maximum(times, self.latest.get(key, times[0])))
            self.out_of_order += int((times < highest).sum())
            self.latest[key] = int(highest[-1])

    @property
    def used(self) -> int:
        """Rows that are in the stream."""
        return self.accepted + self.repaired

    def summary(self) -> dict[str, Any]:
        """The account as plain data: rows = accepted + repaired + set_aside + rejected."""
        return {
            "file": self.where,
            "kind": self.mapping.kind,
            "mapping": self.mapping.name,
            "clock": self.clock,
            "zone": str(self.zone or "") if self.clock == NAIVE else "",
            "rows": self.rows,
            "accepted": self.accepted,
            "repaired": self.repaired,
            "set_aside": sum(self.aside.values()),
            "rejected": self.rejected,
            "used": self.used,
            "out_of_order": self.out_of_order,
            "repairs": dict(self.repairs),
            "aside": dict(self.aside),
            "reasons": dict(self.reasons),
            "unused": self.unused[:MOST_NAMED],
            "unused_columns": len(self.unused),
            "sure": self.mapping.sure,
            "source": self.mapping.source,
        }


def one_clock(states: list[FileState], told: tzinfo | None, assumed: tzinfo | None) -> Clock:
    """The clock that all files are on; :class:`StreamError` where they are on several."""
    timed = sorted((s for s in states if s.clock), key=lambda s: s.mapping.kind in ("cues", "stock"))
    if not timed:
        return Clock(NAIVE, told or assumed)
    main = Clock(timed[0].clock, timed[0].zone if timed[0].clock == NAIVE else told)
    for state in timed[1:]:
        other = Clock(state.clock, state.zone)
        if other.family == main.family:
            continue
        if other.kind == main.kind:
            bare, zoned = (state, timed[0]) if other.zone is None else (timed[0], state)
            text = _("{where} does not say what zone its times are in, and {what} does; say it: zone=UTC or zone=+08:00")
            raise StreamError(text.format(where=bare.where, what=zoned.where))
        what = _("the stream") if state.mapping.kind == "cues" else timed[0].where
        text = _("{where} writes times {kind}, {what} {main_kind}; say what zone the bare times are in: zone=UTC or zone=+08:00")
        raise StreamError(text.format(where=state.where, kind=_(other.kind), what=what, main_kind=_(main.kind)))
    return main
