"""What cells mean: numbers, counts, spans of time; each rule for one text, applied to every different text of a column once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.replay.ingest.tradewords import GONE
from sim.words import N_

if TYPE_CHECKING:
    import pyarrow as pa

RULES = {
    N_("trim"): N_("blanks or a tab round a value were taken off"), N_("dash"): N_("a dash or NULL was read as empty"),
    N_("number"): N_("a number was written with a sign, commas, 万 or .0"), N_("percent"): N_("a percentage was read as a share"),
    N_("duration"): N_("a span such as 1分35秒 was read as seconds"),
    N_("date"): N_("a time was not written as 2026-06-18 20:00:00"),
    N_("words"): N_("a stock figure was written in words, such as 已售罄"),
    N_("split"): N_("several sub-orders packed in one row were taken apart"),
    N_("formula"):
        N_("=\"4001\" or '4001, which keep a number as text in a spreadsheet, was read as 4001"),
    N_("merged"): N_("cells left empty by merged cells were filled from the row above"),
    N_("calendar"): N_("a year of another calendar, such as 2569 or 令和8年, was read as 2026"),
}  # fmt: skip
"""Rules that repair a row, and what they do; a row's repairs are bits in this order."""
BIT = {name: 1 << k for k, name in enumerate(RULES)}
EMPTY = ("-", "--", "—", "\\N", "NULL", "null", "nan", "NaN", "None")
"""What stands for nothing."""
SIGNS = "¥￥$€£"
SCALES = {"": 1, "千": 10**3, "k": 10**3, "万": 10**4, "w": 10**4, "百万": 10**6, "m": 10**6, "千万": 10**7, "亿": 10**8}

_NUMBER = re.compile(
    r"([+-]?)([¥￥$€£]?)([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,18})(\.\d{1,15})?(百万|千万|[千万亿kwm]?)(元|人|件|个|次|单|%)?",
    re.I | re.ASCII,
)
_FORMULA = r"""^(?:="[^"]*"|'[0-9A-Za-z][0-9A-Za-z_./-]*)$"""
_LEFT = re.compile(r"(?:仅剩|只剩|剩余|剩|余|库存|还剩|only)?(\d{1,8})(?:件|个|盒|瓶|支|left|pcs|instock|inventory)了?")
_PIECES = re.compile(r"[x×*]?(\d[\d,]*(?:\.0+)?)(?:[件个個盒瓶支条條袋包套箱张只]|pcs?|pieces?|units?|ea)?", re.I)
"""What is counted in pieces, with their name behind it or a multiplier before it."""
_OWED = re.compile(r"\((\d+(?:\.0+)?)\)|(\d+(?:\.0+)?)-")
_LETTERS = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
_PLAIN = re.compile(r"-?\d{1,18}(\.\d{1,15})?", re.ASCII)
_SPAN = re.compile(
    r"(?:(\d{1,4})天)?(?:(\d{1,4})(?:小时|时))?(?:(\d{1,6}(?:\.\d{1,6})?)(?:分钟|分))?(?:(\d{1,9}(?:\.\d{1,6})?)秒)?"
)
_LATIN_SPAN = re.compile(
    r"(?:(\d{1,4})h(?:ours?|rs?)?)?(?:(\d{1,6}(?:\.\d{1,6})?)m(?:in(?:utes?|s)?)?)?(?:(\d{1,9}(?:\.\d{1,6})?)s(?:ec(?:onds?|s)?)?)?",
    re.I,
)
_COLONS = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d)", re.ASCII)


class Number(NamedTuple):
    """A number and the rule that repaired it ("": none)."""

    value: float
    rule: str = ""


def read_number(text: str) -> Number | None:
    """A number as exports write it; None where it is none.

    >>> [read_number(t).value for t in ("58920", "¥58,920", "15.2万", "-1,009.90", "3.40%", "２")]
    [58920.0, 58920.0, 152000.0, -1009.9, 0.034, 2.0]
    >>> read_number("1,00"), read_number("##密文"), read_number("1e5")
    (None, None, None)
    """
    if _PLAIN.fullmatch(text):
        return Number(float(text))
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", "").replace("−", "-"))
    if not match or (match[1] and match[3]):
        return None
    sign = -1 if "-" in (match[1], match[3]) else 1
    value = sign * round(float(match[4].replace(",", "") + (match[5] or "")) * SCALES[match[6].lower()], 9)
    return Number(value / 100, "percent") if match[7] == "%" else Number(value, "number")


def read_span(text: str) -> Number | None:
    """A span of time [s].

    >>> [read_span(t).value for t in ("13小时46分钟38秒", "1分35秒", "2.5分", "00:15:10", "3min", "95.5")]
    [49598.0, 95.0, 150.0, 910.0, 180.0, 95.5]
    """
    match = _COLONS.fullmatch(text)
    if match:
        return Number(int(match[1]) * 3600.0 + int(match[2]) * 60 + int(match[3]))
    match = _SPAN.fullmatch(text.replace(" ", ""))
    if match and any(match.groups()):
        days, hours, minutes, seconds = (float(g or 0) for g in match.groups())
        return Number(days * 86400 + hours * 3600 + minutes * 60 + seconds, "duration")
    span = _LATIN_SPAN.fullmatch(text.replace(" ", ""))
    if span and any(span.groups()):
        hours, minutes, seconds = (float(g or 0) for g in span.groups())
        return Number(hours * 3600 + minutes * 60 + seconds, "duration")
    return read_number(text)


def read_units(text: str, meaning: str, least: int, most: int) -> Number | str:
    """A whole number of units from ``least`` to ``most``, or why it is none.

    >>> read_units("2.0", "qty", 1, 9), read_units("0", "qty", 1, 9)
    (Number(value=2.0, rule='number'), 'qty 0 is not positive')
    >>> read_units("1m", "qty", 1, 9), read_units("2 盒", "qty", 1, 9).value, read_units("x3", "qty", 1, 9).value
    ("qty '1m' is not a whole number", 2.0, 3.0)
    """
    if not text:
        return f"{meaning} is empty"
    pieces = None if text.isdigit() else _PIECES.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    amount = read_number(pieces[1]) if pieces else None
    if pieces and amount is not None:
        amount, text = Number(amount.value, "number"), pieces[1]
    else:
        amount = read_number(text)
    # 1m is a metre, not a million: what is counted in pieces has no letters.
    if amount is None or amount.value != int(amount.value) or amount.rule == "percent" or _LETTERS.search(text):
        return f"{meaning} {text[:60]!r} is not a whole number"
    number = int(amount.value)
    if number < least:
        return f"{meaning} {number} is not positive" if least else f"{meaning} {number} is negative"
    if number > most:
        return f"{meaning} {number} is more than {most:,}"
    return Number(float(number), amount.rule or ("number" if "." in text else ""))


def read_level(text: str, meaning: str, least: int, most: int) -> Number | str:
    """A stock figure: whole units, below zero where a shop owes more than it has, or a word that says there is nothing.

    >>> [read_level(t, "stock", -9, 9).value for t in ("-2", "（2）", "2-", "已售罄", "仅剩3件了")]
    [-2.0, -2.0, -2.0, 0.0, 3.0]
    """
    word = unicodedata.normalize("NFKC", text).lower().replace(" ", "").replace("_", "").replace("-", "")
    if word in GONE or word.removesuffix("了") in GONE:
        return Number(0.0, "words")
    if owed := _OWED.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", "")):
        text = f"-{owed[1] or owed[2]}"
    left = _LEFT.fullmatch(word)
    return Number(float(left[1]), "words") if left else read_units(text, meaning, least, most)


def clean(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Texts without blanks and tabs round them, nothing for what stands for nothing; and the repairs of each.

    >>> import pyarrow as pa
    >>> texts, repairs = clean(pa.array(["\\t9001", "-", "mask"]))
    >>> texts.to_pylist(), repairs.tolist()
    (['9001', '', 'mask'], [1, 2, 0])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(pc.utf8_trim(pc.utf8_trim_whitespace(column), "\ufeff"))
    repairs = pc.not_equal(pc.binary_length(trimmed), pc.binary_length(column)).to_numpy(zero_copy_only=False)
    formulas = pc.match_substring_regex(trimmed, _FORMULA)
    if pc.any(formulas).as_py():
        bare = pc.replace_substring_regex(pc.replace_substring_regex(trimmed, "^(?:=\"|')", ""), '"$', "")
        trimmed = pc.if_else(formulas, pc.utf8_trim_whitespace(bare), trimmed)
        marked = formulas.to_numpy(zero_copy_only=False)
        repairs = repairs & ~marked
    else:
        marked = None
    nothing = pc.is_in(trimmed, pa.array(EMPTY, pa.string()))
    out = np.where(repairs, BIT["trim"], 0).astype(np.int32)
    if marked is not None:
        out[marked] = BIT["formula"]
    # Blanks in an empty cell repair nothing.
    out[pc.equal(trimmed, "").to_numpy(zero_copy_only=False)] = 0
    if pc.any(nothing).as_py():
        out[nothing.to_numpy(zero_copy_only=False)] = BIT["dash"]
        trimmed = pc.if_else(nothing, "", trimmed)
    return trimmed, out


def each(
    words: list[str], rule: Callable[[str], Number | str | None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """``rule`` on every word: values (NaN where there is none), repairs, and faults (None or a sentence)."""
    values = [rule(word) for word in words]
    value = np.array([f.value if isinstance(f, Number) else np.nan for f in values], float)
    repair = np.array([BIT[f.rule] if isinstance(f, Number) and f.rule else 0 for f in values], np.int32)
    fault = np.array([f if isinstance(f, str) else None for f in values], object)
    return value, repair, fault
