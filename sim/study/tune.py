"""Tune: find settings on search shows, choose among the finalists on judging shows, report figures from shows nobody chose by.

Three sets of replicate numbers never meet. The best of many trials was lucky on the shows it was found on (the winner's
curse); the choice among a few finalists is a little lucky too; what the chosen one costs is therefore read off a third set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.jobs.paired_play import Note, Play, unheard
from sim.jobs.storage import open_study
from sim.jobs.trials import JUDGE_FROM
from sim.setup.design import Axis, Value
from sim.setup.space import Candidate, Maker, standing_value
from sim.stats.robust import merit
from sim.stats.selection import Selection, SelectionRules, select, standings
from sim.study.decide import SMALL
from sim.study.search import FinishedTrial, Searcher, SearchPlan, broken
from sim.words import _

FIRST = 30
"""Judging shows every finalist gets."""
CONFIRM_FROM = JUDGE_FROM + 250_000
"""Replicate numbers from here on confirm; nothing is chosen by them."""
DEFAULT = "default"
SAMPLE = 8
"""Shows from which the size of a show's money is taken."""

Tell = Callable[[int, int, str], None]
"""(done, of, words)"""


@dataclass(frozen=True)
class Judging:
    """How finalists are judged. finalists: at most, beside each family's own settings. delta: see ``selection.Rules`` [CNY];
    0: SMALL of what hindsight would earn. shows: judging shows at most. confirm: fresh shows for the figures."""

    finalists: int = 8
    shows: int = 400
    confirm: int = 200
    delta: float = 0.0
    confidence: float = 0.95


@dataclass(frozen=True, eq=False)
class Tuned:
    """What was found. best: the recommended candidate. start: the settings of its family before tuning. tried: all trials.
    finalists, selection: who was judged, and how that ended. judged: float64 [world, replicate, finalist, metric], NaN not
    played. confirmed: float64 [world, replicate, (best, start, rivals), metric] on fresh shows; rivals: with robust=regret, of
    every world the finalist that cost least there. delta: the difference that was too small to matter [CNY]. front: positions in
    ``finalists`` of a search with several objectives that no other beats in all of them."""

    best: Candidate
    start: Candidate
    tried: tuple[FinishedTrial, ...]
    finalists: tuple[Candidate, ...]
    judged: np.ndarray
    selection: Selection
    confirmed: np.ndarray
    delta: float
    front: tuple[int, ...] = ()


def small(earned: np.ndarray) -> float:
    """A difference too small to matter [CNY]; earned: of hindsight, any shape."""
    return max(1.0, SMALL * float(np.mean(earned)))


def starts(space: Mapping[str, Sequence[Axis]], makers: Mapping[str, Maker]) -> list[tuple[str, dict[str, Value]]]:
    """Settings to try first: of every family what it stands at now, moved into the ranges given."""
    points = []
    for family, axes in space.items():
        now = makers[family].make({})
        settings = {axis.key: _inside(axis, standing_value(now, axis.key)) for axis in axes}
        known = {key: value for key, value in settings.items() if value is not None}
        if len(known) == len(axes):
            points.append((family, known))
    return points


def _inside(axis: Axis, value: Value | None) -> Value | None:
    if axis.values:
        return value if value in axis.values else None
    if isinstance(value, bool) or not isinstance(value, int | float) or axis.low is None or axis.high is None:
        return None
    return type(axis.ends[0])(min(max(value, axis.low), axis.high))


def tune(
    makers: Mapping[str, Maker],
    space: Mapping[str, Sequence[Axis]],
    play: Play,
    plan: SearchPlan,
    judging: Judging,
    first: Sequence[tuple[str, Mapping[str, Value]]] = (),
    database: Path | None = None,
    tell: Callable[[str], Tell] = lambda unit: lambda done, of, words: None,
    note: Note = unheard,
) -> Tuned:
    """Search, judge, confirm. makers, space: by family. first: settings to try first. database: where the search lives (SQLite),
    so that it can be taken up again; None: in memory. tell(unit): who hears of a stage that counts in that unit."""
    study = open_study(database, len(plan.objectives), note=note)
    searcher = Searcher(study, space, lambda family, settings, name: makers[family].make(settings, name), play, plan)
    tried = searcher.run(first, tell("trials"))
    named = finalists_of(tried, makers, plan, judging.finalists)
    metric = plan.metrics.index
    delta = judging.delta or small(play(named[:1], range(JUDGE_FROM, JUDGE_FROM + SAMPLE))[..., metric("net_hindsight")])
    rules = SelectionRules(delta, judging.confidence, first=min(FIRST, judging.shows), most=judging.shows)
    kept: list[np.ndarray] = []
    say = tell(_("judging plays"))
    say(0, judging.shows * len(named), "")

    def draw(which: Sequence[int], replicates: Sequence[int]) -> np.ndarray:
        rows = play([named[k] for k in which], range(replicates[0], replicates[-1] + 1))
        whole = np.full((*rows.shape[:2], len(named), rows.shape[3]), np.nan)
        whole[:, :, list(which)] = rows
        kept.append(whole)
        return rows[..., metric("J")].mean(0)

    # A race stops playing who is dear; what limits and other objectives say of him would rest on fewer shows than the others'.
    if plan.robust == "mean" and plan.single and plan.limits is None:
        selection = select(draw, len(named), rules, say, JUDGE_FROM)
    else:
        draw(range(len(named)), range(JUDGE_FROM, JUDGE_FROM + judging.shows))
        say(judging.shows * len(named), judging.shows * len(named), "")
        costs = kept[0][..., metric("J")]
        selection = standings(pseudo(costs, plan.robust, plan.alpha), delta, judging.confidence)
    judged = np.concatenate(kept, axis=1)
    front = front_of(judged, plan)
    best = named[chosen(selection, judged, plan, front)]
    start = makers[best.family].make({}, f"{best.family} ({DEFAULT})")
    say = tell(_("fresh shows"))
    say(0, judging.confirm, "")
    confirmed = play([best, start, *rivals(named, judged, plan)], range(CONFIRM_FROM, CONFIRM_FROM + judging.confirm))
    say(judging.confirm, judging.confirm, "")
    return Tuned(best, start, tuple(tried), tuple(named), judged, selection, confirmed, delta, front)


def finalists_of(tried: Sequence[FinishedTrial], makers: Mapping[str, Maker], plan: SearchPlan, most: int) -> list[Candidate]:
    """The best trials (of several objectives the ones no other beats first), the best of every family, and every family as it
    stood before, if it is not among them. Of trials with equal figures and costs, which played alike, the first."""
    order = sorted(tried, key=lambda t: (sum(max(0.0, v) for v in t.excess.values()), t.values, np.mean(t.costs), t.number))
    if not plan.single:
        values = np.array([t.values for t in order])
        order = [t for t, row in zip(order, values, strict=True) if not dominated(row, values)] + order
    picked: dict[int, FinishedTrial] = {}
    seen: set[tuple[tuple[float, ...], tuple[float, ...]]] = set()
    for t in order:
        if len(picked) < most and (t.values, t.costs) not in seen:
            picked[t.number] = t
            seen.add((t.values, t.costs))
    for family in makers:
        own = [t for t in order if t.candidate.family == family]
        picked |= {t.number: t for t in own[:1]}
    names = [t.candidate for t in picked.values()]
    defaults = [m.make({}, f"{family} ({DEFAULT})") for family, m in makers.items()]
    return [*names, *(c for c in defaults if not any(same(c, other) for other in names))]


def same(a: Candidate, b: Candidate) -> bool:
    """Whether two candidates differ in nothing but their names."""
    p, q = a.policy, b.policy
    return (p.strategy, p.gate.tobytes(), p.params.tobytes(), p.playbook) == (
        q.strategy,
        q.gate.tobytes(),
        q.params.tobytes(),
        q.playbook,
    )


def dominated(row: np.ndarray, others: np.ndarray) -> bool:
    """Whether another row is nowhere worse and somewhere better (lower is better).

    >>> dominated(np.array([2.0, 2.0]), np.array([[2.0, 1.0], [2.0, 2.0]]))
    True
    """
    return bool(((others <= row).all(1) & (others < row).any(1)).any())


def front_of(judged: np.ndarray, plan: SearchPlan) -> tuple[int, ...]:
    """Finalists that no other beats in all objectives, by their means over judging shows and worlds."""
    if plan.single:
        return ()
    means = np.nanmean(judged[..., [plan.metrics.index(name) for name in plan.objectives]], axis=(0, 1))
    return tuple(k for k, row in enumerate(means) if not dominated(row, means))


def chosen(selection: Selection, judged: np.ndarray, plan: SearchPlan, front: Sequence[int] = ()) -> int:
    """The finalist to recommend: of those that break the limits least (by point values), of several objectives of those on the
    front, the first of the selection."""

    def breach(k: int) -> float:
        rows = judged[:, :, k]
        played = ~np.isnan(rows[..., plan.metrics.index("J")]).any(0)
        return sum(max(0.0, v) for v in broken(rows[:, played], plan.metrics, plan.limits).values())

    order = [s.candidate for s in selection.standings]
    return min([k for k in order if k in front] or order, key=breach)


def rivals(finalists: Sequence[Candidate], judged: np.ndarray, plan: SearchPlan) -> list[Candidate]:
    """With robust=regret the finalist that cost least in each world on judging shows: regret is measured against them."""
    if not plan.single or plan.robust != "regret":
        return []
    return [finalists[k] for k in np.nanmean(judged[..., plan.metrics.index("J")], axis=1).argmin(1).tolist()]


def pseudo(costs: np.ndarray, robust: str, alpha: float) -> np.ndarray:
    """A merit that is no mean over shows as figures that are: ``m + (n - 1) (mean m_(-j) - m_(-i))``, float64 [show, candidate].

    Jackknife pseudo-values (Tukey 1958; Efron & Tibshirani 1993, ch. 11) around the merit itself: their mean is the merit, and
    their paired differences carry its variance, so they can be compared as ordinary figures. Without the bias correction, which
    makes the largest of several means smaller than any of them. costs: J, float64 [world, replicate, candidate]; regret is
    measured against the best of these candidates in each world.
    """
    _, n, k = costs.shape

    def merits(shows: np.ndarray) -> np.ndarray:
        reference = shows.mean(1).min(1)
        return np.array([merit(shows[:, :, c], robust, alpha, reference) for c in range(k)])

    left_out = np.array([merits(np.delete(costs, i, axis=1)) for i in range(n)])
    return merits(costs) + (n - 1) * (left_out.mean(0) - left_out)
