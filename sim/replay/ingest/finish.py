"""What can only be said when a file has been read to its end: what happened between stock figures, and what counters counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.core.units import US
from sim.replay.ingest.dashboard import FIGURES
from sim.replay.ingest.row_validator import KIND, MARK, NUMBERS, Facts
from sim.replay.ingest.state import FileState
from sim.words import _

Rows = dict[str, np.ndarray]
STALL_BINS, CERTAIN, SPREAD, AROUND = 3, 9.2, 2.4, 121
"""A counter that stood for at least STALL_BINS bins has stalled if a Poisson count of SPREAD times its own variance would do so
with probability below exp(-CERTAIN) = 1e-4 at the median rate of the AROUND bins around."""


def gathered(state: FileState) -> Rows:
    """The figures kept while reading, by SKU and time."""
    names = list(dict.fromkeys(n for part in state.parts for n in part))
    sizes = [len(part["t"]) for part in state.parts]
    rows = {
        n: np.concatenate([p[n] if n in p else np.full(k, np.nan) for p, k in zip(state.parts, sizes, strict=True)])
        for n in names
    }
    order = np.lexsort((rows["line"], rows["t"], rows["sku"]))
    return {n: c[order] for n, c in rows.items()}


def facts(state: FileState, kind: Any, rows: Rows, which: np.ndarray, **columns: Any) -> Facts:
    """Facts about ``which`` of the gathered rows; ``columns`` belong to those rows."""
    import pyarrow as pa

    n = len(which)
    plain = {"seen": columns["t"], "kind": KIND[kind] if isinstance(kind, str) else kind, "sku": rows["sku"][which],
             "line": rows["line"][which], "file": state.file, "value": np.nan}  # fmt: skip
    out: Facts = {k: np.array(np.broadcast_to(np.asarray({**plain, **columns}.get(k, 0), t), n)) for k, t in NUMBERS.items()}
    out["order_id"] = pa.array([""], pa.string()).take(pa.array(np.zeros(n, np.int64)))
    return out


def between(state: FileState, known: Callable[[np.ndarray], np.ndarray]) -> list[Facts]:
    """What happened between stock snapshots, as facts whose sum follows ``available`` exactly.

    ``enrolled`` rising is orders, falling is units given back; ``total`` rising is a restock; what ``available`` did beyond
    that is a correction. SKUs whose orders are ``known`` from elsewhere are left out.
    """
    rows = gathered(state)
    same = np.flatnonzero((rows["sku"][1:] == rows["sku"][:-1]) & ~known(rows["sku"][1:])) + 1
    before = same - 1
    steps = poll_steps(*(rows[name][same] - rows[name][before] for name in ("stock", "enrolled", "total")))
    t, gap = rows["t"][before], (rows["t"][same] - rows["t"][before]) / US
    out = []
    for kind, qty in steps.items():
        some = np.flatnonzero(qty)
        out.append(facts(state, kind, rows, same[some], t=t[some], seen=rows["t"][same[some]], bin=gap[some], qty=qty[some]))
    return out


def poll_steps(stock: Any, enrolled: Any, total: Any) -> dict[str, Any]:
    """What happened between two snapshots, by kind of fact, int64. Given: the change of each figure (NaN: not told), as arrays
    or numbers.

    ``restock - order + cancel + correction`` is the change of ``stock`` exactly.

    >>> {k: int(v) for k, v in poll_steps(-2.0, 3.0, 0.0).items() if v}
    {'order': 3, 'correction': 1}
    """
    moved = np.asarray(stock).astype(np.int64)
    ordered = np.where(np.isnan(enrolled), np.maximum(0, -moved), np.nan_to_num(enrolled)).astype(np.int64)
    grown = np.maximum(0, np.nan_to_num(total)).astype(np.int64)
    return {"restock": grown, "order": np.maximum(ordered, 0), "cancel": np.maximum(-ordered, 0),
            "correction": moved - grown + ordered}  # fmt: skip


def booked(state: FileState, known: Callable[[np.ndarray], np.ndarray]) -> list[Facts]:
    """Changes of a stock ledger, and corrections where one entry does not begin where the last one ended."""
    rows = gathered(state)
    free = ~known(rows["sku"])
    some = np.flatnonzero((rows["qty"] != 0) & free)
    out = [facts(state, rows["kind"][some], rows, some, t=rows["t"][some], qty=rows["qty"][some])]
    holes = ledger_holes(rows)
    holes = holes[free[holes]]
    step = (rows["before"][holes] - rows["stock"][holes - 1]).astype(np.int64)
    t, gap = rows["t"][holes - 1], (rows["t"][holes] - rows["t"][holes - 1]) / US
    mark = MARK["residual"]
    out.append(facts(state, "correction", rows, holes, t=t, seen=rows["t"][holes], bin=gap, qty=step, mark=mark))
    return out


def ledger_holes(rows: Rows) -> np.ndarray:
    """Entries that do not begin where the one before ended."""
    follows = (rows["sku"][1:] == rows["sku"][:-1]) & ~np.isnan(rows["before"][1:])
    return np.flatnonzero(follows & (rows["before"][1:] != rows["stock"][:-1])) + 1


def bin_width(state: FileState, rows: Rows) -> float:
    """Width of a dashboard's bins [s]: the mapping's, else the usual step between two rows."""
    if state.mapping.bin_s:
        return state.mapping.bin_s
    steps = np.diff(rows["t"])[rows["sku"][1:] == rows["sku"][:-1]]
    steps = steps[steps > 0]
    return float(np.median(steps)) / US if len(steps) else 60.0


def binned(state: FileState, known: Callable[[np.ndarray], np.ndarray]) -> list[Facts]:
    """Facts of a dashboard: counts and figures by bin, counters differenced. Orders of SKUs known from elsewhere are left out."""
    rows = gathered(state)
    width = bin_width(state, rows)
    out = []
    for name in [n for n in rows if n.startswith("series ")]:
        kind, figures = name.removeprefix("series "), rows[name]
        some = np.flatnonzero(~np.isnan(figures))
        missing = len(figures) - len(some)
        if missing:
            state.notes.append(
                _("{where}: {kind} was not measured in {missing:,} of {n:,} bins").format(
                    where=state.where, kind=kind, missing=missing, n=len(figures)
                )
            )
        if kind == "order":
            twice = known(rows["sku"][some]) & (rows["sku"][some] > 0)
            if twice.any():
                state.notes.append(
                    _("{where}: orders of {twice} bins are left out, for they are known one by one").format(
                        where=state.where, twice=int(twice.sum())
                    )
                )
                some = some[~twice]
        if kind in state.mapping.cumulative:
            out.append(_differenced(state, rows, kind, some, width))
            continue
        instant = kind in ("viewers", "level", "waiting")
        t = rows["t"][some]
        start = t if instant or state.mapping.stamp == "start" else t - round(width * US)
        figure = {"value": figures[some]} if kind in FIGURES else {"qty": figures[some]}
        span = 0.0 if instant else width
        out.append(facts(state, kind, rows, some, t=start, seen=start + round(span * US), bin=span, **figure))
    return out


def _differenced(state: FileState, rows: Rows, kind: str, some: np.ndarray, width: float) -> Facts:
    """What a running total counted between two readings of it, with what is wrong with the figure marked."""
    follows = rows["sku"][some[1:]] == rows["sku"][some[:-1]]
    now, before = some[1:][follows], some[:-1][follows]
    total = rows[f"series {kind}"]
    gain = np.round(total[now] - total[before], 6)
    t, gap = rows["t"][before], (rows["t"][now] - rows["t"][before]) / US
    mark = np.where(gap > 1.5 * width, MARK["gap"], 0)
    mark[gain < 0] = MARK["drop"]
    mark[(gain < 0) & (total[now] < total[before] / 2)] = MARK["reset"]
    if state.mapping.jump and kind not in FIGURES:
        mark[gain > state.mapping.jump * np.maximum(1, gap / width)] = MARK["jump"]
    unknown = np.isin(mark, [MARK["drop"], MARK["reset"], MARK["jump"]])
    if kind not in FIGURES:
        t, gap, mark, stays = _caught_up(gain, t, gap, mark, rows["sku"][now], width)
        now, gain, t, gap, mark, unknown = (c[stays] for c in (now, gain, t, gap, mark, unknown))
    names = {code: name for name, code in MARK.items()}
    for code in np.unique(mark[mark > 0]).tolist():
        state.remarks[_("readings of the {kind} counter marked {names}").format(kind=kind, names=names[code])] += int(
            (mark == code).sum()
        )
    figure = {"qty": np.where(unknown, 0, gain), "value": np.where(unknown, gain, np.nan)}
    if kind in FIGURES:
        figure = {"value": np.where(unknown, np.nan, gain)}
    return facts(state, kind, rows, now, t=t, seen=rows["t"][now], bin=gap, mark=mark, **figure)


def _caught_up(
    gain: np.ndarray, t: np.ndarray, gap: np.ndarray, mark: np.ndarray, sku: np.ndarray, width: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Stalls, joined to the reading that made up for them. Gives new starts, widths and marks, and the readings that stay."""
    t, gap, mark, stays = t.copy(), gap.copy(), mark.copy(), np.ones(len(gain), bool)
    still = (gain == 0) & (mark == 0)
    edges = np.flatnonzero(np.diff(still.astype(np.int8), prepend=0, append=0))
    usual = np.where((mark == 0) & (gain >= 0), gain, np.nan)
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if last - first < STALL_BINS or last >= len(gain) or sku[first] != sku[last] or mark[last] > 0:
            continue
        around = np.r_[usual[max(0, first - AROUND // 2) : first], usual[last + 1 : last + 1 + AROUND // 2]]
        rate = float(np.nanmedian(around)) if np.isfinite(around).any() else 0.0
        bins = float(gap[first:last].sum()) / width
        if rate * bins / SPREAD > CERTAIN and gain[last] > rate * bins / 2:
            stays[first:last] = False
            gap[last] += gap[first:last].sum()
            t[last], mark[last] = t[first], MARK["catch_up"]
    return t, gap, mark, stays
