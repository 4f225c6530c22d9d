"""Judges of order exports and event logs."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from sim.replay.ingest import knowledge, same, status
from sim.replay.ingest.doubles import ALIVE, CLOSED, PAID, SHUT
from sim.replay.ingest.mapping import ASIDE, words
from sim.replay.ingest.merged import fill_down
from sim.replay.ingest.money import read_money, uses_comma
from sim.replay.ingest.numbers import read_numbers
from sim.replay.ingest.packed import unpack
from sim.replay.ingest.row_validator import KIND, Facts, RowValidator
from sim.replay.ingest.seen import hashed
from sim.replay.ingest.titles import learn
from sim.replay.ingest.values import Number, read_units
from sim.words import N_, _, did_you_mean

MOST = 1_000_000
"""Most units one order may speak of: beyond it a figure is a mistake."""
NO_UNITS = N_("cancelled, with no units left")
"""What some platforms (Amazon) make of a cancelled line: its quantity becomes 0."""
_ZERO = re.compile(r"0+(\.0+)?")
WAYS = {"order": "order", "cart": "cart", "cancel": "return", "restock": "restock"}
REMARK = {status.CLOSED: knowledge.CLOSED_LATER, status.REFUNDED: knowledge.REFUNDED_LATER}


def orders(validator: RowValidator) -> Facts:
    """Rows of an order export: an order each, the payment and the closing too where their times are there."""
    unpack(validator)
    fill_down(validator)
    validator.several()
    us, _ = validator.time("time")
    never = np.zeros(validator.n, bool)
    paid, was_paid = validator.time("paid_time", needed=False) if validator.has("paid_time") else (us, never)
    closed, was_closed = validator.time("closed_time", needed=False) if validator.has("closed_time") else (us, never)
    sku = validator.sku()
    learn(validator, sku)
    numbers = _numbers(validator)
    statuses, codes = validator.coded("status")
    stands = np.array([status.meaning(w) for w in statuses], object)[codes]
    validator.put_aside((stands == status.CLOSED) & _nothing(validator), NO_UNITS)
    qty, amount = _quantity(validator), _amount(validator)
    shut = (stands == status.CLOSED) | (stands == status.REFUNDED)
    flags = PAID * was_paid + CLOSED * was_closed + SHUT * (shut & ~was_closed) + ALIVE * (stands == status.GOES_ON)
    same.know(validator, us, np.where(was_paid, paid, us), np.where(was_closed, closed, us))
    rows = same.OrderRows(
        sku, us, qty, amount, flags.astype(np.uint8), np.where(was_paid, paid, -1), np.where(was_closed, closed, -1)
    )
    same.orders_once(validator, numbers, rows)
    for word, remark in REMARK.items():
        if n := int(((stands == word) & ~was_closed & validator.good).sum()):
            validator.state.remarks[remark] += n
    validator.state.ids = validator.state.ids or not numbers.lost.all()
    validator.state.ordered(us, validator.good)
    ids = numbers.ids
    validator.emit("order", np.arange(validator.n), us, sku=sku, qty=qty, value=amount, order_id=ids)
    if was_closed.any():
        was_closed = was_closed & ~same.closed_elsewhere(validator, numbers, sku, was_closed)
    for kind, at, which in (("pay", paid, was_paid), ("cancel", closed, was_closed)):
        some = np.flatnonzero(which)
        if len(some):
            value = amount[some] if kind == "pay" else np.nan
            validator.emit(kind, some, at[some], sku=sku[some], qty=qty[some], value=value, order_id=ids.take(some))
    return validator.settle()


def events(validator: RowValidator) -> Facts:
    """Rows of an event log: what each is says its type."""
    us, _ = validator.time("time")
    known = words(validator.state.mapping)
    types, codes = validator.coded("type")
    kinds = [known.get(w.lower()) for w in types]
    strange = np.array([k is None for k in kinds], bool)
    why = [f"there is no type {w.lower()[:60]!r}{did_you_mean(w.lower()[:60], known)}" for w in types]
    validator.fail(strange[codes], np.array(why, object)[codes])
    unwanted = np.array([k == ASIDE for k in kinds], bool)
    validator.put_aside(unwanted[codes] & (validator.fault == None), np.array([w.lower() for w in types], object)[codes])  # noqa: E711
    kind = np.array([KIND.get(k or "", 0) for k in kinds], np.int8)[codes]
    sku = validator.sku()
    learn(validator, sku)
    qty = _quantity(validator, empty=1)
    amount = _amount(validator, kind == KIND["order"])
    numbered = validator.has("sub_id") or validator.has("order_id")
    same.know(validator, us)
    if numbered:
        numbers = _numbers(validator, needed=False)
        ids = numbers.ids
        rows = same.OrderRows(sku, us, qty, amount, np.zeros(validator.n, np.uint8), None, None)
        same.events_once(validator, numbers, rows, kind, [w.lower() for w in types], codes)
        validator.state.ids = validator.state.ids or not numbers.lost.all()
        nameless = numbers.blank
    else:
        ids, nameless = validator.texts("user"), np.ones(validator.n, bool)
    buyer = hashed(validator.texts("user")).astype(np.int64) if validator.has("user") else us
    same.alike(validator, nameless & validator.good & (kind == KIND["order"]), us, sku, qty, amount, buyer)
    validator.state.ordered(us, validator.good)
    money = np.isin(kind, [KIND["order"], KIND["pay"], KIND["amount"]])
    validator.emit(kind, np.arange(validator.n), us, sku=sku, qty=qty, value=np.where(money, amount, np.nan), order_id=ids)
    return validator.settle()


def _numbers(validator: RowValidator, needed: bool = True) -> same.Numbers:
    """The number each row goes by (the line's, else the order's), the order's own, and which of them identify."""
    import pyarrow.compute as pc

    order, broken = read_numbers(validator, "order_id")
    line, gone = read_numbers(validator, "sub_id")
    blank, alone = (pc.equal(t, "").to_numpy(zero_copy_only=False) for t in (order, line))
    ids = pc.if_else(pc.equal(line, ""), order, line) if validator.has("sub_id") else order
    of_order = pc.if_else(pc.equal(order, ""), line, order) if validator.has("sub_id") else order
    if needed:
        validator.fail(blank & alone, "order id is empty")
    return same.Numbers(ids, of_order, ~alone & ~gone, (blank | broken) & (alone | gone), blank & alone)


def _nothing(validator: RowValidator) -> np.ndarray:
    """Rows whose quantity is 0."""
    if not validator.has("qty"):
        return np.zeros(validator.n, bool)
    words, codes = validator.coded("qty")
    return np.array([bool(_ZERO.fullmatch(w)) for w in words], bool)[codes]


def _quantity(validator: RowValidator, empty: int = 0) -> np.ndarray:
    """Units of each row: 1 where the file does not say, ``empty`` where the cell does not (0: it must)."""
    if not validator.has("qty"):
        if "qty" in validator.state.mapping.columns and validator.n:
            validator.state.remarks[_("rows count as one unit each, for no column that is known says how many")] += validator.n
        return np.ones(validator.n, np.int64)
    quantity = validator.number("qty", partial(read_units, meaning="qty", least=1, most=MOST), needed=not empty)
    return np.nan_to_num(quantity, nan=empty).astype(np.int64)


def _amount(validator: RowValidator, only: np.ndarray | None = None) -> np.ndarray:
    """Money of each row, NaN where there is none; a negative amount is no order, one that cannot be read is said to be so."""
    if not validator.has("amount"):
        return np.full(validator.n, np.nan)
    words, codes = validator.coded("amount")
    state = validator.state
    state.comma = uses_comma(words) if state.comma is None else state.comma
    amounts = {word: read_money(word, state.comma) if word else None for word in words}

    def paid(text: str) -> Number | str | None:
        number = amounts[text]
        return f"amount {number.value:g} is negative: a refund, not an order" if number and number.value < 0 else number

    before = validator.fault.copy()
    money = validator.number("amount", paid)
    if only is not None:
        validator.fault[~only] = before[~only]
    unread = np.array([bool(w) and amounts[w] is None for w in words], bool)[codes] & validator.good
    if unread.any():
        remark = _("rows have an amount that cannot be read (such as {word!r}); it is left out")
        state.remarks[remark.format(word=words[codes[np.argmax(unread)]][:30])] += int(unread.sum())
    return money
