"""Policies as plain data, as a study over ranges needs them: a setting is told the same however it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sim.core.policy import Policy
from sim.core.response import ORDERABLE
from sim.jobs.serialise import origin_of
from sim.setup.policies import find_playbook
from strategies import registry
from strategies.contract import TIERS, Strategy
from strategies.gate import GATE_PARAMS

Plain = Mapping[str, Any]


def configuration(policies: Sequence[Policy], choices: Plain | None = None) -> dict[str, Any]:
    """Policies as the makers of candidates take them: nodes by label, the gate and the playbook they share, options of groups
    that vary by name. None stands where a default applies, so a setting is told the same however it was given."""
    gates, books = [gate_of(p) for p in policies], [_operations(p) for p in policies]
    config: dict[str, Any] = {"strategy": {p.name: node_of(p) for p in policies}, "gate": gates[0], "operations": books[0]}
    if any(g != gates[0] for g in gates) or any(b != books[0] for b in books):
        config["own"] = {p.name: {"gate": g, "operations": b} for p, g, b in zip(policies, gates, books, strict=True)}
    return config | {"options": dict(choices or {}), "loaded": {p.name: p.strategy for p in policies}}


def node_of(policy: Policy) -> dict[str, Any]:
    """A policy's strategy as plain data: its name (of a user's file, the file's), settings for all tiers, settings by tier."""
    default, params = registry.settings(policy.strategy), policy.strategy.params
    node: dict[str, Any] = {"name": source_of(policy.strategy)} | {p.name: None for p in params} | {"by_tier": {}}
    for k, p in enumerate(params):
        now, stood = policy.params[:, k], default[:, k]
        if (now == stood).all():
            continue
        if (now == now[0]).all():
            node[p.name] = _short(now[0])
            continue
        for tier, value, before in zip(TIERS, now, stood, strict=True):
            if value != before:
                node["by_tier"].setdefault(tier, {})[p.name] = _short(value)
    return node


def source_of(strategy: Strategy) -> str:
    """How a strategy is called where it lies: a built-in's name, a file's name."""
    return strategy.name if registry.is_built_in(strategy) else origin_of(strategy).files[0][0]


def gate_of(policy: Policy) -> dict[str, Any]:
    """Settings of a policy's gate, None where the default applies."""
    pairs = zip(GATE_PARAMS, policy.gate, strict=True)
    return {p.name: None if value == p.default else _short(value) for p, value in pairs}


def _operations(policy: Policy) -> dict[str, Any]:
    book = policy.playbook
    own = book.name == policy.strategy.playbook
    stood = find_playbook(book.name)
    node: dict[str, Any] = {"name": None if own else book.name}
    for f in fields(book):
        if f.name != "name":
            value = getattr(book, f.name)
            node[f.name] = None if value == getattr(stood, f.name) else _as_given(value)
    return node | dict.fromkeys(ORDERABLE)


def _as_given(value: Any) -> Any:
    return [dict(vars(action)) for action in value] if isinstance(value, tuple) else value


def _short(value: float) -> float | int:
    """A number as it is typed: whole where it is."""
    number = float(value)
    return int(number) if number.is_integer() else number
