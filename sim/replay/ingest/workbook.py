"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods) and zip archives of exports, unpacked into files that the other readers open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from sim.jobs.folder import no_room
from sim.replay.clock import StreamError
from sim.replay.ingest.files import BLOCK, File
from sim.words import N_, _

MEMORY = 4 * 2**30
"""Address space a workbook may take while it is opened [bytes]: about 1.5 GiB are used by 10^6 rows of 12 columns."""
MOST_UNPACKED = 4 * 2**30
"""Bytes that an archive, or a workbook which is one, may unpack to."""
MOST_MEMBERS = 1_000
PATIENCE_S = 900
FAULTS = (
    N_("is a hidden sheet; show it if it is to be read"),
    N_("spans {rows:,} rows and {columns:,} columns, too many to read; save it as CSV"),
    N_("is locked with a password; save it without one"),
    N_("is not a readable workbook; save it again as .xlsx"),
)
"""What the program that unrolls a workbook says of such a sheet."""


@dataclass(frozen=True)
class Unused:
    """A file, a sheet or a file in an archive that is not read, and why."""

    name: str
    why: str


def is_book(path: Path) -> bool:
    """Whether a zip archive is a workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError):
        return False
    return any(n.startswith(("xl/", "[Content_Types]")) for n in names) or ("content.xml" in names and "mimetype" in names)


def sheets(file: File, folder: Path) -> tuple[list[File], list[Unused]]:
    """The sheets of a workbook as CSV files in ``folder``; :class:`StreamError` where it cannot be read."""
    _must_fit(file)
    script = Path(__file__).with_name("unroll.py")
    memory = MEMORY if sys.platform.startswith("linux") else 0
    try:
        done = subprocess.run([sys.executable, "-I", str(script), str(file.path.resolve()), str(folder), str(memory)],
                              capture_output=True, check=False, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
                              env={**os.environ, "RUST_BACKTRACE": "0"})  # fmt: skip
        reports = [json.loads(line) for line in done.stdout.splitlines()]
    except subprocess.TimeoutExpired:
        reports = []
    if not reports or "done" not in reports[-1]:
        raise StreamError(_("{name} takes too much memory or time to open, or is damaged; save it as CSV").format(name=file.name))
    files, unused = [], []
    for sheet in reports[:-1]:
        if "name" not in sheet:
            _must_have_room(file, folder, OSError(sheet.get("errno"), ""))
            raise StreamError(f"{file.name} {_(sheet['fault'])}")
        name = f"{file.name} [{sheet['name']}]"
        if "fault" in sheet:
            unused.append(Unused(name, _(sheet["fault"]).format(**sheet)))
        else:
            files.append(File(folder / sheet["file"], name))
    if len(files) == 1 and not unused:
        files = [File(files[0].path, file.name)]
    return files, unused


def _must_have_room(file: File, folder: Path, error: BaseException) -> None:
    """:class:`OSError` with a sentence where it was the disk that failed, and not the file."""
    if (number := no_room(error)) is not None:
        text = _("there is no room to unpack {name} in {folder!r} ({why}); make room there, or name another folder in TMPDIR")
        raise OSError(number, text.format(name=file.name, folder=str(folder.parent), why=os.strerror(number))) from None


def _must_fit(file: File) -> None:
    """:class:`StreamError` where a workbook that is an archive says it unpacks to more than is read."""
    if not zipfile.is_zipfile(file.path):
        return
    try:
        with zipfile.ZipFile(file.path) as archive:
            size = sum(m.file_size for m in archive.infolist())
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError):
        return
    if size > MOST_UNPACKED:
        raise StreamError(
            _(
                "{name} unpacks to {size:,.0f} GiB, more than the {most_unpacked:.0f} GiB that are read; save its sheets as CSV"
            ).format(name=file.name, size=size / 2**30, most_unpacked=MOST_UNPACKED / 2**30)
        )


def members(file: File, folder: Path) -> list[File]:
    """The files of a zip archive, unpacked into ``folder`` under numbers; :class:`StreamError` where that cannot be done."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            held = [m for m in archive.infolist() if not m.is_dir() and not _of_a_machine(m.filename)]
            if len(held) > MOST_MEMBERS:
                raise StreamError(
                    _("{name} holds {n:,} files, more than {most_members:,}; unpack the ones to read").format(
                        name=file.name, n=len(held), most_members=MOST_MEMBERS
                    )
                )
            if any(m.flag_bits & 1 for m in held):
                raise StreamError(_("{name} is locked with a password; unpack it and name the files").format(name=file.name))
            left, files = MOST_UNPACKED, []
            for k, member in enumerate(held):
                path = folder / str(k)
                with archive.open(member) as source, path.open("wb") as target:
                    while block := source.read(BLOCK):
                        left -= len(block)
                        if left < 0:
                            raise StreamError(
                                _("{name} unpacks to more than {most_unpacked:.0f} GiB; unpack it and name the files").format(
                                    name=file.name, most_unpacked=MOST_UNPACKED / 2**30
                                )
                            )
                        target.write(block)
                files.append(File(path, f"{file.name}/{_name(member)}"))
    except (zipfile.BadZipFile, EOFError, RuntimeError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, StreamError):
            raise
        _must_have_room(file, folder, error)
        raise StreamError(
            _("{name} is a damaged archive; copy it again, or unpack it and name the files").format(name=file.name)
        ) from None
    if not files:
        raise StreamError(_("{name} is an archive without files; name another").format(name=file.name))
    return files


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name; archives of a Chinese Windows write names in GBK and do not say so."""
    if member.flag_bits & 0x800 or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gbk")
    except UnicodeError:
        return member.filename


def _of_a_machine(name: str) -> bool:
    """Whether a file is a system's own: it is hidden, or a lock or resource file."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return name.startswith("__MACOSX/") or last.startswith((".", "~$")) or last.lower() in ("thumbs.db", "desktop.ini")
