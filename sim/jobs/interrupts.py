"""Ctrl-C goes to the whole process group; only the parent listens."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deaf() -> Iterator[None]:
    """Processes started in here do not hear Ctrl-C: it is for this one, which ends them.

    They inherit a mask that blocks it. This process hears it at the end of the block at the latest; ignoring it in here, which
    is inherited as well, lost the ones that came meanwhile.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
