"""JSON, part by part, as columns of text: one object a line, an array of objects, or a reply with one list of objects in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from sim.replay.clock import StreamError
from sim.replay.ingest.chunk import Reject, RowChunk, TableFile, Wanted, everything
from sim.replay.ingest.files import BLOCK, File, encoding_of, texts
from sim.replay.ingest.jsonrows import TooWide, TwoLists, lists_of, loaded, rows, whole
from sim.replay.ingest.mapping import time_names
from sim.replay.ingest.names import MOST_COLUMNS, key, too_many
from sim.words import _

AT_ONCE = 131_072
PREVIEW = 2_000
"""Entries by which the columns are told."""
WHOLE = 256 * 2**20
"""Most characters of a file that is one object, which is read at once."""


@dataclass(frozen=True)
class JsonEntry:
    """A JSON value as it stands in the file: ``number`` its line, or its place in the array; None where it is no object."""

    number: int
    value: dict[str, Any] | None
    text: str


def json_text(file: File, block: int = BLOCK) -> TableFile:
    """Open a JSON file. An object with a list of items in it is as many rows, each with the outer values too."""
    encoding, size = encoding_of(file)
    notes = encoding.notes(file.name)
    head = next(text for text, _line in texts(file, encoding, block) if text.strip()).lstrip("\ufeff \n\t")
    shape = _array if head.startswith("[") else _lines
    if (
        shape is _lines
        and file.suffix == ".json"
        and (not head.partition("\n")[2].strip() or loaded(head.partition("\n")[0]) is None)
    ):
        shape = _reply
    if shape is not _lines:
        told = (
            _("{name} is one JSON array: line numbers count its entries")
            if shape is _array
            else _("{name} is one JSON object: line numbers count its entries")
        )
        notes.append(told.format(name=file.name))

    def entries() -> Read:
        return shape(file, (text for text, _ in texts(file, encoding, block)))

    def parts() -> Iterator[tuple[list[JsonEntry], float]]:
        done, held = 0, list[JsonEntry]()
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
        raise StreamError(
            _("{name} has no line that is a JSON object, so it is not JSON lines; check the file or its suffix").format(
                name=file.name
            )
        )

    def chunks(names: list[str] | None, wanted: Wanted) -> Iterator[RowChunk]:
        for held, share in parts():
            yield _chunk(held, wanted, share)

    return TableFile(file.name, header, chunks, notes, damaged=encoding.damaged > 0, path=file.name)


def _header(file: File, entries: Read) -> tuple[list[str], bool]:
    """The columns of the first entries, at most MOST_COLUMNS, and whether any is an object."""
    header: dict[str, None] = {}
    any_object, widest = False, 0
    for entry in islice((entry for entry, _line in entries if entry is not None), PREVIEW):
        if entry.value is None:
            continue
        any_object = True
        try:
            for row in rows(entry.value, everything):
                if len(header) < MOST_COLUMNS:
                    header |= dict.fromkeys(row)
        except TwoLists as lists:
            raise StreamError(
                _(
                    "{name}, line {number}, has several lists of objects ({lists}) and none has both an item "
                    "and a quantity; write one object an item"
                ).format(name=file.name, number=entry.number, lists=lists)
            ) from None
        except TooWide as error:
            widest = max(widest, *error.args)
        except RecursionError:
            continue
    if widest and not header:
        raise StreamError(too_many(file.name, widest))
    return [name for name in header if name][:MOST_COLUMNS], any_object


# -- shapes ---------------------------------------------------------------------------------------------------

Read = Iterator[tuple[JsonEntry | None, int]]
"""Entries, each with the characters read for it; None where a part of the file ends."""


def _lines(file: File, parts: Iterable[str]) -> Read:
    at = 1
    for text in parts:
        lines = text.removesuffix("\n").split("\n") if text else []
        for number, line in enumerate(lines, at):
            if line.strip():
                yield JsonEntry(number, loaded(line), line), 0
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
                raise json.JSONDecodeError(_("cut off"), rest, at)
        except (ValueError, RecursionError, IndexError) as error:
            more = None if isinstance(error, RecursionError) else next(source, None)
            if more is None or len(rest) - at > 2 * BLOCK:
                raise StreamError(
                    _("{name}: entry {number} of its array is not JSON, or the file is cut off; export it again").format(
                        name=file.name, number=number + 1
                    )
                ) from None
            yield None, at
            rest, at = rest[at:] + more, 0
            continue
        number += 1
        yield JsonEntry(number, whole(value, rest[at:end]) if isinstance(value, dict) else None, rest[at:end]), 0
        at = end


def _reply(file: File, parts: Iterable[str]) -> Read:
    """The entries of the longest list of objects in one object, which is held whole; the object itself where it has none."""
    pieces, size = [], 0
    for text in parts:
        pieces.append(text)
        size += len(text)
        if size > WHOLE:
            raise StreamError(
                _("{name} is one JSON object of more than {whole:,} characters; write one object a line").format(
                    name=file.name, whole=WHOLE
                )
            )
    value = loaded("".join(pieces))
    if value is None:
        raise StreamError(
            _("{name} is neither JSON lines nor a JSON array or object, or it is cut off; export it again").format(name=file.name)
        )
    # An object with a time of its own is an entry, and its lists are its items.
    lists = [] if any(key(str(name)) in time_names() for name in value) else list(lists_of(value, "", 0))
    where, longest = max(lists, key=lambda item: len(item[1]), default=("", [value]))
    if where and sum(len(inner) == len(longest) for _, inner in lists) > 1:
        names = ", ".join(name for name, inner in lists if len(inner) == len(longest))
        raise StreamError(
            _("{name} has several lists of objects ({names}); keep the one with the orders, one object a line").format(
                name=file.name, names=names
            )
        )
    for number, inner in enumerate(longest, 1):
        yield JsonEntry(number, inner, json.dumps(inner, ensure_ascii=False)), 0
    yield None, size


def _chunk(entries: list[JsonEntry], wanted: Wanted, share: float) -> RowChunk:
    import pyarrow as pa

    spread: list[dict[str, str]] = []
    origin: list[int] = []
    rejects = []
    for k, entry in enumerate(entries):
        try:
            of_entry = [] if entry.value is None else rows(entry.value, wanted)
        except TwoLists as lists:
            rejects.append(Reject(entry.number, f"has several lists of objects ({lists})", entry.text))
            continue
        except TooWide:
            rejects.append(Reject(entry.number, "has more names than the widest sheet has columns", entry.text))
            continue
        except RecursionError:
            rejects.append(Reject(entry.number, "is nested too deep", entry.text))
            continue
        if not of_entry:
            rejects.append(Reject(entry.number, "is not a JSON object", entry.text))
        spread += of_entry
        origin += [k] * len(of_entry)
    header = dict.fromkeys(name for row in spread for name in row)
    columns = {name: pa.array([row.get(name, "") for row in spread], pa.string()) for name in header if name}
    of = np.array(origin, np.int64)
    numbers = np.array([entry.number for entry in entries], np.int64)
    return RowChunk(numbers[of], columns, lambda which: [entries[k].text for k in of[which].tolist()], rejects, share)
