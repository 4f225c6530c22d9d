"""The posterior of some SKUs of a recording: what is believed beforehand, how much the room moves, whether orders bring orders.

Beliefs are normal on the log scale. What no cue causes: UNCUED_SD about what the defaults leave to it; the level of cues,
FEATURED_SD about what the defaults say of featured and other demand; kinds apart from their declared peaks, KIND_SD; SKUs among
each other, APPEAL_SD; cues of a kind, ``Spread.cue_sd``. So a cue of a kind never seen on sale brings what its declared peak
says, and is uncertain.

How much the room moves is told by the recording: scales of the spread's mood are weighed by their evidence, 0 being a room that
does not move; herding likewise is there or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from scenarios.contract import CUE_KINDS, Herding, Shoppers
from scenarios.spread import Spread
from sim.core.tape import TAKE
from sim.core.units import US
from sim.demand.intensity import shelf_share
from sim.replay.cells import Cells, DemandSource, expected
from sim.replay.censor import Window, demand_end
from sim.replay.posterior import Posterior, Prior, Problem, posterior
from sim.replay.stops import Stop, stopped
from sim.replay.stream import Stream
from sim.replay.tails import LARGE, Tail, tails
from sim.replay.taught import Taught
from sim.stats.latent import Process

SCALES = ((0.0, 0.25), (0.5, 0.1), (1.0, 0.5), (1.5, 0.15))
"""Scales of the spread's mood and their weights beforehand: a quarter for a room that does not move (project, A)."""
HERDS, HERD, HERD_SD = 0.25, float(np.log(Herding().branching)), 0.7
"""Weight of herding beforehand; log of the branching and its standard deviation where there is some (project, A)."""
UNCUED_SD, FEATURED_SD, KIND_SD, APPEAL_SD, LEAST_CUE_SD = 2.0, 1.5, 0.35, 0.5, 0.1
"""Standard deviations of logs; UNCUED_SD is that of popularity [CMM], the others are the project's (A)."""
FEATURED = float(np.log(Shoppers().buy_rate / Shoppers().shelf_rate))
LEAD_SD = 1.0
"""Standard deviation of the log of the orders that come early over those that wait (project, A)."""
TOGETHER, MOST_BINS = 40, 20_000
"""Most SKUs of one posterior, most bins of a mood."""


@dataclass(frozen=True, eq=False)
class Group:
    """SKUs with one posterior. every: their sources; problem: their open cells; fits: a posterior per scale of the mood, without
    herding and with it; weights: of the fits, sum 1. tails: cues that may be far larger than believed."""

    skus: tuple[int, ...]
    every: tuple[DemandSource, ...]
    problem: Problem
    fits: tuple[Posterior, ...]
    weights: np.ndarray
    tails: tuple[Tail, ...]

    @property
    def best(self) -> Posterior:
        """The posterior of the likeliest mood."""
        return self.fits[int(self.weights.argmax())]


def together(stream: Stream, blind: tuple[Window, ...]) -> list[list[int]]:
    """SKUs that are fitted together: those with a blind spell or a cue, and others beside them as long as there is room."""
    sold = np.bincount(stream.sku[stream.what == TAKE], minlength=len(stream.skus))
    cued, dark = {c.sku for c in stream.cues}, {w.sku for w in blind}
    needed = [k for k, s in enumerate(stream.skus) if k in dark or s.id in cued]
    rest = [k for k in range(len(stream.skus)) if k not in set(needed) and sold[k]]
    order = [k for part in (needed, rest) for k in sorted(part, key=lambda k: (-sold[k], k))]
    size = -(-len(needed) // TOGETHER)
    return [sorted(needed[k::size]) for k in range(size)] if size > 1 else [sorted(order[:TOGETHER])] if needed else []


def fitted(
    stream: Stream, skus: tuple[int, ...], every: tuple[DemandSource, ...], cells: Cells, bin_s: float, spread: Spread,
    herds: bool, after: Callable[[int], tuple[np.ndarray, sparse.csr_matrix]], blind: tuple[Window, ...],
    taught: Taught | None = None
) -> Group:  # fmt: skip
    """The posteriors of these SKUs under every scale of the mood, with herding (``herds``: where cells are fine enough) and
    without, and the weight of each. Later fits start where earlier ones ended. after: what every source brings in
    the cells of a ``blind`` spell, with these. taught: what other nights say."""
    end = demand_end(stream) / US
    width = max(bin_s, end / MOST_BINS)
    bins = max(1, int(np.ceil(end / width)))
    bin_of = np.minimum(((cells.start + cells.end) / 2 / width).astype(int), bins - 1)
    ends = stopped(blind, cells, after, width, bins)
    parts = [(spread.mood_sd, spread.mood_s / stream.speedup), (spread.slow_sd, spread.slow_s / stream.speedup)]
    scales = SCALES if any(sd > 0 for sd, _ in parts) else ((0.0, 1.0),)
    fits: dict[tuple[float, bool], Posterior] = {}
    large: frozenset[int] = frozenset()

    def problem(
        scale: float, herds: bool, large: frozenset[int], stops: tuple[Stop, ...] = ()
    ) -> tuple[Problem, tuple[Process, ...]]:
        mood = tuple(Process(sd * scale, tau) for sd, tau in parts if sd * scale > 0)
        cue_sd = spread.cue_sd if mood else 0.0
        prior = _prior(stream, skus, every, cells, max(LEAST_CUE_SD, cue_sd), herds, spread, large)
        level = taught.believed(stream, spread, scale) if taught else None
        return Problem(cells, _told(prior, every, level) if level else prior, bin_of, bins, width, stops), mood

    def fit(scale: float, herds: bool) -> None:
        before = next(((f.z, f.theta) for (_, h), f in reversed(fits.items()) if h == herds), None)
        fits[scale, herds] = posterior(*problem(scale, herds, large, ends), before)

    def every_fit() -> tuple[float, bool]:
        for scale, _ in scales:
            fit(scale, False)
        if herds:
            best = max(fits, key=lambda key: fits[key].evidence)[0]
            fit(best, True)
            if fits[best, True].evidence > fits[best, False].evidence:
                for scale in [s for s, _ in scales if s != best]:
                    fit(scale, True)
        return max(fits, key=lambda key: fits[key].evidence)

    def found() -> tuple[Tail, ...]:
        best = every_fit()
        return tails(fits[best], names, spread, large, lambda cue, at: posterior(*problem(*best, large | {cue}), at))

    names = _names(stream, skus, every, False)
    maybe = found()
    # One of the tail that hides behind another is found once that one is known.
    while more := {t.cue for t in maybe if t.chance > LARGE}:
        large |= more
        fits.clear()
        maybe = found()
    beforehand = dict(scales)
    logs = np.array([f.evidence + np.log(beforehand[s] * (HERDS if h else 1 - HERDS)) for (s, h), f in fits.items()])
    weights = np.exp(logs - logs.max())
    whole, _ = problem(0.0, False, large)
    return Group(skus, every, whole, tuple(fits.values()), weights / weights.sum(), maybe)


def _names(stream: Stream, skus: tuple[int, ...], every: tuple[DemandSource, ...], herds: bool) -> list[tuple]:
    """Parameters: one per SKU; one for cues in general, one per kind, per cued SKU, per cue; early comers; followers."""
    cued = sorted({s.cue for s in every if s.cue >= 0})
    kinds = sorted({stream.cues[c].kind for c in cued}, key=CUE_KINDS.index)
    featured = sorted({s.sku for s in every if s.cue >= 0})
    names: list[tuple] = [("uncued", k) for k in skus]
    names += [("featured",)] * bool(cued) + [("kind", k) for k in kinds] + [("appeal", k) for k in featured]
    return names + [("cue", c) for c in cued] + [("early",)] * any(s.early for s in every) + [("herd",)] * herds


def _usual(cells: Cells, more: np.ndarray) -> float:
    """Log of the orders a second of an SKU without a cue, were everything as the defaults say. more: log of what every source
    brings at its peak over that."""
    brought = np.asarray(cells.at.sum(0)).ravel()
    return float(np.log((float(cells.orders.sum()) + 0.5) / max(float(brought @ np.exp(more)), 1.0)))


def _prior(
    stream: Stream, skus: tuple[int, ...], every: tuple[DemandSource, ...], cells: Cells, cue_sd: float, herds: bool,
    spread: Spread, large: frozenset[int],
) -> Prior:  # fmt: skip
    """What is believed of :func:`_names`. large: cues of the tail."""
    names = _names(stream, skus, every, herds)
    at = {name: k for k, name in enumerate(names)}
    lead = float(np.log(max(spread.lead_share, 1e-3) / (1 - spread.lead_share)))
    rows, columns, known = [], [], np.zeros(len(every))
    for j, s in enumerate(every):
        if s.cue < 0:
            places = [at["uncued", s.sku]]
        else:
            cue = stream.cues[s.cue]
            known[j] = np.log(max(cue.kernel().peak, 1e-9))
            # Who comes early does not come with the others.
            known[j] += np.log1p(-spread.lead_share) if expected(cue) else 0.0
            places = [at[("featured",)], at["kind", cue.kind], at["appeal", s.sku], at["cue", s.cue]]
            places += [at[("early",)]] if s.early else []
        rows += [j] * len(places)
        columns += places
    levels = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(every), len(names)))
    featured = FEATURED - float(np.log(shelf_share([1.0] * len(stream.skus), 0)))
    usual = _usual(cells, known + np.array([featured * (s.cue >= 0) + lead * s.early for s in every]))
    spreads = {"uncued": (usual, UNCUED_SD), "featured": (usual + featured, FEATURED_SD), "kind": (0.0, KIND_SD),
               "appeal": (0.0, APPEAL_SD), "cue": (0.0, cue_sd), "early": (lead, LEAD_SD),
               "herd": (HERD, HERD_SD)}  # fmt: skip
    mean, sd = (np.array([spreads[name[0]][c] for name in names]) for c in (0, 1))
    tail = np.array([name[0] == "cue" and name[1] in large for name in names])
    mean, sd = np.where(tail, spread.mega_log, mean), np.where(tail, np.hypot(cue_sd, spread.mega_log_sd), sd)
    free = np.array([float(name[0] not in ("cue", "herd")) for name in names])
    return Prior(mean, 1 / sd**2, levels, known, at.get(("herd",), -1), free=free)


def _told(prior: Prior, every: tuple[DemandSource, ...], level: tuple[float, float, float]) -> Prior:
    """The prior with what other nights say of the one SKU's level, the first parameter: mean, standard deviation, share of its
    variance that is of the mean over nights."""
    mean, precision = prior.mean.copy(), prior.precision.copy()
    mean[0], precision[0] = level[0], level[1] ** -2
    free = np.broadcast_to(prior.free, len(mean)).astype(float)
    free[0] = level[2]
    return prior._replace(
        mean=mean, precision=precision, free=free, unknown=np.array([level[2] if s.cue < 0 else 1.0 for s in every])
    )
