"""Demand that a recording could not show, estimated from what it could: censored likelihood, bounded below and above.

The model, per SKU s and bin b of width ``bin_s`` (orders a bin, V people in the room or 1 where nobody counted them):

    N_sb ~ Poisson(mu_sb G_s),   mu_sb = base_s  e_sb V_b  (1 + sum_k lift_k x_skb)

e: seconds of the bin in which the SKU could be ordered; x: mean shape of the cues of kind k (``scenarios.contract.KERNELS``
at peak 1); G: a gamma factor of mean 1 a block of bins, because demand scatters more than Poisson's. Bins without any
e say nothing. A bin in which stock ran out is right-censored: at least the recorded orders came (domain 6.4 c), and
E[N | N >= n] = mu P(N >= n - 1) / P(N >= n) stands in for n. Maximum likelihood by EM, whose steps are closed: an order is
shared out between base and cues in proportion, each parameter is orders over exposure.

Uncertainty of a parameter with n orders over exposure E: gamma of shape (n + 1/2) / F and scale F / E (Jeffreys' posterior of a
Poisson rate, widened by the Fano factor F of blocks about the fit). Three bounds:

* low: nobody would have come while nothing could be had.
* likely: parameters drawn from these gammas anew in each replicate, then G and the orders: proper multiple imputation.
* high: every parameter at its 97.5 % point (the end of a 95 % interval), or, where the last five minutes before the spell ran
  hotter than that, demand goes on as hot as in those (``Imputation.hot``).

Likely orders are among the high ones, so bounds are paired. Demand for what a cue of a kind never seen while anything was on sale
would have drawn is not in likely; in high it has the kind's declared peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scenarios.contract import CUE_KINDS, KERNELS
from sim.core.tape import TAKE
from sim.core.units import US, to_us
from sim.replay.censor import Window, demand_end, windows
from sim.replay.stream import Stream

LOW, LIKELY, HIGH = "low", "likely", "high"
BOUNDS = (LOW, LIKELY, HIGH)
INTERVAL, LAST_MINUTES = "95 % interval", "last five minutes"
"""What the high bound of a spell rests on."""
BIN_S, BLOCK_S, BLOCKS = 60.0, 300.0, 20
"""Width of a bin, least width of a block [show s]; blocks wanted of the SKU longest on sale."""
UPPER = 0.975
HOT_S, HOT_LEAST = 300.0, 5
"""Span before a spell that tells whether demand was accelerating [show s]; orders it must hold to say so."""
MOST_CELLS = 10_000_000
ROUNDS, CLOSE = 500, 1e-7
FINE = 6
"""Points per bin at which the shape of a cue is taken."""


class Fit(NamedTuple):
    """Estimates. base: orders a second (and person) [sku]; lift: per cue kind; n, exposure: what each rests on (base_n in
    orders, base_e in s (and people); lift_n, lift_e in orders a cue drew and orders its shape would draw at lift 1)."""

    base: np.ndarray
    lift: np.ndarray
    base_n: np.ndarray
    base_e: np.ndarray
    lift_n: np.ndarray
    lift_e: np.ndarray


@dataclass(frozen=True, eq=False)
class Imputation:
    """What is needed to draw the demand of a recording's blind spells.

    windows: the spells. bin_us, block: width of a bin [us], bins in a block. room: people per bin (1 where nobody counted).
    shape: cue shapes, float64 [sku, kind, bin]. fit: the estimates. fano: F. frailty: variance of G. hot: per window, rate of the
    five minutes before it over the fitted one; NaN where too few orders tell. unknown: kinds of cue in blind spells that were
    never seen while the SKU was on sale.
    """

    stream: Stream
    windows: tuple[Window, ...]
    bin_us: int
    block: int
    room: np.ndarray
    shape: np.ndarray
    fit: Fit
    fano: float
    frailty: float
    hot: np.ndarray
    unknown: tuple[str, ...]

    def rate(self, sku: int, base: float, lift: np.ndarray) -> np.ndarray:
        """Orders a second in every bin for given parameters, float64 [bin]."""
        return base * self.room * (1.0 + lift @ self.shape[sku])

    def upper(self) -> tuple[np.ndarray, np.ndarray]:
        """Bases and lifts at the end of their 95 % intervals."""
        from scipy.special import gammaincinv

        f = self.fit
        base = gammaincinv((f.base_n + 0.5) / self.fano, UPPER) * self.fano / np.maximum(f.base_e, 1e-300)
        lift = gammaincinv((f.lift_n + 0.5) / self.fano, UPPER) * self.fano / np.maximum(f.lift_e, 1e-300)
        declared = np.array([KERNELS[kind].peak for kind in CUE_KINDS])
        return np.where(f.base_e > 0, base, 0.0), np.where(f.lift_e > 0, lift, declared)

    def high(self, number: int) -> tuple[np.ndarray, str]:
        """Orders a second in every bin under the high bound of a spell, and what the bound rests on there."""
        sku, hot = self.windows[number].sku, float(self.hot[number])
        base, lift = self.upper()
        top = self.rate(sku, float(base[sku]), lift)
        if not hot > 1.0:
            return top, INTERVAL
        on = hot * self.rate(sku, float(self.fit.base[sku]), self.fit.lift)
        inside = self.seconds(number)
        return np.maximum(top, on), LAST_MINUTES if (on * inside).sum() > (top * inside).sum() else INTERVAL

    def seconds(self, number: int) -> np.ndarray:
        """Seconds of every bin that lie in a spell."""
        w, edges = self.windows[number], np.arange(len(self.room), dtype=np.int64) * self.bin_us
        return np.clip(np.minimum(edges + self.bin_us, w.end) - np.maximum(edges, w.start), 0, None) / US


def impute(stream: Stream, bin_s: float = BIN_S) -> Imputation:
    """Fit the model to a recording. Same stream, same answer."""
    bin_us = to_us(max(bin_s, stream.bin_s))
    while len(stream.skus) * (len(CUE_KINDS) + 3) * (demand_end(stream) // bin_us + 1) > MOST_CELLS:
        bin_us *= 2
    blind = tuple(windows(stream))
    counts, open_s, cut = _cells(stream, blind, bin_us)
    room, shape = _room(stream, bin_us, counts.shape[1]), _shapes(stream, bin_us, counts.shape[1])
    exposure = open_s * room
    fit = _maximise(counts, exposure, cut, shape)
    block = _block(open_s, bin_us)
    expected = fit.base[:, None] * exposure * (1.0 + np.einsum("k,skb->sb", fit.lift, shape))
    fano, frailty = _scatter(counts, expected, (open_s > 0) & ~cut, block)
    made = Imputation(stream, blind, bin_us, block, room, shape, fit, fano, frailty, np.empty(0), _unseen(stream, blind, fit))
    hot = np.array([_hotness(made, w) for w in blind])
    return Imputation(**{**vars(made), "hot": hot})


# -- the fit ----------------------------------------------------------------------------------------------------


def _cells(stream: Stream, blind: tuple[Window, ...], bin_us: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Orders, seconds on sale and "stock ran out in it", each [sku, bin]. In a bin that a spell began in, the seconds after the
    beginning count: demand went on, only the orders did not."""
    end, n = demand_end(stream), len(stream.skus)
    bins = max(1, -(-end // bin_us))
    took = stream.what == TAKE
    units = stream.qty[took] if stream.kind == "levels" or stream.bin_s > 0 else np.ones(int(took.sum()), np.int64)
    at = np.minimum(stream.t[took] // bin_us, bins - 1)
    counts = np.bincount(stream.sku[took] * bins + at, units, n * bins).reshape(n, bins)
    width = np.full(bins, bin_us, np.int64)
    width[-1] = max(end - (bins - 1) * bin_us, 1)
    open_us, cut = np.tile(width, (n, 1)), np.zeros((n, bins), bool)
    for w in [*blind, *_not_shown(stream, end)]:
        first, last = w.start // bin_us, (w.end - 1) // bin_us
        if w.start > first * bin_us:
            cut[w.sku, first] = True
            first += 1
        open_us[w.sku, first:last] = 0
        if last >= first:
            open_us[w.sku, last] = max(0, (last * bin_us + width[last]) - w.end)
    counts[open_us <= 0] = 0
    return counts, open_us / US, cut & (open_us > 0)


def _not_shown(stream: Stream, end: int) -> list[Window]:
    """Spells before a SKU that opens with nothing first had anything: they tell nothing of its demand."""
    found = []
    for k, sku in enumerate(stream.skus):
        if sku.stock <= 0:
            path = stream.levels[stream.levels["sku"] == sku.id]
            shown = path.loc[path["stock"] > 0, "t_s"]
            found.append(Window(k, 0, to_us(float(shown.iloc[0])) if len(shown) else end, "not shown"))
    return [w for w in found if w.end > w.start]


def _room(stream: Stream, bin_us: int, bins: int) -> np.ndarray:
    """People in the middle of every bin; 1 where nobody counted them."""
    if stream.viewers is None:
        return np.ones(bins)
    t, people = stream.viewers
    return np.maximum(np.interp((np.arange(bins) + 0.5) * bin_us, t, people), 1.0)


def _shapes(stream: Stream, bin_us: int, bins: int) -> np.ndarray:
    """Mean shape of the cues of each SKU and kind over every bin, float64 [sku, kind, bin]."""
    made = np.zeros((len(stream.skus), len(CUE_KINDS), bins))
    index = {s.id: k for k, s in enumerate(stream.skus)}
    for cue in stream.cues:
        kernel = cue.kernel()
        first = int(cue.at_s * US // bin_us)
        over = np.arange(first, min(bins, first + int(kernel.duration_s * US // bin_us) + 2))
        points = (over[:, None] + (np.arange(FINE) + 0.5) / FINE) * (bin_us / US)
        made[index[cue.sku], CUE_KINDS.index(cue.kind), over] += kernel.shape_at(points - cue.at_s).mean(1)
    return made


def _maximise(counts: np.ndarray, exposure: np.ndarray, cut: np.ndarray, shape: np.ndarray) -> Fit:
    """EM for bases and lifts; each round cannot lower the likelihood."""
    seen = np.einsum("sb,skb->k", exposure > 0, shape) > 0
    lift = np.where(seen, 1.0, 0.0)
    base = counts.sum(1) / np.maximum((exposure * (1.0 + np.einsum("k,skb->sb", lift, shape))).sum(1), 1e-300)
    for _ in range(ROUNDS):
        pull = 1.0 + np.einsum("k,skb->sb", lift, shape)
        orders = _at_least(counts, base[:, None] * exposure * pull, cut)
        drawn = np.einsum("sb,skb->k", orders / pull, shape) * lift
        could = np.einsum("s,sb,skb->k", base, exposure, shape)
        fresh = np.where(could > 0, drawn / np.maximum(could, 1e-300), 0.0)
        on_sale = (exposure * (1.0 + np.einsum("k,skb->sb", fresh, shape))).sum(1)
        next_base = orders.sum(1) / np.maximum(on_sale, 1e-300)
        still = np.allclose(fresh, lift, CLOSE, CLOSE) and np.allclose(next_base, base, CLOSE, 0.0)
        lift, base = fresh, next_base
        if still:
            break
    return Fit(base, lift, counts.sum(1), on_sale * (exposure.sum(1) > 0), drawn, could)


def _at_least(counts: np.ndarray, mu: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Recorded orders, and in bins where stock ran out the orders expected given that at least these came."""
    if not cut.any():
        return counts.astype(float)
    from scipy.special import gammainc

    made, n, m = counts.astype(float), counts[cut], mu[cut]
    tail = np.where(n > 0, gammainc(np.maximum(n, 1), m), 1.0)
    before = np.where(n > 1, gammainc(np.maximum(n - 1, 1), m), 1.0)
    made[cut] = np.where(tail > 1e-280, np.maximum(m * before / np.maximum(tail, 1e-300), n), n)
    return made


def _block(open_s: np.ndarray, bin_us: int) -> int:
    """Bins in a block: long enough to hold slow swings, short enough that the SKU longest on sale has ``BLOCKS``."""
    longest = float(open_s.sum(1).max(initial=0.0))
    return max(1, round(max(BLOCK_S, longest / BLOCKS) * US / bin_us))


def _scatter(counts: np.ndarray, expected: np.ndarray, plain: np.ndarray, block: int) -> tuple[float, float]:
    """Fano factor of block sums about the fit (at least 1), and the variance of a gamma factor that would explain it."""
    usable = counts.shape[1] // block * block
    if usable == 0:
        return 1.0, 0.0
    whole = plain[:, :usable].reshape(len(counts), -1, block).all(2)
    y, m = ((a[:, :usable].reshape(len(counts), -1, block)).sum(2)[whole] for a in (counts, expected))
    if len(y) < 3 or m.sum() <= 0:
        return 1.0, 0.0
    spread = float(((y - m) ** 2).sum()) * len(y) / max(len(y) - 1.0, 1.0)
    return max(1.0, spread / float(m.sum())), max(0.0, (spread - float(m.sum())) / float((m**2).sum()))


def _unseen(stream: Stream, blind: tuple[Window, ...], fit: Fit) -> tuple[str, ...]:
    """Kinds of cue that fall into blind spells and were never seen outside one."""
    index = {s.id: k for k, s in enumerate(stream.skus)}
    kinds = {c.kind for c in stream.cues for w in blind if index[c.sku] == w.sku and w.start <= c.at_s * US < w.end}
    return tuple(kind for k, kind in enumerate(CUE_KINDS) if kind in kinds and fit.lift_e[k] <= 0)


def _hotness(made: Imputation, w: Window) -> float:
    """Orders of the last ``HOT_S`` before a spell over those the fit expects there; NaN where too few came to tell."""
    s = made.stream
    begin = max(0, w.start - to_us(HOT_S))
    begin = max([begin, *(v.end for v in made.windows if v.sku == w.sku and v.end <= w.start)])
    mine = (s.what == TAKE) & (s.sku == w.sku) & (s.t > begin) & (s.t <= w.start)
    units = s.qty[mine].sum() if s.kind == "levels" or s.bin_s > 0 else mine.sum()
    if units < HOT_LEAST or w.start <= begin:
        return float("nan")
    rate = made.rate(w.sku, float(made.fit.base[w.sku]), made.fit.lift)
    edges = np.arange(len(rate)) * made.bin_us
    inside = np.clip(np.minimum(edges + made.bin_us, w.start) - np.maximum(edges, begin), 0, None) / US
    expected = float((rate * inside).sum())
    return float(units / expected) if expected > 0 else float("nan")
