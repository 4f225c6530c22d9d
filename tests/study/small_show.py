"""A show of two minutes and its configuration, for tests of studies; plain Python plays it in some 20 ms."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from scenarios.contract import Audience, Cue, Leaks, Ledger, Scenario, Shoppers, Sku
from scenarios.registry import plain
from scenarios.spread import CERTAIN
from sim.core.response import Playbook
from strategies import registry
from strategies.gate import GATE_PARAMS


def show(name: str = "small", **changes: Any) -> Scenario:
    """Two items, two cues, an oversell now and then."""
    given: dict[str, Any] = {
        "skus": (Sku("mask", 30, "traffic", safety_stock=3), Sku("serum", 20)),
        "cues": (Cue(10, "mask", "link_drop"), Cue(50, "serum")),
        "audience": Audience(400.0),
        "shoppers": Shoppers(buy_rate=0.05),
        "ledger": Ledger("deduct_on_payment", hold_s=40.0, sweep_s=5.0, late_payment="accept"),
        "leaks": Leaks(stale_read_s=4.0),
        "spread": CERTAIN,
    }
    return Scenario(name, "two minutes", 120.0, **(given | changes))


def config(*strategies: str, **changes: Any) -> dict[str, Any]:
    """What the command line would compose: every setting that is not given is None."""
    labels = [s.split(":")[-1] for s in strategies or ("fixed_count", "smart")]
    nodes = {name: {"name": name, "by_tier": {}} | {p.name: None for p in registry.load(name).params} for name in labels}
    gate = {p.name: None for p in GATE_PARAMS}
    operations = dict.fromkeys(f.name for f in fields(Playbook))
    tree: dict[str, Any] = {"scenario": plain(show()), "strategy": nodes, "gate": gate, "operations": operations}
    return tree | {"score": {"name": "balanced"}} | changes
