"""What became of demand: every demanded unit ends in exactly one of sold, oversold, abandoned or missed by one cause.

A unit of demand is a shopper's *last* attempt that came to pass (a retry replaces the attempt before it). To it belong
those whom a cut of exposure kept away, and those whose cart found the SKU delisted. Duplicate orders made by the shop
are not demand, but they are promises: they take stock and can be oversold. Per SKU, exactly:

    demand = sold + (oversold - oversold copies) + abandoned + sum of missed
    shippable = sold + copies shipped + unsold
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.contract import Scenario
from sim.core.response import ARRIVAL, DELIST_SKU, FREEZE_SKU, REOPEN
from sim.core.run import ShowRun
from sim.core.tape import FROZEN, PAID, REFUSALS, STOCKOUT
from sim.core.units import to_us
from sim.core.world import REFUSED, SHOWN_FAIL
from sim.score import settle as S
from sim.score.bundled import Off, bundled, nothing
from sim.score.loops import DRAWN, SHIPPABLE
from sim.score.settle import TRUE_STOCKOUT
from sim.score.stories import Stories, read_stories
from sim.score.weighing import NO_ALERTS, NO_ORDERS, blank_sheet, compiled_weigh, numbers_of, units_alone

CAUSES = (*REFUSALS.values(), "no_restock")
"""Columns of ``Outcomes.missed``, in this order."""
PROMISE_DTYPE = np.dtype([("sku", "i8"), ("story", "i8"), ("accepted", "i8"), ("paid", "i8"), ("units", "i8")])
"""One order that is oversold: SKU, its place in the stories, when it was accepted and paid [us], units it is short of."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Per SKU, int64 [sku] in units unless said.

    demand: units asked for. sold: paid, kept and shipped. oversold: paid and kept, but beyond what exists (copies
    included). oversold_copies: those of them that the shop made twice. copies: copied units that are shipped.
    oversold_orders, paid_orders [orders, copies included]. abandoned: never paid, expired, cancelled, or
    refused to somebody who would not have paid or kept it. missed: int64 [sku, cause], columns CAUSES. shippable: units
    that exist at the end, deliveries included. unsold: of them, neither sold nor shipped as a copy. won: of the sold units,
    those of shoppers whom a cue of the policy's own making brought. refunded: paid for, and given back for want of stock
    (demand, counted as missed); refunded_orders [orders]. turned_away: refused to shoppers of the drawn tape who did come and
    would have kept them, whatever the cause. shut_out: orders whose cart found the SKU delisted [attempts]. refused,
    shown_fail [attempts]. promised: one row (PROMISE_DTYPE) per order that is oversold, by SKU, then payment. fate: int8 [story],
    outcome of every possible order, IDLE for all that is not demand. off: what bundles earn less. A bundle is one order, of its
    first part.
    """

    demand: np.ndarray
    sold: np.ndarray
    oversold: np.ndarray
    oversold_copies: np.ndarray
    copies: np.ndarray
    oversold_orders: np.ndarray
    paid_orders: np.ndarray
    abandoned: np.ndarray
    missed: np.ndarray
    shippable: np.ndarray
    unsold: np.ndarray
    won: np.ndarray
    refunded: np.ndarray
    refunded_orders: np.ndarray
    turned_away: np.ndarray
    shut_out: np.ndarray
    refused: np.ndarray
    shown_fail: np.ndarray
    promised: np.ndarray
    fate: np.ndarray
    off: Off

    @property
    def avoidable(self) -> np.ndarray:
        """Missed units of every cause but true_stockout, per SKU."""
        return self.missed.sum(1) - self.missed[:, TRUE_STOCKOUT]


def outcomes(run: ShowRun, stories: Stories | None = None) -> Outcomes:
    """Settle one run; ``stories``: of its tape, where they are known already."""
    st = read_stories(run.tape, run.scenario) if stories is None else stories
    sheet, book = blank_sheet(st, len(run.scenario.skus)), units_alone(requestable(run.scenario))
    plain = numbers_of(run.scenario, units_only=True)
    plain[DRAWN] = run.tape.drawn
    weighed = compiled_weigh()(st, book, sheet, plain, run.outcome, run.stock, NO_ALERTS, NO_ORDERS, run.actions)
    shippable, missed, of_book = sheet.units[SHIPPABLE], sheet.missed, sheet.book
    promised = _promised(st, sheet.short[:weighed])
    off, twice = nothing(len(run.scenario.skus))
    if run.scenario.bundles:
        avoidable = missed.sum(1) - missed[:, TRUE_STOCKOUT]
        off, twice = bundled(run, st, sheet.out, sheet.fate, sheet.short[:weighed], avoidable)
    sold = of_book[:, S.PAID_UNITS] - (of_book[:, S.SHORT] - of_book[:, S.SHORT_COPIES])
    copies = of_book[:, S.COPIES] - of_book[:, S.SHORT_COPIES]
    return Outcomes(
        demand=of_book[:, S.DEMAND],
        sold=sold,
        oversold=of_book[:, S.SHORT],
        oversold_copies=of_book[:, S.SHORT_COPIES],
        copies=copies,
        oversold_orders=of_book[:, S.SHORT_ORDERS] - twice.oversold,
        paid_orders=of_book[:, S.PAID_ORDERS] - twice.paid,
        abandoned=of_book[:, S.DEMAND] - of_book[:, S.PAID_UNITS] - missed.sum(1),
        missed=missed,
        shippable=shippable,
        unsold=shippable - sold - copies,
        won=_won(run, st, sheet.out, promised),
        refunded=of_book[:, S.REFUNDED_UNITS],
        refunded_orders=of_book[:, S.REFUNDED_ORDERS] - twice.refunded,
        turned_away=of_book[:, S.TURNED_AWAY],
        shut_out=of_book[:, S.SHUT_OUT] - twice.shut_out,
        refused=run.stock[:, REFUSED],
        shown_fail=run.stock[:, SHOWN_FAIL],
        promised=promised,
        fate=sheet.fate,
        off=off,
    )


def _promised(st: Stories, short: np.ndarray) -> np.ndarray:
    """Oversold orders (PROMISE_DTYPE) from rows (story, units)."""
    story = short[:, 0]
    rows = np.empty(len(short), PROMISE_DTYPE)
    rows["story"], rows["units"], rows["sku"] = story, short[:, 1], st.sku[story]
    rows["accepted"], rows["paid"] = st.t[story], st.paid_t[story]
    return rows


def _won(run: ShowRun, st: Stories, out: np.ndarray, promised: np.ndarray) -> np.ndarray:
    """Units sold to shoppers of improvised cues, int64 [sku]: their rows were added to the tape during the run."""
    n = len(run.scenario.skus)
    if len(run.tape) == run.tape.drawn:
        return np.zeros(n, np.int64)
    brought = st.row >= run.tape.drawn
    brought[st.copy] = False
    paid, late = brought & (out == PAID), promised[brought[promised["story"]]]
    won = np.bincount(st.sku[paid], st.qty[paid], n) - np.bincount(late["sku"], late["units"], n)
    return won.astype(np.int64)


def requestable(scenario: Scenario) -> np.ndarray:
    """Units that requests can bring during the show, int64 [sku]."""
    supply = scenario.supply
    return np.array([supply.load(s.stock) * supply.requests for s in scenario.skus], np.int64)


def arrived(run: ShowRun) -> np.ndarray:
    """Units that came on request, int64 [sku]."""
    came = run.actions[run.actions["what"] == ARRIVAL]
    return np.bincount(came["sku"], came["value"], len(run.scenario.skus)).astype(np.int64)


def costly_minutes(o: Outcomes, stories: Stories) -> int:
    """SKU-minutes in which a freeze or a delisting refused somebody a unit that could have been shipped."""
    minutes = 0
    for k in np.flatnonzero(o.missed[:, FROZEN - STOCKOUT]).tolist():
        span = slice(stories.first[k], stories.first[k + 1])
        refused = (o.fate[span] == FROZEN) & stories.keeps[span]
        before = np.cumsum(stories.qty[span][refused]) - stories.qty[span][refused]
        hurt = before < o.missed[k, FROZEN - STOCKOUT]
        minutes += len(np.unique(stories.t[span][refused][hurt] // to_us(60)))
    return minutes


@dataclass(frozen=True, eq=False)
class Freezes:
    """Times during which a SKU took no orders. start, end [us], within the show. toggles: delistings and relistings."""

    sku: np.ndarray
    start: np.ndarray
    end: np.ndarray
    toggles: int


def freezes(run: ShowRun) -> Freezes:
    """Every freeze or delisting until the SKU was reopened or the show ended."""
    end = to_us(run.scenario.duration_s)
    since: dict[int, int] = {}
    off: set[int] = set()
    spells: list[tuple[int, int, int]] = []
    toggles = 0
    what = run.actions["what"]
    relevant = run.actions[(what == FREEZE_SKU) | (what == DELIST_SKU) | (what == REOPEN)]
    for t, sku, kind, _, _ in relevant.tolist():
        if kind == REOPEN:
            if sku in since:
                spells.append((sku, since.pop(sku), t))
            toggles += sku in off
            off.discard(sku)
        else:
            since.setdefault(sku, t)
            if kind == DELIST_SKU:
                toggles += 1
                off.add(sku)
    spells += [(sku, start, end) for sku, start in since.items()]
    table = np.minimum(np.array(spells, np.int64).reshape(-1, 3), [len(run.scenario.skus), end, end])
    return Freezes(table[:, 0], table[:, 1], table[:, 2], toggles)
