"""Open-loop replay: run strategies over a recording and set their alerts against the sell-outs that really came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from scenarios.staffing import Feed
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.engine.openloop import listen, record
from sim.replay.clock import StreamError
from sim.replay.judge import ALERTS, LOOP, SELLOUTS, TABLE, judge
from sim.replay.night import known_by, night_name
from sim.replay.read import Loaded
from sim.replay.silent import silent_policy
from sim.replay.stream import Stream, faster
from sim.words import _

Player = Callable[..., ShowRun]


@dataclass(frozen=True, eq=False)
class Replay:
    """Results of :func:`replay`; ``loop`` is "open" here and in every row of every table. ``span_s``: length by stream."""

    table: pd.DataFrame
    sellouts: pd.DataFrame
    alerts: pd.DataFrame
    runs: tuple[ShowRun, ...]
    levels: pd.DataFrame
    caption: str
    span_s: Mapping[str, float]
    loop: str = LOOP

    def figures(self) -> Replay:
        """The same without what only pictures need, runs, stock and alerts."""
        return replace(self, alerts=self.alerts[:0].copy(), runs=(), levels=self.levels[:0].copy())  # a view holds all of it


def replay(
    loaded: Loaded,
    policies: Sequence[Policy],
    feed: Feed | None = None,
    horizon_s: float = 1800.0,
    merge_s: float = 600.0,
    progress: Callable[[int, int, str], None] | None = None,
    player: Player | None = None,
) -> Replay:
    """Run ``policies`` over a recording without letting them act. Times are show seconds unless a column says otherwise.

    player: runs a stage under a policy with ``acting=False``; None: the ledger once for all, then each strategy alone over
    the readings (``sim/engine/openloop.py``), which gives the same Runs.

    ``table``: stream, strategy, sku, loop, speedup, horizon_s, sellouts, warned (sell-outs with an alert in the ``horizon_s``
    before), standing (sell-outs that found an alert sent and not taken back, however old), lead_median_s and lead_least_s
    (first alert within the horizon to sell-out), alerts, early, while_sold_out, unfollowed, undecided,
    alerts_per_h, flaps (alerts within ``merge_s`` after an all-clear).

    ``sellouts``: stream, strategy, sku, loop, speedup, sellout (number), sold_out_s, back_s (inf: never), times (how often stock
    reached 0 until then), sold_out_at (recorded clock), watch_s, prepare_s, emergency_s (first alert of that level since the
    previous sell-out ended; NaN: none), lead_s (first alert within the horizon to sell-out; NaN: not warned), standing
    (highest level sent and not taken back at the sell-out).

    ``alerts``: stream, strategy, sku, loop, speedup, t_s, at (recorded clock), level, level_name, stock, line, became (see
    ``judge.EARLY`` and so on), sellout (its number, or 0).
    """
    stream = loaded.stream
    names = [*(p.name for p in policies), *([night_name()] if stream.did else [])]
    if not policies:
        raise StreamError(_("no strategy is named; name at least one to replay"))
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise StreamError(_("two strategies are called {twice!r}; give one of them a label").format(twice=twice))
    stage = set_stage(stream.scenario(feed), stream.tape(feed))
    real = stream.sellouts(merge_s)
    runs: list[ShowRun] = []
    parts = []
    heard = record(stage, silent_policy())
    for number, policy in enumerate(policies, 1):
        run = player(stage, policy, acting=False) if player else listen(heard, policy)
        runs.append(run)
        parts.append(judge(stream, run, real, horizon_s, merge_s))
        if progress:
            progress(number, len(policies), policy.name)
    if stream.did:
        runs.append(known_by(stream, heard.run))
        parts.append(judge(stream, runs[-1], real, horizon_s, merge_s))
    rows = [[row for part in parts for row in part[k]] for k in range(3)]
    table, sellouts, alerts = (pd.DataFrame(r, columns=c) for r, c in zip(rows, (TABLE, SELLOUTS, ALERTS), strict=True))
    return Replay(table, sellouts, alerts, tuple(runs), stream.levels, caption(stream),
                  {stage.scenario.name: stage.scenario.duration_s})  # fmt: skip


def caption(stream: Stream) -> str:
    """The sentence that stands on every figure."""
    sentence = _("open-loop replay of {stream}: alerts are recorded and nothing follows from them").format(stream=stream.name)
    return sentence if stream.speedup == 1 else faster(sentence, stream.speedup)
