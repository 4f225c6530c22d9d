"""Written times by the column. The rule for one text is ``clock.parse_time``; here rows of one shape are cut alike.

A shape is a text with every digit put as 0. Rows of a shape keep year, month and so on in the same places, so one row tells
where they are and NumPy reads all of them. Whatever is rare is read one by one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core.units import US
from sim.replay.clock import FARTHEST_MIN, NAIVE, SECONDS, UNIX, ZONED, parse_time
from sim.replay.dates import DAY_FIRST, OTHER_CALENDAR

if TYPE_CHECKING:
    import pyarrow as pa

CLOCKS = (NAIVE, ZONED, SECONDS, *UNIX)
"""Clock kinds by code; -1: not a time."""
FEW = 64
"""Fewer rows of a length than this are read one by one."""
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_EPOCH = datetime(1970, 1, 1)
_SLASHED = re.compile(r"00[-/.]00[-/.]0000[ T]00:00")
_PLAIN = re.compile(r"0{4}-00-00[T ]00:00:00|(?!0{14}$)0+(\.0+)?$")
_ODD = re.compile(rf"{OTHER_CALENDAR}|[ T]24:")
_FIELDS = re.compile(r"0{4}[-/.]00[-/.]00[T ]00:00(?::00(?:[.,]0{1,9})?)?(?: ?(?:Z|UTC|GMT|[+-]00:?(?:00)?))?")


def parse_times(texts: pa.Array, order: str = "") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Microseconds, clock code and whether it is written in the plain way (with dashes and seconds, or a number) of every text.

    >>> import pyarrow as pa
    >>> us, clock, plain = parse_times(pa.array(["2020-01-02T21:35:06Z", "90.5", "soon"]))
    >>> us.tolist(), clock.tolist()
    ([1578000906000000, 90500000, 0], [1, 2, -1])
    """
    import pyarrow.compute as pc

    n = len(texts)
    us, clock, plain = np.zeros(n, np.int64), np.full(n, -1, np.int8), np.ones(n, bool)
    sizes = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    for size in np.unique(sizes).tolist():
        which = np.flatnonzero(sizes == size)
        if len(which) < FEW or not 8 <= size <= 40:
            _one_by_one(texts, which, us, clock, plain, order)
            continue
        letters = _turned(_letters(texts, which, size, n), order)
        shape = np.where((letters >= 48) & (letters <= 57), 48, letters)
        alike = (shape == shape[0]).all(axis=1)
        written = bytes(shape[0]).decode("utf-8", "replace")
        done = _alike(written, letters[alike], us, clock, which[alike])
        if done:
            plain[which[alike]] = _PLAIN.match(written) is not None
        # What is no moment in the plain way may be one in another: a day's end, another calendar's year.
        rest = which[~alike | (clock[which] < 0)] if done else which
        _one_by_one(texts, rest, us, clock, plain, order)
    return us, clock, plain


def other_calendar(texts: pa.Array, odd: np.ndarray) -> np.ndarray:
    """Which of some ``odd`` times, not written the plain way, have the year of another calendar."""
    import pyarrow.compute as pc

    if not odd.any():
        return odd
    hits: np.ndarray = pc.match_substring_regex(texts, OTHER_CALENDAR).to_numpy(zero_copy_only=False)
    return odd & hits


def _letters(texts: pa.Array, which: np.ndarray, size: int, n: int) -> np.ndarray:
    """Texts of one size as a matrix of bytes."""
    import pyarrow as pa

    part = texts if len(which) == n else texts.take(pa.array(which))
    data = part.buffers()[2]
    start = int(np.frombuffer(part.buffers()[1], np.int32)[part.offset])
    return np.frombuffer(data, np.uint8, len(which) * size, start).reshape(len(which), size)


def _turned(letters: np.ndarray, order: str) -> np.ndarray:
    """Dates with day or month first as dates with the year first, where all are written with two digits each."""
    if not order or letters.shape[1] < 16 or not _SLASHED.match(_shape(letters[0])):
        return letters
    same = letters[0, [2, 5]]
    if not (letters[:, [2, 5]] == same).all():
        return letters
    first, second = letters[:, 0:2], letters[:, 3:5]
    month, day = (second, first) if order == DAY_FIRST else (first, second)
    mark = letters[:, 2:3]
    return np.concatenate([letters[:, 6:10], mark, month, mark, day, letters[:, 10:]], axis=1)


def _shape(letters: np.ndarray) -> str:
    return bytes(np.where((letters >= 48) & (letters <= 57), 48, letters).astype(np.uint8)).decode("utf-8", "replace")


def _one_by_one(texts: pa.Array, which: np.ndarray, us: np.ndarray, clock: np.ndarray, plain: np.ndarray, order: str) -> None:
    """Rare texts; each different one is read once."""
    import pyarrow as pa

    if not len(which):
        return
    coded = texts.take(pa.array(which)).dictionary_encode()
    words = coded.dictionary.to_pylist()
    moment = [parse_time(text, order) for text in words]
    simple = np.array([_PLAIN.match(re.sub(r"[0-9]", "0", text)) and not _ODD.search(text) for text in words], bool)
    at = np.array([f[1] if f else 0 for f in moment], np.int64)
    kinds = np.array([CLOCKS.index(f[0]) if f else -1 for f in moment], np.int8)
    codes = coded.indices.to_numpy()
    us[which], clock[which], plain[which] = at[codes], kinds[codes], simple[codes]


def _alike(shape: str, letters: np.ndarray, us: np.ndarray, clock: np.ndarray, which: np.ndarray) -> bool:
    """Read rows of one shape; False where the shape is not one that is read so."""
    if shape == "0" * len(shape) and len(shape) in (10, 13, 16):
        return _unix(letters, us, clock, which)
    if not _FIELDS.fullmatch(shape):
        return False
    places = [slice(0, 4), slice(5, 7), slice(8, 10), slice(11, 13), slice(14, 16)]
    parts = [_whole(letters[:, p]) for p in places]
    parts.append(_whole(letters[:, 17:19]) if shape[16:17] == ":" else np.zeros(len(letters), np.int64))
    rest = shape[19 if shape[16:17] == ":" else 16 :]
    fraction = re.match(r"[.,](0+)", rest)
    offset, far = np.zeros(len(letters), np.int64), np.zeros(len(letters), bool)
    zone = rest[fraction.end() :] if fraction else rest
    if zone.strip().startswith(("+", "-")):
        offset = _offset(letters[:, len(shape) - len(zone.lstrip()) :])
        far = np.abs(offset) > FARTHEST_MIN * 60 * US
    at = _moments(parts, offset)
    if fraction:
        first = len(shape) - len(rest) + 1
        digits = letters[:, first : first + min(6, len(fraction[1]))]
        at = at + _whole(digits) * 10 ** (6 - digits.shape[1])
    good = _possible(parts) & ~far
    us[which], clock[which] = np.where(good, at, 0), np.where(good, CLOCKS.index(ZONED if zone else NAIVE), -1)
    return True


def _unix(letters: np.ndarray, us: np.ndarray, clock: np.ndarray, which: np.ndarray) -> bool:
    """Unix seconds, milliseconds or microseconds, told apart by their length; leading zeros go the slow way."""
    if (letters[:, 0] == 48).any():
        return False
    name = {10: "Unix seconds", 13: "Unix milliseconds", 16: "Unix microseconds"}[letters.shape[1]]
    at = _whole(letters) * int(UNIX[name])
    good = at < 7_258_118_400 * US
    us[which], clock[which] = np.where(good, at, 0), np.where(good, CLOCKS.index(name), -1)
    return True


def _whole(letters: np.ndarray) -> np.ndarray:
    out = np.zeros(len(letters), np.int64)
    for column in letters.T:
        out = out * 10 + (column - 48)
    return out


def _offset(letters: np.ndarray) -> np.ndarray:
    digits = letters[:, 1:][:, letters[0, 1:] != 58]
    part = _whole(digits[:, 2:4]) if digits.shape[1] >= 4 else np.zeros(len(digits), np.int64)
    minutes = np.where(part < 60, _whole(digits[:, :2]) * 60 + part, 24 * 60)
    return np.where(letters[:, 0] == 45, -minutes, minutes) * 60 * US


def _moments(parts: list[np.ndarray], offset: np.ndarray) -> np.ndarray:
    """Microseconds since 1970 of year, month, day, hour, minute and second (days by the civil-calendar formula)."""
    year, month, day, hour, minute, second = parts
    y = year - (month <= 2)
    era, of_era = y // 400, y % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return ((days * 24 + hour) * 60 + minute) * 60 * US + second * US - offset


def _possible(parts: list[np.ndarray]) -> np.ndarray:
    year, month, day, hour, minute, second = parts
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    most = np.where((month == 2) & leap, 29, _DAYS[np.clip(month, 0, 12)])
    good = (year > 1970) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= most)
    return good & (hour < 24) & (minute < 60) & (second < 60)


class Moved(NamedTuple):
    """Naive times in UTC [us]; ``never``: there was no such time, the clocks went forward over it; ``twice``: there were two,
    for the clocks went back, and the first is taken."""

    us: np.ndarray
    never: np.ndarray
    twice: np.ndarray


def shifted(us: np.ndarray, zone: tzinfo | None) -> Moved:
    """Naive times moved from their zone to UTC: one offset a quarter of an hour, which is as often as zones change.

    >>> from zoneinfo import ZoneInfo
    >>> gap = np.array([20_520 * 86_400 + 9_000]) * US   # 2026-03-08 02:30
    >>> shifted(gap, ZoneInfo("America/New_York")).never.tolist()
    [True]
    """
    nothing = np.zeros(len(us), bool)
    if zone is None or zone is UTC:
        return Moved(us, nothing, nothing)
    quarter = 900 * US
    slots, codes = np.unique(us // quarter, return_inverse=True)
    moments = [_EPOCH + timedelta(microseconds=s * quarter) for s in slots.tolist()]
    first, second = (
        np.array([round((zone.utcoffset(m.replace(fold=fold)) or timedelta()).total_seconds()) for m in moments], np.int64) * US
        for fold in (0, 1)
    )
    return Moved(us - first[codes], (second > first)[codes], (second < first)[codes])
