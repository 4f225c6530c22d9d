"""Opening files nobody vouches for: whether they are there, what they are by their first bytes, and their text in parts."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from sim.replay.clock import StreamError
from sim.replay.ingest.encodings import Encoding, recognised, wide
from sim.replay.ingest.mapping import known_names
from sim.replay.ingest.paths import called, must_be_file
from sim.words import _

TEXT = {".csv": "CSV", ".tsv": "TSV", ".txt": "text", ".jsonl": "JSON", ".ndjson": "JSON", ".json": "JSON"}
BOOKS = {".xlsx": "workbook", ".xlsm": "workbook", ".xls": "workbook", ".xlsb": "workbook", ".ods": "workbook", ".et": "workbook"}
FORMATS = {**TEXT, **BOOKS, ".parquet": "Parquet", ".zip": "zip"}
"""What a suffix says a file is; what it is its first bytes say."""
BLOCK = 16 * 2**20
"""Bytes read at a time."""
LONGEST_LINE = 2 * BLOCK
ZIP, OLE, PARQUET = b"PK", b"\xd0\xcf\x11\xe0", b"PAR1"
_WEB = ("<!doctype", "<html", "<?xml", "<table")


@dataclass(frozen=True)
class File:
    """A file: where it lies, and what people call it (one from an archive lies elsewhere than they think)."""

    path: Path
    name: str

    @property
    def suffix(self) -> str:
        """The last suffix, .gz apart, in small letters."""
        return Path(self.name.lower().removesuffix(".gz")).suffix


def named(path: Path) -> File:
    """A file under its own name; :class:`StreamError` where there is none."""
    must_be_file(path)
    return File(path, called(path))


def start_of(file: File, size: int = 4096) -> bytes:
    """The file's first bytes, unzipped where it is gzip-compressed."""
    return next(blocks(file, size), b"")


def opened(file: File) -> IO[bytes]:
    """The file's bytes, unzipped where its name says so."""
    try:
        with file.path.open("rb") as raw:
            start = raw.read(2)
        zipped = start == b"\x1f\x8b"
        named_gz = file.name.lower().endswith(".gz")
        if named_gz and start and not zipped:
            raise StreamError(_("{name} is named .gz but is not gzip-compressed; rename or compress it").format(name=file.name))
        if zipped and not named_gz:
            raise StreamError(_("{name} is gzip-compressed but not named so; rename it to {name}.gz").format(name=file.name))
        return gzip.open(file.path, "rb") if zipped else file.path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise StreamError(
            _("{name} cannot be read ({strerror}); check its permissions").format(name=file.name, strerror=error.strerror)
        ) from None


def blocks(file: File, size: int = BLOCK) -> Iterator[bytes]:
    """The file's bytes block by block."""
    with closing(opened(file)) as raw:
        while True:
            try:
                block = raw.read(size)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise StreamError(_("{name} is a damaged or cut-off gzip file; copy it again").format(name=file.name)) from None
            except OSError as error:
                raise StreamError(
                    _("{name} cannot be read ({strerror}); check its permissions").format(name=file.name, strerror=error.strerror)
                ) from None
            if not block:
                return
            yield block


def encoding_of(file: File) -> tuple[Encoding, int]:
    """The encoding and the number of characters, found by reading the whole file.

    :class:`StreamError` where it is no text table at all, or where the encoding is not clear.
    """
    broad = wide(start_of(file))
    encoding = broad or Encoding()
    decoder, seen, size, clean = encoding.decoder(), False, 0, True
    for number, block in enumerate(blocks(file)):
        if number == 0:
            _must_be_text(file.name, encoding, block)
        if b"\0" in block and not broad:
            raise StreamError(_("{name} is a binary file, not text; export it as CSV").format(name=file.name))
        try:
            text = decoder.decode(block) if clean else block.decode("latin-1")
        except UnicodeDecodeError:
            clean, text = False, block.decode("latin-1")
        seen, size = seen or bool(text.strip()), size + len(text)
    if not seen:
        raise StreamError(_("{name} is empty; give a file with a header and rows").format(name=file.name))
    if clean and not decoder.getstate()[0]:
        return encoding, size
    if broad:
        raise StreamError(
            _("{name} is damaged or cut-off {shown} text; save it as UTF-8").format(name=file.name, shown=broad.shown)
        )
    recognised_one = recognised(file.name, partial(blocks, file), known_names)
    decoder = recognised_one.decoder()
    return recognised_one, sum(len(decoder.decode(block)) for block in blocks(file))


def _must_be_text(where: str, encoding: Encoding, head: bytes) -> None:
    if head[:4] == PARQUET:
        raise StreamError(_("{where} is a Parquet file; rename it to end in .parquet").format(where=where))
    text = head[:4096].decode(encoding.name, "ignore").lstrip("\ufeff \t\r\n")
    if text[:200].lower().startswith(_WEB):
        raise StreamError(
            _(
                "{where} is a web page or XML, not a table of rows; download the export itself (are you logged "
                "in?), or open it in a spreadsheet and save it as .xlsx"
            ).format(where=where)
        )


def texts(file: File, encoding: Encoding, size: int = BLOCK) -> Iterator[tuple[str, bool]]:
    """The file's text in parts that end at line ends, written "\\n"; the second value: this is the last part."""
    decoder, rest = encoding.decoder(), ""
    for block in blocks(file, size):
        text = rest + decoder.decode(block)
        # A part may end between \r and \n: that \r waits for the next block.
        cut = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
        part, rest = text[:cut], text[cut:]
        if len(rest) > LONGEST_LINE:
            raise StreamError(
                _("{name} has a line of more than {longest_line:,} characters, so it is no table; check the file").format(
                    name=file.name, longest_line=LONGEST_LINE
                )
            )
        if part:
            yield part.replace("\r\n", "\n").replace("\r", "\n"), False
    rest += decoder.decode(b"", final=True)
    yield rest.replace("\r\n", "\n").replace("\r", "\n"), True
