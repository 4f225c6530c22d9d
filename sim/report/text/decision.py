"""The part of a sweep's report that decides: verdict, certificates, front, switch points, curves; and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.report.figures import decision as draw
from sim.report.text import ranking, verdict
from sim.report.text.layout import aligned, markdown, number
from sim.stats.pareto import OBJECTIVES
from sim.study.decide import Decision, Trials
from sim.words import N_, _, columns, ngettext

if TYPE_CHECKING:
    from sim.setup.space import Candidate

CURVE = {
    "net": N_("net [CNY]"),
    "oversold_units": N_("oversold [units]"),
    "missed_units": N_("missed [units]"),
    "alerts": N_("alerts"),
}
"""Figures of a response curve."""
FEW = 4
"""Fewest points of a curve or of one side of a map."""
MAP_ROWS = 24
"""Most rows of the front listed in the report; the table has them all."""
FRONT_HEAD = N_("candidate")
SETTINGS = 60
"""Most candidates whose settings are listed; ``candidates.parquet`` has all."""


def printed(d: Decision) -> str:
    """For a terminal: the leaders, then the verdict."""
    return "\n".join([*aligned([columns(verdict.HEAD), *verdict.rows(d)], verdict.RIGHT), "", *verdict.sentences(d)])


def sections(trials: Trials, d: Decision, pictures: Sequence[str]) -> list[str]:
    """For ``report.md``. pictures: file names of :func:`pictures`, as far as they are drawn."""
    front = front_table(d)
    named = list(dict.fromkeys([*d.leaders, *d.selection.tied, *d.front]))
    rest = ngettext("{n} more of them: `candidates.parquet`.", "{n} more of them: `candidates.parquet`.", len(named) - SETTINGS)
    head, front_head = columns(ranking.CHOSEN_HEAD), (*columns(FRONT_HEAD), *OBJECTIVES, "net", "gmv")
    cells = [
        [str(r["candidate"]), *(number(float(r[name]), 1) for name in (*OBJECTIVES, "net", "gmv"))]
        for r in front.head(MAP_ROWS).to_dict("records")
    ]
    parts = [
        _("## Verdict"),
        "\n".join(f"- {line}" for line in verdict.sentences(d)),
        "\n".join(markdown(columns(verdict.HEAD), verdict.rows(d), verdict.RIGHT)),
        _meaning(d),
        *(f"![{name}]({name})" for name in pictures),
        _("## Pareto front"),
        _about_front(trials, len(front)),
        "\n".join(markdown(front_head, cells, (1, 2, 3, 4, 5))),
        _("## Settings of the leaders, of all that cannot be told apart from the best, and of the front"),
        "\n".join(markdown(head, ranking.chosen(d.plan, named[:SETTINGS]))),
    ]
    return [*parts, rest.format(n=len(named) - SETTINGS)] if len(named) > SETTINGS else parts


def _meaning(d: Decision) -> str:
    """How the table of the verdict is to be read."""
    return _(
        "Behind the best: paired differences with simultaneous {confidence:g} % intervals, cut at 0 where a candidate is called "
        "worse; delta, too small to matter: {delta} CNY a show. Limits are those of the worst world; a candidate is certified "
        "where a one-sided bound lies within every limit of the set, refuted where one lies beyond. Each certificate stands "
        "alone: of candidates that just break a limit, {chance:.3g} % are certified by chance. All are in "
        "`certificates.parquet`."
    ).format(confidence=100 * d.confidence, delta=number(d.delta), chance=100 * (1 - d.confidence))


def _about_front(trials: Trials, n: int) -> str:
    """What is on the front, and how those stand who left the race early."""
    text = (
        _("Nobody beats these in all three at once, by their means ({n} more in `front.parquet`).").format(n=n - MAP_ROWS)
        if n > MAP_ROWS
        else _("Nobody beats these in all three at once, by their means.")
    )
    played = np.isfinite(trials.cost).any(0).sum(0)
    if played.min() == played.max():
        return text
    return f"{text} " + _(
        "Who left the race early is given the mean of one who played all, plus the mean difference on the shows both played."
    )


def front_table(d: Decision) -> Any:
    """One row per candidate on the front: name, family, objectives, varied settings."""
    import pandas as pd

    rows = []
    for k in d.front:
        c = d.plan.candidates[k]
        row: dict[str, Any] = {"candidate": c.name, "family": c.family}
        row |= dict(zip(OBJECTIVES, d.averages[k].tolist(), strict=True)) | dict(
            zip(("net", "gmv"), d.money[k].tolist(), strict=True)
        )
        rows.append(row | {key: v if isinstance(v, str) else float(v) for key, v in c.settings.items()})
    return pd.DataFrame(rows)


def certificates_table(d: Decision) -> Any:
    """One row per set of limits and candidate: state, its worst world, and value, bounds and limit of every figure there."""
    import pandas as pd

    rows = []
    for limits, certificates in d.certificates.items():
        for k, c in certificates.items():
            row: dict[str, Any] = {"limits": limits, "candidate": d.plan.candidates[k].name, "state": c.state}
            rows.append(row | {"world": d.plan.worlds[c.world].name, "shows": c.shows} | c.columns)
    return pd.DataFrame(rows)


def standings_table(d: Decision) -> Any:
    """One row per candidate, best first: how far behind the best it is and whether the two can be told apart."""
    import pandas as pd

    rows = [
        {"candidate": d.plan.candidates[x.candidate].name, "shows": x.shows, "J": x.mean, "behind": x.behind, "behind_low": x.low,
         "behind_high": x.high, "state": x.state, "tied": x.candidate in d.selection.tied or x.candidate == d.selection.best}
        for x in d.selection.standings
    ]  # fmt: skip
    return pd.DataFrame(rows)


def pictures(trials: Trials, d: Decision) -> dict[str, Any]:
    """Every picture of the decision, by the name of its file."""
    figures: dict[str, Any] = {}
    if len(d.plan.candidates) > 1:
        figures["ranking.png"] = draw.ranking(d)
        figures["pareto.png"] = draw.pareto(d)
    for family in dict.fromkeys(c.family for c in d.plan.candidates):
        figures |= _of_family(trials, d, family)
    return figures


def _of_family(trials: Trials, d: Decision, family: str) -> dict[str, Any]:
    """The response curve of a family with one varied number, the map of one with two."""
    which = [k for k, c in enumerate(d.plan.candidates) if c.family == family]
    keys = list(d.plan.candidates[which[0]].settings)
    values = [[d.plan.candidates[k].settings[key] for k in which] for key in keys]
    if len(which) < FEW or any(isinstance(v, str | bool) for column in values for v in column):
        return {}
    named = [_with_unit(key, d.plan.candidates[which[0]]) for key in keys]
    where = _("{n} worlds").format(n=len(d.plan.worlds)) if len(d.plan.worlds) > 1 else d.plan.worlds[0].name
    if len(keys) == 1:
        played = ~np.isnan(trials.cost[:, :, which]).any((0, 2))
        order = np.argsort(values[0], kind="stable")
        x, sorted_by_it = np.asarray(values[0], float)[order], [which[k] for k in order]
        if played.sum() < 2:
            return {}
        # One figure after the other: of a large sweep each is millions of numbers.
        course = {_(words): draw.response(trials.fetch(sorted_by_it, [name])[:, played, :, 0]) for name, words in CURVE.items()}
        title = _("Response to {setting}, {where}, {n} shows").format(setting=keys[0], where=where, n=int(played.sum()))
        return {f"curve-{family}.png": draw.curve(x, course, named[0], title)}
    if len(keys) == 2:
        cost = np.nanmean(trials.cost[:, :, which], axis=(0, 1))
        x, y = (np.asarray(v, float) for v in values)
        return {
            f"map-{family}.png": _map(
                x, y, cost, (named[0], named[1]), _("J of {family}, {where}").format(family=family, where=where)
            )
        }
    return {}


def _with_unit(key: str, candidate: Candidate) -> str:
    """A setting of strategy or gate with its unit, as an axis names it."""
    p = verdict.param_of(key, candidate)
    return f"{key} [{p.unit}]" if p and p.unit else key


def _map(x: np.ndarray, y: np.ndarray, cost: np.ndarray, keys: tuple[str, str], title: str) -> Any:
    """A grid as a heatmap, points anywhere as marks."""
    xs, ys = np.unique(x), np.unique(y)
    if len(xs) * len(ys) != len(cost):
        return draw.scatter(x, y, cost, keys, title)
    z = np.full((len(ys), len(xs)), np.nan)
    z[np.searchsorted(ys, y), np.searchsorted(xs, x)] = cost
    return draw.heatmap(xs, ys, z, keys, title)
