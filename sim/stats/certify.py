"""Is a setting within its limits? Certified, refuted, or undecided: what the shows played allow to say, rare events included.

A limit is certified where a one-sided bound at the stated confidence lies within it, refuted where the opposite bound lies
beyond. All limits of a set must be certified in every world, each at that confidence, for the set to be (an intersection-union
test needs no correction, Berger 1982); to refute the set one is enough, at a level divided by the number of limits and worlds.

Rates are judged by shows, not by orders: oversells cluster. With events in FEW shows or more of ENOUGH, whole shows are resampled
(bootstrap-t, DiCiccio and Efron 1996), and the bound is the wider of that and Student's with its tail widened
(:func:`~sim.stats.paired.tailed`), each at half the level: at the whole level 12 % of studies of 30 lognormal shows certified
falsely where 5 % was claimed (docs/background/coverage.md). With fewer such shows a resampled interval is too narrow, with none
it is [0, 0]. There the share oversold in a show is taken as a share of ``worst``, the largest one held possible, and bounded as
Clopper and Pearson (1934) bound a probability, with the sum of shares for the number of events: no law of given mean in
[0, worst] spreads more than the one that is 0 or ``worst`` (so it errs to the safe side). No event in n shows leaves
``worst (1 - (1 - c)^(1/n))``, about ``3 worst / n``. Missed sales are judged in the same way; notices by the wider of the same
two bounds at half the level, and not by fewer than ENOUGH shows: what one show in twenty has may be unseen in fewer.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from scenarios.contract import Scenario
from sim.demand.streams import stream
from sim.score.profiles import LIMITED, Limits
from sim.stats.paired import student, tailed

CERTIFIED, REFUTED, UNDECIDED = "certified", "refuted", "undecided"
FEW = 30
"""Shows with an event below which neither resampling shows nor the worst of them is trusted."""
DRAWS, SLICE, MANY = 2000, 100, 2000
"""Resamples of the shows, and how many are drawn at once; shows beyond which they are left out."""
ENOUGH = 59
"""Shows without which what one in twenty has goes unseen more than once in twenty studies: .95^59 < .05."""
TAIL = 20
"""Fewest resamples that must lie beyond a bound."""
RARE = ("seller_cancel_rate", "session_oversold", "missed_rate")
"""Limits on what most shows do not have at all."""
WORST = 1.0
"""Largest share of a show's orders oversold, where nothing else is known."""
SHARED = ("cancelled_orders", "settled_orders")
"""Columns that say what a show can come to."""
NEEDED = (*SHARED, "session_oversold", "avoidable_units", "sold_units", "notices_per_operator_hour")
"""Columns a certificate is made from."""


@dataclass(frozen=True)
class Check:
    """One limit: value found, its one-sided bounds, the limit, the state, and how many shows without any further event would
    certify it (0: certified already, or that number is no help)."""

    name: str
    value: float
    low: float
    high: float
    limit: float
    state: str
    shows: int


@dataclass(frozen=True)
class Certificate:
    """A set of limits for one candidate in one world (its number), over ``shows`` shows."""

    limits: str
    confidence: float
    shows: int
    checks: tuple[Check, ...]
    world: int = 0

    @property
    def state(self) -> str:
        """Of the set: refuted if one limit is, certified if all are."""
        states = {c.state for c in self.checks}
        return REFUTED if REFUTED in states else UNDECIDED if UNDECIDED in states else CERTIFIED

    @property
    def columns(self) -> dict[str, float]:
        """Value, bounds and limit of every figure, as a table has them."""
        columns: dict[str, float] = {}
        for c in self.checks:
            columns |= {c.name: c.value, f"{c.name}_low": c.low, f"{c.name}_high": c.high, f"{c.name}_limit": c.limit}
        return columns

    @property
    def open(self) -> tuple[Check, ...]:
        """The limits that keep it from being certified."""
        return tuple(c for c in self.checks if c.state != CERTIFIED)


def certify(
    shows: Mapping[str, np.ndarray],
    limits: Limits,
    confidence: float = 0.95,
    worst: float = WORST,
    worlds: int = 1,
    certain: Collection[str] = (),
) -> Certificate:
    """Judge one candidate. shows: columns NEEDED, one entry per show. worst: see the module; a share in (0, 1]. worlds: how many
    it is judged in, any of which can refute it. certain: limits that hold by construction (:func:`by_construction`): with nothing
    found against them, no show more is needed.

    >>> quiet = {name: np.zeros(200) for name in NEEDED} | {"settled_orders": np.full(200, 500.0)}
    >>> made = certify(quiet, Limits("mine", seller_cancel_rate=0.001, session_oversold=0.02))
    >>> [(c.name, round(c.high, 4), c.state, c.shows) for c in made.checks[:2]]
    [('seller_cancel_rate', 0.0149, 'undecided', 2995), ('session_oversold', 0.0149, 'certified', 0)]
    """
    columns = {name: np.asarray(shows[name], float) for name in NEEDED}
    n = len(columns["settled_orders"])
    named = [(name, limit) for name in LIMITED if (limit := getattr(limits, name)) is not None]
    alpha = 1 - confidence
    rows = []
    for name, limit in named:
        value, (_, high) = _bounds(name, columns, alpha, worst)
        _, (low, _) = _bounds(name, columns, alpha / (len(named) * worlds), worst)
        if name in certain and value == 0.0:
            low = high = 0.0
        state = CERTIFIED if high <= limit else REFUTED if low > limit else UNDECIDED
        rows.append(Check(name, value, low, high, limit, state, _shows(name, value, limit, alpha, worst, state)))
    return Certificate(limits.name, confidence, n, tuple(rows))


def cannot_oversell(scenario: Scenario) -> bool:
    """Whether no show of a world can oversell, whatever a policy does: units are held from the order on, checkout looks at the
    stock and sees it as it is, late money is given back, no leak is open. It says nothing of a recording, which brings its own
    orders."""
    ledger, leaks = scenario.ledger, scenario.leaks
    sizes = (leaks.stale_read_s, leaks.poll_s, leaks.record_error_p, leaks.overlist_share, leaks.late_callback_p,
             leaks.duplicate_p, leaks.edits_per_show, leaks.lost_release_p)  # fmt: skip
    held = ledger.mode in ("deduct_on_order", "pre_hold") and ledger.checks_stock and ledger.late_payment == "refund"
    return held and leaks.erp_mode != "absolute" and not any(sizes) and not any(c.lag_s for c in scenario.channels)


def by_construction(scenario: Scenario) -> tuple[str, ...]:
    """Limits that every policy keeps in every show of a world, whatever was played: of a world that cannot oversell that on shows
    with an oversell; where no money can come late either, that on orders the seller cancels."""
    if not cannot_oversell(scenario):
        return ()
    late = scenario.ledger.mode == "pre_hold"
    return ("session_oversold",) if late else ("session_oversold", "seller_cancel_rate")


def _bounds(name: str, columns: Mapping[str, np.ndarray], alpha: float, worst: float) -> tuple[float, tuple[float, float]]:
    """Value of one figure and its one-sided bounds, each at ``alpha``."""
    if name == "session_oversold":
        hit = columns[name] > 0
        return float(hit.mean()), clopper_pearson(float(hit.sum()), len(hit), alpha)
    if name == "seller_cancel_rate":
        return rate_bounds(columns["cancelled_orders"], columns["settled_orders"], alpha, worst)
    if name == "missed_rate":
        missed = columns["avoidable_units"]
        return rate_bounds(missed, missed + columns["sold_units"], alpha)
    return mean_bounds(columns[name], alpha)


def mean_bounds(values: np.ndarray, alpha: float) -> tuple[float, tuple[float, float]]:
    """Mean of what every show has, and one-sided bounds, each at ``alpha``; an infinite show refutes any limit."""
    mean, n = float(values.mean()), len(values)
    if not math.isfinite(mean):
        return mean, (mean, mean)
    if n < ENOUGH:
        low = mean - student(1 - 2 * alpha, n - 1) * float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else -math.inf
        return mean, (low, math.inf)
    low, high = _resampled(values, np.ones(n), mean, alpha / 2)
    return mean, (low, high)


def rate_bounds(oversold: np.ndarray, paid: np.ndarray, alpha: float, worst: float = WORST) -> tuple[float, tuple[float, float]]:
    """Oversold orders over paid orders of all shows (or any events over sizes), and one-sided bounds at ``alpha`` each way; see
    the module."""
    n, per_show = len(paid), float(np.mean(paid))
    if per_show <= 0:
        return 0.0, (0.0, 1.0)
    share = np.minimum(np.asarray(oversold, float) / per_show / max(worst, 1e-12), 1.0)
    value = float(np.sum(oversold) / np.sum(paid))
    if np.count_nonzero(share) >= FEW and n >= ENOUGH:
        low, high = _resampled(np.asarray(oversold, float), np.asarray(paid, float), value, alpha / 2)
        return value, (max(0.0, low), min(1.0, high))
    low, high = clopper_pearson(float(share.sum()), n, alpha)
    return value, (low * worst, high * worst)


def _resampled(events: np.ndarray, sizes: np.ndarray, rate: float, alpha: float) -> tuple[float, float]:
    """One-sided bounds of a ratio of sums, each at ``alpha``: the wider of bootstrap-t over shows and :func:`tailed`.

    Where ``alpha`` is too small for the number of resamples, quantiles are stretched as Student's are.
    """
    n, own = len(sizes), events - rate * sizes
    _, low, high = (rate + float(x) for x in tailed(own / sizes.mean(), alpha))
    if n > MANY:  # the two agree, and that many weights would fill the memory
        return low, high
    t = _pivots(events.tobytes(), sizes.tobytes(), rate)
    least = max(alpha, TAIL / DRAWS)
    stretch = student(1 - 2 * alpha, n - 1) / student(1 - 2 * least, n - 1)
    high_t, low_t = np.quantile(t, [least, 1 - least]) * stretch * float(np.sqrt(own @ own) / sizes.sum())
    return min(rate - float(low_t), low), max(rate - float(high_t), high)


@lru_cache(maxsize=64)
def _pivots(events: bytes, sizes: bytes, rate: float) -> np.ndarray:
    """Bootstrap-t of a ratio of sums, float64 [draw]; the same for every confidence and every limit. events, sizes: float64
    [show]."""
    x, y = np.frombuffer(events), np.frombuffer(sizes)
    drawn = _resamples(len(y))
    of = drawn @ y
    again = drawn @ x / of
    squares = drawn @ x**2 - 2 * again * (drawn @ (x * y)) + again**2 * (drawn @ y**2)
    error = np.sqrt(np.maximum(squares, 0.0)) / of
    return np.where(error > 0, (again - rate) / np.where(error > 0, error, 1.0), 0.0)


@lru_cache(maxsize=1)
def _resamples(shows: int) -> np.ndarray:
    """Weights of whole shows drawn with replacement, float64 [draw, show]: the same for every candidate, so laid down once."""
    weights, chance, even = np.empty((DRAWS, shows)), stream(0, "certify"), np.full(shows, 1 / shows)
    for k in range(0, DRAWS, SLICE):  # whole numbers take as much room again
        weights[k : k + SLICE] = chance.multinomial(shows, even, size=SLICE)
    return weights


def clopper_pearson(events: float, trials: int, alpha: float) -> tuple[float, float]:
    """One-sided bounds of a probability, each at ``alpha``: Beta quantiles, also for a sum of shares in place of a count.

    >>> [round(v, 4) for v in clopper_pearson(0, 200, 0.05)], [round(v, 4) for v in clopper_pearson(3, 20, 0.025)]
    ([0.0, 0.0149], [0.0321, 0.3789])
    """
    from scipy.special import betaincinv

    low = float(betaincinv(events, trials - events + 1, alpha)) if events > 0 else 0.0
    high = float(betaincinv(events + 1, trials - events, 1 - alpha)) if events < trials else 1.0
    return low, high


def _shows(name: str, value: float, limit: float, alpha: float, worst: float, state: str) -> int:
    """Shows without an event after which the bound would be within the limit: ``log(alpha)/log(1 - limit/worst)``."""
    if state == CERTIFIED or value > 0 or name not in RARE:
        return 0
    share = limit / (worst if name == "seller_cancel_rate" else 1.0)
    return 0 if share <= 0 or share >= 1 else math.ceil(math.log(alpha) / math.log1p(-share))


def worst_share(oversold: np.ndarray, paid: np.ndarray) -> float:
    """The largest share of a show's orders that any candidate oversold, if at least FEW different shows had an oversell: what a
    show can come to in this world. Else 1: the largest of a few is no bound of the next one. Both float64 [show, candidate];
    NaN: not played. Shows are counted, not runs: candidates share them."""
    return worst_of(largest_shares(np.stack([oversold, paid], axis=-1).reshape(1, len(oversold), -1, 2))[0])


def largest_shares(rows: np.ndarray) -> np.ndarray:
    """The largest share of its orders that any candidate oversold in a show, float64 [world, show]. rows: float64 [world, show,
    candidate, SHARED]; NaN: not played."""
    return np.nan_to_num(rows[..., 0] / np.maximum(rows[..., 1], 1.0)).max(2, initial=0.0)


def worst_of(shares: np.ndarray) -> float:
    """What a show can come to, from :func:`largest_shares` of a world, float64 [show]; see :func:`worst_share`."""
    return min(1.0, float(shares.max(initial=0.0))) if np.count_nonzero(shares) >= FEW else WORST


def in_worst_world(
    rows: np.ndarray, limits: Limits, confidence: float, picked: Sequence[int] | None = None,
    certain: Sequence[Collection[str]] | None = None,
) -> list[Certificate]:  # fmt: skip
    """For every candidate the certificate of the world in which it does worst. rows: float64 [world, show, candidate, NEEDED],
    NaN: not played. picked: the candidates wanted; all of them say what a show can come to. certain: by world, see
    :func:`certify`."""
    return by_limits(rows, {limits.name: limits}, confidence, picked, certain)[limits.name]


def by_limits(
    rows: np.ndarray,
    several: Mapping[str, Limits],
    confidence: float,
    picked: Sequence[int] | None = None,
    certain: Sequence[Collection[str]] | None = None,
    worst: Sequence[float] | None = None,
) -> dict[str, list[Certificate]]:
    """The same for several sets of limits by name, which share what is resampled of a candidate's shows. worst: what a show can
    come to, by world; None: what these candidates say."""
    worst = [worst_of(shares) for shares in largest_shares(rows[..., : len(SHARED)])] if worst is None else worst
    certificates: dict[str, list[Certificate]] = {name: [] for name in several}
    for k in range(rows.shape[2]) if picked is None else picked:
        played = [world[~np.isnan(world[:, k]).any(1), k] for world in rows]
        for name, limits in several.items():
            of_worlds = [
                replace(certify(dict(zip(NEEDED, shows.T, strict=True)), limits, confidence, worst[number], len(rows),
                                certain[number] if certain else ()), world=number)
                for number, shows in enumerate(played)
            ]  # fmt: skip
            certificates[name].append(max(of_worlds, key=_badness))
    return certificates


def _badness(c: Certificate) -> tuple[int, float]:
    return (CERTIFIED, UNDECIDED, REFUTED).index(c.state), max((x.high / max(x.limit, 1e-12) for x in c.checks), default=0.0)
