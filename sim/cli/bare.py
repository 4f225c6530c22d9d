"""A word that is no ``key=value``, or a value as people write it: what was meant, in one sentence."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from sim.cli.wide import WIDE
from sim.words import _, nearest

INPUT = {"ingest": "files", "replay": "stream", "review": "stream", "calibrate": "stream", "shadow": "input"}
"""Verb to the setting that names what it reads."""
_SPAN = re.compile(r"\s*[\[(]?\s*(-?[\d.]+)\s*(?:-|–|—|－|~|～|\.\.+|:|,|to|至|到)\s*(-?[\d.]+)(?::[\d.]+)?\s*[\])]?\s*")
_SPACED = re.compile(r"([\w.\[\]]+?)\s*=\s*(.*)", re.DOTALL)
_COLON = re.compile(r"([\w.]+?)\s*:\s*(.+)", re.DOTALL)
_PERCENT = re.compile(r"\s*([\d.]+)\s*[%％]\s*")
_CLOCK = re.compile(r"\s*(\d{1,2})[:：]([0-5]\d)\s*")


def bare(word: str, verb: str) -> str:
    """What to say of a word without a value."""
    from sim.setup.tree import GROUPS, RECORDS

    text = word.translate(WIDE)
    if text != word and "=" in text:
        return _("{word!r} has signs of a Chinese keyboard; write it as {text!r}").format(word=word, text=text)
    if (spaced := _SPACED.fullmatch(word.strip())) and "=" in word:
        return _("{word!r} has spaces that do not belong there; write it as {text!r}").format(
            word=word, text=f"{spaced[1]}={spaced[2]}"
        )
    if any(word.count(a) != word.count(b) for a, b in ("[]", "()", "{}")):
        return _(
            "{word!r} is a piece of a word that was cut at a space; put the whole word in quotes, as in 'strategy=[a b,c]'"
        ).format(word=word)
    if verb in INPUT and (Path(word).exists() or "." in word or "/" in word):
        return _("{word!r} needs the name of its setting; write {key}={word}").format(word=word, key=INPUT[verb])
    keys = [*([f.name for f in fields(RECORDS[verb])] if verb in RECORDS else []), *GROUPS.get(verb, ()), "scenario", "strategy"]
    if (colon := _COLON.fullmatch(text)) and colon[1].split(".")[0] in keys:
        return _("{word!r} has a colon where an = belongs; write it as {text!r}").format(word=word, text=f"{colon[1]}={colon[2]}")
    if word.split(".")[0] in keys:
        return _("{word!r} has no value; write {word}=VALUE, without spaces round the =").format(word=word)
    if (key := _chosen_by(word, verb)) is not None:
        return _("{word!r} needs the name of its setting; write {key}={word}").format(word=word, key=key)
    near = nearest(word, keys)
    text = (
        _("{word!r} is not of the form key=value; did you mean {near}=?; see stockcue {verb} --help")
        if near
        else _("{word!r} is not of the form key=value; see stockcue {verb} --help")
    )
    return text.format(word=word, near=near, verb=verb)


def _chosen_by(word: str, verb: str) -> str | None:
    """The setting that a name or a file would choose."""
    from scenarios import registry as scenarios
    from sim.setup.options import ENDINGS, options
    from sim.setup.tree import GROUPS
    from strategies import registry as strategies

    if word in scenarios.names():
        return "scenario"
    if word in strategies.names() or word.endswith(".py"):
        return "strategy"
    if word in options("experiment") or word.endswith("recommended.yaml"):
        return "experiment"
    group_of = next((group for group in GROUPS.get(verb, ()) if word in options(group)), None)
    return group_of or ("scenario" if word.endswith(ENDINGS) else None)


def span(value: object) -> tuple[str, str] | None:
    """The ends of a range that somebody wrote as people do, 20-400 or [20,400]; None for anything else.

    >>> span("20-400"), span([20, 400]), span("fast"), span("-3"), span("+08:00")
    (('20', '400'), ('20', '400'), None, None, None)
    """
    if isinstance(value, list) and len(value) == 2 and all(isinstance(v, int | float) for v in value):
        return str(value[0]), str(value[1])
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    return (match[1], match[2]) if match else None


def percent(value: object) -> str | None:
    """A share written as a percentage, as the number it is.

    >>> percent("5%"), percent("5")
    ('0.05', None)
    """
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return f"{float(match[1]) / 100:.10g}" if match else None


def clock(value: object) -> str | None:
    """A time of day written with a colon, as the hours that it is.

    >>> clock("20:30"), clock("20.5")
    ('20.5', None)
    """
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return f"{int(match[1]) + int(match[2]) / 60:.4g}" if match else None


def range_words(verb: str, key: str, low: str, high: str) -> str:
    """How a range is written, and where."""
    if verb in ("sweep", "tune", "sensitivity"):
        return _(
            "a range is written {key}=interval({low},{high}), steps range({low},{high},STEP), single values {low},{high}"
        ).format(key=key, low=low, high=high)
    return _("{verb} takes one value; stockcue sweep varies it, written {key}=interval({low},{high})").format(
        verb=verb, key=key, low=low, high=high
    )


def several_words(verb: str, word: str, key: str, text: str) -> str:
    """What to say of several values where one is taken."""
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", text.strip()):
        return _("{word!r} gives several values, and {verb} takes one; thousands are written {key}={number}").format(
            word=word, verb=verb, key=key, number=text.strip().replace(",", "")
        )
    if match := re.fullmatch(r"(\d+),(\d+)", text.strip()):
        return _("{word!r} gives several values, and {verb} takes one; a decimal is written {key}={whole}.{part}").format(
            word=word, verb=verb, key=key, whole=match[1], part=match[2]
        )
    return _(
        "{word!r} gives several values, and {verb} takes one; a list is written [a,b], and stockcue sweep plays several"
    ).format(word=word, verb=verb)
