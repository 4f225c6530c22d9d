"""Series of values as rule tests write them: ``500-20x24`` is 500, 480, ... (24 steps), ``_`` a reading that is lost.

The notation is that of promtool's unit tests of Prometheus rules, so that a series can be carried over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.words import _

MOST = 100_000
"""Most values of one series."""
_NUMBER = r"\d+(?:\.\d+)?"
_STEPS = re.compile(rf"(?P<first>-?{_NUMBER})(?:(?P<sign>[+-])(?P<step>{_NUMBER}))?(?:x(?P<times>\d+))?")
_LOST = re.compile(r"_(?:x(?P<times>\d+))?")
_PART = re.compile(rf"(?P<n>{_NUMBER})(?P<unit>h|min|m|s)?")
_SECONDS = {"h": 3600.0, "min": 60.0, "m": 60.0, "s": 1.0, None: 1.0}


class RuleError(ValueError):
    """A rules file that cannot be used; the message is one sentence."""


def values(text: object) -> list[float | None]:
    """The values of a series, None where a reading is lost.

    text: a list of numbers, or words apart by spaces: ``a``, ``a+bxn`` and ``a-bxn`` (a, then n steps of b), ``axn`` (a, then n
    times a again), ``_`` and ``_xn`` (1 or n lost readings).

    >>> values("500-20x2 _ 400x1")
    [500.0, 480.0, 460.0, None, 400.0, 400.0]
    >>> values([3, None, 4.5])
    [3.0, None, 4.5]
    """
    if isinstance(text, Sequence) and not isinstance(text, str):
        return [None if v is None or v == "_" else _number(v) for v in text]
    out: list[float | None] = []
    for word in str(text).split():
        lost, steps = _LOST.fullmatch(word), _STEPS.fullmatch(word)
        if lost is None and steps is None:
            sentence = _("{word!r} is no series; write 500-20x24 (500, then 24 steps of -20), 80x10 or _ (a lost reading)")
            raise RuleError(sentence.format(word=word))
        figures = lost or steps
        assert figures is not None
        times = int(figures["times"] or (1 if lost else 0))
        if len(out) + times > MOST:
            raise RuleError(_("{word!r} makes a series of more than {most:,} values").format(word=word, most=MOST))
        if steps is None:
            out += [None] * times
            continue
        step = float(steps["step"] or 0.0) * (-1.0 if steps["sign"] == "-" else 1.0)
        out += [float(steps["first"]) + step * k for k in range(times + 1)]
    return out


def seconds(text: object) -> float:
    """A time of the show [s]: a number of seconds, or hours, minutes and seconds.

    >>> seconds(90), seconds("7min"), seconds("1h30m")
    (90.0, 420.0, 5400.0)
    """
    if isinstance(text, int | float) and not isinstance(text, bool) and text >= 0:
        return float(text)
    word = str(text).replace(" ", "")
    parts = list(_PART.finditer(word))
    if not parts or "".join(p[0] for p in parts) != word:
        raise RuleError(_("{text!r} is no time of the show; write 90s, 7min or 1h30min").format(text=str(text)))
    return sum(float(p["n"]) * _SECONDS[p["unit"]] for p in parts)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleError(_("{value!r} is no number of a series").format(value=value))
    return float(value)
