"""The words of a verb with few settings of its own: they are settled as all settings are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar, get_type_hints

from sim.setup.settings import settle
from sim.setup.settings_groups import verb_of

Few = TypeVar("Few")


def few(record: type[Few], words: Iterable[str], others: bool = False) -> tuple[list[str], Few]:
    """The plain words, and what the others set, by a record that declares it. others: settings that it does not declare stay
    among the words, for another verb."""
    kinds = get_type_hints(record)
    plain, values = [], dict[str, Any]()
    for word in words:
        key, equals, value = word.partition("=")
        if equals and (key in kinds or not others):
            values[key] = _typed(value, kinds.get(key, str))
        else:
            plain.append(word)
    return plain, settle(record, values, verb_of(record))


def _typed(text: str, kind: Any) -> Any:
    """A number or a truth where one is asked for and the text is one; else the text, which is refused by name."""
    if kind is bool:
        return {"true": True, "false": False}.get(text, text)
    return int(text) if kind is int and re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else text
