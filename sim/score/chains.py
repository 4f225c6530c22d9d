"""Chains of alerts: all that both gates decided about one item from the first alert to the all-clear."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.run import ShowRun

PEOPLE, MACHINES = False, True


class Chain(NamedTuple):
    """sku: its place. t, end: first and last decision [us]; end -1: open when the show ended. level: highest. alerts, orders: how
    many went to people and to machines, all-clears included. levels: each (to machines, level) that occurred, all-clears not."""

    sku: int
    t: int
    end: int
    level: int
    alerts: int
    orders: int
    levels: frozenset[tuple[bool, int]]


def chains(run: ShowRun) -> list[Chain]:
    """The chains of a run in order of their first decision, then of the items.

    A chain is open while any gate that spoke in it has not given its all-clear; whatever is said meanwhile belongs to it.
    """
    a, o = run.alerts, run.orders
    t, sku, level = (np.concatenate([a[name], o[name]]) for name in ("t", "sku", "level"))
    machine = np.repeat([PEOPLE, MACHINES], [len(a), len(o)])
    every: list[Chain] = []
    for k in range(len(run.scenario.skus)):
        at = np.flatnonzero(sku == k)
        at = at[np.lexsort((machine[at], t[at]))]
        every += _of_item(k, t[at].tolist(), level[at].tolist(), machine[at].tolist())
    return sorted(every, key=lambda c: (c.t, c.sku))


def _of_item(sku: int, times: list[int], levels: list[int], machines: list[bool]) -> list[Chain]:
    finished: list[Chain] = []
    current: list[tuple[int, int, bool]] = []
    unsettled: set[bool] = set()
    for t, level, machine in zip(times, levels, machines, strict=True):
        current.append((t, level, machine))
        if level > 0:
            unsettled.add(machine)
        else:
            unsettled.discard(machine)
        if not unsettled:
            finished.append(_chain(sku, current, t))
            current = []
    return [*finished, *([_chain(sku, current, -1)] if current else [])]


def _chain(sku: int, rows: list[tuple[int, int, bool]], end: int) -> Chain:
    orders = sum(machine for _, _, machine in rows)
    spoken = frozenset((machine, level) for _, level, machine in rows if level > 0)
    return Chain(sku, rows[0][0], end, max(level for _, level, _ in rows), len(rows) - orders, orders, spoken)
