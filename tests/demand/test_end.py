"""What the end of a show ends: cues and arrivals; carts laid before it go on ordering after it."""

from __future__ import annotations

from dataclasses import replace

from scenarios.contract import Shoppers
from sim.core.tape import ACCEPTED, CART, ORDER
from tests.textbook.worlds import PLAIN, constant_world, runs


def test_carts_laid_before_the_end_order_after_it() -> None:
    """Nobody comes after the end; of carts that take two minutes some order after it, are accepted and paid, and count."""
    slow: Shoppers = replace(PLAIN, direct_share=0.2, cart_conversion=0.9, cart_median_s=120.0, cart_sigma=0.2)
    world = constant_world(0.5, [10**6], 300.0, shoppers=slow)
    run = next(iter(runs(world, 1, 3)))
    tape, end = run.tape, 300_000_000
    entry = (tape.kind == CART) | ((tape.kind == ORDER) & (tape.cause < 0))
    assert tape.t[entry].max() < end
    late = (tape.kind == ORDER) & (tape.t >= end)
    assert late.sum() > 20
    assert (run.outcome[late] > ACCEPTED).all()
