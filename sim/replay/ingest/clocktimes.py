"""A run of show that gives clock times only: they belong to the recording's day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sim.replay.clock import SECONDS
from sim.replay.dates import clock_s
from sim.words import _

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.replay.ingest.row_validator import RowValidator

DAY_S, BEFORE_S = 86_400, 6 * 3600
"""A clock time is the one from BEFORE_S before the recording's start to a day later."""


def clock_times(validator: RowValidator, texts: pa.Array) -> pa.Array:
    """Bare clock times with the recording's day put before them; the other texts as they are."""
    import pyarrow as pa

    words = texts.to_pylist()
    seconds = [clock_s(w) if ":" in w or not w.isascii() or not w[-1:].isdigit() else None for w in words]
    if validator.state.opening is None or not any(s is not None for s in seconds):
        return texts
    start_us, kind = validator.state.opening
    if kind == SECONDS:
        return pa.array([w if s is None else str(s) for w, s in zip(words, seconds, strict=True)], pa.string())
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=start_us)
    first = first.astimezone(validator.state.zone) if validator.state.zone else first
    early = first.replace(tzinfo=None) - timedelta(seconds=BEFORE_S)
    of_day = early.hour * 3600 + early.minute * 60 + early.second
    times = [None if s is None else early + timedelta(seconds=(s - of_day) % DAY_S) for s in seconds]
    days = sorted({f"{t:%Y-%m-%d}" for t in times if t is not None})
    n = sum(t is not None for t in times)
    validator.state.remarks[_("clock times are taken on the recording's day ({days})").format(days=" and ".join(days))] += n
    return pa.array([w if t is None else f"{t:%Y-%m-%d %H:%M:%S}" for w, t in zip(words, times, strict=True)], pa.string())
