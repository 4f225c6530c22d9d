"""The settings of a verb as a tree, from the records that declare them: what a configuration can hold, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from scenarios.staffing import SOURCES, Feed
from sim.core.response import ORDERABLE, Playbook
from sim.score.profiles import Profile
from sim.setup.choices import policies_from, profile_from
from sim.setup.settings import (
    CalibrateSettings,
    ExportSettings,
    IngestSettings,
    RehearseSettings,
    ReplaySettings,
    ReviewSettings,
    ShadowSettings,
    StockSettings,
    settle,
)  # fmt: skip
from sim.setup.settings_groups import verb_of
from sim.setup.settings_search import BreakpointSettings, SensitivitySettings, SweepSettings, TuneSettings
from sim.setup.uncertain import complete
from strategies import registry
from strategies.contract import TIERS
from strategies.gate import GATE_PARAMS
from strategies.registry import gate_settings

OWN = (
    RehearseSettings, StockSettings, SweepSettings, TuneSettings, BreakpointSettings, SensitivitySettings, IngestSettings,
    CalibrateSettings, ReplaySettings, ReviewSettings, ShadowSettings, ExportSettings,
)  # fmt: skip
RECORDS: dict[str, type] = {verb_of(record): record for record in OWN}
"""Verb to the record of its own settings."""
PLAYED = {"gate": "default", "operations": "own", "score": "balanced"}
GROUPS: dict[str, dict[str, str]] = {
    **dict.fromkeys(("rehearse", "sweep", "tune", "breakpoint", "sensitivity"), PLAYED),
    **{verb: {} for verb in ("ingest", "calibrate")},
    **{verb: PLAYED | {"feed": "own"} for verb in ("replay", "review")},
    "shadow": {"gate": "default"},
    "export": {"gate": "default", "operations": "own"},
    "stock": {"score": "balanced"},
}
"""Verb to the groups of options it takes beside scenario and strategy, each with the option it starts from."""
DECLARED: dict[str, tuple[str, ...]] = {
    "gate": tuple(p.name for p in GATE_PARAMS),
    "operations": (*(f.name for f in fields(Playbook)), *ORDERABLE),
    "score": tuple(f.name for f in fields(Profile)),
    "feed": tuple(f.name for f in fields(Feed) if f.name not in SOURCES),  # the readings of a recording come together
}
"""Group to the settings its record declares; an option says only what differs."""


def tree_of(verb: str) -> dict[str, Any]:
    """Every setting of a verb and of its groups; None keeps what the record declares."""
    own = {f.name: None for f in fields(RECORDS[verb])}
    return own | {group: dict.fromkeys(DECLARED[group]) for group in GROUPS[verb]}


def strategy_node(source: str) -> dict[str, Any]:
    """The settings of a strategy by name or file; None keeps the declared default."""
    return {"name": source} | {p.name: None for p in registry.load(source).params} | {"by_tier": {}}


def values_used(verb: str, config: Mapping[str, Any], unknown: Sequence[str] = ()) -> dict[str, Any]:
    """A configuration with the value every setting will have; what no run would take raises its sentence.

    A setting that differs by tier stands under ``by_tier``. Where strategies bring playbooks of their own, ``operations`` has
    them by strategy. A verb that reads a recording takes from it what stays None in ``feed``. unknown: strategies, by label,
    whose code is not to be run: of them only what was given is shown.
    """
    groups = GROUPS[verb]
    rooms = ("scenario", "strategy", *groups)
    values = asdict(settle(RECORDS[verb], {k: v for k, v in config.items() if k not in rooms}, verb))
    if "scenario" in config:
        values["scenario"] = complete(config["scenario"]) if "duration_s" in config["scenario"] else config["scenario"]
    if "strategy" in config:
        values |= _policies(config, unknown, "operations" in groups)
    if "score" in groups:
        values["score"] = asdict(profile_from(config["score"]))
    return values | ({"feed": config["feed"]} if "feed" in groups else {})


def _policies(config: Mapping[str, Any], unknown: Sequence[str], acting: bool) -> dict[str, Any]:
    known = {label: node for label, node in config["strategy"].items() if label not in unknown}
    policies = policies_from(known, config["gate"], config.get("operations"))
    shown = {
        label: {"name": known[label]["name"], **_by_tier([p.name for p in policy.strategy.params], policy.params)}
        for label, policy in zip(known, policies, strict=True)
    }
    gate = gate_settings(config["gate"]) if not policies else policies[0].gate
    tree: dict[str, Any] = {"strategy": {label: shown.get(label, node) for label, node in config["strategy"].items()}}
    tree["gate"] = {p.name: _number(v) for p, v in zip(GATE_PARAMS, gate, strict=True)}
    books = {p.name: asdict(p.playbook) for p in policies}
    if acting:
        tree["operations"] = next(iter(books.values())) if len(set(map(str, books.values()))) == 1 else books
    return tree


def _by_tier(names: list[str], table: Any) -> dict[str, Any]:
    """Settings, float64 [tier, setting], as a configuration writes them."""
    most = {name: _number(table[-1, k]) for k, name in enumerate(names)}
    own = {
        tier: {name: _number(table[t, k]) for k, name in enumerate(names) if table[t, k] != table[-1, k]}
        for t, tier in enumerate(TIERS)
    }
    return most | {"by_tier": {tier: values for tier, values in own.items() if values}}


def _number(value: float) -> float | int:
    """A setting's value as people write it: 3, not 3.0."""
    return int(value) if float(value).is_integer() else float(value)
