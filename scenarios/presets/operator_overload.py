"""Sixty items, one tired operator."""

from __future__ import annotations

from scenarios.contract import Audience, Cue, Host, Scenario, Sku, Staff, Supply
from scenarios.staffing import Shift

ORDER = 140
"""Place in lists, which teach from the simplest on."""


def build() -> Scenario:
    """Sixty items, one tired operator: every alert takes five minutes, and one too many makes the next less believed.

    Three hours, a pitch every three minutes, about 8,000 people in the room; every fifth item has half of what it will be
    asked for, the others plenty. Stock can be had on request, if the one operator hears the alert, believes it and has
    time for the call. People answer as often as alarms were right, and less when several are open (Bliss 1995; Ancker 2017).

    Lesson: what alerts achieve has a peak in their number. With a restock call on every alert (gamma_poisson, a budget for
    the room) it lies between six and twelve alerts an hour here; without a budget, at more than thirty, about half of the
    units won is lost again and the operator answers half of them. The field's norm of six an hour holds up. Believed: nearly
    thirty alerts without a budget, and a third lost. By net, in shows as uncertain as recorded ones, whoever asks for stock
    earns less than nobody acting: most of what is asked for is not wanted (docs/background/presets.md).
    """
    skus, cues = [], []
    for k in range(60):
        name, appeal = f"item-{k + 1:02d}", 0.5 + 0.25 * (k % 5)
        expected = 1.28 * 8000 * 0.006 / 60 * appeal * 256.4 + 1.28 * 8000 * 0.001 * 180 / 60
        short = k % 5 == 1
        stock = round(expected * (0.5 if short else 1.6))
        tier = ("traffic", "profit", "longtail")[k % 3]
        skus.append(Sku(name, stock, tier, price=49.0 + 20 * (k % 6), margin=0.35, safety_stock=stock // 10, appeal=appeal))
        cues.append(Cue(60.0 + 175.0 * k, name))
    return Scenario(
        name="operator_overload",
        lesson="what alerts achieve peaks between six and twelve an operator-hour; beyond that people stop answering",
        duration_s=10_800.0,
        skus=tuple(skus),
        cues=tuple(cues),
        host=Host(slip_s=10.0),
        audience=Audience(arrivals_per_min=4000.0),
        staff=Staff(shifts=(Shift(1),), handling_s=300.0, human_model="fatigue"),
        supply=Supply(requestable=1.0, lead_median_s=60.0),
    )
