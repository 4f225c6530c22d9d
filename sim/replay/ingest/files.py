"""Opening files nobody vouches for: what they are, what they are written in, and whether they are whole."""

from __future__ import annotations

import codecs
import difflib
import gzip
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from sim.replay.clock import StreamError

FORMATS = {".csv": "CSV", ".tsv": "TSV", ".txt": "text", ".jsonl": "JSON lines", ".ndjson": "JSON lines", ".parquet": "Parquet"}
BLOCK = 16 * 2**20
"""Bytes read at a time."""
LONGEST_LINE = 2 * BLOCK
_WEB = (b"<!doctype", b"<html", b"<?xml", b"<table")


def format_of(path: Path) -> str:
    """What the suffix says the file is."""
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix in FORMATS and not (suffix == ".parquet" and path.name.lower().endswith(".gz")):
        return FORMATS[suffix]
    raise StreamError(f"{path.name} has a suffix that is not read here; known are {', '.join(FORMATS)}, "
                      "the text ones also with .gz")  # fmt: skip


def readable(path: Path) -> bool:
    """Whether a folder's file is one to try: its suffix says so, and it is not hidden."""
    return path.is_file() and not path.name.startswith(".") and Path(path.name.lower().removesuffix(".gz")).suffix in FORMATS


def must_exist(path: Path) -> None:
    """:class:`StreamError`, with the nearest name beside it, where there is no such file."""
    if not path.exists():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else "; check the path"
        raise StreamError(f"there is no file {path}{hint}")


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unzipped where its name says so."""
    must_exist(path)
    try:
        with path.open("rb") as file:
            start = file.read(2)
        zipped = start == b"\x1f\x8b"
        named = path.name.lower().endswith(".gz")
        if named and start and not zipped:
            raise StreamError(f"{path.name} is named .gz but is not gzip-compressed; rename or compress it")
        if zipped and not named:
            raise StreamError(f"{path.name} is gzip-compressed but not named so; rename it to {path.name}.gz")
        return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise StreamError(f"{path.name} cannot be read ({error.strerror}); check its permissions") from None


def blocks(path: Path, size: int = BLOCK) -> Iterator[bytes]:
    """The file's bytes block by block."""
    with closing(opened(path)) as file:
        while True:
            try:
                block = file.read(size)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise StreamError(f"{path.name} is a damaged or cut-off gzip file; copy it again") from None
            except OSError as error:
                raise StreamError(f"{path.name} cannot be read ({error.strerror}); check its permissions") from None
            if not block:
                return
            yield block


def encoding_of(path: Path) -> tuple[str, int]:
    """The encoding, utf-8-sig or gb18030, and the number of characters, found by reading the whole file.

    :class:`StreamError` where it is no text table at all.
    """
    for name in ("utf-8-sig", "gb18030"):
        decoder, seen, size = codecs.getincrementaldecoder(name)("strict"), False, 0
        try:
            for number, block in enumerate(blocks(path)):
                if number == 0:
                    _must_be_text(path.name, block)
                if b"\0" in block:
                    raise StreamError(f"{path.name} is a binary file, not text; export it as CSV")
                text = decoder.decode(block)
                seen, size = bool(text.strip()) or seen, size + len(text)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        if not seen:
            raise StreamError(f"{path.name} is empty; give a file with a header and rows")
        return name, size
    raise StreamError(f"{path.name} is neither UTF-8 nor GBK text; save it as UTF-8")


def _must_be_text(where: str, head: bytes) -> None:
    if head[:4] == b"PAR1":
        raise StreamError(f"{where} is a Parquet file; rename it to end in .parquet")
    if head[:2] == b"PK":
        raise StreamError(f"{where} is an Excel workbook or ZIP archive, not text; export it as CSV")
    if head[:4] == b"\xd0\xcf\x11\xe0":
        raise StreamError(f"{where} is an old Excel workbook, not text; export it as CSV")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise StreamError(f"{where} is written in UTF-16; save it as UTF-8")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower().startswith(_WEB):
        raise StreamError(f"{where} is a web page or XML, not a table of rows; download the export itself (are you logged in?)")


def texts(path: Path, encoding: str, size: int = BLOCK) -> Iterator[tuple[str, bool]]:
    """The file's text in parts that end at line ends, written "\\n"; the second value: this is the last part."""
    decoder, rest = codecs.getincrementaldecoder(encoding)("strict"), ""
    for block in blocks(path, size):
        text = rest + decoder.decode(block)
        # A part may end between \r and \n: that \r waits for the next block.
        cut = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
        part, rest = text[:cut], text[cut:]
        if len(rest) > LONGEST_LINE:
            raise StreamError(
                f"{path.name} has a line of more than {LONGEST_LINE:,} characters, so it is no table; check the file"
            )
        if part:
            yield part.replace("\r\n", "\n").replace("\r", "\n"), False
    yield rest.replace("\r\n", "\n").replace("\r", "\n"), True
