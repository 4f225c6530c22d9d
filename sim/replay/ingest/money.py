"""Amounts of money as exports of many countries write them: with a currency, in brackets, with a decimal comma."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sim.replay.ingest.values import Number, read_number

NAMES = (
    "CNY|RMB|USD|EUR|GBP|JPY|HKD|TWD|SGD|MYR|THB|VND|IDR|PHP|KRW|INR|AUD|CAD|NZD|BRL|MXN|TRY|PLN|SEK|NOK|DKK|CHF|CZK|RUB|AED|"
    "SAR|ZAR"
)
SIGN = rf"(?:(?:{NAMES})|(?:US|HK|NT|S|A|C|NZ|R|MX)\$|RM|Rp\.?|Rs\.?|kr\.?|z[lł]|S/|[¥$€£₱฿₫₩₹₺₽]|元|人民币|圆|円)"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<a>[+-])?(?P<sign>{SIGN})?(?P<b>[+-])?(?P<digits>\d[\d.,']*)(?P<scale>千万|百万|[千万亿])?(?P<tail>{SIGN})?"
    r"(?P<c>-)?(?P<close>\))?", re.I,
)  # fmt: skip
_DOTS = re.compile(r"IDR|VND|Rp|₫", re.I)
"""Currencies written without decimals, and with dots between thousands."""
SCALES = {None: 1, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}


def read_money(text: str, comma: bool | None = None) -> Number | None:
    """An amount; None where it is none. ``comma``: whether this column writes decimals after a comma (None: not known).

    >>> [read_money(t).value for t in ("(59.90)", "59.90-", "RM 59.90", "US$1,059.90", "59,90 €", "1.059,90", "Rp 59.900")]
    [-59.9, -59.9, 59.9, 1059.9, 59.9, 1059.9, 59900.0]
    >>> read_money("1.059", True).value, read_money("1,059", False).value, read_money("59,90,1"), read_money("free")
    (1059.0, 1059.0, None, None)
    """
    plain = read_number(text)
    if plain is not None and plain.rule == "" and not (comma and decimal(text) is None and "." in text):
        return plain
    match = _AMOUNT.fullmatch(re.sub(r"[\s\u00a0\u202f]", "", unicodedata.normalize("NFKC", text).replace("−", "-")))
    if not match or bool(match["open"]) != bool(match["close"]):
        return None
    signs = [match[k] for k in "abc" if match[k]] + (["-"] if match["open"] else [])
    if len(signs) > 1:
        return None
    dots = _DOTS.search(f"{match['sign'] or ''} {match['tail'] or ''}") is not None
    value = _digits(match["digits"].replace("'", ""), True if dots else comma)
    if value is None:
        return None
    return Number((-1 if "-" in signs else 1) * round(value * SCALES[match["scale"]], 9), "number")


def _digits(text: str, comma: bool | None) -> float | None:
    """Digits with marks between them, the last mark the decimal one or not."""
    mark = _decimal(text)
    if mark is None:
        mark = "," if comma and re.fullmatch(r"\d{1,3}(?:\.\d{3})+", text) else "."
    other = "." if mark == "," else ","
    whole, _, part = text.partition(mark)
    if not re.fullmatch(rf"\d+|\d{{1,3}}(?:{re.escape(other)}\d{{3}})+", whole) or not re.fullmatch(r"\d*", part):
        return None
    return float(f"{whole.replace(other, '')}.{part or 0}")


def _decimal(text: str) -> str | None:
    """The decimal mark of some digits, where they leave no doubt about it."""
    dot, comma = text.rfind("."), text.rfind(",")
    if dot >= 0 and comma >= 0:
        return "." if dot > comma else ","
    at = max(dot, comma)
    if at < 0 or (len(text) - at - 1 == 3 and 1 <= at <= 3) or text.count(text[at]) > 1:
        return None
    return text[at]


def decimal(text: str) -> str | None:
    """The decimal mark of a cell, where it leaves no doubt.

    >>> [decimal(t) for t in ("1.059,90", "RM59.90", "1,059", "12")]
    [',', '.', None, None]
    """
    digits = re.search(r"\d[\d.,]*", unicodedata.normalize("NFKC", text))
    return _decimal(digits[0]) if digits else None


def uses_comma(words: Iterable[str]) -> bool | None:
    """Whether a column writes its decimals after a comma; None where nothing tells, or both ways are there."""
    marks = {mark for mark in map(decimal, words) if mark}
    return None if len(marks) != 1 else marks == {","}
