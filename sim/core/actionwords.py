"""Actions of a level as one word, so that lists of them can be varied: ``restock:push:lack+host_prompt``.

A word names the action; behind colons follow, in any order and only where they differ from the record's defaults, who does it
(``auto``, ``person``), the notice channel, and the amount (``all``, ``lack``, or a share).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from scenarios.setting import ScenarioError
from sim.core.response import AMOUNTS, CHANNEL_NAMES, ORDERABLE, Action, Playbook
from sim.words import _, did_you_mean, no_such

NONE = "none"
ON, OFF = "on", "off"
DEFAULT = Action()
SIZED = ("lower_exposure", "release")
"""Actions whose size is a share and not an amount."""


def actions_of(words: str, where: str) -> tuple[Action, ...]:
    """The actions that words stand for; a fault is one sentence that begins with ``where``.

    >>> [(a.what, a.channel, a.amount) for a in actions_of("restock:push:lack+notify", "x")]
    [('restock', 'push', 'lack'), ('notify', 'popup', 'all')]
    """
    return () if words.strip() in (NONE, "") else tuple(_action(word.strip(), where) for word in words.split("+"))


def words_of(actions: Iterable[Action]) -> str:
    """Actions as words; :func:`actions_of` reads them back.

    >>> words_of(actions_of("freeze:auto+restock:0.25", "x")), words_of(())
    ('freeze:auto+restock:0.25', 'none')
    """
    return "+".join(_word(a) for a in actions) or NONE


def _word(a: Action) -> str:
    parts = [a.what, *([a.by] if a.by != DEFAULT.by else []), *([a.channel] if a.channel != DEFAULT.channel else [])]
    sized = a.amount == "share" or (a.what in SIZED and a.value != DEFAULT.value)
    return ":".join([*parts, *([f"{a.value:g}"] if sized else [a.amount] if a.amount != DEFAULT.amount else [])])


def _action(word: str, where: str) -> Action:
    what, *more = word.split(":")
    if what not in ORDERABLE:
        raise ScenarioError(
            _("{no_such} (several are written a+b, no action none)").format(no_such=no_such("action", what, ORDERABLE, where))
        )
    action = Action(what)
    for part in more:
        action = _with(action, part.strip(), where)
    return action


def _with(a: Action, part: str, where: str) -> Action:
    if part in ("auto", "person"):
        return replace(a, by=part)
    if part in CHANNEL_NAMES:
        return replace(a, channel=part)
    return sized(a, part, where)


def sized(a: Action, size: str | float, where: str) -> Action:
    """An action with another amount: ``all``, ``lack`` or a share of a request, a share for exposure and release."""
    if size in AMOUNTS and size != "share":
        return replace(a, amount=str(size))
    try:
        share = float(size)
    except ValueError:
        nearest = did_you_mean(str(size), ["auto", "person", *CHANNEL_NAMES, "all", "lack"])
        raise ScenarioError(
            _("{where} has {size!r} behind {what}, which is nobody who does it, no channel and no amount{nearest}").format(
                where=where, size=size, what=a.what, nearest=nearest
            )
        ) from None
    if not 0 <= share <= 1:
        raise ScenarioError(
            _("{label} = {value:g}{unit} is outside its bounds [{low:g}, {high:g}]; give a value inside them").format(
                label=where, value=share, unit="", low=0, high=1
            )
        )
    if a.what not in (*SIZED, "restock"):
        raise ScenarioError(
            _("{where} has a size behind {what}, which has none; only restock, lower_exposure and release do").format(
                where=where, what=a.what
            )
        )
    return replace(a, value=share, amount="share" if a.what == "restock" else a.amount)


def switched(book: Playbook, what: str, value: object) -> Playbook:
    """A playbook with an action switched off in every level, kept (``on``), or given another amount."""
    levels = {level: getattr(book, level) for level in ("watch", "prepare", "emergency", "resolved")}
    if value is False or value == OFF:
        return _relevelled(book, {level: tuple(a for a in acts if a.what != what) for level, acts in levels.items()})
    if not any(a.what == what for acts in levels.values() for a in acts):
        raise ScenarioError(
            _(
                "operations.{what}={value} changes nothing: playbook {name!r} has no such action; give it to "
                "a level, as in operations.prepare={what}"
            ).format(what=what, value=value, name=book.name)
        )
    if value is True or value == ON:
        return book
    where, size = f"operations.{what}", value if isinstance(value, int | float) else str(value)
    resized = {k: tuple(sized(a, size, where) if a.what == what else a for a in acts) for k, acts in levels.items()}
    return _relevelled(book, resized)


def _relevelled(book: Playbook, levels: Mapping[str, Any]) -> Playbook:
    """``book`` with these actions by level."""
    return replace(book, **levels)


def standing(book: Playbook, key: str) -> str | float | None:
    """What a playbook has now for a varied setting: a level in words, an action on, off or by its amount, a latency."""
    if key in ORDERABLE:
        actions = [a for level in range(4) for a in book.at(level) if a.what == key]
        if not actions:
            return OFF
        return actions[0].amount if actions[0].what == "restock" and actions[0].amount != "share" else ON
    value = getattr(book, key, None)
    return words_of(value) if isinstance(value, tuple) else value
