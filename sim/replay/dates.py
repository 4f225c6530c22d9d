"""Dates as people and platforms of other countries write them: day or month first, month names, AM and PM, 下午."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
ORDERS = ("", DAY_FIRST, MONTH_FIRST)
"""What a mapping can say of dates such as 06/07/2026; "": nothing, so that only dates which leave no doubt are read."""
MONTHS = {m: k for k, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
EARLY, LATE = ("上午", "凌晨", "早上", "清晨", "午前"), ("下午", "晚上", "傍晚", "午後", "夜里")

_ZONE = r"\s*(?P<zone>Z|(?:UTC|GMT)?[+-]\d{1,2}:?(?:\d{2})?|UTC|GMT)?"
_CLOCK = (
    r"(?P<half>上午|凌晨|早上|清晨|午前|中午|下午|晚上|傍晚|午後|夜里)?\s*(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})"
    r"(?:[.,](?P<part>\d{1,9}))?)?)?\s*(?P<ap>[ap]\.?m\.?)?"
)
_DATE = (
    r"(?:(?P<y1>\d{4})[-/.年](?P<m1>\d{1,2})[-/.月](?P<d1>\d{1,2})日?|(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y2>\d{4})"
    r"|(?P<d3>\d{1,2})[-\s](?P<n3>[a-z]{3,9})\.?,?[-\s](?P<y3>\d{4})|(?P<n4>[a-z]{3,9})\.?\s(?P<d4>\d{1,2}),?\s(?P<y4>\d{4}))"
)
_WRITTEN = re.compile(rf"(?:[a-z]{{3}},?\s)?{_DATE}[\sT,]+(?:at\s)?{_CLOCK}{_ZONE}", re.I)
_ALONE = re.compile(_CLOCK, re.I)
_SLASHED = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}[\sT,]")


BUDDHIST = 543
"""Years that the Buddhist calendar is ahead."""
ERAS = {"令和": 2018, "民國": 1911, "民国": 1911}
"""The year before an era's first."""
_ERA = re.compile(rf"({'|'.join(ERAS)})(\d{{1,3}}|元)(?=年|[-/.])")
OTHER_CALENDAR = rf"^(?:2[4-7]\d\d[-/.年]|{'|'.join(ERAS)})|[-/. ]2[4-7]\d\d[ T,]"
"""Times whose year is of another calendar."""


def plain(text: str) -> str:
    """Full-width signs as plain ones, 20时5分6秒 as 20:05:06, 令和8年 as 2026年, without what stands in brackets at the end."""
    words = re.sub(r"\s*\([^()]*\)$", "", unicodedata.normalize("NFKC", text).strip())
    words = _ERA.sub(lambda m: str(ERAS[m[1]] + (1 if m[2] == "元" else int(m[2]))), words)
    words = re.sub(r"(?<=[时点時分])\s*(\d)(?=\s*[分秒])", r"0\1", words)
    words = re.sub(r"(\d)\s*[时点時](?=\d)", r"\1:", words)
    words = re.sub(r"(\d)\s*分(?=\d)", r"\1:", words)
    return re.sub(r"(?<=\d)\s*[分秒](?=\D|$)", "", re.sub(r"(\d)\s*[时点時](?=\D|$)", r"\1:00", words))


def parts(text: str, order: str = "") -> tuple[list[int], str, str] | None:
    """Year to second, the fraction's digits and the zone of a written time; None where it is none, or may be two.

    >>> parts("18/06/2026 8:00:05 PM", "day-first"), parts("18/06/2026 20:00:05")
    (([2026, 6, 18, 20, 0, 5], '', ''), None)
    >>> parts("2026年6月18日 下午8:05")[0], parts("Jun 18, 2026 12:10 AM")[0]
    ([2026, 6, 18, 20, 5, 0], [2026, 6, 18, 0, 10, 0])
    >>> parts("2026年6月18日 下午8时5分")[0], parts("Thu Jun 18 2026 20:05:00 GMT+0800 (CST)")[::2]
    ([2026, 6, 18, 20, 5, 0], ([2026, 6, 18, 20, 5, 0], '+0800'))
    >>> parts("令和8年6月18日 20時5分")[0], parts("2026/6/18 8:1:5")[0]
    ([2026, 6, 18, 20, 5, 0], [2026, 6, 18, 8, 1, 5])
    """
    match = _WRITTEN.fullmatch(re.sub(r"(?<=\d):(\d)(?=\D|$)", r":0\1", plain(text)))
    if not match or (match["minute"] is None and not match["ap"] and not match["half"]):
        return None
    g = match.groupdict()
    if g["y1"]:
        date = [int(g["y1"]), int(g["m1"]), int(g["d1"])]
    elif g["y2"]:
        if not order:
            return None
        day, month = (int(g["a"]), int(g["b"])) if order == DAY_FIRST else (int(g["b"]), int(g["a"]))
        date = [int(g["y2"]), month, day]
    else:
        month = MONTHS.get((g["n3"] or g["n4"])[:3].lower(), 0)
        date = [int(g["y3"] or g["y4"]), month, int(g["d3"] or g["d4"])]
    hour = _hour(int(g["hour"]), g["half"] or "", (g["ap"] or "").lower())
    if hour is None:
        return None
    return [*date, hour, int(g["minute"] or 0), int(g["second"] or 0)], g["part"] or "", _zone(g["zone"] or "")


def _hour(hour: int, half: str, ap: str) -> int | None:
    """The hour of 24; None where the half of the day contradicts it or leaves it open."""
    if ap:
        if hour > 12 or hour == 0:
            return hour if ap[0] == "p" and hour > 12 else None
        return hour % 12 + (12 if ap[0] == "p" else 0)
    if half in EARLY:
        return None if hour > 12 else hour % 12
    if half == "中午":
        return hour if hour >= 11 else hour + 12
    if half in LATE:
        # 12 at night belongs to one day or the other.
        return hour if hour > 12 or (hour == 12 and half in ("下午", "午後")) else None if hour == 12 else hour + 12
    return hour


def _zone(text: str) -> str:
    """+8 as +08, UTC+8 as +08."""
    bare = re.sub(r"^(?:UTC|GMT)(?=[+-])", "", text.upper())
    return re.sub(r"^([+-])(\d)(?=$|:)", r"\g<1>0\2", bare)


def clock_s(text: str) -> int | None:
    """Seconds of the day of a bare clock time, to 29:59:59 for what goes on after midnight; None where it is none.

    >>> clock_s("20:05"), clock_s("下午8:05"), clock_s("8:05:30 pm"), clock_s("24:30"), clock_s("20"), clock_s("20:61")
    (72300, 72300, 72330, 88200, None, None)
    """
    match = _ALONE.fullmatch(plain(text))
    if not match or (match["minute"] is None and not match["ap"] and not match["half"]):
        return None
    hour = _hour(int(match["hour"]), match["half"] or "", (match["ap"] or "").lower())
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    return None if hour is None or hour > 29 or minute > 59 or second > 59 else hour * 3600 + minute * 60 + second


def order_of(words: Iterable[str]) -> tuple[set[str], str]:
    """Which of day and month the dates of a column begin with, as far as they tell, and one of them ("": there are none).

    >>> order_of(["06/07/2026 20:00", "18/06/2026 20:00"]), order_of(["06/07/2026 20:00"])
    (({'day-first'}, '06/07/2026 20:00'), (set(), '06/07/2026 20:00'))
    """
    told: set[str] = set()
    one = ""
    for word in words:
        match = _SLASHED.match(plain(word))
        if match:
            one = one or word
            told |= {DAY_FIRST} if int(match[1]) > 12 else {MONTH_FIRST} if int(match[2]) > 12 else set()
    return told, one
