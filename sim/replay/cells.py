"""A recording laid on a grid: orders a cell, and what each source of demand would have brought in it at level 1.

A cell is a stretch of one SKU's time, cut wherever its blind spells begin or end; a cell is open, blind or not shown. Sources of
demand are columns: one for what no cue causes, one for each cue, one for those who come before an expected cue. Entries are
integrals over exactly the cell (``sim/demand/intensity.py``), in seconds of the response's peak.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import sparse

from scenarios.contract import Audience, Cue, Push
from sim.core.tape import TAKE
from sim.core.units import US
from sim.demand.audience import grown, pull
from sim.demand.intensity import Carts, early, excited, landed
from sim.replay.censor import Window, demand_end
from sim.replay.stream import Stream

FINE_S, FINEST_S = 5.0, 1.0
"""Widest cell of a record of single orders, cell of a blind spell [show s]."""
TINY = 1e-3
MOST_CELLS = 2_000_000
"""Most cells of a recording; longer ones get wider cells."""


class DemandSource(NamedTuple):
    """One source of demand: its SKU; the cue it is (number in ``Stream.cues``; -1: no cue); whether it is those who come
    early."""

    sku: int
    cue: int
    early: bool


class Cells(NamedTuple):
    """Cells of some SKUs. sku, start, end [s]; orders: recorded in it; cut: whether stock ran out in it, at an unknown moment;
    past: followers to be expected from earlier orders per unit of branching; own: share of followers that come within the cell;
    at: sources [cell, source], sparse."""

    sku: np.ndarray
    start: np.ndarray
    end: np.ndarray
    orders: np.ndarray
    cut: np.ndarray
    past: np.ndarray
    own: np.ndarray
    at: sparse.csr_matrix


def counted(stream: Stream) -> bool:
    """Whether its rows are sums over polls or bins rather than single orders."""
    return stream.kind == "levels" or stream.bin_s > 0


def step_of(stream: Stream, bin_s: float) -> float:
    """Width of a cell [show s]: at most ``bin_s``, at most FINE_S where single orders are known."""
    step = (
        max(bin_s, stream.bin_s, stream.reading_s if stream.kind == "levels" else 0.0) if counted(stream) else min(bin_s, FINE_S)
    )
    while len(stream.skus) * demand_end(stream) / US / step > MOST_CELLS:
        step *= 2
    return step


def sources(stream: Stream, skus: list[int], leads: bool) -> list[DemandSource]:
    """Everything that brings orders of these SKUs; ``leads``: whether some come before an expected cue."""
    index = {stream.skus[k].id: k for k in skus}
    every = [DemandSource(k, -1, False) for k in skus]
    for number, cue in enumerate(stream.cues):
        if cue.sku in index:
            every.append(DemandSource(index[cue.sku], number, False))
            if leads and expected(cue):
                every.append(DemandSource(index[cue.sku], number, True))
    return every


def expected(cue: Cue) -> bool:
    """Whether the audience knows when a cue comes, so that some do not wait for it."""
    return cue.at_s > 0 and cue.kernel().expected


def laid(
    stream: Stream, every: list[DemandSource], spans: dict[int, np.ndarray], carts: Carts, lead_s: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, sparse.csr_matrix]:  # fmt: skip
    """Sources over cells: (sku, start, end, matrix). spans: per SKU the edges of its cells [s], float64 [cell, 2]."""
    skus, crowd = list(spans), people(stream)
    first = dict(zip(skus, np.cumsum([0, *(len(spans[k]) for k in skus)]).tolist(), strict=False))
    rows, columns, values = [], [], []
    for column, s in enumerate(every):
        if s.sku not in spans:
            continue
        a, b = spans[s.sku].T
        part = slice(0, len(a)) if s.cue < 0 else _reach(stream.cues[s.cue], s.early, carts, lead_s, a, b)
        a, b = a[part], b[part]
        amount = (b - a) if s.cue < 0 else _brought(stream.cues[s.cue], s.early, carts, lead_s, a, b)
        rows.append(first[s.sku] + np.arange(part.start, part.stop))
        columns.append(np.full(len(a), column))
        values.append(amount * crowd((a + b) / 2))
    total = sum(len(spans[k]) for k in skus)
    triple = [np.concatenate(x) if x else np.empty(0) for x in (values, rows, columns)]
    at = sparse.csr_matrix((triple[0], (triple[1].astype(int), triple[2].astype(int))), shape=(total, len(every)))
    a, b = (np.concatenate([spans[k][:, c] for k in skus]) if total else np.empty(0) for c in (0, 1))
    return np.repeat(skus, [len(spans[k]) for k in skus]), a, b, at


def _reach(cue: Cue, before: bool, carts: Carts, lead_s: float, a: np.ndarray, b: np.ndarray) -> slice:
    """Cells that a cue can have brought orders to."""
    late = 0.0 if carts.direct >= 1 else carts.longest_s()
    low, high = (cue.at_s - 12 * lead_s, cue.at_s) if before else (cue.at_s, cue.at_s + cue.kernel().duration_s + late)
    first, last = int(np.searchsorted(b, low, "right")), int(np.searchsorted(a, high, "left"))
    return slice(first, max(first, last))


def _brought(cue: Cue, before: bool, carts: Carts, lead_s: float, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    kernel = cue.kernel()
    if before:
        whole = kernel.area_s / kernel.peak if kernel.peak > 0 else 0.0
        return whole * np.diff(early(lead_s, np.array([a, b]) - cue.at_s, cue.at_s), axis=0)[0]
    shape = (kernel.shape, kernel.tau_s, kernel.duration_s, carts)
    return landed(*shape, b - cue.at_s) - landed(*shape, a - cue.at_s)


def people(stream: Stream) -> Callable[[np.ndarray], np.ndarray]:
    """People in the room at some moments [s] over an ordinary number: as counted, over their mean. Where nobody counted them,
    the room grows by those whom cues draw in, as the generator has it, and loses them again as they leave."""
    if stream.viewers is None or len(stream.viewers[0]) == 0:
        return partial(grown, _pulls(stream), demand_end(stream) / US, audience=_audience(stream.speedup))
    t, seen = stream.viewers[0] / US, np.maximum(np.asarray(stream.viewers[1], float), 1.0)
    return lambda at_s: np.interp(at_s, t, seen) / float(seen.mean())


def _audience(speedup: float) -> Audience:
    plain = Audience()
    return replace(plain, bounce_s=max(plain.bounce_s / speedup, 0.1), stay_median_s=max(plain.stay_median_s / speedup, 1.0))


def _pulls(stream: Stream) -> tuple[Push, ...]:
    stay_s, end, pulls = _audience(stream.speedup).mean_stay_s(), demand_end(stream) / US, []
    for cue in stream.cues:
        kernel = cue.kernel()
        if kernel.viewer_lift > 1 and cue.at_s < end:
            pulls.append(pull(cue.at_s, kernel.viewer_lift, kernel.duration_s, stay_s))
    return tuple(pulls)


def open_cells(
    stream: Stream, blind: tuple[Window, ...], skus: list[int], every: list[DemandSource], step: float, carts: Carts,
    means: tuple[float, float], shown: dict[int, tuple[np.ndarray, np.ndarray]],
) -> Cells:  # fmt: skip
    """The open cells of these SKUs. means: time somebody comes before a cue, delay of a follower [show s]. shown: seconds of
    demand that the recording could show (``censor.served``)."""
    lead_s, herd_s = means
    end, spans, kept, extra = demand_end(stream) / US, {}, {}, {}
    for k in skus:
        gaps = [(w.start / US, w.end / US) for w in blind if w.sku == k] + _not_shown(stream, k, end)
        spans[k], kept[k] = _open(end, step, gaps)
        extra[k] = _recorded(stream, k, spans[k], step, end, herd_s, [w.start / US for w in blind if w.sku == k])
    sku, a, b, at = laid(stream, every, {k: spans[k][kept[k]] for k in skus}, carts, lead_s)
    orders, cut, past = (np.concatenate([extra[k][c][kept[k]] for k in skus]) for c in range(3))
    share = np.concatenate([_shown(shown.get(k), *spans[k][kept[k]].T) for k in skus])
    at, past = sparse.diags(share) @ at, past * share
    x = (b - a) / herd_s
    return Cells(sku, a, b, orders, cut.astype(bool), past, share * (1 + np.expm1(-x) / np.maximum(x, 1e-12)), at)


def _shown(known: tuple[np.ndarray, np.ndarray] | None, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share of the demand of cells from a to b [s] that could be shown; at least TINY, so that an order in one is possible."""
    if known is None:
        return np.ones(len(a))
    seconds = np.interp(b, *known) - np.interp(a, *known)
    return np.clip(seconds / (b - a), TINY, 1.0)


def _open(end: float, step: float, gaps: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Edges of all cells of a SKU, and which of them are open."""
    cuts = np.array([edge for gap in gaps for edge in gap])
    edges = np.unique(np.concatenate([np.arange(0.0, end, step), [end], cuts[(cuts > 0) & (cuts < end)]]))
    pairs = np.column_stack([edges[:-1], edges[1:]])
    pairs = pairs[pairs[:, 1] - pairs[:, 0] > 1e-9]
    middle, shut = pairs.mean(1), np.zeros(len(pairs), bool)
    for a, b in gaps:
        shut |= (middle > a) & (middle < b)
    return pairs, ~shut


def _recorded(
    stream: Stream, sku: int, pairs: np.ndarray, step: float, end: float, herd_s: float, stops: list[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Orders of every cell, whether stock ran out in it unseen, and followers due from the orders before it."""
    which = (stream.what == TAKE) & (stream.sku == sku)
    units = stream.qty[which].astype(float) if counted(stream) else np.ones(int(which.sum()))
    t = stream.t[which] / US
    at = np.clip(np.searchsorted(pairs[:, 0], t, "left") - 1, 0, len(pairs) - 1)
    orders = np.bincount(at, units, len(pairs))
    cut = np.zeros(len(pairs))
    if counted(stream):
        cut[np.searchsorted(pairs[:, 1], np.array(stops) - 1e-9, "left").clip(0, len(pairs) - 1)] = 1.0
    bins = int(np.ceil(end / step)) + 1
    # An order at an edge lies in the cell that ends there, here as above.
    feed = np.bincount(np.clip(np.ceil(t / step - 1e-9).astype(int) - 1, 0, bins - 1), units, bins)
    past, _ = excited(feed, step, herd_s)
    width = pairs[:, 1] - pairs[:, 0]
    return orders, cut, past[np.minimum((pairs[:, 0] / step + 1e-9).astype(int), bins - 1)] * width / step


def _not_shown(stream: Stream, sku: int, end: float) -> list[tuple[float, float]]:
    """The spell before a SKU that opens with nothing first had anything: it tells nothing of its demand."""
    one = stream.skus[sku]
    if one.stock > 0:
        return []
    path = stream.levels[stream.levels["sku"] == one.id]
    shown = path.loc[path["stock"] > 0, "t_s"]
    until = float(shown.iloc[0]) if len(shown) else end
    return [(0.0, until)] if until > 0 else []


def blind_cells(stream: Stream, window: Window) -> np.ndarray:
    """Cells of a blind spell, float64 [cell, 2], so fine that an order may lie anywhere in one: FINEST_S while a cue of the SKU
    works, ten times that otherwise; wider in very long spells."""
    a, b = window.start / US, window.end / US
    least = max(1.0, (b - a) / 20_000)
    parts = [np.arange(a, b, 10 * FINEST_S * least), np.array([a, b])]
    for cue in stream.cues:
        until = cue.at_s + cue.kernel().duration_s
        if cue.sku == stream.skus[window.sku].id and cue.at_s < b and until > a:
            parts.append(np.arange(max(a, cue.at_s), min(b, until), FINEST_S * least))
    edges = np.unique(np.concatenate(parts).round(6))
    edges = edges[(edges >= a) & (edges <= b)]
    return np.column_stack([edges[:-1], edges[1:]])
