"""The loops over a run's alerts: how they were timed, and how much noise they made (readable: ``alerts.py``, ``noise.py``)."""

from __future__ import annotations

import math

from sim.core.units import US
from sim.score import places as P

FALSE, LATE, TRUE, REPEAT, UNJUDGED = range(5)
N_LEVELS = 4
UNTIL = 5
"""Row of ``Sheet.count`` with the end of the latest claim by level; the rows before it count verdicts by level, those after what
was sent by level: to people, minded by somebody, to machines; the last events foreseen by level."""
SENT, MINDED, ORDERED, NAMED, N_COUNT = range(6, 11)
LEAD, SPARE, CAUGHT, SEEN_BY, N_EVENT = range(5)
"""Rows of ``Sheet.event``, by event: time from the alert that first foresaw it, the same less its L [us], -1: none did; bits of
the levels whose judged claims foresaw it; the last claim that did."""
CHANGES, BEGAN, ENDED, N_EPISODE = range(4)
"""Rows of ``Sheet.episode``: level changes, first and last alert [us]."""
NOBODY_YET = -(2**62)
CHATTER_PER_MIN = 3.0
A_TP, A_FP, A_FN = 1.0, 0.11, 1.0
"""Weights of the early-detection score (``alerts.NAB_PROFILES``)."""


def in_order(alerts, sh):
    """``place``: alerts by SKU, then time, as recorded where equal; ``first``: where each SKU begins, and the end."""
    first, place, n = sh.first, sh.place, alerts.shape[0]
    first[:] = 0
    for k in range(n):
        first[alerts[k]["sku"] + 1] += 1
        place[k] = -1
    for s in range(first.shape[0] - 1):
        first[s + 1] += first[s]
    for k in range(n):
        s = alerts[k]["sku"]
        j = first[s]
        first[s] = j + 1
        while j > 0 and place[j - 1] >= 0 and alerts[place[j - 1]]["sku"] == s and alerts[place[j - 1]]["t"] > alerts[k]["t"]:
            place[j] = place[j - 1]
            j -= 1
        place[j] = k
    for s in range(first.shape[0] - 1, 0, -1):
        first[s] = first[s - 1]
    first[0] = 0


def claims(bk, sh, alerts, width, end):
    """Verdicts on the alerts, all SKUs, counted by level; what is known of every event (``alerts.judge_alerts``)."""
    count, event = sh.count, sh.event
    count[:] = 0
    event[LEAD], event[SPARE], event[CAUGHT], event[SEEN_BY] = -1, -1, 0, -1
    for s in range(bk.event_first.shape[0] - 1):
        for level in range(N_LEVELS):
            count[UNTIL, level] = NOBODY_YET
        for j in range(sh.first[s], sh.first[s + 1]):
            level = int(alerts[sh.place[j]]["level"])
            if level > 0:
                verdict = claim(bk, sh, s, j, int(alerts[sh.place[j]]["t"]), level, width, end)
                count[verdict, level] += 1


def claim(bk, sh, s, j, t, level, width, end):
    """The verdict on alert ``j`` of SKU ``s``; writes down what it foresaw."""
    for other in range(level, N_LEVELS):
        if t < sh.count[UNTIL, other]:
            return REPEAT
    shortest, longest = 0, 0
    if bk.n_needs[level] > 0:
        shortest, longest = bk.needs[level, 0], bk.needs[level, bk.n_needs[level] - 1]
    until = t + longest + width
    sh.count[UNTIL, level] = until
    judged, seen, late = until <= end, False, False
    for e in range(bk.event_first[s], bk.event_first[s + 1]):
        at = bk.event_t[e]
        late = late or t < at < t + shortest
        for k in range(max(bk.n_needs[level], 1)):
            need = bk.needs[level, k]
            if t + need <= at <= t + need + width and sh.event[SEEN_BY, e] != j:
                sh.event[SEEN_BY, e] = j
                seen = True
                if sh.event[LEAD, e] < 0:
                    sh.event[LEAD, e], sh.event[SPARE, e] = at - t, at - t - need
                if judged:
                    sh.event[CAUGHT, e] |= 1 << level
    if not judged:
        return UNJUDGED
    if seen:
        return TRUE
    return LATE if late else FALSE


def foresight(bk, sh, width):
    """How well the alerts were timed (``alerts.foresight``)."""
    m, count, n = sh.metrics, sh.count, bk.event_t.shape[0]
    foreseen, caught, lead, spare = 0, 0, 0, 0
    for e in range(n):
        foreseen += sh.event[CAUGHT, e] > 0
        for level in range(1, N_LEVELS):
            count[NAMED, level] += sh.event[CAUGHT, e] >> level & 1
        if sh.event[LEAD, e] >= 0:
            caught += 1
            lead += sh.event[LEAD, e]
            spare += sh.event[SPARE, e]
    right, late, wrong = total(count, TRUE), total(count, LATE), total(count, FALSE)
    m[P.RISK_EVENTS], m[P.FORESEEN_EVENTS] = n, foreseen
    m[P.TRUE_CLAIMS], m[P.LATE_CLAIMS], m[P.FALSE_CLAIMS] = right, late, wrong
    m[P.REPEATS], m[P.UNJUDGED_CLAIMS] = total(count, REPEAT), total(count, UNJUDGED)
    m[P.PRECISION] = ratio(foreseen, foreseen + late / 2 + wrong)
    for level in range(1, N_LEVELS):
        named = count[NAMED, level]
        m[P.PRECISION_WATCH - 1 + level] = ratio(named, named + count[LATE, level] / 2 + count[FALSE, level])
    m[P.RECALL] = ratio(caught, n)
    m[P.LEAD_S] = lead * 1.0 / caught / US if caught > 0 else math.nan
    m[P.USABLE_LEAD_S] = spare * 1.0 / caught / US if caught > 0 else math.nan
    m[P.USABLE_SHARE] = ratio(right, right + late)
    m[P.NAB] = early_detection(sh.event, n, caught, wrong, width * 1.0)


def total(count, verdict):
    """Alerts of all levels with this verdict."""
    units = 0
    for level in range(N_LEVELS):
        units += count[verdict, level]
    return units


def ratio(part, whole):
    """``part / whole``; NaN where there is no whole."""
    return part * 1.0 / whole if whole != 0 else math.nan


def early_detection(event, n, caught, wrong, width):
    """The early-detection score (``alerts.nab_score``)."""
    if n == 0:
        return math.nan
    gained = 0.0
    for e in range(n):
        if event[LEAD, e] >= 0:
            gained += A_TP * sigma(-(event[SPARE, e] * 1.0) / width)
    raw = -A_FN * (n - caught) - A_FP * wrong
    raw += gained
    worst, best = -A_FN * n, A_TP * n * sigma(-1.0)
    return 100.0 * (raw - worst) / (best - worst)


def sigma(y):
    """Worth of an alert at ``y`` in its window (``alerts.sigma``)."""
    return 2.0 / (1.0 + math.exp(5.0 * y)) - 1.0


def episodes(sh, alerts, cooldown):
    """Alert episodes: how many, how they flapped and chattered (``alerts.episodes``, ``noise.noise``)."""
    n, begun, changed, chatter = alerts.shape[0], 0, 0, 0
    sku, spoke, before = -1, NOBODY_YET, -1
    for j in range(n):
        a = alerts[sh.place[j]]
        level, t = int(a["level"]), int(a["t"])
        if a["sku"] != sku:
            sku, spoke = int(a["sku"]), NOBODY_YET
        starts = level > 0 and (spoke == NOBODY_YET or (before == 0 and t - spoke >= cooldown))
        if starts:
            sh.episode[CHANGES, begun], sh.episode[BEGAN, begun], sh.episode[ENDED, begun] = 0, t, t
            begun += 1
        elif begun > 0 and level != before and (level > 0 or goes_on(sh, alerts, j, sku, spoke, cooldown)):
            sh.episode[CHANGES, begun - 1] += 1
        if level > 0:
            sh.episode[ENDED, begun - 1] = t
            spoke = t
        before = level
    for k in range(begun):
        changed += sh.episode[CHANGES, k]
        spread = (sh.episode[ENDED, k] - sh.episode[BEGAN, k]) / US / 60
        chatter += sh.episode[CHANGES, k] >= CHATTER_PER_MIN * max(spread, 1.0)
    sh.metrics[P.EPISODES], sh.metrics[P.CHATTERING_EPISODES] = begun, chatter
    sh.metrics[P.FLAPS] = ratio(changed, begun)


def goes_on(sh, alerts, j, sku, spoke, cooldown):
    """Whether the all-clear at place ``j`` lies within an episode: the SKU's next decision begins no new one."""
    if j + 1 == alerts.shape[0] or alerts[sh.place[j + 1]]["sku"] != sku:
        return False
    a = alerts[sh.place[j + 1]]
    return not (a["level"] > 0 and (spoke == NOBODY_YET or a["t"] - spoke >= cooldown))


def flood(sh, alerts, length):
    """Most alerts in any time of ``length`` [us]."""
    times, n = sh.times, 0
    for k in range(alerts.shape[0]):
        if alerts[k]["level"] > 0:
            j, t = n, int(alerts[k]["t"])
            while j > 0 and times[j - 1] > t:
                times[j] = times[j - 1]
                j -= 1
            times[j] = t
            n += 1
    most, back = 0, 0
    for k in range(n):
        while times[back] <= times[k] - length:
            back += 1
        most = max(most, k + 1 - back)
    sh.metrics[P.ALERTS_MAX_10MIN] = most


def sent(bk, sh, alerts, orders):
    """What people received by channel, what machines were told (``noise.counts``)."""
    m, count = sh.metrics, sh.count
    noticed, heard = 0, 0
    for k in range(alerts.shape[0]):
        level, mind = int(alerts[k]["level"]), alerts[k]["heard"] >= 0
        count[SENT, level] += 1
        count[MINDED, level] += mind
        if level > 0 and bk.reaches[level] == 1:
            noticed += 1
            heard += mind
    for k in range(orders.shape[0]):
        count[ORDERED, int(orders[k]["level"])] += 1
    received = 0
    for c in range(bk.sends.shape[1]):
        by = 0
        for level in range(N_LEVELS):
            by += count[SENT, level] * bk.sends[level, c]
        m[P.NOTICES_BY + c] = by
        received += by
    told, prompts, alerted = 0, 0, 0
    for level in range(N_LEVELS):
        told += count[ORDERED, level] * bk.tells[level, 0]
        prompts += count[ORDERED, level] * bk.tells[level, 1] + count[MINDED, level] * bk.tells[level, 2]
        alerted += count[SENT, level] * (level > 0)
    m[P.ALERTS], m[P.NOTICES] = alerted, received
    m[P.NOTICES_PER_OPERATOR_HOUR] = received / bk.hours[0] if bk.hours[0] > 0.0 else (math.inf if received > 0 else 0.0)
    m[P.HOST_PROMPTS], m[P.MACHINE_ORDERS] = prompts, told
    m[P.ALERTS_PER_SKU_HOUR] = ratio(alerted, bk.hours[1])
    m[P.ACKNOWLEDGED_SHARE] = ratio(heard, noticed)
