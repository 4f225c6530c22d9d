"""A run of show that gives clock times only: they belong to the recording's day."""

from __future__ import annotations

import re
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


def spans(validator: RowValidator) -> None:
    """A slot such as 20:05-20:10 is its beginning, and its length where the row tells none."""
    import pyarrow as pa

    starts = [text or "" for text in validator.cells["start_time"].to_pylist()]
    slots = [slot(text) for text in starts]
    if not any(slots):
        return
    lengths = validator.cells["duration"].to_pylist() if validator.has("duration") else [""] * len(starts)
    begins = [s[0] if s else text for s, text in zip(slots, starts, strict=True)]
    told = [length if length and length.strip() else str(s[1]) if s else "" for s, length in zip(slots, lengths, strict=True)]
    validator.cells |= {"start_time": pa.array(begins, pa.string()), "duration": pa.array(told, pa.string())}


def slot(text: str) -> tuple[str, int] | None:
    """Where a slot between two clock times begins, and its length [s]; None where a text is none.

    >>> slot("23:58 - 00:03"), slot("下午8:05至8:10"), slot("2026-06-18 20:05")
    (('23:58', 300), ('下午8:05', 300), None)
    """
    begins, *ends = re.split(r"\s*[-~—–至到～]\s*", text.strip())
    if len(ends) != 1 or ":" not in text.replace("：", ":"):
        return None
    first, last = clock_s(begins), clock_s(ends[0])
    if first is None or last is None:
        return None
    # 下午 is told once for both ends.
    return begins, (last - first) % (DAY_S if begins[0].isdigit() else DAY_S // 2)


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
