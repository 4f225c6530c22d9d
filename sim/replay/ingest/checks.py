"""Cross-checks of a stream: do its figures agree with each other? Findings are reported; nothing is changed by them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.core.units import US
from sim.replay.clock import Clock
from sim.replay.ingest.finish import Rows, gathered, ledger_holes
from sim.replay.ingest.spool import Spool
from sim.replay.ingest.state import FileState
from sim.words import _, ngettext

LITTLE = 0.05
"""Most that online and arrivals x stay may differ (domain T33)."""
SHORT_UNITS, SHORT_S = 30, 600.0
"""Fewer units ordered, or a shorter span, than this says little."""
PAUSE_H, SHOW_ORDERS = 6, 20
"""Hours without an order that part two shows, where each has so many orders and is shorter than the pause."""
HOUR_US = 3600 * US
Finding = dict[str, Any]


def little(state: FileState) -> Finding | None:
    """Little's law on a dashboard: people online = arrivals a second x mean stay."""
    rows = gathered(state)
    if not all(f"series {k}" in rows for k in ("viewers", "enter", "stay")):
        return None
    online, came, stay = (rows[f"series {k}"] for k in ("viewers", "enter", "stay"))
    some = ~(np.isnan(online) | np.isnan(came) | np.isnan(stay)) & (rows["sku"] == 0)
    steps = np.diff(rows["t"][some])
    width = state.mapping.bin_s or (float(np.median(steps)) / US if len(steps) else 0.0)
    if some.sum() < 5 or width <= 0 or came[some].sum() <= 0:
        return None
    mean_stay = float((came[some] * stay[some]).sum() / came[some].sum())
    expected = float(came[some].mean()) / width * mean_stay
    ratio = float(online[some].mean()) / expected if expected else float("inf")
    good = abs(ratio - 1) <= LITTLE
    text = (
        _("{where}: {online:,.0f} people online, arrivals x stay gives {expected:,.0f} (ratio {ratio:.3f})")
        if good
        else _(
            "{where}: {online:,.0f} people online, arrivals x stay gives {expected:,.0f} (ratio {ratio:.3f}): more than 5 % "
            "apart, so one of the three series is not what it says"
        )
    )
    sentence = text.format(where=state.where, online=online[some].mean(), expected=expected, ratio=ratio)
    return {"check": _("Little's law"), "file": state.where, "ok": good, "figure": ratio, "finding": sentence}


def totals(state: FileState) -> Finding | None:
    """Snapshots that say three things: does ordered + available make the total?"""
    rows = gathered(state)
    some = ~(np.isnan(rows["enrolled"]) | np.isnan(rows["total"]))
    if not some.any():
        return None
    odd = np.flatnonzero(some & (rows["enrolled"] + rows["stock"] != rows["total"]))
    share = 1 - len(odd) / int(some.sum())
    text = _("{where}: ordered + available = total in {share:.1f} % of {n:,} rows")
    given: dict[str, Any] = {}
    if len(odd):
        first = odd[np.argmin(rows["line"][odd])]
        text = _(
            "{where}: ordered + available = total in {share:.1f} % of {n:,} rows; the first that differs is line {line}: "
            "{enrolled} + {stock} against {total}"
        )
        given = {n: int(rows[n][first]) for n in ("line", "enrolled", "stock", "total")}
    sentence = text.format(where=state.where, share=100 * share, n=int(some.sum()), **given)
    return {
        "check": _("stock adds up"),
        "file": state.where,
        "ok": not len(odd),
        "figure": share,
        "finding": sentence,
    }


def ledger(state: FileState, skus: list[str]) -> Finding | None:
    """A stock ledger whose entries do not join."""
    rows = gathered(state)
    wrong = np.union1d(ledger_holes(rows), np.flatnonzero(rows["odd"] > 0))
    if not len(wrong):
        return {
            "check": _("stock ledger joins"),
            "file": state.where,
            "ok": True,
            "figure": 0.0,
            "finding": _("{where}: every entry begins where the one before ended").format(where=state.where),
        }
    first = wrong[np.argmin(rows["line"][wrong])]
    sentence = _("{n} entries do not join; the first is line {line} ({skus})").format(
        n=len(wrong), line=int(rows["line"][first]), skus=skus[int(rows["sku"][first])]
    )
    return {
        "check": _("stock ledger joins"),
        "file": state.where,
        "ok": False,
        "figure": float(len(wrong)),
        "finding": f"{state.where}: {sentence}",
    }


def against_orders(
    state: FileState, spool: Spool, skus: list[str], signs: np.ndarray, clock: Clock
) -> tuple[Finding | None, Rows, np.ndarray, np.ndarray]:  # fmt: skip
    """Stock figures of SKUs whose orders are known from other files.

    Between two figures stock should move by the orders, returns and restocks in between. Gives the finding, the gathered rows,
    the rows (later of two) where it did not, and by how much beyond. ``signs``: kind code -> what one unit does to stock.
    """
    rows = gathered(state)
    keys, net = rows["sku"].astype(np.int64), np.zeros(len(rows["t"]) + 1)
    edges = {int(k): (int(np.searchsorted(keys, k)), int(np.searchsorted(keys, k, "right"))) for k in np.unique(keys)}
    for facts in spool.each_run():
        moving = signs[facts["kind"]] != 0
        for sku in np.unique(facts["sku"][moving]).tolist():
            if sku not in edges:
                continue
            first, last = edges[sku]
            own = moving & (facts["sku"] == sku)
            at = first + np.searchsorted(rows["t"][first:last], facts["t"][own], "left")
            inside = at < last
            np.add.at(net, at[inside], (signs[facts["kind"][own]] * facts["qty"][own])[inside])
    later = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    beyond = rows["stock"][later] - rows["stock"][later - 1] - net[later]
    some = beyond != 0
    later, beyond = later[some], beyond[some]
    # One second can hold an order and a figure; what the next figure takes back is no contradiction.
    real = np.ones(len(later), bool)
    taken_back = (np.diff(later) == 1) & (beyond[1:] == -beyond[:-1])
    real[:-1] &= ~taken_back
    real[1:] &= ~taken_back
    sentence = _("{where} agrees with the orders at every figure").format(where=state.where)
    if real.any():
        k = int(np.flatnonzero(real)[np.argmin(rows["t"][later[real]])])
        now = later[k]
        text = _(
            "{where} contradicts the orders {times} times; first in line {line}: {sku} went from {before:,.0f} to "
            "{after:,.0f} between {start} and {end}, where the recorded orders, returns and restocks make {net:+,.0f}"
        )
        sentence = text.format(
            where=state.where,
            times=int(real.sum()),
            line=int(rows["line"][now]),
            sku=skus[int(keys[now])],
            before=rows["stock"][now - 1],
            after=rows["stock"][now],
            start=clock.text(int(rows["t"][now - 1])),
            end=clock.text(int(rows["t"][now])),
            net=net[now],
        )
    finding = {
        "check": _("stock against orders"),
        "file": state.where,
        "ok": not real.any(),
        "figure": float(real.sum()),
        "finding": sentence,
    }
    return finding, rows, later, beyond


def oversold(state: FileState, skus: list[str], clock: Clock) -> Finding | None:
    """Stock figures below zero: an oversell that the shop reports itself."""
    if not state.owed:
        return None
    worst = sorted(state.owed.items(), key=lambda item: item[1][0])
    text = _("{sku} down to {low:,} (first at {at}, line {line})")
    told = [text.format(sku=skus[k] or _("the item"), low=low, at=clock.text(at), line=line) for k, (low, at, line) in worst]
    list_of, more = "; ".join(told[:5]), len(told) - 5
    finding = (
        ngettext(
            "{where} reports stock below zero: {list} and {n} more", "{where} reports stock below zero: {list} and {n} more", more
        )
        if more > 0
        else _("{where} reports stock below zero: {list}")
    ).format(where=state.where, list=list_of, n=more)
    return {
        "check": _("oversold by the shop's own figures"),
        "file": state.where,
        "ok": False,
        "figure": float(-sum(low for low, *_ in state.owed.values())),
        "finding": finding,
    }


def counted_twice(states: list[FileState]) -> Finding | None:
    """Orders in two files of which one gives no numbers: nobody can tell whether they are the same."""
    selling = [s for s in states if s.mapping.kind in ("orders", "events") and s.sold]
    if len(selling) < 2 or all(s.ids for s in selling):
        return None
    names = " and ".join(s.where for s in selling)
    sentence = _("{names} both hold orders and not all have order numbers; the same order may be counted twice").format(
        names=names
    )
    return {"check": _("orders once"), "file": "", "ok": False, "figure": float(len(selling)), "finding": sentence}


def enough(span_s: float, units: int, name: str) -> Finding:
    """Whether the stream is long and busy enough to say anything."""
    good = span_s >= SHORT_S and units >= SHORT_UNITS
    if good:
        text = _("{name} has {units:,} units ordered in {span:,.0f} s")
    elif span_s < SHORT_S:
        text = _("{name} has {units:,} units ordered in {span:,.0f} s: too short to judge or fit anything by")
    else:
        text = _("{name} has {units:,} units ordered in {span:,.0f} s: too quiet to judge or fit anything by")
    sentence = text.format(name=name, units=units, span=span_s)
    return {"check": "length", "file": "", "ok": good, "figure": span_s, "finding": sentence}


def hours(t: np.ndarray) -> dict[int, int]:
    """How many of these times [us] lie in each hour since the clock's zero that has any."""
    which, n = np.unique(t // HOUR_US, return_counts=True)
    return dict(zip(which.tolist(), n.tolist(), strict=True))


def pause(orders: Mapping[int, int]) -> tuple[int, int] | None:
    """The first pause between two shows, from and to [us]; None: it is one show. orders: by hour (:func:`hours`).

    A shop that sleeps at night has days longer than its nights, and one that sells little has no show: both are one record.

    >>> night = {20: 90, 21: 60}
    >>> pause(night), pause(night | {44: 80, 45: 70}) == (22 * HOUR_US, 44 * HOUR_US)
    (None, True)
    >>> pause({h: 40 for day in (0, 24) for h in range(day + 7, day + 24)}), pause({20: 5, 44: 5})
    (None, None)
    """
    stretches: list[list[int]] = []
    for hour in sorted(orders):
        if stretches and hour - stretches[-1][1] < PAUSE_H:
            stretches[-1][1:] = [hour + 1, stretches[-1][2] + orders[hour]]
        else:
            stretches.append([hour, hour + 1, orders[hour]])
    for before, after in itertools.pairwise(stretches):
        longest = max(b - a for a, b, _n in (before, after))
        if after[0] - before[1] > longest and min(before[2], after[2]) >= SHOW_ORDERS:
            return before[1] * HOUR_US, after[0] * HOUR_US
    return None


def one_show(orders: Mapping[int, int], name: str, clock: Clock) -> Finding | None:
    """A finding where a stream holds several shows; None where it holds one."""
    between = pause(orders)
    if between is None:
        return None
    sentence = _(
        "{name} seems to hold several shows: no order from {start} to {end}; stock counts once for all of them, so replay each "
        "with start= and end=, and calibrate on one file a show"
    ).format(name=name, start=clock.text(between[0]), end=clock.text(between[1]))
    return {"check": _("one show"), "file": "", "ok": False, "figure": float(between[1] - between[0]) / US, "finding": sentence}
