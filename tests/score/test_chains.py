"""A chain runs from the first decision about an item to the last all-clear of whoever spoke."""

from types import SimpleNamespace

import numpy as np

from sim.core.run import ALERT_DTYPE, ORDER_DTYPE
from sim.score.chains import chains


def said(kind, *rows):
    """Decisions from (time, SKU, level)."""
    records = np.zeros(len(rows), kind)
    for name, column in zip(("t", "sku", "level"), zip(*rows, strict=True), strict=True):
        records[name] = column
    return records


def run(alerts, orders=()):
    skus = [SimpleNamespace(id="a"), SimpleNamespace(id="b")]
    orders = said(ORDER_DTYPE, *orders) if orders else np.zeros(0, ORDER_DTYPE)
    return SimpleNamespace(alerts=said(ALERT_DTYPE, *alerts), orders=orders, scenario=SimpleNamespace(skus=skus))


def test_a_chain_ends_when_all_who_spoke_have_given_their_all_clear():
    every_chain = chains(run([(10, 0, 2), (50, 0, 0), (60, 0, 1)], [(10, 0, 2), (20, 0, 0), (30, 0, 3), (55, 0, 0)]))
    assert [(c.t, c.end, c.level, c.alerts, c.orders) for c in every_chain] == [(10, 55, 3, 2, 4), (60, -1, 1, 1, 0)]
    assert every_chain[0].levels == {(False, 2), (True, 2), (True, 3)}


def test_items_have_chains_of_their_own():
    every_chain = chains(run([(10, 1, 1), (20, 0, 1), (30, 1, 0)]))
    assert [(c.sku, c.t, c.end) for c in every_chain] == [(1, 10, 30), (0, 20, -1)]


def test_a_show_without_alerts_has_none():
    empty = SimpleNamespace(alerts=np.zeros(0, ALERT_DTYPE), orders=np.zeros(0, ORDER_DTYPE),
                            scenario=SimpleNamespace(skus=[1]))  # fmt: skip
    assert chains(empty) == []
