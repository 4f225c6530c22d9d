"""Timelines that a run folder keeps for its page: ``timelines.parquet``, one row per strategy, show and SKU."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.engine.answers import lines_of
from sim.engine.fork import nobody
from sim.engine.simulate import play
from sim.jobs.plan import Plan
from sim.report.figures.story import Story, story, thinned
from sim.score.cost import Judge
from sim.score.outcomes import outcomes
from sim.setup.uncertain import staged
from sim.study.rehearse import ALERT

if TYPE_CHECKING:
    import pandas as pd

MOST_ITEMS, MOST_SHOWS, MOST_ROWS = 12, 3, 120
"""Items kept of a show: those in most trouble; shows; and rows in all."""
RECORDED = "recorded"
"""The show of a timeline that is the recording itself."""
STEPS = ("left", "record", "seen", "line")


def shows_kept(cost: np.ndarray, drawn: int) -> list[int]:
    """Which shows are kept: the one that is drawn, then the dearest and the one in the middle. cost: J of the best, by show.

    >>> shows_kept(np.array([5.0, 1.0, 9.0, 4.0]), 0)
    [0, 2, 3]
    """
    order = np.argsort(cost, kind="stable")
    wanted = [drawn, int(order[-1]), int(order[(len(order) - 1) // 2])]
    return list(dict.fromkeys(wanted))[:MOST_SHOWS]


def in_trouble(run: ShowRun) -> list[int]:
    """SKUs, those with most oversold, then most missed, then most demanded units first."""
    outcome = outcomes(run)
    return [int(k) for k in np.lexsort((outcome.demand, outcome.avoidable, outcome.oversold))[::-1]]


def kept(runs: Iterable[tuple[str, Callable[[], ShowRun]]], first: Sequence[int] = ()) -> pd.DataFrame:
    """The table of some runs, in their order, those of most interest first. runs: name and what plays it; nothing is played
    once the table is full. first: SKUs that come before all others."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name, played in runs:
        if len(rows) >= MOST_ROWS:
            break
        run = played()
        t, line = lines_of(run)
        items = list(dict.fromkeys([*first, *in_trouble(run)]))[:MOST_ITEMS]
        rows += [row(story(run, k, (t, line[:, k])), run.scenario.start_hour, name) for k in items]
    return pd.DataFrame(rows[:MOST_ROWS])


def leading(plan: Plan, leaders: Sequence[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Timelines of a sweep's leaders in the first show of its first world, and their alerts, judged."""
    import pandas as pd

    world = plan.worlds[0]
    stage = staged(world.scenario, world.uncertainty, plan.seed, plan.start)
    judge = Judge(play(stage, nobody()), plan.profile)
    alerts: list[dict[str, Any]] = []

    def played(name: str, policy: Policy) -> ShowRun:
        run = play(stage, policy)
        alerts.extend({"strategy": name, "replicate": run.tape.key[1], **row} for row in judge.alerts(run))
        return run

    timelines = kept([(c.name, partial(played, c.name, c.policy)) for c in (plan.candidates[k] for k in leaders)])
    return timelines, pd.DataFrame(alerts, columns=["strategy", "replicate", *ALERT])


def of_runs(shown: Sequence[tuple[str, str, ShowRun]], first: Sequence[int] = ()) -> pd.DataFrame:
    """Timelines of runs that were played already. shown: which show it is, in a word, whose, and the run."""
    import pandas as pd

    parts = [kept([(name, partial(_same, run))], first).assign(replicate=word) for word, name, run in shown]
    return pd.concat(parts, ignore_index=True).head(MOST_ROWS) if parts else pd.DataFrame()


def _same(run: ShowRun) -> ShowRun:
    return run


def with_recorded_stock(rows: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """Timelines of an open loop: the stock that was recorded, for there the ledger is the shop's and not the model's.
    levels: t_s, sku, stock."""
    records = rows.to_dict("records")
    for one in records:
        of_item = levels[levels["sku"] == one["sku"]]
        one["record_t"], one["record"] = thinned(of_item["t_s"].to_numpy(float), of_item["stock"].to_numpy(float))
        one["left_t"] = one["left"] = np.zeros(0)
    import pandas as pd

    return pd.DataFrame(records)


def row(s: Story, start_hour: float, name: str) -> dict[str, Any]:
    """One timeline as a row of plain values and lists. Times in s since the show's start, stock in units."""
    record: dict[str, Any] = {
        "strategy": name, "replicate": s.replicate, "sku": s.sku, "duration_s": s.duration_s, "start_hour": start_hour,
        "sold_out_s": s.sold_out, "oversold": s.oversold,
    }  # fmt: skip
    for key in STEPS:
        t, value = getattr(s, key)
        record |= {f"{key}_t": t.astype(np.float64), key: value.astype(np.float64)}
    record |= {"bin_s": float(s.bins[1] - s.bins[0])}
    record |= {key: getattr(s, key).astype(np.int64) for key in ("orders", "carts", "refused")}
    record |= {"closed_from": [a for a, _ in s.closed], "closed_to": [b for _, b in s.closed]}
    marks = [m for m in s.marks if m[0] <= s.duration_s]
    record |= {"mark_t": [m[0] for m in marks], "mark": [m[1] for m in marks], "mark_size": [m[2] for m in marks]}
    record |= {"cue_from": [c[0] for c in s.cues], "cue_to": [c[1] for c in s.cues]}
    record |= {"cue_planned": [bool(c[2]) for c in s.cues], "cue": [c[3] for c in s.cues]}
    return record | {"alert_t": s.alerts[:, 0], "alert_level": s.alerts[:, 1], "alert_stock": s.alerts[:, 2]}
