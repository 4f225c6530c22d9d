"""Judges of stock figures (snapshots and ledgers), cue sheets and declared stock."""

from __future__ import annotations

from functools import partial

import numpy as np

from scenarios.contract import TIERS
from sim.replay.clock import StreamError
from sim.replay.ingest.mapping import ASIDE, words
from sim.replay.ingest.seen import Seen, mixed
from sim.replay.ingest.sieve import KIND, MARK, Facts, Sieve
from sim.replay.ingest.tradewords import CUES, TIER_WORDS
from sim.replay.ingest.values import Number, clean, read_level, read_number, read_span, read_units
from sim.words import _, did_you_mean

MOST_STOCK = 100_000_000
"""Most units a stock figure may speak of: beyond it it is a mistake."""


def levels(sieve: Sieve) -> Facts:
    """Rows of stock snapshots. What happened between two of them is worked out when all are there."""
    us, _ = sieve.time("time")
    sku = sieve.sku("item")
    figures = {}
    for name in ("stock", "enrolled", "total"):
        shown, least = ("available", -MOST_STOCK) if name == "stock" else (name, 0)
        rule = partial(read_level if name == "stock" else read_units, meaning=shown, least=least, most=MOST_STOCK)
        figures[name] = sieve.number(name, rule, needed=name == "stock") if sieve.has(name) else np.full(sieve.n, np.nan)
    if sieve.has("warehouse"):
        add_places(sieve, us, sku, figures)
    polled_once(sieve, sku, us)
    sieve.state.ordered(us, sieve.good, sku)
    owed(sieve, sku, us, figures["stock"])
    rows = np.arange(sieve.n)
    mark = np.where(figures["stock"] < 0, MARK["oversold"], 0)
    sieve.emit("level", rows, us, sku=sku, value=figures["stock"], mark=mark)
    if sieve.has("waiting"):
        waiting = sieve.number("waiting", partial(read_units, meaning="waiting", least=0, most=MOST_STOCK), needed=False)
        known = np.flatnonzero(~np.isnan(waiting))
        sieve.emit("waiting", known, us[known], sku=sku[known], value=waiting[known])
    keep(sieve, t=us, sku=sku, **figures)
    return sieve.settle()


def owed(sieve: Sieve, sku: np.ndarray, us: np.ndarray, stock: np.ndarray) -> None:
    """Remember the figures below zero: oversells that the shop reports itself."""
    for row in np.flatnonzero((stock < 0) & sieve.good).tolist():
        worst = sieve.state.owed.setdefault(int(sku[row]), (0, int(us[row]), int(sieve.lines[row])))
        if stock[row] < worst[0]:
            sieve.state.owed[int(sku[row])] = (int(stock[row]), *worst[1:])


def add_places(sieve: Sieve, us: np.ndarray, sku: np.ndarray, figures: dict[str, np.ndarray]) -> None:
    """Add up the figures of one moment over warehouses or batches; :class:`StreamError` where they are not all told at once."""
    rows = np.flatnonzero(sieve.good)
    places = np.array(_places(sieve), object)[rows]
    key = mixed(us[rows].astype(np.uint64), sku[rows].astype(np.uint64))
    _keys, first, back = np.unique(key, return_index=True, return_inverse=True)
    groups: dict[int, dict[str, int]] = {}
    for k, (g, place) in enumerate(zip(back.tolist(), places.tolist(), strict=True)):
        if place in groups.setdefault(g, {}):
            continue
        groups[g][place] = k
    sets: dict[int, set[str]] = {}
    for g, there in groups.items():
        name = int(sku[rows[first[g]]])
        if sets.setdefault(name, set(there)) != set(there):
            raise StreamError(
                _(
                    "{where} tells the stock of {words} by warehouse, and not of all of them at every time; "
                    "give one figure an item and time"
                ).format(where=sieve.state.where, words=sieve.state.skus.words[name])
            )
        if len(there) < 2:
            continue
        ks = sorted(there.values())
        for column in figures.values():
            column[rows[ks[0]]] = column[rows[ks]].sum()
        more = np.zeros(sieve.n, bool)
        more[rows[ks[1:]]] = True
        sieve.put_aside(more, "added to the item's first warehouse")


def flow(sieve: Sieve) -> Facts:
    """Rows of a stock ledger: what each change was, and the level after it."""
    us, _ = sieve.time("time")
    sku = sieve.sku()
    change = sieve.number("change", partial(read_units, meaning="change", least=-MOST_STOCK, most=MOST_STOCK))
    after = sieve.number("stock", partial(read_level, meaning="stock", least=-MOST_STOCK, most=MOST_STOCK))
    before = sieve.number("before", partial(read_level, meaning="before", least=-MOST_STOCK, most=MOST_STOCK), needed=False)
    # Some ledgers write the size of a change without its sign; the two levels tell it.
    moved = np.where(np.isnan(before), change, after - before)
    odd = (np.abs(moved) != np.abs(change)) & sieve.good
    known = words(sieve.state.mapping)
    types, codes = sieve.coded("type")
    kinds = [known.get(w.lower()) if w else "correction" for w in types]
    why = [f"type {w.lower()[:60]!r} is not known{did_you_mean(w.lower()[:60], known)}" for w in types]
    sieve.fail(np.array([k is None for k in kinds])[codes], np.array(why, object)[codes])
    sieve.put_aside(np.array([k == ASIDE for k in kinds])[codes], np.array([w.lower() for w in types], object)[codes])
    kind = np.array([KIND.get(k or "", 0) for k in kinds], np.int8)[codes]
    wrong = ((kind == KIND["order"]) & (moved > 0)) | (np.isin(kind, [KIND["cancel"], KIND["restock"]]) & (moved < 0))
    kind = np.where(wrong | ~np.isin(kind, [KIND[k] for k in ("order", "cancel", "restock")]), KIND["correction"], kind).astype(
        np.int8
    )
    sieve.state.ordered(us, sieve.good, sku)
    moved = np.nan_to_num(moved).astype(np.int64)
    qty = np.where(kind == KIND["correction"], moved, np.abs(moved))
    owed(sieve, sku, us, after)
    sieve.emit("level", np.arange(sieve.n), us, sku=sku, value=after, mark=np.where(after < 0, MARK["oversold"], 0))
    keep(sieve, t=us, sku=sku, stock=after, before=before, kind=kind, qty=qty, odd=odd)
    return sieve.settle()


def polled_once(sieve: Sieve, sku: np.ndarray, us: np.ndarray) -> None:
    rows = np.flatnonzero(sieve.good)
    key = mixed(us[rows].astype(np.uint64), sku[rows].astype(np.uint64))
    first = sieve.state.seen.setdefault(f"poll {sieve.state.file}", Seen()).first(key, sieve.lines[rows])
    again = np.flatnonzero(first >= 0)
    faults = np.full(sieve.n, None, object)
    for k in again.tolist():
        faults[rows[k]] = f"the item was polled at this time already (line {int(first[k])})"
    sieve.fail(faults != None, faults)  # noqa: E711


def keep(sieve: Sieve, **columns: np.ndarray) -> None:
    """Keep the good rows' figures for when the file is read to its end."""
    good = sieve.good
    sieve.state.parts.append({"line": sieve.lines[good], **{k: v[good] for k, v in columns.items()}})


def cues(sieve: Sieve) -> Facts:
    """Rows of a run of show."""
    us, _ = sieve.time("start_time")
    sku = sieve.sku()
    kinds, codes = sieve.coded("cue")
    small = [k.lower() or "pitch" for k in kinds]
    why = [f"cue {k[:60]!r} is not known{did_you_mean(k[:60], CUES)}" for k in small]
    sieve.fail(np.array([k not in CUES for k in small])[codes], np.array(why, object)[codes])
    length = sieve.number("duration", _span)
    names = sieve.texts("name").to_pylist()
    labels = [sieve.state.labels.code(f"{CUES.get(small[c], 'pitch')}/{n}") for c, n in zip(codes.tolist(), names, strict=True)]
    sieve.state.ordered(us, sieve.good)
    sieve.emit("cue", np.arange(sieve.n), us, sku=sku, qty=1, value=length, label=np.array(labels, np.int32))
    return sieve.settle()


def _span(text: str) -> Number | str | None:
    if not text:
        return None
    found = read_span(text)
    return found if found is not None and found.value >= 0 else f"duration {text[:60]!r} is not a span of time"


def stock(sieve: Sieve) -> Facts:
    """Rows of declared stock; they make no facts but a declaration."""
    names = sieve.texts("sku").to_pylist()
    sieve.fail(np.array([not n for n in names], bool), "sku is empty")
    units = sieve.number("stock", partial(read_units, meaning="stock", least=0, most=MOST_STOCK))
    tiers = [TIER_WORDS.get(t.lower(), t.lower()) for t in sieve.texts("tier").to_pylist()]
    why = [None if not t or t in TIERS else f"tier {t[:60]!r} is not known{did_you_mean(t[:60], TIER_WORDS)}" for t in tiers]
    sieve.fail(np.array([w is not None for w in why], bool), np.array(why, object))
    rest = {name: sieve.number(name, partial(_figure, meaning=name)) for name in ("price", "margin", "safety_stock")}
    places = _places(sieve)
    known = sieve.state.declared
    faults = np.full(sieve.n, None, object)
    for row in np.flatnonzero(sieve.good).tolist():
        name = names[row]
        said = {"stock": int(units[row])} | ({"tier": tiers[row]} if tiers[row] else {})
        for field, column in rest.items():
            if not np.isnan(column[row]):
                said[field] = int(column[row]) if field == "safety_stock" else float(column[row])
        line = int(sieve.lines[row])
        if name not in known:
            known[name] = {"line": line, **said}
            sieve.state.shelves[name] = {places[row]: said}
        elif places[row] and places[row] not in sieve.state.shelves[name] and "" not in sieve.state.shelves[name]:
            known[name]["stock"] += said["stock"]
            sieve.state.shelves[name][places[row]] = said
            sieve.state.remarks["rows give the stock of an item in another warehouse or batch; added up"] += 1
        elif sieve.state.shelves[name].get(places[row]) == said:
            faults[row] = f"sku {name} was declared already (line {known[name]['line']})"
        else:
            raise StreamError(
                _(
                    "{where} declares the stock of {name} twice, in lines {line} and {line2}, and does not say "
                    "that these are two warehouses; leave one of them out"
                ).format(where=sieve.state.where, name=name, line=known[name]["line"], line2=line)
            )
    sieve.fail(faults != None, faults)  # noqa: E711
    return sieve.settle()


def _places(sieve: Sieve) -> list[str]:
    """Which warehouse and batch each row is about; "" where it is about neither."""
    names = sieve.state.mapping.named("warehouse", sieve.chunk.columns)
    columns = [clean(sieve.chunk.columns[n])[0].take(sieve.origin).to_pylist() for n in names]
    return ["/".join(filter(None, cells)) for cells in zip(*columns, strict=True)] if columns else [""] * sieve.n


def _figure(text: str, meaning: str) -> Number | str | None:
    if not text:
        return None
    found = read_number(text)
    return found if found is not None and found.value >= 0 else f"{meaning} {text[:60]!r} is not a number"
