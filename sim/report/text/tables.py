"""The ranked table of a rehearsal: best first, every figure with what it is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text.layout import NOTHING, aligned, markdown, number, spread
from sim.report.text.shares import shares
from sim.report.text.unseen import unseen
from sim.score.metrics import METRICS
from sim.score.profiles import Profile
from sim.stats.paired import Difference, difference
from sim.stats.selection import WORSE, standings
from sim.study.worth import MATTERS, Worth
from sim.words import N_, _, columns, ngettext

if TYPE_CHECKING:
    import pandas as pd

SMALLEST = 1e-9
"""A difference is never too small to matter where nobody said what is [CNY]."""
HEAD = N_("strategy | net [CNY] | GMV | left on the table | oversold | missed | notices/h | useful alerts | sure or not")
RANKED = N_("strategy | net [CNY] | GMV | left on the table | oversold | missed | notices/h | above the best")
"""The same where a verdict of its own says who can be told apart, and no alert was judged."""
MORE = N_("strategy | skill | in % shows | precision | recall | lead s | freeze min")
SHOWN = ("", "skill", "session_oversold", "precision", "recall", "usable_lead_s", "freeze_minutes")
"""The metric behind each column of the second table, which pages have."""

Varied = tuple[Sequence[str], Mapping[str, tuple[str, Sequence[str]]]]
"""Settings that vary between candidates: their names, and by candidate its family and their values as text."""


@dataclass(frozen=True)
class StrategyLine:
    """One strategy over all its shows. net: mean and interval; J: mean; behind: paired difference in J to the best, which is that
    in net, with an interval that holds for all strategies at once; the rest are means.

    shows: lowest, actual and highest share of shows with an oversell, bounded as certificates are. same: not to be told apart
    from the best. useful, judged: chains of alerts.
    """

    strategy: str
    net: Difference
    J: float
    behind: Difference
    same: bool
    skill: float
    gmv: float
    oversold: float
    shows: tuple[float, float, float]
    missed: float
    notices_per_hour: float
    precision: float
    recall: float
    lead_s: float
    freeze_min: float
    useful: int = 0
    judged: int = 0


def summary(scores: pd.DataFrame, worth: Sequence[Worth] = ()) -> list[StrategyLine]:
    """Strategies of one scenario, lowest mean J first."""
    parts = {str(name): part.sort_values("replicate") for name, part in scores.groupby("strategy", sort=False)}
    order = sorted(parts, key=lambda name: parts[name]["J"].mean())
    apart = _told_apart([parts[name]["J"].to_numpy() for name in order])
    alerts = {w.strategy: (w.useful, w.judged) for w in worth}
    return [_line(name, parts[name], *one, *alerts.get(name, (0, 0))) for name, one in zip(order, apart, strict=True)]


def _told_apart(costs: Sequence[np.ndarray]) -> list[tuple[Difference, bool]]:
    """Of each strategy, the first being the best: how far it lies behind, by a sweep's rule; whether that may be nothing."""
    pairs = [difference(own, costs[0]) for own in costs]
    if len(costs) == 1 or len(costs[0]) < 2:
        return [(d, k > 0) for k, d in enumerate(pairs)]
    standing = {x.candidate: x for x in standings(np.stack(costs, 1), SMALLEST).standings}
    marks = [(pairs[0], False)]
    for k in range(1, len(costs)):
        x = standing[k]
        marks.append((pairs[k]._replace(low=x.low, high=x.high), x.state != WORSE))
    return marks


def _line(name: str, part: pd.DataFrame, behind: Difference, same: bool, useful: int, judged: int) -> StrategyLine:
    n, of = len(part), shares(part)
    often, low, high = of["session_oversold"]
    return StrategyLine(
        strategy=name,
        net=difference(part["net"].to_numpy(), np.zeros(n)),
        J=float(part["J"].mean()),
        behind=behind,
        same=same,
        skill=of["skill"][0],
        gmv=float(part["gmv"].mean()),
        oversold=float(part["oversold_units"].mean()),
        shows=(low, often, high),
        missed=float(part["missed_units"].mean()),
        notices_per_hour=float(part["notices_per_operator_hour"].mean()),
        precision=of["precision"][0],
        recall=of["recall"][0],
        lead_s=float(part["usable_lead_s"].mean()),
        freeze_min=float(part["freeze_minutes"].mean()),
        useful=useful,
        judged=judged,
    )


def cells(lines: list[StrategyLine], told: bool = True) -> list[list[str]]:
    """The table as text, one row per strategy. told: say who can be told apart from the best, and what alerts were worth."""
    rows = []
    for k, line in enumerate(lines):
        oversold = f"{number(line.oversold, 1)} ({100 * line.shows[1]:.0f} %)"
        behind = _("best") if k == 0 else _sure(line) if told else number(line.behind.mean)
        useful = [_("{useful} of {judged}").format(useful=line.useful, judged=line.judged) if line.judged else NOTHING] * told
        rows.append([
            line.strategy, spread(line.net.mean, half(line.net)), number(line.gmv), number(line.J), oversold,
            number(line.missed, 1), number(line.notices_per_hour, 1), *useful, behind,
        ])  # fmt: skip
    return rows


def _sure(line: StrategyLine) -> str:
    """How much less a strategy earns than the best, and whether that is sure."""
    text = _("not sure, {by} less") if line.same else _("sure, {by} less")
    return text.format(by=spread(line.behind.mean, half(line.behind)))


def details(lines: list[StrategyLine]) -> list[list[str]]:
    """The second table."""
    return [
        [line.strategy, number(line.skill),
         "{:.0f} [{:.0f}, {:.0f}]".format(*(100 * line.shows[k] for k in (1, 0, 2))), number(line.precision, 2),
         number(line.recall, 2), number(line.lead_s), number(line.freeze_min, 1)]
        for line in lines
    ]  # fmt: skip


def half(gap: Difference) -> float:
    """Half the width of an interval."""
    return (gap.high - gap.low) / 2


def meanings(profile: Profile, told: bool = True) -> list[str]:
    """Every column in a sentence that stands alone."""
    lines = [
        _("net: what a show earned, the contribution of kept orders and of shoppers who come back, less compensation, requests, "
          "notices, annoyances and penalties [CNY]."),
        _("GMV: sold units at their price [CNY]."),
        _("left on the table: what the best possible decisions would have earned more on the same shoppers [CNY]."),
        _("oversold: units sold that do not exist, mean a show, and the share of shows with any."),
        _("missed: units refused or kept away that better decisions could have sold, mean a show."),
        _("notices/h: notices that each operator on duty receives in an hour, all-clears included."),
    ]  # fmt: skip
    if told:
        lines += [
            _("useful alerts: of the chains of alerts judged, those without which a show would have earned {edge} CNY less."),
            _("sure or not: how much less than the best a strategy earns a show; sure where that is beyond chance, by intervals "
              "that hold for all rows at once."),
        ]  # fmt: skip
    return [text.format(edge=f"{MATTERS * profile.ca:g}") if "{edge}" in text else text for text in lines]


def _below_nothing(lines: list[StrategyLine]) -> list[str]:
    """Why a J may lie below zero."""
    if all(line.J >= 0 for line in lines):
        return []
    return [_("J below 0: the host moved airtime, to a pitch brought forward or a restock call, and sold what no tape holds.")]


def _apart(lines: list[StrategyLine], replicates: int) -> str:
    """Who cannot be told apart from the best."""
    if replicates < 2:
        return _("One show says nothing about the next: raise replicates for intervals.")
    best, same = lines[0].strategy, [line.strategy for line in lines if line.same]
    if not same:
        text = _("Every other strategy leaves more on the table than {best}, beyond chance.")
        return text.format(best=best) if len(lines) > 1 else ""
    return _("Cannot be told apart from {best}: {list}.").format(best=best, list=", ".join(same))


def _pairing(lines: list[StrategyLine]) -> str:
    """What playing the same shoppers gained."""
    ratios = [line.behind.variance_ratio for line in lines[1:] if math.isfinite(line.behind.variance_ratio)]
    if not ratios:
        return ""
    low, middle, high = min(ratios), float(np.median(ratios)), max(ratios)
    return _(
        "Variance ratio of the paired differences: median {middle} ({low} to {high}): how many times the shows would be needed "
        "if each strategy met other shoppers."
    ).format(**{name: number(x, 1 if x < 100 else 0) for name, x in (("middle", middle), ("low", low), ("high", high))})


def _head(told: bool) -> tuple[str, ...]:
    return columns(HEAD if told else RANKED)


def _varied(head: Sequence[str], rows: list[list[str]], varied: Varied | None) -> list[Sequence[str]]:
    """A table whose first column names candidates, with the settings that vary as columns; their numbers come last."""
    if varied is None or not varied[0]:
        return [head, *rows]
    lines: list[Sequence[str]] = [(head[0], *varied[0], *head[1:], _("no."))]
    for name, *figures in rows:
        family, settings = varied[1][name]
        lines.append([family, *settings, *figures, name.removeprefix(family)])
    return lines


@dataclass(frozen=True)
class RankedTable:
    """The table of some strategies over ``replicates`` shows. told: see :func:`cells`. shock: a loss of one show to allow for
    [CNY]. varied: see :data:`Varied`."""

    lines: list[StrategyLine]
    replicates: int
    profile: Profile
    told: bool = True
    shock: float = 0.0
    varied: Varied | None = None

    def notes(self) -> list[str]:
        """What has to be said under the table."""
        n = self.replicates
        text = [
            ngettext(
                "Means over {n} shows; ± is half a 95 % interval; prices by score={profile}.",
                "Means over {n} shows; ± is half a 95 % interval; prices by score={profile}.",
                n,
            ).format(n=n, profile=self.profile.name),
            *_below_nothing(self.lines),
            _apart(self.lines, n) if self.told or n < 2 else "",
            unseen(n, self.shock) if n > 1 else "",
            _pairing(self.lines),
        ]
        return [line for line in text if line]

    def printed(self) -> str:
        """For a terminal: plain text, at most some 145 columns."""
        rows = _varied(_head(self.told), cells(self.lines, self.told), self.varied)
        legend = [*self.notes(), *(meanings(self.profile) if self.told else [])]
        return "\n".join([*aligned(rows, range(1, len(rows[0]))), "", *legend])

    def in_markdown(self) -> str:
        """For ``report.md``, with a second table."""
        head, *rows = _varied(_head(self.told), cells(self.lines, self.told), self.varied)
        more, *rest = _varied(columns(MORE), details(self.lines), self.varied)
        legend = [*self.notes(), *meanings(self.profile, self.told)]
        return "\n".join([
            *markdown(head, rows, range(1, len(head))), "", *(f"- {note}" for note in legend), "",
            *markdown(more, rest, range(1, len(more))),
        ])  # fmt: skip


def glossary() -> str:
    """What each column of the second table means, from the metrics' own definitions."""
    rows = [
        (title, _(METRICS[name].definition), _(METRICS[name].unit), METRICS[name].better or NOTHING)
        for title, name in zip(columns(MORE), SHOWN, strict=True)
        if name
    ]
    return "\n".join(markdown(columns(N_("column | meaning | unit | better")), rows))
