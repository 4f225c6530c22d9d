"""Orders, returns and payments that come a second time: rejected, with what they know kept (:mod:`sim.replay.ingest.doubles`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.core.units import US
from sim.replay.ingest.doubles import Lookup, nth, rank
from sim.replay.ingest.row_validator import KIND, RowValidator
from sim.replay.ingest.seen import hashed, mixed
from sim.words import N_

EQUAL = N_("rows are equal to another in every cell and have no line number; each is counted once")
PARTS = N_("rows repeat a line number with another quantity, price or time; each is counted, as parts of a bundle are")
MINUTES = N_(
    "rows have the number, item and quantity of an order of another file in the same minute, and one of the two times is cut "
    "to the minute; each is counted once, at the time of the file read first"
)
ALIKE = N_("orders have no number and are equal to another in all that is read; each is counted, for two may come in one moment")
MINUTE = 60 * US


class Numbers(NamedTuple):
    """The numbers of rows. ``ids``: what each goes by; ``order``: its order's; ``line``: it has a line number that tells lines
    apart; ``lost``: neither number tells anything apart; ``blank``: it has none."""

    ids: Any
    order: Any
    line: np.ndarray
    lost: np.ndarray
    blank: np.ndarray


class OrderRows(NamedTuple):
    """What tells orders apart. ``t``, ``paid``, ``closed`` [us]; ``flags``: what the row knows (doubles.PAID and so on)."""

    sku: np.ndarray
    t: np.ndarray
    qty: np.ndarray
    amount: np.ndarray
    flags: np.ndarray
    paid: np.ndarray | None
    closed: np.ndarray | None


def know(validator: RowValidator, *times: np.ndarray) -> None:
    """Remember the last moment that a file knows of."""
    if validator.good.any():
        validator.state.last_us = max(validator.state.last_us, *(int(t[validator.good].max()) for t in times))


def orders_once(validator: RowValidator, numbers: Numbers, rows: OrderRows) -> None:
    """Reject the orders that were there already; what they know more is kept for the end."""
    keys, minutes, exact = _keys(numbers, rows, KIND["order"])
    line = mixed(exact, hashed(numbers.ids))
    own = np.where(numbers.line, line, 0)
    plain = ~numbers.line & ~numbers.lost
    if plain.any():
        own[plain] = _equal(validator, np.flatnonzero(plain), line[plain])
    _once(validator, numbers, rows, (keys, minutes, own), ~numbers.blank, np.full(validator.n, "order", object))


def events_once(
    validator: RowValidator, numbers: Numbers, rows: OrderRows, kind: np.ndarray, types: list[str], codes: np.ndarray
) -> None:
    """Reject the events that were there already: those whose every cell was, and those that another file tells."""
    keys, minutes, exact = _keys(numbers, rows, kind)
    some = ~numbers.blank
    own = np.zeros(validator.n, np.uint64)
    if some.any():
        own[some] = _equal(validator, np.flatnonzero(some), mixed(exact, hashed(numbers.ids))[some])
    back = np.flatnonzero((kind == KIND["cancel"]) & some & validator.good)
    if len(back):
        told = validator.state.book.exported.find(_of_order(numbers, rows.sku)[back])
        _fail(validator, numbers, back[told.hit], told.place[told.hit], np.array(types, object)[codes])
        new = back[~told.hit]
        key = np.unique(_of_order(numbers, rows.sku)[new])
        key = key[~validator.state.book.logged.find(key).hit]
        validator.state.book.logged.add(key, np.zeros(len(key), np.int64), np.zeros(len(key)), np.zeros(len(key)))
    _once(validator, numbers, rows, (keys, minutes, own), some, np.array(types, object)[codes])


def closed_elsewhere(validator: RowValidator, numbers: Numbers, sku: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Rows whose closing a log of returns tells; the others are remembered, so that a log read later does not tell them again."""
    rows = np.flatnonzero(which & validator.good)
    keys, book = _of_order(numbers, sku)[rows], validator.state.book
    known = book.logged.find(keys).hit
    first = np.unique(keys[~known], return_index=True)[1]
    new, places = keys[~known][first], _places(validator)[rows][~known][first]
    free = ~book.exported.find(new).hit
    book.exported.add(new[free], places[free], np.zeros(int(free.sum())), np.zeros(int(free.sum())))
    out = np.zeros(validator.n, bool)
    out[rows[known]] = True
    return out


def _of_order(numbers: Numbers, sku: np.ndarray) -> np.ndarray:
    return mixed(hashed(numbers.order), sku.astype(np.uint64))


def _keys(numbers: Numbers, rows: OrderRows, kind: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys of (kind, number, SKU, second, quantity), of the minute instead, and of the exact time and the price too."""
    u64 = np.uint64
    one = mixed(_of_order(numbers, rows.sku), np.broadcast_to(np.asarray(kind), rows.sku.shape).astype(u64))
    key, minute = (mixed(mixed(one, (rows.t // step).astype(u64)), rows.qty.astype(u64)) for step in (US, MINUTE))
    cents = np.where(np.isnan(rows.amount), -1, np.rint(np.nan_to_num(rows.amount) * 100)).astype(np.int64)
    return key, minute, mixed(mixed(key, rows.t.astype(u64)), cents.astype(u64))


def _equal(validator: RowValidator, rows: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Keys by which wholly equal rows are one. Only rows alike in all that is read are compared cell by cell; of those that were
    alone in their part of the file and read long before, what was read is all that is known."""
    book = validator.state.book
    part = mixed(exact, validator.part()[rows].astype(np.uint64))
    _, back, size = np.unique(part, return_inverse=True, return_counts=True)
    several = (size[back] > 1) | book.lines.find(nth(exact, 1)).hit
    several &= ~book.lines.find(exact).hit
    if not several.any():
        return exact
    own = exact.copy()
    own[several] = mixed(_whole(validator, rows[several]), exact[several])
    marks = np.unique(nth(exact[several], 1))
    marks = marks[~book.lines.find(marks).hit]
    book.lines.add(marks, np.zeros(len(marks), np.int64), np.zeros(len(marks)), np.zeros(len(marks)))
    return own


def _whole(validator: RowValidator, rows: np.ndarray) -> np.ndarray:
    """A hash of rows as they stood; several items of one line differ."""
    from pandas.util import hash_array

    lines, back = np.unique(validator.origin[rows], return_inverse=True)
    texts = np.array(validator.chunk.texts(lines), object)
    return mixed(hash_array(texts, categorize=False)[back], rank(validator.lines.astype(np.uint64))[rows].astype(np.uint64))


def _places(validator: RowValidator) -> np.ndarray:
    return (np.int64(validator.state.file) << 40) + validator.lines


def _once(
    validator: RowValidator,
    numbers: Numbers,
    rows: OrderRows,
    keyed_by: tuple[np.ndarray, np.ndarray, np.ndarray],
    among: np.ndarray,
    values: np.ndarray,
) -> None:
    """Reject doubles among some rows, part of the file by part of it (a second header begins a part)."""
    keys, minutes, own = keyed_by
    book, places, part = validator.state.book, _places(validator), validator.part()
    rest = np.flatnonzero(validator.good & among)
    for number in np.unique(part[rest]).tolist():
        _turn(validator, number)
        of_part = rest[part[rest] == number]
        keyed = of_part[own[of_part] != 0]
        here = book.again_here(own[keyed], places[keyed], rows.flags[keyed])
        _reject(validator, numbers, rows, keyed[here.hit], Lookup(*(c[here.hit] for c in here)), values)
        equal = int((~numbers.line[keyed[here.hit]]).sum())
        if equal:
            validator.state.remarks[EQUAL] += equal
        left = np.setdiff1d(of_part, keyed[here.hit], assume_unique=True)
        there = book.again_elsewhere(keys[left], rows.amount[left], places[left], rows.flags[left])
        _reject(validator, numbers, rows, left[there.hit], Lookup(*(c[there.hit] for c in there)), values)
        left = left[~there.hit]
        if book.several:
            left = _minutes(validator, numbers, rows, minutes, left, values)
        fresh = left[numbers.line[left]]
        if rows.paid is not None and len(fresh):
            _parts(validator, numbers, rows, fresh)
    if len(part):
        _turn(validator, int(part[-1]))


def _minutes(
    validator: RowValidator, numbers: Numbers, rows: OrderRows, minutes: np.ndarray, which: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Reject the rows that another file tells to the minute, or this one; the others are given back. Numbers that tell no orders
    apart are left alone."""
    some = which[~numbers.lost[which]]
    pairs = validator.state.book.again_in_the_minute(
        minutes[some], rows.t[some] % MINUTE == 0, rows.amount[some], _places(validator)[some], rows.flags[some]
    )
    if pairs.hit.any():
        validator.state.remarks[MINUTES] += int(pairs.hit.sum())
        _reject(validator, numbers, rows, some[pairs.hit], Lookup(*(c[pairs.hit] for c in pairs)), values)
    return np.setdiff1d(which, some[pairs.hit], assume_unique=True)


def alike(validator: RowValidator, which: np.ndarray, *columns: np.ndarray) -> None:
    """Say how many of some rows are equal to another in these columns; looked for in one part of a file at a time."""
    if not which.any():
        return
    key = np.zeros(int(which.sum()), np.uint64)
    for column in columns:
        key = mixed(key, np.nan_to_num(column[which], nan=-1).astype(np.int64).astype(np.uint64))
    again = len(key) - len(np.unique(key))
    if again:
        validator.state.remarks[ALIKE] += again


def _turn(validator: RowValidator, part: int) -> None:
    """Begin another part of the file; parts without rows are no parts."""
    if validator.state.part < part:
        validator.state.book.turn()
        validator.state.part = part


def _parts(validator: RowValidator, numbers: Numbers, rows: OrderRows, which: np.ndarray) -> None:
    """Count the lines that come again with another quantity, price or time."""
    key = mixed(mixed(hashed(numbers.ids.take(which)), rows.sku[which].astype(np.uint64)))
    again = validator.state.book.again_here(key, which, rows.flags[which]).hit
    if again.any():
        validator.state.remarks[PARTS] += int(again.sum())


def _reject(
    validator: RowValidator, numbers: Numbers, rows: OrderRows, which: np.ndarray, results: Lookup, values: np.ndarray
) -> None:
    """Reject rows, keeping what they know beyond the row that was there."""
    flags = rows.flags[which]
    more = np.flatnonzero((flags != results.flags) & (flags > 0))
    if rows.paid is not None and rows.closed is not None and len(more):
        some = which[more]
        validator.state.knowledge.add(  # type: ignore[union-attr]
            first=results.place[more], place=_places(validator)[some], old=results.flags[more], flags=flags[more],
            paid=rows.paid[some], closed=rows.closed[some], sku=rows.sku[some], qty=rows.qty[some], value=rows.amount[some],
            of=_of_order(numbers, rows.sku)[some], order_id=numbers.ids.take(some),
        )  # fmt: skip
    _fail(validator, numbers, which, results.place, values)


def _fail(validator: RowValidator, numbers: Numbers, which: np.ndarray, place: np.ndarray, values: np.ndarray) -> None:
    """The sentence for each double: what it is, and where it was."""
    if not len(which):
        return
    faults = np.full(validator.n, None, object)
    for row, at, number in zip(which.tolist(), place.tolist(), numbers.ids.take(which).to_pylist(), strict=True):
        file, line = at >> 40, at & (2**40 - 1)
        where = "" if file == validator.state.file else f"{validator.state.places[file]} "
        faults[row] = f"{values[row]} {number} was there already ({where}line {line})"
    validator.fail(faults != None, faults)  # noqa: E711
