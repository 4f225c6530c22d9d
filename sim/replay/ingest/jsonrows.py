"""JSON values as rows: an object for each of its items, objects inside objects spread out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sim.replay.ingest.chunk import Wanted, everything
from sim.replay.ingest.mapping import item_names
from sim.replay.ingest.names import MOST_COLUMNS, key

DEEPEST = 2
"""Objects inside objects are spread out to this depth: {"a": {"b": 1}} is a column a.b."""
NESTED = 12
"""Objects inside objects down to which the list of a reply is looked for."""
HALF = re.compile(r"\\u[dD][89a-fA-F]")


class TwoLists(ValueError):
    """An entry with several lists of objects of which none can be told to be its items: their names."""


class TooWide(ValueError):
    """An object with more names than a sheet has columns: how many."""


def lists_of(value: dict[str, Any], where: str, depth: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Lists of objects that are not inside another such list; {"edges": [{"node": {}}]} is one of the nodes."""
    for name, inner in value.items():
        path = f"{where}.{name}" if where else str(name)
        if isinstance(inner, list) and inner and all(isinstance(i, dict) for i in inner):
            nodes = [i["node"] for i in inner if isinstance(i.get("node"), dict)]
            yield path, nodes if len(nodes) == len(inner) else inner
        elif isinstance(inner, dict) and depth < NESTED:
            yield from lists_of(inner, path, depth + 1)


def loaded(text: str) -> dict[str, Any] | None:
    """A JSON object; None where the text is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return whole(value, text) if isinstance(value, dict) else None


def whole(value: dict[str, Any], text: str) -> dict[str, Any]:
    """An object without halves of characters (a lone \\ud83d, from a text that was cut), which nobody could write down."""
    if not HALF.search(text):
        return value
    try:
        clean: dict[str, Any] = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return clean


# -- rows -----------------------------------------------------------------------------------------------------


def rows(value: dict[str, Any], wanted: Wanted) -> list[dict[str, str]]:
    """The rows an object stands for: one for each of its items (or events), or one. A value of an item is found with the list's
    name before its own, and without; there an order's own value goes before that of its item.
    :class:`TwoLists` where an object has several lists of objects and not one of them can be told to be its items;
    :class:`TooWide` where it has more names than MOST_COLUMNS.

    >>> rows({"id": 1, "lines": [{"id": 7, "sku": "a", "qty": 2}]}, {"id", "sku", "lines.id"}.__contains__)
    [{'id': '1', 'sku': 'a', 'lines.id': '7'}]
    """
    names = len(value) + sum(len(inner) for inner in value.values() if isinstance(inner, dict))
    if names > MOST_COLUMNS:
        raise TooWide(names)
    lists = dict(lists_of(value, "", 0))
    items = [name for name, entries in lists.items() if _holds_items(entries)]
    if not items and not _held(value) & item_names()[0]:
        # An object without an item of its own is about those of its only list.
        items = list(lists)
    if not items:
        return [_spread(value, wanted)]
    if len(items) > 1:
        raise TwoLists(", ".join(list(lists)[:5]))
    name, entries = items[0], lists[items[0]]
    outer, below = _spread(_without(value, lists), wanted), _holds_items(entries)
    spread = []
    for item in entries:
        inner = _spread(item, everything)
        full = {f"{name}.{k}": v for k, v in inner.items() if wanted(f"{name}.{k}")}
        plain = {k: v for k, v in inner.items() if wanted(k)}
        spread.append({**plain, **outer, **full} if below else {**outer, **plain, **full})
    return spread


def _held(value: dict[str, Any]) -> set[str]:
    return {key(str(name)) for name in value}


def _holds_items(entries: list[dict[str, Any]]) -> bool:
    """Whether objects of a list have both an item and a quantity."""
    return all(_held(entries[0]) & names for names in item_names())


def _without(value: dict[str, Any], lists: dict[str, Any], where: str = "") -> dict[str, Any]:
    """An object without its lists of objects."""
    out = {}
    for name, inner in value.items():
        path = f"{where}.{name}" if where else str(name)
        if path not in lists:
            out[name] = _without(inner, lists, path) if isinstance(inner, dict) and len(path) < 200 else inner
    return out


def _spread(value: dict[str, Any], wanted: Wanted, depth: int = 1) -> dict[str, str]:
    out: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and inner and depth < DEEPEST:
            out |= {f"{name}.{k}": v for k, v in _spread(inner, everything, depth + 1).items() if wanted(f"{name}.{k}")}
        elif wanted(str(name)):
            out[str(name)] = as_text(inner)
    return out


def as_text(value: Any) -> str:
    """A value as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, dict | list):
        try:
            text = json.dumps(value, ensure_ascii=False)
        except RecursionError:
            text = "..."
    else:
        text = str(value)
    return text.encode("utf-8", "replace").decode("utf-8")
