"""Read a recorded course with other eyes: what would other policies have said about the same readings?

As long as a policy's decisions are those of the run that left the readings, its world is that run's world, so its strategy
and its gate can be run over the readings alone: all policies together, reading by reading, so that a signal is made once for
all of them. Plain loops, compiled by ``compiled.py``; signals and gates are those of :func:`~sim.core.feed.deliver`.
"""

from __future__ import annotations

from sim.core.feed import arrived, ask, lacking, laid, signal_with
from sim.core.units import US
from sim.core.world import LAST_READING
from strategies.contract import LINE
from strategies.gate import MACHINE, gate, machine

T_ROW, T_SKU, T_LEVEL, T_READING, T_LACK = range(5)
"""Columns of ``decisions``: place of the reading in ``rows``; then SKU, level and reading in the order of the outbox; units
lacking, where the level asks for as many."""
MEMBER = 5
"""Column of ``decisions`` with the member who decided."""
PLACE, WANTED, ACTIVE = range(3)
"""``at``: place of the next reading, decisions of ``want`` before it, members still reading."""
PARTED = -1


def scan(
    w,
    fold,
    rows,
    newest,
    at,
    want,
    matters,
    asks,
    which,
    params,
    gates,
    memory,
    gate_memory,
    gate_shared,
    decisions,
    evidence,
    agreed,
    stop,
):
    """Run the members ``which`` over the readings of ``w`` from place at[PLACE] on; returns how many decisions were noted.

    rows: DELIVER rows in order. newest: last reading known before each. want: decisions of the run that left the readings,
    int64 [decision, (row, SKU, level, lack)]. matters: int64 [level of people, then of machines], 1 where a decision has
    consequences; asks: 1 where how many units lack is one of them. params, gates: settings by member; memory, gate_memory,
    gate_shared: state by member, read and written. A member stops at the first reading at which his decisions that matter are
    not the wanted ones: its place goes to ``stop`` [member]. decisions: columns T_* and MEMBER; evidence: stock, line and lack
    [units]), by reading, SKU, member. agreed: room, one entry a member. Where ``decisions`` is full the pass ends before a
    reading, and goes on from ``at`` when called again; the first at[ACTIVE] of ``which`` are those who still read.
    """
    n, j, p, active = 0, at[PLACE], at[WANTED], at[ACTIVE]
    skus = w.stock.shape[0]
    w.head[LAST_READING] = newest[j]
    for s in range(skus):
        w.plan_next[s] = 0
    while active > 0 and j < rows.shape[0] and n + 2 * skus * active <= decisions.shape[0]:
        i = rows[j]
        r = w.who[i]
        after = p
        while after < want.shape[0] and want[after, 0] <= j:
            after += 1
        for c in range(active):
            agreed[c] = p
        if r > w.head[LAST_READING]:
            w.head[LAST_READING] = r
            now, common = w.t[i] / US, arrived(w, i)
            for s in range(skus):
                signal = signal_with(w, i, s, common)
                shown = laid(signal)
                for c in range(active):
                    m = which[c]
                    level = ask(fold, params[m, s], memory[m, s], shown)
                    line = memory[m, s, LINE]
                    say = gate(gates[m], gate_memory[m, s], gate_shared[m], now, level, signal.stock, line)
                    if say >= 0:
                        note(decisions, evidence, n, j, r, s, m, say, w.lack_cell[0], memory[m, s], signal.stock, asks)
                        agreed[c] = agree(want, after, agreed[c], decisions[n], matters)
                        n += 1
                    say = machine(gates[m], gate_memory[m, s], now, level, signal.stock, line)
                    if say >= 0:
                        note(decisions, evidence, n, j, r, s, m, say + MACHINE, w.lack_cell[0], memory[m, s], signal.stock, asks)
                        agreed[c] = agree(want, after, agreed[c], decisions[n], matters)
                        n += 1
        active = part(which, agreed, active, after, stop, j)
        p = after
        j += 1
    at[PLACE], at[WANTED], at[ACTIVE] = j, p, active
    return n


def note(decisions, evidence, n, j, r, s, m, level, cell, memory, stock, asks):
    """Write a decision down."""
    decisions[n, T_ROW] = j
    decisions[n, T_SKU] = s
    decisions[n, T_LEVEL] = level
    decisions[n, T_READING] = r
    decisions[n, MEMBER] = m
    evidence[n, 0] = stock
    evidence[n, 1] = memory[LINE]
    evidence[n, 2] = lacking(memory, cell, stock)
    decisions[n, T_LACK] = int(evidence[n, 2]) if asks[level] == 1 else 0


def agree(want, after, p, decisions, matters):
    """The next wanted decision after one that is ``decisions``; PARTED where that matters and is not the wanted one."""
    if matters[decisions[T_LEVEL]] == 0 or p == PARTED:
        return p
    return p + 1 if p < after and same(want[p], decisions) else PARTED


def same(want, decisions):
    """Whether a decision is the wanted one: SKU, level and, where it counts, units lacking."""
    return want[1] == decisions[T_SKU] and want[2] == decisions[T_LEVEL] and want[3] == decisions[T_LACK]


def part(which, agreed, active, after, stop, j):
    """Let go of members who decided otherwise at reading ``j``; returns how many read on."""
    left = 0
    for c in range(active):
        if agreed[c] == after:
            which[left] = which[c]
            left += 1
        else:
            stop[which[c]] = j
    return left


def world_of(worlds, g):
    """The World of group ``g``; compiled, ``worlds`` are addresses."""
    return worlds[g]


def scan_each(
    worlds,
    fold,
    rows,
    newest,
    ats,
    wants,
    first_want,
    matters,
    asks,
    which,
    first,
    params,
    gates,
    memory,
    gate_memory,
    gate_shared,
    decisions,
    evidence,
    agreed,
    stop,
    counts,
):
    """:func:`scan` for groups of members one after another, each over the readings of its own World; returns how many groups are
    done, the last of them as far as there was room for decisions.

    ats [group, 3]: ``at`` of each. wants, which: of all groups, those of group ``g`` from first_want[g], first[g] on. counts: by
    group, decisions noted.
    """
    n = 0
    for g in range(ats.shape[0]):
        at = ats[g]
        counts[g] = scan(
            world_of(worlds, g), fold, rows, newest, at, wants[first_want[g] : first_want[g + 1]], matters, asks,
            which[first[g] : first[g + 1]], params, gates, memory, gate_memory, gate_shared, decisions[n:], evidence[n:], agreed,
            stop,
        )  # fmt: skip
        n += counts[g]
        if at[ACTIVE] > 0 and at[PLACE] < rows.shape[0]:
            return g
    return ats.shape[0]
