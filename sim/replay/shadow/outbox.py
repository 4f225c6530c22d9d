"""Where alerts and rejected lines go, so that after any crash or power cut each is there once.

The order is: the state on the disk says which alerts are about to be written and where they begin; then they are written and
flushed. After a crash the file holds all of them, some, or a part of one. What the feed makes again is compared with what is
there, and what is missing is added.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

from sim.jobs.durable import flush, flush_folder
from sim.jobs.locks import holder
from sim.replay.clock import StreamError
from sim.replay.shadow.batch import LONGEST
from sim.replay.shadow.source import KEPT
from sim.words import _

READ = 1 << 20


class Growing:
    """A file that only grows, or a stream where ``path`` is None.

    ``size``, ``crc``: bytes written and known to the state, and their CRC-32; ``there``: bytes in the file, more than ``size``
    where an earlier process got further than the state that was found.
    """

    name, stream = "", 1

    def __init__(self, path: Path | None) -> None:
        self.path, self.size, self.crc, self.there = path, 0, 0, 0
        self.dirty = False
        self.fd = self.stream if path is None else _append(path, self.name)
        if path is not None:
            self.there = os.fstat(self.fd).st_size
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self.fd)
                busy = _("{who} is writing {path!r}; stop it, or choose another {name}=")
                raise StreamError(busy.format(who=holder(path), path=str(path), name=self.name)) from None

    def fits(self, size: int, crc: int) -> bool:
        """Whether the file begins with what the state knows of it."""
        if self.path is None:
            return True
        checksum, left = 0, size
        with open(self.path, "rb") as file:
            while left and (data := file.read(min(READ, left))):
                checksum, left = zlib.crc32(data, checksum), left - len(data)
        return not left and checksum == crc

    def go_on(self, size: int, crc: int) -> None:
        """Begin at ``size``; what is there beyond it is compared as it is made again."""
        self.size, self.crc = size, crc

    def behind(self) -> bool:
        """Whether the file holds more than was made again so far."""
        return self.path is not None and self.there > self.size

    def next_line(self) -> bytes:
        """Of what is there already and was not made again so far: the next line, with its newline where it has one."""
        if self.path is None or not self.behind():
            return b""
        with open(self.path, "rb") as file:
            file.seek(self.size)
            return file.readline(LONGEST * 4).split(b"\0")[0]

    def put(self, text: str) -> None:
        """Whole lines: what is there of them already must be the same, the rest is written."""
        data = text.encode("utf-8", "backslashreplace")
        if not data:
            return
        there = self._found(len(data)) if self.behind() else b""
        if not data.startswith(there):
            other = _(
                "{name}={path!r} holds something else at byte {n:,} than the feed makes; give the feed it came from, or "
                "choose another {name}="
            )
            raise StreamError(other.format(name=self.name, path=str(self.path), n=self.size))
        if there != data:
            self.cut(self.size + len(there))
            _put(self.fd, data[len(there) :])
            self.dirty = True
        self.size, self.crc = self.size + len(data), zlib.crc32(data, self.crc)
        self.there = max(self.there, self.size)

    def cut(self, size: int) -> None:
        """Drop what is there beyond ``size``."""
        if self.path is not None and self.there > size:
            os.ftruncate(self.fd, size)
            self.there, self.dirty = size, True

    def sync(self) -> None:
        """What was written is on the disk when this returns."""
        if self.dirty:
            try:
                flush(self.fd)
            except OSError as error:
                raise StreamError(
                    _("{name}={path!r} cannot be brought to the disk ({why}); choose another {name}=").format(
                        name=self.name, path=str(self.path), why=error.strerror
                    )
                ) from None
            self.dirty = False

    def close(self) -> None:
        """Let go of the file."""
        if self.path is not None:
            os.close(self.fd)

    def _found(self, most: int) -> bytes:
        """At most so many bytes of what is there, up to a page that never reached the disk (zeros)."""
        with open(self.path, "rb") as file:  # type: ignore[arg-type]
            file.seek(self.size)
            return file.read(most).split(b"\0")[0]


class Outbox(Growing):
    """The alerts' file, or standard output."""

    name, stream = "out", 1

    def put(self, text: str) -> None:
        """Write whole lines at once. On standard output nobody knows what arrived, so nothing is compared there."""
        if self.path is None and text:
            sys.stdout.flush()
        super().put(text)


class RejectedLines(Growing):
    """Lines that could not be used, one JSON object each: line, reason, text. Without a file they go to ``stderr``."""

    name, stream = "rejects", 2

    def write(self, rejects: Sequence[tuple[int, str, bytes]]) -> None:
        """Put lines aside."""
        self.put("".join(
            json.dumps({"line": n, "reason": why, "text": _text(line)}, ensure_ascii=False) + "\n" for n, why, line in rejects
        ))  # fmt: skip


def _text(line: bytes) -> str:
    kept = line if len(line) <= LONGEST else line[:KEPT]
    return kept.rstrip(b" \r").decode("utf-8", "backslashreplace")


def _append(path: Path, name: str) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        if new:
            flush_folder(path.parent)
        return fd
    except OSError as error:
        raise StreamError(
            _("{name}={path!r} cannot be written ({strerror}); choose another {name}=").format(
                name=name, path=str(path), strerror=error.strerror
            )
        ) from None


def _put(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
