"""Alerts as JSON lines: one rendering for a replay and for a live feed, so that the two can be compared byte for byte."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sim.core.run import ShowRun
from sim.core.units import US
from sim.replay.stream import Stream
from strategies.contract import LEVEL_NAMES


def alert_line(stream: Stream, n: int, strategy: str, t_us: int, sku: int, level: int, stock: float, line: float) -> str:
    """One alert, without the newline. ``n``: its number, from 1; ``t_us``: when the gate decided [us of show time]; ``sku``:
    index; ``level``: 0 (all clear) to 3; ``stock`` and ``line``: what it rests on [units]."""
    t_s = t_us / US
    record = {"n": n, "strategy": strategy, "sku": stream.skus[sku].id, "t_s": t_s, "at": stream.at(t_s), "level": level,
            "level_name": LEVEL_NAMES[level], "stock": stock, "line": line}  # fmt: skip
    return json.dumps(record, ensure_ascii=False)


def feed_line(n: int, at: str, t_s: float | None, level: int, reason: str) -> str:
    """An alert about the feed itself, without the newline: no strategy spoke, and no item is meant."""
    record = {"n": n, "strategy": "feed", "sku": "", "t_s": t_s, "at": at, "level": level, "level_name": LEVEL_NAMES[level],
            "stock": None, "line": None, "reason": reason}  # fmt: skip
    return json.dumps(record, ensure_ascii=False)


def alert_lines(stream: Stream, runs: Sequence[ShowRun]) -> list[str]:
    """The alerts of several strategies over one stream, by time; alerts of one reading in the order of strategies, then SKUs."""
    rows = [(int(a["t"]), run.policy.name, a) for run in runs for a in run.alerts]
    rows.sort(key=lambda s: s[0])
    return [
        alert_line(stream, n, name, t, int(a["sku"]), int(a["level"]), float(a["stock"]), float(a["line"]))
        for n, (t, name, a) in enumerate(rows, 1)
    ]
