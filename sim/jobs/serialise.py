"""Policies on their way to a worker: plain data, because a user's strategy file is no module that can be imported there.

The text of such a file travels along. A worker on another machine, or one that finds another text under that path, writes it
into a folder of its own and loads it from there.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.core.policy import Policy
from sim.core.response import Playbook
from strategies import registry
from strategies.contract import Strategy


class Packed(NamedTuple):
    """``source``: name of a built-in strategy, or path of a user's file, whose ``text`` comes along."""

    source: str
    text: str
    params: np.ndarray
    gate: np.ndarray
    playbook: Playbook
    label: str


def pack(policy: Policy) -> Packed:
    """A policy as plain data."""
    module = policy.strategy.fold.__module__
    source, text = module.removeprefix("strategies."), ""
    if source not in registry.names():
        source = str(sys.modules[module].__file__)
        text = _text(source)
    return Packed(source, text, policy.params, policy.gate, policy.playbook, policy.label)


def unpack(packed: Packed) -> Policy:
    """The inverse of :func:`pack`; the strategy is loaded once in a process."""
    strategy = _strategy(packed.source, packed.text)
    return Policy(strategy, packed.params, packed.gate, packed.playbook, packed.label)


@cache
def _text(path: str) -> str:
    # Read once: what was loaded is what was there then.
    return Path(path).read_text(encoding="utf-8")


@cache
def _strategy(source: str, text: str) -> Strategy:
    if not text:
        return registry.load(source)
    path = Path(source)
    if not (path.is_file() and path.read_text(encoding="utf-8") == text):
        path = Path(tempfile.gettempdir()) / f"stockcue-{hashlib.sha256(text.encode()).hexdigest()[:16]}" / path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return registry.load(path)
