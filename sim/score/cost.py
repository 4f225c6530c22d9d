"""One row of scores per run: everything that counts, and what it earned.

    judge = Judge(silent_run, profile)
    row = judge.score(run)

A judge holds what depends on the tape and its silent run only; each further run on that tape is judged in a millisecond or two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from sim.core.run import ShowRun
from sim.core.units import US, to_us
from sim.core.world import REFUSED, SHOWN_FAIL
from sim.score.account import QUANTITIES, TERMS, terms
from sim.score.alerts import VERDICTS, Alerted, foresight, judge_run, ratio
from sim.score.events import risk_events
from sim.score.hindsight import hindsight, skill
from sim.score.items import items
from sim.score.metrics import METRICS, between
from sim.score.noise import counts, handled, noise
from sim.score.outcomes import CAUSES, Outcomes, costly_minutes, freezes, outcomes
from sim.score.profiles import PROFILES, Profile
from sim.score.scorekeeper import Scorekeeper
from sim.score.settle import NO_RESTOCK, TRUE_STOCKOUT
from sim.score.stories import Stories
from sim.words import _


class Judge(Scorekeeper):
    """Judges runs against the silent run of the same tape."""

    known = frozenset(METRICS)

    def __init__(self, baseline: ShowRun, profile: Profile = PROFILES["balanced"]) -> None:
        if baseline.acting and len(baseline.alerts):
            raise ValueError(
                _("the baseline {name!r} sends alerts; give the silent run of the same tape").format(name=baseline.policy.name)
            )
        super().__init__(baseline.tape, baseline.scenario, profile)
        self.baseline = baseline
        self.settled = outcomes(baseline, self.stories)
        self.event_sku, self.event_t = risk_events(
            baseline, self.settled, self.stories, profile.remaining, to_us(profile.merge_s)
        )
        self.hindsight = hindsight(baseline, self.stories, profile)
        self._last = baseline, self.settled
        self.silent_net = self._row(baseline, self.stories, _parts(("net",)))["net"]

    def _silence(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.hindsight.asked, self.event_sku, self.event_t

    def _columns(self, runs: Sequence[ShowRun], stories: Stories) -> dict[str, Any]:
        columns: dict[str, Any] = super()._columns(runs, stories) | self._twins()
        columns["J"] = self.hindsight.net - columns["net"]
        columns["skill"] = [skill(j, columns["J_silent"]) for j in columns["J"].tolist()]
        return columns

    def readable(self, run: ShowRun, metrics: Sequence[str] | None = None) -> dict[str, float]:
        """The same row by the readable form of every rule; only what ``metrics`` rest on is computed."""
        names = self.named(metrics)
        return self._finished(self._row(run, self.of_tape(run), _parts(names)), names)

    def _finished(self, row: dict[str, float], names: Sequence[str]) -> dict[str, float]:
        row |= self._twins()
        if "net" in row:
            row["J"] = self.hindsight.net - row["net"]
            row["skill"] = skill(row["J"], row["J_silent"])
        return dict(zip(names, map(row.__getitem__, names), strict=True))

    def _twins(self) -> dict[str, float]:
        """What a row says of the silent run and of hindsight."""
        j_silent = self.hindsight.net - self.silent_net
        return {"net_silent": self.silent_net, "net_hindsight": self.hindsight.net, "J_silent": j_silent}

    def items(self, run: ShowRun) -> list[dict[str, Any]]:
        """A run item by item (:func:`sim.score.items.items`)."""
        return items(run, self._outcomes(run, self.of_tape(run)))

    def alerted(self, run: ShowRun) -> Alerted:
        """The verdicts on a run's alerts."""
        return judge_run(run, self.event_sku, self.event_t, self.profile.horizon_s)

    def alerts(self, run: ShowRun) -> list[dict[str, Any]]:
        """One row per alert, in order of time: what it saw, whether anybody minded, what it was worth.

        t_s, heard_s, handled_s [s; NaN never]; stock, line [units]; verdict; lead_s: until the earliest event in a window of
        its claim, usable_lead_s: less the L of that window [s; NaN where its claim foresaw none].
        """
        self.of_tape(run)
        judged, skus = self.alerted(run), run.scenario.skus
        rows = []
        for k, at in enumerate(judged.told.tolist()):
            a = judged.alerts[at]
            event = int(judged.verdicts.event[k])
            lead = (self.event_t[event] - a["t"]) / US if event >= 0 else math.nan
            rows.append({
                "t_s": float(a["t"] / US), "sku": skus[a["sku"]].id, "level": int(a["level"]), "stock": float(a["stock"]),
                "line": float(a["line"]), "heard_s": _seconds(a["heard"]), "handled_s": _seconds(a["handled"]),
                "episode": int(judged.number[at]), "verdict": VERDICTS[judged.verdicts.verdict[k]], "lead_s": float(lead),
                "usable_lead_s": float(judged.verdicts.usable[k] / US),
            })  # fmt: skip
        return sorted(rows, key=lambda r: (r["t_s"], r["sku"], -r["level"]))

    def _row(self, run: ShowRun, stories: Stories, parts: frozenset[str]) -> dict[str, float]:
        row: dict[str, float] = {}
        if "units" in parts:
            o = self._outcomes(run, stories)
            row = units_row(o, self.prices.price, self.profile.recapture)
            row["avoidable_units"] = self._avoidable(o)
            row["missed_rate"] = ratio(row["avoidable_units"], row["avoidable_units"] + row["sold_units"])
        if "shoppers" in parts:
            frozen = freezes(run)
            row["frozen_minutes"] = float((frozen.end - frozen.start).sum()) / US / 60
            row["freeze_minutes"] = float(costly_minutes(self._outcomes(run, stories), stories))
            refused = run.stock[:, REFUSED].sum() + self._outcomes(run, stories).shut_out.sum()
            row["refused_attempts"], row["shown_but_failed"] = float(refused), float(run.stock[:, SHOWN_FAIL].sum())
            row["toggles"], row["pitched_empty"] = float(frozen.toggles), float(run.pitched_empty)
            row["annoyances"] = row["refused_attempts"] + row["shown_but_failed"] + row["toggles"]
        if "alerts" in parts:
            judged = self.alerted(run)
            row |= foresight(judged, self.profile.horizon_s) | noise(run, judged)
        if "counts" in parts:
            row |= counts(run)
        if "costs" in parts:
            row["alerts_handled"] = handled(run)
            row |= terms(run, o, self.prices, row["alerts_handled"], row["annoyances"], row["refused_attempts"])
        return row

    def _outcomes(self, run: ShowRun, stories: Stories) -> Outcomes:
        """Outcomes of the run; runs that share a world (equal arrays, see ``sim/engine/fork.py``) share them."""
        last, known = self._last
        if run.outcome is not last.outcome or run.stock is not last.stock:
            self._last = run, (known := outcomes(run, stories))
        return known

    def _avoidable(self, o: Outcomes) -> float:
        """Units avoidably missed: where hindsight would not ask for stock, nobody missed asking; less what moved cues won."""
        unasked = o.missed[:, NO_RESTOCK] * (self.hindsight.asked == 0)
        return max(0.0, float((o.avoidable - unasked).sum() - o.won.sum()))


CORE: tuple[str, ...] = (
    "J", "J_silent", "net", "net_silent", "net_hindsight", *TERMS, *QUANTITIES,
    "demand_units", "sold_units", "oversold_units", "oversold_orders", "paid_orders",
    "cancelled_orders", "settled_orders", "session_oversold",
    "missed_units", "avoidable_units", "missed_gmv", "gmv",
    "alerts", "notices", "alerts_handled", "notices_per_operator_hour", "risk_events", "foreseen_events", "late_claims",
    "false_claims", "recall", "usable_lead_s", "freeze_minutes", "annoyances",
)  # fmt: skip
"""Metrics of a trial, in column order: the account by its terms, so that other prices can be tried without playing again, units
and orders for rare events, alerts for their quality and noise."""


COUNTS = (
    frozenset(("alerts", "alerts_handled"))
    | between("notices", "alerts_per_sku_hour")
    | between("handling_minutes", "suppressed_budget")
)
PARTS = {
    "units": between("demand_units", "fill_rate"),
    "shoppers": between("frozen_minutes", "pitched_empty"),
    "alerts": between("risk_events", "suppressed_budget") - COUNTS,
    "counts": COUNTS,
    "costs": between("net_shipped", "net") | {"J", "skill"},
}
"""What is computed together."""


@cache
def _parts(metrics: tuple[str, ...]) -> frozenset[str]:
    """The parts of a row that ``metrics`` need: costs rest on units and on what shoppers met."""
    parts = {part for part, names in PARTS.items() if not names.isdisjoint(metrics)}
    return frozenset(parts | {"units", "shoppers"} if "costs" in parts else parts)


def score_run(run: ShowRun, baseline: ShowRun, profile: Profile = PROFILES["balanced"]) -> dict[str, float]:
    """One row of scores (METRICS) for one run; ``baseline``: the silent run on the same tape."""
    return Judge(baseline, profile).score(run)


def score_alerts(run: ShowRun, baseline: ShowRun, profile: Profile = PROFILES["balanced"]) -> list[dict[str, Any]]:
    """One row per alert, see :meth:`Judge.alerts`."""
    return Judge(baseline, profile).alerts(run)


def units_row(o: Outcomes, price: np.ndarray, recapture: float) -> dict[str, float]:
    """Units, orders and turnover of the whole show; names as in METRICS."""
    missed, refunded = o.missed.sum(0), float(o.refunded_orders.sum())
    names = ("demand", "sold", "oversold", "shippable", "unsold", "abandoned", "copies", "oversold_copies", "oversold_orders",
             "paid_orders", "refunded")  # fmt: skip
    total = dict(zip(names, np.array([getattr(o, name) for name in names], float).sum(1).tolist(), strict=True))
    return {
        "demand_units": total["demand"],
        "sold_units": total["sold"],
        "oversold_units": total["oversold"],
        "oversold_copy_units": total["oversold_copies"],
        "copy_units": total["copies"],
        "oversold_orders": total["oversold_orders"],
        "paid_orders": total["paid_orders"],
        "oversell_rate": total["oversold_orders"] / max(total["paid_orders"], 1.0),
        "session_oversold": float(total["oversold"] > 0),
        "abandoned_units": total["abandoned"],
        "missed_units": float(missed.sum() - missed[TRUE_STOCKOUT]),
        **{f"missed_{cause}": float(units) for cause, units in zip(CAUSES, missed.tolist(), strict=True)},
        "missed_gmv": float(price @ (o.avoidable - o.off.missed)) * (1 - recapture),
        "gmv": float(price @ (o.sold - o.off.sold)),
        "won_units": float(o.won.sum()),
        "refunded_units": total["refunded"],
        "cancelled_orders": total["oversold_orders"] + refunded,
        "settled_orders": total["paid_orders"] + refunded,
        "seller_cancel_rate": (total["oversold_orders"] + refunded) / max(total["paid_orders"] + refunded, 1.0),
        "unsold_units": total["unsold"],
        "sell_through": ratio(total["sold"], total["shippable"]),
        "fill_rate": ratio(total["sold"], total["demand"]),
    }


def _seconds(t_us: int) -> float:
    return float(t_us / US) if t_us >= 0 else math.nan
