"""Which program made a result: a checksum of the sources of all that a worker runs."""

from __future__ import annotations

from sim.sources import checksum

WORKERS = ("sim.jobs.pool", "sim.study.rehearse", "sim.replay.closedloop", "sim.replay.openloop")
"""Modules whose functions are handed to workers, and those that play a recording."""


def program() -> str:
    """Sixteen hex digits: equal where the sources are that figures depend on."""
    return checksum(*WORKERS)
