"""Policies by name: a strategy, its settings, the gate's settings and a playbook become one :class:`Policy`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scenarios.setting import did_you_mean
from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from sim.core.response import Playbook
from strategies import registry
from strategies.gate import GATE_PARAMS


class PolicyError(ValueError):
    """A policy cannot be made; the message is one sentence."""


def make_policy(
    name: str,
    values: Mapping[str, float] | None = None,
    by_tier: Mapping[str, Mapping[str, float]] | None = None,
    gate: Mapping[str, float] | None = None,
    playbook: str | Playbook | None = None,
    label: str = "",
) -> Policy:
    """The policy of strategy ``name`` (or a user's .py file). None of the rest given: its own defaults.

    values: settings of the strategy for all tiers; by_tier: settings for one tier; gate: settings of the gate;
    playbook: one of PLAYBOOKS, or a record.
    """
    strategy = registry.load(name)
    params = registry.settings(strategy, values, by_tier)
    book = playbook if isinstance(playbook, Playbook) else find_playbook(playbook or strategy.playbook)
    return Policy(strategy, params, gate_settings(gate), book, label)


def find_playbook(name: str) -> Playbook:
    """A shipped playbook by name."""
    if name not in PLAYBOOKS:
        raise PolicyError(f"no operations setting is called {name!r}{did_you_mean(name, PLAYBOOKS)}")
    return PLAYBOOKS[name]


def gate_settings(values: Mapping[str, float] | None = None) -> np.ndarray:
    """The gate's settings as an array: defaults of GATE_PARAMS, ``values`` on top; None means default."""
    given = {k: v for k, v in (values or {}).items() if v is not None}
    known = [p.name for p in GATE_PARAMS]
    for key, value in given.items():
        if key not in known:
            raise PolicyError(f"the gate has no setting {key!r}{did_you_mean(key, known)}")
        p = GATE_PARAMS[known.index(key)]
        if isinstance(value, str) or not p.low <= value <= p.high:
            raise PolicyError(f"gate.{key} = {value} {p.unit} is outside its bounds [{p.low:g}, {p.high:g}]; give a value inside")
    return np.array([float(given.get(p.name, p.default)) for p in GATE_PARAMS])
