"""A whole row of scores by the compiled pass of ``loops.py``, and the money on top.

Equal, bit for bit, to the readable form that :meth:`~sim.score.cost.Judge.readable` puts together (tests over random worlds).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.core.response import RESTOCK, Playbook
from sim.core.run import ShowRun
from sim.core.units import US
from sim.score import alert_loops as A
from sim.score import loops as L
from sim.score.account import Prices, balance, quantities, service
from sim.score.bundled import bundled, nothing, whole_orders
from sim.score.noise import OWN_EYES, operator_hours
from sim.score.profiles import penalty
from sim.score.stories import Stories
from sim.score.weighing import CHANNELS, NAMES, blank_sheet, compiled_weigh, terms, units_alone

PRICED = [L.SOLD, L.OVERSOLD, L.REFUNDED, L.TURNED, L.AVOIDABLE]
"""Rows of ``Sheet.units`` in the order of :class:`~sim.score.bundled.Off`."""


class TapeScorer:
    """Writes whole rows of scores for runs on one tape."""

    def __init__(
        self, scenario: Scenario, prices: Prices, asked: np.ndarray, could: np.ndarray, event_sku: np.ndarray, event_t: np.ndarray
    ) -> None:
        self.scenario, self.prices, self.n = scenario, prices, len(scenario.skus)
        first = np.searchsorted(event_sku, np.arange(self.n + 1)).astype(np.int64)
        hours = np.array([operator_hours(scenario), scenario.duration_s / 3600 * self.n])
        self.book = units_alone(could)._replace(event_t=event_t.astype(np.int64), event_first=first, asked=asked, hours=hours)
        self.books: dict[tuple[int, bool], tuple[Playbook, L.Book]] = {}
        self.sheet: L.Sheet | None = None
        self.stories: Stories | None = None
        self.world: tuple[Any, Any] = (None, None)
        self.parts = nothing(self.n)

    def row(self, run: ShowRun, stories: Stories) -> dict[str, float]:
        """Every metric of ``run`` but J, skill and those of its silent twin; in no particular order."""
        sheet = self._sheet(stories, len(run.alerts))
        settled = run.outcome is self.world[0] and run.stock is self.world[1]
        book, profile = self._book(run), self.prices.profile
        played = run.outcome, run.stock, run.alerts, run.orders, run.actions
        n_short = compiled_weigh()(stories, book, sheet, terms(run, profile.horizon_s, settled), *played)
        row = dict(zip(NAMES, sheet.metrics.tolist(), strict=True))
        if self.scenario.bundles:
            if not settled:
                self.parts = bundled(run, stories, sheet.out, sheet.fate, sheet.short[:n_short], sheet.units[L.AVOIDABLE])
            row |= whole_orders(row, self.parts[1])
        self.world = run.outcome, run.stock
        row["pitched_empty"] = float(run.pitched_empty)
        row["alerts_handled"] = float(run.minded)
        row["handling_minutes"] = run.busy_us / US / 60
        held = (*run.suppressed, 0, 0, 0)
        row["suppressed_duplicate"], row["suppressed_cooldown"], row["suppressed_budget"] = map(float, held[:3])
        return row | self._money(run, sheet.units, row)

    def _money(self, run: ShowRun, units: np.ndarray, row: dict[str, float]) -> dict[str, float]:
        """The account (``account.terms``) over the units of the sheet."""
        p, supply = self.prices, self.scenario.supply
        profile, amount = p.profile, units[: L.ASKED].astype(float)
        cancelled = amount[L.OVERSOLD] + amount[L.REFUNDED]
        total = float(cancelled.sum())
        if self.scenario.bundles:  # a part counts at its share of the price
            off = self.parts[0]
            amount[PRICED] -= off
            cancelled -= off.oversold + off.refunded
        over = np.minimum(units[L.CAME], units[L.UNSOLD])
        extra = int(over.sum())
        account = {
            "net_shipped": float(p.kept @ amount[L.SOLD]),
            "net_recaptured": profile.recapture * float(p.kept @ amount[L.TURNED]),
            "cost_oversold": float(p.over @ amount[L.OVERSOLD]),
            "cost_refunded": float(p.over @ amount[L.REFUNDED]),
            "cost_requests": supply.request_cost * float(np.count_nonzero(run.actions["what"] == RESTOCK)),
            "cost_rush": supply.rush * float(p.price @ amount[L.CAME]),
            "cost_leftover": supply.leftover * float(extra),
            "cost_unsold": profile.cs * float(row["unsold_units"] - extra),
            "cost_holding": float(p.held @ (units[L.UNSOLD] - over)),
            "cost_alerts": profile.ca * row["alerts_handled"],
            "cost_annoyances": profile.cx * row["annoyances"],
            "cost_service": service(self.scenario, row["refused_attempts"]),
            "cost_penalty": penalty(profile, row["cancelled_orders"], row["settled_orders"], p.order_value),
        }
        account["net"] = balance(account)
        account |= quantities(p, amount[L.TURNED], cancelled) | {"cancelled_units": total}
        account["missed_gmv"] = float(p.price @ amount[L.AVOIDABLE]) * (1 - profile.recapture)
        account["gmv"] = float(p.price @ amount[L.SOLD])
        return account

    def _sheet(self, stories: Stories, alerts: int) -> L.Sheet:
        """Room for a run; the one of the last run where it is on the same tape and has no more alerts."""
        sheet = self.sheet
        if sheet is None or self.stories is not stories:
            sheet = blank_sheet(stories, self.n, len(self.book.event_t), 2 * alerts + 16)
            self.stories, self.world = stories, (None, None)
        elif len(sheet.place) < alerts:
            room = 2 * alerts
            sheet = sheet._replace(
                place=np.empty(room, np.int64), times=np.empty(room, np.int64), episode=np.empty((A.N_EPISODE, room), np.int64)
            )
        self.sheet = sheet
        return sheet

    def _book(self, run: ShowRun) -> L.Book:
        """The book of a playbook, as a strategy that looks for itself or one that does not has it."""
        policy = run.policy
        key = id(policy.playbook), policy.strategy.looks
        if key not in self.books:
            self.books[key] = policy.playbook, self._open(policy)
        return self.books[key][1]

    def _open(self, policy: Policy) -> L.Book:
        playbook, feed_s = policy.playbook, self.scenario.feed.stock_age_s()
        needs = [[int((feed_s + s) * US) for s in playbook.reactions_s(level, self.scenario)] for level in range(A.N_LEVELS)]
        table = np.zeros((A.N_LEVELS, max(1, *map(len, needs))), np.int64)
        sends, tells = np.zeros((A.N_LEVELS, len(CHANNELS) + 1), np.int64), np.zeros((A.N_LEVELS, 3), np.int64)
        for level, own in enumerate(needs):
            table[level, : len(own)] = own
            for channel in playbook.channels(level):
                if channel != OWN_EYES or not policy.strategy.looks:
                    sends[level, CHANNELS.index(channel) if channel in CHANNELS else len(CHANNELS)] += 1
            does = playbook.by_machine(level)
            by_hand = [x for x in playbook.at(level) if x.what == "host_prompt" and x.by == "person"]
            tells[level] = len(does) - does.count("host_prompt"), does.count("host_prompt"), len(by_hand)
        reaches = np.array([bool(playbook.channels(level)) for level in range(A.N_LEVELS)], np.int64)
        return self.book._replace(
            needs=table, n_needs=np.array([len(own) for own in needs], np.int64), sends=sends, tells=tells, reaches=reaches
        )
