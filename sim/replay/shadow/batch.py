"""What lines of a live feed may say, and what some of them came to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sim.core.tape import CART, EDIT_ADD, SUPPLY, TAKE
from sim.replay.clock import parse_time
from sim.replay.shadow.show import ShowEvents
from sim.words import did_you_mean

MOVES = {"order": TAKE, "cart": CART, "cancel": EDIT_ADD, "restock": SUPPLY, "correction": EDIT_ADD}
"""Kinds that move units, as row kinds of the tape."""
ASIDE = ("pay", "cue", "view", "click", "fav", "comment", "enter", "leave", "stay", "amount", "waiting")
"""Other kinds of a recording, which move nothing: an order counts as paid when it is placed, here as in a replay; cues come
from the cue sheet."""
ABOUT = (*MOVES, "level")
"""Kinds that are about one SKU."""
ONE = ("order", "cart", "cancel")
"""Kinds that mean one unit where they do not say how many."""
KINDS = (*MOVES, "level", "viewers", "tick", "end", *ASIDE)
BOM = b"\xef\xbb\xbf"
LONGEST = 65_536
"""Longest line [bytes]."""
MOST_UNITS = 2**31 - 1
COUNTS = ("used", "aside", "duplicate", "behind", "resent", "rejected", "blank")
"""What becomes of a line; ``late``, ``out_of_order`` and the kinds are counted beside."""

parsed = lru_cache(maxsize=65_536)(parse_time)
decode = json.JSONDecoder().decode


class LineRules(NamedTuple):
    """How lines are read. ``skus`` with the ``stock`` each opens with; ``start``: text, empty: the first line's time (0 on a
    clock of seconds since the start); ``end``: text, for its clock: where neither is given the first line decides which clock
    is right; ``levels``: "sales", "set" or "auto"; ``jump_s``: a line this far ahead waits for another to confirm it;
    ``remember``: ids kept."""

    skus: tuple[str, ...]
    stock: tuple[int, ...]
    zone: tzinfo | None = None
    start: str = ""
    end: str = ""
    speedup: float = 1.0
    levels: str = "auto"
    jump_s: float = 60.0
    remember: int = 200_000
    period_s: float = 1.0


@dataclass
class Batch:
    """What some lines came to. ``crowd``: numbers of viewers; ``rejects``: (line number, reason, line); ``waited``: seen less
    happened [us of the feed], where lines say it; ``known``: when each was knowable [us on the feed's clock]; ``ahead``: number
    of each line stamped far ahead of all others, and how far [s]; ``ended``: the show is over; ``again``: number of a first line
    from the future, without which the show begins anew here (0: there was none)."""

    t: list[int] = field(default_factory=list)
    what: list[int] = field(default_factory=list)
    sku: list[int] = field(default_factory=list)
    qty: list[int] = field(default_factory=list)
    crowd: list[tuple[int, float]] = field(default_factory=list)
    rejects: list[tuple[int, str, bytes]] = field(default_factory=list)
    waited: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    ahead: list[tuple[int, float]] = field(default_factory=list)
    ended: bool = False
    again: int = 0

    def events(self) -> ShowEvents:
        """As arrays."""
        return ShowEvents(np.array(self.t, np.int64), np.array(self.what, np.int64), np.array(self.sku, np.int64),
                      np.array(self.qty, np.int64))  # fmt: skip


class Held(NamedTuple):
    """A line whose time leaps ahead, until another confirms it."""

    number: int
    line: bytes
    t: int
    event: dict[str, Any]


OWN = frozenset(("t", "seen", "seq", "kind", "sku", "qty", "id"))


def beside(event: dict[str, Any]) -> str:
    """What an event says beyond the keys of the protocol: lines that differ in it are two.

    >>> beside({"t": 1, "kind": "order"}), beside({"t": 1, "price": 0})
    ('', '[["price", 0]]')
    """
    return json.dumps(sorted((k, v) for k, v in event.items() if k not in OWN), default=str) if event.keys() - OWN else ""


def event_of(line: bytes) -> dict[str, Any] | str:
    """What a line says, an object with a kind that is known; or what is wrong with it."""
    if len(line) > LONGEST:
        return f"is longer than {LONGEST:,} bytes"
    try:
        event = decode(line.removeprefix(BOM).decode())
    except UnicodeDecodeError:
        return "is not UTF-8"
    except (ValueError, RecursionError):
        return "is not JSON"
    if type(event) is not dict:
        return "is not a JSON object"
    kind = event.get("kind")
    if type(kind) is not str or kind not in KINDS:
        return "kind is missing" if kind is None else f"there is no kind {kind!r:.40}{did_you_mean(str(kind)[:40], KINDS)}"
    return event


def undeclared(name: Any, skus: tuple[str, ...]) -> str:
    """Why a line about an item that has no stock is refused."""
    if name is None or name == "":
        return "sku is missing"
    return f"sku {name!r:.60} has no declared stock{did_you_mean(str(name)[:60], skus[:50])}"


def whole(value: Any) -> int | None:
    """A whole number however it is written; None where it is none.

    >>> whole("12"), whole(3.0), whole(2.5), whole(True), whole(None)
    (12, 3, None, None, None)
    """
    if type(value) is int:
        return value
    if type(value) is float and value == value and abs(value) < 1e15 and value == int(value):
        return int(value)
    if type(value) is str and len(value) < 20 and value.strip().lstrip("+-").isdecimal():
        return int(value)
    return None
