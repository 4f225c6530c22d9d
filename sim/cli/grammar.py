"""What the value of a word says, in Hydra's grammar: numbers, lists, groups and ranges. Names in any script, paths and quoted
texts are held back from it and put in again, so that they travel as values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from sim.cli.words import WordError, unquoted
from sim.words import _, no_such

if TYPE_CHECKING:
    from sim.setup.design import Axis

TEXTS = ("out", "stream", "earlier", "cues", "stock", "start", "end", "zone", "files", "input", "state", "rejects", "metrics",
         "mapping", "name", "sku", "figure", "figure_sku", "address")  # fmt: skip
"""Settings whose values are names, paths or times: taken as they stand, in lists and as keys of groups too."""
FUNCTIONS = ("interval", "range", "choice", "tag", "glob", "shuffle", "sort", "int", "float", "str", "bool", "json_str",
             "extend_list")  # fmt: skip
"""What Hydra's grammar calls; ranges are written with the first three."""
_PLAIN = re.compile(r"[\w./\-+@$%*?|]*", re.ASCII)
_QUOTED = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)


def value_of(key: str, text: str) -> Any:
    """The value that a word's text stands for; a fault of its syntax raises a sentence.

    >>> value_of("stock", "{面膜: 200}"), value_of("out", "runs/a=b"), value_of("gate.n", "2"), value_of("sku", "[007,1e3]")
    ({'面膜': 200}, 'runs/a=b', 2, ['007', '1e3'])
    """
    parsed, held = _parsed(key, text)
    if isinstance(parsed, str):
        return parsed
    if parsed is None:
        raise WordError(_unreadable(f"{key}={text}"))
    if parsed.is_sweep_override():
        raise WordError(_("{text!r} gives several values; give one, or a list written [a,b]").format(text=f"{key}={text}"))
    return _restored(parsed.value(), held)


def several(key: str, text: str) -> bool:
    """Whether a word's text gives several values to try."""
    parsed, _ = _parsed(key, text)
    return parsed is not None and not isinstance(parsed, str) and parsed.is_sweep_override()


def axis_of(key: str, text: str, word: str) -> Axis:
    """The axis that a range in Hydra's sweep grammar describes."""
    from hydra.core.override_parser.types import IntervalSweep, QuotedString, Transformer

    from sim.setup.design import MOST, Axis

    parsed, held = _parsed(key, text)
    swept = parsed.value()
    tags = set(getattr(swept, "tags", ()))
    if tags - {"log"} or (tags and not isinstance(swept, IntervalSweep)):
        raise WordError(_("{word!r} has a tag that means nothing here; only tag(log,interval(a,b)) does").format(word=word))
    if isinstance(swept, IntervalSweep):
        return Axis(key, swept.start, swept.end, "log" in tags, isinstance(swept.start, int) and isinstance(swept.end, int))
    try:
        listed = islice(parsed.sweep_iterator(Transformer.identity), MOST + 1)
        values = [_restored(v.text if isinstance(v, QuotedString) else v, held) for v in listed]
    except Exception:
        raise WordError(
            _("{word!r} gives no list of values; write a,b,c or range(a,b,step) or interval(a,b)").format(word=word)
        ) from None
    if len(values) > MOST:
        raise WordError(
            _("{word!r} lists more than {most:,} values; take a larger step, or interval(a,b) and points=").format(
                word=word, most=MOST
            )
        )
    if not values:
        raise WordError(_("{word!r} lists no value; its start must lie before its end").format(word=word))
    if any(not isinstance(v, int | float | str) for v in values):
        raise WordError(_("{word!r} must give numbers or names to choose from").format(word=word))
    return Axis(key, values=tuple(values))


def spelt(value: Any) -> str:
    """A value as a word writes it; :func:`value_of` reads it back.

    >>> spelt({"a": [1, "面膜 b"], "c": None}), value_of("x", spelt({"a": [1, "it's"], "c": None}))
    ("{'a': [1,'面膜 b'],'c': null}", {'a': [1, "it's"], 'c': None})
    """
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{spelt(str(k))}: {spelt(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(spelt, value)) + "]"
    if isinstance(value, str):
        return "'" + re.sub(r"(\\+)(?='|$)", r"\1\1", value).replace("'", "\\'") + "'"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _parsed(key: str, text: str) -> tuple[Any, dict[str, str]]:
    """The text where it stands for itself, else what Hydra's parser makes of it (None: nothing); and what was held back."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    bare, free = text.strip(), key.split(".")[-1] in TEXTS and "." not in key
    if whole := _QUOTED.fullmatch(bare):
        return _unescaped(whole[0]), {}
    if free and bare != "null" and not bare.startswith(("[", "{")):
        return unquoted(bare), {}
    held: dict[str, str] = {}
    try:
        override = OverridesParser.create().parse_override(f"key={_hold(bare, free, held)}")
    except HydraException:
        # A text for people, as in scenario.lesson=it's, needs no quotes; brackets are meant for the grammar.
        return (bare if not re.search(r"[][(){}]", bare) else None), held
    return override, held


def _hold(text: str, free: bool, held: dict[str, str]) -> str:
    """The text with a mark for everything the grammar cannot spell, or (``free``) would take for a number. ``held``: mark to what
    it stands for."""
    lines: list[str] = []
    at, open_ = 0, ""
    while at < len(text):
        sign = text[at]
        if (quoted := _QUOTED.match(text, at)) and (not lines or lines[-1][-1:] in "[{(,: ="):
            piece, mark = quoted[0], _unescaped(quoted[0])
            lines.append(_mark(mark, held))
        elif text.startswith("${", at) and (close := text.find("}", at)) > 0:
            piece = text[at : close + 1]
            lines.append(_mark(piece, held))
        elif sign in "[{(":
            piece, open_ = sign, open_ + sign
            lines.append(sign)
        elif sign in "]})":
            piece, open_ = sign, open_[:-1]
            lines.append(sign)
        elif sign in ",: \t\n":
            piece = sign
            lines.append(sign)
        else:
            piece = _run(text[at:], open_[-1:] == "[" and free)
            named = open_[-1:] == "{" and text[at + len(piece) :].lstrip()[:1] == ":"
            odd = not _PLAIN.fullmatch(piece.replace("=", "") if "(" in open_ else piece)
            # A brace opens a group of names; a bracket of names lists them.
            lines.append(_mark(piece, held) if odd or named or (free and open_[-1:] == "[") else piece)
        at += len(piece)
    return "".join(lines)


def _run(text: str, listed: bool) -> str:
    """The piece that a text begins with: up to a comma or bracket in a list of names, where a colon belongs to a path."""
    match = re.match(r"[^][{},]+" if listed else r"[^][{}(),:\s]+", text)
    return match[0].rstrip() if match else text[0]


def _mark(piece: str, held: dict[str, str]) -> str:
    held[f"held_{len(held)}_"] = piece
    return f"held_{len(held) - 1}_"


def _restored(value: Any, held: Mapping[str, str]) -> Any:
    """A value with what was held back in its place again."""
    if isinstance(value, dict):
        return {str(_restored(k, held)): _restored(v, held) for k, v in value.items()}
    if isinstance(value, list):
        return [_restored(v, held) for v in value]
    text = getattr(value, "text", value)
    return re.sub(r"held_\d+_", lambda m: held.get(m[0], m[0]), text) if isinstance(text, str) else value


def _unescaped(quoted: str) -> str:
    """A quoted text without its quotes. A backslash escapes a quote like those around the text, and one before such a quote; else
    it is itself (C:\\new, and \\" between single quotes)."""
    return re.sub(rf"(\\+)(?={quoted[0]}|$)", lambda m: "\\" * (len(m[0]) // 2), quoted[1:-1])


def _unreadable(word: str) -> str:
    """What is wrong with a word's syntax."""
    if re.search(r"=(tag\(|int\()?.*interval\(", word):
        return _("{word!r} gives no interval; its ends are two numbers, as in interval(10,400)").format(word=word)
    if any(word.count(a) != word.count(b) for a, b in ("()", "[]", "{}")):
        return _("{word!r} cannot be read: it has a bracket that is not closed, or not opened").format(word=word)
    if (called := re.match(r"[^=]*=(\w+)\(", word)) and called[1] not in FUNCTIONS:
        return f"{word}: {no_such('function', called[1], FUNCTIONS[:3])}"
    return _("{word!r} cannot be read as key=value; put a value with special characters in quotes").format(word=word)
