"""The plain ranking of a sweep: the leaders of every world in full, and of all worlds together what it costs to choose one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.report.text import tables
from sim.report.text.layout import NOTHING, aligned, markdown, number
from sim.stats.overfit import FEWEST
from sim.study.standing import means, shows_of
from sim.words import N_, _, columns, ngettext

if TYPE_CHECKING:
    from sim.jobs.plan import Plan
    from sim.setup.space import Value

LEADERS = 12
"""Candidates shown of a world; the best of every family is shown beside them."""
PRINTED = 4
"""Worlds whose tables are printed; the report has all."""
METRICS = (
    "J", "J_silent", "net", "gmv", "oversold_units", "session_oversold", "missed_units", "notices_per_operator_hour",
    "foreseen_events", "late_claims", "false_claims", "risk_events", "recall", "usable_lead_s", "freeze_minutes",
)  # fmt: skip
OVERALL = N_(
    "candidate | net [CNY], mean of worlds | GMV | left J | above the best | worst world by J | J there | above the best there"
)
CHOSEN_HEAD = N_("candidate | settings")


class Ranking:
    """Means of every candidate, and the lines of the leaders of each world."""

    def __init__(self, table: Path, plan: Plan, shock: float = 0.0) -> None:
        self.plan, self.cost, self.shock = plan, means(table, plan), shock
        self.money = [means(table, plan, name).mean(0) for name in ("net", "gmv")]
        self.leaders = [leaders(plan, cost) for cost in self.cost]
        self.lines = [tables.summary(shows_of(table, plan, w, picked, METRICS)) for w, picked in enumerate(self.leaders)]

    def printed(self) -> str:
        """For a terminal."""
        parts = []
        for world, lines in list(zip(self.plan.worlds, self.lines, strict=True))[:PRINTED]:
            body = self._table(lines).printed()
            parts.append(f"{self._title(world.name, lines)}\n\n{body}{self._best(lines[0].strategy)}")
        if len(self.plan.worlds) > PRINTED:
            more = len(self.plan.worlds) - PRINTED
            parts.append(ngettext("{n} more worlds are in report.md", "{n} more worlds are in report.md", more).format(n=more))
        if len(self.plan.worlds) > 1:
            rows = aligned([columns(OVERALL), *self._overall()], (1, 2, 3, 4, 6, 7))
            parts.append("\n".join([_("all {n} worlds together").format(n=len(self.plan.worlds)), "", *rows]))
        return "\n\n".join([*parts, *self._caution()])

    def in_markdown(self) -> str:
        """For ``report.md``."""
        parts = []
        for world, lines in zip(self.plan.worlds, self.lines, strict=True):
            body = self._table(lines).in_markdown()
            title = _("## World {title}").format(title=self._title(world.name, lines))
            parts.append(f"{title}\n\n{_settings(world.settings)}{body}")
        if len(self.plan.worlds) > 1:
            parts.append(
                "\n".join([_("## All worlds together"), "", *markdown(columns(OVERALL), self._overall(), (1, 2, 3, 4, 6, 7))])
            )
        return "\n\n".join([*parts, *self._caution()])

    def _table(self, lines: list[tables.StrategyLine]) -> tables.RankedTable:
        """The table of one world's leaders."""
        return tables.RankedTable(lines, self.plan.replicates, self.plan.profile, False, self.shock, self._varied(lines))

    def _varied(self, lines: Sequence[tables.StrategyLine]) -> tables.Varied:
        """The settings that vary among the candidates of these lines."""
        shown = {line.strategy for line in lines}
        candidates = [c for c in self.plan.candidates if c.name in shown]
        told = apart([c.settings for c in candidates])
        cells = [{short(c.family, key): v for key, v in row.items()} for c, row in zip(candidates, told, strict=True)]
        names = list(dict.fromkeys(name for row in cells for name in row))
        return names, {
            c.name: (c.family, [str(row.get(name, NOTHING)) for name in names]) for c, row in zip(candidates, cells, strict=True)
        }

    def _caution(self) -> list[str]:
        """What a plain ranking of many does not say. Who can be told apart, and what luck adds, is the verdict's to say."""
        n = len(self.plan.candidates)
        if self.plan.replicates >= FEWEST:
            return []
        return [_("The best of {n} owes part of its lead to luck: confirm it on other seeds.").format(n=n)] if n > 2 else []

    def _title(self, world: str, lines: Sequence[tables.StrategyLine]) -> str:
        n, few = len(self.plan.candidates), len(lines)
        if few == n:
            return ngettext("{world}: {n} candidates", "{world}: {n} candidates", n).format(world=world, n=n)
        return _("{world}: {few} of {n} candidates, the leaders of all and of each family").format(world=world, few=few, n=n)

    def _best(self, name: str) -> str:
        """The best of a world, where the verdict does not say it."""
        if len(self.plan.worlds) == 1 and self.plan.replicates > 1:
            return ""
        settings = worded(next(c.settings for c in self.plan.candidates if c.name == name))
        return "\n" + _("Best here: {name} with {settings}.").format(name=name, settings=settings)

    def _overall(self) -> list[list[str]]:
        """Mean over worlds, each as heavy as any other; and the world in which a candidate leaves most on the table."""
        mean = self.cost.mean(0)
        rows = []
        for k in leaders(self.plan, mean):
            worst = int(np.argmax(self.cost[:, k]))
            there = self.cost[worst]
            rows.append([
                self.plan.candidates[k].name, *(number(m[k]) for m in self.money), number(mean[k]), number(mean[k] - mean.min()),
                self.plan.worlds[worst].name,
                number(there[k]), number(there[k] - there.min()),
            ])  # fmt: skip
        return rows


def leaders(plan: Plan, cost: np.ndarray) -> list[int]:
    """Numbers of the candidates that cost least, and of the best of every family, cheapest first."""
    order = np.argsort(cost, kind="stable").tolist()
    first: dict[str, int] = {}
    for k in order:
        first.setdefault(plan.candidates[k].family, k)
    return sorted({*order[:LEADERS], *first.values()}, key=order.index)


def _settings(settings: Mapping[str, Value]) -> str:
    return f"`{worded(settings)}`\n\n" if settings else ""


def chosen(plan: Plan, picked: Sequence[int]) -> list[tuple[str, str]]:
    """Candidates' names and their varied settings in words."""
    told = apart([plan.candidates[k].settings for k in picked])
    return [(plan.candidates[k].name, worded(row)) for k, row in zip(picked, told, strict=True)]


def worded(settings: Mapping[str, Value]) -> str:
    """Varied settings as they are given on the command line, rounded to what matters; the tables have them whole."""
    return ", ".join(f"{key}={rounded(key, value)}" for key, value in settings.items()) or _("nothing varied")


def rounded(key: str, value: Value) -> Value:
    """A setting to three figures; units, and anything from 100 on, are whole.

    >>> rounded("strategy.smart.chance", 0.13916095), rounded("strategy.a.units", 7.6), rounded("gate.n", 2)
    ('0.139', '8', 2)
    """
    if isinstance(value, str | bool | int):
        return value
    return f"{value:.0f}" if abs(value) >= 100 or (key.endswith(".units") and value >= 1) else f"{value:.3g}"


def apart(rows: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
    """The settings of several candidates, rounded; where that would make two different values one, with the figures that tell
    them apart.

    >>> apart([{"a.units": 22.61}, {"a.units": 23.18}, {"a.units": 230.0}, {"a.units": 22.61}])
    [{'a.units': '22.6'}, {'a.units': '23.2'}, {'a.units': '230'}, {'a.units': '22.6'}]
    >>> apart([{"operations": "email"}, {"operations": "human"}])
    [{'operations': 'email'}, {'operations': 'human'}]
    """
    texts: dict[tuple[str, Value], Value] = {}
    for key in dict.fromkeys(key for row in rows for key in row):
        values = list(dict.fromkeys(row[key] for row in rows if key in row))
        same: dict[str, list[Value]] = {}
        for value in values:
            same.setdefault(str(rounded(key, value)), []).append(value)
        for text, those in same.items():
            if len(those) == 1:  # names, too
                texts[key, those[0]] = text
                continue
            longer = next((n for n in range(3, 18) if len({f"{v:.{n}g}" for v in those}) == len(those)), 17)
            texts |= {(key, v): f"{v:.{longer}g}" for v in those}
    return [{key: texts[key, value] for key, value in row.items()} for row in rows]


def briefly(family: str, settings: Mapping[str, Value]) -> str:
    """The same for a table's cell, without what all of a family have in common.

    >>> briefly("smart", {"strategy.smart.chance": 0.25, "gate.n": 2})
    'chance=0.25, gate.n=2'
    """
    return ", ".join(f"{short(family, key)}={rounded(key, value)}" for key, value in settings.items())


def short(family: str, key: str) -> str:
    """A varied setting without what all of its family have in common.

    >>> short("smart", "strategy.smart.chance"), short("smart", "gate.n")
    ('chance', 'gate.n')
    """
    return key.removeprefix(f"strategy.{family}.")
