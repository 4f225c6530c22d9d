"""From plain configuration to records: policies, playbooks, a profile. Every fault is one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from scenarios.setting import check_types
from sim.core.actionwords import actions_of, switched
from sim.core.policy import Policy
from sim.core.response import ORDERABLE, Playbook, playbook_from
from sim.score.profiles import Profile, make_profile
from sim.setup.policies import find_playbook
from sim.setup.settings import SettingError
from sim.words import _, no_such
from strategies import registry
from strategies.contract import TIERS, Strategy
from strategies.gate import GATE_PARAMS

LEVELS = ("watch", "prepare", "emergency", "resolved")
Plain = Mapping[str, Any]


def policies_from(strategies: Mapping[str, Plain], gate: Plain, operations: Plain | None) -> list[Policy]:
    """One policy per label; the gate and the changes to the playbook are shared."""
    policies = []
    for label, values in strategies.items():
        strategy = registry.load(values["name"])
        policies.append(policy_from(strategy, "" if label == strategy.name else label, values, gate, operations, label))
    return policies


def policy_from(strategy: Strategy, tag: str, values: Plain, gate: Plain, operations: Plain | None, label: str = "") -> Policy:
    """The policy of a loaded strategy, called ``tag``. ``label``: what a sentence about its tiers calls it."""
    numbers("gate", gate)
    own = {key: value for key, value in values.items() if key not in ("name", "by_tier")}
    params = registry.settings(strategy, own, _tiers(label or tag, values.get("by_tier")))
    book = playbook_of(strategy.playbook, operations or {})
    return Policy(strategy, params, registry.gate_settings(gate), book, tag)


def _tiers(label: str, by_tier: Any) -> Mapping[str, Plain]:
    if not isinstance(by_tier or {}, Mapping) or any(not isinstance(v, Mapping) for v in (by_tier or {}).values()):
        raise SettingError(
            _("strategy.{label}.by_tier holds settings by tier, as in by_tier.traffic.NAME=VALUE").format(label=label)
        )
    return by_tier or {}


def numbers(where: str, values: Plain, but: Sequence[str] = ("name",)) -> None:
    """Refuse what is not a number: the records check bounds, and a text has none."""
    for key, value in values.items():
        if key not in but and not (value is None or (isinstance(value, int | float) and not isinstance(value, bool))):
            raise SettingError(_("{where}.{key} must be a number, not {value!r}").format(where=where, key=key, value=value))


def playbook_of(default: str, operations: Plain) -> Playbook:
    """The playbook chosen by name (the strategy's own where none is), with the values given put over it."""
    book = find_playbook(str(operations.get("name") or default))
    given = {key: value for key, value in operations.items() if key != "name" and value is not None}
    switches = {key: given.pop(key) for key in ORDERABLE if key in given}
    for level in LEVELS:
        if isinstance(given.get(level), str):
            given[level] = [asdict(a) for a in actions_of(given[level], f"operations.{level}")]
    check_types(Playbook, given, "operations")
    numbers("operations", given, LEVELS)
    for level in LEVELS:
        actions = given.get(level, [])
        if not isinstance(actions, list) or any(not isinstance(a, Mapping) for a in actions):
            raise SettingError(
                _(
                    "operations.{level} must be a list of actions, as in [{{what: freeze, by: auto}}] or freeze:auto+notify"
                ).format(level=level)
            )
        for action in actions:
            numbers(f"operations.{level}", action, ("what", "by", "channel", "amount"))
    changed = playbook_from(book.name, given)
    book = replace(book, **{key: getattr(changed, key) for key in given})
    for what, value in switches.items():
        book = switched(book, what, value)
    return book


def profile_from(score: Plain) -> Profile:
    """The profile chosen by name, with the weights given put over it."""
    numbers("score", score)
    return make_profile(str(score.get("name") or "balanced"), **{k: v for k, v in score.items() if k != "name"})


def described(policies: Sequence[Policy], profile: Profile | None = None) -> dict[str, Any]:
    """Policies and profile as plain data again, every default filled in: what a result was made with."""
    facts: dict[str, Any] = {"strategies": {}, "operations": {}}
    for policy in policies:
        names = [p.name for p in policy.strategy.params]
        table = {tier: dict(zip(names, row.tolist(), strict=True)) for tier, row in zip(TIERS, policy.params, strict=True)}
        facts["strategies"][policy.name] = {"strategy": policy.strategy.name, "settings": table}
        facts["operations"][policy.name] = asdict(policy.playbook)
    gates = {p.name: {g.name: float(v) for g, v in zip(GATE_PARAMS, p.gate, strict=True)} for p in acting(policies)}
    facts["gate"] = next(iter(gates.values()))
    if any(gate != facts["gate"] for gate in gates.values()):
        facts["gate"] = gates
    if profile is not None:
        facts["score"] = {f.name: getattr(profile, f.name) for f in fields(profile)}
    return facts


def acting(policies: Sequence[Policy]) -> Sequence[Policy]:
    """The policies but the silent baseline, whose gate has nothing to let through; all where there is no other."""
    return [p for p in policies if p.strategy.name != "silent"] or policies


def one_of(key: str, value: str, known: Sequence[str]) -> str:
    """``value`` if it is known, else a sentence with the nearest."""
    if value not in known:
        raise SettingError(no_such("option", value, known, key))
    return value
