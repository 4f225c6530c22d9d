"""One process at a time: a lock file that ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sim.words import _


class Busy(ValueError):
    """Another process holds the lock; the message names it."""


def holder(path: Path) -> str:
    """Who holds the lock on a file, in words: the number of the process where the system tells it (Linux)."""
    with suppress(OSError, ValueError, IndexError):
        there = path.stat()
        for entry in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = entry.split()
            if words[1] == "->":  # who waits for a lock holds none
                continue
            major, minor, inode = words[5].split(":")
            same = int(inode) == there.st_ino and os.makedev(int(major, 16), int(minor, 16)) == there.st_dev
            if words[1] == "FLOCK" and same and int(words[4]) > 0:
                return _("process {n}").format(n=words[4])
    return _("another process")


def opened(path: Path) -> IO[str]:
    """A file to lock: made where it is not there, never followed to another and never emptied, whatever somebody laid there."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return os.fdopen(os.open(path, flags, 0o666), "w")


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
        file = opened(path)
        if not locked(file):
            file.close()
            raise Busy(holder(path))
        # Who held it before may have removed the file between our opening and our locking it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()
