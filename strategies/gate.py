"""Two gates round any strategy. One is for people's ears: it turns the level of every reading into few alerts worth reading. The
other (:func:`machine`) is for what machines do: it follows the present level at once. No setting of the first touches the second.

An *episode* begins when a level holds (``for_s``, and ``n`` of the last ``m`` readings) and ends when the level is
back to calm, the stock is above line (1 + hysteresis) and ``keep_s`` have passed since the last of these was untrue.
Where the line is 0 the level alone decides. Within an episode a level is sent once: rising levels are sent as they
rise, a level sent before only after ``repeat_s``; with ``inhibit`` a lower level is mute under a higher one, without
it each level up to the present one is sent, the highest first. Then the cooldown of the SKU and the budget of the room
may hold an alert back; it goes out later if the level still stands. The cooldown never holds back the first emergency
of an episode: an item frozen, cleared and opened again may run out again at once. Semantics after Prometheus ``for`` and
``keep_firing_for`` and Alertmanager inhibition (domain 3.2, T26).
"""

from __future__ import annotations

from strategies.contract import CALM, EMERGENCY, Param

FOR_S, N, M, KEEP_S, HYSTERESIS, COOLDOWN_S, REPEAT_S, INHIBIT, BUDGET_PER_HOUR, BUDGET_ALL, \
    MACHINE_FOR_S, MACHINE_KEEP_S, MACHINE_HYSTERESIS = range(13)  # fmt: skip

GATE_PARAMS = (
    Param("for_s", 0.0, 0.0, 3600.0, "s", "a level must hold this long; a shorter pulse is missed"),
    Param("n", 1.0, 1.0, 20.0, "readings", "readings at the level among the last m; more than m counts as m"),
    Param("m", 1.0, 1.0, 20.0, "readings", "readings looked back on"),
    Param("keep_s", 3.0, 0.0, 3600.0, "s", "an episode goes on this long after the last true reading"),
    Param("hysteresis", 0.15, 0.0, 10.0, "share of line", "leave only above line (1 + this)"),
    Param("cooldown_s", 60.0, 0.0, 86400.0, "s", "no alert at the same or a lower level; new emergencies pass", "domain 3.2"),
    Param("repeat_s", 0.0, 0.0, 86400.0, "s", "send a standing level again after this; 0 never"),
    Param("inhibit", 1.0, 0.0, 1.0, "switch", "1 a higher level mutes lower ones"),
    Param("budget_per_hour", 0.0, 0.0, 1e6, "alerts/h", "alerts of all SKUs together; 0 no limit", "domain 3.3: flood", "M"),
    Param("budget_all", 0.0, 0.0, 1.0, "switch", "1 the budget holds emergencies back too"),
    Param("machine_for_s", 0.0, 0.0, 3600.0, "s", "a level must hold this long before a machine acts on it"),
    Param("machine_keep_s", 3.0, 0.0, 3600.0, "s", "a machine undoes what it did this long after the last true reading"),
    Param("machine_hysteresis", 0.15, 0.0, 10.0, "share of line", "and only above line (1 + this)"),
)

LEVEL, SINCE, HISTORY, STANDING, LAST_TRUE, SENT_AT, SENT_LEVEL, HELD_BACK, FIRM = 0, 1, 4, 7, 8, 9, 10, 11, 12
"""Memory: level after n-of-m; since when level k holds (k = 1..3); readings at level k as bits; levels sent in this
episode as bits, plus 8 while one is open; last true reading; last alert's moment and level (0: none yet); level held
back and counted; level that has lasted for_s."""
SUPPRESSED_DUPLICATE, SUPPRESSED_COOLDOWN, SUPPRESSED_BUDGET, SENT = 13, 14, 15, 16
"""Memory: alerts not sent because sent before in this episode, by cooldown, by budget; alerts sent."""
M_LEVEL, M_SINCE, M_FIRM, M_OPEN, M_LAST = 17, 18, 21, 22, 23
"""Memory of the machine's gate: present level; since when level k holds; level that has lasted; 1 while something is to undo;
last true reading."""
GATE_MEMORY = 24
MACHINE = 4
"""Added to a level that a machine is to follow, where decisions of both gates stand in one list."""

SPENT, SPENT_AT = 0, 1
"""Shared memory: tokens spent from the bucket; when that was true [s]."""
GATE_SHARED = 2
BURST_S = 600.0
"""The bucket holds the budget of this time: one alert an operator may get in 10 minutes (EEMUA 191, domain 3.3)."""

UNRESOLVED = 8
NOTHING, RESOLVED = -1, 0


def gate(g, m, shared, now, level, stock, line):
    """What to send for one reading of one SKU: -1 nothing, 0 the episode is over, 1..3 an alert of that level.

    g: float64[len(GATE_PARAMS)], read only. m: float64[GATE_MEMORY] of this SKU and shared: float64[GATE_SHARED] of the
    room, zero at the start. now: arrival [s], not decreasing for one SKU. level: 0..3. stock, line [units].
    """
    if level == CALM and m[STANDING] == 0.0 and m[LEVEL] == 0.0 and g[M] <= 1.0:
        return NOTHING
    held = held_level(g, m, now, level)
    firm = lasting(g, m, now, held)
    rising = firm > m[FIRM]
    m[FIRM] = firm
    sent = int(m[STANDING])
    if sent == 0 and firm == CALM:
        return NOTHING
    sent |= UNRESOLVED
    if held > CALM or (line > 0.0 and stock <= line * (1.0 + g[HYSTERESIS])):
        m[LAST_TRUE] = now
    elif now - m[LAST_TRUE] >= g[KEEP_S]:
        m[STANDING] = 0.0
        m[HELD_BACK] = 0.0
        return RESOLVED if sent > UNRESOLVED else NOTHING
    m[STANDING] = sent
    wanted = candidate(g, m, now, firm, sent, rising)
    if wanted == CALM or not admitted(g, m, shared, now, wanted):
        return NOTHING
    m[STANDING] = sent | (1 << (wanted - 1))
    m[SENT_AT] = now
    m[SENT_LEVEL] = wanted
    m[HELD_BACK] = 0.0
    m[SENT] += 1.0
    return wanted


def machine(g, m, now, level, stock, line):
    """What a machine is to do after one reading of one SKU: -1 nothing, 0 undo, 1..3 follow that level.

    Arguments as of :func:`gate`. It follows the present level at once, as often as it rises: no
    cooldown, no budget, no duplicate holds it back.
    """
    if level == CALM and m[M_OPEN] == 0.0 and m[M_LEVEL] == 0.0:
        return NOTHING
    for k in range(1, EMERGENCY + 1):
        if level >= k and m[M_LEVEL] < k:
            m[M_SINCE + k - 1] = now
    m[M_LEVEL] = level
    firm = level
    while firm > CALM and now - m[M_SINCE + firm - 1] < g[MACHINE_FOR_S]:
        firm -= 1
    rises = firm > m[M_FIRM]
    m[M_FIRM] = firm
    if rises:
        m[M_OPEN] = 1.0
        m[M_LAST] = now
        return firm
    if m[M_OPEN] == 0.0:
        return NOTHING
    if level > CALM or (line > 0.0 and stock <= line * (1.0 + g[MACHINE_HYSTERESIS])):
        m[M_LAST] = now
    elif now - m[M_LAST] >= g[MACHINE_KEEP_S]:
        m[M_OPEN] = 0.0
        return RESOLVED
    return NOTHING


def held_level(g, m, now, level):
    """Highest level that n of the last m readings reached; notes since when each level holds."""
    span = int(g[M])
    need = min(int(g[N]), span)
    held = 0
    for k in range(1, EMERGENCY + 1):
        on = level >= k
        if span > 1:
            bits = (int(m[HISTORY + k - 1]) * 2 + (1 if on else 0)) & ((1 << span) - 1)
            m[HISTORY + k - 1] = bits
            count = 0
            while bits > 0:
                count += bits & 1
                bits >>= 1
            on = count >= need
        if on:
            if m[LEVEL] < k:
                m[SINCE + k - 1] = now
            held = k
    m[LEVEL] = held
    return held


def lasting(g, m, now, held):
    """Highest level that has held for ``for_s``."""
    firm = held
    while firm > CALM and now - m[SINCE + firm - 1] < g[FOR_S]:
        firm -= 1
    return firm


def candidate(g, m, now, firm, sent, rising):
    """Level to send now, 0 for none: the highest not sent yet, or a repeat; counts a level that came back as a duplicate."""
    if firm == CALM:
        return CALM
    levels = sent & (UNRESOLVED - 1)
    if levels >> (firm - 1) == 0 or (g[INHIBIT] <= 0.5 and (levels >> (firm - 1)) & 1 == 0):
        return firm
    if g[REPEAT_S] > 0.0 and now - m[SENT_AT] >= g[REPEAT_S] and (g[INHIBIT] <= 0.5 or levels >> firm == 0):
        return firm
    if g[INHIBIT] <= 0.5:
        for k in range(firm - 1, CALM, -1):
            if (levels >> (k - 1)) & 1 == 0:
                return k
    if rising:
        m[SUPPRESSED_DUPLICATE] += 1.0
    return CALM


def admitted(g, m, shared, now, wanted):
    """Whether cooldown and budget let an alert pass; one held back is counted once, and pays for the budget when it passes."""
    exempt = wanted == EMERGENCY and int(m[STANDING]) & 4 == 0
    if not exempt and m[SENT_LEVEL] >= wanted and now - m[SENT_AT] < g[COOLDOWN_S]:
        if m[HELD_BACK] < wanted:
            m[SUPPRESSED_COOLDOWN] += 1.0
            m[HELD_BACK] = wanted
        return False
    budget = g[BUDGET_PER_HOUR]
    if budget <= 0.0:
        return True
    bucket = max(1.0, budget * BURST_S / 3600.0)
    spent = max(0.0, shared[SPENT] - max(0.0, now - shared[SPENT_AT]) * budget / 3600.0)
    shared[SPENT_AT] = max(now, shared[SPENT_AT])
    free = spent + 1.0 <= bucket or (wanted == EMERGENCY and g[BUDGET_ALL] <= 0.5)
    shared[SPENT] = min(bucket, spent + 1.0) if free else spent
    if not free and m[HELD_BACK] < wanted:
        m[SUPPRESSED_BUDGET] += 1.0
        m[HELD_BACK] = wanted
    return free
