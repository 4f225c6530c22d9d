"""Judges of stock figures (snapshots and ledgers), cue sheets and declared stock."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from scenarios.contract import TIERS
from sim.replay.clock import StreamError
from sim.replay.ingest import cue_label
from sim.replay.ingest.clocktimes import spans
from sim.replay.ingest.mapping import ASIDE, words
from sim.replay.ingest.row_validator import KIND, MARK, Facts, RowValidator
from sim.replay.ingest.seen import Seen, mixed
from sim.replay.ingest.titles import learn, note
from sim.replay.ingest.tradewords import CUES, OFF_SALE, ON_SALE, TIER_WORDS
from sim.replay.ingest.values import Number, clean, read_level, read_number, read_span, read_units
from sim.words import N_, _, did_you_mean

MOST_STOCK = 100_000_000
"""Most units a stock figure may speak of: beyond it it is a mistake."""


def levels(validator: RowValidator) -> Facts:
    """Rows of stock snapshots. What happened between two of them is worked out when all are there."""
    us, _ = validator.time("time")
    sku = validator.sku("item")
    learn(validator, sku)
    figures = {}
    for name in ("stock", "enrolled", "total"):
        shown, least = ("available", -MOST_STOCK) if name == "stock" else (name, 0)
        rule = partial(read_level if name == "stock" else read_units, meaning=shown, least=least, most=MOST_STOCK)
        figures[name] = (
            validator.number(name, rule, needed=name == "stock") if validator.has(name) else np.full(validator.n, np.nan)
        )
    if validator.has("warehouse"):
        add_places(validator, us, sku, figures)
    polled_once(validator, sku, us)
    validator.state.ordered(us, validator.good, sku)
    owed(validator, sku, us, figures["stock"])
    rows = np.arange(validator.n)
    mark = np.where(figures["stock"] < 0, MARK["oversold"], 0)
    validator.emit("level", rows, us, sku=sku, value=figures["stock"], mark=mark)
    if validator.has("waiting"):
        waiting = validator.number("waiting", partial(read_units, meaning="waiting", least=0, most=MOST_STOCK), needed=False)
        known = np.flatnonzero(~np.isnan(waiting))
        validator.emit("waiting", known, us[known], sku=sku[known], value=waiting[known])
    if validator.has("sale"):
        sales(validator, us, sku)
    keep(validator, t=us, sku=sku, **figures)
    return validator.settle()


def sales(validator: RowValidator, us: np.ndarray, sku: np.ndarray) -> None:
    """Whether the item was on sale, where a row says so in a word that is known."""
    texts, codes = validator.coded("sale")
    plain = [w.lower().replace(" ", "").replace("_", "").replace("-", "") for w in texts]
    for kind, known in (("shut", OFF_SALE), ("open", ON_SALE)):
        which = np.flatnonzero(np.array([w in known for w in plain], bool)[codes])
        validator.emit(kind, which, us[which], sku=sku[which])
    strange = np.array([bool(w) and w not in OFF_SALE | ON_SALE for w in plain], bool)[codes] & validator.good
    if strange.any():
        word = texts[codes[int(np.argmax(strange))]][:30]
        remark = _("rows have a word for being on sale that is not known (such as {word!r}); it is left out")
        validator.state.remarks[remark.format(word=word)] += int(strange.sum())


def owed(validator: RowValidator, sku: np.ndarray, us: np.ndarray, stock: np.ndarray) -> None:
    """Remember the figures below zero: oversells that the shop reports itself."""
    for row in np.flatnonzero((stock < 0) & validator.good).tolist():
        worst = validator.state.owed.setdefault(int(sku[row]), (0, int(us[row]), int(validator.lines[row])))
        if stock[row] < worst[0]:
            validator.state.owed[int(sku[row])] = (int(stock[row]), *worst[1:])


def add_places(validator: RowValidator, us: np.ndarray, sku: np.ndarray, figures: dict[str, np.ndarray]) -> None:
    """Add up the figures of one moment over warehouses or batches; :class:`StreamError` where they are not all told at once."""
    rows = np.flatnonzero(validator.good)
    places = np.array(_places(validator), object)[rows]
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
                ).format(where=validator.state.where, words=validator.state.skus.words[name])
            )
        if len(there) < 2:
            continue
        ks = sorted(there.values())
        for column in figures.values():
            column[rows[ks[0]]] = column[rows[ks]].sum()
        more = np.zeros(validator.n, bool)
        more[rows[ks[1:]]] = True
        validator.put_aside(more, N_("added to the item's first warehouse"))


def flow(validator: RowValidator) -> Facts:
    """Rows of a stock ledger: what each change was, and the level after it."""
    us, _ = validator.time("time")
    sku = validator.sku()
    change = validator.number("change", partial(read_units, meaning="change", least=-MOST_STOCK, most=MOST_STOCK))
    after = validator.number("stock", partial(read_level, meaning="stock", least=-MOST_STOCK, most=MOST_STOCK))
    before = validator.number("before", partial(read_level, meaning="before", least=-MOST_STOCK, most=MOST_STOCK), needed=False)
    # Some ledgers write the size of a change without its sign; the two levels tell it.
    moved = np.where(np.isnan(before), change, after - before)
    odd = (np.abs(moved) != np.abs(change)) & validator.good
    known = words(validator.state.mapping)
    types, codes = validator.coded("type")
    kinds = [known.get(w.lower()) if w else "correction" for w in types]
    why = [f"there is no type {w.lower()[:60]!r}{did_you_mean(w.lower()[:60], known)}" for w in types]
    validator.fail(np.array([k is None for k in kinds])[codes], np.array(why, object)[codes])
    validator.put_aside(np.array([k == ASIDE for k in kinds])[codes], np.array([w.lower() for w in types], object)[codes])
    kind = np.array([KIND.get(k or "", 0) for k in kinds], np.int8)[codes]
    wrong = ((kind == KIND["order"]) & (moved > 0)) | (np.isin(kind, [KIND["cancel"], KIND["restock"]]) & (moved < 0))
    kind = np.where(wrong | ~np.isin(kind, [KIND[k] for k in ("order", "cancel", "restock")]), KIND["correction"], kind).astype(
        np.int8
    )
    validator.state.ordered(us, validator.good, sku)
    moved = np.nan_to_num(moved).astype(np.int64)
    qty = np.where(kind == KIND["correction"], moved, np.abs(moved))
    owed(validator, sku, us, after)
    validator.emit("level", np.arange(validator.n), us, sku=sku, value=after, mark=np.where(after < 0, MARK["oversold"], 0))
    keep(validator, t=us, sku=sku, stock=after, before=before, kind=kind, qty=qty, odd=odd)
    return validator.settle()


def polled_once(validator: RowValidator, sku: np.ndarray, us: np.ndarray) -> None:
    rows = np.flatnonzero(validator.good)
    key = mixed(us[rows].astype(np.uint64), sku[rows].astype(np.uint64))
    first = validator.state.seen.setdefault(f"poll {validator.state.file}", Seen()).first(key, validator.lines[rows])
    again = np.flatnonzero(first >= 0)
    faults = np.full(validator.n, None, object)
    for k in again.tolist():
        faults[rows[k]] = f"the item was polled at this time already (line {int(first[k])})"
    validator.fail(faults != None, faults)  # noqa: E711


def keep(validator: RowValidator, **columns: np.ndarray) -> None:
    """Keep the good rows' figures for when the file is read to its end."""
    good = validator.good
    validator.state.parts.append({"line": validator.lines[good], **{k: v[good] for k, v in columns.items()}})


def cues(validator: RowValidator) -> Facts:
    """Rows of a run of show."""
    spans(validator)
    us, _when = validator.time("start_time")
    sku = validator.sku()
    kinds, codes = validator.coded("cue")
    small = [k.lower() or "pitch" for k in kinds]
    why = [f"there is no cue {k[:60]!r}{did_you_mean(k[:60], CUES)}" for k in small]
    validator.fail(np.array([k not in CUES for k in small])[codes], np.array(why, object)[codes])
    length = validator.number("duration", _span)
    names, own = validator.texts("name").to_pylist(), _responses(validator)
    labels = [
        validator.state.labels.code(cue_label.written(CUES.get(small[c], "pitch"), n, o))
        for c, n, o in zip(codes.tolist(), names, own, strict=True)
    ]
    validator.state.ordered(us, validator.good)
    for row in np.flatnonzero(validator.good).tolist():
        validator.state.cued[validator.state.skus.words[sku[row]], names[row]] += 1
    validator.emit("cue", np.arange(validator.n), us, sku=sku, qty=1, value=length, label=np.array(labels, np.int32))
    return validator.settle()


def _responses(validator: RowValidator) -> list[dict[str, Any]]:
    """What every row says of its cue's response: own peak, time scale and shape."""
    rows: list[dict[str, Any]] = [{} for _row in range(validator.n)]
    for field, rule in (("peak", cue_label.read_peak), ("tau_s", cue_label.read_tau)):
        values = validator.number(field, rule)
        for row in np.flatnonzero(~np.isnan(values)).tolist():
            rows[row][field] = float(values[row])
    words, codes = validator.coded("shape")
    why = np.array([cue_label.read_shape(word) for word in words], object)[codes]
    validator.fail(why != None, why)  # noqa: E711
    for row in np.flatnonzero(np.array([bool(word) for word in words], bool)[codes]).tolist():
        rows[row]["shape"] = words[codes[row]].lower()
    return rows


def _span(text: str) -> Number | str | None:
    if not text:
        return None
    value = read_span(text)
    return value if value is not None and value.value >= 0 else f"duration {text[:60]!r} is not a span of time"


def stock(validator: RowValidator) -> Facts:
    """Rows of declared stock; they make no facts but a declaration."""
    names = validator.texts("sku").to_pylist()
    validator.fail(np.array([not n for n in names], bool), "sku is empty")
    units = validator.number("stock", partial(read_level, meaning="stock", least=0, most=MOST_STOCK))
    tiers = [TIER_WORDS.get(t.lower(), t.lower()) for t in validator.texts("tier").to_pylist()]
    for row, tier in enumerate(tiers):
        if tier and tier not in TIERS:
            what = _("rows name a tier that there is not ({tier!r}{hint}); it is left out")
            validator.state.remarks[what.format(tier=tier[:60], hint=did_you_mean(tier[:60], TIER_WORDS))] += 1
            tiers[row] = ""
    rest = {name: validator.number(name, partial(_figure, meaning=name)) for name in ("price", "margin", "safety_stock")}
    places = _places(validator)
    known, titles = validator.state.declared, validator.texts("name").to_pylist()
    faults = np.full(validator.n, None, object)
    for row in np.flatnonzero(validator.good).tolist():
        name = names[row]
        facts = {"stock": int(units[row])} | ({"tier": tiers[row]} if tiers[row] else {})
        for field, column in rest.items():
            if not np.isnan(column[row]):
                facts[field] = int(column[row]) if field == "safety_stock" else float(column[row])
        note(validator.state.titles, titles[row], name)
        line = int(validator.lines[row])
        if name not in known:
            known[name] = {"line": line, **facts}
            validator.state.by_warehouse[name] = {places[row]: facts}
        elif (
            places[row] and places[row] not in validator.state.by_warehouse[name] and "" not in validator.state.by_warehouse[name]
        ):
            known[name]["stock"] += facts["stock"]
            validator.state.by_warehouse[name][places[row]] = facts
            validator.state.remarks[_("rows give the stock of an item in another warehouse or batch; added up")] += 1
        elif validator.state.by_warehouse[name].get(places[row]) == facts:
            faults[row] = f"sku {name} was declared already (line {known[name]['line']})"
        else:
            raise StreamError(
                _(
                    "{where} declares the stock of {name} twice, in lines {line} and {line2}, and does not say "
                    "that these are two warehouses; leave one of them out"
                ).format(where=validator.state.where, name=name, line=known[name]["line"], line2=line)
            )
    validator.fail(faults != None, faults)  # noqa: E711
    return validator.settle()


def _places(validator: RowValidator) -> list[str]:
    """Which warehouse and batch each row is about; "" where it is about neither."""
    names = validator.state.mapping.named("warehouse", validator.chunk.columns)
    columns = [clean(validator.chunk.columns[n])[0].take(validator.origin).to_pylist() for n in names]
    return ["/".join(filter(None, cells)) for cells in zip(*columns, strict=True)] if columns else [""] * validator.n


def _figure(text: str, meaning: str) -> Number | str | None:
    if not text:
        return None
    value = read_number(text)
    return value if value is not None and value.value >= 0 else f"{meaning} {text[:60]!r} is not a number"
