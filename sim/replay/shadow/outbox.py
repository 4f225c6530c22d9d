"""Where alerts and rejected lines go, so that after any crash each alert is there once.

The order is: the state file says which alerts are about to be written and where they begin; then they are written. After a
crash the output file holds all of them, some, or a part of one, and what is missing is written from the state.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.replay.clock import StreamError
from sim.replay.shadow.batch import LONGEST
from sim.replay.shadow.source import KEPT


class Outbox:
    """The alerts' file, or standard output where ``path`` is None. ``size``: bytes written and known to the state."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.size = path, 0
        self.fd = 1 if path is None else _append(path, "out")
        if path is not None:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StreamError(f"another process is writing {str(path)!r}; stop it, or choose another out=") from None

    def begin(self) -> None:
        """A first start: what is in the way is left alone."""
        if self.path is not None and os.fstat(self.fd).st_size:
            raise StreamError(f"{str(self.path)!r} has alerts in it and no state beside it says how they came about; "
                              "choose another out=, or move it away")  # fmt: skip

    def resume(self, size: int, pending: str) -> None:
        """After a restart: complete what the state was about to write at ``size``. On standard output it is all said again,
        for nobody knows what arrived."""
        due = pending.encode()
        if self.path is None:
            self.write(pending)
            return
        there = os.fstat(self.fd).st_size
        with open(self.path, "rb") as file:
            file.seek(size)
            found = file.read(len(due) + 1)
        if there < size or not due.startswith(found):
            raise StreamError(f"{str(self.path)!r} is not as the state left it (it has {there:,} bytes, the state knows of "
                              f"{size + len(due):,}); put it back, or choose another out=")  # fmt: skip
        _put(self.fd, due[len(found) :])
        self.size = size + len(due)

    def write(self, text: str) -> None:
        """Write whole lines at once."""
        if text:
            if self.path is None:
                sys.stdout.flush()
            data = text.encode()
            _put(self.fd, data)
            self.size += len(data)

    def close(self) -> None:
        """Let go of the file."""
        if self.path is not None:
            os.close(self.fd)


class Rejects:
    """Lines that could not be used, one JSON object each: line, reason, text. Without a file they go to ``stderr``."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.size = path, 0
        self.fd = 2 if path is None else _append(path, "rejects")

    def begin(self) -> None:
        """A first start: what is in the way is left alone."""
        if self.path is not None and os.fstat(self.fd).st_size:
            raise StreamError(f"{str(self.path)!r} has lines in it and no state beside it says how they came about; "
                              "choose another rejects=, or move it away")  # fmt: skip

    def resume(self, size: int) -> None:
        """Go back to ``size``: what was written after it will be read and rejected again."""
        if self.path is not None:
            there = os.fstat(self.fd).st_size
            if there < size:
                raise StreamError(f"{str(self.path)!r} has become shorter than the state left it; put it back, or begin anew")
            os.ftruncate(self.fd, size)
            self.size = size

    def write(self, rejects: Sequence[tuple[int, str, bytes]]) -> None:
        """Put lines aside."""
        made = [
            json.dumps({"line": n, "reason": why, "text": _text(line)}, ensure_ascii=False) + "\n" for n, why, line in rejects
        ]
        if made:
            data = "".join(made).encode("utf-8", "backslashreplace")
            _put(self.fd, data)
            self.size += len(data)

    def close(self) -> None:
        """Let go of the file."""
        if self.path is not None:
            os.close(self.fd)


def _text(line: bytes) -> str:
    kept = line if len(line) <= LONGEST else line[:KEPT]
    return kept.rstrip(b" \r").decode("utf-8", "backslashreplace")


def _append(path: Path, name: str) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise StreamError(f"{name}={str(path)!r} cannot be written ({error.strerror}); choose another {name}=") from None


def _put(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
