"""What a sweep chooses among and under which circumstances: candidates and worlds, from a configuration and varied settings.

A key is written as on the command line. ``strategy.LABEL.x`` varies one family, ``gate.x`` and ``operations.x`` vary all of
them, ``scenario.x`` varies the world. Every fault is found while they are made, before anything is played.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, get_args, get_origin, get_type_hints

from scenarios.contract import Scenario
from scenarios.registry import BY_NAME
from sim.core.actionwords import standing
from sim.core.policy import Policy
from sim.setup.choices import policy_from
from sim.setup.design import Axis, Value, sample, settled
from sim.setup.paths import steps
from sim.setup.settings import SettingError
from sim.setup.uncertain import Uncertainty, asked, complete
from sim.words import _, did_you_mean, no_such
from strategies import registry
from strategies.contract import TIERS, Strategy
from strategies.gate import GATE_PARAMS

__all__ = ("Axis", "Candidate", "Maker", "Value", "Variant", "make_candidates", "make_worlds")

Plain = Mapping[str, Any]
ROOMS = ("strategy", "gate", "operations", "scenario")
SHARED = ("gate", "operations")
"""Rooms whose settings every family has."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One variant of one scenario. ``settings``: values of the scenario's axes. ``uncertainty``: what its replicates draw."""

    name: str
    scenario: Scenario
    settings: Mapping[str, Value]
    uncertainty: Uncertainty | None = None


@dataclass(frozen=True, eq=False)
class Candidate:
    """One thing a team could choose. ``name``: unique, ``family`` or ``family#017``. ``family``: the strategy's label.
    ``settings``: varied values only. ``policy``: what plays; its label is the name."""

    name: str
    family: str
    settings: Mapping[str, Value]
    policy: Policy


class Maker:
    """Makes the candidates of one family: a configuration with values put over it, the strategy loaded once."""

    def __init__(self, config: Plain, family: str) -> None:
        self.family, self.config = family, config
        loaded: Mapping[str, Strategy] = config.get("loaded", {})
        self.strategy = loaded[family] if family in loaded else registry.load(config["strategy"][family]["name"])

    def make(self, settings: Mapping[str, Value], name: str = "") -> Candidate:
        """The candidate with these varied settings; faults raise a sentence."""
        rooms = {room: self._node(room, settings) for room in SHARED}
        rooms["strategy"] = {self.family: self.config["strategy"][self.family]}
        filled = put_over(rooms, {key: value for key, value in settings.items() if key not in SHARED})
        own, label = filled["strategy"][self.family], name or self.family
        policy = policy_from(self.strategy, label, own, filled["gate"], filled["operations"], self.family)
        return Candidate(label, self.family, dict(settings), policy)

    def _node(self, room: str, settings: Mapping[str, Value]) -> Plain:
        """The settings of gate or operations: those configured, or those of the option that is varied by name."""
        if room in settings:
            return self.config["options"][room][settings[room]]
        own = self.config.get("own", {}).get(self.family, self.config)
        return own.get(room) or {}


def put_over(tree: Plain, settings: Mapping[str, Value]) -> dict[str, Any]:
    """A copy of nested settings with dotted keys set; a key that is not there raises a sentence.

    >>> put_over({"gate": {"n": 1}}, {"gate.n": 2})
    {'gate': {'n': 2}}
    """
    merged = dict(tree)
    for key, value in settings.items():
        _put(merged, steps(merged, key), 0, value)
    return merged


def _put(node: dict[str, Any], path: Sequence[str], depth: int, value: Value) -> None:
    """Set ``path[depth:]`` below ``node``, copying what it changes. Tiers are free to be added: the registry checks them."""
    part, free = path[depth], path[0] == "strategy" and "by_tier" in path[:depth]
    if part not in node and not free:
        where = ".".join(path[:depth]) or "a sweep"
        settings = [name for name in node if name not in ("name", "by_tier")]
        raise SettingError(no_such("setting", part, settings, where))
    below = node.get(part)
    if depth == len(path) - 1:
        called = isinstance(value, str) and path[0] == "scenario" and called_by_name(path[1:])
        if isinstance(below, Mapping) and not called:
            inside = f", as in {'.'.join(path)}.{next(iter(below))}=..." if below else ""
            raise SettingError(
                _("{path} is a group of settings; vary one of them{inside}").format(path=".".join(path), inside=inside)
            )
        node[part] = value
        return
    if below is None and (free or part == "by_tier"):
        below = {}
    if not isinstance(below, Mapping):
        raise SettingError(
            _("{path} is a single value and has no setting {path_path!r}").format(
                path=".".join(path[: depth + 1]), path_path=path[depth + 1]
            )
        )
    node[part] = dict(below)
    _put(node[part], path, depth + 1, value)


def make_candidates(config: Plain, axes: Iterable[Axis], design: str, points: int, seed: int) -> list[Candidate]:
    """Candidates of every family in ``config["strategy"]``: the design over the family's axes and the shared ones.

    A family without axes gives one candidate. The points of a family do not depend on which others are there.
    """
    candidates: list[Candidate] = []
    for family, (maker, own) in families(config, axes).items():
        sampled = sample(own, design, points, seed, "strategy", family)
        candidates += [maker.make(settings, name) for name, settings in zip(_names(family, len(sampled)), sampled, strict=True)]
    return candidates


def families(config: Plain, axes: Iterable[Axis]) -> dict[str, tuple[Maker, list[Axis]]]:
    """Of every family in ``config["strategy"]`` its maker and the axes that concern it, both ends of each tried."""
    varied, makers = _known(axes, config), {}
    for family in config["strategy"]:
        maker = Maker(config, family)
        own = [_whole_if_counted(a, maker.strategy) for a in varied if concerns(a.key, family)]
        for axis in own:
            for end in axis.ends:
                maker.make({axis.key: end})
        makers[family] = (maker, own)
    return makers


def _whole_if_counted(axis: Axis, strategy: Strategy) -> Axis:
    """An axis of gate or strategy, of whole numbers where the setting takes no others."""
    known = {"gate": GATE_PARAMS, "strategy": strategy.params}.get(axis.key.split(".")[0], ())
    counted = any(p.name == axis.key.split(".")[-1] and p.whole for p in known)
    return settled(replace(axis, whole=True)) if counted and not axis.values else axis


def standing_value(candidate: Candidate, key: str) -> Value | None:
    """What a candidate has for a varied key now; None where that is no single value (a group, settings that differ by tier)."""
    path, policy = key.split("."), candidate.policy
    if path[0] == "gate" and len(path) == 2:
        return float(policy.gate[[p.name for p in GATE_PARAMS].index(path[1])])
    if path[0] == "operations" and len(path) == 2:
        return standing(policy.playbook, path[1])
    if path[0] == "strategy" and len(path) > 2:
        column = policy.params[:, [p.name for p in policy.strategy.params].index(path[-1])]
        column = column[[TIERS.index(path[3])]] if path[2] == "by_tier" else column
        return float(column[0]) if (column == column[0]).all() else None
    return None


def make_worlds(
    scenarios: Mapping[str, Plain], axes: Iterable[Axis], design: str, points: int, seed: int, uncertain: bool = False
) -> list[Variant]:
    """The worlds of every scenario (name to plain data): the design over the scenario's axes, one world where nothing varies.
    uncertain: every replicate draws the parameters of its world from what the scenario says of them."""
    worlds: list[Variant] = []
    varied = [settled(typed(axis)) for axis in axes if axis.key.split(".")[0] == "scenario"]
    for scenario, given in scenarios.items():
        # A file says only what differs from the defaults, and any setting may vary.
        values = complete(given)
        for axis in varied:
            for end in axis.ends:
                world_of(scenario, values, {axis.key: end}, uncertain)
        sampled = sample(varied, design, points, seed, "scenario")
        names = _names(scenario, len(sampled))
        worlds += [world_of(name, values, settings, uncertain) for name, settings in zip(names, sampled, strict=True)]
    return worlds


def world_of(name: str, values: Plain, settings: Mapping[str, Value], uncertain: bool = False) -> Variant:
    """The world of a scenario's plain data with varied settings put over it."""
    scenario, uncertainty = asked(put_over({"scenario": values}, settings)["scenario"], uncertain)
    # What is varied is what it is: it is not drawn as well.
    return Variant(name, scenario, dict(settings), uncertainty and uncertainty.without(settings))


def _names(stem: str, count: int) -> list[str]:
    """The stem alone, or numbered from 0 with as many digits as the last one has."""
    return [stem] if count == 1 else [f"{stem}#{k:0{len(str(count - 1))}d}" for k in range(count)]


def concerns(key: str, family: str) -> bool:
    """Whether a varied setting is the family's own or shared by all.

    >>> concerns("gate.n", "smart"), concerns("strategy.smart.chance", "smart"), concerns("strategy.smart.chance", "tiered")
    (True, True, False)
    """
    path = key.split(".")
    return path[0] in SHARED or (path[0] == "strategy" and path[1:2] == [family])


def _known(axes: Iterable[Axis], config: Plain) -> list[Axis]:
    """The axes of families, gate and operations; a key outside all rooms, of no family, or given twice is refused."""
    by_key: dict[str, Axis] = {}
    for axis in axes:
        path = axis.key.split(".")
        if path[0] not in ROOMS:
            raise SettingError(
                _("{key} cannot be varied{did_you_mean}").format(key=axis.key, did_you_mean=did_you_mean(path[0], ROOMS))
            )
        if axis.key in by_key:
            raise SettingError(_("{key} is varied twice; give it one range").format(key=axis.key))
        if axis.key in SHARED and not config.get("options", {}).get(axis.key):
            raise SettingError(
                _("{key} is a group of settings; vary one of them, as in {key}.{next}=...").format(
                    key=axis.key, next=next(iter(config[axis.key]))
                )
            )
        if path[0] == "strategy" and (len(path) < 3 or path[1] not in config["strategy"]):
            raise SettingError(
                _("{key} belongs to no strategy chosen{did_you_mean}").format(
                    key=axis.key, did_you_mean=did_you_mean((*path, "")[1], config["strategy"])
                )
            )
        if path[0] in ("strategy", "scenario") and path[-1] == "name":
            raise SettingError(_("{key} cannot be varied; several are written {path}=[a,b]").format(key=axis.key, path=path[0]))
        by_key[axis.key] = settled(axis)
    return [axis for axis in by_key.values() if not axis.key.startswith("scenario.")]


def typed(axis: Axis) -> Axis:
    """A scenario's axis, of whole numbers where the setting takes no others."""
    return replace(axis, whole=True) if not axis.values and declared_kind(axis.key.split(".")[1:]) is int else axis


def declared_kind(path: Sequence[str]) -> Any:
    """The declared type of a scenario's setting; None where there is none of that name. Entries by name are skipped over."""
    kind: Any = Scenario
    for part in path:
        if get_origin(kind) is tuple:
            kind = get_args(kind)[0]
        elif isinstance(kind, type) and is_dataclass(kind):
            kind = get_type_hints(kind).get(part)
            kind = get_args(kind)[0] if isinstance(kind, types.UnionType) else kind
        else:
            return None
    return kind


def declared_names(path: Sequence[str]) -> tuple[str, ...]:
    """Names of the settings that a scenario's record at ``path`` declares; none where there is no record."""
    kind = declared_kind(path)
    return tuple(f.name for f in fields(kind)) if isinstance(kind, type) and is_dataclass(kind) else ()


def declared_entries(name: str) -> bool:
    """Whether a scenario's setting is a group of entries by name: items, cues, sales channels."""
    return get_origin(declared_kind([name])) is tuple


def called_by_name(path: Sequence[str]) -> bool:
    """Whether a group of a scenario's settings may be chosen as a whole by a name, as in scenario.spread=certain."""
    return declared_kind(path) in BY_NAME
