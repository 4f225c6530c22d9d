"""What the team itself did during a recorded show: a log of freezes, delistings, reopenings, restocks and notices.

A table (any file that ``ingest`` reads) or a list of rows, with the columns time, sku, action, units, level; headers and actions
in English or Chinese, an empty sku for every SKU. The log says which spells were shut, so their demand is imputed; and what it
tells can be played like a policy (``sim/replay/night.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sim.core.response import DELIST_SKU, FREEZE_SKU, NOTIFY, REOPEN, RESTOCK
from sim.core.tape import CART, SUPPLY, TAKE
from sim.core.units import US
from sim.engine.asrun import Deed
from sim.replay.clock import StreamError
from sim.replay.ingest.names import key
from sim.replay.moments import show_us
from sim.replay.order_lives import linked
from sim.replay.shut import between
from sim.replay.stream import Stream
from sim.replay.teamrows import LogRow, log_rows
from sim.words import _, no_such
from strategies.contract import EMERGENCY, PREPARE, WATCH

ACTIONS = {
    FREEZE_SKU: ("freeze", "frozen", "stop", "stopped", "pause", "close", "冻结", "停售", "暂停", "暂停售卖", "锁定", "锁库存",
                 "关闭"),
    DELIST_SKU: ("delist", "delisted", "unlist", "remove", "take down", "下架", "下链接", "撤链接", "撤下"),
    REOPEN: ("reopen", "reopened", "open", "unfreeze", "relist", "relisted", "resume", "解冻", "恢复", "恢复售卖", "上架",
             "重新上架", "开售", "上链接"),
    RESTOCK: ("restock", "restocked", "replenish", "add stock", "补货", "加库存", "补库存", "加货", "追加库存"),
    NOTIFY: ("alert", "notice", "notify", "warning", "warn", "alarm", "call", "message", "预警", "通知", "提醒", "报警", "告警",
             "提醒主播"),
}  # fmt: skip
"""What was done to the words for it."""
LEVELS = {
    WATCH: ("watch", "low", "1", "初级", "一级", "关注"), PREPARE: ("prepare", "medium", "2", "中级", "二级", "准备"),
    EMERGENCY: ("emergency", "high", "3", "高级", "三级", "紧急"),
}  # fmt: skip
"""Level of a notice to the words for it."""
NEAR_S = 900.0
"""A restock of the log is the recording's own where that has as many units of the SKU so near [show s]."""


def with_log(stream: Stream, given: Any) -> tuple[Stream, tuple[str, ...]]:
    """The stream with what its team did (``stream.did``), the spells that were shut by it, and restocks it lacks; and what has
    to be said of that. :class:`StreamError` where the log cannot be read or the recording contradicts it."""
    deeds, notes = [], list[str]()
    for row in log_rows(given):
        deeds += _deeds(stream, row)
    deeds.sort(key=lambda d: d.t)
    outside = [d for d in deeds if not 0 <= d.t <= stream.span_s * US]
    if len(outside) == len(deeds):
        text = _("actions= holds nothing between {start} and {end}, when the recording was made; check its times and their zone")
        raise StreamError(text.format(start=stream.at(0.0), end=stream.at(stream.span_s)))
    if outside:
        text = _("{n} actions of the team's log lie outside the recording and are left out")
        notes.append(text.format(n=len(outside)))
    deeds = [d for d in deeds if d not in outside]
    deeds, shut = between(stream, deeds, notes, _("the team's log"))
    stream, deeds = _restocked(stream, deeds, notes)
    return replace(stream, did=tuple(deeds), shut=(*stream.shut, *shut)), tuple(notes)


def _deeds(stream: Stream, row: LogRow) -> list[Deed]:
    """What one line says, for every SKU it is about."""
    names = [s.id for s in stream.skus]
    sentence = _("the team's log ({line})").format(line=", ".join(cell for cell in row if cell))
    if row.sku and row.sku not in names:
        raise StreamError(f"{sentence}: {no_such('SKU', row.sku, names, _('the recording'))}")
    what = _found(ACTIONS, row.action)
    if what is None:
        known = [words[0] for words in ACTIONS.values()]
        raise StreamError(f"{sentence}: {no_such('action', row.action, known)}")
    value = 0.0
    if what == RESTOCK:
        number = row.units.replace(",", "").strip()
        if not number.removesuffix(".0").isdigit() or float(number) < 1 or not row.sku:
            text = _("{line} restocks and does not say of which SKU and how many units; fill in sku and units")
            raise StreamError(text.format(line=sentence))
        value = float(number)
    if what == NOTIFY:
        level = _found(LEVELS, row.level) if row.level else WATCH
        if level is None:
            text = _("{line} has the level {level!r}; levels are watch, prepare and emergency")
            raise StreamError(text.format(line=sentence, level=row.level))
        value = float(level)
    at = show_us(stream, row.time, _("time of the team's log"))
    return [Deed(at, k, what, value) for k in ([names.index(row.sku)] if row.sku else range(len(names)))]


def _found(words: Mapping[int, Sequence[str]], text: str) -> int | None:
    """The code whose words hold ``text``."""
    wanted = key(text)
    return next((code for code, known in words.items() if wanted in map(key, known)), None)


# -- what the recording says of it --------------------------------------------------------------------------------


def _restocked(stream: Stream, deeds: list[Deed], notes: list[str]) -> tuple[Stream, list[Deed]]:
    """Restocks of the log at the moment the recording has them; what it lacks is put into it."""
    link = stream.order if stream.order is not None else linked(stream)
    free = (stream.what != TAKE) & (stream.what != CART) & (stream.qty > 0) & (link < 0)
    arrivals, lacking = [], []
    for deed in deeds:
        if deed.what != RESTOCK:
            arrivals.append(deed)
            continue
        near = np.flatnonzero(free & (stream.sku == deed.sku) & (np.abs(stream.t - deed.t) <= NEAR_S * US))
        near = near if stream.kind == "levels" else near[stream.qty[near] == int(deed.value)]
        if len(near):
            best = int(near[np.argmin(np.abs(stream.t[near] - deed.t))])
            free[best] = False
            arrivals.append(deed._replace(t=int(stream.t[best]), value=float(stream.qty[best])))
        elif stream.kind == "levels":
            text = _("{sku}: the stock levels show no arrival near {at}, so that restock of the log is left out")
            notes.append(text.format(sku=stream.skus[deed.sku].id, at=stream.at(deed.t / US)))
        else:
            arrivals.append(deed._replace(t=deed.t // 4 * 4))
            lacking.append(arrivals[-1])
    if lacking:
        text = _("{n} restocks of the log ({units:,} units) are not in the recording and are added to its stock")
        notes.append(text.format(n=len(lacking), units=int(sum(d.value for d in lacking))))
    return (_added(stream, lacking) if lacking else stream), sorted(arrivals)


def _added(stream: Stream, deeds: Sequence[Deed]) -> Stream:
    """The stream with the restocks as rows of its own."""
    n = len(stream.t)
    t = np.concatenate([stream.t, [d.t for d in deeds]]).astype(stream.t.dtype)
    order = np.argsort(t, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))

    def longer(column: np.ndarray, values: Sequence[float]) -> np.ndarray:
        return np.concatenate([column, np.asarray(values, column.dtype)])[order]

    none = [-1] * len(deeds)
    rows: dict[str, Any] = {
        "t": t[order],
        "what": longer(stream.what, [SUPPLY] * len(deeds)),
        "sku": longer(stream.sku, [d.sku for d in deeds]),
        "qty": longer(stream.qty, [d.value for d in deeds]),
    }
    if stream.paid is not None:
        rows["paid"] = longer(stream.paid, none)
    if stream.order is not None:
        link = np.where(stream.order >= 0, place[:n][stream.order], -1)
        rows["order"] = longer(link, none)
    return replace(stream, **rows)
