"""Whole rows of scores by the compiled pass of ``loops.py``, and the money on top: columns, one entry a run.

Equal, bit for bit, to the readable form that :meth:`~sim.score.cost.Judge.readable` puts together (tests over random worlds).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scenarios.contract import Scenario
from sim.core.policy import Policy
from sim.core.response import RESTOCK, Playbook
from sim.core.run import ShowRun
from sim.core.units import US, to_us
from sim.score import alert_loops as A
from sim.score import loops as L
from sim.score.account import Prices, balances, quantities, service
from sim.score.bundled import Off, Twice, bundled, nothing, whole_orders
from sim.score.noise import OWN_EYES, operator_hours
from sim.score.profiles import penalty
from sim.score.stories import Stories
from sim.score.weighing import CHANNELS, NAMES, blank_sheet, compiled_weigh, numbers_of, units_alone
from strategies.gate import COOLDOWN_S

PRICED = [L.SOLD, L.OVERSOLD, L.REFUNDED, L.TURNED, L.AVOIDABLE]
"""Rows of ``Sheet.units`` in the order of :class:`~sim.score.bundled.Off`."""


class TapeScorer:
    """Writes whole rows of scores for runs on one tape."""

    def __init__(
        self, scenario: Scenario, prices: Prices, stories: Stories, asked: np.ndarray, could: np.ndarray, event_sku: np.ndarray,
        event_t: np.ndarray,
    ) -> None:  # fmt: skip
        self.scenario, self.prices, self.n = scenario, prices, len(scenario.skus)
        first = np.searchsorted(event_sku, np.arange(self.n + 1)).astype(np.int64)
        hours = np.array([operator_hours(scenario), scenario.duration_s / 3600 * self.n])
        self.book = units_alone(could)._replace(event_t=event_t.astype(np.int64), event_first=first, asked=asked, hours=hours)
        self.books: dict[tuple[int, bool], tuple[Playbook, L.Book]] = {}
        self.numbers = numbers_of(scenario, prices.profile.horizon_s)
        self.stories, self.sheet = stories, blank_sheet(stories, self.n, len(event_t), 16)
        self.world: tuple[Any, Any] = (None, None)
        self.parts = nothing(self.n)

    def columns(self, runs: Sequence[ShowRun], stories: Stories) -> dict[str, np.ndarray]:
        """Every metric of ``runs`` but J, skill and those of their silent twin, float64 [run] each; in no particular order.

        stories: of the tape that all of them ran on.
        """
        metrics, units = np.empty((len(runs), len(NAMES))), np.empty((L.ASKED, len(runs), self.n), np.int64)
        parts, weigh = [], compiled_weigh()
        for k, run in enumerate(runs):
            parts.append(self._weigh(weigh, run, stories))
            metrics[k], units[:, k] = self.sheet.metrics, self.sheet.units[: L.ASKED]
        rows = dict(zip(NAMES, metrics.T, strict=True))
        if self.scenario.bundles:
            rows |= whole_orders(rows, Twice(*map(np.array, zip(*(twice for _, twice in parts), strict=True))))
        noted = [(r.pitched_empty, r.minded, r.busy_us, *(*r.suppressed, 0, 0, 0)[:3], _requests(r)) for r in runs]
        empty, minded, busy, *held, requests = np.array(noted, float).T
        rows |= {"pitched_empty": empty, "alerts_handled": minded, "handling_minutes": busy / US / 60}
        rows |= dict(zip(("suppressed_duplicate", "suppressed_cooldown", "suppressed_budget"), held, strict=True))
        off = Off(*map(np.array, zip(*(off for off, _ in parts), strict=True))) if self.scenario.bundles else None
        return rows | self._money(units, rows, requests, off)

    def _weigh(self, weigh: Callable[..., int], run: ShowRun, stories: Stories) -> tuple[Off, Twice]:
        """Count one run into the sheet; what bundles take off and count twice."""
        sheet, numbers = self._sheet(stories, len(run.alerts)), self.numbers
        settled = run.outcome is self.world[0] and run.stock is self.world[1]
        numbers[L.COOLDOWN], numbers[L.DRAWN] = to_us(float(run.policy.gate[COOLDOWN_S])), run.tape.drawn
        numbers[L.SETTLED] = settled
        n_short = weigh(stories, self._book(run), sheet, numbers, run.outcome, run.stock, run.alerts, run.orders, run.actions)
        if self.scenario.bundles and not settled:
            self.parts = bundled(run, stories, sheet.out, sheet.fate, sheet.short[:n_short], sheet.units[L.AVOIDABLE])
        self.world = run.outcome, run.stock
        return self.parts

    def _money(
        self, units: np.ndarray, row: dict[str, np.ndarray], requests: np.ndarray, off: Off | None
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """The account (``account.terms``) over units by kind, run and SKU. A sum of products is one of BLAS's a run, as in
        the readable form. off: what bundles take off, [run, SKU] each."""
        p, supply = self.prices, self.scenario.supply
        profile, amount = p.profile, units.astype(float)
        cancelled = amount[L.OVERSOLD] + amount[L.REFUNDED]
        total = cancelled.sum(1)
        if off is not None:  # a part counts at its share of the price
            amount[PRICED] -= off
            cancelled -= off.oversold + off.refunded
        over = np.minimum(units[L.CAME], units[L.UNSOLD])
        extra = over.sum(1)
        account = {
            "net_shipped": np.vecdot(p.kept, amount[L.SOLD]),
            "net_recaptured": profile.recapture * np.vecdot(p.kept, amount[L.TURNED]),
            "cost_oversold": np.vecdot(p.over, amount[L.OVERSOLD]),
            "cost_refunded": np.vecdot(p.over, amount[L.REFUNDED]),
            "cost_requests": supply.request_cost * requests,
            "cost_rush": supply.rush * np.vecdot(p.price, amount[L.CAME]),
            "cost_leftover": supply.leftover * extra,
            "cost_unsold": profile.cs * (row["unsold_units"] - extra),
            "cost_holding": np.vecdot(p.held, units[L.UNSOLD] - over),
            "cost_alerts": profile.ca * row["alerts_handled"],
            "cost_annoyances": profile.cx * row["annoyances"],
            "cost_service": service(self.scenario, row["refused_attempts"]),
            "cost_penalty": np.array([
                penalty(profile, cancelled, paid, p.order_value)
                for cancelled, paid in zip(row["cancelled_orders"].tolist(), row["settled_orders"].tolist(), strict=True)
            ]),
        }  # fmt: skip
        account["net"] = balances(account)
        account |= quantities(p, amount[L.TURNED], cancelled) | {"cancelled_units": total}
        account["missed_gmv"] = np.vecdot(p.price, amount[L.AVOIDABLE]) * (1 - profile.recapture)
        account["gmv"] = np.vecdot(p.price, amount[L.SOLD])
        return account

    def _sheet(self, stories: Stories, alerts: int) -> L.Sheet:
        """Room for a run; the one of the last run where it is on the same tape and has no more alerts."""
        sheet = self.sheet
        if self.stories is not stories:
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


def _requests(run: ShowRun) -> int:
    count: int = run.actions["what"].tolist().count(RESTOCK)
    return count
