"""The what-if desk: some dials of a show and its strategies, and what the same shoppers would have made of them turned."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from sim.app.desk_shows import FIGURES, ROOM, DeskRows, KeptShows, Recorded, Rehearsed, Workers, in_batches
from sim.app.nouns import policy, scenario
from sim.app.timelines import in_trouble, row
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.engine.answers import lines_of
from sim.replay.impute import Imputation
from sim.report.figures.story import story
from sim.report.pages.kit import shortened
from sim.report.pages.rehearsal import possible
from sim.score.profiles import Profile
from sim.setup.settings import SettingError
from sim.setup.uncertain import Uncertainty
from sim.stats.paired import mean_of
from sim.words import N_, _, no_such

MOST_PARAMS, MOST_ITEMS, MOST_CUES = 4, 3, 4
"""Dials of each strategy, items whose stock and cues that can be turned."""
PLAYBOOK = {
    "auto_s": N_("a machine needs"),
    "propagate_s": N_("a command takes everywhere"),
    "freeze_s": N_("a person freezes in"),
}
MOST_LETTERS = 40
"""Of a name in what a dial is called, so that what it does is seen."""
_PLAIN = re.compile(r"[\w-]+")
WITHIN_S = 2.0
"""A wish is to be answered within so long; shows that take longer refine the figures afterwards, and the page says so."""
TIMES = 4.0
"""A dial goes up to so many times its value."""


@dataclass(frozen=True)
class Slider:
    """Something that can be turned. key: what it sets. low, high, value: of its track. world: whether it changes what is
    drawn."""

    key: str
    label: str
    unit: str
    low: float
    high: float
    value: float
    world: bool
    meaning: str = ""


class Desk:
    """What can be turned, and the shows that are kept for it."""

    def __init__(
        self, show: Scenario, policies: Sequence[Policy], profile: Profile, shows: int, seed: int = 1,
        uncertainty: Uncertainty | None = None, recorded: tuple[Imputation, Scenario | None] | None = None, workers: int = 0,
    ) -> None:  # fmt: skip
        """recorded: where the show is a recording, its imputed demand and the shop behind it. workers: 0: this process."""
        self.show, self.policies, self.seed, self.shows, self.fits = show, list(policies), seed, shows, shows
        self.recorded, self.clock = recorded is not None, time.perf_counter
        self.dials = {d.key: d for d in dials_of(show, self.policies, self.recorded)}
        draw = Rehearsed(uncertainty, seed) if recorded is None else Recorded(recorded[0], show, recorded[1], seed)
        self.part = None if workers else KeptShows(show, draw, profile, timeline_of)
        self.workers = Workers(workers, (show, draw, profile, timeline_of, ROOM)) if workers else None

    def close(self) -> None:
        """End its workers."""
        if self.workers:
            self.workers.close()

    def values(self, given: Mapping[str, Any]) -> dict[str, float]:
        """What dials are turned to, those at rest left out; :class:`SettingError` for what is no dial, or lies outside its
        track."""
        figures = {}
        for key, value in given.items():
            dial = self.dials.get(str(key))
            if dial is None:
                raise SettingError(no_such("dial", key, self.dials))
            if isinstance(value, bool) or not isinstance(value, int | float) or not dial.low <= value <= dial.high:
                text = _("the dial {key!r} goes from {low:g} to {high:g}, not to {value!r}")
                raise SettingError(text.format(key=key, low=dial.low, high=dial.high, value=value))
            if value != dial.value:
                figures[dial.key] = float(value)
        return figures

    def settled(self, values: Mapping[str, float]) -> tuple[Scenario, list[Policy]]:
        """The show and the strategies with dials turned."""
        changes: dict[str, Any] = {}
        for key, value in values.items():
            if self.dials[key].world:
                _put(changes, key.split(".")[1:], int(value) if key.endswith(".stock") else value)
        show = scenario(self.show, **changes) if changes else self.show
        policies = []
        for one in self.policies:
            own = {k.rsplit(".", 1)[1]: v for k, v in values.items() if k.startswith(f"strategy.{one.name}.")}
            acts = {k.removeprefix("operations."): v for k, v in values.items() if k.startswith("operations.")}
            book = {f: getattr(one.playbook, f) for f in PLAYBOOK} | acts
            policies.append(_turned(one, own, book) if own or acts else one)
        return show, policies

    def answers(self, given: Mapping[str, Any], stopped: Callable[[], bool] = lambda: False) -> Iterator[dict[str, Any]]:
        """What came of it, as shows are played; the last one has all. Ends without where ``stopped`` says so.

        ``soon``: how many shows are played ``within`` the time a wish may take [s], by what they cost so far.
        """
        began, in_time = self.clock(), 0
        show, policies = self.settled(self.values(given))
        rows: dict[int, list[dict[str, float]]] = {}
        for batch in self._batches(show, policies, stopped):
            self.fits = batch.fits
            rows |= {row.number: row.scores for row in batch.rows}
            told = next((row.story for row in batch.rows if row.story), None)
            if batch.rows or len(rows) >= self.count:
                whole, took = [rows[k] for k in sorted(rows) if k < self.count], self.clock() - began
                if took <= WITHIN_S:
                    in_time = len(whole)
                soon = int(in_time * max(1.0, WITHIN_S / max(took, 1e-3)))
                yield self._answer(policies, whole, told) | {"soon": min(soon, self.count), "within": WITHIN_S}

    @property
    def count(self) -> int:
        """Shows that are played: those wished for, as far as there is room."""
        return min(self.shows, self.fits)

    def _batches(self, show: Scenario, policies: Sequence[Policy], stopped: Callable[[], bool]) -> Iterator[DeskRows]:
        if self.workers:
            return self.workers.play(show, policies, self.shows, stopped)
        assert self.part is not None
        return in_batches(self.part.play(show, policies, self.shows), self.part, stopped)

    def _answer(
        self, policies: Sequence[Policy], rows: Sequence[Sequence[Mapping[str, float]]], told: dict[str, Any] | None
    ) -> dict[str, Any]:
        table = []
        for k, team in enumerate(policies):
            own = [row[k] for row in rows]
            cells: dict[str, Any] = {"strategy": team.name}
            for name in FIGURES:
                cells[name] = [_finite(v) for v in possible(name, *mean_of([r[name] for r in own]))]
            cells["shows"] = sorted(_finite(r["net"]) or 0.0 for r in own)
            table.append(cells)
        answer: dict[str, Any] = {"done": len(rows), "of": self.count, "wished": self.shows, "table": table}
        return answer | ({} if told is None else {"timeline": told})

    def experiment(self, given: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
        """What was found as an experiment file's content. source: words that chose the show and the strategies."""
        values = self.values(given)
        if not self.recorded:
            turned = [f"{key}={value:g}" for key, value in values.items()]
            return {"verb": "rehearse", "overrides": [*source["words"], *turned, f"replicates={self.count}", f"seed={self.seed}"]}
        stocks = {key.split(".")[2]: int(value) for key, value in values.items() if key.endswith(".stock")}
        turned = [f"{key.removeprefix('scenario.')}={value:g}" for key, value in values.items() if not key.endswith(".stock")]
        tried = [f"whatif_stock={{{','.join(f'{sku}: {units}' for sku, units in stocks.items())}}}"] if stocks else []
        words = [*source["words"], "loop=closed", *turned, *tried]
        return {"verb": "replay", "overrides": [*words, f"replicates={self.count}", f"seed={self.seed}"]}


def _turned(one: Policy, own: Mapping[str, Any], book: Mapping[str, Any]) -> Policy:
    chosen = policy(one, label=one.name, **own)
    return replace(chosen, playbook=replace(one.playbook, **book))


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def timeline_of(run: ShowRun) -> dict[str, Any]:
    """One timeline as plain data: the item in most trouble."""
    t, line = lines_of(run)
    sku = in_trouble(run)[0]
    record = row(story(run, sku, (t, line[:, sku])), run.scenario.start_hour, run.policy.name)
    record |= dict.fromkeys(("alert_why", "alert_came", "alert_worth"), ["–"] * len(record["alert_t"]))
    return {k: _plain(v) for k, v in record.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | list):
        return [_plain(v) for v in (value.tolist() if isinstance(value, np.ndarray) else value)]
    return _finite(value) if isinstance(value, float) else value


def dials_of(show: Scenario, policies: Sequence[Policy], recorded: bool = False) -> list[Slider]:
    """Dials that leave the shoppers alone first: settings of strategies, latencies; then stock, lag, cues. recorded: cues were as
    they were."""
    dials = []
    for one in policies:
        for k, p in list(enumerate(one.strategy.params))[:MOST_PARAMS]:
            value = float(one.params[0, k])
            if (one.params[:, k] == value).all() and p.high > p.low:
                high = min(p.high, max(TIMES * value, p.default * 2, p.low + 1e-9))
                dials.append(
                    Slider(
                        f"strategy.{one.name}.{p.name}", f"{one.name}: {p.name}", p.unit, p.low, high, value, False, _(p.meaning)
                    )
                )
    for name, words in PLAYBOOK.items():
        value = float(getattr(policies[0].playbook, name))
        if all(getattr(one.playbook, name) == value for one in policies):
            dials.append(Slider(f"operations.{name}", _(words), "s", 0.0, max(10.0, TIMES * value), value, False))
    dials.append(Slider("scenario.feed.lag_s", _("readings arrive late by"), "s", 0.0, 120.0, float(show.feed.lag_s), True))
    for sku in [k for k in show.skus if _PLAIN.fullmatch(k.id)][:MOST_ITEMS]:
        label, stock = _("stock of {sku}").format(sku=shortened(sku.id, MOST_LETTERS)), float(sku.stock)
        dials.append(Slider(f"scenario.skus.{sku.id}.stock", label, "units", 0.0, max(10.0, 3 * stock), stock, True))
    for k, cue in list(enumerate(() if recorded else show.cues, 1))[:MOST_CUES]:
        when, size = (
            text.format(kind=_(cue.kind.replace("_", " ")), sku=shortened(cue.sku, MOST_LETTERS))
            for text in (_("{kind} of {sku}, when"), _("{kind} of {sku}, how big"))
        )
        peak, last = float(cue.kernel().peak), float(show.duration_s) - 1
        dials.append(Slider(f"scenario.cues.c{k:02d}.at_s", when, "s", 0.0, last, float(cue.at_s), True))
        dials.append(Slider(f"scenario.cues.c{k:02d}.peak", size, "x", 0.0, TIMES * peak, peak, True))
    return [d for d in dials if d.low <= d.value <= d.high]
