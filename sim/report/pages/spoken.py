"""What the scripts of a page say, in the language spoken now; they look sentences up by the English ones."""

from __future__ import annotations

import re
from functools import cache

from sim.report.pages.kit import HERE
from sim.words import _

_SAID = re.compile(r'SC\.say\(\s*"((?:[^"\\]|\\.)*)"')
NAMED = (
    "true stock left", "platform's record", "as the alert engine saw it", "line the strategy watched", "put into carts",
    "ordered",
    "attempts refused", "alert: watch", "alert: prepare", "alert: emergency", "pitch", "link drop", "deal", "countdown",
    "restock call", "host prompted", "exposure lowered", "restock asked for", "stock released", "host drops the item",
    "host calls the item back", "stock arrives", "host goes on",
    "GMV", "oversold", "shows with an oversell", "missed", "missed, CNY", "notices an hour", "alerts", "recall", "CNY",
    "units", "%", ", ",
    "1/h", "circle", "square", "triangle", "diamond", "inverted_triangle", "plus", "star", "hex",
)  # fmt: skip
"""Sentences whose key a script puts together or keeps in a list."""


@cache
def sentences() -> tuple[str, ...]:
    """Every English sentence of the scripts."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((HERE / "js").glob("*.js")))
    return tuple(dict.fromkeys([*_SAID.findall(text), *NAMED]))


def spoken() -> dict[str, str]:
    """English to what is said; sentences that stay as they are left out."""
    return {s: told for s in sentences() if (told := _(s)) != s}
