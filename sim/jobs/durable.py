"""Files that outlive a power cut: data and the folder's entry are on the disk before anything rests on them."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

NO_DISK = (errno.EINVAL, errno.ENOTSUP, errno.EROFS)
"""What a pipe, a terminal or a device says of being flushed: there is nothing behind it that could be."""


def flush(fd: int) -> None:
    """Wait until what was written to an open file is on the disk, as far as the system can tell."""
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in NO_DISK:
            raise


def flush_folder(folder: Path) -> None:
    """Wait until names made, changed or removed in a folder are on the disk."""
    with suppress(PermissionError):  # a folder that may not be read, or a system that opens none
        fd = os.open(folder, os.O_RDONLY)
        try:
            flush(fd)
        finally:
            os.close(fd)


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Write a file that is, after any kill or power cut, the old one or the new one. A link stays a link, a device a device."""
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        flush(file.fileno())
    os.replace(beside, path)
    flush_folder(path.parent)
