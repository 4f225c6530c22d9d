"""The sign of what a strategy saves where stock leaves on payment, by what an export tells: shows with known truth.

``python -m benchmarks.closings [shows] [out=FILE]``: shows of the first preset, which deducts on payment, are played by a
silent team and by three that freeze at 10, 40 or 120 units; what each saves against silence is the truth. Then the silent night
is cut to what an export holds, replayed in a closed loop, and its savings compared: how often their sign is wrong, how often it
is wrong although the 95 % range of the draws lies on one side of 0, and how far off the sum is.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.closed_truth import recording
from scenarios.contract import Scenario, Supply
from scenarios.registry import load
from scenarios.spread import SPREADS
from sim.core.policy import Policy
from sim.core.stage import Stage, set_stage
from sim.core.tape import TAKE
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.replay.closedloop import band
from sim.replay.closedtape import closed_stage
from sim.replay.impute import Imputation, impute
from sim.replay.silent import silent_policy
from sim.replay.stream import Stream
from sim.score.cost import Judge
from sim.setup.policies import make_policy

SEED, DRAWS, NEVER_PAY = 505, 12, 0.25
LINES = (10, 40, 120)
"""Units at which the three teams freeze."""
LARGE = 300
"""A saving beyond this has a sign that matters [CNY]."""


class Export(NamedTuple):
    """What an export tells beside the orders, and the share of orders the user believes are never paid."""

    name: str
    closings: bool
    refunds: bool
    payments: bool
    believed: float = NEVER_PAY


EXPORTS = (
    Export("closings, refunds, payment times", True, True, True),
    Export("closings, refunds", True, True, False),
    Export("refunds, payment times", False, True, True),
    Export("payment times", False, False, True),
    Export("orders alone, share known", False, False, False),
    Export("orders alone, share by default", False, False, False, 0.12),
    Export("orders alone, everybody pays", False, False, False, 0.0),
)


def show() -> Scenario:
    """The first show where nothing happens that a closed loop leaves out: whoever is refused leaves, nobody brings stock."""
    scenario = load("first_show")
    return replace(
        scenario, spread=SPREADS["recorded"], leaks=replace(scenario.leaks, stale_read_s=0.0), supply=Supply(),
        host=replace(scenario.host, checks_screen=False), scarcity=replace(scenario.scarcity, on=False),
        shoppers=replace(scenario.shoppers, never_pay=NEVER_PAY, wait_share=0.0, substitute_share=0.0),
    )  # fmt: skip


def teams() -> list[Policy]:
    """Three teams that freeze at a number of units."""
    return [make_policy("fixed_count", {"units": float(n), "emergency_share": 1.0}, playbook="freeze_only") for n in LINES]


def savings(stage: Stage) -> np.ndarray:
    """What each team saves against silence [CNY], float64 [team]."""
    judge = Judge(play(stage, silent_policy()))
    return np.array([judge.score(play(stage, team), ("net",))["net"] - judge.silent_net for team in teams()])


def exported(whole: Stream, export: Export) -> Stream:
    """The recording without what the export does not tell. A return is a refund where its order was paid before."""
    assert whole.order is not None
    assert whole.paid is not None
    of = whole.order
    back = whole.what != TAKE
    refund = back & (whole.paid[of] >= 0) & (whole.paid[of] <= whole.t)
    keep = ~back | (refund & export.refunds) | (back & ~refund & export.closings)
    place = np.cumsum(keep) - 1
    return replace(
        whole, **{name: getattr(whole, name)[keep] for name in ("t", "what", "sku", "qty")},
        order=np.where(of >= 0, place[of], -1)[keep], paid=whole.paid[keep] if export.payments else None,
    )  # fmt: skip


def rows_of(k: int) -> Iterator[dict[str, Any]]:
    """Figures of one show: a row an export and team."""
    scenario = show()
    stage = set_stage(scenario, draw_tape(scenario, SEED, k))
    truth, whole = savings(stage), recording(play(stage, silent_policy()))

    @cache
    def imputed(*told: bool) -> Imputation:
        return impute(exported(whole, Export("", *told)), world=scenario)

    for export in EXPORTS:
        start = time.process_time()
        imputation = imputed(export.closings, export.refunds, export.payments)
        world = replace(scenario, shoppers=replace(scenario.shoppers, never_pay=export.believed))
        stages = (closed_stage(imputation.stream, imputation, "likely", 1, r, scenario.feed, world) for r in range(DRAWS))
        draws = np.array([savings(one) for one in stages])
        for n, team in enumerate(LINES):
            low, _, high = band(draws[:, n])
            yield {"show": k, "export": export.name, "line": team, "true": truth[n], "saved": draws[:, n].mean(),
                   "low": low, "high": high, "cpu": (time.process_time() - start) / len(LINES)}  # fmt: skip


def row(name: str, rows: list[dict[str, Any]]) -> str:
    """One row of the table. Teams that change nothing have no sign and are left out."""
    own = [r for r in rows if r["export"] == name and r["true"]]
    true, saved = (np.array([r[c] for r in own]) for c in ("true", "saved"))
    wrong = np.sign(true) != np.sign(saved)
    sure = np.array([r["low"] > 0 or r["high"] < 0 for r in own])
    held = np.mean([r["low"] <= r["true"] <= r["high"] for r in own])
    shows = {r["show"] for r in own}
    any_wrong = np.mean([any(w for w, r in zip(wrong, own, strict=True) if r["show"] == k) for k in shows])
    large = abs(true) > LARGE
    return (f"{name:34s} wrong sign {wrong.sum()} of {len(own)}, {(wrong & large).sum()} of {large.sum()} beyond {LARGE} CNY, in "
            f"{any_wrong:.2f} of {len(shows)} shows; wrong and sure {(wrong & sure).sum()}; saved/true "
            f"{saved.sum() / true.sum():.2f}; range holds {held:.2f}; truth above 0 {(true > 0).mean():.2f}; "
            f"cpu {sum(r['cpu'] for r in own):.0f} s")  # fmt: skip


def main() -> None:
    """Print the table; shows that are in the file already are not played again."""
    shows = next((int(a) for a in sys.argv[1:] if a.isdigit()), 20)
    out = next((Path(a[4:]) for a in sys.argv[1:] if a.startswith("out=")), None)
    rows = [json.loads(x) for x in out.read_text(encoding="utf-8").splitlines()] if out and out.is_file() else []
    for k in sorted(set(range(shows)) - {r["show"] for r in rows}):
        more = [r | {"true": float(r["true"])} for r in rows_of(k)]
        rows += more
        if out:
            with out.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(r) + "\n" for r in more)
    for export in EXPORTS:
        print(row(export.name, [r for r in rows if r["show"] < shows]))


if __name__ == "__main__":
    main()
