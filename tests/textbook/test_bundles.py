"""Leak L11, bundles: one pool drained by two streams of demand, all parts or none (``scenarios/bundles.py``).

With single orders at rate a of the part that runs out, bundles of m units of it at rate b, both Poisson, and nothing else scarce:
until the part is gone every order is a bundle with probability b / (a + b), so of S units that single orders and bundles of one
share, bundles take Binomial(S, b / (a + b)). A leak that takes orders for L s too long oversells a part by all that drains it:
compound Poisson, mean (a + m b) L, variance (a + m^2 b) L; the bundle's other parts lose only their own m' b L, and only if they
are gone too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.bundles import Bundle, Part
from scenarios.contract import Leaks, Ledger, Scenario, Sku
from scenarios.setting import ScenarioError
from sim.core import world as W
from tests.textbook.worlds import assert_mean, assert_variance, constant_world, excess, paying, runs

A, B = 1.5, 0.5
"""Orders of the part alone and of the bundle [1/s]."""


def drained(stock: int, other: int, duration_s: float, units: int = 1, **parts) -> Scenario:
    """One scarce item ``cream`` at rate A, one that nobody buys alone, and a bundle of both at rate B."""
    world = constant_world(A + B, [stock], duration_s, **parts)
    skus = (Sku("cream", stock, price=100.0, popularity=A), Sku("brush", other, price=50.0, popularity=0.0))
    box = Bundle("box", 120.0, (Part("brush"), Part("cream", units)), popularity=B)
    return replace(world, skus=skus, bundles=(box,))


def test_until_the_part_is_gone_bundles_take_their_share_of_it() -> None:
    """S = 60, b / (a + b) = 1/4: mean 15, variance 11.25; not one unit more of the other part. 400 shows."""
    took = []
    for run in runs(drained(60, 10**4, 120.0), 400, 31):
        paid = run.stock[:, W.PAID_UNITS]
        assert paid[0] == 60
        assert run.stock[0, W.ORDERED] == 60
        took.append(paid[1])
    assert_mean(np.array(took, float), 60 * 0.25)
    assert_variance(np.array(took, float), 60 * 0.25 * 0.75)


def test_all_parts_or_none() -> None:
    """Three creams and one brush: single orders may take what bundles leave, so brushes sold are bundles, three creams each."""
    for run in runs(drained(50, 8, 120.0, units=3), 40, 32):
        cream, brush = run.stock[:, W.PAID_UNITS].tolist()
        assert brush <= 8
        assert 3 * brush <= cream <= 50
        assert (excess(run) <= 0).all()
        assert run.stock[1, W.ORDERED] == brush


@pytest.mark.parametrize("units", [1, 2])
def test_a_leak_oversells_a_part_by_all_that_drains_it(units: int) -> None:
    """Stale view L = 4 s: the cream by Poisson(a L) + m Poisson(b L), less what no order could use; the brush by nothing."""
    lag = 4.0
    over, brush = [], []
    for run in runs(drained(40, 10**4, 90.0, units=units, leaks=Leaks(stale_read_s=lag)), 800, 33):
        gained = excess(run)
        over.append(gained[0])
        brush.append(gained[1])
    assert max(brush) < 0
    # Bundles of two may find one unit left: they are refused, and up to one unit of the drain is missing.
    slack = 0.0 if units == 1 else 1.0
    assert_mean(np.array(over, float), (A + units * B) * lag, slack=slack)
    if units == 1:
        assert_variance(np.array(over, float), (A + units**2 * B) * lag)


def test_a_paid_bundle_that_lacks_a_part_is_given_back_whole() -> None:
    """Deduct on payment, late money refunded: every brush that is paid belongs to a bundle whose cream is paid."""
    ledger = Ledger(mode="deduct_on_payment", hold_s=3600.0, sweep_s=0.0, late_payment="refund")
    for run in runs(drained(30, 10**4, 60.0, ledger=ledger, shoppers=paying(0.9, 8.0)), 40, 34):
        assert (excess(run) <= 0).all()
        alone = (run.tape.bundle == 0) & (run.tape.sku == 0) & (run.outcome[: len(run.tape)] == 21)
        cream, brush = run.stock[:, W.PAID_UNITS].tolist()
        assert cream - brush == run.tape.qty[alone & np.isin(run.tape.kind, (1, 2))].sum()


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ((Part("creme"),), "did you mean 'cream'"),
        ((Part("cream"), Part("cream")), "twice"),
        ((), "0 parts"),
    ],
)
def test_bundles_that_cannot_be(parts, says) -> None:
    with pytest.raises(ScenarioError, match=says):
        replace(drained(10, 10, 60.0), bundles=(Bundle("box", 1.0, parts),))
    with pytest.raises(ScenarioError, match="name of its own"):
        replace(drained(10, 10, 60.0), bundles=(Bundle("cream", 1.0, (Part("brush"),)),))
