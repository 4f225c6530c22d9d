"""Shows whose losses have one known cause, and stages of them."""

from __future__ import annotations

from dataclasses import replace

from scenarios.contract import Audience, Cue, Ledger, Scenario, Shoppers, Sku
from scenarios.registry import load
from scenarios.spread import CERTAIN, certain
from scenarios.staffing import Feed
from sim.core.stage import Stage, set_stage
from sim.demand.draw import draw_tape
from sim.score.profiles import PROFILES

PROFILE = PROFILES["balanced"]


def stage_of(scenario: Scenario, replicate: int = 0, seed: int = 65) -> Stage:
    return set_stage(scenario, draw_tape(scenario, seed, replicate))


def flash(**changes) -> Scenario:
    """The flash sale that deducts on payment, its checkout and pages up to date."""
    whole = certain(load("seckill_paydeduct"))
    return replace(whole, leaks=replace(whole.leaks, stale_read_s=0.0), **changes)


def slow_feed(lag_s: float) -> Scenario:
    """The flash sale as seen ``lag_s`` late."""
    return flash(feed=Feed(period_s=1.0, lag_s=lag_s))


def bursts(rate: float, stock: int = 150) -> Scenario:
    """Two items that sell in bursts and deduct on payment; ``rate``: demand, as a multiple."""
    skus = (Sku("mask", stock, "traffic"), Sku("serum", stock, "profit"))
    cues = tuple(Cue(60.0 + 300.0 * k, skus[k % 2].id, "link_drop") for k in range(4))
    return Scenario(
        "bursts", "two items in bursts", 1300.0, skus, cues, audience=Audience(900.0),
        shoppers=Shoppers(buy_rate=0.01 * rate, never_pay=0.1), spread=CERTAIN,
        ledger=Ledger("deduct_on_payment", 120.0, 10.0, "accept"),
    )  # fmt: skip


def small_erp() -> Scenario:
    """The first two items of the shop whose ERP overwrites."""
    whole = certain(load("erp_overwrite"))
    return replace(whole, skus=whole.skus[:2], cues=whole.cues[:2], duration_s=900.0)
