"""How much noise alerts made: what people receive by channel, what machines do, floods and flapping."""

from __future__ import annotations

import math

import numpy as np

from scenarios.contract import Scenario
from scenarios.staffing import NOTICE_CHANNELS
from sim.core.run import ShowRun
from sim.core.units import US, to_us
from sim.score.alerts import Alerted, ratio
from strategies.contract import LEVEL_NAMES

CHATTER_PER_MIN = 3.0
OWN_EYES = "own_eyes"
CHANNELS = tuple(c.name for c in NOTICE_CHANNELS)


def handled(run: ShowRun) -> float:
    """Notices that somebody minded, all-clears included: an alert over two channels may be minded twice."""
    return float(run.minded)


def notices(run: ShowRun) -> dict[str, int]:
    """What people receive: notices by channel, one per alert and channel, all-clears included.

    A person who looks at the figures himself receives none: that belongs to strategies that look, and to no playbook's dial.
    """
    sent = np.bincount(run.alerts["level"], minlength=len(LEVEL_NAMES)).tolist()
    by_channel: dict[str, int] = {}
    for level, n in enumerate(sent):
        for channel in run.policy.playbook.channels(level):
            if channel != OWN_EYES or not run.policy.strategy.looks:
                by_channel[channel] = by_channel.get(channel, 0) + n
    return by_channel


def machine_orders(run: ShowRun) -> tuple[int, int]:
    """What machines did at once, and how often a prompt came up on the host's screen."""
    sent = np.bincount(run.orders["level"], minlength=len(LEVEL_NAMES)).tolist()
    heard = np.bincount(run.alerts["level"][run.alerts["heard"] >= 0], minlength=len(LEVEL_NAMES)).tolist()
    orders = prompts = 0
    for level, (n, minded) in enumerate(zip(sent, heard, strict=True)):
        does = run.policy.playbook.by_machine(level)
        orders += n * sum(what != "host_prompt" for what in does)
        by_hand = [x for x in run.policy.playbook.at(level) if x.what == "host_prompt" and x.by == "person"]
        prompts += n * does.count("host_prompt") + minded * len(by_hand)
    return orders, prompts


def counts(run: ShowRun) -> dict[str, float]:
    """How many alerts there were, who received what, and what it cost in time; names as in ``metrics.METRICS``."""
    n, scenario = int(np.count_nonzero(run.alerts["level"] > 0)), run.scenario
    suppressed = dict(zip(("duplicate", "cooldown", "budget"), (*run.suppressed, 0, 0, 0), strict=False))
    by_channel, hours = notices(run), operator_hours(scenario)
    received, (orders, prompts) = sum(by_channel.values()), machine_orders(run)
    return {
        "alerts": float(n),
        "notices": float(received),
        "notices_per_operator_hour": received / hours if hours else (math.inf if received else 0.0),
        **{f"notices_{name}": float(by_channel.get(name, 0)) for name in CHANNELS},
        "notices_other": float(sum(v for k, v in by_channel.items() if k not in CHANNELS)),
        "host_prompts": float(prompts),
        "machine_orders": float(orders),
        "alerts_handled": handled(run),
        "alerts_per_sku_hour": ratio(n, scenario.duration_s / 3600 * len(scenario.skus)),
        "handling_minutes": run.busy_us / US / 60,
        **{f"suppressed_{k}": float(v) for k, v in suppressed.items()},
    }


def noise(run: ShowRun, judged: Alerted) -> dict[str, float]:
    """How the alerts came: in floods, in flapping episodes, heard or not; names as in ``metrics.METRICS``."""
    a = judged.alerts[judged.told]
    by_time = np.sort(a["t"])
    most = np.arange(1, len(a) + 1) - np.searchsorted(by_time, by_time - to_us(600), "right")
    reaches = np.array([bool(run.policy.playbook.channels(level)) for level in range(len(LEVEL_NAMES))])
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


def operator_hours(scenario: Scenario) -> float:
    """Hours that operators are on duty during the show, added up."""
    end = scenario.duration_s
    on = [s.operators * max(0.0, min(end, s.end_s if s.end_s >= 0 else end) - s.start_s) for s in scenario.staff.shifts]
    return sum(on) / 3600
