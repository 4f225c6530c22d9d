"""An order's life is one rule, whoever laid the order: drawn or recorded."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.contract import Ledger
from sim.core.blocks import blank
from sim.core.tape import CANCEL, COPY, EXPIRE, ORDER, PAY
from sim.core.units import US
from sim.demand.orders import Life, closing_us, created_twice, settled

NEVER, SOON, LATE = 0, 10 * US, 200 * US


def placed(n: int):
    rows = blank(n)
    rows["t"][:], rows["kind"][:], rows["qty"][:] = US * np.arange(n), ORDER, 1
    return rows


def life(rows, **given) -> Life:
    n = len(rows["t"])
    plain = {"pays": True, "paying": SOON, "late": 0, "quits": False, "regret": 5 * US, "release": 0.5}
    columns = {name: np.full(n, value) for name, value in (plain | given).items()}
    return Life(closes=closing_us(Ledger(hold_s=100.0, sweep_s=30.0), rows["t"]), **columns)


@pytest.mark.parametrize(
    ("given", "mode", "kinds"),
    [
        ({}, "deduct_on_order", [ORDER, PAY]),
        ({"pays": False}, "deduct_on_order", [ORDER, EXPIRE]),
        ({"paying": LATE}, "deduct_on_order", [ORDER, EXPIRE]),
        ({"paying": LATE}, "pre_hold", [ORDER, EXPIRE, PAY]),
        ({"late": LATE}, "deduct_on_order", [ORDER, EXPIRE, PAY]),
        ({"quits": True}, "deduct_on_order", [ORDER, PAY, CANCEL]),
        ({"quits": True, "pays": False}, "deduct_on_order", [ORDER, EXPIRE]),
    ],
)
def test_what_follows_an_order(given, mode, kinds):
    rows = placed(1)
    settled_rows = settled(Ledger(mode), rows, np.arange(1), life(rows, **given))
    assert settled_rows["kind"].tolist() == kinds
    assert settled_rows["cause"].tolist() == [-1] + [0] * (len(kinds) - 1)
    if EXPIRE in kinds:
        assert settled_rows["t"][kinds.index(EXPIRE)] == 120 * US, "the first sweep after 100 s"
        assert settled_rows["mark"][kinds.index(EXPIRE)] == 0.5


def test_a_copy_lives_a_life_of_its_own():
    rows = created_twice(placed(3), np.array([1]))
    assert rows["kind"].tolist() == [ORDER] * 3 + [COPY]
    assert (rows["cause"][3], rows["t"][3]) == (1, US + 2)
    settled_rows = settled(Ledger(), rows, np.arange(4), life(rows))
    assert sorted(settled_rows["cause"][settled_rows["kind"] == PAY].tolist()) == [0, 1, 2, 3]
