"""What a search found, in sentences: the choice, what it costs and how sure that is, the limits it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text.layout import count, number
from sim.report.text.ranking import worded
from sim.report.text.verdict import certificate, further
from sim.score.cost import CORE
from sim.score.profiles import LIMITS, Limits, Profile
from sim.stats.certify import NEEDED, in_worst_world
from sim.stats.paired import difference, student
from sim.study.search import Plan, edge
from sim.study.tune import Judging, Tuned, pseudo, same

if TYPE_CHECKING:
    from sim.setup.design import Axis

ROBUST_WORDS = {
    "mean": "mean J", "worst": "mean J of the worst scenario", "cvar": "mean J of the worst shows",
    "regret": "largest excess over the best known J of a scenario",
}  # fmt: skip
"""What is lowered, by ``robust``."""


def of_tuning(
    found: Tuned, plan: Plan, judging: Judging, worlds: Sequence[str], profile: Profile, axes: Sequence[Axis]
) -> list[str]:
    """The statement that goes into recommended.yaml and the report."""
    costs = found.confirmed[..., CORE.index("J")]
    said = [f"{found.best.name}: {worded(found.best.settings)}."]
    for axis in axes:
        if end := edge(axis, found.best.settings.get(axis.key)):
            said.append(f"{axis.key} lies at the {end} end of its range and the best may lie beyond: widen it and tune again.")
    earned = [float(found.confirmed[:, :, 0, CORE.index(name)].mean()) for name in ("net", "gmv")]
    said.append(_cost(costs[:, :, 0], earned, worlds, profile))
    if plan.single:
        fresh = pseudo(costs, plan.robust, plan.alpha)[:, 0]
        half = student(0.95, len(fresh) - 1) * float(fresh.std(ddof=1)) / len(fresh) ** 0.5
        searched = next((t for t in found.tried if t.candidate.name == found.best.name), None)
        seen = "" if searched is None else f"The search itself saw {number(searched.values[0])}; "
        what = "J" if plan.robust == "mean" else ROBUST_WORDS[plan.robust]
        said.append(f"What was lowered, {what}: {seen}on fresh shows {number(float(fresh.mean()))} ±{number(half)}. Only the "
                    "fresh shows count.")  # fmt: skip
    gap = difference(costs[:, :, 0].mean(0), costs[:, :, 1].mean(0))
    if same(found.best, found.start):
        said.append(f"That is what {found.best.family} stands at already: there is nothing to change.")
    else:
        said.append(f"Against {found.start.name}: J {_signed(gap.mean)} CNY a show [{_signed(gap.low)}, {_signed(gap.high)}], on "
                    "the same shows.")  # fmt: skip
    said.append(_choice(found, plan, judging))
    if plan.limits and not any(t.feasible for t in found.tried):
        said.append(f"No setting tried kept to the limits {plan.limits.name} on the search shows; this is one of those that "
                    "break them least. Widen the ranges, or vary the gate and operations too.")  # fmt: skip
    if found.front:
        said.append(f"Objectives {', '.join(plan.objectives)}: of the front, {count(len(found.front), 'finalist')}, the one that "
                    "costs least, J, is recommended; take another where J is not what counts.")  # fmt: skip
    return said + [_limits(found, limits, judging, worlds) for limits in ([plan.limits] if plan.limits else LIMITS.values())]


def _cost(costs: np.ndarray, earned: Sequence[float], worlds: Sequence[str], profile: Profile) -> str:
    """costs: J, float64 [world, replicate]. earned: net and GMV a show."""
    shows = costs.mean(0)
    n = len(shows)
    half = student(0.95, n - 1) * float(shows.std(ddof=1)) / n**0.5
    each = "; ".join(f"{name} {number(float(c.mean()))}" for name, c in zip(worlds, costs, strict=True))
    parts = f" ({each})" if len(worlds) > 1 else ""
    return (f"Net {number(earned[0])} of GMV {number(earned[1])}; left on the table, J "
            f"{number(float(shows.mean()))} ±{number(half)} CNY a show{parts}, 95 % interval from {n} fresh shows of "
            f"{', '.join(worlds)}, prices by score={profile.name}.")  # fmt: skip


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value)}"


def _choice(found: Tuned, plan: Plan, judging: Judging) -> str:
    """How sure the race was of its cheapest; and where another one is recommended, why, and how far behind it lies."""
    race, names = found.selection, [c.name for c in found.finalists]
    tied = [names[k] for k in race.tied]
    sure = f"with probability {judging.confidence:g} or more no other finalist costs {number(found.delta)} CNY a show less"
    if race.decided or not tied:
        near = f"; not shown to cost more: {', '.join(tied)}" if tied else ""
        said = (
            f"Cheapest of {len(names)} finalists: {names[race.best]}; {sure}{near}."
            if len(names) > 1
            else f"{names[0]} is the only finalist."
        )
    else:
        more = further(race) if any(race.further) else "more shows would decide"
        said = (f"Not decided among {len(names)} finalists within {judging.shows} judging shows: {names[race.best]}, the "
                f"cheapest, cannot be told apart from {', '.join(tied)}; {more}.")  # fmt: skip
    mine = names.index(found.best.name)
    if mine == race.best:
        return said
    s = next(x for x in race.standings if x.candidate == mine)
    reasons = ["of the front" if found.front else "", "of those that break the limits least" if plan.limits else ""]
    return (f"{said} Recommended instead: {found.best.name}, the cheapest {' and '.join(filter(None, reasons))}; it lies "
            f"{number(s.behind)} CNY a show behind [{number(s.low)}, {number(s.high)}].")  # fmt: skip


def _limits(found: Tuned, limits: Limits, judging: Judging, worlds: Sequence[str]) -> str:
    """What the fresh shows certify, in the worst scenario."""
    rows = found.confirmed[..., [CORE.index(name) for name in NEEDED]]
    made = in_worst_world(rows, limits, judging.confidence, [0])[0]
    return f"Limits {limits.name}: {certificate(made, worlds)}."
