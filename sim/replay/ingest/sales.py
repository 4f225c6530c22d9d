"""Judges of order exports and event logs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from scenarios.setting import did_you_mean
from sim.replay.ingest.mapping import ASIDE, words
from sim.replay.ingest.seen import Seen, hashed, mixed
from sim.replay.ingest.sieve import KIND, Facts, Sieve
from sim.replay.ingest.values import Number, read_number, read_units

MOST = 1_000_000
"""Most units one order may speak of: beyond it a figure is a mistake."""
CLOSED = ("已关闭", "交易关闭", "closed", "cancelled", "canceled")
CLOSED_LATER = "orders were closed later; they count as taken, for the file does not say when their units came back"
PACKED = ("order_id", "sub_id", "sku", "qty", "amount", "status")
"""Fields that pack several sub-orders into one row."""
WAYS = {"order": "order", "cart": "cart", "cancel": "return", "restock": "restock"}


def orders(sieve: Sieve) -> Facts:
    """Rows of an order export: an order each, the payment and the closing too where their times are there."""
    unpack(sieve)
    sieve.several()
    us, _ = sieve.time("time")
    paid, was_paid = sieve.time("paid_time", needed=False) if sieve.has("paid_time") else (us, np.zeros(sieve.n, bool))
    closed, was_closed = sieve.time("closed_time", needed=False) if sieve.has("closed_time") else (us, np.zeros(sieve.n, bool))
    sku = sieve.sku()
    ids, key = _numbers(sieve, sku)
    qty, amount = _quantity(sieve), _amount(sieve)
    _once(sieve, "order", ids, key)
    words, codes = sieve.coded("status")
    shut = np.array([w.lower() in CLOSED for w in words])[codes] & sieve.good
    if (shut & ~was_closed).any():
        sieve.state.remarks[CLOSED_LATER] += int((shut & ~was_closed).sum())
    sieve.state.ids = True
    sieve.state.ordered(us, sieve.good)
    rows = np.arange(sieve.n)
    sieve.emit("order", rows, us, sku=sku, qty=qty, value=amount, order_id=ids)
    for kind, at, which in (("pay", paid, was_paid), ("cancel", closed, was_closed)):
        rows = np.flatnonzero(which)
        if len(rows):
            value = amount[rows] if kind == "pay" else np.nan
            sieve.emit(kind, rows, at[rows], sku=sku[rows], qty=qty[rows], value=value, order_id=ids.take(rows))
    return sieve.settle()


def events(sieve: Sieve) -> Facts:
    """Rows of an event log: what each is says its type."""
    us, _ = sieve.time("time")
    known = words(sieve.state.mapping)
    types, codes = sieve.coded("type")
    kinds = [known.get(w.lower()) for w in types]
    strange = np.array([k is None for k in kinds], bool)
    why = [f"type {w.lower()[:60]!r} is not known{did_you_mean(w.lower()[:60], known)}" for w in types]
    sieve.fail(strange[codes], np.array(why, object)[codes])
    unwanted = np.array([k == ASIDE for k in kinds], bool)
    sieve.put_aside(unwanted[codes] & (sieve.fault == None), np.array([w.lower() for w in types], object)[codes])  # noqa: E711
    kind = np.array([KIND.get(k or "", 0) for k in kinds], np.int8)[codes]
    sku = sieve.sku()
    qty = _quantity(sieve)
    amount = _amount(sieve, kind == KIND["order"])
    numbered = sieve.has("sub_id") or sieve.has("order_id")
    ids = sieve.texts("sub_id" if sieve.has("sub_id") else "order_id" if numbered else "user")
    if numbered:
        import pyarrow.compute as pc

        has = pc.not_equal(ids, "").to_numpy(zero_copy_only=False)
        one = mixed(hashed(ids), sku.astype(np.uint64))
        key = mixed(one, kind.astype(np.uint64))
        for name in np.unique(kind[has]).tolist():
            word = list(KIND)[name]
            # An order in a log is the same as in an order export.
            same = mixed(one) if word == "order" else key
            _once(sieve, word, ids, same, has & (kind == name), types, codes)
        sieve.state.ids = True
    sieve.state.ordered(us, sieve.good)
    paid = np.isin(kind, [KIND["order"], KIND["pay"], KIND["amount"]])
    sieve.emit(kind, np.arange(sieve.n), us, sku=sku, qty=qty, value=np.where(paid, amount, np.nan), order_id=ids)
    return sieve.settle()


def _quantity(sieve: Sieve) -> np.ndarray:
    """Units of each row: 1 where the file does not say."""
    if not sieve.has("qty"):
        return np.ones(sieve.n, np.int64)
    found = sieve.number("qty", partial(read_units, meaning="qty", least=1, most=MOST))
    return np.nan_to_num(found).astype(np.int64)


def _paid(text: str) -> Number | str | None:
    """An amount; one that cannot be read is no amount, a negative one no order."""
    found = read_number(text) if text else None
    if found is not None and found.value < 0:
        return f"amount {found.value:g} is negative: a refund, not an order"
    return found


def _amount(sieve: Sieve, only: np.ndarray | None = None) -> np.ndarray:
    """Money of each row, NaN where there is none."""
    if not sieve.has("amount"):
        return np.full(sieve.n, np.nan)
    if only is None:
        return sieve.number("amount", _paid)
    before = sieve.fault.copy()
    found = sieve.number("amount", _paid)
    sieve.fault[~only] = before[~only]
    return found


def _numbers(sieve: Sieve, sku: np.ndarray) -> tuple[Any, np.ndarray]:
    """The number each row goes by, and what makes it one: the sub-order's number, or the order's with its SKU."""
    import pyarrow.compute as pc

    order, sub = sieve.texts("order_id"), sieve.texts("sub_id")
    ids = pc.if_else(pc.equal(sub, ""), order, sub) if sieve.has("sub_id") else order
    sieve.fail(pc.equal(ids, "").to_numpy(zero_copy_only=False), "order id is empty")
    hashes = hashed(ids)
    if not sieve.has("sub_id"):
        return ids, mixed(mixed(hashes, sku.astype(np.uint64)))
    alone = pc.equal(sub, "").to_numpy(zero_copy_only=False)
    return ids, np.where(alone, mixed(mixed(hashes, sku.astype(np.uint64))), mixed(hashes))


def _once(
    sieve: Sieve, kind: str, ids: Any, key: np.ndarray, among: np.ndarray | None = None,
    types: list[str] | None = None, codes: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Reject what was there already, in this file or in another."""
    rows = np.flatnonzero(sieve.good if among is None else sieve.good & among)
    places = (np.int64(sieve.state.file) << 40) + sieve.lines[rows]
    first = sieve.state.seen.setdefault(kind, Seen()).first(key[rows], places)
    again = np.flatnonzero(first >= 0)
    if not len(again):
        return
    faults = np.full(sieve.n, None, object)
    numbers = ids.take(rows[again]).to_pylist()
    for k, number in zip(again.tolist(), numbers, strict=True):
        file, line = int(first[k]) >> 40, int(first[k]) & (2**40 - 1)
        where = "" if file == sieve.state.file else f"{sieve.state.places[file]} "
        word = kind if types is None or codes is None else types[codes[rows[k]]].lower()
        faults[rows[k]] = f"{word} {number} was there already ({where}line {line})"
    sieve.fail(faults != None, faults)  # noqa: E711


def unpack(sieve: Sieve) -> None:
    """Take rows apart that pack several sub-orders between semicolons."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {f: sieve.cells[f] for f in PACKED if f in sieve.cells}
    never = np.zeros(sieve.n, bool)
    packs = dict.fromkeys(("sub_id", "sku", "qty"), never)
    for field in [f for f in packs if f in columns]:
        half, full = (pc.match_substring(columns[field], sign).to_numpy(zero_copy_only=False) for sign in ";；")
        packs[field] = half | full
    packed = packs["sub_id"] | (packs["sku"] & packs["qty"])
    if not packed.any():
        return
    rows: list[tuple[int, dict[str, str], str | None]] = []
    for row in np.flatnonzero(packed).tolist():
        parts = {f: c[row].as_py().replace("；", ";").strip().strip(";").split(";") for f, c in columns.items()}
        most = max(len(p) for f, p in parts.items() if f in ("sub_id", "sku", "qty"))
        bad = next((f for f, p in parts.items() if len(p) not in (1, most)), None)
        why = f"packs {most} sub-orders but {len(parts[bad])} of {bad}" if bad else None
        # One amount for several sub-orders is their sum: it stays with the first.
        for k in range(1 if why else most):
            cells = {f: p[k] if len(p) == most else p[0] if f != "amount" or k == 0 else "" for f, p in parts.items()}
            rows.append((row, cells, why))
    plain = np.flatnonzero(~packed)
    origin = np.concatenate([plain, [r for r, _, _ in rows]]).astype(np.int64)
    order = np.argsort(origin, kind="stable")
    cells = {}
    for name, column in sieve.cells.items():
        mine = [c.get(name) if name in columns else column[r].as_py() for r, c, _ in rows]
        cells[name] = pa.concat_arrays([column.take(plain), pa.array(mine, pa.string())]).take(order)
    faults = np.array([None] * len(plain) + [why for *_, why in rows], object)[order]
    sieve.replace(cells, origin[order], np.flatnonzero(np.arange(len(origin))[order] >= len(plain)), faults)
