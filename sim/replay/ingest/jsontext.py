"""JSON, part by part, as columns of text: one object a line, an array of objects, or a reply with one list of objects in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np

from sim.replay.clock import StreamError
from sim.replay.ingest.chunk import Chunk, Reject, Source, Wanted, everything
from sim.replay.ingest.files import BLOCK, File, encoding_of, texts
from sim.replay.ingest.mapping import item_names, time_names
from sim.replay.ingest.names import MOST_COLUMNS, key

AT_ONCE = 131_072
PREVIEW = 2_000
"""Entries by which the columns are told."""
DEEPEST = 2
"""Objects inside objects are spread out to this depth: {"a": {"b": 1}} is a column a.b."""
WHOLE = 256 * 2**20
"""Most characters of a file that is one object, which is read at once."""
NESTED = 12
"""Objects inside objects down to which the list of a reply is looked for."""


HALF = re.compile(r"\\u[dD][89a-fA-F]")


class TwoLists(ValueError):
    """An entry with several lists of objects of which none can be told to be its items: their names."""


@dataclass(frozen=True)
class Entry:
    """A JSON value as it stands in the file: ``number`` its line, or its place in the array; None where it is no object."""

    number: int
    value: dict[str, Any] | None
    text: str


def json_text(file: File, block: int = BLOCK) -> Source:
    """Open a JSON file. An object with a list of items in it is as many rows, each with the outer values too."""
    encoding, size = encoding_of(file)
    notes = encoding.notes(file.name)
    head = next(text for text, _ in texts(file, encoding, block) if text.strip()).lstrip("\ufeff \n\t")
    shape = _array if head.startswith("[") else _lines
    if (
        shape is _lines
        and file.suffix == ".json"
        and (not head.partition("\n")[2].strip() or loaded(head.partition("\n")[0]) is None)
    ):
        shape = _reply
    if shape is not _lines:
        told = "one JSON array" if shape is _array else "one JSON object"
        notes.append(f"{file.name} is {told}: line numbers count its entries")

    def entries() -> Read:
        return shape(file, (text for text, _ in texts(file, encoding, block)))

    def parts() -> Iterator[tuple[list[Entry], float]]:
        done, held = 0, list[Entry]()
        for entry, read in entries():
            done += read
            if entry is not None:
                held.append(entry)
            if len(held) >= AT_ONCE or (entry is None and held):
                yield held, min(1.0, done / size)
                held = []
        if held:
            yield held, 1.0

    header, any_object = _header(file, entries())
    if not any_object:
        raise StreamError(f"{file.name} has no line that is a JSON object, so it is not JSON lines; check the file or its suffix")

    def chunks(names: list[str] | None, wanted: Wanted) -> Iterator[Chunk]:
        for held, share in parts():
            yield _chunk(held, wanted, share)

    return Source(file.name, header, chunks, notes, damaged=encoding.damaged > 0, path=file.name)


def _header(file: File, entries: Read) -> tuple[list[str], bool]:
    """The columns of the first entries, at most MOST_COLUMNS, and whether any is an object."""
    header: dict[str, None] = {}
    any_object = False
    for entry in islice((entry for entry, _ in entries if entry is not None), PREVIEW):
        if entry.value is None:
            continue
        any_object = True
        try:
            for row in rows(entry.value, everything):
                if len(header) < MOST_COLUMNS:
                    header |= dict.fromkeys(row)
        except TwoLists as lists:
            raise StreamError(f"{file.name}, line {entry.number}, has several lists of objects ({lists}) and none has both an "
                              "item and a quantity; write one object an item") from None  # fmt: skip
        except RecursionError:
            continue
    return [name for name in header if name][:MOST_COLUMNS], any_object


# -- shapes ---------------------------------------------------------------------------------------------------

Read = Iterator[tuple[Entry | None, int]]
"""Entries, each with the characters read for it; None where a part of the file ends."""


def _lines(file: File, parts: Iterable[str]) -> Read:
    at = 1
    for text in parts:
        lines = text.removesuffix("\n").split("\n") if text else []
        for number, line in enumerate(lines, at):
            if line.strip():
                yield Entry(number, loaded(line), line), 0
        at += len(lines)
        yield None, len(text)


def _array(file: File, parts: Iterable[str]) -> Read:
    """The entries of an array, without holding all of it."""
    decoder, rest, at, number, source = json.JSONDecoder(), "", 0, 0, iter(parts)
    rest = next(source, "").lstrip("\ufeff")
    at = rest.index("[") + 1
    while True:
        while at < len(rest) and rest[at] in " \n\t\r,":
            at += 1
        try:
            if rest[at : at + 1] == "]":
                return
            value, end = decoder.raw_decode(rest, at)
            # A number may go on in the next part.
            if end == len(rest) and not isinstance(value, dict | list):
                raise json.JSONDecodeError("cut off", rest, at)
        except (ValueError, RecursionError, IndexError) as error:
            more = None if isinstance(error, RecursionError) else next(source, None)
            if more is None or len(rest) - at > 2 * BLOCK:
                raise StreamError(f"{file.name}: entry {number + 1} of its array is not JSON, or the file is cut off; "
                                  "export it again") from None  # fmt: skip
            yield None, at
            rest, at = rest[at:] + more, 0
            continue
        number += 1
        yield Entry(number, whole(value, rest[at:end]) if isinstance(value, dict) else None, rest[at:end]), 0
        at = end


def _reply(file: File, parts: Iterable[str]) -> Read:
    """The entries of the longest list of objects in one object, which is held whole; the object itself where it has none."""
    pieces, size = [], 0
    for text in parts:
        pieces.append(text)
        size += len(text)
        if size > WHOLE:
            raise StreamError(f"{file.name} is one JSON object of more than {WHOLE:,} characters; write one object a line")
    value = loaded("".join(pieces))
    if value is None:
        raise StreamError(f"{file.name} is neither JSON lines nor a JSON array or object, or it is cut off; export it again")
    # An object with a time of its own is an entry, and its lists are its items.
    lists = [] if any(key(str(name)) in time_names() for name in value) else list(_lists(value, "", 0))
    where, found = max(lists, key=lambda item: len(item[1]), default=("", [value]))
    if where and sum(len(inner) == len(found) for _, inner in lists) > 1:
        names = ", ".join(name for name, inner in lists if len(inner) == len(found))
        raise StreamError(f"{file.name} has several lists of objects ({names}); keep the one with the orders, one object a line")
    for number, inner in enumerate(found, 1):
        yield Entry(number, inner, json.dumps(inner, ensure_ascii=False)), 0
    yield None, size


def _lists(value: dict[str, Any], where: str, depth: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Lists of objects that are not inside another such list; {"edges": [{"node": {}}]} is one of the nodes."""
    for name, inner in value.items():
        path = f"{where}.{name}" if where else str(name)
        if isinstance(inner, list) and inner and all(isinstance(i, dict) for i in inner):
            nodes = [i["node"] for i in inner if isinstance(i.get("node"), dict)]
            yield path, nodes if len(nodes) == len(inner) else inner
        elif isinstance(inner, dict) and depth < NESTED:
            yield from _lists(inner, path, depth + 1)


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
        made: dict[str, Any] = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return made


# -- rows -----------------------------------------------------------------------------------------------------


def rows(value: dict[str, Any], wanted: Wanted) -> list[dict[str, str]]:
    """The rows an object stands for: one for each of its items (or events), or one. A value of an item is found with the list's
    name before its own, and without; there an order's own value goes before that of its item.
    :class:`TwoLists` where an object has several lists of objects and not one of them can be told to be its items.

    >>> rows({"id": 1, "lines": [{"id": 7, "sku": "a", "qty": 2}]}, {"id", "sku", "lines.id"}.__contains__)
    [{'id': '1', 'sku': 'a', 'lines.id': '7'}]
    """
    lists = dict(_lists(value, "", 0))
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
    made = []
    for item in entries:
        inner = _spread(item, everything)
        full = {f"{name}.{k}": v for k, v in inner.items() if wanted(f"{name}.{k}")}
        plain = {k: v for k, v in inner.items() if wanted(k)}
        made.append({**plain, **outer, **full} if below else {**outer, **plain, **full})
    return made


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


def _chunk(entries: list[Entry], wanted: Wanted, share: float) -> Chunk:
    import pyarrow as pa

    made: list[dict[str, str]] = []
    origin: list[int] = []
    rejects = []
    for k, entry in enumerate(entries):
        try:
            found = [] if entry.value is None else rows(entry.value, wanted)
        except TwoLists as lists:
            rejects.append(Reject(entry.number, f"has several lists of objects ({lists})", entry.text))
            continue
        except RecursionError:
            rejects.append(Reject(entry.number, "is nested too deep", entry.text))
            continue
        if not found:
            rejects.append(Reject(entry.number, "is not a JSON object", entry.text))
        made += found
        origin += [k] * len(found)
    header = dict.fromkeys(name for row in made for name in row)
    columns = {name: pa.array([row.get(name, "") for row in made], pa.string()) for name in header if name}
    of = np.array(origin, np.int64)
    numbers = np.array([entry.number for entry in entries], np.int64)
    return Chunk(numbers[of], columns, lambda which: [entries[k].text for k in of[which].tolist()], rejects, share)


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
