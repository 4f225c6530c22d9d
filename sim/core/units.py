"""The clock: whole microseconds since show start.

Rows of a tape fall on even microseconds, control events on odd ones, so that no row ever ties with a
decision and the order of events never depends on who asked first.
"""

from __future__ import annotations

import zlib

US = 1_000_000
"""Microseconds in a second."""

NEVER_US = 2**62
"""A time that does not come [us]."""


def to_us(seconds: float) -> int:
    """Seconds to the nearest even microsecond.

    >>> to_us(0.5000015)
    500002
    """
    return round(seconds * 500_000) * 2


def period_us(seconds: float) -> int:
    """A period to divide by or to step with, in even microseconds: 0 for none, and nothing else becomes 0.

    >>> period_us(0.0), period_us(1e-7), period_us(2.5)
    (0, 2, 2500000)
    """
    return max(2, to_us(seconds)) if seconds > 0 else 0


def odd(t_us: int) -> int:
    """The first odd microsecond at or after ``t_us``: where a control event may fall.

    >>> odd(4), odd(5)
    (5, 5)
    """
    return int(t_us) | 1


def key_of(part: int | str) -> int:
    """A stream key's part as a whole number: numbers as they are, names by CRC-32."""
    return zlib.crc32(part.encode()) if isinstance(part, str) else int(part)
