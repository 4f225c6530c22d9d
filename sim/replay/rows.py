"""From cells to facts: which rows of a recording can be used, and why the others cannot.

Every row ends as exactly one of used, set aside (understood but not needed, such as a page view) and rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from scenarios.contract import CUE_KINDS, TIERS
from scenarios.setting import did_you_mean
from sim.core.tape import CART, EDIT_ADD, SUPPLY, TAKE
from sim.replay.clock import StreamError, one_clock, parse_time
from sim.replay.columns import find_columns
from sim.replay.facts import Declared, Event, Level, Planned, Sifted
from sim.replay.source import Raw, Reject

MOST, MOST_STOCK = 1_000_000, 100_000_000
"""Most units one order, and one stock figure, may speak of: beyond it a figure is a mistake."""

DEEDS = {
    **dict.fromkeys(("cart", "add_to_cart", "addtocart", "加购"), CART),
    **dict.fromkeys(("order", "orders", "purchase", "buy", "下单"), TAKE),
    **dict.fromkeys(("return", "cancel", "refund", "close", "取消", "关闭", "退货"), EDIT_ADD),
    **dict.fromkeys(("restock", "supply", "补货"), SUPPLY),
}
"""What a type in an events log does to stock, as a row kind of the tape."""
KNOWN_DEEDS = ("order", "cart", "return", "cancel", "restock", "下单", "加购", "退货", "补货")
ASIDE = ("view", "pv", "fav", "click", "enter", "leave", "pay", "paid", "payment", "浏览", "支付", "收藏")
CLOSED = ("已关闭", "交易关闭", "closed", "cancelled", "canceled")
CLOSED_LATER = "orders were closed later; they count as taken, for the file does not say when their units came back"
CUES = {"讲解": "pitch", "上链接": "link_drop", "福利": "deal", "秒杀": "deal", "倒计时": "countdown", "返场": "restock_call"}
CUES |= {kind: kind for kind in CUE_KINDS}

_WHOLE = re.compile(r"([+-]?\d+)(?:\.0+)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


class Cells:
    """One row's cells by meaning."""

    def __init__(self, columns: dict[str, int]) -> None:
        self.columns, self.cells, self.line = columns, [""], 0

    def __call__(self, meaning: str) -> str:
        place = self.columns.get(meaning)
        return "" if place is None else self.cells[place]

    def has(self, meaning: str) -> bool:
        """Whether the file has such a column."""
        return meaning in self.columns


Judge = Callable[[Cells, int, Sifted], Any]
"""(cells, time [us], account) -> an item, the reason it is rejected (str), or None (set aside, already counted)."""


def sift(raw: Raw, kind: str, zone: tzinfo | None = None) -> Sifted:
    """Judge every row of a file of a known kind."""
    cells = Cells(find_columns(raw.header))
    timed = {"cues": "start_time", "stock": ""}.get(kind, "time")
    out = Sifted(raw.where, kind, len(raw.rows) + len(raw.rejects), None, [], list(raw.rejects), notes=list(raw.notes))
    times: list[tuple[str, int] | None] = []
    if timed:
        times = [parse_time(row.cells[cells.columns[timed]]) for row in raw.rows]
        found = [(row.line, t[0]) for row, t in zip(raw.rows, times, strict=True) if t]
        out.clock = one_clock(raw.where, found, zone) if found else None
    judge = JUDGES[kind]()
    for k, row in enumerate(raw.rows):
        cells.cells, cells.line = row.cells, row.line
        if timed and times[k] is None:
            verdict: Any = f"time {cells(timed)!r} is not a time such as 2026-06-18 20:00:00" if cells(timed) else "time is empty"
        else:
            verdict = judge(cells, out.clock.microseconds(times[k][1]) if timed else 0, out)  # type: ignore[union-attr,index]
        if isinstance(verdict, str):
            out.rejects.append(Reject(row.line, verdict, row.text))
        elif verdict is not None:
            out.items.append(verdict)
    _settle(out)
    return out


def _settle(out: Sifted) -> None:
    """Put the usable rows in time order and say what was done to them."""
    out.rejects.sort(key=lambda r: r.line)
    if not out.items:
        first = out.rejects[0] if out.rejects else None
        why = f"the first, line {first.line}: {first.reason}" if first else f"they are {', '.join(out.aside)}"
        raise StreamError(f"{out.where}: not one of its {out.rows} rows can be used ({why}); check that it is the right file")
    if out.kind == "stock":
        return
    latest: dict[str, int] = {}
    for item in out.items:
        key = item.sku if out.kind == "levels" else ""
        if item.us < latest.get(key, item.us):
            out.out_of_order += 1
        latest[key] = max(item.us, latest.get(key, item.us))
    out.items.sort(key=lambda item: item.us)
    if out.out_of_order:
        out.notes.append(f"{out.where}: {out.out_of_order} rows were out of order; sorted")
    for what, n in out.remarks.items():
        out.notes.append(f"{out.where}: {n} {what}")
    for what, n in out.aside.items():
        out.notes.append(f"{out.where}: {n} rows set aside ({what})")


def _whole(text: str) -> int | None:
    found = _WHOLE.fullmatch(text.replace(",", ""))
    return int(found[1]) if found else None


def _units(cells: Cells, meaning: str, least: int, most: int = MOST) -> int | str:
    """A count of units from ``least`` to ``most``, or why it is none."""
    text = cells(meaning)
    number = _whole(text)
    if number is None:
        return f"{meaning} {text!r} is not a whole number" if text else f"{meaning} is empty"
    if number < least:
        return f"{meaning} {number} is not positive" if least else f"{meaning} {number} is negative"
    return number if number <= most else f"{meaning} {number} is more than {most:,}"


def _named(cells: Cells) -> str | None:
    """The row's SKU; "" where the file has none; None where the cell is empty."""
    return cells("sku") or None if cells.has("sku") else ""


def _refund(cells: Cells) -> str | None:
    text = cells("amount").lstrip("¥￥$").replace(",", "")
    if _DECIMAL.fullmatch(text) and float(text) < 0:
        return f"amount {text} is negative: a refund, not an order"
    return None


def _orders() -> Judge:
    seen: dict[Any, int] = {}

    def judge(cells: Cells, us: int, out: Sifted) -> Event | str | None:
        sku, number = _named(cells), cells("sub_id") or cells("order_id")
        if sku is None or not number:
            return "sku is empty" if sku is None else "order id is empty"
        qty = _units(cells, "qty", 1) if cells.has("qty") else 1
        fault = qty if isinstance(qty, str) else _refund(cells)
        if fault:
            return fault
        key = number if cells("sub_id") else (number, sku)
        if seen.setdefault(key, cells.line) != cells.line:
            return f"order {number} was there already (line {seen[key]})"
        if cells("status").lower() in CLOSED:
            out.remarks[CLOSED_LATER] += 1
        return Event(cells.line, us, sku, TAKE, int(qty), number)

    return judge


def _events() -> Judge:
    seen: dict[Any, int] = {}

    def judge(cells: Cells, us: int, out: Sifted) -> Event | str | None:
        kind = cells("type").lower()
        what = DEEDS.get(kind)
        if what is None:
            if kind in ASIDE:
                out.aside[kind] += 1
                return None
            return f"type {kind!r} is not known{did_you_mean(kind, KNOWN_DEEDS)}"
        sku = _named(cells)
        if sku is None:
            return "sku is empty"
        qty = _units(cells, "qty", 1) if cells.has("qty") else 1
        fault = qty if isinstance(qty, str) else _refund(cells) if what == TAKE else None
        if fault:
            return fault
        number = cells("sub_id") or cells("order_id")
        if number and seen.setdefault((what, number, sku), cells.line) != cells.line:
            return f"{kind} {number} was there already (line {seen[what, number, sku]})"
        return Event(cells.line, us, sku, what, int(qty), number)

    return judge


def _levels() -> Judge:
    seen: dict[Any, int] = {}

    def judge(cells: Cells, us: int, out: Sifted) -> Level | str:
        sku = _named(cells)
        if sku is None:
            return "item is empty"
        figures: list[int | None] = []
        for meaning in ("stock", "enrolled", "total"):
            figure: int | str | None = _units(cells, meaning, 0, MOST_STOCK) if meaning == "stock" or cells(meaning) else None
            if isinstance(figure, str):
                return figure.replace("stock", "available", 1)
            figures.append(figure)
        if seen.setdefault((sku, us), cells.line) != cells.line:
            return f"the item was polled at this time already (line {seen[sku, us]})"
        return Level(cells.line, us, sku, int(figures[0] or 0), figures[1], figures[2])

    return judge


def _cues() -> Judge:
    def judge(cells: Cells, us: int, out: Sifted) -> Planned | str:
        sku, kind = _named(cells), cells("cue").lower() or "pitch"
        if sku is None:
            return "sku is empty"
        if kind not in CUES:
            return f"cue {kind!r} is not known{did_you_mean(kind, CUES)}"
        return Planned(cells.line, us, sku, cells("name"), CUES[kind])

    return judge


def _stock() -> Judge:
    seen: dict[str, int] = {}

    def judge(cells: Cells, us: int, out: Sifted) -> Declared | str:
        sku, units, tier = cells("sku"), _units(cells, "stock", 0, MOST_STOCK), cells("tier").lower()
        if not sku or isinstance(units, str):
            return str(units) if sku else "sku is empty"
        rest: dict[str, Any] = {"tier": tier} if tier else {}
        if tier and tier not in TIERS:
            return f"tier {tier!r} is not known{did_you_mean(tier, TIERS)}"
        for meaning in ("price", "margin", "safety_stock"):
            text = cells(meaning).lstrip("¥￥$").replace(",", "")
            if text and not _DECIMAL.fullmatch(text):
                return f"{meaning} {text!r} is not a number"
            if text:
                rest[meaning] = float(text) if meaning != "safety_stock" else int(float(text))
        if seen.setdefault(sku, cells.line) != cells.line:
            return f"sku {sku} was declared already (line {seen[sku]})"
        return Declared(cells.line, sku, units, rest)

    return judge


JUDGES: dict[str, Callable[[], Judge]] = {"orders": _orders, "events": _events, "levels": _levels, "cues": _cues, "stock": _stock}
