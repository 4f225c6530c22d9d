"""What a second row of an order says that its first row did not; settled when all files are read, for who knows later wins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from sim.replay.ingest.doubles import ALIVE, CLOSED, PAID, SHUT, OrderBook, rank
from sim.replay.ingest.row_validator import KIND, NUMBERS, Facts
from sim.words import N_

CLOSED_LATER = N_("orders were closed later; they count as taken, for the file does not say when their units came back")
REFUNDED_LATER = N_("orders were refunded later; they count as taken, for the file does not say when their units came back")
REOPENED = N_("orders were closed in an earlier export and went on in this one; they count as taken")
ENDED = CLOSED | SHUT


class Verdict(NamedTuple):
    """Rows of ``rows``: payments and closings that become facts, orders said to be closed without a time, closings that were
    taken back, and orders closed without a time that went on."""

    rows: dict[str, Any]
    pay: np.ndarray
    closed: np.ndarray
    shut: np.ndarray
    reopened: np.ndarray
    alive: np.ndarray

    def facts(self, kind: str, which: np.ndarray) -> Facts:
        """Facts of some rows: "pay" or "cancel"."""
        import pyarrow as pa

        rows = {n: c.take(pa.array(which)) if n == "order_id" else c[which] for n, c in self.rows.items()}
        t = rows["paid" if kind == "pay" else "closed"]
        given = {"t": t, "seen": t, "kind": KIND[kind], "sku": rows["sku"], "qty": rows["qty"], "file": rows["place"] >> 40,
                 "line": rows["place"] & (2**40 - 1), "value": rows["value"] if kind == "pay" else np.nan}  # fmt: skip
        out: Facts = {n: np.array(np.broadcast_to(np.asarray(given.get(n, 0), k), len(which))) for n, k in NUMBERS.items()}
        return out | {"order_id": rows["order_id"]}

    def remarks(self) -> Iterator[tuple[int, str, int]]:
        """File, sentence and count of what makes no fact."""
        place, first = self.rows["place"] >> 40, self.rows["first"] >> 40
        for files, what, sign in ((place[self.shut], CLOSED_LATER, 1), (first[self.alive], CLOSED_LATER, -1),
                                  (place[self.reopened], REOPENED, 1)):  # fmt: skip
            for file in np.unique(files).tolist():
                yield file, what, sign * int((files == file).sum())


class Knowledge:
    """What second rows say."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []

    def add(self, **columns: Any) -> None:
        """Rows: ``first`` (place of the order's first row), ``place``, ``old`` and ``flags`` (what the first and this row know),
        ``of`` (key of order and SKU), ``paid`` and ``closed`` [us], and the columns of their facts."""
        self.parts.append(columns)

    def settle(self, latest: np.ndarray, book: OrderBook) -> Verdict:
        """What follows. ``latest``: the last moment that each file knows of [us]."""
        import pyarrow as pa

        names = [n for n in self.parts[0] if n != "order_id"]
        rows: dict[str, Any] = {n: np.concatenate([p[n] for p in self.parts]) for n in names}
        rows["order_id"] = pa.concat_arrays([p["order_id"] for p in self.parts])
        first, flags, old, place = rows["first"], rows["flags"], rows["old"], rows["place"]
        when, own = latest[place >> 40], latest[first >> 40]
        pay = _one_each(np.flatnonzero((flags & PAID > 0) & (old & PAID == 0)), first)
        told = np.flatnonzero((flags & (ENDED | ALIVE) > 0) & ~((own > when) & (old & (ENDED | ALIVE) > 0)))
        told = told[np.lexsort((place[told], when[told], first[told]))]
        last = _one_each(told[::-1], first)
        ended = flags[last] & ENDED > 0
        dated = np.flatnonzero((flags & CLOSED > 0) & (old & CLOSED == 0) & np.isin(first, first[last[ended]]))
        dated = _one_each(dated[np.lexsort((place[dated], when[dated], first[dated]))][::-1], first)
        dated = dated[~book.logged.find(rows["of"][dated]).hit]
        bare = last[ended & (old[last] & ENDED == 0)]
        bare = bare[~np.isin(first[bare], first[(flags & CLOSED > 0)])]
        back = last[~ended]
        return Verdict(rows, pay, dated, bare, back[old[back] & CLOSED > 0], back[old[back] & SHUT > 0])


def _one_each(which: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The first of ``which`` of each order."""
    return which[rank(first[which].astype(np.uint64)) == 0]
