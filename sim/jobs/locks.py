"""One process at a time: a lock file that ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


class Busy(ValueError):
    """Another process holds the lock."""


def locked(file: IO[str]) -> bool:
    """Whether this process now holds a lock on the open file."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``, there only while somebody holds it. Raises :class:`Busy` where another process does."""
    file = _taken(path)
    try:
        yield
    finally:
        with suppress(OSError):  # an open file cannot be removed everywhere
            path.unlink()
        file.close()


def _taken(path: Path) -> IO[str]:
    while True:
        file = path.open("a")
        if not locked(file):
            file.close()
            raise Busy(str(path))
        # Who held it before may have removed the file between our opening and our locking it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()
