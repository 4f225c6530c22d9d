"""What one run frees serves the next: given back to the system, every page of it would cost a fault when it is taken anew."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import cache

MOST_KEPT, LARGEST_KEPT = 128 << 20, 32 << 20
"""Freed memory a process keeps at the end of its heap, and the largest array that comes from there [bytes]."""
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's ``mallopt`` (malloc.h)."""


LARGE = 1 << 20
"""Runs with a larger array than this are worth it [bytes]; what small ones free glibc keeps by itself."""


def keep_freed(largest: int) -> None:
    """Keep from now on what is freed, since runs with an array of ``largest`` bytes are played."""
    if largest > LARGE:
        _tell()


@cache
def _tell() -> None:
    """Tell the allocator once, where it is glibc's and the environment says nothing of it; elsewhere nothing is done."""
    if any(name.startswith("MALLOC_") for name in os.environ) or "GLIBC_TUNABLES" in os.environ:
        return
    with suppress(OSError, AttributeError, TypeError):
        tell = ctypes.CDLL(None).mallopt
        tell(TRIM_THRESHOLD, MOST_KEPT)
        tell(MMAP_THRESHOLD, LARGEST_KEPT)
