"""One row of scores per run: everything that counts, and what it earned.

    judge = Judge(silent_run, profile)
    row = judge.score(run)

A judge holds what depends on the tape and its silent run only; each further run on that tape is judged in a millisecond or two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from scenarios.setting import ScenarioError
from sim.core.run import ShowRun
from sim.core.tape import Tape
from sim.core.units import US, to_us
from sim.core.world import REFUSED, SHOWN_FAIL
from sim.score.account import QUANTITIES, TERMS, prices, terms
from sim.score.alerts import VERDICTS, Alerted, foresight, judge_run, ratio
from sim.score.events import risk_events
from sim.score.hindsight import hindsight, skill
from sim.score.items import items
from sim.score.metrics import METRICS
from sim.score.noise import counts, handled, noise
from sim.score.outcomes import CAUSES, Outcomes, costly_minutes, freezes, outcomes, requestable
from sim.score.profiles import PROFILES, Profile
from sim.score.settle import NO_RESTOCK, TRUE_STOCKOUT
from sim.score.stories import Stories, read_stories
from sim.score.whole import TapeScorer
from sim.words import _, no_such


class Judge:
    """Judges runs against the silent run of the same tape."""

    def __init__(self, baseline: ShowRun, profile: Profile = PROFILES["balanced"]) -> None:
        if baseline.acting and len(baseline.alerts):
            raise ValueError(
                _("the baseline {name!r} sends alerts; give the silent run of the same tape").format(name=baseline.policy.name)
            )
        self.baseline, self.profile = baseline, profile
        scenario = baseline.scenario
        self.stories = read_stories(baseline.tape, scenario)
        self.settled = outcomes(baseline, self.stories)
        self.event_sku, self.event_t = risk_events(
            baseline, self.settled, self.stories, profile.remaining, to_us(profile.merge_s)
        )
        self.hindsight = hindsight(baseline, self.stories, profile)
        self.prices = prices(profile, scenario, baseline.tape, self.stories)
        self._last = baseline, self.settled
        self._grown: tuple[Tape, Stories] | None = None
        self.desk = TapeScorer(
            scenario, self.prices, self.stories, self.hindsight.asked, requestable(scenario), self.event_sku, self.event_t
        )
        self.silent_net = self._row(baseline, self.stories, _parts(("net",)))["net"]

    def lean(self) -> Judge:
        """The same judge, without what of the silent run no verdict needs any more: its readings and its journal."""
        kept = replace(self.baseline, readings=self.baseline.readings[:0].copy(), journal=None)
        self.baseline, self._last, self._grown = kept, (kept, self.settled), None
        return self

    def score(self, run: ShowRun, metrics: Sequence[str] | None = None) -> dict[str, float]:
        """Metrics of METRICS for one run on the judge's tape: those asked for, else all. A value does not depend on what else was
        asked for."""
        names = tuple(METRICS) if metrics is None else tuple(metrics)
        return dict(zip(names, self.table([run], names)[0].tolist(), strict=True))

    def table(self, runs: Sequence[ShowRun], metrics: Sequence[str] | None = None) -> np.ndarray:
        """The same for several runs at once, float64 [run, metric]: what is not counted run by run is told for all of them."""
        names = tuple(METRICS) if metrics is None else tuple(metrics)
        _parts(names)
        table = np.empty((len(runs), len(names)))
        own = [k for k, run in enumerate(runs) if self._on_own_tape(run)]
        if own:
            table[own] = self._figures([runs[k] for k in own], self.stories, names)
        for k in sorted(set(range(len(runs))).difference(own)):
            table[k] = self._figures([runs[k]], self._of_tape(runs[k]), names)
        return table

    def _figures(self, runs: Sequence[ShowRun], stories: Stories, names: Sequence[str]) -> np.ndarray:
        """``names`` for runs on one tape, float64 [run, metric]."""
        columns: dict[str, Any] = self.desk.columns(runs, stories)
        columns |= self._twins()
        columns["J"] = self.hindsight.net - columns["net"]
        columns["skill"] = [skill(j, columns["J_silent"]) for j in columns["J"].tolist()]
        table = np.empty((len(names), len(runs)))
        for k, name in enumerate(names):
            table[k] = columns[name]
        return table.T

    def readable(self, run: ShowRun, metrics: Sequence[str] | None = None) -> dict[str, float]:
        """The same row by the readable form of every rule; only what ``metrics`` rest on is computed."""
        names = tuple(METRICS) if metrics is None else tuple(metrics)
        return self._finished(self._row(run, self._of_tape(run), _parts(names)), names)

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
        return items(run, self._outcomes(run, self._of_tape(run)))

    def alerted(self, run: ShowRun) -> Alerted:
        """The verdicts on a run's alerts."""
        return judge_run(run, self.event_sku, self.event_t, self.profile.horizon_s)

    def alerts(self, run: ShowRun) -> list[dict[str, Any]]:
        """One row per alert, in order of time: what it saw, whether anybody minded, what it was worth.

        t_s, heard_s, handled_s [s; NaN never]; stock, line [units]; verdict; lead_s: until the earliest event in a window of
        its claim, usable_lead_s: less the L of that window [s; NaN where its claim foresaw none].
        """
        self._of_tape(run)
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

    def _on_own_tape(self, run: ShowRun) -> bool:
        """Whether no improvised cue has lengthened the run's tape; another tape than the judge's is refused."""
        tape, own = run.tape, self.baseline.tape
        if tape is own:
            return True
        if tape.key != own.key or len(tape) < len(own):
            raise ValueError(
                _("the run of {name!r} is not on the judge's tape; judge it with its own silent run").format(name=run.policy.name)
            )
        return len(tape) == len(own)

    def _of_tape(self, run: ShowRun) -> Stories:
        """The stories of the run's tape: the judge's own, or read anew where it is longer; those of the last such are kept."""
        if self._on_own_tape(run):
            return self.stories
        if self._grown is None or self._grown[0] is not run.tape:
            self._grown = run.tape, read_stories(run.tape, run.scenario)
        return self._grown[1]

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


def _between(first: str, last: str) -> frozenset[str]:
    names = list(METRICS)
    return frozenset(names[names.index(first) : names.index(last) + 1])


COUNTS = (
    frozenset(("alerts", "alerts_handled"))
    | _between("notices", "alerts_per_sku_hour")
    | _between("handling_minutes", "suppressed_budget")
)
PARTS = {
    "units": _between("demand_units", "fill_rate"),
    "shoppers": _between("frozen_minutes", "pitched_empty"),
    "alerts": _between("risk_events", "suppressed_budget") - COUNTS,
    "counts": COUNTS,
    "costs": _between("net_shipped", "net") | {"J", "skill"},
}
"""What is computed together."""


@cache
def _parts(metrics: tuple[str, ...]) -> frozenset[str]:
    """The parts of a row that ``metrics`` need: costs rest on units and on what shoppers met."""
    for name in metrics:
        if name not in METRICS:
            raise ScenarioError(no_such("metric", name, METRICS))
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
