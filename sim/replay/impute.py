"""Demand that a recording could not show, estimated from what it could: one posterior, bounded below and above.

The model is that of ``posterior.py`` over the cells of ``cells.py``, with the priors of ``fitted.py``: what no cue causes, every
cue with its own shape and size, those who come before an expected cue, the cart path, followers of earlier orders, and the mood
of the room. All SKUs share the mood; it is estimated from the recording up to the stop, and from what still sold after it, and
lets go with its time constants.

* low: nobody would have come while nothing could be had.
* likely: parameters and mood drawn from the posterior anew in each replicate, then the orders, then their followers.
* high: as many orders as only one draw in a hundred has, or, where the last five minutes before the spell ran hotter than that,
  demand goes on as hot as in those (``Imputation.hot``).

Likely orders are among the high ones, so bounds are paired.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from scenarios.contract import CUE_KINDS, Cue, Herding, Scenario, Shoppers
from scenarios.spread import Spread
from sim.core.tape import TAKE
from sim.core.units import US, to_us
from sim.demand.intensity import Carts, landed
from sim.replay.cells import DemandSource, blind_cells, counted, laid, open_cells, sources, step_of
from sim.replay.censor import PAGE_S, Window, served, windows
from sim.replay.fitted import Group, fitted, together
from sim.replay.stream import Stream
from sim.replay.taught import Taught

LOW, LIKELY, HIGH = "low", "likely", "high"
BOUNDS = (LOW, LIKELY, HIGH)
INTERVAL, LAST_MINUTES = "1 draw in 100", "last five minutes"
"""What the high bound of a spell rests on."""
BIN_S = 60.0
"""Width of the steps of the room's mood [show s]; single orders are counted in finer cells."""
HOT_S, HOT_LEAST = 300.0, 5
"""Span before a spell that tells whether demand was accelerating [show s]; orders it must hold to say so."""


@dataclass(frozen=True, eq=False)
class Imputation:
    """What is needed to draw the demand of a recording's blind spells.

    windows: the spells. groups: posteriors; place: per SKU, the number of its group (-1: nothing to fit). carts, herd_s, lead_s:
    the cart path, mean delay of a follower, mean time somebody is early [show s]. hot: per window, rate of the five minutes
    before it over the fitted one without a mood; NaN where too few orders tell. unknown: kinds of cue in blind spells that were
    never seen while the SKU was on sale: their declared peaks stand in. taught: what other nights say.
    """

    stream: Stream
    windows: tuple[Window, ...]
    groups: tuple[Group, ...]
    place: np.ndarray
    carts: Carts
    herd_s: float
    lead_s: float
    hot: np.ndarray
    unknown: tuple[str, ...]
    taught: Taught | None = None

    def blind(self, number: int) -> tuple[np.ndarray, sparse.csr_matrix]:
        """Cells of a spell, float64 [cell, 2], and what every source of its group brings in them at level 1."""
        w = self.windows[number]
        every = self.groups[self.place[w.sku]].every
        return in_spell(self.stream, w, every, self.carts, self.lead_s, self.taught)

    def longest_s(self, cue: Cue) -> float:
        """Seconds after a cue until which its orders come."""
        return cue.kernel().duration_s + (self.carts.longest_s() if self.carts.direct < 1 else 0.0)

    def response(self, cue: Cue, at_s: np.ndarray) -> np.ndarray:
        """Response to a cue at these moments, as the mean over a second: 1 at the peak of its shape where nobody uses a cart."""
        kernel = cue.kernel()
        shape = (kernel.shape, kernel.tau_s, kernel.duration_s, self.carts)
        return landed(*shape, at_s - cue.at_s + 0.5) - landed(*shape, at_s - cue.at_s - 0.5)

    def level(self, sku: int, cue: int) -> float:
        """Fitted level of a source [orders a second at the peak of its response]; ``cue`` -1: of what no cue causes."""
        if self.place[sku] < 0:
            return 0.0
        group = self.groups[self.place[sku]]
        p = group.best.prior
        own = next(k for k, s in enumerate(group.every) if s.sku == sku and s.cue == cue and not s.early)
        return float(np.exp(p.levels[[own]] @ group.best.theta + p.known[own])[0])


def in_spell(
    stream: Stream, w: Window, every: tuple[DemandSource, ...], carts: Carts, lead_s: float, taught: Taught | None
) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Cells of a spell, float64 [cell, 2], and what every source brings in them at level 1, in a room as other nights say."""
    cells = blind_cells(stream, w)
    _, _, _, at = laid(taught.over(stream) if taught else stream, list(every), {w.sku: cells}, carts, lead_s)
    return cells, at


def impute(stream: Stream, bin_s: float = BIN_S, world: Scenario | None = None, taught: Taught | None = None) -> Imputation:
    """Fit the model to a recording. Same arguments, same answer.

    bin_s: steps of the room's mood [show s]. world: whose cart path, herding delay and spread (how much a room may move) are held
    likely beforehand; none: the defaults. taught: what other nights of the shop say of this one.
    """
    shoppers, herding, spread = (world.shoppers, world.herding, world.spread) if world else (Shoppers(), Herding(), Spread())
    faster = stream.speedup
    carts, herd_s, lead_s = Carts.of(shoppers, faster), herding.mean_s / faster, spread.lead_s / faster
    page_s = max(PAGE_S, world.touchpoints.product_page.lag_s if world else 0.0) / faster
    on_payment = world is not None and world.ledger.mode == "deduct_on_payment"
    blind = tuple(windows(stream, on_payment, page_s))
    place, groups = np.full(len(stream.skus), -1), []
    shown, felt = served(stream, on_payment), taught.over(stream) if taught else stream
    for skus in together(stream, blind):
        every = sources(stream, skus, spread.lead_share > 0)
        step = step_of(stream, bin_s)
        cells = open_cells(felt, blind, skus, every, step, carts, (lead_s, herd_s), shown)

        def after(number: int, every: tuple[DemandSource, ...] = tuple(every)) -> tuple[np.ndarray, sparse.csr_matrix]:
            return in_spell(stream, blind[number], every, carts, lead_s, taught)

        groups.append(fitted(stream, tuple(skus), tuple(every), cells, bin_s, spread, step <= herd_s / 2, after, blind, taught))
        place[skus] = len(groups) - 1
    unseen = _unseen(stream, blind, groups)
    imputation = Imputation(stream, blind, tuple(groups), place, carts, herd_s, lead_s, np.empty(0), unseen, taught)
    hot = np.array([_hotness(imputation, w) for w in blind])
    return Imputation(**{**vars(imputation), "hot": hot})


def _unseen(stream: Stream, blind: tuple[Window, ...], groups: list[Group]) -> tuple[str, ...]:
    """Kinds of cue that fall into blind spells and were never seen outside one."""
    seen = set()
    for g in groups:
        some = np.asarray(g.problem.cells.at.sum(0)).ravel()
        seen |= {stream.cues[s.cue].kind for s, n in zip(g.every, some, strict=True) if s.cue >= 0 and not s.early and n > 0}
    index = {s.id: k for k, s in enumerate(stream.skus)}
    kinds = {c.kind for c in stream.cues for w in blind if index[c.sku] == w.sku and w.start <= c.at_s * US < w.end}
    return tuple(kind for kind in CUE_KINDS if kind in kinds - seen)


def _hotness(imputation: Imputation, w: Window) -> float:
    """Orders of the last ``HOT_S`` before a spell over those fitted in an ordinary mood; NaN where too few came."""
    s = imputation.stream
    begin = max(0, w.start - to_us(HOT_S))
    begin = max([begin, *(v.end for v in imputation.windows if v.sku == w.sku and v.end <= w.start)])
    own = (s.what == TAKE) & (s.sku == w.sku) & (s.t > begin) & (s.t <= w.start)
    units = s.qty[own].sum() if counted(s) else own.sum()
    if units < HOT_LEAST or w.start <= begin:
        return float("nan")
    g = imputation.groups[imputation.place[w.sku]]
    c, p = g.problem.cells, g.best.prior
    rate = c.at @ np.exp(p.levels @ g.best.theta + p.known)
    share = np.clip((np.minimum(c.end, w.start / US) - np.maximum(c.start, begin / US)) / (c.end - c.start), 0, 1)
    expected = float((rate * share)[c.sku == w.sku].sum())
    return float(units / expected) if expected > 0 else float("nan")
