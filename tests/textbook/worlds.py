"""Worlds in which textbook formulas hold exactly, and the yardstick for comparing them with runs.

Constant order rates without spread, single-unit orders, nobody waits, substitutes or cancels. Replicates are SKUs times shows:
the shelf demand of two SKUs is independent by construction.

Error rate: a mean (or variance, or share) passes if it lies within 4 standard errors of theory, which a right program
misses with probability 6e-5 a comparison. The folder makes some 200 comparisons, so with fresh seeds about one
run of the folder in 80 would fail by chance; the seeds are fixed, so a failure means a change.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.contract import Audience, Cue, Ledger, SalesChannel, Scenario, Shoppers, Sku
from scenarios.spread import CERTAIN
from scenarios.staffing import Feed
from sim.core import world as W
from sim.core.policy import Policy
from sim.core.run import ShowRun
from sim.core.stage import set_stage
from sim.demand.draw import draw_tape
from sim.engine.simulate import play
from sim.setup.policies import make_policy

PLAIN = Shoppers(
    buy_rate=1.0,
    shelf_rate=1.0,
    direct_share=1.0,
    never_pay=0.0,
    pay_law="exponential",
    pay_median_s=1.0,
    single_share=1.0,
    wait_share=0.0,
    substitute_share=0.0,
    cancel_share=0.0,
)


def constant_world(rate: float, stocks: list[int], duration_s: float, **parts: Any) -> Scenario:
    """A show in which every SKU is ordered at ``rate`` [orders/s] from the first second to the last.

    ``parts``: fields of the scenario to replace (shoppers: start from PLAIN).
    """
    total = rate * len(stocks)
    audience = Audience()
    scenario_ = Scenario(
        name="textbook",
        lesson="a formula",
        duration_s=duration_s,
        skus=tuple(Sku(f"s{k:03d}", s, popularity=1.0) for k, s in enumerate(stocks)),
        audience=replace(audience, arrivals_per_min=60.0 * 60.0 * total / audience.mean_stay_s()),
        shoppers=PLAIN,
        spread=CERTAIN,
        ledger=Ledger(mode="deduct_on_order", hold_s=3600.0, sweep_s=0.0, late_payment="accept"),
        feed=Feed(period_s=min(duration_s, 3600.0), lag_s=0.0),
    )
    return replace(scenario_, **parts)


def paying(q: float, mean_s: float, **more: Any) -> Shoppers:
    """Shoppers of whom a share ``q`` pays after an exponential delay of mean ``mean_s`` [s]."""
    return replace(PLAIN, never_pay=1.0 - q, pay_median_s=mean_s * math.log(2), **more)


def channels(shares: list[float], lag_s: float) -> tuple[SalesChannel, ...]:
    """Sales channels with these shares of demand and one common lag [s]."""
    return tuple(SalesChannel(f"channel-{k}", s, lag_s) for k, s in enumerate(shares))


def one_cue(cue: Cue, per_s: float, duration_s: float, skus: int = 1) -> Scenario:
    """A show whose only demand is ``cue`` on SKU s000, with base intensity ``per_s`` [orders/s] at cue level 1."""
    world = constant_world(per_s, [10**6] * skus, duration_s)
    per_sku = replace(world.audience, arrivals_per_min=world.audience.arrivals_per_min / skus)
    return replace(world, audience=per_sku, cues=(cue,), shoppers=replace(PLAIN, shelf_rate=0.0))


def silent() -> Policy:
    """Nobody says or does anything."""
    return make_policy("silent", playbook="none")


def runs(scenario: Scenario, shows: int, seed: int, policy: Policy | None = None) -> Iterator[ShowRun]:
    """``shows`` replicates through the compiled engine."""
    chosen = policy or silent()
    for replicate in range(shows):
        yield play(set_stage(scenario, draw_tape(scenario, seed, replicate)), chosen)


def excess(run: ShowRun) -> np.ndarray:
    """Paid units less units that exist, per SKU: above 0 oversold, below 0 left over [units]."""
    return run.stock[:, W.PAID_UNITS] - run.stock[:, W.PHYSICAL]


def excesses(scenario: Scenario, shows: int, seed: int, policy: Policy | None = None) -> np.ndarray:
    """``excess`` of every SKU of every show, one flat sample."""
    return np.concatenate([excess(run) for run in runs(scenario, shows, seed, policy)]).astype(float)


def assert_mean(sample: np.ndarray, theory: float, what: str = "mean", slack: float = 0.0) -> None:
    """The sample's mean lies within 4 standard errors (plus ``slack``, a known bias of the formula) of theory."""
    se = float(np.std(sample, ddof=1)) / math.sqrt(len(sample))
    gap = float(np.mean(sample)) - theory
    assert abs(gap) <= 4 * se + slack, f"{what}: {np.mean(sample):.5g} against {theory:.5g}, {gap / max(se, 1e-300):.1f} SE"


def assert_variance(sample: np.ndarray, theory: float) -> None:
    """The sample's variance lies within 4 standard errors of theory (its SE from the fourth moment)."""
    squares = (sample - np.mean(sample)) ** 2
    assert_mean(squares, theory * (1 - 1 / len(sample)), "variance")


def assert_share(hits: np.ndarray, theory: float, what: str = "share") -> None:
    """A share of successes lies within 4 standard errors of theory; the error is taken from theory."""
    n = len(hits)
    gap = float(np.mean(hits)) - theory
    limit = 4 * math.sqrt(theory * (1 - theory) / n) + 1 / n
    assert abs(gap) <= limit, f"{what}: {np.mean(hits):.5g} against {theory:.5g} +- {limit:.2g}"
