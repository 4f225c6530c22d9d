"""A decision in words: the best setting, how sure that is, at what price, and when the answer changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text.layout import brief, number, some
from sim.report.text.limits import certificate
from sim.report.text.ranking import apart, briefly, rounded, worded
from sim.report.text.unseen import unseen
from sim.score.profiles import Profile, unit_costs
from sim.stats.certify import CERTIFIED
from sim.stats.paired import half_width
from sim.stats.pareto import Stretch
from sim.stats.selection import BEST, NEAR, OUT, UNDECIDED, WORSE, Selection
from sim.study.decide import Decision
from sim.words import N_, _, ngettext
from strategies.contract import Param
from strategies.gate import GATE_PARAMS

if TYPE_CHECKING:
    from sim.setup.space import Candidate

STATES = {
    BEST: N_("best"),
    WORSE: N_("worse"),
    NEAR: N_("within delta"),
    OUT: N_("out of the race"),
    UNDECIDED: N_("not told apart"),
}
HEAD = N_(
    "candidate | net [CNY] | GMV | left J [CNY] | behind the best | interval | shows |  | strict | standard | platform | settings"
)
TOO_MANY = 10_000
"""Shows nobody will play."""
RIGHT = (1, 2, 3, 4, 6)
FEW = 4
"""Fewest values of a setting of which the last one is called an end."""
WEIGHTS = {
    "oversell": N_("the cost of an oversold unit (co; the platform's penalty stays as it is)"),
    "alert": N_("the cost of a notice (ca)"),
}


def sentences(d: Decision) -> list[str]:
    """The verdict, one sentence an entry."""
    plan, s = d.plan, d.selection
    best, first = plan.candidates[s.best], s.standings[0]
    shows = np.asarray(s.values)[:, s.best]
    shows = shows[~np.isnan(shows)]
    half = half_width(shows)
    n = len(plan.worlds)
    where = ngettext("mean of {n} worlds", "mean of {n} worlds", n).format(n=n) if n > 1 else plan.worlds[0].name
    text = _("Best: {name} with {settings}; net {net}, left on the table J {mean} ±{half} CNY a show ({where}).")
    lines = [text.format(name=best.name, settings=worded(best.settings), net=number(d.money[s.best, 0]), mean=number(first.mean),
                        half=number(half), where=where)]  # fmt: skip
    lines += _luck(d)
    lines += _edges(d)
    lines.append(_ties(d))
    lines += _spared(d) or [unseen(len(shows), d.shock)]
    lines += [_limits(d, limits) for limits in d.certificates]
    lines += [_switches(d, what, path) for what, path in d.switches.items()]
    if s.rules.most > s.rules.first:
        lines.append(_("Where the best changes with the cost ratios is found where everybody plays every show: select=none."))
    return lines


def _spared(d: Decision) -> list[str]:
    """What the race spared, and what may have escaped it."""
    s, worlds, lines = d.selection, len(d.plan.worlds), []
    if s.looks > 1:
        text = _(
            "{plays:,} runs were played in {looks} rounds; everybody as long as the best would have been {equal:,} ({times:.1f} "
            "times as many)."
        )
        lines.append(
            text.format(plays=s.plays * worlds, looks=s.looks, equal=s.equal_plays * worlds, times=s.equal_plays / s.plays)
        )
    if s.rules.most > s.rules.first and s.rules.blind:
        text = _(
            "Losses that fewer than about {share:.2g} % of shows have may have escaped the first {shows} shows; shock= allows "
            "for them."
        )
        lines.append(text.format(share=100 * s.rules.blind, shows=s.rules.first))
    return lines


def _luck(d: Decision) -> list[str]:
    """How much of the best's lead may be the luck of the shows that chose it."""
    o = d.overfit
    if o is None:
        return []
    half = (o.high - o.low) / 2
    sentence = _(
        "Chosen among {n} by {shows} shows: on a show that had no say in the choice, what the others chose left {left} "
        "±{half} CNY on the table ({lost} more than the best's own figure). The chance that the choice is no better than the "
        "median on other shows: {pbo} % (probability of backtest overfitting)."
    )
    return [sentence.format(n=len(d.plan.candidates), shows=d.plan.replicates, left=number(-o.deflated), half=number(half),
                        lost=number(o.apparent - o.deflated), pbo=brief(100 * o.pbo))]  # fmt: skip


def _edges(d: Decision) -> list[str]:
    """Settings of the best that are the last of those listed, where the setting itself could go further. Of points scattered over
    several ranges some are always the last in one: that says nothing."""
    best, lines = d.plan.candidates[d.selection.best], []
    family = [c for c in d.plan.candidates if c.family == best.family]
    for key, value in best.settings.items():
        tried = {c.settings[key] for c in family}
        scattered = len(best.settings) > 1 and len(tried) == len(family)
        if isinstance(value, str | bool) or scattered or len(tried) < FEW or any(isinstance(v, str | bool) for v in tried):
            continue
        p = param_of(key, best)
        if p and value in (p.low, p.high):
            continue
        if value == max(tried):
            text = _("{setting}={value} is at the upper end of what was tried, and the best may lie beyond: widen its range.")
        elif value == min(tried):
            text = _("{setting}={value} is at the lower end of what was tried, and the best may lie beyond: widen its range.")
        else:
            continue
        lines.append(text.format(setting=key, value=rounded(key, value)))
    return lines


def param_of(key: str, candidate: Candidate) -> Param | None:
    """The declared setting of strategy or gate that a varied key is about."""
    known = {"gate": GATE_PARAMS, "strategy": candidate.policy.strategy.params}.get(key.split(".")[0], ())
    return next((p for p in known if p.name == key.split(".")[-1]), None)


def _limits(d: Decision, limits: str) -> str:
    """What a set of limits says of the best, and the cheapest candidate that keeps to them."""
    best, names = d.selection.best, [c.name for c in d.plan.candidates]
    worlds = [f"{w.name} ({worded(w.settings)})" if w.settings else w.name for w in d.plan.worlds]
    given = {
        "limits": limits,
        "name": names[best],
        "certificate": certificate(d.certificates[limits][best], worlds),
        "n": len(names),
    }
    if len(names) == 1:
        return _("Limits {limits}: {name} is {certificate}.").format(**given)
    if limits not in d.chosen:
        return _("Limits {limits}: {name} is {certificate}; no candidate is certified.").format(**given)
    cheapest, strict = d.chosen[limits]
    sure = (
        _("also when allowing for the choice among {n}")
        if strict.state == CERTIFIED
        else _("not when allowing for the choice among {n}: confirm it on other seeds")
    ).format(**given)
    if cheapest == best:
        return _("Limits {limits}: {name} is {certificate}, {sure}.").format(sure=sure, **given)
    behind = next(x.behind for x in d.selection.standings if x.candidate == cheapest)
    return _(
        "Limits {limits}: {name} is {certificate}. The cheapest that is certified: {cheapest}, {behind} CNY a show dearer "
        "({sure})."
    ).format(cheapest=names[cheapest], behind=number(behind), sure=sure, **given)


def _ties(d: Decision) -> str:
    s, names = d.selection, [c.name for c in d.plan.candidates]
    if len(names) == 1:
        return _("There was nothing to choose among.")
    given = {"sure": f"{100 * d.confidence:g} %", "delta": number(d.delta), "list": some([names[k] for k in s.tied], 8)}
    if not s.tied:
        return _("With {sure} confidence no other candidate costs less.").format(**given)
    if s.decided:
        text = (
            _(
                "With {sure} confidence no other is better by {delta} CNY a show (the promise of the race; the intervals "
                "allow for every look at it and are wider); not shown to be worse: {list}."
            )
            if s.looks > 1
            else _("With {sure} confidence no other is better by {delta} CNY a show; not shown to be worse: {list}.")
        )
        return text.format(**given)
    text = (
        _("It cannot be told apart, with {sure} confidence and to {delta} CNY a show, from {list}; {more}.")
        if any(s.further)
        else _("It cannot be told apart, with {sure} confidence and to {delta} CNY a show, from {list}.")
    ).format(more=further(s), **given)
    last = min(s.standings, key=lambda x: x.low)
    far = _("No other is better by more than {low} CNY a show ({name} might be).")
    return f"{text} " + far.format(low=number(-last.low), name=names[last.candidate])


def further(s: Selection) -> str:
    """How many more shows would decide, in words."""
    real, none = s.further
    if real > TOO_MANY:
        return _(
            "more than {too_many:,} further shows would not tell them apart: choose among them by something else than J"
        ).format(too_many=TOO_MANY)
    given = {"n": number(_two_figures(real)), "none": number(_two_figures(none)), "most": TOO_MANY}
    if s.looks > 1:
        return _("about {n} more shows would decide, give or take a factor of three").format(**given)
    if none <= 1.1 * real:
        return _("about {n} more shows would decide").format(**given)
    text = (
        _("about {n} more shows would decide if the differences are what they look like, more than {most:,} if there are none")
        if none > TOO_MANY
        else _("about {n} more shows would decide if the differences are what they look like, {none} if there are none")
    )
    return text.format(**given)


def _two_figures(count: float) -> float:
    """A count as roughly as it is known.

    >>> _two_figures(1523), _two_figures(87)
    (1500.0, 87.0)
    """
    return float(f"{count:.2g}")


def _switches(d: Decision, what: str, path: Sequence[Stretch]) -> str:
    """Where the best candidate changes with one weight, as a multiple of what it is and, where all SKUs agree, as co : cu."""
    names = [c.name for c in d.plan.candidates]
    now = next((p for p in path if p.start <= 1 < p.stop), path[0])
    weight = _(WEIGHTS[what])
    if len(path) == 1:
        text = (
            _(
                "{weight}, between {start:g} and {stop:g} times the present one: by the means {name} stays best, but only in "
                "{share:.0f} % of resampled studies: not known with these shows."
            )
            if d.steady[what] < 0.5
            else _(
                "Whatever {weight} between {start:g} and {stop:g} times the present one, {name} stays best by the means (in "
                "{share:.0f} % of resampled studies)."
            )
        )
        weight = f"{weight[0].upper()}{weight[1:]}" if d.steady[what] < 0.5 else weight
        return text.format(
            weight=weight, start=path[0].start, stop=path[0].stop, name=names[now.candidate], share=100 * d.steady[what]
        )
    bounds = [(names[p.candidate], _times(d, what, p.stop), p) for p in path[:-1]]
    first, *between = bounds
    steps = [_("{name} below {times} [{low}, {high}]").format(name=first[0], times=first[1], **_span(first[2]))]
    steps += [_("then {name} up to {times} [{low}, {high}]").format(name=n, times=times, **_span(p)) for n, times, p in between]
    steps.append(_("then {name}").format(name=names[path[-1].candidate]))
    return _(
        "With {weight} the best changes, by the means and with 95 % intervals: {steps} (present weight: 1x, {name})."
    ).format(weight=weight, steps=", ".join(steps), name=names[now.candidate])


def _span(p: Stretch) -> dict[str, str]:
    return {"low": brief(p.low), "high": brief(p.high)}


def _times(d: Decision, what: str, x: float) -> str:
    ratio = ratio_of(d.plan.profile, d) if what == "oversell" else None
    return f"{brief(x)}x" + (f" (co : cu = {brief(x * ratio)} : 1)" if ratio else "")


def ratio_of(profile: Profile, d: Decision) -> float | None:
    """co : cu of the present weights, where all SKUs of all worlds have the same; else None."""
    ratios = [
        np.divide(*unit_costs(profile, w.scenario)) for w in d.plan.worlds if (unit_costs(profile, w.scenario)[1] > 0).all()
    ]
    every = np.concatenate(ratios) if len(ratios) == len(d.plan.worlds) else np.zeros(0)
    return float(every[0]) if len(every) and np.allclose(every, every[0]) else None


def rows(d: Decision) -> list[list[str]]:
    """The leaders with their certificates, best first."""
    by_number = {s.candidate: s for s in d.selection.standings}
    cells = []
    named = {*d.leaders, *d.selection.tied}
    picked = [s.candidate for s in d.selection.standings if s.candidate in named]
    for k, settings in zip(picked, apart([d.plan.candidates[k].settings for k in picked]), strict=True):
        s = by_number[k]
        gap = "" if s.state == BEST else number(s.behind)
        span = "" if s.state == BEST else f"[{number(s.low)}, {number(s.high)}]"
        states = [d.certificates[name][k].state for name in ("strict", "standard", "platform")]
        cells.append(
            [
                d.plan.candidates[k].name,
                *map(number, d.money[k].tolist()),
                number(s.mean),
                gap,
                span,
                number(s.shows),
                _(STATES[s.state]),
                *map(_, states),
                briefly(d.plan.candidates[k].family, settings),
            ]
        )
    return cells
