"""Moments that people write beside a recording: the way its own times are written, or the time of day alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from sim.core.units import US
from sim.replay.clock import SECONDS
from sim.replay.dates import clock_s
from sim.replay.ingest.clocktimes import BEFORE_S, DAY_S
from sim.replay.ingest.open import bound
from sim.replay.stream import Stream


def show_us(stream: Stream, text: str, what: str) -> int:
    """A written moment as show time [us]; a bare time of day is on the recording's day. ``what``: its name in a refusal."""
    text = text.strip()
    seconds = clock_s(text) if ":" in text or not text.isascii() else None
    moment = bound(text, what, stream.clock) if seconds is None else _on_the_day(stream, seconds)
    assert moment is not None
    return int(np.round((moment - stream.start_us) / stream.speedup))


def _on_the_day(stream: Stream, seconds: int) -> int:
    """A time of day on the recording's clock [us]: from six hours before its start to a day later."""
    if stream.clock.kind == SECONDS:
        return seconds * US
    zone = stream.clock.zone or UTC
    start = datetime.fromtimestamp(stream.start_us / US, UTC).astimezone(zone)
    early = start - timedelta(seconds=BEFORE_S)
    of_day = early.hour * 3600 + early.minute * 60 + early.second
    early_us = stream.start_us // US * US - BEFORE_S * US
    return early_us + (seconds - of_day) % DAY_S * US
