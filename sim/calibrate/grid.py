"""A record on a grid: counts per bin and SKU, what is known beforehand about each bin, and which bins to leave out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from scenarios.contract import Shoppers
from scenarios.kernels import KERNELS
from sim.calibrate.observed import CalibrationError, Observed, ObservedRows, kind_name
from sim.demand.intensity import AT_ONCE, Carts
from sim.words import _

MOST_ROWS = 24
"""SKUs fitted on their own; the rest of a catalogue is one row together."""
MOST_CELLS = 200_000
"""Longer records get coarser bins: responses and kernels are integrated over bins, so only some sharpness is lost."""
OTHERS = "(others)"
DAY_S = 86_400.0
TREND = ("trend 1", "trend 2", "trend 3")
CLOCK = ("clock sin 1", "clock cos 1", "clock sin 2", "clock cos 2")
STILL = 0.02
"""Log viewers that vary by less say nothing."""
CLOSING = "closing"
CLOSING_SHARE = 1 / 20
"""Time scale on which a show's end draws near, as a share of its length (project, A)."""
VIEWERS, AUDIENCE = "viewers", "audience"
"""Log of the viewers over the show's own mean, and of that mean over all shows'."""


@dataclass(frozen=True, eq=False)
class SkuRow:
    """One SKU of one show, orders or carts. ``y``: counts per bin, ``used``: bins that count, ``open``: share of the bin in which
    the SKU could be bought, ``x``: covariates [bin, column], ``cues``: times [s] by kind, ``lasts``: how long each may last [s]
    (none: as long as its kind). ``feed``: orders that followers may follow (None: nothing follows, as with carts). ``mood``: what
    interest is multiplied by, per bin (``room.py``). ``carts``: how those come who order later, where carts are not known.
    ``carted``: carts per bin from which orders follow, where single ones are not linked.
    """

    show: int
    sku: str
    what: str
    y: np.ndarray
    used: np.ndarray
    x: np.ndarray
    cues: dict[int, np.ndarray]
    open: np.ndarray
    feed: np.ndarray | None = None
    carts: Carts = AT_ONCE
    mood: np.ndarray | float = 1.0
    lasts: dict[int, np.ndarray] = field(default_factory=dict)
    carted: np.ndarray | None = None


class Grid(NamedTuple):
    """Rows of all shows on one step [s]. ``columns``: names of the covariates. ``blocks``: per show, the block each bin is in."""

    step_s: float
    rows: list[SkuRow]
    columns: tuple[str, ...]
    room: float

    def orders(self) -> int:
        """Orders in the bins that count."""
        return int(sum(r.y[r.used].sum() for r in self.rows if r.what == "orders"))


def make_grid(shows: Sequence[Observed], step_s: float = 0.0, trend: int = 2) -> Grid:
    """All shows on one grid. ``step_s`` 0: the sources' own bins, one second for single events, longer where that would be
    too many cells. ``trend``: degree of the course over the show (Legendre)."""
    step = step_s or chosen_step(shows)
    kept = _kept(shows)
    seen = [s for s in shows if s.viewers is not None]
    room = float(np.mean([_mean_viewers(s) for s in seen])) if len(seen) == len(shows) else math.nan
    long = all(math.isfinite(s.start_unix_s) for s in shows) and min(s.span_s for s in shows) >= 1.5 * DAY_S
    counted = (VIEWERS,) * _moves(seen) + (AUDIENCE,) * _differ(seen) if math.isfinite(room) else ()
    columns = counted + TREND[:trend] + (CLOSING,) * (trend > 0) + (CLOCK if long else ())
    rows = []
    for number, show in enumerate(shows):
        rows += _rows(number, show, step, kept, columns, room)
    return Grid(step, rows, columns, room)


def chosen_step(shows: Sequence[Observed]) -> float:
    """The width of the bins [s]."""
    own = max(s.bin_s for s in shows)
    cells = sum(s.span_s * min(len(s.skus), MOST_ROWS) for s in shows)
    if own > 0:
        if any(abs(own / s.bin_s - round(own / s.bin_s)) > 1e-9 for s in shows if s.bin_s > 0):
            raise CalibrationError(_("the streams have bins of widths that do not divide one another; calibrate them apart"))
        return own
    return float(max(1, math.ceil(cells / MOST_CELLS)))


def _mean_viewers(show: Observed) -> float:
    assert show.viewers is not None
    return float(np.nanmean(show.viewers[1]))


def watched(show: Observed, grid: Grid) -> float:
    """Log of how many watch a whole show over the grid's shows; 0 where either is not known."""
    return math.log(max(_mean_viewers(show), 1.0) / grid.room) if show.viewers is not None and math.isfinite(grid.room) else 0.0


def _moves(shows: Sequence[Observed]) -> bool:
    """Whether the number of viewers changes within any show; an exponent of a constant cannot be fitted."""
    return any(float(np.log(np.maximum(s.viewers[1], 1.0)).std()) > STILL for s in shows if s.viewers is not None)


def _differ(shows: Sequence[Observed]) -> bool:
    """Whether shows differ in how many watch."""
    return len(shows) > 1 and float(np.std([math.log(max(_mean_viewers(s), 1.0)) for s in shows])) > STILL


def _kept(shows: Sequence[Observed]) -> list[str]:
    """SKUs with a row of their own, by orders; with more of them the least sold ones share a row."""
    total: dict[str, int] = {}
    for show in shows:
        sums = np.bincount(show.orders.sku, show.orders.n, len(show.skus))
        for name, n in zip(show.skus, sums.tolist(), strict=True):
            total[name] = total.get(name, 0) + int(n)
    names = sorted(total, key=lambda name: (-total[name], name))
    return names if len(names) <= MOST_ROWS else names[: MOST_ROWS - 1]


def counts(rows: ObservedRows, which: np.ndarray, bins: int, step: float) -> np.ndarray:
    """How many of the rows fall into each bin."""
    at = np.minimum((rows.t[which] / step + 1e-9).astype(np.int64), bins - 1)
    return np.bincount(at, rows.n[which], bins).astype(float)


def _rows(number: int, show: Observed, step: float, kept: list[str], columns: tuple[str, ...], room: float) -> list[SkuRow]:
    bins = max(1, math.ceil(show.span_s / step - 1e-9))
    x = _covariates(show, bins, step, columns, room)
    where = {name: k for k, name in enumerate(kept)}
    group = np.array([where.get(name, len(kept)) for name in show.skus])
    linked, has_carts = show.first is not None, len(show.carts) > 0
    path = AT_ONCE if linked or has_carts else Carts.of(Shoppers())
    rows = []
    for k in sorted(set(group.tolist())):
        name = kept[k] if k < len(kept) else OTHERS
        own = group[show.orders.sku] == k
        every = counts(show.orders, own, bins, step)
        y = counts(show.orders, own & show.first, bins, step) if show.first is not None else every
        if not every.any():
            continue
        marks = np.sort(show.cues[group[show.cues["sku"]] == k], order="at_s")
        cues, lasts = ({int(kind): marks[what][marks["kind"] == kind] for kind in np.unique(marks["kind"])}
                       for what in ("at_s", "length_s"))  # fmt: skip
        shares = _open(show, group == k, bins, step)
        base = SkuRow(number, name, "orders", y, shares > 1e-9, x, cues, shares, feed=every, carts=path, lasts=lasts)
        if has_carts:
            carts = counts(show.carts, group[show.carts.sku] == k, bins, step)
            rows.append(replace(base, carted=None if linked else carts))
            rows.append(replace(base, what="carts", y=carts, feed=None))
        else:
            rows.append(base)
    return rows


def covariates(show: Observed, grid: Grid) -> np.ndarray:
    """What is known beforehand of each bin of a show [bin, column], as the grid has it for its own."""
    bins = max(1, math.ceil(show.span_s / grid.step_s - 1e-9))
    return _covariates(show, bins, grid.step_s, grid.columns, grid.room)


def rows_like(show: Observed, grid: Grid, number: int = 0) -> Grid:
    """A show that the grid does not hold, on its step and with its columns and SKUs."""
    kept = [n for n in dict.fromkeys(r.sku for r in grid.rows) if n != OTHERS]
    return grid._replace(rows=_rows(number, show, grid.step_s, kept, grid.columns, grid.room))


def _covariates(show: Observed, bins: int, step: float, columns: tuple[str, ...], room: float) -> np.ndarray:
    middle = (np.arange(bins) + 0.5) * step
    by_name: dict[str, np.ndarray] = {}
    if show.viewers is not None and math.isfinite(room):
        by_name[VIEWERS] = np.log(np.maximum(np.interp(middle, *show.viewers), 1.0) / max(_mean_viewers(show), 1.0))
        by_name[AUDIENCE] = np.full(bins, math.log(max(_mean_viewers(show), 1.0) / room))
    by_name[CLOSING] = np.exp((middle - bins * step) / (CLOSING_SHARE * bins * step))
    z = 2 * middle / (bins * step) - 1
    by_name |= dict(zip(TREND, (z, 1.5 * z**2 - 0.5, 2.5 * z**3 - 1.5 * z), strict=True))
    if CLOCK[0] in columns:
        day = 2 * math.pi * (show.start_unix_s + middle) / DAY_S
        by_name |= dict(zip(CLOCK, (np.sin(day), np.cos(day), np.sin(2 * day), np.cos(2 * day)), strict=True))
    return np.column_stack([by_name[c] for c in columns]) if columns else np.zeros((bins, 0))


def _open(show: Observed, group: np.ndarray, bins: int, step: float) -> np.ndarray:
    """Share of each bin in which the SKU could be bought and was recorded. The order that takes the last unit ends its stretch:
    leaving out its whole bin would count the waiting before it and not the order."""
    shut = np.zeros(bins)
    for row in show.shut:
        if row["sku"] < 0 or (group[row["sku"]] and group.sum() == 1):
            a, b = max(row["from_s"] / step, 0.0), min(row["to_s"] / step, float(bins))
            first, last = int(a), min(int(b), bins - 1)
            if a >= b:
                continue
            if first == last:
                shut[first] += b - a
                continue
            shut[first] += first + 1 - a
            shut[first + 1 : last] = 1.0
            shut[last] += b - last
    return np.clip(1 - shut, 0.0, 1.0)


def kernel_kinds(grid: Grid, fewest: int = 1) -> tuple[int, ...]:
    """Cue kinds of which the record has at least ``fewest``, in the contract's order."""
    seen: dict[int, int] = {}
    for row in grid.rows:
        if row.what == "orders":
            for kind, at in row.cues.items():
                seen[kind] = seen.get(kind, 0) + len(at)
    return tuple(sorted(kind for kind, n in seen.items() if n >= fewest))


def expected(kind: int) -> bool:
    """Whether the audience knows when a cue of this kind comes."""
    return KERNELS[kind_name(kind)].expected


def default_kernel(kind: int) -> tuple[str, float, float, float]:
    """Shape, peak, time scale and duration a kind of cue has by default."""
    k = KERNELS[kind_name(kind)]
    return k.shape, k.peak, k.tau_s, k.duration_s
