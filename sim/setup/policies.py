"""Policies by name: a strategy, its settings, the gate's settings and a playbook become one :class:`Policy`."""

from __future__ import annotations

from collections.abc import Mapping

from sim.core.playbooks import PLAYBOOKS
from sim.core.policy import Policy
from sim.core.response import Playbook
from sim.words import no_such
from strategies import registry


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
    return Policy(strategy, params, registry.gate_settings(gate), book, label)


def find_playbook(name: str) -> Playbook:
    """A shipped playbook by name."""
    if name not in PLAYBOOKS:
        raise PolicyError(no_such("operations setting", name, PLAYBOOKS))
    return PLAYBOOKS[name]
