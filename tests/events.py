"""Waiting for what happens elsewhere: for the event, however slow the machine; one limit, which only what hangs meets."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_S = 300
"""Half of what a test may take. A process that does not do what is waited for within it hangs."""


def until(event: Callable[[], object], over: Callable[[], object] = lambda: False) -> None:
    """Come back once there is an event, or once it is over and none can come; fail where neither comes."""
    deadline = time.monotonic() + LIMIT_S
    while not event() and not over():
        assert time.monotonic() < deadline, f"nothing came within {LIMIT_S} s"
        time.sleep(0.01)
