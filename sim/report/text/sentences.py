"""Sentences told again: what stands in a run folder in English, in the language spoken now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from sim.words import _, catalogue, language

LEAST = 3
"""Words of its own by which a sentence is known: fewer fit anything."""
_PLACE = re.compile(r"\{(\w*)[^{}]*\}")


def again(sentence: str) -> str:
    """A sentence of the catalogue that was filled in English, in the language spoken now; any other stays as it is."""
    if language() == "en" or not sentence.strip():
        return sentence
    if (known := _(sentence)) != sentence:
        return known
    for pattern, names, source in _patterns(language()):
        match = pattern.fullmatch(sentence)
        if match:
            return _filled(_(source), {name: again(match[f"g{k}"]) for k, name in enumerate(names)})
    return sentence


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)


@cache
def _patterns(name: str) -> list[tuple[re.Pattern[str], list[str], str]]:
    """Every sentence with places to fill, those with most words of their own first."""
    rows = []
    for source in catalogue(name):
        names: list[str] = []
        parts, at = [], 0
        for place in _PLACE.finditer(source):
            parts.append(re.escape(source[at : place.start()]))
            if place[1] in names:
                parts.append(f"(?P=g{names.index(place[1])})")
            else:
                parts.append(f"(?P<g{len(names)}>.*?)")
                names.append(place[1])
            at = place.end()
        parts.append(re.escape(source[at:]))
        own = len(_PLACE.sub("", source))
        if names and len(re.findall("[A-Za-z]{2,}", _PLACE.sub(" ", source))) >= LEAST:
            rows.append((own, re.compile("".join(parts), re.DOTALL), names, source))
    return [(pattern, names, source) for own, pattern, names, source in sorted(rows, key=lambda m: -m[0])]
