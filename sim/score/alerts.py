"""What alerts were worth: which foresaw trouble, which of those early enough, and how much noise they made.

Trouble is judged on the silent run of the same tape (``events.py``), so that an alert whose action averted it still
counts as true. Definitions: domain 6.1 and T27; the score after the Numenta benchmark: domain 3.5 and T28.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.core.policy import Policy
from sim.core.response import channel_of
from sim.core.run import Run
from sim.core.units import US, to_us
from strategies.gate import COOLDOWN_S

FALSE, LATE, TRUE = 0, 1, 2
VERDICTS = ("false", "late", "true")
"""Names of the verdicts, by code."""
SPAN = 2**42
"""Times of one SKU fit below this [us]; SKUs are laid end to end so that one search serves all of them."""
CHATTER_PER_MIN = 3.0
NAB_PROFILES = {"standard": (1.0, 0.11, 1.0), "low_fp": (1.0, 0.22, 1.0), "low_fn": (1.0, 0.11, 2.0)}
"""Weights of true alert, false alert, missed event (Numenta, domain 3.5)."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """verdict: int per alert (VERDICTS). event: the earliest event in its window, else -1. first: per event the alert that
    first foresaw it in time, else -1. lead, usable: per event, in the unit of the times; NaN where none did."""

    verdict: np.ndarray
    event: np.ndarray
    first: np.ndarray
    lead: np.ndarray
    usable: np.ndarray


def judge_alerts(
    alerts: np.ndarray,
    events: np.ndarray,
    horizon: float,
    reaction: float | np.ndarray,
    ends: np.ndarray | None = None,
) -> Verdicts:
    """Judge alert times against event times, both ascending, in any one unit of time.

    An alert at t is true if an event starts in [t + reaction, t + horizon], late if one starts in (t, t + reaction) or is
    under way and does harm after t + reaction (``ends``: last harm per event; none given: events are moments), else
    false. ``reaction``: time from alert to effect (L_tot), one number or one per alert. Lead = event - first true
    alert for it, usable lead = lead - reaction.

    >>> v = judge_alerts(np.array([60, 250, 290, 500]), np.array([100, 300, 900]), 60, 20)
    >>> [VERDICTS[k] for k in v.verdict], v.lead[:2].tolist()
    (['true', 'true', 'late', 'false'], [40.0, 50.0])
    """
    alerts, events = np.asarray(alerts), np.asarray(events)
    reaction = np.broadcast_to(np.asarray(reaction), alerts.shape)
    begin = np.searchsorted(events, alerts + reaction, "left")
    stop = np.maximum(np.searchsorted(events, alerts + horizon, "right"), begin)
    true = stop > begin
    under_way = np.searchsorted(events, alerts, "right")
    late = ~true & (begin > under_way)
    if ends is not None and len(events):
        late |= ~true & (under_way > 0) & (np.asarray(ends)[under_way - 1] > alerts + reaction)
    covered = np.repeat(np.arange(len(alerts)), stop - begin)
    which = np.arange(len(covered)) - np.repeat(np.cumsum(stop - begin) - (stop - begin), stop - begin) + begin[covered]
    first = np.full(len(events), len(alerts))
    np.minimum.at(first, which, covered)
    caught = first < len(alerts)
    lead, usable = np.full(len(events), np.nan), np.full(len(events), np.nan)
    lead[caught] = events[caught] - alerts[first[caught]]
    usable[caught] = lead[caught] - reaction[first[caught]]
    verdict = np.where(true, TRUE, np.where(late, LATE, FALSE))
    return Verdicts(verdict, np.where(true, begin, -1), np.where(caught, first, -1), lead, usable)


def precision(verdict: np.ndarray) -> float:
    """TP / (TP + late / 2 + FP); NaN without alerts.

    >>> round(precision(np.array([TRUE, TRUE, LATE, FALSE])), 4)
    0.5714
    """
    right, late, wrong = (int(np.sum(verdict == code)) for code in (TRUE, LATE, FALSE))
    return ratio(right, right + late / 2 + wrong)


def sigma(y: float) -> float:
    """Worth of an alert at ``y`` in its window: -1 the earliest, 0 the last useful moment, above 0 too late.

    ``2 / (1 + exp(5 y)) - 1`` (domain 3.5).

    >>> round(sigma(-1), 5), round(sigma(-0.5), 5), sigma(0), round(sigma(1), 5)
    (0.98661, 0.84828, 0.0, -0.98661)
    """
    return 2.0 / (1.0 + math.exp(5.0 * y)) - 1.0


def nab_score(found: Verdicts, false: int, horizon: float, profile: str = "standard") -> float:
    """Early-detection score: 0 says nothing, 100 foresees every event at the first moment of its window and nothing else.

    The window of an event is [event - horizon, event - reaction]: later, nobody can act. Per event ``A_TP sigma(y)`` at its
    first alert in the window or ``-A_FN``; ``-A_FP`` per false episode; then scaled. NaN without events.
    """
    a_tp, a_fp, a_fn = NAB_PROFILES[profile]
    n = len(found.lead)
    if n == 0:
        return math.nan
    seen = np.flatnonzero(found.first >= 0)
    raw = -a_fn * (n - len(seen)) - a_fp * false
    for lead, usable in zip(found.lead[seen].tolist(), found.usable[seen].tolist(), strict=True):
        width = horizon - (lead - usable)
        raw += a_tp * sigma(-usable / width if width > 0 else 0.0)
    worst, best = -a_fn * n, a_tp * n * sigma(-1.0)
    return 100.0 * (raw - worst) / (best - worst)


def ratio(part: float, whole: float) -> float:
    """``part / whole``; NaN where there is no whole."""
    return part / whole if whole else math.nan


def reaction_s(run: Run) -> np.ndarray:
    """L_tot by level 0..3 [s]: feed lag and half a period, then the shortest way from alert to an effect.

    Of a level that triggers nothing but notices: until the notice is acknowledged (median).
    """
    feed = run.scenario.feed.stock_age_s()
    found = []
    for level in range(4):
        best = run.policy.playbook.reaction_s(level, run.scenario)
        if math.isinf(best):
            notices = [channel_of(run.scenario.staff, a.channel) for a in run.policy.playbook.at(level)]
            best = min((c.delivery_s + c.ack_median_s for c in notices), default=run.scenario.staff.channels[0].ack_median_s)
        found.append(feed + best)
    return np.array(found)


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
    :func:`episodes`. told: positions of alerts (no all-clears). found: their verdicts, times in us. reaction: L_tot of each
    [us]. best: verdict per episode, that of its best alert."""

    alerts: np.ndarray
    number: np.ndarray
    changes: np.ndarray
    told: np.ndarray
    found: Verdicts
    reaction: np.ndarray
    best: np.ndarray


def judge_run(
    run: Run, event_sku: np.ndarray, event_t: np.ndarray, horizon_s: float, event_end: np.ndarray | None = None
) -> Alerted:
    """Judge the alerts of a run against risk events of its silent twin (times [us], sorted by SKU, then time).

    ``event_end``: when the last unit of an event was promised that could not be shipped [us].
    """
    alerts = run.alerts[np.lexsort((run.alerts["t"], run.alerts["sku"]))]
    number, changes = episodes(run.policy, alerts)
    told = np.flatnonzero(alerts["level"] > 0)
    a = alerts[told]
    reaction = (reaction_s(run) * US).astype(np.int64)[a["level"]]
    at = a["sku"].astype(np.int64) * SPAN + a["t"]
    # A window never reaches the next SKU: horizons and reactions are far shorter than SPAN.
    base = event_sku.astype(np.int64) * SPAN
    found = judge_alerts(at, base + event_t, to_us(horizon_s), reaction, None if event_end is None else base + event_end)
    best = np.zeros(len(changes), np.int64)
    np.maximum.at(best, number[told], found.verdict)
    return Alerted(alerts, number, changes, told, found, reaction, best)


def handled(run: Run) -> float:
    """Notices that somebody minded, all-clears included."""
    return float(np.count_nonzero(run.alerts["heard"] >= 0))


def counts(run: Run) -> dict[str, float]:
    """How many alerts there were and what they cost in time; names as in ``metrics.METRICS``."""
    n, scenario = int(np.count_nonzero(run.alerts["level"] > 0)), run.scenario
    suppressed = dict(zip(("duplicate", "cooldown", "budget"), (*run.suppressed, 0, 0, 0), strict=False))
    return {
        "alerts": float(n),
        "alerts_handled": handled(run),
        "alerts_per_operator_hour": ratio(n, operator_hours(run)),
        "alerts_per_sku_hour": ratio(n, scenario.duration_s / 3600 * len(scenario.skus)),
        "handling_minutes": run.busy_us / US / 60,
        **{f"suppressed_{k}": float(v) for k, v in suppressed.items()},
    }


def noise(run: Run, judged: Alerted) -> dict[str, float]:
    """How the alerts came: in floods, in flapping episodes, heard or not; names as in ``metrics.METRICS``."""
    a = judged.alerts[judged.told]
    by_time = np.sort(a["t"])
    most = np.arange(1, len(a) + 1) - np.searchsorted(by_time, by_time - to_us(600), "right")
    book = run.policy.playbook
    reaches = np.array([any(x.by == "person" or x.what == "notify" for x in book.at(level)) for level in range(4)])
    noticed = a[reaches[a["level"]]]
    spread = _minutes(judged)
    return {
        "alerts_max_10min": float(most.max(initial=0)),
        "episodes": float(len(judged.changes)),
        "flaps": ratio(float(judged.changes.sum()), len(judged.changes)),
        "chattering_episodes": float(np.sum(judged.changes >= CHATTER_PER_MIN * np.maximum(spread, 1.0))),
        "acknowledged_share": ratio(float(np.sum(noticed["heard"] >= 0)), len(noticed)),
    }


def _minutes(judged: Alerted) -> np.ndarray:
    """From the first to the last alert of every episode [min]."""
    n = len(judged.changes)
    first, last = np.full(n, 2**62), np.zeros(n, np.int64)
    number, t = judged.number[judged.told], judged.alerts["t"][judged.told]
    np.minimum.at(first, number, t)
    np.maximum.at(last, number, t)
    return (last - first) / US / 60


def operator_hours(run: Run) -> float:
    """Hours that operators are on duty during the show, added up."""
    end = run.scenario.duration_s
    on = [s.operators * max(0.0, min(end, s.end_s if s.end_s >= 0 else end) - s.start_s) for s in run.scenario.staff.shifts]
    return sum(on) / 3600


def foresight(judged: Alerted, horizon_s: float) -> dict[str, float]:
    """How good the alerts were; names as in ``metrics.METRICS``. Verdicts are counted by episode."""
    v, best = judged.found, judged.best
    right, late, wrong = (int(np.sum(best == code)) for code in (TRUE, LATE, FALSE))
    caught = int(np.sum(v.first >= 0))
    return {
        "risk_events": float(len(v.first)),
        "true_episodes": float(right),
        "late_episodes": float(late),
        "false_episodes": float(wrong),
        "precision": precision(best),
        "recall": ratio(caught, len(v.first)),
        "lead_s": float(np.nansum(v.lead)) / caught / US if caught else math.nan,
        "usable_lead_s": float(np.nansum(v.usable)) / caught / US if caught else math.nan,
        "usable_share": ratio(right, right + late),
        "nab": nab_score(v, wrong, horizon_s * US),
    }
