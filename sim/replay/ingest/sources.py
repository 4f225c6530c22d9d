"""From what a user names to tables: a file is one, a workbook has one a sheet, an archive one a file."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from sim.replay.clock import StreamError
from sim.replay.ingest.canon import is_stream
from sim.replay.ingest.chunk import TableFile
from sim.replay.ingest.delimited import delimited
from sim.replay.ingest.files import BLOCK, FORMATS, OLE, TEXT, ZIP, File, named, start_of
from sim.replay.ingest.jsontext import json_text
from sim.replay.ingest.parquet import parquet
from sim.replay.ingest.workbook import Unused, is_book, members, sheets
from sim.words import _

SUFFIXES = ", ".join(FORMATS)


def tables(path: Path, rooms: ExitStack, block: int = BLOCK) -> tuple[list[TableFile], list[Unused]]:
    """The tables of a file, and what of it is not read, with the reason. Unpacked files are kept until ``rooms`` closes.

    :class:`StreamError` where the file cannot be read at all.
    """
    file = named(path)
    sources, left = _tables(file, rooms, block)
    if not sources:
        why = "; ".join(f"{u.name} {u.why}" for u in left) or f"{file.name} is empty; give a file with a header and rows"
        raise StreamError(why)
    return [replace(s, path=file.name, below=[replace(b, path=file.name) for b in s.below]) for s in sources], left


def _tables(file: File, rooms: ExitStack, block: int, inside: bool = False) -> tuple[list[TableFile], list[Unused]]:
    if file.suffix not in FORMATS or (file.name.lower().endswith(".gz") and file.suffix not in TEXT):
        raise StreamError(
            _("{name} has a suffix that is not read here; known are {suffixes}, the text ones also with .gz").format(
                name=file.name, suffixes=SUFFIXES
            )
        )
    if inside and file.suffix == ".zip":
        raise StreamError(_("{name} is an archive inside an archive; unpack it and name the files").format(name=file.name))
    start = start_of(file)
    if file.suffix == ".parquet":
        if is_stream(file.path):
            raise StreamError(
                _("{name} is a stream already; replay it, or ingest the files it was made of").format(name=file.name)
            )
        return [parquet(file)], []
    if start.startswith(ZIP) or start.startswith(OLE):
        return _packed(file, start, rooms, block)
    if file.suffix == ".zip":
        raise StreamError(_("{name} is not a zip archive; name the files themselves").format(name=file.name))
    return [json_text(file, block) if TEXT.get(file.suffix) == "JSON" else delimited(file, block)], []


def _packed(file: File, start: bytes, rooms: ExitStack, block: int) -> tuple[list[TableFile], list[Unused]]:
    """The tables of a workbook or an archive."""
    folder = Path(rooms.enter_context(tempfile.TemporaryDirectory(prefix="stockcue-ingest-")))
    if start.startswith(OLE) or is_book(file.path) or file.suffix != ".zip":
        inside, left = sheets(file, folder)
    else:
        inside, left = members(file, folder), []
    sources: list[TableFile] = []
    for part in inside:
        try:
            # A sheet is text by now; a file of an archive may be a workbook again, an archive may not.
            more, rest = ([delimited(part, block)], []) if part.path.suffix == ".csv" else _tables(part, rooms, block, True)
            sources, left = [*sources, *more], [*left, *rest]
        except StreamError as error:
            left.append(Unused(part.name, str(error).removeprefix(part.name).strip()))
    return sources, left
