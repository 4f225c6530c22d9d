"""From usable rows to a :class:`~sim.replay.stream.Stream`: which SKUs, which stock, which part, which cues."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from scenarios.contract import Cue, Sku
from scenarios.setting import did_you_mean
from sim.core.tape import CART, EDIT_ADD, SUPPLY, TAKE
from sim.core.units import US, to_us
from sim.replay.clock import Clock, StreamError, parse_time
from sim.replay.facts import Declared, Event, Level, Planned, Sifted
from sim.replay.stream import LONGEST_S, Stream

SHORT_S, FINE_S, COARSE_S = 6 * 3600.0, 1.0, 5.0
"""Recordings up to SHORT_S are read every FINE_S, longer ones every COARSE_S [show s]."""


def choose_skus(sifted: Sifted, wanted: str | Iterable[str] | None, stem: str) -> list[str]:
    """SKUs to replay, in order of first appearance; a file without a SKU column has one, called after it."""
    for k, item in enumerate(sifted.items):
        if item.sku == "":
            sifted.items[k] = item._replace(sku=stem)
    known = list(dict.fromkeys(item.sku for item in sifted.items))
    if wanted is None:
        return known
    names = [wanted] if isinstance(wanted, str) else [str(w) for w in wanted]
    for name in names:
        if name not in known:
            raise StreamError(f"{sifted.where} has no SKU {name!r}{did_you_mean(name, known)}")
    return [k for k in known if k in names]


def set_aside(sifted: Sifted, keep: list[bool], why: str) -> None:
    """Move rows out of the used ones, with the reason in the account; a stream must keep some."""
    gone = len(keep) - sum(keep)
    if gone:
        sifted.items[:] = [item for item, stays in zip(sifted.items, keep, strict=True) if stays]
        sifted.aside[why] += gone
        sifted.notes.append(f"{sifted.where}: {gone} rows set aside ({why})")
    if not sifted.items and sifted.kind != "cues":
        raise StreamError(f"{sifted.where}: no row is left after setting aside {gone} rows ({why}); choose differently")


def bound(text: str | None, what: str, clock: Clock) -> int | None:
    """``start=`` or ``end=`` on the stream's clock [us]."""
    if text is None or text == "":
        return None
    found = parse_time(str(text))
    if not found:
        raise StreamError(f"{what}={text!r} is not a time; write it the way the recording writes its own")
    other = Clock(found[0], clock.zone)
    if other.family != clock.family:
        raise StreamError(f"{what}={text!r} is a time {found[0]}, but the recording's times are {clock.kind}; write it their way")
    return other.microseconds(found[1])


def cut(sifted: Sifted, start: int | None, end: int | None) -> None:
    """Keep the rows from ``start`` to ``end`` [us]; of stock levels also each item's last poll before, as its opening."""
    if start is not None and end is not None and end <= start:
        raise StreamError("end= is not after start=; exchange them")
    if start is not None and sifted.kind == "levels":
        last = {item.sku: k for k, item in enumerate(sifted.items) if item.us <= start}
        for k in last.values():
            sifted.items[k] = sifted.items[k]._replace(us=start)
    keep = [(start is None or i.us >= start) and (end is None or i.us <= end) for i in sifted.items]
    set_aside(sifted, keep, "outside start= and end=")


def declared(sifted: Sifted, stock: Any, names: list[str]) -> tuple[list[str], list[Sku]]:
    """SKUs of orders or events with the stock declared for them; undeclared ones are set aside."""
    if isinstance(stock, Sifted):
        sheet = {d.sku: d for d in stock.items}
    elif isinstance(stock, Mapping):
        sheet = {str(k): Declared(0, str(k), _count(v, str(k)), {}) for k, v in stock.items()}
    elif stock is None:
        raise StreamError(f"{sifted.where} says what was ordered, not how much there was; declare it: stock=500 for every SKU, "
                          "or stock=FILE with the columns sku and stock")  # fmt: skip
    else:
        sheet = {name: Declared(0, name, _count(stock, name), {}) for name in names}
    kept = [name for name in names if name in sheet]
    if not kept:
        raise StreamError(f"no stock is declared for any SKU of {sifted.where} ({', '.join(names[:5])}); "
                          f"it is declared for {', '.join(list(sheet)[:5])}")  # fmt: skip
    return kept, [Sku(id=name, stock=sheet[name].stock, **sheet[name].rest) for name in kept]


def _count(value: Any, name: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= 10**8:
        raise StreamError(f"stock={value!r} for {name!r} is not a number of units from 0 to 100,000,000; correct it")
    return number


def opened(items: list[Level], names: list[str]) -> list[Sku]:
    """SKUs of stock levels, with what the first poll of each said."""
    first: dict[str, int] = {}
    for item in items:
        first.setdefault(item.sku, item.stock)
    return [Sku(id=name, stock=first[name]) for name in names]


def changes(items: list[Level]) -> list[Event]:
    """What happened between polls, as events whose sum follows ``available`` exactly.

    ``enrolled`` rising is orders, falling is units given back; ``total`` rising is a restock; what ``available`` did beyond
    that is a correction. Within a poll whatever adds comes first, so that no sell-out appears which no poll showed.
    """
    before: dict[str, Level] = {}
    out: list[Event] = []
    for now in items:
        old = before.get(now.sku)
        before[now.sku] = now
        if old is None:
            continue
        moved = now.stock - old.stock
        known = now.enrolled is not None and old.enrolled is not None
        ordered = int(now.enrolled or 0) - int(old.enrolled or 0) if known else max(0, -moved)
        grown = max(0, int(now.total or 0) - int(old.total or 0)) if now.total is not None and old.total is not None else 0
        steps = [(SUPPLY, grown), (TAKE if ordered > 0 else EDIT_ADD, ordered if ordered > 0 else -ordered)]
        steps.append((EDIT_ADD, moved - grown + ordered))
        steps.sort(key=lambda step: step[0] == TAKE or step[1] < 0)
        out += [Event(now.line, now.us, now.sku, what, qty) for what, qty in steps if qty]
    return out


def poll_gap_s(items: list[Level]) -> float:
    """Time between polls [recorded s]: the median gap before a change, since unchanged polls are often not kept."""
    before: dict[str, Level] = {}
    gaps = []
    for now in items:
        old = before.get(now.sku)
        before[now.sku] = now
        if old is not None and now.stock != old.stock:
            gaps.append((now.us - old.us) / US)
    return statistics.median(gaps) if gaps else COARSE_S


def plan(sheet: Sifted, names: list[str], start: int, end: int, clock: Clock, speedup: float) -> tuple[Cue, ...]:
    """The run of show: cues inside the recording, about SKUs it has."""
    if sheet.clock is None or sheet.clock.family != clock.family:
        theirs = sheet.clock.kind if sheet.clock else "unknown"
        raise StreamError(f"{sheet.where} writes times {theirs}, the stream {clock.kind}; say what zone the bare times are in: "
                          "zone=UTC or zone=+08:00")  # fmt: skip
    keep = [start <= cue.us < end for cue in sheet.items]
    if not any(keep):
        raise StreamError(f"not one of the {len(keep)} cues of {sheet.where} lies inside the recording ({clock.text(start)} to "
                          f"{clock.text(end)}); check the sheet, or zone=")  # fmt: skip
    set_aside(sheet, keep, "outside the recording")
    keep = [_about(cue, names) is not None for cue in sheet.items]
    set_aside(sheet, keep, "about other SKUs")
    return tuple(Cue(at_s=(c.us - start) / US / speedup, sku=str(_about(c, names)), kind=c.kind) for c in sheet.items)


def _about(cue: Planned, names: list[str]) -> str | None:
    if cue.sku:
        return cue.sku if cue.sku in names else None
    return names[0] if len(names) == 1 else cue.name if cue.name in names else None


def assemble(
    sifted: Sifted, events: list[Event], skus: list[Sku], cues: Sifted | None, clock: Clock, speedup: float,
    limits: tuple[int | None, int | None],
) -> Stream:  # fmt: skip
    """The stream of these events."""
    start = sifted.items[0].us if limits[0] is None else limits[0]
    end = sifted.items[-1].us if limits[1] is None else limits[1]
    span_s = (end - start) / US / speedup
    if span_s > LONGEST_S - 3600:
        least = int(span_s * speedup / LONGEST_S) + 2
        raise StreamError(f"{sifted.where} lasts {span_s:,.0f} s of show time, more than {LONGEST_S:,} s; "
                          f"choose a part (start=, end=) or a speedup of at least {least}")  # fmt: skip
    if sum(abs(e.qty) for e in events) >= 2**31:
        raise StreamError(f"{sifted.where} adds up to more than two thousand million units; check its quantities")
    index = {sku.id: k for k, sku in enumerate(skus)}
    if len(index) > 30_000:
        raise StreamError(f"{sifted.where} has {len(index):,} SKUs; choose some with sku= or declare stock for some only")
    names = list(index)
    t = np.array([(e.us - start) / speedup for e in events], np.float64)
    reading_s = FINE_S if span_s <= SHORT_S else COARSE_S
    if sifted.kind == "levels":
        reading_s = min(3600.0, max(0.5, poll_gap_s(sifted.items) / speedup))
    return Stream(
        name=sifted.where.split(".")[0],
        kind=sifted.kind,
        skus=tuple(skus),
        t=np.round(t).astype(np.int64),
        what=np.array([e.what for e in events], np.int8),
        sku=np.array([index[e.sku] for e in events], np.int16),
        qty=np.array([e.qty for e in events], np.int32),
        cues=plan(cues, names, start, end, clock, speedup) if cues else (),
        clock=clock,
        start_us=start,
        span_s=to_us(span_s) / US,
        speedup=speedup,
        reading_s=reading_s,
        order=orders_of(events),
    )


def orders_of(events: list[Event]) -> np.ndarray | None:
    """Per event the place of the order that a return gives back whole, by number and SKU; -1 elsewhere. None where no return
    says."""
    placed: dict[tuple[str, str], int] = {}
    link = np.full(len(events), -1, np.int64)
    for k, e in enumerate(events):
        if e.order and e.what == TAKE:
            placed[e.order, e.sku] = k
        elif e.order and e.what == EDIT_ADD:
            k_order = placed.get((e.order, e.sku), -1)
            if k_order >= 0 and events[k_order].qty == e.qty:
                link[k] = placed.pop((e.order, e.sku))
    return link if (link >= 0).any() else None


def units(events: list[Event], skus: list[Sku]) -> list[str]:
    """Sentences on what the stream holds, and where more was ordered than there was."""
    total = dict.fromkeys((TAKE, CART, SUPPLY, EDIT_ADD), 0)
    left = {sku.id: sku.stock for sku in skus}
    for e in events:
        total[e.what] += e.qty
        if e.what != CART:
            left[e.sku] += -e.qty if e.what == TAKE else e.qty
    out = [f"{total[TAKE]:,} units ordered, {total[CART]:,} put into carts, {total[SUPPLY]:,} restocked, "
           f"{total[EDIT_ADD]:,} returned or corrected (net), over {len(skus)} SKUs"]  # fmt: skip
    beyond = {name: -n for name, n in left.items() if n < 0}
    for name in sorted(beyond, key=lambda n: -beyond[n])[:5]:
        out.append(f"{name}: {beyond[name]:,} more units were ordered than there were; the stream keeps those orders too")
    return out
