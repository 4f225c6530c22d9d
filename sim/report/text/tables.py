"""The ranked table of a rehearsal: best first, every figure with what it is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text.layout import NOTHING, aligned, markdown, number, spread
from sim.score.hindsight import mean_skill
from sim.score.metrics import METRICS
from sim.stats.certify import clopper_pearson
from sim.stats.paired import Difference, difference
from sim.words import N_, _, columns, ngettext

if TYPE_CHECKING:
    import pandas as pd

SAME = "~"
"""Marks a strategy that cannot be told apart from the best."""
HEAD = N_(
    "strategy | net [CNY] | left J | above the best | skill | GMV | oversold | in % shows | missed | notices/h | precision | "
    "recall | lead s | freeze min"
)
SHOWN = (
    "", "net", "J", "", "skill", "gmv", "oversold_units", "session_oversold", "missed_units", "notices_per_operator_hour",
    "precision", "recall", "usable_lead_s", "freeze_minutes",
)  # fmt: skip
"""The metric behind each column."""
RIGHT = tuple(range(1, len(SHOWN)))


@dataclass(frozen=True)
class Line:
    """One strategy over all its shows. net: mean and interval; J: mean; behind: paired difference in J to the best, which is that
    in net; the rest are means.

    shows: lowest, actual and highest share of shows with an oversell, bounded as certificates are. same: not to be told apart
    from the best.
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


def summary(scores: pd.DataFrame) -> list[Line]:
    """Strategies of one scenario, lowest mean J first."""
    parts = {name: part.sort_values("replicate") for name, part in scores.groupby("strategy", sort=False)}
    order = sorted(parts, key=lambda name: parts[name]["J"].mean())
    return [_line(str(name), parts[name], parts[order[0]], name == order[0]) for name in order]


def _line(name: str, part: pd.DataFrame, best: pd.DataFrame, is_best: bool) -> Line:
    cost, n = part["J"].to_numpy(), len(part)
    behind = difference(cost, best["J"].to_numpy())
    bad = int(part["session_oversold"].sum())
    low, high = clopper_pearson(bad, n, 0.025)
    caught = (part["recall"].fillna(0.0) * part["risk_events"]).sum()
    told = part["foreseen_events"].sum() + part["late_claims"].sum() / 2 + part["false_claims"].sum()
    return Line(
        strategy=name,
        net=difference(part["net"].to_numpy(), np.zeros(n)),
        J=float(cost.mean()),
        behind=behind,
        same=not is_best and not behind.low > 0,
        skill=mean_skill(cost, part["J_silent"].to_numpy()),
        gmv=float(part["gmv"].mean()),
        oversold=float(part["oversold_units"].mean()),
        shows=(low, bad / n, high),
        missed=float(part["missed_units"].mean()),
        notices_per_hour=float(part["notices_per_operator_hour"].mean()),
        precision=_share(part["foreseen_events"].sum(), told),
        recall=_share(caught, part["risk_events"].sum()),
        lead_s=float(part["usable_lead_s"].mean()),
        freeze_min=float(part["freeze_minutes"].mean()),
    )


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else math.nan


def cells(lines: list[Line], told: bool = True) -> list[list[str]]:
    """The table as text, one row per strategy. told: say who can be told apart from the best, one comparison at a time."""
    rows = []
    for k, line in enumerate(lines):
        low, share, high = line.shows
        apart = f"{SAME} " * line.same + spread(line.behind.mean, half(line.behind)) if told else number(line.behind.mean)
        behind = _("best") if k == 0 else apart
        rows.append([
            line.strategy, spread(line.net.mean, half(line.net)), number(line.J), behind, number(line.skill), number(line.gmv),
            number(line.oversold, 1),
            f"{100 * share:.0f} [{100 * low:.0f}, {100 * high:.0f}]", number(line.missed, 1), number(line.notices_per_hour, 1),
            number(line.precision, 2), number(line.recall, 2), number(line.lead_s), number(line.freeze_min, 1),
        ])  # fmt: skip
    return rows


def half(found: Difference) -> float:
    """Half the width of an interval."""
    return (found.high - found.low) / 2


def notes(lines: list[Line], replicates: int, profile: str, told: bool = True) -> list[str]:
    """What has to be said under the table."""
    text = [
        ngettext(
            "Means over {n} shows; ± and [ ] are 95 % intervals; prices by score={profile}. Left J: what hindsight would "
            "have earned more; skill 0 silent, 100 hindsight.",
            "Means over {n} shows; ± and [ ] are 95 % intervals; prices by score={profile}. Left J: what hindsight would "
            "have earned more; skill 0 silent, 100 hindsight.",
            replicates,
        ).format(n=replicates, profile=profile),
        *_below_nothing(lines),
        _apart(lines, replicates) if told or replicates < 2 else "",
        _pairing(lines),
    ]
    return [line for line in text if line]


def _below_nothing(lines: list[Line]) -> list[str]:
    """Why a J may lie below zero."""
    if all(line.J >= 0 for line in lines):
        return []
    return [_("J below 0: the host moved airtime, to a pitch brought forward or a restock call, and sold what no tape holds.")]


def _apart(lines: list[Line], replicates: int) -> str:
    """Who cannot be told apart from the best."""
    if replicates < 2:
        return _("One show says nothing about the next: raise replicates for intervals.")
    best, same = lines[0].strategy, [line.strategy for line in lines if line.same]
    if not same:
        text = _("Every other strategy leaves more on the table than {best}, beyond chance.")
        return text.format(best=best) if len(lines) > 1 else ""
    return _("{mark} cannot be told apart from {best}: {list}.").format(mark=SAME, best=best, list=", ".join(same))


def _pairing(lines: list[Line]) -> str:
    """What playing the same shoppers gained."""
    ratios = [line.behind.variance_ratio for line in lines[1:] if math.isfinite(line.behind.variance_ratio)]
    if not ratios:
        return ""
    low, middle, high = min(ratios), float(np.median(ratios)), max(ratios)
    return _(
        "Variance ratio of the paired differences: median {middle:.1f} ({low:.1f} to {high:.1f}): how many times the "
        "shows would be needed if each strategy met other shoppers."
    ).format(middle=middle, low=low, high=high)


def printed(lines: list[Line], replicates: int, profile: str, told: bool = True) -> str:
    """The table for a terminal: plain text, at most some 145 columns. told: see :func:`cells`."""
    return "\n".join([*aligned([columns(HEAD), *cells(lines, told)], RIGHT), "", *notes(lines, replicates, profile, told)])


def in_markdown(lines: list[Line], replicates: int, profile: str, told: bool = True) -> str:
    """The same for ``report.md``."""
    said = notes(lines, replicates, profile, told)
    return "\n".join([*markdown(columns(HEAD), cells(lines, told), RIGHT), "", *(f"- {note}" for note in said)])


def glossary() -> str:
    """What each column means, from the metrics' own definitions."""
    rows = [
        (title, _(METRICS[name].definition), _(METRICS[name].unit), METRICS[name].better or NOTHING)
        for title, name in zip(columns(HEAD), SHOWN, strict=True)
        if name
    ]
    return "\n".join(markdown(columns(N_("column | meaning | unit | better")), rows))
