"""Choosing the best of several candidates with as few shows as the question needs.

The procedure is KN of Kim and Nelson (2001, ACM TOMACS 11(3), fig. 1, c = 1), fully sequential and valid under common
random numbers because it looks only at paired differences. All candidates play a first batch; then the ones still in
play get further batches, and one is dropped as soon as it lies behind another by more than the continuation region

    W_il(r) = max(0, (h2 S2_il / delta - delta r) / (2 r)),      h2 = 2 eta (n - 1),
    eta = ((2 alpha / (k - 1)) ** (-2 / (n - 1)) - 1) / 2,

with r shows so far and S2_il the variance of the difference i - l over n of them. ``updating=False``: n is the
first batch (KN; exact for normal costs). ``updating=True``: n = r, renewed at every look (KN++, Kim and Nelson 2006,
Operations Research 54(3); valid as delta shrinks, whatever the law of the costs). Looking only once a batch is
valid: a process seen at fewer times leaves the region on the wrong side no more often (Jennison, Johnstone and
Turnbull 1982, the lemma KN's own proof rests on).

Costs of a show are not normal: an oversell that few shows have can cost more than all else. A candidate that has been lucky
so far would win by its luck, so W is widened by what may still be unseen, the range term of a Bernstein race (Maurer and
Pontil 2009; Mnih, Szepesvari and Audibert 2008) with M the largest deviation seen among those in play, or ``shock`` if
that is more:

    W_il(r) + M ln((k - 1) / alpha) / r        (the rule of three in money: an event not seen in r shows may happen in 3 / r)

What it promises: if one candidate is better than all others by ``delta`` or more, it is chosen with probability
``confidence`` at least; measured on normal, skewed and rare-shock costs in tests/study/test_selection.py. An event that no
show of the first batch had is allowed for only as far as ``shock`` says how much it can cost: events in fewer than about 1.5
shows of a first batch may escape it otherwise (:attr:`Rules.blind`; with shocks in 3 % of shows and a first batch of 20 the
choice was right in 80 % of races where 90 % was asked for; with ``shock`` in 99 %).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.stats.paired import shows_for, tailed
from sim.words import _

Draw = Callable[[Sequence[int], Sequence[int]], np.ndarray]
"""(candidate numbers, replicate numbers) to the figure of merit, float64 [replicate, candidate]; lower is better. Paired: the
same replicate number means the same tape."""
Tell = Callable[[int, int, str], None]

BEST, WORSE, NEAR, OUT, UNDECIDED = "best", "worse", "near", "out", "open"
"""What a candidate is: the best; shown to be worse; shown to be within delta of it; not told apart from it, but out of the race,
so not better by delta; not told apart, and still in the race."""


class SelectionError(ValueError):
    """A selection that cannot be made; the message is one sentence."""


@dataclass(frozen=True)
class SelectionRules:
    """How to select. delta: a difference too small to matter [CNY]. confidence: of the choice. first, batch, most: shows of
    the first batch, of each further one, and at most. budget: plays (candidate x show) at most; 0: no limit. updating: renew
    variances at every look. rare: allow for events not seen yet. shock: how much one show can cost beyond the mean of its
    candidate [CNY], though none did so far; 0: as much as the worst seen."""

    delta: float
    confidence: float = 0.95
    first: int = 30
    batch: int = 10
    most: int = 10_000
    budget: int = 0
    updating: bool = True
    rare: bool = True
    shock: float = 0.0

    @property
    def blind(self) -> float:
        """Share of shows below which events may escape the first batch."""
        return 0.0 if self.shock else min(1.0, 1.5 / self.first)

    def __post_init__(self) -> None:
        if not self.delta > 0:
            text = _("delta must be above 0 CNY, not {delta:g}; say which difference is too small to matter")
            raise SelectionError(text.format(delta=self.delta))
        if not 0.5 < self.confidence < 1:
            raise SelectionError(_("confidence must lie between 0.5 and 1, not {value:g}").format(value=self.confidence))
        if self.first < 3 or self.batch < 1 or self.most < self.first:
            raise SelectionError(_("a selection needs first >= 3, batch >= 1 and most >= first; change them"))


@dataclass(frozen=True)
class Standing:
    """One candidate: shows it played, its mean (in a race that of the one selected and what it costs more), and how far it lies
    behind the one with the lowest mean on the shows both played: mean, low, high, simultaneous over candidates. state: one of
    BEST, WORSE, NEAR, OUT, UNDECIDED. further: shows that would decide it if the difference is what it looks like; at_most: if
    there is none (0: decided)."""

    candidate: int
    shows: int
    mean: float
    behind: float
    low: float
    high: float
    state: str
    further: int
    at_most: int


@dataclass(frozen=True, eq=False)
class Selection:
    """What was found. standings: best first. values: every figure drawn, float64 [replicate, candidate], NaN: not played.
    decided: the race ended by the rules, not by the budget. plays: candidate x show. equal_plays: plays of the same depth for
    everybody. looks: how often it was asked who is ahead; 1: a table of fixed size."""

    rules: SelectionRules
    standings: tuple[Standing, ...]
    values: np.ndarray
    decided: bool
    plays: int
    equal_plays: int
    looks: int

    @property
    def best(self) -> int:
        """Number of the candidate with the lowest mean among those in play at the end."""
        return self.standings[0].candidate

    @property
    def cheapest(self) -> list[int]:
        """Candidates by what they cost, the best first. Standings put those called worse last, though one may cost less than
        another that shows too little to be called so."""
        return [s.candidate for s in sorted(self.standings, key=lambda s: (s.state != BEST, s.behind))]

    @property
    def tied(self) -> list[int]:
        """Candidates that cannot be told apart from the best: with it they are a set that holds the true best with probability
        ``confidence`` at least."""
        return [s.candidate for s in self.standings if s.state in (NEAR, OUT, UNDECIDED)]

    @property
    def further(self) -> tuple[int, int]:
        """Further shows of the best and the undecided that would decide, as far as can be guessed from their spread so far: if
        all differences are what they look like, and if there are none."""
        return max(s.further for s in self.standings), max(s.at_most for s in self.standings)


def select(draw: Draw, candidates: int, rules: SelectionRules, tell: Tell | None = None, start: int = 0) -> Selection:
    """Race ``candidates`` (numbered from 0) against each other on replicates ``start``, ``start + 1``, ...

    ``tell(plays, of, words)`` hears of every batch; ``of``: plays at most from here.
    """
    if candidates < 1:
        raise SelectionError(_("there is no candidate to select; name at least one"))
    values = np.full((0, candidates), np.nan)
    alive, seen = np.arange(candidates), np.zeros(candidates, np.int64)
    looks, plays, decided = 0, 0, False
    frozen: np.ndarray | None = None
    while True:
        size = _next(rules, len(values), plays, len(alive))
        if size == 0:
            break
        numbers = range(start + len(values), start + len(values) + size)
        rows = np.full((size, candidates), np.nan)
        rows[:, alive] = draw(alive.tolist(), numbers)
        values = np.concatenate([values, rows])
        looks, plays = looks + 1, plays + size * len(alive)
        seen[alive] = looks
        if frozen is None:
            frozen = spread(values)
        alive, closed = _screen(values, alive, frozen, rules, candidates)
        if tell:
            doing = _("{n} of {candidates} candidates still in play").format(n=len(alive), candidates=candidates)
            tell(plays, plays + len(alive) * (rules.most - len(values)), doing)
        if len(alive) == 1 or closed:
            decided = True
            break
    return _concluded(values, alive, seen, frozen, rules, decided, plays, looks)


def _next(rules: SelectionRules, shows: int, plays: int, alive: int) -> int:
    """Shows of the next batch; 0 where nothing more may be played."""
    size = rules.first if shows == 0 else min(rules.batch, rules.most - shows)
    if rules.budget and shows and plays + size * alive > rules.budget:
        size = (rules.budget - plays) // alive
    return max(0, size)


def spread(values: np.ndarray) -> np.ndarray:
    """Variance of every paired difference, float64 [candidate, candidate]; exactly 0 for columns that are equal.

    >>> spread(np.array([[1.0, 1.0, 2.0], [3.0, 3.0, 8.0]]))[0].tolist()
    [0.0, 0.0, 8.0]
    """
    k = values.shape[1]
    # Against one candidate first: what all shows have in common would drown small differences in rounding.
    cov = np.cov(values - values[:, :1], rowvar=False).reshape(k, k)
    own = np.diag(cov)[:, None] + np.diag(cov)[None, :]
    variance = own - 2 * cov
    return np.where(variance > 1e-12 * own, variance, 0.0)


def h2(candidates: int, confidence: float, n: int) -> float:
    """KN's constant for ``n`` shows behind the variances (c = 1, Bonferroni over k - 1 rivals, so valid when paired).

    >>> round(h2(5, 0.95, 10), 3)
    11.429
    """
    eta = ((2 * (1 - confidence) / max(1, candidates - 1)) ** (-2 / (n - 1)) - 1) / 2
    return 2 * eta * (n - 1)


def _screen(
    values: np.ndarray, alive: np.ndarray, frozen: np.ndarray, rules: SelectionRules, candidates: int
) -> tuple[np.ndarray, bool]:
    """Who is still in play, and whether every continuation region among them has closed."""
    r, in_play = len(values), values[:, alive]
    n = r if rules.updating else rules.first
    s2 = spread(in_play) if rules.updating else frozen[np.ix_(alive, alive)]
    region = np.maximum(0.0, (h2(candidates, rules.confidence, n) * s2 / rules.delta - rules.delta * r) / (2 * r))
    unseen = _unseen(in_play, rules, candidates) if rules.rare else 0.0
    mean = in_play.mean(0)
    kept = (mean[:, None] <= mean[None, :] + region + unseen).all(1)
    return alive[kept], unseen <= rules.delta and not region[np.ix_(kept, kept)].any()


def _unseen(values: np.ndarray, rules: SelectionRules, candidates: int) -> float:
    """What an event as large as the largest one seen, or held possible, may add to a mean difference, though it was not seen:
    M ln((k - 1) / alpha) / n."""
    d = values - values[:, [int(np.argmin(values.mean(0)))]]
    most = max(rules.shock, float(np.abs(d - d.mean(0)).max()))
    return most * math.log(max(1, candidates - 1) / (1 - rules.confidence)) / len(values)


def _concluded(values, alive, seen, frozen, rules: SelectionRules, decided: bool, plays: int, looks: int) -> Selection:
    """Standings from the race: who is in front, and what can be said of everybody else."""
    k, r = values.shape[1], len(values)
    best = int(alive[np.argmin(values[:, alive].mean(0))])
    rows = []
    for i in range(k):
        shows = int(np.count_nonzero(~np.isnan(values[:, i])))
        # Looked at j times: alpha / (j (j + 1)) at the j-th look adds up to alpha over all looks.
        j = int(seen[i])
        alpha = (1 - rules.confidence) / (max(1, k - 1) * j * (j + 1))
        gap, low, high = map(float, tailed(values[:shows, i] - values[:shows, best], alpha / k))
        apart = WORSE if low > 0 else NEAR if high <= rules.delta else UNDECIDED if i in alive and not decided else OUT
        state = BEST if i == best else apart
        needed = _needed(values, i, best, frozen, gap, rules) if state == UNDECIDED else ()
        further = [max(1, math.ceil(n) - r) for n in needed] or [0, 0]
        # On the shows of the one selected: what he cost, and what the other cost more on those both played.
        rows.append(Standing(i, shows, float(np.nanmean(values[:, best])) + gap, gap, low, high, state, *further))
    rows.sort(key=lambda s: (s.state != BEST, s.state == WORSE, s.behind))
    return Selection(rules, tuple(rows), values, decided, plays, k * r, looks)


def _needed(values: np.ndarray, i: int, best: int, frozen: np.ndarray, gap: float, rules: SelectionRules) -> tuple[float, float]:
    """Shows after which candidate ``i`` should be out of play, or its region closed, if gap and spread stay what they are; and
    after which its region closes whatever the gap."""
    r, k = values.shape
    d = values[:, i] - values[:, best]
    s2, n = (float(d.var(ddof=1)), r) if rules.updating else (float(frozen[i, best]), rules.first)
    noise = h2(k, rules.confidence, n) * s2 / rules.delta
    rare = _unseen(values[:, [best, i]], rules, k) * r if rules.rare else 0.0
    closed = max(noise, rare) / rules.delta
    return min((noise / 2 + rare) / (gap + rules.delta / 2), closed), closed


def standings(values: np.ndarray, delta: float, confidence: float = 0.95) -> Selection:
    """The same verdict for a table of fixed size, float64 [replicate, candidate] without gaps: everybody played every show.

    With probability ``confidence`` all intervals hold how far each lies behind the one with the lowest mean, whoever that is, so
    that nobody is falsely called worse: they are those of all k (k - 1) / 2 differences (Bonferroni), widened for a tail
    (:func:`~sim.stats.paired.tailed`). Worse: the interval leaves out 0. Near: it ends within ``delta``.
    """
    values = np.asarray(values, float)
    n, k = values.shape
    if n < 2 or np.isnan(values).any():
        text = _("candidates can be compared from 2 shows on that all of them played; there are {n} shows")
        raise SelectionError(text.format(n=n))
    rules = SelectionRules(delta, confidence, first=max(3, n), most=max(3, n))
    best, alpha = int(np.argmin(values.mean(0))), (1 - confidence) / max(1, k - 1)
    mean, low, high = tailed(values - values[:, [best]], alpha / k)
    state = np.where(low > 0, WORSE, np.where(high <= delta, NEAR, UNDECIDED))
    state[best] = BEST
    still = int((state == UNDECIDED).sum())
    rows = []
    for i in range(k):
        interval = (float(mean[i]), float(low[i]), float(high[i]))
        needed = _to_tell(values[:, i] - values[:, best], delta, alpha, k, still) if state[i] == UNDECIDED else (0, 0)
        rows.append(
            Standing(i, n, float(values[:, i].mean()), *interval, str(state[i]), *(max(0, shows - n) for shows in needed))
        )
    rows.sort(key=lambda s: (s.state != BEST, s.state == WORSE, s.behind))
    return Selection(rules, tuple(rows), values, not still, n * k, n * k, 1)


def _to_tell(d: np.ndarray, delta: float, alpha: float, k: int, still: int) -> tuple[int, int]:
    """Shows after which the bounds of difference ``d``, one of ``still`` that are open, should exclude 0 or lie within ``delta``,
    whichever comes first; and after which they lie within ``delta`` if there is no difference between any of those. All of them
    in four of five studies (Bonferroni: over them, and over all pairs of them, either of which may look like the best)."""
    gap = float(d.mean())
    chance = 0.2 / still
    real = min(shows_for(d, alpha / k, width, chance) for width in (gap, delta - gap) if width > 0)
    return real, shows_for(d, alpha / k, delta, chance / (still + 1))
