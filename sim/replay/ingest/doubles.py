"""Which rows are the same order again: in the file itself, and in the files read before.

In a file only a repeated line number, or a wholly equal row, is a double. Between files the k-th row of (number, SKU, second,
quantity) is the k-th of the other; rows of one price find each other first, and a price that one file does not tell, or tells
otherwise, makes no second order. A row whose time was cut to the minute is compared by the minute. Keys are 64-bit hashes
(:mod:`sim.replay.ingest.seen` says how often two of them collide).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.replay.ingest.seen import mixed

PAID, CLOSED, SHUT, ALIVE = 1, 2, 4, 8
"""What a row knows of its order: when it was paid, when it was closed, that it was closed, that it goes on."""
CENT = 0.005


class Lookup(NamedTuple):
    """Per key: whether it is known, where it stands, its price and what is known of it."""

    hit: np.ndarray
    place: np.ndarray
    price: np.ndarray
    flags: np.ndarray


class KeyTable:
    """Keys with a place, a price and flags each, in sorted runs that are merged as they grow.

    >>> t = KeyTable()
    >>> t.add(np.array([7, 5], np.uint64), np.array([1, 2]), np.array([9.9, np.nan]), np.array([0, 1]))
    >>> t.find(np.array([5, 6], np.uint64)).place.tolist()
    [2, -1]
    """

    def __init__(self) -> None:
        self.runs: list[tuple[np.ndarray, ...]] = []

    def find(self, keys: np.ndarray) -> Lookup:
        """What is known of each key."""
        n = len(keys)
        out = Lookup(np.zeros(n, bool), np.full(n, -1, np.int64), np.full(n, np.nan), np.zeros(n, np.uint8))
        for known, *columns in self.runs:
            at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
            hit = known[at] == keys
            out.hit[hit] = True
            for column, values in zip(out[1:], columns, strict=True):
                column[hit] = values[at[hit]]
        return out

    def add(self, keys: np.ndarray, place: np.ndarray, price: np.ndarray, flags: np.ndarray) -> None:
        """Remember keys that are not known."""
        if not len(keys):
            return
        run: tuple[np.ndarray, ...] = (keys, place, price.astype(np.float64), flags.astype(np.uint8))
        while self.runs and len(self.runs[-1][0]) < 2 * len(run[0]):
            run = tuple(np.concatenate(pair) for pair in zip(self.runs.pop(), run, strict=True))
        order = np.argsort(run[0], kind="stable")
        self.runs.append(tuple(column[order] for column in run))

    def take(self, other: KeyTable) -> None:
        """Remember all of another table."""
        for run in other.runs:
            self.add(*run)


def nth(key: np.ndarray, k: np.ndarray | int) -> np.ndarray:
    """The key of the k-th row of a kind."""
    return mixed(key, np.broadcast_to(np.asarray(k, np.uint64), key.shape))


def rank(keys: np.ndarray) -> np.ndarray:
    """How many equal keys stand before each.

    >>> rank(np.array([4, 9, 4, 4], np.uint64)).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    head = np.ones(len(keys), bool)
    head[1:] = ordered[1:] != ordered[:-1]
    start = np.flatnonzero(head)
    out = np.empty(len(keys), np.int64)
    out[order] = np.arange(len(keys)) - start[np.cumsum(head) - 1] if len(keys) else 0
    return out


def known_times(table: KeyTable, key: np.ndarray, base: np.ndarray) -> np.ndarray:
    """How many rows of each kind the table holds from the ``base``-th on (they are numbered without gaps)."""
    low, high = np.zeros(len(key), np.int64), np.zeros(len(key), np.int64)
    live, step = np.arange(len(key)), 1
    while table.runs and len(live):
        live = live[table.find(nth(key[live], base[live] + step - 1)).hit]
        low[live] = step
        step *= 2
    high = np.where(low > 0, 2 * low, 0)
    while (open_ := np.flatnonzero(high - low > 1)).size:
        middle = (low[open_] + high[open_]) // 2
        hit = table.find(nth(key[open_], base[open_] + middle - 1)).hit
        low[open_[hit]], high[open_[~hit]] = middle[hit], middle[~hit]
    return low


def _unknown(n: int) -> Lookup:
    return Lookup(np.zeros(n, bool), np.full(n, -1, np.int64), np.full(n, np.nan), np.zeros(n, np.uint8))


class Between:
    """Rows of the files read before, by one kind of key, and those of the file that is being read."""

    def __init__(self) -> None:
        self.old, self.new, self.used = KeyTable(), KeyTable(), KeyTable()

    def turn(self) -> None:
        """A file, or a part of one, has ended: the next is compared with it too."""
        self.old.take(self.new)
        self.new, self.used = KeyTable(), KeyTable()

    def pair(self, key: np.ndarray, price: np.ndarray) -> Lookup:
        """The counterparts that rows have in the files read before."""
        out = _unknown(len(key))
        met = np.flatnonzero(self.old.find(nth(key, 0)).hit) if self.old.runs else np.zeros(0, np.int64)
        if not len(met):
            return out
        _, back, size = np.unique(key[met], return_inverse=True, return_counts=True)
        alone = (size[back] == 1) & ~self.old.find(nth(key[met], 1)).hit & ~self.used.find(nth(key[met], 0)).hit
        single = met[alone]
        self._use(single, nth(key[single], 0), out)
        groups: dict[int, list[int]] = {}
        for row in met[~alone].tolist():
            groups.setdefault(int(key[row]), []).append(row)
        for group in groups.values():
            one = key[group[:1]]
            known = int(known_times(self.old, one, np.zeros(1, np.int64))[0])
            keys = nth(np.repeat(one, known), np.arange(known))
            free = np.flatnonzero(~self.used.find(keys).hit).tolist()
            prices = self.old.find(keys).price
            hits = [(group[a], free[b]) for a, b in paired([float(price[r]) for r in group], [float(prices[k]) for k in free])]
            self._use(np.array([r for r, _ in hits], np.int64), keys[[k for _, k in hits]], out)
        return out

    def _use(self, rows: np.ndarray, keys: np.ndarray, out: Lookup) -> None:
        known = self.old.find(keys)
        out.hit[rows] = True
        for column, values in zip(out[1:], known[1:], strict=True):
            column[rows] = values
        self.used.add(keys, known.place, known.price, known.flags)

    def remember(self, key: np.ndarray, price: np.ndarray, place: np.ndarray, flags: np.ndarray) -> None:
        """Rows without a counterpart are there for the files that follow."""
        base = known_times(self.old, key, np.zeros(len(key), np.int64))
        k = base + known_times(self.new, key, base) + rank(key)
        self.new.add(nth(key, k), place, price, flags)


class OrderBook:
    """The orders known so far. A file, or what follows a second header in it, is compared with what was read before it.

    ``several``: more than one file is read. ``fine``, ``cut``: rows by their minute, of times with seconds and of whole minutes.
    """

    def __init__(self) -> None:
        self.seconds, self.fine, self.cut, self.lines = Between(), Between(), Between(), KeyTable()
        self.several = False
        # Orders and SKUs whose return a log tells, and those whose closing an export does.
        self.logged, self.exported = KeyTable(), KeyTable()

    def turn(self) -> None:
        """A file, or a part of one, has ended: the next is compared with it too."""
        for one in (self.seconds, self.fine, self.cut):
            one.turn()
        self.lines = KeyTable()

    def again_here(self, key: np.ndarray, place: np.ndarray, flags: np.ndarray) -> Lookup:
        """Rows of the file itself whose ``key`` was there already, and what was known then; the others are remembered."""
        places = self.lines.find(key)
        first = _firsts(key)
        inside = ~places.hit & (first < np.arange(len(key)))
        places.hit[inside], places.place[inside], places.flags[inside] = True, place[first[inside]], flags[first[inside]]
        self.lines.add(key[~places.hit], place[~places.hit], np.full(int((~places.hit).sum()), np.nan), flags[~places.hit])
        return places

    def again_elsewhere(self, key: np.ndarray, price: np.ndarray, place: np.ndarray, flags: np.ndarray) -> Lookup:
        """Rows that files read before hold already, and what they know; the others are remembered."""
        out = self.seconds.pair(key, price)
        rest = ~out.hit
        self.seconds.remember(key[rest], price[rest], place[rest], flags[rest])
        return out

    def again_in_the_minute(
        self, key: np.ndarray, whole: np.ndarray, price: np.ndarray, place: np.ndarray, flags: np.ndarray
    ) -> Lookup:
        """Rows that files read before hold at another second of the minute, where one of the two times is a ``whole`` minute."""
        out = _unknown(len(key))
        for rows, theirs, own in ((np.flatnonzero(whole), self.fine, self.cut), (np.flatnonzero(~whole), self.cut, self.fine)):
            known = theirs.pair(key[rows], price[rows])
            for column, values in zip(out, known, strict=True):
                column[rows] = values
            rest = rows[~known.hit]
            own.remember(key[rest], price[rest], place[rest], flags[rest])
        return out


def _firsts(keys: np.ndarray) -> np.ndarray:
    """The row in which each key comes first."""
    _, first, back = np.unique(keys, return_index=True, return_inverse=True)
    return first[back] if len(keys) else np.zeros(0, np.int64)


def paired(own: list[float], theirs: list[float]) -> list[tuple[int, int]]:
    """Rows of one kind of two files, those of one price first.

    >>> paired([0.0, 59.9], [59.9]), paired([59.9, 0.0], [float("nan"), 0.0])
    ([(1, 0)], [(1, 1), (0, 0)])
    """
    free, left, pairs = dict(enumerate(theirs)), [], []
    for a, price in enumerate(own):
        b = next((b for b, other in free.items() if other == price or abs(other - price) < CENT), None)
        if b is None:
            left.append(a)
        else:
            pairs.append((a, b))
            del free[b]
    return pairs + [(a, b) for a, b in zip(left, list(free), strict=False)]
