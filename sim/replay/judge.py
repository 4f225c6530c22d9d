"""What became of every alert of an open-loop replay, and who was warned of every sell-out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sim.core.run import ShowRun
from sim.core.units import US
from sim.replay.stream import Stream
from strategies.contract import EMERGENCY, LEVEL_NAMES, PREPARE, WATCH

LOOP = "open"
EARLY, OUT, UNFOLLOWED, UNDECIDED, ALL_CLEAR = "early", "while sold out", "unfollowed", "undecided", "all clear"
"""A sell-out came within the horizon; stock was out already; none came; the recording ends too soon to tell; not an alert."""

HEAD = ["stream", "strategy", "sku", "loop", "speedup"]
TABLE = [*HEAD, "horizon_s", "sellouts", "warned", "standing", "lead_median_s", "lead_least_s", "alerts", "early",
         "while_sold_out", "unfollowed", "undecided", "alerts_per_h", "flaps"]  # fmt: skip
SELLOUTS = [*HEAD, "sellout", "sold_out_s", "back_s", "times", "sold_out_at", "watch_s", "prepare_s", "emergency_s", "lead_s",
            "standing"]  # fmt: skip
ALERTS = [*HEAD, "t_s", "at", "level", "level_name", "stock", "line", "became", "sellout"]

Rows = list[dict[str, Any]]


def judge(stream: Stream, run: ShowRun, real: pd.DataFrame, horizon_s: float, merge_s: float) -> tuple[Rows, Rows, Rows]:
    """Rows of the three tables for one strategy; ``real``: the sell-outs (``Stream.sellouts``)."""
    table: Rows = []
    sellouts: Rows = []
    alerts: Rows = []
    spells_of = dict(iter(real.groupby("sku", sort=False)))
    for k, sku in enumerate(stream.skus):
        about = {"stream": stream.name, "strategy": run.policy.name, "sku": sku.id, "loop": LOOP, "speedup": stream.speedup}
        spells = spells_of.get(sku.id, real[:0])[["t_s", "back_s", "times"]].to_numpy(float)
        alerts_of = run.alerts[run.alerts["sku"] == k]
        t_s, level = alerts_of["t"] / US, alerts_of["level"]
        became = [became_of(t, lv, spells, horizon_s, stream.span_s) for t, lv in zip(t_s.tolist(), level.tolist(), strict=True)]
        warnings = [about | _warning(stream, t_s, level, spells, n, horizon_s) for n in range(_opened_out(spells), len(spells))]
        account = _summary(t_s, level, [b for b, _ in became], warnings, stream.span_s, merge_s)
        table.append(about | {"horizon_s": horizon_s} | account)
        sellouts += warnings
        alerts += [about | _alert(stream, a, b) for a, b in zip(alerts_of, became, strict=True)]
    return table, sellouts, alerts


def became_of(t_s: float, level: int, spells: np.ndarray, horizon_s: float, span_s: float) -> tuple[str, int]:
    """What became of an alert, and the number of the sell-out it is about (0: none in the recording).

    >>> became_of(50.0, 2, np.array([[100.0, 200.0, 1.0]]), 60.0, 1000.0)
    ('early', 1)
    """
    if level == 0:
        return ALL_CLEAR, 0
    for n, (start_s, back_s, _) in enumerate(spells, 1 - _opened_out(spells)):
        if start_s <= t_s < back_s:
            return OUT, n
        if t_s < start_s:
            if start_s - t_s <= horizon_s:
                return (EARLY, n) if t_s + horizon_s <= span_s else (UNDECIDED, n)
            break
    return (UNDECIDED, 0) if t_s + horizon_s > span_s else (UNFOLLOWED, 0)


def _opened_out(spells: np.ndarray) -> int:
    """1 where the first spell is older than the recording: it has no number and nobody could be warned of it."""
    return int(len(spells) > 0 and spells[0][0] < 0)


def _warning(stream: Stream, t_s: np.ndarray, level: np.ndarray, spells: np.ndarray, n: int, horizon_s: float) -> dict[str, Any]:
    """Who was told before sell-out ``n`` (row of ``spells``), counting from the end of the one before."""
    at_s, back_s, times = spells[n].tolist()
    since_s = spells[n - 1][1] if n else 0.0
    before = (t_s >= since_s) & (t_s < at_s)
    first = {k: _first(t_s[before & (level == k)]) for k in (WATCH, PREPARE, EMERGENCY)}
    lead_s = at_s - _first(t_s[before & (level > 0) & (t_s >= at_s - horizon_s)])
    told = level[t_s < at_s]
    cleared = np.flatnonzero(told == 0)
    standing = int(told[cleared[-1] + 1 if len(cleared) else 0 :].max(initial=0))
    return {"sellout": n + 1 - _opened_out(spells), "sold_out_s": at_s, "back_s": back_s, "times": int(times),
            "sold_out_at": stream.at(at_s), "watch_s": first[WATCH], "prepare_s": first[PREPARE],
            "emergency_s": first[EMERGENCY], "lead_s": lead_s, "standing": standing}  # fmt: skip


def _first(times: np.ndarray) -> float:
    return float(times[0]) if len(times) else float("nan")


def _summary(
    t_s: np.ndarray, level: np.ndarray, became: list[str], sellouts: Rows, span_s: float, merge_s: float
) -> dict[str, Any]:
    """One strategy and SKU in numbers."""
    leads = [s["lead_s"] for s in sellouts if s["lead_s"] == s["lead_s"]]
    count = int((level > 0).sum())
    clears, flaps = t_s[level == 0], 0
    for t in t_s[level > 0].tolist():
        gone = clears[clears < t]
        flaps += bool(len(gone) and t - gone[-1] < merge_s and not np.any((t_s > gone[-1]) & (t_s < t)))
    standing = sum(s["standing"] > 0 for s in sellouts)
    return {"sellouts": len(sellouts), "warned": len(leads), "standing": standing,
            "lead_median_s": float(np.median(leads)) if leads else float("nan"),
            "lead_least_s": min(leads, default=float("nan")), "alerts": count, "early": became.count(EARLY),
            "while_sold_out": became.count(OUT), "unfollowed": became.count(UNFOLLOWED), "undecided": became.count(UNDECIDED),
            "alerts_per_h": count / span_s * 3600.0 if span_s > 0 else float("nan"), "flaps": flaps}  # fmt: skip


def _alert(stream: Stream, alert: np.void, became: tuple[str, int]) -> dict[str, Any]:
    t_s, level = float(alert["t"]) / US, int(alert["level"])
    return {"t_s": t_s, "at": stream.at(t_s), "level": level, "level_name": LEVEL_NAMES[level], "stock": float(alert["stock"]),
            "line": float(alert["line"]), "became": became[0], "sellout": became[1]}  # fmt: skip
