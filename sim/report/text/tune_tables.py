"""The tables of a search: finalists, the front, trials, and every show behind the figures reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.report.pages.labels import spelt
from sim.report.text.layout import number
from sim.report.text.ranking import apart, worded
from sim.report.text.tune import ROBUST_WORDS
from sim.report.text.verdict import STATES
from sim.score.metrics import METRICS
from sim.study.search import SearchPlan
from sim.study.tune import CONFIRM_FROM, JUDGE_FROM, Tuned
from sim.words import N_, _, columns

JUDGED_HEAD = N_("finalist | settings | net [CNY] | GMV")
BEHIND_HEAD = N_("behind the best | interval | shows | ")
FRONT_HEAD = N_("front | settings")


class ReportTable(NamedTuple):
    """A table of the report: title, head and rows, which columns are numbers."""

    title: str
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]


def finalist_head(plan: SearchPlan) -> tuple[str, ...]:
    """What the finalists were judged by: J, or what ``robust`` makes of it."""
    merit = (
        _("left J [CNY]")
        if plan.robust == "mean" or not plan.single
        else _("{figure} [CNY]").format(figure=_(ROBUST_WORDS[plan.robust]))
    )
    return (*columns(JUDGED_HEAD), merit, *columns(BEHIND_HEAD))


def finalist_rows(tuning: Tuned, plan: SearchPlan) -> list[list[str]]:
    """The finalists as judged, best first."""
    rows, told = [], apart([c.settings for c in tuning.finalists])
    for st in tuning.selection.standings:
        c, settings = tuning.finalists[st.candidate], worded(told[st.candidate])
        gap = "" if st.state == "best" else number(st.behind)
        span = "" if st.state == "best" else f"[{number(st.low)}, {number(st.high)}]"
        money = (float(np.nanmean(tuning.judged[:, :, st.candidate, plan.metrics.index(m)])) for m in ("net", "gmv"))
        rows.append([c.name, settings, *map(number, money), number(st.mean), gap, span, number(st.shows), _(STATES[st.state])])
    return rows


def front_rows(tuning: Tuned, plan: SearchPlan) -> list[list[str]]:
    """Head and rows of the finalists that no other beats in all objectives: means over judging shows and worlds."""
    names = list(dict.fromkeys((*plan.objectives, "J", "net", "gmv")))
    head = [*columns(FRONT_HEAD), *(f"{spelt(name)} [{_(METRICS[name].unit)}]" for name in names)]
    means = np.nanmean(tuning.judged[..., [plan.metrics.index(name) for name in names]], axis=(0, 1))
    order = sorted(tuning.front, key=lambda k: tuple(means[k]))
    told = apart([c.settings for c in tuning.finalists])
    return [head, *([tuning.finalists[k].name, worded(told[k]), *(number(float(v), 1) for v in means[k])]
                    for k in order)]  # fmt: skip


def trials_table(tuning: Tuned, plan: SearchPlan) -> Any:
    """One row per trial: number, family, shows, value per objective, excess over each limit, one column per varied key."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for t in tuning.tried:
        row: dict[str, Any] = {"trial": t.number, "candidate": t.candidate.name, "family": t.candidate.family, "shows": t.shows}
        row |= dict(zip(plan.objectives, t.values, strict=True)) | {f"excess_{k}": v for k, v in t.excess.items()}
        rows.append(row | {k: v if isinstance(v, str) else float(v) for k, v in t.candidate.settings.items()})
    return pd.DataFrame(rows)


def shows_table(tuning: Tuned, plan: SearchPlan, worlds: Sequence[str]) -> Any:
    """One row per stage (judging, confirming), world, candidate and show that was played, with every metric; replicate is its
    number."""
    import pandas as pd

    rivals = [c.name for c in tuning.finalists]
    fresh = [tuning.best.name, tuning.start.name, *(_("rival in {name}").format(name=name) for name in worlds)]
    frames = []
    for stage, values, names, first in (
        ("judging", tuning.judged, rivals, JUDGE_FROM), ("confirming", tuning.confirmed, fresh, CONFIRM_FROM)
    ):  # fmt: skip
        for w, world in enumerate(worlds):
            for k in range(values.shape[2]):
                rows = pd.DataFrame(values[w, :, k], columns=list(plan.metrics))
                rows.insert(0, "replicate", np.arange(first, first + len(rows)))
                rows.insert(0, "candidate", names[k])
                rows.insert(0, "world", world)
                rows.insert(0, "stage", stage)
                frames.append(rows[rows["J"].notna()])
    return pd.concat(frames, ignore_index=True)
