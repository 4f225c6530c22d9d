"""What a search found, in sentences: the choice, what it costs and how sure that is, the limits it keeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report.pages.labels import spelt
from sim.report.text.layout import number
from sim.report.text.limits import certificate
from sim.report.text.ranking import worded
from sim.report.text.verdict import further
from sim.score.cost import CORE
from sim.score.profiles import LIMITS, Limits, Profile
from sim.stats.certify import NEEDED, in_worst_world
from sim.stats.paired import difference, half_width
from sim.study.search import SearchPlan, edge
from sim.study.tune import Judging, Tuned, pseudo, same
from sim.words import N_, _, ngettext

if TYPE_CHECKING:
    from sim.setup.design import Axis

ROBUST_WORDS = {
    "mean": N_("mean J"), "worst": N_("mean J of the worst scenario"), "cvar": N_("mean J of the worst shows"),
    "regret": N_("largest excess over the best known J of a scenario"),
}  # fmt: skip
"""What is lowered, by ``robust``."""


def of_tuning(
    tuning: Tuned, plan: SearchPlan, judging: Judging, worlds: Sequence[str], profile: Profile, axes: Sequence[Axis],
    certain: Sequence[Collection[str]] | None = None,
) -> list[str]:  # fmt: skip
    """The statement that goes into recommended.yaml and the report. certain: by world, limits that hold by construction."""
    costs = tuning.confirmed[..., CORE.index("J")]
    lines = [f"{tuning.best.name}: {worded(tuning.best.settings)}.", *_ends(tuning, axes)]
    earned = [float(tuning.confirmed[:, :, 0, CORE.index(name)].mean()) for name in ("net", "gmv")]
    lines.append(_cost(costs[:, :, 0], earned, worlds, profile))
    if plan.single:
        lines.append(_lowered(tuning, plan, costs))
    gap = difference(costs[:, :, 0].mean(0), costs[:, :, 1].mean(0))
    if same(tuning.best, tuning.start):
        lines.append(_("That is what {family} stands at already: there is nothing to change.").format(family=tuning.best.family))
    else:
        text = _("Against {name}: J {mean} CNY a show [{low}, {high}], on the same shows.")
        three = {key: _signed(getattr(gap, key)) for key in ("mean", "low", "high")}
        lines.append(text.format(name=tuning.start.name, **three))
    lines.append(_choice(tuning, plan, judging))
    if plan.limits and not any(t.feasible for t in tuning.tried):
        lines.append(
            _(
                "No setting tried kept to the limits {name} on the search shows; this is one of those that break "
                "them least. Widen the ranges, or vary the gate and operations too."
            ).format(name=plan.limits.name)
        )
    if tuning.front:
        n = len(tuning.front)
        text = ngettext(
            "Objectives {objectives}: of the front, {n:,} finalist, the one that costs least, J, is recommended; take "
            "another where J is not what counts.",
            "Objectives {objectives}: of the front, {n:,} finalists, the one that costs least, J, is recommended; take "
            "another where J is not what counts.",
            n,
        )
        lines.append(text.format(objectives=", ".join(map(spelt, plan.objectives)), n=n))
    asked = [plan.limits] if plan.limits else LIMITS.values()
    return lines + [_limits(tuning, limits, judging, worlds, certain) for limits in asked]


def _ends(tuning: Tuned, axes: Sequence[Axis]) -> list[str]:
    """Settings of the best that lie at an end of what was searched."""
    ways = {
        "upper": _("{key} lies at the upper end of its range and the best may lie beyond: widen it and tune again."),
        "lower": _("{key} lies at the lower end of its range and the best may lie beyond: widen it and tune again."),
    }
    ends = {axis.key: edge(axis, tuning.best.settings.get(axis.key)) for axis in axes}
    return [ways[end].format(key=key) for key, end in ends.items() if end]


def _lowered(tuning: Tuned, plan: SearchPlan, costs: np.ndarray) -> str:
    """What the search lowered, as it saw it and on fresh shows."""
    fresh = pseudo(costs, plan.robust, plan.alpha)[:, 0]
    half = half_width(fresh)
    searched = next((t for t in tuning.tried if t.candidate.name == tuning.best.name), None)
    what = _("J") if plan.robust == "mean" else _(ROBUST_WORDS[plan.robust])
    given = {"what": what, "fresh": number(float(fresh.mean())), "half": number(half)}
    if searched is None:
        return _("What was lowered, {what}: on fresh shows {fresh} ±{half}. Only the fresh shows count.").format(**given)
    return _(
        "What was lowered, {what}: The search itself saw {seen}; on fresh shows {fresh} ±{half}. Only the fresh shows count."
    ).format(seen=number(searched.values[0]), **given)


def _cost(costs: np.ndarray, earned: Sequence[float], worlds: Sequence[str], profile: Profile) -> str:
    """costs: J, float64 [world, replicate]. earned: net and GMV a show."""
    shows = costs.mean(0)
    n = len(shows)
    half = half_width(shows)
    each = _("; ").join(f"{name} {number(float(c.mean()))}" for name, c in zip(worlds, costs, strict=True))
    text = (
        _(
            "Net {net} of GMV {gmv}; left on the table, J {mean} ±{half} CNY a show ({each}), 95 % interval from {n} fresh "
            "shows of {worlds}, prices by score={profile}."
        )
        if len(worlds) > 1
        else _(
            "Net {net} of GMV {gmv}; left on the table, J {mean} ±{half} CNY a show, 95 % interval from {n} fresh shows of "
            "{worlds}, prices by score={profile}."
        )
    )
    return text.format(net=number(earned[0]), gmv=number(earned[1]), mean=number(float(shows.mean())), half=number(half),
                       each=each, n=n, worlds=", ".join(worlds), profile=profile.name)  # fmt: skip


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value)}"


def _choice(tuning: Tuned, plan: SearchPlan, judging: Judging) -> str:
    """How sure the race was of its cheapest; and where another one is recommended, why, and how far behind it lies."""
    race, names = tuning.selection, [c.name for c in tuning.finalists]
    verdict = _race(tuning, judging, names)
    place = names.index(tuning.best.name)
    if place == race.best:
        return verdict
    s = next(x for x in race.standings if x.candidate == place)
    if tuning.front and plan.limits:
        text = _(
            "Recommended instead: {name}, the cheapest of the front and of those that break the limits least; it lies {behind} "
            "CNY a show behind [{low}, {high}]."
        )
    elif tuning.front:
        text = _("Recommended instead: {name}, the cheapest of the front; it lies {behind} CNY a show behind [{low}, {high}].")
    else:
        text = _(
            "Recommended instead: {name}, the cheapest of those that break the limits least; it lies {behind} CNY a show behind "
            "[{low}, {high}]."
        )
    three = {"behind": number(s.behind), "low": number(s.low), "high": number(s.high)}
    return f"{verdict} " + text.format(name=tuning.best.name, **three)


def _race(tuning: Tuned, judging: Judging, names: Sequence[str]) -> str:
    """How sure the race was of its cheapest."""
    race = tuning.selection
    tied = ", ".join(names[k] for k in race.tied)
    if not race.decided and tied:
        more = further(race) if any(race.further) else _("more shows would decide")
        return _(
            "Not decided among {n} finalists within {shows} judging shows: {best}, the cheapest, cannot be told apart from "
            "{tied}; {more}."
        ).format(n=len(names), shows=judging.shows, best=names[race.best], tied=tied, more=more)
    if len(names) == 1:
        return _("{name} is the only finalist.").format(name=names[0])
    text = (
        _(
            "Cheapest of {n} finalists: {best}; with probability {confidence:g} or more no other finalist costs {delta} CNY "
            "a show less; not shown to cost more: {tied}."
        )
        if tied
        else _(
            "Cheapest of {n} finalists: {best}; with probability {confidence:g} or more no other finalist costs {delta} CNY "
            "a show less."
        )
    )
    return text.format(n=len(names), best=names[race.best], confidence=judging.confidence, delta=number(tuning.delta), tied=tied)


def _limits(
    tuning: Tuned, limits: Limits, judging: Judging, worlds: Sequence[str], certain: Sequence[Collection[str]] | None
) -> str:  # fmt: skip
    """What the fresh shows certify, in the worst scenario."""
    rows = tuning.confirmed[..., [CORE.index(name) for name in NEEDED]]
    certificates = in_worst_world(rows, limits, judging.confidence, [0], certain)[0]
    return _("Limits {limits}: {certificate}.").format(limits=limits.name, certificate=certificate(certificates, worlds))
