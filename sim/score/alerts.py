"""How alerts were timed: which foresaw trouble, which of those early enough (noise: ``noise.py``).

Trouble is judged on the silent run of the same tape (``events.py``), so that an alert whose action averted it still counts as
true. An alert *claims* windows, one for each effect of its level: [t + L, t + L + W], L from the alert to that effect, W the
horizon. While a claim is open the same or a lower level is a repeat: noise, neither true nor false.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.units import US, to_us
from strategies.contract import LEVEL_NAMES
from strategies.gate import COOLDOWN_S

FALSE, LATE, TRUE, REPEAT, UNJUDGED = range(5)
VERDICTS = ("false", "late", "true", "repeat", "unjudged")
"""Names of the verdicts, by code. repeat: while a claim of its level or a higher one was open. unjudged: a window ends after the
show."""
NAB_PROFILES = {"standard": (1.0, 0.11, 1.0), "low_fp": (1.0, 0.22, 1.0), "low_fn": (1.0, 0.11, 2.0)}
"""Weights of true alert, false alert, missed event (Numenta, domain 3.5)."""
LEVELS = ("watch", "prepare", "emergency")


class Verdicts(NamedTuple):
    """verdict: code per alert (VERDICTS). event: the earliest event in a window of its claim, else -1. usable: per alert, that
    event less the alert less the L of the window it lies in, NaN without one. first: per event the alert whose claim first
    foresaw it, else -1; lead, spare: event less that alert, and less its L too; NaN where none did. caught: per event, bits of
    the levels (1 << level) whose judged claims foresaw it. Times in the unit given."""

    verdict: np.ndarray
    event: np.ndarray
    usable: np.ndarray
    first: np.ndarray
    lead: np.ndarray
    spare: np.ndarray
    caught: np.ndarray


def judge_alerts(
    alerts: np.ndarray, levels: np.ndarray, events: np.ndarray, width: float, reactions: tuple, end: float
) -> Verdicts:
    """Judge the alerts of one item, ascending, against its events, ascending, in any one unit of time.

    levels: 1..3 of each alert. width: of a window (W). reactions: by level 0..3, the L of every effect, shortest first; none:
    nothing follows, and the window starts at the alert. end: of the show. A claim is true if an event starts in one of its
    windows, late if one starts in (t, t + shortest L), else false; one of whose windows ends after the show is unjudged, but
    foresees what it foresees.

    >>> v = judge_alerts(np.array([60, 250, 290, 500]), np.array([1, 2, 3, 1]), np.array([100, 300, 900]), 40, ((20,),) * 4, 999)
    >>> [VERDICTS[k] for k in v.verdict], v.lead[:2].tolist()
    (['true', 'true', 'late', 'false'], [40.0, 50.0])
    """
    n, m = len(alerts), len(events)
    verdict, event, usable = np.full(n, FALSE), np.full(n, -1), np.full(n, np.nan)
    first, lead, spare = np.full(m, -1), np.full(m, np.nan), np.full(m, np.nan)
    caught = np.zeros(m, np.int64)
    open_until = [-math.inf] * len(reactions)
    for k, (t, level) in enumerate(zip(np.asarray(alerts).tolist(), np.asarray(levels).tolist(), strict=True)):
        if t < max(open_until[level:]):
            verdict[k] = REPEAT
            continue
        needs = reactions[level] or (0,)
        open_until[level] = t + needs[-1] + width
        judged = open_until[level] <= end
        seen: dict[int, float] = {}
        for need in needs:
            begin, stop = np.searchsorted(events, t + need, "left"), np.searchsorted(events, t + need + width, "right")
            for e in range(int(begin), int(stop)):
                seen.setdefault(e, float(events[e] - t - need))
        late = np.searchsorted(events, t + needs[0], "left") > np.searchsorted(events, t, "right")
        verdict[k] = UNJUDGED if not judged else TRUE if seen else LATE if late else FALSE
        for e, left in seen.items():
            if first[e] < 0:
                first[e], lead[e], spare[e] = k, events[e] - t, left
            caught[e] |= judged << level
        if seen:
            event[k] = min(seen)
            usable[k] = seen[event[k]]
    return Verdicts(verdict, event, usable, first, lead, spare, caught)


def precision(foreseen: float, late: float, wrong: float) -> float:
    """Distinct events foreseen / (these + late / 2 + false claims); NaN where nothing was claimed.

    >>> round(precision(2, 1, 1), 4)
    0.5714
    """
    return ratio(foreseen, foreseen + late / 2 + wrong)


def sigma(y: float) -> float:
    """Worth of an alert at ``y`` in its window: -1 the earliest, 0 the last useful moment, above 0 too late.

    ``2 / (1 + exp(5 y)) - 1`` (domain 3.5).

    >>> round(sigma(-1), 5), round(sigma(-0.5), 5), sigma(0), round(sigma(1), 5)
    (0.98661, 0.84828, 0.0, -0.98661)
    """
    return 2.0 / (1.0 + math.exp(5.0 * y)) - 1.0


def nab_score(spare: np.ndarray, false: int, width: float, profile: str = "standard") -> float:
    """Early-detection score: 0 says nothing, 100 foresees every event at the first moment of its window and nothing else.

    spare: per event, time left at the first claim that foresaw it, beyond its L; NaN where none did. width: of a window. Per
    event ``A_TP sigma(-spare / width)`` or ``-A_FN``; ``-A_FP`` per false claim; then scaled. NaN without events.
    """
    a_tp, a_fp, a_fn = NAB_PROFILES[profile]
    n, seen = len(spare), spare[~np.isnan(spare)]
    if n == 0:
        return math.nan
    raw = -a_fn * (n - len(seen)) - a_fp * false
    gained = 0.0
    for left in seen.tolist():
        gained += a_tp * sigma(-left / width)
    raw += gained
    worst, best = -a_fn * n, a_tp * n * sigma(-1.0)
    return 100.0 * (raw - worst) / (best - worst)


def ratio(part: float, whole: float) -> float:
    """``part / whole``; NaN where there is no whole."""
    return part / whole if whole else math.nan


def reactions_us(run: ShowRun) -> tuple[tuple[int, ...], ...]:
    """L of every effect by level 0..3 [us]: feed lag and half a period, then the way from alert to effect."""
    feed = run.scenario.feed.stock_age_s()
    book = run.policy.playbook
    return tuple(tuple(int((feed + s) * US) for s in book.reactions_s(level, run.scenario)) for level in range(len(LEVEL_NAMES)))


def episodes(policy: Policy, alerts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Episode number per alert, and level changes per episode; ``alerts`` sorted by SKU, then time, all-clears included.

    An episode goes on while the gate has not sent level 0, and through a new alert within the cooldown of the last. An
    all-clear has the number of the episode it lies in, -1 if that ends with it. Changes: a level after a different one.
    """
    level, sku, t, n = alerts["level"], alerts["sku"], alerts["t"], len(alerts)
    speaks = level > 0
    last = np.maximum.accumulate(np.where(speaks, np.arange(n), -1)) if n else np.zeros(0, int)
    before = np.append(-1, last[:-1])[:n]
    known = (before >= 0) & (sku[before] == sku)
    over = np.append(0, level[:-1])[:n] == 0
    apart = t - t[before] >= to_us(float(policy.gate[COOLDOWN_S])) if n else np.zeros(0, bool)
    starts = speaks & (~known | (over & apart))
    number = np.cumsum(starts) - 1
    final = np.append(starts[1:] | (sku[1:] != sku[:-1]), True)[:n]
    number = np.where(~speaks & final, -1, number)
    inside = ~starts & (number >= 0)
    changed = inside & (level != np.append(-1, level[:-1])[:n])
    return number, np.bincount(number[changed], minlength=int(starts.sum()))


@dataclass(frozen=True, eq=False)
class Alerted:
    """Everything about the alerts of one run. alerts: the run's, sorted by SKU, then time. number, changes: see
    :func:`episodes`. told: positions of alerts (no all-clears). verdicts: theirs over all SKUs, events numbered as given,
    times in us."""

    alerts: np.ndarray
    number: np.ndarray
    changes: np.ndarray
    told: np.ndarray
    verdicts: Verdicts


def judge_run(run: ShowRun, event_sku: np.ndarray, event_t: np.ndarray, horizon_s: float) -> Alerted:
    """Judge the alerts of a run against risk events of its silent twin (times [us], sorted by SKU, then time)."""
    alerts = run.alerts[np.lexsort((run.alerts["t"], run.alerts["sku"]))]
    number, changes = episodes(run.policy, alerts)
    told = np.flatnonzero(alerts["level"] > 0)
    a, needs, end = alerts[told], reactions_us(run), to_us(run.scenario.duration_s)
    parts, before = [], 0
    every = range(len(run.scenario.skus))
    edges, stops = np.searchsorted(a["sku"], [*every, len(every)]), np.searchsorted(event_sku, [*every, len(every)])
    for k in every:
        own, theirs = a[edges[k] : edges[k + 1]], event_t[stops[k] : stops[k + 1]]
        v = judge_alerts(own["t"], own["level"], theirs, to_us(horizon_s), needs, end)
        parts.append(v._replace(event=np.where(v.event >= 0, v.event + stops[k], -1),
                                first=np.where(v.first >= 0, v.first + before, -1)))  # fmt: skip
        before += len(own)
    verdicts = Verdicts(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return Alerted(alerts, number, changes, told, verdicts)


def foresight(judged: Alerted, horizon_s: float) -> dict[str, float]:
    """How well the alerts were timed; names as in ``metrics.METRICS``."""
    v, level = judged.verdicts, judged.alerts["level"][judged.told]
    count = {code: int(np.sum(v.verdict == code)) for code in range(len(VERDICTS))}
    caught, foreseen = int(np.sum(v.first >= 0)), int(np.sum(v.caught > 0))
    right, late, wrong = count[TRUE], count[LATE], count[FALSE]
    by_level = {
        f"precision_{name}": precision(
            int(np.sum(v.caught >> k & 1)), *(int(np.sum((v.verdict == code) & (level == k))) for code in (LATE, FALSE))
        )
        for k, name in enumerate(LEVELS, 1)
    }
    return {
        "risk_events": float(len(v.first)),
        "foreseen_events": float(foreseen),
        "true_claims": float(right),
        "late_claims": float(late),
        "false_claims": float(wrong),
        "repeats": float(count[REPEAT]),
        "unjudged_claims": float(count[UNJUDGED]),
        "precision": precision(foreseen, late, wrong),
        **by_level,
        "recall": ratio(caught, len(v.first)),
        "lead_s": float(np.nansum(v.lead)) / caught / US if caught else math.nan,
        "usable_lead_s": float(np.nansum(v.spare)) / caught / US if caught else math.nan,
        "usable_share": ratio(right, right + late),
        "nab": nab_score(v.spare, wrong, horizon_s * US),
    }
