"""A decision in words: the best setting, how sure that is, at what price, and when the answer changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text.layout import brief, number
from sim.report.text.ranking import briefly, rounded, worded
from sim.score.profiles import Profile, unit_costs
from sim.stats.certify import CERTIFIED, REFUTED, UNDECIDED, Certificate, Check
from sim.stats.paired import student
from sim.stats.pareto import Stretch
from sim.stats.selection import BEST, NEAR, OPEN, OUT, WORSE, Selection
from sim.study.decide import Decision
from sim.words import _
from strategies.contract import Param
from strategies.gate import GATE_PARAMS

if TYPE_CHECKING:
    from sim.setup.space import Candidate

STATES = {BEST: "best", WORSE: "worse", NEAR: "within delta", OUT: "out of the race", OPEN: "not told apart"}
HEAD = (
    "candidate",
    "net [CNY]",
    "GMV",
    "left J [CNY]",
    "behind the best",
    "interval",
    "shows",
    "",
    "strict",
    "standard",
    "platform",
    "settings",
)
TOO_MANY = 10_000
"""Shows nobody will play."""
RIGHT = (1, 2, 3, 4, 6)
FEW = 4
"""Fewest values of a setting of which the last one is called an end."""
WHAT = {
    "oversell": "the cost of an oversold unit (co; the platform's penalty stays as it is)",
    "alert": "the cost of a notice (ca)",
}
LIMIT_WORDS = {
    "seller_cancel_rate": "orders cancelled by the seller", "session_oversold": "shows with an oversell",
    "missed_rate": "avoidably missed units", "notices_per_operator_hour": "notices per operator-hour",
}  # fmt: skip


def sentences(d: Decision) -> list[str]:
    """The verdict, one sentence an entry."""
    plan, s = d.plan, d.selection
    best, first = plan.candidates[s.best], s.standings[0]
    shows = np.asarray(s.values)[:, s.best]
    shows = shows[~np.isnan(shows)]
    half = student(0.95, len(shows) - 1) * float(shows.std(ddof=1)) / math.sqrt(len(shows)) if len(shows) > 1 else math.nan
    where = f"mean of {len(plan.worlds)} worlds" if len(plan.worlds) > 1 else plan.worlds[0].name
    said = [
        f"Best: {best.name} with {worded(best.settings)}; net {number(d.money[s.best, 0])}, left on the table "
        f"J {number(first.mean)} ±{number(half)} CNY a show ({where})."
    ]
    said += _luck(d)
    said += _edges(d)
    said.append(_ties(d))
    if s.looks > 1:
        spared = s.equal_plays / s.plays
        said.append(f"{s.plays * len(plan.worlds):,} runs were played in {s.looks} rounds; everybody as long as the best would "
                    f"have been {s.equal_plays * len(plan.worlds):,} ({spared:.1f} times as many).")  # fmt: skip
    if s.rules.most > s.rules.first and s.rules.blind:
        said.append(f"Losses that fewer than about {100 * s.rules.blind:.2g} % of shows have may have escaped the first "
                    f"{s.rules.first} shows; shock= allows for them.")  # fmt: skip
    said += [_limits(d, limits) for limits in d.certificates]
    said += [_switches(d, what, path) for what, path in d.switches.items()]
    if s.rules.most > s.rules.first:
        said.append("Where the best changes with the cost ratios is found where everybody plays every show: select=none.")
    return said


def _luck(d: Decision) -> list[str]:
    """How much of the best's lead may be the luck of the shows that chose it."""
    o = d.overfit
    if o is None:
        return []
    net = float(d.money[d.selection.best, 0]) - (o.apparent - o.deflated)
    half = (o.high - o.low) / 2
    said = _(
        "Chosen among {n} by {shows} shows: on a show that had no say in the choice, what the others chose kept {net} ±{half} "
        "CNY ({lost} less than the table says). The chance that the choice is no better than the median on other shows: {pbo} % "
        "(probability of backtest overfitting)."
    )
    return [said.format(n=len(d.plan.candidates), shows=d.plan.replicates, net=number(net), half=number(half),
                        lost=number(o.apparent - o.deflated), pbo=brief(100 * o.pbo))]  # fmt: skip


def _edges(d: Decision) -> list[str]:
    """Settings of the best that are the last of those listed, where the setting itself could go further. Of points scattered over
    several ranges some are always the last in one: that says nothing."""
    best, said = d.plan.candidates[d.selection.best], []
    family = [c for c in d.plan.candidates if c.family == best.family]
    for key, value in best.settings.items():
        tried = {c.settings[key] for c in family}
        scattered = len(best.settings) > 1 and len(tried) == len(family)
        if isinstance(value, str | bool) or scattered or len(tried) < FEW or any(isinstance(v, str | bool) for v in tried):
            continue
        p = param_of(key, best)
        end = "upper" if value == max(tried) else "lower" if value == min(tried) else ""
        if end and not (p and value in (p.low, p.high)):
            said.append(
                f"{key}={rounded(key, value)} is at the {end} end of what was tried, and the best may lie beyond: widen its "
                "range."
            )
    return said


def param_of(key: str, candidate: Candidate) -> Param | None:
    """The declared setting of strategy or gate that a varied key is about."""
    known = {"gate": GATE_PARAMS, "strategy": candidate.policy.strategy.params}.get(key.split(".")[0], ())
    return next((p for p in known if p.name == key.split(".")[-1]), None)


def _limits(d: Decision, limits: str) -> str:
    """What a set of limits says of the best, and the cheapest candidate that keeps to them."""
    best, names = d.selection.best, [c.name for c in d.plan.candidates]
    worlds = [f"{w.name} ({worded(w.settings)})" if w.settings else w.name for w in d.plan.worlds]
    said = f"Limits {limits}: {names[best]} is {certificate(d.certificates[limits][best], worlds)}"
    if len(names) == 1:
        return f"{said}."
    if limits not in d.chosen:
        return f"{said}; no candidate is certified."
    cheapest, strict = d.chosen[limits]
    of = f"for the choice among {len(names)}"
    sure = f"also when allowing {of}" if strict.state == CERTIFIED else f"not when allowing {of}: confirm it on other seeds"
    if cheapest == best:
        return f"{said}, {sure}."
    behind = next(x.behind for x in d.selection.standings if x.candidate == cheapest)
    return f"{said}. The cheapest that is certified: {names[cheapest]}, {number(behind)} CNY a show dearer ({sure})."


def _ties(d: Decision) -> str:
    s, names = d.selection, [c.name for c in d.plan.candidates]
    sure = f"{100 * d.confidence:g} %"
    if len(names) == 1:
        return "There was nothing to choose among."
    tied = [names[k] for k in s.tied]
    if not tied:
        return f"With {sure} confidence no other candidate costs less."
    listed = ", ".join(tied[:8]) + (f" and {len(tied) - 8} more" if len(tied) > 8 else "")
    if s.decided:
        race = " (the promise of the race; the intervals allow for every look at it and are wider)" if s.looks > 1 else ""
        return (
            f"With {sure} confidence no other is better by {number(d.delta)} CNY a show{race}; not shown to be worse: {listed}."
        )
    more = f"; {further(s)}" if any(s.further) else ""
    last = min(s.standings, key=lambda x: x.low)
    far = f" No other is better by more than {number(-last.low)} CNY a show ({names[last.candidate]} might be)."
    return f"It cannot be told apart, with {sure} confidence and to {number(d.delta)} CNY a show, from {listed}{more}.{far}"


def further(s: Selection) -> str:
    """How many more shows would decide, in words."""
    real, none = s.further
    if real > TOO_MANY:
        return f"more than {TOO_MANY:,} further shows would not tell them apart: choose among them by something else than J"
    said = f"about {number(_two_figures(real))} more shows would decide"
    if s.looks > 1:
        return f"{said}, give or take a factor of three"
    if none <= 1.1 * real:
        return said
    equal = f"more than {TOO_MANY:,}" if none > TOO_MANY else number(_two_figures(none))
    return f"{said} if the differences are what they look like, {equal} if there are none"


def _two_figures(count: float) -> float:
    """A count as roughly as it is known.

    >>> _two_figures(1523), _two_figures(87)
    (1500.0, 87.0)
    """
    return float(f"{count:.2g}")


def certificate(c: Certificate, worlds: Sequence[str] = ()) -> str:
    """One certificate in words; of several ``worlds`` (names) it says which is meant.

    "undecided (shows with an oversell 0 %, up to 1.5 % in 200 shows, limit 1 %: 99 further shows without one would certify it)"
    """
    if c.state == CERTIFIED:
        every = f" in each of {len(worlds)} worlds" if len(worlds) > 1 else ""
        return f"certified ({c.shows} shows{every}, {100 * c.confidence:g} % confidence)"
    parts = []
    for check in c.open:
        text = limit(check, c.shows)
        if check.shows > c.shows and c.state == UNDECIDED:  # what is refuted for another reason is not to be helped
            what = "certify it" if len(c.open) == 1 else "settle this limit"
            text += f": {check.shows - c.shows:,} further shows without one would {what}"
        parts.append(text)
    where = f" in {worlds[c.world]}" if len(worlds) > 1 else ""
    return f"{c.state}{where} ({'; '.join(parts)})"


def limit(check: Check, shows: int) -> str:
    """One limit in words: value, the bound that decides, the limit.

    "oversold orders 1.11 %, at least 0.799 % in 40 shows, limit 0.1 %"
    """
    counted = check.limit > 1
    value, edge, most = check.value, check.low if check.state == REFUTED else check.high, check.limit
    shown = [number(x, d) if counted else f"{100 * x:.3g} %" for x, d in ((value, 2), (edge, 2), (most, 1))]
    side = "at least" if check.state == REFUTED else "up to"
    return f"{LIMIT_WORDS[check.name]} {shown[0]}, {side} {shown[1]} in {shows} shows, limit {shown[2]}"


def _switches(d: Decision, what: str, path: Sequence[Stretch]) -> str:
    """Where the best candidate changes with one weight, as a multiple of what it is and, where all SKUs agree, as co : cu."""
    names = [c.name for c in d.plan.candidates]
    now = next((p for p in path if p.start <= 1 < p.stop), path[0])
    if len(path) == 1:
        span = f"between {path[0].start:g} and {path[0].stop:g} times the present one"
        share = f"in {100 * d.steady[what]:.0f} % of resampled studies"
        if d.steady[what] < 0.5:
            said = f"by the means {names[now.candidate]} stays best, but only {share}: not known with these shows."
            return f"{WHAT[what][0].upper()}{WHAT[what][1:]}, {span}: {said}"
        return f"Whatever {WHAT[what]} {span}, {names[now.candidate]} stays best by the means ({share})."
    steps = [f"{names[path[0].candidate]} below {_times(d, what, path[0].stop)}{_spread(path[0])}"]
    for p in path[1:-1]:
        steps.append(f"then {names[p.candidate]} up to {_times(d, what, p.stop)}{_spread(p)}")
    steps.append(f"then {names[path[-1].candidate]}")
    return (f"With {WHAT[what]} the best changes, by the means and with 95 % intervals: {', '.join(steps)} (present weight: 1x, "
            f"{names[now.candidate]}).")  # fmt: skip


def _spread(p: Stretch) -> str:
    return f" [{brief(p.low)}, {brief(p.high)}]"


def _times(d: Decision, what: str, x: float) -> str:
    ratio = ratio_of(d.plan.profile, d) if what == "oversell" else None
    return f"{brief(x)}x" + (f" (co : cu = {brief(x * ratio)} : 1)" if ratio else "")


def ratio_of(profile: Profile, d: Decision) -> float | None:
    """co : cu of the present weights, where all SKUs of all worlds have the same; else None."""
    found = [np.divide(*unit_costs(profile, w.scenario)) for w in d.plan.worlds if (unit_costs(profile, w.scenario)[1] > 0).all()]
    every = np.concatenate(found) if len(found) == len(d.plan.worlds) else np.zeros(0)
    return float(every[0]) if len(every) and np.allclose(every, every[0]) else None


def rows(d: Decision) -> list[list[str]]:
    """The leaders with their certificates, best first."""
    by_number = {s.candidate: s for s in d.selection.standings}
    made = []
    named = {*d.leaders, *d.selection.tied}
    for k in (s.candidate for s in d.selection.standings if s.candidate in named):
        s = by_number[k]
        gap = "" if s.state == BEST else number(s.behind)
        span = "" if s.state == BEST else f"[{number(s.low)}, {number(s.high)}]"
        states = [d.certificates[name][k].state for name in ("strict", "standard", "platform")]
        made.append(
            [
                d.plan.candidates[k].name,
                *map(number, d.money[k].tolist()),
                number(s.mean),
                gap,
                span,
                number(s.shows),
                STATES[s.state],
                *states,
                briefly(d.plan.candidates[k].family, d.plan.candidates[k].settings),
            ]
        )
    return made
