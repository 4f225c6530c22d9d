"""When a recording could not show demand: spells without stock, and spells in which the shop took no orders.

Orders are the lesser of demand and what could be had. While nothing could be had a recording says nothing about demand; what
is said there in a closed-loop replay is imputed (``sim/replay/impute.py``) and marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from scenarios.staffing import Touchpoints
from sim.core.tape import CART, TAKE
from sim.core.units import US, to_us
from sim.replay.closings import when_paid
from sim.replay.stream import Stream

PAGE_S = Touchpoints().product_page.lag_s
"""Time until shoppers see that something came back [s]: as open time, the wait for the page would pass for a lack of demand."""
LEAST_SIZES = 30
"""Fewest orders that tell what sizes are usual."""
SOLD_OUT, SHUT = "sold out", "closed"
"""Why a spell is blind."""


class Window(NamedTuple):
    """A spell in which demand for one SKU could not be seen: sku, start and end [us of show time], why."""

    sku: int
    start: int
    end: int
    why: str


def demand_end(stream: Stream) -> int:
    """Until when demand could come [us]: the end of the recording where it is later than its last row (``end=``), else the last
    order, cart or cue, because what comes after them (closings, returns) is the books being closed, not a show."""
    end, latest = to_us(stream.span_s), int(stream.t.max(initial=0))
    if end > latest + 2:
        return end
    asked = stream.t[(stream.what == TAKE) | (stream.what == CART)]
    spoken = [to_us(c.at_s + c.kernel().duration_s) for c in stream.cues]
    return max(2, min(end, max([int(asked.max(initial=0)), *spoken])))


def windows(stream: Stream, on_payment: bool = False, page_s: float = PAGE_S) -> list[Window]:
    """Every blind spell of a recording, by SKU, then time; spells of one SKU never overlap. on_payment: stock leaves when an
    order is paid, where the recording says which were (:func:`~sim.replay.closings.when_paid`). page_s: time until a page shows
    what came back [show s].

    A sell-out is blind from the last order recorded in it: until then the shop was still selling, beyond its stock. It is blind
    until what came back can be seen, or somebody orders it. A SKU that opens with nothing has not sold out, and its first spell
    is not blind: nobody had been shown it.
    """
    page = 0 if stream.kind == "levels" or stream.bin_s > 0 else to_us(page_s)
    end = demand_end(stream)
    by_sku: dict[int, list[Window]] = {}
    for sku, start, stop in stream.shut:
        by_sku.setdefault(sku, []).append(Window(sku, max(0, start), min(end, stop), SHUT))
    for sku, start, stop in _spells(stream, end, on_payment and when_paid(stream) is not None, page):
        by_sku.setdefault(sku, []).append(Window(sku, start, stop, SOLD_OUT))
    return [w for sku in sorted(by_sku) for w in _joined(by_sku[sku])]


def _spells(stream: Stream, end: int, on_payment: bool, page: int) -> Iterator[tuple[int, int, int]]:
    """(sku, from, to) [us] of spells at or below zero, each from its last order on, until ``page`` after stock came back or until
    the first order after it."""
    order = np.lexsort((stream.t, stream.sku))
    first = np.searchsorted(stream.sku[order], np.arange(len(stream.skus) + 1))
    for k, sku in enumerate(stream.skus):
        rows = order[first[k] : first[k + 1]]
        rows = rows[stream.what[rows] != CART]
        asked = stream.t[rows][stream.what[rows] == TAKE]
        t, level = _left(stream, rows, sku.stock, on_payment)
        last = np.append(t[1:] != t[:-1], True)[: len(t)]
        out = level[last] <= 0
        at = t[last]
        began = np.flatnonzero(out & ~np.append(sku.stock <= 0, out[:-1])[: len(out)])
        ended = np.flatnonzero(~out)
        for b in began.tolist():
            later = ended[np.searchsorted(ended, b) :]
            stop = min(int(at[later[0]]), end) if len(later) else end
            inside = asked[(asked >= at[b]) & (asked < stop)]
            start = int(inside[-1]) if len(inside) else int(at[b])
            if start < stop:
                after = int(np.searchsorted(asked, stop, "right"))
                shown = min(end, stop + page, int(asked[after]) if after < len(asked) else end)
                yield k, start, max(stop, shown)


def _left(stream: Stream, rows: np.ndarray, opening: int, on_payment: bool) -> tuple[np.ndarray, np.ndarray]:
    """Units left of one SKU after each of its moves: times [us], units."""
    t, moved = _paid(stream, rows) if on_payment else (stream.t[rows], _signed(stream, rows))
    return t, opening + np.cumsum(moved)


def served(stream: Stream, on_payment: bool = False) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Seconds of demand that a recording could show until a moment, per SKU: times [s], seconds; in between linear. A second in
    which fewer units are left than some orders ask for shows the share that asks for no more; the sizes are those of orders with
    more left than any asked for. Empty where orders were taken beyond what was left, so that size did not matter, or where rows
    are sums."""
    if stream.kind == "levels" or stream.bin_s > 0 or not (stream.what == TAKE).any():
        return {}
    on_payment = on_payment and when_paid(stream) is not None
    most, paths, free = int(stream.qty[stream.what == TAKE].max()), {}, []
    for k, sku in enumerate(stream.skus):
        rows = np.flatnonzero((stream.sku == k) & (stream.what != CART))
        took = rows[stream.what[rows] == TAKE]
        t, level = _left(stream, rows, sku.stock, on_payment)
        before = np.concatenate([[sku.stock], level])[np.searchsorted(t, stream.t[took], "left")]
        if (stream.qty[took] > before).any():
            return {}
        free.append(stream.qty[took][before >= most])
        paths[k] = (np.concatenate([[0], t]) / US, np.concatenate([[sku.stock], level]))
    sizes = np.sort(np.concatenate(free))
    if len(sizes) < LEAST_SIZES:
        return {}
    shown = {}
    for k, (at, level) in paths.items():
        share = np.searchsorted(sizes, level, "right") / len(sizes)
        seconds = np.concatenate([[0.0], np.cumsum(np.diff(at) * share[:-1])])
        # Beyond the last move as after it.
        shown[k] = (np.append(at, at[-1] + 1e7), np.append(seconds, seconds[-1] + 1e7 * share[-1]))
    return shown


def _signed(stream: Stream, rows: np.ndarray) -> np.ndarray:
    """Units that rows put on sale [row]."""
    return np.where(stream.what[rows] == TAKE, -stream.qty[rows], stream.qty[rows]).astype(np.int64)


def _paid(stream: Stream, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When units leave or come back where they leave on payment, and how many: an order that was never paid moves none, nor does
    its closing."""
    paid = when_paid(stream)
    assert paid is not None
    took = stream.what[rows] == TAKE
    of = stream.order[rows] if stream.order is not None else np.full(len(rows), -1)
    t = np.where(took, paid[rows], stream.t[rows])
    unpaid = np.where(took, paid[rows] < 0, (of >= 0) & ~((paid[of] >= 0) & (paid[of] <= stream.t[rows])))
    keep = np.flatnonzero(~unpaid)
    keep = keep[np.argsort(t[keep], kind="stable")]
    return t[keep], _signed(stream, rows[keep])


def _joined(spells: list[Window]) -> list[Window]:
    """Spells of one SKU in order, overlapping ones as one."""
    joined: list[Window] = []
    for w in sorted(spells, key=lambda s: (s.start, s.end)):
        if w.start >= w.end:
            continue
        if joined and w.start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, w.end))
        else:
            joined.append(w)
    return joined


def hide(stream: Stream) -> tuple[Stream, Stream]:
    """The stream without the orders it has beyond its stock, and these orders: what a shop that stops at zero would have seen.

    Both keep the rows' links. Where declared stock is smaller than what was really sold, the hidden orders are the truth that
    an imputation can be held against.
    """
    left = np.array([s.stock for s in stream.skus], np.int64)
    gone = np.zeros(len(stream.t), bool)
    sku, what, qty = stream.sku.tolist(), stream.what.tolist(), stream.qty.tolist()
    link = stream.order.tolist() if stream.order is not None else None
    for i, kind in enumerate(what):
        if kind == CART:
            continue
        k = sku[i]
        if kind == TAKE:
            gone[i] = left[k] <= 0
            left[k] -= 0 if gone[i] else qty[i]
        elif link is not None and link[i] >= 0 and gone[link[i]]:
            gone[i] = True
        else:
            left[k] += qty[i]
    return _only(stream, ~gone), _only(stream, gone & (stream.what == TAKE))


def _only(stream: Stream, keep: np.ndarray) -> Stream:
    rows = {name: getattr(stream, name)[keep] for name in ("t", "what", "sku", "qty")}
    if stream.paid is not None:
        rows["paid"] = stream.paid[keep]
    if stream.order is not None:
        place = np.where(keep, np.cumsum(keep) - 1, -1)
        link = stream.order[keep]
        rows["order"] = np.where(link >= 0, place[link], -1)
    return replace(stream, **rows)
