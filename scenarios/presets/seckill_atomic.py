"""A flash sale on a sound ledger."""

from __future__ import annotations

from dataclasses import replace

from scenarios.contract import Audience, Cue, Ledger, Scenario, Sku

ORDER = 40
"""Place in lists, which teach from the simplest on."""


def flash_sale() -> Scenario:
    """The flash sale that seckill_atomic and seckill_paydeduct share; only the ledger differs."""
    skus = (
        Sku("earbuds-flash", 500, "traffic", price=99.0, margin=0.1, purchase_limit=1, popularity=3.0, appeal=1.2),
        Sku("powerbank-flash", 400, "traffic", price=59.0, margin=0.12, purchase_limit=1, popularity=2.0),
        Sku("kettle-flash", 700, "traffic", price=79.0, margin=0.12, purchase_limit=1, popularity=2.0),
        Sku("phone-case", 900, "profit", price=39.0, margin=0.45, popularity=1.0, appeal=0.5),
        Sku("desk-lamp", 300, "longtail", price=149.0, margin=0.35, popularity=0.5, appeal=0.3),
    )
    cues = (
        Cue(300.0, "phone-case"),
        Cue(600.0, "earbuds-flash", "deal"),
        Cue(900.0, "desk-lamp"),
        Cue(1200.0, "powerbank-flash", "deal"),
        Cue(1500.0, "phone-case"),
        Cue(1800.0, "kettle-flash", "deal"),
    )
    return Scenario(
        name="flash_sale",
        lesson="",
        duration_s=2400.0,
        skus=skus,
        cues=cues,
        audience=Audience(arrivals_per_min=9000.0),
    )


def build() -> Scenario:
    """A flash sale on a sound ledger: three deals at 25 times the base rate, stock leaves on order, no leak.

    Some 18,000 people in the room; each deal brings 700 to 900 buyers for 400 to 700 units within half a minute, forty
    a second at the peak. The record falls with the order in the same instant.

    Lesson: nothing oversells, whatever the strategy does. Strategies differ only in missed sales and in alerts: a freeze
    has nothing to prevent, and an eager one (gamma_poisson 90 s ahead) loses a fifth of the units sold, one 20 s ahead a tenth.
    """
    return replace(
        flash_sale(),
        name="seckill_atomic",
        lesson="an atomic ledger does not oversell; alerts can only cost sales and attention",
        ledger=Ledger(mode="deduct_on_order"),
    )
