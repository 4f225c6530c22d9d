"""Cross-checks of a stream: do its figures agree with each other? Findings are reported; nothing is changed by them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.units import US
from sim.replay.clock import Clock
from sim.replay.ingest.finish import Rows, gathered, ledger_holes
from sim.replay.ingest.spool import Spool
from sim.replay.ingest.state import FileState

LITTLE = 0.05
"""Most that online and arrivals x stay may differ (domain T33)."""
SHORT_UNITS, SHORT_S = 30, 600.0
"""Fewer units ordered, or a shorter span, than this says little."""
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
    said = f"{online[some].mean():,.0f} people online, arrivals x stay gives {expected:,.0f} (ratio {ratio:.3f})"
    tail = "" if good else ": more than 5 % apart, so one of the three series is not what it says"
    return {"check": "Little's law", "file": state.where, "ok": good, "figure": ratio, "finding": f"{state.where}: {said}{tail}"}


def totals(state: FileState) -> Finding | None:
    """Snapshots that say three things: does ordered + available make the total?"""
    rows = gathered(state)
    some = ~(np.isnan(rows["enrolled"]) | np.isnan(rows["total"]))
    if not some.any():
        return None
    odd = np.flatnonzero(some & (rows["enrolled"] + rows["stock"] != rows["total"]))
    share = 1 - len(odd) / int(some.sum())
    said = f"ordered + available = total in {100 * share:.1f} % of {int(some.sum()):,} rows"
    if len(odd):
        first = odd[np.argmin(rows["line"][odd])]
        figures = [int(rows[n][first]) for n in ("enrolled", "stock", "total")]
        said += f"; the first that differs is line {int(rows['line'][first])}: {figures[0]} + {figures[1]} against {figures[2]}"
    return {
        "check": "stock adds up",
        "file": state.where,
        "ok": not len(odd),
        "figure": share,
        "finding": f"{state.where}: {said}",
    }


def ledger(state: FileState, skus: list[str]) -> Finding | None:
    """A stock ledger whose entries do not join."""
    rows = gathered(state)
    wrong = np.union1d(ledger_holes(rows), np.flatnonzero(rows["odd"] > 0))
    if not len(wrong):
        return {"check": "stock ledger joins", "file": state.where, "ok": True, "figure": 0.0,
                "finding": f"{state.where}: every entry begins where the one before ended"}  # fmt: skip
    first = wrong[np.argmin(rows["line"][wrong])]
    said = f"{len(wrong)} entries do not join; the first is line {int(rows['line'][first])} ({skus[int(rows['sku'][first])]})"
    return {"check": "stock ledger joins", "file": state.where, "ok": False, "figure": float(len(wrong)),
            "finding": f"{state.where}: {said}"}  # fmt: skip


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
            mine = moving & (facts["sku"] == sku)
            at = first + np.searchsorted(rows["t"][first:last], facts["t"][mine], "left")
            inside = at < last
            np.add.at(net, at[inside], (signs[facts["kind"][mine]] * facts["qty"][mine])[inside])
    later = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    beyond = rows["stock"][later] - rows["stock"][later - 1] - net[later]
    some = beyond != 0
    later, beyond = later[some], beyond[some]
    # One second can hold an order and a figure; what the next figure takes back is no contradiction.
    real = np.ones(len(later), bool)
    taken_back = (np.diff(later) == 1) & (beyond[1:] == -beyond[:-1])
    real[:-1] &= ~taken_back
    real[1:] &= ~taken_back
    said = f"{state.where} agrees with the orders at every figure"
    if real.any():
        k = int(np.flatnonzero(real)[np.argmin(rows["t"][later[real]])])
        now = later[k]
        says = f"{skus[int(keys[now])]} went from {rows['stock'][now - 1]:,.0f} to {rows['stock'][now]:,.0f} between "
        says += f"{clock.text(int(rows['t'][now - 1]))} and {clock.text(int(rows['t'][now]))}, "
        says += f"where the recorded orders, returns and restocks make {net[now]:+,.0f}"
        said = f"{state.where} contradicts the orders {int(real.sum())} times; first in line {int(rows['line'][now])}: {says}"
    finding = {
        "check": "stock against orders",
        "file": state.where,
        "ok": not real.any(),
        "figure": float(real.sum()),
        "finding": said,
    }
    return finding, rows, later, beyond


def oversold(state: FileState, skus: list[str], clock: Clock) -> Finding | None:
    """Stock figures below zero: an oversell that the shop reports itself."""
    if not state.owed:
        return None
    worst = sorted(state.owed.items(), key=lambda item: item[1][0])
    told = [
        f"{skus[k] or 'the item'} down to {low:,} (first at {clock.text(at)}, line {line})" for k, (low, at, line) in worst[:5]
    ]
    more = f" and {len(worst) - 5} more" if len(worst) > 5 else ""
    return {"check": "oversold by the shop's own figures", "file": state.where, "ok": False,
            "figure": float(-sum(low for low, *_ in state.owed.values())),
            "finding": f"{state.where} reports stock below zero: {'; '.join(told)}{more}"}  # fmt: skip


def counted_twice(states: list[FileState]) -> Finding | None:
    """Orders in two files of which one gives no numbers: nobody can tell whether they are the same."""
    selling = [s for s in states if s.mapping.kind in ("orders", "events") and s.sold]
    if len(selling) < 2 or all(s.ids for s in selling):
        return None
    names = " and ".join(s.where for s in selling)
    said = f"{names} both hold orders and not all have order numbers; the same order may be counted twice"
    return {"check": "orders once", "file": "", "ok": False, "figure": float(len(selling)), "finding": said}


def enough(span_s: float, units: int, name: str) -> Finding:
    """Whether the stream is long and busy enough to say anything."""
    good = span_s >= SHORT_S and units >= SHORT_UNITS
    said = f"{name} has {units:,} units ordered in {span_s:,.0f} s"
    tail = "" if good else f": too {'short' if span_s < SHORT_S else 'quiet'} to judge or fit anything by"
    return {"check": "length", "file": "", "ok": good, "figure": span_s, "finding": said + tail}
