"""Policies on their way to a worker: plain data, because a user's strategy is no module that can be imported there.

Everything that belongs to it travels along: its file, the helpers it imports, data it read while it was loaded. A strategy from
a notebook cell is written down first. A worker on another machine, or one that finds other contents there, writes them into a
folder of its own and loads it from there; what it then holds must reach the same code and values as where it came from.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from sim.core.policy import Policy
from sim.core.response import Playbook
from sim.private import private_folder
from sim.words import _
from strategies import registry
from strategies.contract import Origin, Strategy, StrategyError
from strategies.reach import reach
from strategies.written import write_down


class Packed(NamedTuple):
    """``source``: name of a built-in strategy; or "" and ``origin``: a user's, with ``values``: what its fold reaches."""

    source: str
    origin: Origin | None
    values: tuple[tuple[str, str], ...]
    params: np.ndarray
    gate: np.ndarray
    playbook: Playbook
    label: str


def pack(policy: Policy) -> Packed:
    """A policy as plain data."""
    strategy = policy.strategy
    if registry.is_built_in(strategy):
        return Packed(strategy.name, None, (), policy.params, policy.gate, policy.playbook, policy.label)
    return Packed("", origin_of(strategy), _values(strategy), policy.params, policy.gate, policy.playbook, policy.label)


def unpack(packed: Packed) -> Policy:
    """The inverse of :func:`pack`; the strategy is loaded once in a process."""
    strategy = registry.load(packed.source) if packed.origin is None else _strategy(packed.origin, packed.values)
    return Policy(strategy, packed.params, packed.gate, packed.playbook, packed.label)


_written: dict[int, tuple[Strategy, tuple[tuple[str, str], ...], Origin]] = {}


def origin_of(strategy: Strategy) -> Origin:
    """Where a user's strategy comes from: its files, or the text of one defined on the spot, as it is now."""
    if strategy.origin is not None:
        return strategy.origin
    known, values = _written.get(id(strategy)), _values(strategy)
    if known is None or known[0] is not strategy or known[1] != values:
        _written[id(strategy)] = known = (strategy, values, write_down(strategy))
    return known[2]


def _values(strategy: Strategy) -> tuple[tuple[str, str], ...]:
    """What the fold reaches, by name, and the fingerprint of it all."""
    reached = reach(strategy.fold)
    return (*sorted(reached.values.items()), ("", reached.fingerprint()))


@cache
def _strategy(origin: Origin, values: tuple[tuple[str, str], ...]) -> Strategy:
    here = Path(origin.path)
    if not (here.is_file() and all(_same(here.parent / name, content) for name, content in origin.files)):
        here = _laid_out(origin)
    strategy = registry.load(here)
    now, then = dict(_values(strategy)), dict(values)
    if now != then:
        names = sorted(name for name in now | then if name and now.get(name) != then.get(name))
        what = f"other values of {', '.join(names)}" if names else "other code"
        raise StrategyError(
            _(
                "a worker that loads the strategy {name!r} finds {what}: what it reads while it is loaded must be the same "
                "everywhere; keep such values in the strategy's own folder, or write them into its file"
            ).format(name=strategy.name, what=what)
        )
    return strategy


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _laid_out(origin: Origin) -> Path:
    """The strategy's file in a folder of this user's alone, with everything that belongs to it beside it."""
    digest = hashlib.sha256(repr(origin.files).encode()).hexdigest()[:16]
    place = Path(tempfile.gettempdir()) / f"stockcue-strategies-{getattr(os, 'geteuid', lambda: 0)()}"
    if not (private_folder(place) and private_folder(place / digest)):
        # Somebody else made it, or may write it: what lies there is not run.
        place = Path(tempfile.mkdtemp(prefix="stockcue-"))
        private_folder(place / digest)
    for name, content in origin.files:
        path = place / digest / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _same(path, content):
            fresh = path.with_name(f".{path.name}-{os.getpid()}")
            fresh.write_bytes(content)
            os.replace(fresh, path)
    return place / digest / PurePosixPath(origin.files[0][0])
