"""A run of show that gives clock times only: they belong to the recording's day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sim.replay.clock import SECONDS, StreamError
from sim.replay.dates import clock_s, order_of
from sim.words import _

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.replay.ingest.row_validator import RowValidator
    from sim.replay.ingest.state import FileState

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
    told = [_length(length or "", s) for s, length in zip(slots, lengths, strict=True)]
    validator.cells |= {"start_time": pa.array(begins, pa.string()), "duration": pa.array(told, pa.string())}


def _length(told: str, slot: tuple[str, int] | None) -> str:
    """What a row tells of its length, else its slot's; a bare number is minutes where the slot is as many.

    >>> _length("", ("20:05", 300)), _length("5", ("20:05", 300)), _length("60", ("20:05", 300)), _length("1分", None)
    ('300', '300', '60', '1分')
    """
    if slot is None:
        return told
    number = told.strip()
    minutes = number.isdecimal() and int(number) * 60 == slot[1]
    return str(slot[1]) if minutes or not number else told


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


def no_time(field: str, word: str) -> str:
    """Why a cell is not a moment.

    >>> no_time("time", "20:05:00"), no_time("time", "")
    ("time '20:05:00' is a time of day without a day; a column called date could say it", 'time is empty')
    """
    if not word:
        return f"{field} is empty"
    if ":" in word and clock_s(word) is not None:
        return f"{field} {word!r} is a time of day without a day; a column called date could say it"
    return f"{field} {word!r} is not a time such as 2026-06-18 20:00:00"


def day_and_month(state: FileState, words: pa.Array) -> bool:
    """Tell from dates such as 18/06/2026 whether the day comes first; :class:`StreamError` where they leave it open."""
    told, one = order_of(words.to_pylist())
    if not one:
        return False
    if len(told) != 1:
        what = _("in both orders") if told else _("which may begin with the day or the month")
        raise StreamError(
            _(
                "{where} writes dates such as {one!r}, {what}; say dates: day-first or dates: month-first "
                "in a mapping of your own (mapping=FILE.yaml)"
            ).format(where=state.where, one=one, what=what)
        )
    state.dates = told.pop()
    state.notes.append(
        _("{where}: dates such as {one} are read {dates}, as others of them show").format(
            where=state.where, one=one, dates=state.dates
        )
    )
    return True


_OF_DAY = r"^\D{0,3}\d{1,2}[:：时時点]"
_MIDNIGHT = r"[ T]0{1,2}:00(:00(\.0+)?)?$"


def dated(validator: RowValidator, texts: pa.Array) -> pa.Array:
    """Times of day with the day that another column of their row gives put before them; the other texts as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days = pc.replace_substring_regex(validator.texts("date"), _MIDNIGHT, "")
    joins = pc.and_(pc.match_substring_regex(texts, _OF_DAY), pc.not_equal(days, ""))
    if not (n := pc.sum(joins).as_py()):
        return texts
    what = _("times of day are taken with the day in {date}").format(date=validator.names["date"])
    validator.state.remarks[what] += n
    return pc.if_else(joins, pc.binary_join_element_wise(days, texts, pa.scalar(" ")), texts)


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
