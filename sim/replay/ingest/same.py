"""Orders, returns and payments that come a second time: rejected, with what they know kept (:mod:`sim.replay.ingest.doubles`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.core.units import US
from sim.replay.ingest.doubles import Found, nth, rank
from sim.replay.ingest.seen import hashed, mixed
from sim.replay.ingest.sieve import KIND, Sieve

EQUAL = "rows are equal to another in every cell and have no line number; each is counted once"
PARTS = "rows repeat a line number with another quantity, price or time; each is counted, as parts of a bundle are"


class Numbers(NamedTuple):
    """The numbers of rows. ``ids``: what each goes by; ``order``: its order's; ``line``: it has a line number that tells lines
    apart; ``lost``: neither number tells anything apart; ``blank``: it has none."""

    ids: Any
    order: Any
    line: np.ndarray
    lost: np.ndarray
    blank: np.ndarray


class Rows(NamedTuple):
    """What tells orders apart. ``t``, ``paid``, ``closed`` [us]; ``flags``: what the row knows (doubles.PAID and so on)."""

    sku: np.ndarray
    t: np.ndarray
    qty: np.ndarray
    amount: np.ndarray
    flags: np.ndarray
    paid: np.ndarray | None
    closed: np.ndarray | None


def know(sieve: Sieve, *times: np.ndarray) -> None:
    """Remember the last moment that a file knows of."""
    if sieve.good.any():
        sieve.state.last_us = max(sieve.state.last_us, *(int(t[sieve.good].max()) for t in times))


def orders_once(sieve: Sieve, numbers: Numbers, rows: Rows) -> None:
    """Reject the orders that were there already; what they know more is kept for the end."""
    keys, exact = _keys(numbers, rows, KIND["order"])
    line = mixed(exact, hashed(numbers.ids))
    own = np.where(numbers.line, line, 0)
    plain = ~numbers.line & ~numbers.lost
    if plain.any():
        own[plain] = _equal(sieve, np.flatnonzero(plain), line[plain])
    _once(sieve, numbers, rows, keys, own, ~numbers.blank, np.full(sieve.n, "order", object))


def events_once(sieve: Sieve, numbers: Numbers, rows: Rows, kind: np.ndarray, types: list[str], codes: np.ndarray) -> None:
    """Reject the events that were there already: those whose every cell was, and those that another file tells."""
    keys, exact = _keys(numbers, rows, kind)
    some = ~numbers.blank
    own = np.zeros(sieve.n, np.uint64)
    if some.any():
        own[some] = _equal(sieve, np.flatnonzero(some), mixed(exact, hashed(numbers.ids))[some])
    back = np.flatnonzero((kind == KIND["cancel"]) & some & sieve.good)
    if len(back):
        told = sieve.state.book.exported.find(_of_order(numbers, rows.sku)[back])
        _fail(sieve, numbers, back[told.hit], told.place[told.hit], np.array(types, object)[codes])
        new = back[~told.hit]
        key = np.unique(_of_order(numbers, rows.sku)[new])
        key = key[~sieve.state.book.logged.find(key).hit]
        sieve.state.book.logged.add(key, np.zeros(len(key), np.int64), np.zeros(len(key)), np.zeros(len(key)))
    _once(sieve, numbers, rows, keys, own, some, np.array(types, object)[codes])


def closed_elsewhere(sieve: Sieve, numbers: Numbers, sku: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Rows whose closing a log of returns tells; the others are remembered, so that a log read later does not tell them again."""
    rows = np.flatnonzero(which & sieve.good)
    keys, book = _of_order(numbers, sku)[rows], sieve.state.book
    known = book.logged.find(keys).hit
    first = np.unique(keys[~known], return_index=True)[1]
    new, places = keys[~known][first], _places(sieve)[rows][~known][first]
    free = ~book.exported.find(new).hit
    book.exported.add(new[free], places[free], np.zeros(int(free.sum())), np.zeros(int(free.sum())))
    out = np.zeros(sieve.n, bool)
    out[rows[known]] = True
    return out


def _of_order(numbers: Numbers, sku: np.ndarray) -> np.ndarray:
    return mixed(hashed(numbers.order), sku.astype(np.uint64))


def _keys(numbers: Numbers, rows: Rows, kind: Any) -> tuple[np.ndarray, np.ndarray]:
    """Keys of (kind, number, SKU, second, quantity), and of the exact time and the price too."""
    u64 = np.uint64
    one = mixed(_of_order(numbers, rows.sku), np.broadcast_to(np.asarray(kind), rows.sku.shape).astype(u64))
    key = mixed(mixed(one, (rows.t // US).astype(u64)), rows.qty.astype(u64))
    cents = np.where(np.isnan(rows.amount), -1, np.rint(np.nan_to_num(rows.amount) * 100)).astype(np.int64)
    return key, mixed(mixed(key, rows.t.astype(u64)), cents.astype(u64))


def _equal(sieve: Sieve, rows: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Keys by which wholly equal rows are one. Only rows alike in all that is read are compared cell by cell; of those that were
    alone in their part of the file and read long before, what was read is all that is known."""
    book = sieve.state.book
    part = mixed(exact, sieve.part()[rows].astype(np.uint64))
    _, back, size = np.unique(part, return_inverse=True, return_counts=True)
    several = (size[back] > 1) | book.lines.find(nth(exact, 1)).hit
    several &= ~book.lines.find(exact).hit
    if not several.any():
        return exact
    own = exact.copy()
    own[several] = mixed(_whole(sieve, rows[several]), exact[several])
    marks = np.unique(nth(exact[several], 1))
    marks = marks[~book.lines.find(marks).hit]
    book.lines.add(marks, np.zeros(len(marks), np.int64), np.zeros(len(marks)), np.zeros(len(marks)))
    return own


def _whole(sieve: Sieve, rows: np.ndarray) -> np.ndarray:
    """A hash of rows as they stood; several items of one line differ."""
    from pandas.util import hash_array

    lines, back = np.unique(sieve.origin[rows], return_inverse=True)
    texts = np.array(sieve.chunk.texts(lines), object)
    return mixed(hash_array(texts, categorize=False)[back], rank(sieve.lines.astype(np.uint64))[rows].astype(np.uint64))


def _places(sieve: Sieve) -> np.ndarray:
    return (np.int64(sieve.state.file) << 40) + sieve.lines


def _once(
    sieve: Sieve, numbers: Numbers, rows: Rows, keys: np.ndarray, own: np.ndarray, among: np.ndarray, said: np.ndarray
) -> None:
    """Reject doubles among some rows, part of the file by part of it (a second header begins a part)."""
    book, places, part = sieve.state.book, _places(sieve), sieve.part()
    rest = np.flatnonzero(sieve.good & among)
    for number in np.unique(part[rest]).tolist():
        _turn(sieve, number)
        mine = rest[part[rest] == number]
        keyed = mine[own[mine] != 0]
        here = book.again_here(own[keyed], places[keyed], rows.flags[keyed])
        _reject(sieve, numbers, rows, keyed[here.hit], Found(*(c[here.hit] for c in here)), said)
        equal = int((~numbers.line[keyed[here.hit]]).sum())
        if equal:
            sieve.state.remarks[EQUAL] += equal
        left = np.setdiff1d(mine, keyed[here.hit], assume_unique=True)
        there = book.again_elsewhere(keys[left], rows.amount[left], places[left], rows.flags[left])
        _reject(sieve, numbers, rows, left[there.hit], Found(*(c[there.hit] for c in there)), said)
        fresh = left[~there.hit & numbers.line[left]]
        if rows.paid is not None and len(fresh):
            _parts(sieve, numbers, rows, fresh)
    if len(part):
        _turn(sieve, int(part[-1]))


def _turn(sieve: Sieve, part: int) -> None:
    """Begin another part of the file; parts without rows are no parts."""
    if sieve.state.part < part:
        sieve.state.book.turn()
        sieve.state.part = part


def _parts(sieve: Sieve, numbers: Numbers, rows: Rows, which: np.ndarray) -> None:
    """Count the lines that come again with another quantity, price or time."""
    key = mixed(mixed(hashed(numbers.ids.take(which)), rows.sku[which].astype(np.uint64)))
    again = sieve.state.book.again_here(key, which, rows.flags[which]).hit
    if again.any():
        sieve.state.remarks[PARTS] += int(again.sum())


def _reject(sieve: Sieve, numbers: Numbers, rows: Rows, which: np.ndarray, found: Found, said: np.ndarray) -> None:
    """Reject rows, keeping what they know beyond the row that was there."""
    flags = rows.flags[which]
    more = np.flatnonzero((flags != found.flags) & (flags > 0))
    if rows.paid is not None and rows.closed is not None and len(more):
        some = which[more]
        sieve.state.knowledge.add(  # type: ignore[union-attr]
            first=found.place[more], place=_places(sieve)[some], old=found.flags[more], flags=flags[more],
            paid=rows.paid[some], closed=rows.closed[some], sku=rows.sku[some], qty=rows.qty[some], value=rows.amount[some],
            of=_of_order(numbers, rows.sku)[some], order_id=numbers.ids.take(some),
        )  # fmt: skip
    _fail(sieve, numbers, which, found.place, said)


def _fail(sieve: Sieve, numbers: Numbers, which: np.ndarray, place: np.ndarray, said: np.ndarray) -> None:
    """The sentence for each double: what it is, and where it was."""
    if not len(which):
        return
    faults = np.full(sieve.n, None, object)
    for row, at, number in zip(which.tolist(), place.tolist(), numbers.ids.take(which).to_pylist(), strict=True):
        file, line = at >> 40, at & (2**40 - 1)
        where = "" if file == sieve.state.file else f"{sieve.state.places[file]} "
        faults[row] = f"{said[row]} {number} was there already ({where}line {line})"
    sieve.fail(faults != None, faults)  # noqa: E711
