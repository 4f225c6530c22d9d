"""Simulated shows whose parameters are known."""

from __future__ import annotations

from dataclasses import replace

from scenarios.contract import Audience, Cue, Herding, Host, Scenario, Shoppers, Sku
from scenarios.spread import CERTAIN
from sim.calibrate.observed import Observed
from sim.demand.draw import draw_tape
from tests.calibrate.tapes import as_planned, from_tape

TRUE = {
    ("shoppers", "buy_rate"): 0.008, ("shoppers", "shelf_rate"): 0.003, ("shoppers", "direct_share"): 0.7,
    ("shoppers", "cart_conversion"): 0.12, ("shoppers", "cart_median_s"): 35.0, ("shoppers", "cart_sigma"): 1.0,
    ("shoppers", "never_pay"): 0.15, ("shoppers", "pay_median_s"): 20.0, ("shoppers", "pay_sigma"): 0.9,
    ("shoppers", "single_share"): 0.8, ("cues", "pitch", "tau_s"): 50.0, ("cues", "deal", "peak"): 18.0,
    ("cues", "deal", "tau_s"): 8.0,
}  # fmt: skip
HERD = {("herding", "branching"): 0.4, ("herding", "mean_s"): 15.0}


def show(herding: bool = False, slip_s: float = 0.0, hours: float = 1.0, viewers: float = 1200.0) -> Scenario:
    """Two SKUs of equal appeal, alternating pitches and deals every two and a half minutes."""
    skus = (Sku("甲", 10**6, popularity=2.0, purchase_limit=1000), Sku("乙", 10**6, popularity=1.0, purchase_limit=1000))
    cues = []
    for k in range(int(hours * 24)):
        name = skus[k % 2].id
        pitch = k % 4 < 2
        cues.append(Cue(60.0 + 150.0 * k, name, "pitch", tau_s=50.0) if pitch else
                    Cue(60.0 + 150.0 * k, name, "deal", peak=18.0, tau_s=8.0))  # fmt: skip
    s = {at[1]: v for at, v in TRUE.items() if at[0] == "shoppers"}
    return Scenario(
        "known",
        "parameters to be found again",
        3600.0 * hours,
        skus,
        tuple(cues),
        host=Host(slip_s=slip_s),
        audience=replace(Audience(), arrivals_per_min=viewers / (Audience().mean_stay_s() / 60)),
        shoppers=Shoppers(**s),  # type: ignore[arg-type]
        spread=CERTAIN,
        herding=Herding(herding, 0.4, 15.0),
    )


def seen(scenario: Scenario, seed: int, replicate: int = 0, planned: bool = False) -> Observed:
    """A full log of one replicate."""
    tape = draw_tape(scenario, seed, replicate)
    log = from_tape(scenario, tape)
    return as_planned(log, tape) if planned else log
