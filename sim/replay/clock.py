"""Clocks of recordings: what a written time means, and how to write it again.

A file keeps one clock. Four are known: ISO times with a zone, ISO times without one, Unix time (seconds to nanoseconds)
and seconds since the start of the show. All become whole microseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from sim.core.units import US
from sim.replay import dates
from sim.words import N_, _

ZONED, NAIVE, SECONDS = N_("with a time zone"), N_("without a time zone"), N_("seconds since the start")
UNIX = {"Unix seconds": US, "Unix milliseconds": 1000, "Unix microseconds": 1, "Unix nanoseconds": 0.001}
"""Unix clocks: microseconds in their unit."""

_ISO = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T ]*(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d{1,19})(?:\.(\d{1,9})\d*)?", re.ASCII)
_COMPACT = re.compile(r"(19[7-9]\d|20\d\d|21\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
_LATEST_S = 7_258_118_400
"""Start of the year 2200: a Unix time beyond it is something else."""
FARTHEST_MIN = 14 * 60
"""Farthest that a clock on earth is from UTC [min]."""
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1)


class StreamError(ValueError):
    """A recording cannot be used; the message is one sentence: what, where, what to do."""


@dataclass(frozen=True)
class Clock:
    """The clock of a stream: its ``kind`` as above and the ``zone`` its naive times are in (None: not said)."""

    kind: str
    zone: tzinfo | None = None

    @property
    def family(self) -> str:
        """Two files can be laid side by side when their families agree."""
        if self.kind == SECONDS or (self.kind == NAIVE and self.zone is None):
            return self.kind
        return "absolute"

    def microseconds(self, number: int) -> int:
        """A time as parsed, moved from the clock's zone to UTC where one is known."""
        if self.kind != NAIVE or self.zone is None:
            return number
        return number - _offset_us(_EPOCH + timedelta(microseconds=number), self.zone)

    def text(self, us: int) -> str:
        """The time as the recording would write it.

        >>> Clock(ZONED).text(1_578_000_906_000_000), Clock(SECONDS).text(2_500_000)
        ('2020-01-02T21:35:06Z', '2.5')
        """
        if self.kind == SECONDS:
            return f"{us / US:g}"
        moment = _EPOCH + timedelta(microseconds=int(us))
        if self.family != "absolute":
            return moment.isoformat()
        if self.zone is None:
            return moment.isoformat() + "Z"
        return moment.replace(tzinfo=UTC).astimezone(self.zone).isoformat().replace("+00:00", "Z")


def parse_time(text: str, order: str = "") -> tuple[str, int] | None:
    """Clock and microseconds of a written time; None where it is not a time. ``order``: of day and month, where they are told
    (:data:`sim.replay.dates.ORDERS`).

    >>> parse_time("2020-01-02T21:35:06Z")
    ('with a time zone', 1578000906000000)
    >>> parse_time("90.5"), parse_time("1700000000")[0], parse_time("2026/7/2 9:05")[0], parse_time("soon")
    (('seconds since the start', 90500000), 'Unix seconds', 'without a time zone', None)
    """
    match = _ISO.fullmatch(text)
    if match:
        return _iso(match)
    match = _COMPACT.fullmatch(text)
    if match:
        return _moment([int(match[k]) for k in range(1, 7)], "", "")
    match = _NUMBER.fullmatch(text)
    if not match:
        other = dates.parts(text, order) if len(text) < 60 else None
        return _moment(*other) if other else None
    whole, part = int(match[1]), (match[2] or "").ljust(6, "0")
    name = _unit(whole)
    if name == SECONDS:
        return SECONDS, whole * US + int(part[:6])
    if name == "Unix seconds":
        us = whole * US + int(part[:6])
    else:
        us = whole // 1000 if name == "Unix nanoseconds" else whole * int(UNIX[name])
    return (name, us) if us < _LATEST_S * US else None


def number_time(number: float) -> tuple[str, int]:
    """Clock and microseconds of a time that is a number already (finite), to the nearest microsecond.

    >>> number_time(90.5), number_time(1_700_000_000_250)
    (('seconds since the start', 90500000), ('Unix milliseconds', 1700000000250000))
    """
    name = _unit(number)
    return name, round(number * UNIX.get(name, US))


def _unit(number: float) -> str:
    """What a bare number counts, told by its size."""
    if number < 10**8:
        return SECONDS
    return list(UNIX)[0 if number < 10**11 else 1 if number < 10**14 else 2 if number < 10**17 else 3]


def _iso(match: re.Match[str]) -> tuple[str, int] | None:
    return _moment([int(match[k] or 0) for k in range(1, 7)], match[7] or "", match[8] or "")


def _moment(parts: list[int], fraction: str, zone: str) -> tuple[str, int] | None:
    """Clock and microseconds of year, month, day, hour, minute and second; None where there is no such moment. 24:00:00 is the
    day's end (ISO 8601); a year from 2444 on is the Buddhist calendar's."""
    year, month, day, hour, minute, second = parts
    year -= dates.BUDDHIST if year - dates.BUDDHIST > 1900 else 0
    ends = (hour, minute, second) == (24, 0, 0) and not fraction.strip("0")
    if not 1970 < year < 2200:
        return None
    try:
        since = datetime(year, month, day, 0 if ends else hour, minute, second) - _EPOCH
    except ValueError:
        return None
    us = ((since.days + ends) * 86400 + since.seconds) * US + int(fraction.ljust(6, "0")[:6])
    if not zone:
        return NAIVE, us
    offset = _written_offset_us(zone)
    return None if offset is None else (ZONED, us - offset)


def _written_offset_us(text: str) -> int | None:
    """A written offset [us]; None where no clock on earth has it."""
    match = _OFFSET.fullmatch(text)
    if not match:
        return 0
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    if minutes > FARTHEST_MIN or int(match[3] or 0) > 59:
        return None
    return (-minutes if match[1] == "-" else minutes) * 60 * US


def _offset_us(local: datetime, zone: tzinfo) -> int:
    offset = zone.utcoffset(local)
    return 0 if offset is None else round(offset.total_seconds()) * US


def find_zone(name: str | None) -> tzinfo | None:
    """The zone called ``name``: "UTC", an offset such as "+08:00", or a place such as "Asia/Shanghai".

    >>> str(find_zone("+08:00"))
    'UTC+08:00'
    """
    if name is None or name == "":
        return None
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    if _OFFSET.fullmatch(name):
        offset = _written_offset_us(name)
        if offset is None:
            raise StreamError(
                _("zone={name!r} is not a time zone: offsets go to 14:00; write UTC, +08:00 or Asia/Shanghai").format(name=name)
            )
        return timezone(timedelta(microseconds=offset))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise StreamError(_("zone={name!r} is not a time zone; write UTC, +08:00 or Asia/Shanghai").format(name=name)) from None
